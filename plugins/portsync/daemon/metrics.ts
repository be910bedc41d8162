/**
 * Metrics of the warm restart: the record, its recording points, derived values, and its form in `metrics.json`. Pure.
 *
 * The record differs from the one of the Rust `portsyncd` in three places:
 *
 * - A timeout is not counted as a detected end of the dump, and its duration is recorded once. The timeout rate
 *   therefore divides by the detected ends alone, and by 1 if none was detected: it can exceed 100 %.
 * - The average divides the sum of the recorded durations by their number, not by warm restarts less timeouts.
 * - A minimum or an average without values is null, not 2^64 - 1.
 */

import { isInstant } from '#plugin';

/** Upper bounds of the buckets of `initial_sync_duration_seconds`, in seconds. The last bucket has no bound. */
export const SYNC_BUCKETS: readonly number[] = [1, 5, 10, 30, 60, 120, 300];

const COUNTERS = [
  'warm_restart_count',
  'cold_start_count',
  'eoiu_detected_count',
  'eoiu_timeout_count',
  'state_recovery_count',
  'corruption_detected_count',
  'backup_created_count',
  'backup_cleanup_count',
] as const;

const TIMES = [
  'last_warm_restart_secs',
  'last_eoiu_detection_secs',
  'last_state_recovery_secs',
  'last_corruption_detected_secs',
] as const;

export type CounterName = (typeof COUNTERS)[number];
export type TimeName = (typeof TIMES)[number];

/** Counters, timestamps (unix seconds) and durations (seconds). */
export interface Metrics extends Readonly<Record<CounterName, number>>, Readonly<Record<TimeName, number | null>> {
  readonly max_initial_sync_duration_secs: number | null;
  /** The shortest duration above 0. */
  readonly min_initial_sync_duration_secs: number | null;
  readonly initial_sync_duration_sum_secs: number;
  /** Durations by bucket of `SYNC_BUCKETS`, not cumulative; the last number is above all bounds. */
  readonly initial_sync_duration_buckets: readonly number[];
}

/** The recording points. `removed` and `seconds` are not negative. */
export type Recording =
  | { readonly event: 'warm-restart' | 'cold-start' | 'corruption' | 'recovery' | 'backup-created' }
  | { readonly event: 'eoiu-detected' | 'eoiu-timeout' }
  | { readonly event: 'sync-duration'; readonly seconds: number }
  | { readonly event: 'backups-removed'; readonly removed: number };

const NO_DURATIONS: readonly number[] = Array.from({ length: SYNC_BUCKETS.length + 1 }, () => 0);

/** The record of a daemon that never ran, and of `reset`. */
export const NO_METRICS: Metrics = {
  warm_restart_count: 0,
  cold_start_count: 0,
  eoiu_detected_count: 0,
  eoiu_timeout_count: 0,
  state_recovery_count: 0,
  corruption_detected_count: 0,
  backup_created_count: 0,
  backup_cleanup_count: 0,
  last_warm_restart_secs: null,
  last_eoiu_detection_secs: null,
  last_state_recovery_secs: null,
  last_corruption_detected_secs: null,
  max_initial_sync_duration_secs: null,
  min_initial_sync_duration_secs: null,
  initial_sync_duration_sum_secs: 0,
  initial_sync_duration_buckets: NO_DURATIONS,
};

/** The place of a value among ascending upper bounds, which belong to their buckets. */
export function bucketOf(bounds: readonly number[], value: number): number {
  let at = 0;
  while (at < bounds.length && value > (bounds[at] ?? Number.POSITIVE_INFINITY)) at += 1;
  return at;
}

function withDuration(metrics: Metrics, seconds: number): Metrics {
  const { max_initial_sync_duration_secs: max, min_initial_sync_duration_secs: min } = metrics;
  const at = bucketOf(SYNC_BUCKETS, seconds);
  return {
    ...metrics,
    max_initial_sync_duration_secs: Math.max(max ?? 0, seconds),
    min_initial_sync_duration_secs: seconds > 0 ? Math.min(min ?? seconds, seconds) : min,
    initial_sync_duration_sum_secs: metrics.initial_sync_duration_sum_secs + seconds,
    initial_sync_duration_buckets: metrics.initial_sync_duration_buckets.map((count, i) =>
      i === at ? count + 1 : count,
    ),
  };
}

/** Records one event at `now` (epoch ms). */
export function recorded(metrics: Metrics, recording: Recording, now: number): Metrics {
  const secs = Math.floor(now / 1000);
  switch (recording.event) {
    case 'warm-restart':
      return { ...metrics, warm_restart_count: metrics.warm_restart_count + 1, last_warm_restart_secs: secs };
    case 'cold-start':
      return { ...metrics, cold_start_count: metrics.cold_start_count + 1 };
    case 'eoiu-detected':
      return { ...metrics, eoiu_detected_count: metrics.eoiu_detected_count + 1, last_eoiu_detection_secs: secs };
    case 'eoiu-timeout':
      return { ...metrics, eoiu_timeout_count: metrics.eoiu_timeout_count + 1 };
    case 'recovery':
      return { ...metrics, state_recovery_count: metrics.state_recovery_count + 1, last_state_recovery_secs: secs };
    case 'corruption':
      return {
        ...metrics,
        corruption_detected_count: metrics.corruption_detected_count + 1,
        last_corruption_detected_secs: secs,
      };
    case 'backup-created':
      return { ...metrics, backup_created_count: metrics.backup_created_count + 1 };
    case 'backups-removed':
      return { ...metrics, backup_cleanup_count: metrics.backup_cleanup_count + recording.removed };
    case 'sync-duration':
      return withDuration(metrics, recording.seconds);
  }
}

/** The record as the daemon shows it: undefined while warm restart is disabled. */
export function publicMetrics(metrics: Metrics, isWarmRestartEnabled: boolean): Metrics | undefined {
  return isWarmRestartEnabled ? metrics : undefined;
}

/** The number of recorded durations. */
export function syncCount({ initial_sync_duration_buckets: buckets }: Metrics): number {
  return buckets.reduce((sum, count) => sum + count, 0);
}

/** Values that follow from the record. Percentages are from 0 to 100, except for `eoiu_timeout_rate`. */
export interface Derived {
  readonly total_events: number;
  readonly warm_restart_percent: number;
  /** 100 without corruption. */
  readonly recovery_success_rate: number;
  /** 0 without corruption. */
  readonly corruption_recovery_rate: number;
  readonly eoiu_timeout_rate: number;
  readonly events_per_restart: number;
  readonly avg_initial_sync_duration_secs: number | null;
  readonly is_healthy: boolean;
  /** 0 to 100. */
  readonly health_score: number;
  readonly is_anomalous: boolean;
}

/** A quotient; `none` if there is nothing to divide by. */
function share(part: number, whole: number, none = 0): number {
  return whole === 0 ? none : part / whole;
}

const LONG_SYNC_SECS = 300;

export function derived(metrics: Metrics): Derived {
  const {
    warm_restart_count: warm,
    cold_start_count: cold,
    eoiu_detected_count: detected,
    eoiu_timeout_count: timeouts,
    state_recovery_count: recoveries,
    corruption_detected_count: corruptions,
  } = metrics;
  const total = warm + cold;
  const count = syncCount(metrics);
  const average = count === 0 ? null : metrics.initial_sync_duration_sum_secs / count;
  const warmPercent = share(warm, total) * 100;
  const timeoutRate = (timeouts / Math.max(detected, 1)) * 100;
  const unrecovered = Math.max(0, corruptions - recoveries);
  const score =
    100 -
    Math.min(10 * unrecovered, 30) -
    Math.min(timeoutRate / 2, 20) -
    (warmPercent < 80 ? Math.min((80 - warmPercent) / 4, 20) : 0);
  return {
    total_events: total,
    warm_restart_percent: warmPercent,
    recovery_success_rate: share(recoveries, corruptions, 1) * 100,
    corruption_recovery_rate: share(recoveries, corruptions) * 100,
    eoiu_timeout_rate: timeoutRate,
    events_per_restart: share(detected + recoveries + corruptions, total),
    avg_initial_sync_duration_secs: average,
    is_healthy: unrecovered === 0 && timeoutRate <= 50 && (total === 0 || warmPercent >= 50),
    health_score: Math.min(100, Math.max(0, score)),
    is_anomalous:
      timeouts > detected / 2 ||
      (corruptions >= total / 2 && corruptions > 5) ||
      (average !== null && average > LONG_SYNC_SECS),
  };
}

/**
 * The duration at a percentile from 0 to 100, in seconds: on the lines from the minimum to the average, which counts as
 * the median, and to the maximum. Null without durations.
 */
export function durationAt(metrics: Metrics, percentile: number): number | null {
  const { max_initial_sync_duration_secs: max, min_initial_sync_duration_secs: min } = metrics;
  const { avg_initial_sync_duration_secs: average } = derived(metrics);
  if (average === null || max === null) return null;
  const at = Math.min(100, Math.max(0, percentile)) / 50;
  const low = Math.min(min ?? 0, average);
  return at <= 1 ? low + (average - low) * at : average + (max - average) * (at - 1);
}

/** True for a count: a whole number that is not negative. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isTime(value: unknown): boolean {
  return value === null || (isSeconds(value) && isInstant(value * 1000));
}

/** Counts by bucket; undefined unless there is one for each of `length`. */
export function bucketsFrom(value: unknown, length: number): readonly number[] | undefined {
  return Array.isArray(value) && value.length === length && value.every(isCount) ? value : undefined;
}

/** The record in parsed JSON; undefined unless every member is right. Further members are left out. */
export function metricsFrom(value: unknown): Metrics | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found = value as Readonly<Record<string, unknown>>;
  const buckets = bucketsFrom(found['initial_sync_duration_buckets'], NO_DURATIONS.length);
  const {
    max_initial_sync_duration_secs: max,
    min_initial_sync_duration_secs: min,
    initial_sync_duration_sum_secs: sum,
  } = found;
  const isDuration = (each: unknown): each is number | null => each === null || isSeconds(each);
  if (!COUNTERS.every((name) => isCount(found[name])) || !TIMES.every((name) => isTime(found[name]))) return undefined;
  if (!isDuration(max) || !isDuration(min) || !isSeconds(sum) || buckets === undefined) return undefined;
  return {
    ...(Object.fromEntries(COUNTERS.map((name) => [name, found[name]])) as Record<CounterName, number>),
    ...(Object.fromEntries(TIMES.map((name) => [name, found[name]])) as Record<TimeName, number | null>),
    max_initial_sync_duration_secs: max,
    min_initial_sync_duration_secs: min,
    initial_sync_duration_sum_secs: sum,
    initial_sync_duration_buckets: buckets,
  };
}
