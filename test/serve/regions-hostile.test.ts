/** A hostile region: wrong certificates, answers of others, too large, too slow or forged, and pulls beyond its share. */

import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { ServerResponse } from 'node:http';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Json } from '#plugin';
import { temporaryFolder, writeFiles } from '../support/cli.ts';
import { pullPath } from '../../src/serve/regions/pull.ts';
import { recordsIn } from './inbox-project.ts';
import {
  ask,
  type Certificates,
  certificates,
  copiesIn,
  REGIONS,
  regionDaemon,
  type RegionDaemon,
  routed,
  TOKEN,
  until,
} from './regions-site.ts';

let own: Certificates;
beforeAll(() => {
  own = certificates();
  own.issue('impostor', 'URI:spiffe://example.org/us', 'strange');
  own.issue('robot', 'URI:spiffe://example.org/robot');
  own.issue('strange-server', 'IP:127.0.0.1', 'strange');
  own.issue('other-name', 'IP:127.0.0.2');
});

type Answer = (response: ServerResponse, request: Record<string, unknown>) => void;

interface Peer {
  readonly port: number;
  readonly asked: () => number;
  answer: Answer;
}

const PAGE = { region: 'us', epoch: 'e', seq: 1, more: false, records: [], ages: {} };

function page(more: object = {}): Answer {
  return (response) => response.end(JSON.stringify({ ...PAGE, ...more }));
}

/** A server in place of the region `us`. */
async function peer(server = 'server', answer: Answer = page()): Promise<Peer> {
  let asked = 0;
  const found: Peer & { answer: Answer } = { port: 0, asked: () => asked, answer };
  const https: Server = createServer(
    { cert: own.pem(`${server}.crt`), key: own.pem(`${server}.key`), ca: own.pem('ca.crt'), requestCert: true },
    (request, response) => {
      asked += 1;
      let body = '';
      request.setEncoding('utf8').on('data', (part: string) => {
        body += part;
      });
      request.on('end', () => found.answer(response, JSON.parse(body) as Record<string, unknown>));
      response.on('error', () => undefined);
    },
  );
  https.listen(0, '127.0.0.1');
  await once(https, 'listening');
  onTestFinished(() => {
    https.closeAllConnections();
    https.close();
  });
  return Object.assign(found, { port: (https.address() as { readonly port: number }).port });
}

/** A daemon in `eu` that pulls a peer. */
async function pulling(port: number, env: Readonly<Record<string, string>> = {}): Promise<RegionDaemon> {
  const folder = join(temporaryFolder(), 'shop');
  mkdirSync(folder);
  writeFiles(folder, {
    'fettle.yaml': 'name: shop\nstore: .fettle\n',
    'desired/in-us.yaml': routed('in-us', 'us'),
    'desired/in-eu.yaml': routed('in-eu', 'eu'),
  });
  return regionDaemon('eu', folder, { peer: { name: 'us', port }, certificates: own }, env);
}

test('a server without a certificate of the pinned authority, or of another name, is not asked', async () => {
  for (const [server, reason] of [
    ['strange-server', /the region us cannot be pulled: its certificate is not trusted/u],
    ['other-name', /the region us cannot be pulled: its certificate is not trusted/u],
  ] as const) {
    const strange = await peer(server);
    const eu = await pulling(strange.port);
    await eu.running.said(reason);
    expect(strange.asked()).toBe(0);
    expect((await eu.get('/metrics')).text).toMatch(/replication_stale\{project="shop",region="us"\} 1/u);
    await eu.running.stop();
  }
}, 120_000);

const STATE = {
  tls_status: 'issued',
  certificate_ref: 'forged',
  tls_not_after: null,
  tls_last_error: null,
  cert_failure_policy: null,
  cert_failure_count: 0,
  cert_next_retry_at: null,
  cert_last_event_type: null,
  cert_last_event_at: null,
  cert_renewal_due_at: null,
};

test('an answer that is not a page of this region is a failed pull, and changes nothing', async () => {
  const us = await peer();
  const eu = await pulling(us.port);
  await until(() => copiesIn(eu)).toContain('in-us@eu replicated');
  const records: Json = [{ plugin: 'certificates', value: { domain: 'in-us', state: STATE } }];
  const stays: readonly (readonly [string, Answer, RegExp])[] = [
    ['another region', page({ region: 'ap', records }), /the answer is from the region ap/u],
    ['rubbish', (response) => response.end('\u0000\u001b[31m{'), /the answer is not a page of records/u],
    ['too many records', page({ records: Array.from({ length: 501 }, () => records[0]) }), /is not a page of records/u],
    ['a redirect', (response) => response.writeHead(302, { location: 'https://127.0.0.1:1/' }).end(), /status 302/u],
    ['a refusal', (response) => response.writeHead(403).end(), /status 403/u],
    ['a large body', (response) => response.end('x'.repeat(2 << 20)), /larger than 1048576 bytes/u],
    [
      'a small body that unpacks to a large one',
      (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(50 << 20))),
      /larger than 1048576 bytes/u,
    ],
    ['no end', (response) => void response.write('{"region":"us"'), /no complete response within 15 s/u],
    [
      'a cut',
      (response) => void response.write('{', () => response.destroy()),
      /the connection to 127.0.0.1:\d+ broke/u,
    ],
  ];
  for (const [name, answer, reason] of stays) {
    us.answer = answer;
    await eu.running.said(reason);
    us.answer = page({ epoch: name });
    await eu.running.said(new RegExp(`${reason.source}[^]*the region us is pulled again`, 'u'));
  }
  expect(eu.running.lines()).not.toContain('\u001b');
  expect(await eu.running.stop()).toBe(0);
  expect((await recordsIn(eu.folder)).filter((each) => JSON.stringify(each).includes('forged'))).toEqual([]);
}, 180_000);

test('records of a peer count for its own Domains and as events of those here, and for nothing else', async () => {
  const us = await peer();
  const eu = await pulling(us.port);
  await until(() => copiesIn(eu)).toContain('in-us@eu replicated');
  const event = {
    id: 'evt-00000000000000000000000000000000',
    source: 'cert_manager',
    cluster: '',
    domain: 'in-eu.example.test',
    type: 'renewal_failed',
    at: new Date().toISOString(),
    received_at: new Date().toISOString(),
    digest: `sha256:${'0'.repeat(64)}`,
    verified: true,
  };
  const record = (value: object, plugin = 'certificates'): object => ({ plugin, value });
  us.answer = page({
    epoch: 'hostile',
    records: [
      record({ domain: 'in-eu', state: STATE }),
      record({ domain: 'missing', state: STATE }),
      record({ domain: 'in-us', state: { ...STATE, region: 'eu', certificate_ref: 'its own', extra: 'member' } }),
      record({ domain: '__proto__', state: STATE }),
      record({ event }),
      record({ handed: { region: 'eu', ids: [event.id] } }),
      record({ domain: 'in-us', state: STATE }, 'nodes'),
      record({ domain: 'in-us', state: STATE }, 'constructor'),
    ],
  });
  await until(async () => (await eu.get('/v1/domains/cert-replication?domain=in-us&region=eu')).text).toContain(
    'its own',
  );
  // The probe here says tls_error; the owner decides what is counted.
  await until(async () => (await eu.get('/metrics')).text).toContain(
    'fettle_domains_by_region{project="shop",region="us",state="issued"} 1',
  );
  // Numbers that go back are those of another log.
  us.answer = page({
    epoch: 'hostile',
    seq: 0,
    records: [record({ domain: 'in-us', state: { ...STATE, certificate_ref: 'again' } })],
  });
  await until(async () => (await eu.get('/v1/domains/cert-replication?domain=in-us&region=eu')).text).toContain(
    'again',
  );
  expect(await eu.events()).toEqual({});
  expect(await eu.running.stop()).toBe(0);
  const records = await recordsIn(eu.folder);
  const tables = records.flatMap(({ kind, body }) => (kind === 'ledger' ? [`${body.table} ${body.key}`] : []));
  expect([...new Set(tables)].toSorted()).toEqual(['certificate-pulls us', 'certificate-replicas in-us']);
  expect(JSON.stringify(records)).not.toContain('"member"');
  expect(JSON.stringify(records)).not.toContain('forged');
}, 120_000);

test('a peer that always has more does not fill the inbox', async () => {
  const us = await peer();
  let seq = 0;
  us.answer = (response) => {
    seq += 1;
    const state = { ...STATE, certificate_ref: `ref-${seq}` };
    response.end(
      JSON.stringify({
        ...PAGE,
        seq,
        more: true,
        records: [{ plugin: 'certificates', value: { domain: 'in-us', state } }],
      }),
    );
  };
  const eu = await pulling(us.port);
  await expect.poll(us.asked, { timeout: 60_000 }).toBeGreaterThan(8);
  const [from, asked] = [Date.now(), us.asked()];
  await expect.poll(us.asked, { timeout: 60_000 }).toBeGreaterThan(asked + 24);
  // Eight pages in each cycle, and a cycle in a second.
  expect((us.asked() - asked) / ((Date.now() - from) / 1000 + 1)).toBeLessThanOrEqual(9);
  // A pull that does not end is not a pull: its age is unknown.
  expect(await copiesIn(eu)).toContain('in-us@eu stale');
}, 120_000);

test('only a peer pulls, by its certificate of the authority, and gets no answer beyond its share', async () => {
  const us = await peer();
  const eu = await pulling(us.port);
  await eu.running.said(/shop: .*refreshed/u);
  const port = await eu.running.port();
  for (const id of ['one', 'two']) {
    const body = JSON.stringify({
      domain: 'in-us.example.test',
      eventType: 'renewal_failed',
      sourceEventId: `${id}-event`,
    });
    const sent = { method: 'POST', headers: { 'x-cert-event-token': TOKEN }, body };
    expect((await ask(port, '/v1/domains/cert-events', { certificates: own, ...sent })).status).toBe(202);
  }
  await until(() => eu.events()).toEqual({ 'one-event': 'pending us', 'two-event': 'pending us' });
  const pull = async (
    client: string | undefined,
    request: object | string = { epoch: '', seq: 0, held: [], regions: REGIONS },
    headers = {},
  ) =>
    ask(port, pullPath('shop'), {
      certificates: own,
      method: 'POST',
      headers,
      body: typeof request === 'string' ? request : JSON.stringify(request),
      ...(client === undefined ? {} : { client }),
    });
  for (const [client, status] of [
    [undefined, 401],
    ['robot', 401],
    ['eu', 401],
    ['impostor', 401],
  ] as const)
    expect([client, (await pull(client)).status]).toEqual([client, status]);
  // A token with every other role may not pull.
  expect((await pull(undefined, undefined, { authorization: 'Bearer read-token' })).status).toBe(403);
  for (const path of ['/v1/state', '/v1/admin/cert-events', '/metrics', '/'])
    expect([path, (await ask(port, path, { certificates: own, client: 'us' })).status]).toEqual([path, 403]);
  const valid = { epoch: '', seq: 0, held: [], regions: REGIONS };
  for (const body of ['{', '[]', { ...valid, seq: -1 }, { ...valid, held: ['x'] }, { ...valid, regions: ['A B'] }])
    expect((await pull('us', body)).status).toBe(400);
  expect((await pull('us', 'x'.repeat(65 * 1024))).status).toBe(413);
  const { text } = await pull('us');
  const { records } = JSON.parse(text) as {
    readonly records: readonly { readonly value: { readonly event?: { readonly id: string } } }[];
  };
  const ids = records.flatMap(({ value }) => value.event?.id ?? []);
  expect([records.length, ids.length]).toEqual([3, 2]);
  expect(text).not.toMatch(/BEGIN|PRIVATE/u);
  // A report about events that do not wait for it has no effect, and a repeated one has none either.
  const lies = Array.from({ length: 400 }, (_, i) => `certificates/evt-${i}`);
  for (let i = 0; i < 5; i += 1)
    expect((await pull('us', { ...valid, held: [...lies, `certificates/${ids[0]}`] })).status).toBe(200);
  await until(() => eu.events()).toEqual({ 'one-event': expect.any(String), 'two-event': expect.any(String) });
  await until(async () => Object.values(await eu.events()).toSorted()).toEqual(['forwarded us', 'pending us']);
  expect(await eu.running.stop()).toBe(0);
  const inbox = (await recordsIn(eu.folder)).filter((each) => JSON.stringify(each).includes('evt-399'));
  expect(inbox).toEqual([]);
}, 120_000);
