/**
 * Match: combines documents, sightings and state to one resource for each address, with its kind.
 *
 * | declared | sight | in the state | result |
 * |---|---|---|---|
 * | yes | seen | owned | managed: diffed |
 * | yes | seen | no | foreign, with the same name: adopted |
 * | yes | absent | any | created |
 * | yes | unseen | any | unknown: no step is proposed |
 * | no | seen | owned | an orphan: removed or released |
 * | no | seen | no | foreign: counted, never changed; a given one that lingers takes its steps |
 * | no | absent | any | forgotten |
 * | no | unseen | any | kept |
 *
 * A resource of a plugin or kind that is not loaded is `unloaded`: it does not have a kind to judge it.
 */

import { notLoaded } from './load/not-loaded.ts';
import { type Deriving, derived } from './derive.ts';
import { gapFinder, gapScope } from './gap.ts';
import { type Failures, guarded } from './guard.ts';
import {
  compareText,
  type Desired,
  formatRef,
  type Gap,
  type Kind,
  type KindTables,
  type Plugin,
  type Parts,
  type Ref,
  type Resource,
  resourceOf,
  type Observed,
  type Sight,
  type Sighting,
  type Unloaded,
  type View,
  withMemory,
  defined,
} from '#plugin';
import type { Recall } from './remember.ts';

/** Every resource by its address, sorted by address. */
export interface Matched {
  readonly resources: ReadonlyMap<string, Resource>;
  readonly unloaded: ReadonlyMap<string, Unloaded>;
}

const ABSENT: Sight = { is: 'absent' };

export function sightOf(observed: Observed | undefined, gap: Gap | undefined): Sight {
  if (observed !== undefined) return gap === undefined ? { is: 'seen', observed } : { is: 'seen', observed, gap };
  return gap === undefined ? ABSENT : { is: 'unseen', gap };
}

interface Loaded {
  readonly kind: Kind<unknown>;
  readonly tables: KindTables;
}

/** A kind by its name; undefined if the plugin is not loaded, or does not have the kind. */
export function kindIn(plugin: Plugin | undefined, name: string): Loaded | undefined {
  const kind = plugin?.kinds[name];
  const tables = plugin?.tables.kinds[name];
  return kind === undefined || tables === undefined ? undefined : { kind, tables };
}

function unloadedGap({ plugin, kind }: Ref, plugins: ReadonlyMap<string, Plugin>): Gap {
  return plugins.has(plugin)
    ? { plugin, kind, message: `the plugin ${plugin} does not have the kind ${kind}` }
    : { plugin, message: notLoaded(plugin) };
}

/** The unique gaps of resources whose plugins or kinds are not loaded. */
export function unloadedGaps(refs: readonly Ref[], plugins: ReadonlyMap<string, Plugin>): readonly Gap[] {
  const gaps = refs.map((ref) => unloadedGap(ref, plugins));
  return [...new Map(gaps.map((gap) => [gapScope(gap), gap])).values()];
}

/** A resource whose kind failed. Its state is unknown, as under a gap. */
function unknown(parts: Omit<Parts, 'sight'>, address: string, failures: Failures): Resource {
  const { plugin } = parts.ref;
  const message = failures.get(address) ?? 'the state of the resource is not known';
  return resourceOf({ ...parts, sight: { is: 'unseen', gap: { plugin, refs: [parts.ref], message } } }, address, null);
}

/** The resource with its policy, and with the derived states of its sighting. */
function resourceSeen(
  parts: Omit<Parts, 'sight'>,
  address: string,
  { seen, gap }: { readonly seen: Sighting | undefined; readonly gap: Gap | undefined },
  by: Deriving,
): Resource {
  const resource = resourceOf({ ...parts, sight: sightOf(undefined, gap) }, address);
  if (seen === undefined) return resource;
  return { ...resource, sight: sightOf(derived(seen, resource, by), gap) };
}

/**
 * Makes one resource of all that has the same address: finds its kind, and derives its policy and its states at a time.
 */
export function match(
  desired: readonly Desired[],
  view: View,
  recall: Pick<Recall, 'resources'>,
  by: Deriving,
): Matched {
  const { plugins, failures = new Map() } = by;
  const declared = new Map(desired.map((each) => [formatRef(each.ref), each]));
  const seen = new Map(view.observed.map((each) => [formatRef(each.ref), each]));
  const previews = new Map(view.previews?.map(({ ref, facts }) => [formatRef(ref), facts]));
  const gapOf = gapFinder(view.gaps);
  const addresses = [...new Set([...declared.keys(), ...seen.keys(), ...recall.resources.keys()])].sort(compareText);
  const resources = new Map<string, Resource>();
  const unloaded = new Map<string, Unloaded>();
  for (const address of addresses) {
    const document = declared.get(address);
    const observed = seen.get(address);
    const memory = recall.resources.get(address);
    const ref = document?.ref ?? observed?.ref ?? memory?.ref;
    if (ref === undefined) continue;
    const loaded = kindIn(plugins.get(ref.plugin), ref.kind);
    const gap = gapOf(ref, address);
    if (loaded === undefined) {
      unloaded.set(address, defined({ ref, desired: document, memory, gap: gap ?? unloadedGap(ref, plugins) }));
      continue;
    }
    const settings = by.settings.get(ref.plugin) ?? {};
    const parts = { ref, ...loaded, settings, desired: document, memory, preview: previews.get(address) };
    const made = guarded(address, failures, () => resourceSeen(parts, address, { seen: observed, gap }, by));
    resources.set(address, made ?? unknown(parts, address, failures));
  }
  return { resources, unloaded };
}

/** Copies of the resources with their present state in `recall`. The actual states stay as matched. */
export function remembering(
  resources: ReadonlyMap<string, Resource>,
  recall: Recall,
  failures: Failures = new Map(),
): ReadonlyMap<string, Resource> {
  const next = new Map<string, Resource>();
  for (const [address, resource] of resources) {
    const memory = recall.resources.get(address);
    const made = guarded(address, failures, () => withMemory(resource, memory));
    next.set(address, made ?? unknown({ ...resource, desired: resource.desired, memory }, address, failures));
  }
  return next;
}
