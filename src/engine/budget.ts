/** Budgets: the disruptive steps that earlier runs have spent, and the time of the next permitted step. */

import { labelsOf } from './safety-inputs.ts';
import type { Budget, BudgetUse, FormerLabels, Labels, Resource, Ref, Spent } from '#plugin';

function hasLabels(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

/** True if a budget matches a resource with any of these sets of labels. */
export function isCovered({ match }: Budget, ref: Ref, labels: readonly Labels[]): boolean {
  return (
    (match.plugin ?? ref.plugin) === ref.plugin &&
    (match.kind ?? ref.kind) === ref.kind &&
    labels.some((each) => hasLabels(each, match.labels))
  );
}

/** Labels within the period of a budget before `at` (epoch ms): a change of labels does not circumvent the budget. */
function formerWithin({ perMs }: Budget, former: readonly FormerLabels[] = [], at: number): readonly Labels[] {
  return former.filter(({ until }) => until > at - perMs).map(({ labels }) => labels);
}

/** True if a budget counts a resource at `now` (epoch ms), by its recorded, declared and recent labels. */
export function isCounted(budget: Budget, resource: Resource, now: number): boolean {
  return isCovered(budget, resource.ref, [
    ...labelsOf(resource),
    ...formerWithin(budget, resource.memory?.formerLabels, now),
  ]);
}

/** The steps of earlier runs that count against each budget. */
export function budgetUses(budgets: readonly Budget[], spent: Iterable<Spent>): readonly BudgetUse[] {
  if (budgets.length === 0) return [];
  const disruptions = [...spent].filter(({ disruptive }) => disruptive === true);
  return budgets.map((budget) => ({
    budget,
    times: disruptions
      .filter(({ ref, labels, formerLabels, at }) =>
        isCovered(budget, ref, [labels, ...formerWithin(budget, formerLabels, at)]),
      )
      .map(({ at }) => at)
      .sort((a, b) => a - b),
  }));
}

/** The number of ascending `times` that are later than `from`. */
function countAfter(times: readonly number[], from: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) > from) high = middle;
    else low = middle + 1;
  }
  return times.length - low;
}

/** The steps spent within the period, and the time of the next permitted step (epoch ms); absent if there is none. */
export function standingOf(
  { budget, times }: BudgetUse,
  accepted: number,
  now: number,
): { readonly spent: number; readonly clearsAt?: number } {
  const spent = countAfter(times, now - budget.perMs);
  const over = spent + accepted - budget.max + 1;
  if (over <= 0 || budget.max === 0) return { spent };
  // The number of steps that must leave the period. Accepted steps are as old as `now`.
  const last = times[times.length - spent + over - 1] ?? now;
  return { spent, clearsAt: last + budget.perMs };
}
