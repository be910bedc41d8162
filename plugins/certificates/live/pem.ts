/**
 * PEM as OpenSSL reads it, and with it nearly every server: line by line, up to the first block that is broken.
 *
 * Begin and end markers occupy complete lines; trailing blanks and a byte order mark are skipped, and so is
 * any text between blocks. A reader that accepted the markers anywhere would accept a file that servers refuse.
 * `PEM_read_bio` of OpenSSL 3 with `PEM_FLAG_EAY_COMPATIBLE` is the model; a test compares the two.
 */

export interface Block {
  readonly kind: 'block';
  /** `CERTIFICATE`, `EC PRIVATE KEY`. */
  readonly label: string;
  /** Number of its first line, from 1. */
  readonly line: number;
  /** Encapsulated headers, such as `Proc-Type`; empty if none. */
  readonly headers: string;
  /** The decoded base64. */
  readonly der: Buffer;
  /** The original text, with its first and last line. */
  readonly text: string;
}

/** The position at which OpenSSL stops reading; servers refuse the file. */
export interface Broken {
  readonly kind: 'broken';
  /** Continues `the file …`; contains only a label and line numbers of the file. */
  readonly problem: string;
}

const BEGIN = '-----BEGIN ';
const END = '-----END ';
const DASHES = '-----';
/** OpenSSL splits longer lines into pieces of this length, and treats each as a line. */
const LONGEST_PIECE = 254;
/** Length of base64 lines after a header or an empty line, except for the last one. */
const LINE_AFTER_HEADER = 64;
const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf';
const PLAIN_LABEL = /^[A-Z0-9][A-Z0-9 #.-]{0,40}$/iu;

interface Piece {
  /** The line without trailing blanks. */
  readonly text: string;
  readonly from: number;
  /** The offset after its last character, the line feed included. */
  readonly to: number;
  /** Number of the line that contains the piece. */
  readonly line: number;
  /** Set if the piece does not end at a line feed. */
  readonly partial: boolean;
}

/** Reports whether a byte is a trailing blank: up to a space, and, for OpenSSL's signed bytes, from 0x80 on. */
function isTrailing(code: number): boolean {
  return code <= 0x20 || code >= 0x80;
}

function trimmed(text: string): string {
  let end = text.length;
  while (end > 0 && isTrailing(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

function* piecesOf(text: string): Generator<Piece, void> {
  let from = 0;
  let line = 1;
  while (from < text.length) {
    const feed = text.indexOf('\n', from);
    const end = feed === -1 ? text.length : feed + 1;
    const to = Math.min(end, from + LONGEST_PIECE);
    const partial = text[to - 1] !== '\n' && to - from === LONGEST_PIECE;
    yield { text: trimmed(text.slice(from, to)), from, to, line, partial };
    if (text[to - 1] === '\n') line += 1;
    from = to;
  }
}

/** Decodes base64; undefined if OpenSSL does not decode it. A hyphen ends it. */
function decoded(lines: readonly string[]): Buffer | undefined {
  const [data = ''] = lines
    .join('')
    .replaceAll(/[\t\r\n ]/gu, '')
    .split('-', 1);
  if (data.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/u.test(data)) return undefined;
  return Buffer.from(data, 'base64');
}

function labelText(label: string): string {
  return PLAIN_LABEL.test(label) ? label : 'block';
}

/**
 * The blocks of a text in their order, and the fault that ended the reading. `text` is latin1, one byte per character.
 */
export function* blocksOf(text: string): Generator<Block | Broken, void> {
  const pieces = piecesOf(text);
  let atStart = true;
  for (const piece of pieces) {
    const isMarked = atStart && piece.text.startsWith(BYTE_ORDER_MARK);
    const first = isMarked ? piece.text.slice(BYTE_ORDER_MARK.length) : piece.text;
    atStart = false;
    if (!first.startsWith(BEGIN) || !first.endsWith(DASHES) || first.length < BEGIN.length + DASHES.length) continue;
    const label = first.slice(BEGIN.length, -DASHES.length);
    const read = readBlock(pieces, label, piece.line);
    if (read.kind === 'broken') {
      yield read;
      return;
    }
    const begins = piece.from + (isMarked ? BYTE_ORDER_MARK.length : 0);
    yield { ...read, text: text.slice(begins, read.end) };
    atStart = true;
  }
}

/** Reads the text from a begin line to its end line. */
function readBlock(
  pieces: Iterator<Piece, void>,
  label: string,
  line: number,
): (Omit<Block, 'text'> & { readonly end: number }) | Broken {
  const broken = (why: string): Broken => ({
    kind: 'broken',
    problem: `has a ${labelText(label)} that begins in line ${line} and ${why}`,
  });
  const before: string[] = [];
  const behind: string[] = [];
  let header: 'maybe' | 'inside' | 'over' = 'maybe';
  let wasPartial = false;
  let isLast = false;
  for (let next = pieces.next(); next.done !== true; next = pieces.next()) {
    const { text, partial, to, line: at } = next.value;
    const continues = wasPartial;
    wasPartial = partial;
    if (header === 'maybe' && text.includes(':')) header = 'inside';
    if (text === '') {
      if (continues) continue;
      if (header === 'over') return broken(`has a second empty line in it, line ${at}`);
      header = 'over';
      continue;
    }
    if (text.startsWith(END)) {
      if (text !== `${END}${label}${DASHES}`)
        return broken(
          `has in line ${at} an end line with other text on it; \`${END}${labelText(label)}${DASHES}\` must be alone on its line`,
        );
      const der = decoded(header === 'maybe' ? before : behind);
      if (der === undefined) return broken('is not valid base64');
      return { kind: 'block', label, line, headers: header === 'maybe' ? '' : before.join('\n'), der, end: to };
    }
    if (isLast) return broken(`continues after a short line, in line ${at}`);
    if (header !== 'over') {
      before.push(text);
      continue;
    }
    if (text.length > LINE_AFTER_HEADER)
      return broken(`has a line of more than ${LINE_AFTER_HEADER} characters after an empty one, line ${at}`);
    isLast = text.length < LINE_AFTER_HEADER;
    behind.push(text);
  }
  return broken('does not end');
}
