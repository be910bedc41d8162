/**
 * Follow: the first steps of resources that a step of another resource adds, changes or ends, as rows of the same plan.
 *
 * A document expands by the state of its resource (`Kind.expand`). A kind that knows what its step will record
 * (`Kind.recordedAfter`) shows the expansion after that step: the documents that differ from the present ones are those
 * of *followers*, and the step is their *origin*. Followers are judged as if the origin was done, run after it, and only
 * if it was done; without an accepted origin they have no row. Right before a follower runs, its document is expanded
 * from what the origin did record (`ledBy`).
 */

import { expandOne } from './expand.ts';
import { MEMORY_LIMIT_BYTES, specNote } from './note.ts';
import { propose } from './diff.ts';
import { type Failures, guarded, plainJson } from './guard.ts';
import type { Deriving } from './derive.ts';
import { match } from './match.ts';
import { type Recall, rememberDone } from './remember.ts';
import { metaAfter } from './safety-inputs.ts';
import { withLater } from './scene.ts';
import {
  type Change,
  type Desired,
  formatRef,
  type Json,
  type KnownResource,
  isKnown,
  isMemoryOnly,
  isSeen,
  type Memory,
  type Plugin,
  type Ref,
  type Resource,
  resourceOf,
  sameJson,
  type Scene,
  seenState,
  type View,
  withMemory,
} from '#plugin';

/** A resource whose document differs once its origin is done. */
export interface Follower {
  /** Address of the origin. */
  readonly origin: string;
  /** The resource with its document after the origin. */
  readonly resource: Resource;
  /** The resource before the origin; absent if nothing declares, shows or records it. */
  readonly before?: Resource;
  /** Its first step then, with the cause of the origin; absent if it needs none. */
  readonly change?: Change;
}

/** A proposed step with its followers. */
export interface Origin {
  readonly address: string;
  /** The resource as its step leaves it. */
  readonly after: Resource;
  readonly followers: ReadonlyMap<string, Follower>;
}

export interface FollowInput {
  readonly changes: ReadonlyMap<string, Change>;
  readonly resources: ReadonlyMap<string, Resource>;
  /** The scene of these resources. */
  readonly scene: Scene;
  readonly view: View;
  readonly recall: Recall;
  readonly by: Deriving;
  readonly run: string;
  /** Only these addresses are part of the plan; undefined for all. */
  readonly within?: ((address: string, origin?: string) => boolean) | undefined;
  readonly failures: Failures;
}

/** The state of a resource once its step is recorded as done; undefined if nothing follows from the step. */
function memoryAfter(change: Change, resource: KnownResource, { scene, run }: FollowInput): Memory | undefined {
  const { desired, kind, tables } = resource;
  if (desired === undefined || isMemoryOnly(change)) return undefined;
  const recorded = kind.recordedAfter?.(change, resource, scene);
  if (recorded === undefined) return undefined;
  const kept = plainJson(recorded, 'the state after its step', MEMORY_LIMIT_BYTES) as Record<string, Json>;
  const { ref, step, goal, cause, because } = change;
  const meta = metaAfter(change, { ...resource, desired });
  const intent = { run, ref, step, goal, cause, because, basis: '', meta, ...specNote(desired.spec) };
  const outcome = { state: seenState(resource), kept, version: tables.memoryVersion, elapsed_ms: 0 };
  return rememberDone(resource.memory, intent, outcome, scene.now);
}

/** Documents that another document stands for, by address. */
function expansion(
  { desired, settings }: Resource,
  plugin: Plugin | undefined,
  remembered: (ref: Ref) => Memory | undefined,
): ReadonlyMap<string, Desired> {
  const all = desired === undefined ? [] : expandOne(desired, plugin, remembered, settings);
  return new Map(
    all.filter(({ expandedFrom }) => expandedFrom !== undefined).map((each) => [formatRef(each.ref), each]),
  );
}

/** Addresses whose documents differ between two expansions. */
function differing(before: ReadonlyMap<string, Desired>, after: ReadonlyMap<string, Desired>): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((address) => {
    const [was, is] = [before.get(address), after.get(address)];
    return was === undefined || is === undefined || !sameJson(was.spec, is.spec);
  });
}

/** True for a resource that a refresh without its document shows only in part: its adoption belongs to a later plan. */
function isForeign(resource: Resource | undefined): boolean {
  return resource !== undefined && isSeen(resource) && resource.desired === undefined && !resource.owned;
}

function originOf(change: Change, resource: KnownResource, input: FollowInput): Origin | undefined {
  const { resources, scene, view, recall, by, within } = input;
  const memory = memoryAfter(change, resource, input);
  if (memory === undefined) return undefined;
  const after = withMemory(resource, memory);
  const { address } = resource;
  const plugin = by.plugins.get(resource.ref.plugin);
  const known = (ref: Ref): Memory | undefined => recall.resources.get(formatRef(ref));
  const documents = expansion(after, plugin, (ref) => (formatRef(ref) === address ? memory : known(ref)));
  const addresses = new Set(
    differing(expansion(resource, plugin, known), documents).filter(
      (each) => (within?.(each, address) ?? true) && !isForeign(resources.get(each)),
    ),
  );
  if (addresses.size === 0) return undefined;
  const { resources: matched } = match(
    [...documents].flatMap(([each, document]) => (addresses.has(each) ? [document] : [])),
    { ...view, observed: view.observed.filter(({ ref }) => addresses.has(formatRef(ref))) },
    { ...recall, resources: new Map([...recall.resources].filter(([each]) => addresses.has(each))) },
    { ...by, failures: input.failures },
  );
  const then = withLater(scene, new Map([...matched, [address, after]]));
  const followers = [...matched].map(([each, follower]): readonly [string, Follower] => {
    const proposed = guarded(each, input.failures, () => propose(follower, then));
    const before = resources.get(each);
    return [
      each,
      {
        origin: address,
        resource: follower,
        ...(before === undefined ? {} : { before }),
        ...(proposed === undefined ? {} : { change: { ...proposed, cause: change.cause } }),
      },
    ];
  });
  return { address, after, followers: new Map(followers) };
}

/** The proposed steps that others follow, in the order of the changes. */
export function originsOf(input: FollowInput): readonly Origin[] {
  return [...input.changes].flatMap(([address, change]) => {
    const resource = input.resources.get(address);
    if (resource?.kind.recordedAfter === undefined || !isKnown(resource)) return [];
    return guarded(address, input.failures, () => originOf(change, resource, input)) ?? [];
  });
}

/** The followers of all origins, by address. */
export function followersOf(origins: readonly Origin[]): ReadonlyMap<string, Follower> {
  return new Map(origins.flatMap(({ followers }) => [...followers]));
}

/** The changes with those of followers instead of their own. A follower that needs no step has none. */
export function withFollowers(
  changes: ReadonlyMap<string, Change>,
  followers: ReadonlyMap<string, Follower>,
): ReadonlyMap<string, Change> {
  if (followers.size === 0) return changes;
  const all = new Map(changes);
  for (const [address, { change }] of followers)
    if (change === undefined) all.delete(address);
    else all.set(address, change);
  return all;
}

/** Resources as they are before any origin is done. */
export function beforeOrigins(
  resources: ReadonlyMap<string, Resource>,
  followers: ReadonlyMap<string, Follower>,
): Map<string, Resource> {
  const live = new Map(resources);
  for (const [address, { before }] of followers) {
    if (before === undefined) live.delete(address);
    else live.set(address, before);
  }
  return live;
}

/**
 * The followers of an origin that is done, with the documents that its recorded state gives them; what was seen of them
 * since the plan stays.
 */
export function ledBy(
  origin: Resource,
  followers: ReadonlyMap<string, Follower>,
  live: ReadonlyMap<string, Resource>,
  recall: Recall,
  plugins: ReadonlyMap<string, Plugin>,
): ReadonlyMap<string, Resource> {
  const known = (ref: Ref): Memory | undefined => recall.resources.get(formatRef(ref));
  const documents = expansion(origin, plugins.get(origin.ref.plugin), known);
  return new Map(
    [...followers]
      .filter(([, follower]) => follower.origin === origin.address)
      .map(([address, { resource }]) => {
        const sight = live.get(address)?.sight ?? resource.sight;
        const memory = recall.resources.get(address);
        return [address, resourceOf({ ...resource, desired: documents.get(address), sight, memory }, address)];
      }),
  );
}
