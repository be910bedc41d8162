/** The API of a running `fettle serve`: signed events in, lists, decisions of callers, and roles. */

import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fettle, temporaryFolder, writeFiles } from '../support/cli.ts';
import { DOMAIN_ID, SIGNED, signedHeaders } from '../support/intake-server.ts';
import { type Daemon, daemon } from './daemon.ts';
import { recordsIn, tableIn } from './inbox-project.ts';

const DOMAIN = `apiVersion: certificates/v1
kind: Domain
metadata: { name: www }
spec:
  host: www.example.test
  address: 127.0.0.1
  port: 1
  externalId: ${DOMAIN_ID}
  failurePolicy: strict
  route: { target: lb.example.test, region: eu }
`;

function project(): string {
  const folder = join(temporaryFolder(), 'shop');
  mkdirSync(folder);
  writeFiles(folder, { 'fettle.yaml': 'name: shop\nstore: .fettle\n', 'desired/www.yaml': DOMAIN });
  return folder;
}

const TOKENS = { reader: 'read-token', ann: 'operate-token', scraper: 'metrics-token', sender: 'intake-token' };
const ROLES = { reader: 'read', ann: 'operate', scraper: 'metrics', sender: 'intake' };

const HOST_YAML = `access:
  tokens:
${Object.entries(TOKENS)
  .map(([name, token]) => {
    const hash = createHash('sha256').update(token).digest('hex');
    return `    - { name: ${name}, hash: "sha256:${hash}", roles: [${ROLES[name as keyof typeof ROLES]}] }`;
  })
  .join('\n')}
`;

// oxlint-disable-next-line typescript/no-explicit-any
type Body = any;

interface Asked {
  readonly status: number;
  readonly body: Body;
}

/** Asks with the token of a caller. A body makes it a POST. */
async function asked(
  running: Daemon,
  caller: keyof typeof TOKENS,
  path: string,
  more: { readonly method?: string; readonly body?: object | string } = {},
): Promise<Asked> {
  const { body, method = body === undefined ? 'GET' : 'POST' } = more;
  const response = await fetch(`http://127.0.0.1:${await running.port()}${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKENS[caller]}` },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

async function sent(running: Daemon, event: object): Promise<number> {
  const body = JSON.stringify(event);
  const url = `http://127.0.0.1:${await running.port()}/v1/domains/cert-events`;
  return (await fetch(url, { method: 'POST', body, headers: signedHeaders(body) })).status;
}

const ENV = { ...SIGNED, CERT_EVENT_MAX_RETRIES: '1' };

test('from a signed event to its incident, its decisions and a replay, as callers see them', {
  timeout: 240_000,
}, async () => {
  const folder = project();
  const running = await daemon(folder, HOST_YAML, [], ENV);
  await running.said(/shop: .*resources? refreshed/u);
  const read = (path: string): Promise<Asked> => asked(running, 'reader', path);
  const until = async (path: string, part: object): Promise<Body> => {
    let last: Body;
    await expect
      .poll(
        async () => {
          ({ body: last } = await read(path));
          return last as object;
        },
        { timeout: 60_000, interval: 100 },
      )
      .toMatchObject(part);
    return last;
  };

  const failure = { eventType: 'renewal_failed', domainId: DOMAIN_ID, callbackAttempt: 4, sourceEventId: 'renewal-17' };
  expect(await sent(running, failure)).toBe(202);
  const { events } = await until(`/v1/domains/custom/${DOMAIN_ID}/cert-events`, { events: [{ status: 'applied' }] });
  expect(await read('/v1/domains/custom/www/cert-events')).toMatchObject({ body: { events } });
  expect(await read('/v1/domains/custom/unknown/cert-events')).toMatchObject({ status: 404 });

  // An event about a host that no document names fails, and at once is a dead letter.
  expect(await sent(running, { eventType: 'issuance_failed', domain: 'gone.example.test' })).toBe(202);
  const stats = { pending: 0, applied: 1, failed: 1, unresolved: 1 };
  await until('/v1/admin/cert-events', { ok: true, stats });
  const { events: dead } = (await read('/v1/admin/cert-events?status=failed&limit=1')).body;
  expect(dead).toMatchObject([{ status: 'failed', event: { domain: 'gone.example.test' } }]);
  expect((await read('/v1/admin/cert-events?unresolved=true&source=other')).body).toMatchObject({ events: [], stats });

  const { incidents } = await until('/v1/admin/cert-incidents?domain=www.example.test', {
    incidents: [{ status: 'open', tier: 3, type: 'renewal_failed' }],
    total: 1,
  });
  const incident = `/v1/admin/cert-incidents/${incidents[0].id}`;
  expect(await asked(running, 'reader', `${incident}/ack`, { body: {} })).toMatchObject({ status: 403 });
  const ordered = { status: 202, body: { ok: true, status: 'ordered' } };
  expect(await asked(running, 'ann', `${incident}/ack`, { body: { reason: 'on it' } })).toMatchObject(ordered);
  await until('/v1/admin/cert-incidents', { incidents: [{ status: 'acknowledged', acknowledged_by: 'ann' }] });
  expect(await asked(running, 'ann', `${incident}/ack`, { body: {} })).toMatchObject({ status: 200 });
  expect(await asked(running, 'ann', `${incident}/resolve`, { body: {} })).toMatchObject(ordered);
  await until('/v1/admin/cert-incidents?status=resolved', { incidents: [{ resolved_by: 'ann' }] });
  expect(await asked(running, 'ann', `${incident}/ack`, { body: {} })).toMatchObject({ status: 409 });
  expect(await asked(running, 'ann', `/v1/admin/cert-incidents/inc-none/ack`, { body: {} })).toMatchObject({
    status: 404,
  });

  const applied = events[0].event.id as string;
  expect(await asked(running, 'ann', `/v1/admin/cert-events/${applied}/replay`, { body: {} })).toMatchObject({
    status: 409,
  });
  const dry = await asked(running, 'ann', '/v1/admin/cert-events/replay', { body: { dryRun: true } });
  const eventIds = [dead[0].event.id];
  expect(dry).toMatchObject({ status: 200, body: { attempted: 1, replayed: 1, dryRun: true, eventIds } });
  expect(
    await asked(running, 'ann', '/v1/admin/cert-events/replay', { body: { domain: 'gone.example.test' } }),
  ).toMatchObject({
    status: 202,
    body: { replayed: 1, eventIds },
  });
  // The replayed event fails again, a second later.
  await expect
    .poll(
      async () => (await recordsIn(folder)).some(({ body }) => 'because' in body && body.because.includes('by ann')),
      {
        timeout: 60_000,
      },
    )
    .toBe(true);

  expect(await read('/v1/admin/domains/cert-region-summary')).toMatchObject({
    body: { regions: [{ region: 'eu', total: 1, lastEventAt: expect.stringMatching(/^2/u) }] },
  });
  expect(await read('/v1/admin/cert-sources')).toMatchObject({
    body: { sources: [{ source: 'cert_manager', cluster: 'prod', events: 2 }] },
  });
  expect(
    await asked(running, 'ann', `/v1/domains/custom/${DOMAIN_ID}/failure-policy`, { method: 'PATCH', body: {} }),
  ).toMatchObject({ status: 409, body: { document: 'certificates/Domain/www', field: '/spec/failurePolicy' } });

  const { body: explained } = await read('/v1/explain/certificates/Domain/www?last=5');
  expect(explained).toMatchObject({
    address: 'certificates/Domain/www',
    declared: true,
    state: { ref: { name: 'www' } },
  });
  expect(explained.records.length).toBeLessThanOrEqual(5);
  expect(await read('/v1/plan')).toMatchObject({ body: { project: 'shop', format_version: '1.0' } });
  expect(await read('/v1/state?kind=Domain')).toMatchObject({
    body: { total: 1, resources: [{ address: 'certificates/Domain/www' }] },
  });
  expect(await read('/v1/log?kind=ledger&last=3')).toMatchObject({
    body: { damaged: false, records: [{ kind: 'ledger' }, {}, {}] },
  });
  expect(await read('/v1/rounds')).toMatchObject({
    body: { lock: {}, rounds: expect.arrayContaining([expect.objectContaining({ outcome: 'ok' })]) },
  });
  expect(await running.stop()).toBe(0);
  const incidentsAfter = [...tableIn(await recordsIn(folder), 'certificate-incidents').values()];
  expect(incidentsAfter).toContainEqual(expect.objectContaining({ status: 'resolved', resolved_by: 'ann' }));
  expect((await fettle(folder, 'log', 'verify')).code).toBe(0);
});

describe('a request', () => {
  test('needs a role, and names each mistake', { timeout: 120_000 }, async () => {
    const folder = project();
    const running = await daemon(folder, HOST_YAML, [], ENV);
    await running.said(/shop: .*resources? refreshed/u);
    const unauthenticated = await fetch(`http://127.0.0.1:${await running.port()}/v1/plan`);
    expect(unauthenticated.status).toBe(401);
    for (const caller of ['scraper', 'sender'] as const)
      expect(await asked(running, caller, '/v1/plan'), caller).toMatchObject({ status: 403 });
    for (const [path, message] of [
      ['/v1/admin/cert-events?stauts=failed', 'did you mean `status`?'],
      ['/v1/admin/cert-events?status=broken', 'Use one of pending, applied, failed'],
      ['/v1/admin/cert-events?limit=501', 'from 1 to 500'],
      ['/v1/admin/cert-events?limit=1&limit=2', 'limit was given more than once'],
      ['/v1/admin/cert-events?unresolved=maybe', 'Use true or false'],
      ['/v1/log?kind=nothing', 'nothing'],
      ['/v1/state?__proto__=1', '__proto__ is not a field'],
      ['/v1/state?constructor=1', 'constructor is not a field'],
    ] as const) {
      const { status, body } = await asked(running, 'reader', path);
      expect([path, status, body.error]).toEqual([path, 400, 'field']);
      expect(body.message).toContain(message);
    }
    for (const body of [
      'not JSON',
      'null',
      '{"__proto__":1}',
      '[]',
      '"text"',
      '{"force":"maybe"}',
      '{"other":1}',
      `{"reason":"${'x'.repeat(20_000)}"}`,
    ])
      expect(await asked(running, 'ann', '/v1/admin/cert-events/evt-1/replay', { body }), body).toMatchObject({
        status: 400,
      });
    expect(await asked(running, 'reader', '/v1/explain/certificates/Domain/other')).toMatchObject({ status: 404 });
    expect(await asked(running, 'reader', '/v1/log?address=certificates/Domain/other')).toMatchObject({ status: 404 });
    const refresh = await asked(running, 'ann', '/v1/rounds', { body: {} });
    expect(refresh).toMatchObject({ status: 202 });
    await running.said(/refreshed[^]*shop: .*resources? refreshed/u);
    // The documents and the state are those of the last valid round.
    writeFileSync(join(folder, 'fettle.yaml'), 'name: [');
    await asked(running, 'ann', '/v1/rounds', { body: {} });
    await running.said(/by the last valid documents/u);
    expect(await asked(running, 'reader', '/v1/state')).toMatchObject({ status: 200, body: { total: 1 } });
  });

  test('records a start of a round with its caller', { timeout: 120_000 }, async () => {
    const running = await daemon(project(), HOST_YAML, [], ENV);
    await running.said(/shop: .*resources? refreshed/u);
    expect(await asked(running, 'reader', '/v1/rounds', { body: {} })).toMatchObject({ status: 403 });
    expect(await asked(running, 'ann', '/v1/rounds', { body: {} })).toMatchObject({ status: 202 });
    expect(await running.ask('/-/reload', 'POST')).toMatchObject({ status: 202 });
    const orders = async (): Promise<readonly Body[]> =>
      (await asked(running, 'reader', '/v1/log?kind=order')).body.records;
    await expect
      .poll(async () => (await orders()).map(({ body }): string => `${body.verb} by ${body.by}`).toSorted(), {
        timeout: 30_000,
      })
      .toEqual(['refresh by a caller without a token', 'refresh by ann']);
    const { run } = (await orders()).find(({ body }) => body.by === 'ann').body;
    const seen = async (): Promise<readonly Body[]> =>
      (await asked(running, 'reader', `/v1/log?run=${run}&kind=seen`)).body.records;
    // The order is recorded before the refresh that follows it.
    await expect.poll(async () => (await seen()).length, { timeout: 30_000 }).toBeGreaterThan(0);
    const [record] = await seen();
    // The round refreshed every resource.
    expect(record).toMatchObject({ body: { counts: { 'certificates/Domain': 1 } } });
    expect(record?.body).not.toHaveProperty('partial');
    const { runs } = (await asked(running, 'reader', '/runs.json')).body;
    expect(runs.find((each: Body) => each.run === run)).toMatchObject({ ordered_by: expect.arrayContaining(['ann']) });
  });

  test('for a round is recorded once for many of its caller that arrive together', { timeout: 120_000 }, async () => {
    const folder = project();
    const running = await daemon(folder, HOST_YAML, [], ENV);
    await running.said(/shop: .*resources? refreshed/u);
    const sent = Array.from({ length: 40 }, () => asked(running, 'ann', '/v1/rounds', { body: {} }));
    for (const { status } of await Promise.all(sent)) expect(status).toBe(202);
    const orders = async (): Promise<readonly Body[]> =>
      (await asked(running, 'reader', '/v1/log?kind=order')).body.records;
    await expect.poll(async () => (await orders()).length, { timeout: 30_000 }).toBeGreaterThan(0);
    expect(await running.stop()).toBe(0);
    const recorded = (await recordsIn(folder)).filter(({ kind }) => kind === 'order');
    expect(recorded.length).toBeLessThan(10);
  });

  test('is answered from the log of the daemon after an edit of its store', { timeout: 120_000 }, async () => {
    const folder = project();
    const running = await daemon(folder, HOST_YAML, [], ENV);
    await running.said(/shop: .*resources? refreshed/u);
    writeFileSync(join(folder, 'fettle.yaml'), 'name: shop\nstore: .other\n');
    await asked(running, 'ann', '/v1/rounds', { body: {} });
    await running.said(/by the last valid documents/u);
    // The process that answers starts with this request.
    expect(await asked(running, 'reader', '/v1/state')).toMatchObject({ status: 200, body: { total: 1 } });
  });
});
