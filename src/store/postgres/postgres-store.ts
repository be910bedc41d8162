/**
 * The store on PostgreSQL: one database for many projects, each with its log, its fence and its key.
 *
 * A handle holds at most one lock. Everything that writes goes through one queue, and is one transaction that takes the
 * project's fence row first (fence.ts), so nothing is written by who does not hold the lock, and what is written is
 * whole. What a failed transaction means:
 *
 * | It failed                                        | then                                                        |
 * |---------------------------------------------------|-------------------------------------------------------------|
 * | before its commit was sent, the connection lost   | nothing was written: again, on a new one, until the deadline |
 * | before its commit was sent, the server refused    | nothing was written; the handle takes no more                |
 * | after its commit was sent, without an answer      | a new connection looks, once the fence row is free: the records are there and it was done, or they are not and the handle takes no more |
 * | because the fence is not ours                     | FenceLostError, for good                                     |
 */

import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogRecord, RecordBodies } from '../../engine/record.ts';
import { emptyRecall, fold, rememberedOf } from '../../engine/remember.ts';
import { appendQueue } from '../append-queue.ts';
import { FenceLostError, LogDamagedError, StoreBrokenError, StoreError } from '../errors.ts';
import { BEAT_MS, type Heartbeat, LEASE_MS, startHeartbeat } from '../heartbeat.ts';
import { thisHolder } from '../holder.ts';
import { keyCheckOf, macUnder, newKeyText } from '../key.ts';
import { type Prepared, prepare, readLine } from '../line.ts';
import type { End } from '../scan-segment.ts';
import type {
  Damage,
  Fence,
  Head,
  Holder,
  LockOptions,
  LockStatus,
  PruneReport,
  ReadReport,
  RecoverReport,
  Remembered,
  Rename,
  Store,
} from '../store.ts';
import { type Chain, chainLines, checkpointDrafts } from './chain-lines.ts';
import { deadlinesOf, openServer, ServerError, type Transaction } from './connection.ts';
import { acquireLock, type HeldLock, type Place, readFence, releaseLock, statusOf } from './fence.ts';
import { readFacts, readKey, readLog } from './read-rows.ts';
import { carryOutRecovery, planRecovery } from './recover-rows.ts';
import { hasTables, migrate } from './schema.ts';
import type { Target } from './target.ts';
import { verifyRows } from './verify-rows.ts';
import { appendRows, isWritten, listCheckpoint, placeRows, removeRows, renameRows } from './write-rows.ts';

export interface PostgresStoreOptions {
  readonly target: Target;
  readonly project: string;
  /** Who acts, for the records. */
  readonly actor: string;
  /** Epoch ms. */
  readonly now: () => number;
  /** Unique text of letters, digits and dashes: names of locks and of recoveries. */
  readonly randomId: () => string;
  /** Address of the CI run. */
  readonly run?: string | undefined;
  /** A holder that is silent for so long may be taken over. */
  readonly leaseMs?: number | undefined;
  /** Time between heartbeats. */
  readonly beatMs?: number | undefined;
  /** After which any one call has ended, reading and checking a long log aside. */
  readonly deadlineMs?: number | undefined;
}

const DEADLINE_MS = 30_000;

/** A tail below this length is never worth a new checkpoint. */
const ROLL_BYTES = 1024 * 1024;

/** The end of the log that is written to. */
interface Tail {
  readonly keyCheck: string;
  /** Length of the checkpoint part, in bytes. */
  readonly begun: number;
  /** Its `bytes` count from the checkpoint on. */
  readonly end: End;
}

/** A lock that is held, and what it may write to: nothing while the log is damaged. */
interface Session {
  readonly lock: HeldLock;
  readonly damage: readonly Damage[];
  readonly tail?: Tail;
}

function headOf({ seq, hash }: Head): Head {
  return { seq, hash };
}

/** Opens the store; nothing is connected before it is asked for. */
export function openPostgresStore(options: PostgresStoreOptions): Store {
  const { actor, now, randomId } = options;
  const leaseMs = options.leaseMs ?? LEASE_MS;
  const { target } = options;
  const deadlines = deadlinesOf(options.deadlineMs ?? DEADLINE_MS);
  const server = openServer(target, deadlines);
  const { schema } = target;
  const { owner } = target;
  let place: Place = {
    server,
    name: target.place,
    schema,
    project: options.project,
    ...(owner === undefined ? {} : { owner }),
  };
  let session: Session | undefined;
  let poison: StoreError | undefined;
  let key: Buffer | undefined;
  let migrated = false;
  let heartbeat: Heartbeat | undefined;

  function timeAfter(end: End | undefined): string {
    return new Date(Math.max(now(), end === undefined ? 0 : Date.parse(end.time))).toISOString();
  }

  function poisoned(error: unknown): StoreError {
    if (error instanceof FenceLostError || error instanceof StoreBrokenError) poison ??= error;
    else {
      const why = error instanceof Error ? error.message : String(error);
      poison ??= new StoreBrokenError(`the log could not be written: ${why}; nothing more is written`, {
        cause: error,
      });
    }
    return poison;
  }

  function sessionOf(fence: Fence): Session {
    if (poison !== undefined) throw poison;
    if (session === undefined || session.lock.holder.id !== fence.holder.id)
      throw new FenceLostError('this lock is not held any more');
    return session;
  }

  /** The session that a fence stands for; throws unless it may write. */
  function writable(fence: Fence): { readonly lock: HeldLock; readonly tail: Tail } {
    const { lock, damage, tail } = sessionOf(fence);
    if (tail === undefined) throw new LogDamagedError(damage);
    return { lock, tail };
  }

  /** Tries until it works, the server refuses, or the deadline is over. Only for what a lost connection leaves undone. */
  async function persistently<T>(work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    for (let wait = 50; ; wait = Math.min(wait * 2, 1000)) {
      try {
        return await work();
      } catch (error) {
        // 55P03: whoever had the row for so long was in a transaction that has its own end.
        const again = error instanceof ServerError && !error.committing && (error.lost || error.sqlState === '55P03');
        if (!again || performance.now() - start + wait > deadlines.callMs) throw error;
        await sleep(wait);
      }
    }
  }

  /** One transaction that leaves `head` as the end of the log of `after`, whole or not at all. See the table on top. */
  async function durably(
    head: Head,
    write: (transaction: Transaction) => Promise<void>,
    { long = false, after = place }: { readonly long?: boolean; readonly after?: Place } = {},
  ): Promise<void> {
    try {
      await persistently(() => server.transact({ access: 'write', long }, write));
    } catch (error) {
      if (!(error instanceof ServerError) || !error.committing) throw error;
      const done = await persistently(() =>
        server.transact({ access: 'write' }, (transaction) => isWritten(transaction, after, head)),
      );
      if (!done) throw error;
    }
  }

  async function writeGroups(groups: readonly (readonly Prepared[])[]): Promise<readonly (readonly LogRecord[])[]> {
    if (poison !== undefined) throw poison;
    if (session?.tail === undefined) throw new FenceLostError('this lock is not held any more');
    const { lock, tail } = session;
    const time = timeAfter(tail.end);
    const chain = chainLines(groups.flat(), { seq: tail.end.seq + 1, prev: tail.end.hash, time, actor });
    try {
      await durably(chain.end, (transaction) => appendRows(transaction, place, lock, tail.end, chain));
    } catch (error) {
      throw poisoned(error);
    }
    session = { ...session, tail: { ...tail, end: { ...chain.end, bytes: tail.end.bytes + chain.end.bytes } } };
    let index = 0;
    let prev = tail.end.hash;
    return groups.map((group) =>
      group.map((draft) => {
        const hash = chain.hashes[index] ?? '';
        // The body as a reader will find it, whatever becomes of the caller's object.
        const body: unknown = JSON.parse(draft.body);
        const record = { seq: chain.start + index, time, actor, kind: draft.kind, body, prev, hash } as LogRecord;
        index += 1;
        prev = hash;
        return record;
      }),
    );
  }

  const queue = appendQueue(writeGroups);

  /** The first records of a log that is new, in the transaction in which its lock is taken for the first time. */
  async function found(transaction: Transaction, lock: HeldLock): Promise<void> {
    const facts = await readFacts(transaction, place);
    // A log whose fence was removed is damaged; nothing is made over it.
    if (facts === undefined || facts.first !== undefined || facts.listed.length > 0) return;
    await transaction.query(
      `INSERT INTO ${schema}.keys (project, key) VALUES ($1, $2) ON CONFLICT (project) DO NOTHING`,
      [place.project, newKeyText().trimEnd()],
    );
    const made = await readKey(transaction, place);
    if (made === 'hidden') throw new StoreError(`the store ${target.place} cannot be used: its key may not be read`);
    const keyCheck = keyCheckOf(Buffer.isBuffer(made) ? made : Buffer.alloc(0));
    const drafts = checkpointDrafts(
      { project: place.project, token: lock.token, keyCheck, remembered: [], more: {} },
      actor,
    );
    const chain = chainLines(drafts, { seq: 1, time: timeAfter(undefined), actor });
    await placeRows(transaction, place, lock.token, chain);
    await listCheckpoint(transaction, place, chain);
  }

  /** Where the log of a lock that was just taken, or just recovered, can be written to. */
  async function enter(lock: HeldLock): Promise<Session> {
    const view = await server.transact({ access: 'read', long: true }, (transaction) =>
      readLog(transaction, place, { from: 'checkpoint' }),
    );
    if (view === undefined) throw new FenceLostError('the store is gone');
    const { base, damage } = view;
    if (damage.length > 0 || base === undefined) return { lock, damage };
    const { keyCheck } = base.checkpoint.body;
    return { lock, damage, tail: { keyCheck, begun: base.begun.bytes, end: base.end } };
  }

  function beatFor(holder: Holder): Heartbeat {
    const beat = {
      kind: 'postgres',
      target,
      project: place.project,
      holderId: holder.id,
      // One that hangs leaves time for another within the lease.
      deadlineMs: Math.min(deadlines.callMs, Math.ceil(leaseMs * 0.6)),
    } as const;
    return startHeartbeat(beat, options.beatMs ?? BEAT_MS);
  }

  async function stopHeartbeat(): Promise<void> {
    await heartbeat?.stop();
    heartbeat = undefined;
  }

  async function leave(): Promise<void> {
    const held = session;
    session = undefined;
    if (held === undefined) return;
    await stopHeartbeat();
    try {
      await releaseLock(place, held.lock);
    } catch (error) {
      // Who could not write has heard why; the lease ends by itself.
      if (poison === undefined) throw error;
    }
  }

  async function takeLock(asked: LockOptions): Promise<Fence> {
    if (poison !== undefined) throw poison;
    if (!migrated) await migrate(place);
    migrated = true;
    const since = new Date(now()).toISOString();
    const holder = thisHolder({ id: randomId(), command: asked.command, since, run: options.run });
    const lock = await acquireLock(place, holder, {
      ...asked,
      leaseMs,
      taken: async (transaction, got, fresh) => (fresh ? found(transaction, got) : undefined),
    });
    await stopHeartbeat();
    heartbeat = beatFor(holder);
    try {
      session = await enter(lock);
    } catch (error) {
      await stopHeartbeat();
      await releaseLock(place, lock).catch(() => undefined);
      throw error;
    }
    return { token: lock.token, holder };
  }

  function checkpointChain(
    lock: HeldLock,
    tail: Tail,
    remembered: readonly Remembered[],
    more: Pick<RecordBodies['checkpoint'], 'prunes' | 'renames'> = {},
    project = place.project,
  ): Chain {
    const follows = headOf(tail.end);
    const plan = { project, token: lock.token, keyCheck: tail.keyCheck, remembered, more: { follows, ...more } };
    const time = timeAfter(tail.end);
    return chainLines(checkpointDrafts(plan, actor), { seq: follows.seq + 1, prev: follows.hash, time, actor });
  }

  async function writeCheckpoint(
    { lock, tail }: { readonly lock: HeldLock; readonly tail: Tail },
    chain: Chain,
    more?: (transaction: Transaction) => Promise<void>,
    way?: { readonly long: boolean; readonly after: Place },
  ): Promise<void> {
    try {
      await durably(
        chain.end,
        async (transaction) => {
          await appendRows(transaction, place, lock, tail.end, chain);
          await listCheckpoint(transaction, place, chain);
          await more?.(transaction);
        },
        way,
      );
    } catch (error) {
      throw poisoned(error);
    }
    session = { lock, damage: [], tail: { keyCheck: tail.keyCheck, begun: chain.end.bytes, end: chain.end } };
  }

  async function roll(remembered: readonly Remembered[], fence: Fence, force: boolean): Promise<void> {
    const held = writable(fence);
    const { tail } = held;
    const tailBytes = tail.end.bytes - tail.begun;
    if (!force && tailBytes <= Math.max(ROLL_BYTES, 2 * tail.begun)) return;
    await writeCheckpoint(held, checkpointChain(held.lock, tail, remembered));
  }

  async function rename({ to, ...more }: Rename, remembered: readonly Remembered[], fence: Fence): Promise<void> {
    const held = writable(fence);
    const after: Place = { ...place, project: to };
    // Its tombstone, if it has one, goes with the rename.
    const taken = await server.transact({ access: 'read' }, (transaction) => readFacts(transaction, after));
    if (taken !== undefined) throw new StoreError(`the store ${target.place} has a log of the project ${to} already`);
    const chain = checkpointChain(held.lock, held.tail, remembered, { renames: { from: place.project, ...more } }, to);
    await stopHeartbeat();
    await writeCheckpoint(held, chain, (transaction) => renameRows(transaction, place, to), { long: true, after });
    place = after;
    heartbeat = beatFor(held.lock.holder);
  }

  async function recover(fence: Fence): Promise<RecoverReport> {
    const held = sessionOf(fence);
    const plan = await server.transact({ access: 'read', long: true }, (transaction) =>
      planRecovery(transaction, place, { lock: held.lock, actor, now: now(), randomId }),
    );
    if (plan.work !== undefined) {
      try {
        await durably(plan.report.head, (transaction) => carryOutRecovery(transaction, place, held.lock, plan));
      } catch (error) {
        throw poisoned(error);
      }
    }
    key = undefined;
    session = { lock: plan.lock, damage: held.damage };
    session = await enter(plan.lock);
    return plan.report;
  }

  /** Where a log begins that keeps its ranges from the one at `seq` on: the record before that. */
  async function endBefore(transaction: Transaction, seq: number): Promise<Head> {
    const { rows } = await transaction.query(`SELECT line FROM ${schema}.records WHERE project = $1 AND seq = $2`, [
      place.project,
      seq,
    ]);
    const bytes = Buffer.from(String(rows[0]?.[0] ?? ''));
    const record = readLine(bytes, 0, bytes.length, seq, undefined);
    const follows = typeof record !== 'string' && record.kind === 'checkpoint' ? record.body.follows : undefined;
    if (follows === undefined)
      throw new StoreError(`record ${seq} is listed as a checkpoint, and is none: \`fettle log verify\` says more`);
    return follows;
  }

  async function prune(keep: number, fence: Fence): Promise<PruneReport> {
    if (!Number.isSafeInteger(keep) || keep < 1) throw new StoreError('at least one checkpoint has to be kept');
    const held = writable(fence);
    const { tail } = held;
    const recall = emptyRecall();
    const found = await server.transact({ access: 'read', long: true }, async (transaction) => {
      const view = await readLog(transaction, place, { from: 'checkpoint', take: (record) => fold(recall, record) });
      if (view === undefined) throw new FenceLostError('the store is gone');
      if (view.damage.length > 0) throw new LogDamagedError(view.damage);
      const starts = view.facts.listed.map(({ seq }) => seq);
      // The checkpoint that says what goes is the newest one, and counts.
      const gone = starts.length + 1 - keep;
      const from = starts[gone] ?? tail.end.seq + 1;
      const last =
        gone <= 0 ? undefined : gone === starts.length ? headOf(tail.end) : await endBefore(transaction, from);
      return { starts, gone, from, last, first: view.facts.first ?? 1 };
    });
    const { starts, gone, from, last, first } = found;
    if (last === undefined) return { deleted: [], from: first };
    const chain = checkpointChain(held.lock, tail, rememberedOf(recall), { prunes: last });
    await writeCheckpoint(held, chain, async (transaction) => {
      await removeRows(transaction, place, { below: from, above: Number.MAX_SAFE_INTEGER });
      await transaction.query(`DELETE FROM ${schema}.checkpoints WHERE project = $1 AND seq < $2`, [
        place.project,
        from,
      ]);
    });
    const ends = [...starts.slice(1), tail.end.seq + 1].map((seq) => seq - 1);
    const deleted = starts.slice(0, gone).map((seq, index) => `records ${seq} to ${ends[index]}`);
    return { deleted, last, from };
  }

  async function read(
    take: (record: LogRecord) => void,
    from: 'checkpoint' | 'all' = 'checkpoint',
  ): Promise<ReadReport> {
    const view = await server.transact({ access: 'read', long: true }, (transaction) =>
      readLog(transaction, place, { from, take }),
    );
    if (view === undefined) return { status: 'none', damage: [] };
    const { base, damage } = view;
    return {
      status: damage.length === 0 ? 'sound' : 'damaged',
      ...(base === undefined ? {} : { head: headOf(base.end) }),
      damage,
    };
  }

  async function lockStatus(): Promise<LockStatus | undefined> {
    return server.transact({ access: 'read' }, async (transaction) =>
      (await hasTables(transaction, place)) ? statusOf(await readFence(transaction, place), leaseMs) : undefined,
    );
  }

  async function holder(): Promise<Holder | undefined> {
    const status = await lockStatus();
    return status?.liveness === 'held' ? status.holder : undefined;
  }

  async function mac(secret: string): Promise<string> {
    if (key === undefined) {
      const found = await server.transact({ access: 'read' }, async (transaction) =>
        (await hasTables(transaction, place)) ? readKey(transaction, place) : 'missing',
      );
      if (typeof found === 'string') {
        const why = found === 'hidden' ? 'this user may not read it' : `it is ${found}`;
        throw new StoreError(`the store ${target.place} has no key: ${why}`);
      }
      key = found;
    }
    return macUnder(key, secret);
  }

  return {
    place: target.place,
    project: async () => {
      const found = await server.transact({ access: 'read' }, async (transaction) =>
        (await hasTables(transaction, place)) ? readFacts(transaction, place) : undefined,
      );
      return found === undefined ? undefined : place.project;
    },
    read,
    lock: (asked) => queue.alone(() => takeLock(asked)),
    unlock: (fence) => queue.alone(async () => (session?.lock.holder.id === fence.holder.id ? leave() : undefined)),
    holder,
    lockStatus,
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
    verify: (head) =>
      server.transact({ access: 'read', long: true }, (transaction) => verifyRows(transaction, place, head)),
    rename: (asked, all, fence) => queue.alone(() => rename(asked, all, fence)),
    recover: (fence) => queue.alone(() => recover(fence)),
    prune: (keep, fence) => queue.alone(() => prune(keep, fence)),
    mac,
    close: () =>
      queue.alone(async () => {
        try {
          await leave();
        } finally {
          await server.close();
        }
      }),
  };
}
