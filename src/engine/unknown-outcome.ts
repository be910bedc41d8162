/** An error of a handler that cannot say whether its step was taken: the intent stays open, and the next look settles it. */

export class UnknownOutcomeError extends Error {
  override readonly name = 'UnknownOutcomeError';

  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
