/** Reconcile: the sequence from documents and state to a sealed plan. */

import type { Head } from '../store/store.ts';
import { isOfCause } from './causes.ts';
import { collapsedKinds } from './collapse.ts';
import { diff } from './diff.ts';
import { expand } from './expand.ts';
import { type Follower, followersOf, originsOf, withFollowers } from './follow.ts';
import { confirmFindings } from './confirm.ts';
import { type Failures, guarded, soundFindings } from './guard.ts';
import type { ReadFiles } from './action.ts';
import { effectOf, filesOf } from './covers.ts';
import { withIgnored } from './ignored.ts';
import { judge } from './judge.ts';
import type { Confirmation, Suppression } from './load/config.ts';
import { knownRefs, lookAtSome } from './look-at-some.ts';
import { match, remembering } from './match.ts';
import { asPartial, note, noteApplied, noteFindings } from './note.ts';
import { type ObserveInput, observe } from './observe.ts';
import {
  type Action,
  type Change,
  compareText,
  type Desired,
  type Finding,
  formatRef,
  type Gap,
  type Given,
  type Json,
  type Resource,
  type Plugin,
  type Redact,
  redactPatterns,
  type Ref,
  type Safety,
  type Scene,
  type View,
  defined,
  isSeen,
} from '#plugin';
import type { Draft } from '../formats/log-record.ts';
import type { Recall } from './remember.ts';
import { overdue, overdueText, STUCK } from './rules.ts';
import { sceneOf } from './scene.ts';
import { type Sealed, type Settled, seal } from './seal.ts';
import { gapsWithin } from './selection.ts';
import { labelsIn, shownLabels, type Within } from './selector.ts';
import { settle } from './settle.ts';
import { writesOf } from './places.ts';
import { type PlacesInput, sharedPlaces } from './shared-places.ts';
import { summarize } from './summary.ts';

/** Deadline of the refresh of one plugin. */
const LOOK_DEADLINE_MS = 15 * 60_000;

export interface ReconcileInput {
  readonly project: string;
  readonly version: string;
  readonly run: string;
  readonly documents: readonly Desired[];
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly unloaded?: ObserveInput['unloaded'];
  /** Each plugin's part of `fettle.yaml`, validated, by plugin. */
  readonly settings?: ReadonlyMap<string, Json>;
  /** Reads the files that steps use; absent if the run does not use files. */
  readonly files?: ReadFiles;
  readonly reader: ObserveInput['reader'];
  readonly recall: Recall;
  /** Folds records into `recall`; `apply` writes them durably first, `plan` does not write them. */
  readonly record: (drafts: readonly Draft[]) => Promise<unknown>;
  readonly safety: Safety;
  /** Suppressions of drift and findings, from `fettle.yaml`. */
  readonly suppress?: readonly Suppression[];
  /** Findings that count only after several refreshes in a row, from `fettle.yaml`. */
  readonly confirm?: readonly Confirmation[];
  /** True for a further refresh of the same run: a run counts once. */
  readonly again?: boolean | undefined;
  /** Set if another run holds the lock: open intents are not settled, and their steps wait. */
  readonly busy?: Scene['busy'];
  readonly now: () => number;
  readonly abort: AbortSignal;
  readonly progress?: ObserveInput['progress'];
  readonly redact?: ObserveInput['redact'];
  readonly scheduled?: ObserveInput['scheduled'];
  /**
   * Refreshes only these resources, and those of a kind of which an owned one is missing. The others count as unseen, and
   * no record names them.
   */
  readonly only?: readonly Ref[] | undefined;
  /** With `only`: plugins of which it has every resource. */
  readonly whole?: ReadonlySet<string> | undefined;
  /** Only these addresses are part of the plan; undefined for all. */
  readonly within?: Within;
  /** The selectors from which `within` is made, without exclusions. */
  readonly target?: readonly string[];
  /** Only changes of these causes are part of the plan; undefined for all. */
  readonly causes?: Scene['causes'];
  readonly head?: Head;
  /** Access to the project's folder, and its reserved places. */
  readonly places: PlacesInput;
  /** The reason why the state could not be read. The plan then has no digest, and cannot be applied. */
  readonly memoryGap?: string;
}

export interface Reconciled {
  /** The resources that were refreshed; absent for all. */
  readonly refreshed?: readonly Ref[];
  readonly desired: readonly Desired[];
  readonly view: View;
  /** Followers have the documents that their accepted origins give them. */
  readonly resources: ReadonlyMap<string, Resource>;
  readonly followers: ReadonlyMap<string, Follower>;
  /** The scene before any change. */
  readonly scene: Scene;
  /** Every proposed change, including those outside the selection of the run. */
  readonly proposed: ReadonlyMap<string, Change>;
  /** The changes of the selected addresses and causes. */
  readonly changes: ReadonlyMap<string, Change>;
  readonly actions: ReadonlyMap<string, Action>;
  readonly sealed: Sealed;
}

function findingsOf(resources: ReadonlyMap<string, Resource>, scene: Scene, failures: Failures): readonly Finding[] {
  const own = (address: string, resource: Resource): readonly Finding[] => {
    const { kind, ref } = resource;
    if (kind.findings === undefined) return [];
    return guarded(address, failures, () => soundFindings(kind.findings?.(resource, scene), ref)) ?? [];
  };
  return [...resources].flatMap(([address, resource]) => [
    ...(isSeen(resource) ? resource.sight.observed.findings : []),
    ...own(address, resource),
    ...stuckFinding(resource, scene),
  ]);
}

/** The finding, with the labels of its resource and the time at which the log first recorded it. */
function withSince(finding: Finding, resources: ReadonlyMap<string, Resource>): Finding {
  const resource = resources.get(formatRef(finding.ref));
  const since = resource?.memory?.findings?.[finding.code];
  return defined({ ...finding, labels: shownLabels(resource), since });
}

/** Findings about resources that are overdue in a transient state, with or without a step. */
function stuckFinding(resource: Resource, scene: Scene): readonly Finding[] {
  const late = overdue(resource, scene.now);
  if (late === undefined) return [];
  return [{ ref: resource.ref, code: STUCK, severity: 'warning', ...overdueText(late) }];
}

/** Gaps for resources whose plugin failed. */
function failureGaps(failures: Failures, resources: ReadonlyMap<string, Resource>, redact: Redact): readonly Gap[] {
  return [...failures].flatMap(([address, message]) => {
    const ref = resources.get(address)?.ref;
    return ref === undefined ? [] : [{ plugin: ref.plugin, refs: [ref], message: redact(message) }];
  });
}

/** The open intents of earlier runs, with their outcomes. */
function settledRows(drafts: readonly Draft[], resources: ReadonlyMap<string, Resource>): readonly Settled[] {
  return drafts.flatMap((draft) => {
    if (draft.kind !== 'outcome') return [];
    const address = formatRef(draft.body.ref);
    const resource = resources.get(address);
    const step = resource?.memory?.open?.step ?? '?>?';
    return [defined({ address, labels: shownLabels(resource), step, outcome: draft.body.outcome })];
  });
}

function only<T>(
  items: ReadonlyMap<string, T>,
  within: ((address: string) => boolean) | undefined,
): ReadonlyMap<string, T> {
  return within === undefined ? items : new Map([...items].filter(([address]) => within(address)));
}

function ofCauses(
  changes: ReadonlyMap<string, Change>,
  resources: ReadonlyMap<string, Resource>,
  { causes }: ReconcileInput,
): ReadonlyMap<string, Change> {
  if (causes === undefined) return changes;
  return new Map(
    [...changes].filter(([address, change]) => {
      const resource = resources.get(address);
      return resource !== undefined && isOfCause(change, resource, causes);
    }),
  );
}

/** Every file that the proposed steps use, read now. */
async function filesNow(
  changes: ReadonlyMap<string, Change>,
  {
    resources,
    possible,
  }: { readonly resources: ReadonlyMap<string, Resource>; readonly possible: ReadonlyMap<string, Follower> },
  scene: Scene,
  { files }: ReconcileInput,
): Promise<Given['files']> {
  if (files === undefined) return new Map();
  const uses = [...changes].flatMap(([address, change]) => {
    const resource = possible.get(address)?.resource ?? resources.get(address);
    return resource === undefined ? [] : filesOf(effectOf(change, withIgnored(resource), scene));
  });
  return uses.length === 0 ? new Map() : files(uses, scene.given?.writes ?? []);
}

/** Resources with followers as their origins leave them, in the order of the addresses. */
function ledResources(
  resources: ReadonlyMap<string, Resource>,
  followers: ReadonlyMap<string, Follower>,
): ReadonlyMap<string, Resource> {
  if (followers.size === 0) return resources;
  const all = [
    ...new Map([...resources, ...[...followers].map(([address, { resource }]) => [address, resource] as const)]),
  ];
  return new Map(all.sort(([a], [b]) => compareText(a, b)));
}

/** A gap for each plugin, over its resources that a refresh of only some leaves out. */
function leftOut(only: readonly Ref[], desired: readonly Desired[], recall: Recall): readonly Gap[] {
  const wanted = new Set(only.map(formatRef));
  const others = [...knownRefs(desired, recall)].flatMap(([address, ref]) => (wanted.has(address) ? [] : [ref]));
  return [...Map.groupBy(others, ({ plugin }) => plugin)].map(([plugin, refs]) => ({
    plugin,
    refs,
    message: 'not refreshed',
  }));
}

/** Refreshes, compares and judges. Only writes by `record`. */
export async function reconcile(input: ReconcileInput): Promise<Reconciled> {
  const { plugins, recall, safety, only } = input;
  const desired = expand(input.documents, plugins, recall, input.settings);
  const looking: ObserveInput = defined({
    ...input,
    collapse: safety.collapse,
    desired,
    deadlineMs: LOOK_DEADLINE_MS,
  });
  // An interrupted refresh has no result for the resources that it did not reach.
  const isComplete = (): boolean => !input.abort.aborted;
  if (only === undefined) return compared(await observe(looking), desired, input, isComplete());
  const look = await lookAtSome({ ...looking, only, settings: input.settings ?? new Map() });
  const record: ReconcileInput['record'] = (drafts) => input.record(asPartial(drafts, look.whole));
  const unseen = leftOut(look.only, desired, recall);
  const reconciled = await compared(look.view, desired, { ...input, record }, isComplete(), unseen);
  return { ...reconciled, refreshed: look.only };
}

/**
 * Compares and judges an earlier view without a refresh. States are derived at `input.now()`, so the clock alone makes
 * changes due. Rules see the age of the view. Nothing is recorded, as a state change by the clock was not observed, and
 * open intents wait for a refresh.
 */
export async function reconcileView(view: View, input: ReconcileInput): Promise<Reconciled> {
  const desired = expand(input.documents, input.plugins, input.recall, input.settings);
  return compared(view, desired, input, false);
}

/**
 * `complete`: the view is a whole, new refresh, so it settles intents and is recorded. `unseen`: gaps over resources that
 * it leaves out on purpose.
 */
async function compared(
  view: View,
  desired: readonly Desired[],
  input: ReconcileInput,
  complete: boolean,
  unseen: readonly Gap[] = [],
): Promise<Reconciled> {
  const { plugins, recall, run, safety } = input;
  const now = input.now();
  // Read before this run's own records change it.
  const given: Given = { project: input.project, settings: input.settings ?? new Map(), writes: [], files: new Map() };
  const logAt = recall.at;
  const recordedAt = recall.refreshedAt;
  const sceneFor = (resources: ReadonlyMap<string, Resource>): Scene =>
    sceneOf(
      defined({
        resources,
        unloaded,
        gaps: view.gaps,
        extras: view.extras,
        now,
        viewedAt: view.at,
        safety,
        given,
        busy: input.busy,
        memoryGap: input.memoryGap,
        logAt,
        causes: input.causes,
        spent: recall.spent,
        uses: recall.uses,
        shared: sharedPlaces(input.places, resources, recall),
      }),
    );
  const failures: Failures = new Map();
  const by = { plugins, settings: given.settings, now, redact: input.redact };
  const { resources: found, unloaded } = match(desired, { ...view, gaps: [...view.gaps, ...unseen] }, recall, {
    ...by,
    failures,
  });
  const doubted = collapsedKinds(found, safety.collapse);
  const closed =
    input.busy === undefined && complete
      ? settle({ resources: found, scene: sceneFor(found), run, doubted, failures })
      : [];
  const settled = settledRows(closed, found);
  await input.record(closed);
  if (complete) {
    const met = remembering(found, recall, failures);
    await input.record(note({ resources: met, scene: sceneFor(met), run, doubted, failures }));
  }

  const resources = remembering(found, recall, failures);
  const looked = sceneFor(resources);
  const proposed = diff(resources, looked, failures);
  const isEditing = input.causes?.has('edit') ?? true;
  if (complete) await input.record(noteApplied(resources, proposed, run, isEditing));
  const labelsOf = labelsIn(resources, unloaded);
  const isWithin =
    input.within === undefined
      ? undefined
      : (address: string, origin?: string) => input.within?.(address, labelsOf, origin) ?? true;
  const selected = only(proposed, isWithin);
  const changes = ofCauses(selected, resources, input);
  const writing: Scene = { ...looked, given: { ...given, writes: writesOf(resources.values()) } };
  const origins = originsOf({ changes, resources, scene: writing, view, recall, by, run, within: isWithin, failures });
  const possible = followersOf(origins);
  const files = await filesNow(withFollowers(changes, possible), { resources, possible }, writing, input);
  const scene: Scene = { ...writing, given: { ...given, ...writing.given, files } };
  const actions = judge(changes, resources, scene, recall.spent.values(), origins);
  const followers = followersOf(origins.filter(({ address }) => actions.get(address)?.verdict === 'accept'));
  const all = withFollowers(changes, followers);
  const everything = withFollowers(proposed, followers);
  const within = isWithin === undefined ? undefined : (address: string) => followers.has(address) || isWithin(address);
  const led = ledResources(resources, followers);
  const planned = only(resources, within);
  const findings = findingsOf(planned, scene, failures).map((finding) => withSince(finding, planned));
  const { confirm = [], again = false } = input;
  const { pending, repeats } = confirmFindings({ findings, resources: planned, confirm, recordedAt, again });
  if (complete) await input.record(noteFindings(planned, findings, repeats, run));
  const redact = input.redact ?? redactPatterns;
  const sealed = seal({
    ...input,
    within,
    resources: led,
    proposed: everything,
    actions,
    scene,
    settled,
    findings,
    pending,
    excluded: selected.size - changes.size,
    summaries: summarize(only(led, within), plugins, { ...scene, changes: all, judged: actions }, redact),
    gaps: gapsWithin([...view.gaps, ...failureGaps(failures, resources, redact)], {
      within,
      target: input.target ?? [],
      addresses: [...led.keys(), ...unloaded.keys()],
    }),
  });
  return { desired, view, resources: led, followers, scene, proposed: everything, changes: all, actions, sealed };
}
