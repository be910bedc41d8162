/** The metrics of plugins after a round: checked against their families, and limited in their number. */

import {
  errorText,
  type Ledger,
  type MetricFamily,
  type MetricRound,
  type MetricValue,
  type MetricValues,
  type Plugin,
  type PluginMetrics,
  type Resource,
} from '#plugin';

/** The series of one family. */
export interface FamilyValues {
  readonly name: string;
  readonly values: readonly MetricValue[];
  /** True for the values of an earlier round. */
  readonly kept?: true;
  /** The number of series that are left out, because they are more than the limit. */
  readonly omitted?: number;
}

export interface Measured {
  /** Names of the plugins with metrics. */
  readonly plugins: readonly string[];
  readonly families: readonly FamilyValues[];
  /** The reasons for which the metrics of a plugin are unknown, by plugin. */
  readonly failures: ReadonlyMap<string, string>;
}

export interface Measuring extends Omit<MetricRound, 'resources'> {
  readonly resources: ReadonlyMap<string, Resource>;
  readonly ledger: { readonly before: Ledger; readonly after: Ledger };
  /** Most series of a family whose labels are names of resources. */
  readonly mostSeries: number;
}

/** Longest value of a label, in characters. */
const MOST_LABEL = 512;

/** True for a value of a series that the family declares. */
export function isSound(
  { labels = {}, value, buckets }: MetricValue,
  { type, closed = {}, listed = [], open = [], bounds = [] }: MetricFamily,
): boolean {
  const names = [...Object.keys(closed), ...listed, ...open];
  return (
    Number.isFinite(value) &&
    (type === 'gauge' || value >= 0) &&
    (type === 'histogram') === (buckets !== undefined) &&
    (buckets === undefined || (buckets.length === bounds.length + 1 && buckets.every((each) => each >= 0))) &&
    Object.keys(labels).length === names.length &&
    names.every((name) => {
      const text = labels[name];
      return typeof text === 'string' && text.length <= MOST_LABEL && (closed[name]?.includes(text) ?? true);
    })
  );
}

function keyOf({ labels = {} }: MetricValue): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Checks the values of a family. Throws for values that are not those that the family declares. */
function valuesOf(family: MetricFamily, values: MetricValues, mostSeries: number): FamilyValues {
  const { name, open = [] } = family;
  if (values === 'kept') return { name, values: [], kept: true };
  const wrong = values.find((value) => !isSound(value, family));
  if (wrong !== undefined) throw new Error(`${name} has a value that its family does not declare`);
  if (new Set(values.map(keyOf)).size < values.length) throw new Error(`${name} has two values of one series`);
  if (open.length > 0 && values.length > mostSeries) return { name, values: [], omitted: values.length };
  return { name, values };
}

/** The metrics of all plugins. A plugin that fails has none. */
export function measure(
  plugins: ReadonlyMap<Plugin['name'], PluginMetrics>,
  { resources, mostSeries, ...round }: Measuring,
): Measured {
  const all = [...resources.values()];
  const families: FamilyValues[] = [];
  const failures = new Map<string, string>();
  for (const [plugin, metrics] of plugins) {
    try {
      const values = metrics.values({ ...round, resources: all.filter(({ ref }) => ref.plugin === plugin) });
      const known = new Set(metrics.families.map(({ name }) => name));
      const unknown = Object.keys(values).find((name) => !known.has(name));
      if (unknown !== undefined) throw new Error(`${unknown} is not declared`);
      families.push(...metrics.families.map((family) => valuesOf(family, values[family.name] ?? [], mostSeries)));
    } catch (error) {
      failures.set(plugin, errorText(error));
    }
  }
  return { plugins: [...plugins.keys()], families, failures };
}
