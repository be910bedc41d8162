/** Answers of the server. None is stored by a cache. */

type Headers = Readonly<Record<string, string>>;

const USUAL: Headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
const PLAIN: Headers = { ...USUAL, 'content-type': 'text/plain; charset=utf-8' };
const JSON_TYPE: Headers = { ...USUAL, 'content-type': 'application/json' };

/** A text of the given content type, or its bytes. */
export function textReply(status: number, type: string, text: string | Uint8Array<ArrayBuffer>): Response {
  return new Response(text, { status, headers: { ...USUAL, 'content-type': type } });
}

export function bytesReply(bytes: Uint8Array<ArrayBuffer>, headers: Headers): Response {
  return new Response(bytes, { headers: { ...USUAL, ...headers } });
}

/** One line for a person. */
export function plainReply(status: number, line: string, headers: Headers = {}): Response {
  return new Response(`${line}\n`, { status, headers: { ...PLAIN, ...headers } });
}

export function jsonReply(status: number, value: object, headers: Headers = {}): Response {
  return new Response(`${JSON.stringify(value)}\n`, { status, headers: { ...JSON_TYPE, ...headers } });
}

/** Pages load only the style, the script and the picture of this server, and send forms only to it. */
const PAGE: Headers = {
  ...USUAL,
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

export function pageReply(status: number, html: string, headers: Headers = {}): Response {
  return new Response(html, { status, headers: { ...PAGE, ...headers } });
}

/** A style, a script or a picture of the pages: the same until the next version of the program. */
export function assetReply(type: string, text: string): Response {
  const headers = { ...USUAL, 'cache-control': 'private, max-age=300', 'content-type': type };
  return new Response(text, { status: 200, headers });
}

/** Sends a browser to a page of this server, after a form. */
export function seeOther(path: string): Response {
  return new Response(null, { status: 303, headers: { ...USUAL, location: path } });
}

/** A stream of server-sent events. */
export function streamOf(body: ReadableStream | null): Response {
  return new Response(body, { status: 200, headers: { ...USUAL, 'content-type': 'text/event-stream' } });
}
