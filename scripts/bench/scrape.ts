/** A scrape of 10,000 series from `fettle serve`, against the same bytes from a bare server of Node.js. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Access } from '../../src/serve/access.ts';
import { appOf } from '../../src/serve/http/app.ts';
import { routesOf } from '../../src/serve/http/routes.ts';
import { startHttp } from '../../src/serve/http/server.ts';
import { serveMetrics } from '../../src/serve/metrics.ts';
import { emptyRound } from '../../test/support/empty-round.ts';
import { median } from './measure.ts';
import type { Row } from './rows.ts';

const SERIES = 10_000;
const REPEATS = 20;
const TARGET_MS = 50;
/** Longer than the time for which the server uses the bytes of a scrape again, in ms. */
const PAUSE_MS = 250;

const FAMILY = { name: 'fettle_bench_items', help: 'Items of the benchmark.', type: 'gauge', open: ['name'] } as const;

function metricsOf(): ReturnType<typeof serveMetrics> {
  const metrics = serveMetrics({
    projects: ['bench'],
    permissions: [],
    intervalMs: 300_000,
    results: [],
    plugins: [{ name: 'bench', families: [FAMILY], tables: { kinds: {}, findings: [] }, watches: false }],
    watch: false,
    compat: false,
    mostSeries: 2000,
    startedAt: Date.now(),
  });
  const series = Array.from({ length: SERIES }, (_, i) => ({ labels: { name: `item-${i}.example.test` }, count: i }));
  metrics.add({
    project: 'bench',
    outcome: 'ok',
    elapsedMs: 1,
    report: { ...emptyRound('bench'), metrics: [{ name: FAMILY.name, series }] },
  });
  return metrics;
}

async function timed(port: number): Promise<{ readonly ms: number; readonly text: string }> {
  const from = performance.now();
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return { ms: performance.now() - from, text };
}

export async function scrapeRows(): Promise<readonly Row[]> {
  const routes = routesOf({
    metrics: metricsOf(),
    notReady: () => [],
    reload: () => undefined,
    callerOf: () => undefined,
    intakes: [],
    apis: [],
    endpoints: [],
    isLocal: true,
  });
  const app = appOf(routes, {
    access: new Access({ tokens: [], clients: [] }),
    failed: (error) => process.stderr.write(`${String(error)}\n`),
  });
  const server = await startHttp({ host: '127.0.0.1', port: 0 }, app);
  const { text } = await timed(server.address.port);
  const count = text.split('\n').filter((line) => line.startsWith(FAMILY.name)).length;
  if (count !== SERIES) throw new Error(`the metrics have ${count} series of the benchmark`);
  const bytes = Buffer.from(text);
  const bare = createServer((_, response) => response.end(bytes)).listen(0, '127.0.0.1');
  await once(bare, 'listening');
  const own: number[] = [];
  const plain: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    await new Promise((resolve) => void setTimeout(resolve, PAUSE_MS));
    own.push((await timed(server.address.port)).ms);
    plain.push((await timed((bare.address() as AddressInfo).port)).ms);
  }
  bare.close();
  await server.close(0);
  const ms = median(own);
  return [
    {
      figure: `scrape of ${SERIES} series: time, over the same bytes from a bare server`,
      measured: `${ms.toFixed(1)} ms, ${(ms / median(plain)).toFixed(2)} x`,
      target: `${TARGET_MS} ms`,
      verdict: ms <= TARGET_MS ? 'ok' : 'over',
      detail: `medians of ${REPEATS}, ${(bytes.length / 1024).toFixed(0)} KiB`,
    },
  ];
}
