/** `fettle lock status` and `fettle force-unlock ID`: who holds the lock, and taking it away. */

import { lockText } from '../report/lock-text.ts';
import { holderText } from '../engine/holder-text.ts';
import type { Shell } from '../shell.ts';
import { mustAgree } from './ask.ts';
import { exitCode } from './ending.ts';
import { type Flags, UsageError } from './flags.ts';
import { openConfig, openStore } from './session.ts';
import { stoppedBy, stopping } from './stopping.ts';
import { tellEnding } from './tell.ts';
import { writingLog } from './writing.ts';

export async function lockStatus(flags: Flags, shell: Shell): Promise<number> {
  const store = await openStore(await openConfig(flags, shell), shell);
  try {
    const status = await store.lockStatus();
    shell.stdout.write(
      flags.format === 'json'
        ? `${JSON.stringify(status === undefined ? { held: false } : { held: true, ...status })}\n`
        : lockText(status, { now: shell.now(), place: store.place }),
    );
    return 0;
  } finally {
    await store.close();
  }
}

export async function forceUnlock(id: string, flags: Flags, shell: Shell): Promise<number> {
  const config = await openConfig(flags, shell);
  const store = await openStore(config, shell);
  const signals = stopping(shell);
  try {
    const status = await store.lockStatus();
    if (status === undefined) throw new UsageError(`nobody holds the lock of ${store.place}`);
    if (status.holder.id !== id)
      throw new UsageError(
        `${id} does not hold the lock; its holder is ${status.holder.id}: ${holderText(status.holder)}`,
      );
    shell.stdout.write(lockText(status, { now: shell.now(), place: store.place }));
    const alive = status.liveness === 'held' ? ' It looks alive: what it is doing now is cut short.' : '';
    await mustAgree(`Take the lock away from it?${alive}`, flags, shell, signals.stop);
  } catch (error) {
    const stopped = stoppedBy(signals, error);
    if (stopped === undefined) throw error;
    shell.stdout.write('Nothing was done.\n');
    tellEnding(shell, stopped);
    return exitCode(stopped);
  } finally {
    signals.forget();
    await store.close();
  }
  const [reason] = flags.reason ?? [];
  return writingLog(
    flags,
    shell,
    config,
    { command: 'force-unlock', takeOver: id, body: reason === undefined ? {} : { reason } },
    async ({ fence }) => {
      shell.stdout.write(
        `the lock was taken away; what ${id} writes from now on is no part of the log (fence ${fence.token})\n`,
      );
      return { exit: 'ok' };
    },
  );
}
