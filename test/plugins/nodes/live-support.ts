/** A server that answers as a test says, a clock that advances by itself, and a client between them. */

import { dialectFor } from '../../../plugins/nodes/live/dialect.ts';
import { usualDenial } from '../../../src/net/connect.ts';
import { openHttp } from '../../../src/net/http.ts';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Server, type Socket } from 'node:net';
import { afterEach } from 'vitest';
import { type Client, type ClientOptions, openClient, type Timing } from '#plugin/http';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly text?: string | Buffer;
}

/** Undefined if the response was answered directly. */
type Answering = (asked: Asked, response: ServerResponse) => Reply | undefined | Promise<Reply | undefined>;

export interface Fake {
  readonly endpoint: string;
  readonly asked: readonly Asked[];
}

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

/** An HTTP server on a free port; it ends with the test. */
export async function serve(answering: Answering): Promise<Fake> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      const each: Asked = {
        method: request.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        headers: request.headers,
        body: await bodyOf(request),
      };
      asked.push(each);
      const reply = await answering(each, response);
      if (reply === undefined) return;
      const { status = 200, headers = {}, json, text } = reply;
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(text ?? (json === undefined ? '' : JSON.stringify(json)));
    })().catch(() => response.destroy());
  });
  const port = await listening(server);
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { endpoint: `http://127.0.0.1:${port}/v1`, asked };
}

/** A server that handles a connection as a test says; it ends with the test. */
export async function serveSocket(onSocket: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createSocketServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    onSocket(socket);
  });
  const port = await listening(server);
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${port}/v1`;
}

/** An endpoint without a listener. */
export async function closedPort(): Promise<string> {
  const server = createSocketServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/v1`;
}

export interface FakeTiming extends Timing {
  /** Every wait, in ms, in the order in which they began. */
  readonly waits: number[];
}

/** A clock that only advances by its waits, which take no time. */
export function fakeTiming(random = 0.5): FakeTiming {
  let now = Date.parse('2026-11-20T00:00:00Z');
  const waits: number[] = [];
  return {
    waits,
    now: () => now,
    random: () => random,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      waits.push(ms);
      const until = now + ms;
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
      now = Math.max(now, until);
    },
  };
}

export const TOKEN = 'Zr7-canary-token-of-the-project-4711';

export function clientOf(
  endpoint: string,
  timing: Timing = fakeTiming(),
  requestMs = 5000,
  more: Partial<ClientOptions> = {},
): Client {
  const token = { source: 'the environment variable HCLOUD_TOKEN', value: TOKEN };
  return openClient({
    send: openHttp(usualDenial({})),
    endpoint,
    token,
    dialect: dialectFor(token),
    timing,
    requestMs,
    reserve: 0,
    ...more,
  });
}

export const never = new AbortController().signal;

/** The API's own form of a refusal. */
export function refusal(
  status: number,
  code: string,
  more: Partial<Reply> & { readonly details?: unknown } = {},
): Reply {
  const { details = null, ...reply } = more;
  return { status, json: { error: { code, message: `${code} it is`, details } }, ...reply };
}
