/** Globs over addresses: matches compared with an exhaustive reference, in linear time. */

import { describe, expect, it } from 'vitest';
import { addressMatcher, reachesBelow } from '../../src/engine/address-glob.ts';
import fc from '../support/property.ts';

/** Tries every split, so only for short texts. */
function reference(glob: string, text: string): boolean {
  const stars = /^\*+/u.exec(glob)?.[0] ?? '';
  if (stars !== '') {
    const rest = glob.slice(stars.length);
    for (let taken = 0; taken <= text.length; taken += 1) {
      if (stars === '*' && text.slice(0, taken).includes('/')) return false;
      if (reference(rest, text.slice(taken))) return true;
    }
    return false;
  }
  if (glob === '') return text === '';
  if (text === '') return false;
  return (glob[0] === '?' ? text[0] !== '/' : glob[0] === text[0]) && reference(glob.slice(1), text.slice(1));
}

const few = (...characters: readonly string[]) => fc.string({ unit: fc.constantFrom(...characters), maxLength: 8 });

describe('a glob over addresses', () => {
  it.each([
    ['a/K/x', 'a/K/x', true],
    ['a/K/*', 'a/K/x', true],
    ['a/K/*', 'a/K/s/x', false],
    ['a/**', 'a/K/s/x', true],
    ['a/K/x?', 'a/K/x1', true],
    ['a/K/x.y', 'a/K/xzy', false],
  ])('%s matches %s: %s', (glob, address, expected) => {
    expect(addressMatcher(glob)(address)).toBe(expected);
  });

  it('agrees with an exhaustive reference', () => {
    fc.assert(
      fc.property(few('a', 'b', '/', '*', '?'), few('a', 'b', '/'), (glob, text) => {
        expect(addressMatcher(glob)(text)).toBe(reference(glob, text));
      }),
      { numRuns: 3000 },
    );
  });

  it('reaches below a prefix exactly if it matches an address there', () => {
    const rest = ['a', 'b', 'ab', 'ba', 'a/b', 'aaa', 'bbb', 'a/a', 'b/a', 'aab', 'abb', 'bba'];
    fc.assert(
      fc.property(few('a', 'b', '*', '?'), (glob) => {
        if (rest.some((each) => reference(glob, `a/${each}`))) expect(reachesBelow(glob, 'a/')).toBe(true);
        if (!glob.includes('**') && !glob.includes('/')) expect(reachesBelow(glob, 'a/')).toBe(false);
      }),
    );
    expect(reachesBelow('nodes/*', 'nodes/Node/')).toBe(false);
    expect(reachesBelow('nodes/Nod?/web', 'nodes/Node/')).toBe(true);
    expect(reachesBelow('node/**', 'nodes/Node/')).toBe(false);
  });

  it.each([
    `${'**a'.repeat(12)}**b`,
    `${'*a'.repeat(700)}b`,
    '?*'.repeat(500),
    '*'.repeat(2048),
    `${'**/'.repeat(600)}b`,
    `${'a*'.repeat(500)}?`,
  ])('reads each character once: %.30s…', (glob) => {
    for (const name of ['a'.repeat(200), 'a/'.repeat(100), `${'ab'.repeat(100)}c`]) {
      let steps = 0;
      addressMatcher(glob, () => {
        steps += 1;
      })(name);
      expect(steps).toBeLessThanOrEqual(name.length);
    }
  });

  it('counts a character beyond the basic plane as one, and takes pattern characters in a name literally', () => {
    expect(addressMatcher('a/?')('a/😀')).toBe(true);
    expect(addressMatcher('a/[hn]*')('a/h1')).toBe(false);
    expect(addressMatcher('a/{a,b}')('a/a')).toBe(false);
    expect(addressMatcher('a/x.y*')('a/xzy')).toBe(false);
    expect(addressMatcher('a/x*')('a/x\nb')).toBe(true);
  });
});
