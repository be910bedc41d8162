/** Redaction of entries of the inbox: no secret stays, and no word of the plugin is lost. */

import { describe, expect, test } from 'vitest';
import { type Json, keeping, redactor } from '#plugin';
import { WORDS } from '../../plugins/certificates/events/words.ts';
import { redactedCopy, redactedEntry } from '../../src/serve/redacted-entry.ts';
import fc from '../support/property.ts';

const SECRETS = ['hunter2-secret', 'domain', 'renewal_failed', '2026-11', 'a"b\\c\nd-secret'];
const redact = redactor(SECRETS);
const redaction = { words: WORDS, redact, redactor };

/** Texts that are secrets, parts of patterns, words, or harmless. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(...SECRETS, ...SECRETS.map((each) => Buffer.from(each).toString('base64'))),
      fc.constantFrom('token', 'password', ':', '=', ' ', '\n', '"', 'none', 'cookie', 'Bearer ', '://', '@', 'user'),
      fc.constantFrom('-----BEGIN PRIVATE KEY-----', '-----END PRIVATE KEY-----', '2026-11-30T00:00:00.000Z', 'x-'),
      fc.constantFrom('type', 'payload', 'cert_manager'),
      fc.string({ maxLength: 6 }),
    ),
    { maxLength: 4 },
  )
  .map((parts) => parts.join(''));

const { value } = fc.letrec<{ readonly value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(text, tie('value'), { maxKeys: 3 }),
  ),
}));

describe('one search in all texts', () => {
  test('gives the same entry as a search in each text', () => {
    fc.assert(
      fc.property(value, (entry) => {
        expect(redactedEntry(entry, {}, redaction)).toEqual(redactedCopy(entry, keeping(WORDS, redact)));
      }),
      { numRuns: 2000 },
    );
  });

  test('of the credentials of a request gives the same entry as a redaction of each', () => {
    const headers = { authorization: 'Bearer sent-with-this', 'x-cert-event-token': ['first-one', 'other-one'] };
    const sent = ['Bearer sent-with-this', 'sent-with-this', 'first-one', 'other-one'];
    const known = (entry: Json): Json => redactedCopy(entry, keeping(WORDS, redact));
    fc.assert(
      fc.property(fc.array(fc.oneof(text, fc.constantFrom(...sent))), (entry) => {
        const repeated = sent.filter((each) => entry.some((one) => one.includes(each)));
        const full =
          repeated.length === 0 ? known(entry) : redactedCopy(known(entry), keeping(WORDS, redactor(repeated)));
        expect(redactedEntry(entry, headers, redaction)).toEqual(full);
        expect(JSON.stringify(redactedEntry(entry, headers, redaction))).not.toMatch(/sent-with-this|first-one/u);
      }),
    );
  });
});

test('a secret that is the same as a field, a value of the plugin or a part of a time spoils no entry', () => {
  const event = { domain: 'www.example.test', type: 'renewal_failed', at: '2026-11-30T00:00:00.000Z' };
  expect(redactedEntry({ event }, {}, redaction)).toEqual({ event });
});

test('texts and keys of a sender are redacted at any depth', () => {
  const reason = 'failed with hunter2-secret in the domain www';
  const entry = { event: { reason, payload: { 'hunter2-secret': ['the domain hunter2-secret'], domain: 'a' } } };
  expect(redactedEntry(entry, {}, redaction)).toEqual({
    event: {
      reason: 'failed with (hidden) in the (hidden) www',
      payload: { '(hidden)': ['the (hidden) (hidden)'], domain: 'a' },
    },
  });
});
