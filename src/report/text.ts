/** Text for terminals: text from outside is made printable, columns are aligned, and no meaning depends on colour. */

import { styleText } from 'node:util';
import { printable, printableLine, spanText, instantOf } from '#plugin';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Returns text in a style, or unchanged if colour is off. */
export type Paint = (style: Style, text: string) => string;

export function painter(color: boolean): Paint {
  return color ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text;
}

/**
 * Returns lines as text, each ending with a newline. Characters that are not printable are shown as codes here, so that
 * no field of a report is missed. Without colour, escape sequences in the data are replaced as well.
 */
export function textOf(lines: readonly string[], color: boolean): string {
  const clean = color ? printableLine : printable;
  return lines.map((line) => `${clean(line)}\n`).join('');
}

/** Returns blocks of lines with an empty line between them, without empty blocks. */
export function textOfBlocks(blocks: readonly (readonly string[])[], color: boolean): string {
  return blocks
    .filter((block) => block.length > 0)
    .map((block) => textOf(block, color))
    .join('\n');
}

/** Shortens the digests in a text to their first 12 digits; the JSON has the complete digests. */
export function shortDigests(text: string): string {
  return text.replace(/sha256:([0-9a-f]{12})[0-9a-f]{52}/gu, 'sha256:$1…');
}

/**
 * Breaks text between words into lines of at most `width` characters; a longer word is on a line of its own.
 * Lines after the first are indented by two more. Without a width, the text is one line.
 */
export function wrapped(text: string, width: number | undefined): readonly string[] {
  if (width === undefined || text.length <= width) return [text];
  const indent = ' '.repeat(text.length - text.trimStart().length);
  const lines: string[] = [];
  let line = '';
  for (const word of text.trimStart().split(' ')) {
    const lead = lines.length === 0 ? indent : `${indent}  `;
    if (line === '') line = lead + word;
    else if (line.length + 1 + word.length <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = `${indent}  ${word}`;
    }
  }
  return [...lines, line];
}

/**
 * Returns the width of the widest cell of a column, up to a limit, so that one long cell does not move the other
 * columns.
 */
export function columnWidth(cells: readonly string[], limit: number): number {
  return Math.min(
    limit,
    cells.reduce((width, cell) => Math.max(width, cell.length), 0),
  );
}

/** Returns the time from `time`, as published (ISO 8601), until `now` (epoch ms): `3 min`. */
export function ageText(time: string, now: number): string {
  return spanText(now - instantOf(time));
}

/** Returns `3 min ago` or `in 3 min` for a published time (ISO 8601), relative to `now` (epoch ms). */
export function relativeText(time: string, now: number): string {
  const ms = now - instantOf(time);
  return ms >= 0 ? `${spanText(ms)} ago` : `in ${spanText(-ms)}`;
}

const SCOPE_SHOWN = 3;

/** Returns the scope of a gap: the first addresses, and the number of further ones. The JSON has all addresses. */
export function scopeText(scope: string): string {
  const addresses = scope.split(' ');
  const more = addresses.length - SCOPE_SHOWN;
  return more <= 1 ? scope : `${addresses.slice(0, SCOPE_SHOWN).join(' ')} and ${more} more`;
}
