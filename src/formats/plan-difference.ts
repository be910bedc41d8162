/** What differs between a plan that was approved and the plan of now, in the terms that the digest is made of. */

import { coverDifference } from '../engine/cover-difference.ts';
import { sameJson } from '#plugin';

import type { Plan, ResourceChange } from './plan.ts';

export interface PlanDifference {
  /** Rows that would run now, and were not approved to. */
  readonly added: readonly ResourceChange[];
  /** Rows that were approved, and would not run now: why, as far as the plan of now says. */
  readonly gone: readonly { readonly row: ResourceChange; readonly why: string }[];
  readonly changed: readonly {
    readonly before: ResourceChange;
    readonly after: ResourceChange;
    readonly what: readonly string[];
  }[];
  /** Scopes that could be read then or now only. */
  readonly gaps: { readonly added: readonly string[]; readonly gone: readonly string[] };
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
  if (rejected !== undefined) return `rejected now: ${rejected.reason}`;
  const deferred = now.deferred_changes.find(isIt);
  return deferred === undefined ? 'there is nothing to do any more' : `waiting now: ${deferred.reason}`;
}

/** Compares the rows that would run, and the gaps. */
export function planDifference(approved: Plan, now: Plan): PlanDifference {
  const before = new Map(approved.resource_changes.map((row) => [row.address, row]));
  const after = new Map(now.resource_changes.map((row) => [row.address, row]));
  const scopes = (plan: Plan): ReadonlySet<string> => new Set(plan.gaps.map(({ scope }) => scope));
  const [then, present] = [scopes(approved), scopes(now)];
  return {
    added: now.resource_changes.filter(({ address }) => !before.has(address)),
    gone: approved.resource_changes
      .filter(({ address }) => !after.has(address))
      .map((row) => ({ row, why: whyGone(row.address, now) })),
    changed: approved.resource_changes.flatMap((row) => {
      const other = after.get(row.address);
      const what = other === undefined ? [] : changedParts(row, other);
      return other === undefined || what.length === 0 ? [] : [{ before: row, after: other, what }];
    }),
    gaps: {
      added: [...present].filter((scope) => !then.has(scope)),
      gone: [...then].filter((scope) => !present.has(scope)),
    },
  };
}
