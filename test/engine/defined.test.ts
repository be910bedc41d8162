/** `defined`: members that are undefined are dropped, all others are kept, and every name is checked. */

import { describe, expect, it } from 'vitest';
import { defined } from '#plugin';

interface Named {
  readonly name: string;
  readonly label?: string;
  readonly size?: { readonly disk?: number };
}

function maybe(value?: string): string | undefined {
  return value;
}

describe('defined', () => {
  it('drops undefined members and keeps every other value', () => {
    const kept = defined<Record<string, unknown>>({ a: maybe(), b: maybe('x'), c: null, d: 0, e: '', f: false });
    expect(Object.keys(kept)).toEqual(['b', 'c', 'd', 'e', 'f']);
    expect(kept).toEqual({ b: 'x', c: null, d: 0, e: '', f: false });
  });

  it('gives the type of its target', () => {
    const kept: Named = defined({ name: 'www', label: maybe(), size: defined({ disk: 40 }) });
    // @ts-expect-error The member may be absent.
    const all: { readonly name: string; readonly label: string } = kept;
    expect(all.name).toBe('www');
  });

  it('rejects a member that its target does not have', () => {
    // @ts-expect-error `lable` is misspelt.
    const direct: Named = defined({ name: 'www', lable: maybe() });
    // @ts-expect-error `lable` is misspelt next to a spread.
    const spread: Named = defined({ ...direct, lable: maybe() });
    // @ts-expect-error `lable` is misspelt, and the target is named.
    const named = defined<Named>({ name: 'www', lable: maybe() });
    // @ts-expect-error `disc` is misspelt in a literal inside.
    const inside: Named = defined({ name: 'www', size: defined({ disc: 40 }) });
    // @ts-expect-error `lable` is misspelt in what a function returns.
    const returned = (): readonly Named[] => [1].map(() => defined({ name: 'www', lable: maybe() }));
    // @ts-expect-error `lable` is misspelt in what an asynchronous function returns.
    const later = async (): Promise<Named | undefined> => defined({ name: 'www', lable: maybe() });
    expect([direct, spread, named, inside, ...returned()]).toHaveLength(5);
    expect(later).toBeTypeOf('function');
  });

  it('rejects a required member that can be undefined', () => {
    // @ts-expect-error `name` is required.
    const kept: Named = defined({ name: maybe() });
    expect(kept).toEqual({});
  });

  it('gives an unknown value where its target is not known', () => {
    const kept = defined({ name: 'www' });
    // @ts-expect-error Nothing can be read from it.
    expect(kept.name).toBe('www');
  });

  it('keeps a member named __proto__ as a member', () => {
    const untrusted = JSON.parse('{ "__proto__": { "admin": true } }') as Record<string, unknown>;
    const kept = defined<Record<string, unknown>>({ ...untrusted, label: maybe() });
    expect(Object.getPrototypeOf(kept)).toBe(Object.prototype);
    expect(Object.keys(kept)).toEqual(['__proto__']);
  });
});
