/** The objects of the emulated API server, their resource versions, and every change of them, for lists and watches. */

import { expired, futureVersion } from './status.ts';
import { encode, textAt, type Tree } from './value.ts';

/** The first resource version: small ones are "too old", as in a cluster that has run for a while. */
const FIRST_VERSION = 100;
/** Changes that are kept for watches and pages. */
const KEPT_EVENTS = 20_000;

export interface StoreEvent {
  readonly version: number;
  readonly storage: string;
  readonly key: string;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Tree;
  readonly before: Tree | undefined;
}

type Rows = Map<string, Tree>;

const texts = new WeakMap<Tree, string>();

/** JSON of a stored object, encoded once. */
export function textOfObject(object: Tree): string {
  const known = texts.get(object);
  if (known !== undefined) return known;
  const text = encode(object);
  texts.set(object, text);
  return text;
}

export const keyOf = (namespace: string, name: string): string => `${namespace}/${name}`;

export const versionOf = (object: Tree): number => Number(textAt(object, 'metadata', 'resourceVersion'));

export interface Store {
  /** The last resource version. */
  readonly version: () => number;
  readonly get: (storage: string, key: string) => Tree | undefined;
  /** Objects in the order of their keys. */
  readonly list: (storage: string) => readonly Tree[];
  /** Objects as they were at a resource version. Throws 410 if it is no longer kept. */
  readonly listAt: (storage: string, version: number) => readonly Tree[];
  /** Stores an object under the next resource version, and returns it. */
  readonly put: (storage: string, key: string, object: Tree) => Tree;
  readonly remove: (storage: string, key: string, last?: Tree) => Tree;
  /** Changes after a resource version. Throws 410 if they are no longer kept. */
  readonly since: (storage: string, version: number) => readonly StoreEvent[];
  readonly watch: (listener: (event: StoreEvent) => void) => () => void;
  /** Forgets all changes up to a resource version, by default the last one, as etcd's compaction does. */
  readonly compact: (until?: number) => void;
  /** All objects, to save them. */
  readonly save: () => SavedStore;
}

export interface SavedStore {
  readonly version: number;
  readonly objects: readonly (readonly [storage: string, key: string, object: Tree])[];
}

export function openStore(saved?: SavedStore): Store {
  const tables = new Map<string, Rows>();
  const listeners = new Set<(event: StoreEvent) => void>();
  let events: StoreEvent[] = [];
  let version = saved?.version ?? FIRST_VERSION;
  let floor = version;
  const rowsOf = (storage: string): Rows => {
    const rows = tables.get(storage) ?? new Map<string, Tree>();
    tables.set(storage, rows);
    return rows;
  };
  for (const [storage, key, object] of saved?.objects ?? []) rowsOf(storage).set(key, object);

  const record = (event: StoreEvent): void => {
    events.push(event);
    if (events.length > KEPT_EVENTS * 2) {
      events = events.slice(-KEPT_EVENTS);
      floor = (events[0]?.version ?? version) - 1;
    }
    for (const listener of listeners) listener(event);
  };
  const sorted = (rows: ReadonlyMap<string, Tree>): readonly Tree[] =>
    [...rows].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, object]) => object);
  const numbered = (object: Tree): Tree => {
    version += 1;
    return { ...object, metadata: { ...(object['metadata'] as Tree), resourceVersion: String(version) } };
  };
  const check = (asked: number): void => {
    if (asked > version) throw futureVersion(asked, version);
    if (asked < floor) throw expired(`The resourceVersion for the provided list is too old.`);
  };

  return {
    version: () => version,
    get: (storage, key) => tables.get(storage)?.get(key),
    list: (storage) => sorted(rowsOf(storage)),
    listAt: (storage, asked) => {
      check(asked);
      const rows = new Map(rowsOf(storage));
      for (const event of events.toReversed()) {
        if (event.version <= asked) break;
        if (event.storage !== storage) continue;
        if (event.before === undefined) rows.delete(event.key);
        else rows.set(event.key, event.before);
      }
      return sorted(rows);
    },
    put: (storage, key, object) => {
      const rows = rowsOf(storage);
      const before = rows.get(key);
      const stored = numbered(object);
      rows.set(key, stored);
      record({ version, storage, key, type: before === undefined ? 'ADDED' : 'MODIFIED', object: stored, before });
      return stored;
    },
    remove: (storage, key, last) => {
      const rows = rowsOf(storage);
      const before = rows.get(key);
      const gone = numbered(last ?? before ?? {});
      rows.delete(key);
      record({ version, storage, key, type: 'DELETED', object: gone, before });
      return gone;
    },
    since: (storage, asked) => {
      if (asked < floor) throw expired(`too old resource version: ${asked} (${floor})`);
      return events.filter((event) => event.version > asked && event.storage === storage);
    },
    watch: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    compact: (until = version) => {
      events = events.filter((event) => event.version > until);
      floor = Math.max(floor, until);
    },
    save: () => ({
      version,
      objects: [...tables].flatMap(([storage, rows]) =>
        [...rows].map(([key, object]) => [storage, key, object] as const),
      ),
    }),
  };
}
