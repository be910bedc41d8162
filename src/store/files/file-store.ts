/**
 * The store on files: a folder with the log, a file for each segment, and its locks.
 *
 * A lock alone cannot keep out a holder that was only paused. So a take-over seals the previous holder's segment at
 * a length, and starts a segment of its own. Late writes are behind the seal (file-lock.ts has the cases).
 */

import { constants, existsSync } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Backend, Base, HeldLock, LogView, Reading, Salvage, Seal, Segment, Tail } from '../backend.ts';
import type { Chain } from '../chain.ts';
import { createStore } from './create-store.ts';
import type { FileInbox } from './file-inbox.ts';
import { ignoreMissing, removeLeftovers, syncFolder, writeAllNow } from './durable.ts';
import { StoreProjectError } from '../errors.ts';
import type { Examination, Split } from '../examine.ts';
import {
  acquireLock,
  assertFence,
  giveBackLock,
  isWanted,
  lockStatusOf,
  unlinkLock,
  unlinkLocksBelow,
} from './file-lock.ts';
import { type Beat, LEASE_MS } from '../heartbeat.ts';
import { type InboxBackend, missingStore } from '../inbox.ts';
import { inboxFolder, lockName, logFolder, TEMPORARY, temporaryPrefixBeside } from './layout.ts';
import { LogHandle, type LogHandleOptions } from '../log-handle.ts';
import { type FileLogView, type FileSegment, isUnchangedLog, logMark, projectOf, readLog } from './read-log.ts';
import { cutFile, salvageLog, tidyRecovery } from './salvage-log.ts';
import type { Holder, LockOptions, LockStatus, Store } from '../store.ts';
import { writeSegment } from './write-segment.ts';

export interface FileStoreOptions extends LogHandleOptions {
  /** The store's own folder, `.fettle`; it need not exist. */
  readonly folder: string;
  readonly project: string;
  /** A holder without a heartbeat for this long may be taken over. */
  readonly leaseMs?: number | undefined;
  /** Size from which the inbox is full, in bytes. */
  readonly inboxBytes?: number | undefined;
}

/** Opens the store on files. Reads and writes nothing until a method is called. */
export function openFileStore(options: FileStoreOptions): Store {
  return new LogHandle(new FileBackend(options), options);
}

class FileBackend implements Backend<FileLogView> {
  readonly place: string;
  readonly inbox: InboxBackend;
  /** The inbox, once it is used: a plan does not load its code. */
  #inbox: Promise<FileInbox> | undefined;
  readonly #leaseMs: number;
  readonly #now: () => number;
  readonly #randomId: () => string;
  #project: string;
  /** The newest segment, while it is written to. */
  #segment: FileHandle | undefined;

  constructor({ folder, project, leaseMs = LEASE_MS, now, randomId, inboxBytes }: FileStoreOptions) {
    this.place = resolve(folder);
    this.#project = project;
    this.#leaseMs = leaseMs;
    this.#now = now;
    this.#randomId = randomId;
    const assertLog = (): Promise<void> => this.#assertLog();
    const options = { folder: this.place, assertLog, now, randomId, maxBytes: inboxBytes };
    const load = (): Promise<FileInbox> =>
      (this.#inbox ??= import('./file-inbox.ts').then((module) => new module.FileInbox(options)));
    const isEmpty = (): boolean => !existsSync(inboxFolder(this.place));
    this.inbox = {
      deposit: async (texts) => (await load()).deposit(texts),
      undrained: async (positions, limit) => (isEmpty() ? [] : (await load()).undrained(positions, limit)),
      advance: async (positions, places) => (await load()).advance(positions, places),
      tidy: async (positions) => (isEmpty() ? undefined : (await load()).tidy(positions)),
    };
  }

  get project(): string {
    return this.#project;
  }

  foundProject(): Promise<string | undefined> {
    return projectOf(this.place);
  }

  async read(reading: Reading): Promise<FileLogView | undefined> {
    await this.#assertProject();
    return readLog(this.place, reading);
  }

  isUnchanged(view: FileLogView): Promise<boolean> {
    return isUnchangedLog(this.place, view);
  }

  mark(): Promise<string> {
    return logMark(this.place);
  }

  async lockStatus(): Promise<LockStatus | undefined> {
    await this.#assertProject();
    return lockStatusOf(this.place, this.#leaseMs, this.#now());
  }

  async acquire(holder: Holder, options: LockOptions, first: Chain): Promise<HeldLock> {
    await createStore(this.place, first, this.#randomId());
    await this.#assertProject();
    return acquireLock(this.place, holder, this.#randomId, { ...options, leaseMs: this.#leaseMs });
  }

  async release(lock: HeldLock): Promise<void> {
    const entered = this.#segment !== undefined;
    await this.#closeSegment();
    // If the log could be written to, lower locks are already removed.
    await (entered ? unlinkLock(this.place, lock) : giveBackLock(this.place, lock));
  }

  async isWanted(): Promise<boolean> {
    return isWanted(this.place);
  }

  beatOf({ token, holder }: HeldLock): Beat {
    return { kind: 'file', path: join(this.place, lockName(token)), holderId: holder.id };
  }

  async enter(
    lock: HeldLock,
    { base }: LogView & { readonly base: Base<FileSegment> },
    takeOver: (seals: Seal) => Chain,
  ): Promise<Tail> {
    await removeLeftovers(this.place, TEMPORARY);
    await removeLeftovers(logFolder(this.place), TEMPORARY);
    // The folder around the store may not be listable. Nothing was created there in that case.
    await removeLeftovers(dirname(this.place), temporaryPrefixBeside(this.place)).catch(() => undefined);
    const { file, begun, end } = base;
    if (file.token < lock.token) {
      const checkpoint = takeOver({ segment: file.name, seq: end.seq, hash: end.hash, bytes: end.bytes });
      const made = await writeSegment(this.place, lock.token, checkpoint, this.#randomId());
      await unlinkLocksBelow(this.place, lock.token);
      await this.#openSegment(made.name);
      return { begun: checkpoint.end.bytes, end: checkpoint.end };
    }
    await unlinkLocksBelow(this.place, lock.token);
    await tidyRecovery(this.place, base.checkpoint);
    if (base.torn > 0) await cutFile(join(logFolder(this.place), file.name), end.bytes);
    await this.#openSegment(file.name);
    return { begun: begun.bytes, end };
  }

  async append(lock: HeldLock, _: Tail, { lines }: Chain): Promise<void> {
    assertFence(this.place, lock);
    const segment = this.#opened();
    writeAllNow(segment.fd, Buffer.from(`${lines.join('\n')}\n`));
    await segment.datasync();
    assertFence(this.place, lock);
  }

  async begin(lock: HeldLock, _: Tail, checkpoint: Chain, project = this.#project): Promise<void> {
    assertFence(this.place, lock);
    const made = await writeSegment(this.place, lock.token, checkpoint, this.#randomId());
    assertFence(this.place, lock);
    await this.#openSegment(made.name);
    this.#project = project;
  }

  async discard(segments: readonly Segment[]): Promise<void> {
    for (const { name } of segments) await unlink(join(this.place, name)).catch(ignoreMissing);
    if (segments.length > 0) await syncFolder(logFolder(this.place));
  }

  salvage(
    lock: HeldLock,
    { view }: Examination<FileLogView>,
    split: Split<FileSegment>,
    room: string,
  ): Promise<Salvage> {
    return salvageLog(this.place, lock, view, split, room, this.#randomId);
  }

  async close(): Promise<void> {
    await (await this.#inbox)?.close();
    await this.#closeSegment();
  }

  /** Throws StoreProjectError. */
  async #assertProject(): Promise<void> {
    const found = await this.foundProject();
    if (found !== undefined && found !== this.#project) throw new StoreProjectError(this.place, this.#project, found);
  }

  /** Throws StoreProjectError, or StoreError if the folder has no log of this project. */
  async #assertLog(): Promise<void> {
    await this.#assertProject();
    if ((await this.foundProject()) === undefined) throw missingStore(this.place, this.#project);
  }

  #opened(): FileHandle {
    if (this.#segment === undefined) throw new Error('no segment is open');
    return this.#segment;
  }

  async #openSegment(name: string): Promise<void> {
    await this.#closeSegment();
    // Not 'a': a removed segment must not come back as an empty file.
    this.#segment = await open(join(logFolder(this.place), name), constants.O_WRONLY | constants.O_APPEND);
  }

  async #closeSegment(): Promise<void> {
    const segment = this.#segment;
    this.#segment = undefined;
    await segment?.close();
  }
}
