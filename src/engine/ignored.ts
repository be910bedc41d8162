/**
 * Ignored fields: no step changes a field in `lifecycle.ignore`.
 *
 * A kind gets the actual value of such a field instead of the declared one. So its diff finds no difference, its rules
 * judge the real effect, and its handlers do not change the field.
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

/** True if a pointer covers a field: `/spec/labels/seen` covers `/labels/seen` and its parts. */
function isIgnored({ path }: FieldChange, ignore: readonly string[]): boolean {
  return ignore.some((pointer) => `/spec${path}` === pointer || `/spec${path}`.startsWith(`${pointer}/`));
}

function seenOf(resource: SeenResource): Json | undefined {
  try {
    return resource.kind.seen?.(resource);
  } catch {
    // The actual value is unknown, so the field keeps its applied value.
    return undefined;
  }
}

/**
 * The resource as its kind gets it: an ignored field has its actual value, or the last applied one if the actual one is
 * unknown. If the resource does not exist, or was never applied, the field has the declared value.
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

/** The ignored fields of a step that have an actual value that the step would change. */
export function ignoredFields(fields: readonly FieldChange[], ignore: readonly string[]): readonly FieldChange[] {
  return fields.filter((field) => isValue(field.before) && isIgnored(field, ignore));
}

/**
 * A proposal without its ignored fields; undefined if no other field remains. A step with another reason keeps the
 * fields that it must change, and a rule rejects it.
 */
export function withoutIgnored(resource: Resource, proposal: Proposal): Proposal | undefined {
  const ignore = resource.desired?.meta.lifecycle.ignore ?? [];
  if (ignore.length === 0 || proposal.goal === 'create' || proposal.goal === 'remove') return proposal;
  const all = proposal.fields ?? [];
  const stuck = new Set(proposal.cause === undefined ? [] : ignoredFields(all, ignore));
  const fields = all.filter((field) => stuck.has(field) || !isIgnored(field, ignore));
  return fields.length === 0 && all.length > 0 && proposal.cause === undefined ? undefined : { ...proposal, fields };
}
