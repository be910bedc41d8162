/** Turns of orders that use the same room: a subdomain of acme-dns, which holds the values of one order, or the same names. */

import { type Limiter, limiter } from '#plugin/limit';

/** Runs `work` alone among all work that names one of the same rooms. */
export type InTurn = <T>(rooms: readonly string[], work: () => Promise<T>, signal: AbortSignal) => Promise<T>;

export function openTurns(): InTurn {
  const limiters = new Map<string, Limiter>();
  const limiterOf = (room: string): Limiter => {
    const known = limiters.get(room) ?? limiter(1);
    limiters.set(room, known);
    return known;
  };
  return (rooms, work, signal) =>
    // In one order everywhere, so that no two wait for each other.
    [...new Set(rooms)].toSorted().reduceRight((inner, room) => () => limiterOf(room)(inner, { signal }), work)();
}
