/** An authority in its folder: created, interrupted at every point, never overwritten, removed. */

import { X509Certificate, createPrivateKey } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  createAuthority,
  deleteAuthority,
  openAuthority,
  readAuthority,
} from '../../../plugins/certificates/live/authority.ts';
import { keyPem, makeAuthority, makeKeys } from '../../../plugins/certificates/live/x509-make.ts';
import { DAY, openssl, read } from './support.ts';
import { temporaryFolder } from '../../support/cli.ts';

const now = Date.now();

function withoutUmask(): void {
  const before = process.umask(0);
  onTestFinished(() => void process.umask(before));
}

function modeOf(...path: readonly string[]): string {
  return (statSync(join(...path)).mode & 0o777).toString(8);
}

test('an authority is created with its modes, and can be opened', async () => {
  withoutUmask();
  const folder = temporaryFolder();
  const dir = join(folder, 'a/b/ca');
  expect(await readAuthority(dir)).toEqual({ status: 'absent' });
  const fingerprint = await createAuthority(dir, 'Test CA', now);
  expect(readdirSync(dir).sort()).toEqual(['ca.crt', 'ca.key']);
  expect([modeOf(dir, 'ca.key'), modeOf(dir, 'ca.crt'), modeOf(dir)]).toEqual(['600', '644', '755']);
  expect(openssl(dir, 'verify -CAfile ca.crt ca.crt')).toContain('OK');
  const printed = openssl(dir, 'x509 -in ca.crt -noout -fingerprint -sha256').trim().split('=')[1] ?? '';
  expect(fingerprint).toBe(`sha256:${printed.replaceAll(':', '').toLowerCase()}`);
  const seen = await readAuthority(dir);
  expect(seen).toMatchObject({
    status: 'seen',
    certificate: { fingerprint, subject: 'CN=Test CA', ca: true },
    keyFile: { mode: '0600' },
  });
  expect(seen).not.toHaveProperty('problem');
  expect((await openAuthority(dir, fingerprint)).chain).toHaveLength(1);
  await expect(openAuthority(dir, 'sha256:other')).rejects.toThrow('not sha256:other');
});

test('modes do not depend on the umask', async () => {
  const before = process.umask(0o077);
  onTestFinished(() => void process.umask(before));
  const folder = temporaryFolder();
  await createAuthority(join(folder, 'ca'), 'Test CA', now);
  expect([modeOf(folder, 'ca/ca.key'), modeOf(folder, 'ca/ca.crt')]).toEqual(['600', '644']);
});

/** Removes the existing authority. */
async function removeAuthority(dir: string): Promise<void> {
  const seen = await readAuthority(dir);
  const fingerprint = seen.status === 'seen' ? seen.certificate?.fingerprint : undefined;
  await deleteAuthority(dir, { ...(fingerprint === undefined ? {} : { fingerprint }), keep: false });
}

describe('a creation that was interrupted', () => {
  /** The folder after the whole creation; each case restores an earlier point. */
  async function made(): Promise<{
    readonly dir: string;
    readonly fingerprint: string;
    readonly path: (name: string) => string;
  }> {
    const dir = join(temporaryFolder(), 'ca');
    const fingerprint = await createAuthority(dir, 'Test CA', now);
    return { dir, fingerprint, path: (name) => join(dir, name) };
  }

  test('before the key was in place begins again', async () => {
    const { dir, fingerprint, path } = await made();
    renameSync(path('ca.key'), path('ca.key.pending'));
    renameSync(path('ca.crt'), path('ca.crt.pending'));
    expect(await readAuthority(dir)).toEqual({ status: 'absent' });
    expect(await createAuthority(dir, 'Test CA', now)).not.toBe(fingerprint);
    expect(readdirSync(dir).sort()).toEqual(['ca.crt', 'ca.key']);
  });

  test('in the middle of a write begins again', async () => {
    const dir = join(temporaryFolder(), 'ca');
    mkdirSync(dir);
    writeFileSync(join(dir, 'ca.key.pending'), '-----BEGIN PRIV', { mode: 0o600 });
    expect(await readAuthority(dir)).toEqual({ status: 'absent' });
    await createAuthority(dir, 'Test CA', now);
    expect(readdirSync(dir).sort()).toEqual(['ca.crt', 'ca.key']);
    expect(await readAuthority(dir)).not.toHaveProperty('problem');
  });

  test.each([
    ['with the key in place', false],
    ['with the key in place, and its pending name not removed', true],
  ])('%s is finished with the same authority', async (_name, linked) => {
    const { dir, fingerprint, path } = await made();
    renameSync(path('ca.crt'), path('ca.crt.pending'));
    if (linked) linkSync(path('ca.key'), path('ca.key.pending'));
    expect(await readAuthority(dir)).toEqual({ status: 'absent' });
    await expect(openAuthority(dir, undefined)).rejects.toThrow('contains no authority');
    expect(await createAuthority(dir, 'Test CA', now)).toBe(fingerprint);
    expect(readdirSync(dir).sort()).toEqual(['ca.crt', 'ca.key']);
  });

  test('with both in place is an authority', async () => {
    const { dir, fingerprint, path } = await made();
    linkSync(path('ca.crt'), path('ca.crt.pending'));
    expect(await readAuthority(dir)).toMatchObject({ status: 'seen', certificate: { fingerprint } });
    await removeAuthority(dir);
    expect(existsSync(dir)).toBe(false);
  });
});

describe('files of another owner', () => {
  test.each<readonly [string, (dir: string) => void, string]>([
    ['a key alone', (dir) => writeFileSync(join(dir, 'ca.key'), 'mine'), 'ca.crt is missing'],
    ['a certificate alone', (dir) => writeFileSync(join(dir, 'ca.crt'), 'mine'), 'ca.crt has no certificate in it'],
    ['a folder', (dir) => mkdirSync(join(dir, 'ca.crt')), 'ca.crt is a directory'],
  ])('%s: broken, and never overwritten', async (_name, put, problem) => {
    const dir = temporaryFolder();
    put(dir);
    const before = readdirSync(dir);
    expect(await readAuthority(dir)).toMatchObject({ status: 'seen', problem });
    await expect(createAuthority(dir, 'Test CA', now)).rejects.toThrow('not overwritten');
    expect(readdirSync(dir)).toEqual(before);
  });

  test('an unusable file has a reason', async () => {
    const dir = temporaryFolder();
    const other = temporaryFolder();
    await createAuthority(dir, 'Test CA', now);
    await createAuthority(other, 'Other CA', now);
    const key = readFileSync(join(dir, 'ca.key'));
    const problemOf = async (): Promise<string | undefined> => {
      const seen = await readAuthority(dir);
      return seen.status === 'seen' ? seen.problem : 'absent';
    };
    writeFileSync(join(dir, 'ca.key'), readFileSync(join(other, 'ca.key')));
    expect(await problemOf()).toBe('ca.key does not belong to ca.crt');
    writeFileSync(join(dir, 'ca.key'), 'secret');
    expect(await problemOf()).toBe('ca.key has no private key in it');
    await expect(openAuthority(dir, undefined)).rejects.not.toThrow('secret');
    writeFileSync(join(dir, 'ca.key'), key);
    expect(await problemOf()).toBeUndefined();
    openssl(dir, 'req -x509 -key ca.key -out ca.crt -subj /CN=x -addext basicConstraints=critical,CA:FALSE');
    expect(await problemOf()).toBe('CN=x is not a certificate of an authority');
  });

  test('links in a circle cannot be read', async () => {
    const dir = temporaryFolder();
    symlinkSync('ca.crt', join(dir, 'ca.crt'));
    await expect(readAuthority(dir)).rejects.toMatchObject({ name: 'StorageError', code: 'ELOOP' });
  });

  test('an intermediate includes the certificates up to its root', async () => {
    const dir = temporaryFolder();
    const keys = await makeKeys('ecdsa-p256');
    mkdirSync(join(dir, 'root'));
    writeFileSync(join(dir, 'root/ca.key'), keyPem(keys.privateKey));
    writeFileSync(join(dir, 'root/ca.crt'), (await makeAuthority('Root', keys, now, { below: 1 })).toString());
    openssl(dir, 'req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.csr -subj /CN=Inter');
    writeFileSync(join(dir, 'ext'), 'basicConstraints=critical,CA:true\n');
    openssl(dir, 'x509 -req -in ca.csr -CA root/ca.crt -CAkey root/ca.key -out inter.crt -extfile ext -days 5');
    writeFileSync(join(dir, 'ca.crt'), read(dir, 'inter.crt') + read(dir, 'root/ca.crt'));
    const { chain, signer } = await openAuthority(dir, undefined);
    expect(chain.map((each) => each.subject)).toEqual(['CN=Inter', 'CN=Root']);
    expect(signer.certificate.subject).toBe('CN=Inter');
  });
});

describe('a removal', () => {
  test('removes the files, and the folder if it is empty then', async () => {
    const folder = temporaryFolder();
    const dir = join(folder, 'ca');
    await createAuthority(dir, 'Test CA', now);
    await removeAuthority(dir);
    expect(readdirSync(folder)).toEqual([]);
    await createAuthority(dir, 'Test CA', now);
    writeFileSync(join(dir, 'notes.txt'), 'keep');
    await removeAuthority(dir);
    expect(readdirSync(dir)).toEqual(['notes.txt']);
    await removeAuthority(join(folder, 'never'));
  });

  test('that was interrupted after the key is observed as broken', async () => {
    const dir = join(temporaryFolder(), 'ca');
    await createAuthority(dir, 'Test CA', now);
    renameSync(join(dir, 'ca.key'), join(dir, '..', 'gone'));
    expect(await readAuthority(dir)).toMatchObject({ problem: 'ca.key is missing' });
    await removeAuthority(dir);
    expect(existsSync(dir)).toBe(false);
  });
});

test('the key on disk belongs to the certificate, which is valid for ten years', async () => {
  const dir = temporaryFolder();
  chmodSync(dir, 0o755);
  await createAuthority(dir, 'Test CA', now);
  const certificate = new X509Certificate(read(dir, 'ca.crt'));
  expect(certificate.checkPrivateKey(createPrivateKey(read(dir, 'ca.key')))).toBe(true);
  expect(Math.round((certificate.validToDate.getTime() - now) / DAY)).toBe(3650);
});
