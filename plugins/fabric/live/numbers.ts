/** JSON of the API server, without loss: whole numbers beyond 2^53 are kept as their digits. */

import type { Json } from '#plugin';

/** A run of digits that may be beyond 2^53. */
const LONG = /\d{16}/u;

/** Parses JSON. A whole number that JavaScript would round becomes the text of its digits. */
export function parseExactly(text: string): Json {
  if (!LONG.test(text)) return JSON.parse(text) as Json;
  return JSON.parse(text, (_key, value: unknown, { source }: { readonly source?: string } = {}) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/u.test(source)
      ? source
      : value,
  ) as Json;
}
