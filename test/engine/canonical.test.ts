/** Canonical JSON, and the digests and comparisons that are based on it. */

import { describe, expect, it } from 'vitest';
import { canonicalJson, digestOf, sameJson } from '#plugin';
import fc from '../support/property.ts';

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

  it('has its keys in the order of their code units, also numbers and the names of own places of objects', () => {
    const keys = fc.constantFrom('b', 'a', 'é', '𝒳', '', '10', '9', '01', '-1', '__proto__', 'constructor', 'toJSON');
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ depthSize: 'small' }, fc.jsonValue({ maxDepth: 0 }), fc.array(tie('tree')), tie('mapping')),
      mapping: fc
        .array(fc.tuple(keys, tie('tree')))
        // As JSON.parse makes them: `__proto__` is a member.
        .map(
          (pairs) =>
            JSON.parse(
              `{${pairs.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join()}}`,
            ) as unknown,
        ),
    }));
    const expected = (value: unknown): string => {
      if (Array.isArray(value)) return `[${value.map(expected).join()}]`;
      if (typeof value !== 'object' || value === null) return JSON.stringify(value);
      const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
      return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${expected(member)}`).join()}}`;
    };
    fc.assert(
      fc.property(tree, (value) => {
        expect(canonicalJson(value)).toBe(expected(value));
      }),
    );
  });

  it('leaves its value as it was', () => {
    const value = { b: [{ d: 1, c: 2 }, [2, { f: 0, e: 1 }]], a: undefined };
    const before = structuredClone(value);
    expect(canonicalJson(value)).toBe('{"b":[{"c":2,"d":1},[2,{"e":1,"f":0}]]}');
    expect(value).toEqual(before);
    expect(JSON.stringify(value)).toBe(JSON.stringify(before));
  });

  it.each([undefined, [undefined], { a: [undefined, null] }])(
    'has null for %o where nothing can be omitted',
    (value) => {
      expect(canonicalJson(value)).toBe(JSON.stringify(value) ?? 'null');
    },
  );

  it('omits undefined members', () => {
    expect(digestOf({ a: 1, b: undefined })).toBe(digestOf({ a: 1 }));
    expect(sameJson({ a: 1, b: undefined }, { a: 1 })).toBe(true);
  });
});
