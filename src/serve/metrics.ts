/**
 * The metrics of `fettle serve`, in the text format of Prometheus. Their text is built once a round; only the counters of
 * requests, which are few, are formatted for each scrape.
 */

import type { HttpRefusal } from './access.ts';
import { Counter, Gauge, type Metric, Registry } from 'prom-client';
import { type MetricFamily, startingSets } from '#plugin';
import { isSound } from '../engine/metrics.ts';
import type { Permission } from '../engine/permission.ts';
import type { Counted, PluginCount, RoundHealth, RoundReport } from '../formats/round.ts';
import { version } from '../version.ts';
import type { EndedDelivery } from './alerts/delivery-counts.ts';
import {
  coreFamilies,
  type MeasuredPlugin,
  type OUTCOMES,
  regionFamilies,
  requestFamilies,
  watchFamilies,
} from './metric-families.ts';
import type { RegionMeasures } from './regions/replication.ts';

/**
 * The end of a round. `locked`: another process held the lock; `yielded`: the round gave it to another process; `stopped`:
 * the round took longer than its deadline.
 */
export type RoundOutcome = (typeof OUTCOMES)[number];

export interface EndedRound {
  readonly project: string;
  readonly outcome: RoundOutcome;
  readonly elapsedMs: number;
  readonly report?: RoundReport | undefined;
  /** Absent if the round ended before it began to read the log. */
  readonly health?: RoundHealth | undefined;
  /** Deliveries of alerts that ended in the round. */
  readonly deliveries?: readonly EndedDelivery[] | undefined;
}

export interface ServeMetrics {
  readonly add: (round: EndedRound) => void;
  /** Counts a request with an event: `accepted`, or the reason for its refusal. Without a project, it was for none. */
  readonly received: (project: string | undefined, result: string) => void;
  /** Counts a request that was refused for its caller. */
  readonly refused: (reason: HttpRefusal) => void;
  readonly watcher: {
    /** Takes the plugins whose watchers see changes, or that have nothing to watch. */
    readonly standing: (project: string, up: ReadonlySet<string>) => void;
    readonly woken: (project: string, plugin: string) => void;
    readonly restarted: (project: string) => void;
  };
  readonly region: {
    readonly show: (project: string, measures: RegionMeasures) => void;
    readonly pulled: (project: string, region: string, result: 'ok' | 'failed') => void;
  };
  readonly text: () => Promise<string>;
  readonly type: string;
}

export interface MetricsOptions {
  readonly projects: readonly string[];
  readonly permissions: readonly Permission[];
  readonly intervalMs: number;
  /** Results of requests with events. */
  readonly results: readonly string[];
  /** Every plugin that documents may use. */
  readonly plugins: readonly MeasuredPlugin[];
  /** True if watchers run: without them, they have no metrics. */
  readonly watch: boolean;
  /** Most series of a metric whose labels are names of resources. */
  readonly mostSeries: number;
  /** Names of the other regions. */
  readonly peers?: readonly string[] | undefined;
  /** True to expose the names of other programs too. */
  readonly compat: boolean;
  /** Epoch ms. */
  readonly startedAt: number;
}

type Labels = Readonly<Record<string, string>>;

const ACTION_OUTCOMES = ['done', 'failed', 'unknown', 'stale'] as const;

/** The counters of `worker-certificates`, by class of the alerts that it knows. */
const COMPAT_ALERTS: Readonly<Record<string, string>> = {
  tls_error: 'fdt_cert_alerts_sent',
  expiring: 'fdt_cert_alerts_sent',
  renewal_sla_warning: 'fdt_cert_renewal_sla_alerts_sent',
  renewal_sla_breach: 'fdt_cert_renewal_sla_alerts_sent',
};

/** A histogram whose values another program observed: prom-client's own one can only observe. */
class ReadHistogram {
  readonly #family: MetricFamily;
  readonly #series = new Map<string, Required<Counted>>();

  constructor(family: MetricFamily, registry: Registry) {
    this.#family = family;
    const { name, help } = family;
    const get = (): Promise<unknown> => Promise.resolve({ name, help, type: 'histogram', values: this.#values() });
    registry.registerMetric({ name, help, type: 'histogram', get } as unknown as Metric);
  }

  set(labels: Labels, { count = 0, buckets }: Partial<Counted> = {}): void {
    const { bounds = [] } = this.#family;
    this.#series.set(JSON.stringify(labels), { labels, count, buckets: buckets ?? [...bounds, 0].map(() => 0) });
  }

  #values(): readonly unknown[] {
    const { name, bounds = [] } = this.#family;
    return [...this.#series.values()].flatMap(({ labels, count: sum, buckets }) => {
      let total = 0;
      const cumulative = buckets.map((each, i) => {
        total += each;
        return { metricName: `${name}_bucket`, labels: { ...labels, le: bounds[i] ?? '+Inf' }, value: total };
      });
      return [
        ...cumulative,
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: total },
      ];
    });
  }
}

/** Families with their series, of one registry. Series of labels that are not closed last until the next values. */
class Families {
  readonly registry = new Registry();
  readonly #metrics = new Map<
    string,
    { readonly family: MetricFamily; readonly metric: Gauge<string> | Counter<string> | ReadHistogram }
  >();
  /** Label sets of gauges by family and project. */
  readonly #shown = new Map<string, ReadonlyMap<string, Labels>>();
  /** Series of counters with open labels, by family and project. */
  readonly #counted = new Map<string, Set<string>>();

  constructor(families: readonly MetricFamily[], projects: readonly string[]) {
    for (const family of families) {
      const metric = this.#metricOf(family);
      this.#metrics.set(family.name, { family, metric });
      for (const project of projects)
        for (const labels of startingSets(family)) {
          if (metric instanceof ReadHistogram) metric.set({ project, ...labels });
          else metric.inc({ project, ...labels }, 0);
        }
    }
  }

  #metricOf(family: MetricFamily): Gauge<string> | Counter<string> | ReadHistogram {
    const { name, help, type, closed = {}, listed = [], open = [] } = family;
    if (type === 'histogram') return new ReadHistogram(family, this.registry);
    const labelNames = ['project', ...Object.keys(closed), ...listed, ...open];
    const options = { name, help, labelNames, registers: [this.registry] };
    return type === 'counter' ? new Counter<string>(options) : new Gauge<string>(options);
  }

  /** Adds to a counter. */
  count(project: string, name: string, labels: Labels, by = 1): void {
    const metric = this.#metrics.get(name)?.metric;
    if (metric !== undefined && !(metric instanceof ReadHistogram)) metric.inc({ project, ...labels }, by);
  }

  /**
   * Adds what the worlds of a plugin counted. Documents decide the values of open labels: above `most` series, further ones
   * are left out.
   */
  countOpen(project: string, { metric: name, labels, count }: PluginCount, most: number): void {
    const family = this.#metrics.get(name)?.family;
    if (family?.type !== 'counter' || family.counts === 'total' || !isSound({ labels, value: count }, family)) return;
    const key = `${name} ${project}`;
    const known = this.#counted.get(key) ?? new Set<string>();
    const series = JSON.stringify(labels);
    if (!known.has(series) && known.size >= most) return;
    this.#counted.set(key, known.add(series));
    this.count(project, name, labels, count);
  }

  /** Takes the values of a round: those of a gauge, or the increases of a counter. */
  take(project: string, name: string, counts: readonly Counted[]): void {
    const { type, counts: counting } = this.#metrics.get(name)?.family ?? {};
    if (type !== 'counter' || counting === 'total') this.set(project, name, counts);
    else for (const { labels, count } of counts) this.count(project, name, labels, count);
  }

  /** Replaces the values of a project. Label sets that are known from the start are 0 without a value. */
  set(project: string, name: string, counts: readonly Counted[]): void {
    const { family, metric } = this.#metrics.get(name) ?? {};
    if (family === undefined || metric === undefined) return;
    const starting = startingSets(family);
    if (metric instanceof ReadHistogram) {
      for (const labels of starting) metric.set({ project, ...labels });
      for (const each of counts) metric.set({ project, ...each.labels }, each);
      return;
    }
    const put = (labels: Labels, count: number): void => {
      if (metric instanceof Gauge) return metric.set({ project, ...labels }, count);
      metric.remove({ project, ...labels });
      metric.inc({ project, ...labels }, count);
    };
    const key = `${name} ${project}`;
    const shown = new Map(counts.map(({ labels }) => [JSON.stringify(labels), labels]));
    for (const [text, labels] of this.#shown.get(key) ?? [])
      if (!shown.has(text)) metric.remove({ project, ...labels });
    for (const labels of starting) put(labels, 0);
    for (const { labels, count } of counts) put(labels, count);
    this.#shown.set(key, shown);
  }
}

function value(count: number): readonly Counted[] {
  return [{ labels: {}, count }];
}

/** Shows the ages and the copies of the regions of a project. `now`: epoch ms. */
function showRegions(regions: Families, project: string, measures: RegionMeasures, now: number): void {
  const { ages, counts, maxLagMs } = measures;
  const all = [...ages];
  const known = all.flatMap(([region, age]) => (age === undefined ? [] : [{ labels: { region }, age }]));
  const set = (name: string, values: readonly Counted[]): void => regions.set(project, name, values);
  set(
    'fettle_replication_last_pull_timestamp_seconds',
    known.map(({ labels, age }) => ({ labels, count: (now - age) / 1000 })),
  );
  set(
    'fettle_replication_lag_seconds',
    known.map(({ labels, age }) => ({ labels, count: age / 1000 })),
  );
  set(
    'fettle_replication_stale',
    all.map(([region, age]) => ({ labels: { region }, count: age !== undefined && age <= maxLagMs ? 0 : 1 })),
  );
  set(
    'fdt_cert_replication_targets_total',
    Object.entries(counts).map(([state, count]) => ({ labels: { state }, count })),
  );
}

/** Starts with every counter of the projects at zero, so that its first increase is seen. */
export function serveMetrics(options: MetricsOptions): ServeMetrics {
  const { projects, permissions, intervalMs, results, plugins, compat, startedAt } = options;
  const own = plugins.flatMap(({ families }) => families);
  const core = coreFamilies(plugins);
  const received = requestFamilies(results);
  const known = new Set(received.flatMap(({ closed = {} }) => closed['result'] ?? []));
  const rounds = new Families(
    [...core, ...own].filter((family) => compat || family.compat !== true),
    projects,
  );
  const requests = new Families(received, ['', ...projects]);
  const watching = options.watch ? plugins.filter(({ watches }) => watches).map(({ name }) => name) : [];
  const watches = new Families(watching.length === 0 ? [] : watchFamilies(watching), projects);
  const regions = new Families(
    regionFamilies(options.peers ?? []).filter((family) => compat || family.compat !== true),
    projects,
  );
  new Gauge({
    name: 'fettle_build_info',
    help: 'The version of fettle.',
    labelNames: ['version'],
    registers: [rounds.registry],
  }).set({ version }, 1);
  for (const project of projects) {
    rounds.set(project, 'fettle_start_timestamp_seconds', value(startedAt / 1000));
    rounds.set(project, 'fettle_refresh_interval_seconds', value(intervalMs / 1000));
    for (const { plugin, steps } of permissions)
      for (const step of steps)
        for (const outcome of ACTION_OUTCOMES)
          rounds.count(project, 'fettle_actions_total', { plugin, step, outcome }, 0);
  }

  const showHealth = (project: string, health: RoundHealth): void => {
    rounds.set(project, 'fettle_lock_wait_seconds', value(health.lock_wait_ms / 1000));
    rounds.set(project, 'fettle_lock_held_seconds', value(health.lock_held_ms / 1000));
    rounds.set(project, 'fettle_log_damaged', value(health.log_damaged ? 1 : 0));
    const { inbox_oldest_ms: oldest } = health;
    if (oldest !== undefined) rounds.set(project, 'fettle_inbox_oldest_seconds', value(oldest / 1000));
  };

  const countDelivery = (project: string, { kind, plugin, class: named, result, isEnd }: EndedDelivery): void => {
    const count = (name: string, labels: Labels = {}): void => rounds.count(project, `${name}_total`, labels);
    const isCertificate = plugin === 'certificates';
    count('fettle_alert_deliveries', { receiver: kind, result });
    if (kind === 'runbook') {
      count('fettle_runbook_calls', { result });
      if (isCertificate && result === 'delivered') count('fdt_cert_runbook_triggers');
      if (isCertificate && result === 'failed') count('fdt_cert_runbook_trigger_failures');
    } else if (result === 'delivered' && !isEnd) {
      count('fettle_alerts', { class: named });
      const alike = isCertificate ? COMPAT_ALERTS[named] : undefined;
      if (alike !== undefined) count(alike);
    }
  };

  const show = (project: string, report: RoundReport): void => {
    rounds.set(project, 'fettle_resources', report.resources);
    rounds.set(project, 'fettle_plan_rows', report.rows);
    rounds.set(project, 'fettle_findings', report.findings);
    rounds.set(project, 'fettle_alerts_active', report.alerts);
    rounds.set(project, 'fettle_gaps', report.gaps);
    rounds.set(project, 'fettle_drifted_resources', value(report.drifted));
    rounds.set(project, 'fettle_last_refresh_timestamp_seconds', value(report.refreshed_at / 1000));
    if (report.head_seq !== undefined) rounds.set(project, 'fettle_log_head_seq', value(report.head_seq));
    for (const { labels, count } of report.actions) rounds.count(project, 'fettle_actions_total', labels, count);
    rounds.set(project, 'fettle_plugin_metrics_successful', report.measured);
    const omitted = report.metrics.filter((each) => each.omitted !== undefined);
    rounds.set(
      project,
      'fettle_omitted_series',
      omitted.map(({ name, omitted: count = 0 }) => ({ labels: { metric: name }, count })),
    );
    for (const { name, series, kept } of report.metrics) if (kept !== true) rounds.take(project, name, series);
    // The metrics of a plugin that the project does not use now, or that failed, are no longer known.
    const taken = new Set(report.metrics.map(({ name }) => name));
    // The counts of another program go on: their values are not a result of the round.
    for (const { name, counts } of own) if (!taken.has(name) && counts !== 'total') rounds.take(project, name, []);
  };

  // Built after a round, and not when it is asked for: a scrape of thousands of series takes no time.
  let text = rounds.registry.metrics();
  return {
    type: rounds.registry.contentType,
    text: async () =>
      `${await text}${await requests.registry.metrics()}${await watches.registry.metrics()}${await regions.registry.metrics()}`,
    region: {
      show: (project, measures) => showRegions(regions, project, measures, Date.now()),
      pulled: (project, region, result) => regions.count(project, 'fettle_replication_pulls_total', { region, result }),
    },
    watcher: {
      standing: (project, up) =>
        watches.set(
          project,
          'fettle_watcher_up',
          [...up].map((plugin) => ({ labels: { plugin }, count: 1 })),
        ),
      woken: (project, plugin) => watches.count(project, 'fettle_watcher_wakeups_total', { plugin }),
      restarted: (project) => watches.count(project, 'fettle_watcher_restarts_total', {}),
    },
    received: (project = '', result) => {
      if (project !== '' && !projects.includes(project)) return;
      requests.count(project, 'fettle_events_received_total', { result: known.has(result) ? result : 'other' });
    },
    refused: (reason) => requests.count('', 'fettle_requests_refused_total', { reason }),
    add: ({ project, outcome, elapsedMs, report, health, deliveries = [] }) => {
      rounds.count(project, 'fettle_rounds_total', { outcome });
      rounds.set(project, 'fettle_round_duration_seconds', value(elapsedMs / 1000));
      // A stopped round may have read the documents; a failed one that began to read the log has.
      const isRead =
        report === undefined
          ? outcome !== 'failed' || health?.documents_read === true
          : health?.documents_read !== false;
      rounds.set(project, 'fettle_config_last_reload_successful', value(isRead ? 1 : 0));
      if (health !== undefined) showHealth(project, health);
      for (const each of health?.counted ?? []) rounds.countOpen(project, each, options.mostSeries);
      if (report !== undefined) show(project, report);
      for (const delivery of deliveries) countDelivery(project, delivery);
      text = rounds.registry.metrics();
    },
  };
}
