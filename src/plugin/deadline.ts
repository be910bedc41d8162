/**
 * `#plugin/deadline`: signals and deadlines. A call into a plugin, a server or a store ends at its deadline, even if
 * the callee does not settle, and leaves no timer and no listener behind.
 */

export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

export class AbortedError extends Error {
  override readonly name = 'AbortedError';
}

/** Settles like `work`. Rejects with the signal's reason when it fires; later results of `work` are ignored. */
export async function raced<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const fired = Promise.withResolvers<never>();
  const onAbort = (): void => fired.reject(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([fired.promise, work]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Settles like the given promise. Until then, the time of a deadline does not pass. */
export type Pause = <T>(waiting: Promise<T>) => Promise<T>;

/** Time of the monotonic clock, in ms. The global `performance` would load a module of Node.js at each start. */
function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

/** Calls `due` after `ms`, without the time of its pauses. */
function countdown(ms: number, due: () => void): { readonly pause: Pause; readonly stop: () => void } {
  let leftMs = Math.max(0, ms);
  let since = monotonicMs();
  let timer = setTimeout(due, leftMs);
  let pauses = 0;
  let isOver = false;
  const pause: Pause = async (waiting) => {
    if (pauses === 0) {
      clearTimeout(timer);
      leftMs = Math.max(0, leftMs - (monotonicMs() - since));
    }
    pauses += 1;
    try {
      return await waiting;
    } finally {
      pauses -= 1;
      if (pauses === 0 && !isOver) {
        since = monotonicMs();
        timer = setTimeout(due, leftMs);
      }
    }
  };
  return {
    pause,
    stop: () => {
      isOver = true;
      clearTimeout(timer);
    },
  };
}

/**
 * Runs `work` with a signal that fires with `signal`, and with the error `late` after `ms`. Then rejects with its
 * reason, even if the work never settles. The timer keeps the process alive, unlike that of `AbortSignal.timeout`.
 */
export async function within<T>(
  ms: number,
  late: () => Error,
  signal: AbortSignal,
  work: (signal: AbortSignal, pause: Pause) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  // One signal for both ends: `AbortSignal.any` costs more than a small request.
  const either = new AbortController();
  const ended = Promise.withResolvers<T>();
  const end = (reason: unknown): void => {
    ended.reject(reason);
    either.abort(reason);
  };
  const onAbort = (): void => end(signal.reason);
  const { pause, stop } = countdown(ms, () => end(late()));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    work(either.signal, pause).then(ended.resolve, ended.reject);
    return await ended.promise;
  } finally {
    stop();
    signal.removeEventListener('abort', onAbort);
  }
}

/** `within` for a step or refresh named `what`. Rejects with DeadlineError at the deadline, AbortedError on `abort`. */
export async function withDeadline<T>(
  what: string,
  ms: number,
  abort: AbortSignal,
  work: (signal: AbortSignal, pause: Pause) => Promise<T>,
): Promise<T> {
  try {
    return await within(ms, () => new DeadlineError(`${what} took longer than ${ms / 1000} s`), abort, work);
  } catch (error) {
    throw abort.aborted && error === abort.reason ? new AbortedError(`${what} was aborted`) : error;
  }
}
