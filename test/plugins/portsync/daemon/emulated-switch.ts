/** A switch for the daemon: real Redis, simulated links, and the consumer of APPL_DB that orchagent is. */

import { execFileSync } from 'node:child_process';
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Daemon,
  DAEMON_DEFAULTS,
  type DaemonParts,
  type DaemonSettings,
} from '../../../../plugins/portsync/daemon/daemon.ts';
import { loadMetrics } from '../../../../plugins/portsync/daemon/metrics-file.ts';
import { openSession, type Session } from '../../../../plugins/portsync/daemon/session.ts';
import { openStateFolder } from '../../../../plugins/portsync/daemon/state-file.ts';
import type { LinkSource } from '../../../../plugins/portsync/linux/watch-links.ts';
import type { Redis } from '../../../../plugins/portsync/redis/client.ts';
import type { Row } from '../../../../plugins/portsync/redis/reader.ts';
import { remotePlace } from '../../../../plugins/portsync/sonic/connect.ts';
import { denial, type RedisServer } from '../../../support/redis.ts';
import { temporaryFolder } from '../../../support/cli.ts';

/** Fast checks, so that tests wait for little. */
export const FAST: DaemonSettings = { ...DAEMON_DEFAULTS, tickMs: 20, resyncMs: 300 };

export interface RunningDaemon {
  readonly daemon: Daemon;
  readonly said: readonly string[];
  /** Stops it in order. */
  readonly stop: () => Promise<void>;
  /** Ends it like a kill: it writes nothing afterwards, neither to Redis nor to its folder. */
  readonly crash: () => Promise<void>;
}

export interface DaemonOptions {
  readonly settings?: Partial<DaemonSettings>;
  readonly parts?: Partial<DaemonParts>;
  /** Address of Redis; that of the server by default. */
  readonly redis?: string;
}

/** A folder for the state of a daemon. */
export function stateFolder(): string {
  return join(temporaryFolder(), 'state');
}

function dead(): never {
  throw new Error('the process was killed');
}

export async function startDaemonOn(
  server: RedisServer,
  links: LinkSource,
  path: string,
  { settings = {}, parts = {}, redis = `127.0.0.1:${server.address.port}` }: DaemonOptions = {},
): Promise<RunningDaemon> {
  const folder = await openStateFolder(path);
  const said: string[] = [];
  const control = new AbortController();
  let isDead = false;
  const open = async (signal: AbortSignal): Promise<Session> => {
    const session = await openSession(remotePlace(redis), { denial, signal, connectMs: 1000 });
    const alive = <T extends (...args: never[]) => unknown>(method: T): T =>
      ((...args: never[]) => (isDead ? dead() : method(...args))) as T;
    return {
      ...session,
      writeState: alive(session.writeState),
      produce: alive(session.produce),
      mark: alive(session.mark),
      publishWarm: alive(session.publishWarm),
    };
  };
  const daemon = new Daemon({
    folder,
    kept: await loadMetrics(folder),
    open,
    links,
    settings: { ...FAST, ...settings },
    say: (line) => said.push(line),
    ...parts,
  });
  const running = daemon.run(control.signal);
  running.catch(() => undefined);
  const stop = async (): Promise<void> => {
    control.abort();
    await running;
  };
  return {
    daemon,
    said,
    stop,
    crash: async () => {
      const copy = `${path}.copy`;
      isDead = true;
      // A save that is under way ends before or after the copy, like one that a kill meets.
      execFileSync('cp', ['-a', path, copy]);
      await stop();
      rmSync(path, { recursive: true });
      renameSync(copy, path);
    },
  };
}

/** The databases of a switch, seen by a client of their own. */
export interface Databases {
  readonly appl: Redis;
  readonly config: Redis;
  readonly state: Redis;
}

export async function openDatabases(server: RedisServer): Promise<Databases> {
  return { appl: await server.open(0), config: await server.open(4), state: await server.open(6) };
}

/** One step, as in the library: an entry that is written between two commands would be lost. */
export const POP = `
local keys = redis.call('SPOP', 'PORT_TABLE_KEY_SET', 100000)
for _, key in ipairs(keys) do
  if redis.call('SREM', 'PORT_TABLE_DEL_SET', key) == 1 then redis.call('DEL', 'PORT_TABLE:' .. key) end
  local fields = redis.call('HGETALL', '_PORT_TABLE:' .. key)
  for i = 1, #fields, 2 do redis.call('HSET', 'PORT_TABLE:' .. key, fields[i], fields[i + 1]) end
  redis.call('DEL', '_PORT_TABLE:' .. key)
end
return keys`;

/** Takes all entries that producers have written, as the consumer of sonic-swss-common does. Returns the keys in their order. */
export async function consume({ appl }: Pick<Databases, 'appl'>): Promise<readonly string[]> {
  return (await appl.call(['EVAL', POP, '0'])) as readonly string[];
}

/** Fills CONFIG_DB with ports, as a whole. */
export async function configure(
  { config }: Pick<Databases, 'config'>,
  ports: Readonly<Record<string, Row>>,
): Promise<void> {
  await config.call(['FLUSHDB']);
  for (const [name, row] of Object.entries(ports))
    await config.call(['HSET', `PORT|${name}`, ...Object.entries(row).flat()]);
  await config.call(['SET', 'CONFIG_DB_INITIALIZED', '1']);
}

/** Rows of a table by their names. */
export async function rowsOf(redis: Redis, prefix: string): Promise<Readonly<Record<string, Row>>> {
  const keys = ((await redis.call(['KEYS', `${prefix}*`])) as readonly string[]).toSorted();
  const rows = await redis.hashes(keys);
  return Object.fromEntries(keys.map((key, i) => [key.slice(prefix.length), rows[i] ?? {}]));
}

/** Waits until work returns without an error. Throws the last error after half a minute. */
export async function eventually<T>(work: () => T | Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries === 1500) throw error;
    }
    await sleep(20);
  }
}
