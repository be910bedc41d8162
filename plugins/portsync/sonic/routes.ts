/**
 * The routes of a switch to an address: only these rows of ROUTE_TABLE, which can have a million, and the neighbours and
 * learned addresses on them.
 */

import { addressNumber } from '#plugin/net';
import type { SonicDatabase } from './connect.ts';
import { readRowsOf, type Table } from './tables.ts';

const DEFAULTS = ['0.0.0.0/0', '::/0'];

function ipv4Text(number: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((number >> shift) & 0xffn)).join('.');
}

/** An IPv6 address as RFC 5952 writes it, and so the switch: the longest run of at least two zero groups is `::`. */
function ipv6Text(number: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => (number >> BigInt(16 * (7 - i))) & 0xffffn);
  let best = { at: 0, length: 1 };
  for (let at = 0; at < 8; at += 1) {
    const end = groups.findIndex((group, i) => i >= at && group !== 0n);
    const length = (end < 0 ? 8 : end) - at;
    if (length > best.length) best = { at, length };
  }
  const text = (part: readonly bigint[]): string => part.map((group) => group.toString(16)).join(':');
  if (best.length < 2) return text(groups);
  return `${text(groups.slice(0, best.at))}::${text(groups.slice(best.at + best.length))}`;
}

/** Every prefix that has an address, as keys of ROUTE_TABLE. A whole address has no length there. */
export function prefixesOf(address: string): readonly string[] {
  const number = addressNumber(address);
  if (number === undefined) return [];
  const isIPv4 = number >> 32n === 0xffffn;
  const bits = isIPv4 ? 32 : 128;
  return Array.from({ length: bits + 1 }, (_, length) => {
    const rest = BigInt(bits - length);
    const base = (number >> rest) << rest;
    const text = isIPv4 ? ipv4Text(base) : ipv6Text(base);
    return length === bits ? [text, `${text}/${length}`] : [`${text}/${length}`];
  }).flat();
}

/** The routes to addresses and the default routes, in the main table and in VRFs: rows of ROUTE_TABLE by key. */
export async function readRoutes(
  appl: SonicDatabase,
  addresses: readonly string[],
  vrfs: readonly string[],
  signal: AbortSignal,
): Promise<Table> {
  const prefixes = [...DEFAULTS, ...new Set(addresses.flatMap(prefixesOf))];
  const tables = ['', ...vrfs.map((vrf) => `${vrf}${appl.separator}`)];
  const keys = tables.flatMap((table) => prefixes.map((prefix) => `${table}${prefix}`));
  return readRowsOf(appl, 'ROUTE_TABLE', keys, { signal });
}

/** The neighbours that routes lead to: rows of NEIGH_TABLE by key. `addresses` may themselves be neighbours. */
export async function readNeighbours(
  appl: SonicDatabase,
  routes: Table,
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<Table> {
  const keys = [...routes.values()].flatMap(({ ifname = '', nexthop = '' }) => {
    const gateways = nexthop.split(',');
    return ifname.split(',').flatMap((name, i) => [gateways[i] ?? '', ...addresses].map((each) => `${name}:${each}`));
  });
  return readRowsOf(appl, 'NEIGH_TABLE', [...new Set(keys)], { signal });
}

/** The members of VLANs behind which neighbours were learned: rows of FDB_TABLE by key. */
export async function readLearned(state: SonicDatabase, neighbours: Table, signal: AbortSignal): Promise<Table> {
  const keys = [...neighbours].flatMap(([key, { neigh }]) => {
    const vlan = /^Vlan\d+/u.exec(key)?.[0];
    return vlan === undefined || neigh === undefined ? [] : [`${vlan}:${neigh.toLowerCase()}`];
  });
  return readRowsOf(state, 'FDB_TABLE', [...new Set(keys)], { signal });
}
