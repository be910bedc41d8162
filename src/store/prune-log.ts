/**
 * Pruning: the oldest segments go, on purpose and with a record of it.
 *
 * The newest segment's checkpoint names the last record that goes (`prunes`) before anything is deleted. From then on
 * the segments up to there are no part of the log, whether their files are still there or not: a prune that was
 * stopped half way leaves a sound log, and the next one deletes what it left.
 */

import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoreMissing, syncFolder } from './durable.ts';
import { LogDamagedError } from './errors.ts';
import { logFolder, type SegmentFile } from './layout.ts';
import { readAll } from './read-log.ts';
import type { Head } from './store.ts';

/** What a prune will do once its checkpoint is written. */
export interface PrunePlan {
  /** Sequence and hash of the last record that goes; absent where none does. */
  readonly last?: Head;
  /** Files that go, oldest first: those of the log, and what an earlier prune left. */
  readonly goes: readonly SegmentFile[];
  /** Sequence number of the oldest record that stays. */
  readonly from: number;
}

/**
 * Plans to keep `keep` segments, the one that is about to begin at record `next` included. Throws LogDamagedError:
 * what is damaged is recovered first, or the damage would go unseen with what is deleted.
 */
export async function planPrune(folder: string, keep: number, next: Head): Promise<PrunePlan> {
  const view = await readAll(folder, {});
  if (view === undefined) return { goes: [], from: next.seq + 1 };
  if (view.damage.length > 0) throw new LogDamagedError(view.damage);
  const { links, pruned } = view;
  const kept = keep - 1;
  const going = links.slice(0, Math.max(0, links.length - kept));
  const first = links[going.length]?.scan;
  if (going.length === 0) return { goes: pruned, from: first?.file.seq ?? 1 };
  const last = going.at(-1)?.scan.end ?? next;
  return {
    last: { seq: last.seq, hash: last.hash },
    goes: [...pruned, ...going.map(({ scan }) => scan.file)],
    from: first?.file.seq ?? next.seq + 1,
  };
}

/** Deletes the files, oldest first. */
export async function deleteSegments(folder: string, files: readonly SegmentFile[]): Promise<void> {
  for (const { name } of files) await unlink(join(logFolder(folder), name)).catch(ignoreMissing);
  if (files.length > 0) await syncFolder(logFolder(folder));
}
