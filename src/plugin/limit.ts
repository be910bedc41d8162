/** `#plugin/limit`: limits of concurrency. Calls above the limit wait for a slot. */

import { raced } from './deadline.ts';

export interface Turn {
  /** Rejects the call with the signal's reason. Waiting work then never starts; running work keeps its slot. */
  readonly signal?: AbortSignal;
  /** Higher numbers run first, equal ones in their order; 0 by default. */
  readonly priority?: number;
}

/** Runs `work` once a slot is free, and settles like it. */
export type Limiter = <T>(work: () => Promise<T>, turn?: Turn) => Promise<T>;

interface Waiting {
  readonly priority: number;
  readonly begin: () => void;
}

/** A limiter of `most` concurrent calls. */
export function limiter(most: number): Limiter {
  const waiting: Waiting[] = [];
  let running = 0;

  /** The place behind all calls of at least a priority. Found by halves: thousands may wait. */
  const placeOf = (priority: number): number => {
    let [low, high] = [0, waiting.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((waiting[middle]?.priority ?? 0) >= priority) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  /** A slot, which the caller gives back with `leave`. */
  const slot = (priority: number): Promise<void> | undefined => {
    if (running < most) {
      running += 1;
      return undefined;
    }
    return new Promise((begin) => {
      waiting.splice(placeOf(priority), 0, { priority, begin });
    });
  };
  /** Passes a slot on to the first call that waits. */
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next.begin();
  };
  const run = async <T>(work: () => Promise<T>, { signal, priority = 0 }: Turn): Promise<T> => {
    const turn = slot(priority);
    if (turn !== undefined) await turn;
    try {
      signal?.throwIfAborted();
      return await work();
    } finally {
      leave();
    }
  };
  return async (work, turn = {}) => {
    const { signal } = turn;
    if (signal === undefined) return run(work, turn);
    signal.throwIfAborted();
    return raced(run(work, turn), signal);
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
