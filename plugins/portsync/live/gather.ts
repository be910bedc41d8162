/** Calls that are made together: those that arrive while others are under way share the next run. */

interface Waiting<A, R> {
  readonly argument: A;
  readonly settle: PromiseWithResolvers<R>;
}

/** Greatest number of calls in one run. */
const MOST_CALLS = 512;

/**
 * A function for single calls from one for many. A call that arrives while a run is under way waits for the next
 * one, so the result of a run is never older than its calls. The results of `run` are in the order of the calls.
 */
export function gathered<A, R>(run: (calls: readonly A[]) => Promise<readonly R[]>): (argument: A) => Promise<R> {
  const waiting: Waiting<A, R>[] = [];
  let isRunning = false;
  const next = async (): Promise<void> => {
    isRunning = true;
    // Calls of the same moment belong to one run.
    await Promise.resolve();
    while (waiting.length > 0) {
      const batch = waiting.splice(0, MOST_CALLS);
      try {
        const results = await run(batch.map(({ argument }) => argument));
        for (const [i, { settle }] of batch.entries()) settle.resolve(results[i] as R);
      } catch (error) {
        for (const { settle } of batch) settle.reject(error);
      }
    }
    isRunning = false;
  };
  return (argument) => {
    const settle = Promise.withResolvers<R>();
    waiting.push({ argument, settle });
    if (!isRunning) void next();
    return settle.promise;
  };
}
