/** Failures of API calls: the response or its absence, and whether the call may have had an effect. */

/**
 * The effect of the call: `nothing` if the API refused or never received it, `unknown` if that is not certain.
 */
export type Fate = 'nothing' | 'unknown';

export interface Failure {
  /** The call in words: `create server web-1`. */
  readonly what: string;
  /**
   * The API's own code (`uniqueness_error`), or one of the client: `no_answer`, `no_connection`, `broken_connection`,
   * `bad_answer`, `redirected`, `untrusted`.
   */
  readonly code: string;
  readonly fate: Fate;
  /** A sentence without a full stop. */
  readonly message: string;
  /** HTTP status, if there was a response. */
  readonly status?: number;
  readonly retryAfterMs?: number;
  /** Identifies the call to the provider's support. */
  readonly correlationId?: string;
}

/** Thrown for a failed call. The message is one line of at most 1,000 characters without secrets. */
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

/** True if the API reported that the object does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'not_found';
}
