/** The server of `fettle serve`: limits for connections, headers and time, and its end. */

import { once } from 'node:events';
import type { Server, ServerOptions } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAdaptorServer } from '@hono/node-server';
import { assertLoopback, cannotListen, type ListenAddress } from '#plugin/listen-address';
import type { App } from './app.ts';

const MOST_CONNECTIONS = 1000;
/** Connections without a request. Beyond that, the one that has waited longest is closed, so that others get in. */
const MOST_IDLE = 500;

const LIMITS: ServerOptions = {
  maxHeaderSize: 8192,
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  // By default, the limits of time are checked every 30 s.
  connectionsCheckingInterval: 1_000,
};

export interface HttpServer {
  readonly address: ListenAddress;
  /** Accepts no more connections, gives the requests under way some time, and closes all connections. */
  readonly close: (graceMs: number) => Promise<void>;
}

function limitIdle(server: Server): void {
  const idle = new Set<Socket>();
  const add = (socket: Socket): void => {
    if (socket.destroyed) return;
    idle.add(socket);
    const [oldest] = idle;
    if (idle.size > MOST_IDLE) oldest?.destroy();
  };
  server.on('connection', (socket) => {
    socket.once('close', () => idle.delete(socket));
    add(socket);
  });
  server.on('request', ({ socket }, response) => {
    idle.delete(socket);
    response.once('close', () => add(socket));
  });
}

/** Starts the server. Throws an InputError if the address is not local, or if it cannot listen. */
export async function startHttp(listen: ListenAddress, app: App): Promise<HttpServer> {
  assertLoopback(listen);
  const server = createAdaptorServer({ fetch: app.fetch, hostname: listen.host, serverOptions: LIMITS }) as Server;
  server.maxConnections = MOST_CONNECTIONS;
  let isClosing = false;
  server.prependListener('request', (_request, response) => {
    if (isClosing) response.setHeader('connection', 'close');
  });
  limitIdle(server);
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
