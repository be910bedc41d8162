/** The daemon of `portsync run` over real Redis: its first copy, the way from a link event to STATE_DB, and its memory. */

import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Daemon, DAEMON_DEFAULTS } from '../../plugins/portsync/daemon/daemon.ts';
import { NO_KEPT_METRICS } from '../../plugins/portsync/daemon/metrics-file.ts';
import { openSession } from '../../plugins/portsync/daemon/session.ts';
import { openStateFolder } from '../../plugins/portsync/daemon/state-file.ts';
import { linkSource } from '../../plugins/portsync/linux/watch-links.ts';
import type { Redis } from '../../plugins/portsync/redis/client.ts';
import { subscribe } from '../../plugins/portsync/redis/subscription.ts';
import { remotePlace } from '../../plugins/portsync/sonic/connect.ts';
import { denial, type RedisServer, startRedis } from '../../test/support/redis.ts';
import { makeNamespace } from '../../test/support/network-namespace.ts';
import type { Places } from './fleet.ts';
import { median } from './measure.ts';
import { fixed, type Row } from './rows.ts';

const PORTS = 10_000;
const FIELDS = 12;
const COPIES = 5;
const CHANGES = 300;

async function fill(redis: Redis, key: (i: number) => string): Promise<void> {
  const row = Array.from({ length: FIELDS }, (_, i) => [`field_${i}`, String(i * 1000)]).flat();
  const commands = Array.from({ length: PORTS }, (_, i) => ['HSET', key(i), ...row] as const);
  await redis.pipeline(commands, { deadlineMs: 60_000 });
}

function verdict(isOk: boolean, otherwise: 'over' | 'short'): Row['verdict'] {
  return isOk ? 'ok' : otherwise;
}

const placeOf = (server: RedisServer): string => `127.0.0.1:${server.address.port}`;

/** The copy of CONFIG_DB: its read, and its writes by the producer protocol. */
async function copyRow(server: RedisServer): Promise<Row> {
  const config = await server.open(4);
  const appl = await server.open(0);
  await fill(config, (i) => `PORT|Ethernet${i}`);
  await config.call(['SET', 'CONFIG_DB_INITIALIZED', '1']);
  const session = await openSession(remotePlace(placeOf(server)), { denial });
  const times: number[] = [];
  for (let round = 0; round < COPIES; round += 1) {
    await appl.call(['FLUSHDB']);
    const start = performance.now();
    const { ports } = await session.readConfig();
    await session.produce([...ports].map(([key, fields]) => ({ kind: 'set', key, fields })));
    times.push(performance.now() - start);
    if ((await appl.call(['SCARD', 'PORT_TABLE_KEY_SET'])) !== PORTS) throw new Error('the copy is not whole');
  }
  session.close();
  const rate = (PORTS * FIELDS) / (median(times) / 1000);
  return {
    figure: 'portsync: first copy of 10,000 ports of 12 fields',
    measured: `${Math.round(rate).toLocaleString('en')} fields/s`,
    target: '100,000 fields/s',
    verdict: verdict(rate >= 100_000, 'short'),
    detail: `${fixed(median(times))} ms with the read of CONFIG_DB, median of ${COPIES}`,
  };
}

/** Changes the MTU of a real link, and waits until a subscriber sees the write to STATE_DB. */
async function latencyRows(server: RedisServer, path: string): Promise<readonly Row[]> {
  const namespace = makeNamespace();
  const appl = await server.open(0);
  await appl.call(['FLUSHALL']);
  await appl.call(['HSET', 'PORT_TABLE:Ethernet0', 'lanes', '0']);
  await appl.call(['HSET', 'PORT_TABLE:PortInitDone', 'lanes', '0']);
  await (await server.open(4)).call(['SET', 'CONFIG_DB_INITIALIZED', '0']);
  namespace.ip('link add Ethernet0 type veth peer name other');
  const control = new AbortController();
  const daemon = new Daemon({
    folder: await openStateFolder(path),
    kept: NO_KEPT_METRICS,
    open: (signal) => openSession(remotePlace(placeOf(server)), { denial, signal }),
    links: linkSource({ namespace: namespace.name }),
    settings: DAEMON_DEFAULTS,
    say: () => undefined,
  });
  const running = daemon.run(control.signal);
  let seen = Promise.withResolvers<number>();
  const patterns = ['__keyspace@6__:PORT_TABLE|Ethernet0'];
  const listening = await subscribe(server.address, { patterns }, () => seen.resolve(performance.now()), { denial });
  const child = spawn('ip', ['-n', namespace.name, '-batch', '-'], { stdio: ['pipe', 'ignore', 'inherit'] });
  try {
    await seen.promise;
    const times: number[] = [];
    for (let change = 0; change < CHANGES; change += 1) {
      seen = Promise.withResolvers();
      const start = performance.now();
      child.stdin.write(`link set Ethernet0 mtu ${1400 + (change % 2)}\n`);
      times.push((await seen.promise) - start);
    }
    const sorted = times.toSorted((a, b) => a - b);
    const p99 = sorted[Math.floor(CHANGES * 0.99)] ?? Number.NaN;
    const detail = `${CHANGES} changes of an MTU by ip, seen by a subscriber of Redis`;
    const row = (name: string, value: number, limit: number): Row => ({
      figure: `portsync: link event to STATE_DB, ${name}`,
      measured: `${value.toFixed(2)} ms`,
      target: `${limit} ms`,
      verdict: verdict(value <= limit, 'over'),
      detail,
    });
    return [row('median', median(times), 2), row('99th percentile', p99, 20)];
  } finally {
    child.stdin.end();
    listening.close();
    control.abort();
    await running;
    namespace.remove();
  }
}

async function memoryRow(server: RedisServer, dist: string, path: string): Promise<Row> {
  const appl = await server.open(0);
  await appl.call(['FLUSHALL']);
  await fill(appl, (i) => `PORT_TABLE:Ethernet${i + 1}`);
  await appl.call(['HSET', 'PORT_TABLE:PortInitDone', 'lanes', '0']);
  const argv = [join(dist, 'bench', 'portsync-memory.js'), String(server.address.port), path];
  const said = execFileSync(process.execPath, argv, { encoding: 'utf8' });
  const { events, memory } = JSON.parse(said) as { readonly events: number; readonly memory: readonly number[] };
  const most = Math.max(...memory);
  return {
    figure: 'portsync: memory of the daemon with 10,000 ports',
    measured: `${fixed(most)} MiB`,
    target: '120 MiB',
    verdict: verdict(most <= 120, 'over'),
    detail: `largest of ${memory.map((each) => each.toFixed(0)).join(', ')} MiB over ${events.toLocaleString('en')} events`,
  };
}

export async function portsyncDaemonRows({ dist, folder }: Places): Promise<readonly Row[]> {
  const root = join(folder, 'portsync-daemon');
  mkdirSync(root, { mode: 0o700 });
  const server = await startRedis();
  try {
    return [
      await copyRow(server),
      ...(await latencyRows(server, join(root, 'latency'))),
      await memoryRow(server, dist, join(root, 'memory')),
    ];
  } finally {
    await server.stop();
    rmSync(root, { recursive: true, force: true });
  }
}
