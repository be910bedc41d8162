/** JSON pointers, with `*` for every item and key: finds and changes the values that they point to. */

import type { Json } from './types.ts';

/** A text and its pointer. */
export interface TextAt {
  readonly pointer: string;
  readonly text: string;
}

/** Escapes a key as a part of a JSON pointer. */
export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** Returns the key of an escaped part of a JSON pointer. */
export function unescapePointer(part: string): string {
  // Hardly any part has an escape.
  return part.includes('~') ? part.replaceAll('~1', '/').replaceAll('~0', '~') : part;
}

function partsOf(pointer: string): readonly string[] {
  return pointer.split('/').slice(1);
}

/** The keys that a JSON pointer names, outermost first. */
export function pointerKeys(pointer: string): readonly string[] {
  return partsOf(pointer).map(unescapePointer);
}

function below(value: unknown, parts: readonly string[], at: string): readonly TextAt[] {
  const [part, ...rest] = parts;
  if (part === undefined) return typeof value === 'string' ? [{ pointer: at, text: value }] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    part === '*' || part === escapePointer(key) ? below(member, rest, `${at}/${escapePointer(key)}`) : [],
  );
}

/** Every text of `value` that matches a pattern. The pointers start with `base`. */
export function textsAt(value: unknown, pattern: string, base = ''): readonly TextAt[] {
  return below(value, partsOf(pattern), base);
}

function mapBelow(value: Json, parts: readonly string[], change: (text: string) => string): Json {
  const [part, ...rest] = parts;
  if (part === undefined) return typeof value === 'string' ? change(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  const each = (key: string, member: Json): Json =>
    part === '*' || part === escapePointer(key) ? mapBelow(member, rest, change) : member;
  if (Array.isArray(value)) return (value as readonly Json[]).map((item, i) => each(String(i), item));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, each(key, member)]));
}

/** A copy of the value with every text changed that matches one of the patterns. */
export function mapTexts(value: Json, patterns: readonly string[], change: (text: string) => string): Json {
  return patterns.reduce((mapped, pattern) => mapBelow(mapped, partsOf(pattern), change), value);
}

export function isTree(value: unknown): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a pointer (without `*`); undefined if it does not exist. */
export function valueAt(value: unknown, pointer: string): Json | undefined {
  return pointerKeys(pointer).reduce<Json | undefined>(
    (at, key) => {
      if (typeof at !== 'object' || at === null) return undefined;
      return Object.hasOwn(at, key) ? (at as { readonly [key: string]: Json })[key] : undefined;
    },
    value as Json | undefined,
  );
}

function changeBelow(
  value: Json | undefined,
  parts: readonly string[],
  change: (before: Json | undefined) => Json | undefined,
): Json | undefined {
  const [part, ...rest] = parts;
  if (part === undefined) return change(value);
  const key = unescapePointer(part);
  if (Array.isArray(value))
    return (value as readonly Json[]).map((item, i) =>
      String(i) === key ? (changeBelow(item, rest, change) ?? item) : item,
    );
  const tree = isTree(value) ? value : {};
  const changed = changeBelow(Object.hasOwn(tree, key) ? tree[key] : undefined, rest, change);
  const others = Object.entries(tree).filter(([name]) => name !== key);
  if (changed === undefined) return value === undefined ? undefined : Object.fromEntries(others);
  // Keeps the order of the keys.
  return Object.hasOwn(tree, key)
    ? Object.fromEntries(Object.entries(tree).map(([name, member]) => [name, name === key ? changed : member]))
    : Object.fromEntries([...others, [key, changed]]);
}

/** A copy of the value, changed at a pointer (without `*`). A result of undefined removes the member. */
export function changeAt(value: Json, pointer: string, change: (before: Json | undefined) => Json | undefined): Json {
  return changeBelow(value, partsOf(pointer), change) ?? {};
}

/** Pointers to all values other than objects with members. A list is one value. */
export function leavesOf(value: unknown, at = ''): readonly string[] {
  if (!isTree(value) || Object.keys(value).length === 0) return [at];
  return Object.entries(value).flatMap(([key, member]) => leavesOf(member, `${at}/${escapePointer(key)}`));
}

/** Merges two values: objects member by member; any other value replaces the first one. */
export function overlaid(base: Json | undefined, over: Json | undefined): Json | undefined {
  if (over === undefined) return base;
  if (!isTree(base) || !isTree(over)) return over;
  const keys = new Set([...Object.keys(base), ...Object.keys(over)]);
  return Object.fromEntries([...keys].map((key) => [key, overlaid(base[key], over[key]) ?? null]));
}
