/**
 * Starts the log anew behind its last sound record, and sets aside what is damaged or comes after it: one transaction,
 * so it is done or it is not. The semantics are those of the store on files:
 *
 * | Damage in                                     | Memory comes from                  | Set aside                             |
 * |------------------------------------------------|------------------------------------|---------------------------------------|
 * | the tail of the newest checkpoint              | that checkpoint and the sound tail | the rows behind it                    |
 * | the newest checkpoint                          | the one before it, and its tail    | the newest one and what follows it    |
 * | an older range, or between two                 | the newest checkpoint, as always   | everything up to the damage           |
 * | every checkpoint                               | nowhere: a cold start              | everything                            |
 * | the key                                        | unchanged                          | the old key; a new one takes its place |
 * | the fence, or the table of checkpoints         | unchanged                          | nothing: both are written anew        |
 *
 * Resources that the rows name which are set aside behind the last sound record are marked unknown.
 */

import type { RecordBodies } from '../../engine/record.ts';
import { compareText } from '#plugin';
import { FenceLostError, StoreError } from '../errors.ts';
import { keyCheckOf, newKeyText, parseKey } from '../key.ts';
import { readRemains, rememberedBeside, type Remains } from '../remains.ts';
import type { Head, RecoverReport } from '../store.ts';
import { chainLines, type Chain, checkpointDrafts } from './chain-lines.ts';
import type { Transaction } from './connection.ts';
import { type HeldLock, type Place, readFence } from './fence.ts';
import { eachRow } from './read-rows.ts';
import { type Examination, examine } from './verify-rows.ts';
import type { Range } from './walk-rows.ts';
import { listCheckpoint, placeRows, removeRows } from './write-rows.ts';

export interface RecoveryContext {
  readonly lock: HeldLock;
  readonly actor: string;
  /** Epoch ms. */
  readonly now: number;
  readonly randomId: () => string;
}

/** What a recovery will do. */
export interface RecoveryPlan {
  readonly report: RecoverReport;
  readonly lock: HeldLock;
  /** Absent: nothing is damaged. */
  readonly work?: {
    readonly chain: Chain;
    readonly keep: { readonly below: number; readonly above: number };
    /** Ranges that stay. */
    readonly kept: readonly Range[];
    readonly recovery: string;
    /** A new key in the place of one that is of no use. */
    readonly key?: string;
  };
}

/** Above every number that a log comes to by itself: what claims to be higher does not count. */
const HIGHEST_SEQ = 10 ** 15;

interface Split {
  readonly base: Range | undefined;
  readonly kept: readonly Range[];
  /** Where the log begins from now on, if that is later than it was. */
  readonly prunes?: Head;
}

function split({ view, misfolded }: Examination): Split {
  const { ranges, base } = view;
  const at = base === undefined ? -1 : ranges.indexOf(base);
  if (at < 0) return { base: undefined, kept: [] };
  const holds = (range: Range | undefined): boolean =>
    range !== undefined && range.linked && !misfolded.has(range.checkpoint.seq);
  let start = at;
  while (start > 0 && holds(ranges[start])) start -= 1;
  const first = ranges[start];
  const kept = ranges.slice(start, at + 1);
  const follows = first?.checkpoint.body.follows;
  return holds(first) || follows === undefined ? { base, kept } : { base, kept, prunes: follows };
}

/** What the rows behind the last sound one tell; what the checkpoint right behind it remembers is nothing new. */
async function remainsBehind(
  transaction: Transaction,
  place: Place,
  { view }: Examination,
  base: Range | undefined,
): Promise<Remains> {
  const remains: Remains = { addresses: new Set(), seq: 0 };
  const starts = view.facts.listed.map(({ seq }) => seq);
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

/** So many damages are written into the checkpoint; the report has all of them. */
const LISTED = 20;

/** Reads the log, and plans what is to be done. Writes nothing. */
export async function planRecovery(
  transaction: Transaction,
  place: Place,
  { lock, actor, now, randomId }: RecoveryContext,
): Promise<RecoveryPlan> {
  const found = await examine(transaction, place);
  if (found === undefined) throw new FenceLostError('the store is gone');
  const { view, damage } = found;
  const { facts } = view;
  const { base, kept, prunes } = split(found);
  const end = base?.end;
  if (damage.length === 0 && end !== undefined) {
    const head = { seq: end.seq, hash: end.hash };
    return { report: { damage: [], quarantine: [], head, cold: false, unknown: [] }, lock };
  }
  if (facts.key === 'hidden') throw new StoreError('the key of the store may not be read by this user');
  const remains = await remainsBehind(transaction, place, found, base);
  const time = new Date(Math.max(now, end === undefined ? 0 : Date.parse(end.time))).toISOString();
  const recovery = `${time}-${randomId()}`;

  const below = kept[0]?.checkpoint.seq ?? 0;
  const above = end?.seq ?? 0;
  const { first, last } = facts;
  const quarantine: string[] = [];
  if (first !== undefined && first < below) quarantine.push(`${recovery}: ${rowsText(first, below - 1)}`);
  if (last !== undefined && last > above)
    quarantine.push(`${recovery}: ${rowsText(Math.max(first ?? 1, above + 1), last)}`);

  const said = base?.checkpoint.body.keyCheck;
  const isKeyGood = typeof facts.key !== 'string' && (said === undefined || said === keyCheckOf(facts.key));
  const key = isKeyGood ? undefined : newKeyText().trimEnd();
  if (key !== undefined && facts.key !== 'missing') quarantine.push(`${recovery}: the key`);
  const used = key === undefined ? facts.key : parseKey(`${key}\n`);

  const highest = Math.max(0, ...view.ranges.map(({ checkpoint }) => checkpoint.body.token));
  const raised = highest > lock.token ? { ...lock, token: highest + 1 } : lock;
  const cold = end === undefined;
  const claimed = [remains.seq, last ?? 0, facts.fence?.head?.seq ?? 0].filter((seq) => seq < HIGHEST_SEQ);
  const recovers: RecordBodies['checkpoint']['recovers'] = {
    damage: damage.slice(0, LISTED).map(({ message }) => message),
    quarantine,
    cold,
  };
  const drafts = checkpointDrafts(
    {
      project: place.project,
      token: raised.token,
      keyCheck: keyCheckOf(Buffer.isBuffer(used) ? used : Buffer.alloc(0)),
      remembered: rememberedBeside(found.recall, remains),
      more: cold
        ? { recovers }
        : { follows: { seq: end.seq, hash: end.hash }, recovers, ...(prunes === undefined ? {} : { prunes }) },
    },
    actor,
  );
  const seq = cold ? Math.max(0, ...claimed) + 1 : end.seq + 1;
  const chain = chainLines(drafts, { seq, prev: end?.hash, time, actor });
  return {
    report: {
      damage,
      quarantine,
      head: { seq: chain.end.seq, hash: chain.end.hash },
      cold,
      unknown: [...remains.addresses].sort(compareText),
    },
    lock: raised,
    work: { chain, keep: { below, above }, kept, recovery, ...(key === undefined ? {} : { key }) },
  };
}

/** Does it, in the transaction that it is given. `lock` is the one that is held. Throws FenceLostError. */
export async function carryOutRecovery(
  transaction: Transaction,
  place: Place,
  lock: HeldLock,
  { work, lock: raised }: RecoveryPlan,
): Promise<void> {
  if (work === undefined) return;
  const { schema, project } = place;
  const fence = await readFence(transaction, place, true);
  if (fence === undefined || fence.token !== lock.token || fence.holder?.id !== lock.holder.id)
    throw new FenceLostError('the log was taken over');
  await removeRows(transaction, place, work.keep, work.recovery);
  if (work.key !== undefined) {
    await transaction.query(
      `INSERT INTO ${schema}.quarantine (project, recovery, kind, seq, line)
       SELECT project, $2, 'key', 0, key FROM ${schema}.keys WHERE project = $1`,
      [project, work.recovery],
    );
    await transaction.query(
      `INSERT INTO ${schema}.keys (project, key) VALUES ($1, $2) ON CONFLICT (project) DO UPDATE SET key = excluded.key`,
      [project, work.key],
    );
  }
  await transaction.query(`DELETE FROM ${schema}.checkpoints WHERE project = $1`, [project]);
  await transaction.query(
    `INSERT INTO ${schema}.checkpoints (project, seq, length)
     SELECT $1, seq, length FROM unnest($2::bigint[], $3::bigint[]) AS kept (seq, length)`,
    [
      project,
      work.kept.map(({ checkpoint }) => checkpoint.seq),
      work.kept.map(({ checkpoint }) => checkpoint.body.resources + 1),
    ],
  );
  await placeRows(transaction, place, raised.token, work.chain);
  await listCheckpoint(transaction, place, work.chain);
}
