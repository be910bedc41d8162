/**
 * The store on PostgreSQL: one database for many projects, each with its log and its fence.
 *
 * Every write is one transaction that locks the project's fence row first (fence.ts), so only the holder of the lock
 * writes, and writes are atomic. The meaning of a failed transaction:
 *
 * | Failure                                           | Consequence                                                 |
 * |---------------------------------------------------|-------------------------------------------------------------|
 * | before its commit was sent, the connection lost   | nothing was written: repeat on a new connection, until the deadline |
 * | before its commit was sent, the server refused    | nothing was written; the handle accepts no more              |
 * | after its commit was sent, without an answer      | a new connection checks once the fence row is free: if the records exist, the write was done; if not, the handle accepts no more |
 * | because another holder has the fence              | FenceLostError, permanently                                  |
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Backend, Base, HeldLock, Reading, Salvage, Segment, Tail } from '../backend.ts';
import type { Chain } from '../chain.ts';
import { LogUnchangedError } from '../errors.ts';
import type { Examination, Split } from '../examine.ts';
import { type Beat, LEASE_MS } from '../heartbeat.ts';
import { LogHandle, type LogHandleOptions } from '../log-handle.ts';
import type { Head, Holder, InboxPlace, LockOptions, LockStatus, Store } from '../store.ts';
import { type Deadlines, deadlinesOf, openServer, type Server, ServerError, type Transaction } from './connection.ts';
import { RowInbox, removeEntries } from './inbox-rows.ts';
import { acquireLock, isWanted, type Place, readFence, releaseLock, statusOf } from './fence.ts';
import { readFacts, readRows, type RowLogView } from './read-rows.ts';
import { carryOutSalvage, planSalvage, remainsBehind } from './salvage-rows.ts';
import { hasTables, migrate } from './schema.ts';
import type { Target } from './target.ts';
import type { RowSegment } from './walk-rows.ts';
import { appendRows, isWritten, listCheckpoint, placeRows, removeRows, renameRows } from './write-rows.ts';
import { defined } from '#plugin';

export interface PostgresStoreOptions extends LogHandleOptions {
  readonly target: Target;
  readonly project: string;
  /** Time without a heartbeat, in ms, after which a holder may be taken over. */
  readonly leaseMs?: number | undefined;
  /** Maximum time of a call, in ms, except for reading and checking a long log. */
  readonly deadlineMs?: number | undefined;
  /** Size from which the inbox is full, in bytes. */
  readonly inboxBytes?: number | undefined;
}

const DEADLINE_MS = 30_000;

/** Opens the store. The first method call connects. */
export function openPostgresStore(options: PostgresStoreOptions): Store {
  return new LogHandle(new PostgresBackend(options), options);
}

class PostgresBackend implements Backend<RowLogView> {
  readonly #target: Target;
  readonly #server: Server;
  readonly #deadlines: Deadlines;
  readonly #leaseMs: number;
  readonly inbox: RowInbox;
  #place: Place;
  #migrated = false;

  constructor({ target, project, leaseMs = LEASE_MS, deadlineMs = DEADLINE_MS, inboxBytes }: PostgresStoreOptions) {
    this.#target = target;
    this.#deadlines = deadlinesOf(deadlineMs);
    this.#server = openServer(target, this.#deadlines);
    this.#leaseMs = leaseMs;
    const { place: name, schema, owner } = target;
    this.#place = defined({ server: this.#server, name, schema, project, owner });
    this.inbox = new RowInbox({
      place: () => this.#place,
      persistently: (work) => this.#persistently(work),
      callMs: deadlineMs,
      maxBytes: inboxBytes,
    });
  }

  get place(): string {
    return this.#target.place;
  }

  get project(): string {
    return this.#place.project;
  }

  foundProject(): Promise<string | undefined> {
    return this.#server.transact({ access: 'read' }, async (transaction) => {
      const isThere =
        (await hasTables(transaction, this.#place)) && (await readFacts(transaction, this.#place)) !== undefined;
      return isThere ? this.project : undefined;
    });
  }

  read(reading: Reading): Promise<RowLogView | undefined> {
    return this.#server.transact({ access: 'read', long: true }, (transaction) =>
      readRows(transaction, this.#place, reading),
    );
  }

  mark(): Promise<string> {
    return this.#server.transact({ access: 'read' }, async (transaction) => {
      const fence = (await hasTables(transaction, this.#place)) ? await readFence(transaction, this.#place) : undefined;
      return fence?.head === undefined ? '' : `${fence.token}:${fence.head.seq}:${fence.head.hash}`;
    });
  }

  lockStatus(): Promise<LockStatus | undefined> {
    return this.#server.transact({ access: 'read' }, async (transaction) =>
      (await hasTables(transaction, this.#place))
        ? statusOf(await readFence(transaction, this.#place), this.#leaseMs)
        : undefined,
    );
  }

  async acquire(holder: Holder, options: LockOptions, first: Chain): Promise<HeldLock> {
    if (!this.#migrated) await migrate(this.#place);
    this.#migrated = true;
    return acquireLock(this.#place, holder, {
      ...options,
      leaseMs: this.#leaseMs,
      taken: async (transaction, lock, fresh) => (fresh ? this.#found(transaction, lock, first) : undefined),
    });
  }

  /** Writes the first records, in the transaction in which the lock of a new log is taken. */
  async #found(transaction: Transaction, lock: HeldLock, first: Chain): Promise<void> {
    const facts = await readFacts(transaction, this.#place);
    // A log whose fence was removed is damaged. No new log is created over it.
    if (facts === undefined || facts.first !== undefined || facts.listed.length > 0) return;
    await placeRows(transaction, this.#place, lock.token, first);
    await listCheckpoint(transaction, this.#place, first);
  }

  release(lock: HeldLock): Promise<void> {
    return releaseLock(this.#place, lock);
  }

  /** A read takes one query; a comparison would take as long. */
  isUnchanged(): Promise<boolean> {
    return Promise.resolve(false);
  }

  isWanted(): Promise<boolean> {
    return this.#server.transact({ access: 'read' }, (transaction) => isWanted(transaction, this.#place));
  }

  beatOf({ holder }: HeldLock): Beat {
    // A hanging heartbeat leaves time for another one within the lease.
    const deadlineMs = Math.min(this.#deadlines.callMs, Math.ceil(this.#leaseMs * 0.6));
    return { kind: 'postgres', target: this.#target, project: this.project, holderId: holder.id, deadlineMs };
  }

  /** A seal is not needed: a late writer finds another holder in the fence, and writes nothing. */
  async enter(_: HeldLock, { base }: RowLogView & { readonly base: Base }): Promise<Tail> {
    return { begun: base.begun.bytes, end: base.end };
  }

  append(lock: HeldLock, { end }: Tail, chain: Chain, drained: readonly InboxPlace[]): Promise<void> {
    return this.#durably(chain.end, async (transaction) => {
      await appendRows(transaction, this.#place, lock, end, chain);
      await removeEntries(transaction, this.#place, drained);
    });
  }

  async begin(lock: HeldLock, { end }: Tail, checkpoint: Chain, project = this.project): Promise<void> {
    const before = this.#place;
    const after: Place = { ...before, project };
    await this.#durably(
      checkpoint.end,
      async (transaction) => {
        await appendRows(transaction, before, lock, end, checkpoint);
        await listCheckpoint(transaction, before, checkpoint);
        if (project === before.project) return;
        // The rename removes the tombstone, if one exists.
        if ((await readFacts(transaction, after)) !== undefined)
          throw new LogUnchangedError(`the store ${this.place} already has a log of the project ${project}`);
        await renameRows(transaction, before, project);
      },
      { long: project !== before.project, after },
    );
    this.#place = after;
  }

  discard(segments: readonly Segment[]): Promise<void> {
    const below = (segments.at(-1)?.end?.seq ?? 0) + 1;
    const { schema, project } = this.#place;
    if (below === 1) return Promise.resolve();
    return this.#persistently(() =>
      this.#server.transact({ access: 'write', long: true }, async (transaction) => {
        await removeRows(transaction, this.#place, { below, above: Number.MAX_SAFE_INTEGER });
        const text = `DELETE FROM ${schema}.checkpoints WHERE project = $1 AND seq < $2`;
        await transaction.query(text, [project, below]);
      }),
    );
  }

  async salvage(
    lock: HeldLock,
    { view }: Examination<RowLogView>,
    split: Split<RowSegment>,
    room: string,
  ): Promise<Salvage> {
    const remains = await this.#server.transact({ access: 'read', long: true }, (transaction) =>
      remainsBehind(transaction, this.#place, view),
    );
    const plan = planSalvage(lock, view, split, remains, room);
    const { quarantine, lastSeq } = plan;
    const commit = (checkpoint: Chain): Promise<void> =>
      this.#durably(checkpoint.end, (transaction) => carryOutSalvage(transaction, this.#place, lock, plan, checkpoint));
    return { lock: plan.lock, remains, quarantine, lastSeq, commit };
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  /**
   * Repeats until success, a refusal of the server, or the deadline. Only for work that a lost connection leaves
   * undone.
   */
  async #persistently<T>(work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    for (let wait = 50; ; wait = Math.min(wait * 2, 1000)) {
      try {
        return await work();
      } catch (error) {
        // 55P03: another process had the row for that long, in a transaction with its own limit.
        const again = error instanceof ServerError && !error.committing && (error.lost || error.sqlState === '55P03');
        if (!again || performance.now() - start + wait > this.#deadlines.callMs) throw error;
        await sleep(wait);
      }
    }
  }

  /** Runs one atomic transaction that leaves `head` as the end of the log of `after`. See the table at the top. */
  async #durably(
    head: Head,
    write: (transaction: Transaction) => Promise<void>,
    { long = false, after = this.#place }: { readonly long?: boolean; readonly after?: Place } = {},
  ): Promise<void> {
    try {
      await this.#persistently(() => this.#server.transact({ access: 'write', long }, write));
    } catch (error) {
      if (!(error instanceof ServerError) || !error.committing) throw error;
      const done = await this.#persistently(() =>
        this.#server.transact({ access: 'write' }, (transaction) => isWritten(transaction, after, head)),
      );
      if (!done) throw error;
    }
  }
}
