/** Times that somebody else tells: how far they are believed, held against this machine's clock. */

/** The clock of another machine may be ahead by so much. */
export const CLOCK_AHEAD_MS = 60_000;

/** Why a time that somebody else tells cannot be true; undefined where it can. `now` is in epoch ms. */
export function timeDoubt(text: string, now: number): string | undefined {
  const at = Date.parse(text);
  if (Number.isNaN(at)) return `${text} is not a time`;
  const ahead = at - now;
  return ahead > CLOCK_AHEAD_MS
    ? `${text} is ${Math.ceil(ahead / 1000)} s ahead of this machine's clock, ${CLOCK_AHEAD_MS / 1000} s are allowed`
    : undefined;
}

/** A time that somebody else tells, in epoch ms and never later than `now`; undefined where it cannot be true. */
export function toldTime(text: string, now: number): number | undefined {
  return timeDoubt(text, now) === undefined ? Math.min(Date.parse(text), now) : undefined;
}
