/** A real Redis server with SONiC's settings for the tests of one file, and servers that are not one. */

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { usualDenial } from '#plugin/net';
import type { TcpAddress } from '../../plugins/portsync/redis/address.ts';
import { openRedis, type Redis } from '../../plugins/portsync/redis/client.ts';
import { startRespServer } from '../../plugins/portsync/sandbox/resp-server.ts';
import { temporaryFolder } from './cli.ts';
import { type Daemon, freePort, startDaemon } from './daemons.ts';

export interface RedisServer {
  readonly address: TcpAddress;
  /** Path of its Unix socket. */
  readonly socket: string;
  /** A connection to one of its databases, which ends with the server. */
  open(database?: number): Promise<Redis>;
  /** Stops the server, and starts an empty one at the same address. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export const denial = usualDenial({});

/** Runs `redis-server` on a port in a folder, with 100 databases, all notifications and no files. */
export function startRedisServer(folder: string, port: number): Promise<Daemon> {
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    unixsocket: join(folder, 'redis.sock'),
    databases: '100',
    'notify-keyspace-events': 'AKE',
    save: '',
    appendonly: 'no',
    dir: folder,
  };
  const argv = ['redis-server', ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])];
  return startDaemon(folder, argv, [port], join(folder, 'redis.log'));
}

/** Starts `redis-server` in a folder of its own. */
export async function startRedis(): Promise<RedisServer> {
  const folder = temporaryFolder();
  const port = await freePort();
  const address: TcpAddress = { kind: 'tcp', host: '127.0.0.1', port };
  let daemon = await startRedisServer(folder, port);
  const opened: Redis[] = [];
  return {
    address,
    socket: join(folder, 'redis.sock'),
    open: async (database = 0) => {
      const redis = await openRedis(address, { denial, database });
      opened.push(redis);
      return redis;
    },
    restart: async () => {
      await daemon.stop();
      daemon = await startRedisServer(folder, port);
    },
    stop: async () => {
      for (const redis of opened) redis.close();
      await daemon.stop();
    },
  };
}

/** The servers that behave alike, by name: the real one, and that of the sandbox. */
export const REDIS_SERVERS: readonly (readonly [
  name: string,
  start: () => Promise<{ readonly address: TcpAddress; stop(): Promise<void> }>,
])[] = [
  ['redis-server', startRedis],
  ['the server of the sandbox', () => startRespServer({})],
];

export interface RawServer {
  readonly address: TcpAddress;
  stop(): Promise<void>;
}

/** A TCP server of 127.0.0.1; `serve` gets each connection. */
export async function startRaw(serve: (socket: Socket) => void): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: { kind: 'tcp', host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
