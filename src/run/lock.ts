/** The lock of a run: takes it, writes the log with it, and releases it. */

import { errorText } from '#plugin';
import type { Draft, LogRecord } from '../formats/log-record.ts';
import { fold, type Recall } from '../engine/remember.ts';
import { LockHeldError } from '../store/errors.ts';
import type { Fence, Head, InboxPlace, LogState, Store } from '../store/store.ts';
import type { Ending } from './ending.ts';
import type { Listener } from './events.ts';
import { type Interruption, stoppedBy, StoppedError, stoppedEnding } from './interruption.ts';

export interface Locking {
  /** The command, for the message to processes that wait for the lock. */
  readonly command: string;
  /** Longest wait for the lock, in ms; 0 by default. */
  readonly lockTimeout?: number | undefined;
  /** Id of the holder from whom the lock is taken over. */
  readonly takeOver?: string | undefined;
  /** True for a run that does not ask the holder to give the lock back early. */
  readonly givesWay?: boolean | undefined;
  /** The state that was read before the lock is taken, through the same store. */
  readonly known?: LogState | undefined;
  readonly interruption: Interruption;
}

/** Runs `work` with the lock, and releases the lock. Throws LockHeldError, or the reason of a stop during the wait. */
export async function withLock<T>(
  store: Store,
  { command, lockTimeout = 0, takeOver, givesWay, known, interruption }: Locking,
  say: Listener,
  work: (fence: Fence) => Promise<T>,
): Promise<T> {
  const fence = await store.lock({
    command,
    timeoutMs: lockTimeout,
    signal: interruption.stop,
    givesWay,
    known,
    onWait: (holder) => say({ type: 'lock-wait', holder }),
    ...(takeOver === undefined ? {} : { takeOver }),
  });
  try {
    return await work(fence);
  } finally {
    await store.unlock(fence).catch((error: unknown) => say({ type: 'lock-kept', message: errorText(error) }));
  }
}

/** The ending of a run that was stopped, or did not get the lock. Rethrows any other error. */
export function endingWithoutLock(error: unknown, interruption: Interruption, say: Listener): Ending {
  const stopped = stoppedBy(interruption, error);
  if (stopped !== undefined) return stopped;
  if (error instanceof StoppedError) return error.ending;
  if (!(error instanceof LockHeldError)) throw error;
  say({ type: 'lock-held', holder: error.holder });
  return stoppedEnding(interruption) ?? 'locked';
}

/** Writes records: durable in the log first, then folded into the state. */
export interface Recorder {
  /** With `drained`, the entries of the inbox at these places are drained in the same append. */
  readonly record: (drafts: readonly Draft[], drained?: readonly InboxPlace[]) => Promise<readonly LogRecord[]>;
  /** The present head of the log. */
  readonly head: () => Head | undefined;
}

export function recorder(store: Store, fence: Fence, recall: Recall, from: Head | undefined): Recorder {
  let head = from;
  const record: Recorder['record'] = async (drafts, drained = []) => {
    if (drafts.length === 0 && drained.length === 0) return [];
    const records = await store.append(drafts, fence, drained);
    for (const each of records) {
      fold(recall, each);
      head = { seq: each.seq, hash: each.hash };
    }
    return records;
  };
  return { record, head: () => head };
}
