/** The metrics of the daemon: their names, types and values. Pure. */

import type { AlertRule, AlertStates } from './alerts.ts';
import { derived, type Metrics, SYNC_BUCKETS } from './metrics.ts';
import type { KeptMetrics } from './metrics-file.ts';
import { type Gauges, type Health, healthValue, type Histogram, LATENCY_BUCKETS, type Totals } from './runtime.ts';

export interface Exposed {
  /** Undefined while warm restart is disabled. */
  readonly metrics: Metrics | undefined;
  readonly totals: Totals;
  readonly gauges: Gauges;
  readonly health: Health;
  readonly rules: readonly AlertRule[];
  readonly alerts: AlertStates;
}

/** A metric without labels, or with one value for each set of labels. */
export type Sample = readonly [value: number, labels?: Readonly<Record<string, string>>];

export type Family =
  | {
      readonly type: 'counter' | 'gauge';
      readonly name: string;
      readonly help: string;
      readonly samples: readonly Sample[];
      /** The label of its samples, if they have one. */
      readonly label?: 'port' | 'rule';
    }
  | {
      readonly type: 'histogram';
      readonly name: string;
      readonly help: string;
      readonly bounds: readonly number[];
      readonly values: Histogram;
    };

const PREFIX = 'portsyncd_';

type Plain = Exclude<Family, { readonly type: 'histogram' }>;

function counter(name: string, help: string, ...samples: readonly Sample[]): Plain {
  return { type: 'counter', name: `${PREFIX}${name}_total`, help, samples };
}

function gauge(name: string, help: string, ...samples: readonly Sample[]): Family {
  return { type: 'gauge', name: `${PREFIX}${name}`, help, samples };
}

/** A gauge of a value that may be unknown, and then has no sample. */
function optional(name: string, help: string, value: number | null): Family {
  return gauge(name, help, ...(value === null ? [] : [[value] as const]));
}

function warmFamilies(metrics: Metrics): readonly Family[] {
  const values = derived(metrics);
  const time = (name: string, what: string, value: number | null): Family =>
    optional(`last_${name}_timestamp_seconds`, `Time of the last ${what}, in unix seconds.`, value);
  return [
    counter('warm_restarts', 'Warm restarts.', [metrics.warm_restart_count]),
    counter('cold_starts', 'Cold starts.', [metrics.cold_start_count]),
    counter('eoiu_detected', 'Initial syncs that ended with the end of the dump.', [metrics.eoiu_detected_count]),
    counter('eoiu_timeouts', 'Initial syncs that ended by the timeout.', [metrics.eoiu_timeout_count]),
    counter('state_recoveries', 'States that were read from a backup.', [metrics.state_recovery_count]),
    counter('corruptions_detected', 'Damaged state files.', [metrics.corruption_detected_count]),
    counter('backups_created', 'Backups of the state file.', [metrics.backup_created_count]),
    counter('backups_cleaned', 'Backups and stale files that were removed or set aside.', [
      metrics.backup_cleanup_count,
    ]),
    time('warm_restart', 'warm restart', metrics.last_warm_restart_secs),
    time('eoiu_detection', 'detected end of a dump', metrics.last_eoiu_detection_secs),
    time('state_recovery', 'recovery from a backup', metrics.last_state_recovery_secs),
    time('corruption_detected', 'damaged state file', metrics.last_corruption_detected_secs),
    {
      type: 'histogram',
      name: `${PREFIX}initial_sync_duration_seconds`,
      help: 'Durations of initial syncs.',
      bounds: SYNC_BUCKETS,
      values: {
        buckets: metrics.initial_sync_duration_buckets,
        sum: metrics.initial_sync_duration_sum_secs,
      },
    },
    optional('initial_sync_duration_max_seconds', 'Longest initial sync.', metrics.max_initial_sync_duration_secs),
    gauge('warm_restart_percent', 'Share of warm restarts in all starts.', [values.warm_restart_percent]),
    gauge('eoiu_timeout_rate_percent', 'Timeouts over detected ends of dumps.', [values.eoiu_timeout_rate]),
    gauge('recovery_success_percent', 'Recoveries over damaged state files; 100 without damage.', [
      values.recovery_success_rate,
    ]),
    gauge('health_score', 'Health of the warm restart, 0 to 100.', [values.health_score]),
  ];
}

function totalFamilies(totals: Totals): readonly Family[] {
  const latency = (name: string, help: string, values: Histogram): Family => ({
    type: 'histogram',
    name: `${PREFIX}${name}_latency_seconds`,
    help,
    bounds: LATENCY_BUCKETS,
    values,
  });
  return [
    counter('events_processed', 'Link events that were processed.', [totals.events_processed]),
    counter('events_failed', 'Link events that could not be written.', [totals.events_failed]),
    {
      ...counter(
        'port_flaps',
        'Changes of the operational state to down.',
        ...Object.entries(totals.port_flaps).map(([port, count]) => [count, { port }] as const),
      ),
      label: 'port',
    },
    latency('event', 'Time from a link event to its write.', totals.event_latency),
    latency('redis', 'Time of a command to Redis.', totals.redis_latency),
  ];
}

/** Values that only the running daemon knows. */
function liveFamilies({ gauges, health, rules, alerts }: Exposed): readonly Family[] {
  return [
    gauge('queue_depth', 'Link events that wait.', [gauges.queueDepth]),
    gauge('memory_bytes', 'Resident memory of the daemon.', [gauges.memoryBytes]),
    gauge('health_status', 'Health of the daemon: 1 healthy, 0.5 degraded, 0 unhealthy.', [healthValue(health)]),
    gauge('redis_connected', '1 while Redis answers.', [gauges.isRedisConnected ? 1 : 0]),
    gauge('netlink_connected', '1 while the kernel reports links.', [gauges.isNetlinkConnected ? 1 : 0]),
    gauge(
      'alert_firing',
      '1 while an alert fires.',
      ...rules.flatMap(({ name, severity }) => {
        const state = alerts.get(name);
        return state === undefined ? [] : [[state.status === 'firing' ? 1 : 0, { rule: name, severity }] as const];
      }),
    ),
  ];
}

/** The counters of the warm restart under the names that `portsyncd` gives them, without `_total`. */
function compatFamilies(families: readonly Family[]): readonly Family[] {
  return families.flatMap((family) =>
    family.type === 'counter' ? [{ ...family, name: family.name.replace(/_total$/u, '') }] : [],
  );
}

/** The metrics that the daemon keeps in its state folder, under the names that `portsyncd` gives them. */
export function keptFamilies({ metrics, totals }: Pick<KeptMetrics, 'metrics' | 'totals'>): readonly Family[] {
  const warm = warmFamilies(metrics);
  return [...compatFamilies(warm), ...warm.filter(({ type }) => type !== 'counter'), ...totalFamilies(totals)];
}

export function familiesOf(exposed: Exposed, compat: boolean): readonly Family[] {
  const warm = exposed.metrics === undefined ? [] : warmFamilies(exposed.metrics);
  return [...warm, ...(compat ? compatFamilies(warm) : []), ...totalFamilies(exposed.totals), ...liveFamilies(exposed)];
}
