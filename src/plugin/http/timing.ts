/** Clock, sleep and randomness as arguments, so that a test can pass its own. */

export interface Timing {
  /** Epoch ms. */
  readonly now: () => number;
  /** Waits `ms` milliseconds. Rejects with the signal's reason when it fires. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** A uniform random number from 0 to 1. */
  readonly random: () => number;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal.addEventListener('abort', abort, { once: true });
  });
}

export const realTiming: Timing = { now: () => Date.now(), sleep, random: () => Math.random() };
