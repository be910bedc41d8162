/** Text for terminals: what comes from outside is made harmless, columns line up, colour is only an ornament. */

import { printable, printableLine } from '#plugin';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/** Puts a style around text, or leaves it alone. */
export type Paint = (style: Style, text: string) => string;

export function painter(color: boolean): Paint {
  if (!color) return (_style, text) => text;
  return (style, text) => `\u001b[${CODES[style][0]}m${text}\u001b[${CODES[style][1]}m`;
}

/**
 * Text of lines, each ending with a newline. Whatever in them is not printable is shown as a code, so that no field of a
 * report can be forgotten; without colours, those of the data go as well.
 */
export function textOf(lines: readonly string[], color: boolean): string {
  const clean = color ? printableLine : printable;
  return lines.map((line) => `${clean(line)}\n`).join('');
}

/** Blocks of lines with an empty line between them; those without lines are left out. */
export function textOfBlocks(blocks: readonly (readonly string[])[], color: boolean): string {
  return blocks
    .filter((block) => block.length > 0)
    .map((block) => textOf(block, color))
    .join('\n');
}

/** A digest that explains something is shown by its beginning; the whole one is in the JSON. */
export function shortDigests(text: string): string {
  return text.replace(/sha256:([0-9a-f]{12})[0-9a-f]{52}/gu, 'sha256:$1…');
}

/**
 * Text broken between words into lines of at most `width` characters; a word that is longer stands on a line of its own.
 * Lines after the first are indented by two more. Without a width, one line.
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

/** Pads a column to the width of its widest cell, up to a limit: one long cell does not push the others away. */
export function columnWidth(cells: readonly string[], limit: number): number {
  return Math.min(
    limit,
    cells.reduce((width, cell) => Math.max(width, cell.length), 0),
  );
}

const SCOPE_SHOWN = 3;

/** The scope of a gap: of many addresses the first ones, and how many more; all of them are in the JSON. */
export function scopeText(scope: string): string {
  const addresses = scope.split(' ');
  const more = addresses.length - SCOPE_SHOWN;
  return more <= 1 ? scope : `${addresses.slice(0, SCOPE_SHOWN).join(' ')} and ${more} more`;
}
