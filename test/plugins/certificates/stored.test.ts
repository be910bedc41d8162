/** Stored pairs in every layout of services, compared with openssl; and the treatment of foreign pairs. */

import { spawnSync } from 'node:child_process';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { idFor, nameFor, readAccounts } from '../../../plugins/certificates/live/accounts.ts';
import { readDirectory, switchIn } from '../../../plugins/certificates/live/directory.ts';
import { readWhole, setAttributes } from '../../../plugins/certificates/live/files.ts';
import type { Validate } from '../../../plugins/certificates/live/swap.ts';
import { readChain } from '../../../plugins/certificates/live/x509-read.ts';
import { placesOf } from '../../../plugins/certificates/paths.ts';
import { certificates } from '../../../plugins/certificates/plugin.ts';
import type { CertificatesWriter, IssueOrder, PairSeen, PairStorage } from '../../../plugins/certificates/world.ts';
import { DAY, openssl, outside, read } from './support.ts';
import { temporaryFolder } from '../../support/cli.ts';

const isRoot = process.getuid?.() === 0;
const now = Math.floor(Date.now() / 1000) * 1000;

async function open(folder: string): Promise<CertificatesWriter> {
  const world = (await certificates.openWriter(outside(folder))) as CertificatesWriter;
  if (!existsSync(join(folder, 'ca'))) await world.createAuthority('ca', 'Test CA', now - 100 * DAY);
  return world;
}

function issue(world: CertificatesWriter, storage: PairStorage, more: Partial<IssueOrder> = {}) {
  return world.issue({
    storage,
    authority: { dir: 'ca' },
    dnsNames: ['www.example.test', 'example.test'],
    keyAlgorithm: 'ecdsa-p256',
    validityDays: 90,
    first: true,
    now,
    signal: new AbortController().signal,
    progress: () => {},
    ...more,
  });
}

type Seen = Extract<PairSeen, { status: 'seen' }>;

async function seen(world: CertificatesWriter, storage: PairStorage): Promise<Seen> {
  const found = await world.readPair(storage);
  if (found.status !== 'seen') throw new Error('nothing is there');
  return found;
}

const octal = (...path: readonly string[]): string => (statSync(join(...path)).mode & 0o7777).toString(8);
const count = (text: string, what: string): number => text.split(`-----BEGIN ${what}-----`).length - 1;

const EVERYTHING = {
  certificate: 'tls/www.crt',
  key: 'tls/www.key',
  chain: 'tls/www.ca.crt',
  fullchain: 'tls/www.full.crt',
  combined: 'tls/www.pem',
};

describe('files', () => {
  test('all of them, as openssl reads them', async () => {
    const folder = temporaryFolder();
    const world = await open(folder);
    const issued = await issue(world, { file: EVERYTHING });
    const digest = (path: string): string =>
      openssl(folder, 'x509 -noout -fingerprint -sha256 -in', path)
        .split('=')[1]
        ?.trim()
        .replaceAll(':', '')
        .toLowerCase() ?? '';
    for (const path of [EVERYTHING.certificate, EVERYTHING.fullchain, EVERYTHING.combined])
      expect(`sha256:${digest(path)}`).toBe(issued.fingerprint);
    expect(digest(EVERYTHING.chain)).toBe(digest('ca/ca.crt'));
    const counts = Object.entries(EVERYTHING).map(([part, path]) => {
      const text = read(folder, path);
      return [part, count(text, 'CERTIFICATE'), count(text, 'PRIVATE KEY'), octal(folder, path)];
    });
    expect(counts).toEqual([
      ['certificate', 1, 0, '644'],
      ['key', 0, 1, '600'],
      ['chain', 1, 0, '644'],
      ['fullchain', 2, 0, '644'],
      ['combined', 2, 1, '600'],
    ]);
    const verify = (...args: readonly string[]) => openssl(folder, 'verify -verify_hostname example.test', ...args);
    expect(verify('-CAfile', EVERYTHING.chain, EVERYTHING.certificate)).toContain('OK');
    expect(verify('-CAfile', 'ca/ca.crt', EVERYTHING.combined)).toContain('OK');
    const publicOf = (path: string) => openssl(folder, 'pkey -pubout -in', path);
    expect(publicOf(EVERYTHING.combined)).toBe(publicOf(EVERYTHING.key));
    expect(openssl(folder, 'x509 -noout -pubkey -in', EVERYTHING.certificate)).toBe(publicOf(EVERYTHING.key));
    expect(await world.readPair({ file: EVERYTHING })).toMatchObject({
      key_matches: true,
      key_fingerprint: issued.key,
      chain: [{ subject: 'CN=www.example.test' }, { subject: 'CN=Test CA' }],
      files: [{ part: 'certificate' }, { part: 'chain' }, { part: 'combined' }, { part: 'fullchain' }, { part: 'key' }],
      swap: 'none',
      leftovers: [],
    });
    expect(readdirSync(join(folder, 'tls')).sort()).toEqual(
      Object.values(EVERYTHING)
        .map((path) => path.slice(4))
        .sort(),
    );
  });

  test('one of them, with key and certificates', async () => {
    const folder = temporaryFolder();
    const world = await open(folder);
    const storage = { file: { combined: 'www.pem' } };
    const first = await issue(world, storage);
    expect([octal(folder, 'www.pem'), count(read(folder, 'www.pem'), 'CERTIFICATE')]).toEqual(['600', 2]);
    expect(await seen(world, storage)).toMatchObject({
      key_matches: true,
      key_fingerprint: first.key,
      files: [{ part: 'combined' }],
    });
    const second = await issue(world, storage, { first: false });
    expect((await seen(world, storage)).key_fingerprint).toBe(second.key);
    expect(second.key).not.toBe(first.key);
    await expect(issue(world, storage)).rejects.toThrow('already exists, and is not overwritten');
    await world.deletePair(storage);
    expect((await world.readPair(storage)).status).toBe('absent');
  });

  test('of a self-signed certificate: it is its own authority', async () => {
    const folder = temporaryFolder();
    const world = await open(folder);
    await world.issue({
      storage: { file: EVERYTHING },
      dnsNames: ['a.test'],
      keyAlgorithm: 'ed25519',
      validityDays: 9,
      first: true,
      now,
      signal: new AbortController().signal,
      progress: () => {},
    });
    const own = read(folder, EVERYTHING.certificate);
    expect(read(folder, EVERYTHING.chain)).toBe(own);
    expect(read(folder, EVERYTHING.fullchain)).toBe(own);
    expect((await seen(world, { file: EVERYTHING })).files.filter(({ problem }) => problem !== undefined)).toEqual([]);
  });

  test('that are links are replaced, and their targets stay', async () => {
    const folder = temporaryFolder();
    const world = await open(folder);
    const kept = { file: { certificate: 'archive/cert1.pem', key: 'archive/privkey1.pem' } };
    await issue(world, kept);
    const before = [read(folder, kept.file.certificate), read(folder, kept.file.key)];
    mkdirSync(join(folder, 'live'));
    const storage = { file: { certificate: 'live/cert.pem', key: 'live/privkey.pem' } };
    symlinkSync('../archive/cert1.pem', join(folder, 'live/cert.pem'));
    symlinkSync('../archive/privkey1.pem', join(folder, 'live/privkey.pem'));
    expect((await seen(world, storage)).files).toMatchObject([{ link: true }, { link: true }]);
    await issue(world, storage, { first: false });
    expect(await seen(world, storage)).toMatchObject({ key_matches: true, swap: 'none' });
    expect((await seen(world, storage)).files.map(({ link }) => link)).toEqual([undefined, undefined]);
    expect([read(folder, kept.file.certificate), read(folder, kept.file.key)]).toEqual(before);
  });
});

describe('owner, group and mode', () => {
  describe('of a file of another program', () => {
    /** A pair whose key is a link to another file, and the mode and content of that file. */
    async function linked(text: (folder: string) => string) {
      const folder = temporaryFolder();
      const world = await open(folder);
      await issue(world, { file: EVERYTHING });
      const own = await seen(world, { file: EVERYTHING });
      const victim = join(folder, 'victim');
      writeFileSync(victim, text(folder));
      chmodSync(victim, 0o644);
      const putLink = (): void => {
        rmSync(join(folder, EVERYTHING.key));
        symlinkSync('../victim', join(folder, EVERYTHING.key));
      };
      return { folder, world, own, victim, putLink };
    }

    test('stay if a link leads there and the file is not of the pair', async () => {
      const { world, victim, putLink } = await linked(() => 'root:*:1:0:99999:7:::\n');
      putLink();
      await expect(world.tidyPair({ file: EVERYTHING })).rejects.toThrow('is a symbolic link, and its target');
      expect(octal(victim)).toBe('644');
    });

    test('stay if links lead to another pair than the one that the step was planned for', async () => {
      const { folder, world, own } = await linked(() => '');
      const theirs = { certificate: 'theirs/a.crt', key: 'theirs/a.key' };
      await issue(world, { file: theirs });
      chmodSync(join(folder, theirs.key), 0o644);
      const storage = { file: { certificate: 'links/a.crt', key: 'links/a.key' } };
      mkdirSync(join(folder, 'links'));
      for (const name of ['a.crt', 'a.key']) symlinkSync(`../theirs/${name}`, join(folder, 'links', name));
      const found = { key: own.key_fingerprint ?? '', keep: [] };
      await expect(world.tidyPair(storage, false, found)).rejects.toThrow('has another key than when the plan');
      expect(octal(folder, theirs.key)).toBe('644');
      // Their own pair gets its mode, also through links.
      await world.tidyPair(storage, false, { ...found, key: (await seen(world, storage)).key_fingerprint ?? '' });
      expect(octal(folder, theirs.key)).toBe('600');
    });

    test('stay if the link was put there after the file was read', async () => {
      const { folder, victim, putLink } = await linked((at) => read(at, EVERYTHING.key));
      const file = await readWhole(join(folder, EVERYTHING.key), 65_536);
      if (file.kind !== 'file') throw new Error('the key was not read');
      putLink();
      await expect(setAttributes(join(folder, EVERYTHING.key), { mode: 0o600 }, file.stat)).rejects.toThrow(
        'was changed by another program. Its owner and mode are not set',
      );
      expect(octal(victim)).toBe('644');
    });

    test('stay if the key of an authority is a link to a file without a key', async () => {
      const { folder, world, victim } = await linked(() => 'not a key\n');
      rmSync(join(folder, 'ca/ca.key'));
      symlinkSync('../victim', join(folder, 'ca/ca.key'));
      await expect(world.tidyAuthority('ca')).rejects.toThrow('ca.key');
      await expect(world.tidyAccountKey('ca/ca.key')).rejects.toThrow('key');
      expect(octal(victim)).toBe('644');
    });
  });

  test.each(['0400', '0440', '0600', '0640'] as const)('of %s are those of every file with the key', async (mode) => {
    const folder = temporaryFolder();
    const world = await open(folder);
    const storage = { file: { ...EVERYTHING, mode } };
    await issue(world, storage);
    await issue(world, storage, { first: false });
    expect([octal(folder, EVERYTHING.key), octal(folder, EVERYTHING.combined)]).toEqual([mode.slice(1), mode.slice(1)]);
    expect(octal(folder, EVERYTHING.certificate)).toBe('644');
  });

  test('do not depend on the umask', async () => {
    const folder = temporaryFolder();
    const world = await open(folder);
    for (const umask of [0o077, 0]) {
      const before = process.umask(umask);
      try {
        const storage: PairStorage = { directory: { path: `www-${umask}`, combined: false, mode: '0640' } };
        await issue(world, storage);
        const own = join(folder, `www-${umask}`);
        expect([octal(own, 'privkey.pem'), octal(own, 'cert.pem'), octal(own, 'versions/1')]).toEqual([
          '640',
          '644',
          '755',
        ]);
      } finally {
        process.umask(before);
      }
    }
  });

  test.runIf(isRoot)('are set by name or number, and kept if a document omits them', async () => {
    const folder = temporaryFolder();
    const world = await open(folder);
    const owners = (): readonly (readonly number[])[] =>
      Object.values(EVERYTHING).map((path) => [statSync(join(folder, path)).uid, statSync(join(folder, path)).gid]);
    const accounts = await readAccounts();
    const [www, wwwGroup] = [idFor('www-data', 'user', accounts), idFor('www-data', 'group', accounts)];
    const named: PairStorage = { file: { ...EVERYTHING, owner: 'www-data', group: 'www-data', mode: '0640' } };
    await issue(world, named);
    expect(owners()).toEqual(owners().map(() => [www, wwwGroup]));
    expect(
      (await seen(world, named)).files.every(({ owner, group }) => owner === 'www-data' && group === 'www-data'),
    ).toBe(true);
    const silent: PairStorage = { file: EVERYTHING };
    await issue(world, silent, { first: false });
    expect(owners()).toEqual(owners().map(() => [www, wwwGroup]));
    expect(octal(folder, EVERYTHING.key)).toBe('640');
    await world.tidyPair({ file: { ...EVERYTHING, owner: 1234, group: '4321' } });
    expect(owners()).toEqual(owners().map(() => [1234, 4321]));
    expect((await seen(world, { file: { ...EVERYTHING, owner: 1234 } })).files[0]).toMatchObject({
      owner: '1234',
      group: '4321',
    });
    const directory: PairStorage = { directory: { path: 'd', combined: true, owner: 1234, group: 'www-data' } };
    await issue(world, directory);
    await issue(world, { directory: { path: 'd', combined: true } }, { first: false });
    expect(
      readdirSync(join(folder, 'd/versions/2')).map((name) => statSync(join(folder, 'd/versions/2', name)).uid),
    ).toEqual([1234, 1234, 1234, 1234, 1234]);
  });

  test('of an unknown account are reported, and nothing is changed', async () => {
    const folder = temporaryFolder();
    const world = await open(folder);
    await issue(world, { file: EVERYTHING });
    const before = read(folder, EVERYTHING.certificate);
    await expect(issue(world, { file: { ...EVERYTHING, owner: 'missing-account' } }, { first: false })).rejects.toThrow(
      'user missing-account does not exist on this machine',
    );
    await expect(issue(world, { directory: { path: 'd', combined: false, group: 'no-such-group' } })).rejects.toThrow(
      'group no-such-group does not exist',
    );
    expect(read(folder, EVERYTHING.certificate)).toBe(before);
    expect(readdirSync(join(folder, 'tls'))).toHaveLength(5);
    expect((await world.readPair({ directory: { path: 'd', combined: false } })).status).toBe('absent');
  });

  test('that cannot be set are reported, and nothing is changed', async () => {
    const folder = temporaryFolder();
    await open(folder);
    const order = { folder, what: 'first', storage: { file: { ...EVERYTHING, owner: 0, group: 0 } }, now };
    const words = [process.execPath, join(import.meta.dirname, 'change-once.ts'), JSON.stringify(order)];
    const asOther = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...words];
    if (isRoot) for (const path of ['.', 'ca', 'ca/ca.key']) chownSync(join(folder, path), 65534, 65534);
    const [program = '', ...args] = isRoot ? asOther : words;
    const ran = spawnSync(program, args, { encoding: 'utf8' });
    expect(ran.stderr).toContain('cannot be given to the user 0 and the group 0: EPERM');
    expect(readdirSync(join(folder, 'tls'))).toEqual([]);
  });

  test.each([
    ['a key that others can read', 0o644, '600'],
    ['a key that its group can read', 0o640, '640'],
    ['a key that its group can write', 0o660, '600'],
    ['a key that only reading is allowed of', 0o400, '400'],
    ['a key with a bit that keys do not have', 0o4600, '600'],
  ])('%s', async (_name, mode, after) => {
    const folder = temporaryFolder();
    const world = await open(folder);
    await issue(world, { file: EVERYTHING });
    chmodSync(join(folder, EVERYTHING.key), mode);
    const key = read(folder, EVERYTHING.key);
    expect(await world.tidyPair({ file: EVERYTHING })).toEqual({ rewritten: false });
    expect(octal(folder, EVERYTHING.key)).toBe(after);
    expect(read(folder, EVERYTHING.key)).toBe(key);
    chmodSync(join(folder, EVERYTHING.key), mode);
    await issue(world, { file: EVERYTHING }, { first: false });
    expect(octal(folder, EVERYTHING.key)).toBe(after);
  });

  test('of accounts are read as passwd(5) says', async () => {
    const folder = temporaryFolder();
    writeFileSync(
      join(folder, 'passwd'),
      'root:x:0:0::/:/bin/sh\nwww:x:33:33::/:\n\n#x\nbroken\nwww-too:x:33:1::/:\n+::::::\n12:x:77:1::/:\n',
    );
    writeFileSync(join(folder, 'group'), 'ssl:x:110:\n');
    const accounts = await readAccounts(join(folder, 'passwd'), join(folder, 'group'));
    expect([idFor('www', 'user', accounts), idFor('12', 'user', accounts), idFor('13', 'user', accounts)]).toEqual([
      33, 77, 13,
    ]);
    expect(idFor(undefined, 'group', accounts)).toBeUndefined();
    expect(() => idFor('broken', 'user', accounts)).toThrow('user broken does not exist');
    expect(nameFor(33, undefined, 'user', accounts)).toBe('www');
    expect(nameFor(33, 'www-too', 'user', accounts)).toBe('www-too');
    expect(nameFor(33, 'root', 'user', accounts)).toBe('www');
    expect(nameFor(110, 110, 'group', accounts)).toBe('110');
    expect(nameFor(5, 'ssl', 'group', accounts)).toBe('5');
    const noAccounts = await readAccounts(join(folder, 'none'), join(folder, 'none'));
    expect(nameFor(0, undefined, 'user', noAccounts)).toBe('0');
  });
});

describe('files that differ from the pair', () => {
  async function spoilt(spoil: (folder: string) => void, storage: PairStorage = { file: EVERYTHING }) {
    const folder = temporaryFolder();
    const world = await open(folder);
    await issue(world, storage);
    spoil(folder);
    const before = await seen(world, storage);
    const wrong = before.files.filter(({ problem }) => problem !== undefined);
    return { folder, world, storage, wrong };
  }
  const put = (path: string, text: (folder: string) => string) => (folder: string) =>
    writeFileSync(join(folder, path), text(folder), { mode: 0o600 });

  test.each<readonly [string, (folder: string) => void, readonly object[]]>([
    [
      'a chain that was removed',
      (folder) => rmSync(join(folder, EVERYTHING.chain)),
      [{ part: 'chain', problem: 'is missing' }],
    ],
    [
      'a full chain without its certificate',
      put(EVERYTHING.fullchain, (folder) => read(folder, 'ca/ca.crt')),
      [{ part: 'fullchain', problem: 'holds another certificate' }],
    ],
    [
      'a full chain in another order',
      put(EVERYTHING.fullchain, (folder) => read(folder, 'ca/ca.crt') + read(folder, EVERYTHING.certificate)),
      [{ part: 'fullchain', problem: 'is not in order' }],
    ],
    [
      'a certificate with its chain',
      put(EVERYTHING.certificate, (folder) => read(folder, EVERYTHING.fullchain)),
      [{ part: 'certificate', problem: 'holds more than the certificate' }],
    ],
    [
      'one file without its key',
      put(EVERYTHING.combined, (folder) => read(folder, EVERYTHING.fullchain)),
      [{ part: 'combined', problem: 'does not hold the key' }],
    ],
    [
      'several of them',
      (folder) => {
        writeFileSync(join(folder, EVERYTHING.chain), '');
        rmSync(join(folder, EVERYTHING.combined));
      },
      [
        { part: 'chain', problem: 'holds no certificates' },
        { part: 'combined', problem: 'is missing' },
      ],
    ],
  ])('%s: it is written again, and the pair stays', async (_name, spoil, problems) => {
    const { folder, world, storage, wrong } = await spoilt(spoil);
    expect(wrong).toMatchObject(problems);
    expect(wrong).toHaveLength(problems.length);
    const before = await seen(world, storage);
    expect(before.key_matches).toBe(true);
    expect(await world.tidyPair(storage)).toEqual({ rewritten: true });
    const after = await seen(world, storage);
    expect(after.chain[0]?.fingerprint).toBe(before.chain[0]?.fingerprint);
    expect(after.files.filter(({ problem }) => problem !== undefined)).toEqual([]);
    expect(openssl(folder, 'verify -CAfile', EVERYTHING.chain, EVERYTHING.combined)).toContain('OK');
    expect(readdirSync(join(folder, 'tls'))).toHaveLength(5);
    expect(await world.tidyPair(storage)).toEqual({ rewritten: false });
  });

  test('are accepted if they have more certificates, or omit the root', async () => {
    const { wrong } = await spoilt((folder) => {
      const leaf = read(folder, EVERYTHING.certificate);
      const ca = read(folder, 'ca/ca.crt');
      writeFileSync(join(folder, EVERYTHING.fullchain), `Subject: x\r\n${leaf.replaceAll('\n', '\r\n')}\nmore\n`);
      writeFileSync(join(folder, EVERYTHING.chain), `${ca}\n${ca}`);
    });
    expect(wrong).toEqual([]);
  });

  test('with a chain that is not available are only corrected by another certificate', async () => {
    const { world, storage, wrong, folder } = await spoilt((path) => {
      for (const name of [EVERYTHING.chain, EVERYTHING.fullchain, EVERYTHING.combined]) rmSync(join(path, name));
    });
    expect(wrong).toMatchObject([
      { part: 'chain', problem: 'is missing', lost: true },
      { part: 'combined', problem: 'is missing', lost: true },
      { part: 'fullchain', problem: 'is missing', lost: true },
    ]);
    expect(await world.tidyPair(storage)).toEqual({ rewritten: false });
    expect(readdirSync(join(folder, 'tls')).sort()).toEqual(['www.crt', 'www.key']);
  });

  test('in a folder: another version is written with the same pair', async () => {
    const storage: PairStorage = { directory: { path: 'www', combined: false } };
    const { folder, world, wrong } = await spoilt(
      (path) => writeFileSync(join(path, 'www/versions/1/chain.pem'), ''),
      storage,
    );
    expect(wrong).toMatchObject([{ part: 'chain', problem: 'holds no certificates' }]);
    const key = read(folder, 'www/privkey.pem');
    expect(await world.tidyPair(storage)).toEqual({ rewritten: true });
    expect(readlinkSync(join(folder, 'www/current'))).toBe('versions/2');
    expect([read(folder, 'www/privkey.pem'), count(read(folder, 'www/chain.pem'), 'CERTIFICATE')]).toEqual([key, 1]);
  });
});

describe('a folder that is switched', () => {
  const storage: PairStorage = { directory: { path: 'tls/www', combined: true } };
  const own = (folder: string): string => join(folder, 'tls/www');

  test('has the files that services open, behind one link, and keeps the previous version', async () => {
    const folder = temporaryFolder();
    const world = await open(folder);
    for (const version of [1, 2, 3, 4]) {
      const issued = await issue(world, storage, { first: version === 1 });
      expect(readlinkSync(join(own(folder), 'current'))).toBe(`versions/${version}`);
      expect(readdirSync(join(own(folder), 'versions'))).toEqual(
        version === 1 ? ['1'] : [String(version - 1), String(version)],
      );
      expect(
        new X509Certificate(readFileSync(join(own(folder), 'cert.pem'))).fingerprint256
          .replaceAll(':', '')
          .toLowerCase(),
      ).toBe(issued.fingerprint.slice('sha256:'.length));
    }
    expect(readdirSync(own(folder)).sort()).toEqual(
      ['cert.pem', 'chain.pem', 'combined.pem', 'current', 'fullchain.pem', 'privkey.pem', 'versions'].sort(),
    );
    for (const { path } of placesOf(storage)) expect(readlinkSync(join(folder, path))).toMatch(/^current\/\w+\.pem$/u);
    expect(openssl(own(folder), 'verify -CAfile chain.pem -verify_hostname example.test fullchain.pem')).toContain(
      'OK',
    );
    expect(openssl(own(folder), 'pkey -in privkey.pem -pubout')).toBe(
      openssl(own(folder), 'x509 -in combined.pem -noout -pubkey'),
    );
    expect(await seen(world, storage)).toMatchObject({ key_matches: true, swap: 'none', leftovers: [] });
    expect(
      (await seen(world, storage)).files.every((file) => file.problem === undefined && file.link === undefined),
    ).toBe(true);
  });

  test('is removed with all of its versions, and keeps other files', async () => {
    const folder = temporaryFolder();
    const world = await open(folder);
    await issue(world, storage);
    await issue(world, storage, { first: false });
    writeFileSync(join(own(folder), 'notes.txt'), 'mine');
    writeFileSync(join(own(folder), 'versions/1/notes.txt'), 'mine');
    await world.deletePair(storage);
    expect(readdirSync(own(folder), { recursive: true, encoding: 'utf8' }).sort()).toEqual([
      'notes.txt',
      'versions',
      'versions/1',
      'versions/1/notes.txt',
    ]);
    expect((await world.readPair(storage)).status).toBe('absent');
    // The remains block nothing.
    await issue(world, storage);
    expect(readlinkSync(join(own(folder), 'current'))).toBe('versions/2');
  });

  test('loses the combined file if it is no longer declared', async () => {
    const folder = temporaryFolder();
    const world = await open(folder);
    await issue(world, storage);
    await issue(world, { directory: { path: 'tls/www', combined: false } }, { first: false });
    expect(existsSync(join(own(folder), 'combined.pem'))).toBe(false);
    expect(lstatSync(join(own(folder), 'privkey.pem')).isSymbolicLink()).toBe(true);
  });

  test.each<readonly [string, (folder: string) => void, string]>([
    [
      'a file in place of a link',
      (folder) => writeFileSync(join(own(folder), 'privkey.pem'), 'mine'),
      'privkey.pem already exists',
    ],
    [
      'a link that leads elsewhere',
      (folder) => symlinkSync('/dev/null', join(own(folder), 'cert.pem')),
      'cert.pem already exists',
    ],
    [
      'a folder in place of the link',
      (folder) => mkdirSync(join(own(folder), 'current')),
      'current is not a link, and is not replaced',
    ],
  ])('is not created over %s', async (_name, put, text) => {
    const folder = temporaryFolder();
    const world = await open(folder);
    mkdirSync(own(folder), { recursive: true });
    put(folder);
    const before = readdirSync(own(folder));
    await expect(issue(world, storage)).rejects.toThrow(text);
    await expect(issue(world, storage, { first: false })).rejects.toThrow(text);
    expect(readdirSync(own(folder))).toEqual(before);
    expect((await world.readPair(storage)).status).toBe('seen');
  });

  test('is not created in the place of a file', async () => {
    const folder = temporaryFolder();
    const world = await open(folder);
    for (const text of ['mine', '']) {
      writeFileSync(join(folder, 'tls'), text);
      await expect(issue(world, { directory: { path: 'tls', combined: false } })).rejects.toThrow(
        'tls is not a folder',
      );
      expect(read(folder, 'tls')).toBe(text);
      expect(await seen(world, { directory: { path: 'tls', combined: false } })).toMatchObject({
        problem_code: 'not-a-file',
      });
    }
  });

  test.each<readonly [string, (folder: string) => void, object]>([
    [
      'a link that leads nowhere',
      (folder) => rmSync(join(own(folder), 'versions'), { recursive: true }),
      { problem_code: 'missing' },
    ],
    [
      'a key of another pair',
      (folder) => openssl(own(folder), 'genpkey -algorithm ED25519 -out versions/1/privkey.pem'),
      { problem_code: 'key-mismatch' },
    ],
    [
      'a folder in place of the certificate',
      (folder) => {
        rmSync(join(own(folder), 'versions/1/cert.pem'));
        mkdirSync(join(own(folder), 'versions/1/cert.pem'));
      },
      { problem_code: 'damaged', problem: "the certificate's file is a directory" },
    ],
  ])('with %s is reported, and replaced by a valid one', async (_name, spoil, found) => {
    const folder = temporaryFolder();
    const world = await open(folder);
    await issue(world, storage);
    spoil(folder);
    expect(await seen(world, storage)).toMatchObject({ key_matches: false, ...found });
    await issue(world, storage, { first: false });
    expect(await seen(world, storage)).toMatchObject({ key_matches: true, swap: 'none' });
  });

  test('with missing links gets them back', async () => {
    const folder = temporaryFolder();
    const world = await open(folder);
    await issue(world, storage);
    rmSync(join(own(folder), 'fullchain.pem'));
    expect((await seen(world, storage)).files.filter(({ problem }) => problem !== undefined)).toMatchObject([
      { part: 'fullchain', problem: 'has no link' },
    ]);
    expect(await world.tidyPair(storage)).toEqual({ rewritten: true });
    expect(readlinkSync(join(own(folder), 'current'))).toBe('versions/1');
    expect(count(read(own(folder), 'fullchain.pem'), 'CERTIFICATE')).toBe(2);
    rmSync(join(own(folder), 'fullchain.pem'));
    writeFileSync(join(own(folder), 'fullchain.pem'), 'mine');
    expect((await seen(world, storage)).files.find(({ part }) => part === 'fullchain')).toMatchObject({
      problem: 'another file is in place of its link',
    });
    await expect(world.tidyPair(storage)).rejects.toThrow('fullchain.pem already exists, and is not overwritten');
    expect(read(own(folder), 'fullchain.pem')).toBe('mine');
  });

  describe('a folder whose new version', () => {
    async function swap(folder: string, validate: Validate, signal = new AbortController().signal): Promise<void> {
      const source = temporaryFolder();
      await issue(await open(source), { file: { combined: 'new.pem' } });
      const text = read(source, 'new.pem');
      const pair = { path: readChain(text).certificates, key: text.slice(text.indexOf('-----BEGIN PRIVATE')) };
      const directory = await readDirectory({ directory: { path: own(folder), combined: true } }, own(folder));
      await switchIn(directory, pair, await readAccounts(), validate, signal);
    }
    const throwsAt = (call: number): Validate => {
      let calls = 0;
      return () => {
        calls += 1;
        if (calls === call) throw new Error(`wrong at look ${call}`);
      };
    };

    test.each([
      ['proves wrong before it is switched to', 1],
      ['proves wrong once it is switched to', 2],
    ])('%s: the previous one stays, and nothing else', async (_name, call) => {
      const folder = temporaryFolder();
      await issue(await open(folder), storage);
      const before = read(own(folder), 'combined.pem');
      await expect(swap(folder, throwsAt(call))).rejects.toThrow(`wrong at look ${call}`);
      expect(readlinkSync(join(own(folder), 'current'))).toBe('versions/1');
      expect(readdirSync(join(own(folder), 'versions'))).toEqual(['1']);
      expect(read(own(folder), 'combined.pem')).toBe(before);
      await swap(folder, () => undefined);
      expect(readlinkSync(join(own(folder), 'current'))).toBe('versions/2');
    });

    test.each([1, 2])('is the first one, and proves invalid at read %i: there is none', async (call) => {
      const folder = temporaryFolder();
      await expect(swap(folder, throwsAt(call))).rejects.toThrow(`wrong at look ${call}`);
      expect((await (await open(folder)).readPair(storage)).status).toBe('absent');
      expect(readdirSync(join(own(folder), 'versions'))).toEqual([]);
    });

    test('is not switched to when the run is stopped', async () => {
      const folder = temporaryFolder();
      await issue(await open(folder), storage);
      await expect(swap(folder, () => undefined, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
      expect(readdirSync(join(own(folder), 'versions'))).toEqual(['1']);
    });
  });
});

describe('a chain of other authorities', () => {
  /** The root, intermediate and server certificate by openssl, and the key. */
  function chainIn(folder: string): { readonly root: string; readonly middle: string; readonly leaf: string } {
    mkdirSync(join(folder, 'tls'), { recursive: true });
    openssl(folder, 'req -x509 -newkey ed25519 -nodes -keyout root.key -out root.crt -subj /CN=Root -days 900');
    openssl(folder, 'req -newkey ed25519 -nodes -keyout middle.key -out middle.csr -subj /CN=Middle');
    writeFileSync(join(folder, 'middle.ext'), 'basicConstraints=critical,CA:TRUE\n');
    openssl(
      folder,
      'x509 -req -in middle.csr -CA root.crt -CAkey root.key -out middle.crt -days 800 -extfile middle.ext',
    );
    openssl(
      folder,
      'req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls/www.key -out leaf.csr -subj /CN=www.example.test',
    );
    writeFileSync(join(folder, 'leaf.ext'), 'subjectAltName=DNS:www.example.test\n');
    openssl(folder, 'x509 -req -in leaf.csr -CA middle.crt -CAkey middle.key -out leaf.crt -days 90 -extfile leaf.ext');
    chmodSync(join(folder, 'tls/www.key'), 0o600);
    return { root: read(folder, 'root.crt'), middle: read(folder, 'middle.crt'), leaf: read(folder, 'leaf.crt') };
  }
  const storage: PairStorage = { file: { certificate: 'tls/www.crt', key: 'tls/www.key' } };
  type Chain = ReturnType<typeof chainIn>;

  test.each<readonly [string, (chain: Chain) => string, readonly string[], string | undefined]>([
    ['whole', ({ leaf, middle, root }) => leaf + middle + root, ['www.example.test', 'Middle', 'Root'], undefined],
    ['without its root', ({ leaf, middle }) => leaf + middle, ['www.example.test', 'Middle'], undefined],
    ['alone', ({ leaf }) => leaf, ['www.example.test'], undefined],
    [
      'the root first',
      ({ leaf, middle, root }) => root + middle + leaf,
      ['www.example.test', 'Middle', 'Root'],
      'is not in order',
    ],
    [
      'mixed up behind it',
      ({ leaf, middle, root }) => leaf + root + middle,
      ['www.example.test', 'Middle', 'Root'],
      'is not in order',
    ],
    ['twice', ({ leaf, middle }) => leaf + leaf + middle + middle, ['www.example.test', 'Middle'], 'is not in order'],
  ])('%s is read', async (_name, text, names, problem) => {
    const folder = temporaryFolder();
    const chain = chainIn(folder);
    const world = await open(folder);
    writeFileSync(join(folder, 'tls/www.crt'), text(chain));
    const found = await seen(world, storage);
    expect(found).toMatchObject({ key_matches: true, chain: names.map((name) => ({ subject: `CN=${name}` })) });
    expect(found.problem).toBeUndefined();
    expect(found.files[0]?.problem).toBe(problem);
    expect(found.issuer_fingerprint).toBe(found.chain[1]?.fingerprint);
    if (problem === undefined) return;
    expect(await world.tidyPair(storage)).toEqual({ rewritten: true });
    const after = await seen(world, storage);
    expect(after.files[0]?.problem).toBeUndefined();
    expect(
      new X509Certificate(readFileSync(join(folder, 'tls/www.crt'))).checkPrivateKey(
        createPrivateKey(read(folder, 'tls/www.key')),
      ),
    ).toBe(true);
    writeFileSync(join(folder, 'middle-and-root.crt'), chain.middle + chain.root);
    expect(openssl(folder, 'verify -CAfile root.crt -untrusted middle.crt tls/www.crt')).toContain('OK');
  });

  test('gives the other files their content, from any storage', async () => {
    const folder = temporaryFolder();
    const { leaf, middle, root } = chainIn(folder);
    const world = await open(folder);
    writeFileSync(join(folder, 'tls/www.crt'), leaf);
    writeFileSync(join(folder, 'tls/www.ca.crt'), root + middle);
    expect((await seen(world, { file: EVERYTHING })).files.map(({ part, problem }) => [part, problem])).toEqual([
      ['certificate', undefined],
      ['chain', 'is not in order'],
      ['combined', 'is missing'],
      ['fullchain', 'is missing'],
      ['key', undefined],
    ]);
    await world.tidyPair({ file: EVERYTHING });
    const bare = (text: string): string => text.replaceAll(/^(?!-----|[A-Za-z0-9+/=]+$).*\n/gmu, '');
    expect(read(folder, EVERYTHING.chain)).toBe(bare(middle + root));
    expect(read(folder, EVERYTHING.fullchain)).toBe(bare(leaf + middle + root));
    expect(openssl(folder, 'verify -CAfile root.crt -untrusted', EVERYTHING.combined, EVERYTHING.combined)).toContain(
      'OK',
    );
  });

  test('with an unrelated certificate leaves that one out', async () => {
    const folder = temporaryFolder();
    const { leaf, middle } = chainIn(folder);
    const world = await open(folder);
    writeFileSync(join(folder, 'tls/www.crt'), leaf + middle + read(folder, 'ca/ca.crt'));
    const found = await seen(world, storage);
    expect(found.chain.map(({ subject }) => subject)).toEqual(['CN=www.example.test', 'CN=Middle', 'CN=Test CA']);
    expect(found.files[0]?.problem).toBeUndefined();
  });
});

describe('files in the place of a first pair', () => {
  test.each(Object.keys(EVERYTHING) as readonly (keyof typeof EVERYTHING)[])(
    '%s of another owner is not overwritten',
    async (part) => {
      const folder = temporaryFolder();
      const world = await open(folder);
      mkdirSync(join(folder, 'tls'));
      writeFileSync(join(folder, EVERYTHING[part]), 'mine');
      await expect(issue(world, { file: EVERYTHING })).rejects.toThrow('already exists, and is not overwritten');
      expect(readdirSync(join(folder, 'tls')).map((name) => read(folder, 'tls', name))).toEqual(['mine']);
    },
  );

  test('a file in place of their folder is reported', async () => {
    const folder = temporaryFolder();
    const world = await open(folder);
    writeFileSync(join(folder, 'tls'), 'mine');
    await expect(issue(world, { file: EVERYTHING })).rejects.toThrow('EEXIST');
    expect(read(folder, 'tls')).toBe('mine');
  });

  test('a copy is left unchanged', async () => {
    const folder = temporaryFolder();
    const world = await open(folder);
    mkdirSync(join(folder, 'tls'));
    writeFileSync(join(folder, 'tls/www.key.backup'), 'mine');
    const untouched = { untouched: true };
    await expect(issue(world, { file: EVERYTHING }, untouched)).rejects.toThrow(
      'www.key.backup has the name of a copy that fettle keeps',
    );
    expect(readdirSync(join(folder, 'tls'))).toEqual(['www.key.backup']);
    renameSync(join(folder, 'tls/www.key.backup'), join(folder, 'tls/www.key.pending'));
    await expect(issue(world, { file: EVERYTHING }, untouched)).rejects.toThrow('www.key.pending has the name of');
    expect(read(folder, 'tls/www.key.pending')).toBe('mine');
    rmSync(join(folder, 'tls/www.key.pending'));
    await issue(world, { file: EVERYTHING }, untouched);
    expect(readdirSync(join(folder, 'tls'))).toHaveLength(5);
    // Next to an existing pair, no file of such a name is touched, and no copy replaces it.
    writeFileSync(join(folder, 'tls/www.key.pending'), 'mine');
    await expect(issue(world, { file: EVERYTHING }, { first: false, ...untouched })).rejects.toThrow(
      'is not overwritten',
    );
    rmSync(join(folder, EVERYTHING.chain));
    await expect(world.tidyPair({ file: EVERYTHING }, true)).rejects.toThrow('is not overwritten');
    await world.deletePair({ file: EVERYTHING }, true);
    expect(readdirSync(join(folder, 'tls'))).toEqual(['www.key.pending']);
  });

  test('pending files of a pair that was never finished do not matter: they are owned', async () => {
    const folder = temporaryFolder();
    const world = await open(folder);
    await issue(world, { file: EVERYTHING });
    for (const path of Object.values(EVERYTHING))
      if (path !== EVERYTHING.chain) renameSync(join(folder, path), join(folder, `${path}.pending`));
    expect((await world.readPair({ file: EVERYTHING })).status).toBe('absent');
    await issue(world, { file: EVERYTHING });
    expect((await seen(world, { file: EVERYTHING })).files.every(({ problem }) => problem === undefined)).toBe(true);
    expect(readdirSync(join(folder, 'tls'))).toHaveLength(5);
  });
});
