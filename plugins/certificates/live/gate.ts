/** A semaphore: limits concurrent work, first come, first served. */

export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

/** Runs up to `places` tasks at a time. Waiting tasks are never dropped: an aborted task must end by itself. */
export function openGate(places: number): Gate {
  let free = places;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((enter) => void waiting.push(enter));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
