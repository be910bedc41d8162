/** Values of rounds in the metrics: known label sets, totals of other programs, histograms, and values that are kept. */

import { expect, it } from 'vitest';
import type { MetricFamily } from '#plugin';
import type { CountedMetric, RoundReport } from '../../src/formats/round.ts';
import type { MeasuredPlugin } from '../../src/serve/metric-families.ts';
import { serveMetrics } from '../../src/serve/metrics.ts';
import { emptyRound } from '../support/empty-round.ts';

const tables = {
  kinds: { Item: { machines: { item: { states: ['absent', 'made'] } } } },
  findings: [{ code: 'odd', kind: 'Item', severity: 'warning', text: 'Odd.' }],
  alerts: [{ class: 'late', kind: 'Item', severities: ['low'], text: 'Late.' }],
} as unknown as MeasuredPlugin['tables'];

const families: readonly MetricFamily[] = [
  { name: 'their_starts', type: 'counter', help: 'Starts.', closed: {}, counts: 'total' },
  { name: 'their_flaps_total', type: 'counter', help: 'Flaps.', open: ['port'], counts: 'total' },
  { name: 'their_seconds', type: 'histogram', help: 'Durations.', closed: {}, bounds: [1, 5] },
  { name: 'our_total', type: 'counter', help: 'Ours.', closed: {} },
  { name: 'our_asked_total', type: 'counter', help: 'Asked.', closed: { status: ['ok', 'no'] }, open: ['host'] },
];

const REPORT = emptyRound('shop');

function measured(): ReturnType<typeof serveMetrics> {
  return serveMetrics({
    projects: ['shop'],
    permissions: [],
    intervalMs: 300_000,
    results: [],
    plugins: [{ name: 'toy', families, tables, watches: false }],
    watch: false,
    compat: true,
    mostSeries: 2,
    startedAt: 0,
  });
}

function metricsOf(): { readonly after: (...rounds: readonly Partial<RoundReport>[]) => Promise<readonly string[]> } {
  const metrics = measured();
  const shown = /^(?:their|our)_|^fettle_(?:resources|findings|alerts_active)\{/u;
  return {
    after: async (...rounds) => {
      for (const round of rounds)
        metrics.add({ project: 'shop', outcome: 'ok', elapsedMs: 1, report: { ...REPORT, ...round } });
      return (await metrics.text())
        .split('\n')
        .filter((line) => shown.test(line))
        .map((line) => line.replace('project="shop"', '').replace('{,', '{').replace('{}', ''));
    },
  };
}

const counted = (name: string, count: number, labels = {}): CountedMetric => ({ name, series: [{ labels, count }] });

const AT_START = [
  'fettle_resources{plugin="toy",kind="Item",state="absent"} 0',
  'fettle_resources{plugin="toy",kind="Item",state="made"} 0',
  'fettle_findings{code="odd",severity="warning"} 0',
  'fettle_alerts_active{plugin="toy",class="late"} 0',
  'their_starts 0',
  'their_seconds_bucket{le="1"} 0',
  'their_seconds_bucket{le="5"} 0',
  'their_seconds_bucket{le="+Inf"} 0',
  'their_seconds_sum 0',
  'their_seconds_count 0',
  'our_total 0',
];

const sorted = (lines: readonly string[]): readonly string[] => lines.map((line) => line.replace('{,', '{')).toSorted();

it('states, findings, alerts, counters and histograms are at 0 before the first round, and again without values', async () => {
  expect(sorted(await metricsOf().after())).toEqual(sorted(AT_START));
  const held = {
    resources: [
      { labels: { plugin: 'toy', kind: 'Item', state: 'made' }, count: 2 },
      { labels: { plugin: 'toy', kind: 'Other', state: 'made' }, count: 1 },
    ],
    findings: [{ labels: { code: 'odd', severity: 'warning' }, count: 3 }],
    alerts: [{ labels: { plugin: 'toy', class: 'late' }, count: 4 }],
  };
  expect(await metricsOf().after(held)).toEqual(
    expect.arrayContaining([
      'fettle_resources{plugin="toy",kind="Item",state="made"} 2',
      'fettle_resources{plugin="toy",kind="Other",state="made"} 1',
      'fettle_findings{code="odd",severity="warning"} 3',
      'fettle_alerts_active{plugin="toy",class="late"} 4',
    ]),
  );
  expect(sorted(await metricsOf().after(held, {}))).toEqual(sorted(AT_START));
});

it('a total of another program is the value, and an increase is added', async () => {
  const totals = [
    counted('their_starts', 5),
    counted('their_flaps_total', 7, { port: 'Ethernet0' }),
    counted('our_total', 2),
  ];
  expect(await metricsOf().after({ metrics: totals }, { metrics: totals })).toEqual(
    expect.arrayContaining(['their_starts 5', 'their_flaps_total{port="Ethernet0"} 7', 'our_total 4']),
  );
});

it('a total stays in a round that did not refresh it, or whose plugin failed', async () => {
  const totals = { metrics: [counted('their_starts', 5)] };
  const kept = { metrics: [{ name: 'their_starts', series: [], kept: true } as const] };
  for (const later of [kept, {}]) expect(await metricsOf().after(totals, later)).toContain('their_starts 5');
});

it('a histogram has cumulative buckets, its sum and its count', async () => {
  const histogram = { name: 'their_seconds', series: [{ labels: {}, count: 12.5, buckets: [1, 0, 2] }] };
  expect(await metricsOf().after({ metrics: [histogram] })).toEqual(
    expect.arrayContaining([
      'their_seconds_bucket{le="1"} 1',
      'their_seconds_bucket{le="5"} 1',
      'their_seconds_bucket{le="+Inf"} 3',
      'their_seconds_sum 12.5',
      'their_seconds_count 3',
    ]),
  );
});

it('counts of worlds are added if their family declares them, up to the limit of series', async () => {
  const metrics = measured();
  const add = (name: string, labels: Readonly<Record<string, string>>, count = 1): void =>
    metrics.add({
      project: 'shop',
      outcome: 'failed',
      elapsedMs: 1,
      health: {
        lock_wait_ms: 0,
        lock_held_ms: 0,
        log_damaged: false,
        documents_read: true,
        counted: [{ plugin: 'toy', metric: name, labels, count }],
      },
    });
  add('our_asked_total', { host: 'a', status: 'ok' }, 2);
  add('our_asked_total', { host: 'a', status: 'ok' });
  add('our_asked_total', { host: 'b', status: 'no' });
  add('our_asked_total', { host: 'c', status: 'ok' });
  add('our_asked_total', { host: 'a', status: 'odd' });
  add('our_asked_total', { host: 'a' });
  add('our_asked_total', { host: 'a', status: 'ok' }, -1);
  add('their_flaps_total', { port: 'Ethernet0' });
  add('unknown_total', {});
  const lines = (await metrics.text()).split('\n').filter((line) => /^(?:our_asked|their_flaps|unknown)/u.test(line));
  expect(lines).toEqual([
    'our_asked_total{project="shop",host="a",status="ok"} 3',
    'our_asked_total{project="shop",host="b",status="no"} 1',
  ]);
});
