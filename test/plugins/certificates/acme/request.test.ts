/** Certificate signing requests, as OpenSSL reads them, and the keys of accounts. */

import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import {
  accountKeyOf,
  bound,
  dnsDigest,
  keyAuthorization,
  readAccountKey,
} from '../../../../plugins/certificates/acme/jws.ts';
import { keyPem, makeKeys, makeRequest } from '../../../../plugins/certificates/live/x509-make.ts';
import type { KeyAlgorithm } from '../../../../plugins/certificates/world.ts';

const ALGORITHMS: readonly KeyAlgorithm[] = ['ecdsa-p256', 'ecdsa-p384', 'rsa-2048', 'ed25519'];

function shown(der: Buffer): string {
  const args = ['req', '-inform', 'DER', '-noout', '-text', '-verify', '-nameopt', 'RFC2253'];
  return execFileSync('openssl', args, { input: der, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
}

describe('a signing request', () => {
  test.each(ALGORITHMS)('with a key %s has its names and is signed by the key', async (algorithm) => {
    const keys = await makeKeys(algorithm);
    const der = await makeRequest({
      dnsNames: ['WWW.example.test', '*.example.test'],
      ipAddresses: ['192.0.2.1', '2001:db8::1'],
      keys,
    });
    const text = shown(der);
    expect(text).toContain(
      'DNS:www.example.test, DNS:*.example.test, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1',
    );
    expect(text).toMatch(/Subject:\s*\n/u);
  });

  test.each([
    ['the first name', ['www.example.test', 'example.test'], 'www.example.test'],
    ['the first name that is short enough', [`${'a'.repeat(60)}.example.test`, 'example.test'], 'example.test'],
    ['nothing, if all names are longer', [`${'a'.repeat(60)}.example.test`], ''],
  ])('has on request as its common name %s', async (_name, dnsNames, expected) => {
    const der = await makeRequest({ dnsNames, keys: await makeKeys('ecdsa-p256'), commonName: true });
    expect(/Subject: *(?:CN ?= ?(.*))?\n/u.exec(shown(der))?.[1] ?? '').toBe(expected);
  });

  test('refuses names that are not ASCII', async () => {
    const keys = await makeKeys('ecdsa-p256');
    await expect(makeRequest({ dnsNames: ['bücher.example.test'], keys })).rejects.toThrow('Punycode');
  });
});

describe('the key of an account', () => {
  test.each([
    ['ecdsa-p256', 'ES256'],
    ['ecdsa-p384', 'ES384'],
    ['rsa-2048', 'RS256'],
    ['ed25519', 'EdDSA'],
  ] as const)('%s signs by %s', async (algorithm, expected) => {
    const { privateKey } = await makeKeys(algorithm);
    const key = await readAccountKey(keyPem(privateKey), 'acme/account.key');
    expect(key.algorithm).toBe(expected);
    expect(key.jwk).not.toHaveProperty('d');
    expect(key.thumbprint).toMatch(/^[\w-]{43}$/u);
  });

  test('has the thumbprint of RFC 7638, and with it the values of both challenges', () => {
    const authorization = keyAuthorization('token', { thumbprint: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs' });
    expect(authorization).toBe('token.NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
    // printf '%s' "$authorization" | openssl dgst -sha256 -binary | basenc --base64url
    const args = ['-c', `printf %s '${authorization}' | openssl dgst -sha256 -binary | basenc --base64url | tr -d =`];
    expect(dnsDigest(authorization)).toBe(execFileSync('sh', args, { encoding: 'utf8' }).trim());
  });

  test.each([
    ['an RSA key of 1,024 bits', 'genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024', 'not rsa-1024'],
    ['a curve of another kind', 'genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1', 'not ecdsa-secp256k1'],
    ['X25519', 'genpkey -algorithm X25519', 'not x25519'],
  ])('must not be %s', async (_name, words, why) => {
    const pem = execFileSync('openssl', words.split(' '), { encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] });
    await expect(readAccountKey(pem, 'acme/account.key')).rejects.toThrow(why);
  });

  test('that cannot be read is refused without a word of the file', async () => {
    const pem = '-----BEGIN PRIVATE KEY-----\nQ0FOQVJZ\n-----END PRIVATE KEY-----\n';
    const error = await readAccountKey(pem, 'acme/account.key').then(
      () => new Error('read'),
      (reason: unknown) => reason as Error,
    );
    expect(error.message).toBe(
      'the key of the account, acme/account.key, has a private key that cannot be parsed. Write a private key in PEM without a password, or a JSON Web Key',
    );
  });
});

test.each([
  ['empty', ''],
  ['short', 'c2hvcnQ'],
  ['not base64url', 'a secret with blanks, and long enough'],
])('a key of an external account that is %s is refused without quoting it', async (_name, hmacKey) => {
  const key = await accountKeyOf((await makeKeys('ecdsa-p256')).privateKey);
  const error = await bound(key, { kid: 'kid-1', hmacKey }, 'https://acme.example.test/new-account').then(
    () => new Error('bound'),
    (reason: unknown) => reason as Error,
  );
  expect(error.name).toBe('InputError');
  expect(hmacKey === '' || !error.message.includes(hmacKey)).toBe(true);
});
