/** The daemon over real Redis: starts, gating, markers, rows, losses of connections, and its stop. */

import type { Row } from '../../../../plugins/portsync/redis/reader.ts';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { raced } from '#plugin/deadline';
import { DEFAULT_RULES } from '../../../../plugins/portsync/daemon/alerts.ts';
import { NO_KEPT_METRICS } from '../../../../plugins/portsync/daemon/metrics-file.ts';
import { NO_METRICS } from '../../../../plugins/portsync/daemon/metrics.ts';
import { decodeState, type SavedPort } from '../../../../plugins/portsync/daemon/port-state.ts';
import { savedPort } from '../../../../plugins/portsync/daemon/ports.ts';
import { CLIENT_NAME } from '../../../../plugins/portsync/daemon/session.ts';
import type { LinkSource } from '../../../../plugins/portsync/linux/watch-links.ts';
import { type RedisServer, startRaw, startRedis } from '../../../support/redis.ts';
import { simulatedLink, SimulatedLinks } from '../../../support/simulated-links.ts';
import {
  configure,
  consume,
  type DaemonOptions,
  type Databases,
  eventually,
  FAST,
  openDatabases,
  rowsOf,
  type RunningDaemon,
  startDaemonOn,
  stateFolder,
} from './emulated-switch.ts';

const PORT: Row = { lanes: '0,1', speed: '100000', mtu: '9100', admin_status: 'up' };
const UP: Row = { state: 'ok', netdev_oper_status: 'up', admin_status: 'up', mtu: '9100' };
/** The default rules, without their times. */
const RULES = DEFAULT_RULES.map((rule) => ({ ...rule, forSecs: 0 }));
const OWN = 'WARM_RESTART_TABLE|portsyncd';

let server: RedisServer;
let databases: Databases;
let links: SimulatedLinks;
let path: string;
let running: RunningDaemon | undefined;

beforeAll(async () => {
  server = await startRedis();
  databases = await openDatabases(server);
  await databases.state.call(['CONFIG', 'SET', 'slowlog-log-slower-than', '0']);
  await databases.state.call(['CONFIG', 'SET', 'slowlog-max-len', '10000']);
});
afterAll(() => server.stop());
beforeEach(async () => {
  await databases.state.call(['FLUSHALL']);
  links = new SimulatedLinks();
  path = stateFolder();
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function start(options: DaemonOptions = {}, source: LinkSource = links.source): Promise<RunningDaemon> {
  running = await startDaemonOn(server, source, path, options);
  return running;
}

const states = (): Promise<Readonly<Record<string, Row>>> => rowsOf(databases.state, 'PORT_TABLE|');
const appl = (): Promise<Readonly<Record<string, Row>>> => rowsOf(databases.appl, 'PORT_TABLE:');
const said = (): string => running?.said.join('\n') ?? '';

/** Writes to Redis since the last call, without those of this test: command, key and fields. */
async function writes(): Promise<readonly (readonly string[])[]> {
  const entries = (await databases.state.call(['SLOWLOG', 'GET', '-1'])) as readonly (readonly unknown[])[];
  await databases.state.call(['SLOWLOG', 'RESET']);
  const own = new Set(['hset', 'hdel', 'del', 'eval', 'evalsha', 'set', 'publish']);
  return entries
    .map(([, , , words]) => words as readonly string[])
    .filter(([word = '']) => own.has(word.toLowerCase()))
    .toReversed();
}

/** A switch whose ports are initialized, with a daemon that ran. */
async function initialized(): Promise<void> {
  await configure(databases, { Ethernet1: PORT, Ethernet2: PORT });
  await start();
  await eventually(async () => {
    await consume(databases);
    expect((await appl())['PortConfigDone']).toEqual({ count: '2' });
  });
  links.set(1);
  links.set(2);
  await eventually(async () => {
    links.deliver();
    await consume(databases);
    expect(await states()).toEqual({ Ethernet1: UP, Ethernet2: UP });
    expect((await appl())['PortInitDone']).toEqual({ lanes: '0' });
  });
}

async function enableWarm(): Promise<void> {
  await databases.state.call(['HSET', 'WARM_RESTART_ENABLE_TABLE|system', 'enable', 'true']);
}

describe('a cold start', () => {
  test('defect 12: copies CONFIG_DB by the producer protocol, then writes the marker with its count', async () => {
    await configure(databases, {
      Ethernet1: PORT,
      Ethernet2: { ...PORT, description: 'ü "x"' },
      Ethernet3: { NULL: 'NULL' },
    });
    await start();
    await eventually(async () => {
      expect(await databases.appl.call(['SCARD', 'PORT_TABLE_KEY_SET'])).toBe(2);
    });
    // The marker waits until the consumer has taken up the ports.
    expect(await databases.appl.call(['SISMEMBER', 'PORT_TABLE_KEY_SET', 'PortConfigDone'])).toBe(0);
    expect(await appl()).toEqual({});
    await consume(databases);
    expect(await appl()).toEqual({ Ethernet1: PORT, Ethernet2: { ...PORT, description: 'ü "x"' } });
    await eventually(async () => expect(await consume(databases)).toEqual(['PortConfigDone']));
    expect((await appl())['PortConfigDone']).toEqual({ count: '2' });
    expect(said()).toContain('cold start: warm restart is not enabled');
    expect((await databases.state.hashes([OWN]))[0]).toEqual({ restore_count: '0', state: 'disabled' });
  });

  test('without ports in CONFIG_DB writes the marker with 0', async () => {
    await configure(databases, {});
    await start();
    await eventually(async () => expect(await consume(databases)).toContain('PortConfigDone'));
    expect((await appl())['PortConfigDone']).toEqual({ count: '0' });
  });

  test('waits until CONFIG_DB is loaded', async () => {
    await configure(databases, { Ethernet1: PORT });
    await databases.config.call(['SET', 'CONFIG_DB_INITIALIZED', '0']);
    await start();
    await eventually(() => expect(said()).toContain('CONFIG_DB is not loaded'));
    expect(await databases.appl.call(['DBSIZE'])).toBe(0);
    await databases.config.call(['SET', 'CONFIG_DB_INITIALIZED', '1']);
    await eventually(async () => expect(await consume(databases)).toEqual(['Ethernet1']));
  });

  test('removes ports of APPL_DB that CONFIG_DB does not have', async () => {
    await configure(databases, { Ethernet1: PORT });
    await databases.appl.call(['HSET', 'PORT_TABLE:Ethernet9', 'lanes', '1']);
    await databases.appl.call(['HSET', 'PORT_TABLE:PortChannel1', 'mtu', '1']);
    await start();
    await eventually(async () => expect(await consume(databases)).toContain('Ethernet9'));
    expect(Object.keys(await appl()).filter((name) => !name.startsWith('PortC'))).toEqual(['Ethernet1']);
    expect(await appl()).toHaveProperty('PortChannel1');
  });

  test('removes ports of an earlier copy that the consumer has not taken up', async () => {
    await configure(databases, { Ethernet1: PORT, Ethernet2: PORT });
    await start();
    await eventually(async () => expect(await databases.appl.call(['SCARD', 'PORT_TABLE_KEY_SET'])).toBe(2));
    await running?.stop();
    await configure(databases, { Ethernet2: PORT });
    await start();
    await eventually(async () => {
      await consume(databases);
      expect(await appl()).toEqual({ Ethernet2: PORT, PortConfigDone: { count: '1' } });
    });
  });

  test('ignores netdevs of an earlier run, and PortInitDone waits for those that replace them', async () => {
    await configure(databases, { Ethernet1: PORT });
    links.set(1);
    await start();
    await eventually(async () => {
      await consume(databases);
      expect((await appl())['PortConfigDone']).toEqual({ count: '1' });
    });
    links.set(1, { mtu: 1500 });
    links.deliver();
    expect(said()).toContain('1 netdevs of an earlier run are ignored');
    links.delete(1);
    links.set(11, { name: 'Ethernet1' });
    await eventually(async () => {
      links.deliver();
      await consume(databases);
      expect((await appl())['PortInitDone']).toEqual({ lanes: '0' });
    });
    expect(await states()).toEqual({ Ethernet1: UP });
    expect(await consume(databases)).toEqual([]);
  });

  test.each([
    [
      'of a dpu',
      async () => void (await databases.config.call(['HSET', 'DEVICE_METADATA|localhost', 'switch_type', 'dpu'])),
    ],
    [
      'after the ports were initialized',
      async () => void (await databases.appl.call(['HSET', 'PORT_TABLE:PortInitDone', 'lanes', '0'])),
    ],
  ])('%s takes the netdevs that exist', async (_, prepare) => {
    await configure(databases, { Ethernet1: PORT });
    await prepare();
    links.set(1);
    await start();
    await eventually(async () => {
      await consume(databases);
      expect(await states()).toEqual({ Ethernet1: UP });
    });
  });

  test('a port without an entry in APPL_DB, a team and another netdev have no row', async () => {
    await initialized();
    links.set(8, { name: 'PortChannel1', kind: 'team' });
    links.set(9, { name: 'Ethernet9' });
    links.set(10, { name: 'eth0' });
    await eventually(() => {
      links.deliver();
      expect(running?.daemon.status.ports).toBe(3);
    });
    await sleep(5 * FAST.tickMs);
    expect(Object.keys(await states())).toEqual(['Ethernet1', 'Ethernet2']);
    // A port that is configured later.
    await databases.appl.call(['HSET', 'PORT_TABLE:Ethernet9', 'lanes', '9']);
    await eventually(async () => expect(await states()).toHaveProperty('Ethernet9', UP));
  });
});

describe('rows of STATE_DB', () => {
  test('are written where they differ, field by field', async () => {
    await initialized();
    await writes();
    links.set(2, { oper: 'down', operState: 'DOWN' });
    await eventually(async () => {
      links.deliver();
      expect((await states())['Ethernet2']).toEqual({ ...UP, netdev_oper_status: 'down' });
    });
    expect(await writes()).toEqual([['HSET', 'PORT_TABLE|Ethernet2', 'netdev_oper_status', 'down']]);
  });

  test('keep the fields of other writers, also when the link is removed', async () => {
    await initialized();
    await databases.state.call(['HSET', 'PORT_TABLE|Ethernet1', 'host_tx_ready', 'true']);
    links.delete(1);
    links.delete(2);
    await eventually(async () => {
      links.deliver();
      expect(await states()).toEqual({ Ethernet1: { host_tx_ready: 'true' } });
    });
  });

  test('that another writer changed or removed are written again', async () => {
    await initialized();
    await databases.state.call(['HSET', 'PORT_TABLE|Ethernet1', 'mtu', '1']);
    await databases.state.call(['DEL', 'PORT_TABLE|Ethernet2']);
    await eventually(async () => expect(await states()).toEqual({ Ethernet1: UP, Ethernet2: UP }));
  });

  test('count events, flaps and latencies', async () => {
    await initialized();
    links.set(1, { oper: 'down', operState: 'DOWN' });
    links.set(1, { oper: 'up', operState: 'UP' });
    links.set(1, { oper: 'down', operState: 'DOWN' });
    await eventually(async () => {
      links.deliver();
      expect((await states())['Ethernet1']).toMatchObject({ netdev_oper_status: 'down' });
    });
    // An event counts once its write is answered, which may be after a reader has seen the write.
    await eventually(async () => {
      const { totals, gauges } = running?.daemon.exposed ?? {};
      expect(totals).toMatchObject({ events_failed: 0, port_flaps: { Ethernet1: 2 } });
      expect(totals?.events_processed).toBeGreaterThanOrEqual(5);
      expect(totals?.event_latency.buckets.reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(3);
      expect(gauges).toMatchObject({ isRedisConnected: true, isNetlinkConnected: true, queueDepth: 0 });
    });
  });
});

describe('a warm start', () => {
  /** Ends the first dump at once, as one that is not consistent, and all later ones after a release. */
  function slowDumps(): { readonly source: LinkSource; readonly release: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    let isFirst = true;
    const source: LinkSource = {
      ...links.source,
      dump: async (signal) => {
        if (!isFirst) await raced(promise, signal);
        isFirst = false;
        return { ...(await links.source.dump(signal)), isConsistent: false };
      },
    };
    return { source, release: resolve };
  }

  test('defect 7: writes nothing during the initial sync, and then the differences alone', async () => {
    await initialized();
    await running?.stop();
    await enableWarm();
    links.set(1, { mtu: 1500 });
    links.delete(2);
    links.set(12, { name: 'Ethernet2' });
    await writes();
    const { source, release } = slowDumps();
    await start({}, source);
    await eventually(async () => expect((await databases.state.hashes([OWN]))[0]).toMatchObject({ state: 'restored' }));
    // The first dump has shown the ports.
    await eventually(() => expect(running?.daemon.status).toMatchObject({ phase: 'InitialSyncInProgress', ports: 2 }));
    await sleep(5 * FAST.tickMs);
    expect(await states()).toEqual({ Ethernet1: UP, Ethernet2: UP });
    release();
    await eventually(async () => {
      links.deliver();
      expect(await states()).toEqual({ Ethernet1: { ...UP, mtu: '1500' }, Ethernet2: UP });
      expect((await databases.state.hashes([OWN]))[0]).toEqual({ restore_count: '1', state: 'reconciled' });
    });
    expect(running?.daemon.status).toMatchObject({ phase: 'InitialSyncComplete' });
    expect(await writes()).toEqual([
      ['HSET', OWN, 'restore_count', '1'],
      ['HSET', OWN, 'state', 'initialized'],
      ['HSET', OWN, 'state', 'restored'],
      ['HSET', 'PORT_TABLE|Ethernet1', 'mtu', '1500'],
      ['HSET', OWN, 'state', 'reconciled'],
    ]);
    expect(running?.daemon.exposed.metrics).toMatchObject({
      warm_restart_count: 1,
      eoiu_detected_count: 1,
      eoiu_timeout_count: 0,
    });
  });

  test('is counted by alerts, which are said or suppressed', async () => {
    await configure(databases, {});
    await enableWarm();
    const kept = { ...NO_KEPT_METRICS, metrics: { ...NO_METRICS, corruption_detected_count: 9, cold_start_count: 99 } };
    await start({ parts: { kept }, settings: { suppressed: ['cold-starts'], alertRules: RULES } });
    await eventually(() => expect(said()).toContain('critical corruption is firing: corruption_detected_count is 9'));
    expect(running?.daemon.status.alerts).toEqual(
      expect.arrayContaining([
        { name: 'corruption', severity: 'critical', status: 'firing' },
        { name: 'cold-starts', severity: 'warning', status: 'suppressed' },
      ]),
    );
    expect(said()).not.toContain('cold-starts');
    expect(said()).toContain('the daemon is degraded; the metrics of the warm restart are not healthy');
  });

  test('defect 8: a link that is removed during the initial sync loses its row afterwards', async () => {
    await initialized();
    await running?.stop();
    await enableWarm();
    const { source, release } = slowDumps();
    await start({}, source);
    links.delete(2);
    links.deliver();
    await eventually(() => expect(running?.daemon.status.phase).toBe('InitialSyncInProgress'));
    expect(await states()).toHaveProperty('Ethernet2');
    release();
    await eventually(async () => expect(await states()).toEqual({ Ethernet1: UP }));
    await running?.stop();
    expect([...(savedState()?.keys() ?? [])]).toEqual(['Ethernet1']);
  });

  test.each([0, 1])(
    'a timeout of %d s ends the gate; ports that no dump has shown keep their rows',
    async (eoiuTimeout) => {
      await initialized();
      await running?.stop();
      await enableWarm();
      const { source, release } = slowDumps();
      await start({ settings: { eoiuTimeout } }, source);
      await eventually(() => expect(running?.daemon.status.phase).toBe('InitialSyncComplete'));
      expect(running?.daemon.exposed.metrics).toMatchObject({ eoiu_timeout_count: 1, eoiu_detected_count: 0 });
      expect(await states()).toEqual({ Ethernet1: UP, Ethernet2: UP });
      release();
    },
  );

  test('the timer of CONFIG_DB is the timeout', async () => {
    await initialized();
    await running?.stop();
    await enableWarm();
    await databases.config.call(['HSET', 'WARM_RESTART|swss', 'portsyncd_timer', '0x1']);
    const { source, release } = slowDumps();
    await start({}, source);
    await eventually(() => expect(running?.daemon.status.phase).toBe('InitialSyncComplete'));
    release();
  });

  test('does not happen after STATE_DB was flushed', async () => {
    await initialized();
    await running?.stop();
    await databases.state.call(['FLUSHDB']);
    await enableWarm();
    await start();
    await eventually(() =>
      expect(said()).toContain('cold start: warm restart is enabled, but restore_count is missing'),
    );
    await eventually(async () => expect(await states()).toEqual({ Ethernet1: UP, Ethernet2: UP }));
  });

  test('defect 2: happens from a backup if the state file is damaged', async () => {
    await initialized();
    await running?.stop();
    await enableWarm();
    await start();
    await eventually(() => expect(running?.daemon.status.phase).toBe('InitialSyncComplete'));
    await running?.stop();
    writeFileSync(join(path, 'port_state.json'), 'damaged');
    await start();
    await eventually(() => expect(said()).toContain('warm start'));
    expect(running?.daemon.exposed.metrics).toMatchObject({ corruption_detected_count: 1, state_recovery_count: 1 });
  });

  test.each([
    [{}, 'warm start'],
    [{ mtu: 1500 }, 'cold start: the state file has no checksum, and the links differ from it'],
  ])('from a file of the Rust portsyncd, with links that differ by %j: %s', async (change, expected) => {
    await initialized();
    await running?.stop();
    await enableWarm();
    const ports = { Ethernet1: savedPort(simulatedLink(1)), Ethernet2: savedPort(simulatedLink(2)) };
    writeFileSync(join(path, 'port_state.json'), JSON.stringify({ ports, saved_at: 1, version: 1 }));
    links.set(1, change);
    await start();
    await eventually(() => expect(said()).toContain(expected));
  });
});

function savedState(): ReadonlyMap<string, SavedPort> | undefined {
  const decoded = decodeState(readFileSync(join(path, 'port_state.json'), 'utf8'), 100);
  return decoded.status === 'checked' ? decoded.state.ports : undefined;
}

describe('the state folder', () => {
  test('has the state and the metrics of a daemon that stopped', async () => {
    await initialized();
    await running?.stop();
    expect([...(savedState()?.keys() ?? [])]).toEqual(['Ethernet1', 'Ethernet2']);
    await start();
    await eventually(() => expect(running?.daemon.exposed.totals.events_processed).toBeGreaterThan(3));
    running?.daemon.resetMetrics();
    expect(running?.daemon.exposed.totals).toMatchObject({ events_processed: 0, port_flaps: {} });
  });

  test('that cannot be written is reported, and the rows are still written', async () => {
    mkdirSync(path, { mode: 0o700 });
    mkdirSync(join(path, '.port_state.json.new'));
    await initialized();
    await eventually(() => expect(said()).toContain('the state cannot be saved'));
  });
});

test('a stop during the start closes the connections', async () => {
  await configure(databases, { Ethernet0: PORT });
  const stopped = Promise.withResolvers<void>();
  const say = (): void => stopped.resolve(running?.stop());
  await start({ parts: { say } });
  await stopped.promise;
  await eventually(async () =>
    expect(await databases.state.call(['CLIENT', 'LIST'])).not.toContain(` name=${CLIENT_NAME} `),
  );
});

test('another portsyncd that starts, on any machine, is noticed by its count', async () => {
  await initialized();
  expect(running?.daemon.health.status).toBe('healthy');
  await databases.state.call(['HSET', 'WARM_RESTART_TABLE|portsyncd', 'restore_count', '7']);
  await eventually(() => expect(said()).toContain('another portsyncd has started'));
  await eventually(() =>
    expect(running?.daemon.health).toEqual({
      status: 'degraded',
      reasons: ['another portsyncd writes the same rows'],
    }),
  );
});

describe('a daemon that observes', () => {
  test('writes nothing, and reports the differences', async () => {
    await initialized();
    await running?.stop();
    links.set(1, { mtu: 1500 });
    await writes();
    await start({ settings: { isObserving: true } });
    await eventually(() => expect(said()).toContain('1 rows of STATE_DB differ from the kernel'));
    expect(running?.daemon.status).toMatchObject({ isObserving: true, waiting: 1 });
    await running?.stop();
    expect(await writes()).toEqual([]);
  });
});

describe('losses', () => {
  test('of connections are repaired', async () => {
    await initialized();
    await databases.state.call(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']).catch(() => undefined);
    databases = await openDatabases(server);
    links.set(1, { mtu: 1500 });
    await eventually(async () => {
      links.deliver();
      expect((await states())['Ethernet1']).toMatchObject({ mtu: '1500' });
    });
  });

  test('of all content of Redis are repaired, with the markers and the warm-restart table', async () => {
    await initialized();
    await server.restart();
    databases = await openDatabases(server);
    await configure(databases, { Ethernet1: PORT, Ethernet2: PORT });
    await eventually(async () => {
      await consume(databases);
      expect(await states()).toEqual({ Ethernet1: UP, Ethernet2: UP });
      expect(await appl()).toMatchObject({ PortConfigDone: { count: '2' }, PortInitDone: { lanes: '0' } });
    });
    expect((await databases.state.hashes([OWN]))[0]).toEqual({ restore_count: '0', state: 'disabled' });
    expect(running?.daemon.health.status).toBe('healthy');
  });

  test('of APPL_DB between the copy and its marker are repaired, also with the connections kept', async () => {
    await configure(databases, { Ethernet1: PORT });
    await start();
    await eventually(async () => expect(await databases.appl.call(['SCARD', 'PORT_TABLE_KEY_SET'])).toBe(1));
    await databases.appl.call(['FLUSHDB']);
    await eventually(async () => {
      await consume(databases);
      expect(await appl()).toEqual({ Ethernet1: PORT, PortConfigDone: { count: '1' } });
    });
  });

  test('of Redis that last are reported, and their end too', async () => {
    await initialized();
    await server.stop();
    await eventually(() => expect(said()).toContain('the daemon is degraded; no connection to Redis'));
    expect(running?.daemon.exposed.gauges.isRedisConnected).toBe(false);
    await server.restart();
    databases = await openDatabases(server);
    await databases.state.call(['CONFIG', 'SET', 'slowlog-log-slower-than', '0']);
    await configure(databases, {});
    await eventually(() => expect(said()).toContain('the daemon is healthy'));
  });

  test('of events of the kernel are repaired, and those that last are reported', async () => {
    await initialized();
    links.set(1, { mtu: 1500 });
    links.overrun();
    links.failures = 5;
    links.deliver();
    await eventually(() => expect(said()).toContain('no connection to the kernel'));
    await eventually(async () => {
      links.deliver();
      expect((await states())['Ethernet1']).toMatchObject({ mtu: '1500' });
    });
  });

  test('a connection that is half open is found, and replaced', async () => {
    await configure(databases, { Ethernet1: PORT });
    let isStalled = false;
    const proxied: Socket[] = [];
    const proxy = await startRaw((socket) => {
      const upstream = connect(server.address.port, '127.0.0.1');
      const isDead = isStalled;
      proxied.push(upstream);
      upstream.on('error', () => socket.destroy()).on('close', () => socket.destroy());
      socket.on('close', () => upstream.destroy());
      socket.on('data', (chunk) => void ((isStalled && !isDead) || upstream.write(chunk)));
      upstream.on('data', (chunk) => void ((isStalled && !isDead) || socket.write(chunk)));
    });
    try {
      await start({ redis: `127.0.0.1:${proxy.address.port}` });
      await eventually(async () => expect(await consume(databases)).toContain('Ethernet1'));
      const before = proxied.length;
      isStalled = true;
      await eventually(() => expect(proxied.length).toBeGreaterThan(before));
      links.set(1);
      await eventually(async () => {
        links.deliver();
        await consume(databases);
        expect(await states()).toEqual({ Ethernet1: UP });
      });
      await running?.stop();
    } finally {
      await proxy.stop();
      for (const upstream of proxied) upstream.destroy();
    }
  });
});
