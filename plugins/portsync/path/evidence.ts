/**
 * Evidence about the ways over which a switch or host is managed, in one form for SONiC and Linux.
 *
 * `evidence-linux.ts` and `evidence-sonic.ts` read and derive the evidence, `paths.ts` makes paths of it, and
 * `judge-path.ts` judges changes by them. Everything that could not be read is a reason in `unknown`, never a default.
 */

export type Family = 4 | 6;

/** A network device, with the devices that carry its traffic. */
export interface Device {
  readonly name: string;
  /**
   * `aggregate`: bond, team, PortChannel. `bridge`: also a VLAN of a SONiC switch. `stacked`: a VLAN or macvlan on a
   * parent. A VRF is not a device here.
   */
  readonly role: 'port' | 'aggregate' | 'bridge' | 'stacked';
  /** Administratively up. */
  readonly isUp: boolean;
  /** Up, and able to carry traffic now: with a carrier, and as a member of an aggregate also in use by it. */
  readonly carries: boolean;
  /** In bytes, if known. */
  readonly mtu?: number;
  /** Members of an aggregate or bridge, or the parent of a stacked device. */
  readonly lower: readonly string[];
  /** Members that an aggregate needs: `min_links`, at least 1. */
  readonly needs?: number;
  /** The device has addresses, is a member of an aggregate, bridge, VLAN or VRF, or has devices stacked on it. */
  readonly isUsed: boolean;
}

/** A way to keep: the device over which packets leave to one destination. */
export interface Way {
  /** As the subject of a sentence: `the SSH session with 192.0.2.7`. */
  readonly what: string;
  readonly device: string;
  /** Undefined if both may be in use. */
  readonly family?: Family;
  /** The largest packet that a connection over this way sends, in bytes; undefined without a connection. */
  readonly mtu?: number | 'unknown';
  /** Hardware address of the next hop, if known: finds the member of a bridge. */
  readonly neighbour?: string;
  /** Kept only as long as the document does not name management paths. */
  readonly isFallback?: boolean;
}

export interface Evidence {
  readonly devices: ReadonlyMap<string, Device>;
  readonly ways: readonly Way[];
  /** For a bridge, the members behind which a hardware address (lower case) was learned. */
  readonly learned: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;
  /** Reasons for which a way may be missing: `the sessions could not be read: …`. Empty if every way is known. */
  readonly unknown: readonly string[];
}

/** Evidence without any knowledge, for a switch that could not be asked. */
export function nothingKnown(reason: string): Evidence {
  return { devices: new Map(), ways: [], learned: new Map(), unknown: [reason] };
}

/** The family of an address. */
export function familyOf(address: string): Family {
  return address.includes(':') ? 6 : 4;
}

/** Adds a value to a list in a map. */
export function addTo<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else if (!list.includes(value)) list.push(value);
}
