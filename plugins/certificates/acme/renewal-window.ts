/** The time of a renewal within the window that an authority suggests (RFC 9773, 4.2). Pure. */

import { hash } from 'node:crypto';
import type { Instant } from '#plugin';

export interface RenewalWindow {
  readonly start: Instant;
  /** Later than `start`. */
  readonly end: Instant;
}

/** True if a time is within a window, its end included. */
export function isWithin(window: RenewalWindow | undefined, at: Instant): boolean {
  return window !== undefined && window.start <= at && at <= window.end;
}

const HOUR_MS = 3_600_000;
/** Limits of the wait until the authority is asked again, in ms. */
const ASK_AGAIN_MS = { least: HOUR_MS, usual: 6 * HOUR_MS, most: 7 * 24 * HOUR_MS };
/** Wait until an authority is asked that a refresh did not ask, in ms. */
export const ASK_SOON_MS = ASK_AGAIN_MS.least;
/** Longest wait until an authority is asked again, in ms. */
export const MOST_ASK_AGAIN_MS = ASK_AGAIN_MS.most;

/**
 * The time in the window at which a certificate is renewed. The certificate alone decides: each run computes the same time,
 * and the times of many certificates spread over the window.
 */
export function renewalMoment({ start, end }: RenewalWindow, certificateId: string): Instant {
  const number = BigInt(`0x${hash('sha256', certificateId)}`);
  return start + Number(number % BigInt(Math.max(1, end - start)));
}

/** The wait until the authority is asked again. `retryAfterMs`: the wait that it asks for. */
export function askAgainMs(retryAfterMs: number | undefined): number {
  const { least, usual, most } = ASK_AGAIN_MS;
  return Math.min(most, Math.max(least, retryAfterMs ?? usual));
}
