/** Ports of the kernel, their rows in STATE_DB, and the differences to write. Pure. */

import type { Row } from '../redis/reader.ts';
import type { SavedPort } from './port-state.ts';

/** A link, as far as it matters for a port. */
export interface PortLink {
  readonly index: number;
  readonly name: string;
  readonly mtu: number;
  /** By `IFF_UP`. */
  readonly admin: 'up' | 'down';
  /** By `IFF_RUNNING`. */
  readonly oper: 'up' | 'down';
  /** `team`, `veth`; undefined for hardware. */
  readonly kind?: string | undefined;
}

/** The fields of STATE_DB's PORT_TABLE that portsyncd owns. Others belong to orchagent. */
export const OWN_FIELDS = ['state', 'netdev_oper_status', 'admin_status', 'mtu'] as const;

/** True for a name of a port that a state file and a metric can have: printable ASCII without quotes and backslashes. */
export function isPortName(name: string): boolean {
  return /^(?:Ethernet|PortChannel)[!#-[\]-~]{0,100}$/u.test(name);
}

/** True for a link that is a port. A netdev of kind `team` is reported by teamsyncd. */
export function isPort({ name, kind }: Pick<PortLink, 'name' | 'kind'>): boolean {
  return isPortName(name) && kind !== 'team';
}

/** The row of a port in STATE_DB. */
export function stateRow({ oper, admin, mtu }: PortLink): Row {
  return { state: 'ok', netdev_oper_status: oper, admin_status: admin, mtu: String(mtu) };
}

/** The own fields of a row. */
export function ownFields(row: Row): Row {
  return Object.fromEntries(OWN_FIELDS.flatMap((field) => (row[field] === undefined ? [] : [[field, row[field]]])));
}

/** A change of one row: fields to set and fields to delete. Redis deletes a hash with its last field. */
export interface RowChange {
  readonly name: string;
  readonly set: Row;
  readonly remove: readonly string[];
}

/** The change from the own fields of a row to the wanted ones; undefined if there is none. */
export function rowChange(name: string, known: Row | undefined, wanted: Row | undefined): RowChange | undefined {
  const set = Object.fromEntries(Object.entries(wanted ?? {}).filter(([field, value]) => known?.[field] !== value));
  const remove = OWN_FIELDS.filter((field) => known?.[field] !== undefined && wanted?.[field] === undefined);
  return Object.keys(set).length === 0 && remove.length === 0 ? undefined : { name, set, remove };
}

const IFF_UP = 0x1;
const IFF_RUNNING = 0x40;

/** A port for the state file. Of the flags, only `IFF_UP` and `IFF_RUNNING` are known. */
export function savedPort({ name, admin, oper, mtu }: PortLink): SavedPort {
  return {
    name,
    admin_state: admin === 'up' ? 1 : 0,
    oper_state: oper === 'up' ? 1 : 0,
    flags: (admin === 'up' ? IFF_UP : 0) | (oper === 'up' ? IFF_RUNNING : 0),
    mtu,
  };
}

/** A change of one link, as a watcher reports it. */
export type LinkChange =
  | { readonly what: 'appeared' | 'removed'; readonly link: PortLink }
  | { readonly what: 'changed'; readonly link: PortLink; readonly before: PortLink };

/** The result of a change: the names whose rows may differ, and the port that lost its carrier. */
export interface Touched {
  readonly names: readonly string[];
  readonly flapped?: string;
}

const NOTHING: Touched = { names: [] };

/**
 * The ports of the kernel by name. Links with a stale index are netdevs of an earlier run of the switch's software, which
 * replaces them: all their messages are ignored.
 */
export class PortLinks {
  readonly #stale: ReadonlySet<number>;
  readonly #byIndex = new Map<number, PortLink>();
  readonly #byName = new Map<string, PortLink>();

  constructor(stale: ReadonlySet<number> = new Set()) {
    this.#stale = stale;
  }

  get(name: string): PortLink | undefined {
    return this.#byName.get(name);
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  get saved(): ReadonlyMap<string, SavedPort> {
    return new Map([...this.#byName].map(([name, link]) => [name, savedPort(link)]));
  }

  take(change: LinkChange): Touched {
    const { link } = change;
    if (this.#stale.has(link.index)) return NOTHING;
    const before = this.#byIndex.get(link.index);
    if (before !== undefined) this.#drop(before);
    const isSeen = change.what !== 'removed' && isPort(link);
    if (isSeen) this.#add(link);
    if (before === undefined && !isSeen) return NOTHING;
    const names = new Set([...(before === undefined ? [] : [before.name]), ...(isSeen ? [link.name] : [])]);
    const isFlap = isSeen && before?.oper === 'up' && link.oper === 'down';
    return isFlap ? { names: [...names], flapped: link.name } : { names: [...names] };
  }

  #add({ index, name, mtu, admin, oper, kind }: PortLink): void {
    const link: PortLink = { index, name, mtu, admin, oper, kind };
    this.#byIndex.set(index, link);
    this.#byName.set(name, link);
  }

  #drop(link: PortLink): void {
    this.#byIndex.delete(link.index);
    // Another link may have taken the name already.
    if (this.#byName.get(link.name) === link) this.#byName.delete(link.name);
  }
}
