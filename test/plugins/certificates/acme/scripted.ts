/** A scripted ACME server: it gives nonces, records what it gets, and answers as a test decides. */

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  readonly path: string;
  /** Of a signed request. */
  readonly nonce?: string;
  readonly kid?: string;
  readonly payload?: unknown;
  readonly agent: string;
}

export interface Scripted {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is JSON. */
  readonly body?: unknown;
}

/** `lost`: the connection ends without an answer. `silent`: it stays open without one. */
export type Script = (received: Received, count: number) => Scripted | 'lost' | 'silent' | undefined;

export interface ScriptedServer {
  readonly origin: string;
  readonly directory: string;
  readonly received: readonly Received[];
  /** Every nonce that was given. */
  readonly given: ReadonlySet<string>;
  readonly stop: () => Promise<void>;
}

export function problem(type: string, status: number, more: object = {}): Scripted {
  return { status, body: { type: `urn:ietf:params:acme:error:${type}`, detail: `a reason for ${type}`, ...more } };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString();
}

function signedParts(body: string): Pick<Received, 'nonce' | 'kid' | 'payload'> {
  if (body === '') return {};
  const { protected: head, payload } = JSON.parse(body) as { readonly protected: string; readonly payload: string };
  const text = (part: string): string => Buffer.from(part, 'base64url').toString();
  const { nonce, kid } = JSON.parse(text(head)) as { readonly nonce: string; readonly kid?: string };
  return {
    nonce,
    ...(kid === undefined ? {} : { kid }),
    ...(payload === '' ? {} : { payload: JSON.parse(text(payload)) as unknown }),
  };
}

/** `script` answers what is neither the directory nor a nonce, or both if it wants; `count`: earlier requests to the same path. */
export async function startScripted(script: Script): Promise<ScriptedServer> {
  const received: Received[] = [];
  const given = new Set<string>();
  const server = createServer((request, response) => {
    void (async () => {
      const { method = '', url: path = '' } = request;
      const one: Received = {
        method,
        path,
        agent: request.headers['user-agent'] ?? '',
        ...signedParts(await bodyOf(request)),
      };
      const count = received.filter((each) => each.path === path).length;
      received.push(one);
      const answer = script(one, count) ?? usual(path);
      if (answer === 'silent') return;
      if (answer === 'lost') {
        request.socket.destroy();
        return;
      }
      const nonce = `nonce-${given.size}`;
      given.add(nonce);
      const { status = 200, headers = {}, body } = answer;
      response.writeHead(status, { 'replay-nonce': nonce, ...headers });
      response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body ?? {}));
    })();
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const names = ['newNonce', 'newAccount', 'newOrder', 'keyChange', 'revokeCert', 'renewalInfo'];
  function usual(path: string): Scripted {
    if (path === '/dir') return { body: Object.fromEntries(names.map((name) => [name, `${origin}/${name}`])) };
    if (path === '/newNonce') return {};
    if (path === '/newAccount')
      return { status: 201, headers: { location: `${origin}/account/1` }, body: { status: 'valid' } };
    return { status: 404 };
  }
  return {
    origin,
    directory: `${origin}/dir`,
    received,
    given,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
