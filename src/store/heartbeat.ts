/**
 * The heartbeat of a lock that is held, from a thread of its own: a long synchronous stretch of the main thread (a large
 * plan, a key that is made) must not look like death to others.
 *
 * It only shows that the process lives. It is no right to write: that is the fence, which every write asks. So a
 * heartbeat that fails loses nothing by itself, and one that is late, after the process was paused, revives nothing.
 *
 * The thread starts a moment after the lock was taken: taking it was the first beat, and most runs are over before.
 */

import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FileBeat } from './files/beat.ts';
import type { PostgresBeat } from './postgres/beat.ts';

/** Without a heartbeat for so long, others may take the lock over. */
export const LEASE_MS = 15_000;

/** Time between heartbeats. */
export const BEAT_MS = 3_000;

/** What beats, as data that another thread can be given. */
export type Beat = FileBeat | PostgresBeat;

/** The heartbeat of one lock, opened in its thread. */
export interface Beating {
  /** False: the holder has lost the lock, and no further beat brings it back. Throws if this beat failed. */
  readonly beat: () => Promise<boolean>;
  readonly close: () => Promise<void>;
}

/** What the thread is started with. */
export interface BeatOrder {
  readonly beat: Beat;
  readonly beatMs: number;
}

export interface Heartbeat {
  /** Ends it; resolves when nothing beats any more. */
  readonly stop: () => Promise<void>;
}

/** In sources and in the bundle the thread's file lies beside this one. */
function workerFile(): string {
  return join(
    import.meta.dirname,
    import.meta.filename.endsWith('.ts') ? 'heartbeat-worker.ts' : 'heartbeat-worker.cjs',
  );
}

/** Beats until it is stopped. It never keeps the process alive. */
export function startHeartbeat(beat: Beat, beatMs: number): Heartbeat {
  const order: BeatOrder = { beat, beatMs };
  let worker: Worker | undefined;
  let stopped = false;
  let timer: NodeJS.Timeout;
  const begin = (): void => {
    worker = new Worker(workerFile(), { workerData: order, stdin: false, execArgv: [] });
    worker.unref();
    // It ends when the lock is not ours any more. After any other end it is begun again.
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
