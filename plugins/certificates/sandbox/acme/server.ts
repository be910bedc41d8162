/** The HTTPS server of the emulated authority: endpoints, nonces, and faults. */

import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { malformed, RefusalError } from './refusal.ts';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly contentType: string;
  readonly body: string;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body: unknown;
}

export interface ServedEndpoint {
  readonly name: string;
  /** Its first group is the id. */
  readonly path: RegExp;
  readonly get?: (asked: Asked, id: string) => Answer;
  readonly post?: (asked: Asked, id: string) => Answer;
}

/** A fault of one endpoint, instead of its answer or after its effect. */
export interface Fault {
  readonly endpoint: string;
  /** True for a request that has it; absent: all have it. */
  readonly only?: (asked: Asked) => boolean;
  /** Number of requests that have it; absent: all. */
  times?: number;
  /** `before`: the request has no effect; `after`: it has one, and the answer is replaced. */
  readonly when: 'before' | 'after';
  /** `lost`: the connection ends. A function changes the right answer. */
  readonly answer: Answer | 'lost' | ((right: Answer, asked: Asked) => Answer);
}

/** Faults that a test changes while the server runs. */
export interface Faults {
  /** Share of good nonces that are rejected, from 0 to 1. */
  rejectNonces: number;
  readonly list: Fault[];
  /** Called before and after the effect of each request. True: the connection ends at that point. */
  endsAt?: (when: Fault['when']) => boolean;
}

export interface RunningServer {
  readonly origin: string;
  /** Serves these endpoints. */
  readonly open: (endpoints: readonly ServedEndpoint[]) => void;
  readonly faults: Faults;
  /** Takes a nonce. Throws a RefusalError for one that was not given, or was taken before. */
  readonly takeNonce: (nonce: unknown) => void;
  readonly counts: () => Readonly<Record<string, number>>;
  readonly stop: () => Promise<void>;
}

const MOST_BYTES = 1_000_000;
const MOST_NONCES = 100_000;

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MOST_BYTES) throw malformed('the request is too large');
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

/** Listens on a port of 127.0.0.1; port 0 is a free one. */
export async function serve({
  pair,
  port,
  host = '127.0.0.1',
  now,
}: {
  readonly pair: { readonly cert: string; readonly key: string };
  readonly port: number;
  /** The host in its URLs. */
  readonly host?: string | undefined;
  /** Its clock, epoch ms. */
  readonly now: () => number;
}): Promise<RunningServer> {
  let endpoints: readonly ServedEndpoint[] = [];
  const faults: Faults = { rejectNonces: 0, list: [] };
  const nonces = new Set<string>();
  const used = new Set<string>();
  const counts: Record<string, number> = {};
  let origin = '';
  const count = (name: string): void => {
    counts[name] = (counts[name] ?? 0) + 1;
  };

  function newNonce(): string {
    const nonce = randomBytes(16).toString('base64url');
    nonces.add(nonce);
    const [oldest] = nonces;
    if (nonces.size > MOST_NONCES && oldest !== undefined) nonces.delete(oldest);
    return nonce;
  }

  function takeNonce(nonce: unknown): void {
    const isKnown = typeof nonce === 'string' && nonces.delete(nonce);
    if (typeof nonce === 'string') {
      if (used.has(nonce)) count('nonces used twice');
      used.add(nonce);
    }
    // Chance is what a test of rejected nonces is about.
    const isRejected = Math.random() < faults.rejectNonces;
    if (isKnown && !isRejected) return;
    count('nonces rejected');
    throw new RefusalError('badNonce', 400, 'the nonce is not valid');
  }

  function faultOf(endpoint: string, when: Fault['when'], asked: Asked): Fault | undefined {
    const fault = faults.list.find(
      (each) => each.endpoint === endpoint && each.when === when && each.times !== 0 && each.only?.(asked) !== false,
    );
    if (fault?.times !== undefined) fault.times -= 1;
    return fault;
  }

  function answerTo(endpoint: ServedEndpoint | undefined, asked: Asked): Answer | 'lost' {
    if (endpoint === undefined) throw new RefusalError('malformed', 404, 'the page does not exist');
    const id = endpoint.path.exec(asked.path)?.[1] ?? '';
    const act =
      asked.method === 'POST' ? endpoint.post : ['GET', 'HEAD'].includes(asked.method) ? endpoint.get : undefined;
    if (act === undefined) throw new RefusalError('malformed', 405, `${asked.method} is not a method of this page`);
    if (faults.endsAt?.('before') === true) return 'lost';
    const before = faultOf(endpoint.name, 'before', asked)?.answer;
    if (before !== undefined && typeof before !== 'function') return before;
    const right = act(asked, id);
    if (faults.endsAt?.('after') === true) return 'lost';
    const after = faultOf(endpoint.name, 'after', asked)?.answer;
    return after === undefined ? right : typeof after === 'function' ? after(right, asked) : after;
  }

  function refused(error: unknown): Answer {
    const refusal =
      error instanceof RefusalError ? error : new RefusalError('serverInternal', 500, 'the emulator failed');
    const { status, headers, body } = refusal;
    count(`refused: ${refusal.type}`);
    return { status, headers: { 'content-type': 'application/problem+json', ...headers }, body };
  }

  function send(response: ServerResponse, { status = 200, headers = {}, body }: Answer): void {
    const isText = typeof body === 'string' || Buffer.isBuffer(body);
    response.writeHead(status, {
      'replay-nonce': newNonce(),
      'cache-control': 'no-store',
      date: new Date(now()).toUTCString(),
      'content-type': isText ? 'text/plain' : 'application/json',
      link: `<${origin}/directory>;rel="index"`,
      ...headers,
    });
    response.end(isText ? body : JSON.stringify(body));
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '' } = request;
    const endpoint = endpoints.find((each) => each.path.test(path));
    count(endpoint?.name ?? 'unknown');
    let answer: Answer | 'lost';
    try {
      const body = await bodyOf(request);
      answer = answerTo(endpoint, { method, path, contentType: request.headers['content-type'] ?? '', body });
    } catch (error) {
      answer = refused(error);
    }
    if (answer === 'lost') request.socket.destroy();
    else send(response, answer);
  }

  const server = createServer(pair, (request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  origin = new URL(`https://${host}:${(server.address() as AddressInfo).port}`).origin;
  return {
    origin,
    open: (served) => {
      endpoints = served;
    },
    faults,
    takeNonce,
    counts: () => ({ ...counts }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
