/** HTTP over checked connections: one request, the head of its answer, and the body as a stream; redirects are answers. */

import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { codeOf } from '../plugin/errors.ts';
import { checkedHost, type Denial } from './connect.ts';
import { beginContact } from './contacts.ts';

export interface HttpRequest {
  readonly method: string;
  /** `http:` or `https:`. */
  readonly url: URL;
  /** A list is sent as one header for each value. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
  /** The path is a secret, as that of a webhook: reports of the request leave it out. */
  readonly hidesPath?: true;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** The decompressed body; the stream fails with the connection. */
  readonly body: Readable;
}

/** Sends one request. Rejects if no answer comes, and when the signal fires; the signal ends the body too. */
export type SendHttp = (request: HttpRequest, signal: AbortSignal) => Promise<HttpAnswer>;

/** Idle time after which a kept connection is closed, in ms: less than servers allow. */
const KEPT_MS = 4000;

/** The length of a body. Node.js does not send one for methods that usually have no body, such as DELETE. */
function lengthOf({ body }: HttpRequest): Readonly<Record<string, string>> {
  return body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
}

/** The headers of an answer. Values of one name are joined as in `Headers`, which costs more to fill than they to read. */
export type AnswerHeaders = Pick<Headers, 'get'>;

function headersOf({ rawHeaders }: IncomingMessage): AnswerHeaders {
  return {
    get: (name) => {
      const wanted = name.toLowerCase();
      const values = rawHeaders.filter((_value, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === wanted);
      return values.length === 0 ? null : values.join(', ');
    },
  };
}

function bodyOf(message: IncomingMessage, headers: AnswerHeaders): Readable {
  if (headers.get('content-encoding')?.trim().toLowerCase() !== 'gzip') return message;
  const plain = createGunzip();
  message.on('error', (error) => plain.destroy(error));
  plain.on('close', () => message.destroy());
  return message.pipe(plain);
}

/** TLS settings of a server that the usual anchors do not verify, or that knows its clients by certificate. PEM. */
export interface SecureHttp {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** The name that the server's certificate must have, instead of the host of the URL. */
  readonly servername?: string;
}

/** Sockets whose errors always have a listener. */
const guarded = new WeakSet<Socket>();

/**
 * Keeps an error of a socket from ending the process. A signal that fires when an answer has just been received destroys the
 * socket between its request and its agent, when neither listens.
 */
function guard(socket: Socket): void {
  if (guarded.has(socket)) return;
  guarded.add(socket);
  socket.on('error', () => undefined);
}

/** Ends a request and its answer when the signal fires. The option of Node.js for it costs more than a small request. */
function endWith(asked: ClientRequest, signal: AbortSignal): void {
  const onAbort = (): void => void asked.destroy(new Error('aborted', { cause: signal.reason }));
  if (signal.aborted) return onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  asked.once('close', () => signal.removeEventListener('abort', onAbort));
}

/** Returns a client that keeps its connections and shares them among its requests. */
export function openHttp(denial: Denial, secure: SecureHttp = {}): SendHttp {
  const kept = { keepAlive: true, timeout: KEPT_MS };
  const agents = { plain: new HttpAgent(kept), secure: new HttpsAgent({ ...kept, ...secure }) };
  return (request, signal) =>
    new Promise((resolve, reject) => {
      const { url } = request;
      const report = beginContact();
      const isSecure = url.protocol === 'https:';
      const options = {
        ...checkedHost(url.hostname, denial),
        port: url.port,
        path: `${url.pathname}${url.search}`,
        method: request.method,
        headers: { host: url.host, 'accept-encoding': 'gzip', ...lengthOf(request), ...request.headers },
        agent: isSecure ? agents.secure : agents.plain,
      };
      const asked = isSecure ? requestHttps(options) : requestHttp(options);
      endWith(asked, signal);
      asked.on('socket', guard);
      asked.on('response', (message) => {
        const headers = headersOf(message);
        report?.('debug', `${request.method} ${url.origin}: ${message.statusCode ?? 0}`);
        const path = request.hidesPath === true ? '' : url.pathname;
        report?.('trace', `${request.method} ${url.origin}${path}: ${message.statusCode ?? 0}`);
        resolve({ status: message.statusCode ?? 0, headers, body: bodyOf(message, headers) });
      });
      asked.on('error', (error) => {
        report?.('debug', `${request.method} ${url.origin}: ${codeOf(error) ?? 'failed'}`);
        reject(error);
      });
      asked.end(request.body);
    });
}

/** Sends one GET over a connection of its own; `end` gets the status, and nothing more is read. Throws a DeniedError. */
export function getStatus(
  { host, port, path }: { readonly host: string; readonly port: number; readonly path: string },
  denial: Denial,
  end: (status: number) => void,
): ClientRequest {
  return requestHttp(
    { ...checkedHost(host, denial), port, path, agent: false, headers: { 'user-agent': 'fettle' } },
    ({ statusCode = 0 }) => end(statusCode),
  ).end();
}
