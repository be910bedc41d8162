/**
 * The fence: one row per project with the holder that may append, its heartbeat, and the end of the log.
 *
 * Every write locks this row first, and compares it. So two processes can never both write: a take-over changes the
 * row, and the previous holder no longer matches. A seal is not needed here, because a late write fails.
 *
 * A holder shows that it is alive by incrementing `beat`, in every append and, in between, from its own thread. A
 * contender takes over
 *
 * | when                                                                     | because                              |
 * |---------------------------------------------------------------------------|--------------------------------------|
 * | the lock is not held                                                      | it was given back: the token stays   |
 * | its process has ended on this machine                                     | same boot, same pid namespace        |
 * | the beat has not changed for the whole lease, by the contender's own monotonic clock, nor when the row is locked | no two clocks are compared; a holder in a long transaction has the row, and increments the beat at its end |
 * | `takeOver` names the holder                                               | a person has checked                 |
 */

import { type Instant, instantOf } from '#plugin';
import type { HeldLock } from '../backend.ts';
import { FenceLostError, StoreBrokenError } from '../errors.ts';
import { isDead, parseHolder } from '../holder.ts';
import type { Head, Holder, LockStatus } from '../store.ts';
import { type AcquireOptions, type Refused, waitForLock, type Wish } from '../wait-for-lock.ts';
import { type Server, ServerError, type Transaction } from './connection.ts';
import { assertNotRenamed } from './schema.ts';

/** A project's part of a server. */
export interface Place {
  readonly server: Server;
  /** For messages. */
  readonly name: string;
  readonly schema: string;
  readonly project: string;
  /** Role other than the current one that may own the schema and its tables. */
  readonly owner?: string;
}

export interface FenceRow {
  readonly token: number;
  /** Absent if the lock is not held. */
  readonly holder?: Holder;
  readonly beat: number;
  /** By the database's clock. */
  readonly beatAt: Instant;
  /** Time since the last heartbeat, by the database's clock. */
  readonly silentMs: number;
  /** The end of the log; absent until the log exists. */
  readonly head?: Head;
}

export async function readFence(
  transaction: Transaction,
  { schema, project }: Place,
  locked = false,
): Promise<FenceRow | undefined> {
  const { rows } = await transaction.query(
    `SELECT token, holder_id, holder, beat,
       to_char(beat_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       (extract(epoch FROM clock_timestamp() - beat_at) * 1000)::bigint, head_seq, head_hash
     FROM ${schema}.fences WHERE project = $1${locked ? ' FOR UPDATE' : ''}`,
    [project],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  const [token, holderId, holder, beat, beatAt, silentMs, seq, hash] = row;
  return {
    token: Number(token),
    // The id has its own column, so that it is known even if the holder's text cannot be read.
    ...(typeof holderId === 'string' ? { holder: { ...parseHolder(String(holder)), id: holderId } } : {}),
    beat: Number(beat),
    beatAt: instantOf(String(beatAt)),
    silentMs: Number(silentMs),
    ...(typeof seq === 'string' && typeof hash === 'string' ? { head: { seq: Number(seq), hash } } : {}),
  };
}

/** Checks that a fence row lets a holder continue. Throws FenceLostError, or StoreBrokenError. */
export function assertHeld(fence: FenceRow | undefined, lock: HeldLock, head: Head | undefined): void {
  if (fence === undefined) throw new FenceLostError('the log was taken over, or its fence was removed');
  if (fence.token !== lock.token || fence.holder?.id !== lock.holder.id) {
    throw new FenceLostError(
      fence.token === lock.token && fence.holder === undefined
        ? 'the lock was removed'
        : `the log was taken over: its token is ${fence.token}, and this process had token ${lock.token}`,
    );
  }
  if (fence.head?.seq !== head?.seq || fence.head?.hash !== head?.hash)
    throw new StoreBrokenError('the log does not end where this holder left it. This process writes nothing more');
}

/** A contender's last view of the current holder. */
interface Sighting {
  readonly id: string;
  readonly token: number;
  readonly beat: number;
  /** Time of the answer, in monotonic ms. */
  readonly since: number;
}

interface Refusal {
  readonly holder: Holder;
  readonly fence: FenceRow | undefined;
}

export interface FenceOptions extends AcquireOptions {
  /** Runs in the transaction in which the lock is taken. `fresh`: the fence did not exist before. */
  readonly taken: (transaction: Transaction, lock: HeldLock, fresh: boolean) => Promise<void>;
}

/** Makes one attempt in one transaction. Returns the lock or its holder. */
async function attempt(
  place: Place,
  holder: Holder,
  options: FenceOptions,
  seen: Sighting | undefined,
): Promise<HeldLock | Refusal> {
  const { server, schema, project } = place;
  const silentSince = seen !== undefined && performance.now() - seen.since >= options.leaseMs ? seen : undefined;
  return server.transact({ access: 'write' }, async (transaction) => {
    await assertNotRenamed(transaction, place);
    const made = await transaction.query(
      `INSERT INTO ${schema}.fences (project, token) VALUES ($1, 1) ON CONFLICT (project) DO NOTHING`,
      [project],
    );
    const fence = await readFence(transaction, place, true);
    if (fence === undefined) throw new FenceLostError('the fence of the project was removed while the lock was taken');
    const other = fence.holder;
    const isSilent =
      silentSince !== undefined &&
      other?.id === silentSince.id &&
      fence.token === silentSince.token &&
      fence.beat === silentSince.beat;
    if (other !== undefined && !isSilent && other.id !== options.takeOver && !isDead(other))
      return { holder: other, fence };
    const lock = { token: other === undefined ? fence.token : fence.token + 1, holder };
    await transaction.query(
      `UPDATE ${schema}.fences SET token = $2, holder_id = $3, holder = $4, beat = beat + 1, beat_at = clock_timestamp(),
         wanted_at = NULL
       WHERE project = $1`,
      [project, lock.token, holder.id, JSON.stringify(holder)],
    );
    await options.taken(transaction, lock, made.count > 0);
    return lock;
  });
}

/** True if this process owns a lock although the answer to its commit was lost. */
async function isOurs(place: Place, holder: Holder): Promise<HeldLock | undefined> {
  const fence = await place.server.transact({ access: 'write' }, (transaction) => readFence(transaction, place, true));
  return fence?.holder?.id === holder.id ? { token: fence.token, holder } : undefined;
}

async function attemptSettled(
  place: Place,
  holder: Holder,
  options: FenceOptions,
  seen: Sighting | undefined,
): Promise<HeldLock | Refusal> {
  try {
    return await attempt(place, holder, options, seen);
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    if (error.committing) {
      const ours = await isOurs(place, holder);
      if (ours !== undefined) return ours;
    }
    // Another process has had the row for longer than the wait: its holder, in a transaction.
    if (error.sqlState !== '55P03') throw error;
    const fence = await place.server.transact({ access: 'read' }, (transaction) => readFence(transaction, place));
    if (fence?.holder === undefined) throw error;
    return { holder: fence.holder, fence };
  }
}

function sightingOf({ holder, fence }: Refusal, before: Sighting | undefined): Sighting | undefined {
  if (fence === undefined) return undefined;
  const { token, beat } = fence;
  const isSame = before?.id === holder.id && before.token === token && before.beat === beat;
  return isSame ? before : { id: holder.id, token, beat, since: performance.now() };
}

/** Time after which a wish counts no longer, in ms: several renewals of one. */
const WISH_MS = 3000;

/**
 * The wish of a contender: the time of its last renewal, by the database's clock. One contender that withdraws hides the
 * others until they renew theirs.
 */
function wishOf({ server, schema, project }: Place): Wish {
  const set = async (value: string): Promise<void> => {
    await server.transact({ access: 'write' }, (transaction) =>
      transaction.query(`UPDATE ${schema}.fences SET wanted_at = ${value} WHERE project = $1`, [project]),
    );
  };
  return { make: () => set('clock_timestamp()'), withdraw: () => set('NULL') };
}

/** True if a contender has renewed its wish lately. */
export async function isWanted(transaction: Transaction, { schema, project }: Place): Promise<boolean> {
  const { rows } = await transaction.query(
    `SELECT wanted_at > clock_timestamp() - interval '${WISH_MS} milliseconds' FROM ${schema}.fences WHERE project = $1`,
    [project],
  );
  return rows[0]?.[0] === true;
}

/** Takes the lock. Throws LockHeldError when the time is over, and the signal's reason when it fires. */
export function acquireLock(place: Place, holder: Holder, options: FenceOptions): Promise<HeldLock> {
  const lock = `the fence of project ${place.project} in ${place.name}`;
  return waitForLock<Refused & { readonly seen: Sighting | undefined }>(
    place.name,
    options,
    async (before) => {
      const got = await attemptSettled(place, holder, options, before?.seen);
      return 'token' in got ? got : { holder: got.holder, lock, seen: sightingOf(got, before?.seen) };
    },
    wishOf(place),
  );
}

/** Gives the lock back, if this process still owns it. The token stays. */
export async function releaseLock({ server, schema, project }: Place, lock: HeldLock): Promise<void> {
  await server.transact({ access: 'write' }, (transaction) =>
    transaction.query(
      `UPDATE ${schema}.fences SET holder_id = NULL, holder = NULL WHERE project = $1 AND token = $2 AND holder_id = $3`,
      [project, lock.token, lock.holder.id],
    ),
  );
}

/** The status of the lock; undefined if it is not held. */
export function statusOf(fence: FenceRow | undefined, leaseMs: number): LockStatus | undefined {
  if (fence?.holder === undefined) return undefined;
  const { holder, token, beatAt, silentMs } = fence;
  const liveness = isDead(holder) ? 'dead' : silentMs > leaseMs ? 'silent' : 'held';
  return { holder, token, liveness, heartbeatAt: beatAt, leaseMs };
}
