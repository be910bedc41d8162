/** The data of the sandbox's Redis server: databases with texts, hashes and sets, and notifications of changes. */

import { globMatcher } from './glob.ts';

export type Value =
  | { readonly kind: 'string'; text: string }
  | { readonly kind: 'hash'; readonly fields: Map<string, string> }
  | { readonly kind: 'set'; readonly members: Set<string> };

interface Entry {
  readonly value: Value;
  /** Increases with each new key: the order of scans. */
  readonly order: number;
  /** Epoch ms. */
  expires?: number;
}

/** Thrown by a command; the text is that of Redis. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

const WRONG_TYPE = 'WRONGTYPE Operation against a key holding the wrong kind of value';

/** Classes of notifications by event. Source: redis.io/docs/manual/keyspace-notifications. */
const CLASSES: Readonly<Record<string, string>> = {
  set: '$',
  incrby: '$',
  hset: 'h',
  hdel: 'h',
  hincrby: 'h',
  sadd: 's',
  srem: 's',
  spop: 's',
  expired: 'x',
};

export interface KeyspaceOptions {
  readonly now: () => number;
  readonly publish: (channel: string, payload: string) => number;
  /** Flags of notifications, as in the configuration. */
  readonly flags: () => string;
}

const DATABASES = 100;

export class Keyspace {
  readonly #databases = Array.from({ length: DATABASES }, () => new Map<string, Entry>());
  /** Number of changes by database and key, for WATCH. */
  readonly #versions = new Map<string, number>();
  readonly #options: KeyspaceOptions;
  #order = 0;

  constructor(options: KeyspaceOptions) {
    this.#options = options;
  }

  get count(): number {
    return DATABASES;
  }

  /** The number of changes of a key so far. */
  version(database: number, key: string): number {
    this.#entry(database, key);
    return this.#versions.get(`${database} ${key}`) ?? 0;
  }

  /** Notifies of a change that was made. */
  changed(database: number, key: string, event: string): void {
    const name = `${database} ${key}`;
    this.#versions.set(name, (this.#versions.get(name) ?? 0) + 1);
    const flags = this.#options.flags();
    if (!flags.includes('A') && !flags.includes(CLASSES[event] ?? 'g')) return;
    if (flags.includes('K')) this.#options.publish(`__keyspace@${database}__:${key}`, event);
    if (flags.includes('E')) this.#options.publish(`__keyevent@${database}__:${event}`, key);
  }

  #entry(database: number, key: string): Entry | undefined {
    const entries = this.#databases[database];
    const entry = entries?.get(key);
    if (entry?.expires === undefined || entry.expires > this.#options.now()) return entry;
    entries?.delete(key);
    this.changed(database, key, 'expired');
    return undefined;
  }

  get(database: number, key: string): Value | undefined {
    return this.#entry(database, key)?.value;
  }

  /** The value of a kind; undefined if the key does not exist. Throws a CommandError for another kind. */
  read<Kind extends Value['kind']>(
    database: number,
    key: string,
    kind: Kind,
  ): Extract<Value, { kind: Kind }> | undefined {
    const value = this.get(database, key);
    if (value !== undefined && value.kind !== kind) throw new CommandError(WRONG_TYPE);
    return value as Extract<Value, { kind: Kind }> | undefined;
  }

  /** Adds a value, in place of another one. */
  put(database: number, key: string, value: Value): void {
    this.#order += 1;
    this.#databases[database]?.set(key, { value, order: this.#order });
  }

  /** Removes a key, and notifies; false if it does not exist. */
  remove(database: number, key: string): boolean {
    if (this.#entry(database, key) === undefined) return false;
    this.#databases[database]?.delete(key);
    this.changed(database, key, 'del');
    return true;
  }

  /** Sets the time at which a key expires, in epoch ms; undefined for never. */
  expire(database: number, key: string, at: number | undefined): boolean {
    const entry = this.#entry(database, key);
    if (entry === undefined) return false;
    if (at === undefined) delete entry.expires;
    else entry.expires = at;
    return true;
  }

  /** The time at which a key expires; undefined for never. */
  expiry(database: number, key: string): number | undefined {
    return this.#entry(database, key)?.expires;
  }

  /** Removes the keys whose time is over, and notifies. Returns the next time at which one expires. */
  sweep(): number | undefined {
    let next: number | undefined;
    for (const [database, entries] of this.#databases.entries())
      for (const [key, { expires }] of entries) {
        if (expires === undefined || this.#entry(database, key) === undefined) continue;
        next = Math.min(next ?? expires, expires);
      }
    return next;
  }

  keys(database: number, pattern = '*'): readonly string[] {
    const matches = globMatcher(pattern);
    return [...(this.#databases[database]?.keys() ?? [])].filter(
      (key) => matches(key) && this.#entry(database, key) !== undefined,
    );
  }

  /** Keys after a cursor, and the next cursor: 0 at the end. A key that exists during all calls is in one of them. */
  scan(database: number, cursor: number, count: number): { readonly next: number; readonly keys: readonly string[] } {
    const keys: string[] = [];
    let last = 0;
    for (const [key, { order }] of this.#databases[database] ?? []) {
      if (order <= cursor) continue;
      if (keys.length >= count) return { next: last, keys };
      if (this.#entry(database, key) !== undefined) keys.push(key);
      last = order;
    }
    return { next: 0, keys };
  }

  size(database: number): number {
    return this.keys(database).length;
  }

  /** Removes all keys of a database, without notifications: as Redis does. */
  flush(database: number): void {
    for (const key of this.#databases[database]?.keys() ?? []) {
      const name = `${database} ${key}`;
      this.#versions.set(name, (this.#versions.get(name) ?? 0) + 1);
    }
    this.#databases[database]?.clear();
  }
}
