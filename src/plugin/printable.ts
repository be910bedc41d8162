/**
 * Escapes text from outside for terminals and CI logs.
 *
 * A certificate, a server, a document or a file name may contain characters that control a terminal, reverse text or
 * are invisible, and words that a CI runner interprets as its commands, at any place in a line. Two functions replace
 * them by codes:
 *
 * | function | for | newline | codes |
 * |---|---|---|---|
 * | `printable` | data within a line for people | a code | `\n`, `\u{202e}` |
 * | `inert` | all output, text and JSON; the last guard | kept | `\u202e`, so that JSON stays equal |
 */

/**
 * A regular expression class: invisible and control characters, formats, directions, fillers, blanks other than space.
 */
export const UNSEEN =
  '\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}' +
  '\\u00a0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u2800\\u3000\\u{13441}\\u{13442}\\u{16fe4}\\u{1d159}';

/**
 * A regular expression class: code points that are certainly not in `UNSEEN`. Most texts only have these, and do not
 * need the other class, which takes a millisecond to build.
 */
export const SEEN = ' -~\\u00a1-\\u00ac\\u00ae-\\u034e\\u2010-\\u2027\\u2190-\\u27ff';

/** A character whose escape disables a runner's command: `##[…]`, `##vso[…]`, `##teamcity[…]`, `section_start:`. */
const COMMAND = '(?<=#)#(?=[A-Za-z]*\\[)|(?<=section)_(?=(?:start|end):)';

/** `::command::`, which is a command if only blanks precede it in its line. */
const LINE_COMMAND = '(?<=^(?:\\s|\\u001b\\[\\d+m)*):(?=:[A-Za-z])';

/** The styles of fettle's own text: bold, dim, red, green, yellow, cyan, and their ends. */
const STYLE = '\\u001b\\[(?:1|2|22|31|32|33|36|39)m';

/** Clears the present line of a terminal. Only allowed at the beginning of a write. */
export const CLEAR_LINE = '\r\u001b[K';

const NOT_SEEN_IN_LINE = new RegExp(`[^${SEEN}]`, 'u');
const NOT_SEEN = new RegExp(`[^\\n${SEEN}]`, 'u');

/**
 * The pattern for a text: only `commands` if every code point is in `SEEN`. Each pattern is compiled at its first use.
 */
function patternFor(notSeen: RegExp, unseen: string, commands: string, flags: string): (text: string) => RegExp {
  let short: RegExp | undefined;
  let whole: RegExp | undefined;
  return (text) =>
    notSeen.test(text)
      ? (whole ??= new RegExp(`${unseen}|${commands}`, flags))
      : (short ??= new RegExp(commands, flags));
}

const inALine = patternFor(NOT_SEEN_IN_LINE, `[${UNSEEN}]`, COMMAND, 'gu');
const inAStyledLine = patternFor(NOT_SEEN_IN_LINE, `${STYLE}|[${UNSEEN}]`, COMMAND, 'gu');
const inOutput = patternFor(NOT_SEEN, `${STYLE}|(?!\\n)[${UNSEEN}]`, `${COMMAND}|${LINE_COMMAND}`, 'gmu');

const KNOWN: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function codeOf(character: string): string {
  return KNOWN[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** Escapes data for one line. Idempotent. */
export function printable(data: string): string {
  return data.replace(inALine(data), codeOf);
}

/** Escapes a whole line of text for people, and keeps fettle's own colours. */
export function printableLine(line: string): string {
  return line.replace(inAStyledLine(line), (found) => (found.length > 2 ? found : codeOf(found)));
}

/** The offsets of characters that `printable` would change, with their codes. */
export function codesIn(data: string): ReadonlyMap<number, string> {
  return new Map(Array.from(data.matchAll(inALine(data)), ({ 0: character, index }) => [index, codeOf(character)]));
}

/**
 * Escapes whole lines of output. Valid JSON stays valid and equal; fettle's own colours and newlines are kept.
 * Idempotent.
 */
export function inert(text: string): string {
  return text.replace(inOutput(text), (found) =>
    found.length > 2
      ? found
      : Array.from({ length: found.length }, (_, i) => `\\u${found.charCodeAt(i).toString(16).padStart(4, '0')}`).join(
          '',
        ),
  );
}
