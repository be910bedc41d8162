/** Endings: the result of a run, by the name of its exit code. */

import { exitCodes } from '../engine/generated.ts';
import type { DriftReport } from '../formats/drift.ts';
import type { Plan } from '../formats/plan.ts';
import type { Row } from '../engine/action.ts';

export type Ending = (typeof exitCodes)[number]['name'];

export const FAIL_ON = ['changes', 'drift', 'findings', 'rejected'] as const;

/** The contents of a plan or a drift report that turn `ok` into another ending. */
export interface FailOn {
  readonly failOn?: readonly (typeof FAIL_ON)[number][] | undefined;
}

/** The exit code of an ending, for the log and the process. */
export function exitCode(ending: Ending): number {
  return exitCodes.find(({ name }) => name === ending)?.code ?? 1;
}

function hasChanges({ resource_changes, rejected_changes, deferred_changes }: Plan): boolean {
  return resource_changes.length + rejected_changes.length + deferred_changes.length > 0;
}

/** The ending of a plan. */
export function planEnding(plan: Plan, { failOn = [] }: FailOn): Ending {
  if (plan.gaps.length > 0) return 'partly-read';
  if (plan.rejected_changes.length > 0 && failOn.includes('rejected')) return 'rejected';
  if (hasChanges(plan) && failOn.includes('changes')) return 'changes';
  if (failOn.includes('drift') && plan.resource_drift.length > 0) return 'changes';
  if (failOn.includes('findings') && plan.checks.some(({ severity }) => severity === 'error')) return 'changes';
  return 'ok';
}

/** The ending of a drift report: drift and findings with severity `error` always count. */
export function driftEnding(report: DriftReport, plan: Plan, { failOn = [] }: FailOn): Ending {
  if (report.gaps.length > 0) return 'partly-read';
  if (failOn.includes('rejected') && plan.rejected_changes.length > 0) return 'rejected';
  if (failOn.includes('changes') && hasChanges(plan)) return 'changes';
  if (report.resource_drift.length > 0 || report.checks.some(({ severity }) => severity === 'error')) return 'changes';
  return 'ok';
}

/** The ending of an apply that was not interrupted. */
export function applyEnding(rows: Iterable<Row>, plan: Plan, options: { readonly allowRejected: boolean }): Ending {
  const statuses = new Set([...rows].map(({ status }) => status));
  if (statuses.has('unknown')) return 'unknown-outcome';
  if (statuses.has('failed') || statuses.has('stale') || statuses.has('not-attempted')) return 'incomplete';
  if (plan.gaps.length > 0) return 'partly-read';
  if (statuses.has('rejected') && !options.allowRejected) return 'rejected';
  return 'ok';
}
