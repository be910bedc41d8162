/**
 * Shapes: how the fields of a kind are owned and merged, from its structural schema. Source of the rules:
 * https://github.com/kubernetes-sigs/structured-merge-diff and schemaconv of https://github.com/kubernetes/kube-openapi
 */

import { encode, isList, isTree, textsAt, type Tree, treeAt, typeWord, type Value, valueAt } from './value.ts';

type ScalarType = 'numeric' | 'string' | 'boolean' | 'untyped';

export type Shape =
  | { readonly is: 'scalar'; readonly type: ScalarType }
  | ListShape
  | MapShape
  /** Decided by the value: scalars, atomic lists, and mappings of the same. */
  | { readonly is: 'any' };

export interface ListShape {
  readonly is: 'list';
  readonly type: 'atomic' | 'set' | 'map';
  /** Keys of the items of a `map`, sorted, with their defaults. */
  readonly keys: readonly { readonly name: string; readonly fallback: Value | undefined }[];
  readonly items: Shape;
}

export interface MapShape {
  readonly is: 'map';
  readonly isAtomic: boolean;
  readonly fields: ReadonlyMap<string, Shape>;
  /** The shape of other keys; without it, they are not declared. */
  readonly rest: Shape | undefined;
}

/** A shape for one value. */
export type Atom = Exclude<Shape, { readonly is: 'any' }>;

const ANY: Shape = { is: 'any' };
const ANY_MAP: MapShape = { is: 'map', isAtomic: false, fields: new Map(), rest: ANY };
const ANY_LIST: ListShape = { is: 'list', type: 'atomic', keys: [], items: ANY };
const UNTYPED: Atom = { is: 'scalar', type: 'untyped' };
const STRING: Shape = { is: 'scalar', type: 'string' };
const SCALARS: Readonly<Record<string, ScalarType>> = {
  integer: 'numeric',
  number: 'numeric',
  string: 'string',
  boolean: 'boolean',
};

const textMap: MapShape = { is: 'map', isAtomic: false, fields: new Map(), rest: STRING };

function owner(): Shape {
  const texts = ['apiVersion', 'kind', 'name', 'uid'].map((name) => [name, STRING] as const);
  const flags = ['blockOwnerDeletion', 'controller'].map((name) => [name, { is: 'scalar', type: 'boolean' }] as const);
  return { is: 'map', isAtomic: true, fields: new Map<string, Shape>([...texts, ...flags]), rest: undefined };
}

/** Metadata of every object. */
const METADATA: Shape = {
  is: 'map',
  isAtomic: false,
  rest: undefined,
  fields: new Map<string, Shape>([
    ...['name', 'namespace', 'uid', 'resourceVersion', 'creationTimestamp', 'deletionTimestamp', 'generateName'].map(
      (name) => [name, STRING] as const,
    ),
    ['selfLink', STRING],
    ['generation', { is: 'scalar', type: 'numeric' }],
    ['deletionGracePeriodSeconds', { is: 'scalar', type: 'numeric' }],
    ['labels', textMap],
    ['annotations', textMap],
    ['finalizers', { is: 'list', type: 'set', keys: [], items: STRING }],
    ['ownerReferences', { is: 'list', type: 'map', keys: [{ name: 'uid', fallback: undefined }], items: owner() }],
    ['managedFields', ANY_LIST],
  ]),
};

function shapeOf(schema: Tree, isFree: boolean): Shape {
  const free = isFree || schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (schema['x-kubernetes-int-or-string'] === true) return UNTYPED;
  const type = schema['type'];
  if (type === 'object') return mapShape(schema, free);
  if (type === 'array') return listShape(schema, free);
  const scalar = typeof type === 'string' ? SCALARS[type] : undefined;
  return scalar === undefined ? ANY : { is: 'scalar', type: scalar };
}

function mapShape(schema: Tree, free: boolean): Shape {
  const fields = Object.entries(treeAt(schema, 'properties')).map(
    ([name, inner]) => [name, shapeOf(treeAt(inner), free)] as const,
  );
  const isAtomic = schema['x-kubernetes-map-type'] === 'atomic';
  const other = schema['additionalProperties'];
  const rest = isTree(other) ? shapeOf(other, free) : free || other === true ? ANY : undefined;
  if (fields.length === 0 && rest === undefined) return isAtomic ? { ...ANY_MAP, isAtomic } : ANY_MAP;
  return { is: 'map', isAtomic, fields: new Map(fields), rest };
}

function listShape(schema: Tree, free: boolean): Shape {
  const kind = schema['x-kubernetes-list-type'];
  const item = treeAt(schema, 'items');
  const keys = textsAt(schema, 'x-kubernetes-list-map-keys')
    .toSorted()
    .map((name) => ({ name, fallback: valueAt(item, 'properties', name, 'default') }));
  return { is: 'list', type: kind === 'set' || kind === 'map' ? kind : 'atomic', keys, items: shapeOf(item, free) };
}

/** The shape of the objects of a kind with this structural schema. */
export function objectShape(schema: Tree): Shape {
  const whole = mapShape(schema, schema['x-kubernetes-preserve-unknown-fields'] === true);
  if (whole.is !== 'map') return whole;
  const own = new Map<string, Shape>([
    ...whole.fields,
    ['apiVersion', STRING],
    ['kind', STRING],
    ['metadata', METADATA],
  ]);
  return { ...whole, fields: own };
}

/** The shape of one value: what a value of any shape is. */
export function atomOf(shape: Shape, value: Value | undefined): Atom {
  if (shape.is !== 'any') return shape;
  if (isList(value)) return ANY_LIST;
  return isTree(value) || value === null || value === undefined ? ANY_MAP : UNTYPED;
}

export function fieldShape({ fields, rest }: MapShape, name: string): Shape {
  return fields.get(name) ?? rest ?? ANY;
}

/** The element of a path for an item of a set or a list with keys; undefined where the item has none. */
export function itemElement(list: ListShape, item: Value, index: number): string | undefined {
  if (list.type === 'atomic') return `i:${index}`;
  if (list.type === 'set') return item === null ? undefined : `v:${encode(item)}`;
  if (!isTree(item)) return undefined;
  const keys = list.keys.map(({ name, fallback }) => [name, item[name] ?? fallback] as const);
  if (keys.every(([, value]) => value === undefined)) return undefined;
  const known = keys.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  return `k:${encode(Object.fromEntries(known))}`;
}

/** One fault of a value against a shape: the path as the server prints it, and the reason. */
export interface Fault {
  readonly path: string;
  readonly why: string;
}

/** A value as Go prints it. */
function goText(value: Value): string {
  if (value === null) return '<nil>';
  if (isList(value)) return `[${value.map(goText).join(' ')}]`;
  if (!isTree(value)) return typeof value === 'string' ? value : encode(value);
  const keys = Object.keys(value).toSorted();
  return `map[${keys.map((key) => `${key}:${goText(value[key] ?? null)}`).join(' ')}]`;
}

function scalarFault(type: ScalarType, value: Value): string | undefined {
  const word = typeWord(value);
  if (value === null) return undefined;
  switch (type) {
    case 'numeric': {
      const go: Readonly<Record<string, string>> = {
        boolean: 'bool',
        array: '[]interface {}',
        object: 'map[string]interface {}',
      };
      return word === 'integer' || word === 'number'
        ? undefined
        : `expected numeric (int or float), got ${go[word] ?? word}`;
    }
    case 'string':
      return word === 'string' ? undefined : `expected string, got &value.valueUnstructured{Value:${encode(value)}}`;
    case 'boolean':
      return word === 'boolean' ? undefined : `expected boolean, got &{${goText(value)}}`;
    case 'untyped':
      return isList(value) || isTree(value) ? `expected any scalar, got &{${goText(value)}}` : undefined;
  }
}

/** Faults of a value: undeclared fields, wrong types, and items without or with equal keys. */
export function faultsOf(shape: Shape, value: Value, path = ''): readonly Fault[] {
  const atom = atomOf(shape, value);
  if (atom.is === 'scalar') {
    const why = scalarFault(atom.type, value);
    return why === undefined ? [] : [{ path, why }];
  }
  if (value === null) return [];
  return atom.is === 'list' ? listFaults(atom, value, path) : mapFaults(atom, value, path);
}

function mapFaults(map: MapShape, value: Value, path: string): readonly Fault[] {
  if (!isTree(value)) return [{ path, why: `expected map, got &{${goText(value)}}` }];
  return Object.entries(value).flatMap(([name, member]) =>
    map.fields.has(name) || map.rest !== undefined
      ? faultsOf(fieldShape(map, name), member, `${path}.${name}`)
      : [{ path: `${path}.${name}`, why: 'field not declared in schema' }],
  );
}

function listFaults(list: ListShape, value: Value, path: string): readonly Fault[] {
  if (!isList(value)) return [{ path, why: `expected list, got &{${goText(value)}}` }];
  const seen = new Set<string>();
  return value.flatMap((item, index): readonly Fault[] => {
    const element = itemElement(list, item, index);
    if (element === undefined) return [{ path, why: keylessText(list, index) }];
    const at = `${path}${elementText(element)}`;
    if (seen.has(element)) return [{ path, why: `duplicate entries for key ${elementText(element)}` }];
    seen.add(element);
    return faultsOf(list.items, item, at);
  });
}

function keylessText({ type, keys }: ListShape, index: number): string {
  if (type === 'set') return `element ${index}: associative list without keys has an element that's an explicit null`;
  const names = keys.map(({ name }) => JSON.stringify(name)).join(' ');
  return `element ${index}: associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`;
}

/** An element of a path as the server prints it. */
export function elementText(element: string): string {
  const rest = element.slice(2);
  switch (element.slice(0, 2)) {
    case 'f:':
      return `.${rest}`;
    case 'v:':
      return `[=${rest}]`;
    case 'i:':
      return `[${rest}]`;
    default: {
      const keys = Object.entries(JSON.parse(rest) as Readonly<Record<string, unknown>>);
      return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
    }
  }
}
