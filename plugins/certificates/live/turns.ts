/** Turns of orders that use the same room: a subdomain of acme-dns, which holds the values of one order, or the same names. */

import { raced } from '#plugin/deadline';

/** The work that gets a turn. */
export interface Turn {
  readonly signal: AbortSignal;
  /** Waits for the end of other work, as `ActionRun.awaitTurn`. By default, that time counts like all other. */
  readonly awaitTurn?: <T>(waiting: Promise<T>) => Promise<T>;
}

/** Runs `work` alone among all work that names one of the same rooms. */
export type InTurn = <T>(rooms: readonly string[], work: () => Promise<T>, turn: Turn) => Promise<T>;

export function openTurns(): InTurn {
  /** The end of the last work in each room that is not free. */
  const ends = new Map<string, Promise<unknown>>();

  /** Waits until a room is free, and returns the function that leaves it. */
  async function enter(room: string, { signal, awaitTurn = (waiting) => waiting }: Turn): Promise<() => void> {
    signal.throwIfAborted();
    const before = ends.get(room);
    const { promise: own, resolve: ended } = Promise.withResolvers<void>();
    const end = Promise.all([before, own]);
    ends.set(room, end);
    const leave = (): void => {
      if (ends.get(room) === end) ends.delete(room);
      ended();
    };
    if (before === undefined) return leave;
    try {
      await awaitTurn(raced(before, signal));
      return leave;
    } catch (error) {
      // Those before it are still there: the room is free after them.
      ended();
      end.then(leave, leave);
      throw error;
    }
  }

  return async (rooms, work, turn) => {
    const left: (() => void)[] = [];
    try {
      // In one order everywhere, so that no two wait for each other.
      for (const room of [...new Set(rooms)].toSorted()) left.push(await enter(room, turn));
      turn.signal.throwIfAborted();
      return await work();
    } finally {
      for (const leave of left) leave();
    }
  };
}
