/** Under the lock: taking it, writing the log with it, and giving it back. */

import { errorText } from '#plugin';
import type { Draft, LogRecord } from '../formats/log-record.ts';
import { fold, type Recall } from '../engine/remember.ts';
import { LockHeldError } from '../store/errors.ts';
import type { Fence, Head, Store } from '../store/store.ts';
import type { Ending } from './ending.ts';
import type { Listener } from './events.ts';
import { type Interruption, stoppedBy, stoppedEnding } from './interruption.ts';

export interface Locking {
  /** For the message that whoever waits gets. */
  readonly command: string;
  /** How long to wait for it, in ms; by default not at all. */
  readonly lockTimeout?: number | undefined;
  /** Id of a holder whose lock is taken over. */
  readonly takeOver?: string | undefined;
  readonly interruption: Interruption;
}

/** Runs `work` with the lock, and gives it back. Throws LockHeldError, and the reason of a stop that ended the wait. */
export async function withLock<T>(
  store: Store,
  { command, lockTimeout = 0, takeOver, interruption }: Locking,
  say: Listener,
  work: (fence: Fence) => Promise<T>,
): Promise<T> {
  const fence = await store.lock({
    command,
    timeoutMs: lockTimeout,
    signal: interruption.stop,
    onWait: (holder) => say({ type: 'lock-wait', holder }),
    ...(takeOver === undefined ? {} : { takeOver }),
  });
  try {
    return await work(fence);
  } finally {
    await store.unlock(fence).catch((error: unknown) => say({ type: 'lock-kept', message: errorText(error) }));
  }
}

/** The ending of a run that was stopped, or did not get the lock. Throws any other error on. */
export function endingWithoutLock(error: unknown, interruption: Interruption, say: Listener): Ending {
  const stopped = stoppedBy(interruption, error);
  if (stopped !== undefined) return stopped;
  if (!(error instanceof LockHeldError)) throw error;
  say({ type: 'lock-held', holder: error.holder });
  return stoppedEnding(interruption) ?? 'locked';
}

/** Everything that is written goes through here: durable in the log first, then part of memory. */
export interface Recorder {
  readonly record: (drafts: readonly Draft[]) => Promise<readonly LogRecord[]>;
  /** Where the log ends by now. */
  readonly head: () => Head | undefined;
}

export function recorder(store: Store, fence: Fence, recall: Recall, from: Head | undefined): Recorder {
  let head = from;
  const record = async (drafts: readonly Draft[]): Promise<readonly LogRecord[]> => {
    if (drafts.length === 0) return [];
    const records = await store.append(drafts, fence);
    for (const each of records) {
      fold(recall, each);
      head = { seq: each.seq, hash: each.hash };
    }
    return records;
  };
  return { record, head: () => head };
}
