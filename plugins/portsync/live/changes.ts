/**
 * The time of the last change of each system by this process. A refresh reads by one connection and an action writes by
 * another one, and what was read before a change may not show it.
 */

const ends = new Map<string, number>();

/** The end of the last change of a system, in ms of `performance.now()`. `target`: the switch, as in plans. */
export function lastChangeOf(target: string): number {
  return ends.get(target) ?? -Infinity;
}

/** Makes a change of a system: what was read before its end, also if it fails, counts no longer. */
export async function changing<T>(target: string, change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } finally {
    ends.set(target, performance.now());
  }
}
