/** The metrics of the daemon itself: names, types and labels. `docs/serve.md` has their table. */

import { HTTP_REFUSALS } from './access.ts';
import { type MetricFamily, type PluginTables, statesIn } from '#plugin';
import { REGION_STATES } from '#plugin/regions';
import { DELIVERY_RESULTS } from './alerts/delivery-counts.ts';
import { COOLDOWN_MS } from './alerts/receiver.ts';

export const OUTCOMES = ['ok', 'failed', 'locked', 'yielded', 'stopped'] as const;

const VERDICTS = ['accept', 'reject', 'defer'] as const;
const GOALS = ['create', 'update', 'replace', 'remove', 'adopt', 'protect', 'release'] as const;

type Labels = Pick<MetricFamily, 'closed' | 'known' | 'listed' | 'open'>;

function gauge(name: string, help: string, labels: Labels = {}): MetricFamily {
  return { name: `fettle_${name}`, type: 'gauge', help, ...labels };
}

function counter(name: string, help: string, labels: Labels = {}): MetricFamily {
  return { name: `fettle_${name}_total`, type: 'counter', help, ...labels };
}

function fdt(name: string, help: string): MetricFamily {
  return { name: `fdt_cert_${name}_total`, type: 'counter', help, closed: {}, compat: true };
}

/** The parts of plugins that metrics depend on. */
export interface MeasuredPlugin {
  readonly name: string;
  readonly families: readonly MetricFamily[];
  readonly tables: Pick<PluginTables, 'kinds' | 'findings' | 'alerts'>;
  /** True if it has watchers. */
  readonly watches: boolean;
}

type LabelSets = NonNullable<MetricFamily['known']>;

function distinct(sets: LabelSets): LabelSets {
  return [...new Map(sets.map((labels) => [JSON.stringify(labels), labels])).values()];
}

/** Every state of every kind. */
function knownStates(plugins: readonly MeasuredPlugin[]): LabelSets {
  return plugins.flatMap(({ name, tables }) =>
    Object.keys(tables.kinds).flatMap((kind) => statesIn(tables, kind).map((state) => ({ plugin: name, kind, state }))),
  );
}

/** Every finding of a spec. */
function knownFindings(plugins: readonly MeasuredPlugin[]): LabelSets {
  return distinct(plugins.flatMap(({ tables }) => tables.findings.map(({ code, severity }) => ({ code, severity }))));
}

function alertsOf({ tables: { alerts = [] } }: MeasuredPlugin): readonly string[] {
  return [...new Set(alerts.map((alert) => alert.class))];
}

/** Metrics that change with a round. */
export function coreFamilies(plugins: readonly MeasuredPlugin[]): readonly MetricFamily[] {
  const classes = [...new Set(plugins.flatMap(alertsOf))];
  const limited = plugins.flatMap(({ families }) =>
    families.flatMap(({ name, open = [] }) => (open.length > 0 ? [name] : [])),
  );
  return [
    gauge('resources', 'Resources by state.', {
      listed: ['plugin', 'kind', 'state'],
      known: knownStates(plugins),
    }),
    gauge('plan_rows', 'Rows of the last plan.', { closed: { verdict: VERDICTS, goal: GOALS } }),
    gauge('findings', 'Findings of the last refresh.', {
      listed: ['code', 'severity'],
      known: knownFindings(plugins),
    }),
    gauge('alerts_active', 'Alerts that hold, by class.', {
      listed: ['plugin', 'class'],
      known: plugins.flatMap((plugin) => alertsOf(plugin).map((named) => ({ plugin: plugin.name, class: named }))),
    }),
    gauge('gaps', 'Parts of the infrastructure that could not be read at the last refresh of their resources.', {
      closed: { plugin: plugins.map(({ name }) => name) },
    }),
    gauge('drifted_resources', 'Resources that differ from their last applied state.', { closed: {} }),
    gauge('start_timestamp_seconds', 'Time of the start of the daemon, in unix seconds.'),
    gauge('last_refresh_timestamp_seconds', 'Time of the last refresh, in unix seconds.'),
    gauge('refresh_interval_seconds', 'Time between the starts of two rounds.'),
    gauge('round_duration_seconds', 'Duration of the last round.'),
    gauge('lock_wait_seconds', 'Time for which the last round waited for the lock.', { closed: {} }),
    gauge('lock_held_seconds', 'Time since which another process holds the lock; 0 if the last round had it.', {
      closed: {},
    }),
    gauge('log_head_seq', 'Sequence number of the last record of the log.'),
    gauge('log_damaged', '1 if the last round found damage in the log.', { closed: {} }),
    gauge('inbox_oldest_seconds', 'Age of the oldest event that no round has taken from the inbox; 0 without any.', {
      closed: {},
    }),
    gauge('config_last_reload_successful', '1 if the last round could read the documents.'),
    gauge('plugin_metrics_successful', '1 if the metrics and alerts of the plugin are known, 0 if it failed.', {
      listed: ['plugin'],
    }),
    gauge('omitted_series', 'Series of a metric that are left out, because they are more than the limit.', {
      closed: { metric: limited },
    }),
    counter('rounds', 'Ended rounds.', { closed: { outcome: OUTCOMES } }),
    counter('actions', 'Ended actions.', { listed: ['plugin', 'step', 'outcome'] }),
    counter('alerts', 'Alerts that were delivered, by class.', { closed: { class: classes } }),
    counter('alert_deliveries', 'Ended deliveries of alerts and of their ends.', {
      closed: { receiver: Object.keys(COOLDOWN_MS), result: DELIVERY_RESULTS },
    }),
    counter('runbook_calls', 'Ended calls of runbook receivers.', { closed: { result: DELIVERY_RESULTS } }),
    fdt('alerts_sent', 'Alerts about Domains that were sent.'),
    fdt('renewal_sla_alerts_sent', 'Alerts about renewals that were sent.'),
    fdt('runbook_triggers', 'Runbook triggers that were sent.'),
    fdt('runbook_trigger_failures', 'Runbook triggers that failed.'),
  ];
}

/** Metrics that change with the watchers. `plugins`: those that have watchers. */
export function watchFamilies(plugins: readonly string[]): readonly MetricFamily[] {
  return [
    gauge('watcher_up', '1 if the watchers of the plugin see changes, or have nothing to watch.', {
      closed: { plugin: plugins },
    }),
    counter('watcher_wakeups', 'Rounds that changes of the plugin started.', { closed: { plugin: plugins } }),
    counter('watcher_restarts', 'Starts of the process of the watchers after it died.', { closed: {} }),
  ];
}

/** Metrics of the other regions, which change with time. */
export function regionFamilies(peers: readonly string[]): readonly MetricFamily[] {
  const known = (labels: object = {}): MetricFamily['known'] => peers.map((region) => ({ region, ...labels }));
  return [
    gauge('replication_last_pull_timestamp_seconds', 'Time of the last complete pull of a region, in unix seconds.', {
      open: ['region'],
    }),
    gauge('replication_lag_seconds', 'Time since the last complete pull of a region.', { open: ['region'] }),
    gauge('replication_stale', '1 if the last complete pull of a region is older than the limit, or there was none.', {
      listed: ['region'],
      known: known() ?? [],
    }),
    counter('replication_pulls', 'Ended pulls of a region.', {
      listed: ['region', 'result'],
      known: ['ok', 'failed'].flatMap((result) => known({ result }) ?? []),
    }),
    {
      name: 'fdt_cert_replication_targets_total',
      type: 'gauge',
      help: 'Regions of Domains by the state of their replication; 0 without other regions.',
      closed: { state: REGION_STATES },
      compat: true,
    },
  ];
}

/** Metrics that change with a request. A result that is not in `results` counts as `other`. */
export function requestFamilies(results: readonly string[]): readonly MetricFamily[] {
  const result = [...new Set([...results, 'other'])];
  return [
    counter('events_received', 'Requests with events of other systems, by result.', { closed: { result } }),
    counter('requests_refused', 'Requests that were refused for their caller.', { closed: { reason: HTTP_REFUSALS } }),
  ];
}
