/** The server of `fettle serve`: limits for connections, headers and time, and its end. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAdaptorServer } from '@hono/node-server';
import { assertLoopback, cannotListen, type ListenAddress } from '#plugin/listen-address';
import type { TlsContents } from '../tls.ts';
import type { App } from './app.ts';

const MOST_CONNECTIONS = 1000;
/** Connections without a request. Beyond that, the one that has waited longest is closed, so that others get in. */
const MOST_IDLE = 500;

/** Responses of one connection that are not sent yet. A client sends a request after the answer to the one before. */
const MOST_OPEN = 4;
/** Longest time of a response, in ms: a client that does not read keeps the rest in memory. A stream of events lasts longer. */
const RESPONSE_MS = 30_000;
const EVENT_STREAM = 'text/event-stream';

const LIMITS: ServerOptions = {
  maxHeaderSize: 8192,
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  // By default, the limits of time are checked every 30 s.
  connectionsCheckingInterval: 1_000,
};

const TLS_LIMITS = { minVersion: 'TLSv1.2', handshakeTimeout: 5_000 } as const;

export interface ServerTls {
  readonly contents: TlsContents;
  /** Refuses connections without a certificate of the authority. */
  readonly requireClient: boolean;
}

export interface HttpServer {
  readonly address: ListenAddress;
  /** Uses other files of TLS for later connections. Only of a server that was started with TLS. */
  readonly renewTls: (contents: TlsContents) => void;
  /** Accepts no more connections, gives the requests under way some time, and closes all connections. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** `event`: that of a connection whose socket requests have. */
function limitIdle(server: Server, event: 'connection' | 'secureConnection'): void {
  const idle = new Set<Socket>();
  const add = (socket: Socket): void => {
    if (socket.destroyed) return;
    idle.add(socket);
    const [oldest] = idle;
    if (idle.size > MOST_IDLE) oldest?.destroy();
  };
  server.on(event, (socket: Socket) => {
    socket.once('close', () => idle.delete(socket));
    add(socket);
  });
  server.on('request', ({ socket }, response) => {
    idle.delete(socket);
    response.once('close', () => add(socket));
  });
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Hands requests on, and closes a connection that sends more of them than it reads answers. One packet may have hundreds of
 * requests, which Node.js parses before it stops to read.
 */
function limitOpen(server: Server, handle: Handler): void {
  const open = new WeakMap<Socket, number>();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    if (socket.destroyed) return;
    const count = (open.get(socket) ?? 0) + 1;
    if (count > MOST_OPEN) {
      socket.destroy();
      return;
    }
    open.set(socket, count);
    const late = setTimeout(() => {
      if (!String(response.getHeader('content-type') ?? '').startsWith(EVENT_STREAM)) socket.destroy();
    }, RESPONSE_MS);
    response.once('close', () => {
      clearTimeout(late);
      open.set(socket, (open.get(socket) ?? 1) - 1);
    });
    handle(request, response);
  });
}

/** A server with TLS, or without. */
function makeServer({ fetch }: App, { host: hostname }: ListenAddress, tls: ServerTls | undefined): Server {
  if (tls === undefined) return createAdaptorServer({ fetch, hostname, createServer, serverOptions: LIMITS }) as Server;
  const { contents, requireClient } = tls;
  const serverOptions = {
    ...LIMITS,
    ...TLS_LIMITS,
    ...contents,
    requestCert: contents.ca !== undefined,
    rejectUnauthorized: requireClient,
  };
  return createAdaptorServer({ fetch, hostname, createServer: createTlsServer, serverOptions }) as TlsServer;
}

/** Starts the server. Throws an InputError if an address without TLS is not local, or if the server cannot listen. */
export async function startHttp(listen: ListenAddress, app: App, tls?: ServerTls): Promise<HttpServer> {
  if (tls === undefined) assertLoopback(listen, 'TLS. Set tls in the file of --serve-config');
  return started(listen, app, tls);
}

/** Starts a server without TLS for routes that every caller may use, at any address. */
export async function startPublicHttp(listen: ListenAddress, app: App): Promise<HttpServer> {
  return started(listen, app, undefined);
}

async function started(listen: ListenAddress, app: App, tls: ServerTls | undefined): Promise<HttpServer> {
  const server = makeServer(app, listen, tls);
  const [handle] = server.listeners('request') as unknown as readonly Handler[];
  if (handle === undefined) throw new Error('the server has no handler of requests');
  server.removeAllListeners('request');
  server.maxConnections = MOST_CONNECTIONS;
  let isClosing = false;
  server.prependListener('request', (_request, response) => {
    if (isClosing) response.setHeader('connection', 'close');
  });
  limitIdle(server, tls === undefined ? 'connection' : 'secureConnection');
  limitOpen(server, handle);
  server.listen({ ...listen, ipv6Only: true });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw cannotListen(listen, error);
  }
  // Errors of single connections end only these.
  server.on('error', () => undefined);
  const { port } = server.address() as AddressInfo;
  return {
    address: { host: listen.host, port },
    renewTls: (contents) => (server as TlsServer).setSecureContext({ ...TLS_LIMITS, ...contents }),
    close: async (graceMs) => {
      isClosing = true;
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      const grace = new AbortController();
      await Promise.race([closed.promise, sleep(graceMs, undefined, { signal: grace.signal }).catch(() => undefined)]);
      grace.abort();
      server.closeAllConnections();
      await closed.promise;
    },
  };
}
