/**
 * Losses by a change of links, and the commands that take it back.
 *
 * | change | takes along |
 * |---|---|
 * | down | routes over the link, its permanent neighbours, its IPv6 addresses unless the kernel keeps them; VLANs go down too |
 * | up | brings its VLANs up too |
 * | an MTU below 1280 | IPv6 of the link: addresses, routes, settings |
 * | an MTU below 68 | IPv4 of the link |
 * | a smaller MTU | the MTUs of VLANs and macvlans on it, which do not grow again |
 * | the MTU of a bond or team | the MTUs of its members |
 *
 * Seen with Linux 6.1 and 6.18, and read in net/8021q/vlan.c, net/ipv4/fib_frontend.c and net/ipv6/addrconf.c.
 */

import type { AddressDump, AddressSeen, NeighbourSeen, RouteSeen } from './addresses.ts';
import { addressWords, neighbourWords, routeWords } from './addresses.ts';
import { batchLine, type Words } from './batch-line.ts';
import type { LinkSeen, UpDown } from './link.ts';
import { type LinkStep, stepWords } from './link-step.ts';

/** A change that can be taken back by its fields: all but a rename. */
export type PlainStep = Exclude<LinkStep, { readonly what: 'name' }>;

/** A host before a change. */
export interface Surroundings extends AddressDump {
  readonly links: readonly LinkSeen[];
  /** Names of links whose IPv6 addresses the kernel keeps while they are down (`keep_addr_on_down`). */
  readonly keepIpv6?: ReadonlySet<string>;
}

/** The smallest MTU of IPv6: RFC 8200. */
export const LEAST_IPV6_MTU = 1280;
/** The smallest MTU of IPv4: RFC 791. */
export const LEAST_IPV4_MTU = 68;

/** A change of a link that is not itself a step, and stays after the reversal of the steps. */
export type Dependent =
  | { readonly link: string; readonly field: 'admin'; readonly from: UpDown; readonly to: UpDown }
  | { readonly link: string; readonly field: 'mtu'; readonly from: number; readonly to: number };

/** Losses by steps that their reversal alone does not bring back. */
export interface Losses {
  readonly dependents: readonly Dependent[];
  readonly addresses: readonly AddressSeen[];
  readonly routes: readonly RouteSeen[];
  readonly neighbours: readonly NeighbourSeen[];
  /** Routes that the kernel or a routing daemon makes again by itself. */
  readonly returning: readonly RouteSeen[];
  /** Routes that no command of `ip route` can make again, with the property that prevents it. */
  readonly unrestorable: readonly { readonly route: RouteSeen; readonly because: string }[];
  /** Links whose settings of IPv6 (sysctl) return to their defaults. */
  readonly settings: readonly string[];
}

/** Kinds of links that stand on a parent. */
export const FOLLOWERS: ReadonlySet<string> = new Set(['vlan', 'macvlan', 'macvtap', 'ipvlan']);
const AGGREGATES = new Set(['bond', 'team']);

/** Programs that make a route again when its link returns. */
const DAEMONS = new Set(['kernel', 'ra', 'redirect', 'zebra', 'bgp', 'isis', 'ospf', 'rip', 'eigrp', 'babel', 'bird']);

/** True if the kernel or a routing daemon makes a route again when its link returns. */
export function isReturning({ protocol, type }: RouteSeen): boolean {
  return DAEMONS.has(protocol) || type === 'multicast';
}

/** The states of links while steps are applied, as the kernel would change them. */
class Simulation {
  readonly #byName: ReadonlyMap<string, LinkSeen>;
  /** Links that stand on one in this namespace, by its name. */
  readonly #standing: ReadonlyMap<string | undefined, readonly LinkSeen[]>;
  readonly #members: ReadonlyMap<string | undefined, readonly LinkSeen[]>;
  /** The states that were changed, also if they are as before in the end. */
  readonly admins = new Map<string, UpDown>();
  readonly mtus = new Map<string, number>();
  /** Links that were down, or below an MTU, at some time. */
  readonly downs = new Set<string>();
  readonly withoutIpv6 = new Set<string>();
  readonly withoutIpv4 = new Set<string>();

  constructor(links: readonly LinkSeen[]) {
    this.#byName = new Map(links.map((link) => [link.name, link]));
    const standing = links.filter(({ kind = '' }) => FOLLOWERS.has(kind));
    this.#standing = Map.groupBy(standing, ({ lower }) => lower?.name);
    this.#members = Map.groupBy(links, ({ master }) => master?.name);
  }

  adminOf(name: string): UpDown | undefined {
    return this.admins.get(name) ?? this.#byName.get(name)?.admin;
  }

  take(step: PlainStep): void {
    if (step.what === 'admin') this.#setAdmin(step.link, step.to);
    if (step.what === 'mtu') this.#setMtu(step.link, step.to);
  }

  mtuOf(name: string): number {
    return this.mtus.get(name) ?? this.#byName.get(name)?.mtu ?? 0;
  }

  #smallestOf(bridge: string): number {
    return Math.min(...(this.#members.get(bridge) ?? []).map(({ name }) => this.mtuOf(name)));
  }

  #setAdmin(name: string, to: UpDown): void {
    if (this.adminOf(name) === to) return;
    this.admins.set(name, to);
    if (to === 'down') this.downs.add(name);
    for (const upper of this.#standing.get(name) ?? []) if (upper.kind === 'vlan') this.#setAdmin(upper.name, to);
  }

  #setMtu(name: string, to: number): void {
    if (this.mtuOf(name) === to) return;
    const own = this.#byName.get(name);
    const bridge = own?.master?.kind === 'bridge' ? own.master.name : '';
    // A bridge follows its smallest member, unless its MTU was set by hand, which it does not show.
    const isFollowed = bridge !== '' && this.mtuOf(bridge) === this.#smallestOf(bridge);
    this.mtus.set(name, to);
    if (to < LEAST_IPV6_MTU) this.withoutIpv6.add(name);
    if (to < LEAST_IPV4_MTU) this.withoutIpv4.add(name);
    if (own !== undefined && AGGREGATES.has(own.kind ?? ''))
      for (const { name: member } of this.#members.get(name) ?? []) this.#setMtu(member, to);
    for (const { name: upper, kind } of this.#standing.get(name) ?? [])
      if (kind === 'ipvlan' || this.mtuOf(upper) > to) this.#setMtu(upper, to);
    if (isFollowed) this.#setMtu(bridge, this.#smallestOf(bridge));
  }
}

/** The steps that set each field back to its value before. */
function reversal(steps: readonly PlainStep[], links: readonly LinkSeen[]): readonly PlainStep[] {
  const byName = new Map(links.map((link) => [link.name, link]));
  return steps.flatMap((step): readonly PlainStep[] => {
    const link = byName.get(step.link);
    if (link === undefined) return [];
    if (step.what === 'admin') return [{ ...step, to: link.admin }];
    return step.what === 'mtu' ? [{ ...step, to: link.mtu }] : [];
  });
}

/** The states after steps, for the losses and the way back. */
function simulated(steps: readonly PlainStep[], links: readonly LinkSeen[]): Simulation {
  const simulation = new Simulation(links);
  for (const step of steps) simulation.take(step);
  return simulation;
}

function isLinkLocal({ family, scope }: AddressSeen): boolean {
  return family === 6 && scope === 'link';
}

function overAny({ hops }: RouteSeen, links: ReadonlySet<string>): boolean {
  return hops.some(({ link }) => link !== undefined && links.has(link));
}

/** The losses by steps. */
export function lossesOf(steps: readonly PlainStep[], seen: Surroundings): Losses {
  const { links, keepIpv6 = new Set() } = seen;
  const after = simulated(steps, links);
  const { downs, withoutIpv4, withoutIpv6 } = after;
  const isAddressLost = (each: AddressSeen): boolean =>
    each.family === 4
      ? withoutIpv4.has(each.link)
      : withoutIpv6.has(each.link) || (downs.has(each.link) && !keepIpv6.has(each.link));
  // The kernel makes the link-local address again, unless it was set by hand, which it does not show.
  const addresses = seen.addresses.filter(isAddressLost);
  const sources = new Set(addresses.map(({ address }) => address));
  const isRouteLost = (route: RouteSeen): boolean =>
    overAny(route, downs) ||
    overAny(route, route.family === 4 ? withoutIpv4 : withoutIpv6) ||
    (route.source !== undefined && sources.has(route.source));
  const routes = seen.routes.filter(isRouteLost);
  const lasting = routes.filter((route) => !isReturning(route));
  const named = new Set(steps.map(({ what, link }) => `${what} ${link}`));
  const back = simulated([...steps, ...reversal(steps, links)], links);
  const dependents = links.flatMap(({ name: link, admin, mtu }): readonly Dependent[] => {
    const [newAdmin = admin, newMtu] = [back.adminOf(link), back.mtuOf(link)];
    return [
      ...(newAdmin === admin || named.has(`admin ${link}`)
        ? []
        : [{ link, field: 'admin', from: admin, to: newAdmin } as const]),
      ...(newMtu === mtu || named.has(`mtu ${link}`) ? [] : [{ link, field: 'mtu', from: mtu, to: newMtu } as const]),
    ];
  });
  return {
    dependents,
    addresses,
    routes: lasting.filter(({ unknown }) => unknown.length === 0),
    neighbours: seen.neighbours.filter(
      ({ link, address }) => downs.has(link) || (address.includes(':') ? withoutIpv6.has(link) : withoutIpv4.has(link)),
    ),
    returning: routes.filter(isReturning),
    unrestorable: lasting.flatMap((route) => route.unknown.slice(0, 1).map((because) => ({ route, because }))),
    settings: [...withoutIpv6],
  };
}

/** True if there is something that a person would miss: a link-local address comes back by itself. */
export function hasLosses({ dependents, addresses, routes, neighbours, unrestorable }: Losses): boolean {
  return (
    dependents.length + routes.length + neighbours.length + unrestorable.length > 0 ||
    addresses.some((address) => !isLinkLocal(address))
  );
}

/** Links in an order in which each one comes after those for which `before` says so. */
function sorted(links: readonly LinkSeen[], before: (link: LinkSeen) => readonly string[]): readonly LinkSeen[] {
  const byName = new Map(links.map((link) => [link.name, link]));
  const done = new Set<LinkSeen>();
  const open = new Set<LinkSeen>();
  const visit = (link: LinkSeen): void => {
    if (done.has(link) || open.has(link)) return;
    open.add(link);
    for (const name of before(link)) {
      const other = byName.get(name);
      if (other !== undefined) visit(other);
    }
    open.delete(link);
    done.add(link);
  };
  links.forEach(visit);
  return [...done];
}

/** Names of the links that carry a link: its parent and its members. */
function carriers(links: readonly LinkSeen[]): (link: LinkSeen) => readonly string[] {
  const members = Map.groupBy(links, ({ master }) => master?.name);
  return ({ name, kind = '', lower }) => [
    ...(FOLLOWERS.has(kind) && lower?.name !== undefined ? [lower.name] : []),
    ...(members.get(name) ?? []).map((member) => member.name),
  ];
}

/** Names of the links whose MTU limits or sets that of a link: its parent, and the bond or team that it is a member of. */
function limits({ kind = '', lower, master }: LinkSeen): readonly string[] {
  return [
    ...(FOLLOWERS.has(kind) && lower?.name !== undefined ? [lower.name] : []),
    ...(master !== undefined && AGGREGATES.has(master.kind ?? '') ? [master.name] : []),
  ];
}

/**
 * The commands that restore routes, those without a gateway first. Several routes of IPv4 may have the same prefix, table
 * and metric, and then count in their order: `append` and `prepend` add to them. A route that exists stays as it is.
 */
function routesBack(lost: readonly RouteSeen[], all: readonly RouteSeen[]): readonly Words[] {
  const keyOf = ({ family, table, to, tos = '', metric = 0 }: RouteSeen): string =>
    `${family} ${table} ${to} ${tos} ${metric}`;
  const groups = Map.groupBy(all, keyOf);
  const isLost = new Set(lost);
  const howOf = (route: RouteSeen): 'add' | 'append' | 'prepend' => {
    const group = groups.get(keyOf(route)) ?? [];
    if (group.length < 2) return 'add';
    const isBeforeOthers = group.slice(group.indexOf(route)).some((each) => !isLost.has(each));
    return isBeforeOthers && route.family === 4 ? 'prepend' : 'append';
  };
  const isNear = ({ hops }: RouteSeen): boolean => hops.every(({ gateway }) => gateway === undefined);
  const ordered = [...lost.filter(isNear), ...lost.filter((route) => !isNear(route))];
  const isFirst = (route: RouteSeen): boolean => howOf(route) === 'prepend';
  return [...ordered.filter((route) => !isFirst(route)), ...ordered.filter(isFirst).toReversed()].map((route) =>
    routeWords(route, howOf(route)),
  );
}

/** A command of a take-back. */
export interface BackLine {
  /** A line of a batch of `ip`. It may fail without harm, such as for an address that exists. */
  readonly line: string;
  /** The command runs only while the field still has the value of the change. */
  readonly only?: {
    readonly link: string;
    readonly field: 'mtu' | 'alias';
    readonly ours: string;
    readonly before: string;
  };
}

function lineOf(words: Words): BackLine {
  return { line: batchLine(words) };
}

/** The command that sets the field of a step to its value before; none if the link is not found. */
function fieldBack(step: PlainStep, links: readonly LinkSeen[]): readonly BackLine[] {
  const link = links.find(({ name }) => name === step.link);
  if (link === undefined) return [];
  if (step.what === 'alias') {
    const { alias: before = '' } = link;
    const only = { link: step.link, field: 'alias', ours: step.to, before } as const;
    return [{ ...lineOf(stepWords({ ...step, to: before })), only }];
  }
  const before = step.what === 'address' ? link.address : step.what === 'queueLength' ? link.queueLength : undefined;
  return before === undefined ? [] : [lineOf(stepWords({ ...step, to: before } as PlainStep))];
}

/**
 * The lines that take steps back: states from the lowest link to the highest, MTUs from the parents to what stands on
 * them, addresses, neighbours, routes. Every line may be run again, or without the steps. A status has two values: one
 * that is no longer that of the change is the one before.
 * Throws an InputError if a name or text cannot be a word of a batch.
 */
export function takeBackOf(steps: readonly PlainStep[], seen: Surroundings): readonly BackLine[] {
  const { links } = seen;
  const losses = lossesOf(steps, seen);
  const { admins, mtus } = simulated([...steps, ...reversal(steps, links)], links);
  const changed = simulated(steps, links);
  const named = new Set(steps.map(({ what, link }) => `${what} ${link}`));
  // A bridge follows its members back.
  const isMtuBack = ({ name, kind }: LinkSeen): boolean =>
    named.has(`mtu ${name}`) || (mtus.has(name) && kind !== 'bridge');
  const sources = new Set(losses.routes.map(({ source }) => source));
  return [
    ...sorted(links, carriers(links))
      .filter(({ name }) => admins.has(name) || named.has(`admin ${name}`))
      .map(({ name, admin }) => lineOf(stepWords({ what: 'admin', link: name, to: admin }))),
    ...sorted(links, limits)
      .filter(isMtuBack)
      .map(({ name, mtu }) => ({
        ...lineOf(stepWords({ what: 'mtu', link: name, to: mtu })),
        only: { link: name, field: 'mtu', ours: String(changed.mtuOf(name)), before: String(mtu) } as const,
      })),
    ...steps.flatMap((step) => fieldBack(step, links)),
    ...losses.addresses.map((address) => lineOf(addressWords(address, sources.has(address.address)))),
    ...losses.neighbours.map((each) => lineOf(neighbourWords(each))),
    ...routesBack(losses.routes, seen.routes).map(lineOf),
  ];
}
