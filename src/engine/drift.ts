/**
 * Drift: differences between the actual state and the last apply.
 *
 * | declared | last applied | seen | result |
 * |---|---|---|---|
 * | A | A | A | no drift |
 * | A | A | B, or absent | drift |
 * | B | A | A | a pending edit: no drift |
 * | B | A | B | already as declared: no drift |
 * | B | A | C, or absent | drift from A |
 * | removed | A | B, or absent | drift |
 * | A | never | B, or absent | drift: not as declared |
 * | any | any | a gap | unknown |
 *
 * Each field is compared on its own. Changes that are due by time or in progress are listed separately, and are not drift.
 */

import { addressMatcher } from './address-glob.ts';
import {
  type Action,
  type Change,
  changeAt,
  type Desired,
  digestOf,
  type FieldChange,
  type Memory,
  type Resource,
  sameJson,
  type Scene,
  type KnownResource,
  isKnown,
  isGiven,
  isSeen,
  type Json,
  valueAt,
} from '#plugin';
import { isFoundAtAdoption } from './causes.ts';
import { managedChange } from './diff.ts';
import type { Suppression } from './load/config.ts';

/** A drifted resource. The change restores the applied or declared resource. */
export interface DriftedResource {
  readonly resource: Resource;
  readonly back: Change;
  /** The side of the comparison. */
  readonly since: 'applied' | 'declared';
}

/** The differences between the infrastructure and the last apply. */
export interface Drift {
  readonly rows: readonly DriftedResource[];
  readonly suppressed: readonly (DriftedResource & { readonly by: Suppression })[];
  /** Expired suppressions. */
  readonly expired: readonly Suppression[];
  /** Suppressions that match resources and cover none of their drift and findings. */
  readonly unused: readonly Suppression[];
  /** Changes that are due by time or in progress: steps of the next apply, not drift. */
  readonly due: readonly Action[];
  /** Resources whose applied spec is unknown: it was too large for the state, and the document has changed since. */
  readonly unknown: number;
}

/** The spec for the comparison: `undefined` if there is none, `unknown` if the state only has its digest. */
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

/** The resource with `spec` as the declared one. */
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

/** The change that would restore `spec`, if the actual state has changed. */
function wayBack(resource: KnownResource, spec: unknown, scene: Scene): Change | undefined {
  const change = managedChange(asWritten(resource, spec), scene);
  return change === undefined || ['time', 'progress', 'policy'].includes(change.cause) ? undefined : change;
}

/** Limit of steps that one edit takes. */
const MOST_STEPS = 8;

/**
 * The applied spec with the declared value of every field that already has it: an earlier step of the same edit changed
 * it, or a step whose later part failed. A declared value is actual if a comparison with it no longer has its field.
 */
function withActual(resource: KnownResource, applied: unknown, declared: unknown, scene: Scene): unknown {
  let spec = applied as Json;
  for (let i = 0; i < MOST_STEPS; i += 1) {
    const paths = (wayBack(resource, spec, scene)?.fields ?? []).map(({ path }) => path);
    const set = (among: readonly string[]): Json =>
      among.reduce<Json>((changed, path) => changeAt(changed, path, () => valueAt(declared, path)), spec);
    const left = new Set((wayBack(resource, set(paths), scene)?.fields ?? []).map(({ path }) => path));
    const next = set(paths.filter((path) => !left.has(path)));
    if (sameJson(next, spec)) return spec;
    spec = next;
  }
  return spec;
}

export type Drifted = { readonly back: Change; readonly since: 'applied' | 'declared' } | 'unknown' | undefined;

/** The drift of one resource, as the change that restores it; `unknown` if it cannot be determined. */
export function driftOf(resource: Resource, change: Change | undefined, scene: Scene): Drifted {
  try {
    return withoutOwn(comparison(resource, change, scene), resource);
  } catch {
    // The diff of the plan has already reported the failure.
    return 'unknown';
  }
}

/** True for a value that a failed step of this project left: its document declared it. */
function isAttempted({ path, before }: FieldChange, { attempted }: Memory): boolean {
  const value = attempted === undefined ? undefined : valueAt(attempted, path);
  return value !== undefined && sameJson(value, before ?? null);
}

/**
 * The drift without the differences that the adoption found, and without those that a failed step left; undefined if no
 * others are left.
 */
function withoutOwn(found: Drifted, { memory }: Resource): Drifted {
  if (found === undefined || found === 'unknown' || memory === undefined) return found;
  if (memory.differs === undefined && memory.attempted === undefined) return found;
  const fields = found.back.fields.filter((field) => !isFoundAtAdoption(field, memory) && !isAttempted(field, memory));
  if (fields.length === found.back.fields.length) return found;
  return fields.length === 0 ? undefined : { ...found, back: { ...found.back, fields } };
}

function comparison(resource: Resource, change: Change | undefined, scene: Scene): Drifted {
  // Another run works on the resource: it is in an intermediate state.
  if (scene.busy !== undefined && resource.memory?.open !== undefined) return undefined;
  if (!isKnown(resource) || isGiven(resource)) return undefined;
  const reference = referenceOf(resource);
  if (reference === undefined) return undefined;
  const adopting = change?.goal === 'adopt' || change?.goal === 'protect';
  // No step is needed: the actual state is as declared, independent of the last apply.
  if (resource.desired !== undefined && change === undefined) return undefined;
  if (reference === 'unknown') return 'unknown';
  const { spec, since } = reference;
  if (resource.desired !== undefined && !adopting && sameJson(spec, resource.desired.spec)) {
    if (change === undefined || ['time', 'progress', 'policy'].includes(change.cause)) return undefined;
    return { back: change, since };
  }
  const { desired } = resource;
  const base = desired === undefined || since === 'declared' ? spec : withActual(resource, spec, desired.spec, scene);
  const back = wayBack(resource, base, scene);
  return back === undefined ? undefined : { back, since };
}

function covers(path: string, field: FieldChange): boolean {
  return field.path === path || field.path.startsWith(`${path}/`);
}

/** The fields of a change that no suppression of a path covers. */
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
  /** Every proposed change, including those outside the selection of the run. */
  readonly proposed: ReadonlyMap<string, Change>;
  readonly actions: ReadonlyMap<string, Action>;
  readonly scene: Scene;
  readonly suppress: readonly Suppression[];
  /** Suppressions that cover a finding. */
  readonly covering?: ReadonlySet<Suppression>;
  readonly within?: ((address: string) => boolean) | undefined;
}

/** Reports whether a glob matches resources, all of which were read; unknown for a part of the resources. */
function isIdle(matches: (address: string) => boolean, { resources, within }: DriftInput): boolean {
  if (within !== undefined) return false;
  const matched = [...resources].filter(([address]) => matches(address));
  return matched.length > 0 && matched.every(([, resource]) => isKnown(resource));
}

/** Finds drift, with the suppressed and the due changes. */
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
    const found =
      action?.follows !== undefined && !resource.owned ? undefined : driftOf(resource, proposed.get(address), scene);
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
  const used = new Set([...(input.covering ?? []), ...suppressed.map(({ by }) => by)]);
  return {
    rows,
    suppressed,
    expired: suppress.filter(({ until }) => until <= scene.now),
    unused: rules.flatMap(({ rule, matches }) =>
      rule.until > scene.now && !used.has(rule) && isIdle(matches, input) ? [rule] : [],
    ),
    due,
    unknown,
  };
}
