/**
 * Markdown for comments and summaries: what comes from outside is made harmless, and a document keeps within a budget.
 *
 * Documents and the world are not trusted: a name that reads `</details> @team https://…` must neither break the comment,
 * call somebody, nor lead somewhere. Escaping by entities alone is not enough: platforms look for mentions, references
 * and links in the text that is left after markdown, but not inside code. So there are two ways for data to go in:
 *
 * | function | for | `<` and markup | mention, reference, link |
 * |---|---|---|---|
 * | `code` | names, values, states | entity | not looked for inside code; a mail address is broken by a tag |
 * | `escapeText` | sentences | entity | a word with one is put into code |
 * | `fence` | what has to be seen as it is, on lines of its own | literal: a fence is not markup | not looked for inside code |
 *
 * Nothing is added that is part of what people copy: no character that is not seen, only tags. Neither `code` nor
 * `escapeText` gives a raw `<`, `>` or `@` of the data, so a marker that a bot looks for can never come from data.
 */

import { counted, printable, shorten } from '#plugin';
import { shortDigests } from './text.ts';

/** What the largest comment of a pull request may have, in bytes of UTF-8. */
export const COMMENT_BYTES = 65_536;

/** A place where a line may break, between two characters that would mean something together: it is no text. */
const BREAK = '<wbr>';

const MARKUP = '[&<>`\\\\*_{}\\[\\]#|~@$]';
/** At the beginning of a line: rules, lists, headings, quotes, indented code. */
const LINE_START = '^[ -/:-@\\[-`{-~]|(?<=^\\d{1,9})[.)]';
const REFERENCE = '[@#!~%$&](?=[\\p{L}\\p{N}_."\'])|(?<=\\bGH)-(?=\\d)|:(?=[\\w+-]+:)|\\[(?=\\w+:)|\\*(?=\\w+:)';
const LINK = ':(?=//)|(?<=www)\\.';
const MAIL = '@(?=[\\w-]*\\.)';

const IN_TEXT = new RegExp(`${LINE_START}|${MARKUP}`, 'giu');
const IN_WORD = new RegExp(MARKUP, 'giu');
const IN_CODE = new RegExp(`(?<broken>${MAIL})|${LINK}|${MARKUP}`, 'giu');
const MEANS = new RegExp(`${REFERENCE}|${LINK}`, 'iu');

function entities(text: string, pattern: RegExp): string {
  return text.replace(pattern, (character, ...rest) => {
    const { broken } = (rest.at(-1) ?? {}) as { readonly broken?: string };
    const entity = `&#${character.codePointAt(0) ?? 0};`;
    return broken === undefined ? entity : `${entity}${BREAK}`;
  });
}

function asCode(text: string): string {
  return `<code>${entities(text, IN_CODE)}</code>`;
}

/** Data on one line: control characters and halves of a character are made visible, digests are shortened. */
function oneLine(data: string): string {
  return shortDigests(printable(data.toWellFormed()));
}

/** Data as part of a sentence. At most `length` UTF-16 units of it. */
export function escapeText(data: string, length = 600): string {
  return shorten(oneLine(data), length)
    .split(/(?<=^|[^ ])(?= )|(?<= )(?=[^ ])/u)
    .map((word, i) => (MEANS.test(word) ? asCode(word) : entities(word, i === 0 ? IN_TEXT : IN_WORD)))
    .join('');
}

/** Data as code within a line or a cell of a table. At most `length` UTF-16 units of it. */
export function code(data: string, length = 600): string {
  return asCode(shorten(oneLine(data), length));
}

/**
 * Lines of code on their own, each made printable; the fence is longer than any in them. What they hold is literal but for
 * the beginning of an HTML comment, which could pass for a marker and has a code for its first character.
 */
export function fence(lines: readonly string[], language = ''): string {
  const body = lines.map((line) => printable(line.toWellFormed()).replaceAll('<!--', '\\u{3c}!--'));
  const longest = body
    .flatMap((line) => line.match(/`+/gu) ?? [])
    .reduce((length, { length: run }) => Math.max(length, run), 2);
  const ticks = '`'.repeat(longest + 1);
  return [`${ticks}${language}`, ...body, ticks].join('\n');
}

/** A row of a table; its cells are markdown on one line. */
export function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** The two lines on top of a table. */
export function tableHead(names: readonly string[]): string {
  return `${tableRow(names)}\n${tableRow(names.map(() => '---'))}`;
}

/** Something that is opened by a click. Both parts are markdown; `summary` is on one line. */
export function details(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

/** A comment that is not seen, by which a bot finds its own: `<!-- fettle plan: shop -->`. */
export function marker(what: string, project: string): string {
  return `<!-- fettle ${what}: ${encodeURIComponent(shorten(project.toWellFormed(), 255))} -->`;
}

/** Rows of one kind under a title. */
export interface Section {
  /** What its rows are, one of them: `removal`. */
  readonly noun: string;
  /** Its plural, where that is not `noun` with an s. */
  readonly plural?: string;
  /** Markdown on one line; the number of rows is put behind it. */
  readonly title: string;
  /** What stands above the first row, such as `tableHead(…)`. */
  readonly head?: string;
  readonly count: number;
  /** The row of an index below `count`: whole in itself, without a newline at its end. Only those that fit are made. */
  readonly row: (index: number) => string;
  /** Closed until somebody opens it. */
  readonly collapsed?: boolean;
}

/** A section with a row for each item. */
export function rowsSection<T>(
  rows: readonly T[],
  row: (item: T) => string,
  rest: Omit<Section, 'count' | 'row'>,
): Section {
  return {
    ...rest,
    count: rows.length,
    row: (index) =>
      rows
        .slice(index, index + 1)
        .map(row)
        .join(''),
  };
}

export interface BudgetedDocument {
  /** Blocks on top, the most important first. They are kept before any row. */
  readonly lead: readonly string[];
  /** In the order of reading, and of importance: rows of the last one go first. */
  readonly sections: readonly Section[];
  /** Bytes of UTF-8. */
  readonly budgetBytes?: number;
  /** Where all of it is, to be named when something is left out. */
  readonly artifact?: string;
}

interface Filled {
  readonly section: Section;
  readonly rows: readonly string[];
}

const GAP = '\n\n';

function bytesOf(text: string): number {
  return Buffer.byteLength(text);
}

function sectionText({ title, head, collapsed }: Section, rows: readonly string[], count: string): string {
  const body = `${head === undefined ? '' : `${head}\n`}${rows.join('\n')}`;
  return collapsed === true ? details(`${title} (${count})`, body) : `### ${title} (${count})${GAP}${body}`;
}

function someOf(shown: number, all: number): string {
  return shown === all ? String(all) : `${shown} of ${all}`;
}

/** Exactly how many rows of which sections are left out; an empty text for none. */
function leftOut(sections: readonly Section[], filled: readonly Filled[], artifact: string | undefined): string {
  const shown = new Map(filled.map(({ section, rows }) => [section, rows.length]));
  const missing = sections.flatMap((section) => {
    const rest = section.count - (shown.get(section) ?? 0);
    return rest === 0 ? [] : [`${rest} of ${counted(section.count, section.noun, section.plural)}`];
  });
  if (missing.length === 0) return '';
  const where = artifact === undefined ? '' : ` All of it is in ${code(artifact, 200)}.`;
  return `**Left out for want of room:** ${missing.join(', ')}.${where}`;
}

/** Rows from the first section on, as long as there is room; undefined when `whole` is asked for and does not fit. */
function fill(sections: readonly Section[], room: number, whole: boolean): readonly Filled[] | undefined {
  const filled: Filled[] = [];
  let left = room;
  for (const section of sections) {
    const { count } = section;
    if (count === 0) continue;
    // What is left out makes the title longer, never more than by this.
    let frame = bytesOf(sectionText(section, [], whole ? String(count) : `${count} of ${count}`)) + GAP.length;
    const rows: string[] = [];
    for (let i = 0; i < count; i += 1) {
      const row = section.row(i);
      left -= frame + bytesOf(row) + (i === 0 ? 0 : 1);
      frame = 0;
      if (left < 0) return whole ? undefined : [...filled, ...(rows.length === 0 ? [] : [{ section, rows }])];
      rows.push(row);
    }
    filled.push({ section, rows });
  }
  return filled;
}

function joined(blocks: readonly string[]): string {
  const text = blocks.filter((block) => block !== '').join(GAP);
  // A field that was put in without `code` and `escapeText` steers nothing all the same.
  return `${text.split('\n').map(printable).join('\n')}\n`;
}

function filledText({ section, rows }: Filled): string {
  return sectionText(section, rows, someOf(rows.length, section.count));
}

/**
 * The document within its budget; ends with a newline. What does not fit is left out row by row, from the end of the last
 * section on, and the lead is followed by a line that says exactly how many of what. Where there is no room even for lead
 * and line, blocks of the lead go from its end, and at last the line; nothing is ever cut in two.
 */
export function withinBudget(document: BudgetedDocument): string {
  const { lead, sections, budgetBytes = COMMENT_BYTES, artifact } = document;
  const roomBelow = (blocks: readonly string[]): number => budgetBytes - bytesOf(joined(blocks));
  const whole = fill(sections, roomBelow(lead), true);
  if (whole !== undefined && roomBelow(lead) >= 0) return joined([...lead, ...whole.map(filledText)]);
  const longest = leftOut(sections, [], artifact);
  const filled = fill(sections, roomBelow([...lead, longest]), false) ?? [];
  const full = joined([...lead, leftOut(sections, filled, artifact), ...filled.map(filledText)]);
  if (bytesOf(full) <= budgetBytes) return full;
  for (const note of [longest, ''])
    for (let kept = lead.length; kept > 0; kept -= 1) {
      const text = joined([...lead.slice(0, kept), note]);
      if (bytesOf(text) <= budgetBytes) return text;
    }
  return '';
}
