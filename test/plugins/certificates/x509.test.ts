/** Certificates that fettle issues, compared with openssl; and keys and certificates of other programs. */

import { type KeyObject, X509Certificate, createPrivateKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { keyPem, makeAuthority, makeKeys, makeLeaf } from '../../../plugins/certificates/live/x509-make.ts';
import {
  isKeyOf,
  isSignedBy,
  keyAlgorithmOf,
  readChain,
  readKey,
  x509Seen,
} from '../../../plugins/certificates/live/x509-read.ts';
import type { KeyAlgorithm } from '../../../plugins/certificates/world.ts';
import { DAY, openssl, read } from './support.ts';
import { temporaryFolder } from '../../support/cli.ts';

const ALGORITHMS: readonly KeyAlgorithm[] = ['ecdsa-p256', 'ecdsa-p384', 'rsa-2048', 'rsa-4096', 'ed25519'];
const now = Date.now();

async function authority(folder: string, name = 'Test CA') {
  const keys = await makeKeys('ecdsa-p256');
  const certificate = await makeAuthority(name, keys, now);
  writeFileSync(join(folder, 'ca.crt'), certificate.toString());
  return { certificate, key: keys.privateKey };
}

describe('an issued certificate', () => {
  test.each(ALGORITHMS)(
    'with a key of %s is verified by openssl',
    async (algorithm) => {
      const folder = temporaryFolder();
      const signer = await authority(folder);
      const keys = await makeKeys(algorithm);
      const leaf = await makeLeaf({
        dnsNames: ['www.Example.test', 'example.test', '*.a.test'],
        validityDays: 90,
        keys,
        signer,
        now,
      });
      writeFileSync(join(folder, 'leaf.crt'), leaf.toString());
      writeFileSync(join(folder, 'leaf.key'), keyPem(keys.privateKey));
      expect(
        openssl(folder, 'verify -x509_strict -purpose sslserver -verify_hostname example.test -CAfile ca.crt leaf.crt'),
      ).toContain('leaf.crt: OK');
      const text = openssl(folder, 'x509 -in leaf.crt -noout -text');
      expect(text).toContain('Version: 3');
      expect(text).toMatch(/Issuer: CN\s*=\s*Test CA/u);
      expect(text).toMatch(/Subject: CN\s*=\s*www\.Example\.test/u);
      expect(text).toContain('DNS:www.example.test, DNS:example.test, DNS:*.a.test');
      expect(text).toMatch(/Basic Constraints: critical\s+CA:FALSE/u);
      expect(text).toMatch(/Key Usage: critical\s+Digital Signature/u);
      expect(text.includes('Key Encipherment')).toBe(algorithm.startsWith('rsa'));
      expect(text).toMatch(/Extended Key Usage:\s+TLS Web Server Authentication\n/u);
      expect(text).toContain('Subject Key Identifier');
      expect(text).toContain('Authority Key Identifier');
      expect(openssl(folder, 'pkey -in leaf.key -pubout')).toBe(openssl(folder, 'x509 -in leaf.crt -noout -pubkey'));
      expect(read(folder, 'leaf.key')).toMatch(/^-----BEGIN PRIVATE KEY-----/u);
      const seen = x509Seen(leaf);
      expect(seen).toMatchObject({
        keyAlgorithm: algorithm,
        ca: false,
        self_signed: false,
        issuer: 'CN=Test CA',
        dnsNames: ['*.a.test', 'example.test', 'www.example.test'],
      });
      expect(Date.parse(seen.not_before)).toBe(Math.floor((now - 300_000) / 1000) * 1000);
      expect(Date.parse(seen.not_after)).toBe(Math.floor((now + 90 * DAY) / 1000) * 1000);
      expect(seen.serial).toMatch(/^[4-7][0-9a-f]{31}$/u);
    },
    60_000,
  );

  test.each(ALGORITHMS)(
    'that signs itself, with a key of %s, is verified by openssl',
    async (algorithm) => {
      const folder = temporaryFolder();
      const keys = await makeKeys(algorithm);
      const leaf = await makeLeaf({ dnsNames: ['a.test'], validityDays: 1, keys, now });
      writeFileSync(join(folder, 'leaf.crt'), leaf.toString());
      expect(openssl(folder, 'verify -check_ss_sig -CAfile leaf.crt leaf.crt')).toContain('OK');
      expect(x509Seen(leaf)).toMatchObject({
        self_signed: true,
        subject: 'CN=a.test',
        issuer: 'CN=a.test',
        keyAlgorithm: algorithm,
      });
    },
    60_000,
  );

  test('whose first name exceeds a common name has none, and its names are critical', async () => {
    const folder = temporaryFolder();
    const signer = await authority(folder);
    const name = `${'a'.repeat(60)}.b.test`;
    const leaf = await makeLeaf({ dnsNames: [name], validityDays: 1, keys: await makeKeys('ecdsa-p256'), signer, now });
    writeFileSync(join(folder, 'leaf.crt'), leaf.toString());
    const text = openssl(folder, 'x509 -in leaf.crt -noout -text');
    expect(text).toMatch(/Subject Alternative Name: critical/u);
    expect(x509Seen(leaf)).toMatchObject({ subject: '', dnsNames: [name] });
    expect(openssl(folder, 'verify -CAfile ca.crt leaf.crt')).toContain('OK');
  });

  test('of 100 names has all of them', async () => {
    const names = Array.from({ length: 100 }, (_, i) => `host-${i}.example.test`);
    const leaf = await makeLeaf({ dnsNames: names, validityDays: 1, keys: await makeKeys('ecdsa-p256'), now });
    expect(x509Seen(leaf).dnsNames).toEqual(names.toSorted());
  });

  test('never outlives its authority, nor begins before it', async () => {
    const folder = temporaryFolder();
    const signer = await authority(folder);
    const leaf = await makeLeaf({
      dnsNames: ['a.test'],
      validityDays: 3650,
      keys: await makeKeys('ecdsa-p256'),
      signer,
      now: now + 100 * DAY,
    });
    expect(leaf.validTo).toBe(signer.certificate.validTo);
    const early = await makeLeaf({
      dnsNames: ['a.test'],
      validityDays: 1,
      keys: await makeKeys('ecdsa-p256'),
      signer,
      now: now - DAY,
    });
    expect(early.validFrom).toBe(signer.certificate.validFrom);
  });

  test('beyond 2049 has proper dates', async () => {
    const then = Date.parse('2049-06-01T00:00:00Z');
    const leaf = await makeLeaf({
      dnsNames: ['a.test'],
      validityDays: 3650,
      keys: await makeKeys('ecdsa-p256'),
      now: then,
    });
    expect(x509Seen(leaf).not_after).toBe('2059-05-30T00:00:00.000Z');
  });
});

describe('an issued authority', () => {
  test.each(['Test CA', 'Größe, "quoted" + O=x', '#0102', ' spaced '])(
    'named %j is valid for openssl too',
    async (name) => {
      const folder = temporaryFolder();
      const { certificate } = await authority(folder, name);
      const text = openssl(folder, 'x509 -in ca.crt -noout -text');
      expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/u);
      expect(text).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign/u);
      expect(openssl(folder, 'x509 -in ca.crt -noout -subject -nameopt multiline,-esc_msb,utf8')).toContain(
        `commonName                = ${name}\n`,
      );
      expect(openssl(folder, 'verify -x509_strict -check_ss_sig -CAfile ca.crt ca.crt')).toContain('OK');
      expect(certificate.ca).toBe(true);
      expect(certificate.validToDate.getTime() - now).toBeGreaterThan(3649 * DAY);
    },
  );
});

describe('an authority of openssl', () => {
  const kinds: readonly (readonly [string, readonly string[]])[] = [
    ['ecdsa-p256', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']],
    ['ecdsa-p384', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384']],
    ['ecdsa-p521', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521']],
    ['rsa-2048', ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048']],
    ['rsa-3072', ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:3072']],
    ['ed25519', ['-algorithm', 'ED25519']],
  ];
  test.each(kinds)(
    'with a key of %s signs, in any form of its key',
    async (algorithm, args) => {
      const folder = temporaryFolder();
      openssl(folder, 'genpkey -out ca.key', ...args);
      openssl(
        folder,
        'req -x509 -new -key ca.key -days 100 -out ca.crt -subj "/C=DE/O=Example, Inc./OU=a+CN=Müller CA" -utf8 -multivalue-rdn',
      );
      const forms = [read(folder, 'ca.key')];
      if (algorithm !== 'ed25519') forms.push(openssl(folder, 'pkey -in ca.key -traditional'));
      for (const pem of forms) {
        const opened = readKey(pem) as { readonly key: KeyObject };
        expect(keyAlgorithmOf(opened.key)).toBe(algorithm);
        const [certificate] = readChain(read(folder, 'ca.crt')).certificates;
        if (certificate === undefined) throw new Error('no certificate');
        const leaf = await makeLeaf({
          dnsNames: ['a.test'],
          validityDays: 10,
          keys: await makeKeys('ecdsa-p256'),
          signer: { certificate, key: opened.key },
          now,
        });
        writeFileSync(join(folder, 'leaf.crt'), leaf.toString());
        expect(openssl(folder, 'verify -CAfile ca.crt leaf.crt')).toContain('OK');
        expect(isSignedBy(leaf, certificate)).toBe(true);
      }
      expect(forms[1] ?? 'BEGIN EC PRIVATE KEY BEGIN RSA PRIVATE KEY').toMatch(/BEGIN (EC|RSA) PRIVATE KEY/u);
    },
    30_000,
  );

  test('of a curve that cannot sign here is reported, without the key', async () => {
    const folder = temporaryFolder();
    openssl(folder, 'genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out ca.key');
    openssl(folder, 'req -x509 -new -key ca.key -out ca.crt -subj /CN=k1');
    const key = createPrivateKey(read(folder, 'ca.key'));
    const certificate = new X509Certificate(read(folder, 'ca.crt'));
    const made = makeLeaf({
      dnsNames: ['a.test'],
      validityDays: 1,
      keys: await makeKeys('ecdsa-p256'),
      signer: { certificate, key },
      now,
    });
    await expect(made).rejects.toThrow('a key of the type ecdsa-secp256k1 cannot sign certificates here');
  });
});

describe('reading', () => {
  test('a chain gives its certificates in the order of the file, with text between them', async () => {
    const folder = temporaryFolder();
    const signer = await authority(folder);
    const leaf = await makeLeaf({
      dnsNames: ['a.test'],
      validityDays: 1,
      keys: await makeKeys('ecdsa-p256'),
      signer,
      now,
    });
    const { certificates, problem } = readChain(
      `subject=x\n${leaf.toString()}\n# the authority\r\n${signer.certificate.toString().replaceAll('\n', '\r\n')}`,
    );
    expect(problem).toBeUndefined();
    expect(certificates.map((each) => each.subject)).toEqual(['CN=a.test', 'CN=Test CA']);
  });

  test.each([
    ['', 'has no certificate in it'],
    ['nonsense', 'has no certificate in it'],
    ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', 'has a certificate that cannot be parsed'],
    ['-----BEGIN CERTIFICATE-----\nMIIB', 'has a CERTIFICATE that begins in line 1 and does not end'],
  ])('a chain of %j has a problem', (text, problem) => {
    expect(readChain(text)).toMatchObject({ certificates: [], problem });
  });

  test('an invalid key is reported, without its content', () => {
    const folder = temporaryFolder();
    openssl(
      folder,
      'genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 -pass pass:secret -out encrypted.key',
    );
    openssl(folder, 'genrsa -traditional -aes128 -passout pass:secret -out old.key 2048');
    expect(readKey(read(folder, 'encrypted.key'))).toEqual({ problem: 'is encrypted', code: 'encrypted' });
    expect(readKey(read(folder, 'old.key'))).toEqual({ problem: 'is encrypted', code: 'encrypted' });
    expect(readKey('-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n')).toEqual({
      problem: 'has a private key that cannot be parsed',
      code: 'damaged',
    });
    expect(readKey('')).toEqual({ problem: 'has no private key in it', code: 'damaged' });
  });

  test('names with commas and quotes in them are complete', () => {
    const folder = temporaryFolder();
    openssl(
      folder,
      'req -x509 -newkey ed25519 -nodes -keyout a.key -out a.crt -subj /CN=a -config',
      writeConfig(folder),
    );
    const seen = x509Seen(new X509Certificate(read(folder, 'a.crt')));
    expect(seen.dnsNames).toEqual(['a, dns:b.test', 'c.test']);
    expect(seen.ipAddresses).toEqual(['127.0.0.1', '::1']);
    const key = createPrivateKey(read(folder, 'a.key'));
    expect(isKeyOf(key, new X509Certificate(read(folder, 'a.crt')))).toBe(true);
  });
});

function writeConfig(folder: string): string {
  const path = join(folder, 'names.cnf');
  writeFileSync(
    path,
    '[req]\ndistinguished_name=dn\nx509_extensions=ext\n[dn]\n[ext]\nsubjectAltName=@names\n[names]\nDNS.1=a\\, DNS:b.test\nDNS.2=C.test\nIP.1=127.0.0.1\nIP.2=::1\nemail.1=x@y.test\n',
  );
  return path;
}
