/** Deadlines: a call into a plugin or a store ends at its deadline, even if the callee does not return. */

export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

export class AbortedError extends Error {
  override readonly name = 'AbortedError';
}

/**
 * Runs `work` with a signal that fires at the deadline or with `abort`. Then rejects with DeadlineError or
 * AbortedError, even if the work never settles. Later results of the work are ignored.
 */
export async function withDeadline<T>(
  what: string,
  ms: number,
  abort: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    const end = (error: Error) => {
      reject(error);
      controller.abort(error);
    };
    onAbort = () => end(new AbortedError(`${what} was aborted`));
    if (abort.aborted) return onAbort();
    abort.addEventListener('abort', onAbort, { once: true });
    timer = setTimeout(() => end(new DeadlineError(`${what} took longer than ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([ended, (async () => work(controller.signal))()]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) abort.removeEventListener('abort', onAbort);
  }
}
