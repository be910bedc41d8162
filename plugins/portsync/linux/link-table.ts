/**
 * The table of links of a host, by dumps and by events of a monitor.
 *
 * An event is applied even if the table is newer than it: the events that follow it restore the newer values.
 */

import { defined } from '#plugin';
import { linkDifferences, type LinkSeen, type LowerLink } from './link.ts';
import type { LinkLine, MonitorEvent } from './monitor.ts';
import { addressText, FLAG_RUNNING, FLAG_UP, operStateText, type RawLink } from './netlink.ts';
import type { LinkDump } from './read-links.ts';

/** A difference between two times. A link that gets another index is removed, and another one appears. */
export type LinkChange =
  | { readonly what: 'appeared'; readonly link: LinkSeen }
  | {
      readonly what: 'changed';
      readonly link: LinkSeen;
      readonly before: LinkSeen;
      readonly fields: readonly (keyof LinkSeen)[];
    }
  | { readonly what: 'removed'; readonly link: LinkSeen };

/** Time of the next dump that the table needs, because an event does not show everything. */
export type Need = 'nothing' | 'dump-later' | 'dump';

/** Effect of an event or a dump on a table. */
export interface Taken {
  readonly changes: readonly LinkChange[];
  readonly needs: Need;
}

/** An event about one link. */
export type OfLink = Extract<MonitorEvent, { readonly what: 'seen' | 'message' | 'removed' }>;

/**
 * The name in a line, where "@" and the name of the lower link follow it. Undefined if it is not certain, because a name
 * may contain an "@" itself.
 */
function nameIn({ label }: LinkLine, { name, lower }: LinkSeen): string | undefined {
  if (lower === undefined && label === `${name}@NONE`) return name;
  if (lower === undefined) return label.endsWith('@NONE') ? undefined : label;
  if (label.startsWith(`${name}@`) && !label.slice(name.length + 1).includes('@')) return name;
  const [first, ...more] = label.split('@');
  return more.length > 1 ? undefined : first;
}

/** A link after a line about it. Undefined if the line does not say enough. */
export function linkAfter(link: LinkSeen, line: LinkLine): LinkSeen | undefined {
  const name = nameIn(line, link);
  if (name === undefined) return undefined;
  const { mtu, admin, oper, operState, address = link.address, group = link.group } = line;
  const { master, ...rest } = link;
  const next = { ...rest, name, mtu, admin, oper, operState, group, ...(address === undefined ? {} : { address }) };
  if (line.master === undefined) return next;
  return { ...next, master: line.master === master?.name ? master : { name: line.master } };
}

/** Alternative names, unlike names, may have any character: one with a line break can forge lines. */
function canForge({ altnames }: LinkSeen): boolean {
  return altnames.some((name) => /\s/u.test(name));
}

function changeOf(before: LinkSeen | undefined, after: LinkSeen | undefined): LinkChange | undefined {
  if (before === undefined) return after && { what: 'appeared', link: after };
  if (after === undefined) return { what: 'removed', link: before };
  const fields = linkDifferences(before, after);
  return fields.length === 0 ? undefined : { what: 'changed', link: after, before, fields };
}

/** A link after a message about it. Undefined if the message names another link that is not known. */
export function linkAfterMessage(
  link: LinkSeen,
  raw: RawLink,
  links: ReadonlyMap<number, LinkSeen>,
): LinkSeen | undefined {
  const { name = link.name, mtu = link.mtu, lower = 0, lowerNamespace, flags } = raw;
  const master = raw.master === undefined ? undefined : links.get(raw.master);
  if (raw.master !== undefined && master === undefined) return undefined;
  const below = lower === 0 || lowerNamespace !== undefined ? undefined : links.get(lower);
  if (lower !== 0 && lowerNamespace === undefined && below === undefined) return undefined;
  const isUp = (flags & FLAG_UP) !== 0;
  const other = lower === 0 ? undefined : defined<LowerLink>({ index: lower, namespaceId: lowerNamespace });
  return defined<LinkSeen>({
    index: link.index,
    name,
    altnames: raw.altnames ?? [],
    alias: raw.alias,
    mtu,
    minMtu: raw.minMtu === 0 ? undefined : raw.minMtu,
    maxMtu: raw.maxMtu === 0 ? undefined : raw.maxMtu,
    admin: isUp ? 'up' : 'down',
    oper: isUp && (flags & FLAG_RUNNING) !== 0 ? 'up' : 'down',
    operState: operStateText(raw.operState),
    kind: raw.kind,
    vlan: link.vlan,
    master: master && defined({ name: master.name, kind: raw.masterKind }),
    lower: below === undefined ? other : { name: below.name },
    address: raw.address === undefined ? undefined : addressText(raw.address),
    // Names of groups are in a file of iproute2.
    group: link.group,
    queueLength: raw.queueLength,
    carrierChanges: raw.carrierChanges,
  });
}

function indexOf(event: OfLink): number {
  if (event.what === 'removed') return event.index;
  return event.what === 'seen' ? event.line.index : event.link.index;
}

/** The links of a host. */
export class LinkTable {
  #links: Map<number, LinkSeen> = new Map();
  #isForgeable = false;

  /** The links by their index. */
  get links(): ReadonlyMap<number, LinkSeen> {
    return this.#links;
  }

  /** Takes an event. */
  take(event: OfLink): Taken {
    const index = indexOf(event);
    const before = this.#links.get(index);
    const needs = this.#apply(index, event);
    const change = changeOf(before, this.#links.get(index));
    return { changes: change === undefined ? [] : [change], needs };
  }

  /** Takes a dump, with the events since it began. */
  takeDump({ links, isConsistent }: LinkDump, events: readonly OfLink[]): Taken {
    const before = this.#links;
    this.#links = new Map(links.map((link) => [link.index, link]));
    this.#isForgeable = links.some(canForge);
    // The kernel may have left out links: only an event proves that one is removed.
    if (!isConsistent) for (const [index, link] of before) if (!this.#links.has(index)) this.#links.set(index, link);
    const needs = new Set(events.map((event) => this.#apply(indexOf(event), event)));
    const indexes = new Set([...before.keys(), ...this.#links.keys()]);
    const changes = Array.from(indexes, (index) => changeOf(before.get(index), this.#links.get(index)));
    return {
      changes: changes.filter((change) => change !== undefined),
      needs: needs.has('dump') ? 'dump' : needs.has('dump-later') ? 'dump-later' : 'nothing',
    };
  }

  #apply(index: number, event: OfLink): Need {
    // Lines may be forged: only dumps count.
    if (this.#isForgeable && event.what === 'seen') return 'dump';
    const known = this.#links.get(index);
    if (event.what === 'removed') {
      this.#links.delete(index);
      return 'nothing';
    }
    if (event.what === 'message') return this.#applyMessage(index, event.link);
    const link = known && linkAfter(known, event.line);
    if (known === undefined || link === undefined) return 'dump';
    const fields = linkDifferences(known, link);
    if (fields.length > 0) this.#links.set(index, link);
    // A line has neither the kind of a new master, nor the counter of carrier changes, nor an alias or another name.
    return fields.length === 0 || fields.includes('master') || fields.includes('oper') ? 'dump-later' : 'nothing';
  }

  #applyMessage(index: number, raw: RawLink): Need {
    const known = this.#links.get(index);
    const link = known && linkAfterMessage(known, raw, this.#links);
    if (link === undefined) return 'dump';
    this.#links.set(index, link);
    return raw.group === 0 && known?.group === 'default' ? 'nothing' : 'dump-later';
  }
}
