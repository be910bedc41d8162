/**
 * Markdown for comments and summaries: text from outside is escaped, and a document stays within a budget.
 *
 * Documents and providers are not trusted: a name such as `</details> @team https://…` must not break the comment,
 * mention a user or add a link. Entities alone are not enough: platforms search the rendered text for mentions,
 * references and links, except inside code. Data is therefore inserted by one of three functions:
 *
 * | function | for | `<` and markup | mention, reference, link |
 * |---|---|---|---|
 * | `code` | names, values, states | entity | not searched for inside code; a mail address is broken by a tag |
 * | `escapeText` | sentences | entity | a word with one is put into code |
 * | `fence` | literal text, on lines of its own | literal: a fence is not markup | not searched for inside code |
 *
 * Only tags are added, never an invisible character, so that copied text is exact. Neither `code` nor `escapeText`
 * returns a raw `<`, `>` or `@` of the data, so the marker that a bot searches for cannot come from data.
 */

import { counted, numberText, printable, shorten } from '#plugin';
import { shortDigests } from './text.ts';

/** The size limit of a comment on a pull request, in bytes of UTF-8. */
export const COMMENT_BYTES = 65_536;

/** A tag that separates two characters which together would be markup. The tag is not part of copied text. */
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

/** A word as code, without the punctuation of its sentence, so that the copied word is exact. */
function wordAsCode(word: string): string {
  const [, before = '', inner = word, after = ''] = /^(\(*)(:.*?:|.*?)([,.;:)]*)$/su.exec(word) ?? [];
  return inner === '' ? asCode(word) : `${before}${asCode(inner)}${after}`;
}

/** Returns data on one line: control characters and lone surrogates are made visible, digests are shortened. */
function oneLine(data: string): string {
  return shortDigests(printable(data.toWellFormed()));
}

/** Returns at most `length` UTF-16 units of data, as part of a sentence. */
export function escapeText(data: string, length = 600): string {
  return shorten(oneLine(data), length)
    .split(/(?<=^|[^ ])(?= )|(?<= )(?=[^ ])/u)
    .map((word, i) => (MEANS.test(word) ? wordAsCode(word) : entities(word, i === 0 ? IN_TEXT : IN_WORD)))
    .join('');
}

/** Returns at most `length` UTF-16 units of data, as code within a line or a table cell. */
export function code(data: string, length = 600): string {
  return asCode(shorten(oneLine(data), length));
}

/**
 * Returns a fenced block of printable lines; the fence is longer than any in them. Their text is literal, except that
 * the first character of an HTML comment is replaced by an escape, because the comment could be taken for a marker.
 */
export function fence(lines: readonly string[], language = ''): string {
  const body = lines.map((line) => printable(line.toWellFormed()).replaceAll('<!--', '\\u{3c}!--'));
  const longest = body
    .flatMap((line) => line.match(/`+/gu) ?? [])
    .reduce((length, { length: run }) => Math.max(length, run), 2);
  const ticks = '`'.repeat(longest + 1);
  return [`${ticks}${language}`, ...body, ticks].join('\n');
}

/** Returns a row of a table. Cells are markdown on one line. */
export function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** Returns the two header lines of a table. */
export function tableHead(names: readonly string[]): string {
  return `${tableRow(names)}\n${tableRow(names.map(() => '---'))}`;
}

/** Returns a collapsed block. Both parts are markdown; `summary` is on one line. */
export function details(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

/** Returns an invisible comment, by which a bot finds its own comment: `<!-- fettle plan: shop -->`. */
export function marker(what: string, project: string): string {
  return `<!-- fettle ${what}: ${encodeURIComponent(shorten(project.toWellFormed(), 255))} -->`;
}

/** Rows of one kind under a title. */
export interface Section {
  /** The noun for one row: `removal`. */
  readonly noun: string;
  /** The plural of the noun, if that is not `noun` with an s. */
  readonly plural?: string;
  /** Markdown on one line; the number of rows is appended. */
  readonly title: string;
  /** Markdown above the first row, such as `tableHead(…)`. */
  readonly head?: string;
  readonly count: number;
  /**
   * Returns the row of an index below `count`: complete markdown without a final newline. Called only for rows that
   * fit.
   */
  readonly row: (index: number) => string;
  /** Collapsed until a reader opens it. */
  readonly collapsed?: boolean;
}

/** Returns a section with a row for each item. */
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
  /** Blocks on top, the most important first. They take precedence over all rows. */
  readonly lead: readonly string[];
  /** In the order of reading and of importance: rows of the last section are omitted first. */
  readonly sections: readonly Section[];
  /** In bytes of UTF-8. */
  readonly budgetBytes?: number;
  /** The place of the complete document, which is named if rows are omitted. */
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
  return shown === all ? numberText(all) : `${numberText(shown)} of ${numberText(all)}`;
}

/** Returns the exact number of omitted rows of each section; an empty text if no rows are omitted. */
function leftOut(sections: readonly Section[], filled: readonly Filled[], artifact: string | undefined): string {
  const shown = new Map(filled.map(({ section, rows }) => [section, rows.length]));
  const missing = sections.flatMap((section) => {
    const rest = section.count - (shown.get(section) ?? 0);
    return rest === 0 ? [] : [`${numberText(rest)} of ${counted(section.count, section.noun, section.plural)}`];
  });
  if (missing.length === 0) return '';
  const where = artifact === undefined ? '' : ` The complete document is in ${code(artifact, 200)}.`;
  return `**Omitted to save space:** ${missing.join(', ')}.${where}`;
}

/** Returns rows from the first section on, within the budget; undefined if `whole` is set and not all rows fit. */
function fill(sections: readonly Section[], room: number, whole: boolean): readonly Filled[] | undefined {
  const filled: Filled[] = [];
  let left = room;
  for (const section of sections) {
    const { count } = section;
    if (count === 0) continue;
    // Omitted rows make the title longer, at most by this text.
    let frame =
      bytesOf(sectionText(section, [], whole ? numberText(count) : `${numberText(count)} of ${numberText(count)}`)) +
      GAP.length;
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
  // A field that was inserted without `code` or `escapeText` cannot control a terminal either.
  return `${text.split('\n').map(printable).join('\n')}\n`;
}

function filledText({ section, rows }: Filled): string {
  return sectionText(section, rows, someOf(rows.length, section.count));
}

/**
 * Returns the document within its budget. Ends with a newline. Rows that do not fit are omitted from the end of the last
 * section on, and a line after the lead gives their exact numbers. If the lead and that line do not fit, blocks of the
 * lead are omitted from its end, and finally the line. Blocks and rows are never cut.
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
