/** Suppressions of findings: known findings of a plan, with their owner and end. */

import { type Finding, formatRef } from '#plugin';
import { addressMatcher } from './address-glob.ts';
import type { Suppression } from './load/config.ts';

/** A suppressed finding, and its suppression. */
export interface SuppressedFinding {
  readonly finding: Finding;
  readonly by: Suppression;
}

/** Separates the findings that count from those that a suppression covers at `now` (epoch ms). */
export function splitFindings(
  findings: readonly Finding[],
  suppress: readonly Suppression[],
  now: number,
): { readonly counted: readonly Finding[]; readonly suppressed: readonly SuppressedFinding[] } {
  const rules = suppress
    .filter(({ finding, until }) => finding !== undefined && until > now)
    .map((rule) => ({ rule, matches: addressMatcher(rule.address) }));
  const counted: Finding[] = [];
  const suppressed: SuppressedFinding[] = [];
  for (const finding of findings) {
    const address = formatRef(finding.ref);
    const found = rules.find(({ rule, matches }) => rule.finding === finding.code && matches(address));
    if (found === undefined) counted.push(finding);
    else suppressed.push({ finding, by: found.rule });
  }
  return { counted, suppressed };
}
