/** JSON values of the emulated API server: integers over 2^53 survive as bigint, and texts have sorted keys. */

/** A JSON value. An integer that a double cannot hold is a bigint. */
export type Value = null | boolean | number | bigint | string | readonly Value[] | Tree;

export interface Tree {
  readonly [key: string]: Value;
}

/** A tree while it is being made. */
export type Draft = Record<string, Value>;

const INT64_MAX = 2n ** 63n - 1n;

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: unknown): value is readonly Value[] {
  return Array.isArray(value);
}

/** The mapping at a path of keys; `{}` if another value or none is there. */
export function treeAt(value: Value | undefined, ...path: readonly string[]): Tree {
  const found = valueAt(value, ...path);
  return isTree(found) ? found : {};
}

export function valueAt(value: Value | undefined, ...path: readonly string[]): Value | undefined {
  return path.reduce<Value | undefined>(
    (at, key) => (isTree(at) && Object.hasOwn(at, key) ? at[key] : undefined),
    value,
  );
}

export function listAt(value: Value | undefined, ...path: readonly string[]): readonly Value[] {
  const found = valueAt(value, ...path);
  return isList(found) ? found : [];
}

/** The texts of a list at a path of keys. */
export function textsAt(value: Value | undefined, ...path: readonly string[]): readonly string[] {
  return listAt(value, ...path).filter((one) => typeof one === 'string');
}

/** The text at a path of keys; empty if another value or none is there. */
export function textAt(value: Value | undefined, ...path: readonly string[]): string {
  const found = valueAt(value, ...path);
  return typeof found === 'string' ? found : '';
}

function numberOf(value: number, source: string): number | bigint {
  if (Number.isSafeInteger(value) || !/^-?\d+$/u.test(source)) return value;
  const whole = BigInt(source);
  return whole <= INT64_MAX && whole >= -INT64_MAX - 1n ? whole : value;
}

/** Parses JSON without loss of integers. Throws a SyntaxError. */
export function parseValue(text: string): Value {
  const reviver = (_key: string, value: unknown, { source }: { readonly source: string }): unknown =>
    typeof value === 'number' ? numberOf(value, source) : value;
  return JSON.parse(text, reviver as (key: string, value: unknown) => unknown) as Value;
}

/** JSON with sorted keys, as Go prints a mapping. */
export function encode(value: Value): string {
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(encode).join(',')}]`;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${encode(value[key] ?? null)}`);
  return `{${members.join(',')}}`;
}

export function sameValue(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (isList(a) || isList(b))
    return isList(a) && isList(b) && a.length === b.length && a.every((item, i) => sameValue(item, b[i]));
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key], b[key]))
  );
}

/** A copy without some keys. */
export function without(tree: Tree, ...keys: readonly string[]): Tree {
  return Object.fromEntries(Object.entries(tree).filter(([key]) => !keys.includes(key)));
}

/** A copy with a member, or without it if the value is undefined. */
export function withMember(tree: Tree, key: string, value: Value | undefined): Tree {
  return value === undefined ? without(tree, key) : { ...tree, [key]: value };
}

/** The word of a value's type in JSON Schema. */
export function typeWord(value: Value): string {
  if (value === null) return 'null';
  if (isList(value)) return 'array';
  if (isTree(value)) return 'object';
  if (typeof value === 'bigint') return 'integer';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}
