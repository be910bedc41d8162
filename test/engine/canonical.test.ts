/** Canonical JSON, and the digests and comparisons that are made of it. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, digestOf, sameJson } from '#plugin';

describe('canonical JSON', () => {
  it('is the same in whatever order members were built, and says whether values are the same', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const shuffled = JSON.parse(JSON.stringify(a), (_key, value: unknown) =>
          typeof value === 'object' && value !== null && !Array.isArray(value)
            ? Object.fromEntries(Object.entries(value).toReversed())
            : value,
        ) as unknown;
        expect(canonicalJson(shuffled)).toBe(canonicalJson(JSON.parse(JSON.stringify(a))));
        const [x, y] = [JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b))] as [unknown, unknown];
        expect(sameJson(x, shuffled)).toBe(true);
        expect(sameJson(x, y)).toBe(canonicalJson(x) === canonicalJson(y));
      }),
    );
  });

  it('leaves undefined members out', () => {
    expect(digestOf({ a: 1, b: undefined })).toBe(digestOf({ a: 1 }));
    expect(sameJson({ a: 1, b: undefined }, { a: 1 })).toBe(true);
  });
});
