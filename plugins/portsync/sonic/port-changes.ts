/**
 * Changes of ports in APPL_DB and STATE_DB, by keyspace notifications. One subscription serves everything that waits.
 *
 * A notification only says that a port is worth a read: it can come early, twice, or get lost with its connection.
 */

import { addressText } from '../redis/address.ts';
import { type Message, type Subscription, subscribe, type SubscriptionOptions } from '../redis/subscription.ts';
import type { SonicDatabase, SwitchDatabases } from './connect.ts';

export interface PortChanges {
  /** Calls `wake` with the name of each of these ports when it changes. Returns the function that ends it. */
  watch(ports: Iterable<string>, wake: (port: string) => void): () => void;
  /** True once a connection has ended: changes are missed from then on. */
  readonly isLost: boolean;
  close(): void;
}

export interface ChangesOptions {
  readonly denial: SubscriptionOptions['denial'];
  /** Ends the attempt to subscribe, and nothing later. */
  readonly signal: AbortSignal;
}

/** Interval in ms in which the connections are tested. */
const PING_MS = 2000;

/** True if a database notifies of changes of hashes and keys. Source: redis.io/docs/manual/keyspace-notifications. */
async function notifies({ redis }: SonicDatabase, signal: AbortSignal): Promise<boolean> {
  const [answer] = await redis.pipeline([['CONFIG', 'GET', 'notify-keyspace-events']], { signal });
  const [, flags] = Array.isArray(answer) ? (answer as readonly unknown[]) : [];
  return typeof flags === 'string' && flags.includes('K') && (flags.includes('A') || /^(?=.*h)(?=.*g)/u.test(flags));
}

/** A table of a database. */
export interface WatchedTable {
  readonly database: SonicDatabase;
  readonly table: string;
}

/** The subscriptions to the rows of tables, one for each server. Undefined unless every database notifies. */
export async function subscribeToTables(
  tables: readonly WatchedTable[],
  wake: (row: string) => void,
  { denial, signal }: ChangesOptions,
): Promise<readonly Subscription[] | undefined> {
  const databases = tables.map(({ database }) => database);
  if (!(await Promise.all(databases.map((each) => notifies(each, signal)))).every(Boolean)) return undefined;
  const prefixes = tables.map(({ database: { id, separator }, table }) => `__keyspace@${id}__:${table}${separator}`);
  const take = ({ channel }: Message): void => {
    const prefix = prefixes.find((each) => channel.startsWith(each));
    if (prefix !== undefined) wake(channel.slice(prefix.length));
  };
  const servers = Map.groupBy(databases.entries(), ([, { address }]) => addressText(address));
  const opened = await Promise.allSettled(
    [...servers.values()].map((own) => {
      const [[, { address }]] = own as [(typeof own)[number]];
      const patterns = own.map(([i]) => `${prefixes[i] ?? ''}*`);
      return subscribe(address, { patterns }, take, { denial, signal, pingMs: PING_MS });
    }),
  );
  const open = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = opened.find((each) => each.status === 'rejected');
  if (failed === undefined) return open;
  for (const each of open) each.close();
  throw failed.reason;
}

/** Subscribes to the changes of ports. Returns undefined if a database does not notify. Throws if one cannot be subscribed to. */
export async function openPortChanges(
  { appl, state }: SwitchDatabases,
  options: ChangesOptions,
): Promise<PortChanges | undefined> {
  const watchers = new Map<string, Set<(port: string) => void>>();
  const subscriptions = await subscribeToTables(
    [appl, state].map((database) => ({ database, table: 'PORT_TABLE' })),
    (port) => {
      for (const wake of watchers.get(port) ?? []) wake(port);
    },
    options,
  );
  if (subscriptions === undefined) return undefined;
  let isLost = false;
  const close = (): void => {
    isLost = true;
    for (const each of subscriptions) each.close();
    // Everything that waits looks for itself from now on.
    for (const [port, wakes] of watchers) for (const wake of wakes) wake(port);
  };
  for (const { ended } of subscriptions) void ended.then(() => isLost || close());
  return {
    watch: (ports, wake) => {
      const names = [...ports];
      for (const name of names) watchers.set(name, (watchers.get(name) ?? new Set()).add(wake));
      return () => {
        for (const name of names) {
          const wakes = watchers.get(name);
          wakes?.delete(wake);
          if (wakes?.size === 0) watchers.delete(name);
        }
      };
    },
    get isLost() {
      return isLost;
    },
    close,
  };
}
