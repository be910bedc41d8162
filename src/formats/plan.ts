/** The plan document: the JSON that is printed, saved, shown, and read by other programs. */

import {
  type Action,
  type Cause,
  compareText,
  type Covered,
  digestOf,
  type Facts,
  formatRef,
  type Gap,
  type Goal,
  instantText,
  type Json,
  type Labels,
  type SpecEdit,
  type Step,
  defined,
} from '#plugin';
import { gapScope } from '../engine/gap.ts';
import type { Reconciled } from '../engine/reconcile.ts';
import type { PlanCounts, PluginSummary, Sealed, Settled } from '../engine/seal.ts';
import { shownLabels } from '../engine/selector.ts';
import { scheduleOf } from '../engine/schedule.ts';
import { clearsAt, overridesOf, standing } from '../engine/standing.ts';
import { changeJson, driftValues } from './change-values.ts';
import {
  type Check,
  checkOf,
  type Clearing,
  clearingOf,
  clearsAtOf,
  logHead,
  pendingCheck,
  type PendingCheck,
  type LogHead,
  type Source,
  sourceOf,
  suppressedCheck,
  type SuppressedCheck,
} from './parts.ts';

export const PLAN_FORMAT = '1.0';

export type PlanActionName = 'create' | 'update' | 'delete' | 'forget' | 'no-op';

export interface ResourceChange {
  readonly address: string;
  readonly type: string;
  readonly name: string;
  readonly provider_name: string;
  /** Labels of the resource; absent without any. */
  readonly labels?: Labels;
  readonly change: {
    readonly actions: readonly PlanActionName[];
    readonly before: Json;
    readonly after: Json;
    readonly before_sensitive: Json;
    readonly after_sensitive: Json;
  };
  readonly step: Step;
  readonly goal: Goal;
  readonly cause: Cause;
  /** With the cause `edit`: JSON pointers of the fields whose cause is drift. */
  readonly drifted?: readonly string[];
  readonly because: string;
  readonly reversible: 'yes' | 'no' | 'partly';
  /** The step disturbs resources in use. */
  readonly disruptive?: true;
  /** False if the provider refuses the step until earlier rows of the plan are done; it is tried again right before it runs. */
  readonly proven: boolean;
  readonly basis: string;
  /** Address of the row that adds, changes or ends the document of the resource. The row runs only after that one is done. */
  readonly follows?: string;
  /** Everything that determines the effect of the row, except observed values. The digest of the plan covers it. */
  readonly covers?: Covered;
  /** Pointers to the fields of the spec that the document declares; the other fields are defaults. */
  readonly written?: readonly string[];
  /** Edits of the document since the last apply that no difference to the actual state shows. */
  readonly edits?: readonly SpecEdit[];
  readonly source?: Source;
  readonly warnings: readonly string[];
  readonly overrides?: readonly { readonly rule: string; readonly reason: string }[];
}

export interface PlanReason extends Clearing {
  readonly rule: string;
  readonly message: string;
  readonly facts: Facts;
  readonly observed_at: string;
  readonly overridable: boolean;
}

/** A change that will not run, with its first reason and all reasons. */
export interface RefusedChange {
  readonly reason: string;
  readonly resource_change: ResourceChange;
  readonly reasons: readonly PlanReason[];
  readonly clears_at?: string;
}

export interface Plan {
  readonly format_version: string;
  readonly fettle_version: string;
  readonly timestamp: string;
  readonly project: string;
  /** The plan is complete: no gaps, no targets. */
  readonly complete: boolean;
  /** Addresses were selected or excluded; other resources were not planned. */
  readonly targeted: boolean;
  /** The causes that `--cause` limits the plan to, in the order of the specification; absent for all causes. */
  readonly causes?: readonly Cause[];
  /** At least one row would run. */
  readonly applyable: boolean;
  readonly errored: boolean;
  readonly resource_changes: readonly ResourceChange[];
  readonly rejected_changes: readonly RefusedChange[];
  readonly deferred_changes: readonly RefusedChange[];
  readonly prior_state: {
    readonly resources: readonly {
      readonly address: string;
      readonly type: string;
      readonly state: string;
      readonly labels?: Labels;
      readonly values: Json;
      /** When the resource is due and was last refreshed, and the policy of its retries. */
      readonly schedule?: Facts;
    }[];
  };
  readonly resource_drift: readonly {
    readonly address: string;
    readonly labels?: Labels;
    readonly change: ResourceChange['change'];
  }[];
  readonly checks: readonly Check[];
  /** Findings that `drift.suppress` covers; absent without any. */
  readonly suppressed_checks?: readonly SuppressedCheck[];
  /** Findings that do not count yet, by `drift.confirm`; absent without any. */
  readonly pending_checks?: readonly PendingCheck[];
  readonly gaps: readonly {
    readonly plugin: string;
    readonly scope: string;
    readonly message: string;
    readonly since?: string;
  }[];
  /** Observed resources that are neither declared nor owned. */
  readonly unmanaged: readonly string[];
  /** Steps that an earlier run left open, with the result as far as it can be observed. */
  readonly settled: readonly Settled[];
  readonly summary: PlanCounts;
  /** Totals from the plugins; absent if no plugin has any. */
  readonly summaries?: readonly PluginSummary[];
  /**
   * Covers every effect of the accepted rows; absent if the state could not be read, in which case the plan cannot be
   * approved.
   */
  readonly plan_digest?: string;
  readonly log_head?: LogHead;
  /** Covers the whole saved plan except this member. */
  readonly checksum?: string;
}

function resourceChange(action: Action): ResourceChange {
  const { change, source, labels, covers, written, edits } = action;
  const { ref, step, goal, cause, drifted, because, effect } = change;
  const overrides = overridesOf(action);
  return defined({
    address: formatRef(ref),
    type: `${ref.plugin}/${ref.kind}`,
    name: ref.name,
    provider_name: ref.plugin,
    labels,
    change: changeJson(change, covers.spec),
    step,
    goal,
    cause,
    drifted,
    because,
    reversible: effect.reversible,
    disruptive: effect.disruptive ? true : undefined,
    proven: action.unproven !== true,
    basis: action.basis,
    follows: action.follows,
    covers,
    written,
    edits,
    source: source === undefined ? undefined : sourceOf(source),
    warnings: action.judgements
      .filter(({ outcome }) => outcome === 'warn')
      .map(({ rule, message }) => `${rule}: ${message}`),
    overrides: overrides.length === 0 ? undefined : overrides,
  });
}

function refusedChange(action: Action, { resources, viewedAt }: Sealed): RefusedChange {
  const reasons = standing(action);
  const sight = resources.get(formatRef(action.change.ref))?.sight;
  const observedAt = sight?.is === 'seen' ? sight.observed.at : viewedAt;
  return {
    reason: reasons[0]?.rule ?? 'unknown',
    resource_change: resourceChange(action),
    reasons: reasons.map((reason) => ({
      rule: reason.rule,
      message: reason.message,
      facts: reason.facts,
      observed_at: instantText(observedAt),
      ...clearingOf(reason),
      overridable: reason.overridable,
    })),
    ...clearsAtOf(clearsAt(action)),
  };
}

/** Returns the digest of the effects of the accepted rows, the gaps, and the causes that the plan is limited to. */
export function planDigest(rows: readonly ResourceChange[], gaps: Plan['gaps'], causes: Plan['causes']): string {
  const approved = rows
    .map(({ address, step, goal, change, overrides, covers }) => ({
      address,
      step,
      goal,
      change,
      covers,
      overrides: overrides?.map(({ rule }) => rule) ?? [],
    }))
    .sort((a, b) => compareText(a.address, b.address));
  return digestOf({
    rows: approved,
    gaps: [...new Set(gaps.map(({ scope }) => scope))].sort(compareText),
    ...(causes === undefined ? {} : { causes }),
  });
}

/** The scope of a gap of the state itself. */
const MEMORY_SCOPE = 'memory';

function gapRow(gap: Gap): Plan['gaps'][number] {
  return defined({
    plugin: gap.plugin,
    scope: gapScope(gap),
    message: gap.message,
    since: instantText(gap.since),
  });
}

/** Returns the document of a plan. */
function planDocument(sealed: Sealed): Plan {
  const { memoryGap, targeted, causes, actions, suppressed, summaries, head } = sealed;
  const having = (verdict: Action['verdict']) => actions.filter((action) => action.verdict === verdict);
  const refused = (verdict: Action['verdict']) => having(verdict).map((action) => refusedChange(action, sealed));
  const accepted = having('accept').map(resourceChange);
  const gaps = [
    ...(memoryGap === undefined ? [] : [{ plugin: 'fettle', scope: MEMORY_SCOPE, message: memoryGap }]),
    ...sealed.gaps.map(gapRow),
  ];
  return defined({
    format_version: PLAN_FORMAT,
    fettle_version: sealed.version,
    timestamp: instantText(sealed.at),
    project: sealed.project,
    complete: gaps.length === 0 && !targeted && causes === undefined,
    targeted,
    causes,
    applyable: accepted.length > 0 && memoryGap === undefined,
    errored: false,
    resource_changes: accepted,
    rejected_changes: refused('reject'),
    deferred_changes: refused('defer'),
    prior_state: {
      resources: [...sealed.resources].flatMap(([address, resource]) => {
        const { ref, sight } = resource;
        if (sight.is !== 'seen') return [];
        const { state, facts } = sight.observed;
        const schedule = scheduleOf(resource, sealed.at);
        const type = `${ref.plugin}/${ref.kind}`;
        const labels = shownLabels(resource);
        return [defined({ address, type, labels, state, values: facts as Json, schedule })];
      }),
    },
    resource_drift: sealed.drift.map(({ address, back }) =>
      defined({ address, labels: shownLabels(sealed.resources.get(address)), change: driftValues(back) }),
    ),
    checks: sealed.findings.map(checkOf),
    pending_checks: sealed.pending.length === 0 ? undefined : sealed.pending.map(pendingCheck),
    suppressed_checks: suppressed.length === 0 ? undefined : suppressed.map(suppressedCheck),
    gaps,
    unmanaged: sealed.unmanaged,
    settled: sealed.settled,
    summary: sealed.counts,
    summaries: summaries.length === 0 ? undefined : summaries,
    plan_digest: memoryGap === undefined ? planDigest(accepted, gaps, causes) : undefined,
    log_head: head === undefined ? undefined : logHead(head),
  });
}

/** A reconciliation with its published plan. */
export interface Planned extends Reconciled {
  readonly plan: Plan;
}

export function planned(reconciled: Reconciled): Planned {
  return { ...reconciled, plan: planDocument(reconciled.sealed) };
}
