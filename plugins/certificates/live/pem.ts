/**
 * PEM as OpenSSL reads it, and with it nearly every server: line by line, up to the first block that is broken.
 *
 * A begin and an end line stand alone on their lines; trailing blanks and a byte order mark are passed over, and so is
 * any text between blocks. A reader that looked for the markers anywhere would call a file usable that no server loads.
 * `PEM_read_bio` of OpenSSL 3 with `PEM_FLAG_EAY_COMPATIBLE` is the model; a test holds both against each other.
 */

export interface Block {
  readonly kind: 'block';
  /** `CERTIFICATE`, `EC PRIVATE KEY`. */
  readonly label: string;
  /** Number of its first line, from 1. */
  readonly line: number;
  /** Encapsulated headers, such as `Proc-Type`; empty where it has none. */
  readonly headers: string;
  /** What its base64 stands for. */
  readonly der: Buffer;
  /** As it was read, with its first and last line. */
  readonly text: string;
}

/** Where reading ends: OpenSSL reads nothing from here on, and servers refuse the whole file. */
export interface Broken {
  readonly kind: 'broken';
  /** Continues `the file …`; holds nothing of the file but a label and line numbers. */
  readonly problem: string;
}

const BEGIN = '-----BEGIN ';
const END = '-----END ';
const DASHES = '-----';
/** OpenSSL reads longer lines in pieces of this length, and takes each of them for a line. */
const LONGEST_PIECE = 254;
/** Of base64 behind a header or an empty line; every line but the last one has exactly this length. */
const LINE_AFTER_HEADER = 64;
const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf';
const PLAIN_LABEL = /^[A-Z0-9][A-Z0-9 #.-]{0,40}$/iu;

interface Piece {
  /** Without what trails it. */
  readonly text: string;
  readonly from: number;
  /** Behind its last character, the line feed included. */
  readonly to: number;
  /** Number of the line that it is a part of. */
  readonly line: number;
  /** It ends where a piece ends, and not at a line feed. */
  readonly partial: boolean;
}

/** Whether a byte counts as blank at the end of a line: up to a space, and, for OpenSSL's signed bytes, from 0x80 on. */
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

/** What base64 stands for; undefined where OpenSSL does not decode it. A hyphen ends it. */
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
 * The blocks of a text in their order, and at the end what is broken. `text` holds one byte in each character (latin1).
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

/** Reads what follows a begin line, up to its end line. */
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
          `has in line ${at} an end line with something else on it; \`${END}${labelText(label)}${DASHES}\` has to stand there alone`,
        );
      const der = decoded(header === 'maybe' ? before : behind);
      if (der === undefined) return broken('is not valid base64');
      return { kind: 'block', label, line, headers: header === 'maybe' ? '' : before.join('\n'), der, end: to };
    }
    if (isLast) return broken(`goes on behind a short line, in line ${at}`);
    if (header !== 'over') {
      before.push(text);
      continue;
    }
    if (text.length > LINE_AFTER_HEADER)
      return broken(`has a line of more than ${LINE_AFTER_HEADER} characters behind an empty one, line ${at}`);
    isLast = text.length < LINE_AFTER_HEADER;
    behind.push(text);
  }
  return broken('does not end');
}
