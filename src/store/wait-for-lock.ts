/** Waits for a lock that another process holds: the same for every backend. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { HeldLock } from './backend.ts';
import { LockHeldError, StoreError } from './errors.ts';
import type { Holder, LockOptions } from './store.ts';

export interface AcquireOptions extends LockOptions {
  /** A holder without a heartbeat for this long may be taken over. */
  readonly leaseMs: number;
}

/** Another process's lock. */
export interface Refused {
  readonly holder: Holder;
  /** Name of the lock, for the error. */
  readonly lock: string;
}

/** Shows the holder of a lock that a process waits for it. */
export interface Wish {
  /** Makes the wish, or renews it. */
  readonly make: () => Promise<void>;
  readonly withdraw: () => Promise<void>;
}

const POLL_MS = 200;
/** Time between two renewals of a wish. */
const RENEWAL_MS = 500;
const RETRY_MS = 10;
/** Maximum number of attempts on an old view of the lock. */
const RETRIES = 50;

/** Throws the signal's reason when it fires. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/** A wish for the lock that is renewed while it is held. Only a hint: its failures are ignored. */
function renewed(wish: Wish): Wish {
  let renewedAt: number | undefined;
  return {
    make: async () => {
      const now = performance.now();
      if (renewedAt !== undefined && now - renewedAt < RENEWAL_MS) return;
      renewedAt = now;
      await wish.make().catch(() => undefined);
    },
    withdraw: async () => {
      if (renewedAt !== undefined) await wish.withdraw().catch(() => undefined);
    },
  };
}

/**
 * Repeats an attempt until it returns the lock. An attempt receives the previous refusal, and returns `again` if its
 * view of the lock was old. Throws LockHeldError when the time is over, and the signal's reason when it fires.
 */
export async function waitForLock<R extends Refused>(
  place: string,
  options: LockOptions,
  attempt: (before: R | undefined) => Promise<HeldLock | R | 'again'>,
  wish: Wish,
): Promise<HeldLock> {
  const own = renewed(wish);
  try {
    return await waiting(place, options, attempt, own);
  } finally {
    await own.withdraw();
  }
}

async function waiting<R extends Refused>(
  place: string,
  { timeoutMs, signal, onWait, givesWay = false }: LockOptions,
  attempt: (before: R | undefined) => Promise<HeldLock | R | 'again'>,
  wish: Wish,
): Promise<HeldLock> {
  const start = performance.now();
  let retries = 0;
  let refused: R | undefined;
  for (;;) {
    signal?.throwIfAborted();
    const waited = performance.now() - start;
    const got = await attempt(refused);
    if (got === 'again') {
      retries += 1;
      if (retries > RETRIES)
        throw new StoreError(`the lock of ${place} could not be taken: other processes keep taking and releasing it`);
      await pause(RETRY_MS, signal);
      continue;
    }
    if ('token' in got) return got;
    if (waited >= timeoutMs) throw new LockHeldError(got.holder, got.lock);
    if (refused === undefined) onWait?.(got.holder);
    refused = got;
    if (!givesWay) await wish.make();
    await pause(Math.max(1, Math.min(POLL_MS, timeoutMs - waited)), signal);
  }
}
