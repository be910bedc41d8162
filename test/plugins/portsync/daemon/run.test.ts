/** The daemon as a whole: real Redis, real links of a namespace, its folder, lock, server and service manager. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { recordFor } from '../../../../plugins/portsync/confirm/hold.ts';
import { holdTakeBack, latestHeld, openHeld } from '../../../../plugins/portsync/confirm/redis-hold.ts';
import { writtenRow } from '../../../../plugins/portsync/confirm/take-back.ts';
import { latencyAt, statusLines } from '../../../../plugins/portsync/daemon/commands.ts';
import { NO_KEPT_METRICS, readMetrics } from '../../../../plugins/portsync/daemon/metrics-file.ts';
import { derived } from '../../../../plugins/portsync/daemon/metrics.ts';
import { savedPort } from '../../../../plugins/portsync/daemon/ports.ts';
import { holderOf, lockFolder } from '../../../../plugins/portsync/daemon/process-lock.ts';
import { rivalText, runningPortsyncd } from '../../../../plugins/portsync/daemon/rivals.ts';
import { type RunOptions, runDaemon } from '../../../../plugins/portsync/daemon/run.ts';
import { stateFolderPath } from '../../../../plugins/portsync/daemon/state-path.ts';
import { NO_TOTALS } from '../../../../plugins/portsync/daemon/runtime.ts';
import { serviceManager } from '#plugin/service-manager';
import { openSession } from '../../../../plugins/portsync/daemon/session.ts';
import { openStateFolder } from '../../../../plugins/portsync/daemon/state-file.ts';
import { askReset, isResetAsked, readStatus } from '../../../../plugins/portsync/daemon/status-file.ts';
import { linkSource } from '../../../../plugins/portsync/linux/watch-links.ts';
import { hasNamespaces, makeNamespace, type Namespace } from '../../../support/network-namespace.ts';
import { denial, type RedisServer, startRedis } from '../../../support/redis.ts';
import { placeAt } from '../../../support/sonic.ts';
import { simulatedLink, SimulatedLinks } from '../../../support/simulated-links.ts';
import { configure, consume, type Databases, eventually, FAST, openDatabases, rowsOf } from './emulated-switch.ts';

let server: RedisServer;
let databases: Databases;
let root: string;
let control: AbortController;
let running: Promise<void>;
let said: string[];

beforeAll(async () => {
  server = await startRedis();
  databases = await openDatabases(server);
});
afterAll(() => server.stop());
beforeEach(async () => {
  await databases.state.call(['FLUSHALL']);
  root = mkdtempSync(join(tmpdir(), 'portsync-run-'));
  control = new AbortController();
  running = Promise.resolve();
  said = [];
});
afterEach(async () => {
  control.abort();
  await running.catch(() => undefined);
  rmSync(root, { recursive: true, force: true });
});

function optionsOf(change: Partial<RunOptions> = {}): RunOptions {
  return {
    env: {},
    open: (signal) => openSession(placeAt(server.address), { denial, signal }),
    openHeld: (signal) => openHeld(placeAt(server.address), { denial, signal }),
    links: new SimulatedLinks().source,
    settings: FAST,
    state: {},
    folder: join(root, 'state'),
    listen: undefined,
    tls: {},
    processes: undefined,
    signal: control.signal,
    say: (line) => void said.push(line),
    ...change,
  };
}

function run(change: Partial<RunOptions> = {}): Promise<void> {
  running = runDaemon(optionsOf(change));
  running.catch(() => undefined);
  return running;
}

describe.runIf(hasNamespaces)('with real links', () => {
  let namespace: Namespace;
  beforeAll(() => {
    namespace = makeNamespace();
  });
  afterAll(() => namespace.remove());

  test('STATE_DB follows veth links named like ports, from their creation to their removal', async () => {
    const states = () => rowsOf(databases.state, 'PORT_TABLE|');
    const row = { state: 'ok', netdev_oper_status: 'down', admin_status: 'down', mtu: '1500' };
    namespace.ip('link add Ethernet8 type veth peer name old');
    await configure(
      databases,
      Object.fromEntries(['Ethernet0', 'Ethernet4', 'Ethernet8'].map((name) => [name, { lanes: '1' }])),
    );
    void run({ links: linkSource({ namespace: namespace.name }), listen: '[::1]:0' });
    await eventually(async () => {
      await consume(databases);
      expect(await rowsOf(databases.appl, 'PORT_TABLE:')).toHaveProperty('PortConfigDone', { count: '3' });
    });
    expect(said.join('\n')).toContain('1 netdevs of an earlier run are ignored');
    namespace.ip('link add Ethernet0 type veth peer name Ethernet4');
    await eventually(async () => expect(await states()).toEqual({ Ethernet0: row, Ethernet4: row }));
    namespace.ip('link set Ethernet0 up mtu 9000');
    await eventually(async () =>
      expect(await states()).toEqual({ Ethernet0: { ...row, admin_status: 'up', mtu: '9000' }, Ethernet4: row }),
    );
    namespace.ip('link set Ethernet4 up');
    await eventually(async () => expect((await states())['Ethernet0']).toMatchObject({ netdev_oper_status: 'up' }));
    expect(await rowsOf(databases.appl, 'PORT_TABLE:')).not.toHaveProperty('PortInitDone');
    // The netdev of the earlier run is replaced.
    namespace.ip('link delete Ethernet8');
    namespace.ip('link add Ethernet8 type veth peer name old');
    await eventually(async () => {
      await consume(databases);
      expect(await rowsOf(databases.appl, 'PORT_TABLE:')).toHaveProperty('PortInitDone', { lanes: '0' });
    });
    const [, port] = /on ::1 port (\d+)/u.exec(said.join('\n')) ?? [];
    const answer = await fetch(`http://[::1]:${port}/metrics`);
    expect(await answer.text()).toMatch(/^portsyncd_events_processed_total [1-9]/mu);
    expect(await (await fetch(`http://[::1]:${port}/healthz`)).text()).toBe('healthy\n');
    namespace.ip('link delete Ethernet0');
    await eventually(async () => expect(await states()).toEqual({ Ethernet8: row }));
  });
});

describe('the folder', () => {
  test('has the status, and takes a request to reset the metrics', async () => {
    await configure(databases, {});
    const folder = { path: join(root, 'state') };
    void run();
    await eventually(async () =>
      expect(await readStatus(folder)).toMatchObject({ phase: 'ColdStart', isWatching: true }),
    );
    expect(await holderOf(folder.path)).toBe(process.pid);
    await askReset(folder);
    await eventually(async () => expect(await isResetAsked(folder)).toBe(false));
    control.abort();
    await running;
    expect(await holderOf(folder.path)).toBeUndefined();
    expect((await readMetrics(folder))?.metrics.cold_start_count).toBe(0);
  });

  test('is used by one daemon, but others observe', async () => {
    await configure(databases, {});
    void run();
    await eventually(async () => expect(await holderOf(join(root, 'state'))).toBe(process.pid));
    await expect(runDaemon(optionsOf())).rejects.toThrow(`process ${process.pid} uses the folder`);
    const observing = new AbortController();
    const other = runDaemon(optionsOf({ settings: { ...FAST, isObserving: true }, signal: observing.signal }));
    await eventually(() => expect(said.filter((line) => line.includes('cold start'))).toHaveLength(2));
    observing.abort();
    await other;
  });

  test('of a process that was killed is taken over', async () => {
    const path = join(root, 'locked');
    await openStateFolder(path);
    const child = spawn(process.execPath, [join(import.meta.dirname, 'hold-lock.ts'), path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    await expect(lockFolder(path)).rejects.toThrow(`process ${child.pid} uses the folder`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await using lock = await lockFolder(path);
    expect(lock).toBeDefined();
    expect(await holderOf(path)).toBe(process.pid);
  });

  test.each(['', '{', '{"pid":1}', `{"pid":${process.pid},"started":"1","boot":"x"}`])(
    'with the lock %j is free',
    async (text) => {
      await openStateFolder(join(root, 'state'));
      writeFileSync(join(root, 'state', 'daemon.pid'), text);
      expect(await holderOf(join(root, 'state'))).toBeUndefined();
      await using lock = await lockFolder(join(root, 'state'));
      expect(lock).toBeDefined();
    },
  );

  test('takes over the state of a portsyncd, once', async () => {
    await configure(databases, { Ethernet1: { lanes: '1' } });
    await databases.state.call(['HSET', 'WARM_RESTART_ENABLE_TABLE|swss', 'enable', 'true']);
    await databases.state.call(['HSET', 'WARM_RESTART_TABLE|portsyncd', 'restore_count', '3']);
    const from = join(root, 'port_state.json');
    writeFileSync(from, JSON.stringify({ ports: { Ethernet1: savedPort(simulatedLink(1)) }, saved_at: 1, version: 1 }));
    const links = new SimulatedLinks();
    links.set(1);
    void run({ takeOver: from, links: links.source });
    await eventually(() => expect(said.join('\n')).toContain('warm start'));
    await eventually(async () =>
      expect((await databases.state.hashes(['WARM_RESTART_TABLE|portsyncd']))[0]).toEqual({
        restore_count: '4',
        state: 'reconciled',
      }),
    );
    control.abort();
    await running;
    expect(readFileSync(join(root, 'state', 'port_state.json'), 'utf8')).toContain('"version":2');
  });

  test('is not begun with a damaged state of a portsyncd', async () => {
    writeFileSync(join(root, 'port_state.json'), '{');
    await expect(run({ takeOver: join(root, 'port_state.json') })).rejects.toThrow('cannot be read');
  });

  test.each([
    [undefined, {}, '/var/lib/fettle/portsync'],
    [undefined, { FETTLE_PORTSYNC_STATE: '/x/' }, '/x/'],
    ['/y', { FETTLE_PORTSYNC_STATE: '/x' }, '/y'],
  ])('is %s, %j or the default', (flag, env, expected) => {
    expect(stateFolderPath(flag, env)).toBe(expected);
    expect(() => stateFolderPath('y', {})).toThrow('is not an absolute path');
  });
});

describe('a change that waits for its confirmation', () => {
  const KEY = 'PORT|Ethernet0';
  const hold = async (withinMs: number): Promise<void> => {
    await configure(databases, { Ethernet0: { lanes: '0', mtu: '1500' } });
    const takeBack = {
      kind: 'sonic',
      database: 4,
      rows: [writtenRow(KEY, { mtu: '9100' }, { mtu: '1500' }, {})],
    } as const;
    const held = { target: 'sonic local', ports: ['Ethernet0'], takeBack, within: withinMs / 1000 };
    await holdTakeBack(databases.state, await recordFor('0'.repeat(16), held), withinMs);
  };
  const mtu = (): Promise<unknown> => databases.config.call(['HGET', KEY, 'mtu']);

  test('is accepted by the daemon, and taken back once it is due', async () => {
    await hold(2_000);
    void run();
    await eventually(async () => expect(await latestHeld(databases.state)).toHaveProperty('heldBy'));
    expect(await mtu()).toBe('1500');
    await eventually(async () => expect(await mtu()).toBe('9100'));
    await eventually(() =>
      expect(said).toContain('the change of Ethernet0 was taken back, because it was not confirmed in time'),
    );
  });

  test('is taken back at the start of a daemon if it was due before', async () => {
    await hold(1);
    void run();
    await eventually(async () => expect(await mtu()).toBe('9100'));
  });

  test('is left alone by a daemon that observes', async () => {
    await hold(1);
    void run({ settings: { ...FAST, isObserving: true } });
    await eventually(() => expect(said.join('\n')).toContain('cold start'));
    control.abort();
    await running;
    expect(await mtu()).toBe('1500');
    expect(await latestHeld(databases.state)).not.toHaveProperty('heldBy');
  });
});

describe('rivals', () => {
  test('a portsyncd of this machine is one, unless it has ended', async () => {
    const processes = join(root, 'proc');
    const stat = (pid: number, text: string): void => {
      mkdirSync(join(processes, String(pid)), { recursive: true });
      writeFileSync(join(processes, String(pid), 'stat'), text);
    };
    stat(1, '1 (init) S 0 1 1');
    stat(7, '7 (portsyncd) Z 1 7 7');
    stat(8, '8 (x portsyncd) S 1 8 8');
    mkdirSync(join(processes, '9'));
    mkdirSync(join(processes, 'self'));
    expect(runningPortsyncd(processes)).toBeUndefined();
    stat(42, '42 (portsyncd) S 1 42 42');
    await expect(run({ processes })).rejects.toThrow('process 42 is a portsyncd of this machine. Stop it first');
    expect(await holderOf(join(root, 'state'))).toBeUndefined();
    expect(runningPortsyncd('/proc')).not.toBe(process.pid);
  });

  test('another daemon at the same databases is one, and one that ended is not', async () => {
    await configure(databases, {});
    void run();
    await eventually(async () =>
      expect(await readStatus({ path: join(root, 'state') })).toMatchObject({ isWatching: true }),
    );
    await expect(runDaemon(optionsOf({ folder: join(root, 'other') }))).rejects.toThrow('another fettle portsync run');
    control.abort();
    await running;
    control = new AbortController();
    void run({ folder: join(root, 'other') });
    await eventually(async () =>
      expect(await readStatus({ path: join(root, 'other') })).toMatchObject({ isWatching: true }),
    );
  });

  test.each([
    [undefined, 0, undefined],
    [7, 0, 'process 7 is a portsyncd of this machine'],
    [undefined, 1, 'another fettle portsync run writes to the same databases'],
  ])('process %s and %d clients: %s', (pid, clients, expected) => {
    expect(rivalText(pid, clients)).toBe(expected);
  });
});

describe('the service manager', () => {
  let receiver: ChildProcess | undefined;
  let received = '';
  let socket: string;

  beforeEach(() => {
    socket = join(root, 'notify');
    received = '';
  });
  afterEach(() => void receiver?.kill('SIGKILL'));

  async function receive(): Promise<void> {
    const script =
      'import socket,sys\ns=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM)\ns.bind(sys.argv[1])\nprint("ready",flush=True)\nwhile True: print(s.recv(4096).decode(),flush=True)';
    receiver = spawn('python3', ['-c', script, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    receiver.stdout?.on('data', (chunk: Buffer) => (received += chunk.toString()));
    await eventually(() => expect(received).toContain('ready'));
  }

  test('gets a notification when the daemon is ready, alive and stopping', async () => {
    await receive();
    await configure(databases, {});
    void run({ env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '200000' } });
    await eventually(() => expect(received).toContain('READY=1'));
    await eventually(() => expect(received).toContain('WATCHDOG=1'));
    control.abort();
    await running;
    await eventually(() => expect(received).toContain('STOPPING=1'));
  });

  test('gets READY=1 although the first notifications fail', async () => {
    await configure(databases, {});
    void run({ env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '200000' } });
    await eventually(() => expect(said.join('\n')).toContain('systemd was not notified of WATCHDOG=1'));
    await eventually(async () =>
      expect(await readStatus({ path: join(root, 'state') })).toMatchObject({ isWatching: true }),
    );
    await receive();
    await eventually(() => expect(received).toContain('READY=1'));
  });

  test('gets notifications in the order in which they were sent', async () => {
    await receive();
    const { notify } = serviceManager({ NOTIFY_SOCKET: socket });
    const { signal } = new AbortController();
    const sent = Array.from({ length: 20 }, (_, number) => `STATUS=${number}`);
    await Promise.all(sent.map((each) => notify([each], { forMs: 0, signal })));
    await eventually(() => expect(received.match(/STATUS=\d+/gu)).toEqual(sent));
  });

  test('is not notified after the time for the notification', async () => {
    const { signal } = new AbortController();
    await expect(serviceManager({ NOTIFY_SOCKET: socket }).notify(['READY=1'], { forMs: 1, signal })).rejects.toThrow(
      'systemd was not notified of READY=1: systemd-notify ended with 1',
    );
  });

  test.each([
    [{}, undefined],
    [{ WATCHDOG_USEC: '30000000' }, 15_000],
    [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: String(process.pid) }, 15_000],
    [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '1' }, undefined],
    [{ WATCHDOG_USEC: '0' }, undefined],
    [{ WATCHDOG_USEC: 'x' }, undefined],
  ])('has a watchdog with %j: %s ms', (env, expected) => {
    expect(serviceManager({ NOTIFY_SOCKET: socket, ...env }).watchdogMs).toBe(expected);
    expect(serviceManager(env).watchdogMs).toBeUndefined();
  });
});

describe('arguments', () => {
  test.each([
    [{ listen: 'x' }, 'is not an address to listen on'],
    [{ listen: '0.0.0.0:0' }, 'only with mutual TLS'],
    [{ tls: { cert: '/c' } }, 'Name all three'],
    [
      { env: { PORTSYNCD_METRICS_CERT: '/c', PORTSYNCD_METRICS_KEY: '/k', PORTSYNCD_METRICS_CA: '/a' } },
      '/c cannot be read',
    ],
    [{ folder: '/etc/hostname/x' }, 'cannot be created'],
  ])('%j: %s', async (change, message) => {
    await expect(run(change)).rejects.toThrow(message);
    expect(existsSync(join(root, 'state', 'daemon.pid'))).toBe(false);
  });
});

describe('the status', () => {
  test('of a daemon that does not run has the metrics', () => {
    expect(statusLines(undefined, undefined, NO_KEPT_METRICS, derived(NO_KEPT_METRICS.metrics), null)).toEqual([
      'the daemon does not run',
      'starts: 0 warm, 0 cold (0 % warm)',
      'initial syncs: 0 by the end of the dump, 0 by the timeout (rate 0 %), average unknown, 99th percentile unknown',
      'state saved: never',
      'state files: 0 damaged, 0 recovered (100 %), 0 backups, 0 cleaned',
      'health score 80 of 100',
      'events: 0 processed, 0 failed',
      'event to write: median unknown, 99th percentile unknown',
      'Redis command: median unknown, 99th percentile unknown',
    ]);
  });

  test('of one that runs has its health and alerts', () => {
    const status = {
      phase: 'InitialSyncComplete',
      warmState: 'reconciled',
      isObserving: false,
      isWatching: true,
      health: { status: 'degraded', reasons: ['no connection to Redis for 3 s'] },
      alerts: [{ name: 'corruption', severity: 'critical', status: 'firing' }],
      ports: 3,
      waiting: 1,
      isPortConfigDone: true,
      isPortInitDone: false,
    } as const;
    const kept = { ...NO_KEPT_METRICS, totals: { ...NO_TOTALS, port_flaps: { Ethernet0: 1, Ethernet4: 7 } } };
    const lines = statusLines(42, status, kept, derived(kept.metrics), 150);
    expect(lines.slice(0, 5)).toEqual([
      'the daemon runs as process 42: degraded',
      '  no connection to Redis for 3 s',
      'phase InitialSyncComplete, warm restart reconciled, 3 ports, 1 rows wait',
      'PortConfigDone written, PortInitDone not written',
      'alert corruption (critical) is firing',
    ]);
    expect(lines.slice(-2)).toEqual(['flaps of Ethernet4: 7', 'flaps of Ethernet0: 1']);
  });

  test.each([
    [[1, 0, 0], 0.5, 0.0005],
    [[1, 1, 98], 0.5, 0.002],
    [[99, 1], 0.99, 0.0005],
    [[98, 2], 0.99, 0.001],
  ])('latencies %j at %d: %d s', (first, share, expected) => {
    const buckets = [...first, ...NO_TOTALS.event_latency.buckets].slice(0, 13);
    expect(latencyAt({ buckets, sum: 0 }, share)).toBe(expected);
    expect(
      latencyAt({ buckets: [...buckets.slice(0, 0), ...NO_TOTALS.event_latency.buckets], sum: 0 }, share),
    ).toBeNull();
  });
});
