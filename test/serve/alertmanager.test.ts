/** Alerts in a real Alertmanager: it takes them, shows their labels and times, and gets their end. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deliver } from '../../src/serve/alerts/deliver.ts';
import { dueDeliveries, settled } from '../../src/serve/alerts/deliveries.ts';
import type { Destination } from '../../src/serve/alerts/receiver.ts';
import type { Alert, Json } from '#plugin';
import { openHttp, usualDenial } from '#plugin/net';
import { temporaryFolder } from '../support/cli.ts';
import { type Daemon, freePort, startDaemon } from '../support/daemons.ts';

let server: Daemon;
let url: URL;

beforeAll(async () => {
  const folder = temporaryFolder();
  const [port, cluster] = [await freePort(), await freePort()];
  writeFileSync(join(folder, 'am.yml'), 'route: { receiver: none }\nreceivers: [{ name: none }]\n');
  const argv = [
    'prometheus-alertmanager',
    `--config.file=${join(folder, 'am.yml')}`,
    `--storage.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    `--cluster.listen-address=127.0.0.1:${cluster}`,
  ];
  server = await startDaemon(folder, argv, [port], join(folder, 'am.log'));
  url = new URL(`http://127.0.0.1:${port}/api/v2/alerts`);
});
afterAll(() => server.stop());

const tools = { send: openHttp(usualDenial({})), now: Date.now, signal: new AbortController().signal };

async function shown(): Promise<unknown> {
  const { body } = await tools.send({ method: 'GET', url, headers: {} }, tools.signal);
  const parts: Buffer[] = [];
  for await (const part of body as AsyncIterable<Buffer>) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString());
}

it('an Alertmanager shows an alert while it holds, and no longer after its end', async () => {
  const destination: Destination = { name: 'am', kind: 'alertmanager', cooldownMs: 300_000, url };
  const entries = new Map<string, Json>();
  const since = Date.now() - 3_600_000;
  const alert: Alert = {
    class: 'tls_error',
    ref: { plugin: 'certificates', kind: 'Domain', name: 'www' },
    severity: 'critical',
    route: 'ticket',
    message: 'www.example.test: connection refused',
    facts: { host: 'www.example.test' },
    since,
  };
  const round = async (alerts: readonly Alert[]): Promise<readonly string[]> => {
    const plugins = new Set(['certificates']);
    const due = dueDeliveries({
      project: 'shop',
      alerts,
      unseen: new Set(),
      plugins,
      entries,
      receivers: [destination],
      now: Date.now(),
    });
    const results: string[] = [];
    for (const { delivery, change } of due) {
      entries.set(change.key, change.value ?? null);
      const outcome = await deliver(delivery, destination, tools);
      results.push(outcome.message);
      const { key, value } = settled(entries, outcome) ?? {};
      if (key !== undefined && value !== undefined) entries.set(key, value);
    }
    return results;
  };

  expect(await round([alert])).toEqual(['the receiver answered with status 200']);
  expect(await shown()).toMatchObject([
    {
      labels: {
        alertname: 'tls_error',
        project: 'shop',
        plugin: 'certificates',
        kind: 'Domain',
        address: 'certificates/Domain/www',
        severity: 'critical',
        route: 'ticket',
      },
      annotations: { summary: 'www.example.test: connection refused', host: 'www.example.test' },
      startsAt: new Date(since).toISOString(),
      status: { state: 'active' },
    },
  ]);
  expect(await round([])).toEqual(['the receiver answered with status 200']);
  expect(await shown()).toEqual([]);
});
