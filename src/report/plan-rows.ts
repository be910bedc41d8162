/**
 * The rows of a plan as lines: in columns if the terminal is wide enough, otherwise with the reason on lines of its
 * own.
 */

import type { ResourceChange } from '../formats/plan.ts';
import { isMemoryOnly, pointerKeys, printable as harmless, stepParts } from '#plugin';
import { coverLines } from './covers-text.ts';
import { type FieldRow, fieldRows } from './fields.ts';
import { namedText } from './labels-text.ts';
import { columnWidth, type Paint, shortDigests, type Style, wrapped } from './text.ts';

/** Returns text from outside in printable form, with its digests shortened. */
export function cleanText(text: string): string {
  return shortDigests(harmless(text));
}

/** Returns `+ - -/+ ~ >`, as in Terraform; `>` is a step that only moves the state. */
export function symbolOf(change: Pick<ResourceChange, 'goal' | 'step'>): string {
  if (change.goal === 'create') return '+';
  if (change.goal === 'remove') return '-';
  if (change.goal === 'replace') return '-/+';
  const { from, to } = stepParts(change.step);
  return change.goal === 'update' && from !== to ? '>' : '~';
}

/** Returns `ready > draining`, after the machine if the step names one. */
export function stepText(change: Pick<ResourceChange, 'step'>): string {
  const { machine, from, to } = stepParts(change.step);
  return `${machine === undefined ? '' : `${machine}: `}${from} > ${to}`;
}

/** Returns the names of secrets that differ, without values. */
export function secretRows(change: Pick<ResourceChange, 'change'>): readonly FieldRow[] {
  return fieldRows(change.change.before_sensitive, change.change.after_sensitive).map(({ path }) => ({
    path,
    text: `${cleanText(path)}: (secret, changed)`,
  }));
}

/** Returns the differences of a row, or its reason. */
function reasonText(change: ResourceChange): string {
  const { before, after } = change.change;
  const word = isMemoryOnly(change) ? `${change.goal}: ` : '';
  if (change.goal === 'create' || change.goal === 'remove') return cleanText(change.because);
  const rows = [...fieldRows(before, after), ...secretRows(change)];
  if (rows.length === 0) return word + cleanText(change.because);
  const { from, to } = stepParts(change.step);
  // Differences explain an edit of a document. A change that the plugin decided on, or that disturbs a resource in
  // use, also needs its reason. An adoption changes none of its differences: the reason says when they are applied. That
  // of a changed safety input says whether another step waits for it.
  const isAsked =
    from === to &&
    change.goal !== 'adopt' &&
    change.goal !== 'protect' &&
    change.disruptive !== true &&
    !['time', 'progress', 'policy'].includes(change.cause);
  // The first sentence about a difference repeats it; others say more, such as how the change is taken back.
  const [, ...more] = cleanText(change.because).split('. ');
  const reason = isAsked ? more.join('. ') : cleanText(change.because);
  const lead = reason === '' ? '' : `${reason}; `;
  const drifted = new Set((change.drifted ?? []).map((pointer) => pointerKeys(pointer).join('.')));
  return `${word}${lead}${rows.map(({ path, text }) => (drifted.has(path) ? `${text} (drift)` : text)).join(', ')}`;
}

/** A line under a row. Prose is wrapped to the terminal. A command line is not wrapped, so that it can be copied. */
export interface NoteLine {
  readonly text: string;
  readonly style?: Style;
  /** The first word, in a style of its own. */
  readonly lead?: { readonly text: string; readonly style: Style };
  readonly command?: true;
}

/** A row with the lines under it. */
export interface PlanRow {
  readonly change: ResourceChange;
  readonly notes: readonly NoteLine[];
}

/** Returns warnings, overrides and everything that the approval of the row covers. */
function coveredNotes(change: ResourceChange, detail: boolean): readonly NoteLine[] {
  return [
    ...change.warnings.map((warning) => ({ text: `warning ${cleanText(warning)}` })),
    ...(change.overrides ?? []).map(({ rule, reason }) => ({ text: `overridden ${rule}: ${cleanText(reason)}` })),
    ...coverLines(change, detail).map(({ label, texts }) => ({ text: `${label} ${texts.join(', ')}` })),
  ];
}

const SYMBOL_STYLE: Readonly<Record<string, Style>> = { '+': 'green', '-': 'red', '-/+': 'red', '>': 'cyan' };

const MARGIN = 2;
const INDENT = 6;
/** The limits of column widths, so that one long name does not move the other columns. */
const WIDEST = { symbol: 3, address: 56, step: 32 } as const;

/** The widths of shared columns. */
export interface RowColumns {
  readonly symbol: number;
  readonly address: number;
  readonly step: number;
}

/** Returns the columns for rows that are printed together. */
export function columnsOf(changes: readonly ResourceChange[]): RowColumns {
  return {
    symbol: columnWidth(changes.map(symbolOf), WIDEST.symbol),
    address: columnWidth(changes.map(namedText), WIDEST.address),
    step: columnWidth(changes.map(stepText), WIDEST.step),
  };
}

export interface RowOptions {
  readonly paint: Paint;
  readonly columns: RowColumns;
  /** Width of a line in characters; undefined: lines are not wrapped. */
  readonly width: number | undefined;
  readonly detail: boolean;
}

function notesText(notes: readonly NoteLine[], { paint, width }: RowOptions): readonly string[] {
  return notes.flatMap(({ text, style, lead, command }) => {
    const whole = lead === undefined ? text : `${lead.text} ${text}`;
    const lines = command === true ? [whole] : wrapped(whole, width === undefined ? undefined : width - INDENT);
    return lines.map((line, i) => {
      const painted = style === undefined ? line : paint(style, line);
      const start =
        i === 0 && lead !== undefined ? painted.replace(lead.text, () => paint(lead.style, lead.text)) : painted;
      return `${' '.repeat(INDENT)}${start}`;
    });
  });
}

/** Returns one row, followed by the effects that its approval covers and by `notes`. */
export function rowLines({ change, notes }: PlanRow, options: RowOptions): readonly string[] {
  const { paint, columns, width, detail } = options;
  const symbol = symbolOf(change);
  const address = namedText(change).padEnd(columns.address);
  const step = stepText(change);
  const reason = reasonText(change);
  const cause = `(${change.cause})`;
  const below = notesText([...coveredNotes(change, detail), ...notes], options);
  const mark = `${' '.repeat(MARGIN)}${paint(SYMBOL_STYLE[symbol] ?? 'yellow', symbol)}${' '.repeat(Math.max(0, columns.symbol - symbol.length))}`;
  const long =
    MARGIN +
    columns.symbol +
    1 +
    address.length +
    2 +
    Math.max(step.length, columns.step) +
    4 +
    reason.length +
    cause.length;
  if (width === undefined || long <= width)
    return [`${mark} ${address}  ${step.padEnd(columns.step)}  ${reason}  ${paint('dim', cause)}`, ...below];
  return [`${mark} ${address}  ${step}  ${paint('dim', cause)}`, ...notesText([{ text: reason }], options), ...below];
}
