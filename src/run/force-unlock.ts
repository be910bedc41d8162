/** Forced unlocks: take the lock over from its holder, and release it. */

import { holderText } from '../engine/holder-text.ts';
import { InputError } from '#plugin';
import type { LockStatus } from '../store/store.ts';
import type { Listener } from './events.ts';
import type { Interruption } from './interruption.ts';
import type { Workspace } from './project.ts';
import { withStore } from './stores.ts';
import { type Ended, writeLog } from './write-log.ts';

/** The status of the lock with holder `id`. Throws InputError if the lock is free or has another holder. */
export async function lockToTake(
  workspace: Workspace,
  id: string,
  say: Listener,
): Promise<{ readonly status: LockStatus; readonly place: string }> {
  return withStore(workspace, say, async (store) => {
    const status = await store.lockStatus();
    if (status === undefined) throw new InputError(`the lock of ${store.place} is not held`);
    if (status.holder.id !== id)
      throw new InputError(
        `${id} does not hold the lock. Its holder is ${status.holder.id}: ${holderText(status.holder)}`,
      );
    return { status, place: store.place };
  });
}

export interface TakeLockOptions {
  /** The id of the present holder. */
  readonly id: string;
  readonly reason: string | undefined;
  readonly interruption: Interruption;
}

/** Takes the lock over from a holder, and releases it. The result is its token, absent if the run was stopped. */
export async function takeLock(
  workspace: Workspace,
  { id, reason, interruption }: TakeLockOptions,
  say: Listener,
): Promise<Ended<number>> {
  const body = reason === undefined ? {} : { reason };
  const writing = { command: 'force-unlock', takeOver: id, body, interruption };
  return writeLog(workspace, writing, say, async ({ fence }) => ({ ending: 'ok', result: fence.token }));
}
