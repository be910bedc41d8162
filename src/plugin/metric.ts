/**
 * Metrics of a plugin, for the daemon. A family declares its name, its type and its labels, so that every series with labels
 * of a closed set exists from the start; the values are a pure function of a refresh.
 */

import type { AlertSettings } from './alert.ts';
import type { Ledger } from './ledger.ts';
import { ABSENT } from './steps.ts';
import type { PluginTables } from './tables.ts';
import type { Resource, Scene } from './types.ts';

/** One metric of one or several series. A family without `closed` has no series before a value is known. */
export interface MetricFamily {
  /** The whole name, as in `fettle_domain_probe_success`. */
  readonly name: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  /** A sentence. */
  readonly help: string;
  /** Labels with all of their values. Each combination is exposed from the start, at 0; `{}` is one series. */
  readonly closed?: Readonly<Record<string, readonly string[]>>;
  /** Sets of `listed` labels that are exposed from the start, at 0. Others can follow. */
  readonly known?: readonly Readonly<Record<string, string>>[];
  /** Labels whose values are names of a spec, such as states. */
  readonly listed?: readonly string[];
  /** Labels whose values are names of resources. Above a limit of series, the family has none. */
  readonly open?: readonly string[];
  /** True for a name that is kept for the dashboards and rules of another program. */
  readonly compat?: true;
  /** `total`: another program counts, and the value is its whole count. By default, a value is the increase in a round. */
  readonly counts?: 'total';
  /** Upper bounds of the buckets of a histogram, ascending. The last bucket has no bound. */
  readonly bounds?: readonly number[];
}

/** The value of one series. That of a counter is its increase in this round, that of a histogram its sum. */
export interface MetricValue {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
  /** Counts of a histogram by bucket, not cumulative. */
  readonly buckets?: readonly number[];
}

/** The values of a family. `kept`: those of an earlier round, because this one did not refresh their resource. */
export type MetricValues = readonly MetricValue[] | 'kept';

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
  values(round: MetricRound): Readonly<Record<string, MetricValues>>;
}

/** Every combination of the values of closed labels; one without labels if there are none. */
export function labelSets(closed: MetricFamily['closed'] = {}): readonly Readonly<Record<string, string>>[] {
  return Object.entries(closed).reduce<readonly Readonly<Record<string, string>>[]>(
    (sets, [label, values]) => sets.flatMap((set) => values.map((value) => ({ ...set, [label]: value }))),
    [{}],
  );
}

/** The label sets of a family that are exposed from the start. */
export function startingSets({
  closed,
  known = [],
  listed = [],
  open = [],
}: Pick<MetricFamily, 'closed' | 'known' | 'listed' | 'open'>): readonly Readonly<Record<string, string>>[] {
  return closed !== undefined && listed.length === 0 && open.length === 0 ? labelSets(closed) : known;
}

/** The states of a machine of a kind; by default, of its lifecycle. */
export function statesIn({ kinds }: Pick<PluginTables, 'kinds'>, kind: string, machine?: string): readonly string[] {
  const machines = kinds[kind]?.machines ?? {};
  return (machine === undefined ? Object.values(machines)[0] : machines[machine])?.states ?? [];
}

/** The state of a declared resource, from the refresh or, under a gap, from the log. */
export function stateOrLast({ desired, sight, memory }: Resource): string | undefined {
  if (sight.is === 'absent') return desired === undefined ? undefined : ABSENT;
  return sight.is === 'seen' ? sight.observed.state : memory?.state;
}

/** The state of another machine, from the refresh or, under a gap, from the log. */
export function otherOrLast({ sight, memory }: Resource, machine: string): string | undefined {
  return sight.is === 'seen'
    ? sight.observed.others?.[machine]
    : sight.is === 'absent'
      ? undefined
      : memory?.others?.[machine];
}

/** Numbers of values, by a label with a closed list of them. */
export function countsBy(
  label: string,
  among: readonly string[],
  values: readonly (string | undefined)[],
): readonly MetricValue[] {
  return among.map((value) => ({
    labels: { [label]: value },
    value: values.filter((each) => each === value).length,
  }));
}
