/**
 * Groups: actions that a rule about a fleet must judge one after another, each after the effect of the previous one.
 */

import { type Change, type Json, type Resource, valueAt } from '#plugin';

/** The value of a group's field: `kind` is the whole kind, `scope` the scope, `label:pool` a label, `/pool` a field of the spec. */
function fieldOf(resource: Resource, field: string): Json {
  if (field === 'kind') return null;
  if (field === 'scope') return resource.ref.scope ?? [];
  if (field.startsWith('label:')) {
    const labels = resource.desired?.meta.labels ?? resource.memory?.labels ?? {};
    return labels[field.slice('label:'.length)] ?? null;
  }
  return valueAt(resource.desired?.spec ?? resource.memory?.applied?.spec, field) ?? null;
}

/** The groups of a change: one for each rule about a fleet on its step. */
export function groupsOf(change: Change, resource: Resource): readonly string[] {
  const fields = resource.tables.rules.flatMap(({ group, guards }) =>
    group !== undefined && guards.includes(change.step) ? [group] : [],
  );
  const { plugin, kind } = change.ref;
  return [...new Set(fields)].map((field) => `${plugin}/${kind} ${field} ${JSON.stringify(fieldOf(resource, field))}`);
}
