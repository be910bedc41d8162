/** Taking the lock from its holder. */

import { holderText } from '../engine/holder-text.ts';
import { InputError } from '#plugin';
import type { LockStatus } from '../store/store.ts';
import type { Listener } from './events.ts';
import type { Interruption } from './interruption.ts';
import type { Workspace } from './project.ts';
import { withStore } from './stores.ts';
import { type Ended, writeLog } from './write-log.ts';

/** The lock that a holder has. Throws InputError where another one has it, or nobody. */
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
        `${id} does not hold the lock; its holder is ${status.holder.id}: ${holderText(status.holder)}`,
      );
    return { status, place: store.place };
  });
}

export interface TakeLockOptions {
  /** Of the holder. */
  readonly id: string;
  readonly reason: string | undefined;
  readonly interruption: Interruption;
}

/** Takes the lock from a holder, and gives it back. The result is its token, absent where the run was stopped. */
export async function takeLock(
  workspace: Workspace,
  { id, reason, interruption }: TakeLockOptions,
  say: Listener,
): Promise<Ended<number>> {
  const body = reason === undefined ? {} : { reason };
  const writing = { command: 'force-unlock', takeOver: id, body, interruption };
  return writeLog(workspace, writing, say, async ({ fence }) => ({ ending: 'ok', result: fence.token }));
}
