/** Work that others ask for, at most once in a time. */

export interface Pace {
  /** Time from the first call to the work, in ms: further calls meanwhile are part of it. */
  readonly gatherMs: number;
  /** Least time between two runs of the work, in ms. */
  readonly everyMs: number;
  /** Milliseconds of a monotonic clock. */
  readonly elapsed: () => number;
}

export interface Paced {
  readonly call: () => void;
  /** The work does not run any further. */
  readonly cancel: () => void;
}

/** Runs `work` soon after a call. Calls in between are one. */
export function paced(work: () => void, { gatherMs, everyMs, elapsed }: Pace): Paced {
  let waiting: NodeJS.Timeout | undefined;
  let ranAt = Number.NEGATIVE_INFINITY;
  let isCancelled = false;
  return {
    call: () => {
      if (waiting !== undefined || isCancelled) return;
      const run = (): void => {
        waiting = undefined;
        ranAt = elapsed();
        work();
      };
      waiting = setTimeout(run, Math.max(gatherMs, ranAt + everyMs - elapsed()));
    },
    cancel: () => {
      isCancelled = true;
      clearTimeout(waiting);
    },
  };
}
