/** Budgets: how many disruptive steps earlier runs have spent, and when there is room again. */

import { labelsOf } from './safety-inputs.ts';
import type { Budget, BudgetUse, FormerLabels, Labels, Resource, Ref, Spent } from '#plugin';

function hasLabels(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

/** Whether a budget is for a resource that has any of these sets of labels. */
export function isCovered({ match }: Budget, ref: Ref, labels: readonly Labels[]): boolean {
  return (
    (match.plugin ?? ref.plugin) === ref.plugin &&
    (match.kind ?? ref.kind) === ref.kind &&
    labels.some((each) => hasLabels(each, match.labels))
  );
}

/** Labels that a resource had within the time of a budget before `at` (epoch ms): a change of them is no way around it. */
function formerWithin({ perMs }: Budget, former: readonly FormerLabels[] = [], at: number): readonly Labels[] {
  return former.filter(({ until }) => until > at - perMs).map(({ labels }) => labels);
}

/** Whether a budget counts a resource now (epoch ms): by its labels as remembered, as written, and as they were lately. */
export function isCounted(budget: Budget, resource: Resource, now: number): boolean {
  return isCovered(budget, resource.ref, [
    ...labelsOf(resource),
    ...formerWithin(budget, resource.memory?.formerLabels, now),
  ]);
}

/** What earlier runs have spent of each budget. */
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

/** How many of ascending `times` are later than `from`. */
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

/** How a budget stands: spent within its time, and when the next step would have room (epoch ms); absent if never. */
export function standingOf(
  { budget, times }: BudgetUse,
  accepted: number,
  now: number,
): { readonly spent: number; readonly clearsAt?: number } {
  const spent = countAfter(times, now - budget.perMs);
  const over = spent + accepted - budget.max + 1;
  if (over <= 0 || budget.max === 0) return { spent };
  // So many have to drop out of the time; those that are only accepted are as old as now.
  const last = times[times.length - spent + over - 1] ?? now;
  return { spent, clearsAt: last + budget.perMs };
}
