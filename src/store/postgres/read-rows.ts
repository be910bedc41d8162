/** Reads a log from its tables within one snapshot: from the newest valid checkpoint, or all of it. */

import { type Base, isBase, type LogView, type Reading } from '../backend.ts';
import { readLine } from '../line.ts';
import { missingRecords } from '../links.ts';
import type { Damage } from '../store.ts';
import type { Transaction } from './connection.ts';
import { type FenceRow, type Place, readFence } from './fence.ts';
import { hasTables } from './schema.ts';
import { type RowSegment, RowWalk, type Walked } from './walk-rows.ts';
import { defined } from '#plugin';

/** A row of the table of checkpoints. */
export interface Listed {
  readonly seq: number;
  readonly length: number;
}

/** The content of the tables, without the records. */
export interface Facts {
  readonly fence?: FenceRow;
  /** Lowest sequence number first. */
  readonly listed: readonly Listed[];
  /** Sequence number of the first row. */
  readonly first?: number;
  readonly last?: number;
  /** True if the fence names an existing record and its hash. */
  readonly isFenced: boolean;
  /** Earlier names of the project. */
  readonly formerNames: readonly string[];
}

export interface RowLogView extends LogView<RowSegment> {
  readonly facts: Facts;
}

/** Earlier names of the project in the checkpoints, which the walk validates. */
async function readFormerNames(transaction: Transaction, { schema, project }: Place): Promise<readonly string[]> {
  const { rows } = await transaction.query(
    `SELECT listed.seq, record.line FROM ${schema}.checkpoints listed JOIN ${schema}.records record USING (project, seq)
     WHERE project = $1 AND strpos(record.line, '"renames":{"from":') > 0`,
    [project],
  );
  return rows.flatMap(([seq, line]) => {
    const bytes = Buffer.from(String(line));
    const record = readLine(bytes, 0, bytes.length, Number(seq), undefined);
    return typeof record === 'string' || record.kind !== 'checkpoint' ? [] : (record.body.renames?.from ?? []);
  });
}

/** Undefined: the project does not have a log here. */
export async function readFacts(transaction: Transaction, place: Place): Promise<Facts | undefined> {
  const { schema, project } = place;
  const fence = await readFence(transaction, place);
  const { rows } = await transaction.query(
    `SELECT min(seq), max(seq), (SELECT right(line, 66) FROM ${schema}.records WHERE project = $1 AND seq = $2)
     FROM ${schema}.records WHERE project = $1`,
    [project, fence?.head?.seq ?? null],
  );
  const [first, last, end] = rows[0] ?? [];
  const listed = await transaction.query(
    `SELECT seq, length FROM ${schema}.checkpoints WHERE project = $1 ORDER BY seq`,
    [project],
  );
  if (fence === undefined && typeof first !== 'string' && listed.count === 0) return undefined;
  return defined({
    fence,
    listed: listed.rows.map(([seq, length]) => ({ seq: Number(seq), length: Number(length) })),
    first: typeof first === 'string' ? Number(first) : undefined,
    last: typeof last === 'string' ? Number(last) : undefined,
    isFenced: fence?.head !== undefined && end === `${fence.head.hash}"}`,
    formerNames: await readFormerNames(transaction, place),
  });
}

/** Maximum number of rows of an answer, and of bytes before its last row. Bounds a reader's memory. */
const PAGE_ROWS = 2_000;
const PAGE_BYTES = 4 * 1024 * 1024;

/** Gives every row from a sequence number on, in order. Holds one page at a time. */
export async function eachRow(
  transaction: Transaction,
  { schema, project }: Place,
  from: number,
  give: (seq: number, line: string) => void,
): Promise<void> {
  const text = `SELECT seq, line FROM (
      SELECT seq, line, sum(octet_length(line)::bigint) OVER (ORDER BY seq) - octet_length(line) AS before
      FROM (SELECT seq, line FROM ${schema}.records WHERE project = $1 AND seq >= $2 ORDER BY seq LIMIT ${PAGE_ROWS}) AS page
    ) AS summed WHERE before < ${PAGE_BYTES} ORDER BY seq`;
  for (let start = from; ; ) {
    const { rows } = await transaction.query(text, [project, start]);
    if (rows.length === 0) return;
    for (const [seq, line] of rows) {
      give(Number(seq), String(line));
      start = Number(seq) + 1;
    }
  }
}

/** Compares the fence with a log whose records are all sound. */
function fenceDamage({ fence, isFenced }: Facts, base: Base<RowSegment>): readonly Damage[] {
  const wrong = (message: string): readonly Damage[] => [{ code: 'fence-wrong', message, seq: base.end.seq }];
  if (fence === undefined) return wrong('the fence of the project is missing');
  const { head, token } = fence;
  if (head === undefined) return wrong('the fence does not match the end of the log');
  if (head.seq > base.end.seq) return [missingRecords(base.end.seq + 1, head.seq, ' at the end of the log')];
  if (!isFenced || head.seq !== base.end.seq)
    return wrong(
      `the fence names record ${head.seq} with hash ${head.hash} as the end of the log, which does not end there`,
    );
  const highest = base.checkpoint.body.token;
  return token < highest ? wrong(`the fence has token ${token}, and the log has token ${highest}`) : [];
}

/** Compares the table of checkpoints with the sound records. */
function listDamage(
  { listed }: Facts,
  segments: readonly RowSegment[],
  isSound: boolean,
  from: number,
): readonly Damage[] {
  const lengths = new Map(listed.map(({ seq, length }) => [seq, length]));
  const found = segments.map(({ checkpoint }) => checkpoint);
  const wrong = found
    .filter(({ seq, body }) => lengths.get(seq) !== body.resources + 1)
    .map(({ seq }) => ({
      seq,
      message: `record ${seq}: the table of checkpoints does not list this checkpoint correctly`,
    }));
  const starts = new Set(found.map(({ seq }) => seq));
  // After damage, a listed checkpoint may be the damaged one.
  const more = isSound ? listed.filter(({ seq }) => seq >= from && !starts.has(seq)) : [];
  const extra = more.map(({ seq }) => ({ seq, message: `record ${seq} is listed as a checkpoint, and is not one` }));
  return [...wrong, ...extra].map(({ seq, message }) => ({ code: 'checkpoint-table', message, seq }));
}

/** The places where reading can start, the best first. */
function startsOf({ from }: Reading, { listed, first }: Facts): readonly number[] {
  if (first === undefined) return [];
  if (from === 'all') return [first];
  const most = from === 'newest' ? Infinity : from.at;
  const starts = listed.map(({ seq }) => seq).filter((seq) => seq >= first && seq <= most);
  return [...new Set([first, ...starts])].toReversed();
}

/**
 * Passes the sound records to `take`, from the newest valid checkpoint on.
 * Undefined: the project does not have a log here.
 */
export async function readRows(
  transaction: Transaction,
  place: Place,
  reading: Reading,
): Promise<RowLogView | undefined> {
  if (!(await hasTables(transaction, place))) return undefined;
  const facts = await readFacts(transaction, place);
  if (facts === undefined) return undefined;
  let walked: Walked = { segments: [], damage: [] };
  let base: Base<RowSegment> | undefined;
  for (const start of startsOf(reading, facts)) {
    const walk = new RowWalk({
      names: new Set([place.project, ...facts.formerNames]),
      whole: start === facts.first && reading.from === 'all',
      limit: facts.isFenced ? facts.fence?.head?.seq : undefined,
      take: reading.take,
      enter: reading.enter,
    });
    await eachRow(transaction, place, start, (seq, line) => walk.row(seq, line));
    walked = walk.finish();
    base = walked.segments.findLast(isBase);
    if (base !== undefined) break;
  }
  const damage = [...walked.damage];
  if (facts.first === undefined)
    damage.push({ code: 'no-record', message: 'the store has no log: every record is missing' });
  if (base !== undefined) {
    const isSound = damage.length === 0;
    if (isSound) damage.push(...fenceDamage(facts, base));
    damage.push(...listDamage(facts, walked.segments.filter(isBase), isSound, walked.first ?? 1));
  }
  return { segments: walked.segments, base, damage, notes: [], leftovers: [], facts };
}
