/** Canonical JSON, and the digests and comparisons that are based on it. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, digestOf, sameJson } from '#plugin';

describe('canonical JSON', () => {
  it('does not depend on the order of members, and two values are the same exactly if their JSON is', () => {
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

  it('omits undefined members', () => {
    expect(digestOf({ a: 1, b: undefined })).toBe(digestOf({ a: 1 }));
    expect(sameJson({ a: 1, b: undefined }, { a: 1 })).toBe(true);
  });
});
