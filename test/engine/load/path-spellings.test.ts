/** Every field of every kind, and of the configuration, that names a path accepts valid spellings and no others. */

import { describe, expect, it } from 'vitest';
import { expand } from '../../../src/engine/expand.ts';
import { formatPatterns } from '../../support/formats.ts';
import { loadConfig } from '../../../src/engine/load/config.ts';
import { type Desired, fromProject, type Json, pathMistake, type PathTable, type Problem, toDocument } from '#plugin';
import { emptyRecall } from '../../../src/engine/remember.ts';
import { builtinPlugins } from '../../../src/plugins.ts';
import { folderOf, loadFiles } from './files.ts';
import fc from '../../support/property.ts';

const plugins = await Promise.all([...builtinPlugins.values()].map((load) => load()));

interface Field extends PathTable {
  readonly plugin: string;
  /** Absent for a field in the plugin's part of `fettle.yaml`. */
  readonly kind?: string;
}

const fields: readonly Field[] = plugins.flatMap(({ name: plugin, tables }) => [
  ...Object.entries(tables.kinds).flatMap(([kind, { paths }]) => paths.map((path) => ({ plugin, kind, ...path }))),
  ...tables.settingPaths.map((path) => ({ plugin, ...path })),
]);

/** Invalid spellings, with a word of their message. */
const HOSTILE: readonly (readonly [string, string])[] = [
  ['~/tls/www.key', '`~`'],
  ['~', '`~`'],
  ['~root/www.key', '`~`'],
  ['C:\\tls\\www.key', 'backslash'],
  ['C:/tls/www.key', 'drive letter'],
  ['c:www.key', 'drive letter'],
  ['tls\\www.key', 'backslash'],
  ['\\\\host\\share\\www.key', 'backslash'],
  ['tls/a\0b', 'an escape'],
  ['tls/a\nb', 'U+000A'],
  ['tls/a\u001b[2Jb', 'U+001B'],
  ['tls/a\u0085b', 'U+0085'],
  ['tls/\u202egnp.key', 'U+202E'],
  ['tls/\u200fa', 'U+200F'],
  ['\ufefftls/a', 'U+FEFF'],
  ['tls//www.key', 'empty segment'],
  ['//host/www.key', 'empty segment'],
  ['file:///etc/www.key', 'URL'],
  ['https://example.test/www.key', 'URL'],
  ['$HOME/www.key', 'variable'],
  ['${HOME}/www.key', 'variable'],
  ['%USERPROFILE%/www.key', 'variable'],
  [' tls/www.key', 'space'],
  ['tls/www.key ', 'space'],
];
/** Names of folders, which are invalid for a file. */
const FOLDERS = ['tls/', '/', '.', '..', '../', 'tls/.', 'tls/..', './'];
const HONEST = [
  'www.key',
  './www.key',
  '../tls/www.key',
  '/etc/tls/www.key',
  'a/../b/./www.key',
  './~/www.key',
  './C:x',
];
const HONEST_ODD = ['tls/a b.key', 'tls/$x', '.hidden/…/日本語.key', 'tls/*.example.test.key', 'a~/b~', '...', 'a/...'];

/** The value that has `text` at the pointer, and nothing else. */
function valueWith(pointer: string, text: string): Json {
  return pointer
    .split('/')
    .slice(1)
    .reduceRight<Json>((inner, part) => (part === '*' ? [inner] : { [part]: inner }), text);
}

function words(pointer: string): string {
  return pointer.slice(1).replaceAll('/*', '[0]').replaceAll('/', '.');
}

/** The problems of a path in a field, without those of other fields. */
async function said(field: Field, text: string): Promise<readonly Problem[]> {
  const value = valueWith(field.pointer, text);
  const place = field.kind === undefined ? `plugins.${field.plugin}.` : 'spec.';
  // The YAML parser rejects some characters before the field is known.
  const about = ({ message }: Problem): boolean =>
    message.startsWith(`\`${place}${words(field.pointer)}\``) || message.includes('an escape');
  if (field.kind === undefined) {
    const written = JSON.stringify({ name: 'x', plugins: { [field.plugin]: value } });
    const startFolder = folderOf({ 'fettle.yaml': written });
    return (await loadConfig({ owners: 'everybody', startFolder, plugins: builtinPlugins, now: 0 })).problems.filter(
      about,
    );
  }
  const apiVersion = `${field.plugin}/v1`;
  const document = JSON.stringify({ apiVersion, kind: field.kind, metadata: { name: 'x' }, spec: value });
  return (await loadFiles({ 'x.yaml': document })).problems.filter(about);
}

describe.each(fields.map((field) => [`${field.plugin} ${field.kind ?? 'settings'} ${field.pointer}`, field] as const))(
  '%s',
  (_name, field) => {
    it('rejects an invalid path with a suggestion', async () => {
      const wrong = field.folder === true ? HOSTILE : [...HOSTILE, ...FOLDERS.map((path) => [path, 'file'] as const)];
      for (const [path, word] of wrong) {
        const [problem, ...more] = await said(field, path);
        expect([path, problem?.code, more]).toEqual([path, 'wrong-value', []]);
        expect(problem?.message).toContain(word);
        if (word !== 'an escape') expect(problem?.suggestion).toMatch(/\w/u);
        expect(problem?.at?.column).toBeGreaterThan(1);
      }
    });

    it('accepts a valid path', async () => {
      for (const path of [...HONEST, ...HONEST_ODD, ...(field.folder === true ? FOLDERS : [])])
        expect([path, await said(field, path)]).toEqual([path, []]);
    });
  },
);

it('the fields with paths are those that the specs mark', () => {
  expect(fields.length).toBeGreaterThanOrEqual(13);
  expect(fields.filter(({ use }) => use === 'send').map(({ pointer }) => pointer)).toEqual([
    '/userDataFile',
    '/template/userDataFile',
    '/workloads/file',
    '/snapshot/file',
    '/configDb/file',
  ]);
});

it('the patterns of the formats agree with the messages', () => {
  const parts = fc.array(
    fc.constantFrom(
      'a',
      '/',
      '//',
      '..',
      '.',
      '~',
      '\\',
      'C:',
      ' ',
      '$',
      '%',
      '\n',
      '\u202e',
      '\ud800',
      '日',
      '*',
      ':',
    ),
    { minLength: 1, maxLength: 6 },
  );
  fc.assert(
    fc.property(parts, fc.boolean(), (chosen, isFolder) => {
      const path = chosen.join('');
      const pattern = formatPatterns[isFolder ? 'folder-path' : 'path'] as RegExp;
      expect([path, pattern.test(path)]).toEqual([path, pathMistake(path, isFolder) === undefined]);
    }),
    { numRuns: 3000 },
  );
});

describe('a path of a document, relative to the project', () => {
  it.each([
    ['main.yaml', './ca', 'ca'],
    ['main.yaml', 'ca/', 'ca'],
    ['desired/main.yaml', './tls/../tls/www.crt', 'desired/tls/www.crt'],
    ['desired/a/main.yaml', '../../ca', 'ca'],
    ['desired/main.yaml', '/etc/ssl/./www.crt', '/etc/ssl/www.crt'],
    ['/srv/desired/main.yaml', 'ca', '/srv/desired/ca'],
    ['main.yaml', '..', '..'],
    ['main.yaml', '.', '.'],
    ['main.yaml', '/', '/'],
  ])('%s: %s is %s', (file, path, expected) => {
    expect(fromProject(file, path)).toBe(expected);
    expect(fromProject(file, toDocument(file, expected) || '.')).toBe(expected);
  });

  it.each(fields.filter(({ kind }) => kind !== undefined))('is what expanding returns: $kind $pointer', (field) => {
    const desired = (text: string): Desired => ({
      ref: { plugin: field.plugin, kind: field.kind ?? '', name: 'x' },
      spec: valueWith(field.pointer, text),
      meta: { labels: {}, lifecycle: { ignore: [] } },
      needs: [],
      source: { file: 'desired/a/x.yaml', line: 1, column: 1 },
    });
    const byName = new Map(
      plugins.map((plugin) => {
        return [plugin.name, { ...plugin, kinds: {} }] as const;
      }),
    );
    expect(expand([desired('../../tls/x')], byName, emptyRecall())[0]?.spec).toEqual(valueWith(field.pointer, 'tls/x'));
    expect(expand([desired('/etc/x')], byName, emptyRecall())[0]?.spec).toEqual(valueWith(field.pointer, '/etc/x'));
  });
});

describe('the path of the store', () => {
  const storeProblems = async (store: string): Promise<readonly Problem[]> => {
    const startFolder = folderOf({ 'fettle.yaml': `name: shop\nstore: ${JSON.stringify(store)}\n` });
    return (await loadConfig({ startFolder, owners: 'everybody', plugins: builtinPlugins, now: 0 })).problems;
  };

  it.each(HOSTILE)('%j is an error', async (store) => {
    expect((await storeProblems(store)).map(({ severity }) => severity)).toContain('error');
  });

  it.each(['.fettle', '../log', '/var/lib/fettle/shop', 'a/../b/', './~/log'])('%j is valid', async (store) => {
    expect(await storeProblems(store)).toEqual([]);
  });
});
