/**
 * The store on files: a folder with the log, its key and its locks.
 *
 * A handle holds at most one lock, and writes only under it, to the end of the newest segment. Everything that writes
 * goes through one queue, so a new segment never begins while a group of records is on its way to the old one. Once a
 * write, a sync or the fence fails, the handle is poisoned: what is on disk behind the last acknowledged record is not
 * known, and nothing may be written behind the unknown.
 */

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { LogRecord, RecordBodies } from '../engine/record.ts';
import { emptyRecall, fold, rememberedOf } from '../engine/remember.ts';
import { appendQueue } from './append-queue.ts';
import { createStore } from './create-store.ts';
import { removeLeftovers, writeAllNow } from './durable.ts';
import {
  errorCode,
  FenceLostError,
  LogDamagedError,
  StoreBrokenError,
  StoreError,
  StoreProjectError,
} from './errors.ts';
import {
  acquireLock,
  assertFence,
  giveBackLock,
  type HeldLock,
  lockStatusOf,
  unlinkLock,
  unlinkLocksBelow,
} from './file-lock.ts';
import { BEAT_MS, type Heartbeat, LEASE_MS, startHeartbeat } from './heartbeat.ts';
import { thisHolder } from './holder.ts';
import { macUnder, readKey } from './key.ts';
import { lockName, logFolder, type SegmentFile, TEMPORARY, temporaryPrefixBeside } from './layout.ts';
import { formatLine, type Prepared, prepare } from './line.ts';
import { deleteSegments, planPrune } from './prune-log.ts';
import { projectOf, readAll, readNewest } from './read-log.ts';
import { cutFile, recoverLog, tidyRecovery } from './recover-log.ts';
import type { End } from './scan-segment.ts';
import type {
  Damage,
  Fence,
  LockOptions,
  PruneReport,
  ReadReport,
  RecoverReport,
  Remembered,
  Rename,
  Store,
} from './store.ts';
import { verifyLog } from './verify-log.ts';
import { writeSegment } from './write-segment.ts';

export interface FileStoreOptions {
  /** The store's own folder, `.fettle`; it need not exist. */
  readonly folder: string;
  readonly project: string;
  /** Who acts, for the records. */
  readonly actor: string;
  /** Epoch ms. */
  readonly now: () => number;
  /** Unique text of letters, digits and dashes: names of locks and of temporary files. */
  readonly randomId: () => string;
  /** Address of the CI run. */
  readonly run?: string | undefined;
  /** A holder without a heartbeat for so long may be taken over. */
  readonly leaseMs?: number | undefined;
  /** Time between heartbeats. */
  readonly beatMs?: number | undefined;
}

/** The end of the log that is written to. */
interface Tail {
  readonly handle: FileHandle;
  readonly file: SegmentFile;
  readonly keyCheck: string;
  /** Length of the checkpoint part, in bytes. */
  readonly begun: number;
  end: End;
}

/** A lock that is held, and what it may write to: nothing while the log is damaged. */
interface Session {
  readonly lock: HeldLock;
  readonly damage: readonly Damage[];
  readonly tail?: Tail;
  readonly cut?: Fence['cut'];
  readonly heartbeat: Heartbeat;
}

/** A tail below this length is never worth a new segment. */
const ROLL_BYTES = 1024 * 1024;

function brokenBy(error: unknown): StoreError {
  if (error instanceof FenceLostError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new StoreBrokenError(`the log could not be written: ${why}; nothing more is written`, { cause: error });
}

/** A failed system call as an error of the store; any other error is a bug, and stays what it is. */
function asStoreError(error: unknown, place: string): unknown {
  return errorCode(error) === '' || error instanceof StoreError
    ? error
    : new StoreError(`the store ${place} cannot be used: ${error instanceof Error ? error.message : ''}`, {
        cause: error,
      });
}

/** Opens the store on files; nothing is read or written before it is asked for. */
export function openFileStore(options: FileStoreOptions): Store {
  const folder = resolve(options.folder);
  const { actor, now, randomId } = options;
  let { project } = options;
  const leaseMs = options.leaseMs ?? LEASE_MS;
  const beatMs = options.beatMs ?? BEAT_MS;
  let session: Session | undefined;
  let poison: StoreError | undefined;
  let key: Buffer | undefined;

  function timeAfter(end: End | undefined): string {
    return new Date(Math.max(now(), end === undefined ? 0 : Date.parse(end.time))).toISOString();
  }

  function poisoned(error: unknown): StoreError {
    poison ??= brokenBy(error);
    return poison;
  }

  /** The session that a fence stands for; throws unless it may write. */
  function writable(fence: Fence): { readonly lock: HeldLock; readonly tail: Tail } {
    const held = sessionOf(fence);
    if (held.tail === undefined) throw new LogDamagedError(held.damage);
    return { lock: held.lock, tail: held.tail };
  }

  function sessionOf(fence: Fence): Session {
    if (poison !== undefined) throw poison;
    if (session === undefined || session.lock.holder.id !== fence.holder.id)
      throw new FenceLostError('this lock is not held any more');
    return session;
  }

  async function writeGroups(groups: readonly (readonly Prepared[])[]): Promise<readonly (readonly LogRecord[])[]> {
    if (poison !== undefined) throw poison;
    if (session?.tail === undefined) throw new FenceLostError('this lock is not held any more');
    const { lock, tail } = session;
    const time = timeAfter(tail.end);
    let { seq, hash } = tail.end;
    const written = groups.map((group) =>
      group.map((draft) => {
        const prev = hash;
        seq += 1;
        const line = formatLine(seq, time, actor, draft, prev);
        hash = line.hash;
        return { seq, prev, line, draft };
      }),
    );
    const bytes = Buffer.from(written.flatMap((group) => group.map(({ line }) => line.text)).join(''));
    let records: readonly (readonly LogRecord[])[];
    try {
      assertFence(folder, lock);
      writeAllNow(tail.handle.fd, bytes);
      const synced = tail.handle.datasync();
      // While the disk works. The body is as a reader will find it, whatever becomes of the caller's object.
      records = written.map((group) =>
        group.map(({ seq, prev, line, draft }) => {
          const body: unknown = JSON.parse(draft.body);
          return { seq, time, actor, kind: draft.kind, body, prev, hash: line.hash } as LogRecord;
        }),
      );
      await synced;
      assertFence(folder, lock);
    } catch (error) {
      throw poisoned(error);
    }
    tail.end = { seq, hash, time, bytes: tail.end.bytes + bytes.length };
    return records;
  }

  const queue = appendQueue(writeGroups);

  async function openTail(file: SegmentFile, keyCheck: string, begun: number, end: End): Promise<Tail> {
    // Not 'a': a segment that is gone must not come back as an empty file.
    const handle = await open(join(logFolder(folder), file.name), constants.O_WRONLY | constants.O_APPEND);
    return { handle, file, keyCheck, begun, end };
  }

  /** Brings the log of a lock that was just taken, or just recovered, to where it can be written to. */
  async function enter(lock: HeldLock, heartbeat: Heartbeat): Promise<Session> {
    await removeLeftovers(folder, TEMPORARY);
    const recall = emptyRecall();
    const view = await readNewest(folder, (record) => fold(recall, record));
    if (view === undefined) throw new FenceLostError('the store is gone');
    // It may have been renamed while we waited for the lock.
    await assertProject();
    const { base, damage } = view;
    if (damage.length > 0 || base === undefined) return { lock, damage, heartbeat };
    await removeLeftovers(logFolder(folder), TEMPORARY);
    // The folder around the store may be one that we cannot list; then nothing was made there either.
    await removeLeftovers(dirname(folder), temporaryPrefixBeside(folder)).catch(() => undefined);
    const { keyCheck } = base.checkpoint.body;
    const cut = base.torn === 0 ? {} : { cut: { file: `log/${base.file.name}`, bytes: base.torn } };
    if (base.file.token < lock.token) {
      const { seq, hash, bytes } = base.end;
      const made = await writeSegment(
        folder,
        {
          seq: seq + 1,
          token: lock.token,
          prev: hash,
          time: timeAfter(base.end),
          actor,
          project,
          keyCheck,
          remembered: rememberedOf(recall),
          more: { follows: { seq, hash }, seals: { segment: base.file.name, seq, hash, bytes } },
        },
        randomId(),
      );
      await unlinkLocksBelow(folder, lock.token);
      return { lock, damage, heartbeat, ...cut, tail: await openTail(made.file, keyCheck, made.end.bytes, made.end) };
    }
    await unlinkLocksBelow(folder, lock.token);
    await tidyRecovery(folder, base.checkpoint);
    if (base.torn > 0) await cutFile(join(logFolder(folder), base.file.name), base.end.bytes);
    return { lock, damage, heartbeat, ...cut, tail: await openTail(base.file, keyCheck, base.begun.bytes, base.end) };
  }

  async function leave(): Promise<void> {
    const held = session;
    session = undefined;
    if (held === undefined) return;
    await held.heartbeat.stop();
    await held.tail?.handle.close();
    // Where there is a tail, lower locks are gone already.
    await (held.tail === undefined ? giveBackLock(folder, held.lock) : unlinkLock(folder, held.lock));
  }

  function beatFor({ token, holder }: HeldLock): Heartbeat {
    return startHeartbeat({ kind: 'file', path: join(folder, lockName(token)), holderId: holder.id }, beatMs);
  }

  async function takeLock(asked: LockOptions): Promise<Fence> {
    if (poison !== undefined) throw poison;
    const since = new Date(now()).toISOString();
    const holder = thisHolder({ id: randomId(), command: asked.command, since, run: options.run });
    await createStore(folder, { project, actor, time: since, id: randomId() });
    await assertProject();
    const lock = await acquireLock(folder, holder, randomId, { ...asked, leaseMs });
    let heartbeat: Heartbeat | undefined;
    try {
      heartbeat = beatFor(lock);
      session = await enter(lock, heartbeat);
    } catch (error) {
      await heartbeat?.stop();
      // What went wrong first is what is told. A lock that stays behind is silent from now on.
      await giveBackLock(folder, lock).catch(() => undefined);
      throw error;
    }
    return { token: lock.token, holder, ...(session.cut === undefined ? {} : { cut: session.cut }) };
  }

  async function roll(remembered: readonly Remembered[], fence: Fence, force: boolean): Promise<void> {
    const { tail } = writable(fence);
    const tailBytes = tail.end.bytes - tail.begun;
    if (tailBytes === 0 && !force) return;
    if (!force && tailBytes <= Math.max(ROLL_BYTES, 2 * tail.begun)) return;
    await begin(remembered, fence);
  }

  /** Throws StoreProjectError. */
  async function assertProject(): Promise<void> {
    const found = await projectOf(folder);
    if (found !== undefined && found !== project) throw new StoreProjectError(folder, project, found);
  }

  async function rename({ to, ...more }: Rename, remembered: readonly Remembered[], fence: Fence): Promise<void> {
    const from = project;
    project = to;
    try {
      await begin(remembered, fence, { renames: { from, ...more } });
    } catch (error) {
      project = from;
      throw error;
    }
  }

  /** Begins a segment; `prunes` is the last record that is no part of the log from then on. */
  async function begin(
    remembered: readonly Remembered[],
    fence: Fence,
    says: Pick<RecordBodies['checkpoint'], 'prunes' | 'renames'> = {},
  ): Promise<void> {
    const { lock, tail } = writable(fence);
    const { heartbeat } = sessionOf(fence);
    const { seq, hash } = tail.end;
    const plan = {
      seq: seq + 1,
      token: lock.token,
      prev: hash,
      time: timeAfter(tail.end),
      actor,
      project,
      keyCheck: tail.keyCheck,
      remembered,
      more: { follows: { seq, hash }, ...says },
    };
    let named = false;
    try {
      assertFence(folder, lock);
      const made = await writeSegment(folder, plan, randomId(), () => {
        named = true;
      });
      assertFence(folder, lock);
      const next = await openTail(made.file, tail.keyCheck, made.end.bytes, made.end);
      session = { lock, damage: [], heartbeat, tail: next };
      await tail.handle.close();
    } catch (error) {
      // Before the new segment has its name, the log is as it was.
      if (!named && !(error instanceof FenceLostError)) throw asStoreError(error, folder);
      throw poisoned(error);
    }
  }

  async function prune(keep: number, fence: Fence): Promise<PruneReport> {
    if (!Number.isSafeInteger(keep) || keep < 1) throw new StoreError('at least one segment has to be kept');
    const { tail } = writable(fence);
    const plan = await planPrune(folder, keep, { seq: tail.end.seq, hash: tail.end.hash });
    if (plan.last !== undefined) {
      const recall = emptyRecall();
      await readNewest(folder, (record) => fold(recall, record));
      await begin(rememberedOf(recall), fence, { prunes: plan.last });
    }
    await deleteSegments(folder, plan.goes);
    return {
      deleted: plan.goes.map(({ name }) => `log/${name}`),
      ...(plan.last === undefined ? {} : { last: plan.last }),
      from: plan.from,
    };
  }

  async function recover(fence: Fence): Promise<RecoverReport> {
    const held = sessionOf(fence);
    const recovery = await recoverLog(folder, { lock: held.lock, project, actor, now: now(), randomId });
    key = undefined;
    await held.tail?.handle.close();
    // The token may have been raised, and the lock with it is another file.
    const isSame = recovery.lock.token === held.lock.token;
    if (!isSame) await held.heartbeat.stop();
    const heartbeat = isSame ? held.heartbeat : beatFor(recovery.lock);
    session = { lock: recovery.lock, damage: held.damage, heartbeat };
    session = await enter(recovery.lock, heartbeat);
    return recovery.report;
  }

  /** Every look at the log begins by asking whose it is. */
  async function ours<T>(work: () => Promise<T>): Promise<T> {
    return told(async () => {
      await assertProject();
      return work();
    });
  }

  async function told<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw asStoreError(error, folder);
    }
  }

  async function read(
    take: (record: LogRecord) => void,
    from: 'checkpoint' | 'all' = 'checkpoint',
  ): Promise<ReadReport> {
    const view = from === 'all' ? await readAll(folder, { take }) : await readNewest(folder, take);
    if (view === undefined) return { status: 'none', damage: [] };
    const { base, damage } = view;
    return {
      status: damage.length === 0 ? 'sound' : 'damaged',
      ...(base === undefined ? {} : { head: { seq: base.end.seq, hash: base.end.hash } }),
      damage,
      ...(base === undefined || base.torn === 0 ? {} : { torn: { file: `log/${base.file.name}`, bytes: base.torn } }),
    };
  }

  async function mac(secret: string): Promise<string> {
    if (key === undefined) {
      const found = await readKey(folder);
      if (typeof found === 'string') throw new StoreError(`the store ${folder} has no key: it is ${found}`);
      key = found;
    }
    return macUnder(key, secret);
  }

  return {
    place: folder,
    project: () => told(() => projectOf(folder)),
    read: (take, from) => ours(() => read(take, from)),
    lock: (asked) => queue.alone(() => told(() => takeLock(asked))),
    unlock: (fence) =>
      queue.alone(() => told(async () => (session?.lock.holder.id === fence.holder.id ? leave() : undefined))),
    holder: () =>
      ours(async () => {
        const status = await lockStatusOf(folder, leaseMs, now());
        return status?.liveness === 'held' ? status.holder : undefined;
      }),
    lockStatus: () => ours(() => lockStatusOf(folder, leaseMs, now())),
    append: async (drafts, fence) => {
      writable(fence);
      if (drafts.length === 0) return [];
      return queue.append(
        drafts.map((draft) => {
          if (draft.kind === 'checkpoint' || draft.kind === 'remembered')
            throw new StoreError(`${draft.kind} records are the store's own`);
          return prepare(draft, actor);
        }),
      );
    },
    checkpoint: (all, fence, force = false) => queue.alone(() => roll(all, fence, force)),
    verify: (head) => ours(() => verifyLog(folder, head)),
    prune: (keep, fence) => queue.alone(() => told(() => prune(keep, fence))),
    rename: (asked, all, fence) => queue.alone(() => told(() => rename(asked, all, fence))),
    recover: (fence) => queue.alone(() => told(() => recover(fence))),
    mac: (secret) => ours(() => mac(secret)),
    close: () => queue.alone(() => told(leave)),
  };
}
