/**
 * Starts the log anew from its last sound record, and sets aside what is damaged or comes after it.
 *
 * One file decides: the new segment. Until it is linked nothing has changed, except that copies lie in quarantine and
 * a key may be new; so a recovery that is killed before can simply be done again. Its checkpoint has a token of its
 * own, seals the last sound segment where its sound records end, and names every file that it sets aside; readers
 * pass over those from that moment on. Moving them is tidying, which the next holder of the lock goes on with.
 *
 * | Damage in                                      | Memory comes from                    | Set aside                                   |
 * |-------------------------------------------------|--------------------------------------|---------------------------------------------|
 * | the tail of the newest segment                  | its checkpoint and the sound tail    | a copy of it; its unsound rest is cut off   |
 * | the checkpoint of the newest segment            | the segment before it                | the newest segment                          |
 * | an older segment, or between two                | the newest segment, as always        | everything up to the damage: what is remembered does not need it |
 * | every checkpoint                                | nowhere: a cold start                | everything                                  |
 * | the key                                         | unchanged                            | the old key; a new one takes its place      |
 *
 * Resources that the unsound bytes name are marked unknown: something was done to them that nobody can read any more.
 */

import { copyFile, lstat, mkdir, open, readFile, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { RecordBodies } from '../engine/record.ts';
import { compareText } from '#plugin';
import { ignoreMissing, replaceWhole, syncFolder, writeAll } from './durable.ts';
import { FenceLostError } from './errors.ts';
import { assertFence, giveBackLock, type HeldLock, linkLock, unlinkLocksBelow } from './file-lock.ts';
import { keyCheckOf, newKeyText, parseKey, readKey } from './key.ts';
import { keyFile, logFolder, quarantineFolder, type SegmentFile } from './layout.ts';
import type { Link } from './read-log.ts';
import { readRemains, rememberedBeside, type Remains } from './remains.ts';
import { type CheckpointRecord, readCheckpoint, type SegmentScan } from './scan-segment.ts';
import type { RecoverReport } from './store.ts';
import { type Examination, examine } from './verify-log.ts';
import { type NewSegment, type SegmentPlan, writeSegment } from './write-segment.ts';

export interface RecoveryContext {
  readonly lock: HeldLock;
  readonly project: string;
  readonly actor: string;
  /** Epoch ms. */
  readonly now: number;
  readonly randomId: () => string;
}

export interface Recovery {
  readonly report: RecoverReport;
  readonly lock: HeldLock;
  /** Absent: nothing was damaged. */
  readonly segment?: NewSegment;
}

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

/** How the links of the log are split by the damage. */
interface Split {
  readonly base: Link | undefined;
  /** Before the damage that lies before the base. */
  readonly before: readonly Link[];
  /** After the last sound record. */
  readonly after: readonly Link[];
  /** Where the log begins from now on, if that is later than it was. */
  readonly prunes?: { readonly seq: number; readonly hash: string };
}

function split(found: Examination): Split {
  const { links, base } = found.view;
  const at = links.findIndex(({ scan }) => scan.file.name === base?.file.name);
  if (at < 0) return { base: undefined, before: [], after: links };
  const holds = (link: Link | undefined): boolean =>
    link !== undefined && link.linked && !found.misfolded.has(link.scan.file.name);
  let start = at;
  while (start > 0 && holds(links[start])) start -= 1;
  const first = links[start] as Link;
  const parts = { base: links[at], before: links.slice(0, start), after: links.slice(at + 1) };
  const follows = first.scan.checkpoint?.body.follows;
  return holds(first) || follows === undefined ? parts : { ...parts, prunes: follows };
}

/** Length of the part of a base segment that could belong to the log. */
function lengthOf(scan: SegmentScan): number {
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

/** A copy with a sync: what is cut off afterwards must be on disk here. */
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

/** Moves what a recovery set aside, and cuts what it sealed off. Goes on where a kill stopped it; replaces nothing. */
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

/** Cuts a file to a length and syncs it; a file that is no longer than that stays as it is. */
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

/** The key's check value, after making a new key where the old one is of no use. */
async function settleKey(folder: string, found: Examination, id: string): Promise<string> {
  const key = await readKey(folder);
  const said = found.view.base?.checkpoint.body.keyCheck;
  if (typeof key !== 'string' && (said === undefined || said === keyCheckOf(key))) return keyCheckOf(key);
  const text = newKeyText();
  await replaceWhole(folder, 'key', id, (handle) => writeAll(handle, Buffer.from(text)));
  return keyCheckOf(parseKey(text) ?? Buffer.alloc(0));
}

/** A token above every one that a file's name claims; ours, if it is that already. */
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
    throw new FenceLostError(`the log was taken over: lock-${token} is another one's`);
  return { token, holder: lock.holder };
}

/** So many damages are written into the checkpoint; the report has all of them. */
const LISTED = 20;

/** Needs the lock. Throws FenceLostError where it was lost; otherwise the log is sound afterwards. */
export async function recoverLog(folder: string, context: RecoveryContext): Promise<Recovery> {
  const { lock, randomId } = context;
  assertFence(folder, lock);
  await mkdir(logFolder(folder), { recursive: true, mode: 0o700 });
  const found = await examine(folder);
  if (found === undefined) throw new FenceLostError('the store is gone');
  const { view } = found;
  const end = view.base?.end;
  if (found.damage.length === 0 && end !== undefined) {
    return {
      report: { damage: [], quarantine: [], head: { seq: end.seq, hash: end.hash }, cold: false, unknown: [] },
      lock,
    };
  }

  const { base, before, after, prunes } = split(found);
  const remains: Remains = { addresses: new Set(), seq: 0 };
  const inLog = (name: string): string => join(logFolder(folder), name);
  const cut = base !== undefined && end !== undefined && lengthOf(base.scan) > end.bytes;
  // A torn record was never acknowledged, so nothing was done on the strength of it.
  if (cut && base.scan.torn === 0)
    await readRemainsOf(remains, inLog(base.scan.file.name), end.bytes, lengthOf(base.scan), false);
  for (const [index, { scan }] of after.entries()) {
    // A segment that begins where the base ends remembers what the base folds to, so its first part tells nothing new.
    const skip = index === 0 && base?.scan.damage === undefined && scan.file.seq === (end?.seq ?? 0) + 1;
    await readRemainsOf(remains, inLog(scan.file.name), 0, scan.size, skip);
  }
  for (const name of view.strays) await readRemainsOf(remains, inLog(name), 0, Number.POSITIVE_INFINITY, false);

  const time = new Date(Math.max(context.now, end === undefined ? 0 : Date.parse(end.time))).toISOString();
  const room = join('quarantine', `${time.replaceAll(':', '-')}-${randomId()}`);
  const inner = await makeQuarantine(folder, basename(room));
  const quarantine: string[] = [];
  if (cut) {
    await copyDurably(inLog(base.scan.file.name), join(inner, base.scan.file.name));
    quarantine.push(join(room, base.scan.file.name));
  }
  const keyDamaged = found.damage.some(({ file }) => file === 'key');
  if (keyDamaged && (await isThere(keyFile(folder)))) {
    await copyDurably(keyFile(folder), join(inner, 'store.key'));
    quarantine.push(join(room, 'store.key'));
  }
  for (const { scan } of [...before, ...after]) quarantine.push(join(room, scan.file.name));
  for (const name of view.strays) quarantine.push(join(room, name));

  const keyCheck = await settleKey(folder, found, randomId());
  const listed = [...view.links.map(({ scan }) => scan.file), ...view.apart];
  const raised = await raiseToken(folder, lock, listed, randomId());
  const cold = base === undefined || end === undefined;
  const recovers: RecordBodies['checkpoint']['recovers'] = {
    damage: found.damage.slice(0, LISTED).map(({ message }) => message),
    quarantine,
    cold,
  };
  const coldSeq = Math.max(remains.seq, 0, ...after.map(({ scan }) => scan.file.seq)) + 1;
  const plan: SegmentPlan = {
    seq: cold ? coldSeq : end.seq + 1,
    token: raised.token,
    prev: end?.hash,
    time,
    actor: context.actor,
    project: context.project,
    keyCheck,
    remembered: rememberedBeside(found.recall, remains),
    more: cold
      ? { recovers }
      : {
          follows: { seq: end.seq, hash: end.hash },
          seals: { segment: base.scan.file.name, seq: end.seq, hash: end.hash, bytes: end.bytes },
          recovers,
          ...(prunes === undefined ? {} : { prunes }),
        },
  };
  let segment: NewSegment;
  try {
    segment = await writeSegment(folder, plan, randomId());
  } catch (error) {
    // The lock that was held stays as it was; one that leads nowhere would only stop others.
    if (raised !== lock) await giveBackLock(folder, raised).catch(() => undefined);
    throw error;
  }
  await unlinkLocksBelow(folder, raised.token);
  const made = await readCheckpoint(folder, segment.file);
  if (made !== undefined) await tidyRecovery(folder, made);
  return {
    report: {
      damage: found.damage,
      quarantine,
      head: { seq: segment.end.seq, hash: segment.end.hash },
      cold,
      unknown: [...remains.addresses].sort(compareText),
    },
    lock: raised,
    segment,
  };
}
