/** Documents of the plugin: their checks, and their paths seen from the project. */

import { describe, expect, test } from 'vitest';
import { check, checkTogether } from '../../../plugins/certificates/check.ts';
import type { CertificateSpec, DomainSpec } from '../../../plugins/certificates/generated.ts';
import { fromProject } from '../../../plugins/certificates/paths.ts';
import { certificates } from '../../../plugins/certificates/plugin.ts';
import { CA_SPEC, certificateSpec, desiredOf } from './support.ts';

const certificate = (more: Partial<CertificateSpec>, name = 'www', file = 'main.yaml') =>
  desiredOf('Certificate', name, certificateSpec(more), file);
const domain = (more: Partial<DomainSpec>) =>
  desiredOf('Domain', 'www', { host: 'a.test', port: 443, expiryWarnDays: 30, ...more });

describe('paths', () => {
  test.each([
    ['main.yaml', './ca', 'ca'],
    ['main.yaml', 'ca/', 'ca'],
    ['desired/main.yaml', './tls/../tls/www.crt', 'desired/tls/www.crt'],
    ['desired/a/main.yaml', '../../ca', 'ca'],
    ['desired/main.yaml', '/etc/ssl//www.crt', '/etc/ssl/www.crt'],
    ['/srv/desired/main.yaml', 'ca', '/srv/desired/ca'],
    ['main.yaml', '..', '..'],
    ['main.yaml', '.', '.'],
    ['main.yaml', '/', '/'],
  ])('%s: %s is %s', (file, path, expected) => {
    expect(fromProject(file, path)).toBe(expected);
  });

  test('of every kind start from the project once they are expanded', () => {
    const expand = (desired: ReturnType<typeof desiredOf>) =>
      certificates.kinds[desired.ref.kind]?.expand?.(desired, () => undefined, {}).map(({ spec }) => spec);
    expect(expand(desiredOf('Issuer', 'ca', { localCa: { dir: './ca', commonName: 'x' } }, 'd/a.yaml'))).toEqual([
      { localCa: { dir: 'd/ca', commonName: 'x' } },
    ]);
    expect(expand(desiredOf('Issuer', 'ca', { selfSigned: {} }, 'd/a.yaml'))).toEqual([{ selfSigned: {} }]);
    expect(
      expand(certificate({ storage: { file: { certificate: './a.crt', key: '../a.key' } } }, 'www', 'd/a.yaml')),
    ).toMatchObject([{ storage: { file: { certificate: 'd/a.crt', key: 'a.key' } } }]);
    expect(
      expand(desiredOf('Domain', 'd', { host: 'a.test', trust: ['./ca/ca.crt', '/x.pem'] }, 'd/a.yaml')),
    ).toMatchObject([{ trust: ['d/ca/ca.crt', '/x.pem'] }]);
  });
});

describe('a Certificate', () => {
  test('as it is usually written has no mistake', () => {
    expect(check(certificate({ dnsNames: ['a.test', '*.a.test', 'xn--bcher-kva.example', 'localhost'] }))).toEqual([]);
  });

  test.each([
    ['127.0.0.1', 'is an address'],
    ['::1', 'is an address'],
    ['a.test.', 'ends with a dot'],
    ['*.test', 'whole top-level domain'],
    ['*', 'whole top-level domain'],
    ['a.*.test', 'a wildcard is the whole first label'],
    ['www*.a.test', 'a wildcard is the whole first label'],
    ['-a.test', 'is no DNS name'],
    ['a..test', 'is no DNS name'],
    [`${'a'.repeat(64)}.test`, 'is no DNS name'],
    ['a b.test', 'is no DNS name'],
  ])('has no name %j', (name, text) => {
    const mistakes = check(certificate({ dnsNames: ['ok.test', name] }));
    expect(mistakes).toMatchObject([{ code: 'invalid-name', pointer: '/spec/dnsNames/1' }]);
    expect(mistakes[0]?.message).toContain(text);
  });

  test('has no name twice, in whatever case', () => {
    expect(check(certificate({ dnsNames: ['a.test', 'b.test', 'A.Test'] }))).toEqual([
      { code: 'duplicate-name', pointer: '/spec/dnsNames/2', message: 'A.Test is the same name as item 1' },
    ]);
  });

  test.each([
    [90, 30, undefined],
    [31, 30, undefined],
    [30, 30, '10 days'],
    [7, 30, '2 days'],
  ])('of %i days with a threshold of %i: %s', (validityDays, thresholdDays, inForce) => {
    const mistakes = check(certificate({ validityDays, renewal: { thresholdDays } }));
    if (inForce === undefined) expect(mistakes).toEqual([]);
    else {
      expect(mistakes).toMatchObject([
        { code: 'threshold-too-long', severity: 'warning', pointer: '/spec/validityDays' },
      ]);
      expect(mistakes[0]?.message).toContain(inForce);
    }
  });
});

describe('a Domain', () => {
  test.each([undefined, '127.0.0.1', '::1', '[::1]', 'fe80::1%eth0', '::ffff:1.2.3.4', 'lb.example.test'])(
    'at %s has no mistake',
    (address) => {
      expect(check(domain(address === undefined ? {} : { address }))).toEqual([]);
    },
  );
  test.each([
    ['127.0.0.1:443', 'has a port in it'],
    ['[::1]:443', 'has a port in it'],
    ['lb.example.test:443', 'has a port in it'],
    ['https://a.test', 'neither an address nor the name'],
    ['a b', 'neither an address nor the name'],
  ])('is not at %s', (address, text) => {
    const mistakes = check(domain({ address }));
    expect(mistakes).toMatchObject([{ code: 'invalid-address', pointer: '/spec/address' }]);
    expect(mistakes[0]?.message).toContain(text);
  });
  test('is no wildcard', () => {
    expect(check(domain({ host: '*.a.test' }))).toMatchObject([{ code: 'invalid-host', pointer: '/spec/host' }]);
  });
});

describe('documents together', () => {
  const at = (name: string, certificatePath: string, keyPath: string, file = 'main.yaml') =>
    certificate({ storage: { file: { certificate: certificatePath, key: keyPath } } }, name, file);

  test('with files of their own have no mistake', () => {
    expect(
      checkTogether([
        at('a', 'a.crt', 'a.key'),
        at('b', 'b.crt', 'b.key'),
        desiredOf('Issuer', 'ca', CA_SPEC),
        domain({ trust: ['a.crt'] }),
      ]),
    ).toEqual([]);
  });

  test.each([
    [
      'the same certificate',
      [at('a', 'a.crt', 'a.key'), at('b', './x/../a.crt', 'b.key')],
      '/spec/storage/file/certificate',
      'a.crt is written by Certificate a too',
    ],
    [
      'the same key, from documents in different folders',
      [at('a', 'a.crt', 'tls/a.key'), at('b', '../b.crt', 'a.key', 'tls/b.yaml')],
      '/spec/storage/file/key',
      'tls/a.key is written by Certificate a too',
    ],
    [
      'one file for both',
      [at('a', 'a.pem', 'a.pem')],
      '/spec/storage/file/key',
      'a.pem is written by this document too',
    ],
    [
      'a file of a swap',
      [at('a', 'a.crt', 'a.key'), at('b', 'a.crt.backup', 'b.key')],
      '/spec/storage/file/certificate',
      'a.crt.backup is written by Certificate a too',
    ],
    [
      'a file of an authority',
      [desiredOf('Issuer', 'ca', CA_SPEC), at('b', 'ca/ca.crt', 'b.key')],
      '/spec/storage/file/certificate',
      'ca/ca.crt is written by Issuer ca too',
    ],
    [
      'two authorities in one folder',
      [desiredOf('Issuer', 'a', CA_SPEC), desiredOf('Issuer', 'b', CA_SPEC)],
      '/spec/localCa/dir',
      'ca/ca.crt is written by Issuer a too',
    ],
  ])('must not write %s', (_name, documents, pointer, text) => {
    const mistakes = checkTogether(documents);
    expect(mistakes).toMatchObject([{ code: 'same-file', pointer, ref: documents.at(-1)?.ref }]);
    expect(mistakes[0]?.message).toContain(text);
  });
});
