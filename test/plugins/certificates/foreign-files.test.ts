/** Foreign files at the place of a pair: no file is lost that fettle neither wrote nor adopted in a usable state. */

import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keyPem, makeKeys, makeLeaf } from '../../../plugins/certificates/live/x509-make.ts';
import { fettle } from '../../support/command-line.ts';
import { certificateText, ISSUER, issued, type Project, projectOf, START } from './project.ts';
import { DAY } from './support.ts';

const RECOVERY_OFF = 'recovery: { enabled: false }';
const REMOVE = 'lifecycle: { onRemove: remove }\n';

interface Files {
  readonly crt?: string | Buffer;
  readonly key?: string | Buffer;
}

const pem = (kind: 'pkcs8' | 'encrypted'): string => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey
    .export(
      kind === 'pkcs8'
        ? { type: 'pkcs8', format: 'pem' }
        : { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' },
    )
    .toString();
};
/** A self-signed pair that was issued this number of days ago, for 90. */
async function pairMade(ago: number): Promise<{ readonly crt: string; readonly key: string }> {
  const keys = await makeKeys('ecdsa-p256');
  const leaf = await makeLeaf({ dnsNames: ['www.example.test'], validityDays: 90, keys, now: START - ago * DAY });
  return { crt: leaf.toString(), key: keyPem(keys.privateKey) };
}
/** Another certificate for a key, issued this number of days ago. */
async function certificateFor(key: string, ago: number): Promise<string> {
  const keys = { privateKey: createPrivateKey(key), publicKey: createPublicKey(key) };
  const leaf = await makeLeaf({ dnsNames: ['www.example.test'], validityDays: 90, keys, now: START - ago * DAY });
  return leaf.toString();
}
const [one, other, ended] = [await pairMade(1), await pairMade(1), await pairMade(100)];
const before = await certificateFor(one.key, 30);
const openssh = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----\n';
const random = createHash('sha512').update('x').digest();

/** Files that can be at the places of a pair. */
const LYING: Readonly<Record<string, Files>> = {
  'a key alone': { key: pem('pkcs8') },
  'a certificate alone': { crt: one.crt },
  'a key of another certificate': { crt: one.crt, key: other.key },
  'a text in the place of the certificate, and a key': { crt: 'notes\n', key: pem('pkcs8') },
  'a certificate, and an OpenSSH key': { crt: one.crt, key: openssh },
  'a certificate, and random bytes': { crt: one.crt, key: random },
  'a certificate, and an encrypted key': { crt: one.crt, key: pem('encrypted') },
  'random bytes twice': { crt: random, key: random },
  'a big file, and a key': { crt: 'x'.repeat(2 << 20), key: pem('pkcs8') },
};
/** Usable pairs. */
const USABLE: Readonly<Record<string, Files>> = { 'a valid pair': one, 'a pair that has ended': ended };

function put(project: Project, files: Files, at: string): void {
  for (const [suffix, content] of Object.entries(files)) {
    const path = join(project.folder, `${at}.${suffix}`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content as string, { mode: 0o640 });
  }
}

/** Digests of all files of a project, except its log and documents, by path. */
function digests(project: Project): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const path of readdirSync(project.folder, { recursive: true, encoding: 'utf8' })) {
    const full = join(project.folder, path);
    if (path.startsWith('.fettle') || path.endsWith('.yaml') || !lstatSync(full).isFile()) continue;
    found.set(path, createHash('sha256').update(readFileSync(full)).digest('hex'));
  }
  return found;
}

function at(name: string, place: string, more = ''): string {
  const storage = `storage: { file: { certificate: ${place}.crt, key: ${place}.key } }`;
  return certificateText(name, more).replace(/storage: .*/u, storage);
}

/** Applies, with any result, until nothing changes. */
async function applies(project: Project, words = ''): Promise<string> {
  let text = '';
  for (let round = 0; round < 3; round++) {
    const done = await fettle(project.folder, `apply --yes${words}`, { now: () => project.clock.at });
    text += done.stdout + done.stderr;
  }
  return text;
}

describe.each(Object.entries(LYING))('%s', (_name, files) => {
  it('in the place of a first pair is neither replaced nor removed', async () => {
    for (const more of ['', RECOVERY_OFF]) {
      const project = projectOf({ 'ca.yaml': ISSUER, 'www.yaml': at('www', 'tls/www', more) + REMOVE });
      put(project, files, 'tls/www');
      const before = digests(project);
      await applies(project);
      for (const [path, digest] of before) expect([path, digests(project).get(path)]).toEqual([path, digest]);
      // Its document is removed, and the removal is requested.
      rmSync(join(project.folder, 'www.yaml'));
      const text = await applies(project);
      for (const [path, digest] of before) expect([path, digests(project).get(path)]).toEqual([path, digest]);
      expect(text).toMatch(/REJECTED|Nothing|0 to remove|cannot|gap/u);
    }
  });

  it('in the place that a stored pair moves to is not replaced', async () => {
    const project = await issued();
    put(project, files, 'new/www');
    const before = digests(project);
    project.write('www.yaml', at('www', 'new/www'));
    const text = await applies(project);
    expect(text).toMatch(/REJECTED foreign-(?:file|key)|is not overwritten|larger than|cannot be read/u);
    for (const [path, digest] of before) expect([path, digests(project).get(path)]).toEqual([path, digest]);
  });

  it('in the place of an owned pair exists afterwards, under some name', async () => {
    const project = await issued();
    rmSync(join(project.folder, 'tls'), { recursive: true });
    put(project, files, 'tls/www');
    const before = new Set(
      [...digests(project)].filter(([path]) => path.startsWith('tls/')).map(([, digest]) => digest),
    );
    await applies(project);
    const after = new Set(digests(project).values());
    expect([...before].filter((digest) => !after.has(digest))).toEqual([]);
  });

  it('is kept next to its place if an override replaces it', async () => {
    const project = projectOf({ 'ca.yaml': ISSUER, 'www.yaml': at('www', 'tls/www') });
    put(project, files, 'tls/www');
    const before = [...digests(project)].filter(([path]) => path.startsWith('tls/'));
    const address = '@certificates/Certificate/www --reason test';
    await applies(project);
    await applies(project, ` --override foreign-file${address} --override foreign-key${address}`);
    const after = new Set(digests(project).values());
    expect(before.filter(([, digest]) => !after.has(digest))).toEqual([]);
    for (const name of readdirSync(join(project.folder, 'tls')))
      if (/\.key\.kept-\d+$/u.test(name))
        expect((statSync(join(project.folder, 'tls', name)).mode & 0o077).toString(8)).toBe('0');
  });
});

describe('files that appear in the place of an unusable, adopted orphan', () => {
  it.each(Object.entries(LYING))('are not removed after %s', async (_name, files) => {
    const project = projectOf({ 'ca.yaml': ISSUER, 'www.yaml': at('www', 'tls/www') + REMOVE });
    put(project, files, 'tls/www');
    await applies(project);
    rmSync(join(project.folder, 'www.yaml'));
    put(project, one, 'tls/www');
    const before = digests(project);
    await applies(project);
    for (const [path, digest] of before) expect([path, digests(project).get(path)]).toEqual([path, digest]);
  });

  it('are not removed if they are an authority', async () => {
    const other = ISSUER.replace('name: ca', 'name: other').replace('dir: ca', 'dir: other');
    const project = projectOf({ 'ca.yaml': ISSUER + REMOVE, 'other.yaml': other });
    project.write('ca/ca.key', pem('pkcs8'));
    await applies(project);
    rmSync(join(project.folder, 'ca.yaml'));
    for (const name of ['ca.crt', 'ca.key'])
      writeFileSync(join(project.folder, 'ca', name), readFileSync(join(project.folder, 'other', name)));
    const before = digests(project);
    expect(await applies(project)).toContain('REJECTED foreign-file');
    for (const [path, digest] of before) expect([path, digests(project).get(path)]).toEqual([path, digest]);
  });
});

describe.each(Object.entries(USABLE))('%s', (name, files) => {
  it('is adopted in the place of a first pair, and owned from then on', async () => {
    const project = projectOf({ 'ca.yaml': ISSUER, 'www.yaml': at('www', 'tls/www') + REMOVE });
    put(project, files, 'tls/www');
    await project.run('apply --yes');
    expect((await project.memory()).kept['places']).toEqual(['tls/www.crt', 'tls/www.key']);
    const { stdout } = await project.run('plan');
    expect([name, stdout.includes('foreign-file')]).toEqual([name, false]);
  });

  it('is foreign in the place that a stored pair moves to, and is not replaced', async () => {
    const project = await issued();
    put(project, files, 'new/www');
    const before = digests(project);
    project.write('www.yaml', at('www', 'new/www'));
    expect(await applies(project)).toContain(
      'REJECTED foreign-file: new/www.crt (holds certificates), new/www.key (holds a private key)',
    );
    for (const [path, digest] of before) expect([path, digests(project).get(path)]).toEqual([path, digest]);
  });
});

describe('a file that an owned pair did not have before', () => {
  it.each(['chain', 'fullchain', 'combined'])('as its %s is not replaced', async (part) => {
    const project = await issued();
    project.write('tls/notes.txt', 'keep this\n');
    const before = digests(project);
    const storage = `storage: { file: { certificate: tls/www.crt, key: tls/www.key, ${part}: tls/notes.txt } }`;
    project.write('www.yaml', certificateText('www').replace(/storage: .*/u, storage));
    expect(await applies(project)).toContain('REJECTED foreign-file: tls/notes.txt');
    project.clock.at += 80 * DAY;
    expect(await applies(project)).toContain('REJECTED foreign-file: tls/notes.txt');
    expect(digests(project).get('tls/notes.txt')).toBe(before.get('tls/notes.txt'));
  });

  /** Adopts a pair with one more file; `holds` is its content, given with its digests before and after. */
  const adoptedWith = async (
    part: string,
    holds: string,
  ): Promise<{ readonly isKept: boolean; readonly text: string }> => {
    const storage = `storage: { file: { certificate: tls/www.crt, key: tls/www.key, ${part}: tls/notes.txt } }`;
    const project = projectOf({
      'ca.yaml': ISSUER,
      'www.yaml': certificateText('www').replace(/storage: .*/u, storage) + REMOVE,
    });
    put(project, one, 'tls/www');
    project.write('tls/notes.txt', holds);
    const digest = digests(project).get('tls/notes.txt');
    let text = await applies(project);
    project.clock.at += 80 * DAY;
    text += await applies(project);
    rmSync(join(project.folder, 'www.yaml'));
    text += await applies(project);
    return { isKept: digests(project).get('tls/notes.txt') === digest, text };
  };

  it.each<readonly [string, string, string]>([
    ...['chain', 'fullchain', 'combined'].map((part) => [part, 'a text', 'keep this\n'] as const),
    ['combined', 'the key and the certificate of another service', other.key + other.crt],
    ['combined', 'its certificate, and the key of another service', other.key + one.crt],
    ['combined', 'its key, and the certificate of another service', one.key + other.crt],
    ['fullchain', 'the certificate of another service', other.crt],
    ['chain', 'authorities of others', other.crt + ended.crt],
    ['chain', 'authorities of others, and its own', one.crt + other.crt],
  ])('as its %s when it is adopted is not replaced or removed, with %s', async (part, _holds, content) => {
    const { isKept, text } = await adoptedWith(part, content);
    expect([isKept, text.includes('REJECTED foreign-file: tls/notes.txt')]).toEqual([true, true]);
  });

  it.each<readonly [string, string, string]>([
    ['chain', 'nothing', ''],
    ['fullchain', 'nothing', '\n'],
    ['combined', 'its certificate, and no key', one.crt],
    ['combined', 'its key, and the certificate before', one.key + before],
    ['fullchain', 'the certificate before', before],
    ['fullchain', 'its certificate, and one that does not belong there', one.crt + other.crt],
    ['chain', 'its own authority', one.crt],
  ])('as its %s when it is adopted is its own, with %s', async (part, holds, content) => {
    const { isKept, text } = await adoptedWith(part, content);
    // A combined file must hold the key to be used.
    const isForeign = holds === 'its certificate, and no key';
    expect([isKept, text.includes('REJECTED foreign-file')]).toEqual([isForeign, isForeign]);
  });

  it('is written if no file is there', async () => {
    const project = await issued();
    const storage = 'storage: { file: { certificate: tls/www.crt, key: tls/www.key, chain: tls/www.chain } }';
    project.write('www.yaml', certificateText('www').replace(/storage: .*/u, storage));
    await project.run('apply --yes');
    expect(readFileSync(join(project.folder, 'tls/www.chain'), 'utf8')).toContain('BEGIN CERTIFICATE');
    project.clock.at += 80 * DAY;
    await project.run('apply --yes');
    expect(readdirSync(join(project.folder, 'tls')).sort()).toEqual(['www.chain', 'www.crt', 'www.key']);
  });

  it('in a folder that is switched as a whole is not replaced', async () => {
    const project = await issued();
    project.write('new/www/cert.pem', 'somebody’s\n');
    project.write('new/www/versions/1/privkey.pem', pem('pkcs8'));
    const before = digests(project);
    project.write(
      'www.yaml',
      certificateText('www').replace(/storage: .*/u, 'storage: { directory: { path: new/www } }'),
    );
    await applies(project);
    for (const [path, digest] of before) expect([path, digests(project).get(path)]).toEqual([path, digest]);
  });
});

describe('a removal', () => {
  const WITH_CHAIN =
    certificateText('www').replace(
      /storage: .*/u,
      'storage: { file: { certificate: tls/www.crt, key: tls/www.key, chain: tls/www.chain } }',
    ) + REMOVE;

  /** An owned pair whose document was removed. */
  const orphaned = async (): Promise<Project> => {
    const project = projectOf({ 'ca.yaml': ISSUER, 'www.yaml': WITH_CHAIN });
    await project.run('apply --yes');
    rmSync(join(project.folder, 'www.yaml'));
    return project;
  };

  it.each<readonly [string, readonly string[], (project: Project) => void]>([
    [
      'another certificate without a key',
      ['tls/www.crt'],
      (project) => {
        rmSync(join(project.folder, 'tls/www.key'));
        project.write('tls/www.crt', other.crt);
      },
    ],
    ['authorities of others', ['tls/www.chain'], (project) => project.write('tls/www.chain', other.crt + ended.crt)],
    [
      'authorities of others, without a key',
      ['tls/www.chain'],
      (project) => {
        rmSync(join(project.folder, 'tls/www.key'));
        project.write('tls/www.chain', other.crt + ended.crt);
      },
    ],
    ['a text', ['tls/www.chain'], (project) => project.write('tls/www.chain', 'keep this\n')],
    [
      'what a link leads to that took the place of its folder',
      ['other/www.crt', 'other/www.chain'],
      (project) => {
        renameSync(join(project.folder, 'tls'), join(project.folder, 'moved'));
        project.write('other/www.crt', other.crt);
        project.write('other/www.chain', other.crt + ended.crt);
        symlinkSync('other', join(project.folder, 'tls'));
      },
    ],
  ])('does not delete %s', async (_name, paths, change) => {
    const project = await orphaned();
    change(project);
    const there = paths.map((path) => readFileSync(join(project.folder, path), 'utf8'));
    expect(await applies(project)).toContain('REJECTED foreign-file');
    expect(paths.map((path) => readFileSync(join(project.folder, path), 'utf8'))).toEqual(there);
  });

  it('keeps it under another name if an override lets it continue', async () => {
    const project = await orphaned();
    project.write('tls/www.chain', other.crt + ended.crt);
    await applies(project, ' --override foreign-file@certificates/Certificate/www --reason test');
    expect(readdirSync(join(project.folder, 'tls'))).toEqual(['www.chain.kept-1']);
  });

  it.each(['made', 'adopted'])('that was interrupted continues if the pair was %s', async (how) => {
    const project = projectOf({ 'ca.yaml': ISSUER, 'www.yaml': certificateText('www') + REMOVE });
    if (how === 'adopted') put(project, one, 'tls/www');
    await project.run('apply --yes');
    rmSync(join(project.folder, 'www.yaml'));
    rmSync(join(project.folder, 'tls/www.key'));
    await project.run('apply --yes');
    expect(readdirSync(join(project.folder, 'tls'))).toEqual([]);
  });

  it('deletes an older certificate of its own key, and a chain in another order', async () => {
    const project = projectOf({ 'ca.yaml': ISSUER, 'www.yaml': WITH_CHAIN });
    put(project, one, 'tls/www');
    await project.run('apply --yes');
    project.write('tls/www.crt', before);
    rmSync(join(project.folder, 'www.yaml'));
    await project.run('apply --yes');
    expect(readdirSync(join(project.folder, 'tls'))).toEqual([]);
  });
});

describe('a foreign version in a folder that is switched as a whole', () => {
  const SWITCHED = certificateText('www').replace(/storage: .*/u, 'storage: { directory: { path: www } }') + REMOVE;

  /** Adds foreign versions, one of them in use if `current` says so; gives their digests. */
  const withVersions = (current?: string): { readonly project: Project; readonly foreign: readonly string[] } => {
    const project = projectOf({ 'ca.yaml': ISSUER, 'www.yaml': SWITCHED });
    project.write('www/versions/2/privkey.pem', pem('pkcs8'));
    project.write('www/versions/7/privkey.pem', other.key);
    project.write('www/versions/7/cert.pem', other.crt);
    const foreign = [...digests(project).values()];
    if (current !== undefined) {
      project.write(`www/versions/${current}/cert.pem`, one.crt);
      project.write(`www/versions/${current}/privkey.pem`, one.key);
      project.write(`www/versions/${current}/chain.pem`, '');
      project.write(`www/versions/${current}/fullchain.pem`, one.crt);
      symlinkSync(`versions/${current}`, join(project.folder, 'www/current'));
      for (const name of ['cert', 'chain', 'fullchain', 'privkey'])
        symlinkSync(`current/${name}.pem`, join(project.folder, `www/${name}.pem`));
    }
    return { project, foreign };
  };
  const lost = (project: Project, foreign: readonly string[]): readonly string[] => {
    const there = new Set(digests(project).values());
    return foreign.filter((digest) => !there.has(digest));
  };

  it.each([
    ['a first pair', undefined],
    ['one that was adopted', '3'],
  ])('survives %s', async (_name, current) => {
    const { project, foreign } = withVersions(current);
    await applies(project);
    for (let month = 1; month <= 4; month++) {
      project.clock.at += 80 * DAY;
      await applies(project);
      expect(lost(project, foreign)).toEqual([]);
    }
    expect(readFileSync(join(project.folder, 'www/cert.pem'), 'utf8')).not.toBe(one.crt);
    rmSync(join(project.folder, 'www.yaml'));
    await applies(project);
    expect(existsSync(join(project.folder, 'www/current'))).toBe(false);
    expect(lost(project, foreign)).toEqual([]);
  });

  it('survives the removal of a pair that was adopted and never switched', async () => {
    const { project, foreign } = withVersions('3');
    await project.run('apply --yes');
    rmSync(join(project.folder, 'www.yaml'));
    await applies(project);
    expect(existsSync(join(project.folder, 'www/versions/3/privkey.pem'))).toBe(false);
    expect(lost(project, foreign)).toEqual([]);
  });

  it('survives under the name of a version from an interrupted switch', async () => {
    const { project } = withVersions('3');
    project.write('www/versions/8.pending/privkey.pem', pem('pkcs8'));
    const before = digests(project);
    await applies(project);
    expect(digests(project).get('www/versions/8.pending/privkey.pem')).toBe(
      before.get('www/versions/8.pending/privkey.pem'),
    );
  });
});

describe('an authority', () => {
  it.each<readonly [string, Readonly<Record<string, string>>]>([
    ['a text and a key', { 'ca.crt': 'notes\n', 'ca.key': pem('pkcs8') }],
    ['a key alone', { 'ca.key': pem('pkcs8') }],
    ['a certificate that does not belong to an authority', { 'ca.crt': one.crt, 'ca.key': one.key }],
    ['a pending key', { 'ca.key.pending': pem('pkcs8'), 'ca.crt.pending': 'x' }],
  ])('does not replace %s, and does not delete it', async (_name, files) => {
    const project = projectOf({
      'ca.yaml': ISSUER + REMOVE,
      'other.yaml': ISSUER.replace('name: ca', 'name: other').replace('dir: ca', 'dir: other'),
    });
    for (const [path, text] of Object.entries(files)) project.write(`ca/${path}`, text);
    const before = digests(project);
    await applies(project);
    rmSync(join(project.folder, 'ca.yaml'));
    await applies(project);
    for (const [path, digest] of before) expect([path, digests(project).get(path)]).toEqual([path, digest]);
  });

  it('that replaced an owned one is not removed', async () => {
    const project = projectOf({
      'ca.yaml': ISSUER + REMOVE,
      'other.yaml': ISSUER.replace('name: ca', 'name: other').replace('dir: ca', 'dir: other'),
    });
    await project.run('apply --yes');
    for (const name of ['ca.crt', 'ca.key'])
      writeFileSync(join(project.folder, 'ca', name), readFileSync(join(project.folder, 'other', name)));
    rmSync(join(project.folder, 'ca.yaml'));
    const before = digests(project);
    expect(await applies(project)).toContain('REJECTED foreign-file');
    for (const [path, digest] of before) expect([path, digests(project).get(path)]).toEqual([path, digest]);
  });
});

it('a folder or a named pipe in the place of a file stays', async () => {
  const project = projectOf({ 'ca.yaml': ISSUER, 'www.yaml': at('www', 'tls/www') });
  mkdirSync(join(project.folder, 'tls/www.crt'), { recursive: true });
  execFileSync('mkfifo', [join(project.folder, 'tls/www.key')]);
  chmodSync(join(project.folder, 'tls/www.key'), 0o600);
  await applies(project);
  expect(statSync(join(project.folder, 'tls/www.crt')).isDirectory()).toBe(true);
  expect(statSync(join(project.folder, 'tls/www.key')).isFIFO()).toBe(true);
});
