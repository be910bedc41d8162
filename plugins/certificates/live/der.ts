/** A little of DER (X.690): values are walked through within bounds, and never throw; and are put together. */

/** One value: its tag byte, what it holds, and all of its bytes. */
export interface Value {
  readonly tag: number;
  readonly content: Buffer;
  readonly raw: Buffer;
}

const MOST_VALUES = 10_000;

/** The values in a piece of DER; undefined where it is none, or of a form that certificates do not have. */
export function valuesOf(der: Buffer): readonly Value[] | undefined {
  const values: Value[] = [];
  let at = 0;
  while (at < der.length) {
    const tag = der[at];
    const first = der[at + 1];
    if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f || values.length === MOST_VALUES)
      return undefined;
    let length = first;
    let begin = at + 2;
    if (first >= 0x80) {
      const bytes = first & 0x7f;
      if (bytes === 0 || bytes > 4 || begin + bytes > der.length) return undefined;
      length = der.readUIntBE(begin, bytes);
      begin += bytes;
    }
    const end = begin + length;
    if (end > der.length) return undefined;
    values.push({ tag, content: der.subarray(begin, end), raw: der.subarray(at, end) });
    at = end;
  }
  return values;
}

export const BOOLEAN = 0x01;
export const INTEGER = 0x02;
export const BITS = 0x03;
export const OCTETS = 0x04;
export const OBJECT_ID = 0x06;
export const UTF8_TEXT = 0x0c;
export const UTC_TIME = 0x17;
export const GENERALIZED_TIME = 0x18;
export const SEQUENCE = 0x30;
export const SET = 0x31;

/** What is in a tag of its own class, by number: `[0]`, constructed or not. */
export function contextTag(number: number, constructed: boolean): number {
  return 0x80 | (constructed ? 0x20 : 0) | number;
}

/** The length of a value: in one byte below 128, else in as few as it takes, with their count in front (X.690, 8.1.3). */
function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const digits = length.toString(16);
  const bytes = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
}

/** A value of a tag that holds these pieces, one behind the other. */
export function value(tag: number, ...pieces: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(pieces);
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

/** `2.5.29.17` (X.690, 8.19): the first two numbers in one, each number in groups of seven bits. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number);
  const groups = (number: number): readonly number[] =>
    number < 0x80 ? [number] : [...groups(Math.floor(number / 0x80)).map((byte) => byte | 0x80), number % 0x80];
  return value(OBJECT_ID, Buffer.from([first * 40 + second, ...others].flatMap(groups)));
}

/** Bits that have names, by number: none behind the last one that is set (X.690, 11.2.2). */
export function namedBits(...set: readonly number[]): Buffer {
  const last = Math.max(...set);
  const bytes = Buffer.alloc(Math.floor(last / 8) + 1);
  for (const bit of set) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return value(BITS, Buffer.from([7 - (last & 7)]), bytes);
}
