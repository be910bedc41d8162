/** Parsing of DER and PEM, and the times of certificates, compared with openssl. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SEQUENCE, valuesOf } from '../../../plugins/certificates/live/der.ts';
import { makeKeys, makeLeaf } from '../../../plugins/certificates/live/x509-make.ts';
import { DAY, openssl } from './support.ts';
import { temporaryFolder } from '../../support/cli.ts';

function parsed(der: Buffer): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'der'), der);
  return openssl(folder, 'asn1parse -inform DER -in der');
}

describe('values', () => {
  test('are those that openssl reads, of any length', () => {
    for (const bits of ['512', '2048', '4096']) {
      const folder = temporaryFolder();
      openssl(folder, 'genrsa -traditional -out key', bits);
      openssl(folder, 'rsa -in key -traditional -outform DER -out der');
      const der = readFileSync(join(folder, 'der'));
      const [whole, ...none] = valuesOf(der) ?? [];
      expect([whole?.tag, none]).toEqual([SEQUENCE, []]);
      const lengths = [...parsed(der).matchAll(/d=1 +hl=\d+ l= *(\d+) prim: INTEGER/gu)].map(([, length]) =>
        Number(length),
      );
      expect(valuesOf(whole?.content ?? Buffer.alloc(0))?.map(({ content }) => content.length)).toEqual(lengths);
    }
  });

  test('that are truncated are invalid', () => {
    const der = Buffer.from('3006020101020102', 'hex');
    expect(valuesOf(der)).toHaveLength(1);
    for (let length = 1; length < der.length; length += 1) expect(valuesOf(der.subarray(0, length))).toBeUndefined();
  });
});

describe('a time', () => {
  test.each([
    ['2049-12-31T23:59:59Z', 'UTCTIME', '491231235959Z'],
    ['2050-01-01T00:00:00Z', 'GENERALIZEDTIME', '20500101000000Z'],
  ])('of %s is encoded as RFC 5280 requires', async (end, kind, digits) => {
    const keys = await makeKeys('ecdsa-p256');
    const leaf = await makeLeaf({ dnsNames: ['a.test'], validityDays: 1, keys, now: Date.parse(end) - DAY });
    expect(parsed(leaf.raw)).toMatch(new RegExp(`${kind} +:${digits}`, 'u'));
    expect(leaf.validToDate.toISOString()).toBe(new Date(end).toISOString());
  });
});

test('a name outside of ASCII is not allowed in a certificate', async () => {
  const keys = await makeKeys('ecdsa-p256');
  for (const name of ['bücher.test', 'a b.test', 'a\u0000.test', ''])
    await expect(makeLeaf({ dnsNames: ['a.test', name], validityDays: 1, keys, now: Date.now() })).rejects.toThrow(
      'limited to ASCII',
    );
});
