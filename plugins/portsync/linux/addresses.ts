/**
 * Addresses, routes and neighbours of a host, as `ip -j` prints them, and the commands that make them again.
 *
 * Sources: ip-address(8), ip-route(8), ip-neighbour(8) and iproute2's ip/ipaddress.c and ip/iproute.c.
 */

import { defined } from '#plugin';
import type { Words } from './batch-line.ts';
import { ipValues, type LinkHost, readIp } from './ip.ts';
import { numberIn, type Printed, recordIn, recordsIn, textIn, textsIn } from './printed.ts';

export type Family = 4 | 6;

/** An address of a link. */
export interface AddressSeen {
  readonly link: string;
  readonly family: Family;
  readonly address: string;
  readonly prefix: number;
  /** The other end of a point-to-point link. */
  readonly peer?: string;
  readonly broadcast?: string;
  /** `global`, `link`, `host`, `site`. */
  readonly scope: string;
  readonly label?: string;
  readonly metric?: number;
  /** `noprefixroute`, `nodad`, `home`, `mngtmpaddr`, `autojoin`, `temporary`, `tentative`, `deprecated`. */
  readonly flags: readonly string[];
  /** In seconds; undefined if it does not end. */
  readonly validSeconds?: number;
  readonly preferredSeconds?: number;
}

/** One way of a route. */
export interface RouteHop {
  readonly link?: string;
  readonly gateway?: string;
  /** The family of a gateway that is not that of the route. */
  readonly gatewayFamily?: Family;
  readonly weight?: number;
  readonly isOnLink: boolean;
}

/** A route of any table. */
export interface RouteSeen {
  readonly family: Family;
  /** `unicast`, `local`, `broadcast`, `multicast`, `anycast`, `blackhole`, `unreachable`, `prohibit`, `throw`. */
  readonly type: string;
  /** A prefix, `0.0.0.0/0` or `::/0` for the default route. */
  readonly to: string;
  /** A name or number. */
  readonly table: string;
  /** `boot`, `static`, `kernel`, `ra`, `dhcp`, `bgp`, …: the program that made it. */
  readonly protocol: string;
  readonly scope?: string;
  readonly source?: string;
  readonly metric?: number;
  readonly tos?: string;
  readonly preference?: string;
  /** In seconds; undefined if it does not end. */
  readonly expiresSeconds?: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly hops: readonly RouteHop[];
  /** Properties that this module cannot make again: `nhid`, `encap`. */
  readonly unknown: readonly string[];
}

/** A permanent entry of the neighbour table. */
export interface NeighbourSeen {
  readonly link: string;
  readonly address: string;
  readonly hardware: string;
}

const FOREVER = 4_294_967_295;

function lifetimeIn(from: Printed, key: string): number | undefined {
  const value = numberIn(from, key);
  return value === FOREVER ? undefined : value;
}

function addressOf(link: string, printed: Printed): AddressSeen | undefined {
  const local = textIn(printed, 'local');
  const prefix = numberIn(printed, 'prefixlen');
  const family = textIn(printed, 'family');
  if (local === undefined || prefix === undefined || (family !== 'inet' && family !== 'inet6')) return undefined;
  return defined<AddressSeen>({
    link,
    family: family === 'inet' ? 4 : 6,
    address: local,
    prefix,
    peer: textIn(printed, 'address'),
    broadcast: textIn(printed, 'broadcast'),
    scope: textIn(printed, 'scope') ?? 'global',
    label: textIn(printed, 'label'),
    metric: numberIn(printed, 'metric'),
    flags: Object.keys(printed).filter((key) => printed[key] === true),
    validSeconds: lifetimeIn(printed, 'valid_life_time'),
    preferredSeconds: lifetimeIn(printed, 'preferred_life_time'),
  });
}

/** The addresses in the output of `ip -j addr show`. */
function addressesIn(text: string): readonly AddressSeen[] {
  return ipValues('the addresses', text).flatMap((printed) => {
    const link = textIn(printed, 'ifname');
    if (link === undefined) return [];
    return recordsIn(printed, 'addr_info').flatMap((each) => addressOf(link, each) ?? []);
  });
}

/** Flags of an address that `ip` takes as words. */
const ADDRESS_FLAGS = ['home', 'nodad', 'mngtmpaddr', 'noprefixroute', 'autojoin'];

/** The command that makes an address, and fails without harm if it exists. `isUsable`: it can be a source at once. */
export function addressWords(seen: AddressSeen, isUsable = false): Words {
  const { link, family, address, prefix, peer, broadcast, scope, label, metric } = seen;
  const flags = ADDRESS_FLAGS.filter((flag) => seen.flags.includes(flag));
  return [
    'addr',
    'add',
    ...(peer === undefined ? [`${address}/${prefix}`] : [address, 'peer', `${peer}/${prefix}`]),
    ...(broadcast === undefined ? [] : ['broadcast', broadcast]),
    'dev',
    link,
    'scope',
    scope,
    ...(label === undefined ? [] : ['label', label]),
    ...(metric === undefined ? [] : ['metric', String(metric)]),
    ...flags,
    ...(isUsable && family === 6 && !flags.includes('nodad') ? ['nodad'] : []),
    ...(seen.validSeconds === undefined ? [] : ['valid_lft', String(seen.validSeconds)]),
    ...(seen.preferredSeconds === undefined ? [] : ['preferred_lft', String(seen.preferredSeconds)]),
  ];
}

/** Keys of a route that this module reads, or that do not belong to the route. */
const ROUTE_KEYS = new Set([
  'type',
  'dst',
  'table',
  'protocol',
  'scope',
  'prefsrc',
  'metric',
  'tos',
  'pref',
  'expires',
  'metrics',
  'flags',
  'dev',
  'gateway',
  'via',
  'weight',
  'nexthops',
]);
const ROUTE_METRICS = ['mtu', 'advmss', 'hoplimit', 'initcwnd', 'initrwnd', 'window'];

function hopOf(printed: Printed): RouteHop {
  const other = recordIn(printed, 'via');
  return defined<RouteHop>({
    link: textIn(printed, 'dev'),
    gateway: textIn(printed, 'gateway') ?? (other && textIn(other, 'host')),
    gatewayFamily: other === undefined ? undefined : textIn(other, 'family') === 'inet6' ? 6 : 4,
    weight: numberIn(printed, 'weight'),
    isOnLink: textsIn(printed, 'flags').includes('onlink'),
  });
}

function routeOf(family: Family, printed: Printed): RouteSeen {
  const to = textIn(printed, 'dst') ?? 'default';
  const metrics = recordsIn(printed, 'metrics').flatMap((each) => Object.entries(each));
  const hops = recordsIn(printed, 'nexthops');
  return defined<RouteSeen>({
    family,
    type: textIn(printed, 'type') ?? 'unicast',
    to: to === 'default' ? (family === 4 ? '0.0.0.0/0' : '::/0') : to,
    table: textIn(printed, 'table') ?? 'main',
    protocol: textIn(printed, 'protocol') ?? 'boot',
    scope: textIn(printed, 'scope'),
    source: textIn(printed, 'prefsrc'),
    metric: numberIn(printed, 'metric'),
    tos: textIn(printed, 'tos'),
    preference: textIn(printed, 'pref'),
    expiresSeconds: numberIn(printed, 'expires'),
    metrics: Object.fromEntries(
      metrics.filter((each): each is [string, number] => ROUTE_METRICS.includes(each[0]) && Number.isInteger(each[1])),
    ),
    hops: hops.length === 0 ? [hopOf(printed)] : hops.map(hopOf),
    unknown: [
      ...Object.keys(printed).filter((key) => !ROUTE_KEYS.has(key)),
      ...metrics.map(([key]) => key).filter((key) => !ROUTE_METRICS.includes(key)),
      ...hops.flatMap((hop) => Object.keys(hop).filter((key) => !ROUTE_KEYS.has(key))),
    ],
  });
}

/** The routes in the output of `ip -j -4 route show table all`, or `-6`. */
function routesIn(family: Family, text: string): readonly RouteSeen[] {
  return ipValues('the routes', text).map((printed) => routeOf(family, printed));
}

function hopWords({ link, gateway, gatewayFamily, isOnLink }: RouteHop): Words {
  const family = gatewayFamily === undefined ? [] : [gatewayFamily === 6 ? 'inet6' : 'inet'];
  return [
    ...(gateway === undefined ? [] : ['via', ...family, gateway]),
    ...(link === undefined ? [] : ['dev', link]),
    ...(isOnLink ? ['onlink'] : []),
  ];
}

/**
 * The command that makes a route. `add` fails without harm if there is a route with the same prefix, table and metric;
 * `append` and `prepend` add to such a route, and fail if the route exists.
 */
export function routeWords(route: RouteSeen, how: 'add' | 'append' | 'prepend'): Words {
  const { family, type, to, table, protocol, scope, source, metric, tos, preference, expiresSeconds, hops } = route;
  const [first, ...more] = hops;
  const isOne = first !== undefined && more.length === 0;
  const metrics = Object.entries(route.metrics).flatMap(([key, value]) => [key, String(value)]);
  return [
    'route',
    how,
    ...(type === 'unicast' ? [] : [type]),
    to,
    ...(tos === undefined ? [] : ['tos', tos]),
    ...(isOne ? hopWords(first) : []),
    'table',
    table,
    'proto',
    protocol,
    ...(family === 4 ? ['scope', scope ?? 'global'] : []),
    ...(source === undefined ? [] : ['src', source]),
    ...(metric === undefined ? [] : ['metric', String(metric)]),
    ...(preference === undefined ? [] : ['pref', preference]),
    ...(expiresSeconds === undefined ? [] : ['expires', String(expiresSeconds)]),
    ...metrics,
    ...(isOne ? [] : hops.flatMap((hop) => ['nexthop', ...hopWords(hop), 'weight', String(hop.weight ?? 1)])),
  ];
}

/** The permanent neighbours in the output of `ip -j neigh show nud permanent`. */
function neighboursIn(text: string): readonly NeighbourSeen[] {
  return ipValues('the neighbours', text).flatMap((printed) => {
    const [link, address, hardware] = [textIn(printed, 'dev'), textIn(printed, 'dst'), textIn(printed, 'lladdr')];
    return link === undefined || address === undefined || hardware === undefined ? [] : [{ link, address, hardware }];
  });
}

/** The command that makes a permanent neighbour, also in place of one that the kernel has learned. */
export function neighbourWords({ link, address, hardware }: NeighbourSeen): Words {
  return ['neigh', 'replace', address, 'lladdr', hardware, 'dev', link, 'nud', 'permanent'];
}

/** Addresses, routes of all tables and permanent neighbours of a host. */
export interface AddressDump {
  readonly addresses: readonly AddressSeen[];
  readonly routes: readonly RouteSeen[];
  readonly neighbours: readonly NeighbourSeen[];
}

/** Outputs of `ip -j` with `addr show`, with `route show table all` for each family, and with `neigh show nud permanent`. */
export interface AddressTexts {
  readonly addresses: string;
  readonly routes4: string;
  readonly routes6: string;
  readonly neighbours: string;
}

/** Addresses, routes and neighbours by the outputs of `ip`. Throws an OutsideError for other texts. */
export function addressDumpIn({ addresses, routes4, routes6, neighbours }: AddressTexts): AddressDump {
  return {
    addresses: addressesIn(addresses),
    routes: [...routesIn(4, routes4), ...routesIn(6, routes6)],
    neighbours: neighboursIn(neighbours),
  };
}

/** Reads them. Throws an OutsideError or an InputError if one of them cannot be read. */
export async function readAddresses(host: LinkHost, signal: AbortSignal): Promise<AddressDump> {
  const read = async (what: string, ...args: readonly string[]): Promise<string> =>
    (await readIp(what, { host, args: ['-j', ...args], signal })).stdout;
  const routes = ['route', 'show', 'table', 'all'];
  const [addresses, routes4, routes6, neighbours] = await Promise.all([
    read('the addresses', 'addr', 'show'),
    read('the routes', '-4', ...routes),
    read('the routes', '-6', ...routes),
    read('the neighbours', 'neigh', 'show', 'nud', 'permanent'),
  ]);
  return addressDumpIn({ addresses, routes4, routes6, neighbours });
}
