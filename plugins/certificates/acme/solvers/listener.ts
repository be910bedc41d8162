/**
 * HTTP-01 by a server of this process, which listens only while orders have challenges. Orders with the same address share
 * one server. The server answers only the exact path of a known token.
 */

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { posix } from 'node:path';
import { CHALLENGE_PATH, codeOf, errorText, InputError } from '#plugin';
import type { SelfCheck } from './self-check.ts';
import { type PreparedValue, preparedTexts, type Solver, valuesFor } from './solver.ts';

export interface ListenerAddress {
  readonly port: number;
  /** Every address of this machine by default. */
  readonly address?: string;
}

const LIMITS = { headersTimeout: 5000, requestTimeout: 5000, connectionsCheckingInterval: 1000, maxHeaderSize: 8192 };
const MOST_CONNECTIONS = 200;

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'another program listens there. Use its folder with `webroot`, or another port that port 80 is forwarded to',
  EACCES:
    'this user may not listen there. Permit it (CAP_NET_BIND_SERVICE), or use a port from 1024 that port 80 is forwarded to',
  EADDRNOTAVAIL: 'this machine does not have that address',
};

interface Shared {
  readonly server: Server;
  readonly listening: Promise<unknown>;
  /** Texts by path. */
  readonly texts: Map<string, string>;
}

/** The servers of this process, by address and port. */
const servers = new Map<string, Shared>();

function cannotListen({ address, port }: ListenerAddress, error: unknown): InputError {
  const reason = REASONS[codeOf(error) ?? ''] ?? errorText(error);
  const where = address === undefined ? `port ${port}` : `${address} port ${port}`;
  return new InputError(`the challenges cannot be served on ${where}: ${reason}`);
}

function begin({ address, port }: ListenerAddress): Shared {
  const texts: Shared['texts'] = new Map();
  const server = createServer(LIMITS, ({ method, url = '' }, response) => {
    const text = method === 'GET' || method === 'HEAD' ? texts.get(url) : undefined;
    response.writeHead(text === undefined ? 404 : 200, {
      'content-type': 'application/octet-stream',
      'cache-control': 'no-store',
      connection: 'close',
    });
    response.end(text);
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.listen({ port, ...(address === undefined ? {} : { host: address }) });
  // A challenge that is never removed does not keep the process running.
  server.unref();
  return { server, texts, listening: once(server, 'listening') };
}

/** Serves texts, at an address that this process may listen on already. Throws an InputError if it cannot. */
async function serve(at: ListenerAddress, key: string, values: readonly PreparedValue[]): Promise<void> {
  const shared = servers.get(key) ?? begin(at);
  servers.set(key, shared);
  // Before the server listens: an order that ends meanwhile does not close it.
  for (const { place, text } of values) shared.texts.set(place, text);
  try {
    await shared.listening;
  } catch (error) {
    if (servers.get(key) === shared) servers.delete(key);
    throw cannotListen(at, error);
  }
  // Errors of single connections end only these.
  if (shared.server.listenerCount('error') === 0) shared.server.on('error', () => undefined);
}

/** Ends a server that has no texts. */
async function endIfIdle(key: string): Promise<void> {
  const shared = servers.get(key);
  if (shared === undefined || shared.texts.size > 0) return;
  servers.delete(key);
  const closed = Promise.withResolvers<void>();
  shared.server.close(() => closed.resolve());
  shared.server.closeAllConnections();
  await closed.promise;
}

/** A server that listens only while an order has challenges. */
export function listenerSolver(at: ListenerAddress, check: SelfCheck): Solver {
  const via = 'listener';
  const key = `${at.address ?? ''} ${at.port}`;
  return {
    type: 'http-01',
    via,
    prepare: async (challenges) => preparedTexts(via, challenges, (token) => `${CHALLENGE_PATH}/${token}`),
    present: async (prepared, run) => {
      const values = valuesFor(prepared, via);
      await serve(at, key, values);
      const served = values.map(({ name, place, text }) => ({ name, token: posix.basename(place), text }));
      await check(served, run);
    },
    remove: async (prepared) => {
      const texts = servers.get(key)?.texts;
      for (const { place, text } of valuesFor(prepared, via)) if (texts?.get(place) === text) texts.delete(place);
      await endIfIdle(key);
    },
  };
}
