/** Certificate state in two regions: two daemons, a cut between them, and what is left after it heals. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { PASSWORD, startPostgres } from '../support/postgres.ts';
import { answerMistakes, type Description, operationsOf } from './described.ts';
import { seriesIn } from './exposed.ts';
import { recordsIn } from './inbox-project.ts';
import { copiesIn, type RegionDaemon, regionSite, until } from './regions-site.ts';

const DESCRIPTION = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../docs/openapi.json'), 'utf8'),
) as Description;

function failure(domain: string, id: string): object {
  return { domain: `${domain}.example.test`, eventType: 'renewal_failed', sourceEventId: id };
}

/** `fdt_cert_replication_targets_total` by state. */
async function targetsOf({ get }: RegionDaemon): Promise<Readonly<Record<string, number>>> {
  const series = seriesIn((await get('/metrics')).text).filter(({ name }) =>
    name.endsWith('replication_targets_total'),
  );
  return Object.fromEntries(series.map(({ labels, value }) => [labels['state'] ?? '', value]));
}

test('events of a cut are applied once by the owner after it heals, and ages are true throughout', async () => {
  const { us, eu, ways } = await regionSite({ env: { CERT_REPLICATION_MAX_LAG_SECONDS: '4' } });
  const whole = ['in-eu@us replicated', 'in-eu@eu source', 'in-us@us source', 'in-us@eu replicated'];
  for (const each of [us, eu])
    await until(async () => (await copiesIn(each)).filter((line) => !line.startsWith('nowhere')).toSorted()).toEqual(
      whole.toSorted(),
    );
  const counts = { source: 3, replicated: 3, stale: 0 };
  await until(() => targetsOf(eu)).toEqual(counts);
  for (const way of Object.values(ways)) way.cut('gone');
  const cutAt = Date.now();
  for (const each of [us, eu])
    for (const domain of ['in-us', 'in-eu', 'nowhere'])
      expect(await each.send(failure(domain, `${each.region}-${domain}`))).toBe(202);
  // The same event in both regions is one.
  expect([await us.send(failure('in-us', 'twice')), await eu.send(failure('in-us', 'twice'))]).toEqual([202, 202]);
  await until(() => eu.events()).toEqual({
    'eu-in-us': 'pending us',
    'eu-in-eu': 'applied',
    'eu-nowhere': 'pending us',
    twice: 'pending us',
  });
  await until(async () => (await copiesIn(eu)).toSorted()).toContain('in-us@eu stale');
  const { targets } = (await eu.json('/v1/domains/cert-replication?domain=in-us&region=eu')) as {
    readonly targets: readonly { readonly ageSeconds: number; readonly known: object }[];
  };
  const age = (Date.now() - cutAt) / 1000;
  expect(targets[0]?.ageSeconds).toBeGreaterThanOrEqual(Math.floor(age) - 2);
  expect(targets[0]?.ageSeconds).toBeLessThanOrEqual(age + 3);
  await until(() => targetsOf(eu)).toEqual({ source: 3, replicated: 0, stale: 3 });
  // A region that is cut off serves what it knows.
  expect(targets[0]?.known).toMatchObject({ tls_status: 'tls_error' });
  expect((await eu.get('/metrics')).text).toContain('fettle_events_waiting{project="shop",region="us"} 3');
  expect((await eu.get('/metrics')).text).toMatch(
    /fettle_events_waiting_since_timestamp_seconds\{project="shop",region="us"\} 1\d{9}/u,
  );
  expect((await eu.get('/metrics')).text).toMatch(/fettle_replication_stale\{project="shop",region="us"\} 1/u);
  for (const way of Object.values(ways)) way.cut('none');
  await until(() => us.events()).toEqual({
    'us-in-us': 'applied',
    'us-in-eu': 'forwarded eu',
    'us-nowhere': 'applied',
    'eu-in-us': 'applied',
    'eu-nowhere': 'applied',
    twice: 'applied',
  });
  await until(() => eu.events()).toEqual({
    'eu-in-us': 'forwarded us',
    'eu-in-eu': 'applied',
    'eu-nowhere': 'forwarded us',
    'us-in-eu': 'applied',
    twice: 'forwarded us',
  });
  for (const each of [us, eu]) await until(() => targetsOf(each)).toEqual(counts);
}, 180_000);

/** Each change of the events of a log to a status, as `id status region`. */
function changesIn(folder: string): Promise<readonly string[]> {
  return recordsIn(folder).then((records) =>
    records.flatMap(({ kind, body }) => {
      if (kind !== 'ledger' || body.table !== 'certificate-events' || body.value === undefined) return [];
      const {
        event,
        status,
        region = '',
      } = body.value as unknown as {
        readonly event: { readonly source_event_id: string };
        readonly status: string;
        readonly region?: string;
      };
      return [`${event.source_event_id} ${status} ${region}`.trim()];
    }),
  );
}

test('answers that are cut in the middle, and daemons that are killed, lose no event and repeat none', async () => {
  const site = await regionSite({ domains: { 'in-us': 'us' } });
  const { ways, again } = site;
  let { us, eu } = site;
  await until(() => copiesIn(us)).toEqual(['in-us@us source', 'in-us@eu replicated']);
  ways.eu.cut('answer');
  const ids = Array.from({ length: 12 }, (_, i) => `event-${i}`);
  for (const id of ids.slice(0, 4))
    expect(await eu.send({ ...failure('in-us', id), payload: { text: 'x'.repeat(9000) } })).toBe(202);
  await expect.poll(() => ways.eu.halves(), { timeout: 60_000 }).toBeGreaterThan(2);
  expect(await us.events()).toEqual({});
  await eu.running.stop('SIGKILL');
  eu = await again('eu');
  await eu.running.said(/refreshed/u);
  for (const id of ids.slice(4, 8)) expect(await eu.send(failure('in-us', id))).toBe(202);
  ways.eu.cut('none');
  // The owner is killed while it takes the events over.
  await until(async () => Object.keys(await us.events()).length).toBeGreaterThan(0);
  await us.running.stop('SIGKILL');
  us = await again('us');
  for (const id of ids.slice(8)) expect(await eu.send(failure('in-us', id))).toBe(202);
  ways.us.cut('silent');
  await until(() => us.events()).toEqual(Object.fromEntries(ids.map((id) => [id, 'applied'])));
  ways.us.cut('none');
  await until(() => eu.events()).toEqual(Object.fromEntries(ids.map((id) => [id, 'forwarded us'])));
  for (const each of [us, eu]) expect(await each.running.stop()).toBe(0);
  const owned = (await changesIn(us.folder)).filter((line) => line.endsWith('applied'));
  expect(owned.toSorted()).toEqual(ids.map((id) => `${id} applied`).toSorted());
  const handed = (await changesIn(eu.folder)).filter((line) => !line.endsWith('pending us'));
  expect(handed.toSorted()).toEqual(ids.map((id) => `${id} forwarded us`).toSorted());
}, 180_000);

test('an event goes to the new owner when the route of its Domain moves during a cut', async () => {
  const { us, eu, ways, route } = await regionSite({ domains: { www: 'us' } });
  await until(() => copiesIn(eu)).toEqual(['www@us source', 'www@eu replicated']);
  for (const way of Object.values(ways)) way.cut('gone');
  for (const each of [us, eu]) expect(await each.send(failure('www', `in-${each.region}`))).toBe(202);
  await until(() => eu.events()).toEqual({ 'in-eu': 'pending us' });
  await until(() => us.events()).toEqual({ 'in-us': 'applied' });
  route('www', 'eu');
  await until(() => eu.events()).toEqual({ 'in-eu': 'applied' });
  for (const way of Object.values(ways)) way.cut('none');
  await until(() => copiesIn(eu)).toEqual(['www@us replicated', 'www@eu source']);
  await until(() => copiesIn(us)).toEqual(['www@us replicated', 'www@eu source']);
  expect([await us.events(), await eu.events()]).toEqual([{ 'in-us': 'applied' }, { 'in-eu': 'applied' }]);
}, 180_000);

test('an age is that of the last pull, also after a restart, and quiet regions stay fresh without growing the log', async () => {
  const { eu, ways, again } = await regionSite({
    domains: { www: 'us' },
    env: { CERT_REPLICATION_MAX_LAG_SECONDS: '6' },
  });
  await until(() => copiesIn(eu)).toContain('www@eu replicated');
  const pulls = async (): Promise<number> =>
    (await recordsIn(eu.folder)).filter(({ kind, body }) => kind === 'ledger' && body.table === 'certificate-pulls')
      .length;
  const counted = async (): Promise<number> =>
    Number(
      /replication_pulls_total\{project="shop",region="us",result="ok"\} (\d+)/u.exec(
        (await eu.get('/metrics')).text,
      )?.[1],
    );
  await until(counted).toBeGreaterThan(8);
  expect(await pulls()).toBeLessThan((await counted()) / 2);
  expect(await copiesIn(eu)).toContain('www@eu replicated');
  for (const way of Object.values(ways)) way.cut('gone');
  const cutAt = Date.now();
  await eu.running.stop('SIGKILL');
  const next = await again('eu');
  await next.running.said(/refreshed/u);
  await until(() => copiesIn(next)).toContain('www@eu stale');
  const { targets } = (await next.json('/v1/domains/cert-replication?region=eu')) as {
    readonly targets: readonly { readonly ageSeconds: number; readonly known: object | null }[];
  };
  const age = (Date.now() - cutAt) / 1000;
  // The time of a pull is recorded every two seconds here, and drained by a later round.
  expect(targets[0]?.ageSeconds).toBeGreaterThanOrEqual(Math.floor(age) - 1);
  expect(targets[0]?.ageSeconds).toBeLessThan(age + 30);
  expect(targets[0]?.known).toMatchObject({ tls_status: 'tls_error' });
  // A relay gets nothing that a stale copy says, also not under the name of the source.
  expect(await next.json('/v1/relay/cert-replication')).toMatchObject({ region: 'eu', targets: [] });
  const { targets: rows } = (await next.json('/v1/domains/cert-replication?region=us')) as {
    readonly targets: readonly { readonly ageSeconds: number; readonly knownAgeSeconds: number }[];
  };
  expect(rows).toMatchObject([{ state: 'source', knownState: 'stale' }]);
  expect(rows[0]?.ageSeconds).toBeGreaterThanOrEqual(targets[0]?.ageSeconds ?? Number.NaN);
  expect(rows[0]?.knownAgeSeconds).toBe(rows[0]?.ageSeconds);
  expect(await next.json('/v1/relay/cert-replication?includeStale=true&region=eu')).toMatchObject({
    targets: [{ state: 'stale' }],
  });
  const html = (await next.get('/regions')).text;
  expect(html).toMatch(/>stale<[^]*ago/u);
  expect(await next.json('/regions.json')).toMatchObject({
    region: 'eu',
    peers: [{ region: 'us', state: 'stale', age_ms: expect.any(Number) as number }],
    summary: [{ region: 'us', total: 1 }],
    counts: { source: 1, replicated: 0, stale: 1 },
  });
  for (const operation of operationsOf(DESCRIPTION).filter(({ path }) => path.endsWith('/cert-replication'))) {
    const answer = { type: 'application/json', ...(await next.get(`${operation.path}?limit=5`)) };
    expect(answerMistakes(DESCRIPTION, operation, answer)).toEqual([]);
  }
}, 180_000);

test('regions with another order of their names refuse each other, and hand no event over', async () => {
  const { eu, us, again } = await regionSite({ domains: { nowhere: undefined } });
  await until(() => copiesIn(eu)).toContain('nowhere@eu replicated');
  expect(await eu.running.stop()).toBe(0);
  const next = await again('eu', { CERT_REPLICATION_TARGET_REGIONS: 'eu,us', CERT_REPLICATION_MAX_LAG_SECONDS: '3' });
  const other =
    /cannot be pulled: it has another CERT_REPLICATION_TARGET_REGIONS\. Set the same names in the same order/u;
  for (const each of [us, next]) await each.running.said(other);
  expect(await us.send(failure('nowhere', 'one-event'))).toBe(202);
  await until(() => us.events()).toEqual({ 'one-event': 'applied' });
  await until(async () => (await next.get('/metrics')).text).toMatch(
    /replication_stale\{project="shop",region="us"\} 1/u,
  );
  expect(await next.events()).toEqual({});
}, 120_000);

test('with their logs on PostgreSQL, regions replicate and hand events over in the same way', async () => {
  const server = await startPostgres();
  onTestFinished(() => server.stop());
  const urls = { us: server.url(await server.createDatabase()), eu: server.url(await server.createDatabase()) };
  const { us, eu, ways, again } = await regionSite({
    domains: { www: 'us' },
    store: (region) => urls[region],
    env: { PGPASSWORD: PASSWORD, FETTLE_STORE_ORIGIN: `postgres://${new URL(urls.us).host}` },
  });
  await until(() => copiesIn(eu)).toEqual(['www@us source', 'www@eu replicated']);
  for (const way of Object.values(ways)) way.cut('gone');
  for (const id of ['one-event', 'two-event']) expect(await eu.send(failure('www', id))).toBe(202);
  expect(await us.send(failure('www', 'one-event'))).toBe(202);
  await until(() => eu.events()).toEqual({ 'one-event': 'pending us', 'two-event': 'pending us' });
  await eu.running.stop('SIGKILL');
  for (const way of Object.values(ways)) way.cut('none');
  const next = await again('eu');
  await until(() => us.events()).toEqual({ 'one-event': 'applied', 'two-event': 'applied' });
  await next.running.said(/refreshed/u);
  await until(() => next.events()).toEqual({ 'one-event': 'forwarded us', 'two-event': 'forwarded us' });
}, 180_000);
