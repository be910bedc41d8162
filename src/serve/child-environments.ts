/**
 * The environments of the processes that the daemon starts: each has what it needs, because other programs of the same user
 * can read it. Pure.
 *
 * | process | gets |
 * |---|---|
 * | rounds | everything but the secrets of events |
 * | watchers | the same without the variables of receivers |
 * | the reader | what opening the configuration and the store takes |
 */

import { isSecretName } from '#plugin';
import { CI_MARKS } from '../run/ci.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Names of variables, by their use. */
export interface VariableUses {
  /** Secrets of events: the daemon itself takes events in. */
  readonly events: readonly string[];
  /** Addresses and keys of receivers of alerts. */
  readonly receivers: readonly string[];
}

/** Variables of the service manager: only the daemon itself notifies it. */
const OF_SERVICE = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'];

/** Variables that fettle, Node.js and the PostgreSQL driver read, other than those of plugins and receivers. */
const READ = new Set<string>([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR', 'SUDO_UID', 'NO_COLOR'],
  ...['CI', ...CI_MARKS],
]);
const READ_PREFIXES = ['FETTLE_', 'LC_', 'LD_', 'NODE_', 'SSL_', 'OPENSSL_'];

/** Secrets of the store, whose names all begin in the same way, or are known. */
const STORE_PREFIX = 'PG';

function without(env: Environment, names: ReadonlySet<string>): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.has(name)));
}

export function roundEnvironment(env: Environment, { events }: Pick<VariableUses, 'events'>): Environment {
  return without(env, new Set([...OF_SERVICE, ...events]));
}

export function watcherEnvironment(env: Environment, { events, receivers }: VariableUses): Environment {
  return without(env, new Set([...OF_SERVICE, ...events, ...receivers]));
}

/** `store`: names of the variables in the address of the store. */
export function readerEnvironment(env: Environment, uses: VariableUses, store: readonly string[]): Environment {
  const ofStore = new Set(store);
  const isRead = (name: string): boolean =>
    name.startsWith(STORE_PREFIX) ||
    ((READ.has(name) || READ_PREFIXES.some((prefix) => name.startsWith(prefix))) && !isSecretName(name));
  // A variable of a receiver may be the store's too.
  return Object.fromEntries(
    Object.entries(
      watcherEnvironment(env, { ...uses, receivers: uses.receivers.filter((name) => !ofStore.has(name)) }),
    ).filter(([name]) => ofStore.has(name) || isRead(name)),
  );
}
