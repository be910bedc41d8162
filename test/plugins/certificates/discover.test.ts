/** Discovery: pairs in folders, made by openssl, as documents that are read again without a problem. */

import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fettle, temporaryFolder, writeFiles } from '../../support/cli.ts';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
  writeFiles(folder, {
    'fettle.yaml': 'name: test\nstore: .fettle\n',
    'desired/self.yaml':
      'apiVersion: certificates/v1\nkind: Issuer\nmetadata: { name: self }\nspec: { selfSigned: {} }\n',
  });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function pair(
  dir: string,
  name: string,
  more: readonly string[] = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
): void {
  mkdirSync(join(folder, dir), { recursive: true });
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      ...more,
      '-nodes',
      '-days',
      '90',
      '-subj',
      `/CN=${name}`,
      '-addext',
      `subjectAltName=DNS:${name}`,
      '-addext',
      'basicConstraints=critical,CA:FALSE',
      '-keyout',
      'privkey.pem',
      '-out',
      'fullchain.pem',
    ],
    { cwd: join(folder, dir), stdio: 'pipe' },
  );
}

describe('import --all --plugin certificates', () => {
  it('writes a document for each pair, that plan then proposes to adopt', async () => {
    pair('pki/live/a', 'a.example.test');
    pair('pki/live/b', '*.b.example.test', ['-newkey', 'rsa:2048']);
    // The same certificate again, a certificate without its key, an authority, rubbish, a circle of links.
    copyFileSync(join(folder, 'pki/live/a/fullchain.pem'), join(folder, 'pki/live/a/cert.pem'));
    pair('pki/alone', 'c.example.test');
    rmSync(join(folder, 'pki/alone/privkey.pem'));
    writeFileSync(join(folder, 'pki/rubbish.pem'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    symlinkSync('..', join(folder, 'pki/circle'));
    const made = await fettle(folder, 'import', '--all', '--plugin', 'certificates', 'pki', '-o', 'desired/found.yaml');
    expect([made.code, made.stderr]).toEqual([0, expect.stringContaining('2 documents')]);
    expect((await fettle(folder, 'validate')).code).toBe(0);
    const plan = await fettle(folder, 'plan');
    expect(plan.stdout).toContain('~ certificates/Certificate/a.example.test           normal > normal  adopt');
    expect(plan.stdout).toContain('~ certificates/Certificate/wildcard.b.example.test  normal > normal  adopt');
    expect(plan.stdout).toContain('0 to add, 2 to change');
    // What is written is not found again, and no file is written over.
    const again = await fettle(
      folder,
      'import',
      '--all',
      '--plugin',
      'certificates',
      'pki',
      '-o',
      'desired/found.yaml',
    );
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('nothing was found')]);
    pair('pki/live/d', 'd.example.test');
    const over = await fettle(folder, 'import', '--all', '--plugin', 'certificates', 'pki', '-o', 'desired/found.yaml');
    expect([over.code, over.stderr]).toEqual([1, expect.stringContaining('nothing is written over it')]);
  });

  it('without one Issuer to name, the document says that one is to be named, and does not pass', async () => {
    rmSync(join(folder, 'desired/self.yaml'));
    pair('pki', 'a.example.test');
    const { stdout } = await fettle(folder, 'import', '--all', '--plugin', 'certificates', 'pki');
    expect(stdout).toContain('# issuer: the name of the Issuer');
    expect(stdout).not.toContain('PRIVATE');
    writeFiles(folder, { 'desired/imported.yaml': stdout });
    expect((await fettle(folder, 'validate')).stderr).toContain('name-the-issuer');
  });

  it.skipIf(process.getuid?.() === 0)('a folder that cannot be read is told, and the rest is found', async () => {
    pair('pki', 'a.example.test');
    mkdirSync(join(folder, 'closed'));
    chmodSync(join(folder, 'closed'), 0);
    const { code, stderr } = await fettle(folder, 'import', '--all', '--plugin', 'certificates', 'pki', 'closed');
    expect([code, stderr]).toEqual([4, expect.stringContaining('closed')]);
  });

  it('a folder that is not there is told', async () => {
    const { code, stderr } = await fettle(folder, 'import', '--all', '--plugin', 'certificates', 'nowhere');
    expect([code, stderr]).toEqual([4, expect.stringContaining('nowhere')]);
  });
});
