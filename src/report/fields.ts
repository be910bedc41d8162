/** Field differences as text: `labels.tier: "a" → "b"`. */

import { digestOf, isTree, type Json, printable as harmless, shorten } from '#plugin';
import { shortDigests } from './text.ts';

export interface FieldRow {
  readonly path: string;
  readonly text: string;
}

function printable(text: string): string {
  return shortDigests(harmless(text));
}

/** Length of a value in a plan, in characters. */
export const VALUE_LENGTH = 200;

/** Returns a value on one line, shortened. */
export function valueText(value: Json | undefined, length = 60): string {
  return value === undefined ? '(none)' : shorten(printable(JSON.stringify(value)), length);
}

/**
 * Returns text that is to be approved. If it is shortened, its length and digest distinguish it from any other text.
 */
export function approvedCut(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${shorten(text, length)} (${text.length} characters, ${shortDigests(digestOf(text))})`;
}

/** Returns a value that is to be approved, on one line. */
export function approvedText(value: Json | undefined, length = VALUE_LENGTH): string {
  return value === undefined ? '(none)' : approvedCut(printable(JSON.stringify(value)), length);
}

/** Reads an own field only: the name of a field can be `toString`. */
function own(tree: { readonly [key: string]: Json }, key: string): Json | undefined {
  return Object.hasOwn(tree, key) ? tree[key] : undefined;
}

/** Returns a row for each leaf that differs. An object on either side is compared field by field. */
export function fieldRows(before: Json | undefined, after: Json | undefined, path = ''): readonly FieldRow[] {
  if (isTree(before) || isTree(after)) {
    const left = isTree(before) ? before : {};
    const right = isTree(after) ? after : {};
    return [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap((key) =>
      fieldRows(own(left, key), own(right, key), path === '' ? key : `${path}.${key}`),
    );
  }
  if (path === '') return [];
  return [{ path, text: `${printable(path)}: ${approvedText(before)} → ${approvedText(after)}` }];
}
