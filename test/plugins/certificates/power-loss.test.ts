/**
 * A power loss at every point of a change to a stored pair, on disks that keep only synced data: a valid pair always
 * exists, no key is readable by others, and the next steps settle everything.
 */

import { X509Certificate, createPrivateKey } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { placesOf } from '../../../plugins/certificates/paths.ts';
import { certificates } from '../../../plugins/certificates/plugin.ts';
import type { CertificatesWriter, PairStorage } from '../../../plugins/certificates/world.ts';
import { copyFolder, sampleOf, temporaryFolder } from '../../support/cli.ts';
import { randomFrom, testSeed } from '../../support/seed.ts';
import { type FileLeft, type Remains, filesIn, putInto, record, remainsOf } from '../../support/power-loss.ts';
import type { OneChange } from './change-once.ts';
import { begun, lineOf, stateOf, take } from './line.ts';
import { CA_SPEC, DAY, certificateSpec, desiredOf, memoryOf, openssl, outside } from './support.ts';

const FULL = process.env['FETTLE_TEST_FULL'] === '1';
/** Choices of lost data at each point, and states of the disk of each change that the next steps settle. */
const MOST = FULL ? 64 : 2;
const SETTLED = FULL ? Number.POSITIVE_INFINITY : 3;
const random = randomFrom(testSeed());
const isRoot = process.getuid?.() === 0;
const now = Math.floor(Date.now() / 1000) * 1000;
const program = join(import.meta.dirname, 'change-once.ts');

const FILES: PairStorage = { file: { certificate: 'tls/www.crt', key: 'tls/www.key' } };
const ALL_FILES: PairStorage = {
  file: {
    certificate: 'tls/www.crt',
    key: 'private/www.key',
    chain: 'tls/www.chain.crt',
    fullchain: 'tls/www.fullchain.crt',
    combined: 'private/www.pem',
    mode: '0640',
    ...(isRoot ? { owner: 1234, group: 4321 } : {}),
  },
};
const COMBINED: PairStorage = { file: { combined: 'tls/www.pem' } };
const DIRECTORY: PairStorage = {
  directory: { path: 'tls/www', combined: true, mode: '0640', ...(isRoot ? { owner: 1234, group: 4321 } : {}) },
};

/** An authority, and next to it a pair for each storage that is near its end. */
let base = '';
beforeAll(async () => {
  base = temporaryFolder();
  const world = (await certificates.openWriter(outside(base))) as CertificatesWriter;
  await world.createAuthority('ca', 'Test CA', now - 200 * DAY);
});
async function issueAt(folder: string, storage: PairStorage, at: number, first: boolean): Promise<void> {
  const world = (await certificates.openWriter(outside(folder))) as CertificatesWriter;
  await world.issue({
    storage,
    authority: { dir: 'ca' },
    dnsNames: ['www.example.test', 'example.test'],
    keyAlgorithm: 'ecdsa-p256',
    validityDays: 90,
    first,
    now: at,
    signal: new AbortController().signal,
    progress: () => {},
  });
}

function folderWithAuthority(): string {
  const folder = temporaryFolder();
  copyFolder(base, folder);
  return folder;
}

/** A change as it is traced, in a folder that `before` prepares. */
async function traced(
  what: OneChange['what'],
  storage: PairStorage,
  before: (folder: string) => Promise<void> | void,
): Promise<readonly Remains[]> {
  const folder = folderWithAuthority();
  await before(folder);
  const change: OneChange = { folder, what, storage, now };
  const recorded = record(folder, [process.execPath, program, JSON.stringify(change)], temporaryFolder());
  return remainsOf(recorded, MOST, random);
}

interface Held {
  readonly certificates: readonly X509Certificate[];
  readonly keys: readonly ReturnType<typeof createPrivateKey>[];
}

function held(text: string): Held {
  const blocks = (name: string): readonly string[] =>
    text.match(new RegExp(`-----BEGIN ${name}-----[^-]+-----END ${name}-----\n`, 'gu')) ?? [];
  const parsed = <T>(texts: readonly string[], parse: (one: string) => T): readonly T[] =>
    texts.flatMap((one) => {
      try {
        return [parse(one)];
      } catch {
        return [];
      }
    });
  return {
    certificates: parsed(blocks('CERTIFICATE'), (one) => new X509Certificate(one)),
    keys: parsed(blocks('PRIVATE KEY'), (one) => createPrivateKey(one)),
  };
}

/** True if a certificate that is valid now and its key both exist, in any files. */
function hasValidPair(files: readonly FileLeft[]): boolean {
  const all = files.filter(({ path }) => !path.startsWith('ca/')).map(({ text }) => held(text));
  const keys = all.flatMap((each) => each.keys);
  return all
    .flatMap((each) => each.certificates)
    .some(
      (certificate) => certificate.validToDate.getTime() > now && keys.some((key) => certificate.checkPrivateKey(key)),
    );
}

/** Keys that are readable by users other than their owner, or their declared group. */
function openKeys(files: readonly FileLeft[], storage: PairStorage): readonly string[] {
  const { mode = '0600', group } = storage.file ?? storage.directory ?? {};
  const most = Number.parseInt(mode, 8);
  return files
    .filter(({ path, text }) => !path.startsWith('ca/') && text.includes('PRIVATE KEY'))
    .filter((file) => (file.mode & 0o077 & ~most) !== 0 || ((file.mode & 0o070) !== 0 && isRoot && file.gid !== group))
    .map((file) => `${file.path} ${file.mode.toString(8)} ${file.uid}:${file.gid}`);
}

/** Checks that every file of the storage is as declared, and no other file is left. */
function expectSound(folder: string, storage: PairStorage): void {
  const places = new Map(placesOf(storage).map(({ part, path }) => [part, join(folder, path)]));
  const wanted = storage.file ?? storage.directory ?? {};
  const own = places.get('certificate') ?? places.get('combined') ?? '';
  const key = createPrivateKey(readFileSync(places.get('key') ?? places.get('combined') ?? ''));
  const leaf = new X509Certificate(readFileSync(own));
  const ca = new X509Certificate(readFileSync(join(folder, 'ca/ca.crt')));
  expect(leaf.checkPrivateKey(key)).toBe(true);
  expect(leaf.validToDate.getTime()).toBeGreaterThan(now);
  expect(openssl(folder, 'verify -CAfile ca/ca.crt', own)).toContain('OK');
  for (const [part, path] of places) {
    const { certificates: found, keys } = held(readFileSync(path, 'latin1'));
    const alone = places.has('chain') || places.has('fullchain');
    const chain = {
      certificate: alone ? [leaf] : [leaf, ca],
      chain: [ca],
      fullchain: [leaf, ca],
      combined: [leaf, ca],
      key: [],
    };
    expect(
      found.map((each) => each.fingerprint256),
      part,
    ).toEqual(chain[part].map((each) => each.fingerprint256));
    const holdsKey = part === 'key' || part === 'combined';
    expect(keys.map((each) => leaf.checkPrivateKey(each))).toEqual(holdsKey ? [true] : []);
    const info = statSync(path);
    expect((info.mode & 0o777).toString(8), part).toBe(holdsKey ? String(Number(wanted.mode ?? '0600')) : '644');
    if (isRoot) expect([info.uid, info.gid]).toEqual([wanted.owner ?? 0, wanted.group ?? 0]);
  }
  const names = (path: string): readonly string[] => readdirSync(join(folder, path)).sort();
  if (storage.directory === undefined) {
    const folders = new Set([...places.values()].map((path) => path.slice(0, path.lastIndexOf('/'))));
    const all = [...folders].flatMap((path) => readdirSync(path).map((name) => join(path, name)));
    // A file with other content is kept next to its place.
    expect(all.filter((path) => !/\.kept-\d+$/u.test(path)).sort()).toEqual([...places.values()].sort());
    return;
  }
  expect(names('tls/www')).toEqual([
    'cert.pem',
    'chain.pem',
    'combined.pem',
    'current',
    'fullchain.pem',
    'privkey.pem',
    'versions',
  ]);
  expect(lstatSync(join(folder, 'tls/www/current')).isSymbolicLink()).toBe(true);
  expect(names('tls/www/versions').every((name) => /^\d+$/u.test(name))).toBe(true);
  expect(names('tls/www/versions').length).toBeLessThanOrEqual(3);
}

/** Takes steps from a state of the disk until none is needed, and compares the result with the declaration. */
async function expectMended(remains: Remains, storage: PairStorage): Promise<readonly string[]> {
  const folder = temporaryFolder();
  try {
    putInto(folder, remains);
    const documents = [
      desiredOf('Issuer', 'ca', CA_SPEC),
      desiredOf('Certificate', 'www', certificateSpec({ storage })),
    ];
    const line = begun(lineOf(folder, documents, now), 'certificates/Certificate/www');
    const steps: string[] = [];
    for (;;) {
      const step = await take(line, 'certificates/Certificate/www');
      if (step === undefined) break;
      steps.push(step);
      if (steps.length > 4) throw new Error(`does not settle: ${steps.join(', ')}`);
    }
    expectSound(folder, storage);
    return steps;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A sample of them, always with the last one, where the change has ended. */
function someOf(all: readonly Remains[]): readonly Remains[] {
  return [...sampleOf(all.slice(0, -1), SETTLED, random), ...all.slice(-1)];
}

/** Runs all of them, a few at a time; the first failure names its place. */
async function forAll(all: readonly Remains[], each: (remains: Remains) => Promise<void>): Promise<void> {
  const waiting = all.values();
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (const remains of waiting) {
        try {
          await each(remains);
        } catch (error) {
          const files = filesIn(remains).map(({ path, text, mode }) => `${path} ${text.length} ${mode.toString(8)}`);
          throw new Error(`after ${remains.after} changes (${remains.text}), with ${files.join(', ')}`, {
            cause: error,
          });
        }
      }
    }),
  );
}

const OLD = now - 70 * DAY;

/** A pair that is near its end, in its own storage or in another one. */
const old = (storage: PairStorage) => (folder: string) => issueAt(folder, storage, OLD, true);

const CASES: readonly (readonly [string, PairStorage, (folder: string) => Promise<void> | void])[] = [
  ['two files', FILES, old(FILES)],
  ['every file, in two folders', ALL_FILES, old(ALL_FILES)],
  [
    'every file, of another owner and mode before',
    ALL_FILES,
    old({ file: { ...ALL_FILES.file, mode: '0600', ...(isRoot ? { owner: 0, group: 0 } : {}) } }),
  ],
  ['one file', COMBINED, old(COMBINED)],
  ['a folder', DIRECTORY, old(DIRECTORY)],
  [
    'a folder, after two versions, of another owner and mode before',
    DIRECTORY,
    async (folder) => {
      const before: PairStorage = { directory: { path: 'tls/www', combined: true } };
      await issueAt(folder, before, OLD - DAY, true);
      await issueAt(folder, before, OLD, false);
    },
  ],
];

describe('a renewal during a power loss', () => {
  test.each(CASES)(
    'with %s leaves a valid, private pair, and the next steps settle it',
    async (_name, storage, before) => {
      const all = await traced('again', storage, before);
      expect(all.length).toBeGreaterThan(6);
      await forAll(someOf(all), async (remains) => {
        const files = filesIn(remains);
        expect(openKeys(files, storage)).toEqual([]);
        expect(hasValidPair(files)).toBe(true);
        await expectMended(remains, storage);
      });
    },
    FULL ? 600_000 : 120_000,
  );

  test('in a folder leaves one whole pair behind the link, at every point', async () => {
    const all = await traced('again', DIRECTORY, old(DIRECTORY));
    const seen = new Set<string>();
    await forAll(all, async (remains) => {
      const folder = temporaryFolder();
      putInto(folder, remains);
      const [leaf] = held(readFileSync(join(folder, 'tls/www/cert.pem'), 'latin1')).certificates;
      const key = createPrivateKey(readFileSync(join(folder, 'tls/www/privkey.pem')));
      expect(leaf?.checkPrivateKey(key)).toBe(true);
      const combined = held(readFileSync(join(folder, 'tls/www/combined.pem'), 'latin1'));
      expect(combined.keys[0]?.equals(key)).toBe(true);
      for (const name of ['fullchain.pem', 'combined.pem'])
        expect(new X509Certificate(readFileSync(join(folder, 'tls/www', name))).fingerprint256).toBe(
          leaf?.fingerprint256,
        );
      seen.add(leaf?.fingerprint256 ?? '');
    });
    // The old pair, and the new one.
    expect(seen.size).toBe(2);
  }, 120_000);

  test('in files is mixed only between its renames, which follow each other', async () => {
    const all = (await traced('again', ALL_FILES, old(ALL_FILES))).filter(({ whole }) => whole);
    const mixed = all.filter((remains) => {
      const files = new Map(filesIn(remains).map(({ path, text }) => [path, text]));
      const parts = ['tls/www.crt', 'tls/www.fullchain.crt', 'private/www.pem'].map(
        (path) => held(files.get(path) ?? '').certificates[0]?.fingerprint256,
      );
      const [key] = held(files.get('private/www.key') ?? '').keys;
      const [leaf] = held(files.get('tls/www.crt') ?? '').certificates;
      return new Set(parts).size > 1 || key === undefined || leaf?.checkPrivateKey(key) !== true;
    });
    expect(mixed.map(({ text }) => text.split(' ')[0])).toEqual(['rename', 'rename', 'rename', 'rename']);
    const [first] = mixed;
    expect(mixed.map(({ after }) => after - (first?.after ?? 0))).toEqual([0, 1, 2, 3]);
  }, 120_000);
});

describe('a first issue during a power loss', () => {
  test.each([
    ['two files', FILES],
    ['every file', ALL_FILES],
    ['one file', COMBINED],
    ['a folder', DIRECTORY],
  ] as const)(
    'with %s has a private key, and the next steps settle it',
    async (_name, storage) => {
      const all = await traced('first', storage, () => undefined);
      await forAll(someOf(all), async (remains) => {
        expect(openKeys(filesIn(remains), storage)).toEqual([]);
        await expectMended(remains, storage);
      });
      const [last] = all.slice(-1);
      if (last === undefined) throw new Error('nothing was traced');
      expect(await expectMended(last, storage)).toEqual([]);
    },
    FULL ? 600_000 : 120_000,
  );
});

describe('a correction of files during a power loss', () => {
  const good = (storage: PairStorage) => async (folder: string) => issueAt(folder, storage, now - DAY, true);
  test.each<readonly [string, PairStorage, (folder: string) => Promise<void> | void]>([
    [
      'modes and owners',
      ALL_FILES,
      async (folder) => {
        await good(ALL_FILES)(folder);
        for (const name of ['private/www.key', 'private/www.pem']) {
          chmodSync(join(folder, name), 0o600);
          if (isRoot) chownSync(join(folder, name), 0, 0);
        }
      },
    ],
    [
      'files that were not wanted before',
      ALL_FILES,
      good({ file: { certificate: 'tls/www.crt', key: 'private/www.key' } }),
    ],
    [
      'files that hold something else',
      ALL_FILES,
      async (folder) => {
        await good(ALL_FILES)(folder);
        writeFileSync(join(folder, 'tls/www.fullchain.crt'), 'x');
        writeFileSync(join(folder, 'private/www.pem'), readFileSync(join(folder, 'tls/www.crt')));
      },
    ],
    [
      'files of a folder',
      DIRECTORY,
      async (folder) => {
        await good({ directory: { path: 'tls/www', combined: false } })(folder);
        rmSync(join(folder, 'tls/www/chain.pem'));
        writeFileSync(join(folder, 'tls/www/versions/1/chain.pem'), '');
      },
    ],
  ])(
    '%s: leaves a valid, private pair, and the next steps settle it',
    async (_name, storage, before) => {
      const all = await traced('tidy', storage, before);
      await forAll(someOf(all), async (remains) => {
        const files = filesIn(remains);
        expect(openKeys(files, storage)).toEqual([]);
        expect(hasValidPair(files)).toBe(true);
        await expectMended(remains, storage);
      });
      const [last] = all.slice(-1);
      if (last === undefined) throw new Error('nothing was traced');
      expect(await expectMended(last, storage)).toEqual([]);
    },
    FULL ? 600_000 : 120_000,
  );
});

describe('a removal during a power loss', () => {
  test.each([
    ['two files', FILES],
    ['every file', ALL_FILES],
    ['one file', COMBINED],
    ['a folder', DIRECTORY],
  ] as const)(
    'of %s is observed as long as any of its keys exists, and continues',
    async (_name, storage) => {
      const all = await traced('delete', storage, (folder) => issueAt(folder, storage, now - DAY, true));
      await forAll(someOf(all), async (remains) => {
        const folder = temporaryFolder();
        try {
          putInto(folder, remains);
          const applied = { at: 0, digest: '', spec: certificateSpec({ storage }) as unknown as never };
          const line = lineOf(folder, [], now);
          line.memory.set('certificates/Certificate/www', memoryOf('Certificate', 'www', { applied }));
          const hasKey = filesIn(remains).some(({ path, text }) => !path.startsWith('ca/') && text.includes('PRIVATE'));
          const state = await stateOf(line, 'certificates/Certificate/www');
          if (hasKey) expect(state).not.toBe('absent');
          if (state !== 'absent') await take(line, 'certificates/Certificate/www');
          const left = readdirSync(folder, { recursive: true, encoding: 'utf8' });
          expect(left.filter((path) => !path.startsWith('ca') && /\.(?:crt|key|pem)/u.test(path))).toEqual([]);
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      });
    },
    FULL ? 600_000 : 120_000,
  );
});

test('synced data is on the disk, and other data can be lost', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'd'));
  const script = `
    const fs = require('node:fs');
    const folder = process.argv[1];
    const put = (name, sync) => { const f = fs.openSync(folder + '/' + name, 'wx', 0o600); fs.writeSync(f, name); if (sync) fs.fsyncSync(f); fs.closeSync(f); };
    put('a', true); put('b', false);
    fs.renameSync(folder + '/a', folder + '/c');
    const d = fs.openSync(folder, 'r'); fs.fsyncSync(d); fs.closeSync(d);
    put('e', false);`;
  const recorded = record(folder, [process.execPath, '-e', script, join(folder, 'd')], temporaryFolder());
  const all = remainsOf(recorded, 64, randomFrom(1));
  const kinds = recorded.changes.map(({ effect }) => effect.kind);
  expect(kinds).toEqual(['names', 'data', 'names', 'data', 'names', 'names', 'data']);
  const textsOf = (those: readonly Remains[], name: string): ReadonlySet<string | undefined> =>
    new Set(those.map((each) => filesIn(each).find(({ path }) => path === `d/${name}`)?.text));
  // Until the folder is synced, names can exist or not; synced data exists with its name.
  const early = all.filter(({ after }) => after <= 4);
  expect(textsOf(early, 'a')).toEqual(new Set([undefined, '', 'a']));
  expect(textsOf(early, 'b')).toEqual(new Set([undefined, '', 'b']));
  // Once it is synced, they exist; data of a file that was not synced can be missing.
  const late = all.filter((each) => filesIn(each).some(({ path }) => path === 'd/e'));
  expect(textsOf(late, 'a')).toEqual(new Set([undefined]));
  expect(textsOf(late, 'c')).toEqual(new Set(['a']));
  expect(textsOf(late, 'b')).toEqual(new Set(['', 'b']));
});
