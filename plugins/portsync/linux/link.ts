/**
 * Links as facts: what `ip -j -d -s -s link show` prints, without the values that change by themselves.
 *
 * Sources: ip-link(8) and iproute2's ip/ipaddress.c; linux/if_link.h for the attributes behind the names.
 */

import { defined, OutsideError } from '#plugin';
import { ipValues } from './ip.ts';
import { numberIn, type Printed, recordIn, textIn, textsIn } from './printed.ts';

/** Limit of links of one host. */
export const MOST_LINKS = 65_536;

/** Another link that carries this one: the parent of a VLAN or macvlan, the peer of a veth. */
export interface LowerLink {
  /** Undefined if the link is in another namespace. */
  readonly name?: string;
  /** Undefined if the link is in the same namespace. */
  readonly index?: number;
  /** The number by which this namespace knows the other one. */
  readonly namespaceId?: number;
}

/** The link of which this one is a part: a bond, team, bridge or VRF. */
export interface MasterLink {
  readonly name: string;
  /** `bond`, `team`, `bridge`, `vrf`. A VRF does not carry traffic over its members. */
  readonly kind?: string;
}

/** One link of a host. A link keeps its index until it is deleted or moved to another namespace. */
export interface LinkSeen {
  readonly index: number;
  /** At most 15 bytes; with neither white space nor "/" nor ":". */
  readonly name: string;
  readonly altnames: readonly string[];
  /** Any text of at most 255 bytes. */
  readonly alias?: string;
  readonly mtu: number;
  /** Undefined if the kernel does not know a limit. */
  readonly minMtu?: number;
  readonly maxMtu?: number;
  readonly admin: UpDown;
  /** True of a link that can carry traffic: it is up, and has a carrier. */
  readonly oper: UpDown;
  /** `UP`, `DOWN`, `UNKNOWN`, `LOWERLAYERDOWN`, `DORMANT`, `TESTING`, `NOTPRESENT` (RFC 2863). */
  readonly operState: string;
  /** `vlan`, `bond`, `veth`; undefined for hardware and the loopback. */
  readonly kind?: string;
  readonly vlan?: number;
  readonly master?: MasterLink;
  readonly lower?: LowerLink;
  readonly address?: string;
  readonly group: string;
  readonly queueLength?: number;
  /** Changes of the carrier since the link exists. */
  readonly carrierChanges?: number;
}

export type UpDown = 'up' | 'down';

function odd(what: string): OutsideError {
  return new OutsideError(`the links cannot be read: ip printed ${what}. Install iproute2 6.1 or newer`);
}

/** A limit of the MTU: 0 stands for none. */
function limitIn(from: Printed, key: string): number | undefined {
  const value = numberIn(from, key);
  return value === 0 ? undefined : value;
}

/** The administrative and the operational state by the flags as `ip` prints them: it has no flag RUNNING. */
export function statesOf(flags: readonly string[]): { readonly admin: UpDown; readonly oper: UpDown } {
  const isUp = flags.includes('UP');
  return { admin: isUp ? 'up' : 'down', oper: isUp && !flags.includes('NO-CARRIER') ? 'up' : 'down' };
}

function lowerOf(printed: Printed): LowerLink | undefined {
  const name = textIn(printed, 'link');
  const index = numberIn(printed, 'link_index');
  if (name === undefined && index === undefined) return undefined;
  return defined({ name, index, namespaceId: numberIn(printed, 'link_netnsid') });
}

/** One link by what `ip` printed. Throws an OutsideError if it is not a link. */
export function linkOf(printed: Printed): LinkSeen {
  const index = numberIn(printed, 'ifindex');
  const name = textIn(printed, 'ifname');
  const mtu = numberIn(printed, 'mtu');
  if (index === undefined || index < 1) throw odd('a link without an index');
  if (name === undefined || !/^[^\s/:]+$/u.test(name)) throw odd('a link without a name');
  if (mtu === undefined || mtu < 0) throw odd('a link without an MTU');
  const info = recordIn(printed, 'linkinfo');
  const data = recordIn(info, 'info_data');
  const sent = recordIn(recordIn(printed, 'stats64'), 'tx');
  const master = textIn(printed, 'master');
  const kind = info && textIn(info, 'info_kind');
  // Members one by one: for thousands of links, `defined` would cost more than all the rest.
  const link: { -readonly [K in keyof LinkSeen]: LinkSeen[K] } = {
    index,
    name,
    altnames: textsIn(printed, 'altnames'),
    mtu,
    ...statesOf(textsIn(printed, 'flags')),
    operState: textIn(printed, 'operstate') ?? 'UNKNOWN',
    group: textIn(printed, 'group') ?? 'default',
  };
  const set = <K extends keyof LinkSeen>(key: K, value: LinkSeen[K] | undefined): void => {
    if (value !== undefined) link[key] = value;
  };
  set('alias', textIn(printed, 'ifalias'));
  set('minMtu', limitIn(printed, 'min_mtu'));
  set('maxMtu', limitIn(printed, 'max_mtu'));
  set('kind', kind);
  if (kind === 'vlan' && data !== undefined) set('vlan', numberIn(data, 'id'));
  if (master !== undefined) set('master', defined({ name: master, kind: info && textIn(info, 'info_slave_kind') }));
  set('lower', lowerOf(printed));
  set('address', textIn(printed, 'address'));
  set('queueLength', numberIn(printed, 'txqlen'));
  if (sent !== undefined) set('carrierChanges', numberIn(sent, 'carrier_changes'));
  return link;
}

/** The links in the output of `ip -j -d -s -s link show`. Throws an OutsideError for other output. */
export function linksIn(text: string): readonly LinkSeen[] {
  const values = ipValues('the links', text);
  if (values.length > MOST_LINKS)
    throw new OutsideError(
      `the links cannot be read: there are ${values.length}, and at most ${MOST_LINKS} are read. Use a namespace`,
    );
  return values.map(linkOf);
}

/** The fields in which two states of one link differ. */
export function linkDifferences(a: LinkSeen, b: LinkSeen): readonly (keyof LinkSeen)[] {
  const names = new Set([...Object.keys(a), ...Object.keys(b)] as (keyof LinkSeen)[]);
  return [...names].filter((name) => !isSame(a[name], b[name]));
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b));
}
