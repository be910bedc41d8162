/** Endings: the result of a run, by the name of its exit code. */

import { exitCodes } from '../engine/generated.ts';
import { isGrave } from '../formats/parts.ts';
import type { Plan } from '../formats/plan.ts';
import type { Row } from '../engine/action.ts';

export type Ending = (typeof exitCodes)[number]['name'];

/**
 * The values of `--fail-on`: what turns the ending `ok` into another one, the first that applies.
 *
 * | value | counts | ending |
 * |---|---|---|
 * | gaps | resources that could not be read; they always count | partly-read |
 * | rejected | rows that a rule rejected | rejected |
 * | changes | rows, rejected and waiting ones included | changes |
 * | drift | drifted resources | changes |
 * | critical | findings with this severity | changes |
 * | findings | findings that are critical or errors | changes |
 * | warnings | findings that are critical, errors or warnings | changes |
 *
 * Suppressed drift and findings, and findings that `drift.confirm` holds back, never count.
 */
export const FAIL_ON = ['changes', 'drift', 'critical', 'findings', 'warnings', 'rejected', 'gaps'] as const;

export type FailOnValue = (typeof FAIL_ON)[number];

/** The contents of a plan or a drift report that turn `ok` into another ending; absent for the default of the command. */
export interface FailOn {
  readonly failOn?: readonly FailOnValue[] | undefined;
  /** In addition to `failOn`: changes. */
  readonly detailedExitcode?: boolean | undefined;
}

/** The exit code of an ending, for the log and the process. */
export function exitCode(ending: Ending): number {
  return exitCodes.find(({ name }) => name === ending)?.code ?? 1;
}

/** The contents of a refresh that can fail a command. */
export interface Found {
  readonly plan: Pick<Plan, 'gaps' | 'resource_changes' | 'rejected_changes' | 'deferred_changes' | 'checks'>;
  /** Number of drifted resources that are not suppressed; called only if drift counts. */
  readonly drifted: () => number;
}

/** Reports whether a plan or report contains what a value of `--fail-on` names. */
function contains(value: FailOnValue, { plan, drifted }: Found): boolean {
  switch (value) {
    case 'gaps':
      return plan.gaps.length > 0;
    case 'rejected':
      return plan.rejected_changes.length > 0;
    case 'changes':
      return plan.resource_changes.length + plan.rejected_changes.length + plan.deferred_changes.length > 0;
    case 'drift':
      return drifted() > 0;
    case 'critical':
      return plan.checks.some(({ severity }) => severity === 'critical');
    case 'findings':
      return plan.checks.some(isGrave);
    case 'warnings':
      return plan.checks.some(({ severity }) => severity !== 'info');
  }
}

/** The ending of a refresh: the first that applies. `defaults` count if the call names nothing. */
export function refreshEnding(
  found: Found,
  { failOn, detailedExitcode }: FailOn,
  defaults: readonly FailOnValue[] = [],
): Ending {
  const values = new Set([...(failOn ?? defaults), ...(detailedExitcode === true ? (['changes'] as const) : [])]);
  if (contains('gaps', found)) return 'partly-read';
  if (values.has('rejected') && contains('rejected', found)) return 'rejected';
  return [...values].some((value) => value !== 'rejected' && contains(value, found)) ? 'changes' : 'ok';
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
