/** Time and chance for what waits: given to it, so that a test has its own. */

export interface Timing {
  /** Epoch ms. */
  readonly now: () => number;
  /** Waits so many ms; rejects with the signal's reason when that fires. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Evenly from 0 to 1. */
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
