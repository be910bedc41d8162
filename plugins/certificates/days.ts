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
 * Days are for output and for the threshold. The timestamps alone decide if a certificate has expired.
 */

export const DAY_MS = 86_400_000;

/** Validity of a certificate, epoch ms; both ends are inclusive. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Whole periods of 24 hours in a span of ms, truncated toward zero (and never -0). */
export function wholeDays(ms: number): number {
  return Math.trunc(ms / DAY_MS) || 0;
}

/** Whole days until a validity ends; negative from a day after its end. Throws a RangeError for an invalid time. */
export function daysLeft(notAfter: number, now: number): number {
  if (!Number.isFinite(notAfter)) throw new RangeError('the end of the validity is not a valid time');
  return wholeDays(notAfter - now);
}

/** True strictly after the end: at the end itself, a certificate is still valid. */
export function isExpired(validity: Validity, now: number): boolean {
  return now > validity.notAfter;
}

export function isNotYetValid(validity: Validity, now: number): boolean {
  return now < validity.notBefore;
}

/**
 * The threshold in force, in days: the declared one, at most a third of the issued lifetime. Without the second limit,
 * a certificate whose lifetime does not exceed its threshold would be renewed forever.
 */
export function thresholdInForce(thresholdDays: number, validity: Validity): number {
  if (!(thresholdDays >= 0)) throw new RangeError(`a threshold of ${thresholdDays} days is not possible`);
  return Math.min(thresholdDays, Math.max(0, wholeDays((validity.notAfter - validity.notBefore) / 3)));
}

/**
 * The time from which a renewal is due, epoch ms: at most as many whole days are left as the threshold in force. If a
 * third of the lifetime is less than a day, whole days are too coarse (a one-day certificate has zero days left from
 * its first second on), and the third itself counts.
 */
export function dueAt(thresholdDays: number, validity: Validity): number {
  const { notBefore, notAfter } = validity;
  if (!Number.isFinite(notAfter)) throw new RangeError('the end of the validity is not a valid time');
  const third = (notAfter - notBefore) / 3;
  const wholeDaysDue = notAfter - (thresholdInForce(thresholdDays, validity) + 1) * DAY_MS;
  return third >= DAY_MS ? wholeDaysDue : Math.max(wholeDaysDue, notAfter - third);
}

/** True if a renewal is due. At the time itself, the day before the threshold is still a whole one. */
export function isDue(thresholdDays: number, validity: Validity, now: number): boolean {
  const due = dueAt(thresholdDays, validity);
  return now > due || (now === due && daysLeft(validity.notAfter, now) <= thresholdInForce(thresholdDays, validity));
}
