/** Pages of a running `fettle serve`: headers, JSON twins, filters, forms and their tokens, hostile text, the end of streams. */

import { request } from 'node:http';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { deposit, eventEntry } from './inbox-project.ts';
import { DOMAIN_ID } from '../support/intake-server.ts';
import { FREEZE, HOLD, sendEvent, pagesSite, type PagesSite, TOKENS } from './pages-project.ts';

let site: PagesSite;
let started: Promise<PagesSite> | undefined;
const ends: (() => unknown)[] = [];

// All tests share a daemon. `expect.poll` needs a test, so the first one starts it.
beforeEach(async () => {
  site = await (started ??= pagesSite({ expect, onTestFinished: (end) => void ends.push(end as () => unknown) }));
}, 240_000);

afterAll(async () => {
  for (const end of ends) await end();
});

test('a caller who may only read has no forms', { timeout: 60_000 }, async () => {
  for (const path of site.paths) {
    const text = await (await site.get(path, 'reader')).text();
    expect(text, path).not.toContain('method="post"');
    expect(text, path).not.toContain('name="csrf"');
  }
});

describe('a form', () => {
  const send = (caller: keyof typeof TOKENS, body: string, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`${site.origin}/runs`, {
      method: 'POST',
      redirect: 'manual',
      body,
      headers: {
        authorization: `Bearer ${TOKENS[caller]}`,
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      },
    });
  const tokenFor = async (caller: keyof typeof TOKENS): Promise<string> =>
    /name="csrf" value="([\w-]+)"/u.exec(await (await site.get('/runs', caller)).text())?.[1] ?? '';

  test('needs the role, its token, and the page of this server', { timeout: 60_000 }, async () => {
    const csrf = await tokenFor('ann');
    const good = `csrf=${csrf}&action=refresh`;
    expect((await send('reader', good)).status).toBe(403);
    for (const body of ['action=refresh', `csrf=${csrf.slice(0, -2)}xx&action=refresh`, `csrf=&action=refresh`])
      expect([body, (await send('ann', body)).status]).toEqual([body, 403]);
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://attacker.example' },
      { origin: 'null' },
    ])
      expect([headers, (await send('ann', good, headers)).status]).toEqual([headers, 403]);
    expect((await send('ann', good, { 'content-type': 'text/plain' })).status).toBe(400);
    expect((await send('ann', `csrf=${csrf}&action=drop`)).status).toBe(400);
    expect((await send('ann', `csrf=${csrf}&action=ack&id=inc-none`)).status).toBe(409);
    expect((await send('ann', `csrf=${csrf}&action=ack`)).status).toBe(409);
    const long = await send('ann', `csrf=${csrf}&action=ack&id=inc-none&reason=${'x'.repeat(4097)}`);
    expect([long.status, await long.text()]).toEqual([400, expect.stringContaining('more than 4096 characters')]);
    const done = await send('ann', good, { origin: site.origin, 'sec-fetch-site': 'same-origin' });
    expect([done.status, done.headers.get('location')]).toEqual([303, '/runs?ordered=refresh']);
  });

  test('leads back to a path of this server, also if its request names another one', { timeout: 60_000 }, async () => {
    const body = `csrf=${await tokenFor('ann')}&action=refresh`;
    const location = await new Promise<string | undefined>((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${TOKENS.ann}`,
        'content-type': 'application/x-www-form-urlencoded',
        host: new URL(site.origin).host,
      };
      // fetch would not send the whole address.
      const options = { method: 'POST', path: 'http://attacker.example/runs?size=5', headers, agent: false };
      const asked = request(site.origin, options, (response) => {
        response.resume();
        resolve(response.headers.location);
      });
      asked.once('error', reject);
      asked.end(body);
    });
    expect(location).toBe('/runs?size=5&ordered=refresh');
  });
});

describe('a page', () => {
  test('has strict headers, and a JSON twin at the same path', { timeout: 60_000 }, async () => {
    for (const path of site.paths) {
      const [own, query = ''] = path.split('?');
      const page = await site.get(path);
      expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'self'; /u);
      expect(page.headers.get('x-content-type-options')).toBe('nosniff');
      expect(page.headers.get('cache-control')).toBe('no-store');
      expect(await page.text()).toMatch(
        /refreshed <time[^>]*>[^<]+ ago<\/time> &middot; log head \d+:[0-9a-f]{4} &middot; (?:<a [^>]+>)?lock/u,
      );
      const named = own === '/' ? '/fleet.json' : `${own}.json`;
      const [byName, byHeader] = await Promise.all([
        site.get(`${named}?${query}`),
        site.get(path, 'reader', { accept: 'application/json' }),
      ]);
      for (const answer of [byName, byHeader])
        expect([path, await answer.json()]).toEqual([path, expect.objectContaining({ ok: true, project: 'shop' })]);
    }
  });

  test('says which filter is not valid, and what does not exist', { timeout: 60_000 }, async () => {
    for (const [path, status, text] of [
      ['/?knid=Domain', 400, 'did you mean'],
      ['/plan?verdict=bad', 400, 'Use one of reject, defer, accept'],
      ['/log?size=0', 400, 'from 1 to 1000'],
      ['/log?kind=a&kind=b', 400, 'more than once'],
      ['/log?kind=nothing', 400, 'nothing'],
      ['/events?status=nothing', 400, 'pending'],
      ['/r/certificates/Domain/none', 404, 'neither declared nor in the state'],
      ['/log?address=certificates/Domain/none', 404, 'no record'],
    ] as const) {
      const page = await site.get(path);
      const body = await page.text();
      expect([path, page.status]).toEqual([path, status]);
      expect(body).toContain(text);
      expect(body).toContain('<nav aria-label="Pages">');
    }
    expect((await site.get('/plan', 'scraper')).status).toBe(403);
    const stranger = await fetch(`${site.origin}/plan`);
    expect([stranger.status, stranger.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('Basic'),
    ]);
  });

  test('shows hostile text as text', { timeout: 120_000 }, async () => {
    const hostile = '"><script>alert(1)</script>\u202e<img src=x onerror=alert(2)>';
    await deposit(site.folder, [
      eventEntry({ eventType: 'issuance_failed', domain: 'evil.example.test', reason: hostile }),
    ]);
    const searched = await (await site.get(`/?q=${encodeURIComponent(hostile)}`)).text();
    expect(searched).not.toContain('<script>alert');
    expect(searched).not.toContain('<img');
    expect(searched).toContain('&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\\u{202e}&lt;img');
  });
});

test('a resource has every rule of its step with numbers, its lifecycle, and its values side by side', {
  timeout: 60_000,
}, async () => {
  const data = await (await site.get('/r/certificates/Certificate/pay.json')).json();
  expect(data).toMatchObject({
    declared_spec: { dnsNames: ['pay.example.test'] },
    state: { applied: { spec: { dnsNames: ['pay.example.test'] } } },
    seen: { values: { dnsNames: ['pay.example.test'] } },
    rules: expect.arrayContaining([
      expect.objectContaining({ rule: 'freeze', outcome: 'reject' }),
      expect.objectContaining({ rule: 'all-missing', outcome: 'pass', facts: expect.objectContaining({ known: 7 }) }),
    ]),
  });
  const text = await (await site.get('/r/certificates/Certificate/pay')).text();
  expect(text).toMatch(/<summary>\d+ rules of this step: rejects 1, passes \d+<\/summary>/u);
  expect(text).toContain('known=7');
  expect(text).toContain('<title>Lifecycle of Certificate</title>');
  expect(
    text.match(/<span class="side">(?:Declared|Last applied|Actual): <\/span><code>\[&quot;pay\.example/gu),
  ).toHaveLength(3);
});

test('health has freeze windows, sources, watchers, deliveries, versions and what is due', {
  timeout: 60_000,
}, async () => {
  const data = await (await site.get('/health.json')).json();
  expect(data).toMatchObject({
    freezes: [{ reason: FREEZE }],
    sources: [{ source: 'cert_manager', cluster: 'prod', signature_failures: 0, last_status: 'accepted' }],
    // No plugin of the documents has watchers.
    watchers: {},
    deliveries: { total: 0, unfinished: [] },
    node: process.versions.node,
    next_due_at: expect.any(Number),
  });
  const text = await (await site.get('/health')).text();
  expect(text).toMatch(/<desc>[\dT:.-]+Z to [\dT:.-]+Z: annual accounts<\/desc>/u);
  expect(text).toContain('cert_manager:prod');
});

test('a run has its refresh, its judgements and its steps', { timeout: 60_000 }, async () => {
  const path = site.paths.at(-1) ?? '';
  const data = await (await site.get(`${path}.json`)).json();
  expect(data).toMatchObject({
    command: 'serve',
    refreshed: expect.arrayContaining([
      expect.objectContaining({ counts: expect.objectContaining({ 'certificates/Domain': 2 }) }),
    ]),
    done: expect.arrayContaining([
      expect.objectContaining({ address: 'certificates/Certificate/pay', step: 'absent>normal', outcome: 'done' }),
    ]),
  });
  const { runs } = (await (await site.get('/runs.json')).json()) as {
    readonly runs: readonly { readonly run: string }[];
  };
  const pages = await Promise.all(runs.map(async ({ run }) => (await site.get(`/runs/${run}.json`)).json()));
  expect(pages).toContainEqual(
    expect.objectContaining({
      judged: [expect.objectContaining({ address: 'certificates/Certificate/pay', verdict: 'rejected' })],
    }),
  );
  expect(pages).toContainEqual(expect.objectContaining({ ordered_by: ['a caller without a token'] }));
  expect((await site.get('/runs/none')).status).toBe(404);
});

test('a round that refreshes only some resources keeps what is known of the others', { timeout: 120_000 }, async () => {
  const counts = { reject: 1 };
  expect(await (await site.get('/plan.json')).json()).toMatchObject({ counts });
  await sendEvent(site.origin, { eventType: 'renewal_failed', domainId: DOMAIN_ID, sourceEventId: 'r-18' });
  await site.running.said(/shop: \d+ of \d+ resources refreshed/u);
  expect(await (await site.get('/plan.json')).json()).toMatchObject({
    counts,
    rows: { rows: [{ verdict: 'reject' }] },
  });
  expect(await (await site.get('/r/certificates/Certificate/pay')).text()).toContain(HOLD);
});

test('a stop ends open streams', { timeout: 120_000 }, async () => {
  const stream = await site.get('/stream');
  expect(stream.headers.get('content-type')).toBe('text/event-stream');
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader?.read())?.value).toMatch(/^event: head\nid: \S+\ndata:\n\n$/u);
  const from = performance.now();
  expect(await site.running.stop()).toBe(0);
  expect(performance.now() - from).toBeLessThan(60_000);
  let last = await reader?.read();
  while (last?.done === false) last = await reader?.read();
  expect(last?.done).toBe(true);
});
