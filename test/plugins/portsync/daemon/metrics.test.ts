/** Metrics of the warm restart: recording, derived values by their formulas, merging, and their form in a file. */

import { describe, expect, test } from 'vitest';
import {
  bucketOf,
  derived,
  durationAt,
  type Metrics,
  metricsFrom,
  NO_METRICS,
  publicMetrics,
  type Recording,
  recorded,
  SYNC_BUCKETS,
  syncCount,
} from '../../../../plugins/portsync/daemon/metrics.ts';
import fc from '../../../support/property.ts';

const NOW = 1_700_000_000_500;
const SECS = 1_700_000_000;

function after(...recordings: readonly Recording[]): Metrics {
  return recordings.reduce((metrics, recording) => recorded(metrics, recording, NOW), NO_METRICS);
}

const duration = (seconds: number): Recording => ({ event: 'sync-duration', seconds });

/** A record with some counters. */
function counted(counts: Partial<Metrics>): Metrics {
  return { ...NO_METRICS, ...counts };
}

describe('recording', () => {
  test.each([
    [{ event: 'warm-restart' }, { warm_restart_count: 1, last_warm_restart_secs: SECS }],
    [{ event: 'cold-start' }, { cold_start_count: 1 }],
    [{ event: 'eoiu-detected' }, { eoiu_detected_count: 1, last_eoiu_detection_secs: SECS }],
    [{ event: 'eoiu-timeout' }, { eoiu_timeout_count: 1 }],
    [{ event: 'recovery' }, { state_recovery_count: 1, last_state_recovery_secs: SECS }],
    [{ event: 'corruption' }, { corruption_detected_count: 1, last_corruption_detected_secs: SECS }],
    [{ event: 'backup-created' }, { backup_created_count: 1 }],
    [{ event: 'backups-removed', removed: 3 }, { backup_cleanup_count: 3 }],
  ] satisfies readonly (readonly [Recording, Partial<Metrics>])[])('%j', (recording, changed) => {
    expect(after(recording)).toEqual({ ...NO_METRICS, ...changed });
  });

  test('durations have a minimum above 0, a maximum, a sum and buckets', () => {
    expect(after(duration(0), duration(4), duration(700))).toMatchObject({
      min_initial_sync_duration_secs: 4,
      max_initial_sync_duration_secs: 700,
      initial_sync_duration_sum_secs: 704,
      initial_sync_duration_buckets: [1, 1, 0, 0, 0, 0, 0, 1],
    });
  });

  test('a bound belongs to its bucket', () => {
    expect([1, 1.001, 300, 301].map((value) => bucketOf(SYNC_BUCKETS, value))).toEqual([0, 1, 6, 7]);
  });

  test('the record is public only while warm restart is enabled', () => {
    expect(publicMetrics(NO_METRICS, false)).toBeUndefined();
    expect(publicMetrics(NO_METRICS, true)).toBe(NO_METRICS);
  });
});

describe('derived values', () => {
  test('without events', () => {
    expect(derived(NO_METRICS)).toEqual({
      total_events: 0,
      warm_restart_percent: 0,
      recovery_success_rate: 100,
      corruption_recovery_rate: 0,
      eoiu_timeout_rate: 0,
      events_per_restart: 0,
      avg_initial_sync_duration_secs: null,
      is_healthy: true,
      health_score: 80,
      is_anomalous: false,
    });
  });

  test('by their formulas', () => {
    const metrics = counted({
      warm_restart_count: 6,
      cold_start_count: 4,
      eoiu_detected_count: 8,
      eoiu_timeout_count: 2,
      state_recovery_count: 3,
      corruption_detected_count: 4,
    });
    expect(derived(metrics)).toMatchObject({
      total_events: 10,
      warm_restart_percent: 60,
      recovery_success_rate: 75,
      corruption_recovery_rate: 75,
      eoiu_timeout_rate: 25,
      events_per_restart: 1.5,
      is_healthy: false,
      health_score: 100 - 10 - 12.5 - 5,
      is_anomalous: false,
    });
  });

  test('defect 1: the timeout rate exceeds 100 %, also if no end of a dump was detected', () => {
    expect(derived(counted({ eoiu_detected_count: 1, eoiu_timeout_count: 3 })).eoiu_timeout_rate).toBe(300);
    expect(derived(counted({ eoiu_timeout_count: 2 })).eoiu_timeout_rate).toBe(200);
  });

  test('defect 9: the average divides by the number of durations', () => {
    const metrics = after({ event: 'warm-restart' }, { event: 'eoiu-timeout' }, duration(10), duration(20));
    expect(derived(metrics).avg_initial_sync_duration_secs).toBe(15);
  });

  test('defect 10: a minimum without durations is null, and survives JSON', () => {
    expect(NO_METRICS.min_initial_sync_duration_secs).toBeNull();
    expect(metricsFrom(JSON.parse(JSON.stringify(NO_METRICS)))).toEqual(NO_METRICS);
  });

  test.each([
    [{ corruption_detected_count: 1, warm_restart_count: 1 }, false],
    [{ corruption_detected_count: 1, state_recovery_count: 1, warm_restart_count: 1 }, true],
    [{ eoiu_detected_count: 2, eoiu_timeout_count: 1, warm_restart_count: 1 }, true],
    [{ eoiu_detected_count: 100, eoiu_timeout_count: 51, warm_restart_count: 1 }, false],
    [{ warm_restart_count: 1, cold_start_count: 1 }, true],
    [{ warm_restart_count: 49, cold_start_count: 51 }, false],
  ])('%j is healthy: %s', (counts, expected) => {
    expect(derived(counted(counts)).is_healthy).toBe(expected);
  });

  test.each([
    [{ eoiu_detected_count: 2, eoiu_timeout_count: 1 }, false],
    [{ eoiu_detected_count: 2, eoiu_timeout_count: 2 }, true],
    [{ corruption_detected_count: 5, warm_restart_count: 1 }, false],
    [{ corruption_detected_count: 6, warm_restart_count: 12 }, true],
    [{ corruption_detected_count: 6, warm_restart_count: 13 }, false],
  ])('%j is anomalous: %s', (counts, expected) => {
    expect(derived(counted(counts)).is_anomalous).toBe(expected);
  });

  test('an average sync of more than 300 s is anomalous', () => {
    expect(derived(after(duration(300))).is_anomalous).toBe(false);
    expect(derived(after(duration(301))).is_anomalous).toBe(true);
  });

  test('every part of the health score has its limit', () => {
    const worst = counted({ corruption_detected_count: 50, eoiu_timeout_count: 50, cold_start_count: 9 });
    expect(derived(worst).health_score).toBe(30);
  });

  test.each([
    [0, 2],
    [25, 4],
    [50, 6],
    [75, 8],
    [100, 10],
    [-5, 2],
    [500, 10],
  ])('percentile %d is %d s', (percentile, expected) => {
    expect(durationAt(after(duration(2), duration(6), duration(10)), percentile)).toBe(expected);
  });

  test('a percentile without durations is null', () => {
    expect(durationAt(NO_METRICS, 50)).toBeNull();
  });
});

const recording: fc.Arbitrary<Recording> = fc.oneof(
  fc.constantFrom(
    ...(
      [
        'warm-restart',
        'cold-start',
        'corruption',
        'recovery',
        'backup-created',
        'eoiu-detected',
        'eoiu-timeout',
      ] as const
    ).map((event) => ({ event })),
  ),
  fc.nat({ max: 1000 }).map(duration),
  fc.nat({ max: 20 }).map((removed) => ({ event: 'backups-removed', removed }) as const),
);
const history = fc.array(recording, { maxLength: 60 });

describe('properties', () => {
  test('a record survives a file, and its derived values are finite', () => {
    fc.assert(
      fc.property(history, (recordings) => {
        const metrics = after(...recordings);
        expect(metricsFrom(JSON.parse(JSON.stringify(metrics)))).toEqual(metrics);
        expect(syncCount(metrics)).toBe(recordings.filter(({ event }) => event === 'sync-duration').length);
        const values = derived(metrics);
        expect(values.health_score).toBeGreaterThanOrEqual(0);
        expect(values.health_score).toBeLessThanOrEqual(100);
        for (const value of Object.values(values))
          if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
      }),
    );
  });

  test('percentiles ascend from the minimum to the maximum', () => {
    fc.assert(
      fc.property(history, (recordings) => {
        const metrics = after(...recordings);
        const at = [0, 10, 50, 90, 99, 100].map((percentile) => durationAt(metrics, percentile) ?? 0);
        expect(at.toSorted((a, b) => a - b)).toEqual(at);
      }),
    );
  });
});

describe('a file', () => {
  const whole = JSON.parse(JSON.stringify(NO_METRICS)) as Record<string, unknown>;
  test.each([
    ['null', null],
    ['a text', 'x'],
    ['a negative counter', { ...whole, cold_start_count: -1 }],
    ['a counter as text', { ...whole, cold_start_count: '1' }],
    ['a time that is not one', { ...whole, last_warm_restart_secs: 1e300 }],
    ['a missing sum', { ...whole, initial_sync_duration_sum_secs: undefined }],
    ['too few buckets', { ...whole, initial_sync_duration_buckets: [1] }],
    ['a negative minimum', { ...whole, min_initial_sync_duration_secs: -1 }],
  ])('with %s is refused', (_, value) => {
    expect(metricsFrom(value)).toBeUndefined();
  });

  test('large numbers and further members are read', () => {
    const large = { ...whole, warm_restart_count: Number.MAX_SAFE_INTEGER, later: 1 };
    expect(metricsFrom(large)).toEqual({ ...NO_METRICS, warm_restart_count: Number.MAX_SAFE_INTEGER });
  });
});
