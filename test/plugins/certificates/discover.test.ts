/** Discovery: pairs in folders, from openssl, as documents that load without a problem. */

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { CertificateSpec } from '../../../plugins/certificates/generated.ts';
import { temporaryFolder, writeFiles } from '../../support/cli.ts';
import { fettleHere } from '../../support/command-line.ts';
import { openssl } from './support.ts';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
  writeFiles(folder, {
    'fettle.yaml': 'name: test\nstore: .fettle\n',
    'desired/self.yaml':
      'apiVersion: certificates/v1\nkind: Issuer\nmetadata: { name: self }\nspec: { selfSigned: {} }\n',
  });
});
function pair(
  dir: string,
  name: string,
  more: readonly string[] = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
): void {
  mkdirSync(join(folder, dir), { recursive: true });
  openssl(
    join(folder, dir),
    `req -x509 -nodes -days 90 -subj /CN=${name} -addext subjectAltName=DNS:${name} -addext basicConstraints=critical,CA:FALSE -keyout privkey.pem -out fullchain.pem`,
    ...more,
  );
}

describe('import --all --plugin certificates', () => {
  it('names a file that no server loads, and finds the others', async () => {
    pair('pki/a', 'a.example.test');
    pair('pki/b', 'b.example.test');
    const file = join(folder, 'pki/b/fullchain.pem');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.trimEnd() + text);
    const { code, stdout, stderr } = await fettleHere(folder, 'import', '--all', '--plugin', 'certificates', 'pki');
    expect(code).toBe(4);
    expect(stdout).toContain('name: a.example.test');
    expect(stdout).not.toContain('b.example.test');
    expect(stderr).toMatch(
      /pki\/b\/fullchain\.pem: has a CERTIFICATE that begins in line 1 and has in line \d+ an end line/u,
    );
  });

  it('writes a document for each pair, which plan then proposes to adopt', async () => {
    pair('pki/live/a', 'a.example.test');
    pair('pki/live/b', '*.b.example.test', ['-newkey', 'rsa:2048']);
    // The same certificate again, a certificate without its key, an authority, an invalid file, a circle of links.
    copyFileSync(join(folder, 'pki/live/a/fullchain.pem'), join(folder, 'pki/live/a/cert.pem'));
    pair('pki/alone', 'c.example.test');
    rmSync(join(folder, 'pki/alone/privkey.pem'));
    writeFileSync(join(folder, 'pki/rubbish.pem'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    symlinkSync('..', join(folder, 'pki/circle'));
    const made = await fettleHere(
      folder,
      'import',
      '--all',
      '--plugin',
      'certificates',
      'pki',
      '-o',
      'desired/found.yaml',
    );
    expect([made.code, made.stderr]).toEqual([0, expect.stringContaining('2 documents')]);
    expect((await fettleHere(folder, 'validate')).code).toBe(0);
    const plan = await fettleHere(folder, 'plan');
    expect(plan.stdout).toContain('~ certificates/Certificate/a.example.test           normal > normal  adopt');
    expect(plan.stdout).toContain('~ certificates/Certificate/wildcard.b.example.test  normal > normal  adopt');
    expect(plan.stdout).toContain('0 to add, 2 to change');
    // A declared pair is not found again, and no file is overwritten.
    const again = await fettleHere(
      folder,
      'import',
      '--all',
      '--plugin',
      'certificates',
      'pki',
      '-o',
      'desired/found.yaml',
    );
    expect([again.code, again.stderr]).toEqual([
      0,
      expect.stringContaining('note: no documents; 2 entries passed over, listed above'),
    ]);
    pair('pki/live/d', 'd.example.test');
    const over = await fettleHere(
      folder,
      'import',
      '--all',
      '--plugin',
      'certificates',
      'pki',
      '-o',
      'desired/found.yaml',
    );
    expect([over.code, over.stderr]).toEqual([1, expect.stringContaining('already exists and is not overwritten')]);
  });

  it('without an Issuer, passes a pair over with the reason', async () => {
    rmSync(join(folder, 'desired/self.yaml'));
    pair('pki', 'a.example.test');
    const { stdout, stderr } = await fettleHere(folder, 'import', '--all', '--plugin', 'certificates', 'pki');
    expect(stdout).toBe('');
    expect(stderr).toContain(
      'passed over: pki/fullchain.pem, pki/privkey.pem: was issued by CN=a.example.test, and no Issuer is declared',
    );
    expect(stderr).toContain('note: no documents; 1 entry passed over');
  });

  it('accounts for every file that belongs to no pair, or that no document can declare', async () => {
    const at = join(folder, 'pki');
    for (const name of ['encrypted', 'der', 'store', 'alone', 'apart']) pair(`pki/${name}`, `${name}.example.test`);
    const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: at, stdio: 'pipe' });
    openssl('pkey', '-in', 'encrypted/privkey.pem', '-aes128', '-passout', 'pass:x', '-out', 'encrypted/locked.key');
    rmSync(join(at, 'encrypted/privkey.pem'));
    openssl('x509', '-in', 'der/fullchain.pem', '-outform', 'DER', '-out', 'der/www.der');
    rmSync(join(at, 'der/fullchain.pem'));
    const store = ['-in', 'store/fullchain.pem', '-inkey', 'store/privkey.pem', '-passout', 'pass:x'];
    openssl('pkcs12', '-export', ...store, '-out', 'store/www.pfx');
    for (const file of ['fullchain', 'privkey']) rmSync(join(at, `store/${file}.pem`));
    rmSync(join(at, 'alone/privkey.pem'));
    mkdirSync(join(at, 'apart/private'));
    renameSync(join(at, 'apart/privkey.pem'), join(at, 'apart/private/key.pem'));
    const { specs, stderr, text, code } = await imported('pki');
    expect(code).toBe(0);
    expect(stderr.match(/^passed over: .*$/gmu)?.toSorted()).toEqual([
      'passed over: pki/alone/fullchain.pem: holds the certificate of CN=alone.example.test, and no key for it was found',
      'passed over: pki/der/privkey.pem: holds a private key, and no certificate for it was found',
      'passed over: pki/der/www.der: is in DER form, not PEM; convert it with `openssl x509` or `openssl pkey`, and `-inform DER`',
      'passed over: pki/encrypted/fullchain.pem: holds the certificate of CN=encrypted.example.test, and no key for it was found',
      'passed over: pki/encrypted/locked.key: holds an encrypted key; decrypt it with `openssl pkey`',
      'passed over: pki/store/www.pfx: is a key store, not PEM; convert it, for example with `openssl pkcs12`',
    ]);
    expect(specs.map(({ dnsNames }) => dnsNames)).toEqual([['apart.example.test']]);
    expect(text).toContain('# its key is in another folder than its certificate');
  });

  it('writes nothing that validate refuses', async () => {
    pair('pki/dot', 'dot.example.test.');
    pair('pki/shared', 'a.example.test');
    const again = ['-key', 'privkey.pem', '-subj', '/CN=b', '-addext', 'subjectAltName=DNS:b.example.test'];
    execFileSync('openssl', ['req', '-x509', ...again, '-out', 'other.pem'], { cwd: join(folder, 'pki/shared') });
    const { stderr, text } = await imported('pki');
    expect(stderr).toMatch(
      /passed over: certificates\/Certificate\/dot\.example\.test\.: cannot be declared: \/dnsNames\/0/u,
    );
    expect(stderr).toMatch(/passed over: .*: shares pki\/shared\/privkey\.pem with another Certificate/u);
    writeFiles(folder, { 'desired/found.yaml': text });
    expect((await fettleHere(folder, 'validate')).code).toBe(0);
  });

  it('names the Issuer that has signed a pair, and leaves a publicly trusted one to its program', async () => {
    writeFiles(folder, {
      'desired/ca.yaml':
        'apiVersion: certificates/v1\nkind: Issuer\nmetadata: { name: ca }\nspec: { localCa: { dir: ../ca, commonName: Test CA } }\n',
    });
    expect((await fettleHere(folder, 'apply', '--yes')).code).toBe(0);
    const { leaf, key } = chain('www.example.test');
    writeFiles(folder, { 'pki/foreign.crt': leaf, 'pki/foreign.key': key });
    pair('pki/self', 'self.example.test');
    const timestamps = ['-newkey', 'ed25519', '-addext', '1.3.6.1.4.1.11129.2.4.2=DER:0400'];
    pair('pki/public', 'public.example.test', timestamps);
    const { specs, stderr, text } = await imported('pki');
    expect(specs.map(({ issuer, dnsNames, renewal }) => [issuer, ...dnsNames, renewal?.enabled])).toEqual([
      ['self', 'public.example.test', false],
      ['self', 'self.example.test', undefined],
    ]);
    expect(text).toContain('# it is publicly trusted: fettle leaves its renewal to the program that issued it');
    expect(stderr).toMatch(
      /pki\/foreign\.crt, .*: was issued by CN=Middle, and several declared Issuers could renew it/u,
    );
  });

  it.skipIf(process.getuid?.() === 0)('a folder that cannot be read is reported, and the rest is found', async () => {
    pair('pki', 'a.example.test');
    mkdirSync(join(folder, 'closed'));
    chmodSync(join(folder, 'closed'), 0);
    const { code, stderr } = await fettleHere(folder, 'import', '--all', '--plugin', 'certificates', 'pki', 'closed');
    expect([code, stderr]).toEqual([4, expect.stringContaining('closed')]);
  });

  it('a folder that does not exist is reported', async () => {
    const { code, stderr } = await fettleHere(folder, 'import', '--all', '--plugin', 'certificates', 'nowhere');
    expect([code, stderr]).toEqual([4, expect.stringContaining('nowhere')]);
  });

  /** The import of a folder, as parsed documents and as text. */
  async function imported(...places: readonly string[]) {
    const { stdout, stderr, code } = await fettleHere(folder, 'import', '--all', '--plugin', 'certificates', ...places);
    const specs = parseAllDocuments(stdout).flatMap((each) => {
      const document = each.toJS() as { readonly spec?: CertificateSpec } | null;
      return document?.spec === undefined ? [] : [document.spec];
    });
    return { text: stdout, specs, stderr, code };
  }

  /** An authority, an intermediate and a server certificate, each by openssl. */
  function chain(name: string): { readonly leaf: string; readonly middle: string; readonly key: string } {
    const at = join(folder, `made-${name}`);
    mkdirSync(at, { recursive: true });
    const ec = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';
    openssl(at, `req -x509 ${ec} -keyout root.key -out root.crt -subj /CN=Root -days 900`);
    openssl(at, `req ${ec} -keyout middle.key -out middle.csr -subj /CN=Middle`);
    writeFileSync(join(at, 'middle.ext'), 'basicConstraints=critical,CA:TRUE\n');
    const signed = (what: string, by: string) =>
      openssl(
        at,
        `x509 -req -in ${what}.csr -CA ${by}.crt -CAkey ${by}.key -days 90 -extfile ${what}.ext -out ${what}.crt`,
      );
    signed('middle', 'root');
    openssl(at, `req ${ec} -keyout leaf.key -out leaf.csr -subj /CN=${name}`);
    writeFileSync(join(at, 'leaf.ext'), `subjectAltName=DNS:${name}\n`);
    signed('leaf', 'middle');
    openssl(at, 'ec -in leaf.key -out sec1.key');
    const text = (file: string) => readFileSync(join(at, file), 'utf8');
    const made = { leaf: text('leaf.crt'), middle: text('middle.crt'), key: text('leaf.key') };
    rmSync(at, { recursive: true });
    return made;
  }

  it('finds the pair of certbot once, and not its earlier versions', async () => {
    for (const version of [1, 2]) {
      const { leaf, middle, key } = chain('www.example.test');
      writeFiles(folder, {
        [`le/archive/www.example.test/cert${version}.pem`]: leaf,
        [`le/archive/www.example.test/chain${version}.pem`]: middle,
        [`le/archive/www.example.test/fullchain${version}.pem`]: leaf + middle,
        [`le/archive/www.example.test/privkey${version}.pem`]: key,
      });
    }
    mkdirSync(join(folder, 'le/live/www.example.test'), { recursive: true });
    for (const name of ['cert', 'chain', 'fullchain', 'privkey'])
      symlinkSync(`../../archive/www.example.test/${name}2.pem`, join(folder, `le/live/www.example.test/${name}.pem`));
    chmodSync(join(folder, 'le/archive/www.example.test/privkey2.pem'), 0o640);
    const { specs, text } = await imported('le');
    const at = (name: string) => `../le/live/www.example.test/${name}.pem`;
    expect(specs).toMatchObject([
      {
        dnsNames: ['www.example.test'],
        keyAlgorithm: 'ecdsa-p256',
        validityDays: 90,
        storage: {
          file: { certificate: at('cert'), chain: at('chain'), fullchain: at('fullchain'), key: at('privkey') },
        },
      },
    ]);
    expect(text).toContain('# issued by CN=Middle, valid until');
    expect(text).not.toContain('archive');
    // An adopted pair is as its document says: nothing is corrected, the links and the mode of the key stay.
    writeFiles(folder, { 'desired/found.yaml': text });
    expect((await fettleHere(folder, 'import', 'certificates/Certificate/www.example.test')).code).toBe(0);
    const { stdout } = await fettleHere(folder, 'plan', '--detail');
    expect(stdout).toMatch(/changed-by-renewal: .* changes the issuer \(CN=Middle → the Issuer self\)/u);
    expect(stdout).toContain('0 to change');
    expect(stdout).not.toMatch(/storage|mode/u);
  });

  it('finds the files of step: the chain in one file, and a key in the older form', async () => {
    const { leaf, middle, key } = chain('svc.example.test');
    mkdirSync(join(folder, 'step'));
    writeFileSync(join(folder, 'step/svc.crt'), leaf + middle);
    writeFileSync(join(folder, 'step/pkcs8'), key);
    openssl(join(folder, 'step'), 'ec -in pkcs8 -out svc.key');
    expect(readFileSync(join(folder, 'step/svc.key'), 'utf8')).toContain('BEGIN EC PRIVATE KEY');
    const { specs } = await imported('step');
    expect(specs).toMatchObject([{ storage: { file: { certificate: '../step/svc.crt', key: '../step/svc.key' } } }]);
  });

  it('finds one file with all parts, in any order', async () => {
    const { leaf, middle, key } = chain('lb.example.test');
    writeFiles(folder, { 'haproxy/site.pem': middle + key + leaf });
    chmodSync(join(folder, 'haproxy/site.pem'), 0o644);
    const { specs, text } = await imported('haproxy');
    expect(specs).toMatchObject([{ storage: { file: { combined: '../haproxy/site.pem' } } }]);
    expect(text).toContain('# its key has the mode 0644, which lets other users read it; it becomes 0600');
  });

  it('finds a folder that is switched as a whole, and nothing inside it', async () => {
    writeFiles(folder, {
      'desired/www.yaml':
        'apiVersion: certificates/v1\nkind: Certificate\nmetadata: { name: www }\nspec: { issuer: self, dnsNames: [www.example.test], storage: { directory: { path: ../tls/www, combined: true } } }\n',
    });
    expect((await fettleHere(folder, 'apply', '--yes')).code).toBe(0);
    expect((await imported('tls')).stderr).toContain('every resource found is already declared');
    rmSync(join(folder, 'desired/www.yaml'));
    rmSync(join(folder, '.fettle'), { recursive: true });
    const { specs } = await imported('tls');
    expect(specs).toMatchObject([{ storage: { directory: { path: '../tls/www', combined: true } } }]);
  });

  it('finds the files that openssl writes by default, and names the other places of the same certificate', async () => {
    const at = join(folder, 'own');
    mkdirSync(at);
    const args = [
      'req',
      '-x509',
      '-newkey',
      'ed25519',
      '-nodes',
      '-keyout',
      'key.pem',
      '-out',
      'cert.pem',
      '-subj',
      '/CN=own',
      '-addext',
      'subjectAltName=DNS:own.example.test',
    ];
    execFileSync('openssl', args, { cwd: at, stdio: 'pipe' });
    mkdirSync(join(at, 'copy'));
    copyFileSync(join(at, 'cert.pem'), join(at, 'copy/cert.pem'));
    const { specs, text } = await imported('own');
    expect(specs).toMatchObject([
      { keyAlgorithm: 'ed25519', storage: { file: { certificate: '../own/cert.pem', key: '../own/key.pem' } } },
    ]);
    expect(text).toContain('# copies in own/copy/cert.pem are not replaced when it is renewed');
  });

  it('finds several certificates in one folder, and takes no chain that another one can need', async () => {
    for (const name of ['a', 'b']) {
      const { leaf, middle, key } = chain(`${name}.example.test`);
      writeFiles(folder, { [`pki/${name}.crt`]: leaf, [`pki/${name}.key`]: key, 'pki/chain.pem': middle });
      writeFiles(folder, { [`pki/${name}.chain.pem`]: middle });
    }
    rmSync(join(folder, 'pki/b.chain.pem'));
    const { specs } = await imported('pki');
    expect(specs.map(({ storage }) => storage)).toEqual([
      { file: { certificate: '../pki/a.crt', chain: '../pki/a.chain.pem', key: '../pki/a.key' } },
      { file: { certificate: '../pki/b.crt', key: '../pki/b.key' } },
    ]);
  });

  it('a file that cannot be read is reported, and the rest is found', async () => {
    pair('pki', 'a.example.test');
    symlinkSync('loop.pem', join(folder, 'pki/loop.pem'));
    const { specs, stderr, code } = await imported('pki');
    expect([specs.length, code, stderr]).toEqual([1, 4, expect.stringContaining('loop.pem: ELOOP')]);
  });
});
