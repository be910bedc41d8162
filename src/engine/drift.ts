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

import { addressMatcher } from './address-glob.ts';
import {
  type Action,
  type Change,
  type Desired,
  digestOf,
  type FieldChange,
  type Resource,
  sameJson,
  type Scene,
  type KnownResource,
  isKnown,
  isGiven,
  isSeen,
} from '#plugin';
import { managedChange } from './diff.ts';
import type { Suppression } from './load/config.ts';

/** One resource that drifted: the change is the way back to what was applied, or declared. */
export interface DriftedResource {
  readonly resource: Resource;
  readonly back: Change;
  /** What it was compared with. */
  readonly since: 'applied' | 'declared';
}

/** How the infrastructure differs from what was last applied. */
export interface Drift {
  readonly rows: readonly DriftedResource[];
  readonly suppressed: readonly (DriftedResource & { readonly by: Suppression })[];
  /** Suppressions whose time is over. */
  readonly expired: readonly Suppression[];
  /** What is due by time or goes on by itself: steps of the next apply, and no drift. */
  readonly due: readonly Action[];
  /** Specs too large to be remembered whole, and edited since: what was applied is not known. */
  readonly unknown: number;
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
function asWritten(resource: KnownResource, spec: unknown): KnownResource {
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
function wayBack(resource: KnownResource, spec: unknown, scene: Scene): Change | undefined {
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
  if (!isKnown(resource) || isGiven(resource)) return undefined;
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
  readonly resources: ReadonlyMap<string, Resource>;
  /** Every proposed change, whatever the run is limited to. */
  readonly proposed: ReadonlyMap<string, Change>;
  readonly actions: ReadonlyMap<string, Action>;
  readonly scene: Scene;
  readonly suppress: readonly Suppression[];
  readonly within?: ((address: string) => boolean) | undefined;
}

/** Everything that drifted, with what is suppressed and what is due. */
export function findDrift(input: DriftInput): Drift {
  const { resources, proposed, actions, scene, suppress } = input;
  const rows: DriftedResource[] = [];
  const suppressed: (DriftedResource & { readonly by: Suppression })[] = [];
  const due: Action[] = [];
  let unknown = 0;
  const rules = suppress.map((rule) => ({ rule, matches: addressMatcher(rule.address) }));
  for (const [address, resource] of resources) {
    if (input.within?.(address) === false) continue;
    const action = actions.get(address);
    if (action !== undefined && ['time', 'progress', 'policy'].includes(action.change.cause)) due.push(action);
    const found = driftOf(resource, proposed.get(address), scene);
    if (found === 'unknown') unknown += 1;
    if (found === undefined || found === 'unknown') continue;
    let { fields } = found.back;
    let isLeft = true;
    for (const { rule, matches } of rules) {
      if (rule.path === undefined || rule.until <= scene.now || !isLeft || !matches(address)) continue;
      // The loss of the whole resource does not match one path.
      if (!isSeen(resource)) continue;
      const { kept, hidden, whole } = splitBy(fields, rule.path);
      if (hidden.length === 0) continue;
      suppressed.push({ resource, ...found, back: { ...found.back, fields: hidden }, by: rule });
      fields = kept;
      isLeft = !whole;
    }
    if (isLeft) rows.push({ resource, ...found, back: { ...found.back, fields } });
  }
  return { rows, suppressed, expired: suppress.filter(({ until }) => until <= scene.now), due, unknown };
}
