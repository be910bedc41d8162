/** Metrics of plugins: checked against their families, limited in number, and failures of one plugin stay its own. */

import { describe, expect, it } from 'vitest';
import type { MetricFamily, MetricValue, PluginMetrics, Scene } from '#plugin';
import { type Measured, measure } from '../../src/engine/metrics.ts';

const BY_NAME: MetricFamily = { name: 'toy_size', type: 'gauge', help: 'Sizes.', open: ['name'] };
const BY_STATE: MetricFamily = { name: 'toy_items', type: 'gauge', help: 'Items.', closed: { state: ['on', 'off'] } };
const EVENTS: MetricFamily = { name: 'toy_events_total', type: 'counter', help: 'Events.', closed: {} };

function measured(values: Readonly<Record<string, readonly MetricValue[]>>, mostSeries = 3): Measured {
  const toy: PluginMetrics = { families: [BY_NAME, BY_STATE, EVENTS], values: () => values };
  const sound: PluginMetrics = { families: [], values: () => ({}) };
  return measure(
    new Map([
      ['toy', toy],
      ['sound', sound],
    ]),
    {
      resources: new Map(),
      scene: { now: 0 } as Scene,
      ledger: { before: new Map(), after: new Map() },
      settings: { environment: 'dev', renewalWarningMs: 1 },
      mostSeries,
    },
  );
}

const named = (count: number): readonly MetricValue[] =>
  Array.from({ length: count }, (_, i) => ({ labels: { name: `item-${i}` }, value: i }));

describe('series of resources', () => {
  it.each([
    [3, 3, undefined],
    [4, 0, 4],
  ])('%s of them with a limit of 3: %s are left, omitted: %s', (count, left, omitted) => {
    const [sizes] = measured({ toy_size: named(count) }).families;
    expect([sizes?.values.length, sizes?.omitted]).toEqual([left, omitted]);
  });
});

describe('a value that its family does not declare', () => {
  it.each<[string, Readonly<Record<string, readonly MetricValue[]>>]>([
    ['an unknown family', { other: [{ value: 1 }] }],
    ['an unknown label', { toy_items: [{ labels: { state: 'on', host: 'a' }, value: 1 }] }],
    ['a missing label', { toy_items: [{ value: 1 }] }],
    ['a value outside of the list', { toy_items: [{ labels: { state: 'ON' }, value: 1 }] }],
    ['a long label', { toy_size: [{ labels: { name: 'x'.repeat(513) }, value: 1 }] }],
    ['a value that is not a number', { toy_items: [{ labels: { state: 'on' }, value: Number.NaN }] }],
    ['a counter that goes back', { toy_events_total: [{ value: -1 }] }],
    ['two values of one series', { toy_size: [...named(1), ...named(1)] }],
  ])('%s fails the metrics of its plugin alone', (_name, values) => {
    const { failures, families, plugins } = measured(values);
    expect([...failures.keys()]).toEqual(['toy']);
    expect(families).toEqual([]);
    expect(plugins).toEqual(['toy', 'sound']);
  });
});
