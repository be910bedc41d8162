/**
 * A small Redis server of the sandbox, for machines without `redis-server`: the commands that fettle and `redis-cli` use.
 *
 * It keeps texts, hashes and sets in memory, as UTF-8, and notifies of changes. It has no Lua: it runs the scripts of
 * fettle by their TypeScript twins (`scripts.ts`), and refuses all others.
 */

import { type AddressInfo, createServer, type Socket } from 'node:net';
import { codeOf } from '#plugin';
import type { TcpAddress } from '../redis/address.ts';
import { ProtocolError, RespReader } from '../redis/reader.ts';
import { type Answer, answerTo, type Client, NO_LIST, publish, PUSHING, type ServerState, Status } from './commands.ts';
import { CommandError, Keyspace } from './keyspace.ts';

export interface RespServerOptions {
  /** A free port by default; another one if it is in use. */
  readonly port?: number;
}

export interface RespServer {
  readonly address: TcpAddress;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';

function encodedAnswer(answer: Answer): string {
  if (answer === null) return '$-1\r\n';
  if (answer === NO_LIST) return '*-1\r\n';
  if (typeof answer === 'number') return `:${answer}\r\n`;
  if (typeof answer === 'string') return `$${Buffer.byteLength(answer)}\r\n${answer}\r\n`;
  if (answer instanceof Status) return `+${answer.text}\r\n`;
  if (answer instanceof CommandError) return `-${answer.message.replaceAll(/[\r\n]/gu, ' ')}\r\n`;
  return `*${answer.length}\r\n${answer.map(encodedAnswer).join('')}`;
}

/** The words of a command; undefined for another value. */
function wordsOf(reply: unknown): readonly string[] | undefined {
  const isCommand = Array.isArray(reply) && reply.length > 0 && reply.every((word) => typeof word === 'string');
  return isCommand ? reply : undefined;
}

function serve(socket: Socket, id: number, state: ServerState): void {
  let out = '';
  const send = (text: string): void => {
    // Answers of one turn are one write.
    if (out === '') queueMicrotask(flush);
    out += text;
  };
  const flush = (): void => {
    const text = out;
    out = '';
    if (!socket.destroyed) socket.write(text);
  };
  const client: Client = {
    id,
    addresses: `addr=${socket.remoteAddress}:${socket.remotePort} laddr=${socket.localAddress}:${socket.localPort}`,
    name: '',
    database: 0,
    channels: new Set(),
    patterns: new Map(),
    queue: undefined,
    isDirty: false,
    watched: new Map(),
    push: (answer) => send(encodedAnswer(answer)),
    end: () => setImmediate(() => socket.end()),
  };
  state.clients.add(client);
  const reader = new RespReader(
    (request) => {
      const words = wordsOf(request);
      if (words === undefined) throw new ProtocolError('a command is a list of texts');
      const answer = answerTo(words, client, state);
      const isPushed = PUSHING.has((words[0] ?? '').toUpperCase()) && Array.isArray(answer);
      if (!isPushed) send(encodedAnswer(answer));
    },
    () => 'reply',
  );
  socket.setNoDelay(true);
  socket.on('data', (chunk) => {
    try {
      reader.read(chunk);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      socket.removeAllListeners('data');
      socket.resume();
      socket.end(`-ERR Protocol error: ${error.message}\r\n`);
    }
  });
  socket.on('error', () => undefined);
  socket.on('close', () => state.clients.delete(client));
}

function listening(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Starts a server on 127.0.0.1. */
export async function startRespServer({ port = 0 }: RespServerOptions): Promise<RespServer> {
  const clients = new Set<Client>();
  const config = new Map([
    ['notify-keyspace-events', 'AKE'],
    ['databases', '100'],
    ['maxmemory', '0'],
    ['save', ''],
    ['appendonly', 'no'],
  ]);
  const keyspace = new Keyspace({
    now: Date.now,
    publish: (channel, payload) => publish(clients, channel, payload),
    flags: () => config.get('notify-keyspace-events') ?? '',
  });
  let expiries: NodeJS.Timeout | undefined;
  const expireSoon = (): void => {
    clearTimeout(expiries);
    const next = keyspace.sweep();
    if (next !== undefined) expiries = setTimeout(expireSoon, Math.max(1, next - Date.now())).unref();
  };
  const sockets = new Set<Socket>();
  let last = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    last += 1;
    serve(socket, last, state);
  });
  try {
    await listening(server, port);
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw error;
    await listening(server, 0);
  }
  const address: TcpAddress = { kind: 'tcp', host: HOST, port: (server.address() as AddressInfo).port };
  const state: ServerState = {
    keyspace,
    clients,
    scripts: new Set(),
    config,
    now: Date.now,
    port: address.port,
    expireSoon,
  };
  return {
    address,
    stop: async () => {
      clearTimeout(expiries);
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
