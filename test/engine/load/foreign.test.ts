/** Documents of other systems: which plugin takes them, and what is said about those that no plugin takes. */

import { describe, expect, it } from 'vitest';
import {
  type Claims,
  type ForeignDocument,
  formatRef,
  type Json,
  type Plugin,
  type PluginTables,
  type ReadText,
} from '#plugin';
import { isForeignVersion } from '../../../src/engine/load/foreign.ts';
import { toyPlugin, toyTables } from '../../support/toy.ts';
import { brief, loadFiles } from './files.ts';

const manifest = (name: string, ...lines: readonly string[]): string =>
  `apiVersion: things.example.com/v1\nkind: Thing\nmetadata: { name: ${name} }\n${lines.map((line) => `${line}\n`).join('')}`;
const item = (name: string): string =>
  `apiVersion: toy/v1\nkind: Item\nmetadata: { name: ${name} }\nspec: { value: 2 }\n`;

/** Takes each Thing once for every declared item, and refuses those that are called `bad`. */
function claim(documents: readonly ForeignDocument[], own: Parameters<NonNullable<Plugin['claim']>>[1]): Claims {
  const named = documents.map(({ value }) => (value['metadata'] as { readonly name: string }).name);
  return {
    taken: named.flatMap((name, of) =>
      name === 'bad'
        ? []
        : own.map(({ ref }) => ({
            of,
            ref: { plugin: 'toy', kind: 'Item', name: `${ref.name}-${name}` },
            spec: { value: 2, manifest: documents[of]?.value },
            meta: { labels: {}, lifecycle: { ignore: [] } },
            needs: [ref],
            links: name === 'linked' ? [{ address: 'toy/Item/nothing', pointer: '/metadata/name' }] : [],
          })),
    ),
    mistakes: named.flatMap((name, of) =>
      name === 'bad' ? [{ of, code: 'wrong-value', pointer: '/spec/size', message: 'the size is not valid' }] : [],
    ),
  };
}

const tables: PluginTables = toyTables;
const plugins = new Map<string, () => Promise<Plugin>>([['toy', async () => ({ ...toyPlugin, tables, claim })]]);
const loadHere = (files: Readonly<Record<string, string>>) => loadFiles(files, { plugins });

describe('the apiVersion of a foreign document', () => {
  it.each([
    ['vpc.githedgehog.com/v1beta1', true],
    ['v1', true],
    ['v1beta1', true],
    ['apps/v1', false],
    ['certificates/v1', false],
    ['certificates', false],
    ['a.b', false],
    ['a.b/', false],
    [1, false],
    [undefined, false],
  ])('%s: %s', (version, expected) => {
    expect(isForeignVersion(version)).toBe(expected);
  });
});

describe('a foreign document', () => {
  it('is taken from memory if its text is the same, and warns about its values in any case', async () => {
    const load = (text: string, texts: ReadonlyMap<string, ReadText>) =>
      loadFiles({ 'a.yaml': item('one'), 'b.yaml': text }, { plugins, remembered: { reader: 'x', texts } });
    const textsOf = async (text: string): Promise<ReadonlyMap<string, ReadText>> => {
      const { desired } = await load(text, new Map());
      return new Map(desired.flatMap(({ read }) => (read === undefined ? [] : [[read.digest, read]])));
    };
    const text = manifest('x', 'size: 3');
    const known = await textsOf(text);
    expect(known.size).toBe(2);
    const changed = new Map(
      [...known].map(([digest, read]) => [
        digest,
        { ...read, value: JSON.parse(JSON.stringify(read.value).replace('"size":3', '"size":4')) as Json },
      ]),
    );
    const { desired, problems } = await load(text, changed);
    expect(problems).toEqual([]);
    expect(desired[1]).toMatchObject({ source: { file: 'b.yaml', line: 3 }, spec: { manifest: { size: 4 } } });
    const old = manifest('x', 'on: yes');
    const brought = await load(old, await textsOf(old));
    expect(brought.problems.map(({ code }) => code)).toEqual(['yaml-versions', 'yaml-versions']);
  });

  it('becomes a resource of every document that takes it, with its place and its content', async () => {
    const loaded = await loadHere({ 'a.yaml': item('one'), 'b.yaml': item('two'), 'c.yaml': manifest('x', 'size: 3') });
    expect(loaded.problems).toEqual([]);
    expect(loaded.desired.map(({ ref }) => formatRef(ref))).toEqual([
      'toy/Item/one',
      'toy/Item/one-x',
      'toy/Item/two',
      'toy/Item/two-x',
    ]);
    expect(loaded.desired[1]).toMatchObject({
      source: { file: 'c.yaml', line: 3, column: 19 },
      spec: { manifest: { kind: 'Thing', size: 3 } },
      written: expect.arrayContaining(['/manifest/size']),
    });
  });

  it('has the mistakes of the plugin at their places', async () => {
    const { problems } = await loadHere({ 'a.yaml': item('one'), 'b.yaml': manifest('bad', 'spec:', '  size: -1') });
    expect(brief(problems)).toEqual(['b.yaml:5:9 wrong-value']);
  });

  it('has the mistakes that every document can have: a name twice, an unknown address', async () => {
    const { problems } = await loadHere({
      'a.yaml': item('one'),
      'b.yaml': `${manifest('x')}---\n${manifest('x')}---\n${manifest('linked')}`,
    });
    expect(brief(problems)).toEqual(['b.yaml:7:19 duplicate-name', 'b.yaml:11:19 unknown-reference']);
  });

  it('that no plugin takes is an error, which names the group', async () => {
    const none = new Map([['toy', async () => toyPlugin]]);
    const { problems } = await loadFiles({ 'a.yaml': manifest('x') }, { plugins: none });
    expect(brief(problems)).toEqual(['a.yaml:1:13 unknown-api-version']);
    expect(problems[0]?.message).toContain('things.example.com');
  });

  it('that no document takes is an error, which names the plugins that take such documents', async () => {
    const { problems } = await loadHere({ 'a.yaml': manifest('x') });
    expect(brief(problems)).toEqual(['a.yaml:1:13 unknown-api-version']);
    expect(problems[0]?.suggestion).toContain('toy');
  });
});

describe('a value that YAML 1.1 reads differently', () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['yes', 'true'],
    ['on', 'true'],
    ['No', 'false'],
    ['0755', 'an octal number'],
    ['1_000', 'a number'],
    ['1:30', 'a number in base 60'],
    ['"yes"', undefined],
    ['true', undefined],
    ['755', undefined],
    ['1.5', undefined],
    ['yesterday', undefined],
  ];
  it.each(cases)('%s: %s', async (text, other) => {
    const { problems } = await loadHere({ 'a.yaml': item('one'), 'b.yaml': manifest('x', `value: ${text}`) });
    expect(brief(problems)).toEqual(other === undefined ? [] : ['b.yaml:4:8 yaml-versions']);
    if (other !== undefined) expect(problems[0]).toMatchObject({ severity: 'warning' });
    if (other !== undefined) expect(problems[0]?.message).toContain(`as ${other};`);
  });

  it('is found in a key too, and does not concern documents of fettle', async () => {
    const { problems } = await loadHere({ 'a.yaml': item('one'), 'b.yaml': manifest('x', 'on: 1') });
    expect(brief(problems)).toEqual(['b.yaml:4:1 yaml-versions']);
  });
});
