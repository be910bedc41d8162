/** The action that each combination of a fabric's states requires. */

import { type Connection, isPossible, type Recorded, type Sync } from './combination.ts';

export type RequiredAction =
  | 'correct'
  | 'clean-up'
  | 'suspend'
  | 'test-connection'
  | 'await-test'
  | 'alert-connection'
  | 'retry-connection'
  | 'first-sync'
  | 'await-sync'
  | 'none'
  | 'reconcile'
  | 'retry-sync';

const ON_SYNC: Readonly<Record<Sync, RequiredAction>> = {
  NEVER_SYNCED: 'first-sync',
  SYNCING: 'await-sync',
  IN_SYNC: 'none',
  OUT_OF_SYNC: 'reconcile',
  ERROR: 'retry-sync',
};

const ON_CONNECTION: Readonly<Record<Exclude<Connection, 'CONNECTED' | 'FAILED'>, RequiredAction>> = {
  UNKNOWN: 'test-connection',
  TESTING: 'await-test',
};

/**
 * Exactly one action for each of the 80 combinations: an impossible record is corrected first, because every other action
 * would rest on a contradiction; then the status decides, then the connection, then the sync.
 */
export function requiredAction(recorded: Recorded): RequiredAction {
  const { status, connection, sync } = recorded;
  if (!isPossible(recorded)) return 'correct';
  if (status === 'DECOMMISSIONED') return 'clean-up';
  if (status === 'MAINTENANCE') return 'suspend';
  if (connection === 'FAILED') return status === 'ACTIVE' ? 'alert-connection' : 'retry-connection';
  return connection === 'CONNECTED' ? ON_SYNC[sync] : ON_CONNECTION[connection];
}
