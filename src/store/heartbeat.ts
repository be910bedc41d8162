/**
 * The heartbeat of a held lock, from its own thread: a long synchronous stretch of the main thread (a large plan, a new
 * key) must not look like the end of the process.
 *
 * A heartbeat only shows that the process is alive. The right to write is the fence, which every write checks. So a
 * failed heartbeat loses nothing by itself, and a late one, after the process was paused, revives nothing.
 *
 * The thread starts a moment after the lock was taken: taking it was the first beat, and most runs end earlier.
 */

import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { FileBeat } from './files/beat.ts';
import type { PostgresBeat } from './postgres/beat.ts';

/** Time without a heartbeat, in ms, after which others may take the lock over. */
export const LEASE_MS = 15_000;

/** Time between heartbeats, in ms. */
export const BEAT_MS = 3_000;

/** The description of a heartbeat, as data for another thread. */
export type Beat = FileBeat | PostgresBeat;

/** The heartbeat of one lock, opened in its thread. */
export interface Beating {
  /** False: the holder has lost the lock, and no further beat brings it back. Throws if this beat failed. */
  readonly beat: () => Promise<boolean>;
  readonly close: () => Promise<void>;
}

/** The input of the thread. */
export interface BeatOrder {
  readonly beat: Beat;
  readonly beatMs: number;
}

export interface Heartbeat {
  /** Ends the heartbeat; resolves when its thread has ended. */
  readonly stop: () => Promise<void>;
}

/** The thread's file, which is next to this one in the sources and in the bundle. */
function workerFile(): string {
  return join(
    import.meta.dirname,
    import.meta.filename.endsWith('.ts') ? 'heartbeat-worker.ts' : 'heartbeat-worker.cjs',
  );
}

/** Starts a heartbeat. It never keeps the process alive. */
export function startHeartbeat(beat: Beat, beatMs: number): Heartbeat {
  const order: BeatOrder = { beat, beatMs };
  let worker: Worker | undefined;
  let stopped = false;
  let timer: NodeJS.Timeout;
  const begin = (): void => {
    // Only a run that holds the lock needs threads.
    const threads = process.getBuiltinModule('node:worker_threads');
    worker = new threads.Worker(workerFile(), { workerData: order, stdin: false, execArgv: [] });
    worker.unref();
    // The thread ends by itself when the lock is lost. After an error it is started again.
    worker.on('error', () => {
      if (stopped) return;
      timer = setTimeout(begin, beatMs);
      timer.unref();
    });
  };
  timer = setTimeout(begin, Math.min(1_000, beatMs));
  timer.unref();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await worker?.terminate();
    },
  };
}
