/** JSON pointers with `*` for every item and every key: the texts that they lead to, and the same value with those changed. */

import type { Json } from './types.ts';

/** A text and the pointer that leads to it. */
export interface TextAt {
  readonly pointer: string;
  readonly text: string;
}

/** A key as a part of a JSON pointer. */
export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

function partsOf(pointer: string): readonly string[] {
  return pointer.split('/').slice(1);
}

function below(value: unknown, parts: readonly string[], at: string): readonly TextAt[] {
  const [part, ...rest] = parts;
  if (part === undefined) return typeof value === 'string' ? [{ pointer: at, text: value }] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    part === '*' || part === escapePointer(key) ? below(member, rest, `${at}/${escapePointer(key)}`) : [],
  );
}

/** Every text of `value` that a pattern leads to; the pointers begin with `base`. */
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

/** The value with every text changed that one of the patterns leads to. */
export function mapTexts(value: Json, patterns: readonly string[], change: (text: string) => string): Json {
  return patterns.reduce((mapped, pattern) => mapBelow(mapped, partsOf(pattern), change), value);
}
