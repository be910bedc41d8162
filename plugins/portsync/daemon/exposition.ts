/** The metrics in the text format of Prometheus. */

import type { Counter, Gauge, Metric, Registry } from 'prom-client';
import { type Exposed, familiesOf, type Family } from './families.ts';

/** Values of a histogram as prom-client's registry prints them: cumulative buckets, sum and count. */
function histogramValues({
  name,
  bounds,
  values,
}: Extract<Family, { readonly type: 'histogram' }>): readonly unknown[] {
  let count = 0;
  const buckets = values.buckets.map((each, i) => {
    count += each;
    return { metricName: `${name}_bucket`, labels: { le: bounds[i] ?? '+Inf' }, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: {}, value: values.sum },
    { metricName: `${name}_count`, labels: {}, value: count },
  ];
}

interface Library {
  readonly Counter: typeof Counter;
  readonly Gauge: typeof Gauge;
}

/** Registers one family. The counts of a histogram are those of earlier runs too, so it is not observed anew. */
function register({ Counter, Gauge }: Library, registry: Registry, family: Family): void {
  const { name, help } = family;
  if (family.type === 'histogram') {
    const values = histogramValues(family);
    const metric = {
      name,
      help,
      type: 'histogram',
      get: () => Promise.resolve({ name, help, type: 'histogram', values }),
    };
    registry.registerMetric(metric as unknown as Metric);
    return;
  }
  const { type, samples } = family;
  const options = { name, help, registers: [registry], labelNames: Object.keys(samples.at(0)?.[1] ?? {}) };
  const metric = type === 'counter' ? new Counter(options) : new Gauge(options);
  // A gauge without labels is 0 in prom-client; one whose value is not known has no line.
  if (samples.length === 0) metric.remove();
  for (const [value, labels = {}] of samples) metric.inc(labels, value);
}

/** The text of `/metrics`. The library is loaded by the first call. */
export async function exposition(
  exposed: Exposed,
  { compat = false }: { readonly compat?: boolean } = {},
): Promise<{ readonly text: string; readonly type: string }> {
  const library = await import('prom-client');
  const registry = new library.Registry();
  for (const family of familiesOf(exposed, compat)) register(library, registry, family);
  return { text: await registry.metrics(), type: registry.contentType };
}
