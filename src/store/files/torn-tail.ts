/**
 * Distinguishes a write that was cut short from damage.
 *
 * A writer that dies can only leave the beginning of its next record after the last newline: the bytes start as the
 * record that was due starts, continue as a record does, and stop before its newline. A file system that grew the
 * file before the data reached the disk leaves NULs, alone or after such a beginning.
 *
 * | Bytes after the last newline                        | Verdict |
 * |-----------------------------------------------------|---------|
 * | `{"seq":<next>,"time":"20…` cut anywhere            | torn    |
 * | a whole record without its newline                  | torn, if its hash matches |
 * | NULs; the beginning of a record and then NULs       | torn    |
 * | a whole record and more                             | damage: a newline was changed, and the record had been acknowledged |
 * | another sequence number, or not a record            | damage  |
 */

import { NO_HASH, readLine } from '../line.ts';

/**
 * The result of reading a beginning: continue at a position, out of bytes (so it is a beginning), or not a beginning.
 */
type Step = number | 'cut' | 'bad';

const BACKSLASH = 0x5c;
const QUOTE = 0x22;

function literal(bytes: Buffer, at: number, text: string): Step {
  for (let index = 0; index < text.length; index += 1) {
    if (at + index >= bytes.length) return 'cut';
    if (bytes[at + index] !== text.charCodeAt(index)) return 'bad';
  }
  return at + text.length;
}

function digits(bytes: Buffer, at: number, shape: RegExp, length: number): Step {
  const found = bytes.toString('latin1', at, Math.min(at + length, bytes.length));
  for (const character of found) if (!shape.test(character)) return 'bad';
  return found.length < length ? 'cut' : at + length;
}

const TIME = '0000-00-00T00:00:00.000Z';

function time(bytes: Buffer, at: number): Step {
  const found = bytes.toString('latin1', at, Math.min(at + TIME.length, bytes.length)).replaceAll(/\d/gu, '0');
  if (!TIME.startsWith(found)) return 'bad';
  return found.length < TIME.length ? 'cut' : at + TIME.length;
}

function string(bytes: Buffer, at: number): Step {
  if (at >= bytes.length) return 'cut';
  if (bytes[at] !== QUOTE) return 'bad';
  for (let index = at + 1; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte === QUOTE) return index + 1;
    if (byte < 0x20) return 'bad';
    if (byte === BACKSLASH) {
      if (index + 1 >= bytes.length) return 'cut';
      const escape = String.fromCharCode(bytes[index + 1] ?? 0);
      if (escape === 'u') {
        const after = digits(bytes, index + 2, /[0-9a-fA-F]/u, 4);
        if (typeof after !== 'number') return after;
        index = after - 1;
      } else if ('"\\/bfnrt'.includes(escape)) index += 1;
      else return 'bad';
    }
  }
  return 'cut';
}

/** A number, `true`, `false` or `null`. */
function scalar(bytes: Buffer, at: number): Step {
  for (const word of ['true', 'false', 'null']) {
    if (bytes[at] === word.charCodeAt(0)) return literal(bytes, at, word);
  }
  let index = at;
  while (index < bytes.length && '-+.eE0123456789'.includes(String.fromCharCode(bytes[index] ?? 0))) index += 1;
  if (index >= bytes.length) return 'cut';
  return index === at ? 'bad' : index;
}

/** A JSON object without blanks, as JSON.stringify writes it. `stack` holds the open brackets. */
function object(bytes: Buffer, start: number): Step {
  const opened = literal(bytes, start, '{');
  if (typeof opened !== 'number') return opened;
  const stack: ('{' | '[')[] = ['{'];
  let at = opened;
  let due: 'value' | 'first-key' | 'key' | 'first-item' | 'next' = 'first-key';
  for (;;) {
    if (at >= bytes.length) return 'cut';
    const character = String.fromCharCode(bytes[at] ?? 0);
    const open = stack.at(-1);
    let after: Step;
    if (due === 'next') {
      if (character === ',') {
        due = open === '{' ? 'key' : 'value';
        at += 1;
        continue;
      }
      after = character === (open === '{' ? '}' : ']') ? at + 1 : 'bad';
      stack.pop();
    } else if (due === 'first-key' && character === '}') {
      stack.pop();
      after = at + 1;
    } else if (due === 'first-item' && character === ']') {
      stack.pop();
      after = at + 1;
    } else if (due === 'key' || due === 'first-key') {
      const key = string(bytes, at);
      after = typeof key === 'number' ? literal(bytes, key, ':') : key;
      if (typeof after !== 'number') return after;
      due = 'value';
      at = after;
      continue;
    } else if (character === '{' || character === '[') {
      stack.push(character);
      due = character === '{' ? 'first-key' : 'first-item';
      at += 1;
      continue;
    } else after = character === '"' ? string(bytes, at) : scalar(bytes, at);
    if (typeof after !== 'number') return after;
    at = after;
    if (stack.length === 0) return at;
    due = 'next';
  }
}

/** The extent to which the bytes are the record that is due; `cut` if they end within it. */
function record(bytes: Buffer, seq: number, prev: string): Step {
  const parts: readonly ((at: number) => Step)[] = [
    (at) => literal(bytes, at, `{"seq":${seq},"time":"`),
    (at) => time(bytes, at),
    (at) => literal(bytes, at, '","actor":'),
    (at) => string(bytes, at),
    (at) => literal(bytes, at, ',"kind":'),
    (at) => string(bytes, at),
    (at) => literal(bytes, at, ',"body":'),
    (at) => object(bytes, at),
    (at) => literal(bytes, at, `,"prev":"${prev}","hash":"`),
    (at) => digits(bytes, at, /[0-9a-f]/u, NO_HASH.length),
    (at) => literal(bytes, at, '"}'),
  ];
  let at = 0;
  for (const part of parts) {
    const after = part(at);
    if (typeof after !== 'number') return after;
    at = after;
  }
  return at;
}

/** True if these bytes, which follow the last newline, can come from a writer that died while writing record `seq`. */
export function isTornTail(bytes: Buffer, seq: number, prev: string): boolean {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  if (end === 0) return true;
  const begun = bytes.subarray(0, end);
  const reached = record(begun, seq, prev);
  if (reached === 'cut') return true;
  return reached === bytes.length && typeof readLine(begun, 0, end, seq, prev) !== 'string';
}
