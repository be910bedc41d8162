/** The interface of a store: one fenced, append-only, hash-chained log, and a lock. The same for every backend. */

import type { Instant, Json } from '#plugin';
import type { Recall } from '../engine/remember.ts';
import type { Draft, LogRecord, RecordBodies } from '../formats/log-record.ts';

/** The body of one `remembered` record. */
export type Remembered = RecordBodies['remembered'];

/** The whole state. */
export type WholeState = readonly Remembered[] | (() => readonly Remembered[]);

/** The end of the log: sequence number of its last record and that record's hash (64 hex digits). */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}

/** A fault in the log, with its place. */
export interface Damage {
  readonly code: string;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly seq?: number;
}

/** The result of reading the log, without its records. */
export interface ReadReport {
  /** `none`: no log yet; `damaged`: records up to `head` are sound, later ones are not. */
  readonly status: 'none' | 'sound' | 'damaged';
  readonly head?: Head;
  readonly damage: readonly Damage[];
  /** Bytes of a record that was being written when the writer died: they are cut, and are not damage. */
  readonly torn?: { readonly file: string; readonly bytes: number };
}

/** The state that the log gives, and the condition of the log. */
export interface LogState {
  readonly recall: Recall;
  readonly report: ReadReport;
}

/** The result of `log verify`. */
export interface VerifyReport extends ReadReport {
  readonly records: number;
  readonly segments: number;
  readonly checkpoints: number;
  /** Sequence number of the oldest record in the log; 1 unless the log was pruned. */
  readonly from: number;
  /** Notes that are not damage: a late writer's bytes after a seal, a pruned start. */
  readonly notes: readonly string[];
}

/** The holder of a lock, for the message that refuses the next contender. */
export interface Holder {
  /** Random, for `force-unlock`. */
  readonly id: string;
  readonly user: string;
  readonly host: string;
  readonly bootId: string;
  readonly pidNamespace: string;
  readonly pid: number;
  /** Start time of the process in clock ticks since boot; with the pid it names one process. */
  readonly pidStart: string;
  readonly since: string;
  readonly command: string;
  /** Address of the CI run. */
  readonly run?: string;
}

/** The right to append. Ends with `unlock`, or when another process takes over. */
export interface Fence {
  readonly token: number;
  readonly holder: Holder;
  /** Bytes of an unfinished record that are no longer part of the log. */
  readonly cut?: { readonly file: string; readonly bytes: number };
}

/** The status of a lock, for `lock status`. */
export interface LockStatus {
  readonly holder: Holder;
  readonly token: number;
  /**
   * `held`: as far as can be seen. `silent`: its last heartbeat is older than the lease, by this machine's clock, so a
   * waiting process will most likely get it. `dead`: its process has provably ended.
   */
  readonly liveness: 'held' | 'silent' | 'dead';
  /** The last heartbeat, by the clock of the file server or the database. */
  readonly heartbeatAt?: Instant;
  /** Time without a heartbeat after which others may take the lock over. */
  readonly leaseMs: number;
}

export interface LockOptions {
  /** Id of a holder whose lock is taken over in any state: `force-unlock`. */
  readonly takeOver?: string;
  readonly command: string;
  /** Time to wait for the lock, in ms; 0 refuses at once. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly onWait?: (holder: Holder) => void;
  /**
   * The state that this handle read before, unchanged by its caller. The log is read again only if it has other bytes now.
   * The state then belongs to the handle.
   */
  readonly known?: LogState | undefined;
  /** True for a run that gives way to others: while it waits, the holder does not see that the lock is wanted. */
  readonly givesWay?: boolean | undefined;
}

export interface RecoverReport {
  readonly damage: readonly Damage[];
  readonly quarantine: readonly string[];
  readonly head: Head;
  readonly cold: boolean;
  /** Addresses in the unreadable part: unknown until a refresh or an import settles them. */
  readonly unknown: readonly string[];
}

export interface PruneReport {
  /** Names of the deleted segments, oldest first. */
  readonly deleted: readonly string[];
  /** Sequence and hash of the last deleted record; absent if no record was deleted. */
  readonly last?: Head;
  /** Sequence number of the oldest record in the log. */
  readonly from: number;
}

declare const place: unique symbol;

/** The place of an entry in the inbox. Only the store knows its meaning. */
export type InboxPlace = string & { readonly [place]: true };

/** An entry of the inbox that is not drained. */
export type Undrained =
  | { readonly place: InboxPlace; readonly at: Instant; readonly entry: Json }
  /** The stored bytes are not the entry that was deposited: what is wrong, and where. */
  | { readonly place: InboxPlace; readonly damage: string };

/** A new name for the project, with the run that gives it and the reason. */
export interface Rename {
  readonly to: string;
  readonly run: string;
  readonly reason?: string;
}

export interface Store {
  /** For messages: the folder, or the server and database without a password. */
  readonly place: string;
  /** Name of the project that owns the log, as the log says; undefined if the log has no name or it cannot be read. */
  project(): Promise<string | undefined>;
  /**
   * Passes every record from the newest checkpoint on to `take`, in order; `all`: from the first record; `at`: from the
   * checkpoint of the segment that has the record with this number. Writes nothing. Throws StoreProjectError if the log belongs to another project, as all methods but `project` do.
   */
  read(take: (record: LogRecord) => void, from?: 'checkpoint' | 'all' | { readonly at: number }): Promise<ReadReport>;
  /**
   * The state, which belongs to the caller: a fold of the records from the newest checkpoint on. The first call after
   * `lock` gives the state that `lock` has read. With `beforeLock`, `lock` can use the result (`LockOptions.known`).
   */
  state(options?: { readonly beforeLock?: boolean }): Promise<LogState>;
  /** Takes the lock. Creates a missing store, and cuts a torn tail. Throws LockHeldError. */
  lock(options: LockOptions): Promise<Fence>;
  unlock(fence: Fence): Promise<void>;
  /** True if another process waits for this lock, as far as can be seen. Throws FenceLostError. */
  isWanted(fence: Fence): Promise<boolean>;
  /** The holder of the lock, unless it is dead or has been silent for longer than the lease. */
  holder(): Promise<Holder | undefined>;
  lockStatus(): Promise<LockStatus | undefined>;
  /**
   * Makes records durable. Calls during a write share the next one.
   *
   * With `drained`, the entries of the inbox at these places are drained in the same atomic step, and the first returned
   * record is the one that says so. The places are those of the first entries of `undrained`, without a gap.
   * Throws FenceLostError, or StoreBrokenError, after which the handle accepts no more; LogUnchangedError if an entry is
   * drained already.
   */
  append(drafts: readonly Draft[], fence: Fence, drained?: readonly InboxPlace[]): Promise<readonly LogRecord[]>;
  /**
   * Makes entries durable in the inbox, each of at most MAX_ENTRY bytes. Needs no lock. Calls during a write share the
   * next one. After an error, an entry is not in the inbox, unless its result is unknown: the process was killed, or the
   * disk or the server did not answer. Throws InboxFullError.
   */
  deposit(entries: readonly Json[]): Promise<void>;
  /** The oldest entries of the inbox, oldest first: at most `limit`, and fewer if they are large. */
  undrained(limit: number): Promise<readonly Undrained[]>;
  /**
   * Starts a segment that begins with the whole state, if the tail has grown enough or `force` is set. A function is only
   * called for a new segment.
   */
  checkpoint(all: WholeState, fence: Fence, force?: boolean): Promise<void>;
  /** Reads the whole log; with `head`, also checks that the head is part of it. */
  verify(head?: Head): Promise<VerifyReport>;
  /** A text that every change of the log changes. Cheap: no record is read. */
  mark(): Promise<string>;
  /** Starts the log again from the last sound record; the damaged part goes into quarantine. Needs the lock. */
  recover(fence: Fence): Promise<RecoverReport>;
  /** Deletes all but the newest `keep` segments (at least 1), after a record of the deletion. Needs the lock. */
  prune(keep: number, fence: Fence): Promise<PruneReport>;
  /**
   * Gives the project another name with one checkpoint; the lock stays held. Needs the lock.
   * Throws StoreError if the store already has a log of that name.
   */
  rename(rename: Rename, all: readonly Remembered[], fence: Fence): Promise<void>;
  close(): Promise<void>;
}
