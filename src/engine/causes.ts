/**
 * Causes: `--cause` limits a run to changes of some causes.
 *
 * A run without `edit` applies no edit. The step of a resource whose document was edited would carry the edit along,
 * however it is caused, so that the rule `unapplied-edit` rejects it; and it belongs to a run with `edit`, which
 * shows the edit for approval.
 */

import {
  type Cause,
  type Change,
  compareText,
  type Desired,
  digestOf,
  formatRef,
  type Resource,
  sameJson,
  type Scene,
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

/** Causes in their order, each once, as a plan names them. */
export function sortedCauses(causes: ReadonlySet<Cause>): readonly Cause[] {
  return CAUSES.filter((cause) => causes.has(cause));
}

/** The pointers that a document ignores, in one order; undefined for none. */
export function ignoredBy({ meta }: Desired): readonly string[] | undefined {
  const { ignore } = meta.lifecycle;
  return ignore.length === 0 ? undefined : ignore.toSorted(compareText);
}

/** Whether a spec, with the fields that its document ignores, is the one that was last applied. */
export function isLastApplied(desired: Desired, memory: Resource['memory']): boolean {
  const { applied, ignore } = memory ?? {};
  if (applied === undefined || !sameJson(ignoredBy(desired) ?? [], ignore ?? [])) return false;
  return applied.spec === undefined ? applied.digest === digestOf(desired.spec) : sameJson(applied.spec, desired.spec);
}

/** Whether an applied step began what brings the resource about: its replacement, or a change of the document that it is expanded from. */
export function isBegun(desired: Desired, memory: Resource['memory']): boolean {
  return desired.expandedFrom !== undefined || (memory?.successor ?? '') === digestOf(desired.spec);
}

/** What keeps a document from being as it was last applied. */
type Unapplied = 'new' | 'edit' | undefined;

function unapplied(resource: Resource): Unapplied {
  const { desired, memory, sight } = resource;
  if (desired === undefined) return undefined;
  if (changedInputs(resource).length > 0) return 'edit';
  // What is given is there without a step, and most of it is never applied.
  if (memory?.applied === undefined) return isGiven({ sight }) || isBegun(desired, memory) ? undefined : 'new';
  return isLastApplied(desired, memory) ? undefined : 'edit';
}

/** Whether a change is among the causes; one that carries an edit along counts as an edit too. */
export function isOfCause({ cause }: Pick<Change, 'cause'>, resource: Resource, causes: ReadonlySet<Cause>): boolean {
  return causes.has(cause) || (causes.has('edit') && unapplied(resource) === 'edit');
}

/** Addresses whose documents a change would apply though the run is not about them: its own, those that it needs, and the one that it is expanded from. */
export function unappliedEdits(change: Change, resource: Resource, scene: Scene): readonly string[] {
  const { causes } = scene;
  if (causes === undefined || causes.has('edit')) return [];
  const { expandedFrom } = resource.desired ?? {};
  const others = [...needsOf(resource), ...(expandedFrom === undefined ? [] : [formatRef(expandedFrom)])];
  const own = formatRef(change.ref);
  return [...new Set([own, ...others])].filter((address) => {
    const each = scene.get(address);
    const what = each === undefined ? undefined : unapplied(each);
    return what === 'edit' || (what === 'new' && !causes.has('new'));
  });
}
