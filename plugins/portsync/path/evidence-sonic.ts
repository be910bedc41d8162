/**
 * Evidence of a SONiC switch: from rows of CONFIG_DB, APPL_DB and STATE_DB, and the addresses of connections to it. Pure.
 *
 * A connection to an address in MGMT_INTERFACE comes over a management port, which is not in PORT: no port carries it. Any
 * other one comes over the port that has the address, and the answers leave by the route with the longest prefix. If a
 * connection ends at the switch itself (a socket, or a loopback address), its way is unknown.
 */

import { addressNumber, networkOf } from '#plugin/net';
import type { Row } from '../model/fields.ts';
import { addTo, type Device, type Evidence, familyOf, type Way } from './evidence.ts';

/** Rows of a table by their key, without the name of the table and its separator. */
export type Rows = ReadonlyMap<string, Row>;

/** Tables that were read. A table without rows is empty; one that could not be read is undefined. */
export interface SonicTables {
  /** CONFIG_DB, keys with `|`. */
  readonly config: Readonly<
    Partial<
      Record<
        | 'MGMT_INTERFACE'
        | 'MGMT_PORT'
        | 'PORT'
        | 'INTERFACE'
        | 'PORTCHANNEL'
        | 'PORTCHANNEL_INTERFACE'
        | 'PORTCHANNEL_MEMBER'
        | 'VLAN_INTERFACE'
        | 'VLAN_MEMBER'
        | 'VLAN_SUB_INTERFACE'
        | 'LOOPBACK_INTERFACE',
        Rows
      >
    >
  >;
  /** APPL_DB, keys with `:`. */
  readonly appl: Readonly<Partial<Record<'PORT_TABLE' | 'LAG_MEMBER_TABLE' | 'ROUTE_TABLE' | 'NEIGH_TABLE', Rows>>>;
  /** STATE_DB, keys with `|`; the key of FDB_TABLE is `Vlan100:00:11:22:33:44:55`. */
  readonly state: Readonly<Partial<Record<'PORT_TABLE' | 'FDB_TABLE', Rows>>>;
}

/** A connection to the switch. */
export interface Connection {
  /** As the subject of a sentence: `the connection of fettle`, `the SSH session with 192.0.2.7`. */
  readonly what: string;
  /** The address of the switch, without its port; undefined for a Unix socket. */
  readonly here?: string;
  /** The address of the other end, as the switch sees it. */
  readonly there?: string;
  /** The largest packet of the connection, in bytes, if known. */
  readonly mtu?: number;
}

/** The address of `192.0.2.1:6379` or `[2001:db8::1]:6379`; undefined for the path of a socket. */
function addressPart(text: string): string | undefined {
  const host = /^\[?(?<host>[^\]/]*)\]?:\d{1,5}$/u.exec(text)?.groups?.['host'];
  return host === undefined || addressNumber(host) === undefined ? undefined : host;
}

/** The connection in an answer to CLIENT INFO; undefined if it names no connection. Source: redis.io/commands/client-list. */
export function connectionOf(clientInfo: string): Connection | undefined {
  const fields = new Map(
    clientInfo
      .slice(0, 4096)
      .trim()
      .split(' ')
      .map((field) => [field.slice(0, field.indexOf('=')), field.slice(field.indexOf('=') + 1)]),
  );
  const laddr = fields.get('laddr');
  const addr = fields.get('addr');
  if (laddr === undefined || addr === undefined) return undefined;
  const here = addressPart(laddr);
  const there = addressPart(addr);
  return {
    what: 'the connection of fettle',
    ...(here === undefined ? {} : { here }),
    ...(there === undefined ? {} : { there }),
  };
}

function isLoopback(address: string): boolean {
  const number = addressNumber(address);
  return number === 1n || (number !== undefined && number >> 24n === ((0xffffn << 32n) | 0x7f00_0000n) >> 24n);
}

const NONE: Rows = new Map();

/** Interfaces with their addresses: keys `NAME|ADDRESS/LENGTH`; and the VRF in rows with the key `NAME`. */
const INTERFACE_TABLES = [
  'INTERFACE',
  'PORTCHANNEL_INTERFACE',
  'VLAN_INTERFACE',
  'VLAN_SUB_INTERFACE',
  'LOOPBACK_INTERFACE',
] as const;

interface Interface {
  readonly name: string;
  readonly prefix: string;
  readonly vrf: string;
  readonly isLoopback: boolean;
}

function interfacesOf({ config }: SonicTables): readonly Interface[] {
  return INTERFACE_TABLES.flatMap((table) => {
    const rows = config[table] ?? NONE;
    return [...rows.keys()].flatMap((key) => {
      const [name = '', prefix] = key.split('|');
      if (prefix === undefined) return [];
      return [{ name, prefix, vrf: rows.get(name)?.['vrf_name'] ?? '', isLoopback: table === 'LOOPBACK_INTERFACE' }];
    });
  });
}

/** True if an interface has the address itself. */
function hasAddress(prefix: string, address: string): boolean {
  return addressNumber(prefix.split('/')[0] ?? '') === addressNumber(address);
}

/** The length of the prefix, if the address is in it. */
function matchLength(prefix: string, address: string): number | undefined {
  const network = networkOf(prefix);
  const number = addressNumber(address);
  if (network === undefined || number === undefined || familyOf(prefix) !== familyOf(address)) return undefined;
  const rest = 128n - BigInt(network.length);
  return number >> rest === network.base >> rest ? network.length : undefined;
}

interface Hop {
  readonly device: string;
  /** Undefined for a destination on the link. */
  readonly gateway?: string;
}

/** The key of a route: `10.0.0.0/8`, or `Vrf-red:10.0.0.0/8`. */
function routeKey(key: string): { readonly vrf: string; readonly prefix: string } {
  const vrf = /^(?<vrf>Vrf[^:]*|mgmt):/u.exec(key)?.groups?.['vrf'];
  return vrf === undefined ? { vrf: '', prefix: key } : { vrf, prefix: key.slice(vrf.length + 1) };
}

/** The next hops of a row of ROUTE_TABLE; undefined if they are in a group of their own. */
function hopsOf(row: Row): readonly Hop[] | undefined {
  const names = (row['ifname'] ?? '').split(',').filter((name) => name !== '');
  if (names.length === 0) return undefined;
  const gateways = (row['nexthop'] ?? '').split(',');
  return names.map((device, i) => {
    const gateway = gateways[i] ?? '';
    return gateway === '' || gateway === '0.0.0.0' || gateway === '::' ? { device } : { device, gateway };
  });
}

interface Found {
  readonly hops: readonly Hop[];
}

/** The next hops to an address by the longest prefix; a reason if there is not a route with known hops. */
function routeTo(address: string, vrf: string, tables: SonicTables, interfaces: readonly Interface[]): Found | string {
  const linked = interfaces
    .filter((each) => each.vrf === vrf && !each.isLoopback)
    .map(({ name, prefix }) => ({ prefix, hops: [{ device: name }] as readonly Hop[] | undefined }));
  const routed = [...(tables.appl.ROUTE_TABLE ?? NONE)]
    .map(([key, row]) => ({ ...routeKey(key), hops: hopsOf(row) }))
    .filter((each) => each.vrf === vrf);
  let best: { readonly length: number; readonly hops: readonly Hop[] | undefined } | undefined;
  for (const { prefix, hops } of [...linked, ...routed]) {
    const length = matchLength(
      prefix.includes('/') ? prefix : `${prefix}/${familyOf(prefix) === 4 ? 32 : 128}`,
      address,
    );
    if (length !== undefined && (best === undefined || length > best.length)) best = { length, hops };
  }
  if (best === undefined) return `ROUTE_TABLE has no route to ${address}`;
  return best.hops === undefined ? `the route to ${address} does not name its ports` : { hops: best.hops };
}

function macOf(device: string, address: string, { appl }: SonicTables): string | undefined {
  return appl.NEIGH_TABLE?.get(`${device}:${address}`)?.['neigh']?.toLowerCase();
}

/** A way over a next hop. */
function wayOf(what: string, hop: Hop, target: string, tables: SonicTables, mtu: Way['mtu'] | undefined): Way {
  const neighbour = macOf(hop.device, hop.gateway ?? target, tables);
  return {
    what,
    device: hop.device,
    family: familyOf(target),
    ...(mtu === undefined ? {} : { mtu }),
    ...(neighbour === undefined ? {} : { neighbour }),
  };
}

interface Ways {
  readonly ways: readonly Way[];
  readonly unknown: readonly string[];
  /** The connection comes over a management port. */
  readonly isOutside?: boolean;
  /** The connection ends at the switch itself. */
  readonly isLocal?: boolean;
}

/** The ways of one connection. */
function waysOfConnection(connection: Connection, tables: SonicTables, interfaces: readonly Interface[]): Ways {
  const { what, here, there, mtu = 'unknown' } = connection;
  const unknown = (why: string): Ways => ({ ways: [], unknown: [`${what}: ${why}`] });
  if (here === undefined || there === undefined || isLoopback(here) || isLoopback(there))
    return { ...unknown('it ends at the switch itself, and its way to the switch is not known'), isLocal: true };
  const { MGMT_INTERFACE: management } = tables.config;
  if (management === undefined) return unknown('MGMT_INTERFACE could not be read');
  const port = [...management.keys()].find((key) => hasAddress(key.split('|')[1] ?? '', here))?.split('|')[0];
  if (port !== undefined)
    return { ways: [{ what, device: port, family: familyOf(here), mtu }], unknown: [], isOutside: true };
  const own = interfaces.find(({ prefix }) => hasAddress(prefix, here));
  if (own === undefined) return unknown(`no interface of the switch has the address ${here}`);
  if (tables.appl.ROUTE_TABLE === undefined) return unknown('ROUTE_TABLE could not be read');
  const found = routeTo(there, own.vrf, tables, interfaces);
  if (typeof found === 'string') return unknown(found);
  const ways = found.hops.map((hop) => wayOf(what, hop, there, tables, mtu));
  // Packets to a port come in over it. Those to a loopback address or a VLAN may come in over any port.
  const isCovered = own.isLoopback || own.name.startsWith('Vlan') || ways.some(({ device }) => device === own.name);
  return { ways: isCovered ? ways : [...ways, { what, device: own.name, family: familyOf(here), mtu }], unknown: [] };
}

/** All next hops of the default routes of every VRF. */
function defaultWays(tables: SonicTables): readonly Way[] {
  return [...(tables.appl.ROUTE_TABLE ?? NONE)].flatMap(([key, row]) => {
    const { vrf, prefix } = routeKey(key);
    if (prefix !== '0.0.0.0/0' && prefix !== '::/0') return [];
    const what = `the default route of ${prefix === '::/0' ? 'IPv6' : 'IPv4'}${vrf === '' ? '' : ` in ${vrf}`}`;
    return (hopsOf(row) ?? []).map((hop) => ({
      ...wayOf(what, hop, hop.gateway ?? prefix, tables, undefined),
      isFallback: true,
    }));
  });
}

/** `Ethernet0` of `Ethernet0.10` and `Eth0.10`. */
function parentOf(name: string): string {
  return (name.split('.')[0] ?? '').replace(/^Eth(?=\d)/u, 'Ethernet').replace(/^Po(?=\d)/u, 'PortChannel');
}

function isUpIn(row: Row | undefined): boolean {
  return row?.['admin_status'] === 'up';
}

function memberships(rows: Rows | undefined): ReadonlyMap<string, readonly string[]> {
  const lists = new Map<string, string[]>();
  for (const key of (rows ?? NONE).keys()) {
    const [group = '', member] = key.split('|');
    if (member !== undefined) addTo(lists, group, member);
  }
  return lists;
}

function numberIn(row: Row | undefined, field: string): number | undefined {
  const text = row?.[field];
  return text !== undefined && /^\d{1,6}$/u.test(text) ? Number(text) : undefined;
}

/** The names in the keys `NAME` and `NAME|ADDRESS/LENGTH`. */
function firstParts(rows: Rows | undefined): readonly string[] {
  return [...new Set([...(rows ?? NONE).keys()].map((key) => key.split('|')[0] ?? ''))];
}

/** The ports and PortChannels that others stand on: members, those with addresses, and parents of subinterfaces. */
export function usedNames({ config }: Pick<SonicTables, 'config'>): ReadonlySet<string> {
  return new Set([
    ...[...memberships(config.PORTCHANNEL_MEMBER).values(), ...memberships(config.VLAN_MEMBER).values()].flat(),
    ...firstParts(config.INTERFACE),
    ...firstParts(config.PORTCHANNEL_INTERFACE),
    ...firstParts(config.VLAN_SUB_INTERFACE).map(parentOf),
  ]);
}

/** The devices that rows of ROUTE_TABLE lead over. */
export function routedDevices(routes: Rows): readonly string[] {
  return [...routes.values()].flatMap((row) => hopsOf(row) ?? []).map(({ device }) => device);
}

function devicesOf(tables: SonicTables): ReadonlyMap<string, Device> {
  const { config, appl, state } = tables;
  const bundles = memberships(config.PORTCHANNEL_MEMBER);
  const vlans = memberships(config.VLAN_MEMBER);
  const bundleOf = new Map([...bundles].flatMap(([bundle, ports]) => ports.map((port) => [port, bundle] as const)));
  const stacked = firstParts(config.VLAN_SUB_INTERFACE);
  const used = usedNames(tables);
  const devices = new Map<string, Device>();
  const add = (device: Omit<Device, 'mtu'>, mtu: number | undefined): void => {
    devices.set(device.name, { ...device, ...(mtu === undefined ? {} : { mtu }) });
  };
  const isUsed = (name: string): boolean => used.has(name);

  for (const [name, row] of config.PORT ?? NONE) {
    const applied = appl.PORT_TABLE?.get(name);
    const seen = applied?.['oper_status'] ?? state.PORT_TABLE?.get(name)?.['netdev_oper_status'];
    const bundle = bundleOf.get(name);
    const inBundle = bundle === undefined || appl.LAG_MEMBER_TABLE?.get(`${bundle}:${name}`)?.['status'] !== 'disabled';
    const isUp = isUpIn(row) || isUpIn(applied);
    add(
      { name, role: 'port', isUp, carries: isUp && seen === 'up' && inBundle, lower: [], isUsed: isUsed(name) },
      numberIn(row, 'mtu') ?? numberIn(applied, 'mtu'),
    );
  }
  const carries = (name: string): boolean => devices.get(name)?.carries === true;
  for (const [name, row] of config.PORTCHANNEL ?? NONE) {
    const lower = bundles.get(name) ?? [];
    const needs = Math.max(1, numberIn(row, 'min_links') ?? 1);
    const isUp = isUpIn(row);
    add(
      {
        name,
        role: 'aggregate',
        isUp,
        carries: isUp && lower.filter(carries).length >= needs,
        lower,
        needs,
        isUsed: isUsed(name),
      },
      numberIn(row, 'mtu'),
    );
  }
  for (const [name, lower] of vlans)
    add({ name, role: 'bridge', isUp: true, carries: lower.some(carries), lower, isUsed: true }, undefined);
  for (const name of stacked) {
    const parent = parentOf(name);
    add({ name, role: 'stacked', isUp: true, carries: carries(parent), lower: [parent], isUsed: true }, undefined);
  }
  for (const name of [...firstParts(config.MGMT_PORT), ...firstParts(config.MGMT_INTERFACE)]) {
    add({ name, role: 'port', isUp: true, carries: true, lower: [], isUsed: true }, undefined);
  }
  return devices;
}

const FDB_KEY = /^(?<vlan>Vlan\d{1,4}):(?<mac>[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5})$/u;

function learnedBy({ state }: SonicTables): Evidence['learned'] {
  const learned = new Map<string, Map<string, string[]>>();
  for (const [key, row] of state.FDB_TABLE ?? NONE) {
    const { vlan = '', mac = '' } = FDB_KEY.exec(key)?.groups ?? {};
    const { port } = row;
    if (vlan === '' || port === undefined) continue;
    const inVlan = learned.get(vlan) ?? new Map<string, string[]>();
    addTo(inVlan, mac.toLowerCase(), port);
    learned.set(vlan, inVlan);
  }
  return learned;
}

/** Tables without which the carriers of a port are not known. */
function unreadTables({ config, appl }: SonicTables): readonly string[] {
  const names = ['PORT', 'PORTCHANNEL', 'PORTCHANNEL_MEMBER', 'VLAN_MEMBER'] as const;
  return [
    ...names.filter((name) => config[name] === undefined),
    ...(appl.ROUTE_TABLE === undefined ? ['ROUTE_TABLE'] : []),
  ].map((name) => `${name} could not be read`);
}

/**
 * The evidence of a switch. `connections` has the connection of fettle (`connectionOf`), and the SSH sessions of the switch
 * if fettle runs on it. The way of a connection that ends at the switch itself is unknown, unless that of another one is
 * known: on the switch, fettle uses a socket, and its user an SSH session.
 */
export function sonicEvidence(tables: SonicTables, connections: readonly Connection[]): Evidence {
  const interfaces = interfacesOf(tables);
  const each = connections.map((connection) => waysOfConnection(connection, tables, interfaces));
  const ways = each.flatMap((found) => found.ways);
  const isKnown = ways.length > 0;
  const open = each.filter(({ isLocal }) => isLocal !== true || !isKnown).flatMap((found) => found.unknown);
  const isOutside = each.some((found) => found.isOutside === true) && open.length === 0;
  const silent = each.length === 0 ? ['the switch does not report the connection of fettle'] : [];
  return {
    devices: devicesOf(tables),
    // Over a management port, the ports of PORT are free, also those of default routes.
    ways: isOutside ? ways : [...ways, ...defaultWays(tables)],
    learned: learnedBy(tables),
    unknown: isOutside ? [] : [...silent, ...open, ...unreadTables(tables)],
  };
}
