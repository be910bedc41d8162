/** Certificate state in two regions: two daemons, a cut between them, and what is left after it heals. */

import { expect, test } from 'vitest';
import { copiesIn, regionSite, until } from './regions-site.ts';

function failure(domain: string, id: string): object {
  return { domain: `${domain}.example.test`, eventType: 'renewal_failed', sourceEventId: id };
}

test('events of a cut are applied once by the owner after it heals, and ages are true throughout', async () => {
  const { us, eu, ways } = await regionSite({ env: { CERT_REPLICATION_MAX_LAG_SECONDS: '4' } });
  const whole = ['in-eu@us replicated', 'in-eu@eu source', 'in-us@us source', 'in-us@eu replicated'];
  for (const each of [us, eu])
    await until(async () => (await copiesIn(each)).filter((line) => !line.startsWith('nowhere')).toSorted()).toEqual(
      whole.toSorted(),
    );
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
  // A region that is cut off serves what it knows.
  expect(targets[0]?.known).toMatchObject({ tls_status: 'tls_error' });
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
  for (const each of [us, eu])
    await until(async () => (await copiesIn(each)).filter((line) => line.endsWith('stale'))).toEqual([]);
}, 180_000);
