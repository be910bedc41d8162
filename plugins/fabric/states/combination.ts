/** The three states of a fabric, and which combinations of them are possible. */

export const STATUSES = ['PLANNED', 'ACTIVE', 'MAINTENANCE', 'DECOMMISSIONED'] as const;
export const CONNECTIONS = ['UNKNOWN', 'TESTING', 'CONNECTED', 'FAILED'] as const;
export const SYNCS = ['NEVER_SYNCED', 'SYNCING', 'IN_SYNC', 'OUT_OF_SYNC', 'ERROR'] as const;

export type Status = (typeof STATUSES)[number];
export type Connection = (typeof CONNECTIONS)[number];
export type Sync = (typeof SYNCS)[number];

/** Any combination, as a damaged or foreign record may have it. */
export interface Recorded {
  readonly status: Status;
  readonly connection: Connection;
  readonly sync: Sync;
}

interface Possible<S extends Status, C extends Connection, Y extends Sync> {
  readonly status: S;
  readonly connection: C;
  readonly sync: Y;
}

/** A possible combination: the types exclude the others, so that no function can return one. */
export type Combination =
  | Possible<Status, Connection, Exclude<Sync, 'SYNCING' | 'IN_SYNC'>>
  | Possible<Exclude<Status, 'DECOMMISSIONED'>, Connection, 'SYNCING'>
  | Possible<Exclude<Status, 'DECOMMISSIONED'>, Exclude<Connection, 'FAILED'>, 'IN_SYNC'>;

export const CREATED: Combination = { status: 'PLANNED', connection: 'UNKNOWN', sync: 'NEVER_SYNCED' };

export function isPossible(recorded: Recorded): recorded is Combination {
  const { status, connection, sync } = recorded;
  if (status === 'DECOMMISSIONED') return sync !== 'SYNCING' && sync !== 'IN_SYNC';
  return connection !== 'FAILED' || sync !== 'IN_SYNC';
}

/**
 * The combination after operations on the cluster ended: success can no longer be asserted, and a sync that was running did
 * not end. Possible with every status and connection.
 */
export function withoutSync({ status, connection, sync }: Recorded): Combination {
  if (sync === 'IN_SYNC') return { status, connection, sync: 'OUT_OF_SYNC' };
  if (sync === 'SYNCING') return { status, connection, sync: 'ERROR' };
  return { status, connection, sync };
}
