/**
 * Two documents never describe one place, in any spelling; none describes the store, the configuration or a document.
 */

import { resourceWith } from '../../support/resource.ts';
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { load } from '../../../src/engine/load/load.ts';
import { openLookUp } from '../../../src/engine/load/look-up.ts';
import { indexOf, placesOf, sharingOf } from '../../../src/engine/places.ts';
import type { Resource, Problem } from '#plugin';
import { builtinPlugins } from '../../../src/plugins.ts';
import { folderOf } from './files.ts';
import fc from '../../support/property.ts';

type Storage = { readonly file: Readonly<Record<string, string>> } | { readonly directory: { readonly path: string } };

function certificate(name: string, storage: Storage): string {
  const spec = { issuer: 'ca', dnsNames: [`${name}.test`], storage };
  return JSON.stringify({ apiVersion: 'certificates/v1', kind: 'Certificate', metadata: { name }, spec });
}

function issuer(name: string, dir: string): string {
  const spec = { localCa: { dir, commonName: 'x' } };
  return JSON.stringify({ apiVersion: 'certificates/v1', kind: 'Issuer', metadata: { name }, spec });
}

/** An Issuer of ACME with a solver for each webroot. */
function account(name: string, accountKey: string, ...webroots: readonly string[]): string {
  const solvers = webroots.map((webroot) => ({ http01: { webroot } }));
  const spec = { acme: { directory: 'letsencrypt', accountKey, solvers } };
  return JSON.stringify({ apiVersion: 'certificates/v1', kind: 'Issuer', metadata: { name }, spec });
}

const CA = issuer('ca', 'ca');
const pair = (name: string, crt: string, key: string): string => certificate(name, { file: { certificate: crt, key } });
const directory = (name: string, path: string): string => certificate(name, { directory: { path } });

/** A document of the place: an authority at a path, a webroot, or a pair. */
function ownDocument(place: Storage | string | { readonly webroot: string }): string {
  if (typeof place === 'string') return issuer('b', place);
  return 'webroot' in place ? account('b', 'acme/b.key', place.webroot) : certificate('b', place);
}

async function problemsOf(
  documents: Readonly<Record<string, string>>,
  prepare: (folder: string) => void = () => {},
): Promise<readonly Problem[]> {
  const folder = folderOf(documents);
  prepare(folder);
  const reserved = [
    { kind: 'folder' as const, path: join(folder, '.fettle'), what: "the store's folder" },
    { kind: 'file' as const, path: join(folder, 'fettle.yaml'), what: 'the configuration' },
  ];
  return (await load({ folder, paths: Object.keys(documents), plugins: builtinPlugins, reserved })).problems;
}

describe('two documents', () => {
  it('with separate places have no problem', async () => {
    const text = [
      CA,
      pair('a', 'ca/a.crt', 'ca/a.key'),
      pair('b', 'b.crt', 'b.key'),
      directory('c', 'tls/c'),
      directory('d', 'tls/d'),
      pair('e', 'A.crt', 'A.key'),
    ];
    expect(await problemsOf({ 'x.yaml': text.join('\n---\n') })).toEqual([]);
  });

  it('of Issuers may have one key of an account, in any spelling, and nothing else of it', async () => {
    const two = [account('a', 'acme/account.key'), account('b', './acme/../acme/account.key')];
    expect(await problemsOf({ 'x.yaml': two.join('\n---\n') })).toEqual([]);
    for (const other of [
      account('c', 'acme/account.key.orders/c.key'),
      pair('c', 'c.crt', 'acme/account.key'),
      issuer('c', 'acme/account.key.orders'),
    ]) {
      const problems = await problemsOf({ 'x.yaml': [CA, ...two, other].join('\n---\n') });
      expect([...new Set(problems.map(({ code }) => code))]).toEqual(['same-place']);
    }
  });

  it('of Issuers may have one webroot, in any spelling, also for several solvers', async () => {
    const text = [
      account('a', 'acme/a.key', 'www', './www/', 'other/../www'),
      account('b', 'acme/b.key', 'to-www', '.'),
      pair('c', 'www/c.crt', 'www/.well-known/c.key'),
    ];
    const problems = await problemsOf({ 'x.yaml': [CA, ...text].join('\n---\n') }, (folder) => {
      mkdirSync(join(folder, 'www'));
      symlinkSync('www', join(folder, 'to-www'));
    });
    expect(problems).toEqual([]);
  });

  const CHALLENGES = 'www/.well-known/acme-challenge';

  it.each<readonly [string, string, string]>([
    ['a pair', pair('c', 'c.crt', `${CHALLENGES}/c.key`), `${CHALLENGES}/c.key contains or is inside ${CHALLENGES}`],
    ['a folder that is switched', directory('c', CHALLENGES), CHALLENGES],
    ['a folder in a folder that is switched', directory('c', 'www'), 'contains or is inside'],
    ['an authority', issuer('c', CHALLENGES), 'contains or is inside'],
    ['the key of another account', account('c', `${CHALLENGES}/account.key`), 'contains or is inside'],
    ['another webroot', account('c', 'acme/c.key', CHALLENGES), 'contains or is inside'],
  ])('never have, in the folder of challenges of a webroot, or around: %s', async (_name, other, words) => {
    const documents = { 'x.yaml': [CA, account('a', 'acme/a.key', 'www'), other].join('\n---\n') };
    const problems = await problemsOf(documents);
    expect([...new Set(problems.map(({ code }) => code))]).toEqual(['same-place']);
    expect(problems[0]?.message).toContain(words);
  });

  it.each<readonly [string, string]>([
    [`${CHALLENGES}/account.key`, 'www'],
    ['acme/account.key', 'acme/account.key.orders'],
  ])(
    'never have the key of an account in its own webroot, or a webroot in its orders: %s, %s',
    async (key, webroot) => {
      const problems = await problemsOf({ 'x.yaml': account('a', key, webroot) });
      expect(problems.map(({ code }) => code)).toEqual(['same-place']);
      expect(problems[0]?.message).toMatch(/contains or is inside .*, which this document declares at \/spec\/acme/u);
    },
  );

  it.each<readonly [string, Readonly<Record<string, string>>, string]>([
    [
      'the same certificate',
      { 'x.yaml': [CA, pair('a', 'a.crt', 'a.key'), pair('b', './x/../a.crt', 'b.key')].join('\n---\n') },
      'a.crt',
    ],
    [
      'the same key, from documents in different folders',
      { 'x.yaml': [CA, pair('a', 'a.crt', 'tls/a.key')].join('\n---\n'), 'tls/y.yaml': pair('b', '../b.crt', 'a.key') },
      'tls/a.key',
    ],
    [
      'one file for certificate and key',
      { 'x.yaml': [CA, pair('a', 'a.pem', 'a.pem')].join('\n---\n') },
      'twice by this document',
    ],
    [
      'a file of a swap',
      { 'x.yaml': [CA, pair('a', 'a.crt', 'a.key'), pair('b', 'a.crt.backup', 'b.key')].join('\n---\n') },
      'a.crt.backup',
    ],
    [
      'a pending key',
      { 'x.yaml': [CA, pair('a', 'a.crt', 'a.key'), pair('b', 'b.crt', 'a.key.pending')].join('\n---\n') },
      'a.key.pending',
    ],
    [
      'a file of an authority',
      { 'x.yaml': [CA, pair('b', 'ca/ca.crt', 'b.key')].join('\n---\n') },
      'two resources have the place ca/ca.crt, which certificates/Issuer/ca declares at x.yaml:',
    ],
    [
      'a key of an authority',
      { 'x.yaml': [CA, pair('b', 'b.crt', 'ca/ca.key')].join('\n---\n') },
      'certificates/Issuer/ca declares',
    ],
    [
      'a file that the making of an authority puts there',
      { 'x.yaml': [CA, pair('b', 'b.crt', 'ca/ca.key.pending')].join('\n---\n') },
      'ca/ca.key.pending',
    ],
    [
      'an authority in a folder that is switched',
      { 'x.yaml': [issuer('ca', 'tls/a/versions/1'), directory('a', 'tls/a')].join('\n---\n') },
      'contains or is inside',
    ],
    [
      'a file in a folder that is switched',
      { 'x.yaml': [CA, directory('a', 'tls/www'), pair('b', 'tls/www/fullchain.pem', 'b.key')].join('\n---\n') },
      'contains or is inside',
    ],
    [
      'a folder in the versions of another',
      { 'x.yaml': [CA, directory('a', 'tls/www'), directory('b', 'tls/www/versions/7')].join('\n---\n') },
      'contains or is inside',
    ],
    [
      'a folder around another',
      { 'x.yaml': [CA, directory('a', 'tls/www'), directory('b', 'tls')].join('\n---\n') },
      'contains or is inside',
    ],
    [
      'a file in the place of a folder',
      { 'x.yaml': [CA, directory('a', 'tls/www'), pair('b', 'tls/www', 'b.key')].join('\n---\n') },
      'tls/www',
    ],
    [
      'the same folder',
      { 'x.yaml': [CA, directory('a', './tls/www'), directory('b', 'tls/www/')].join('\n---\n') },
      'tls/www',
    ],
    [
      'the chain of another',
      {
        'x.yaml': [
          CA,
          certificate('a', { file: { certificate: 'a.crt', key: 'a.key', chain: 'c.pem' } }),
          certificate('b', { file: { certificate: 'b.crt', key: 'b.key', chain: 'c.pem' } }),
        ].join('\n---\n'),
      },
      'c.pem',
    ],
    ['two authorities in one folder', { 'x.yaml': [CA, issuer('b', 'ca')].join('\n---\n') }, 'ca/ca.crt'],
  ])('never describe %s', async (_name, documents, words) => {
    const problems = await problemsOf(documents);
    expect(problems.map(({ code }) => code)).toEqual(problems.map(() => 'same-place'));
    expect(problems[0]?.message).toContain(words);
    if (words !== 'twice by this document') expect(problems[0]?.message).toMatch(/ declares at .*:\d+:\d+$/u);
  });
});

describe('a document', () => {
  it.each<readonly [string, Storage | string | { readonly webroot: string }, string]>([
    [
      'in the store',
      { file: { certificate: '.fettle/log/900000000001-00000001.ndjson', key: 'k' } },
      'contains or is inside',
    ],
    ['as a lock', { file: { certificate: 'c', key: '.fettle/lock-9999' } }, 'contains or is inside'],
    ['in the store, through a link', { file: { certificate: 'to-store/log/x', key: 'k' } }, 'contains or is inside'],
    ['as the store itself', { directory: { path: '.fettle' } }, "the store's folder"],
    ['around the store', { directory: { path: '.' } }, 'contains or is inside'],
    ['as the configuration', { file: { certificate: 'fettle.yaml', key: 'k' } }, 'the configuration'],
    [
      'as the configuration, by the name of a copy',
      { file: { certificate: 'c', key: 'sub/../fettle.yaml' } },
      'the configuration',
    ],
    ['as itself', { file: { combined: 'x.yaml' } }, 'a document'],
    ['as another document', { file: { combined: 'sub/y.yaml' } }, 'a document'],
    ['around a document', { directory: { path: 'sub' } }, 'contains or is inside'],
    ['as an authority in the store', '.fettle/ca', 'contains or is inside'],
    ['as a webroot in the store', { webroot: '.fettle' }, "contains or is inside the store's folder"],
    ['as a webroot in the store, through a link', { webroot: 'to-store/www' }, 'contains or is inside'],
    ['as a webroot around a document', { webroot: 'around' }, 'contains or is inside a document'],
  ])('cannot describe a place %s', async (_name, storage, words) => {
    const documents = {
      'x.yaml': [CA, ownDocument(storage)].join('\n---\n'),
      'sub/y.yaml': pair('c', '../y.crt', '../y.key'),
      'around/.well-known/acme-challenge/z.yaml': pair('d', '../../../d.crt', '../../../d.key'),
    };
    const problems = await problemsOf(documents, (folder) => {
      mkdirSync(join(folder, '.fettle/log'), { recursive: true });
      symlinkSync('.fettle', join(folder, 'to-store'));
    });
    expect(problems.map(({ code }) => code)).toEqual(['reserved-place']);
    expect(problems[0]?.message).toContain(words);
  });
});

describe('a place that would be read as a document', () => {
  const desired = ['docs/', 'more/*', 'deep/**', 'other/{a,b}.pem', 'hidden/.well-known/*/*', 'x.yaml'];

  const problemsIn = async (storage: Storage | string | { readonly webroot: string }): Promise<readonly Problem[]> => {
    const own = ownDocument(storage);
    const folder = folderOf({
      'x.yaml': [CA, own].join('\n---\n'),
      'docs/y.yaml': '',
      'more/y.yaml': '',
      'deep/y.yaml': '',
      'other/a.pem': '',
      'hidden/.well-known/other/a': '',
    });
    mkdirSync(join(folder, 'tls'));
    symlinkSync('more', join(folder, 'to-more'));
    const { problems } = await load({ folder, paths: desired, plugins: builtinPlugins });
    return problems.filter(({ at }) => at?.file === 'x.yaml');
  };

  it.each<readonly [string, Storage | string | { readonly webroot: string }]>([
    ['by its ending', { file: { certificate: 'docs/www.yaml', key: 'tls/k' } }],
    ['by its ending in capitals', { file: { certificate: 'tls/c', key: 'docs/k.YML' } }],
    ['by its ending, elsewhere', { file: { certificate: 'tls/c.yaml', key: 'tls/k' } }],
    ['by a pattern', { file: { certificate: 'more/www.crt', key: 'tls/k' } }],
    ['by a pattern, through a link', { file: { certificate: 'tls/c', key: 'to-more/www.key' } }],
    ['by a pattern of any folders', { file: { certificate: 'deep/in/a/www.crt', key: 'tls/k' } }],
    ['by an alternative', { file: { certificate: 'other/b.pem', key: 'tls/k' } }],
    ['as a folder', { directory: { path: 'deep/tls' } }],
    ['as an authority', 'more'],
    ['as a webroot', { webroot: 'hidden' }],
  ])('%s is an error', async (_name, storage) => {
    const problems = await problemsIn(storage);
    expect(problems.map(({ code }) => code)).toEqual(['reserved-place']);
    expect(problems[0]?.message).toMatch(/would be read as a document$/u);
  });

  it.each<readonly [string, Storage | string | { readonly webroot: string }]>([
    ['next to the documents of a folder', { file: { certificate: 'docs/www.crt', key: 'docs/www.key' } }],
    ['below the folder of a pattern', { file: { certificate: 'more/in/www.crt', key: 'tls/k' } }],
    ['in a folder that is not searched', { file: { certificate: 'deep/.tls/www.crt', key: 'tls/k' } }],
    ['as a folder next to documents', { directory: { path: 'docs/tls' } }],
    ['as an authority next to documents', 'docs'],
    ['as a webroot next to documents', { webroot: 'docs' }],
  ])('is accepted %s', async (_name, storage) => {
    expect(await problemsIn(storage)).toEqual([]);
  });
});

/** Folders, and all spellings of them; the links exist, some of the folders do not. */
const SPELLINGS: Readonly<Record<string, readonly string[]>> = {
  one: [
    'one',
    './one',
    'two/../one',
    'to-one',
    'far/../one',
    '{}/one',
    '{}/to-one',
    'deep/in/to-one',
    'all/one',
    'all/to-one',
  ],
  two: ['two', 'one/../two', 'to-two', '{}/two', 'deep/in/to-two', 'all/all/two'],
  'not/there': ['not/there', './not/./there', 'to-nothing', '{}/not/there', 'all/not/there', 'all/to-nothing'],
};

function prepareLinks(folder: string): void {
  for (const path of ['one', 'two', 'deep/in']) mkdirSync(join(folder, path), { recursive: true });
  symlinkSync('one', join(folder, 'to-one'));
  symlinkSync(join(folder, 'to-two-again'), join(folder, 'to-two'));
  symlinkSync('two', join(folder, 'to-two-again'));
  symlinkSync('../../one', join(folder, 'deep/in/to-one'));
  symlinkSync('../../to-two', join(folder, 'deep/in/to-two'));
  symlinkSync('not/there', join(folder, 'to-nothing'));
  symlinkSync('.', join(folder, 'all'));
  // One file under two names.
  for (const path of ['one/linked', 'two/alone']) writeFileSync(join(folder, path), path);
  linkSync(join(folder, 'one/linked'), join(folder, 'two/other-name'));
}

const place = fc.constantFrom(...Object.keys(SPELLINGS)).chain((where) =>
  fc.record({
    where: fc.constant(where),
    spelling: fc.constantFrom(...(SPELLINGS[where] ?? [])),
    name: fc.constantFrom('a', 'b', 'A', 'linked', 'other-name', 'alone'),
  }),
);

/** The place of each spelling, from the way that it was built. */
function thing({ where, name }: { readonly where: string; readonly name: string }): string {
  const both = `${where}/${name}`;
  return both === 'two/other-name' ? 'one/linked' : both;
}

it('two documents are accepted exactly if no place of one is a place of the other, in any spelling', async () => {
  let same = 0;
  await fc.assert(
    fc.asyncProperty(fc.tuple(place, place, place, place), async (chosen) => {
      const things = chosen.map(thing);
      const expected = new Set(things).size < things.length;
      if (expected) same += 1;
      const folder = folderOf({});
      prepareLinks(folder);
      const path = (i: number): string => {
        const { spelling, name } = chosen[i] ?? { spelling: '', name: '' };
        return `${spelling.replace('{}', folder)}/${name}`;
      };
      const text = [CA, pair('a', path(0), path(1)), pair('b', path(2), path(3))].join('\n---\n');
      writeFileSync(join(folder, 'x.yaml'), text);
      const { problems } = await load({ folder, paths: ['x.yaml'], plugins: builtinPlugins });
      const own = new Set([thing(chosen[0]), thing(chosen[1])]).size < 2 && chosen[0].name !== chosen[1].name;
      // Two links of one file within one document concern one pair alone.
      const others = new Set([thing(chosen[2]), thing(chosen[3])]).size < 2 && chosen[2].name !== chosen[3].name;
      if (own || others) return;
      expect([text, problems.some(({ code }) => code === 'same-place')]).toEqual([text, expected]);
    }),
    { numRuns: 400 },
  );
  expect(same).toBeGreaterThan(50);
});

it('names that differ by case alone are one place if the disk folds case, and otherwise two', async () => {
  const folder = folderOf({});
  const stored = (name: string, path: string): Resource =>
    resourceWith({
      ref: { plugin: 'certificates', kind: 'Certificate', name },
      desired: {
        ref: { plugin: 'certificates', kind: 'Certificate', name },
        spec: { storage: { file: { combined: path } }, renewal: {}, recovery: {}, served: {} },
        meta: { labels: {}, lifecycle: { ignore: [] } },
        needs: [],
        source: { file: 'x.yaml', line: 1, column: 1 },
      },
    });
  const shared = (one: string, other: string, folds: boolean): number => {
    const lookUp = { ...openLookUp(folder), folds: () => folds };
    const [own, others] = [stored('a', one), stored('b', other)].map((each) => placesOf(each, lookUp));
    return sharingOf(own ?? [], indexOf(others ?? [], [], lookUp), lookUp).length;
  };
  for (const [one, other] of [
    ['tls/www.pem', 'tls/WWW.pem'],
    ['tls/www.pem', 'TLS/www.pem'],
    ['tls/\u00e9.pem', 'tls/E\u0301.pem'],
    ['tls/www.pem', 'tls/www.PEM.backup'],
    ['tls/stra\u00dfe.pem', 'tls/STRASSE.pem'],
    ['tls/\u03bf\u03c2.pem', 'tls/\u03bf\u03c3.pem'],
  ] as const) {
    expect([one, other, shared(one, other, true) > 0]).toEqual([one, other, true]);
    expect([one, other, shared(one, other, false)]).toEqual([one, other, 0]);
  }
});
