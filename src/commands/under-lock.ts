/** Under the lock: taking it, writing the log with it, giving it back, and what a command ends with that did not get it. */

import { errorText } from '#plugin';
import type { Draft, LogRecord } from '../formats/log-record.ts';
import { fold, type Recall } from '../engine/remember.ts';
import type { Shell } from '../shell.ts';
import { LockHeldError } from '../store/errors.ts';
import type { Fence, Head, Store } from '../store/store.ts';
import type { ExitName } from './ending.ts';
import { type Stopping, stoppedBy } from './stopping.ts';
import { tell, tellLocked, tellWait } from './tell.ts';

export interface Locking {
  readonly command: string;
  /** How long to wait for it, in ms; at once by default. */
  readonly timeoutMs: number | undefined;
  readonly shell: Shell;
  readonly signals: Stopping;
  /** Id of a holder whose lock is taken over. */
  readonly takeOver?: string | undefined;
}

/** Runs `work` with the lock, and gives it back. Throws LockHeldError, and the reason of the signal that ended the wait. */
export async function withLock<T>(store: Store, locking: Locking, work: (fence: Fence) => Promise<T>): Promise<T> {
  const { command, timeoutMs = 0, shell, signals, takeOver } = locking;
  const fence = await store.lock({
    command,
    timeoutMs,
    signal: signals.stop,
    onWait: (holder) => tellWait(shell, holder),
    ...(takeOver === undefined ? {} : { takeOver }),
  });
  try {
    return await work(fence);
  } finally {
    await store
      .unlock(fence)
      .catch((error: unknown) => tell(shell, 'warning', `the lock was not given back: ${errorText(error)}`));
  }
}

/** What a command ends with that was stopped, or did not get the lock; any other error is thrown on. */
export function endingWithoutLock(error: unknown, signals: Stopping, shell: Shell): ExitName {
  const stopped = stoppedBy(signals, error);
  if (stopped !== undefined) return stopped;
  if (!(error instanceof LockHeldError)) throw error;
  tellLocked(shell, error.holder);
  return signals.ending() ?? 'locked';
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
