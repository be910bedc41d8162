/** Reads that several wait for: made once, kept, and ended when nobody waits for it any more. */

import { raced } from '../deadline.ts';

export interface SharedRead<T> {
  /** What was read, or is being read now. Rejects with the signal's reason when that fires; a failure is not kept. */
  readonly get: (signal: AbortSignal) => Promise<T>;
  /** Reads anew the next time, unless somebody has done so since `value` was read. */
  readonly forget: (value: T) => void;
}

interface Reading<T> {
  readonly promise: Promise<T>;
  readonly ending: AbortController;
  waiting: number;
  value?: { readonly is: T };
}

/** A shared read that is made again once what was read is older than `maxAgeMs`. */
export function recentRead<T>(
  read: (signal: AbortSignal) => Promise<T>,
  maxAgeMs: number,
  now: () => number,
): (signal: AbortSignal) => Promise<T> {
  const shared = sharedRead(async (signal) => ({ at: now(), value: await read(signal) }));
  return async (signal) => {
    const known = await shared.get(signal);
    if (now() - known.at <= maxAgeMs) return known.value;
    shared.forget(known);
    return (await shared.get(signal)).value;
  };
}

export function sharedRead<T>(read: (signal: AbortSignal) => Promise<T>): SharedRead<T> {
  let current: Reading<T> | undefined;

  function begin(): Reading<T> {
    const ending = new AbortController();
    const reading: Reading<T> = { promise: read(ending.signal), ending, waiting: 0 };
    reading.promise.then(
      (value) => {
        reading.value = { is: value };
      },
      // Whoever waits for it hears of it, and the last of them forgets it.
      () => undefined,
    );
    return reading;
  }

  function leave(reading: Reading<T>): void {
    reading.waiting -= 1;
    if (reading.waiting > 0 || reading.value !== undefined) return;
    if (current === reading) current = undefined;
    reading.ending.abort(new Error('nobody waits for it any more'));
  }

  return {
    get: async (signal) => {
      signal.throwIfAborted();
      current ??= begin();
      const reading = current;
      reading.waiting += 1;
      try {
        return await raced(reading.promise, signal);
      } finally {
        leave(reading);
      }
    },
    forget: (value) => {
      if (current?.value?.is === value) current = undefined;
    },
  };
}
