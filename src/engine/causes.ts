/**
 * Causes: `--cause` limits a run to changes of some causes.
 *
 * A run without `edit` applies no edit. A step of a resource with an edited document would apply the edit too, for any
 * cause, so the rule `unapplied-edit` rejects it. The step belongs to a run with `edit`, which shows it for approval.
 */

import {
  type Cause,
  type Change,
  compareText,
  type Desired,
  digestOf,
  type FieldChange,
  formatRef,
  type Resource,
  sameJson,
  type Scene,
  valueAt,
  isGiven,
} from '#plugin';
import { changedInputs, needsOf } from './safety-inputs.ts';

export const CAUSES = [
  'new',
  'edit',
  'drift',
  'orphan',
  'time',
  'progress',
  'policy',
] as const satisfies readonly Cause[];

/** Unique causes, in the order of a plan. */
export function sortedCauses(causes: ReadonlySet<Cause>): readonly Cause[] {
  return CAUSES.filter((cause) => causes.has(cause));
}

/** The pointers that a document ignores, sorted; undefined if there are none. */
export function ignoredBy({ meta }: Desired): readonly string[] | undefined {
  const { ignore } = meta.lifecycle;
  return ignore.length === 0 ? undefined : ignore.toSorted(compareText);
}

/** True if a spec, with the fields that its document ignores, is the last applied one. */
export function isLastApplied(desired: Desired, memory: Resource['memory']): boolean {
  const { applied, ignore } = memory ?? {};
  if (applied === undefined || !sameJson(ignoredBy(desired) ?? [], ignore ?? [])) return false;
  return applied.spec === undefined ? applied.digest === digestOf(desired.spec) : sameJson(applied.spec, desired.spec);
}

/**
 * True if an applied step already began to create the resource: its replacement, or a change of its source document.
 */
export function isBegun(desired: Desired, memory: Resource['memory']): boolean {
  return desired.expandedFrom !== undefined || (memory?.successor ?? '') === digestOf(desired.spec);
}

/** True for a difference that the adoption found, and that has not changed since: a pending edit, and not drift. */
export function isFoundAtAdoption({ path, before }: FieldChange, memory: Resource['memory']): boolean {
  return memory?.differs?.[path] === digestOf(before ?? null);
}

/**
 * Pointers of the declared fields that an edited document shares with its last apply: somebody else changed them. Empty
 * if the last applied spec is not known.
 */
export function driftedFields(fields: readonly FieldChange[], { desired, memory }: Resource): readonly string[] {
  const applied = memory?.applied?.spec;
  if (desired === undefined || applied === undefined) return [];
  return fields.flatMap((field) => {
    const declared = valueAt(desired.spec, field.path);
    const isShared = declared !== undefined && sameJson(declared, valueAt(applied, field.path) ?? null);
    return isShared && !isFoundAtAdoption(field, memory) ? [field.path] : [];
  });
}

/** The difference between a document and its last apply. */
type Unapplied = 'new' | 'edit' | undefined;

function unapplied(resource: Resource): Unapplied {
  const { desired, memory, sight } = resource;
  if (desired === undefined) return undefined;
  if (changedInputs(resource).length > 0) return 'edit';
  // A given resource exists without a step, and most of them are never applied.
  if (memory?.applied === undefined) return isGiven({ sight }) || isBegun(desired, memory) ? undefined : 'new';
  return isLastApplied(desired, memory) ? undefined : 'edit';
}

/** True if a change has one of the causes. A change that would also apply an edit counts as an edit too. */
export function isOfCause({ cause }: Pick<Change, 'cause'>, resource: Resource, causes: ReadonlySet<Cause>): boolean {
  return causes.has(cause) || (causes.has('edit') && unapplied(resource) === 'edit');
}

/**
 * Addresses of edited documents that a change would apply although `causes` exclude edits: its own, those of its
 * dependencies, and its source document.
 */
export function pendingEdits(
  { ref }: Pick<Change, 'ref'>,
  resource: Resource,
  get: (address: string) => Resource | undefined,
  causes: ReadonlySet<Cause>,
): readonly string[] {
  if (causes.has('edit')) return [];
  const { expandedFrom } = resource.desired ?? {};
  const others = [...needsOf(resource), ...(expandedFrom === undefined ? [] : [formatRef(expandedFrom)])];
  return [...new Set([formatRef(ref), ...others])].filter((address) => {
    const each = get(address);
    const what = each === undefined ? undefined : unapplied(each);
    return what === 'edit' || (what === 'new' && !causes.has('new'));
  });
}

/** The pending edits that a change would apply although its run excludes them. */
export function unappliedEdits(change: Change, resource: Resource, scene: Scene): readonly string[] {
  const { causes } = scene;
  return causes === undefined ? [] : pendingEdits(change, resource, (address) => scene.get(address), causes);
}
