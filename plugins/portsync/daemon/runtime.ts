/** Metrics of the running daemon: events, flaps, latencies, connections, and its health. */

import { bucketOf, bucketsFrom, isCount } from './metrics.ts';

/** Upper bounds of the buckets of latencies, in seconds. The last bucket has no bound. */
export const LATENCY_BUCKETS: readonly number[] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5];

/** Number of ports with a flap counter of their own; flaps of further ports count as those of `other`. */
export const MOST_FLAP_PORTS = 1024;
const OTHER = 'other';

/** Observed values by bucket, not cumulative, and their sum in seconds. */
export interface Histogram {
  readonly buckets: readonly number[];
  readonly sum: number;
}

/** Totals, which are kept over restarts. */
export interface Totals {
  readonly events_processed: number;
  readonly events_failed: number;
  /** Flaps by port. */
  readonly port_flaps: Readonly<Record<string, number>>;
  /** From an event of the kernel to its write. */
  readonly event_latency: Histogram;
  /** Of a command to Redis. */
  readonly redis_latency: Histogram;
}

const NO_VALUES: Histogram = { buckets: Array.from({ length: LATENCY_BUCKETS.length + 1 }, () => 0), sum: 0 };

export const NO_TOTALS: Totals = {
  events_processed: 0,
  events_failed: 0,
  port_flaps: {},
  event_latency: NO_VALUES,
  redis_latency: NO_VALUES,
};

/** Counts what happens in the daemon. Times are in seconds. */
export interface Meter {
  readonly processed: (events?: number) => void;
  readonly failed: (events?: number) => void;
  readonly flap: (port: string) => void;
  readonly eventLatency: (seconds: number) => void;
  readonly redisLatency: (seconds: number) => void;
  readonly totals: () => Totals;
  readonly reset: () => void;
}

interface Values {
  readonly buckets: number[];
  sum: number;
}

function observe(values: Values, bounds: readonly number[], seconds: number): void {
  const at = bucketOf(bounds, seconds);
  values.buckets[at] = (values.buckets[at] ?? 0) + 1;
  values.sum += seconds;
}

function copyOf({ buckets, sum }: Histogram): Values {
  return { buckets: [...buckets], sum };
}

/** A meter that continues from totals of an earlier run. */
export function meter(from: Totals = NO_TOTALS): Meter {
  let processed = from.events_processed;
  let failed = from.events_failed;
  let flaps = new Map(Object.entries(from.port_flaps));
  let event = copyOf(from.event_latency);
  let redis = copyOf(from.redis_latency);
  return {
    processed: (events = 1) => {
      processed += events;
    },
    failed: (events = 1) => {
      failed += events;
    },
    flap: (port) => {
      const name = flaps.has(port) || flaps.size < MOST_FLAP_PORTS ? port : OTHER;
      flaps.set(name, (flaps.get(name) ?? 0) + 1);
    },
    eventLatency: (seconds) => observe(event, LATENCY_BUCKETS, seconds),
    redisLatency: (seconds) => observe(redis, LATENCY_BUCKETS, seconds),
    totals: () => ({
      events_processed: processed,
      events_failed: failed,
      port_flaps: Object.fromEntries(flaps),
      event_latency: copyOf(event),
      redis_latency: copyOf(redis),
    }),
    reset: () => {
      [processed, failed, flaps, event, redis] = [0, 0, new Map(), copyOf(NO_VALUES), copyOf(NO_VALUES)];
    },
  };
}

function histogramFrom(value: unknown): Histogram | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { buckets: found, sum } = value as Readonly<Record<string, unknown>>;
  const buckets = bucketsFrom(found, NO_VALUES.buckets.length);
  return buckets !== undefined && typeof sum === 'number' && sum >= 0 && Number.isFinite(sum)
    ? { buckets, sum }
    : undefined;
}

/** Names that can be a label: those of ports, and `other`. */
const LABEL = /^[!#-[\]-~]{1,128}$/u;

/** Totals in parsed JSON; undefined unless every member is right. */
export function totalsFrom(value: unknown): Totals | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found = value as Readonly<Record<string, unknown>>;
  const { events_processed, events_failed, port_flaps } = found;
  const event_latency = histogramFrom(found['event_latency']);
  const redis_latency = histogramFrom(found['redis_latency']);
  if (!isCount(events_processed) || !isCount(events_failed) || typeof port_flaps !== 'object' || port_flaps === null)
    return undefined;
  const flaps = Object.entries(port_flaps);
  if (flaps.length > MOST_FLAP_PORTS + 1 || !flaps.every(([name, count]) => LABEL.test(name) && isCount(count)))
    return undefined;
  if (event_latency === undefined || redis_latency === undefined) return undefined;
  return { events_processed, events_failed, port_flaps: Object.fromEntries(flaps), event_latency, redis_latency };
}

/** Values of the moment. */
export interface Gauges {
  readonly queueDepth: number;
  readonly memoryBytes: number;
  readonly isRedisConnected: boolean;
  readonly isNetlinkConnected: boolean;
}

/** Trouble of a connection up to this length is ridden out without a report. */
export const RIDDEN_OUT_MS = 1_000;

export interface HealthLimits {
  /** Length of trouble from which the daemon is unhealthy. */
  readonly maxStallMs: number;
  /** Share of failed events from which it is degraded, in percent. */
  readonly maxFailurePercent: number;
}

export const HEALTH_LIMITS: HealthLimits = { maxStallMs: 10_000, maxFailurePercent: 5 };

export interface HealthInput {
  /** Length of the present trouble with Redis, in ms; 0 without. */
  readonly redisTroubleMs: number;
  /** Length of the present trouble with the kernel, in ms; 0 without. */
  readonly netlinkTroubleMs: number;
  readonly totals: Pick<Totals, 'events_processed' | 'events_failed'>;
  /** Another `portsyncd` has started next to the daemon. */
  readonly hasRival: boolean;
  /** By the metrics of the warm restart. */
  readonly isWarmRestartHealthy: boolean;
}

export interface Health {
  readonly status: 'healthy' | 'degraded' | 'unhealthy';
  /** Sentences; none if it is healthy. */
  readonly reasons: readonly string[];
}

/** The health of the daemon. */
export function healthOf(input: HealthInput, limits: HealthLimits = HEALTH_LIMITS): Health {
  const { events_processed: processed, events_failed: failed } = input.totals;
  const troubles = [
    ['Redis', input.redisTroubleMs],
    ['the kernel', input.netlinkTroubleMs],
  ] as const;
  const reasons = troubles
    .filter(([, ms]) => ms > RIDDEN_OUT_MS)
    .map(([name, ms]) => `no connection to ${name} for ${Math.floor(ms / 1000)} s`);
  const failedPercent = failed === 0 ? 0 : (failed / (processed + failed)) * 100;
  if (failedPercent > limits.maxFailurePercent) reasons.push(`${failedPercent.toFixed(1)} % of the events failed`);
  if (input.hasRival) reasons.push('another portsyncd writes the same rows');
  if (!input.isWarmRestartHealthy) reasons.push('the metrics of the warm restart are not healthy');
  const isUnhealthy = troubles.some(([, ms]) => ms >= limits.maxStallMs);
  return { status: isUnhealthy ? 'unhealthy' : reasons.length > 0 ? 'degraded' : 'healthy', reasons };
}

/** `health_status` as a number: 1, 0.5 or 0. */
export function healthValue({ status }: Pick<Health, 'status'>): number {
  return { healthy: 1, degraded: 0.5, unhealthy: 0 }[status];
}
