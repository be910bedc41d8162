/** The order in which changes are judged. */

import { describe, expect, it } from 'vitest';
import { inOrder } from '../../src/engine/judge.ts';
import fc from '../support/property.ts';

describe('order', () => {
  it('puts each change after those that it waits for, in any graph; a chain of 100,000 does not recurse', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20), fc.nat(20)), { maxLength: 60 }), (edges) => {
        const before = new Map<string, readonly string[]>(Array.from({ length: 21 }, (_, i) => [String(i), []]));
        // Only downward edges: no cycle.
        for (const [a, b] of edges) if (b < a) before.set(String(a), [...(before.get(String(a)) ?? []), String(b)]);
        const order = inOrder(before);
        expect([...order].sort()).toEqual([...before.keys()].sort());
        for (const [address, needs] of before)
          for (const need of needs) expect(order.indexOf(need)).toBeLessThan(order.indexOf(address));
      }),
    );
    const chain = new Map(
      Array.from({ length: 100_000 }, (_, i) => [`${i}`, i === 99_999 ? [] : [`${i + 1}`]] as const),
    );
    expect(inOrder(chain)[0]).toBe('99999');
  });

  it('ends for a cycle, and keeps every change', () => {
    expect(
      [
        ...inOrder(
          new Map([
            ['a', ['b']],
            ['b', ['a']],
          ]),
        ),
      ].sort(),
    ).toEqual(['a', 'b']);
  });
});
