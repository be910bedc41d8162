/** Sets of fields by their paths: taken from values, written as managed fields, compared and removed. */

import { atomOf, elementText, fieldShape, itemElement, type ListShape, type MapShape, type Shape } from './shape.ts';
import { type Draft, isList, isTree, sameValue, type Tree, type Value } from './value.ts';

/** Paths of fields. The elements of a path (`f:spec`, `k:{"port":80}`, `v:"a"`) are joined by NUL. */
export type FieldSet = ReadonlySet<string>;

export const SEPARATOR = '\0';

function below(path: string, element: string): string {
  return path === '' ? element : `${path}${SEPARATOR}${element}`;
}

/** The fields of a value that an applier of it owns. */
export function fieldsOf(shape: Shape, value: Value): FieldSet {
  const found = new Set<string>();
  collect(shape, value, '', found);
  return found;
}

function collect(shape: Shape, value: Value, path: string, found: Set<string>): void {
  const atom = atomOf(shape, value);
  if (atom.is === 'scalar' || (atom.is === 'list' ? atom.type === 'atomic' : atom.isAtomic)) {
    found.add(path);
    return;
  }
  if (atom.is === 'list' && isList(value))
    value.forEach((item, index) => {
      const element = itemElement(atom, item, index);
      if (element === undefined) return;
      found.add(below(path, element));
      collect(atom.items, item, below(path, element), found);
    });
  if (atom.is === 'map' && isTree(value))
    for (const [name, member] of Object.entries(value)) {
      const at = below(path, `f:${name}`);
      collect(fieldShape(atom, name), member, at, found);
      const isEmpty = member === null || (isTree(member) && Object.keys(member).length === 0);
      if (isEmpty || !atom.fields.has(name)) found.add(at);
    }
}

/** Reads managed fields (`fieldsV1`). */
export function readFields(value: Value | undefined): FieldSet {
  const found = new Set<string>();
  const read = (tree: Tree, path: string): void => {
    for (const [element, inner] of Object.entries(tree)) {
      if (element === '.') continue;
      const at = below(path, element);
      if (!isTree(inner) || Object.keys(inner).length === 0 || '.' in inner) found.add(at);
      if (isTree(inner)) read(inner, at);
    }
  };
  if (isTree(value)) read(value, '');
  return found;
}

interface Node {
  isMember: boolean;
  readonly inner: Map<string, Node>;
}

function nodesOf(set: FieldSet): Node {
  const root: Node = { isMember: false, inner: new Map() };
  for (const path of set) {
    let node = root;
    for (const element of path.split(SEPARATOR)) {
      const next = node.inner.get(element) ?? { isMember: false, inner: new Map() };
      node.inner.set(element, next);
      node = next;
    }
    node.isMember = true;
  }
  return root;
}

/** Writes managed fields (`fieldsV1`). */
export function writeFields(set: FieldSet): Tree {
  const write = ({ isMember, inner }: Node): Tree => {
    const tree: Draft = isMember && inner.size > 0 ? { '.': {} } : {};
    for (const [element, node] of inner) tree[element] = write(node);
    return tree;
  };
  return write(nodesOf(set));
}

/** A path as the server prints it: `.spec.ports[port=80].name`. */
export function pathText(path: string): string {
  return path.split(SEPARATOR).map(elementText).join('');
}

/** The order of fields in the server's texts: in each structure, its own fields come before those below it. */
export function pathOrder(a: string, b: string): number {
  const [left, right] = [a.split(SEPARATOR), b.split(SEPARATOR)];
  const at = left.findIndex((element, i) => element !== right[i]);
  if (at < 0) return left.length - right.length;
  const [isLeftLast, isRightLast] = [at === left.length - 1, at >= right.length - 1];
  if (isLeftLast !== isRightLast) return isLeftLast ? -1 : 1;
  return (left[at] ?? '') < (right[at] ?? '') ? -1 : 1;
}

/** Adds the declared parents of every field, so that a structure goes with its last field. */
export function withParents(set: FieldSet, shape: Shape): FieldSet {
  const all = new Set(set);
  const add = (node: Node, at: Shape, path: string): void => {
    for (const [element, next] of node.inner) {
      const here = below(path, element);
      const isField = element.startsWith('f:');
      const name = element.slice(2);
      if (isField && next.inner.size > 0 && at.is === 'map' && at.fields.has(name)) all.add(here);
      const inner: Shape = isField
        ? at.is === 'map'
          ? fieldShape(at, name)
          : { is: 'any' }
        : at.is === 'list'
          ? at.items
          : { is: 'any' };
      add(next, inner, here);
    }
  };
  add(nodesOf(set), shape, '');
  return all;
}

/** The value without some fields. A mapping or list that loses all of its members becomes null. */
export function withoutFields(value: Value, shape: Shape, set: FieldSet): Value {
  return set.size === 0 ? value : removed(value, shape, nodesOf(set));
}

function removed(value: Value, shape: Shape, node: Node): Value {
  const atom = atomOf(shape, value);
  if (atom.is === 'scalar') return value;
  return atom.is === 'list' ? removedItems(value, atom, node) : removedMembers(value, atom, node);
}

function removedItems(value: Value, list: ListShape, node: Node): Value {
  if (!isList(value)) return null;
  const left = value.flatMap((item, index): readonly Value[] => {
    const next = node.inner.get(itemElement(list, item, index) ?? '');
    if (next === undefined) return [item];
    if (next.isMember) return [];
    return [next.inner.size > 0 ? removed(item, list.items, next) : item];
  });
  return left.length > 0 ? left : null;
}

function removedMembers(value: Value, map: MapShape, node: Node): Value {
  if (!isTree(value)) return null;
  const left = Object.entries(value).flatMap(([name, member]): readonly (readonly [string, Value])[] => {
    const next = node.inner.get(`f:${name}`);
    if (next === undefined) return [[name, member]];
    if (next.isMember) return [];
    return [[name, next.inner.size > 0 ? removed(member, fieldShape(map, name), next) : member]];
  });
  return left.length > 0 ? Object.fromEntries(left) : null;
}

/** The fields by which two values differ. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

interface Differences {
  readonly added: Set<string>;
  readonly modified: Set<string>;
  readonly removed: Set<string>;
}

/** Compares two values of a shape. */
export function compare(shape: Shape, before: Value, after: Value): Comparison {
  const found: Differences = { added: new Set(), modified: new Set(), removed: new Set() };
  comparePair({ shape, path: '' }, before, after, found);
  return found;
}

interface At {
  readonly shape: Shape;
  readonly path: string;
}

function comparePair(at: At, before: Value | undefined, after: Value | undefined, found: Differences): void {
  if (before === undefined && after === undefined) return;
  const was = atomOf(at.shape, before);
  const is = atomOf(at.shape, after);
  // The shape of an absent value is that of the other one.
  const inner =
    after === undefined
      ? compareAs({ shape: was, path: at.path }, before, after, found)
      : before === undefined || was.is === is.is
        ? compareAs({ shape: is, path: at.path }, before, after, found)
        : compareBoth(at.path, before, after, found);
  if (!inner) return;
  if (before === undefined) found.added.add(at.path);
  else if (after === undefined) found.removed.add(at.path);
}

/** Two values of unlike shapes: the parts of the old one go, and those of the new one come. */
function compareBoth(path: string, before: Value, after: Value, found: Differences): boolean {
  const any: Shape = { is: 'any' };
  compareAs({ shape: atomOf(any, before), path }, before, after, found);
  return compareAs({ shape: atomOf(any, after), path }, before, after, found);
}

/** False if the field is compared as a whole. */
function compareAs(
  { shape, path }: At,
  before: Value | undefined,
  after: Value | undefined,
  found: Differences,
): boolean {
  const leaf = (): boolean => {
    if (before === undefined) found.added.add(path);
    else if (after === undefined) found.removed.add(path);
    else if (!sameValue(before, after)) found.modified.add(path);
    return false;
  };
  if (shape.is === 'list') {
    const [a, b] = [isList(before) ? before : [], isList(after) ? after : []];
    if (shape.type === 'atomic' || a.length + b.length === 0) return leaf();
    const [left, right] = [byElement(shape, a), byElement(shape, b)];
    for (const element of new Set([...left.keys(), ...right.keys()])) {
      const next = { shape: shape.items, path: below(path, element) };
      comparePair(next, left.get(element), right.get(element), found);
    }
    return true;
  }
  if (shape.is === 'map') {
    const [a, b] = [isTree(before) ? before : {}, isTree(after) ? after : {}];
    const names = new Set([...Object.keys(a), ...Object.keys(b)]);
    if (shape.isAtomic || names.size === 0) return leaf();
    for (const name of names)
      comparePair({ shape: fieldShape(shape, name), path: below(path, `f:${name}`) }, a[name], b[name], found);
    return true;
  }
  return leaf();
}

function byElement(list: ListShape, items: readonly Value[]): ReadonlyMap<string, Value> {
  return new Map(
    items.flatMap((item, i) => {
      const element = itemElement(list, item, i);
      return element === undefined ? [] : [[element, item] as const];
    }),
  );
}
