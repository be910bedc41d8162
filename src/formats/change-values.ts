/** The values of a change: field differences as two trees that are shaped like the spec. */

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

/** One side of field differences as a value shaped like the spec. */
function side(fields: readonly FieldChange[], leaf: (field: FieldChange) => Json | undefined): Json {
  const root: Tree = Object.create(null) as Tree;
  for (const field of fields) {
    const value = leaf(field);
    if (value === undefined) continue;
    const parts = field.path.split('/').slice(1).map(unescapePointer);
    const last = parts.pop();
    if (last === undefined) continue;
    let place = root;
    // A field inside one that has a value of its own stands beside it, under the rest of its path.
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

/** What is created, with what its row adds to its spec. */
function created(spec: Json | undefined, fields: readonly FieldChange[]): Json {
  const added = side(fields, ({ secret, after }) => (secret === true ? undefined : after));
  return spec === undefined ? added : Object.assign({}, added, spec);
}

/** A change's two sides, shaped like the spec; secrets are only marked. What is created has all of its spec after it. */
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

/** The way back as drift: a difference reads from the world to what is wanted, drift from what was applied to the world. */
export function driftValues(change: Change): ResourceChange['change'] {
  const fields = change.fields.map((field) =>
    defined({
      path: field.path,
      before: field.after,
      after: field.before,
      secret: field.secret,
    }),
  );
  return changeJson({ goal: change.goal === 'create' ? 'remove' : 'update', fields });
}
