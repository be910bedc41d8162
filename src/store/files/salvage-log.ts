/**
 * Starts the log again from its last sound record, and sets aside the damaged part and everything after it.
 *
 * One file decides: the new segment. Until it is linked, the only change is that copies are in quarantine, so a
 * recovery that is killed earlier can be repeated. Its checkpoint has its own token, seals the last sound segment
 * at the end of its sound records, and names every file that it sets aside. From then on readers skip those files.
 * Moving them is cleanup, which the next holder of the lock continues.
 *
 * | Damage in                                      | State comes from                     | Set aside                                   |
 * |-------------------------------------------------|--------------------------------------|---------------------------------------------|
 * | the tail of the newest segment                  | its checkpoint and the sound tail    | a copy of it; its unsound rest is cut off   |
 * | the checkpoint of the newest segment            | the segment before it                | the newest segment                          |
 * | an older segment, or between two                | the newest segment, as always        | everything up to the damage: the state does not need it |
 * | every checkpoint                                | nowhere: a cold start                | everything                                  |
 *
 * Resources that the unsound bytes name are marked unknown: their latest records cannot be read.
 */

import { copyFile, lstat, mkdir, open, readFile, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { HeldLock, Salvage } from '../backend.ts';
import type { Split } from '../examine.ts';
import type { CheckpointRecord } from '../chain.ts';
import { ignoreMissing, syncFolder } from './durable.ts';
import { FenceLostError } from '../errors.ts';
import { assertFence, giveBackLock, linkLock } from './file-lock.ts';
import { logFolder, quarantineFolder, type SegmentFile } from './layout.ts';
import type { FileLogView, FileSegment } from './read-log.ts';
import { readRemains, type Remains } from '../remains.ts';
import { writeSegment } from './write-segment.ts';

async function readRemainsOf(
  remains: Remains,
  path: string,
  from: number,
  to: number,
  skipRemembered: boolean,
): Promise<void> {
  let bytes: Buffer;
  try {
    bytes = (await readFile(path)).subarray(from, to);
  } catch {
    return;
  }
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    if (end > start) readRemains(remains, bytes, start, end, skipRemembered);
    start = end + 1;
  }
}

/** Length of the part of a base segment that could belong to the log. */
function lengthOf(scan: FileSegment): number {
  return scan.size - scan.late;
}

async function makeQuarantine(folder: string, name: string): Promise<string> {
  const outer = quarantineFolder(folder);
  await mkdir(outer, { recursive: true, mode: 0o700 });
  const inner = join(outer, name);
  await mkdir(inner, { mode: 0o700 });
  await syncFolder(outer);
  await syncFolder(folder);
  return inner;
}

/** Copies a file and syncs the copy, because the original is cut afterwards. */
async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  const handle = await open(to, 'r+');
  try {
    await handle.chmod(0o600);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncFolder(dirname(to));
}

async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

/** Moves the files that a recovery set aside, and cuts the sealed segment. Continues after a kill; replaces nothing. */
export async function tidyRecovery(folder: string, checkpoint: CheckpointRecord): Promise<void> {
  const { recovers, seals } = checkpoint.body;
  let changed = false;
  for (const path of recovers?.quarantine ?? []) {
    const name = basename(path);
    const source = join(logFolder(folder), name);
    const target = join(folder, path);
    if (!(await isThere(source))) continue;
    const copied = await isThere(target);
    if (name === seals?.segment) {
      if (copied) await cutFile(source, seals.bytes);
    } else if (!copied) {
      await rename(source, target).catch(ignoreMissing);
      changed = true;
    }
  }
  if (!changed) return;
  await syncFolder(logFolder(folder));
  for (const inner of new Set((recovers?.quarantine ?? []).map((path) => dirname(path))))
    await syncFolder(join(folder, inner));
}

/** Cuts a file to a length and syncs it. A shorter file stays unchanged. */
export async function cutFile(path: string, bytes: number): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    if ((await handle.stat()).size <= bytes) return;
    await handle.truncate(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A token above every token in a file's name; this lock's own token if it is the highest. */
async function raiseToken(
  folder: string,
  lock: HeldLock,
  segments: readonly SegmentFile[],
  id: string,
): Promise<HeldLock> {
  const highest = Math.max(0, ...segments.map((file) => file.token));
  if (lock.token > highest) return lock;
  const token = highest + 1;
  if (!(await linkLock(folder, token, lock.holder, id)))
    throw new FenceLostError(`the log was taken over: lock-${token} belongs to another holder`);
  return { token, holder: lock.holder };
}

/** Prepares a recovery under the lock. Throws FenceLostError if the lock was lost. */
export async function salvageLog(
  folder: string,
  lock: HeldLock,
  view: FileLogView,
  { base, before, after }: Split<FileSegment>,
  room: string,
  randomId: () => string,
): Promise<Salvage> {
  assertFence(folder, lock);
  await mkdir(logFolder(folder), { recursive: true, mode: 0o700 });
  const remains: Remains = { addresses: new Set(), seq: 0 };
  const inLog = (name: string): string => join(logFolder(folder), name);
  const isCut = base !== undefined && lengthOf(base) > base.end.bytes;
  // A torn record was never acknowledged, so no action relied on it.
  if (isCut && base.torn === 0)
    await readRemainsOf(remains, inLog(base.file.name), base.end.bytes, lengthOf(base), false);
  for (const [index, { file, size }] of after.entries()) {
    // A segment that begins where the base ends has the base's fold as its checkpoint, which adds nothing new.
    const skip = index === 0 && base?.damage === undefined && file.seq === (base?.end.seq ?? 0) + 1;
    await readRemainsOf(remains, inLog(file.name), 0, size, skip);
  }
  for (const name of view.strays) await readRemainsOf(remains, inLog(name), 0, Number.POSITIVE_INFINITY, false);

  const inner = join('quarantine', room.replaceAll(':', '-'));
  const made = await makeQuarantine(folder, basename(inner));
  if (isCut) await copyDurably(inLog(base.file.name), join(made, base.file.name));
  const aside = [...before, ...after].map(({ file }) => file.name);
  const quarantine = [...(isCut ? [base.file.name] : []), ...aside, ...view.strays].map((name) => join(inner, name));
  const listed = [...view.segments.map(({ file }) => file), ...view.apart];
  const raised = await raiseToken(folder, lock, listed, randomId());
  return {
    lock: raised,
    remains,
    quarantine,
    lastSeq: Math.max(remains.seq, 0, ...after.map(({ seq }) => seq)),
    seals: base && { segment: base.file.name, seq: base.end.seq, hash: base.end.hash, bytes: base.end.bytes },
    commit: async (checkpoint) => {
      try {
        await writeSegment(folder, raised.token, checkpoint, randomId());
      } catch (error) {
        // The held lock stays unchanged. A new one without a segment would only block others.
        if (raised !== lock) await giveBackLock(folder, raised).catch(() => undefined);
        throw error;
      }
    },
  };
}
