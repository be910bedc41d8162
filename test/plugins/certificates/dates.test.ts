/** Dates of certificates that are not dates: each reader takes such a certificate for one without a validity. */

import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { datesOf, properDatesOf } from '#plugin/certificate-dates';
import {
  clientPath,
  endOf,
  endOfChain,
  endOfPaths,
  isValidAt,
} from '../../../plugins/certificates/live/client-path.ts';
import { makeAuthority, makeKeys, makeLeaf } from '../../../plugins/certificates/live/x509-make.ts';
import { readChain, x509Seen } from '../../../plugins/certificates/live/x509-read.ts';
import fc from '../../support/property.ts';
import { DAY, NOW } from './support.ts';

let authority: X509Certificate;
let leaf: X509Certificate;

beforeAll(async () => {
  const signing = await makeKeys('ecdsa-p256');
  authority = await makeAuthority('Test CA', signing, NOW);
  const keys = await makeKeys('ecdsa-p256');
  const signer = { certificate: authority, key: signing.privateKey };
  leaf = await makeLeaf({ dnsNames: ['a.example.test'], validityDays: 30, keys, now: NOW, signer });
});

/** The first byte of the UTCTimes of a validity: a sequence of 30 bytes with two of 13. */
function placeOfDates(der: Buffer): number {
  const at = der.indexOf(Buffer.from([0x30, 30, 0x17, 13]));
  expect(at).toBeGreaterThan(0);
  return at + 4;
}

/** A certificate with another text as one of its dates. Its signature is not valid any longer. */
function dated({ raw }: X509Certificate, which: 'begin' | 'end', text: string): X509Certificate {
  const der = Buffer.from(raw);
  der.write(text, placeOfDates(der) + (which === 'begin' ? 0 : 15), 13, 'latin1');
  return new X509Certificate(der);
}

const UTC_TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/u;

/** The time of a UTCTime in the form of RFC 5280; undefined for any other text. */
function timeOf(text: string): number | undefined {
  const [, ...parts] = UTC_TIME.exec(text) ?? [];
  if (parts.length === 0) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map(Number);
  const time = Date.UTC(year < 50 ? 2000 + year : 1900 + year, month - 1, day, hour, minute, second);
  const shown = new Date(time).toISOString().replaceAll(/[-:T]/gu, '').slice(2, 14);
  return shown === text.slice(0, 12) ? time : undefined;
}

const TEXTS: readonly (readonly [string, string])[] = [
  ['month 13', '271301000000Z'],
  ['month 99', '279901000000Z'],
  ['month 0', '270001000000Z'],
  ['day 0', '270100000000Z'],
  ['day 32', '270132000000Z'],
  ['30 February', '270230000000Z'],
  ['hour 24', '270101240000Z'],
  ['minute 60', '270101006000Z'],
  ['second 61', '270101000061Z'],
  ['letters', 'abcdefghijklZ'],
  ['blanks', '             '],
  ['zero bytes', '\0'.repeat(13)],
  ['a sign', '-70101000000Z'],
  ['no zone', '2701010000000'],
  ['another zone', '270101000000X'],
  ['an early end', '270101\0\0\0\0\0\0Z'],
];

describe.each(['begin', 'end'] as const)('a certificate whose %s is', (which) => {
  test.each(TEXTS)('%s', (_name, text) => {
    const odd = dated(leaf, which, text);
    expect(datesOf(odd)).toBeUndefined();
    expect(() => properDatesOf(odd)).toThrow('no proper validity');
    expect(() => x509Seen(odd)).toThrow('no proper validity');
    expect(readChain(odd.toString())).toMatchObject({
      certificates: [],
      problem: 'has a certificate without a proper validity',
    });
    for (const at of [NOW, 0, 4_102_444_800_000]) expect(isValidAt(odd, at)).toBe(false);
    expect(endOf(odd)).toBe(Number.NEGATIVE_INFINITY);
  });

  test('not a date is on no valid path, and a valid one is preferred to it', () => {
    for (const [, text] of TEXTS) {
      const odd = dated(authority, which, text);
      const anchorsOf = (subject: string) => (subject === authority.subject ? [odd, authority] : []);
      const input = { leaf, others: [], anchorsOf, partial: false };
      expect(clientPath(input, NOW).path).toEqual([leaf, authority]);
      expect(endOfPaths(input, NOW)).toBe(leaf);
      const alone = { ...input, anchorsOf: () => [odd] };
      expect(endOfPaths(alone, NOW)).toBeUndefined();
      // Clients refuse the chain, also if its leaf is valid.
      expect(endOf(endOfChain(alone))).toBe(Number.NEGATIVE_INFINITY);
    }
  });
});

test('any 13 bytes are the time that they express, or no time', () => {
  const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 12, maxLength: 12 });
  const pair = (most: number): fc.Arbitrary<string> => fc.nat(most).map((n) => String(n).padStart(2, '0'));
  const likely = fc.tuple(pair(99), pair(13), pair(32), pair(24), pair(60), pair(60)).map((parts) => parts.join(''));
  const text = fc.oneof(
    likely.map((date) => `${date}Z`),
    digits.map((date) => `${date.join('')}Z`),
    fc.uint8Array({ minLength: 13, maxLength: 13 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  );
  let valid = 0;
  fc.assert(
    fc.property(text, (date) => {
      const expected = timeOf(date);
      const dates = datesOf(dated(leaf, 'end', date));
      expect([date, dates?.notAfter]).toEqual([date, expected]);
      if (expected !== undefined) valid += 1;
    }),
    { numRuns: 2000, examples: TEXTS.map(([, each]): [string] => [each]) },
  );
  expect(valid).toBeGreaterThan(100);
});

test('the dates of a proper certificate are those of its facts', () => {
  const { notBefore, notAfter } = properDatesOf(leaf);
  expect(x509Seen(leaf)).toMatchObject({
    not_before: new Date(notBefore).toISOString(),
    not_after: new Date(notAfter).toISOString(),
  });
  expect(notAfter).toBe(Math.floor((NOW + 30 * DAY) / 1000) * 1000);
});
