/** A small DER reader (X.690): walks through consecutive tagged values, within bounds, and never throws. */

/** One value: its tag byte and content. */
export interface Value {
  readonly tag: number;
  readonly content: Buffer;
}

const MOST_VALUES = 10_000;

/** The values in a piece of DER; undefined if it is invalid, or of a form that certificates do not use. */
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
    values.push({ tag, content: der.subarray(begin, end) });
    at = end;
  }
  return values;
}

export const INTEGER = 0x02;
export const BITS = 0x03;
export const OCTETS = 0x04;
export const OBJECT_ID = 0x06;
export const ENUMERATED = 0x0a;
export const SEQUENCE = 0x30;

/** The content of a context-specific tag, by number: `[0]`, constructed or not. */
export function contextTag(number: number, constructed: boolean): number {
  return 0x80 | (constructed ? 0x20 : 0) | number;
}
