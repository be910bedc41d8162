/** A mistake in one text, at an offset; file and lines make a Problem of it. */

import { printable, shorten as cut } from '#plugin';

export interface TextMistake {
  readonly code: string;
  readonly message: string;
  /** Offset into the text, in UTF-16 code units. */
  readonly offset: number;
  /** A second place that the message names: `first`, for a duplicate. */
  readonly other?: number;
  readonly suggestion?: string;
  readonly severity?: 'error' | 'warning';
}

const SHOWN = 60;

/** At most 60 characters of a text, printable. */
export function shorten(text: string, most: number = SHOWN): string {
  return printable(cut(text, most));
}

/** A value for a message: a string in quotes, a collection by its type. */
export function echo(value: unknown): string {
  if (typeof value === 'string') return `"${shorten(value)}"`;
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return shorten(`${value as number | boolean}`);
}
