/** Runtime metrics, their health, the text for Prometheus, the dashboards, and the metrics file. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_RULES, evaluated, alertValues } from '../../../../plugins/portsync/daemon/alerts.ts';
import { exposition } from '../../../../plugins/portsync/daemon/exposition.ts';
import type { Exposed } from '../../../../plugins/portsync/daemon/families.ts';
import {
  loadMetrics,
  NO_KEPT_METRICS,
  readMetrics,
  saveMetrics,
} from '../../../../plugins/portsync/daemon/metrics-file.ts';
import { derived, type Metrics, NO_METRICS, recorded } from '../../../../plugins/portsync/daemon/metrics.ts';
import {
  healthOf,
  healthValue,
  type HealthInput,
  LATENCY_BUCKETS,
  meter,
  MOST_FLAP_PORTS,
  NO_TOTALS,
  totalsFrom,
} from '../../../../plugins/portsync/daemon/runtime.ts';
import { METRICS_FILE, openStateFolder, type StateFolder } from '../../../../plugins/portsync/daemon/state-file.ts';
import fc from '../../../support/property.ts';

const DASHBOARDS = join(import.meta.dirname, '../../../../monitoring/dashboards');
const EVENTS = ['warm-restart', 'corruption', 'recovery', 'eoiu-detected'] as const;

/** Metrics in which every value is known. */
function busy(): Metrics {
  const metrics = EVENTS.reduce((before, event) => recorded(before, { event }, 1_700_000_000_000), NO_METRICS);
  return recorded(metrics, { event: 'sync-duration', seconds: 7 }, 0);
}

function exposedOf(change: Partial<Exposed> = {}): Exposed {
  const counts = meter();
  counts.processed(5);
  counts.flap('Ethernet0');
  counts.eventLatency(0.0007);
  counts.eventLatency(9);
  const metrics = busy();
  return {
    metrics,
    totals: counts.totals(),
    gauges: { queueDepth: 3, memoryBytes: 50_000_000, isRedisConnected: true, isNetlinkConnected: false },
    health: { status: 'degraded', reasons: [] },
    rules: DEFAULT_RULES,
    alerts: evaluated(DEFAULT_RULES, new Map(), alertValues(metrics, derived(metrics)), 0).states,
    ...change,
  };
}

/** Lines without comments. */
async function linesOf(exposed: Exposed): Promise<readonly string[]> {
  const { text } = await exposition(exposed);
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('the text for Prometheus', () => {
  test('has every line in its format, and the type of every family', async () => {
    const { text, type } = await exposition(exposedOf());
    expect(type).toContain('text/plain; version=0.0.4');
    for (const line of text.split('\n').filter((each) => each !== ''))
      expect(line).toMatch(
        /^(?:# (?:HELP|TYPE) portsyncd_\w+ .+|portsyncd_\w+(?:\{(?:\w+="[^"]*",?)+\})? [-+.\deInf]+)$/u,
      );
    for (const [, name, kind] of text.matchAll(/^# TYPE (\w+) (\w+)$/gmu))
      expect(name?.endsWith('_total')).toBe(kind === 'counter');
  });

  test('has the values', async () => {
    const lines = await linesOf(exposedOf());
    expect(lines).toEqual(
      expect.arrayContaining([
        'portsyncd_warm_restarts_total 1',
        'portsyncd_cold_starts_total 0',
        'portsyncd_last_warm_restart_timestamp_seconds 1700000000',
        'portsyncd_initial_sync_duration_seconds_bucket{le="5"} 0',
        'portsyncd_initial_sync_duration_seconds_bucket{le="10"} 1',
        'portsyncd_initial_sync_duration_seconds_bucket{le="+Inf"} 1',
        'portsyncd_initial_sync_duration_seconds_sum 7',
        'portsyncd_initial_sync_duration_seconds_count 1',
        'portsyncd_port_flaps_total{port="Ethernet0"} 1',
        'portsyncd_queue_depth 3',
        'portsyncd_health_status 0.5',
        'portsyncd_redis_connected 1',
        'portsyncd_netlink_connected 0',
        'portsyncd_event_latency_seconds_bucket{le="0.001"} 1',
        'portsyncd_event_latency_seconds_bucket{le="+Inf"} 2',
        'portsyncd_alert_firing{rule="corruption",severity="critical"} 0',
      ]),
    );
  });

  test('has the counters of the warm restart under the names of portsyncd too, with compat', async () => {
    const { text } = await exposition(exposedOf(), { compat: true });
    const types = new Map([...text.matchAll(/^# TYPE (\w+) (\w+)$/gmu)].map(([, name, type]) => [name, type]));
    const names = ['warm_restarts', 'cold_starts', 'eoiu_detected', 'eoiu_timeouts', 'state_recoveries'];
    for (const name of [...names, 'corruptions_detected', 'backups_created', 'backups_cleaned']) {
      const valueOf = (end: string): string | undefined =>
        new RegExp(`^portsyncd_${name}${end} (.+)$`, 'mu').exec(text)?.[1];
      expect(types.get(`portsyncd_${name}`)).toBe('counter');
      expect(valueOf(''), name).toBeDefined();
      expect(valueOf(''), name).toBe(valueOf('_total'));
    }
    expect((await exposition(exposedOf())).text).not.toMatch(/^portsyncd_warm_restarts /mu);
  });

  test('has no line for a time that is not known', async () => {
    const lines = await linesOf(exposedOf({ metrics: NO_METRICS }));
    expect(lines.filter((line) => line.includes('timestamp') || line.includes('_max_'))).toEqual([]);
    expect(lines).toContain('portsyncd_warm_restarts_total 0');
  });

  test('has no metrics of the warm restart while it is disabled', async () => {
    const lines = await linesOf(exposedOf({ metrics: undefined }));
    expect(lines.filter((line) => /warm|initial_sync|health_score/u.test(line))).toEqual([]);
    expect(lines).toContain('portsyncd_queue_depth 3');
  });
});

describe('dashboards', () => {
  const files = readdirSync(DASHBOARDS).filter((file) => file.startsWith('portsync-'));

  test('are four', () => {
    expect(files.sort()).toEqual([
      'portsync-alerts.json',
      'portsync-health-overview.json',
      'portsync-sync-performance.json',
      'portsync-trends.json',
    ]);
  });

  test.each(files)('%s names only metrics that exist, with their labels', async (file) => {
    const exposed = await linesOf(exposedOf());
    const names = new Set(exposed.map((line) => line.split(/[{ ]/u)[0]));
    const { panels } = JSON.parse(readFileSync(join(DASHBOARDS, file), 'utf8')) as {
      readonly panels: readonly { readonly id: number; readonly targets: readonly { readonly expr: string }[] }[];
    };
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    expect(expressions.length).toBeGreaterThan(5);
    for (const expression of expressions) {
      const named = expression.match(/portsyncd_\w+/gu) ?? [];
      expect(named.length, expression).toBeGreaterThan(0);
      for (const name of named) expect(names, expression).toContain(name);
      if (expression.includes('by (severity)')) expect(exposed.join('\n')).toContain('severity="');
    }
  });

  test('name every metric of the warm restart', async () => {
    const all = files.map((file) => readFileSync(join(DASHBOARDS, file), 'utf8')).join('');
    const names = (await linesOf(exposedOf())).map((line) => line.split(/[{ ]/u)[0] ?? '');
    expect(names.filter((name) => !/_(?:bucket|sum|count)$/u.test(name) && !all.includes(name))).toEqual([]);
  });
});

describe('the meter', () => {
  test('bounds the number of ports with a counter', () => {
    const counts = meter();
    for (let i = 0; i < MOST_FLAP_PORTS + 50; i += 1) counts.flap(`Ethernet${i}`);
    counts.flap('Ethernet0');
    const { port_flaps: flaps } = counts.totals();
    expect(Object.keys(flaps)).toHaveLength(MOST_FLAP_PORTS + 1);
    expect(flaps).toMatchObject({ Ethernet0: 2, other: 50 });
    expect(totalsFrom(JSON.parse(JSON.stringify(counts.totals())))).toEqual(counts.totals());
  });

  test('continues from totals, and starts again after a reset', () => {
    const counts = meter(exposedOf().totals);
    counts.processed();
    counts.failed(2);
    counts.redisLatency(0.3);
    expect(counts.totals()).toMatchObject({ events_processed: 6, events_failed: 2, port_flaps: { Ethernet0: 1 } });
    counts.reset();
    expect(counts.totals()).toEqual(NO_TOTALS);
  });

  test('keeps every latency in one bucket', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 20, noNaN: true })), (latencies) => {
        const counts = meter();
        for (const seconds of latencies) counts.redisLatency(seconds);
        const { buckets } = counts.totals().redis_latency;
        expect(buckets).toHaveLength(LATENCY_BUCKETS.length + 1);
        let below = 0;
        LATENCY_BUCKETS.forEach((bound, i) => {
          below += buckets[i] ?? 0;
          expect(below).toBe(latencies.filter((each) => each <= bound).length);
        });
      }),
    );
  });
});

describe('health', () => {
  const well: HealthInput = {
    redisTroubleMs: 0,
    netlinkTroubleMs: 0,
    totals: { events_processed: 95, events_failed: 5 },
    hasRival: false,
    isWarmRestartHealthy: true,
  };
  test.each([
    [{}, 'healthy', 1],
    [{ redisTroubleMs: 1_000 }, 'healthy', 1],
    [{ redisTroubleMs: 1_001 }, 'degraded', 0.5],
    [{ netlinkTroubleMs: 9_999 }, 'degraded', 0.5],
    [{ netlinkTroubleMs: 10_000 }, 'unhealthy', 0],
    [{ totals: { events_processed: 94, events_failed: 6 } }, 'degraded', 0.5],
    [{ isWarmRestartHealthy: false }, 'degraded', 0.5],
    [{ hasRival: true }, 'degraded', 0.5],
  ] as const)('%j is %s', (change, status, value) => {
    const health = healthOf({ ...well, ...change });
    expect(health.status).toBe(status);
    expect(healthValue(health)).toBe(value);
    expect(health.reasons.length > 0).toBe(status !== 'healthy');
  });
});

describe('the metrics file', () => {
  let root: string;
  let folder: StateFolder;
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'portsync-metrics-'));
    folder = await openStateFolder(join(root, 'state'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  test('that does not exist is fine', async () => {
    expect(await loadMetrics(folder)).toEqual({ ...NO_KEPT_METRICS, warnings: [] });
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test('is read as it was saved', async () => {
    const kept = { metrics: busy(), totals: exposedOf().totals };
    await saveMetrics(folder, kept, 1_700_000_000_000);
    expect(await loadMetrics(folder)).toEqual({ ...kept, warnings: [] });
  });

  test.each(['', '{', 'null', '{"version":1}', '{"version":2,"warm_restart":{},"runtime":{}}'])(
    'with %j is set aside, and all values start at 0',
    async (text) => {
      writeFileSync(join(folder.path, METRICS_FILE), text);
      expect(await readMetrics(folder)).toBeUndefined();
      expect(await loadMetrics(folder)).toEqual({
        ...NO_KEPT_METRICS,
        warnings: ['metrics.json is damaged; all metrics start at 0'],
      });
      expect(readdirSync(folder.path)).toEqual(['set-aside']);
      expect(readFileSync(join(folder.path, 'set-aside', METRICS_FILE), 'utf8')).toBe(text);
    },
  );

  test.each([
    ['too many ports', { port_flaps: Object.fromEntries(Array.from({ length: 1100 }, (_, i) => [`Ethernet${i}`, 1])) }],
    ['a name with a control character', { port_flaps: { '\u001b': 1 } }],
    ['a negative count', { events_failed: -1 }],
    ['an infinite sum', { redis_latency: { ...NO_TOTALS.redis_latency, sum: null } }],
    ['too few buckets', { event_latency: { buckets: [], sum: 0 } }],
  ])('with %s is refused', (_, change) => {
    expect(totalsFrom({ ...NO_TOTALS, ...change })).toBeUndefined();
  });
});
