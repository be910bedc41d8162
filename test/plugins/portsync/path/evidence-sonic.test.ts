/** Paths of a SONiC switch, derived from rows of its databases and the addresses of connections. */

import { describe, expect, test } from 'vitest';
import type { Row } from '../../../../plugins/portsync/model/fields.ts';
import {
  type Connection,
  connectionOf,
  type SonicTables,
  sonicEvidence,
} from '../../../../plugins/portsync/path/evidence-sonic.ts';
import { judgePaths } from '../../../../plugins/portsync/path/judge-path.ts';
import { devicesOf, pathsOf } from '../../../../plugins/portsync/path/paths.ts';

const rows = (table: Readonly<Record<string, Row>>): ReadonlyMap<string, Row> => new Map(Object.entries(table));
const up = { admin_status: 'up', mtu: '9100' };

/** A leaf: two uplinks in a PortChannel, a routed port, a VLAN of two ports, and a management port. */
const tables: SonicTables = {
  config: {
    MGMT_INTERFACE: rows({ 'eth0|192.0.2.10/24': { gwaddr: '192.0.2.1' }, 'eth0|2001:db8::10/64': {} }),
    MGMT_PORT: rows({ eth0: { admin_status: 'up' } }),
    PORT: rows({ Ethernet0: up, Ethernet4: up, Ethernet8: up, Ethernet12: up, Ethernet16: up, Ethernet20: up }),
    PORTCHANNEL: rows({ PortChannel1: { ...up, min_links: '1' } }),
    PORTCHANNEL_MEMBER: rows({ 'PortChannel1|Ethernet0': {}, 'PortChannel1|Ethernet4': {} }),
    PORTCHANNEL_INTERFACE: rows({ PortChannel1: {}, 'PortChannel1|10.0.0.0/31': {} }),
    INTERFACE: rows({
      Ethernet8: {},
      'Ethernet8|10.0.0.2/31': {},
      Ethernet20: { vrf_name: 'Vrf-red' },
      'Ethernet20|10.0.0.4/31': {},
    }),
    VLAN_INTERFACE: rows({ Vlan100: {}, 'Vlan100|10.1.0.1/24': {} }),
    VLAN_MEMBER: rows({ 'Vlan100|Ethernet12': {}, 'Vlan100|Ethernet16': {} }),
    VLAN_SUB_INTERFACE: rows({ 'Eth8.10': {}, 'Eth8.10|10.3.0.0/31': {} }),
    LOOPBACK_INTERFACE: rows({ Loopback0: {}, 'Loopback0|10.255.0.1/32': {} }),
  },
  appl: {
    PORT_TABLE: rows(
      Object.fromEntries([0, 4, 8, 12, 16, 20].map((n) => [`Ethernet${n}`, { ...up, oper_status: 'up' }])),
    ),
    LAG_MEMBER_TABLE: rows({
      'PortChannel1:Ethernet0': { status: 'enabled' },
      'PortChannel1:Ethernet4': { status: 'enabled' },
    }),
    ROUTE_TABLE: rows({
      '0.0.0.0/0': { nexthop: '10.0.0.1', ifname: 'PortChannel1' },
      '::/0': { nexthop: 'fc00::2', ifname: 'PortChannel1' },
      '10.20.0.0/16': { nexthop: '10.0.0.3', ifname: 'Ethernet8' },
      '10.20.30.0/24': { nexthop: '10.0.0.1,10.0.0.3', ifname: 'PortChannel1,Ethernet8' },
      '10.20.40.7': { nexthop: '0.0.0.0', ifname: 'Ethernet8' },
      '10.21.0.0/16': { nexthop_group: 'ng1' },
      'Vrf-red:10.20.0.0/16': { nexthop: '10.0.0.5', ifname: 'Ethernet20' },
    }),
    NEIGH_TABLE: rows({ 'Vlan100:10.1.0.9': { neigh: '00:AA:00:00:00:09', family: 'IPv4' } }),
  },
  state: { FDB_TABLE: rows({ 'Vlan100:00:aa:00:00:00:09': { port: 'Ethernet12', type: 'dynamic' } }) },
};

function from(here: string | undefined, there: string | undefined): Connection {
  return {
    what: 'the connection of fettle',
    ...(here === undefined ? {} : { here }),
    ...(there === undefined ? {} : { there }),
  };
}

/** The devices of all paths, and the reasons for unknown ones. */
function found(connections: readonly Connection[], of: SonicTables = tables): readonly string[] {
  const { keep, unknown } = pathsOf(sonicEvidence(of, connections), []);
  return [...new Set([...keep.flatMap(({ tree }) => devicesOf(tree)), ...unknown.map((why) => `? ${why}`)])].sort();
}

const uplink = ['Ethernet0', 'Ethernet4', 'PortChannel1'];
const local = '? the connection of fettle: it ends at the switch itself, and its way to the switch is not known';

describe('ways of a connection', () => {
  test.each<readonly [name: string, here: string | undefined, there: string | undefined, devices: readonly string[]]>([
    ['to the management port: front ports are free', '192.0.2.10', '10.20.30.4', ['eth0']],
    ['to the management port, IPv6', '2001:db8:0::10', '2001:db8:9::1', ['eth0']],
    ['to a loopback address, by the default route', '10.255.0.1', '198.51.100.7', uplink],
    ['to a loopback address, by a longer prefix', '10.255.0.1', '10.20.1.1', [...uplink, 'Ethernet8']],
    ['to a loopback address, over two next hops', '10.255.0.1', '10.20.30.1', [...uplink, 'Ethernet8']],
    ['to a loopback address, by a host route', '10.255.0.1', '10.20.40.7', [...uplink, 'Ethernet8']],
    ['to a routed port from its neighbour', '10.0.0.2', '10.0.0.3', [...uplink, 'Ethernet8']],
    ['to a sub-interface', '10.3.0.0', '10.3.0.1', ['Eth8.10', ...uplink, 'Ethernet8']],
    ['to a port, with answers over another one', '10.0.0.2', '198.51.100.7', [...uplink, 'Ethernet8']],
    ['to a VLAN, from a known neighbour', '10.1.0.1', '10.1.0.9', [...uplink, 'Ethernet12', 'Vlan100']],
    [
      'to a VLAN, from an unknown neighbour',
      '10.1.0.1',
      '10.1.0.8',
      [...uplink, 'Ethernet12', 'Ethernet16', 'Vlan100'],
    ],
    ['to a VRF', '10.0.0.4', '10.20.1.1', [...uplink, 'Ethernet20']],
    [
      'by a route with a group of next hops',
      '10.255.0.1',
      '10.21.0.1',
      [...uplink, '? the connection of fettle: the route to 10.21.0.1 does not name its ports'],
    ],
    [
      'without a route',
      '10.0.0.4',
      '172.16.0.1',
      [...uplink, '? the connection of fettle: ROUTE_TABLE has no route to 172.16.0.1'],
    ],
    [
      'to an address of no interface',
      '203.0.113.1',
      '10.20.1.1',
      [...uplink, '? the connection of fettle: no interface of the switch has the address 203.0.113.1'],
    ],
    ['over a tunnel', '127.0.0.1', '127.0.0.1', [...uplink, local]],
    ['over a tunnel, IPv6', '::1', '::1', [...uplink, local]],
    ['over a socket', undefined, undefined, [...uplink, local]],
  ])('%s', (_name, here, there, devices) => {
    expect(found([from(here, there)])).toEqual([...devices].sort());
  });

  test('a session with a known way is enough for a local connection', () => {
    const session = { what: 'the SSH session with 10.20.1.1', here: '10.0.0.2', there: '10.20.1.1' };
    expect(found([from(undefined, undefined), session])).toEqual([...uplink, 'Ethernet8'].sort());
  });

  test('a session over the management port does not make another one known', () => {
    const sessions = [from('192.0.2.10', '192.0.2.7'), from('10.255.0.1', '10.21.0.1')];
    expect(found(sessions)).toContain('? the connection of fettle: the route to 10.21.0.1 does not name its ports');
  });

  test('no connection is unknown', () => {
    expect(found([])).toContain('? the switch does not report the connection of fettle');
  });

  test.each(['PORT', 'PORTCHANNEL', 'PORTCHANNEL_MEMBER', 'VLAN_MEMBER', 'MGMT_INTERFACE'] as const)(
    'without %s the paths are unknown',
    (table) => {
      const { [table]: _unread, ...config } = tables.config;
      expect(found([from('10.0.0.2', '10.0.0.3')], { ...tables, config }).some((each) => each.includes(table))).toBe(
        true,
      );
    },
  );
});

describe('carriers of a PortChannel', () => {
  const judged = (of: SonicTables, ...names: readonly string[]): readonly string[] => {
    const paths = pathsOf(sonicEvidence(of, [from('10.0.0.0', '10.0.0.1')]), []);
    return [
      ...judgePaths(
        paths,
        names.map((port) => ({ port, down: 'lasting' as const })),
      ),
    ].map(([port, { verdict }]) => `${port} ${verdict}`);
  };
  const withRow = (table: 'PORT_TABLE' | 'LAG_MEMBER_TABLE', key: string, row: Row): SonicTables => ({
    ...tables,
    appl: { ...tables.appl, [table]: new Map([...(tables.appl[table] ?? []), [key, row]]) },
  });

  test('one of two', () => expect(judged(tables, 'Ethernet0')).toEqual(['Ethernet0 allowed']));

  test('the other one is not in use by the protocol', () => {
    const of = withRow('LAG_MEMBER_TABLE', 'PortChannel1:Ethernet4', { status: 'disabled' });
    expect(judged(of, 'Ethernet0')).toEqual(['Ethernet0 would-cut-management-path']);
  });

  test('the other one has no link', () => {
    const of = withRow('PORT_TABLE', 'Ethernet4', { ...up, oper_status: 'down' });
    expect(judged(of, 'Ethernet0')).toEqual(['Ethernet0 would-cut-management-path']);
  });

  test('min_links is 2', () => {
    const config = { ...tables.config, PORTCHANNEL: rows({ PortChannel1: { ...up, min_links: '2' } }) };
    expect(judged({ ...tables, config }, 'Ethernet0')).toEqual(['Ethernet0 would-cut-management-path']);
  });
});

describe('CLIENT INFO', () => {
  test.each([
    ['id=3 addr=10.0.0.9:51324 laddr=10.0.0.5:6379 fd=8 name=', { here: '10.0.0.5', there: '10.0.0.9' }],
    ['id=3 addr=[2001:db8::9]:51324 laddr=[2001:db8::5]:6379', { here: '2001:db8::5', there: '2001:db8::9' }],
    ['id=3 addr=/run/redis/redis.sock:0 laddr=/run/redis/redis.sock:0', {}],
  ])('%s', (text, ends) => {
    expect(connectionOf(`${text}\n`)).toEqual({ what: 'the connection of fettle', ...ends });
  });

  test.each(['', 'id=3', 'addr=10.0.0.9:1'])('%j names no connection', (text) => {
    expect(connectionOf(text)).toBeUndefined();
  });
});
