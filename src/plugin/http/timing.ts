/** Time and chance for what waits: given to it, so that a test has its own. */

import { setTimeout } from 'node:timers/promises';

export interface Timing {
  /** Epoch ms. */
  readonly now: () => number;
  /** Waits so many ms; rejects with the signal's reason when that fires. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Evenly from 0 to 1. */
  readonly random: () => number;
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}

export const realTiming: Timing = { now: () => Date.now(), sleep, random: () => Math.random() };
