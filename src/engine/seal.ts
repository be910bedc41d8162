/** Seal: assembles the sorted contents of a plan. `src/formats/plan.ts` converts them to the document. */

import type { Head } from '../store/store.ts';
import {
  type Action,
  type Cause,
  type Change,
  compareText,
  type Finding,
  formatRef,
  type Gap,
  type Labels,
  type Resource,
  type Scene,
  type Step,
  type Summary,
  defined,
  isSeen,
  isGiven,
  claimedBy,
} from '#plugin';
import { sortedCauses } from './causes.ts';
import { type Drifted, driftOf } from './drift.ts';
import type { Suppression } from './load/config.ts';
import type { PendingFinding, Progress } from './confirm.ts';
import { splitFindings, type SuppressedFinding } from './suppress.ts';

/** Counts of resources and changes. */
export interface PlanCounts {
  readonly resources: number;
  readonly plugins: number;
  readonly add: number;
  readonly change: number;
  readonly step: number;
  readonly remove: number;
  readonly rejected: number;
  readonly deferred: number;
  readonly findings: number;
  /** Findings that do not count yet; absent if there are none. */
  readonly pending?: number;
  readonly unchanged: number;
  /** Changes of other causes; absent without `--cause`. */
  readonly excluded?: number;
  /** Resources that a gap covers, and that were not judged. */
  readonly unread: number;
}

/** A summary of the resources of one plugin. */
export interface PluginSummary extends Summary {
  readonly plugin: string;
}

/** An open intent of an earlier run, with its outcome from the refresh. */
export interface Settled {
  readonly address: string;
  /** Labels of the resource; absent without any. */
  readonly labels?: Labels;
  readonly step: Step;
  readonly outcome: string;
}

/** The contents of a plan. */
export interface Sealed {
  readonly project: string;
  readonly version: string;
  /** Epoch ms. */
  readonly at: number;
  /** True if `--target` or `--exclude` limits the plan: other resources were not judged. */
  readonly targeted: boolean;
  /** The causes of `--cause`, sorted; absent for all. */
  readonly causes?: readonly Cause[];
  /** Sorted: removals first, then by address. */
  readonly actions: readonly Action[];
  readonly resources: ReadonlyMap<string, Resource>;
  /** Time of the refresh: epoch ms. */
  readonly viewedAt: number;
  /** Drift of resources that this project applied. The change restores the resource. */
  readonly drift: readonly { readonly address: string; readonly back: Change }[];
  readonly findings: readonly Finding[];
  readonly suppressed: readonly SuppressedFinding[];
  readonly pending: readonly PendingFinding[];
  readonly gaps: readonly Gap[];
  /** The reason why the state could not be read. The plan then has no digest, and cannot be applied. */
  readonly memoryGap?: string;
  /** Existing resources that are not declared and not owned. */
  readonly unmanaged: readonly string[];
  readonly settled: readonly Settled[];
  readonly counts: PlanCounts;
  readonly summaries: readonly PluginSummary[];
  readonly head?: Head;
}

function byGravity(actions: readonly Action[]): readonly Action[] {
  const rank = ({ change }: Action) => (change.goal === 'remove' ? 0 : change.goal === 'replace' ? 1 : 2);
  return actions.toSorted((a, b) => rank(a) - rank(b) || compareText(formatRef(a.change.ref), formatRef(b.change.ref)));
}

export interface SealInput {
  readonly project: string;
  readonly version: string;
  readonly resources: ReadonlyMap<string, Resource>;
  /** Every proposed change, including those outside the selection of the run. */
  readonly proposed: ReadonlyMap<string, Change>;
  readonly actions: ReadonlyMap<string, Action>;
  readonly findings: readonly Finding[];
  readonly suppress?: readonly Suppression[];
  /** The findings that do not count yet. */
  readonly pending?: ReadonlyMap<Finding, Progress>;
  readonly summaries: readonly PluginSummary[];
  readonly scene: Scene;
  readonly gaps: readonly Gap[];
  readonly settled: readonly Settled[];
  /** The reason why the state could not be read. The plan then has no digest, and cannot be applied. */
  readonly memoryGap?: string | undefined;
  /** Only these addresses are part of the plan; undefined for all. */
  readonly within?: ((address: string) => boolean) | undefined;
  readonly causes?: Scene['causes'];
  /** Changes that `causes` leaves out. */
  readonly excluded: number;
  readonly head?: Head;
}

function summaryOf(
  input: SealInput,
  accepted: readonly Action[],
  rejected: number,
  deferred: number,
): Omit<PlanCounts, 'findings' | 'pending'> {
  const goals = (...names: readonly Change['goal'][]) =>
    accepted.filter(({ change }) => names.includes(change.goal)).length;
  const stepping = accepted.filter(({ change }) => {
    return change.goal === 'update' && change.from !== change.to;
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
    unchanged: managed.filter(([address]) => !input.actions.has(address)).length - unread.length - input.excluded,
    ...(input.causes === undefined ? {} : { excluded: input.excluded }),
    unread: unread.length + unloaded.length,
  };
}

function isApplied(found: Drifted): found is Exclude<Drifted, 'unknown' | undefined> {
  return found !== undefined && found !== 'unknown' && found.since === 'applied';
}

/** Existing resources that are not declared and not owned; empty without the state, as ownership is unknown then. */
function unmanaged({ resources, memoryGap }: SealInput): readonly string[] {
  if (memoryGap !== undefined) return [];
  const isFree = (resource: Resource): boolean =>
    isSeen(resource) && !isGiven(resource) && claimedBy(resource) === undefined;
  return [...resources].flatMap(([address, resource]) =>
    resource.desired === undefined && resource.memory === undefined && isFree(resource) ? [address] : [],
  );
}

/** Assembles a plan, sorted: removals first, then by address. */
export function seal(input: SealInput): Sealed {
  const { project, version, resources, scene, gaps, memoryGap, settled, summaries, head } = input;
  const all = byGravity([...input.actions.values()]);
  const count = (verdict: Action['verdict']) => all.filter((action) => action.verdict === verdict).length;
  const accepted = all.filter(({ verdict }) => verdict === 'accept');
  const { counted: unsuppressed, suppressed } = splitFindings(input.findings, input.suppress ?? [], scene.now);
  const pending = unsuppressed.flatMap((finding): readonly PendingFinding[] => {
    const progress = input.pending?.get(finding);
    return progress === undefined ? [] : [{ finding, ...progress }];
  });
  const counted = unsuppressed.filter((finding) => input.pending?.has(finding) !== true);
  return defined({
    project,
    version,
    at: scene.now,
    targeted: input.within !== undefined,
    causes: input.causes === undefined ? undefined : sortedCauses(input.causes),
    actions: all,
    resources,
    viewedAt: scene.viewedAt,
    drift: [...resources].flatMap(([address, resource]) => {
      if (input.within?.(address) === false) return [];
      const found = driftOf(resource, input.proposed.get(address), scene);
      return isApplied(found) ? [{ address, back: found.back }] : [];
    }),
    findings: counted,
    suppressed,
    pending,
    gaps,
    memoryGap,
    unmanaged: unmanaged(input),
    settled,
    counts: {
      ...summaryOf(input, accepted, count('reject'), count('defer')),
      findings: counted.length,
      ...(pending.length === 0 ? {} : { pending: pending.length }),
    },
    summaries,
    head,
  });
}
