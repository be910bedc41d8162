/**
 * Covers: all inputs that decide the effect of a row, in one structure. An approval covers them: the digest of a plan
 * is computed from them, and so is the basis by which a row of a saved plan or an action is compared with the present.
 *
 * Positions, times, versions, messages and the path of the checkout are not part of it.
 */

import {
  type Action,
  type Change,
  changeAt,
  compareText,
  type Covered,
  digestOf,
  type Effect,
  errorText,
  type FileDigests,
  type FileSeen,
  type FileUse,
  formatRef,
  isMemoryOnly,
  isTree,
  type Json,
  type Judgement,
  leavesOf,
  type Resource,
  pathsIn,
  redactPatterns,
  type Ref,
  sameJson,
  type Scene,
  type SpecEdit,
  textsAt,
  valueAt,
  defined,
} from '#plugin';
import { plainJson } from './guard.ts';
import { isShownInput, metaOf } from './safety-inputs.ts';

const NOTHING: Required<Effect> = { commands: [], files: [], uses: [], values: {} };

/** Largest effect of one step, as JSON. */
const EFFECT_BYTES = 256 * 1024;

/** Files that the spec names, for a kind without its own `effect`. */
function filesNamed({ desired, tables }: Resource): readonly FileUse[] {
  return pathsIn(desired?.spec, tables.paths).flatMap(({ text, use }) =>
    use === 'write' ? [] : [{ path: text, use }],
  );
}

/** Resources that a spec references. */
function namedBy({ ref, desired, tables: { references } }: Resource): readonly Ref[] {
  return references.flatMap(({ pointer, kind }) =>
    textsAt(desired?.spec, pointer).map(({ text }) => ({ plugin: ref.plugin, kind, name: text })),
  );
}

/** True for a row after which schedules run the command lines of the document without a row that a person approves. */
function runsLater({ goal, fields }: Change, { kind, tables }: Resource): boolean {
  if (kind.effect === undefined) return false;
  return goal === 'adopt' || (goal === 'protect' && fields.some(({ path }) => isShownInput(path, tables)));
}

type KnownEffect = Required<Effect> & {
  /** The reason why the effect could not be determined. */
  readonly problem?: string;
};

function saidEffect(change: Change, resource: Resource, scene: Scene): KnownEffect {
  const { kind } = resource;
  try {
    const said =
      kind.effect === undefined
        ? { files: change.goal === 'remove' ? [] : filesNamed(resource) }
        : (plainJson(kind.effect(change, resource, scene), 'the effect', EFFECT_BYTES) as unknown as Effect);
    const { commands = [], files = [], values = {} } = said;
    return { commands, files, values, uses: [...namedBy(resource), ...(said.uses ?? [])] };
  } catch (error) {
    return { ...NOTHING, problem: `the plugin failed: ${redactPatterns(errorText(error))}` };
  }
}

/** The effect of a step that its row and spec do not show. */
export function effectOf(change: Change, resource: Resource, scene: Scene): KnownEffect {
  if (!isMemoryOnly(change)) return saidEffect(change, resource, scene);
  if (!runsLater(change, resource)) return NOTHING;
  // The approval covers the files of the command lines that later steps run.
  const { commands, problem } = saidEffect(change, resource, scene);
  return { ...NOTHING, commands, ...defined<Pick<KnownEffect, 'problem'>>({ problem }) };
}

/** Every file that a step may use: named files, and words of its command lines. */
export function filesOf({ files, commands }: Required<Effect>): readonly FileUse[] {
  return [...files, ...commands.map((words): FileUse => ({ words, use: 'run' }))];
}

/** The key of a use in `Given.files`. */
export function fileKey(use: FileUse): string {
  return use.use === 'run' ? JSON.stringify(use.words) : `${use.use} ${use.path}`;
}

/** A file of a command line that is not as it was approved; undefined if all of them are. */
export function otherThanApproved(approved: readonly FileSeen[], now: readonly FileSeen[]): string | undefined {
  const isRun = ({ use }: FileSeen): boolean => use === 'run';
  const before = approved.filter(isRun);
  const present = now.filter(isRun);
  const digests = new Map(present.map(({ path, digest }) => [path, digest]));
  return before.find(({ path, digest }) => digests.get(path) !== digest)?.path ?? present[before.length]?.path;
}

function filesSeen(effect: Required<Effect>, scene: Scene): readonly FileSeen[] {
  const seen = filesOf(effect).flatMap((use) => scene.given?.files.get(fileKey(use)) ?? []);
  return [...new Map(seen.map((file) => [`${file.use} ${file.path}`, file])).values()]
    .map(({ path, use, digest, problem }) => defined<FileSeen>({ path, use, digest, problem }))
    .sort((a, b) => compareText(a.path, b.path));
}

/**
 * The files of the repository that decide what a step does. Any other file has an absolute path, and no pull request changes
 * it.
 */
export function repositoryFilesOf({ files }: Covered): readonly FileSeen[] {
  return files.filter(({ path }) => !path.startsWith('/'));
}

/** Their digests, for the log; undefined if there are none. */
export function fileDigestsOf(covered: Covered): FileDigests | undefined {
  const digests = repositoryFilesOf(covered).flatMap(({ path, digest }) =>
    digest === undefined ? [] : [[path, digest] as const],
  );
  return digests.length === 0 ? undefined : Object.fromEntries(digests);
}

function isEmpty(value: Json | undefined): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}

/** Settings without those that do not decide about steps, and without resulting empty objects. */
function withoutUndeciding(settings: Json, undeciding: readonly string[]): Json {
  const left = undeciding.reduce<Json>(
    (changed, pointer) =>
      valueAt(changed, pointer) === undefined ? changed : changeAt(changed, pointer, () => undefined),
    settings,
  );
  const pruned = (value: Json): Json =>
    typeof value !== 'object' || value === null || Array.isArray(value)
      ? value
      : Object.fromEntries(
          Object.entries(value).flatMap(([key, member]) => {
            const kept = pruned(member);
            return isEmpty(kept) ? [] : [[key, kept] as const];
          }),
        );
  return pruned(left);
}

const NONE: readonly string[] = [];

/** Deciding settings by the settings and the pointers: the same ones for every row of a kind. */
const decided = new WeakMap<object, WeakMap<readonly string[], Json>>();

function decidingSettings(settings: Json, undeciding: readonly string[]): Json {
  if (typeof settings !== 'object' || settings === null) return settings;
  const known = decided.get(settings) ?? new WeakMap<readonly string[], Json>();
  decided.set(settings, known);
  const deciding = known.get(undeciding) ?? withoutUndeciding(settings, undeciding);
  known.set(undeciding, deciding);
  return deciding;
}

function lifecycleOf(resource: Resource): Json {
  const { desired, memory, tables } = resource;
  if (desired === undefined) {
    const { protect, onRemove, hold, labels, safety } = memory ?? {};
    return defined({
      protect: protect ?? false,
      onRemove: onRemove ?? tables.onRemove,
      labels: labels ?? {},
      hold,
      safety,
    });
  }
  const { ignore } = desired.meta.lifecycle;
  const { on_remove: onRemove, ...meta } = metaOf({ ...resource, desired });
  return { ...meta, onRemove, ignore: ignore.toSorted() };
}

/** The reason why the effect of a step is not fully known; undefined if it is known. */
export function uncovered(effect: KnownEffect, scene: Scene): string | undefined {
  if (effect.problem !== undefined) return effect.problem;
  const bad = filesSeen(effect, scene).find(({ problem }) => problem !== undefined);
  return bad === undefined ? undefined : `${bad.path} ${bad.problem}`;
}

/** A change in its scene, with its effect. `resource` is as the kind gets it. */
export interface Effective {
  readonly change: Change;
  readonly resource: Resource;
  readonly scene: Scene;
  readonly effect: Required<Effect>;
}

/** The inputs that the approval of a row covers. `resource` is as the kind gets it. */
export function coveredBy({ change, resource, scene, effect }: Effective, judgements: readonly Judgement[]): Covered {
  const { desired, memory, tables } = resource;
  const settings = scene.given?.settings.get(change.ref.plugin) ?? {};
  return {
    ...(desired === undefined ? {} : { spec: desired.spec as Json }),
    lifecycle: lifecycleOf(resource),
    ...(desired === undefined && memory?.applied !== undefined ? { applied: memory.applied.digest } : {}),
    rules: judgements.map(({ rule }) => rule),
    limits: Object.fromEntries(
      judgements.flatMap(({ rule, limits }) => (limits === undefined ? [] : [[rule, limits]])),
    ),
    uses: Object.fromEntries(
      effect.uses
        .map((ref) => [formatRef(ref), digestOf(scene.get(ref)?.desired?.spec ?? null)] as const)
        .sort(([a], [b]) => compareText(a, b)),
    ),
    settings: isMemoryOnly(change) ? {} : decidingSettings(settings, tables.undeciding ?? NONE),
    files: filesSeen(effect, scene),
    commands: effect.commands,
    values: effect.values,
  };
}

/** The edits of a spec since the last apply that the fields of the change do not show. */
export function editsOf({ fields }: Change, { desired, memory }: Resource): readonly SpecEdit[] {
  const applied = memory?.applied?.spec;
  if (desired === undefined || applied === undefined) return [];
  const shown = (path: string): boolean =>
    fields.some(
      (field) => path === field.path || path.startsWith(`${field.path}/`) || field.path.startsWith(`${path}/`),
    );
  return [...new Set([...leavesOf(applied), ...leavesOf(desired.spec)])].flatMap((path) => {
    const [before, after] = [valueAt(applied, path), valueAt(desired.spec, path)];
    if (shown(path) || sameJson(before, after)) return [];
    // A leaf of one side may be a tree of the other side: its leaves are listed.
    if (path === '' || isTree(before) || isTree(after)) return [];
    return [defined({ path, before, after })];
  });
}

/**
 * Digest of the inputs of an action: the row, `covers`, the sighting and the preview. The preview of an unproven action,
 * and the differences that it shows, change with the actions before it: they are left out.
 */
export function basisOf(
  { change, resource, unproven }: Pick<Action, 'change'> & { resource: Resource; unproven: true | undefined },
  covered: Covered,
): string {
  const { ref, step, goal, fields } = change;
  const { preview } = resource;
  const row = { address: formatRef(ref), step, goal, covered, seen: seenOf(resource) };
  if (unproven === true) return digestOf(row);
  return digestOf(preview === undefined ? { ...row, fields } : { ...row, fields, preview });
}

/** The sighting of a resource, without signals. */
export function seenOf({ sight }: Resource): Json {
  switch (sight.is) {
    case 'seen': {
      const { state, others, facts } = sight.observed;
      return { state, facts: facts as Json, ...(others === undefined ? {} : { others }) };
    }
    case 'absent':
      return {};
    case 'unseen':
      return { unseen: true };
  }
}
