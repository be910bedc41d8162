/** The differences that an adoption finds: a pending edit of the document, and not drift (`isFoundAtAdoption`). */

import {
  changeAt,
  type Desired,
  digestOf,
  type FieldChange,
  type Json,
  type KnownResource,
  type Memory,
  type Scene,
} from '#plugin';
import { managedChange } from './diff.ts';

/** Limit of steps that apply one document. */
const MOST_STEPS = 8;

/** The fields that differ, of every step that the document needs. */
function fieldsOf(resource: KnownResource, desired: Desired, scene: Scene): readonly FieldChange[] {
  const found = new Map<string, FieldChange>();
  let { spec } = desired;
  for (let i = 0; i < MOST_STEPS; i += 1) {
    const change = managedChange({ ...resource, owned: true, desired: { ...desired, spec } }, scene);
    const fresh = change?.fields.filter(({ path }) => !found.has(path)) ?? [];
    if (fresh.length === 0) break;
    for (const field of fresh) {
      found.set(field.path, field);
      spec = changeAt(spec as Json, field.path, () => field.before);
    }
  }
  return [...found.values()];
}

/** The differences of a resource from its document, for the record of its adoption; undefined if there are none. */
export function differencesAt(resource: KnownResource, scene: Scene): Memory['differs'] {
  const { desired } = resource;
  const fields = desired === undefined ? [] : fieldsOf(resource, desired, scene);
  if (fields.length === 0) return undefined;
  return Object.fromEntries(fields.map(({ path, before }) => [path, digestOf(before ?? null)]));
}
