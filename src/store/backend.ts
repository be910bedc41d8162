/**
 * The interface between a log handle and the medium that stores its log: files, or PostgreSQL.
 *
 * A log is *segments*. Each begins with a checkpoint: one record that says how many `remembered` records follow. The
 * rest is the tail. Files have one file per segment; in a table a segment ends where the next checkpoint begins.
 * Everything else (chain, times, sessions, folding, verification, recovery) is the same for every medium, and is in
 * log-handle.ts and what it imports.
 */

import type { LogRecord, RecordBodies } from '../formats/log-record.ts';
import type { Chain, CheckpointRecord, End } from './chain.ts';
import type { Examination, Split } from './examine.ts';
import type { Beat } from './heartbeat.ts';
import type { Remains } from './remains.ts';
import type { InboxBackend } from './inbox.ts';
import type { Damage, Fence, Holder, InboxPlace, LockOptions, LockStatus } from './store.ts';

/** A held lock. The token is the right to write. */
export interface HeldLock {
  readonly token: number;
  readonly holder: Holder;
}

/** The place where a take-over or a recovery ended a segment. */
export type Seal = NonNullable<RecordBodies['checkpoint']['seals']>;

/** A segment as a reader found it. */
export interface Segment {
  /** For messages and reports. */
  readonly name: string;
  /** Sequence number of its first record. */
  readonly seq: number;
  /**
   * True if it follows the previous segment, which is sound to its end; for the first segment, if it begins the log.
   */
  readonly linked: boolean;
  /** The first record, which is valid by itself even if the records after it are not. */
  readonly checkpoint?: CheckpointRecord | undefined;
  /** Last record of the checkpoint; absent if the checkpoint is not valid. */
  readonly begun?: End | undefined;
  /** Last sound record. */
  readonly end?: End | undefined;
}

/** A segment whose checkpoint is valid. */
export type Base<S extends Segment = Segment> = S & {
  readonly checkpoint: CheckpointRecord;
  readonly begun: End;
  readonly end: End;
};

export function isBase<S extends Segment>(segment: S): segment is Base<S> {
  return segment.checkpoint !== undefined && segment.begun !== undefined && segment.end !== undefined;
}

/** The log up to its last sound record, and its damage. */
export interface LogView<S extends Segment = Segment> {
  /** In the log's order. */
  readonly segments: readonly S[];
  /** The segment whose checkpoint and tail give the state; absent if no checkpoint is valid. */
  readonly base?: Base<S> | undefined;
  readonly damage: readonly Damage[];
  readonly notes: readonly string[];
  /** Bytes of a record, or of a group of records, that was being written when its writer died. */
  readonly torn?: NonNullable<Fence['cut']> | undefined;
  /** Segments that an earlier prune named and did not delete. They are not part of the log. */
  readonly leftovers: readonly Segment[];
}

export interface Reading {
  /** True for a reader that will ask if the log has changed (`Backend.isUnchanged`). */
  readonly compares?: boolean;
  /**
   * `newest`: from the newest valid checkpoint; `all`: from the first record; `at`: from the checkpoint of the segment that has
   * the record with this number.
   */
  readonly from: 'newest' | 'all' | { readonly at: number };
  readonly take?: ((record: LogRecord) => void) | undefined;
  /** Called before the first record of a segment is passed on; `linked` as in Segment. */
  readonly enter?: ((at: Pick<Damage, 'file' | 'line' | 'seq'>, linked: boolean) => void) | undefined;
}

/** A prepared recovery: the unsound part is read and has its place in quarantine, and the log is unchanged. */
export interface Salvage {
  /** The lock, with a token higher than any in the log. */
  readonly lock: HeldLock;
  readonly remains: Remains;
  /** Places of everything that is set aside. */
  readonly quarantine: readonly string[];
  /** Highest sequence number found there. */
  readonly lastSeq: number;
  /** The new end of the last sound segment, on a medium that cannot cut it in the same step. */
  readonly seals?: Seal | undefined;
  /** Writes the checkpoint that starts the log again. Throws LogUnchangedError if nothing was written. */
  readonly commit: (checkpoint: Chain) => Promise<void>;
}

export interface Backend<V extends LogView = LogView> {
  /** For messages: the folder, or the server and database without a password. */
  readonly place: string;
  /** The name of the project that must own the log; a rename changes it. */
  readonly project: string;
  readonly inbox: InboxBackend;
  /** The name of the project that owns the log; undefined if the log has no name or it cannot be read. */
  foundProject(): Promise<string | undefined>;
  /** Reads one snapshot of the log and writes nothing. Undefined: the log does not exist. Throws StoreProjectError. */
  read(reading: Reading): Promise<V | undefined>;
  /** True if a read would find what it found in `view`, byte for byte. `view` is of a reading that compares. */
  isUnchanged(view: V): Promise<boolean>;
  /** A text that every change of the log changes. Reads no record. */
  mark(): Promise<string>;
  lockStatus(): Promise<LockStatus | undefined>;
  /** Takes the lock. Creates a missing store, with `first` as its log. Throws LockHeldError. */
  acquire(holder: Holder, options: LockOptions, first: Chain): Promise<HeldLock>;
  release(lock: HeldLock): Promise<void>;
  /** True if a living contender waits for the lock. A contender that was killed may count for a moment. */
  isWanted(): Promise<boolean>;
  /** The data with which a heartbeat keeps the lock. */
  beatOf(lock: HeldLock): Beat;
  /**
   * Prepares a sound log for writing and returns the place where it continues. A medium that cannot keep a late writer
   * out seals the segment that was taken over, and starts another with the checkpoint that `takeOver` returns.
   */
  enter(lock: HeldLock, view: V & { readonly base: Base }, takeOver: (seals: Seal) => Chain): Promise<Tail>;
  /**
   * Makes lines durable behind `tail`, if the lock is still held. On a medium whose inbox has no positions, removes the
   * drained entries in the same step.
   */
  append(lock: HeldLock, tail: Tail, chain: Chain, drained: readonly InboxPlace[]): Promise<void>;
  /**
   * Starts a segment with a checkpoint, if the lock is still held. `project` becomes the log's new owner.
   * Throws LogUnchangedError if nothing was written.
   */
  begin(lock: HeldLock, tail: Tail, checkpoint: Chain, project?: string): Promise<void>;
  /** Deletes segments from the oldest on, after a checkpoint has recorded the deletion. */
  discard(segments: readonly Segment[]): Promise<void>;
  salvage(lock: HeldLock, found: Examination<V>, split: Split<V['segments'][number]>, room: string): Promise<Salvage>;
  close(): Promise<void>;
}

/** The end of the log, where the next record goes. */
export interface Tail {
  /** Length of the checkpoint at the beginning of its segment, in bytes. */
  readonly begun: number;
  readonly end: End;
}
