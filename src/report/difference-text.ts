/** The difference between an approved plan and the present plan, one line for each change. */

import type { PlanDifference } from '../formats/plan-difference.ts';
import { printable } from '#plugin';

/** Returns an empty list if the parts that the digest covers do not differ. */
export function differenceText({ added, dropped, changed, gaps }: PlanDifference): string {
  const lines = [
    ...added.map(
      ({ address, step, because }) => `  + ${address} ${step}: would run, but was not approved (${because})`,
    ),
    ...dropped.map(({ row, why }) => `  - ${row.address} ${row.step}: was approved; ${why}`),
    ...changed.map(({ after, what }) => `  ~ ${after.address}: ${what.join(', ')} changed`),
    ...gaps.added.map((scope) => `  ? ${scope}: cannot be read`),
    ...gaps.dropped.map((scope) => `  ? ${scope}: could not be read for the approved plan`),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}
