/** A gate: so many at once, the others in the order in which they came. */

export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

/** Lets `places` works run at once. What waits is never cut off: work that is not wanted any more has to end by itself. */
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
