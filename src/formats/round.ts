/** The result of one round of `fettle serve`, as its process reports it: counts for metrics, without resources. JSON. */

import type { Row } from '../engine/action.ts';
import { gapKey } from '../engine/gap.ts';
import type { Measured } from '../engine/metrics.ts';
import { compareText, type Goal, type Machine, type Plugin } from '#plugin';
import type { Plan } from './plan.ts';
import type { Standing, Standings } from './standing.ts';

export interface Counted {
  readonly labels: Readonly<Record<string, string>>;
  readonly count: number;
  /** Counts of a histogram by bucket; `count` is the sum of its values. */
  readonly buckets?: readonly number[];
}

/** The series of one metric: values of a gauge, or increases of a counter. */
export interface CountedMetric {
  readonly name: string;
  readonly series: readonly Counted[];
  /** True if the series are those of an earlier round. */
  readonly kept?: true;
  /** The number of series that are left out, because they are more than the limit. */
  readonly omitted?: number;
}

/** The standing of the log, its lock and its inbox during a round. A round that failed has one too. */
export interface RoundHealth {
  /** Time for which the round waited for the lock. */
  readonly lock_wait_ms: number;
  /** Time since which another process holds the lock; 0 if the round had it. */
  readonly lock_held_ms: number;
  readonly log_damaged: boolean;
  /** True if the round read the documents without errors. */
  readonly documents_read: boolean;
  /** Age of the oldest entry of the inbox that is not drained; 0 without any. Absent if unknown. */
  readonly inbox_oldest_ms?: number;
  /** Increases of counters of plugins, by what their worlds did in the round. */
  readonly counted: readonly PluginCount[];
}

/** An increase of a counter of a plugin. */
export interface PluginCount extends Counted {
  readonly plugin: string;
  readonly metric: string;
}

export interface RoundReport {
  readonly project: string;
  /** Epoch ms of the refresh. */
  readonly refreshed_at: number;
  /** True if the refresh was recorded. False while another process held the lock. */
  readonly recorded: boolean;
  /** Number of refreshed resources; absent if every resource was refreshed. */
  readonly refreshed?: number;
  /** Version of the documents; absent if the round has not found it out. */
  readonly documents?: string;
  /** For the next round. */
  readonly standing: Standing;
  /** Sequence number of the last record of the log; absent without a log. */
  readonly head_seq?: number;
  /** Epoch ms at which the next resource, event or delivery is due. */
  readonly next_due_at?: number;
  /** By plugin: names by which events may address its declared resources. */
  readonly targets: Readonly<Record<string, readonly string[]>>;
  /** Absent for a daemon without other regions. */
  readonly regions?: {
    /** Numbers of declared resources by the region of their route, with an empty name for none. */
    readonly counts: Readonly<Record<string, number>>;
    /** Recorded times of the last pulls, epoch ms, by region. */
    readonly pulls: Readonly<Record<string, number>>;
  };
  /** Resources by plugin, kind and state: every state of a kind with resources, also those without one. */
  readonly resources: readonly Counted[];
  /** Rows by verdict and goal. */
  readonly rows: readonly Counted[];
  /** Findings by code and severity. */
  readonly findings: readonly Counted[];
  /** Alerts that hold, by plugin and class. */
  readonly alerts: readonly Counted[];
  /** Gaps by plugin. One over a resource counts until the resource is read. */
  readonly gaps: readonly Counted[];
  readonly drifted: number;
  /** Ended actions by plugin, step and outcome. */
  readonly actions: readonly Counted[];
  /** Metrics of the plugins. */
  readonly metrics: readonly CountedMetric[];
  /** Plugins with metrics: 1 if they are known, 0 if the plugin failed. */
  readonly measured: readonly Counted[];
}

/** Counts of label sets, sorted. */
export class Tally {
  readonly #counts = new Map<string, Counted>();

  add(labels: Counted['labels'], count = 1): void {
    const key = JSON.stringify(labels);
    this.#counts.set(key, { labels, count: (this.#counts.get(key)?.count ?? 0) + count });
  }

  counts(): readonly Counted[] {
    return [...this.#counts].toSorted(([a], [b]) => compareText(a, b)).map(([, counted]) => counted);
  }
}

/** The first machine of a kind is its lifecycle. */
function lifecycleOf(machines: Readonly<Record<string, Machine>>): Machine | undefined {
  return Object.values(machines)[0];
}

function typeOf(address: string): readonly [string, string] {
  const [plugin = '', kind = ''] = address.split('/');
  return [plugin, kind];
}

function resourceCounts(standing: Standing, plugins: ReadonlyMap<string, Plugin>): readonly Counted[] {
  const tally = new Tally();
  const present = Object.entries(standing).flatMap(([address, { state }]) =>
    state === undefined ? [] : [{ type: typeOf(address), state }],
  );
  for (const [plugin, kind] of new Map(present.map(({ type }) => [type.join('/'), type])).values()) {
    const machine = lifecycleOf(plugins.get(plugin)?.tables.kinds[kind]?.machines ?? {});
    for (const state of machine?.states ?? []) tally.add({ plugin, kind, state }, 0);
  }
  for (const { type, state } of present) tally.add({ plugin: type[0], kind: type[1], state });
  return tally.counts();
}

const VERDICTS = ['accept', 'reject', 'defer'] as const;
const GOALS = [
  'create',
  'update',
  'replace',
  'remove',
  'adopt',
  'protect',
  'release',
] as const satisfies readonly Goal[];

function rowCounts(standing: Standing): readonly Counted[] {
  const tally = new Tally();
  for (const verdict of VERDICTS) for (const goal of GOALS) tally.add({ verdict, goal }, 0);
  for (const { row } of Object.values(standing)) if (row !== undefined) tally.add({ ...row });
  return tally.counts();
}

function countsOf<T>(items: readonly T[], labels: (item: T) => Counted['labels']): readonly Counted[] {
  const tally = new Tally();
  for (const item of items) tally.add(labels(item));
  return tally.counts();
}

/** The gaps of this refresh, and those of earlier ones over resources that no refresh has read since. */
function gapCounts(gaps: Plan['gaps'], standing: Standing): readonly Counted[] {
  const tally = new Tally();
  for (const { plugin } of gaps) tally.add({ plugin });
  const met = new Set(gaps.map(({ scope }) => gapKey(scope)));
  const open = Object.entries(standing).flatMap(([address, { gap }]): (readonly [string, string])[] =>
    gap === undefined || met.has(gap) ? [] : [[gap, typeOf(address)[0]]],
  );
  for (const plugin of new Map(open).values()) tally.add({ plugin });
  return tally.counts();
}

/** The statuses of an action that ran. */
const RAN: ReadonlySet<Row['status']> = new Set(['done', 'failed', 'unknown', 'stale']);

export interface RoundEnd {
  readonly plan: Plan;
  readonly rows: readonly Row[];
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly standing: Standings;
  readonly recorded: boolean;
  readonly refreshedAt: number;
  /** Number of refreshed resources; undefined for all. */
  readonly refreshed: number | undefined;
  /** Version of the documents. */
  readonly documents: string | undefined;
  /** Sequence number of the last record after the round. */
  readonly headSeq: number | undefined;
  readonly measured: Measured;
  /** Time at which the next resource, event or delivery is due. */
  readonly nextDueAt?: number | undefined;
  readonly targets: RoundReport['targets'];
  readonly regions?: RoundReport['regions'] | undefined;
}

function metricsOf({ families }: Measured): readonly CountedMetric[] {
  return families.map(({ name, values, omitted, kept }) => ({
    name,
    series: values.map(({ labels = {}, value, buckets }) => ({
      labels,
      count: value,
      ...(buckets === undefined ? {} : { buckets }),
    })),
    ...(kept === undefined ? {} : { kept }),
    ...(omitted === undefined ? {} : { omitted }),
  }));
}

/** The report of a round. Pure. */
export function roundReport({
  plan,
  rows,
  plugins,
  standing,
  recorded,
  refreshedAt,
  refreshed,
  measured,
  nextDueAt,
  documents,
  headSeq,
  targets,
  regions,
}: RoundEnd): RoundReport {
  return {
    project: plan.project,
    refreshed_at: refreshedAt,
    recorded,
    ...(refreshed === undefined ? {} : { refreshed }),
    ...(documents === undefined ? {} : { documents }),
    standing: standing.kept,
    ...(headSeq === undefined ? {} : { head_seq: headSeq }),
    ...(nextDueAt === undefined ? {} : { next_due_at: nextDueAt }),
    targets,
    ...(regions === undefined ? {} : { regions }),
    resources: resourceCounts(standing.now, plugins),
    rows: rowCounts(standing.now),
    findings: countsOf(
      Object.values(standing.now).flatMap(({ findings = [] }) => findings),
      ({ code, severity }) => ({ code, severity }),
    ),
    alerts: countsOf(
      Object.entries(standing.now).flatMap(([address, { alerts = [] }]) =>
        alerts.map((named) => ({ plugin: typeOf(address)[0], class: named })),
      ),
      (each) => each,
    ),
    gaps: gapCounts(plan.gaps, standing.now),
    drifted: Object.values(standing.now).filter(({ drifted }) => drifted === true).length,
    actions: countsOf(
      rows.filter(({ status }) => RAN.has(status)),
      ({ action: { change }, status }) => ({
        plugin: change.ref.plugin,
        step: change.step,
        outcome: status,
      }),
    ),
    metrics: metricsOf(measured),
    measured: measured.plugins.map((plugin) => ({
      labels: { plugin },
      count: measured.failures.has(plugin) ? 0 : 1,
    })),
  };
}
