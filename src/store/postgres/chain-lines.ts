/** Drafts as the next lines of the chain, and what a checkpoint is made of. */

import { createHash } from 'node:crypto';
import type { RecordBodies } from '../../engine/record.ts';
import { formatLine, NO_HASH, type Prepared, prepare } from '../line.ts';
import type { End } from '../scan-segment.ts';
import type { Remembered } from '../store.ts';

/** Where a chain goes on. */
export interface ChainStart {
  /** Number of the first line. */
  readonly seq: number;
  /** Hash of the record before; absent where the log begins. */
  readonly prev?: string | undefined;
  /** ISO 8601. */
  readonly time: string;
  readonly actor: string;
}

export interface Chain {
  readonly start: number;
  /** Without newlines, as the table holds them. */
  readonly lines: readonly string[];
  readonly hashes: readonly string[];
  /** Its `bytes` are those of these lines alone, each with a newline. */
  readonly end: End;
}

export function chainLines(drafts: readonly Prepared[], { seq, prev, time, actor }: ChainStart): Chain {
  const lines: string[] = [];
  const hashes: string[] = [];
  let hash = prev ?? NO_HASH;
  let bytes = 0;
  for (const [index, draft] of drafts.entries()) {
    const line = formatLine(seq + index, time, actor, draft, hash);
    hash = line.hash;
    bytes += Buffer.byteLength(line.text);
    lines.push(line.text.slice(0, -1));
    hashes.push(hash);
  }
  return { start: seq, lines, hashes, end: { seq: seq + drafts.length - 1, hash, time, bytes } };
}

export interface CheckpointPlan {
  readonly project: string;
  readonly token: number;
  readonly keyCheck: string;
  /** In the order in which they are written. */
  readonly remembered: readonly Remembered[];
  readonly more: Pick<RecordBodies['checkpoint'], 'follows' | 'recovers' | 'prunes' | 'renames'>;
}

/** The records of a checkpoint. Throws StoreError where a memory is too large for a record. */
export function checkpointDrafts(plan: CheckpointPlan, actor: string): readonly Prepared[] {
  const remembered = plan.remembered.map((body) => prepare({ kind: 'remembered', body }, actor));
  const digest = createHash('sha256');
  for (const draft of remembered) digest.update(draft.body).update('\n');
  const body: RecordBodies['checkpoint'] = {
    format: 1,
    project: plan.project,
    token: plan.token,
    resources: remembered.length,
    digest: digest.digest('hex'),
    keyCheck: plan.keyCheck,
    ...plan.more,
  };
  return [prepare({ kind: 'checkpoint', body }, actor), ...remembered];
}
