/** Durations as text, instants, and checks of times from other machines. */

/** A time, in epoch ms. Text of it exists only where it is read, recorded or shown: `instantOf`, `instantText`. */
export type Instant = number;

/**
 * How long uses of limits of providers are recorded, in ms: five times the longest period. A limit that refills all the
 * time depends on uses before its period.
 */
export const USES_KEPT_MS = 35 * 24 * 60 * 60_000;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Parses `90s`, `5m`, `1h` to ms; NaN for a text that is not a duration. */
export function durationMs(text: string): number {
  const [, count, unit] = /^(\d+)(ms|s|m|h|d)$/u.exec(text) ?? [];
  return count === undefined ? Number.NaN : Number(count) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** Prints 90,000 ms as `90s` and an hour as `1h`: in the largest unit that divides the duration. */
export function durationText(ms: number): string {
  const unit = UNITS.find(([, size]) => ms >= size && ms % size === 0);
  return unit === undefined ? `${ms}ms` : `${ms / unit[1]}${unit[0]}`;
}

/** A span in words, rounded down: `90 s`, `3 min`, `5 h`, `4 days`. A negative span is `0 s`. */
export function spanText(ms: number): string {
  const seconds = Math.trunc(Math.max(0, ms) / 1000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.trunc(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.trunc(seconds / 3600)} h`;
  return `${Math.trunc(seconds / 86_400)} days`;
}

/**
 * A recorded time that has not come yet. One that is further ahead than any wait (`mostMs`) is from before the clock was set
 * back, and does not count: undefined.
 */
export function comingAt(recorded: string | undefined, now: Instant, mostMs: number): Instant | undefined {
  const at = recorded === undefined ? Number.NaN : instantOf(recorded);
  return at > now && at - now <= mostMs ? at : undefined;
}

/** Largest difference by which the clock of another machine may be ahead. */
export const CLOCK_AHEAD_MS = 60_000;

/** The reason why a time from another machine cannot be right; undefined if it can. `now`: epoch ms. */
export function timeDoubt(text: string, now: number): string | undefined {
  const at = instantOf(text);
  if (Number.isNaN(at)) return `${text} is not a time`;
  const ahead = at - now;
  return ahead > CLOCK_AHEAD_MS
    ? `${text} is ${Math.ceil(ahead / 1000)} s ahead of this machine's clock (limit: ${CLOCK_AHEAD_MS / 1000} s)`
    : undefined;
}

/** A time from another machine, in epoch ms and never later than `now`; undefined if it cannot be right. */
export function toldTime(text: string, now: number): number | undefined {
  return timeDoubt(text, now) === undefined ? Math.min(instantOf(text), now) : undefined;
}

/** The time that a text (ISO 8601) gives; NaN if it is not a time. */
export function instantOf(text: string): Instant;
export function instantOf(text: string | undefined): Instant | undefined;
export function instantOf(text: string | undefined): Instant | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

/** The time that a timestamp or an age (`24h`, `7d`) gives; NaN for any other text. */
export function pointInTime(text: string, now: Instant): Instant {
  const ago = durationMs(text);
  if (!Number.isNaN(ago)) return now - ago;
  return /^\d{4}-\d{2}-\d{2}/u.test(text) ? instantOf(text) : Number.NaN;
}

/** `2026-11-20T14:30:10.000Z`: ISO 8601, UTC. */
export function instantText(at: Instant): string;
export function instantText(at: Instant | undefined): string | undefined;
export function instantText(at: Instant | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString();
}

/** True for a time that ISO 8601 can express. */
export function isInstant(at: unknown): at is Instant {
  return typeof at === 'number' && !Number.isNaN(new Date(at).getTime());
}
