/** Renewals at the emulated authority: the window of each certificate, and the orders that are exempt from limits, as at Let's Encrypt. */

import { properDatesOf } from '#plugin/certificate-dates';
import type { RenewalSuggestion, State } from './context.ts';
import { DAY_MS, type Issued } from './model.ts';

/** The time in which an order for the same names is a renewal. */
const RENEWAL_MS = 120 * DAY_MS;

export interface Renewals {
  readonly windowOf: (issued: Issued) => RenewalSuggestion;
  /** True if no limit applies to an order that replaces the certificate. */
  readonly isExempt: (replaced: Issued | undefined) => boolean;
  /** True if exactly these names had a certificate before: only the limit of the same names applies. */
  readonly isRenewal: (names: string) => boolean;
  /** Notes a certificate for these names. */
  readonly note: (names: string) => void;
}

export function openRenewals({ suggestions }: Pick<State, 'suggestions'>, now: () => number): Renewals {
  const latest = new Map<string, number>();

  function windowOf({ id, leaf, revoked }: Issued): RenewalSuggestion {
    const { notBefore, notAfter } = properDatesOf(leaf);
    const third = (notAfter - notBefore) / 3;
    const spread = Math.min(DAY_MS, third / 10);
    const usual = { start: notAfter - third - spread, end: notAfter - third + spread };
    const past = { start: now() - 2 * 3_600_000, end: now() - 3_600_000 };
    return suggestions.get(id) ?? (revoked ? past : usual);
  }

  return {
    windowOf,
    isExempt: (replaced) => {
      if (replaced === undefined) return false;
      const { start, end } = windowOf(replaced);
      return start <= now() && now() <= end;
    },
    isRenewal: (names) => now() - (latest.get(names) ?? Number.NEGATIVE_INFINITY) < RENEWAL_MS,
    note: (names) => void latest.set(names, now()),
  };
}
