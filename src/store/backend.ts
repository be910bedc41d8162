/**
 * What a log handle asks of the medium that its log lies on: files, or PostgreSQL.
 *
 * A log is *segments*. Each begins with a checkpoint: one record that says how many `remembered` records follow. The
 * rest is the tail. Files have one file for a segment; in a table a segment ends where the next checkpoint begins. All
 * else (chain, times, sessions, folding, verification, what a recovery keeps) is the same for every medium, and lies in
 * log-handle.ts and what it imports.
 */

import type { LogRecord, RecordBodies } from '../formats/log-record.ts';
import type { Chain, CheckpointRecord, End } from './chain.ts';
import type { Examination, Split } from './examine.ts';
import type { Beat } from './heartbeat.ts';
import type { Remains } from './remains.ts';
import type { Damage, Fence, Holder, LockOptions, LockStatus } from './store.ts';

/** A lock that is held: the token is the right to write. */
export interface HeldLock {
  readonly token: number;
  readonly holder: Holder;
}

/** Where a take-over, or a recovery, ended a segment. */
export type Seal = NonNullable<RecordBodies['checkpoint']['seals']>;

/** A segment as a reader found it. */
export interface Segment {
  /** For messages and reports. */
  readonly name: string;
  /** Number of its first record. */
  readonly seq: number;
  /** It follows the segment before it, which is sound to its end; the first one: it begins where the log does. */
  readonly linked: boolean;
  /** The first record; it holds by itself, even if what follows does not. */
  readonly checkpoint?: CheckpointRecord | undefined;
  /** Last record of the checkpoint; absent where that does not hold. */
  readonly begun?: End | undefined;
  /** Last sound record. */
  readonly end?: End | undefined;
}

/** A segment whose checkpoint holds. */
export type Base<S extends Segment = Segment> = S & {
  readonly checkpoint: CheckpointRecord;
  readonly begun: End;
  readonly end: End;
};

export function isBase<S extends Segment>(segment: S): segment is Base<S> {
  return segment.checkpoint !== undefined && segment.begun !== undefined && segment.end !== undefined;
}

/** The log up to its last sound record, and what is wrong with it. */
export interface LogView<S extends Segment = Segment> {
  /** In the log's order. */
  readonly segments: readonly S[];
  /** The segment whose checkpoint and tail the memory comes from; absent where none holds. */
  readonly base?: Base<S> | undefined;
  readonly damage: readonly Damage[];
  readonly notes: readonly string[];
  /** Bytes of a record that was being written when its writer died. */
  readonly torn?: NonNullable<Fence['cut']> | undefined;
  /** Segments that an earlier prune named and did not delete: no part of the log. */
  readonly leftovers: readonly Segment[];
}

export interface Reading {
  /** `newest`: from the newest checkpoint that holds; `all`: from the first record. */
  readonly from: 'newest' | 'all';
  readonly take?: ((record: LogRecord) => void) | undefined;
  /** Called before the first record of a segment is given; `linked` as in Segment. */
  readonly enter?: ((at: Pick<Damage, 'file' | 'line' | 'seq'>, linked: boolean) => void) | undefined;
}

/** A recovery that is prepared: what is unsound is read and has its place in quarantine, and the log is as it was. */
export interface Salvage {
  /** The lock with a token that is higher than any that the log claims. */
  readonly lock: HeldLock;
  readonly remains: Remains;
  /** Places of all that is set aside. */
  readonly quarantine: readonly string[];
  /** Highest sequence number that something there claims. */
  readonly lastSeq: number;
  /** Where the last sound segment ends from now on, on a medium that cannot cut it in the same step. */
  readonly seals?: Seal | undefined;
  /** Writes the checkpoint that starts anew. Throws LogUnchangedError where the log is as it was. */
  readonly commit: (checkpoint: Chain) => Promise<void>;
}

export interface Backend<V extends LogView = LogView> {
  /** For messages: the folder, or the server and database without a password. */
  readonly place: string;
  /** The name of the project that the log has to be of; a rename changes it. */
  readonly project: string;
  /** The name of the project that the log is of; undefined where it has none, or none that can be read. */
  foundProject(): Promise<string | undefined>;
  /** Reads one snapshot of the log, and writes nothing. Undefined: there is no log. Throws StoreProjectError. */
  read(reading: Reading): Promise<V | undefined>;
  lockStatus(): Promise<LockStatus | undefined>;
  /** Takes the lock. Where there is no store, it is made, with `first` as its log. Throws LockHeldError. */
  acquire(holder: Holder, options: LockOptions, first: Chain): Promise<HeldLock>;
  release(lock: HeldLock): Promise<void>;
  /** What a heartbeat needs to keep the lock. */
  beatOf(lock: HeldLock): Beat;
  /**
   * Makes a sound log ready to be written to: where it continues from now on. A medium that cannot keep a late writer
   * out seals what was taken over, and starts a segment with the checkpoint that `takeOver` gives.
   */
  enter(lock: HeldLock, view: V & { readonly base: Base }, takeOver: (seals: Seal) => Chain): Promise<Tail>;
  /** Makes lines durable behind `tail`, if the lock is still held. */
  append(lock: HeldLock, tail: Tail, chain: Chain): Promise<void>;
  /**
   * Starts a segment with a checkpoint, if the lock is still held; with `project`, the log is that one's from then on.
   * Throws LogUnchangedError where the log is as it was.
   */
  begin(lock: HeldLock, tail: Tail, checkpoint: Chain, project?: string): Promise<void>;
  /** Deletes segments from the oldest on, after a checkpoint has said that they go. */
  discard(segments: readonly Segment[]): Promise<void>;
  salvage(lock: HeldLock, found: Examination<V>, split: Split<V['segments'][number]>, room: string): Promise<Salvage>;
  close(): Promise<void>;
}

/** The end of the log that is written to. */
export interface Tail {
  /** Length of the checkpoint at the beginning of its segment, in bytes. */
  readonly begun: number;
  readonly end: End;
}
