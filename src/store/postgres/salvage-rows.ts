/**
 * Starts the log again after its last sound record, and sets aside the damaged part and everything after it, in one
 * atomic transaction. The semantics are those of the store on files:
 *
 * | Damage in                                     | State comes from                   | Set aside                             |
 * |------------------------------------------------|------------------------------------|---------------------------------------|
 * | the tail of the newest checkpoint              | that checkpoint and the sound tail | the rows after it                     |
 * | the newest checkpoint                          | the one before it, and its tail    | the newest one and the rows after it  |
 * | an older range, or between two                 | the newest checkpoint, as always   | everything up to the damage           |
 * | every checkpoint                               | nowhere: a cold start              | everything                            |
 * | the fence, or the table of checkpoints         | unchanged                          | nothing: both are written again       |
 *
 * Resources in rows that are set aside after the last sound record are marked unknown.
 */

import type { HeldLock } from '../backend.ts';
import type { Split } from '../examine.ts';
import type { Chain } from '../chain.ts';
import { FenceLostError } from '../errors.ts';
import { readRemains, type Remains } from '../remains.ts';
import type { Transaction } from './connection.ts';
import { type Place, readFence } from './fence.ts';
import { eachRow, type RowLogView } from './read-rows.ts';
import type { RowSegment } from './walk-rows.ts';
import { listCheckpoint, placeRows, removeRows } from './write-rows.ts';

/** A limit above every number that a log reaches by itself. Higher numbers are ignored. */
const HIGHEST_SEQ = 10 ** 15;

/** Information in the rows after the last sound one. The state in the checkpoint right after it adds nothing new. */
export async function remainsBehind(
  transaction: Transaction,
  place: Place,
  { facts, base }: RowLogView,
): Promise<Remains> {
  const remains: Remains = { addresses: new Set(), seq: 0 };
  const starts = facts.listed.map(({ seq }) => seq);
  const next = (base?.end.seq ?? 0) + 1;
  const skipTo = base !== undefined && starts.includes(next) ? (starts.find((seq) => seq > next) ?? Infinity) : 0;
  await eachRow(transaction, place, base === undefined ? 1 : next, (seq, line) => {
    const bytes = Buffer.from(line);
    readRemains(remains, bytes, 0, bytes.length, seq < skipTo);
  });
  return remains;
}

function rowsText(from: number, to: number): string {
  return from === to ? `record ${from}` : `records ${from} to ${to}`;
}

/** The changes of a recovery to the rows. */
export interface RowSalvage {
  readonly lock: HeldLock;
  readonly quarantine: readonly string[];
  readonly lastSeq: number;
  /** Name of the recovery in the table of quarantine. */
  readonly room: string;
  readonly keep: { readonly below: number; readonly above: number };
  readonly kept: readonly RowSegment[];
}

export function planSalvage(
  lock: HeldLock,
  { facts, segments }: RowLogView,
  { base, kept }: Split<RowSegment>,
  remains: Remains,
  room: string,
): RowSalvage {
  const below = kept[0]?.seq ?? 0;
  const above = base?.end.seq ?? 0;
  const { first, last, fence } = facts;
  const quarantine: string[] = [];
  if (first !== undefined && first < below) quarantine.push(`${room}: ${rowsText(first, below - 1)}`);
  if (last !== undefined && last > above)
    quarantine.push(`${room}: ${rowsText(Math.max(first ?? 1, above + 1), last)}`);
  const highest = Math.max(0, ...segments.map(({ checkpoint }) => checkpoint.body.token));
  const claimed = [remains.seq, last ?? 0, fence?.head?.seq ?? 0].filter((seq) => seq < HIGHEST_SEQ);
  return {
    lock: highest > lock.token ? { ...lock, token: highest + 1 } : lock,
    quarantine,
    lastSeq: Math.max(0, ...claimed),
    room,
    keep: { below, above },
    kept,
  };
}

/** Recovers in the given transaction. `held` is the lock before its token was raised. Throws FenceLostError. */
export async function carryOutSalvage(
  transaction: Transaction,
  place: Place,
  held: HeldLock,
  { lock, keep, kept, room }: RowSalvage,
  checkpoint: Chain,
): Promise<void> {
  const { schema, project } = place;
  const fence = await readFence(transaction, place, true);
  if (fence === undefined || fence.token !== held.token || fence.holder?.id !== held.holder.id)
    throw new FenceLostError('the log was taken over');
  await removeRows(transaction, place, keep, room);
  await transaction.query(`DELETE FROM ${schema}.checkpoints WHERE project = $1`, [project]);
  await transaction.query(
    `INSERT INTO ${schema}.checkpoints (project, seq, length)
     SELECT $1, seq, length FROM unnest($2::bigint[], $3::bigint[]) AS kept (seq, length)`,
    [project, kept.map(({ seq }) => seq), kept.map(({ checkpoint: { body } }) => body.resources + 1)],
  );
  await placeRows(transaction, place, lock.token, checkpoint);
  await listCheckpoint(transaction, place, checkpoint);
}
