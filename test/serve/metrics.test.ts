/** The metrics of the daemon: series that exist from the start, values of rounds, and counters of requests. */

import { expect, it } from 'vitest';
import type { MeasuredPlugin } from '../../src/serve/metric-families.ts';
import { serveMetrics } from '../../src/serve/metrics.ts';

const tables = {
  kinds: { Domain: { scope: [], memory: 1, machines: {}, rules: [] } },
  findings: [],
  alerts: [{ class: 'tls_error', kind: 'Domain', severities: ['critical'], text: 'A class.' }],
} as unknown as MeasuredPlugin['tables'];
const plugins = [{ name: 'certificates', families: [], tables, watches: true }];
const options = {
  projects: ['shop', 'blog'],
  permissions: [],
  intervalMs: 300_000,
  results: ['accepted', 'token'],
  plugins,
  watch: true,
  compat: true,
  mostSeries: 2000,
  startedAt: Date.now(),
};

/** Values by series. */
async function seriesOf(metrics: ReturnType<typeof serveMetrics>): Promise<ReadonlyMap<string, number>> {
  const lines = (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

it('has every counter with all values of its labels at 0 before the first round', async () => {
  const series = await seriesOf(serveMetrics(options));
  for (const project of options.projects) {
    for (const outcome of ['ok', 'failed', 'locked', 'yielded', 'stopped'])
      expect(series.get(`fettle_rounds_total{project="${project}",outcome="${outcome}"}`)).toBe(0);
    for (const result of ['accepted', 'token', 'other'])
      expect(series.get(`fettle_events_received_total{project="${project}",result="${result}"}`)).toBe(0);
  }
});

it('counts requests with events by result', async () => {
  const metrics = serveMetrics(options);
  metrics.received('shop', 'accepted');
  metrics.received('shop', 'accepted');
  metrics.received('shop', 'a reason that a remote server made up');
  metrics.received('not served', 'accepted');
  metrics.received(undefined, 'token');
  const series = await seriesOf(metrics);
  const received = [...series].filter(([name, value]) => name.startsWith('fettle_events_received_total') && value > 0);
  expect(Object.fromEntries(received)).toEqual({
    'fettle_events_received_total{project="shop",result="accepted"}': 2,
    'fettle_events_received_total{project="shop",result="other"}': 1,
    'fettle_events_received_total{project="",result="token"}': 1,
  });
});
