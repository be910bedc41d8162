/** Settings of certificate events: defaults, malformed values, and keys of sources. */

import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { identityKey } from '../../../../plugins/certificates/events/event.ts';
import { eventSettings } from '../../../../plugins/certificates/events/settings.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

test('without variables are the defaults', () => {
  expect(eventSettings({})).toEqual({
    intake: { tokens: [], keys: new Map(), maxAgeMs: 300_000, requireProvenance: false },
    queue: { batch: 100, maxRetries: 6, baseMs: 45_000 },
    replay: { isEnabled: false, most: 50, waitMs: 900_000, maxReplays: 3, maxAgeMs: 604_800_000 },
    warnings: [],
  });
});

test.each([
  ['token', [sha256('token')]],
  ['a,b', [sha256('a,b')]],
  [`sha256:${sha256('token')}`, [sha256('token')]],
  [`sha256:${sha256('a')}, sha256:${sha256('b')}`, [sha256('a'), sha256('b')]],
  [`sha256:${sha256('a')},b`, [sha256(`sha256:${sha256('a')},b`)]],
])('the token %s', (CERT_EVENT_INGEST_TOKEN, tokens) => {
  expect(eventSettings({ CERT_EVENT_INGEST_TOKEN }).intake.tokens).toEqual(tokens);
});

describe('the keys of sources', () => {
  test('are trimmed and in lower case, but for the secret', () => {
    const { intake, warnings } = eventSettings({ CERT_EVENT_SOURCE_KEYS: ' Cert_Manager : Prod = S3cret=x ,' });
    const key = { source: 'cert_manager', cluster: 'prod' };
    expect(intake.keys).toEqual(new Map([[identityKey(key), { ...key, secrets: ['S3cret=x'] }]]));
    expect([intake.requireProvenance, warnings]).toEqual([true, []]);
  });

  test.each([
    [
      'aa:bb=x,nonsense',
      'item 2 of CERT_EVENT_SOURCE_KEYS is malformed and is not used: the form is source:cluster=secret',
    ],
    ['aa:bb', 'item 1 of CERT_EVENT_SOURCE_KEYS is malformed and is not used: the secret of aa:bb is empty'],
    ['a:bb=x', 'item 1 of CERT_EVENT_SOURCE_KEYS is malformed and is not used: a source has 2 to 80 characters'],
    ['aa:b=x', 'item 1 of CERT_EVENT_SOURCE_KEYS is malformed and is not used: a cluster has 2 to 120 characters'],
    [
      'aa:b\u0000b=x',
      'item 1 of CERT_EVENT_SOURCE_KEYS is malformed and is not used: the name has a control character',
    ],
    [
      'aa:bb=1,aa:bb=2,aa:bb=3',
      'item 3 of CERT_EVENT_SOURCE_KEYS is not used: aa:bb already has 2 secrets. Remove the oldest one',
    ],
  ])('%j: %s', (CERT_EVENT_SOURCE_KEYS, warning) => {
    expect(eventSettings({ CERT_EVENT_SOURCE_KEYS }).warnings).toContain(warning);
  });

  test('that are all malformed still require signatures', () => {
    const { intake, warnings } = eventSettings({ CERT_EVENT_SOURCE_KEYS: 'nonsense' });
    expect([intake.requireProvenance, intake.keys.size]).toEqual([true, 0]);
    expect(warnings).toContain(
      'signatures are required, and CERT_EVENT_SOURCE_KEYS has no usable key: no event is accepted',
    );
  });

  test('with the same secret are a warning', () => {
    expect(eventSettings({ CERT_EVENT_SOURCE_KEYS: 'aa:bb=x,cc:dd=y,cc:dd=x' }).warnings).toEqual([
      'aa:bb and cc:dd have the same secret in CERT_EVENT_SOURCE_KEYS: each can send events as the other one',
    ]);
  });

  test('do not show secrets in warnings', () => {
    const { warnings } = eventSettings({
      CERT_EVENT_SOURCE_KEYS: 'hidden,a:b=hidden,:=hidden,aa:bb=1,aa:bb=2,aa:bb=hidden',
    });
    expect(warnings.length).toBe(4);
    expect(warnings.join('\n')).not.toContain('hidden');
  });
});

test.each(['0', '-1', 'ten', '1.5', '9999999999'])('%s is not a number: an error that names the variable', (text) => {
  expect(() => eventSettings({ CERT_EVENT_MAX_RETRIES: text })).toThrow(
    'CERT_EVENT_MAX_RETRIES is not valid. Use a whole number from 1 to 999999999',
  );
});

test.each([
  ['true', true],
  ['TRUE', true],
  ['false', false],
  ['', false],
  [undefined, false],
])('signatures and automatic replay with %j: %s', (text, isOn) => {
  const { intake, replay } = eventSettings({ CERT_EVENT_REQUIRE_PROVENANCE: text, CERT_DLQ_AUTO_REPLAY_ENABLED: text });
  expect([intake.requireProvenance, replay.isEnabled]).toEqual([isOn, isOn]);
});

test.each(['CERT_EVENT_REQUIRE_PROVENANCE', 'CERT_DLQ_AUTO_REPLAY_ENABLED'])('%s is true or false', (name) => {
  expect(() => eventSettings({ [name]: '1' })).toThrow(`${name} is not valid. Use true or false`);
});
