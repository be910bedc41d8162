/** DER as it is put together and taken apart, with openssl as the witness. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  INTEGER,
  OCTETS,
  SEQUENCE,
  UTF8_TEXT,
  namedBits,
  objectId,
  value,
  valuesOf,
} from '../../../plugins/certificates/live/der.ts';
import { blocksOf } from '../../../plugins/certificates/live/pem.ts';
import { makeKeys, makeLeaf } from '../../../plugins/certificates/live/x509-make.ts';
import { DAY, openssl, tempFolder } from './support.ts';

function parsed(der: Buffer): string {
  const folder = tempFolder();
  writeFileSync(join(folder, 'der'), der);
  return openssl(folder, 'asn1parse', '-inform', 'DER', '-in', 'der');
}

describe('a value', () => {
  test.each([0, 1, 127, 128, 255, 256, 65_535, 65_536])(
    'of %i bytes has its length in front, as openssl reads it',
    (length) => {
      const der = value(SEQUENCE, value(OCTETS, Buffer.alloc(length, 7)));
      expect(parsed(der)).toMatch(new RegExp(`prim: OCTET STRING`, 'u'));
      expect(parsed(der)).toMatch(new RegExp(`l= *${length} prim`, 'u'));
      const [whole] = valuesOf(der) ?? [];
      expect(whole?.raw.equals(der)).toBe(true);
      expect(valuesOf(whole?.content ?? Buffer.of(1))?.[0]?.content).toHaveLength(length);
    },
  );

  test('is taken apart as it was put together', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(INTEGER, OCTETS, UTF8_TEXT), fc.uint8Array({ maxLength: 300 })), {
          maxLength: 20,
        }),
        (parts) => {
          const der = Buffer.concat(parts.map(([tag, bytes]) => value(tag, bytes)));
          expect(valuesOf(der)?.map(({ tag, content }) => [tag, [...content]])).toEqual(
            parts.map(([tag, bytes]) => [tag, [...bytes]]),
          );
        },
      ),
    );
  });

  test.each(['1.2.840.10045.4.3.2', '2.5.29.17', '1.3.101.112', '1.3.6.1.4.1.99999.4294967295'])(
    'that names %s does so for openssl',
    (id) => {
      const shown = parsed(value(SEQUENCE, objectId(id)));
      const names: Readonly<Record<string, string>> = {
        '1.2.840.10045.4.3.2': 'ecdsa-with-SHA256',
        '2.5.29.17': 'X509v3 Subject Alternative Name',
        '1.3.101.112': 'ED25519',
      };
      expect(shown).toContain(names[id] ?? id);
    },
  );

  test.each([
    [[0], '03020780'],
    [[0, 2], '030205a0'],
    [[5, 6], '03020106'],
    [[7], '03020001'],
    [[0, 8], '0303078080'],
  ])('of the bits %j is %s', (bits, hex) => {
    expect(namedBits(...bits).toString('hex')).toBe(hex);
  });
});

describe('a time', () => {
  test.each([
    ['2049-12-31T23:59:59Z', 'UTCTIME', '491231235959Z'],
    ['2050-01-01T00:00:00Z', 'GENERALIZEDTIME', '20500101000000Z'],
  ])('of %s is written as RFC 5280 says', async (end, kind, digits) => {
    const keys = await makeKeys('ecdsa-p256');
    const leaf = await makeLeaf({ dnsNames: ['a.test'], validityDays: 1, keys, now: Date.parse(end) - DAY });
    expect(parsed(leaf.raw)).toMatch(new RegExp(`${kind} +:${digits}`, 'u'));
    expect(leaf.validToDate.toISOString()).toBe(new Date(end).toISOString());
  });
});

test('a name that is not of ASCII goes into no certificate', async () => {
  const keys = await makeKeys('ecdsa-p256');
  for (const name of ['bücher.test', 'a b.test', 'a\u0000.test', ''])
    await expect(makeLeaf({ dnsNames: ['a.test', name], validityDays: 1, keys, now: Date.now() })).rejects.toThrow(
      'letters of ASCII',
    );
});

describe('blocks of PEM', () => {
  const block = (label: string, body = 'AAAA'): string => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----`;
  const labels = (text: string): readonly string[] => [...blocksOf(text)].map(({ label }) => label);

  test.each<readonly [string, readonly string[]]>([
    ['', []],
    [block('A'), ['A']],
    [`x${block('A')}y${block('EC B')}\n`, ['A', 'EC B']],
    ['-----BEGIN A-----', []],
    [`-----BEGIN A-----\n${block('B')}`, ['B']],
    [`-----BEGIN A-----\n${block('A')}`, ['A']],
    ['-----BEGIN ', []],
    [`-----BEGIN ${'x'.repeat(100)}-----`, []],
    ['-----END A----------BEGIN A-----', []],
  ])('%j: %j', (text, expected) => {
    expect(labels(text)).toEqual(expected);
  });

  test('are found in a time that goes with the length, however often one begins', () => {
    const steps = (count: number): number => {
      const text = `${'-----BEGIN CERTIFICATE-----\n'.repeat(count)}${'-----BEGIN X-----\n'.repeat(count)}`;
      const began = process.cpuUsage();
      expect(labels(text)).toEqual([]);
      const { user, system } = process.cpuUsage(began);
      return user + system;
    };
    steps(1000);
    // Forty thousand beginnings are 1.8 MB: searching to the end from each of them would take minutes.
    expect(steps(40_000)).toBeLessThan(5_000_000);
  });
});
