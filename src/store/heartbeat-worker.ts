/** The thread of a heartbeat: beats at once, and then in equal steps, until the lock is not its holder's any more. */

import { closeSync, futimesSync, openSync, readFileSync } from 'node:fs';
import { isMainThread, workerData } from 'node:worker_threads';
import type { BeatOrder, FileBeat } from './heartbeat.ts';
import { errorCode } from './errors.ts';
import { parseHolder } from './holder.ts';

interface Beating {
  /** False: the lock is gone or another one's. Throws where this beat failed, and the next may not. */
  readonly beat: () => Promise<boolean>;
  readonly close: () => Promise<void>;
}

/** The file is opened anew for each beat: that is when a file on a network is looked up again. */
function fileBeating({ path, holderId }: FileBeat): Beating {
  const beat = (): boolean => {
    let file: number;
    try {
      file = openSync(path, 'r+');
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return false;
      throw error;
    }
    try {
      if (parseHolder(readFileSync(file, 'utf8')).id !== holderId) return false;
      const now = new Date();
      futimesSync(file, now, now);
      return true;
    } finally {
      closeSync(file);
    }
  };
  return { beat: async () => beat(), close: async () => undefined };
}

async function run({ beat, beatMs }: BeatOrder): Promise<void> {
  const beating =
    beat.kind === 'file' ? fileBeating(beat) : (await import('./postgres/beat.ts')).openPostgresBeat(beat);
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
