/** Refusals of the emulated authority: problem documents of RFC 8555, 6.7. */

/** Thrown for a request that is answered with a problem. */
export class RefusalError extends Error {
  override readonly name = 'RefusalError';
  /** As in RFC 8555: `rateLimited`. */
  readonly type: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(
    type: string,
    status: number,
    detail: string,
    more: Partial<Pick<RefusalError, 'headers' | 'body'>> = {},
  ) {
    super(detail);
    this.type = type;
    this.status = status;
    this.headers = more.headers ?? {};
    this.body = { ...problemOf(type, detail), status, ...more.body };
  }
}

/** A problem without a status, as objects have it. */
export function problemOf(type: string, detail: string): { readonly type: string; readonly detail: string } {
  return { type: `urn:ietf:params:acme:error:${type}`, detail };
}

export function malformed(detail: string): RefusalError {
  return new RefusalError('malformed', 400, detail);
}
