/**
 * Day arithmetic of certificates: days left, the end of a validity, and when a renewal is due.
 *
 * | now | days | is |
 * |---|---|---|
 * | 24 h 1 min before the end | 1 | valid |
 * | 23 h 59 min before the end | 0 | valid |
 * | at the end | 0 | valid |
 * | 1 ms after the end | 0 | expired |
 * | 10 days after the end | -10 | expired |
 *
 * Days are for people and for the threshold; whether a certificate is expired is decided by its timestamps alone.
 */

export const DAY_MS = 86_400_000;

/** When a certificate is valid: both ends are epoch ms, and belong to it. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Whole periods of 24 hours in a span of ms, truncated toward zero (and never -0). */
export function wholeDays(ms: number): number {
  return Math.trunc(ms / DAY_MS) || 0;
}

/** Whole days until a validity ends, negative once it ended a day ago. Throws a RangeError where there is no such time. */
export function daysLeft(notAfter: number, now: number): number {
  if (!Number.isFinite(notAfter)) throw new RangeError('a certificate without an end of validity has no days left');
  return wholeDays(notAfter - now);
}

/** Strictly after the end: at the very end it is still valid. */
export function isExpired(validity: Validity, now: number): boolean {
  return now > validity.notAfter;
}

export function isNotYetValid(validity: Validity, now: number): boolean {
  return now < validity.notBefore;
}

/**
 * The threshold that counts, in days: what is written, or a third of the issued lifetime, whichever is less.
 * Without the second bound a certificate that lives no longer than its threshold would be renewed for ever.
 */
export function thresholdInForce(thresholdDays: number, validity: Validity): number {
  if (!(thresholdDays >= 0)) throw new RangeError(`a threshold of ${thresholdDays} days is not possible`);
  return Math.min(thresholdDays, Math.max(0, wholeDays((validity.notAfter - validity.notBefore) / 3)));
}

/**
 * Whether a renewal is due: no more whole days are left than the threshold in force. Where a third of the lifetime is
 * less than a day, whole days are too coarse (a one-day certificate has zero of them left from its first second on),
 * so there the third itself counts.
 */
export function isDue(thresholdDays: number, validity: Validity, now: number): boolean {
  const left = validity.notAfter - now;
  const third = (validity.notAfter - validity.notBefore) / 3;
  if (daysLeft(validity.notAfter, now) > thresholdInForce(thresholdDays, validity)) return false;
  return third >= DAY_MS || left <= third;
}
