/** Tables, references to ports, routes and whole readings of a switch, in a real Redis server. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SwitchDatabases } from '../../../../plugins/portsync/sonic/connect.ts';
import { portReferences } from '../../../../plugins/portsync/sonic/port-references.ts';
import {
  readSwitch,
  readSwitchAround,
  type SwitchSeen,
  supportedIn,
} from '../../../../plugins/portsync/sonic/read-switch.ts';
import { prefixesOf } from '../../../../plugins/portsync/sonic/routes.ts';
import { readRowsOf, readTable, readTables } from '../../../../plugins/portsync/sonic/tables.ts';
import { evidenceIn } from '../../../../plugins/portsync/sonic/view.ts';
import { type RawServer, type RedisServer, startRaw, startRedis } from '../../../support/redis.ts';
import { emptySwitch, openSwitchAt, writeRows } from '../../../support/sonic.ts';

let server: RedisServer;
let databases: SwitchDatabases;
beforeAll(async () => {
  server = await startRedis();
  databases = await openSwitchAt(server.address);
});
beforeEach(() => emptySwitch(databases));
afterAll(() => server.stop());

describe('a table', () => {
  test('is read whole, without rows of other tables', async () => {
    const { config } = databases;
    const ports = Object.fromEntries(
      Array.from({ length: 3000 }, (_, i) => [`PORT|Ethernet${i}`, { alias: `etp${i}`, description: `é${i}` }]),
    );
    await writeRows(config, { ...ports, 'PORTX|Ethernet0': { a: '1' }, 'VLAN|Vlan1': {}, 'PORT|a|b': { c: 'd' } });
    await config.redis.call(['SET', 'PORTS', 'text']);
    const table = await readTable(config, 'PORT');
    expect(table.size).toBe(3001);
    expect(table.get('Ethernet7')).toEqual({ alias: 'etp7', description: 'é7' });
    expect(table.get('a|b')).toEqual({ c: 'd' });
    const tables = await readTables(config, ['PORT', 'VLAN', 'VLAN_MEMBER']);
    expect(tables.PORT).toEqual(table);
    expect(tables.VLAN).toEqual(new Map([['Vlan1', {}]]));
    expect(tables.VLAN_MEMBER.size).toBe(0);
    expect(await readRowsOf(config, 'PORT', ['Ethernet7', 'Ethernet9999'])).toEqual(
      new Map([['Ethernet7', { alias: 'etp7', description: 'é7' }]]),
    );
  });

  test('has a name that is not a pattern', async () => {
    await writeRows(databases.appl, { 'A*[b]?:x': { a: '1' }, 'Axb:y': { a: '2' } });
    expect([...(await readTable(databases.appl, 'A*[b]?')).keys()]).toEqual(['x']);
  });

  test('with a key that is not a hash, or with too many rows, is not read', async () => {
    const { config } = databases;
    await config.redis.call(['SET', 'PORT|Ethernet0', 'text']);
    await expect(readTable(config, 'PORT')).rejects.toThrow('WRONGTYPE');
    await writeRows(config, { 'VLAN|Vlan1': {}, 'VLAN|Vlan2': {} });
    await expect(readTable(config, 'VLAN', { rows: 1 })).rejects.toThrow('more than 1 rows');
  });
});

describe('a hostile server', () => {
  let raw: RawServer;
  afterEach(() => raw.stop());

  /** A server that answers SELECT, then SCAN with `page`, and HGETALL with `row`. */
  async function hostile(page: (count: number) => string, row: string): Promise<SwitchDatabases> {
    raw = await startRaw((socket) => {
      let count = 0;
      socket.on('data', (data) => {
        for (const [name] of data.toString().matchAll(/SELECT|SCAN|HGETALL/gu)) {
          count += 1;
          if (name === 'SELECT') socket.write('+OK\r\n');
          else socket.write(name === 'SCAN' ? page(count) : row);
        }
      });
    });
    return openSwitchAt(raw.address);
  }

  test('with an endless scan is read until the deadline', async () => {
    const { config } = await hostile((count) => `*2\r\n$1\r\n${1 + (count % 9)}\r\n*0\r\n`, '*0\r\n');
    await expect(readTable(config, 'PORT', { deadlineMs: 200 })).rejects.toThrow('could not be read within 200 ms');
  });

  test('with endless rows is read until the limit of bytes', async () => {
    const row = `*2\r\n$1\r\na\r\n$10000\r\n${'x'.repeat(10_000)}\r\n`;
    const { config } = await hostile(() => '*2\r\n$1\r\n1\r\n*1\r\n$6\r\nPORT|a\r\n', row);
    await expect(readTable(config, 'PORT', { bytes: 1 << 20 })).rejects.toThrow('longer than the limit of the call');
    expect((await config.redis.ended).message).toContain('does not answer like Redis');
  });
});

describe('rows that name a port', () => {
  const rows = (all: Readonly<Record<string, Readonly<Record<string, string>>>>) => new Map(Object.entries(all));

  test.each([
    ['VLAN_MEMBER', 'Vlan1|Ethernet0', {}],
    ['INTERFACE', 'Ethernet0|10.0.0.1/31', {}],
    ['BUFFER_PG', 'Ethernet0,Ethernet4|3-4', {}],
    ['QUEUE', 'host|asic0|Ethernet0|3', {}],
    ['CABLE_LENGTH', 'AZURE', { Ethernet0: '5m', Ethernet8: '5m' }],
    ['ACL_TABLE', 'a', { 'ports@': 'Ethernet8,Ethernet0' }],
    ['MIRROR_SESSION', 'm', { src_port: 'PortChannel1, Ethernet0' }],
    ['VLAN_SUB_INTERFACE', 'Ethernet0.10', {}],
    ['VLAN_SUB_INTERFACE', 'Eth0.10|10.0.0.1/24', {}],
  ] as const)('%s|%s', (table, key, row) => {
    const found = portReferences({ [table]: rows({ [key]: row }) }, new Set(['Ethernet0']));
    expect([...found]).toEqual([['Ethernet0', [`${table}|${key}`]]]);
  });

  test('do not name another port, and other fields name none', () => {
    const tables = {
      VLAN_MEMBER: rows({ 'Vlan1|Ethernet01': { description: 'Ethernet0' } }),
      VLAN_SUB_INTERFACE: rows({ Ethernet0: {} }),
    };
    expect(portReferences(tables, new Set(['Ethernet0'])).size).toBe(0);
  });
});

test('the prefixes of an address are as a switch writes them', () => {
  expect(prefixesOf('10.1.2.3').slice(-4)).toEqual(['10.1.2.0/30', '10.1.2.2/31', '10.1.2.3', '10.1.2.3/32']);
  expect(prefixesOf('10.1.2.3')).toContain('10.0.0.0/8');
  const v6 = prefixesOf('2001:db8:0:0:1:0:0:1');
  expect(v6).toEqual(expect.arrayContaining(['::/0', '2001:db8::/32', '2001:db8:0:0:1::/96', '2001:db8::1:0:0:1']));
  expect(prefixesOf('nonsense')).toEqual([]);
});

describe('a switch', () => {
  async function fill(): Promise<void> {
    const { config, appl, state } = databases;
    await writeRows(config, {
      'PORT|Ethernet0': { lanes: '1', speed: '10000', admin_status: 'up' },
      'VLAN_MEMBER|Vlan1|Ethernet0': { tagging_mode: 'tagged' },
      'VLAN_MEMBER|Vlan1|Ethernet4': { tagging_mode: 'tagged' },
      'VRF|Vrf-a': {},
      'DEVICE_METADATA|localhost': { hwsku: 'x' },
    });
    await writeRows(appl, {
      'PORT_TABLE:Ethernet0': { oper_status: 'up' },
      'PORT_TABLE:PortConfigDone': { count: '1' },
      'PORT_TABLE:PortInitDone': { lanes: '0' },
      'ROUTE_TABLE:127.0.0.0/8': { nexthop: '10.0.0.9', ifname: 'Vlan1' },
      'ROUTE_TABLE:10.5.0.0/16': { nexthop: '10.0.0.9', ifname: 'Ethernet0' },
      'ROUTE_TABLE:Vrf-a:0.0.0.0/0': { nexthop: '10.0.0.1', ifname: 'Ethernet0' },
      'NEIGH_TABLE:Vlan1:10.0.0.9': { neigh: 'AA:BB:CC:00:11:22' },
    });
    await writeRows(state, {
      'PORT_TABLE|Ethernet0': { supported_speeds: '10000,25000', supported_fecs: 'N/A' },
      'FDB_TABLE|Vlan1:aa:bb:cc:00:11:22': { port: 'Ethernet0', type: 'dynamic' },
      'FDB_TABLE|Vlan1:aa:bb:cc:00:11:33': { port: 'Ethernet4', type: 'dynamic' },
    });
  }

  test.each(['0', 'true', ''])('with CONFIG_DB_INITIALIZED %j is loading', async (text) => {
    await fill();
    if (text !== '') await databases.config.redis.call(['SET', 'CONFIG_DB_INITIALIZED', text]);
    expect(await readSwitch(databases)).toEqual({ isLoaded: false });
  });

  test('is read with its ports, references, routes and neighbours', async () => {
    await fill();
    await databases.config.redis.call(['SET', 'CONFIG_DB_INITIALIZED', '1']);
    const seen = (await readSwitch(databases)) as SwitchSeen;
    expect([...seen.config.PORT.keys()]).toEqual(['Ethernet0']);
    expect(seen.config.DEVICE_METADATA.get('localhost')).toEqual({ hwsku: 'x' });
    expect([...seen.appl.PORT_TABLE.keys()]).toEqual(['Ethernet0']);
    expect(seen.markers).toEqual({ configDone: { count: '1' }, initDone: { lanes: '0' } });
    expect([...seen.references]).toEqual([
      ['Ethernet0', ['VLAN_MEMBER|Vlan1|Ethernet0']],
      ['Ethernet4', ['VLAN_MEMBER|Vlan1|Ethernet4']],
    ]);
    expect([...seen.appl.ROUTE_TABLE.keys()]).toEqual(['127.0.0.0/8', 'Vrf-a:0.0.0.0/0']);
    expect([...seen.appl.NEIGH_TABLE.keys()]).toEqual(['Vlan1:10.0.0.9']);
    expect([...seen.state.FDB_TABLE.keys()]).toEqual(['Vlan1:aa:bb:cc:00:11:22']);
    expect(seen.clientInfo).toMatch(/laddr=127\.0\.0\.1:\d+/u);
    const row = seen.state.PORT_TABLE.get('Ethernet0');
    expect([supportedIn(row, 'supported_speeds'), supportedIn(row, 'supported_fecs')]).toEqual([
      ['10000', '25000'],
      [],
    ]);
    expect(supportedIn({}, 'supported_fecs')).toBeUndefined();
  });

  test('without the ports that carry nothing else has the evidence and the names of all', async () => {
    await fill();
    const { config, appl } = databases;
    await config.redis.call(['SET', 'CONFIG_DB_INITIALIZED', '1']);
    const port = { lanes: '1', admin_status: 'up', mtu: '9100' };
    const names = ['Ethernet4', 'Ethernet8', 'Ethernet12', 'Ethernet16', 'Ethernet20', 'Ethernet24'];
    await writeRows(config, {
      ...Object.fromEntries(names.map((name) => [`PORT|${name}`, port])),
      'PORTCHANNEL|PortChannel1': { admin_status: 'up' },
      'PORTCHANNEL_MEMBER|PortChannel1|Ethernet8': {},
      'INTERFACE|Ethernet12|10.0.0.0/31': {},
      'VLAN_SUB_INTERFACE|Eth16.10': {},
    });
    await writeRows(appl, {
      ...Object.fromEntries(names.map((name) => [`PORT_TABLE:${name}`, { ...port, oper_status: 'up' }])),
      'LAG_MEMBER_TABLE:PortChannel1:Ethernet8': { status: 'disabled' },
    });
    const whole = (await readSwitch(databases)) as SwitchSeen;
    const around = (await readSwitchAround(databases, ['Ethernet20', 'PortChannel1'])) as SwitchSeen;
    expect(around.names).toEqual(whole.names);
    expect(around.references).toEqual(whole.references);
    expect(around.markers).toEqual(whole.markers);
    const [all, carrying] = [whole, around].map((seen) => evidenceIn({ ...seen, clientInfo: whole.clientInfo }));
    expect(carrying).toEqual({
      ...all,
      devices: new Map([...(all?.devices ?? [])].filter(([name]) => name !== 'Ethernet24')),
    });
    expect(all?.devices.get('PortChannel1')?.carries).toBe(false);
    expect([...around.config.PORT.keys()].sort()).toEqual(
      [...whole.config.PORT.keys()].filter((name) => name !== 'Ethernet24').sort(),
    );
  });
});
