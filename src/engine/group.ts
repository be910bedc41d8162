/** Groups: actions that a rule about the fleet has to judge one after another, each against what the one before did. */

import { type Change, type Json, type Resource, valueAt } from '#plugin';

/** Value of a group's field: `kind` is all of the kind, `label:pool` a label, `/pool` a field of the spec. */
function fieldOf(resource: Resource, field: string): Json {
  if (field === 'kind') return null;
  if (field.startsWith('label:')) {
    const labels = resource.desired?.meta.labels ?? resource.memory?.labels ?? {};
    return labels[field.slice('label:'.length)] ?? null;
  }
  return valueAt(resource.desired?.spec ?? resource.memory?.applied?.spec, field) ?? null;
}

/** Names of the groups that a change belongs to: one for every rule on its step that looks at the fleet. */
export function groupsOf(change: Change, resource: Resource): readonly string[] {
  const fields = resource.tables.rules.flatMap(({ group, guards }) =>
    group !== undefined && guards.includes(change.step) ? [group] : [],
  );
  const { plugin, kind } = change.ref;
  return [...new Set(fields)].map((field) => `${plugin}/${kind} ${field} ${JSON.stringify(fieldOf(resource, field))}`);
}
