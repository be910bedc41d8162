/** Changes of CONFIG_DB: only of rows as they were seen, and only while CONFIG_DB is loaded. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { UnknownOutcomeError } from '#plugin';
import type { Row } from '../../../../plugins/portsync/redis/reader.ts';
import { changeRows, type RowChange, type RowOutcome } from '../../../../plugins/portsync/sonic/compare-and-set.ts';
import type { SwitchDatabases } from '../../../../plugins/portsync/sonic/connect.ts';
import { REDIS_SERVERS, startRaw } from '../../../support/redis.ts';
import { emptySwitch, openSwitchAt, writeRows } from '../../../support/sonic.ts';

describe.each(REDIS_SERVERS)('%s', (_name, start) => {
  let server: Awaited<ReturnType<typeof start>>;
  let databases: SwitchDatabases;
  const PORT: Row = { lanes: '1', speed: '10000', mtu: '9100' };

  beforeAll(async () => {
    server = await start();
    databases = await openSwitchAt(server.address);
  });
  beforeEach(async () => {
    await emptySwitch(databases);
    await databases.config.redis.call(['SET', 'CONFIG_DB_INITIALIZED', '1']);
    await writeRows(databases.config, { 'PORT|Ethernet0': PORT, 'VLAN|Vlan1': {} });
  });
  afterAll(() => server.stop());

  const write = (expected: Readonly<Record<string, string | null>>, fields: Row, key = 'Ethernet0'): RowChange => ({
    kind: 'write',
    table: 'PORT',
    key,
    expected,
    fields,
  });
  const port = (extra: Row = {}): Row => ({ ...PORT, ...extra });

  test.each<[what: string, change: RowChange, outcome: RowOutcome, after: Row]>([
    [
      'a write of a field as it was seen',
      write({ mtu: '9100' }, { mtu: '1500' }),
      { kind: 'done' },
      port({ mtu: '1500' }),
    ],
    ['a write of a new field', write({ fec: null }, { fec: 'rs' }), { kind: 'done' }, port({ fec: 'rs' })],
    [
      'a write of several fields',
      write({ speed: '10000', fec: null }, { speed: '25000', fec: 'rs' }),
      { kind: 'done' },
      port({ speed: '25000', fec: 'rs' }),
    ],
    [
      'a write of a field with another value',
      write({ mtu: '1400', speed: '10000' }, { mtu: '1500' }),
      { kind: 'differs', found: { mtu: '9100' } },
      PORT,
    ],
    [
      'a write of fields of which one exists and one does not',
      write({ mtu: null, fec: 'rs' }, { mtu: '1500' }),
      { kind: 'differs', found: { mtu: '9100', fec: null } },
      PORT,
    ],
    ['a write of a row that does not exist', write({}, { mtu: '1500' }, 'Ethernet4'), { kind: 'missing' }, PORT],
    [
      'the creation of a row that exists',
      { kind: 'create', table: 'PORT', key: 'Ethernet0', fields: { mtu: '1' } },
      { kind: 'exists' },
      PORT,
    ],
    [
      'a removal of a row as it was seen',
      { kind: 'remove', table: 'PORT', key: 'Ethernet0', expected: PORT },
      { kind: 'done' },
      {},
    ],
    [
      'a removal of a row with another field',
      { kind: 'remove', table: 'PORT', key: 'Ethernet0', expected: { lanes: '1', speed: '10000' } },
      { kind: 'differs', found: { mtu: '9100' } },
      PORT,
    ],
    [
      'a removal of a row with another value and without a field',
      { kind: 'remove', table: 'PORT', key: 'Ethernet0', expected: { ...PORT, speed: '1', fec: 'rs' } },
      { kind: 'differs', found: { speed: '10000', fec: null } },
      PORT,
    ],
    [
      'a removal of a row that does not exist',
      { kind: 'remove', table: 'PORT', key: 'Ethernet4', expected: {} },
      { kind: 'missing' },
      PORT,
    ],
  ])('%s', async (_what, change, outcome, after) => {
    expect(await changeRows(databases.config, [change])).toEqual([outcome]);
    expect(await databases.config.redis.hashes(['PORT|Ethernet0'])).toEqual([after]);
  });

  test('rows without fields are created, written and removed', async () => {
    const { config } = databases;
    const member = { table: 'VLAN_MEMBER', key: 'Vlan1|Ethernet0' };
    expect(
      await changeRows(config, [
        { kind: 'create', ...member, fields: {} },
        { kind: 'create', table: 'VLAN', key: 'Vlan2', fields: {} },
        { kind: 'write', table: 'VLAN', key: 'Vlan1', expected: { vlanid: null }, fields: { vlanid: '1' } },
        { kind: 'remove', table: 'VLAN', key: 'Vlan2', expected: {} },
      ]),
    ).toEqual(Array.from({ length: 4 }, () => ({ kind: 'done' })));
    expect(await config.redis.hashes(['VLAN_MEMBER|Vlan1|Ethernet0', 'VLAN|Vlan1', 'VLAN|Vlan2'])).toEqual([
      { NULL: 'NULL' },
      { vlanid: '1' },
      {},
    ]);
  });

  test.each(['0', undefined])('nothing is written while CONFIG_DB_INITIALIZED is %s', async (text) => {
    const { config } = databases;
    await config.redis.call(
      text === undefined ? ['DEL', 'CONFIG_DB_INITIALIZED'] : ['SET', 'CONFIG_DB_INITIALIZED', text],
    );
    const changes: readonly RowChange[] = [
      write({}, { mtu: '1' }),
      { kind: 'create', table: 'PORT', key: 'Ethernet4', fields: PORT },
      { kind: 'remove', table: 'PORT', key: 'Ethernet0', expected: PORT },
    ];
    expect(await changeRows(config, changes)).toEqual(changes.map(() => ({ kind: 'loading' })));
    expect(await config.redis.hashes(['PORT|Ethernet0', 'PORT|Ethernet4'])).toEqual([PORT, {}]);
  });

  test('each of many rows has its own outcome, and the values of any text are compared', async () => {
    const { config } = databases;
    const odd = 'é "q" \\ \r\n 0 *';
    await writeRows(config, { 'PORT|Ethernet8': { description: odd } });
    await config.redis.call(['SET', 'PORT|Ethernet12', 'text']);
    const outcomes = await changeRows(config, [
      write({ description: odd }, { description: '' }, 'Ethernet8'),
      write({ description: odd }, { description: 'x' }, 'Ethernet8'),
      write({ a: '1' }, { a: '2' }, 'Ethernet12'),
      write({ mtu: '9100' }, { mtu: '1500' }),
    ]);
    expect(outcomes).toEqual([
      { kind: 'done' },
      { kind: 'differs', found: { description: '' } },
      { kind: 'failed', error: expect.objectContaining({ code: 'WRONGTYPE' }) },
      { kind: 'done' },
    ]);
  });
});

test('an answer that is not one of the script leaves the outcome unknown', async () => {
  const raw = await startRaw((socket) => {
    let count = 0;
    socket.on('data', () => {
      count += 1;
      socket.write(count === 1 ? '+OK\r\n' : '*2\r\n$7\r\ndiffers\r\n$1\r\nx\r\n');
    });
  });
  const { config } = await openSwitchAt(raw.address);
  const change: RowChange = { kind: 'create', table: 'PORT', key: 'Ethernet0', fields: {} };
  await expect(changeRows(config, [change])).rejects.toThrow(UnknownOutcomeError);
  await raw.stop();
});
