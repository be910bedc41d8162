/** A mistake in one text, at an offset; it becomes a Problem once its file and lines are known. */

import { printable } from '#plugin';

export interface TextMistake {
  readonly code: string;
  readonly message: string;
  /** Offset into the text, in UTF-16 code units. */
  readonly offset: number;
  /** The place that the message is about too: `first`, for a duplicate. */
  readonly other?: number;
  readonly suggestion?: string;
  readonly severity?: 'error' | 'warning';
}

const SHOWN = 60;

/** At most 60 characters of a text, printable. */
export function shorten(text: string, most: number = SHOWN): string {
  const cut = text.length > most ? `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/u, '')}…` : text;
  return printable(cut);
}

/** A value as a message shows it: a string in quotes, a collection by its nature. */
export function echo(value: unknown): string {
  if (typeof value === 'string') return `"${shorten(value)}"`;
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return shorten(`${value as number | boolean}`);
}
