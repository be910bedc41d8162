/** Shared reads: one read for several callers. It is cached, and cancelled when the last caller stops waiting. */

import { raced } from '../deadline.ts';

export interface SharedRead<T> {
  /** The cached value, or the running read. Rejects with the signal's reason when it fires. A failure is not cached. */
  readonly get: (signal: AbortSignal) => Promise<T>;
  /** Drops `value`, so that the next call reads again. Does nothing if another value has been read since. */
  readonly forget: (value: T) => void;
}

interface Reading<T> {
  readonly promise: Promise<T>;
  readonly ending: AbortController;
  waiting: number;
  value?: { readonly is: T };
}

/** A shared read that is repeated once its value is older than `maxAgeMs`. */
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
      // All waiting callers get the failure, and the last of them drops it.
      () => undefined,
    );
    return reading;
  }

  function leave(reading: Reading<T>): void {
    reading.waiting -= 1;
    if (reading.waiting > 0 || reading.value !== undefined) return;
    if (current === reading) current = undefined;
    reading.ending.abort(new Error('no caller waits for this read'));
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
