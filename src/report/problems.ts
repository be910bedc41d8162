/** Problems as text, in the form of a compiler: place, code, message, the source line with a caret, a suggestion. */

import { codesIn, counted, printable, type Problem } from '#plugin';
import { type Paint, painter, textOf } from './text.ts';

/** Limits of printed problems for one file, and in total; further problems are counted. */
const PER_FILE = 100;
const IN_ALL = 1_000;
/** The number of columns of a source line that are printed around the place. */
const WIDTH = 120;
const TAB = 4;

/** Tests for characters that take two columns on a terminal: East Asian wide characters, and emoji. */
function isWide(character: string): boolean {
  return /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f000}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u.test(
    character,
  );
}

interface Cell {
  readonly text: string;
  readonly width: number;
}

function cellOf(character: string): Cell {
  if (/[\p{Mn}\p{Me}]/u.test(character)) return { text: character, width: 0 };
  return { text: character, width: isWide(character) ? 2 : 1 };
}

/** Returns each character of a line in printable form, by its offset. */
function cellsOf(line: string): readonly (Cell & { readonly at: number })[] {
  const codes = codesIn(line);
  let at = 0;
  return Array.from(line, (character) => {
    const code = codes.get(at);
    const cell =
      character === '\t'
        ? { text: ' '.repeat(TAB), width: TAB }
        : code === undefined
          ? cellOf(character)
          : { text: code, width: code.length };
    const placed = { ...cell, at };
    at += character.length;
    return placed;
  });
}

function widthOf(cells: readonly Cell[]): number {
  return cells.reduce((sum, { width }) => sum + width, 0);
}

/** Returns the printable source line, and the number of columns before the place; -1 if the place is not shown. */
function excerpt(line: string, column: number): { readonly text: string; readonly before: number } {
  const cells = cellsOf(line.slice(0, column - 1 + WIDTH));
  const ahead = cells.filter(({ at }) => at < column - 1);
  const behind = cells.slice(ahead.length);
  if (column > line.length + 1)
    return {
      text: `${ahead
        .slice(0, WIDTH)
        .map(({ text }) => text)
        .join('')}…`,
      before: -1,
    };
  const room = Math.floor(WIDTH / 2);
  let from = ahead.length;
  let width = 0;
  while (from > 0 && width + (ahead[from - 1]?.width ?? 0) <= (widthOf(ahead) <= room + 20 ? room + 20 : room))
    width += ahead[--from]?.width ?? 0;
  let to = 0;
  let after = 0;
  while (to < behind.length && after + (behind[to]?.width ?? 0) <= WIDTH - width) after += behind[to++]?.width ?? 0;
  const lead = from > 0 ? '…' : '';
  const isCut = to < behind.length || line.length > column - 1 + WIDTH;
  const text = [...ahead.slice(from), ...behind.slice(0, to)].map((cell) => cell.text).join('');
  return { text: `${lead}${text.trimEnd()}${isCut ? '…' : ''}`, before: width + lead.length };
}

function formatOne(problem: Problem, paint: Paint, color: boolean): string {
  const { at, code, message, severity, sourceLine, suggestion } = problem;
  const place = at === undefined ? '' : `${paint('bold', `${printable(at.file)}:${at.line}:${at.column}`)} `;
  const lines = [
    `${place}${paint(severity === 'error' ? 'red' : 'yellow', `${severity} ${code}`)}: ${printable(message)}`,
  ];
  if (at !== undefined && sourceLine !== undefined) {
    const number = String(at.line);
    const { text, before } = excerpt(sourceLine, at.column);
    lines.push(`  ${paint('dim', `${number} |`)} ${text}`);
    if (before >= 0)
      lines.push(`  ${paint('dim', `${' '.repeat(number.length)} |`)} ${' '.repeat(before)}${paint('red', '^')}`);
  }
  if (suggestion !== undefined) lines.push(`  ${paint('cyan', printable(suggestion))}`);
  return textOf(lines, color);
}

/** Returns all problems in their order, and a summary line; an empty text without problems. */
export function formatProblems(problems: readonly Problem[], options: { readonly color: boolean }): string {
  if (problems.length === 0) return '';
  const paint = painter(options.color);
  const perFile = new Map<string, number>();
  const printed: string[] = [];
  for (const problem of problems) {
    const file = problem.at?.file ?? '';
    const before = perFile.get(file) ?? 0;
    perFile.set(file, before + 1);
    if (before < PER_FILE && printed.length < IN_ALL) printed.push(formatOne(problem, paint, options.color));
  }
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  const files = [...perFile.keys()].filter((file) => file !== '').length;
  const counts = [
    ...(errors > 0 ? [counted(errors, 'error')] : []),
    ...(warnings > 0 ? [counted(warnings, 'warning')] : []),
  ].join(' and ');
  const rest = problems.length - printed.length;
  const summary = `${counts}${files > 0 ? ` in ${counted(files, 'file')}` : ''}${rest > 0 ? `; ${counted(rest, 'more problem')} not shown` : ''}.`;
  return `${[...printed, paint('bold', summary)].join('\n')}\n`;
}
