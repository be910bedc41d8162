/** The difference between an approved plan and the plan of now, one line each. */

import type { PlanDifference } from '../formats/plan-difference.ts';
import { printable } from '#plugin';

/** Empty where nothing that the digest is made of can be told apart. */
export function differenceText({ added, gone, changed, gaps }: PlanDifference): string {
  const lines = [
    ...added.map(
      ({ address, step, because }) => `  + ${address} ${step}: would run now, was not approved (${because})`,
    ),
    ...gone.map(({ row, why }) => `  - ${row.address} ${row.step}: was approved; ${why}`),
    ...changed.map(({ after, what }) => `  ~ ${after.address}: ${what.join(', ')} changed`),
    ...gaps.added.map((scope) => `  ? ${scope}: cannot be read now`),
    ...gaps.gone.map((scope) => `  ? ${scope}: could not be read then`),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}
