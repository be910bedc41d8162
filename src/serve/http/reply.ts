/** Answers of the server. None is stored by a cache. */

type Headers = Readonly<Record<string, string>>;

const USUAL: Headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
const PLAIN: Headers = { ...USUAL, 'content-type': 'text/plain; charset=utf-8' };
const JSON_TYPE: Headers = { ...USUAL, 'content-type': 'application/json' };

/** A text of the given content type, or its bytes. */
export function textReply(status: number, type: string, text: string | Uint8Array<ArrayBuffer>): Response {
  return new Response(text, { status, headers: { ...USUAL, 'content-type': type } });
}

/** One line for a person. */
export function plainReply(status: number, line: string, headers: Headers = {}): Response {
  return new Response(`${line}\n`, { status, headers: { ...PLAIN, ...headers } });
}

export function jsonReply(status: number, value: object, headers: Headers = {}): Response {
  return new Response(`${JSON.stringify(value)}\n`, { status, headers: { ...JSON_TYPE, ...headers } });
}
