/** `defined`: members that are undefined are dropped, and all others are kept as they are. */

import { describe, expect, expectTypeOf, it } from 'vitest';
import { defined } from '#plugin';

function maybe(value?: string): string | undefined {
  return value;
}

describe('defined', () => {
  it('drops undefined members and keeps every other value', () => {
    const kept = defined({ a: maybe(), b: maybe('x'), c: null, d: 0, e: '', f: false });
    expect(Object.keys(kept)).toEqual(['b', 'c', 'd', 'e', 'f']);
    expect(kept).toEqual({ b: 'x', c: null, d: 0, e: '', f: false });
  });

  it('types such a member as optional, and not as undefined', () => {
    const kept = defined({ name: 'www', label: maybe() });
    expectTypeOf(kept).toExtend<{ readonly name: string; readonly label?: string }>();
    // @ts-expect-error The member may be absent.
    const all: { readonly name: string; readonly label: string } = kept;
    expect(all.name).toBe('www');
  });

  it('keeps a member named __proto__ as a member', () => {
    const untrusted = JSON.parse('{ "__proto__": { "admin": true } }') as Record<string, unknown>;
    const kept = defined({ ...untrusted, label: maybe() });
    expect(Object.getPrototypeOf(kept)).toBe(Object.prototype);
    expect(Object.keys(kept)).toEqual(['__proto__']);
  });
});
