/** The metrics of ACME of a real daemon: requests and orders of its rounds, and orders that the authority limits. */

import { expect, onTestFinished, test } from 'vitest';
import { startEmulated } from '../support/acme/emulated.ts';
import { acmeDocuments, acmeProject } from '../plugins/certificates/acme/project.ts';
import { daemon } from './daemon.ts';
import { complaintsAbout, type Series, seriesIn } from './exposed.ts';

const PERMITTED = `apply: [{ plugin: certificates, steps: ["absent>ready", "absent>normal"], causes: [new] }]
interval: 1h
`;

/** A second Certificate, for other names. */
const SECOND = `---
apiVersion: certificates/v1
kind: Certificate
metadata: { name: late }
spec: { issuer: public, dnsNames: [late.example.test], storage: { file: { certificate: ./tls/late.crt, key: ./tls/late.key } } }
`;

test('a round counts each request by its action and status, and each order by its outcome', async () => {
  const authority = await startEmulated(
    { ownHttp: true },
    { limits: { ordersPerAccount: { max: 1, perMs: 3_600_000 } } },
  );
  onTestFinished(() => authority.stop());
  const project = acmeProject(authority, acmeDocuments(authority));
  const running = await daemon(project.folder, PERMITTED);
  await running.said('2 actions done');
  const host = new URL(authority.directory).host;
  const scrape = async (): Promise<{ readonly text: string; readonly own: readonly Series[] }> => {
    const { text } = await running.ask('/metrics');
    return { text, own: seriesIn(text).filter(({ name }) => name.startsWith('fettle_acme_')) };
  };
  const valueIn = (own: readonly Series[], name: string, labels: Series['labels']): number | undefined =>
    own.find(
      (each) => each.name === `fettle_acme_${name}` && Object.entries(labels).every(([k, v]) => each.labels[k] === v),
    )?.value;

  const first = await scrape();
  expect(complaintsAbout(first.text).filter((line) => line.includes('acme'))).toEqual([]);
  expect(first.own.every(({ labels }) => labels['host'] === host && labels['project'] === 'test')).toBe(true);
  const requests = (action: string, status: string) => valueIn(first.own, 'requests_total', { action, status });
  for (const action of ['order', 'certificate', 'authorization', 'challenge'])
    expect([action, (requests(action, '200') ?? 0) + (requests(action, '201') ?? 0) > 0]).toEqual([action, true]);
  expect([requests('order', '201'), requests('account', '201'), requests('order', '429')]).toEqual([1, 1, 0]);
  expect(valueIn(first.own, 'orders_total', { outcome: 'issued' })).toBe(1);
  expect(valueIn(first.own, 'orders_waiting', {})).toBe(0);

  project.declare(`${acmeDocuments(authority)}${SECOND}`);
  await running.ask('/-/reload', 'POST');
  await running.said(/2 actions done[^]*resources? refreshed/u);
  const refused = (await scrape()).own;
  expect(valueIn(refused, 'requests_total', { action: 'order', status: '429' })).toBe(1);
  expect(valueIn(refused, 'orders_total', { outcome: 'limited' })).toBe(1);
  expect(valueIn(refused, 'orders_total', { outcome: 'issued' })).toBe(1);
  // A round measures its refresh: the next one finds the order that waits.
  await running.ask('/-/reload', 'POST');
  await running.said(/2 actions done[^]*resources? refreshed[^]*resources? refreshed/u);
  const { own } = await scrape();
  expect(valueIn(own, 'orders_waiting', {})).toBe(1);
  const until = valueIn(own, 'orders_waiting_until_timestamp_seconds', {}) ?? 0;
  expect(until - Date.now() / 1000).toBeGreaterThan(3000);
  expect(valueIn(own, 'orders_failing', {})).toBe(0);
}, 60_000);
