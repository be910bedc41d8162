/** The rows of a plan as lines: columns where the terminal is wide enough, and the reason on lines of its own where not. */

import type { ResourceChange } from '../formats/plan.ts';
import { printable as harmless, stepParts } from '#plugin';
import { coverLines } from './covers-text.ts';
import { type FieldRow, fieldRows } from './fields.ts';
import { columnWidth, type Paint, shortDigests, type Style, wrapped } from './text.ts';

/** Text from outside, made harmless, with its digests shortened. */
export function cleanText(text: string): string {
  return shortDigests(harmless(text));
}

/** `+ - -/+ ~ >`, as Terraform has them; `>` for a step that only moves the state. */
export function symbolOf(change: Pick<ResourceChange, 'goal' | 'step'>): string {
  if (change.goal === 'create') return '+';
  if (change.goal === 'remove') return '-';
  if (change.goal === 'replace') return '-/+';
  const { from, to } = stepParts(change.step);
  return change.goal === 'update' && from !== to ? '>' : '~';
}

/** `ready > draining`, with the machine in front where the step names one. */
export function stepText(change: Pick<ResourceChange, 'step'>): string {
  const { machine, from, to } = stepParts(change.step);
  return `${machine === undefined ? '' : `${machine}: `}${from} > ${to}`;
}

/** The secrets that differ, without a value. */
export function secretRows(change: Pick<ResourceChange, 'change'>): readonly FieldRow[] {
  return fieldRows(change.change.before_sensitive, change.change.after_sensitive).map(({ path }) => ({
    path,
    text: `${cleanText(path)}: (secret, changed)`,
  }));
}

/** The differences of a row, or the reason for it. */
function reasonText(change: ResourceChange): string {
  const { before, after } = change.change;
  const word =
    change.goal === 'adopt' || change.goal === 'protect' || change.goal === 'release' ? `${change.goal}: ` : '';
  if (change.goal === 'create' || change.goal === 'remove') return cleanText(change.because);
  const rows = [...fieldRows(before, after), ...secretRows(change)];
  if (rows.length === 0) return word + cleanText(change.because);
  const { from, to } = stepParts(change.step);
  // The differences explain an edit that people asked for. A change that the plugin decided on, or that disturbs what is
  // in use, needs its reason too.
  const isAsked = from === to && change.disruptive !== true && !['time', 'progress', 'policy'].includes(change.cause);
  const lead = isAsked ? '' : `${cleanText(change.because)}; `;
  return `${word}${lead}${rows.map(({ text }) => text).join(', ')}`;
}

/** A line under a row. Prose is wrapped to the terminal; a command line stays in one piece, to be copied. */
export interface NoteLine {
  readonly text: string;
  readonly style?: Style;
  /** A word in front, in a style of its own. */
  readonly lead?: { readonly text: string; readonly style: Style };
  readonly command?: true;
}

/** One row with the lines under it. */
export interface PlanRow {
  readonly change: ResourceChange;
  readonly notes: readonly NoteLine[];
}

/** Warnings, overrides and everything that an approval of the row covers. */
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
/** Columns never grow beyond these, so that one long name does not push the others away. */
const WIDEST = { symbol: 3, address: 56, step: 32 } as const;

/** The widths of the columns that rows share. */
export interface RowColumns {
  readonly symbol: number;
  readonly address: number;
  readonly step: number;
}

/** The columns for rows that are printed under each other, or in groups. */
export function columnsOf(changes: readonly ResourceChange[]): RowColumns {
  return {
    symbol: columnWidth(changes.map(symbolOf), WIDEST.symbol),
    address: columnWidth(
      changes.map(({ address }) => cleanText(address)),
      WIDEST.address,
    ),
    step: columnWidth(changes.map(stepText), WIDEST.step),
  };
}

export interface RowOptions {
  readonly paint: Paint;
  readonly columns: RowColumns;
  /** Characters in a line; undefined: lines are as long as their text. */
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

/** One row, with what its approval covers and `notes` below it. */
export function rowLines({ change, notes }: PlanRow, options: RowOptions): readonly string[] {
  const { paint, columns, width, detail } = options;
  const symbol = symbolOf(change);
  const address = cleanText(change.address).padEnd(columns.address);
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
