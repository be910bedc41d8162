/** The stage at which a written port stopped, and waiting until none is left. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Row } from '../../../../plugins/portsync/redis/reader.ts';
import { openSwitch, type SwitchDatabases } from '../../../../plugins/portsync/sonic/connect.ts';
import { type Database, USUAL_MAPPING } from '../../../../plugins/portsync/sonic/databases.ts';
import { openPortChanges, type PortChanges } from '../../../../plugins/portsync/sonic/port-changes.ts';
import { type Lag, lagText, notTakenUp, type PortStages } from '../../../../plugins/portsync/sonic/take-up.ts';
import { waitForTakeUp } from '../../../../plugins/portsync/sonic/wait-take-up.ts';
import { denial, type RedisServer, startRedis } from '../../../support/redis.ts';
import { emptySwitch, openSwitchAt, writeRows } from '../../../support/sonic.ts';

describe('a written field', () => {
  const all = (row: Row, state: Row = {}): PortStages => ({ config: row, appl: row, state: { ...row, ...state } });

  test.each<[what: string, written: Row | undefined, stages: PortStages, lags: readonly Lag[]]>([
    ['is shown by all', { mtu: '1500', fec: 'rs' }, all({ mtu: '1500', fec: 'rs' }), []],
    ['was overwritten', { mtu: '1500' }, all({ mtu: '9100' }), [{ field: 'mtu', stage: 'CONFIG_DB', found: '9100' }]],
    [
      'did not reach portmgrd',
      { fec: 'rs' },
      { config: { fec: 'rs' }, appl: {}, state: {} },
      [{ field: 'fec', stage: 'APPL_DB' }],
    ],
    [
      'did not reach the kernel, which is before APPL_DB',
      { admin_status: 'up', mtu: '1500' },
      { config: { admin_status: 'up', mtu: '1500' }, appl: {}, state: {}, kernel: { isUp: false, mtu: 1500 } },
      [
        { field: 'admin_status', stage: 'kernel', found: 'down' },
        { field: 'mtu', stage: 'APPL_DB' },
      ],
    ],
    [
      'has no link in the kernel',
      { mtu: '1500' },
      { ...all({ mtu: '1500' }), kernel: null },
      [{ field: 'mtu', stage: 'kernel' }],
    ],
    [
      'is in the kernel, and not in STATE_DB',
      { mtu: '1500' },
      { ...all({ mtu: '1500' }, { mtu: '9100' }), kernel: { isUp: true, mtu: 1500 } },
      [{ field: 'mtu', stage: 'STATE_DB', found: '9100' }],
    ],
    [
      'is not the operational one of a port that is up',
      { speed: '100000', fec: 'rs' },
      all({ speed: '100000', fec: 'rs' }, { speed: '40000', fec: 'none', netdev_oper_status: 'up' }),
      [
        { field: 'speed', stage: 'STATE_DB', found: '40000' },
        { field: 'fec', stage: 'STATE_DB', found: 'none' },
      ],
    ],
    [
      'is not compared with the operational one of a port that is down',
      { speed: '100000' },
      all({ speed: '100000' }, { speed: '40000', netdev_oper_status: 'down' }),
      [],
    ],
    [
      'is not compared with the operational one where it is negotiated or unknown',
      { speed: '100000', fec: 'auto' },
      all({ speed: '100000', fec: 'auto' }, { speed: 'N/A', fec: 'rs', netdev_oper_status: 'up' }),
      [],
    ],
    [
      'is not compared with the operational one of auto-negotiation',
      { speed: '100000' },
      all({ speed: '100000', autoneg: 'on' }, { speed: '40000', netdev_oper_status: 'up' }),
      [],
    ],
    ['is a port that was removed', undefined, { config: undefined, appl: undefined, state: undefined }, []],
    ['is a removed port in CONFIG_DB', undefined, all({}), [{ stage: 'CONFIG_DB' }]],
    [
      'is a removed port in APPL_DB',
      undefined,
      { config: undefined, appl: {}, state: {}, kernel: { isUp: true, mtu: 1 } },
      [{ stage: 'APPL_DB' }],
    ],
    [
      'is a removed port in the kernel',
      undefined,
      { config: undefined, appl: undefined, state: {}, kernel: { isUp: true, mtu: 1 } },
      [{ stage: 'kernel' }],
    ],
    [
      'is a removed port in STATE_DB',
      undefined,
      { config: undefined, appl: undefined, state: {}, kernel: null },
      [{ stage: 'STATE_DB' }],
    ],
  ])('%s', (_what, written, stages, lags) => expect(notTakenUp(written, stages)).toEqual(lags));

  test('is described with its stage', () => {
    expect(lagText({ field: 'mtu', stage: 'kernel', found: '9\u001b[1m' })).toBe('mtu is 9\\u{1b}[1m in the kernel');
    expect(lagText({ field: 'mtu', stage: 'APPL_DB' })).toBe('APPL_DB does not show mtu');
    expect(lagText({ stage: 'STATE_DB' })).toBe('the port still exists in STATE_DB');
  });
});

describe.each(['AKE', 'Kgh', ''])('waiting with notifications %j', (flags) => {
  let server: RedisServer;
  let databases: SwitchDatabases;
  let changes: PortChanges | undefined;
  const signal = new AbortController().signal;
  beforeAll(async () => {
    server = await startRedis();
    databases = await openSwitchAt(server.address);
    await databases.config.redis.call(['CONFIG', 'SET', 'notify-keyspace-events', flags]);
    changes = await openPortChanges(databases, { denial, signal });
  });
  beforeEach(() => emptySwitch(databases));
  afterAll(async () => {
    changes?.close();
    await server.stop();
  });

  test('has a subscription if the databases notify', () => expect(changes === undefined).toBe(flags === ''));

  /** Writes ports to the later databases, as the switch does. */
  async function takeUp(ports: readonly string[], row: Row): Promise<void> {
    const rows = (separator: string) => Object.fromEntries(ports.map((port) => [`PORT_TABLE${separator}${port}`, row]));
    await writeRows(databases.appl, rows(':'));
    await writeRows(databases.state, rows('|'));
  }

  test('ends once all ports are taken up', async () => {
    const ports = Array.from({ length: 300 }, (_, i) => `Ethernet${i}`);
    const row = { mtu: '1500' };
    await writeRows(databases.config, Object.fromEntries(ports.map((port) => [`PORT|${port}`, row])));
    const written = new Map(ports.map((port) => [port, row]));
    const waiting = waitForTakeUp(databases, written, { changes, signal, deadlineMs: 20_000 });
    await takeUp(ports.slice(0, 100), row);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await takeUp(ports.slice(100), row);
    expect(await waiting).toEqual(new Map());
  });

  test('ends at the deadline with the ports and stages that are left', async () => {
    const row = { mtu: '1500', fec: 'rs' };
    await writeRows(databases.config, { 'PORT|Ethernet0': row, 'PORT|Ethernet4': row });
    await takeUp(['Ethernet0'], row);
    await takeUp(['Ethernet4'], { mtu: '1500', fec: 'none' });
    await takeUp(['Ethernet8'], row);
    const written = new Map([
      ['Ethernet0', row],
      ['Ethernet4', row],
      ['Ethernet8', undefined],
    ]);
    expect(await waitForTakeUp(databases, written, { changes, signal, deadlineMs: 150 })).toEqual(
      new Map([
        ['Ethernet4', [{ field: 'fec', stage: 'APPL_DB', found: 'none' }]],
        ['Ethernet8', [{ stage: 'APPL_DB' }]],
      ]),
    );
  });

  test('reads databases of several servers', async () => {
    const other = await startRedis();
    const place = {
      mapping: USUAL_MAPPING,
      addressOf: ({ name }: Database) => (name === 'STATE_DB' ? other.address : server.address),
    };
    const split = await openSwitch(place, { denial });
    await split.state.redis.call(['CONFIG', 'SET', 'notify-keyspace-events', flags]);
    const both = await openPortChanges(split, { denial, signal });
    const row = { mtu: '1500' };
    await writeRows(split.config, { 'PORT|Ethernet0': row });
    await writeRows(split.appl, { 'PORT_TABLE:Ethernet0': row });
    const written = new Map([['Ethernet0', row]]);
    const waiting = waitForTakeUp(split, written, { changes: both, signal, deadlineMs: 20_000 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await writeRows(split.state, { 'PORT_TABLE|Ethernet0': row });
    expect(await waiting).toEqual(new Map());
    both?.close();
    split.close();
    await other.stop();
  });

  test('reads the kernel where it can, and ends with its signal', async () => {
    const row = { mtu: '1500' };
    await writeRows(databases.config, { 'PORT|Ethernet0': row });
    await takeUp(['Ethernet0'], row);
    let mtu = 9100;
    const kernel = async () => new Map([['Ethernet0', { mtu: (mtu -= 3800), isUp: true }]]);
    const written = new Map([['Ethernet0', row]]);
    expect(await waitForTakeUp(databases, written, { changes, signal, deadlineMs: 20_000, kernel })).toEqual(new Map());
    expect(mtu).toBe(1500);
    const abort = new AbortController();
    const waiting = waitForTakeUp(databases, new Map([['Ethernet4', row]]), {
      changes,
      signal: abort.signal,
      deadlineMs: 20_000,
    });
    setTimeout(() => abort.abort(new Error('enough')), 30);
    await expect(waiting).rejects.toThrow('enough');
  });
});
