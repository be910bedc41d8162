/** The thread of a heartbeat: beats at once, and then at equal intervals, until its holder has lost the lock. */

import { isMainThread, workerData } from 'node:worker_threads';
import { openFileBeat } from './files/beat.ts';
import type { BeatOrder } from './heartbeat.ts';

async function run({ beat, beatMs }: BeatOrder): Promise<void> {
  const beating =
    beat.kind === 'file' ? openFileBeat(beat) : (await import('./postgres/beat.ts')).openPostgresBeat(beat);
  const step = async (): Promise<void> => {
    // A failed beat counts as a missing one. The lease allows for that.
    const ours = await beating.beat().catch(() => true);
    if (ours) setTimeout(() => void step(), beatMs);
    else await beating.close();
  };
  await step();
}

// The build loads every chunk once, in the main thread, to keep its bytecode.
if (!isMainThread) void run(workerData as BeatOrder);
