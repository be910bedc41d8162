/** What the engine asks of a store: one fenced, append-only, hash-chained log, and a lock. The same for every backend. */

import type { Draft, LogRecord, RecordBodies } from '../formats/log-record.ts';

/** What one `remembered` record says. */
export type Remembered = RecordBodies['remembered'];

/** Where the log ends: sequence number of its last record and that record's hash (64 hex digits). */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}

/** Something that does not hold, with its place. */
export interface Damage {
  readonly code: string;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly seq?: number;
}

/** What a read of the log found beside its records. */
export interface ReadReport {
  /** `none`: no log yet; `damaged`: records up to `head` are sound, what follows is not. */
  readonly status: 'none' | 'sound' | 'damaged';
  readonly head?: Head;
  readonly damage: readonly Damage[];
  /** Bytes of a record that was being written when the writer died: cut, no damage. */
  readonly torn?: { readonly file: string; readonly bytes: number };
}

/** What `log verify` found. */
export interface VerifyReport extends ReadReport {
  readonly records: number;
  readonly segments: number;
  readonly checkpoints: number;
  /** Sequence number of the oldest record that is there; 1 unless the log was pruned. */
  readonly from: number;
  /** Notes that are no damage: a late writer's bytes after a seal, a pruned start. */
  readonly notes: readonly string[];
}

/** Who holds a lock, for the message that refuses the next one. */
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

/** The right to append: ends with `unlock`, or when another one takes over. */
export interface Fence {
  readonly token: number;
  readonly holder: Holder;
  /** Bytes of an unfinished record that are no part of the log any more. */
  readonly cut?: { readonly file: string; readonly bytes: number };
}

/** How a lock stands, for `lock status`. */
export interface LockStatus {
  readonly holder: Holder;
  readonly token: number;
  /**
   * `held`: as far as can be seen; `silent`: its last heartbeat is older than the lease, by this machine's clock, so who
   * waits for it will most likely get it; `dead`: its process is provably gone.
   */
  readonly liveness: 'held' | 'silent' | 'dead';
  /** The last heartbeat: ISO 8601, by the clock of whatever keeps it (file server, database). */
  readonly heartbeatAt?: string;
  /** Without a heartbeat for so long, others may take it over. */
  readonly leaseMs: number;
}

export interface LockOptions {
  /** Id of a holder whose lock is taken over whatever its state: `force-unlock`. */
  readonly takeOver?: string;
  readonly command: string;
  /** How long to wait for it; 0 refuses at once. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly onWait?: (holder: Holder) => void;
}

export interface RecoverReport {
  readonly damage: readonly Damage[];
  readonly quarantine: readonly string[];
  readonly head: Head;
  readonly cold: boolean;
  /** Addresses that the unreadable part names: unknown until a look or an import settles them. */
  readonly unknown: readonly string[];
}

export interface PruneReport {
  /** Names of what was deleted, oldest first. */
  readonly deleted: readonly string[];
  /** Sequence and hash of the last record that is gone; absent where nothing was. */
  readonly last?: Head;
  /** Sequence number of the oldest record that is there. */
  readonly from: number;
}

/** A new name for the project, with the run that gives it and why. */
export interface Rename {
  readonly to: string;
  readonly run: string;
  readonly reason?: string;
}

export interface Store {
  /** For messages: the folder, or the server and database without a password. */
  readonly place: string;
  /** Name of the project whose log it is, as the log says it; undefined where it has none, or none that can be read. */
  project(): Promise<string | undefined>;
  /**
   * Gives every record from the newest checkpoint on (`all`: from the first record) to `take`, in order. Writes nothing.
   * Throws StoreProjectError where the log is another project's, as everything else does but `project`.
   */
  read(take: (record: LogRecord) => void, from?: 'checkpoint' | 'all'): Promise<ReadReport>;
  /** Throws LockHeldError. Makes the store if there is none, and cuts a torn tail. */
  lock(options: LockOptions): Promise<Fence>;
  unlock(fence: Fence): Promise<void>;
  /** Who holds it, unless that one is dead, or silent for longer than the lease. */
  holder(): Promise<Holder | undefined>;
  lockStatus(): Promise<LockStatus | undefined>;
  /**
   * Makes records durable; calls that come while a write is under way share the next one.
   * Throws FenceLostError, or StoreBrokenError after which the handle takes no more.
   */
  append(drafts: readonly Draft[], fence: Fence): Promise<readonly LogRecord[]>;
  /** Starts a segment whose beginning says all of memory again, if the tail has grown enough or `force` is set. */
  checkpoint(all: readonly Remembered[], fence: Fence, force?: boolean): Promise<void>;
  /** Walks the whole log; with `head`, also says whether that head is part of it. */
  verify(head?: Head): Promise<VerifyReport>;
  /** Starts anew from the last sound record; what is damaged goes into quarantine. Needs the lock. */
  recover(fence: Fence): Promise<RecoverReport>;
  /** Deletes all but the newest `keep` segments (at least 1), after the log itself says what goes. Needs the lock. */
  prune(keep: number, fence: Fence): Promise<PruneReport>;
  /**
   * Gives the project another name, all at once, by a checkpoint that says so; the lock stays held. Needs the lock.
   * Throws StoreError where the store has a log of that name already.
   */
  rename(rename: Rename, all: readonly Remembered[], fence: Fence): Promise<void>;
  close(): Promise<void>;
}
