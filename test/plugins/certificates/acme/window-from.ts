/** A window that an authority suggests for a renewal, for tests that need some time before and after the renewal within it. */

import { type RenewalWindow, renewalMoment } from '../../../../plugins/certificates/acme/renewal-window.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/**
 * A window of three to four days from a time on, with the renewal of a certificate in its middle half. The identifier of the
 * certificate, whose serial number is random, decides where in a window the renewal is: the end of the window is chosen to suit it.
 */
export function windowFrom(start: number, certificateId: string): RenewalWindow {
  for (let end = start + 4 * DAY; end > start + 3 * DAY; end -= MINUTE) {
    const part = (renewalMoment({ start, end }, certificateId) - start) / (end - start);
    if (0.25 <= part && part <= 0.75) return { start, end };
  }
  throw new Error(`No window from ${new Date(start).toISOString()} on suits ${certificateId}.`);
}
