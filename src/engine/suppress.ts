/** Suppressions of findings: which findings of a plan are known, by whom, and until when. */

import { addressMatcher } from './address-glob.ts';
import type { Suppression } from './load/config.ts';
import type { Check, Suppressed, SuppressedCheck } from './plan.ts';

/** What a suppression says of what it covers. */
export function suppressedBy({ until, owner, reason }: Suppression): Suppressed {
  return { until: new Date(until).toISOString(), owner, reason };
}

/** The findings that count, and those that a suppression covers at `now` (epoch ms). */
export function splitFindings(
  checks: readonly Check[],
  suppress: readonly Suppression[],
  now: number,
): { readonly counted: readonly Check[]; readonly suppressed: readonly SuppressedCheck[] } {
  const rules = suppress
    .filter(({ finding, until }) => finding !== undefined && until > now)
    .map((rule) => ({ rule, matches: addressMatcher(rule.address) }));
  const counted: Check[] = [];
  const suppressed: SuppressedCheck[] = [];
  for (const check of checks) {
    const found = rules.find(({ rule, matches }) => rule.finding === check.code && matches(check.address));
    if (found === undefined) counted.push(check);
    else suppressed.push({ ...check, suppressed: suppressedBy(found.rule) });
  }
  return { counted, suppressed };
}
