/**
 * Properties of loading: any text gives documents or problems with places, and never more than a plain parser reads.
 */

import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readDocuments, textMistake } from '../../../src/engine/load/documents.ts';
import { lineStarts, placeAt } from '../../../src/engine/load/lines.ts';
import { distance, type Json, nearest } from '#plugin';
import { textOf } from '../../../src/engine/load/read-text.ts';
import { formatProblems } from '../../../src/report/problems.ts';
import { mutated, yamlish } from './any-yaml.ts';
import { brief, loadFiles } from './files.ts';
import fc from '../../support/property.ts';

/** Without FETTLE_TEST_FULL=1, a part of the runs. */
const FULL = process.env['FETTLE_TEST_FULL'] === '1';

function sameAsPlain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value) ?? 'null');
}

/** The result of a plain parser: the values of a text, or an error. */
function reference(text: string): readonly unknown[] | undefined {
  const documents = [...parseAllDocuments(text, { uniqueKeys: true, resolveKnownTags: false, logLevel: 'silent' })];
  if (documents.some(({ errors, warnings }) => errors.length > 0 || warnings.length > 0)) return undefined;
  try {
    return documents.map((document) => sameAsPlain(document.toJS({ mapAsMap: false })));
  } catch {
    return undefined;
  }
}

describe('any text', () => {
  it('gives documents, or errors inside the text; without an error, the documents are those of a plain parser', () => {
    let sound = 0;
    fc.assert(
      fc.property(fc.oneof(yamlish, mutated), (text) => {
        const whole = textMistake(text);
        if (whole !== undefined) {
          expect(whole.offset).toBeGreaterThanOrEqual(0);
          expect(whole.offset).toBeLessThan(text.length);
          return;
        }
        const documents = [...readDocuments(text)].map(({ value, mistakes }) => ({ value, mistakes: [...mistakes] }));
        const mistakes = documents.flatMap((document) => document.mistakes);
        for (const { offset, message } of mistakes) {
          expect(offset).toBeGreaterThanOrEqual(0);
          expect(offset).toBeLessThanOrEqual(text.length);
          expect(message).not.toBe('');
        }
        for (const { value, mistakes: own } of documents) if (value === undefined) expect(own).not.toEqual([]);
        const plain = reference(text);
        if (plain === undefined) expect(mistakes).not.toEqual([]);
        else if (mistakes.length === 0) {
          sound++;
          expect(documents.map(({ value }) => value as Json)).toEqual(plain);
        }
      }),
      { numRuns: FULL ? 8_000 : 2_000 },
    );
    // The comparison above was made often enough to be significant.
    expect(sound).toBeGreaterThan(FULL ? 300 : 40);
  });

  it('never throws while loading, leaves prototypes unchanged, and has a place for every error', async () => {
    const before = Object.getOwnPropertyNames(Object.prototype).sort();
    await fc.assert(
      fc.asyncProperty(fc.oneof(yamlish, mutated), async (text) => {
        const { problems, desired } = await loadFiles({ 'x.yaml': text }, { paths: ['x.yaml'] });
        for (const { at, code } of problems) if (code !== 'empty-desired') expect(at).toMatchObject({ file: 'x.yaml' });
        for (const { at } of problems) {
          const line = at === undefined ? undefined : Buffer.from(text).toString().split('\n')[at.line - 1];
          if (at !== undefined) expect(at.column).toBeLessThanOrEqual((line?.length ?? 0) + 1);
        }
        expect(problems.length > 0 || desired.length > 0).toBe(true);
        const printed = formatProblems(problems, { color: false });
        expect(printed === '').toBe(problems.length === 0);
        expect(printed).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/u);
      }),
      { numRuns: FULL ? 1_500 : 400 },
    );
    expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(before);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('gives the same result for the same files in any order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(mutated, { minLength: 2, maxLength: 3 }), async (texts) => {
        const files = Object.fromEntries(texts.map((text, i) => [`f${i}.yaml`, text]));
        const paths = Object.keys(files);
        const [one, other] = [await loadFiles(files, { paths }), await loadFiles(files, { paths: paths.toReversed() })];
        expect(other).toEqual(one);
        expect(brief(other.problems)).toEqual(brief(one.problems));
      }),
      { numRuns: FULL ? 60 : 30 },
    );
  });
});

describe('any bytes', () => {
  it('are text or a problem, and the text is the bytes decoded', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const read = textOf(Buffer.from(bytes));
        if ('unreadable' in read) {
          expect(read.unreadable.line).toBeGreaterThanOrEqual(1);
          expect(read.unreadable.column).toBeGreaterThanOrEqual(1);
        } else expect(Buffer.from(read.text).equals(Buffer.from(bytes)) || bytes[0] === 0xef).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('places', () => {
  it('are those of counting lines', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'bc', '\n', '\r\n', '😀'), { maxLength: 60 }).map((parts) => parts.join('')),
        fc.nat(80),
        (text, at) => {
          const offset = Math.min(at, text.length);
          const before = text.slice(0, offset).split('\n');
          expect(placeAt(lineStarts(text), offset)).toEqual({
            line: before.length,
            column: (before.at(-1)?.length ?? 0) + 1,
          });
        },
      ),
    );
  });
});

describe('nearest', () => {
  /** The edit distance by its definition, for short words. */
  function plainDistance(a: string, b: string): number {
    if (a === '' || b === '') return a.length + b.length;
    const options = [
      plainDistance(a.slice(1), b) + 1,
      plainDistance(a, b.slice(1)) + 1,
      plainDistance(a.slice(1), b.slice(1)) + (a[0] === b[0] ? 0 : 1),
    ];
    if (a.length > 1 && b.length > 1 && a[0] === b[1] && a[1] === b[0])
      options.push(plainDistance(a.slice(2), b.slice(2)) + 1);
    return Math.min(...options);
  }

  it('agrees with the definition, up to the given limit', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 5 });
    fc.assert(
      fc.property(word, word, fc.nat(5), (a, b, most) => {
        const exact = plainDistance(a, b);
        expect(distance(a, b, most)).toBe(exact <= most ? exact : most + 1);
      }),
      { numRuns: 400 },
    );
  });

  it.each([
    ['hots', ['host', 'port'], 'host'],
    ['Domian', ['Domain', 'Issuer'], 'Domain'],
    ['HOST', ['host'], 'host'],
    ['keyAlgoritm', ['keyAlgorithm', 'issuer'], 'keyAlgorithm'],
    ['xyz', ['host', 'port'], undefined],
    ['ab', ['yz'], undefined],
    ['', ['a'], undefined],
    ['cat', ['bat', 'rat'], 'bat'],
  ])('of %s in %j is %s', (name, known, expected) => {
    expect(nearest(name, known)).toBe(expected);
  });
});
