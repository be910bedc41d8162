/** Patterns over paths: they match as in Node.js, with bounded work. */

import { symlinkSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { alternatives, MOST_ALTERNATIVES, pathPattern } from '../../../src/engine/load/path-glob.ts';
import { findFiles } from '../../../src/engine/load/paths.ts';
import { folderOf } from './files.ts';
import fc from '../../support/property.ts';

function matches(pattern: string, path: string): boolean {
  return (alternatives(pattern) ?? []).some((each) => {
    const { base, start, below, isMet } = pathPattern(each);
    const names = path.split('/');
    const fixed = base === '' ? [] : base.split('/');
    if (fixed.some((name, i) => name !== names[i])) return false;
    return isMet(names.slice(fixed.length).reduce(below, start));
  });
}

const name = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 3 });
const part = fc.oneof(
  fc.constant('**'),
  fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '[ab]', '[!a]', '{a,bc}'), minLength: 1, maxLength: 4 }),
);

describe('a pattern over paths', () => {
  it('matches what Node.js matches', () => {
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 3 }),
        fc.array(name, { minLength: 1, maxLength: 3 }),
        (parts, names) => {
          // A run of stars in a name is one star. Node.js differs for stars that stand alone after braces.
          const pattern = parts.map((each) => (each === '**' ? each : each.replace(/\*+/gu, '*'))).join('/');
          expect([pattern, names, matches(pattern, names.join('/'))]).toEqual([
            pattern,
            names,
            posix.matchesGlob(names.join('/'), pattern),
          ]);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['{a,b}', ['a', 'b']],
    ['x{a,{b,c}d}y', ['xay', 'xbdy', 'xcdy']],
    ['{a}', ['{a}']],
    ['{a,b', ['{a,b']],
    ['a}{b,c}', ['a}b', 'a}c']],
  ])('%s expands to %j', (pattern, each) => {
    expect(alternatives(pattern)?.toSorted()).toEqual(each);
  });

  it.each(['{a,b}'.repeat(30), `{${'a,'.repeat(MOST_ALTERNATIVES)}b}`, `${'{'.repeat(2000)}a,b`, '{a,'.repeat(500)])(
    'with too many alternatives is rejected: %.20s…',
    (pattern) => {
      const each = alternatives(pattern);
      expect(each === undefined || each.length <= MOST_ALTERNATIVES).toBe(true);
    },
  );

  it('with too many alternatives is rejected, and any other reads a folder once', async () => {
    const folder = folderOf({ 'a/b/c/d/x.yaml': '', [`${'a'.repeat(200)}.yaml`]: '' });
    for (const link of ['a/up', 'a/b/up', 'a/b/c/up']) symlinkSync(folder, join(folder, link));
    const { problems } = await findFiles(folder, [`${'{a,b}'.repeat(20)}.yaml`]);
    expect(problems).toMatchObject([{ code: 'no-files', message: expect.stringContaining('more than 100') }]);
    const found = await findFiles(folder, [`${'**/'.repeat(200)}x.yaml`, `${'*a'.repeat(60)}*.yaml`]);
    expect([found.problems, found.files.length]).toEqual([[], 2]);
    expect((await findFiles(folder, [`${'*a'.repeat(60)}b.yaml`])).problems).toHaveLength(1);
  });
});
