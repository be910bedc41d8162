/** `#plugin/limit`: concurrency. At most a number of calls run at once; the others wait for a place. */

import type PQueue from 'p-queue';
import { raced } from './deadline.ts';

export interface Turn {
  /** Rejects the call with the signal's reason. Work that waits then never begins; work that runs keeps its place. */
  readonly signal?: AbortSignal;
  /** Calls with a higher number go first; equal ones in their order. 0 by default. */
  readonly priority?: number;
}

/** Runs `work` once a place is free, and settles as it does. */
export type Limiter = <T>(work: () => Promise<T>, turn?: Turn) => Promise<T>;

/** A limiter of `most` concurrent calls. The queue is loaded by the first call: most commands need none. */
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

/** Runs `work` for every item, `most` at a time. Few items need no queue. */
export async function forEachOf<T>(items: readonly T[], most: number, work: (item: T) => Promise<void>): Promise<void> {
  const limit: Limiter = items.length <= most ? (each) => each() : limiter(most);
  await Promise.all(items.map((item) => limit(() => work(item))));
}
