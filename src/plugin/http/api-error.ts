/** Failures of a call to the API: what the API said, or that it said nothing, and whether anything may have happened. */

/**
 * What the call has done: `nothing` where the API refused it or never got it, `unknown` where nobody can say.
 */
export type Fate = 'nothing' | 'unknown';

export interface Failure {
  /** What was being done, in words: `create server web-1`. */
  readonly what: string;
  /** The API's own code (`uniqueness_error`), or one of ours: `no_answer`, `no_connection`, `broken_connection`, `bad_answer`, `redirected`, `untrusted`. */
  readonly code: string;
  readonly fate: Fate;
  /** A sentence without its end. */
  readonly message: string;
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  readonly retryAfterMs?: number;
  /** The provider's support finds the call by it. */
  readonly correlationId?: string;
}

/** A call failed. Its message holds no secret, is of one line, and no longer than 1,000 characters. */
export class ApiError extends Error {
  readonly code: string;
  readonly fate: Fate;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly correlationId: string | undefined;

  constructor({ what, code, fate, message, status, retryAfterMs, correlationId }: Failure) {
    const named = correlationId === undefined ? '' : ` (correlation id ${correlationId})`;
    super(`${what}: ${message}${named}`.slice(0, 1000));
    this.name = 'ApiError';
    this.code = code;
    this.fate = fate;
    this.status = status;
    this.retryAfterMs = retryAfterMs;
    this.correlationId = correlationId;
  }
}

/** Whether the API said that there is no such thing. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'not_found';
}
