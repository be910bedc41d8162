/**
 * Drift: how the world differs from what was last applied.
 *
 * | written | last applied | seen | is |
 * |---|---|---|---|
 * | A | A | A | nothing |
 * | A | A | B, or gone | drift |
 * | B | A | A | an edit that waits: no drift |
 * | B | A | B | the world is already as it is to be: no drift |
 * | B | A | C, or gone | drift, from A |
 * | no more | A | B, or gone | drift |
 * | A | never | B, or absent | drift: it is not as declared |
 * | any | any | a gap | not known |
 *
 * What is due by time, or goes on by itself, is listed apart and is no drift.
 */

import { clearsAt } from './standing.ts';
import { addressMatcher } from './address-glob.ts';
import {
  type Action,
  type Change,
  type Desired,
  digestOf,
  type FieldChange,
  formatRef,
  instantText,
  type Resource,
  sameJson,
  type Scene,
} from '#plugin';
import { driftValues } from './change-values.ts';
import { managedChange } from './diff.ts';
import type { Suppression } from './load/config.ts';
import type { Plan, ResourceChange, Suppressed } from './plan.ts';
import { suppressedBy } from './suppress.ts';

export const DRIFT_FORMAT = '1.0';

/** One resource that drifted: `before` is as applied, or declared, and `after` as seen. */
export interface DriftRow {
  readonly address: string;
  readonly type: string;
  readonly name: string;
  readonly provider_name: string;
  readonly change: ResourceChange['change'];
  readonly because: string;
  /** What it was compared with. */
  readonly since: 'applied' | 'declared';
  /** When that was applied: ISO 8601. */
  readonly applied_at?: string;
  /** It is not there any more. */
  readonly missing?: true;
  readonly source?: ResourceChange['source'];
}

export interface SuppressedDrift extends DriftRow {
  readonly suppressed: Suppressed;
}

/** What is due by time or goes on by itself: a step of the next apply, and no drift. */
export interface DueRow {
  readonly address: string;
  readonly step: string;
  readonly cause: string;
  readonly because: string;
  readonly verdict: Action['verdict'];
  readonly clears_at?: string;
}

export interface DriftReport {
  readonly format_version: string;
  readonly fettle_version: string;
  readonly timestamp: string;
  readonly project: string;
  readonly complete: boolean;
  readonly targeted: boolean;
  /** `declared` where there is no log to know what was applied. */
  readonly compared_with: 'applied' | 'declared';
  readonly resource_drift: readonly DriftRow[];
  readonly suppressed_drift: readonly SuppressedDrift[];
  /** Suppressions whose time is over. */
  readonly expired_suppressions: readonly {
    readonly address: string;
    readonly path?: string;
    readonly finding?: string;
    readonly until: string;
    readonly owner: string;
  }[];
  readonly due_changes: readonly DueRow[];
  readonly checks: Plan['checks'];
  readonly suppressed_checks?: Plan['suppressed_checks'];
  readonly gaps: Plan['gaps'];
  readonly summary: {
    readonly resources: number;
    readonly drifted: number;
    readonly suppressed: number;
    readonly due: number;
    readonly findings: number;
    readonly unread: number;
    /** Specs too large to be remembered whole, and edited since: what was applied is not known. */
    readonly unknown: number;
  };
  readonly log_head?: Plan['log_head'];
}

/** What a resource is held against: `undefined` where nothing is, `unknown` where it is not remembered whole. */
function referenceOf(
  resource: Resource,
): { readonly spec: unknown; readonly since: 'applied' | 'declared' } | 'unknown' | undefined {
  const { desired, memory } = resource;
  const applied = resource.owned ? memory?.applied : undefined;
  if (applied === undefined) return desired === undefined ? undefined : { spec: desired.spec, since: 'declared' };
  if (applied.spec !== undefined) return { spec: applied.spec, since: 'applied' };
  return desired !== undefined && digestOf(desired.spec) === applied.digest
    ? { spec: desired.spec, since: 'applied' }
    : 'unknown';
}

/** The resource as if `spec` were what is written. */
function asWritten(resource: Resource, spec: unknown): Resource {
  const desired: Desired = {
    ref: resource.ref,
    meta: resource.desired?.meta ?? { labels: resource.memory?.labels ?? {}, lifecycle: { ignore: [] } },
    needs: resource.desired?.needs ?? [],
    source: resource.desired?.source ?? { file: '', line: 1, column: 1 },
    spec,
  };
  return { ...resource, desired };
}

/** The change that would bring the world back to `spec`, where it is the world that moved. */
function wayBack(resource: Resource, spec: unknown, scene: Scene): Change | undefined {
  const change = managedChange(asWritten(resource, spec), scene);
  return change === undefined || ['time', 'progress', 'policy'].includes(change.cause) ? undefined : change;
}

export type Drifted = { readonly back: Change; readonly since: 'applied' | 'declared' } | 'unknown' | undefined;

/** How one resource drifted, as the change back; `unknown` where nobody can say, also because the plugin failed. */
export function driftOf(resource: Resource, change: Change | undefined, scene: Scene): Drifted {
  try {
    return comparison(resource, change, scene);
  } catch {
    // The diff of the plan told the failure already.
    return 'unknown';
  }
}

function comparison(resource: Resource, change: Change | undefined, scene: Scene): Drifted {
  // Another run is at it: what is seen is neither the one nor the other.
  if (scene.busy !== undefined && resource.memory?.open !== undefined) return undefined;
  if (resource.sight.is === 'unseen' || resource.sight.observed?.given === true) return undefined;
  const reference = referenceOf(resource);
  if (reference === undefined) return undefined;
  const adopting = change?.goal === 'adopt' || change?.goal === 'protect';
  // Nothing to do: the world is as it is written, whatever was applied.
  if (resource.desired !== undefined && change === undefined) return undefined;
  if (reference === 'unknown') return 'unknown';
  const { spec, since } = reference;
  if (resource.desired !== undefined && !adopting && sameJson(spec, resource.desired.spec)) {
    if (change === undefined || ['time', 'progress', 'policy'].includes(change.cause)) return undefined;
    return { back: change, since };
  }
  const back = wayBack(resource, spec, scene);
  return back === undefined ? undefined : { back, since };
}

function dueRow(address: string, action: Action): DueRow {
  const { step, cause, because } = action.change;
  const clears = clearsAt(action);
  return {
    address,
    step,
    cause,
    because,
    verdict: action.verdict,
    ...(clears === undefined ? {} : { clears_at: instantText(clears) }),
  };
}

function covers(path: string, field: FieldChange): boolean {
  return field.path === path || field.path.startsWith(`${path}/`);
}

/** What a suppression of a path leaves of a change's fields. */
function splitBy(
  fields: readonly FieldChange[],
  path: string,
): { readonly kept: readonly FieldChange[]; readonly hidden: readonly FieldChange[]; readonly whole: boolean } {
  return {
    kept: fields.filter((field) => !covers(path, field)),
    hidden: fields.filter((field) => covers(path, field)),
    whole: fields.length > 0 && fields.every((field) => covers(path, field)),
  };
}

export interface DriftInput {
  readonly plan: Plan;
  readonly resources: ReadonlyMap<string, Resource>;
  readonly actions: ReadonlyMap<string, Action>;
  readonly scene: Scene;
  readonly suppress: readonly Suppression[];
  readonly within?: ((address: string) => boolean) | undefined;
  /** Whether there is a log that knows what was applied. */
  readonly hasLog: boolean;
}

function rowOf(resource: Resource, back: Change, since: DriftRow['since']): DriftRow {
  const { ref, desired, memory } = resource;
  return {
    address: formatRef(ref),
    type: `${ref.plugin}/${ref.kind}`,
    name: ref.name,
    provider_name: ref.plugin,
    change: driftValues(back),
    because: resource.sight.observed === undefined ? 'it is not there' : back.because,
    since,
    ...(since === 'applied' && memory?.applied !== undefined ? { applied_at: memory.applied.at } : {}),
    ...(resource.sight.observed === undefined ? { missing: true } : {}),
    ...(desired === undefined
      ? {}
      : {
          source: {
            filename: desired.source.file,
            start: { line: desired.source.line, column: desired.source.column },
          },
        }),
  };
}

/** Everything that drifted, with what is suppressed, due and found. */
export function driftReport(input: DriftInput): DriftReport {
  const { plan, resources, actions, scene, suppress } = input;
  const rows: DriftRow[] = [];
  const suppressed: SuppressedDrift[] = [];
  const due: DueRow[] = [];
  let unknown = 0;
  const rules = suppress.map((rule) => ({ rule, matches: addressMatcher(rule.address) }));
  for (const [address, resource] of resources) {
    if (input.within?.(address) === false) continue;
    const action = actions.get(address);
    if (action !== undefined && ['time', 'progress', 'policy'].includes(action.change.cause))
      due.push(dueRow(address, action));
    const found = driftOf(resource, action?.change, scene);
    if (found === 'unknown') unknown += 1;
    if (found === undefined || found === 'unknown') continue;
    let { fields } = found.back;
    let isLeft = true;
    for (const { rule, matches } of rules) {
      if (rule.path === undefined || rule.until <= scene.now || !isLeft || !matches(address)) continue;
      // What is gone altogether is no matter of one path.
      if (resource.sight.observed === undefined) continue;
      const { kept, hidden, whole } = splitBy(fields, rule.path);
      if (hidden.length === 0) continue;
      suppressed.push({
        ...rowOf(resource, { ...found.back, fields: hidden }, found.since),
        suppressed: suppressedBy(rule),
      });
      fields = kept;
      isLeft = !whole;
    }
    if (isLeft) rows.push(rowOf(resource, { ...found.back, fields }, found.since));
  }
  return {
    format_version: DRIFT_FORMAT,
    fettle_version: plan.fettle_version,
    timestamp: plan.timestamp,
    project: plan.project,
    complete: plan.complete,
    targeted: plan.targeted,
    compared_with: input.hasLog ? 'applied' : 'declared',
    resource_drift: rows,
    suppressed_drift: suppressed,
    expired_suppressions: suppress
      .filter(({ until }) => until <= scene.now)
      .map(({ reason: _reason, until, ...rest }) => ({ ...rest, until: instantText(until) })),
    due_changes: due,
    checks: plan.checks,
    ...(plan.suppressed_checks === undefined ? {} : { suppressed_checks: plan.suppressed_checks }),
    gaps: plan.gaps,
    summary: {
      resources: plan.summary.resources,
      drifted: rows.length,
      suppressed: suppressed.length + (plan.suppressed_checks?.length ?? 0),
      due: due.length,
      findings: plan.checks.length,
      unread: plan.summary.unread,
      unknown,
    },
    ...(plan.log_head === undefined ? {} : { log_head: plan.log_head }),
  };
}
