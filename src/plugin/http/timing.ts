/** Clock, sleep and randomness as arguments, so that a test can pass its own. */

import { setTimeout } from 'node:timers/promises';

export interface Timing {
  /** Epoch ms. */
  readonly now: () => number;
  /** Waits `ms` milliseconds. Rejects with the signal's reason when it fires. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** A uniform random number from 0 to 1. */
  readonly random: () => number;
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}

export const realTiming: Timing = { now: () => Date.now(), sleep, random: () => Math.random() };
