/**
 * Metrics of a plugin, for the daemon. A family declares its name, its type and its labels, so that every series with labels
 * of a closed set exists from the start; the values are a pure function of a refresh.
 */

import type { AlertSettings } from './alert.ts';
import type { Ledger } from './ledger.ts';
import type { Resource, Scene } from './types.ts';

/** One metric of one or several series. A family without `closed` has no series before a value is known. */
export interface MetricFamily {
  /** The whole name, as in `fettle_domain_probe_success`. */
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  /** A sentence. */
  readonly help: string;
  /** Labels with all of their values. Each combination is exposed from the start, at 0; `{}` is one series. */
  readonly closed?: Readonly<Record<string, readonly string[]>>;
  /** Labels whose values are names of a spec, such as states. */
  readonly listed?: readonly string[];
  /** Labels whose values are names of resources. Above a limit of series, the family has none. */
  readonly open?: readonly string[];
  /** True for a name that is kept for the dashboards and rules of another program. */
  readonly compat?: true;
}

/** The value of one series. That of a counter is its increase in this round. */
export interface MetricValue {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The end of a round, for metrics. */
export interface MetricRound {
  /** The resources of the plugin. */
  readonly resources: readonly Resource[];
  readonly scene: Scene;
  /** The ledger before the round, and after it. They are the same if the round recorded nothing. */
  readonly ledger: { readonly before: Ledger; readonly after: Ledger };
  readonly settings: AlertSettings;
}

export interface PluginMetrics {
  readonly families: readonly MetricFamily[];
  /** Values by the name of their family. Of closed labels, a value of 0 can be left out. Pure. */
  values(round: MetricRound): Readonly<Record<string, readonly MetricValue[]>>;
}

/** Every combination of the values of closed labels; one without labels if there are none. */
export function labelSets(closed: MetricFamily['closed'] = {}): readonly Readonly<Record<string, string>>[] {
  return Object.entries(closed).reduce<readonly Readonly<Record<string, string>>[]>(
    (sets, [label, values]) => sets.flatMap((set) => values.map((value) => ({ ...set, [label]: value }))),
    [{}],
  );
}
