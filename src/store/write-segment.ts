/** Makes a new segment of the log: a checkpoint that says all of memory again, whole before it has a name. */

import { createHash } from 'node:crypto';
import type { RecordBodies } from '../engine/record.ts';
import { linkWhole, writeAll } from './durable.ts';
import { logFolder, type SegmentFile, segmentName } from './layout.ts';
import { formatLine, NO_HASH, prepare } from './line.ts';
import type { End } from './scan-segment.ts';
import type { Remembered } from './store.ts';

export interface SegmentPlan {
  readonly seq: number;
  readonly token: number;
  /** Hash of the record before; absent where the log begins. */
  readonly prev?: string | undefined;
  /** ISO 8601. */
  readonly time: string;
  readonly actor: string;
  readonly project: string;
  readonly keyCheck: string;
  /** In the order in which they are written. */
  readonly remembered: readonly Remembered[];
  /** `follows`, `seals`, `recovers`, `prunes`, `renames`. */
  readonly more: Pick<RecordBodies['checkpoint'], 'follows' | 'seals' | 'recovers' | 'prunes' | 'renames'>;
}

export interface NewSegment {
  readonly file: SegmentFile;
  readonly end: End;
}

const BATCH = 256 * 1024;

/**
 * Writes, syncs and links it. Throws StoreError where a memory is too large for a record, and EEXIST where the name is
 * taken; in both cases the log is as before. `named` is called once the segment has its name.
 */
export async function writeSegment(
  folder: string,
  plan: SegmentPlan,
  id: string,
  named?: () => void,
): Promise<NewSegment> {
  const remembered = plan.remembered.map((body) => prepare({ kind: 'remembered', body }, plan.actor));
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
  const drafts = [prepare({ kind: 'checkpoint', body }, plan.actor), ...remembered];
  const name = segmentName(plan.seq, plan.token);
  let seq = plan.seq;
  let hash = plan.prev ?? NO_HASH;
  let bytes = 0;
  await linkWhole(
    logFolder(folder),
    name,
    id,
    async (handle) => {
      let batch: string[] = [];
      let size = 0;
      const flush = async (): Promise<void> => {
        const written = Buffer.from(batch.join(''));
        batch = [];
        size = 0;
        bytes += written.length;
        await writeAll(handle, written);
      };
      for (const draft of drafts) {
        const line = formatLine(seq, plan.time, plan.actor, draft, hash);
        batch.push(line.text);
        size += line.text.length;
        hash = line.hash;
        seq += 1;
        if (size >= BATCH) await flush();
      }
      if (batch.length > 0) await flush();
    },
    named,
  );
  return { file: { name, seq: plan.seq, token: plan.token }, end: { seq: seq - 1, hash, time: plan.time, bytes } };
}
