/**
 * The plans of the last rounds as one: for each resource, what the newest round that refreshed it found. A round often refreshes
 * only the resources that are due. Pure.
 */

import { type Instant, instantOf } from '#plugin';
import type { RuleSaid } from '../../formats/explanation.ts';
import type { Plan, PlanReason, RefusedChange, ResourceChange } from '../../formats/plan.ts';
import type { RoundPlan } from './snapshot.ts';

export type Verdict = 'accept' | 'reject' | 'defer';

/** A row of a plan with its verdict. */
export interface PlanRow {
  readonly verdict: Verdict;
  readonly change: ResourceChange;
  readonly reasons: readonly PlanReason[];
  readonly clears_at?: string | undefined;
  /** Time of the plan. */
  readonly planned_at: Instant;
}

export interface Found {
  readonly newest: Plan;
  /** True if the newest plan is about every resource. */
  readonly isWhole: boolean;
  readonly rows: readonly PlanRow[];
  /** The judgements of every rule on a row, by address: of the first rows of each plan. */
  readonly rules: ReadonlyMap<string, readonly RuleSaid[]>;
  /** As the refreshes saw them, by address. */
  readonly seen: ReadonlyMap<string, Plan['prior_state']['resources'][number]>;
  readonly drift: Plan['resource_drift'];
  readonly checks: Plan['checks'];
}

function rowsOf(plan: Plan): readonly PlanRow[] {
  const planned_at = instantOf(plan.timestamp);
  const refused =
    (verdict: Verdict) =>
    ({ resource_change: change, reasons, clears_at }: RefusedChange): PlanRow => ({
      verdict,
      change,
      reasons,
      clears_at,
      planned_at,
    });
  return [
    ...plan.rejected_changes.map(refused('reject')),
    ...plan.deferred_changes.map(refused('defer')),
    ...plan.resource_changes.map((change): PlanRow => ({ verdict: 'accept', change, reasons: [], planned_at })),
  ];
}

const RANK: Readonly<Record<Verdict, number>> = { reject: 0, defer: 1, accept: 2 };

/** `plans`: oldest first, beginning with one of every resource. Undefined without any. Rejected rows come first. */
export function foundIn(plans: readonly RoundPlan[]): Found | undefined {
  const newest = plans.at(-1)?.plan;
  if (newest === undefined) return undefined;
  const covered = new Set<string>();
  const rows: PlanRow[] = [];
  const said = new Map<string, readonly RuleSaid[]>();
  const seen = new Map<string, Plan['prior_state']['resources'][number]>();
  const drift: Plan['resource_drift'][number][] = [];
  const checks: Plan['checks'][number][] = [];
  for (const { plan, rules } of plans.toReversed()) {
    const isNew = ({ address }: { readonly address: string }): boolean => !covered.has(address);
    const own = rowsOf(plan).filter(({ change }) => isNew(change));
    const resources = plan.prior_state.resources.filter(isNew);
    rows.push(...own);
    for (const { change } of own) {
      const { [change.address]: each } = rules;
      if (each !== undefined) said.set(change.address, each);
    }
    drift.push(...plan.resource_drift.filter(isNew));
    checks.push(...plan.checks.filter(isNew));
    for (const each of resources) seen.set(each.address, each);
    for (const { change } of own) covered.add(change.address);
    for (const { address } of resources) covered.add(address);
  }
  const sorted = rows.toSorted((a, b) => RANK[a.verdict] - RANK[b.verdict]);
  return { newest, isWhole: plans.length === 1, rows: sorted, rules: said, seen, drift, checks };
}
