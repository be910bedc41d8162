/** The difference between an approved plan and the present plan, in the terms that the digest covers. */

import { coverDifference } from '../engine/cover-difference.ts';
import { sameJson } from '#plugin';

import type { Plan, ResourceChange } from './plan.ts';

export interface PlanDifference {
  /** Rows that would run, but were not approved. */
  readonly added: readonly ResourceChange[];
  /** Approved rows that would not run, with the reason in the present plan if there is one. */
  readonly dropped: readonly { readonly row: ResourceChange; readonly why: string }[];
  readonly changed: readonly {
    readonly before: ResourceChange;
    readonly after: ResourceChange;
    readonly what: readonly string[];
  }[];
  /** Scopes that could be read for only one of both plans. */
  readonly gaps: { readonly added: readonly string[]; readonly dropped: readonly string[] };
}

function changedParts(before: ResourceChange, after: ResourceChange): readonly string[] {
  const rules = (row: ResourceChange): readonly string[] => (row.overrides ?? []).map(({ rule }) => rule);
  return [
    ...(before.step === after.step ? [] : [`step ${before.step} is now ${after.step}`]),
    ...(before.goal === after.goal ? [] : [`goal ${before.goal} is now ${after.goal}`]),
    ...(sameJson(before.change, after.change) ? [] : ['its fields']),
    ...(sameJson(rules(before), rules(after)) ? [] : ['its overrides']),
    ...coverDifference(before.covers, after.covers).map((part) => `its ${part}`),
  ];
}

function whyGone(address: string, now: Plan): string {
  const isIt = ({ resource_change: row }: Plan['rejected_changes'][number]): boolean => row.address === address;
  const rejected = now.rejected_changes.find(isIt);
  if (rejected !== undefined) return `now rejected: ${rejected.reason}`;
  const deferred = now.deferred_changes.find(isIt);
  return deferred === undefined ? 'no longer needed' : `now waiting: ${deferred.reason}`;
}

/** Compares the rows that would run, and the gaps. */
export function planDifference(approved: Plan, now: Plan): PlanDifference {
  const before = new Map(approved.resource_changes.map((row) => [row.address, row]));
  const after = new Map(now.resource_changes.map((row) => [row.address, row]));
  const scopes = (plan: Plan): ReadonlySet<string> => new Set(plan.gaps.map(({ scope }) => scope));
  const [then, present] = [scopes(approved), scopes(now)];
  return {
    added: now.resource_changes.filter(({ address }) => !before.has(address)),
    dropped: approved.resource_changes
      .filter(({ address }) => !after.has(address))
      .map((row) => ({ row, why: whyGone(row.address, now) })),
    changed: approved.resource_changes.flatMap((row) => {
      const other = after.get(row.address);
      const what = other === undefined ? [] : changedParts(row, other);
      return other === undefined || what.length === 0 ? [] : [{ before: row, after: other, what }];
    }),
    gaps: {
      added: [...present].filter((scope) => !then.has(scope)),
      dropped: [...then].filter((scope) => !present.has(scope)),
    },
  };
}
