/** The drift report: the JSON document of `fettle drift`. */

import { type Action, formatRef, type Labels, instantText, defined, isAbsent } from '#plugin';
import type { Drift, DriftedResource } from '../engine/drift.ts';
import { shownLabels } from '../engine/selector.ts';
import type { Suppression } from '../engine/load/config.ts';
import { clearsAt } from '../engine/standing.ts';
import { driftValues } from './change-values.ts';
import { clearsAtOf, type LogHead, type Source, sourceOf, type Suppressed, suppressedBy } from './parts.ts';
import type { Plan, ResourceChange } from './plan.ts';

const DRIFT_FORMAT = '1.0';

/** A drifted resource: `before` is the applied or declared value, and `after` the actual value. */
export interface DriftRow {
  readonly address: string;
  readonly type: string;
  readonly name: string;
  readonly provider_name: string;
  /** Labels of the resource; absent without any. */
  readonly labels?: Labels;
  readonly change: ResourceChange['change'];
  readonly because: string;
  /** Author and time of the change, if the provider records that. */
  readonly changed_by?: string;
  /** The base of the comparison. */
  readonly since: 'applied' | 'declared';
  /** The time of that apply: ISO 8601. */
  readonly applied_at?: string;
  /** The resource no longer exists. */
  readonly missing?: true;
  readonly source?: Source;
}

export interface SuppressedDrift extends DriftRow {
  readonly suppressed: Suppressed;
}

/** A step of the next apply that is due, or that continues on its own. It is not drift. */
export interface DueRow {
  readonly address: string;
  readonly labels?: Labels;
  readonly step: string;
  readonly cause: string;
  readonly because: string;
  readonly verdict: Action['verdict'];
  readonly clears_at?: string;
}

/** A suppression: the address, the path or the code of the finding, the end (ISO 8601) and the owner. */
export interface NamedSuppression {
  readonly address: string;
  readonly path?: string;
  readonly finding?: string;
  readonly until: string;
  readonly owner: string;
}

function namedSuppression({ reason: _reason, until, ...rest }: Suppression): NamedSuppression {
  return { ...rest, until: instantText(until) };
}

export interface DriftReport {
  readonly format_version: string;
  readonly fettle_version: string;
  readonly timestamp: string;
  readonly project: string;
  readonly complete: boolean;
  readonly targeted: boolean;
  /** `declared` if no log of earlier applies exists. */
  readonly compared_with: 'applied' | 'declared';
  readonly resource_drift: readonly DriftRow[];
  readonly suppressed_drift: readonly SuppressedDrift[];
  /** Expired suppressions. */
  readonly expired_suppressions: readonly NamedSuppression[];
  /** Suppressions that match resources and cover none of their drift and findings; absent if there are none. */
  readonly unused_suppressions?: readonly NamedSuppression[];
  readonly due_changes: readonly DueRow[];
  readonly checks: Plan['checks'];
  readonly suppressed_checks?: Plan['suppressed_checks'];
  readonly pending_checks?: Plan['pending_checks'];
  readonly gaps: Plan['gaps'];
  readonly summary: {
    readonly resources: number;
    readonly drifted: number;
    readonly suppressed: number;
    readonly due: number;
    readonly findings: number;
    /** Findings that do not count yet; absent if there are none. */
    readonly pending?: number;
    readonly unread: number;
    /** Edited resources whose applied spec is unknown, because it was too large for the state. */
    readonly unknown: number;
  };
  readonly log_head?: LogHead;
}

function rowOf({ resource, back, since }: DriftedResource): DriftRow {
  const { ref, desired, memory } = resource;
  const missing = isAbsent(resource);
  return {
    address: formatRef(ref),
    type: `${ref.plugin}/${ref.kind}`,
    name: ref.name,
    provider_name: ref.plugin,
    ...defined<Pick<DriftRow, 'labels'>>({ labels: shownLabels(resource) }),
    change: driftValues(back),
    because: missing ? 'the resource does not exist' : back.because,
    ...(missing || back.changedBy === undefined ? {} : { changed_by: back.changedBy }),
    since,
    ...(since === 'applied' && memory?.applied !== undefined ? { applied_at: instantText(memory.applied.at) } : {}),
    ...(missing ? { missing } : {}),
    ...(desired === undefined ? {} : { source: sourceOf(desired.source) }),
  };
}

function dueRow(action: Action): DueRow {
  const { ref, step, cause, because } = action.change;
  return {
    address: formatRef(ref),
    ...(action.labels === undefined ? {} : { labels: action.labels }),
    step,
    cause,
    because,
    verdict: action.verdict,
    ...clearsAtOf(clearsAt(action)),
  };
}

/** Returns the document of a report. `hasLog`: a log of earlier applies exists. */
export function driftDocument(drift: Drift, plan: Plan, hasLog: boolean): DriftReport {
  const { rows, suppressed, expired, unused, due, unknown } = drift;
  return defined({
    format_version: DRIFT_FORMAT,
    fettle_version: plan.fettle_version,
    timestamp: plan.timestamp,
    project: plan.project,
    complete: plan.complete,
    targeted: plan.targeted,
    compared_with: hasLog ? 'applied' : 'declared',
    resource_drift: rows.map(rowOf),
    suppressed_drift: suppressed.map((row) => ({ ...rowOf(row), suppressed: suppressedBy(row.by) })),
    expired_suppressions: expired.map(namedSuppression),
    unused_suppressions: unused.length === 0 ? undefined : unused.map(namedSuppression),
    due_changes: due.map(dueRow),
    checks: plan.checks,
    suppressed_checks: plan.suppressed_checks,
    pending_checks: plan.pending_checks,
    gaps: plan.gaps,
    summary: {
      resources: plan.summary.resources,
      drifted: rows.length,
      suppressed: suppressed.length + (plan.suppressed_checks?.length ?? 0),
      due: due.length,
      findings: plan.checks.length,
      ...(plan.summary.pending === undefined ? {} : { pending: plan.summary.pending }),
      unread: plan.summary.unread,
      unknown,
    },
    log_head: plan.log_head,
  });
}
