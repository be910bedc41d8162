/**
 * Ignored fields: what `lifecycle.ignore` names stays as it is, whatever a step does.
 *
 * A kind never gets the document's value of such a field where another one is seen: its diff finds no difference there,
 * its rules judge what will be done, and its handlers, which take the spec that they are given, change nothing of it.
 */

import {
  changeAt,
  type FieldChange,
  type Json,
  overlaid,
  type Resource,
  type Proposal,
  valueAt,
  type SeenResource,
  isSeen,
} from '#plugin';

/** `/spec/labels/seen` covers the field `/labels/seen`, and what lies below it. */
function isIgnored({ path }: FieldChange, ignore: readonly string[]): boolean {
  return ignore.some((pointer) => `/spec${path}` === pointer || `/spec${path}`.startsWith(`${pointer}/`));
}

function seenOf(resource: SeenResource): Json | undefined {
  try {
    return resource.kind.seen?.(resource);
  } catch {
    // Nothing is known of what is seen then; the field stays as it was applied.
    return undefined;
  }
}

/**
 * The resource as its kind gets it: a field that the document ignores has the value that is seen, or, where nothing shows it,
 * the one that was applied last. What is not there yet, or was never applied, has the document's.
 */
export function withIgnored<R extends Resource>(resource: R): R {
  const { desired, memory } = resource;
  const ignore = desired?.meta.lifecycle.ignore ?? [];
  if (desired === undefined || !isSeen(resource) || ignore.length === 0) return resource;
  const applied = memory?.applied?.spec;
  const seen = seenOf(resource);
  const spec = ignore.reduce<Json>((changed, pointer) => {
    const at = pointer.slice('/spec'.length);
    return changeAt(changed, at, (written) =>
      overlaid(applied === undefined ? written : valueAt(applied, at), valueAt(seen, at)),
    );
  }, desired.spec as Json);
  return { ...resource, desired: { ...desired, spec } };
}

function isValue(value: Json | undefined): boolean {
  return value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);
}

/** The fields of a step that the document ignores, and that have a value now which the step would change. */
export function ignoredFields(fields: readonly FieldChange[], ignore: readonly string[]): readonly FieldChange[] {
  return fields.filter((field) => isValue(field.before) && isIgnored(field, ignore));
}

/**
 * A proposal without the fields that its document ignores; undefined where it was about nothing else. A step that is due
 * for another reason keeps those that it cannot leave as they are: a rule refuses it.
 */
export function withoutIgnored(resource: Resource, proposal: Proposal): Proposal | undefined {
  const ignore = resource.desired?.meta.lifecycle.ignore ?? [];
  if (ignore.length === 0 || proposal.goal === 'create' || proposal.goal === 'remove') return proposal;
  const all = proposal.fields ?? [];
  const stuck = new Set(proposal.cause === undefined ? [] : ignoredFields(all, ignore));
  const fields = all.filter((field) => stuck.has(field) || !isIgnored(field, ignore));
  return fields.length === 0 && all.length > 0 && proposal.cause === undefined ? undefined : { ...proposal, fields };
}
