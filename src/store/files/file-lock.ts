/**
 * The lock on files: a file `lock-<token>` that names its holder. Whoever has linked it may write.
 *
 * The token is that of the newest segment; taking over from a dead holder links the next one. Lock files are made
 * whole and linked exclusively, so of all who want one token, one gets it. What is left are the races of somebody who
 * looked, slept, and acted on what was no longer so. They are closed by three rules:
 *
 * 1. `lock-T` of a dead holder is removed only after a segment with a higher token exists, which seals T's segment.
 *    (A take-over that finds the log damaged makes no segment, and so leaves the dead lock where it is.)
 *    And a lock whose segment exists is given back only after all lower ones are removed, or `lock-T` would be the
 *    highest again, and its holder, if it lives, would go on behind the seal. Where they cannot be removed, it stays:
 *    its process ends, and its heartbeat has ended, so it is taken over without a hand.
 * 2. Whoever has linked a lock looks again. A lock or a segment with a higher token: the look was old, so the lock is
 *    given back and all begins anew. The next lower lock, where it is not below the newest segment's token, and its
 *    holder is neither dead nor the one that was taken over: the same. Locks further down do not count: the one above
 *    them fences them already, whatever became of its holder.
 * 3. Locks below the newest segment's token mean nothing, to nobody.
 *
 * | The late one                                                    | is stopped by |
 * |------------------------------------------------------------------|---------------|
 * | saw no lock, and links `lock-T` after somebody took over T+1      | rule 1: `lock-T` was free only after segment T+1 was there; rule 2 sees that, or `lock-T+1` |
 * | saw `lock-T` dead, and links `lock-T+1` after another take-over   | the link fails while that one holds it; later, `lock-T+1` is simply the lock of the newest segment, and whether a segment must be made is decided by what is seen after linking |
 * | the same, after two take-overs                                    | rule 2: segment T+2 is there |
 * | saw `lock-T` dead, and links `lock-T+1` while T is held anew      | cannot be while T's dead lock stands (rule 1); were it removed by hand, rule 2 sees the living holder of `lock-T` |
 * | a give-back is seen by a third, who takes it for a holder         | rule 3, or the third one waits a moment and looks again |
 *
 * The same file is the fence of every write: the holder looks for it before it writes, and again before it says that
 * the write is done. Who takes over links the higher lock *before* it reads where the log ends. So a record that was
 * acknowledged was on disk before that reading began, and is within the seal; and a record that came later is never
 * acknowledged.
 *
 * Who may be taken over:
 *
 * | The holder                                   | is taken over | because |
 * |-----------------------------------------------|---------------|---------|
 * | its process is gone                            | at once       | same boot and same pid namespace: it can be seen |
 * | its lock file did not change for the whole lease | by who waits that long | its heartbeat (heartbeat.ts) sets the file's time; only the standing still counts, by the contender's own monotonic clock, so no two clocks are compared |
 * | named by `takeOver`                            | at once       | a person has looked |
 *
 * A holder that was silent, or that a person took the lock from, may be alive: paused, or cut off. It is in the place
 * of the late one above. Whatever it does after it wakes up, the fence stops: it sees the higher lock before it writes,
 * or before it says that it has written; and what it wrote lies behind the seal.
 */

import { instantText } from '#plugin';
import { readdirSync, readFileSync } from 'node:fs';
import { type FileHandle, open, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { HeldLock } from '../backend.ts';
import { ignoreMissing, linkWhole, writeAll } from './durable.ts';
import { errorCode, FenceLostError } from '../errors.ts';
import { isDead, parseHolder } from '../holder.ts';
import { lockName, parseLockName } from './layout.ts';
import { listLog } from './read-log.ts';
import type { Holder, LockStatus } from '../store.ts';
import { type AcquireOptions, type Refused, waitForLock } from '../wait-for-lock.ts';

interface LockView {
  /** Tokens of the lock files, lowest first. */
  readonly locks: readonly number[];
  /** Highest token of a segment; 0 where there is none. */
  readonly newest: number;
}

async function look(folder: string): Promise<LockView> {
  const names = await readdir(folder);
  const locks = names
    .map(parseLockName)
    .filter((token) => token !== undefined)
    .sort((a, b) => a - b);
  const listing = await listLog(folder);
  return { locks, newest: Math.max(0, ...(listing?.segments ?? []).map((file) => file.token)) };
}

/** A lock file: its holder, and its last heartbeat. */
interface LockFile {
  readonly token: number;
  readonly holder: Holder;
  /** The file's time of change, in ns: compared, never read as a time. */
  readonly beat: bigint;
  /** The same, as epoch ms. */
  readonly beatAt: number;
  readonly inode: bigint;
}

/** Undefined: it was given back meanwhile. Opened anew each time: that is when a file on a network is looked up again. */
async function readLock(folder: string, token: number): Promise<LockFile | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(join(folder, lockName(token)), 'r');
    const holder = parseHolder(await handle.readFile('utf8'));
    const { mtimeNs, ino } = await handle.stat({ bigint: true });
    return { token, holder, beat: mtimeNs, beatAt: Number(mtimeNs / 1_000_000n), inode: ino };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  } finally {
    await handle?.close();
  }
}

async function readHolder(folder: string, token: number): Promise<Holder | undefined> {
  return (await readLock(folder, token))?.holder;
}

/** Makes the lock file; false if somebody else has that token. */
export async function linkLock(folder: string, token: number, holder: Holder, id: string): Promise<boolean> {
  try {
    await linkWhole(folder, lockName(token), `lock-${id}`, (handle) =>
      writeAll(handle, Buffer.from(`${JSON.stringify(holder)}\n`)),
    );
    return true;
  } catch (error) {
    const code = errorCode(error);
    // ENOENT: the holder of the lock tidied our temporary file away before it had its name.
    if (code === 'EEXIST' || code === 'ENOENT') return false;
    throw error;
  }
}

/** Removes a lock file if it is ours. */
export async function unlinkLock(folder: string, lock: HeldLock): Promise<void> {
  const holder = await readHolder(folder, lock.token).catch(() => undefined);
  if (holder?.id === lock.holder.id) await unlink(join(folder, lockName(lock.token))).catch(ignoreMissing);
}

/** Gives a lock back; it stays where lower ones that its segment has sealed off cannot be removed (rule 1). */
export async function giveBackLock(folder: string, lock: HeldLock): Promise<void> {
  const { locks, newest } = await look(folder);
  if (newest >= lock.token && locks.some((other) => other < lock.token)) await unlinkLocksBelow(folder, lock.token);
  await unlinkLock(folder, lock);
}

/** Removes the locks below a token of which there is a segment: nobody writes under them any more. */
export async function unlinkLocksBelow(folder: string, token: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const other = parseLockName(name);
    if (other !== undefined && other < token) await unlink(join(folder, name)).catch(ignoreMissing);
  }
}

/** Rule 2 of the head of this file. `passed` is the holder that was taken over, dead or not. */
async function mayKeep(folder: string, token: number, passed: LockFile | undefined): Promise<boolean> {
  const { locks, newest } = await look(folder);
  if (newest > token || locks.some((other) => other > token)) return false;
  // Only the next lower one: those below it cannot write since it is there.
  const other = locks.findLast((each) => each < token);
  if (other === undefined || other < newest) return true;
  const holder = await readHolder(folder, other);
  if (holder === undefined || isDead(holder)) return true;
  return other === passed?.token && holder.id === passed.holder.id;
}

/** Somebody else's lock, as it was seen, and since when it has not changed: monotonic ms. */
interface Refusal extends Refused {
  readonly seen: LockFile;
  readonly since: number;
}

function isSameBeat(a: LockFile, b: LockFile): boolean {
  return a.token === b.token && a.inode === b.inode && a.beat === b.beat && a.holder.id === b.holder.id;
}

/** One attempt: the lock, or its holder, or `again` if the view was old. */
async function attempt(
  folder: string,
  holder: Holder,
  id: string,
  options: AcquireOptions,
  before: Refusal | undefined,
): Promise<HeldLock | Refusal | 'again'> {
  const { locks, newest } = await look(folder);
  const highest = locks.at(-1);
  let token = Math.max(newest, 1);
  let passed: LockFile | undefined;
  if (highest !== undefined && highest >= newest) {
    passed = await readLock(folder, highest);
    if (passed === undefined) return 'again';
    const now = performance.now();
    const since = before !== undefined && isSameBeat(before.seen, passed) ? before.since : now;
    const isSilent = now - since >= options.leaseMs;
    const isNamed = options.takeOver !== undefined && options.takeOver === passed.holder.id;
    if (!isSilent && !isNamed && !isDead(passed.holder))
      return { holder: passed.holder, lock: join(folder, lockName(highest)), seen: passed, since };
    token = highest + 1;
  }
  const lock = { token, holder };
  try {
    if (!(await linkLock(folder, token, holder, id))) return 'again';
    if (await mayKeep(folder, token, passed)) return lock;
  } catch (error) {
    // It may have been linked all the same: nobody is to wait for a holder that does not know of its lock.
    await unlinkLock(folder, lock).catch(() => undefined);
    throw error;
  }
  await unlinkLock(folder, lock);
  return 'again';
}

/** Takes the lock. Throws LockHeldError when the time is over, and the signal's reason when it fires. */
export function acquireLock(
  folder: string,
  holder: Holder,
  id: () => string,
  options: AcquireOptions,
): Promise<HeldLock> {
  return waitForLock<Refusal>(folder, options, (before) => attempt(folder, holder, id(), options, before));
}

/** How the lock stands; undefined where nobody has one. `now` is this machine's clock, in epoch ms. */
export async function lockStatusOf(folder: string, leaseMs: number, now: number): Promise<LockStatus | undefined> {
  let view: LockView;
  try {
    view = await look(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const highest = view.locks.at(-1);
  if (highest === undefined || highest < view.newest) return undefined;
  const lock = await readLock(folder, highest);
  if (lock === undefined) return undefined;
  const { holder, token, beatAt } = lock;
  const liveness = isDead(holder) ? 'dead' : now - beatAt > leaseMs ? 'silent' : 'held';
  return { holder, token, liveness, heartbeatAt: instantText(beatAt), leaseMs };
}

/**
 * Throws FenceLostError unless the lock is still ours. Folder first, file second: who takes over removes our file
 * before it gives its own back, so one of the two looks sees it. Synchronous: two short calls before every write.
 */
export function assertFence(folder: string, lock: HeldLock): void {
  let found: string;
  try {
    const newer = readdirSync(folder).find((name) => (parseLockName(name) ?? 0) > lock.token);
    if (newer !== undefined)
      throw new FenceLostError(`the log was taken over: ${newer} is newer than ours, lock-${lock.token}`);
    found = readFileSync(join(folder, lockName(lock.token)), 'utf8');
  } catch (error) {
    if (error instanceof FenceLostError) throw error;
    throw new FenceLostError(
      `the log was taken over, or its lock was removed: lock-${lock.token} cannot be read (${errorCode(error)})`,
      { cause: error },
    );
  }
  if (parseHolder(found).id !== lock.holder.id)
    throw new FenceLostError(`the log was taken over: lock-${lock.token} is another one's`);
}
