/** `#plugin/limit`: limits of concurrency. Calls above the limit wait for a slot. */

import type PQueue from 'p-queue';
import { raced } from './deadline.ts';

export interface Turn {
  /** Rejects the call with the signal's reason. Waiting work then never starts; running work keeps its slot. */
  readonly signal?: AbortSignal;
  /** Higher numbers run first, equal ones in their order; 0 by default. */
  readonly priority?: number;
}

/** Runs `work` once a slot is free, and settles like it. */
export type Limiter = <T>(work: () => Promise<T>, turn?: Turn) => Promise<T>;

/** A limiter of `most` concurrent calls. The first call loads the queue, which most commands do not need. */
export function limiter(most: number): Limiter {
  let loaded: Promise<PQueue> | undefined;
  return async (work, { signal, priority = 0 } = {}) => {
    loaded ??= import('p-queue').then(({ default: Queue }) => new Queue({ concurrency: most }));
    const queue = await loaded;
    if (signal === undefined) return queue.add(work, { priority });
    signal.throwIfAborted();
    const begin = async () => {
      signal.throwIfAborted();
      return work();
    };
    return raced(queue.add(begin, { priority }), signal);
  };
}

/** Runs `work` for every item, `most` at a time. Rejects with the first failure, after which nothing more starts. */
export async function forEachOf<T>(items: readonly T[], most: number, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  let hasFailed = false;
  const worker = async (): Promise<void> => {
    for (const item of waiting) {
      if (hasFailed) return;
      try {
        await work(item);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
}
