/** Seal: turns what was judged into the plan document, with its digest. */

import type { Head } from '../store/store.ts';
import {
  type Action,
  type Change,
  compareText,
  digestOf,
  type Finding,
  formatRef,
  type Gap,
  instantText,
  type Json,
  type Judgement,
  type Resource,
  type Plugin,
  type Remedy,
  type Scene,
} from '#plugin';
import { changeJson, driftValues } from './change-values.ts';
import { driftOf } from './drift.ts';
import { gapScope } from './gap.ts';
import { parseStep, stepTransition } from './lifecycle.ts';
import {
  PLAN_FORMAT,
  type Plan,
  type PlanReason,
  type PlanRemedy,
  type PluginSummary,
  type RefusedChange,
  type ResourceChange,
} from './plan.ts';
import type { Suppression } from './load/config.ts';
import { isMemoryOnly } from './rules.ts';
import { clearsAt, overridesOf, standing } from './standing.ts';
import { splitFindings } from './suppress.ts';

/** One row of the plan. */
export function resourceChange(action: Action, resource: Resource | undefined): ResourceChange {
  const { change, source, covers, written, edits } = action;
  const transition =
    resource === undefined || isMemoryOnly(change) ? undefined : stepTransition(resource.tables, change.step);
  const overrides = overridesOf(action);
  return {
    address: formatRef(change.ref),
    type: `${change.ref.plugin}/${change.ref.kind}`,
    name: change.ref.name,
    provider_name: change.ref.plugin,
    change: changeJson(change, covers.spec),
    step: change.step,
    goal: change.goal,
    cause: change.cause,
    because: change.because,
    reversible: transition?.reversible ?? 'yes',
    ...(transition?.disruptive === true ? { disruptive: true } : {}),
    basis: action.basis,
    covers,
    ...(written === undefined ? {} : { written }),
    ...(edits === undefined ? {} : { edits }),
    ...(source === undefined
      ? {}
      : { source: { filename: source.file, start: { line: source.line, column: source.column } } }),
    warnings: action.judgements
      .filter(({ outcome }) => outcome === 'warn')
      .map(({ rule, message }) => `${rule}: ${message}`),
    ...(overrides.length === 0 ? {} : { overrides }),
  };
}

function reasonOf(judgement: Judgement, observedAt: string): PlanReason {
  const { rule, message, facts, clearsAt: clears, remedy, overridable } = judgement;
  return {
    rule,
    message,
    facts,
    observed_at: observedAt,
    ...(clears === undefined ? {} : { clears_at: instantText(clears) }),
    ...remedyJson(remedy, clears),
    overridable,
  };
}

/** A remedy as it is published: to wait is one, where the reason clears by itself. */
export function remedyJson(remedy: Remedy | undefined, clears: number | undefined): { readonly remedy?: PlanRemedy } {
  const all = { ...(clears === undefined ? {} : { wait: instantText(clears) }), ...remedy };
  return Object.keys(all).length === 0 ? {} : { remedy: all };
}

function refusedChange(action: Action, resource: Resource | undefined, observedAt: string): RefusedChange {
  const reasons = standing(action);
  const clears = clearsAt(action);
  return {
    reason: reasons[0]?.rule ?? 'unknown',
    resource_change: resourceChange(action, resource),
    reasons: reasons.map((reason) => reasonOf(reason, observedAt)),
    ...(clears === undefined ? {} : { clears_at: instantText(clears) }),
  };
}

/** Over all that decides what the accepted rows do, and over what could not be read. */
export function planDigest(rows: readonly ResourceChange[], gaps: Plan['gaps']): string {
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
  return digestOf({ rows: approved, gaps: [...new Set(gaps.map(({ scope }) => scope))].sort(compareText) });
}

function byGravity(actions: readonly Action[]): readonly Action[] {
  const rank = ({ change }: Action) => (change.goal === 'remove' ? 0 : change.goal === 'replace' ? 1 : 2);
  return actions.toSorted((a, b) => rank(a) - rank(b) || compareText(formatRef(a.change.ref), formatRef(b.change.ref)));
}

export interface SealInput {
  readonly project: string;
  readonly version: string;
  readonly resources: ReadonlyMap<string, Resource>;
  readonly actions: ReadonlyMap<string, Action>;
  readonly findings: readonly Finding[];
  readonly suppress?: readonly Suppression[];
  readonly summaries: readonly PluginSummary[];
  readonly scene: Scene;
  readonly gaps: readonly Gap[];
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly settled: Plan['settled'];
  /** Why the memory could not be read: the plan has no digest then, and cannot be applied. */
  readonly memoryGap?: string | undefined;
  /** Only these addresses are part of the plan; undefined for all. */
  readonly within?: ((address: string) => boolean) | undefined;
  readonly head?: Head;
}

function summaryOf(
  input: SealInput,
  accepted: readonly Action[],
  rejected: number,
  deferred: number,
): Omit<Plan['summary'], 'findings'> {
  const goals = (...names: readonly Change['goal'][]) =>
    accepted.filter(({ change }) => names.includes(change.goal)).length;
  const stepping = accepted.filter(({ change }) => {
    const { from, to } = parseStep(change.step);
    return change.goal === 'update' && from !== to;
  }).length;
  const managed = [...input.resources].filter(
    ([address, resource]) =>
      (resource.desired !== undefined || resource.memory !== undefined) && (input.within?.(address) ?? true),
  );
  const unread = managed.filter(([address, resource]) => resource.sight.is === 'unseen' && !input.actions.has(address));
  const unloaded = [...input.scene.unloaded].filter(([address]) => input.within?.(address) ?? true);
  return {
    resources: managed.length + unloaded.length,
    plugins: new Set([...managed, ...unloaded].map(([, { ref }]) => ref.plugin)).size,
    add: goals('create', 'replace'),
    change: goals('update', 'adopt', 'protect', 'release') - stepping,
    step: stepping,
    remove: goals('remove', 'replace'),
    rejected,
    deferred,
    unchanged: managed.filter(([address]) => !input.actions.has(address)).length - unread.length,
    unread: unread.length + unloaded.length,
  };
}

/** The scope of a gap of the memory itself. */
const MEMORY_SCOPE = 'memory';

function gapRows({ gaps, memoryGap }: SealInput): Plan['gaps'] {
  return [
    ...(memoryGap === undefined ? [] : [{ plugin: 'fettle', scope: MEMORY_SCOPE, message: memoryGap }]),
    ...gaps.map((gap) => ({
      plugin: gap.plugin,
      scope: gapScope(gap),
      message: gap.message,
      ...(gap.since === undefined ? {} : { since: gap.since }),
    })),
  ];
}

/** The plan document. Rows come with removals first, then by address. */
export function seal(input: SealInput): Plan {
  const { resources, scene } = input;
  const all = byGravity([...input.actions.values()]);
  const gapped = gapRows(input);
  const having = (verdict: Action['verdict']) => all.filter((action) => action.verdict === verdict);
  const resourceOf = ({ change }: Action) => resources.get(formatRef(change.ref));
  const seenAt = (action: Action) => resourceOf(action)?.sight.observed?.at ?? new Date(scene.viewedAt).toISOString();
  const refused = (verdict: Action['verdict']) =>
    having(verdict).map((action) => refusedChange(action, resourceOf(action), seenAt(action)));
  const accepted = having('accept');
  const rows = accepted.map((action) => resourceChange(action, resourceOf(action)));
  const rejected = refused('reject');
  const deferred = refused('defer');
  const drift = [...resources].flatMap(([address, resource]) => {
    const found = driftOf(resource, input.actions.get(address)?.change, scene);
    return found === undefined || found === 'unknown' || found.since === 'declared'
      ? []
      : [{ address, change: driftValues(found.back) }];
  });
  const checks = input.findings.map(({ ref, code, severity, message, facts }) => ({
    address: formatRef(ref),
    code,
    severity,
    message,
    facts,
  }));
  const { counted, suppressed } = splitFindings(checks, input.suppress ?? [], scene.now);
  return {
    format_version: PLAN_FORMAT,
    fettle_version: input.version,
    timestamp: new Date(scene.now).toISOString(),
    project: input.project,
    complete: gapped.length === 0 && input.within === undefined,
    targeted: input.within !== undefined,
    applyable: accepted.length > 0 && input.memoryGap === undefined,
    errored: false,
    resource_changes: rows,
    rejected_changes: rejected,
    deferred_changes: deferred,
    prior_state: {
      resources: [...resources].flatMap(
        ([
          address,
          {
            ref,
            sight: { observed },
          },
        ]) =>
          observed === undefined
            ? []
            : [{ address, type: `${ref.plugin}/${ref.kind}`, state: observed.state, values: observed.facts as Json }],
      ),
    },
    resource_drift: drift,
    checks: counted,
    ...(suppressed.length === 0 ? {} : { suppressed_checks: suppressed }),
    gaps: gapped,
    // Without memory, what no document describes may well be ours.
    unmanaged: [...resources].flatMap(([address, resource]) =>
      input.memoryGap === undefined &&
      resource.desired === undefined &&
      resource.memory === undefined &&
      resource.sight.observed !== undefined &&
      resource.sight.observed.given !== true &&
      resource.sight.observed.claimedBy === undefined
        ? [address]
        : [],
    ),
    settled: input.settled,
    summary: { ...summaryOf(input, accepted, rejected.length, deferred.length), findings: counted.length },
    ...(input.summaries.length === 0 ? {} : { summaries: input.summaries }),
    ...(input.memoryGap === undefined ? { plan_digest: planDigest(rows, gapped) } : {}),
    ...(input.head === undefined ? {} : { log_head: { seq: input.head.seq, hash: `sha256:${input.head.hash}` } }),
  };
}
