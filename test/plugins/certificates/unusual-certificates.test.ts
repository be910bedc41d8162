/** Certificates that break parsers: each has clear facts, and none throws. */

import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CertificateFacts } from '../../../plugins/certificates/facts.ts';
import { constraintsOf } from '../../../plugins/certificates/live/x509-extensions.ts';
import { valuesOf } from '../../../plugins/certificates/live/der.ts';
import { readChain, readKey, x509Seen } from '../../../plugins/certificates/live/x509-read.ts';
import type { Observed } from '#plugin';
import { lineOf, view } from './line.ts';
import { certificateSpec, desiredOf, openssl, read } from './support.ts';
import { temporaryFolder } from '../../support/cli.ts';
import fc from '../../support/property.ts';

/** Reads the pair in `tls/www.crt` and `tls/www.key` of a folder. */
async function look(folder: string, now = Date.now()): Promise<Observed<CertificateFacts>> {
  const { observed, gaps } = await view(lineOf(folder, [desiredOf('Certificate', 'www', certificateSpec())], now));
  expect(gaps).toEqual([]);
  const [found] = observed;
  if (found === undefined) throw new Error('nothing is seen');
  // Facts are stored, compared and printed, so they must be plain.
  expect(JSON.parse(JSON.stringify(found.facts))).toEqual(found.facts);
  return found as Observed<CertificateFacts>;
}

interface Made {
  readonly key?: readonly string[];
  /** The lines of the section with its extensions. */
  readonly extensions?: readonly string[];
  readonly names?: readonly string[];
  readonly args?: readonly string[];
  readonly subject?: string;
}

const EC = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];

/** A self-signed pair by openssl. */
function made({
  key = EC,
  extensions = [],
  names = ['DNS.1=www.example.test'],
  args = [],
  subject = '/CN=x',
}: Made): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'tls'));
  openssl(folder, 'genpkey -out tls/www.key', ...key);
  const san = names.length === 0 ? [] : ['subjectAltName=@names'];
  const lines = [
    '[req]',
    'distinguished_name=dn',
    'x509_extensions=ext',
    '[dn]',
    '[ext]',
    ...san,
    ...extensions,
    '[names]',
    ...names,
  ];
  writeFileSync(join(folder, 'odd.cnf'), `${lines.join('\n')}\n`);
  openssl(folder, 'req -x509 -key tls/www.key -out tls/www.crt -config odd.cnf -days 90 -subj', subject, ...args);
  return folder;
}

describe('a certificate', () => {
  test('of 500 names has all of them', async () => {
    const names = Array.from({ length: 500 }, (_, i) => `DNS.${i + 1}=host-${i}.example.test`);
    const { facts, state } = await look(made({ names }));
    expect([state, facts.usable, facts.dnsNames?.length]).toEqual(['normal', true, 500]);
    expect(facts.dnsNames).toContain('host-499.example.test');
  });

  test('without a subject', async () => {
    const { facts, state } = await look(made({ subject: '/' }));
    expect([state, facts.subject, facts.issuer, facts.dnsNames]).toEqual(['normal', '', '', ['www.example.test']]);
  });

  test('without names', async () => {
    const { facts, state } = await look(made({ names: [], subject: '/CN=www.example.test' }));
    expect([state, facts.usable, facts.dnsNames]).toEqual(['normal', true, []]);
  });

  test.each([
    ['of 20 bytes', `0x7f${'ab'.repeat(19)}`, `7f${'ab'.repeat(19)}`],
    ['of 200 bytes', `0x7f${'ab'.repeat(199)}`, `7f${'ab'.repeat(199)}`],
    ['of zero', '0', '0'],
    ['below zero', '-5', '-05'],
  ])('with a serial %s', async (_name, serial, shown) => {
    const { facts, state } = await look(made({ args: ['-set_serial', serial] }));
    expect([state, facts.serial]).toEqual(['normal', shown]);
  });

  /** Every version of openssl creates certificates that begin now: a library writes other dates. */
  async function dated(from: string, to: string): Promise<string> {
    await import('reflect-metadata');
    const x509 = await import('@peculiar/x509');
    const folder = made({});
    const key = createPrivateKey(read(folder, 'tls/www.key'));
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: '01',
      subject: 'CN=www.example.test',
      issuer: 'CN=www.example.test',
      notBefore: new Date(from),
      notAfter: new Date(to),
      publicKey: createPublicKey(key).export({ type: 'spki', format: 'der' }),
      signingKey: key.toCryptoKey(algorithm, true, ['sign']),
      signingAlgorithm: algorithm,
    });
    writeFileSync(join(folder, 'tls/www.crt'), certificate.toString('pem'));
    expect(openssl(folder, 'x509 -in tls/www.crt -noout -enddate')).toContain(to.slice(0, 4));
    return folder;
  }

  test.each([
    ['beyond 2049', '2050-01-01T00:00:00Z', '2099-06-30T12:00:00Z'],
    ['without an end (RFC 5280, 4.1.2.5)', '2020-01-01T00:00:00Z', '9999-12-31T23:59:59Z'],
    ['from before 1970', '1960-01-01T00:00:00Z', '2099-01-01T00:00:00Z'],
  ])('with dates %s', async (_name, from, to) => {
    const then = Date.parse('2060-06-01T00:00:00Z');
    const { facts, state, signals } = await look(await dated(from, to), then);
    expect([state, Date.parse(facts.not_before ?? ''), Date.parse(facts.not_after ?? '')]).toEqual([
      'normal',
      Date.parse(from),
      Date.parse(to),
    ]);
    expect(signals?.['days_left']).toBe(Math.trunc((Date.parse(to) - then) / 86_400_000));
  });

  test('that expires before it begins is expired', async () => {
    const folder = await dated('2030-01-01T00:00:00Z', '2020-01-01T00:00:00Z');
    expect(await look(folder)).toMatchObject({ state: 'expired', facts: { usable: true } });
  });

  test.each<readonly [string, readonly string[]]>([
    [
      'unknown extensions, one of them critical',
      ['1.2.3.4.5.6=critical,DER:0500', '1.2.3.4.5.7=ASN1:UTF8String:hello'],
    ],
    ['names of other kinds', ['issuerAltName=URI:http://x.test/,email:a@b.test,IP:::1,dirName:dir']],
    [
      'policies and an address of its authority',
      ['certificatePolicies=1.2.3.4', 'authorityInfoAccess=caIssuers;URI:http://x.test/ca'],
    ],
    [
      'constraints of names that are for authorities',
      ['nameConstraints=critical,permitted;DNS:test,excluded;DNS:a.test'],
    ],
  ])('with %s', async (_name, extensions) => {
    const dir = extensions.some((each) => each.includes('dirName')) ? ['[dir]', 'C=DE'] : [];
    const folder = made({ extensions, names: ['DNS.1=www.example.test', ...dir] });
    expect(await look(folder)).toMatchObject({
      state: 'normal',
      facts: { usable: true, dnsNames: ['www.example.test'] },
    });
  });

  test('with addresses, mails and other names among its names', async () => {
    const names = [
      'DNS.1=WWW.Example.test',
      'IP.1=10.0.0.1',
      'IP.2=2001:db8::1',
      'email.1=a@b.test',
      'URI.1=https://x.test/?a=b,c',
      'otherName.1=1.2.3.4;UTF8:x, DNS:evil.test',
      'RID.1=1.2.3',
      'DNS.2=*.example.test',
    ];
    const { facts } = await look(made({ names }));
    expect(facts.dnsNames).toEqual(['*.example.test', 'www.example.test']);
  });

  test.each([
    ['RSA-PSS', ['-algorithm', 'RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048'], 'rsa-pss-2048'],
    ['RSA of an odd size', ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2056'], 'rsa-2056'],
    ['brainpool', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:brainpoolP256r1'], 'ecdsa-brainpoolP256r1'],
    ['secp256k1', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:secp256k1'], 'ecdsa-secp256k1'],
    ['a curve over another field', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:sect283k1'], 'ecdsa-sect283k1'],
    ['P-521', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521'], 'ecdsa-p521'],
    [
      'a curve that is written out',
      ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-pkeyopt', 'ec_param_enc:explicit'],
      undefined,
    ],
    ['Ed448', ['-algorithm', 'ED448'], 'ed448'],
  ])('with a key of %s', async (_name, key, algorithm) => {
    const { facts, state } = await look(made({ key }));
    expect([state, facts.usable, facts.key_matches]).toEqual(['normal', true, true]);
    if (algorithm !== undefined) expect(facts.keyAlgorithm).toBe(algorithm);
    expect(facts.key_fingerprint).toMatch(/^sha256:[0-9a-f]{64}$/u);
  });

  test.each([
    ['a terminal that is cleared', '/CN=a\u001B[2Jb'],
    ['injected lines', '/CN=a\nO=evil\r\nCN=b'],
    ['text that runs the other way', '/CN=a\u202Eb'],
    ['other scripts', '/CN=Größe 東京 🔑'],
    ['quotes and commas', '/CN=a, O="b"\\/c+d=e'],
  ])('with %s in its subject is shown on one line, without terminal control', async (_name, subject) => {
    const { facts } = await look(made({ subject, args: ['-utf8'] }));
    expect(facts.subject).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(facts.subject?.length).toBeGreaterThan(4);
  });

  test('of version 1', async () => {
    const folder = made({ names: [] });
    openssl(folder, 'req -new -key tls/www.key -out v1.csr -subj /CN=old -config odd.cnf');
    openssl(folder, 'x509 -req -in v1.csr -key tls/www.key -out tls/www.crt -days 90');
    expect(await look(folder)).toMatchObject({
      state: 'normal',
      facts: { subject: 'CN=old', dnsNames: [], usable: true },
    });
  });
});

describe('a file', () => {
  const good = () => {
    const folder = made({});
    return { folder, crt: read(folder, 'tls/www.crt'), key: read(folder, 'tls/www.key') };
  };

  test.each<readonly [string, (crt: string, key: string) => string]>([
    ['with carriage returns', (crt) => crt.replaceAll('\n', '\r\n')],
    ['with a byte order mark', (crt) => `\u00EF\u00BB\u00BF${crt}`],
    ['with text before, between and after', (crt) => `Bag Attributes\n  x: y\n${crt}more\u0000\n`],
    ['with its key in it, too', (crt, key) => key + crt],
    ['without a last line end', (crt) => crt.trim()],
    [
      'in one line',
      (crt) => crt.replace(/(?<=CERTIFICATE-----\n)[\s\S]+(?=\n-----END)/u, (body) => body.replaceAll('\n', '')),
    ],
  ])('%s is read', async (_name, text) => {
    const { folder, crt, key } = good();
    writeFileSync(join(folder, 'tls/www.crt'), text(crt, key), 'latin1');
    expect(await look(folder)).toMatchObject({ state: 'normal', facts: { usable: true } });
  });

  test('of a certificate with trust settings of openssl is read', async () => {
    const { folder } = good();
    openssl(folder, 'x509 -in tls/www.crt -trustout -addtrust serverAuth -out trusted.crt');
    writeFileSync(join(folder, 'tls/www.crt'), read(folder, 'trusted.crt'));
    expect(read(folder, 'tls/www.crt')).toContain('TRUSTED CERTIFICATE');
    expect(await look(folder)).toMatchObject({ state: 'normal', facts: { usable: true } });
  });

  test.each<readonly [string, (folder: string, crt: string) => string | Buffer, string]>([
    [
      'in DER form',
      (folder) => {
        openssl(folder, 'x509 -in tls/www.crt -outform DER -out der');
        return readFileSync(join(folder, 'der'));
      },
      'is in DER form, not PEM',
    ],
    [
      'of a request',
      (folder) => openssl(folder, 'req -new -key tls/www.key -subj /CN=x -config odd.cnf'),
      'has no certificate in it',
    ],
    ['that is cut', (_folder, crt) => crt.slice(0, 200), 'has a CERTIFICATE that begins in line 1 and does not end'],
    [
      'with a byte that is wrong',
      (_folder, crt) => crt.replace(/(?<=\n[A-Za-z0-9+/]{20})./u, '*'),
      'has a CERTIFICATE that begins in line 1 and is not valid base64',
    ],
    ['with 501 certificates', (_folder, crt) => crt.repeat(501), 'has more than 500 certificates'],
    ['of more than a megabyte', () => 'x'.repeat(1_048_577), 'is larger than 1048576 bytes'],
    ['that is empty', () => '', 'has no certificate in it'],
    ['of zeros', () => Buffer.alloc(4096), 'has no certificate in it'],
  ])('%s is reported', async (_name, text, problem) => {
    const { folder, crt } = good();
    const bytes = text(folder, crt);
    writeFileSync(join(folder, 'tls/www.crt'), bytes);
    const { state, facts } = await look(folder);
    expect([state, facts.usable, facts.problem]).toEqual(['expired', false, `the certificate's file ${problem}`]);
  });

  test('of 500 certificates is read', async () => {
    const { folder, crt } = good();
    writeFileSync(join(folder, 'tls/www.crt'), crt.repeat(500));
    expect(await look(folder)).toMatchObject({ state: 'normal', facts: { usable: true, chain_length: 1 } });
  });
});

describe('any bytes', () => {
  const { crt, key } = ((): { readonly crt: string; readonly key: string } => {
    const folder = temporaryFolder();
    return {
      crt: openssl(
        folder,
        'req -x509 -newkey ed25519 -nodes -keyout /dev/null -subj /CN=x -addext nameConstraints=permitted;DNS:a.test',
      ),
      key: openssl(folder, 'genpkey -algorithm ED25519'),
    };
  })();
  const der = Buffer.from(crt.split('-----')[2] ?? '', 'base64');
  const pem = (bytes: Buffer, name: string): string =>
    `-----BEGIN ${name}-----\n${bytes.toString('base64')}\n-----END ${name}-----\n`;
  /** The bytes of a certificate, with some of them changed, removed or doubled. */
  const spoilt = (from: Buffer) =>
    fc
      .tuple(
        fc.array(fc.tuple(fc.nat(from.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.nat(from.length),
        fc.boolean(),
      )
      .map(([changes, cut, whole]) => {
        const bytes = Buffer.from(from);
        for (const [at, to] of changes) bytes[at] = to;
        return whole ? bytes : bytes.subarray(0, cut);
      });

  test('a chain is read or reported, and the facts are printable', () => {
    fc.assert(
      fc.property(spoilt(der), (bytes) => {
        const { certificates, problem } = readChain(pem(bytes, 'CERTIFICATE'));
        expect(certificates.length === 0).toBe(problem !== undefined);
        for (const each of certificates) {
          expect(x509Seen(each).fingerprint).toMatch(/^sha256:/u);
          expect(typeof constraintsOf(each).subjects).toBe('boolean');
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('a key is read or reported', () => {
    const bytes = Buffer.from(key.split('-----')[2] ?? '', 'base64');
    fc.assert(
      fc.property(spoilt(bytes), (some) => {
        const found = readKey(pem(some, 'PRIVATE KEY'));
        expect('key' in found || found.problem.length > 0).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test('DER is parsed or reported, in a time that its length bounds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const values = valuesOf(Buffer.from(bytes));
        const held = values?.reduce((sum, { content }) => sum + content.length, 0) ?? 0;
        expect(held).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 2000 },
    );
    expect(valuesOf(Buffer.alloc(30_000, Buffer.from([5, 0])))).toBeUndefined();
    expect(valuesOf(randomBytes(0))).toEqual([]);
    expect(valuesOf(Buffer.from('30840000000105', 'hex'))).toMatchObject([{ tag: 0x30 }]);
    expect(valuesOf(Buffer.from('3085000000000105', 'hex'))).toBeUndefined();
    expect(valuesOf(Buffer.from('3080', 'hex'))).toBeUndefined();
    expect(valuesOf(Buffer.from('1f8101', 'hex'))).toBeUndefined();
  });
});
