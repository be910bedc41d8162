/** Drafts as the next lines of the chain, and the records of a checkpoint. */

import { createHash } from 'node:crypto';
import type { LogRecord, RecordBodies } from '../formats/log-record.ts';
import { formatLine, NO_HASH, type Prepared, prepare } from './line.ts';
import type { Head, Remembered } from './store.ts';

export type CheckpointRecord = LogRecord & { readonly kind: 'checkpoint' };

/** The last sound record of a segment. */
export interface End extends Head {
  /** ISO 8601. */
  readonly time: string;
  /** Length of the segment up to it, in bytes, newlines included. */
  readonly bytes: number;
}

/** The place where a chain continues. */
export interface ChainStart {
  /** Sequence number of the first line. */
  readonly seq: number;
  /** Hash of the previous record; absent at the beginning of the log. */
  readonly prev?: string | undefined;
  /** ISO 8601. */
  readonly time: string;
  readonly actor: string;
}

/** Lines that follow one another, ready to be written. */
export interface Chain extends ChainStart {
  readonly prev: string;
  readonly drafts: readonly Prepared[];
  /** One for each draft, without newlines. */
  readonly lines: readonly string[];
  readonly hashes: readonly string[];
  /** The last line. Its `bytes` count these lines alone, each with a newline. */
  readonly end: End;
}

export function chainLines(drafts: readonly Prepared[], { seq, prev = NO_HASH, time, actor }: ChainStart): Chain {
  const lines: string[] = [];
  const hashes: string[] = [];
  let hash = prev;
  let bytes = 0;
  for (const [index, draft] of drafts.entries()) {
    const line = formatLine(seq + index, time, actor, draft, hash);
    hash = line.hash;
    bytes += Buffer.byteLength(line.text);
    lines.push(line.text.slice(0, -1));
    hashes.push(hash);
  }
  const end = { seq: seq + drafts.length - 1, hash, time, bytes };
  return { seq, prev, time, actor, drafts, lines, hashes, end };
}

/** The records of a chain. Each body is a copy, independent of the caller's object, as a reader will find it. */
export function recordsOf({ seq, prev, time, actor, drafts, hashes }: Chain): readonly LogRecord[] {
  return drafts.map(
    (draft, index) =>
      ({
        seq: seq + index,
        time,
        actor,
        kind: draft.kind,
        body: JSON.parse(draft.body) as unknown,
        prev: index === 0 ? prev : hashes[index - 1],
        hash: hashes[index],
      }) as LogRecord,
  );
}

/** The text of a chain's lines in pieces of at least `size` characters, except for the last. */
export function* batchesOf(
  { seq, lines }: Chain,
  size: number,
): Generator<{ readonly seq: number; readonly lines: readonly string[] }> {
  let from = 0;
  let length = 0;
  for (let index = 0; index < lines.length; index += 1) {
    length += lines[index]?.length ?? 0;
    if (length < size && index + 1 < lines.length) continue;
    yield { seq: seq + from, lines: lines.slice(from, index + 1) };
    from = index + 1;
    length = 0;
  }
}

/** The reasons for a checkpoint: `follows`, `seals`, `recovers`, `prunes`, `renames`. */
export type CheckpointReasons = Pick<
  RecordBodies['checkpoint'],
  'follows' | 'seals' | 'recovers' | 'prunes' | 'renames'
>;

export interface CheckpointPlan {
  readonly project: string;
  readonly token: number;
  /** In the order in which they are written. */
  readonly remembered: readonly Remembered[];
  readonly reasons: CheckpointReasons;
}

/** The lines of a checkpoint. Throws StoreError if the state of a resource is too large for a record. */
export function checkpointChain(plan: CheckpointPlan, start: ChainStart): Chain {
  const remembered = plan.remembered.map((body) => prepare({ kind: 'remembered', body }, start.actor));
  const digest = createHash('sha256');
  for (const draft of remembered) digest.update(draft.body).update('\n');
  const body: RecordBodies['checkpoint'] = {
    format: 1,
    project: plan.project,
    token: plan.token,
    resources: remembered.length,
    digest: digest.digest('hex'),
    ...plan.reasons,
  };
  return chainLines([prepare({ kind: 'checkpoint', body }, start.actor), ...remembered], start);
}
