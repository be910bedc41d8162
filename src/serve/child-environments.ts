/**
 * The environments of the processes that the daemon starts: each has what it needs, because other programs of the same user
 * can read it. Pure.
 *
 * | process | gets |
 * |---|---|
 * | rounds | everything but the secrets of events, and the folder of challenges |
 * | watchers | the same without the variables of receivers |
 * | the reader | what opening the configuration and the store takes |
 */

import { CHALLENGE_FOLDER, isSecretName } from '#plugin';
import { isUsualVariable } from '#plugin/command-environment';
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

/** Further variables that fettle, Node.js and its libraries read, other than those of plugins and receivers. */
const READ: ReadonlySet<string> = new Set(['SUDO_UID', 'NO_COLOR', 'CI', ...CI_MARKS]);
const READ_PREFIXES = ['FETTLE_', 'LD_', 'NODE_', 'SSL_', 'OPENSSL_'];

/** Variables of PostgreSQL, its password among them. */
const STORE_PREFIX = 'PG';

function isRead(name: string): boolean {
  if (name.startsWith(STORE_PREFIX) || isUsualVariable(name)) return true;
  return (READ.has(name) || READ_PREFIXES.some((prefix) => name.startsWith(prefix))) && !isSecretName(name);
}

function without(env: Environment, names: ReadonlySet<string>): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.has(name)));
}

/** `challengeFolder`: where rounds write challenges of ACME, if the daemon answers them. */
export function roundEnvironment(
  env: Environment,
  { events }: Pick<VariableUses, 'events'>,
  challengeFolder?: string,
): Environment {
  const own = challengeFolder === undefined ? {} : { [CHALLENGE_FOLDER]: challengeFolder };
  return { ...without(env, new Set([...OF_SERVICE, ...events])), ...own };
}

export function watcherEnvironment(env: Environment, { events, receivers }: VariableUses): Environment {
  return without(env, new Set([...OF_SERVICE, ...events, ...receivers]));
}

/** `store`: names of the variables in the address of the store, which a receiver may have too. */
export function readerEnvironment(env: Environment, uses: VariableUses, store: readonly string[]): Environment {
  const ofStore = new Set(store);
  const others = watcherEnvironment(env, uses);
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => ofStore.has(name) || (name in others && isRead(name))),
  );
}
