/** The thread of a heartbeat: beats at once, and then in equal steps, until the lock is not its holder's any more. */

import { isMainThread, workerData } from 'node:worker_threads';
import { openFileBeat } from './files/beat.ts';
import type { BeatOrder } from './heartbeat.ts';

async function run({ beat, beatMs }: BeatOrder): Promise<void> {
  const beating =
    beat.kind === 'file' ? openFileBeat(beat) : (await import('./postgres/beat.ts')).openPostgresBeat(beat);
  const step = async (): Promise<void> => {
    // A beat that fails is one that is missing: the lease is there for that.
    const ours = await beating.beat().catch(() => true);
    if (ours) setTimeout(() => void step(), beatMs);
    else await beating.close();
  };
  await step();
}

// The build loads every chunk once, to keep its bytecode: there it does nothing.
if (!isMainThread) void run(workerData as BeatOrder);
