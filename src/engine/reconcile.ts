/** Reconcile: the line from documents and memory to a sealed plan, in its order. */

import type { Head } from '../store/store.ts';
import { isOfCause } from './causes.ts';
import { collapsedKinds } from './collapse.ts';
import { diff } from './diff.ts';
import { expand } from './expand.ts';
import { type Failures, guarded, soundFindings } from './guard.ts';
import type { ReadFiles } from './action.ts';
import { effectOf, filesOf } from './covers.ts';
import { withIgnored } from './ignored.ts';
import { judge } from './judge.ts';
import type { Suppression } from './load/config.ts';
import { match, withMemory } from './match.ts';
import { note, noteApplied } from './note.ts';
import { type ObserveInput, observe } from './observe.ts';
import {
  type Action,
  type Change,
  type Desired,
  type Finding,
  formatRef,
  type Gap,
  type Given,
  type Json,
  type KindTables,
  type Pair,
  pathsIn,
  type Plugin,
  type Redact,
  redactPatterns,
  type Safety,
  type Scene,
  type View,
} from '#plugin';
import type { Draft } from '../formats/log-record.ts';
import type { Recall } from './remember.ts';
import { overdue, overdueText, STUCK } from './rules.ts';
import { sceneOf } from './scene.ts';
import { type Sealed, type Settled, seal } from './seal.ts';
import { settle } from './settle.ts';
import { type PlacesInput, sharedPlaces } from './shared-places.ts';
import { summarize } from './summary.ts';

/** How long the look at a plugin's whole world may take. */
export const LOOK_DEADLINE_MS = 15 * 60_000;

export interface ReconcileInput {
  readonly project: string;
  readonly version: string;
  readonly run: string;
  readonly documents: readonly Desired[];
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly unloaded?: ObserveInput['unloaded'];
  /** Each plugin's part of `fettle.yaml`, validated, by its name. */
  readonly settings?: ReadonlyMap<string, Json>;
  /** Reads the files that steps use; absent where nothing of this run uses any. */
  readonly files?: ReadFiles;
  readonly reader: ObserveInput['reader'];
  readonly recall: Recall;
  /** Takes records into `recall`; `apply` makes them durable first, `plan` does not write them. */
  readonly record: (drafts: readonly Draft[]) => Promise<unknown>;
  readonly safety: Safety;
  /** What is known of drift and findings, from `fettle.yaml`. */
  readonly suppress?: readonly Suppression[];
  /** Another run holds the lock: what it left open is not settled, but waited for. */
  readonly busy?: Scene['busy'];
  readonly now: () => number;
  readonly abort: AbortSignal;
  readonly progress?: ObserveInput['progress'];
  readonly redact?: ObserveInput['redact'];
  readonly scheduled?: ObserveInput['scheduled'];
  /** Only these addresses are part of the plan; undefined for all. */
  readonly within?: (address: string) => boolean;
  /** Only changes of these causes are part of the plan; undefined for all. */
  readonly causes?: Scene['causes'];
  readonly head?: Head;
  /** Where the project lies, and what of it no resource may describe. */
  readonly places: PlacesInput;
  /** Why the memory could not be read: the plan has no digest then, and cannot be applied. */
  readonly memoryGap?: string;
}

export interface Reconciled {
  readonly desired: readonly Desired[];
  readonly view: View;
  readonly pairs: ReadonlyMap<string, Pair>;
  readonly scene: Scene;
  readonly changes: ReadonlyMap<string, Change>;
  readonly actions: ReadonlyMap<string, Action>;
  readonly sealed: Sealed;
}

function findingsOf(
  pairs: ReadonlyMap<string, Pair>,
  plugins: ReadonlyMap<string, Plugin>,
  scene: Scene,
  failures: Failures,
): readonly Finding[] {
  const own = (address: string, pair: Pair): readonly Finding[] => {
    const kind = plugins.get(pair.ref.plugin)?.kinds[pair.ref.kind];
    if (kind?.findings === undefined) return [];
    return guarded(address, failures, () => soundFindings(kind.findings?.(pair, scene), pair.ref)) ?? [];
  };
  return [...pairs].flatMap(([address, pair]) => [
    ...(pair.observed?.findings ?? []),
    ...own(address, pair),
    ...stuckFinding(pair, plugins.get(pair.ref.plugin)?.tables.kinds[pair.ref.kind], scene),
  ]);
}

/** What the world ought to have moved on long ago, whether or not there is a step of ours for it. */
function stuckFinding(pair: Pair, tables: KindTables | undefined, scene: Scene): readonly Finding[] {
  const late = tables === undefined ? undefined : overdue(pair, tables, scene.now);
  if (late === undefined) return [];
  return [{ ref: pair.ref, code: STUCK, severity: 'warning', ...overdueText(late) }];
}

/** What a plugin could say nothing of: it is not known, like what cannot be seen. */
function failureGaps(failures: Failures, pairs: ReadonlyMap<string, Pair>, redact: Redact): readonly Gap[] {
  return [...failures].flatMap(([address, message]) => {
    const ref = pairs.get(address)?.ref;
    return ref === undefined ? [] : [{ plugin: ref.plugin, refs: [ref], message: redact(message) }];
  });
}

/** What earlier runs left open, and how it ended. */
function settledRows(drafts: readonly Draft[], pairs: ReadonlyMap<string, Pair>): readonly Settled[] {
  return drafts.flatMap((draft) => {
    if (draft.kind !== 'outcome') return [];
    const address = formatRef(draft.body.ref);
    return [{ address, step: pairs.get(address)?.memory?.open?.step ?? '?>?', outcome: draft.body.outcome }];
  });
}

function only<T>(items: ReadonlyMap<string, T>, within: ReconcileInput['within']): ReadonlyMap<string, T> {
  return within === undefined ? items : new Map([...items].filter(([address]) => within(address)));
}

function ofCauses(
  changes: ReadonlyMap<string, Change>,
  pairs: ReadonlyMap<string, Pair>,
  { causes, plugins }: ReconcileInput,
): ReadonlyMap<string, Change> {
  if (causes === undefined) return changes;
  return new Map(
    [...changes].filter(([address, change]) => {
      const pair = pairs.get(address);
      const tables = plugins.get(change.ref.plugin)?.tables.kinds[change.ref.kind];
      return pair !== undefined && tables !== undefined && isOfCause(change, pair, tables, causes);
    }),
  );
}

/** Every file that the proposed steps use, as it is now. */
async function filesNow(
  changes: ReadonlyMap<string, Change>,
  pairs: ReadonlyMap<string, Pair>,
  scene: Scene,
  { plugins, files }: ReconcileInput,
): Promise<Given['files']> {
  if (files === undefined) return new Map();
  const uses = [...changes].flatMap(([address, change]) => {
    const pair = pairs.get(address);
    const plugin = plugins.get(change.ref.plugin);
    const kind = plugin?.kinds[change.ref.kind];
    const tables = plugin?.tables.kinds[change.ref.kind];
    if (pair === undefined || kind === undefined || tables === undefined) return [];
    return filesOf(effectOf(change, withIgnored(pair, kind), scene, kind, tables));
  });
  return uses.length === 0 ? new Map() : files(uses, scene.given?.writes ?? []);
}

/** Paths that fettle writes, of documents and of what was applied last. */
function writesOf(pairs: ReadonlyMap<string, Pair>, plugins: ReadonlyMap<string, Plugin>): readonly string[] {
  return [...pairs.values()].flatMap(({ ref, desired, memory }) => {
    const tables = plugins.get(ref.plugin)?.tables.kinds[ref.kind]?.paths.filter(({ use }) => use === 'write') ?? [];
    if (tables.length === 0) return [];
    return [desired?.spec, memory?.applied?.spec].flatMap((spec) => pathsIn(spec, tables).map(({ text }) => text));
  });
}

/** Refreshes, compares and judges. Writes nothing but through `record`. */
export async function reconcile(input: ReconcileInput): Promise<Reconciled> {
  const { plugins, recall, safety } = input;
  const desired = expand(input.documents, plugins, recall, input.settings);
  const view = await observe({ ...input, collapse: safety.collapse, desired, deadlineMs: LOOK_DEADLINE_MS });
  // A refresh that was cut short says nothing about what it did not reach.
  return compared(view, desired, input, !input.abort.aborted);
}

/**
 * Compares and judges what an earlier refresh saw, without another one. States are derived at `input.now()`, so that the
 * clock alone moves what is due by time; rules see the age of the view. A move by the clock was not seen: nothing is
 * recorded, and open intents wait for a refresh.
 */
export async function reconcileView(view: View, input: ReconcileInput): Promise<Reconciled> {
  const desired = expand(input.documents, input.plugins, input.recall, input.settings);
  return compared(view, desired, input, false);
}

/** `complete`: the view is a whole refresh of just now, so what it shows settles intents and is recorded. */
async function compared(
  view: View,
  desired: readonly Desired[],
  input: ReconcileInput,
  complete: boolean,
): Promise<Reconciled> {
  const { plugins, recall, run, safety } = input;
  const now = input.now();
  // Before this run's own records move it on.
  const given: Given = { project: input.project, settings: input.settings ?? new Map(), writes: [], files: new Map() };
  const logAt = recall.at === '' ? undefined : Date.parse(recall.at);
  const sceneFor = (pairs: ReadonlyMap<string, Pair>): Scene =>
    sceneOf({
      pairs,
      gaps: view.gaps,
      ...(view.beside === undefined ? {} : { beside: view.beside }),
      now,
      viewedAt: Date.parse(view.at),
      safety,
      given,
      ...(input.busy === undefined ? {} : { busy: input.busy }),
      ...(input.memoryGap === undefined ? {} : { memoryGap: input.memoryGap }),
      ...(logAt === undefined ? {} : { logAt }),
      ...(input.causes === undefined ? {} : { causes: input.causes }),
      spent: recall.spent,
      shared: sharedPlaces(input.places, pairs, plugins, recall),
    });
  const failures: Failures = new Map();
  const by = { plugins, settings: given.settings, now, redact: input.redact };
  const found = match(desired, view, recall, by, failures);
  const doubted = collapsedKinds(found.values(), safety.collapse, (kind) => {
    const [plugin = '', name = ''] = kind.split('/');
    return plugins.get(plugin)?.tables.kinds[name]?.byAccount === true;
  });
  const closed =
    input.busy === undefined && complete ? settle(found, plugins, sceneFor(found), run, doubted, failures) : [];
  const settled = settledRows(closed, found);
  await input.record(closed);
  if (complete) {
    const met = withMemory(found, recall, by, failures);
    await input.record(note(met, view.gaps, plugins, run, sceneFor(met), doubted, failures));
  }

  const pairs = withMemory(found, recall, by, failures);
  const looked = sceneFor(pairs);
  const proposed = diff(pairs, plugins, looked, failures);
  const isEditing = input.causes?.has('edit') ?? true;
  if (complete) await input.record(noteApplied(pairs, proposed, run, isEditing));
  const selected = only(proposed, input.within);
  const changes = ofCauses(selected, pairs, input);
  const writing: Scene = { ...looked, given: { ...given, writes: writesOf(pairs, plugins) } };
  const files = await filesNow(changes, pairs, writing, input);
  const scene: Scene = { ...writing, given: { ...given, ...writing.given, files } };
  const actions = judge(changes, pairs, scene, plugins, recall.spent.values());
  const planned = only(pairs, input.within);
  const findings = findingsOf(planned, plugins, scene, failures);
  const redact = input.redact ?? redactPatterns;
  const sealed = seal({
    ...input,
    pairs,
    actions,
    scene,
    settled,
    findings,
    excluded: selected.size - changes.size,
    summaries: summarize(planned, plugins, { ...scene, changes, judged: actions }, redact),
    gaps: [...view.gaps, ...failureGaps(failures, pairs, redact)],
  });
  return { desired, view, pairs, scene, changes, actions, sealed };
}
