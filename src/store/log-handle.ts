/**
 * The log, for readers and writers: one handle over any backend.
 *
 * A handle holds at most one lock, and writes only under it, after the last record that it knows. All writes pass one
 * queue, so a new segment never begins while a group of records is being written. Once a write, a sync or the fence
 * fails, the handle is poisoned: the bytes after the last acknowledged record are unknown, and nothing is written
 * after them.
 */

import { defined, errorText, instantText, instantOf, type Json } from '#plugin';
import type { Draft, LogRecord } from '../formats/log-record.ts';
import { drainInbox, emptyRecall, fold, positionsOf, rememberedOf } from '../engine/remember.ts';
import { type AppendQueue, appendQueue } from './append-queue.ts';
import { type Backend, type Base, type HeldLock, type LogView, type Seal, type Tail } from './backend.ts';
import { type Chain, chainLines, type CheckpointReasons, checkpointChain, recordsOf } from './chain.ts';
import { errorCode } from './error-code.ts';
import { FenceLostError, LogDamagedError, LogUnchangedError, StoreBrokenError, StoreError } from './errors.ts';
import { examine, headOf, readReport, split, verifyReport } from './examine.ts';
import { BEAT_MS, type Heartbeat, startHeartbeat } from './heartbeat.ts';
import { thisHolder } from './holder.ts';
import { entryText, type InboxPositions } from './inbox.ts';
import { type Prepared, prepare } from './line.ts';
import { rememberedBeside } from './remains.ts';
import type {
  Damage,
  Fence,
  Head,
  Holder,
  InboxPlace,
  LockOptions,
  LockStatus,
  LogState,
  PruneReport,
  ReadReport,
  RecoverReport,
  Remembered,
  Rename,
  Store,
  Undrained,
  VerifyReport,
  WholeState,
} from './store.ts';

export interface LogHandleOptions {
  /** The actor of the records. */
  readonly actor: string;
  /** Epoch ms. */
  readonly now: () => number;
  /** Unique text of letters, digits and dashes: names of locks, of recoveries and of temporary files. */
  readonly randomId: () => string;
  /** Address of the CI run. */
  readonly run?: string | undefined;
  /** Time between heartbeats, in ms. */
  readonly beatMs?: number | undefined;
}

/** A held lock, and the place where it may write: absent while the log is damaged. */
interface Session {
  readonly lock: HeldLock;
  readonly damage: readonly Damage[];
  readonly cut?: Fence['cut'];
  readonly tail?: Tail;
  readonly inbox: InboxPositions;
}

/** A session that may write. */
interface WritableSession extends Session {
  readonly tail: Tail;
}

/** A tail below this length, in bytes, never starts a new segment. */
const ROLL_BYTES = 1024 * 1024;

/** Maximum number of damages in the checkpoint of a recovery; its report has all of them. */
const LISTED_DAMAGES = 20;

/** Maximum length of the records that are appended with drained entries, in bytes. Bounds a reader's memory. */
const GROUP_BYTES = 16 * 1024 * 1024;

/** Kinds that belong to the store: a caller cannot append them. */
const OWN_KINDS: ReadonlySet<string> = new Set(['checkpoint', 'remembered', 'inbox']);

/** A state as a caller knows it, with the positions of the inbox as the store knows them. */
function withPositions(all: readonly Remembered[], inbox: InboxPositions): readonly Remembered[] {
  return [...all.filter((one) => !('inbox' in one)), ...positionsOf(inbox)];
}

/** A failed system call as an error of the store. Any other error is a bug, and is returned unchanged. */
function asStoreError(error: unknown, place: string): unknown {
  return errorCode(error) === '' || error instanceof StoreError
    ? error
    : new StoreError(`the store ${place} cannot be used: ${error instanceof Error ? error.message : ''}`, {
        cause: error,
      });
}

export class LogHandle<V extends LogView> implements Store {
  readonly #backend: Backend<V>;
  readonly #options: LogHandleOptions;
  readonly #queue: AppendQueue<readonly Prepared[], readonly LogRecord[]>;
  /** Deposits do not wait for the log: they need no lock. */
  readonly #deposits: AppendQueue<readonly string[], void>;
  #session: Session | undefined;
  /** The state that `lock` has read, until the first caller takes it or the log changes. */
  #entered: LogState | undefined;
  /** The reading of each state that `lock` can use. */
  readonly #views = new WeakMap<LogState, V>();
  #heartbeat: Heartbeat | undefined;
  /** The reason why this handle accepts no more writes. */
  #poison: StoreError | undefined;

  /** Reads and writes nothing until a method is called. */
  constructor(backend: Backend<V>, options: LogHandleOptions) {
    this.#backend = backend;
    this.#options = options;
    this.#queue = appendQueue((groups) => this.#writeGroups(groups));
    this.#deposits = appendQueue(async (groups) => {
      await this.#withStoreErrors(() => backend.inbox.deposit(groups.flat()));
      return [];
    });
  }

  get place(): string {
    return this.#backend.place;
  }

  project(): Promise<string | undefined> {
    return this.#withStoreErrors(() => this.#backend.foundProject());
  }

  read(
    take: (record: LogRecord) => void,
    from: 'checkpoint' | 'all' | { readonly at: number } = 'checkpoint',
  ): Promise<ReadReport> {
    return this.#withStoreErrors(async () => {
      const view = await this.#backend.read({ from: from === 'checkpoint' ? 'newest' : from, take });
      return view === undefined ? { status: 'none', damage: [] } : readReport(view, view.damage);
    });
  }

  async state({ beforeLock = false } = {}): Promise<LogState> {
    const entered = this.#entered;
    this.#entered = undefined;
    return entered ?? this.#withStoreErrors(async () => (await this.#readState(beforeLock)).state);
  }

  verify(head?: Head): Promise<VerifyReport> {
    return this.#withStoreErrors(async () => verifyReport(await examine(this.#backend, head?.seq), head));
  }

  lockStatus(): Promise<LockStatus | undefined> {
    return this.#withStoreErrors(() => this.#backend.lockStatus());
  }

  mark(): Promise<string> {
    return this.#withStoreErrors(() => this.#backend.mark());
  }

  async holder(): Promise<Holder | undefined> {
    const status = await this.lockStatus();
    return status?.liveness === 'held' ? status.holder : undefined;
  }

  lock(options: LockOptions): Promise<Fence> {
    return this.#alone(() => this.#lock(options));
  }

  unlock(fence: Fence): Promise<void> {
    return this.#alone(async () => (this.#session?.lock.holder.id === fence.holder.id ? this.#leave() : undefined));
  }

  isWanted(fence: Fence): Promise<boolean> {
    return this.#withStoreErrors(async () => {
      this.#sessionOf(fence);
      return this.#backend.isWanted();
    });
  }

  async append(
    drafts: readonly Draft[],
    fence: Fence,
    drained: readonly InboxPlace[] = [],
  ): Promise<readonly LogRecord[]> {
    this.#writable(fence);
    if (drafts.length === 0 && drained.length === 0) return [];
    const prepared = drafts.map((draft) => {
      if (OWN_KINDS.has(draft.kind)) throw new StoreError(`${draft.kind} records can only be written by the store`);
      return prepare(draft, this.#options.actor);
    });
    if (drained.length === 0) return this.#queue.append(prepared);
    return this.#alone(() => this.#drain(prepared, fence, drained));
  }

  async deposit(entries: readonly Json[]): Promise<void> {
    if (entries.length > 0) await this.#deposits.append(entries.map(entryText));
  }

  undrained(limit: number): Promise<readonly Undrained[]> {
    return this.#withStoreErrors(async () => this.#backend.inbox.undrained(await this.#positions(), limit));
  }

  checkpoint(all: WholeState, fence: Fence, force = false): Promise<void> {
    return this.#alone(async () => {
      const held = this.#writable(fence);
      const { begun, end } = held.tail;
      const tailBytes = end.bytes - begun;
      if (!force && tailBytes <= Math.max(ROLL_BYTES, 2 * begun)) return;
      await this.#begin(held, withPositions(typeof all === 'function' ? all() : all, held.inbox), {});
    });
  }

  rename({ to, ...more }: Rename, all: readonly Remembered[], fence: Fence): Promise<void> {
    return this.#alone(async () => {
      const held = this.#writable(fence);
      const remembered = withPositions(all, held.inbox);
      await this.#begin(held, remembered, { renames: { from: this.#backend.project, ...more } }, to);
      await this.#keepAlive(held.lock);
    });
  }

  prune(keep: number, fence: Fence): Promise<PruneReport> {
    return this.#alone(() => this.#prune(keep, fence));
  }

  recover(fence: Fence): Promise<RecoverReport> {
    return this.#alone(() => this.#recover(fence));
  }

  async close(): Promise<void> {
    // Deposits under way are finished.
    await this.#deposits.alone(() => Promise.resolve());
    await this.#alone(async () => {
      try {
        await this.#leave();
      } finally {
        await this.#backend.close();
      }
    });
  }

  async #withStoreErrors<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw asStoreError(error, this.place);
    }
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#queue.alone(() => this.#withStoreErrors(work));
  }

  /** ISO 8601; times never run backwards. */
  #timeAfter(end: { readonly time: string } | undefined): string {
    return instantText(Math.max(this.#options.now(), end === undefined ? 0 : instantOf(end.time)));
  }

  #poisoned(error: unknown): StoreError {
    if (error instanceof FenceLostError || error instanceof StoreBrokenError) this.#poison ??= error;
    else {
      const why = errorText(error);
      this.#poison ??= new StoreBrokenError(`the log could not be written: ${why}. This process writes nothing more`, {
        cause: error,
      });
    }
    return this.#poison;
  }

  /** Runs a write that leaves the log in an unknown state if it fails. */
  async #writing(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      throw error instanceof LogUnchangedError ? error : this.#poisoned(error);
    }
  }

  #sessionOf(fence: Fence): Session {
    if (this.#poison !== undefined) throw this.#poison;
    if (this.#session === undefined || this.#session.lock.holder.id !== fence.holder.id)
      throw new FenceLostError('this lock is no longer held');
    return this.#session;
  }

  /** The session of a fence; throws unless it may write. */
  #writable(fence: Fence): WritableSession {
    const { tail, ...held } = this.#sessionOf(fence);
    if (tail === undefined) throw new LogDamagedError(held.damage);
    return { ...held, tail };
  }

  async #readState(compares: boolean): Promise<{ readonly state: LogState; readonly view: V | undefined }> {
    const recall = emptyRecall();
    const view = await this.#backend.read({ from: 'newest', take: (record) => fold(recall, record), compares });
    if (view === undefined) return { state: { recall, report: { status: 'none', damage: [] } }, view };
    const state = { recall, report: readReport(view, view.damage) };
    if (compares) this.#views.set(state, view);
    return { state, view };
  }

  /** The known state, if the log still has the bytes that were read for it; otherwise reads the log. */
  async #stateNow(known: LogState | undefined): Promise<{ readonly state: LogState; readonly view: V | undefined }> {
    const view = known === undefined ? undefined : this.#views.get(known);
    if (known === undefined || view === undefined) return this.#readState(false);
    // Its next owner changes it.
    this.#views.delete(known);
    return (await this.#backend.isUnchanged(view)) ? { state: known, view } : this.#readState(false);
  }

  /** Positions of the inbox: as this handle left them, or as the log says. */
  async #positions(): Promise<InboxPositions> {
    if (this.#session?.tail !== undefined) return this.#session.inbox;
    return (await this.#readState(false)).state.recall.inbox;
  }

  /** Appends records and drains entries in one group, which counts all or not at all. */
  async #drain(
    drafts: readonly Prepared[],
    fence: Fence,
    drained: readonly InboxPlace[],
  ): Promise<readonly LogRecord[]> {
    const { inbox } = this.#writable(fence);
    const bytes = drafts.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
    if (bytes > GROUP_BYTES)
      throw new StoreError(
        `the records of ${drained.length} drained entries have ${bytes} bytes, and the limit is ${GROUP_BYTES} bytes. Drain fewer entries at once`,
      );
    const files = await this.#backend.inbox.advance(inbox, drained);
    const moved = Object.keys(files).length === 0 ? {} : { files };
    const body = { records: drafts.length, entries: drained.length, ...moved };
    const first = prepare({ kind: 'inbox', body }, this.#options.actor);
    const [records = []] = await this.#writeGroups([[first, ...drafts]], drained);
    const positions = new Map(inbox);
    drainInbox(positions, body);
    if (this.#session !== undefined) this.#session = { ...this.#session, inbox: positions };
    await this.#tidyInbox(positions);
    return records;
  }

  /** Deletes what is drained. A failure is ignored: the next drain tries again. */
  async #tidyInbox(positions: InboxPositions): Promise<void> {
    await this.#backend.inbox.tidy(positions).catch(() => undefined);
  }

  async #writeGroups(
    groups: readonly (readonly Prepared[])[],
    drained: readonly InboxPlace[] = [],
  ): Promise<readonly (readonly LogRecord[])[]> {
    if (this.#poison !== undefined) throw this.#poison;
    this.#entered = undefined;
    const held = this.#session;
    if (held?.tail === undefined) throw new FenceLostError('this lock is no longer held');
    const { lock, tail } = held;
    const { seq, hash: prev } = tail.end;
    const time = this.#timeAfter(tail.end);
    const chain = chainLines(groups.flat(), { seq: seq + 1, prev, time, actor: this.#options.actor });
    let records: readonly LogRecord[] = [];
    await this.#writing(async () => {
      const durable = this.#backend.append(lock, tail, chain, drained);
      // Runs while the disk or the server works.
      records = recordsOf(chain);
      await durable;
    });
    const end = { ...chain.end, bytes: tail.end.bytes + chain.end.bytes };
    this.#session = { ...held, tail: { begun: tail.begun, end } };
    let next = 0;
    return groups.map((group) => {
      next += group.length;
      return records.slice(next - group.length, next);
    });
  }

  /** A checkpoint after `end`. Throws StoreError if the state of a resource is too large for a record. */
  #checkpointAfter(
    end: Tail['end'],
    token: number,
    remembered: readonly Remembered[],
    reasons: CheckpointReasons,
    project = this.#backend.project,
  ): Chain {
    const follows = headOf(end);
    return checkpointChain(
      { project, token, remembered, reasons: { follows, ...reasons } },
      { seq: end.seq + 1, prev: end.hash, time: this.#timeAfter(end), actor: this.#options.actor },
    );
  }

  /** Begins a segment. */
  async #begin(
    { lock, tail, inbox }: WritableSession,
    remembered: readonly Remembered[],
    reasons: CheckpointReasons,
    project?: string,
  ): Promise<void> {
    const chain = this.#checkpointAfter(tail.end, lock.token, remembered, reasons, project);
    this.#entered = undefined;
    await this.#writing(() => this.#backend.begin(lock, tail, chain, project));
    this.#session = { lock, damage: [], inbox, tail: { begun: chain.end.bytes, end: chain.end } };
  }

  async #lock(options: LockOptions): Promise<Fence> {
    if (this.#poison !== undefined) throw this.#poison;
    const { actor, now, randomId, run } = this.#options;
    const since = instantText(now());
    const holder = thisHolder({ id: randomId(), command: options.command, since, run });
    const plan = { project: this.#backend.project, token: 1, remembered: [], reasons: {} };
    const first = checkpointChain(plan, { seq: 1, time: since, actor });
    const lock = await this.#backend.acquire(holder, options, first);
    try {
      await this.#keepAlive(lock);
      this.#session = await this.#enter(lock, options.known);
    } catch (error) {
      await this.#stopHeartbeat();
      // The first error is reported. A lock that stays behind is silent from now on.
      await this.#backend.release(lock).catch(() => undefined);
      throw error;
    }
    const { cut } = this.#session;
    return defined({ token: lock.token, holder, cut });
  }

  /** Makes the log of a lock that was just taken or recovered writable. */
  async #enter(lock: HeldLock, known?: LogState): Promise<Session> {
    const { state, view } = await this.#stateNow(known);
    if (view === undefined) throw new FenceLostError('the store no longer exists');
    const { recall } = state;
    const { base, damage, torn } = view;
    // The state goes to a caller, which changes it.
    const inbox = new Map(recall.inbox);
    if (damage.length > 0 || base === undefined) return { lock, damage, inbox };
    const takeOver = (seals: Seal): Chain =>
      this.#checkpointAfter(base.end, lock.token, rememberedOf(recall), { seals });
    const tail = await this.#backend.enter(lock, view as V & { readonly base: Base }, takeOver);
    await this.#tidyInbox(inbox);
    // A take-over and a cut have changed the log.
    if (torn === undefined && tail.end.hash === base.end.hash) this.#entered = state;
    return defined({ lock, damage, tail, inbox, cut: torn });
  }

  async #keepAlive(lock: HeldLock): Promise<void> {
    await this.#stopHeartbeat();
    this.#heartbeat = startHeartbeat(this.#backend.beatOf(lock), this.#options.beatMs ?? BEAT_MS);
  }

  async #stopHeartbeat(): Promise<void> {
    const heartbeat = this.#heartbeat;
    this.#heartbeat = undefined;
    await heartbeat?.stop();
  }

  async #leave(): Promise<void> {
    const held = this.#session;
    this.#session = undefined;
    this.#entered = undefined;
    if (held === undefined) return;
    await this.#stopHeartbeat();
    try {
      await this.#backend.release(held.lock);
    } catch (error) {
      // A caller whose write failed knows the reason; the lease ends by itself.
      if (this.#poison === undefined) throw error;
    }
  }

  /** Refuses a damaged log: the deletion would hide its damage. */
  async #prune(keep: number, fence: Fence): Promise<PruneReport> {
    if (!Number.isSafeInteger(keep) || keep < 1) throw new StoreError('at least one segment must be kept');
    const held = this.#writable(fence);
    const found = await examine(this.#backend);
    if (found === undefined) throw new FenceLostError('the store no longer exists');
    if (found.damage.length > 0) throw new LogDamagedError(found.damage);
    const { segments, leftovers } = found.view;
    // The segment whose checkpoint records the deletion is the newest one, and counts.
    const going = segments.slice(0, Math.max(0, segments.length + 1 - keep));
    const last = going.at(-1)?.end;
    if (last !== undefined) await this.#begin(held, rememberedOf(found.recall), { prunes: headOf(last) });
    const removed = [...leftovers, ...going];
    await this.#backend.discard(removed);
    return {
      deleted: removed.map(({ name }) => name),
      ...(last === undefined ? {} : { last: headOf(last) }),
      from: segments[going.length]?.seq ?? held.tail.end.seq + 1,
    };
  }

  async #recover(fence: Fence): Promise<RecoverReport> {
    const held = this.#sessionOf(fence);
    const found = await examine(this.#backend);
    if (found === undefined) throw new FenceLostError('the store no longer exists');
    const end = found.view.base?.end;
    if (found.damage.length === 0 && end !== undefined) {
      const report = { damage: [], quarantine: [], head: headOf(end), cold: false, unknown: [] };
      this.#session = await this.#enter(held.lock);
      return report;
    }
    const parts = split(found);
    const time = this.#timeAfter(end);
    const salvage = await this.#backend.salvage(held.lock, found, parts, `${time}-${this.#options.randomId()}`);
    const { lock, remains, quarantine, seals } = salvage;
    const cold = end === undefined;
    const recovers = {
      damage: found.damage.slice(0, LISTED_DAMAGES).map(({ message }) => message),
      quarantine,
      cold,
    };
    const reasons: CheckpointReasons = defined({
      follows: end === undefined ? undefined : headOf(end),
      seals,
      recovers,
      prunes: parts.prunes,
    });
    const chain = checkpointChain(
      {
        project: this.#backend.project,
        token: lock.token,
        remembered: rememberedBeside(found.recall, remains),
        reasons,
      },
      { seq: (end?.seq ?? salvage.lastSeq) + 1, prev: end?.hash, time, actor: this.#options.actor },
    );
    this.#entered = undefined;
    await this.#writing(() => salvage.commit(chain));
    this.#session = { lock, damage: held.damage, inbox: found.recall.inbox };
    if (lock.token !== held.lock.token) await this.#keepAlive(lock);
    this.#session = await this.#enter(lock);
    return {
      damage: found.damage,
      quarantine,
      head: headOf(chain.end),
      cold,
      unknown: [...remains.addresses].sort(),
    };
  }
}
