/**
 * The lock on files: a file `lock-<token>` that names its holder. The process that linked it may write.
 *
 * The token is that of the newest segment; taking over from a dead holder links the next one. A lock file is complete
 * before it is linked, and linking is exclusive, so one contender gets a token. The remaining races are those of a
 * process that read the lock, slept, and acted on a state that had changed. Three rules close them:
 *
 * 1. `lock-T` of a dead holder is removed only after a segment with a higher token exists, which seals T's segment.
 *    (A take-over that finds the log damaged creates no segment, and so leaves the dead lock in place.)
 *    A lock whose segment exists is given back only after all lower locks are removed. Otherwise `lock-T` would be the
 *    highest again, and its holder, if alive, would write behind the seal. If lower locks cannot be removed, the lock
 *    stays: its process and its heartbeat end, so it is taken over without manual help.
 * 2. A process that has linked a lock reads the folder again. If a lock or a segment has a higher token, the first
 *    reading was old: the lock is given back and the attempt starts again. The same happens if the next lower lock is
 *    not below the newest segment's token and its holder is neither dead nor the one that was taken over. Locks
 *    further down do not count: the lock above them fences them, even if its own holder has ended.
 * 3. Locks below the newest segment's token have no meaning.
 *
 * | The late process                                                | is stopped by |
 * |------------------------------------------------------------------|---------------|
 * | saw no lock, and links `lock-T` after another process took over T+1 | rule 1: `lock-T` was free only after segment T+1 existed; rule 2 sees that, or `lock-T+1` |
 * | saw `lock-T` dead, and links `lock-T+1` after another take-over   | the link fails while that process holds it; later, `lock-T+1` is simply the lock of the newest segment, and the reading after linking decides if a segment is needed |
 * | the same, after two take-overs                                    | rule 2: segment T+2 exists |
 * | saw `lock-T` dead, and links `lock-T+1` while T is held again     | impossible while T's dead lock exists (rule 1); if it was removed by hand, rule 2 sees the living holder of `lock-T` |
 * | sees a lock that is being given back, and takes it for a held one | rule 3, or it waits a moment and reads again |
 *
 * The same file is the fence of every write: the holder checks it before it writes, and again before it acknowledges
 * the write. A take-over links the higher lock *before* it reads the end of the log. So an acknowledged record was on
 * disk before that reading began, and is within the seal; a later record is never acknowledged.
 *
 * Holders that may be taken over:
 *
 * | The holder                                   | is taken over | because |
 * |-----------------------------------------------|---------------|---------|
 * | its process has ended                          | at once       | same boot and same pid namespace, so this is certain |
 * | its lock file has not changed for the whole lease | by a contender that waits that long | its heartbeat (heartbeat.ts) sets the file's time; only the absence of change counts, by the contender's own monotonic clock, so no two clocks are compared |
 * | named by `takeOver`                            | at once       | a person has checked |
 *
 * A silent holder, or one that a person took the lock from, may be alive: paused, or cut off. It is the late process
 * above. After it wakes up, the fence stops it: it sees the higher lock before it writes, or before it acknowledges
 * the write; and its late bytes are behind the seal.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { readdir } from '#plugin/direct-files';
import type { HeldLock } from '../backend.ts';
import { ignoreMissing, linkWhole, writeAll } from './durable.ts';
import { errorCode } from '../error-code.ts';
import { FenceLostError } from '../errors.ts';
import { isDead, parseHolder } from '../holder.ts';
import { lockName, parseLockName, WISH } from './layout.ts';
import { listLog } from './read-log.ts';
import type { Holder, LockStatus } from '../store.ts';
import { type AcquireOptions, type Refused, waitForLock, type Wish } from '../wait-for-lock.ts';

interface LockView {
  /** Tokens of the lock files, lowest first. */
  readonly locks: readonly number[];
  /** Highest token of a segment; 0 without segments. */
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
  /** The file's modification time, in ns: compared, never read as a time. */
  readonly beat: bigint;
  /** The modification time, in epoch ms. */
  readonly beatAt: number;
  readonly inode: bigint;
}

/**
 * Undefined: the lock was given back meanwhile. Opens the file each time, because a network file system looks the name
 * up again only then.
 */
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

/** Creates the lock file; false if another process has that token. */
export async function linkLock(folder: string, token: number, holder: Holder, id: string): Promise<boolean> {
  try {
    await linkWhole(folder, lockName(token), `lock-${id}`, (handle) =>
      writeAll(handle, Buffer.from(`${JSON.stringify(holder)}\n`)),
    );
    return true;
  } catch (error) {
    const code = errorCode(error);
    // ENOENT: the holder of the lock deleted this temporary file before it had its name.
    if (code === 'EEXIST' || code === 'ENOENT') return false;
    throw error;
  }
}

/** Removes a lock file if this handle owns it. */
export async function unlinkLock(folder: string, lock: HeldLock): Promise<void> {
  const holder = await readHolder(folder, lock.token).catch(() => undefined);
  if (holder?.id === lock.holder.id) await unlink(join(folder, lockName(lock.token))).catch(ignoreMissing);
}

/** Gives a lock back. The lock stays if lower locks that its segment seals off cannot be removed (rule 1). */
export async function giveBackLock(folder: string, lock: HeldLock): Promise<void> {
  const { locks, newest } = await look(folder);
  if (newest >= lock.token && locks.some((other) => other < lock.token)) await unlinkLocksBelow(folder, lock.token);
  await unlinkLock(folder, lock);
}

/** Removes the locks below a token that has a segment. No process can write under them. */
export async function unlinkLocksBelow(folder: string, token: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const other = parseLockName(name);
    if (other !== undefined && other < token) await unlink(join(folder, name)).catch(ignoreMissing);
  }
}

/** Applies rule 2 of this file's header. `passed` is the holder that was taken over, dead or not. */
async function mayKeep(folder: string, token: number, passed: LockFile | undefined): Promise<boolean> {
  const { locks, newest } = await look(folder);
  if (newest > token || locks.some((other) => other > token)) return false;
  // Only the next lower lock: its existence keeps those below from writing.
  const other = locks.findLast((each) => each < token);
  if (other === undefined || other < newest) return true;
  const holder = await readHolder(folder, other);
  if (holder === undefined || isDead(holder)) return true;
  return other === passed?.token && holder.id === passed.holder.id;
}

/** Another process's lock as last read, and the time since which it has not changed, in monotonic ms. */
interface Refusal extends Refused {
  readonly seen: LockFile;
  readonly since: number;
}

function isSameBeat(a: LockFile, b: LockFile): boolean {
  return a.token === b.token && a.inode === b.inode && a.beat === b.beat && a.holder.id === b.holder.id;
}

/** Makes one attempt. Returns the lock, its holder, or `again` if the view was old. */
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
    // The file may still have been linked. No process should wait for a holder that does not know of its lock.
    await unlinkLock(folder, lock).catch(() => undefined);
    throw error;
  }
  await unlinkLock(folder, lock);
  return 'again';
}

/**
 * The wish of a contender: a file in the store's folder, so only a user who may write the store can make one. Every holder
 * removes all wishes when it takes the lock, and a waiting contender makes its own again. So a wish of this hold is never
 * older than the hold, and no clocks are compared.
 */
function wishOf(folder: string, contender: Holder): Wish {
  const path = join(folder, `${WISH}${contender.id}`);
  return {
    make: async () => writeFileSync(path, JSON.stringify(contender), { mode: 0o600 }),
    withdraw: () => unlink(path).catch(ignoreMissing),
  };
}

/** True if a contender waits. One that was killed on another machine counts until the next hold. */
export function isWanted(folder: string): boolean {
  return readdirSync(folder).some((name) => {
    if (!name.startsWith(WISH)) return false;
    try {
      return !isDead(parseHolder(readFileSync(join(folder, name), 'utf8')));
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return false;
      throw error;
    }
  });
}

/** Takes the lock. Throws LockHeldError when the time is over, and the signal's reason when it fires. */
export function acquireLock(
  folder: string,
  holder: Holder,
  id: () => string,
  options: AcquireOptions,
): Promise<HeldLock> {
  return waitForLock<Refusal>(
    folder,
    options,
    (before) => attempt(folder, holder, id(), options, before),
    wishOf(folder, holder),
  );
}

/** The status of the lock; undefined if it is not held. `now` is this machine's clock, in epoch ms. */
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
  return { holder, token, liveness, heartbeatAt: beatAt, leaseMs };
}

/**
 * Throws FenceLostError unless this handle still owns the lock. Reads the folder first and the file second: a take-over
 * removes this file before it gives its own back, so one of the two readings sees it. Synchronous: two short calls
 * before every write.
 */
export function assertFence(folder: string, lock: HeldLock): void {
  let found: string;
  try {
    const newer = readdirSync(folder).find((name) => (parseLockName(name) ?? 0) > lock.token);
    if (newer !== undefined)
      throw new FenceLostError(`the log was taken over: ${newer} is newer than this handle's lock-${lock.token}`);
    found = readFileSync(join(folder, lockName(lock.token)), 'utf8');
  } catch (error) {
    if (error instanceof FenceLostError) throw error;
    throw new FenceLostError(
      `the log was taken over, or its lock was removed: lock-${lock.token} cannot be read (${errorCode(error)})`,
      { cause: error },
    );
  }
  if (parseHolder(found).id !== lock.holder.id)
    throw new FenceLostError(`the log was taken over: lock-${lock.token} belongs to another holder`);
}
