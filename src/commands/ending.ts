/** Endings: which exit code a command ends with, and the line that says what it means. */

import { exitCodes } from '../engine/generated.ts';
import type { DriftReport } from '../formats/drift.ts';
import type { Plan } from '../formats/plan.ts';
import type { Row } from '../engine/action.ts';
import type { Flags } from './flags.ts';

export type ExitName = (typeof exitCodes)[number]['name'];

/** The code of a name. */
export function exitCode(name: ExitName): number {
  return exitCodes.find((each) => each.name === name)?.code ?? 1;
}

/** What `plan` ends with. */
export function planEnding(plan: Plan, flags: Flags): ExitName {
  const on = new Set(flags.failOn ?? []);
  const rejected = plan.rejected_changes.length > 0;
  const changes = plan.resource_changes.length + plan.rejected_changes.length + plan.deferred_changes.length > 0;
  if (plan.gaps.length > 0) return 'partly-read';
  if (rejected && on.has('rejected')) return 'rejected';
  if (changes && (flags.detailedExitcode === true || on.has('changes'))) return 'changes';
  if (on.has('drift') && plan.resource_drift.length > 0) return 'changes';
  if (on.has('findings') && plan.checks.some(({ severity }) => severity === 'error')) return 'changes';
  return 'ok';
}

/** What `drift` ends with: drift and findings that are errors are what it is asked for. */
export function driftEnding(report: DriftReport, plan: Plan, flags: Flags): ExitName {
  const on = new Set(flags.failOn ?? []);
  if (report.gaps.length > 0) return 'partly-read';
  if (on.has('rejected') && plan.rejected_changes.length > 0) return 'rejected';
  const changes = plan.resource_changes.length + plan.rejected_changes.length + plan.deferred_changes.length > 0;
  if (on.has('changes') && changes) return 'changes';
  if (report.resource_drift.length > 0 || report.checks.some(({ severity }) => severity === 'error')) return 'changes';
  return 'ok';
}

/** What `apply` ends with when it was not stopped. */
export function applyEnding(rows: Iterable<Row>, plan: Plan, flags: Flags): ExitName {
  const statuses = new Set([...rows].map(({ status }) => status));
  if (statuses.has('unknown')) return 'unknown-outcome';
  if (statuses.has('failed') || statuses.has('stale') || statuses.has('not-attempted')) return 'incomplete';
  if (plan.gaps.length > 0) return 'partly-read';
  if (statuses.has('rejected') && flags.allowRejected !== true) return 'rejected';
  return 'ok';
}

/** One line for every code but 0. */
export function endingLine(name: ExitName): string {
  const ending = exitCodes.find((each) => each.name === name);
  return ending === undefined || ending.code === 0 ? '' : `exit ${ending.code}: ${ending.text} ${ending.next}\n`;
}
