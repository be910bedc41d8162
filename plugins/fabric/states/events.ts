/** Events of a fabric: the only way from one combination of its states to the next. */

import {
  type Combination,
  type Connection,
  isPossible,
  type Recorded,
  type Status,
  type Sync,
  withoutSync,
} from './combination.ts';

interface Move<Part extends keyof Recorded, State extends string> {
  readonly part: Part;
  readonly from: readonly State[];
  readonly to: State;
  /** True if the event also ends a sync, and the assertion that the fabric is in sync. */
  readonly endsSync?: true;
  /** States of the other parts without which the event is refused. */
  readonly needs?: { readonly status?: readonly Status[]; readonly connection?: readonly Connection[] };
}

type AnyMove = Move<'status', Status> | Move<'connection', Connection> | Move<'sync', Sync>;

/** Every allowed transition of the three machines. A transition that no event makes is forbidden. */
export const MOVES = {
  activated: { part: 'status', from: ['PLANNED'], to: 'ACTIVE' },
  'maintenance-started': { part: 'status', from: ['ACTIVE'], to: 'MAINTENANCE' },
  'maintenance-ended': { part: 'status', from: ['MAINTENANCE'], to: 'ACTIVE' },
  decommissioned: { part: 'status', from: ['ACTIVE', 'MAINTENANCE'], to: 'DECOMMISSIONED', endsSync: true },
  'test-started': { part: 'connection', from: ['UNKNOWN', 'CONNECTED', 'FAILED'], to: 'TESTING' },
  'test-passed': { part: 'connection', from: ['TESTING'], to: 'CONNECTED' },
  'test-failed': { part: 'connection', from: ['TESTING'], to: 'FAILED', endsSync: true },
  'connection-lost': { part: 'connection', from: ['CONNECTED'], to: 'FAILED', endsSync: true },
  'sync-started': {
    part: 'sync',
    from: ['NEVER_SYNCED', 'IN_SYNC', 'OUT_OF_SYNC', 'ERROR'],
    to: 'SYNCING',
    needs: { status: ['PLANNED', 'ACTIVE'], connection: ['CONNECTED'] },
  },
  'sync-succeeded': { part: 'sync', from: ['SYNCING'], to: 'IN_SYNC' },
  'sync-failed': { part: 'sync', from: ['SYNCING'], to: 'ERROR' },
  'drift-found': { part: 'sync', from: ['IN_SYNC'], to: 'OUT_OF_SYNC' },
} as const satisfies Readonly<Record<string, AnyMove>>;

/** `repository-failed` moves no machine of its own; only the sync can no longer be asserted. */
export type FabricEvent = keyof typeof MOVES | 'repository-failed';

export interface Refused {
  readonly code: 'HH-STATE-001' | 'HH-STATE-002' | 'HH-STATE-010';
  readonly message: string;
}

export type Moved = { readonly state: Combination } | { readonly refused: Refused };

export function moved(state: Combination, event: FabricEvent): Moved {
  if (event === 'repository-failed') return { state: withoutSync(state) };
  const move: AnyMove = MOVES[event];
  const from = state[move.part];
  if (!move.from.some((each) => each === from)) {
    return refused('HH-STATE-001', `The ${move.part} of the fabric cannot move from ${from} to ${move.to} (${event}).`);
  }
  const unmet = unmetNeed(state, move.needs);
  if (unmet !== undefined) {
    return refused('HH-STATE-002', `The ${move.part} of the fabric cannot move from ${from} to ${move.to}: ${unmet}.`);
  }
  const next: Recorded = { ...state, [move.part]: move.to };
  if (move.endsSync) return { state: withoutSync(next) };
  if (isPossible(next)) return { state: next };
  return refused(
    'HH-STATE-010',
    `The ${move.part} of the fabric cannot move from ${from} to ${move.to}: its states would contradict each other (${described(next)}).`,
  );
}

/** Forced correction of a record, an action of its own: `undefined` if the record is possible as it is. */
export function corrected(recorded: Recorded): Combination | undefined {
  return isPossible(recorded) ? undefined : withoutSync(recorded);
}

function unmetNeed(state: Recorded, needs: AnyMove['needs']): string | undefined {
  if (needs?.status?.includes(state.status) === false) return `its status is ${state.status}`;
  if (needs?.connection?.includes(state.connection) === false) return `its connection is ${state.connection}`;
  return undefined;
}

function refused(code: Refused['code'], message: string): Moved {
  return { refused: { code, message } };
}

function described({ status, connection, sync }: Recorded): string {
  return `status ${status}, connection ${connection}, sync ${sync}`;
}
