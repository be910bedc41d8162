/** The values of a change: field differences as two trees in the shape of the spec. */

import type { PlanActionName, ResourceChange } from './plan.ts';
import { type Change, defined, type FieldChange, type Json, unescapePointer } from '#plugin';

const ACTION_NAMES: Readonly<Record<Change['goal'], readonly PlanActionName[]>> = {
  create: ['create'],
  update: ['update'],
  replace: ['delete', 'create'],
  remove: ['delete'],
  adopt: ['update'],
  protect: ['update'],
  release: ['forget'],
};

type Side = 'before' | 'after';

interface Tree {
  [key: string]: Tree | Json;
}

/** Returns one side of field differences as a value in the shape of the spec. */
function side(fields: readonly FieldChange[], leaf: (field: FieldChange) => Json | undefined): Json {
  const root: Tree = Object.create(null) as Tree;
  for (const field of fields) {
    const value = leaf(field);
    if (value === undefined) continue;
    const parts = field.path.split('/').slice(1).map(unescapePointer);
    const last = parts.pop();
    if (last === undefined) continue;
    let place = root;
    // A field below a field with a value of its own is a sibling of it, named by the rest of its path.
    const rest = [...parts, last];
    for (let part = rest.shift(); part !== undefined && rest.length > 0; part = rest.shift()) {
      const inner = (place[part] ??= Object.create(null) as Tree);
      if (typeof inner !== 'object' || inner === null) {
        rest.unshift(part);
        break;
      }
      place = inner as Tree;
    }
    place[rest.length === 0 ? last : rest.join('/')] = value;
  }
  return root;
}

/** Returns the spec of a created resource, with the fields that its row adds. */
function created(spec: Json | undefined, fields: readonly FieldChange[]): Json {
  const added = side(fields, ({ secret, after }) => (secret === true ? undefined : after));
  return spec === undefined ? added : Object.assign({}, added, spec);
}

/**
 * Returns both sides of a change in the shape of the spec. Secrets are only marked. `after` of a create is the whole
 * spec.
 */
export function changeJson(change: Pick<Change, 'goal' | 'fields'>, spec?: Json): ResourceChange['change'] {
  const { goal, fields } = change;
  const hidden = (field: FieldChange): Json | undefined => (field.secret === true ? true : undefined);
  const shown = (which: Side) => side(fields, (field) => (field.secret === true ? undefined : field[which]));
  return {
    actions: ACTION_NAMES[goal],
    before: goal === 'create' ? null : shown('before'),
    after: goal === 'remove' ? null : goal === 'create' ? created(spec, fields) : shown('after'),
    before_sensitive: goal === 'create' ? false : side(fields, hidden),
    after_sensitive: goal === 'remove' ? false : side(fields, hidden),
  };
}

/**
 * Returns the reverse of a change as drift: a change leads from the actual to the desired value, drift from the applied
 * to the actual one.
 */
export function driftValues(change: Change): ResourceChange['change'] {
  const fields = change.fields.map((field) =>
    defined<FieldChange>({
      path: field.path,
      before: field.after,
      after: field.before,
      secret: field.secret,
    }),
  );
  return changeJson({ goal: change.goal === 'create' ? 'remove' : 'update', fields });
}
