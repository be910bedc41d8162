/** Intake of certificate events: the answers in their order, provenance, and requests that must not be accepted. */

import { describe, expect, test } from 'vitest';
import { answerOf, BODY_LIMIT, judgeRequest } from '../../../../plugins/certificates/events/intake.ts';
import { eventSettings } from '../../../../plugins/certificates/events/settings.ts';
import { DAY, iso, NOW } from '../support.ts';
import {
  DOMAIN_ID,
  PROD,
  requestWith,
  SIGNED,
  signatureOf,
  signedRequest,
  STAGING,
  TOKEN,
  UNSIGNED,
} from './requests.ts';
import fc from '../../../support/property.ts';

const BODY = { domain: 'www.example.test', eventType: 'renewal_failed' };

/** Status and reason of a judgement. */
function judged(request: Parameters<typeof judgeRequest>[0], settings = UNSIGNED): readonly [number, string] {
  const result = judgeRequest(request, settings);
  return [result.status, result.accepted ? 'accepted' : result.reason];
}

function eventOf(body: object, settings = UNSIGNED) {
  const result = judgeRequest(requestWith(body), settings);
  if (!result.accepted) throw new Error(result.problem);
  return result.event;
}

describe('the token', () => {
  test('that is not configured refuses everything with 503', () => {
    expect(judged(requestWith(BODY), eventSettings({}).intake)).toEqual([503, 'not_configured']);
    const empty = eventSettings({ CERT_EVENT_INGEST_TOKEN: ' ' }).intake;
    expect(judged(requestWith(BODY, { headers: { 'x-cert-event-token': '' } }), empty)).toEqual([
      503,
      'not_configured',
    ]);
  });

  test.each([
    [{ 'x-cert-event-token': TOKEN }, 202],
    [{ 'x-cert-event-token': undefined, authorization: `Bearer ${TOKEN}` }, 202],
    [{ 'x-cert-event-token': undefined }, 401],
    [{ 'x-cert-event-token': `${TOKEN}x` }, 401],
    [{ 'x-cert-event-token': TOKEN.slice(0, -1) }, 401],
    [{ 'x-cert-event-token': [TOKEN, TOKEN] }, 401],
    [{ 'x-cert-event-token': undefined, authorization: TOKEN }, 401],
    [{ 'x-cert-event-token': 'wrong', authorization: `Bearer ${TOKEN}` }, 401],
  ])('in %j: %i', (headers, status) => {
    expect(judged(requestWith(BODY, { headers }))[0]).toBe(status);
  });

  test('is checked before anything else', () => {
    const headers = { 'x-cert-event-token': 'wrong' };
    expect(judged(requestWith(new Uint8Array(BODY_LIMIT + 1), { headers }), SIGNED)).toEqual([401, 'token']);
  });
});

test.each([
  [BODY_LIMIT, 400],
  [BODY_LIMIT + 1, 413],
])('a body of %i bytes: %i', (size, status) => {
  expect(judged(requestWith(Buffer.alloc(size, ' ')))[0]).toBe(status);
});

describe('the body', () => {
  test.each([
    [{ ...BODY, source: 'x' }, 'schema'],
    [{ ...BODY, source: 'x'.repeat(81) }, 'schema'],
    [{ ...BODY, source: ' x ' }, 'schema'],
    [{ ...BODY, clusterId: 'x' }, 'schema'],
    [{ ...BODY, clusterId: 'x'.repeat(121) }, 'schema'],
    [{ ...BODY, sourceEventId: 'ab' }, 'schema'],
    [{ ...BODY, sourceEventId: 'x'.repeat(201) }, 'schema'],
    [{ ...BODY, sourceEventId: 'a\u0000bc' }, 'schema'],
    [{ ...BODY, domainId: 'not-a-uuid' }, 'schema'],
    [{ ...BODY, domain: 'a.' }, 'schema'],
    [{ ...BODY, eventType: 'renewed' }, 'schema'],
    [{ ...BODY, eventType: null }, 'schema'],
    [{ ...BODY, callbackAttempt: 0 }, 'schema'],
    [{ ...BODY, callbackAttempt: 101 }, 'schema'],
    [{ ...BODY, callbackAttempt: 1.5 }, 'schema'],
    [{ ...BODY, notAfter: 'tomorrow' }, 'schema'],
    [{ ...BODY, notAfter: '2026-13-45T00:00:00Z' }, 'schema'],
    [{ ...BODY, renewalDueAt: 1_700_000_000 }, 'schema'],
    [{ ...BODY, certificateRef: 'x'.repeat(256) }, 'schema'],
    [{ ...BODY, reason: 'x'.repeat(4001) }, 'schema'],
    [{ ...BODY, payload: [] }, 'schema'],
    [{ ...BODY, callbackClass: 'issuance' }, 'callback'],
    [{ ...BODY, callbackAction: 'failed' }, 'callback'],
    [{ ...BODY, callbackClass: 'issuance', callbackAction: 'failed' }, 'callback'],
    [{ ...BODY, callbackClass: 'renewal', callbackAction: 'started' }, 'event_type'],
    [{ domain: 'www.example.test' }, 'event_type'],
    [{ eventType: 'renewal_failed' }, 'domain_missing'],
    [[BODY], 'schema'],
    ['text', 'schema'],
    [null, 'schema'],
  ])('%j is refused with 400: %s', (body, reason) => {
    expect(judged(requestWith(body))).toEqual([400, reason]);
  });

  test.each([
    ['no JSON', '{"domain":'],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['a payload of 30,000 levels', `{"payload":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`],
    ['30,000 open brackets', '['.repeat(30_000)],
  ])('with %s is refused with 400', (_name, text) => {
    expect(judged(requestWith(Buffer.from(text)))).toEqual([400, 'schema']);
  });

  test.each([
    [{ domainId: DOMAIN_ID }, 202],
    [{ domainId: DOMAIN_ID.toUpperCase() }, 202],
    [{ domainId: DOMAIN_ID, domain: 'other.example.test' }, 202],
    [{ domainId: DOMAIN_ID.replace('0', '1') }, 404],
    [{ domain: 'not-known.example.test' }, 202],
  ])('for the Domain %j: %i', (domain, status) => {
    expect(judged(requestWith({ eventType: 'renewal_failed', ...domain }))[0]).toBe(status);
  });

  test('is trimmed and in lower case where it is compared, and unknown keys are ignored', () => {
    const body = { ...BODY, source: ' Cert_Manager ', clusterId: ' Prod', domain: ' WWW.Example.test.. ', further: 1 };
    expect(eventOf(body)).toMatchObject({ source: 'cert_manager', cluster: 'prod', domain: 'www.example.test' });
    expect(eventOf(body)).not.toHaveProperty('further');
  });

  test('without a source has the usual one, and no cluster', () => {
    expect(eventOf(BODY)).toMatchObject({ source: 'cert_manager', cluster: '', verified: false });
  });
});

describe('a callback', () => {
  test.each([
    ['issuance', 'succeeded', 'issuance_succeeded'],
    ['issuance', 'failed', 'issuance_failed'],
    ['renewal', 'succeeded', 'renewal_succeeded'],
    ['renewal', 'failed', 'renewal_failed'],
    ['challenge', 'failed', 'issuance_failed'],
    ['deployment', 'failed', 'renewal_failed'],
    ['deployment', 'succeeded', 'renewal_succeeded'],
  ])('%s %s means %s', (callbackClass, callbackAction, type) => {
    const body = { domain: 'www.example.test', callbackClass, callbackAction };
    expect(eventOf(body)).toMatchObject({ type, callback_class: callbackClass });
    expect(eventOf({ ...body, eventType: type })).toMatchObject({ type });
  });

  test.each(
    ['issuance', 'renewal', 'challenge', 'deployment'].flatMap((callbackClass) =>
      ['started', 'retrying', ...(callbackClass === 'challenge' ? ['succeeded'] : [])].map(
        (callbackAction) => [callbackClass, callbackAction] as const,
      ),
    ),
  )('%s %s is not an event', (callbackClass, callbackAction) => {
    expect(judged(requestWith({ ...BODY, callbackClass, callbackAction }))).toEqual([400, 'event_type']);
  });
});

describe('the time of an event', () => {
  test.each([
    ['absent', undefined, NOW],
    ['in the past', iso(NOW - DAY), NOW - DAY],
    ['a little ahead', iso(NOW + 30_000), NOW],
    ['far ahead', iso(NOW + DAY), NOW],
    ['older than the recorded events', iso(NOW - 30 * DAY), NOW - 7 * DAY],
  ])('that its source gives, %s', (_name, callbackReceivedAt, at) => {
    expect(eventOf({ ...BODY, callbackReceivedAt })).toMatchObject({ at: iso(at), received_at: iso(NOW) });
  });
});

describe('the id of an event', () => {
  const body = { ...BODY, sourceEventId: 'event-1', clusterId: 'prod' };

  test('is that of its source, also with other content', () => {
    expect(eventOf({ ...body, reason: 'other' }).id).toBe(eventOf(body).id);
    expect(eventOf({ ...body, reason: 'other' }).digest).not.toBe(eventOf(body).digest);
  });

  test.each([{ clusterId: 'staging' }, { source: 'other' }, { sourceEventId: 'event-2' }])(
    'differs with %j',
    (more) => {
      expect(eventOf({ ...body, ...more }).id).not.toBe(eventOf(body).id);
    },
  );

  test('without one of its source is that of its exact body', () => {
    expect(eventOf(BODY).id).toBe(eventOf({ ...BODY }).id);
    expect(eventOf({ ...BODY, reason: 'other' }).id).not.toBe(eventOf(BODY).id);
  });

  test('does not confuse source and cluster', () => {
    const [one, other] = [
      eventOf({ ...body, source: 'a:b', clusterId: 'cd' }),
      eventOf({ ...body, source: 'aa', clusterId: 'b:cd' }),
    ];
    expect(one.id).not.toBe(other.id);
  });
});

describe('provenance', () => {
  test('is verified by a signature of the source over the exact body', () => {
    const result = judgeRequest(signedRequest(BODY), SIGNED);
    expect(result).toMatchObject({
      status: 202,
      event: { source: 'cert_manager', cluster: 'prod', verified: true },
    });
    if (!result.accepted) return;
    expect(answerOf(result.event)).toEqual({
      ok: true,
      eventId: result.event.id,
      status: 'pending',
      source: 'cert_manager',
      clusterId: 'prod',
      provenanceVerified: true,
      provenanceSubject: 'cert_manager:prod',
    });
  });

  test.each([
    ['an unknown cluster', { headers: { 'x-cert-cluster': 'other' } }, 'source_unknown', false],
    ['no timestamp', { headers: { 'x-cert-timestamp': undefined } }, 'timestamp', true],
    ['a date as timestamp', { timestamp: iso(NOW) }, 'timestamp', true],
    ['a negative timestamp', { timestamp: '-1' }, 'timestamp', true],
    ['a fraction', { timestamp: '1.5' }, 'timestamp', true],
    ['a timestamp 301 s ago', { timestamp: String(NOW / 1000 - 301) }, 'stale', true],
    ['a timestamp 301 s ahead', { timestamp: String(NOW / 1000 + 301) }, 'stale', true],
    ['no signature', { headers: { 'x-cert-signature': undefined } }, 'signature', true],
    ['the signature of another key', { signer: { ...PROD, secret: STAGING.secret } }, 'signature', true],
    ['a wrong signature', { headers: { 'x-cert-signature': '0'.repeat(64) } }, 'signature', true],
    ['a short signature', { headers: { 'x-cert-signature': '00' } }, 'signature', true],
    ['a signature of letters', { headers: { 'x-cert-signature': 'z'.repeat(64) } }, 'signature', true],
  ] as const)('with %s is refused; the ledger has it: %s', (_name, parts, reason, isKnown) => {
    const result = judgeRequest(signedRequest(BODY, parts), SIGNED);
    expect(result).toMatchObject({ status: 401, reason });
    const effect = { source: 'cert_manager', cluster: 'prod', status: 'signature_failed', at: iso(NOW) };
    expect('effect' in result ? result.effect : undefined).toEqual(isKnown ? effect : undefined);
  });

  test.each([300, -300])('with a timestamp %i s off is accepted', (seconds) => {
    expect(judged(signedRequest(BODY, { timestamp: String(NOW / 1000 + seconds) }), SIGNED)[0]).toBe(202);
  });

  test('with a signature in capitals is refused', () => {
    const request = signedRequest(BODY);
    const capitals = String(request.headers['x-cert-signature']).toUpperCase();
    expect(judged({ ...request, headers: { ...request.headers, 'x-cert-signature': capitals } }, SIGNED)).toEqual([
      401,
      'signature',
    ]);
  });

  test('comes before the body, which is not read without it', () => {
    const wrong = { headers: { 'x-cert-signature': '0'.repeat(64) } };
    for (const body of [
      Buffer.from('{'),
      [],
      {},
      { domainId: DOMAIN_ID.replace('0', '1'), eventType: 'renewal_failed' },
    ])
      expect(judged(signedRequest(body, wrong), SIGNED)).toEqual([401, 'signature']);
    expect(judged(signedRequest(Buffer.from('{')), SIGNED)).toEqual([400, 'schema']);
  });

  test.each([
    [{ source: 'other' }, {}, 400],
    [{ clusterId: 'staging' }, {}, 400],
    [{ source: 'CERT_MANAGER', clusterId: 'PROD' }, {}, 202],
    // Without headers, the key says the source.
    [{}, { 'x-cert-source': undefined, 'x-cert-cluster': undefined }, 202],
    [{ clusterId: 'prod' }, { 'x-cert-source': undefined, 'x-cert-cluster': undefined }, 202],
    [{ clusterId: 'staging' }, { 'x-cert-source': undefined, 'x-cert-cluster': undefined }, 400],
    [{}, { 'x-cert-source': undefined }, 202],
  ])('with the body %j and the headers %j: %i', (more, headers, status) => {
    const result = judgeRequest(signedRequest({ ...BODY, ...more }, { headers }), SIGNED);
    expect(result.status).toBe(status);
    if (result.accepted) expect(result.event).toMatchObject({ source: 'cert_manager', cluster: 'prod' });
  });

  test('of a body without headers that no key signed is counted for no source', () => {
    const headers = { 'x-cert-source': undefined, 'x-cert-cluster': undefined, 'x-cert-signature': '0'.repeat(64) };
    const result = judgeRequest(signedRequest(BODY, { headers }), SIGNED);
    expect(result.status).toBe(401);
    expect(result).not.toHaveProperty('effect');
  });

  test('without headers is tried for a limited number of sources', () => {
    const keysOf = (count: number) =>
      eventSettings({
        CERT_EVENT_INGEST_TOKEN: TOKEN,
        CERT_EVENT_SOURCE_KEYS: [
          ...Array.from({ length: count - 1 }, (_, i) => `cert_manager:c${i}=secret-${i}`),
          `cert_manager:prod=${PROD.secret}`,
        ].join(','),
      }).intake;
    const headers = { 'x-cert-cluster': undefined };
    expect(judged(signedRequest(BODY, { headers }), keysOf(16))[0]).toBe(202);
    expect(judged(signedRequest(BODY, { headers }), keysOf(17))).toEqual([401, 'source_unknown']);
    expect(judged(signedRequest(BODY), keysOf(17))[0]).toBe(202);
  });

  test('of two sources with the same secret needs the headers', () => {
    const { intake } = eventSettings({
      CERT_EVENT_INGEST_TOKEN: TOKEN,
      CERT_EVENT_SOURCE_KEYS: `cert_manager:prod=${PROD.secret},cert_manager:other=${PROD.secret}`,
    });
    const headers = { 'x-cert-source': undefined, 'x-cert-cluster': undefined };
    expect(judged(signedRequest(BODY, { headers }), intake)).toEqual([400, 'identity']);
    expect(judged(signedRequest({ ...BODY, clusterId: 'other' }, { headers }), intake)[0]).toBe(202);
    expect(judged(signedRequest(BODY), intake)[0]).toBe(202);
  });

  test('by the old and the new secret of a rotation is verified', () => {
    const { intake } = eventSettings({
      CERT_EVENT_INGEST_TOKEN: TOKEN,
      CERT_EVENT_SOURCE_KEYS: 'cert_manager:prod=old,cert_manager:prod=new',
    });
    for (const [secret, status] of [
      ['old', 202],
      ['new', 202],
      ['former', 401],
    ] as const)
      expect(judged(signedRequest(BODY, { signer: { ...PROD, secret } }), intake)[0]).toBe(status);
  });

  test('that is required without any key refuses every request', () => {
    const { intake } = eventSettings({ CERT_EVENT_INGEST_TOKEN: TOKEN, CERT_EVENT_REQUIRE_PROVENANCE: 'true' });
    expect(judged(signedRequest(BODY), intake)).toEqual([401, 'source_unknown']);
  });

  test('that is not required still compares the headers with the body', () => {
    const headers = { 'x-cert-source': 'Other', 'x-cert-cluster': 'prod' };
    expect(judged(requestWith({ ...BODY, source: 'cert_manager' }, { headers }))).toEqual([400, 'identity']);
    const result = judgeRequest(requestWith(BODY, { headers }), UNSIGNED);
    expect(result).toMatchObject({ event: { source: 'other', cluster: 'prod', verified: false } });
    expect(judged(requestWith(BODY, { headers: { 'x-cert-source': 'x'.repeat(81) } }))).toEqual([400, 'identity']);
  });
});

/** Runs of each attack; the long form has as many as it takes to send a million requests. */
const RUNS = process.env['FETTLE_TEST_FULL'] === undefined ? 300 : 250_000;

describe('an attacker with the token and without a key', () => {
  const bytes = fc.uint8Array({ maxLength: 200 });
  const header = fc.option(fc.oneof(fc.string(), fc.constantFrom(PROD.source, PROD.cluster)), { nil: undefined });
  const hex = fc.stringMatching(/^[0-9a-f]{64}$/u);

  test('is never accepted with a forged request', () => {
    fc.assert(
      fc.property(
        bytes,
        header,
        header,
        fc.oneof(hex, fc.string()),
        fc.oneof(fc.string(), fc.constant(String(NOW / 1000))),
        (body, source, cluster, signature, timestamp) => {
          const headers = {
            'x-cert-source': source,
            'x-cert-cluster': cluster,
            'x-cert-signature': signature,
            'x-cert-timestamp': timestamp,
          };
          const result = judgeRequest(requestWith(body, { headers }), SIGNED);
          expect([result.accepted, result.status]).toEqual([false, 401]);
        },
      ),
      { numRuns: RUNS },
    );
  });

  test('is never accepted with a request of another time, source or body', () => {
    const genuine = signedRequest(BODY);
    const change = fc.oneof(
      fc.integer({ min: 301, max: 1e9 }).map((late) => ({ ...genuine, now: NOW + late * 1000 })),
      fc.integer({ min: 301, max: 1e9 }).map((early) => ({ ...genuine, now: NOW - early * 1000 })),
      fc.constant({ ...genuine, headers: { ...genuine.headers, 'x-cert-cluster': STAGING.cluster } }),
      fc.integer({ min: 1, max: 300 }).map((other) => ({
        ...genuine,
        headers: { ...genuine.headers, 'x-cert-timestamp': String(NOW / 1000 - other) },
      })),
      fc.tuple(fc.nat(genuine.body.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, bits]) => ({
        ...genuine,
        body: genuine.body.map((byte, i) => (i === at ? byte ^ bits : byte)),
      })),
      fc
        .uint8Array({ minLength: 1, maxLength: 20 })
        .map((more) => ({ ...genuine, body: Buffer.concat([genuine.body, more]) })),
    );
    fc.assert(
      fc.property(change, (request) => {
        expect(judgeRequest(request, SIGNED)).toMatchObject({ accepted: false, status: 401 });
      }),
      { numRuns: RUNS },
    );
  });

  test('gains no second event from a replayed request', () => {
    const first = judgeRequest(signedRequest(BODY), SIGNED);
    fc.assert(
      fc.property(fc.integer({ min: -300, max: 300 }), (seconds) => {
        const replayed = judgeRequest({ ...signedRequest(BODY), now: NOW + seconds * 1000 }, SIGNED);
        expect(replayed.accepted && first.accepted && replayed.event.id === first.event.id).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });
});

test('malformed and oversized bodies of a source with a key are refused, and never throw', () => {
  const malformed = fc.oneof(
    fc.uint8Array({ maxLength: 500 }),
    fc.json().map((text) => Buffer.from(text)),
    fc.integer({ min: BODY_LIMIT + 1, max: BODY_LIMIT + 9 }).map((size) => Buffer.alloc(size, ' ')),
    fc
      .record(
        { domain: fc.anything(), eventType: fc.anything(), payload: fc.anything(), __proto__: fc.anything() },
        { requiredKeys: [] },
      )
      .map((value) =>
        Buffer.from(JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? 1 : each)) ?? ''),
      ),
  );
  fc.assert(
    fc.property(malformed, (body) => {
      const timestamp = String(NOW / 1000);
      const headers = { 'x-cert-signature': signatureOf(PROD.secret, timestamp, body) };
      const result = judgeRequest(signedRequest(body, { headers }), SIGNED);
      expect(result.accepted).toBe(false);
      expect([400, 413]).toContain(result.status);
    }),
    { numRuns: RUNS },
  );
});
