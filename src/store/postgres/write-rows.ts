/** Writes rows under the fence: the same statement moves the fence to the new end, or nothing is written. */

import type { HeldLock } from '../backend.ts';
import { batchesOf, type Chain } from '../chain.ts';
import { StoreBrokenError } from '../errors.ts';
import type { Head } from '../store.ts';
import type { Transaction } from './connection.ts';
import { assertHeld, type Place, readFence } from './fence.ts';
import { PROJECT_TABLES } from './tables.ts';

/** Minimum number of characters of lines per statement. */
const BATCH = 2 * 1024 * 1024;

/**
 * Appends lines after `before`, the end of the log that the holder knows. The change of the fence row waits for any
 * other transaction that has it, and then compares. Throws FenceLostError, or StoreBrokenError.
 */
export async function appendRows(
  transaction: Transaction,
  place: Place,
  lock: HeldLock,
  before: Head,
  chain: Chain,
): Promise<void> {
  const { schema, project } = place;
  let fenced = false;
  for (const batch of batchesOf(chain, BATCH)) {
    if (!fenced) {
      const { count } = await transaction.query(
        `WITH fence AS (
           UPDATE ${schema}.fences
           SET head_seq = $6, head_hash = $7, beat = beat + 1, beat_at = clock_timestamp()
           WHERE project = $1 AND token = $2 AND holder_id = $3 AND head_seq = $4 AND head_hash = $5
           RETURNING project
         )
         INSERT INTO ${schema}.records (project, seq, line)
         SELECT fence.project, $8::bigint + n - 1, line
         FROM fence, unnest($9::text[]) WITH ORDINALITY AS new (line, n)`,
        [
          project,
          lock.token,
          lock.holder.id,
          before.seq,
          before.hash,
          chain.end.seq,
          chain.end.hash,
          batch.seq,
          batch.lines,
        ],
      );
      if (count !== batch.lines.length) {
        assertHeld(await readFence(transaction, place, true), lock, before);
        throw new StoreBrokenError(
          'the log could not be written, although the lock is held. This process writes nothing more',
        );
      }
      fenced = true;
    } else await insertRows(transaction, place, batch.seq, batch.lines);
  }
}

async function insertRows(
  transaction: Transaction,
  { schema, project }: Place,
  seq: number,
  lines: readonly string[],
): Promise<void> {
  await transaction.query(
    `INSERT INTO ${schema}.records (project, seq, line)
     SELECT $1, $2::bigint + n - 1, line FROM unnest($3::text[]) WITH ORDINALITY AS new (line, n)`,
    [project, seq, lines],
  );
}

/** Writes lines without a check of the fence, and moves it to their end, for a caller that has locked its row. */
export async function placeRows(transaction: Transaction, place: Place, token: number, chain: Chain): Promise<void> {
  for (const batch of batchesOf(chain, BATCH)) await insertRows(transaction, place, batch.seq, batch.lines);
  await transaction.query(
    `UPDATE ${place.schema}.fences
     SET token = $2, head_seq = $3, head_hash = $4, beat = beat + 1, beat_at = clock_timestamp() WHERE project = $1`,
    [place.project, token, chain.end.seq, chain.end.hash],
  );
}

export async function listCheckpoint(
  transaction: Transaction,
  { schema, project }: Place,
  chain: Chain,
): Promise<void> {
  await transaction.query(`INSERT INTO ${schema}.checkpoints (project, seq, length) VALUES ($1, $2, $3)`, [
    project,
    chain.seq,
    chain.lines.length,
  ]);
}

/** Maximum number of rows per statement, so that each stays within its deadline. */
const SLICE_ROWS = 10_000;

export interface Outside {
  /** Rows below this number. */
  readonly below: number;
  /** Rows above this number. */
  readonly above: number;
}

/** Removes rows from the log, and copies them to quarantine if that has a name. */
export async function removeRows(
  transaction: Transaction,
  { schema, project }: Place,
  { below, above }: Outside,
  recovery?: string,
): Promise<void> {
  const removal = `DELETE FROM ${schema}.records WHERE project = $1 AND seq IN (
      SELECT seq FROM ${schema}.records WHERE project = $1 AND (seq < $2 OR seq > $3) ORDER BY seq LIMIT ${SLICE_ROWS}
    )`;
  const text =
    recovery === undefined
      ? removal
      : `WITH removed AS (${removal} RETURNING seq, line)
         INSERT INTO ${schema}.quarantine (project, recovery, kind, seq, line)
         SELECT $1, $4, 'record', seq, line FROM removed`;
  const values = [project, below, above, ...(recovery === undefined ? [] : [recovery])];
  for (let count = SLICE_ROWS; count === SLICE_ROWS; ) ({ count } = await transaction.query(text, values));
}

/** True if a record is in the log. Waits for transactions that could still write it. */
export async function isWritten(transaction: Transaction, place: Place, head: Head): Promise<boolean> {
  await readFence(transaction, place, true);
  const { rows } = await transaction.query(
    `SELECT right(line, 66) FROM ${place.schema}.records WHERE project = $1 AND seq = $2`,
    [place.project, head.seq],
  );
  return rows[0]?.[0] === `${head.hash}"}`;
}

/** Gives all rows of a project another name, and reserves the old name so that no new log uses it. */
export async function renameRows(transaction: Transaction, { schema, project }: Place, to: string): Promise<void> {
  // The row of the fence is first: deposits that are under way end before it is changed, and their rows are moved.
  for (const table of PROJECT_TABLES.filter((name) => name !== 'records'))
    await transaction.query(`UPDATE ${schema}.${table} SET project = $2 WHERE project = $1`, [project, to]);
  const text = `UPDATE ${schema}.records SET project = $2 WHERE project = $1 AND seq IN (
      SELECT seq FROM ${schema}.records WHERE project = $1 ORDER BY seq LIMIT ${SLICE_ROWS}
    )`;
  for (let count = SLICE_ROWS; count === SLICE_ROWS; ) ({ count } = await transaction.query(text, [project, to]));
  await transaction.query(`DELETE FROM ${schema}.renames WHERE project = $1`, [to]);
  await transaction.query(`UPDATE ${schema}.renames SET renamed_to = $2 WHERE renamed_to = $1`, [project, to]);
  await transaction.query(`INSERT INTO ${schema}.renames (project, renamed_to) VALUES ($1, $2)`, [project, to]);
}
