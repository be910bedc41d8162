/** Field differences as text: `labels.tier: "a" → "b"`. */

import type { Json } from '../engine/types.ts';
import { printable as harmless } from '../engine/printable.ts';
import { shortDigests, shorten } from './text.ts';

export interface FieldRow {
  readonly path: string;
  readonly text: string;
}

function printable(text: string): string {
  return shortDigests(harmless(text));
}

/** A value on one line, shortened. */
export function valueText(value: Json | undefined, length = 60): string {
  return value === undefined ? '(none)' : shorten(printable(JSON.stringify(value)), length);
}

function isTree(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field may well be called `toString`. */
function own(tree: { readonly [key: string]: Json }, key: string): Json | undefined {
  return Object.hasOwn(tree, key) ? tree[key] : undefined;
}

/** What is wanted to be an object is gone through, as far as both sides are. */
export function fieldRows(before: Json | undefined, after: Json | undefined, path = ''): readonly FieldRow[] {
  if (isTree(before) || isTree(after)) {
    const left = isTree(before) ? before : {};
    const right = isTree(after) ? after : {};
    return [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap((key) =>
      fieldRows(own(left, key), own(right, key), path === '' ? key : `${path}.${key}`),
    );
  }
  if (path === '') return [];
  return [{ path, text: `${printable(path)}: ${valueText(before)} → ${valueText(after)}` }];
}
