/** Certificate events over HTTP: every answer in its order, what is durable, and what is said to the operator. */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  DOMAIN_ID,
  EVENT,
  exchange,
  fileStore,
  type Headers,
  inboxEntries,
  PATH,
  SECRET,
  SIGNED,
  UNSIGNED,
  signedHeaders,
  TOKEN,
} from '../../support/intake-server.ts';
import { httpBench } from './bench.ts';

const BODY = JSON.stringify(EVENT);
const LIMIT = 65_536;

function errorOf(text: string): string {
  return (JSON.parse(text) as { readonly error: string }).error;
}

describe('an answer', () => {
  const wrong = { 'x-cert-signature': '0'.repeat(64) };
  const unknown = DOMAIN_ID.replace('0', '1');

  test.each<[string, number, string, string | Uint8Array, Headers]>([
    ['no token', 401, 'token', BODY, { 'x-cert-event-token': undefined }],
    ['a wrong token', 401, 'token', BODY, { 'x-cert-event-token': 'wrong' }],
    [
      'a wrong token and a body that is too large',
      401,
      'token',
      'x'.repeat(LIMIT + 1),
      { 'x-cert-event-token': 'wrong' },
    ],
    ['a body that is too large', 413, 'too_large', 'x'.repeat(LIMIT + 1), {}],
    ['an unknown source', 401, 'source_unknown', BODY, { 'x-cert-source': 'other' }],
    ['no timestamp', 401, 'timestamp', BODY, { 'x-cert-timestamp': undefined }],
    ['two timestamps', 401, 'timestamp', BODY, { 'x-cert-timestamp': ['1', '2'] }],
    ['an old timestamp', 401, 'stale', BODY, { 'x-cert-timestamp': '1700000000' }],
    ['a wrong signature', 401, 'signature', BODY, wrong],
    ['a wrong signature, and no JSON', 401, 'signature', '{', wrong],
    [
      'a wrong signature, and an unknown domainId',
      401,
      'signature',
      JSON.stringify({ ...EVENT, domainId: unknown }),
      wrong,
    ],
    ['no JSON', 400, 'schema', '{', {}],
    ['an unknown event type', 400, 'schema', JSON.stringify({ ...EVENT, eventType: 'renewed' }), {}],
    ['only a class', 400, 'callback', JSON.stringify({ ...EVENT, callbackClass: 'renewal' }), {}],
    ['no event type', 400, 'event_type', JSON.stringify({ domain: 'a.example.test' }), {}],
    ['another source in the body', 400, 'identity', JSON.stringify({ ...EVENT, source: 'other' }), {}],
    [
      'an unknown domainId',
      404,
      'domain_unknown',
      JSON.stringify({ eventType: 'renewal_failed', domainId: unknown }),
      {},
    ],
    ['no domain', 400, 'domain_missing', JSON.stringify({ eventType: 'renewal_failed' }), {}],
  ])('to %s is %i %s, and nothing is deposited', async (_name, status, error, body, headers) => {
    const bench = await httpBench({ env: SIGNED });
    const answer = await bench.post(body, { ...signedHeaders(body), ...headers });
    expect([answer.status, errorOf(answer.text)]).toEqual([status, error]);
    expect(answer.headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' });
    expect(Object.fromEntries(bench.results)).toEqual({ [error]: 1 });
    expect(existsSync(join(bench.folder, 'inbox'))).toBe(false);
  });

  test('without a configured token is 503', async () => {
    const bench = await httpBench({ env: {} });
    const answer = await bench.post(BODY, signedHeaders(BODY));
    expect([answer.status, errorOf(answer.text)]).toEqual([503, 'not_configured']);
  });

  test('before the first refresh is 503, and after it 202', async () => {
    const bench = await httpBench({ report: undefined });
    const answer = await bench.post(BODY, signedHeaders(BODY));
    expect([answer.status, errorOf(answer.text), answer.headers['retry-after']]).toEqual([503, 'not_ready', '5']);
  });

  test.each([
    PATH,
    '/v1/certificates/events',
    '/v1/projects/shop/domains/cert-events',
    '/v1/projects/shop/certificates/events',
  ])('to an event on %s is 202, with the event in the inbox before', async (path) => {
    const bench = await httpBench({ env: SIGNED });
    const body = JSON.stringify({ eventType: 'renewal_failed', domainId: DOMAIN_ID, clusterId: 'prod' });
    const answer = await bench.post(body, signedHeaders(body), path);
    const [{ plugin, entry } = { plugin: '', entry: null }, ...more] = inboxEntries(bench.folder);
    expect([answer.status, more.length, plugin]).toEqual([202, 0, 'certificates']);
    const { event } = entry as { readonly event: { readonly id: string } };
    expect(JSON.parse(answer.text)).toEqual({
      ok: true,
      eventId: event.id,
      status: 'pending',
      source: 'cert_manager',
      clusterId: 'prod',
      provenanceVerified: true,
      provenanceSubject: 'cert_manager:prod',
    });
    expect(event).toMatchObject({ domain_id: DOMAIN_ID, verified: true });
  });

  test('to a path that several projects could mean is 404', async () => {
    const bench = await httpBench({ projects: ['shop', 'depot'] });
    expect((await bench.post(BODY, signedHeaders(BODY))).status).toBe(404);
    const named = await bench.post(BODY, signedHeaders(BODY), '/v1/projects/depot/domains/cert-events');
    expect(named.status).toBe(202);
    expect((await bench.post(BODY, signedHeaders(BODY), '/v1/projects/other/domains/cert-events')).status).toBe(404);
  });

  test('to another method is 405, with the permitted ones', async () => {
    const bench = await httpBench();
    const get = await bench.get(PATH);
    expect([get.status, get.headers['allow']]).toEqual([405, 'POST']);
    const post = await bench.get('/healthz', 'DELETE');
    expect([post.status, post.headers['allow']]).toEqual([405, 'GET, HEAD']);
    expect(await bench.get('/healthz', 'HEAD')).toMatchObject({ status: 200, text: '' });
    expect((await bench.get('/v1/domains')).status).toBe(404);
  });

  test('to an event that grows beyond an entry of the inbox is 413', async () => {
    const bench = await httpBench();
    const body = `{"domain":"a.example.test","eventType":"renewal_failed","payload":{"a":[${'1e20,'.repeat(12_000)}1]}}`;
    const answer = await bench.post(body, signedHeaders(body));
    expect([answer.status, errorOf(answer.text)]).toEqual([413, 'too_large']);
    expect((await bench.post(BODY, signedHeaders(BODY))).status).toBe(202);
  });
});

describe('a store', () => {
  test('without a log refuses with 503, and takes events in once it has one', async () => {
    const bench = await httpBench({ hasLog: false });
    const answer = await bench.post(BODY, signedHeaders(BODY));
    expect([answer.status, errorOf(answer.text), answer.headers['retry-after']]).toEqual([503, 'failed', '5']);
    await bench.post(BODY, signedHeaders(BODY));
    expect(bench.lines).toEqual([
      expect.stringMatching(/^shop: events are not taken in: .*has no log of the project shop/u),
    ]);
    const store = fileStore(bench.folder);
    await store.unlock(await store.lock({ command: 'test', timeoutMs: 0 }));
    await store.close();
    expect((await bench.post(BODY, signedHeaders(BODY))).status).toBe(202);
    expect(bench.lines.at(-1)).toBe('shop: events are taken in again');
  });
});

describe('a round', () => {
  test('is woken once for a burst, and at most once a second', async () => {
    const bench = await httpBench();
    for (let i = 0; i < 30; i += 1) {
      await bench.post(BODY, signedHeaders(BODY));
      await sleep(50);
    }
    await expect.poll(() => bench.woken.length).toBeGreaterThan(1);
    await sleep(1200);
    const gaps = bench.woken.slice(1).map((at, i) => at - (bench.woken[i] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(990);
    expect(bench.woken.length).toBeLessThan(30);
  });

  test('is not woken by refused requests', async () => {
    const bench = await httpBench();
    for (let i = 0; i < 5; i += 1) await bench.post('{', signedHeaders('{'));
    await sleep(500);
    expect(bench.woken).toEqual([]);
  });
});

test('refused requests of a source with a key are one notice in the inbox when the daemon stops', async () => {
  const bench = await httpBench({ env: SIGNED });
  for (let i = 0; i < 20; i += 1)
    await bench.post(BODY, { ...signedHeaders(BODY), 'x-cert-signature': '0'.repeat(64) });
  await bench.close();
  expect(inboxEntries(bench.folder)).toMatchObject([
    { plugin: 'certificates', entry: { effect: { source: 'cert_manager', status: 'signature_failed', times: 20 } } },
  ]);
});

test('secrets that a sender repeats are in no entry, answer or line', async () => {
  const hashed = { ...SIGNED, CERT_EVENT_INGEST_TOKEN: `sha256:${'a'.repeat(64)}` };
  for (const env of [SIGNED, hashed]) {
    const token = env === hashed ? undefined : TOKEN;
    const bench = await httpBench({ env });
    const body = JSON.stringify({
      ...EVENT,
      reason: `the token is ${TOKEN} and the key ${SECRET}`,
      payload: { [SECRET]: [TOKEN, Buffer.from(SECRET).toString('base64')], header: `Bearer ${TOKEN}` },
    });
    const answer = await bench.post(body, signedHeaders(body));
    expect(answer.status).toBe(token === undefined ? 401 : 202);
    const inbox = join(bench.folder, 'inbox');
    const stored = existsSync(inbox) ? JSON.stringify(inboxEntries(bench.folder)) : '';
    const all = [stored, answer.text, ...bench.lines].join('\n');
    for (const secret of [TOKEN, SECRET, Buffer.from(SECRET).toString('base64')]) expect(all).not.toContain(secret);
  }
});

test('a token that is configured by its hash alone is redacted too', async () => {
  const hash = createHash('sha256').update(TOKEN).digest('hex');
  const bench = await httpBench({ env: { CERT_EVENT_INGEST_TOKEN: `sha256:${hash}` } });
  const body = JSON.stringify({ ...EVENT, reason: `sent with ${TOKEN}` });
  expect((await bench.post(body, { authorization: `Bearer ${TOKEN}` })).status).toBe(202);
  const text = JSON.stringify(inboxEntries(bench.folder));
  expect(text).not.toContain(TOKEN);
  expect(text).toContain('sent with (hidden)');
});

test('a secret with the name of a field or the value of one spoils no entry', async () => {
  const bench = await httpBench({ env: { ...UNSIGNED, PGPASSWORD: 'domain', OTHER_SECRET: 'renewal_failed' } });
  const body = JSON.stringify({ ...EVENT, reason: 'renewal_failed: the domain' });
  expect((await bench.post(body, { authorization: `Bearer ${TOKEN}` })).status).toBe(202);
  expect(inboxEntries(bench.folder)).toMatchObject([
    { entry: { event: { domain: EVENT.domain, type: 'renewal_failed', reason: '(hidden): the (hidden)' } } },
  ]);
});

test('requests in one segment are answered in their order, each by its own body', async () => {
  const bench = await httpBench();
  const request = (body: string, last = false): string =>
    `POST ${PATH} HTTP/1.1\r\nhost: a\r\nx-cert-event-token: ${TOKEN}\r\ncontent-length: ${body.length}\r\n${last ? 'connection: close\r\n' : ''}\r\n${body}`;
  const { text } = await exchange(bench.port, request(BODY) + request('{') + request(BODY, true));
  expect(text.match(/HTTP\/1\.1 \d+/gu)).toEqual(['HTTP/1.1 202', 'HTTP/1.1 400', 'HTTP/1.1 202']);
  expect(inboxEntries(bench.folder)).toHaveLength(2);
});
