/**
 * The declared part of an object: the fields that managers own. Defaults of schemas and webhooks do not
 * have a manager, so a manifest of owned fields alone declares the same object again.
 */

import { isTree, type Json, sameJson } from '#plugin';
import type { LiveObject } from './content.ts';
import { managedEntries } from './managed-fields.ts';

type Tree = { readonly [key: string]: Json };

/** The union of two sets of fields. An empty set is the whole value. */
function united(a: Tree, b: Tree): Tree {
  if (Object.keys(a).length === 0 || Object.keys(b).length === 0) return {};
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return Object.fromEntries(
    keys.map((key) => {
      const [left, right] = [a[key], b[key]];
      if (!isTree(left) || !isTree(right)) return [key, (isTree(left) ? left : right) ?? {}];
      return [key, united(left, right)];
    }),
  );
}

function itemsOf(list: readonly Json[], fields: Tree): Json {
  const owned = Object.entries(fields).filter(([key]) => key !== '.');
  return list.flatMap((item, i): readonly Json[] => {
    for (const [key, inner] of owned) {
      const text = key.slice(2);
      if (key === `i:${i}` || (key.startsWith('v:') && sameJson(JSON.parse(text), item))) return [item];
      if (!key.startsWith('k:') || !isTree(item)) continue;
      const names = JSON.parse(text) as Tree;
      if (Object.entries(names).every(([name, value]) => sameJson(item[name] ?? null, value)))
        return [partOf(item, isTree(inner) ? inner : {})];
    }
    return [];
  });
}

function partOf(value: Json, fields: Tree): Json {
  if (Object.keys(fields).filter((key) => key !== '.').length === 0) return value;
  if (Array.isArray(value)) return itemsOf(value as readonly Json[], fields);
  if (!isTree(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]) => {
      const inner = fields[`f:${key}`];
      return inner === undefined ? [] : [[key, partOf(member, isTree(inner) ? inner : {})] as const];
    }),
  );
}

/** The declared part of an object. `others` are managers whose fields are not declarations, such as controllers. */
export function declaredPart(object: LiveObject, others: ReadonlySet<string>): Tree | undefined {
  const owned = managedEntries(object).filter(
    ({ manager, subresource }) => subresource === undefined && !others.has(manager),
  );
  const [first, ...more] = owned.map(({ fields }) => (isTree(fields) ? fields : {}));
  if (first === undefined) return undefined;
  const part = partOf(object, more.reduce(united, first));
  return isTree(part) ? part : undefined;
}
