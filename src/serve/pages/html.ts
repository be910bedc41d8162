/**
 * HTML with values from outside: the one place that escapes them. A text is first made printable, so that no page shows
 * invisible characters or reversed text, and is then escaped, in contents as in quoted attributes.
 *
 * Templates are ASCII (`&middot;`): the build keeps the text of a tagged template, and its files are read byte by byte.
 */

import { html as template, type raw } from 'hono/html';
import { printable } from '#plugin';

export type Html = ReturnType<typeof raw>;

/** Absent parts are left out. */
export type Part = string | number | undefined | Html | readonly Part[];

function shown(part: Part): unknown {
  if (typeof part === 'string') return printable(part);
  return Array.isArray(part) ? part.map(shown) : part;
}

export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  // Only a part that is a promise makes the result one, and no part is.
  return template(strings, ...parts.map(shown)) as Html;
}

/** The part if a condition holds. */
export function when(holds: boolean, part: () => Part): Part {
  return holds ? part() : undefined;
}
