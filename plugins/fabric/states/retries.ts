/** Waits before scheduled retries of a fabric, and the age at which a maintenance asks for review. */

import { instantOf } from '#plugin';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const CONNECTION_WAITS = [30, 60, 120, 300, 600] as const;

/** Wait after `failures` failed connections in a row (1 or more), in milliseconds. */
export function connectionWait(failures: number): number {
  return (CONNECTION_WAITS[failures - 1] ?? 600) * SECOND;
}

/** True before the next test after a failed one. A wait that is longer than the present one comes from a clock that was ahead. */
export function isBeforeTest(next: string, failures: number, now: number): boolean {
  const wait = instantOf(next) - now;
  return wait > 0 && wait <= connectionWait(failures);
}

/** Wait after `failures` failed syncs in a row (1 or more), in milliseconds. */
export function syncWait(failures: number): number {
  return Math.min(3600, 300 * 2 ** (failures - 1)) * SECOND;
}

/** True once a maintenance has lasted longer than 24 hours. Times are epoch milliseconds. */
export function reviewDue(since: number, now: number): boolean {
  return now - since > 24 * HOUR;
}
