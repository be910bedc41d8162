/** Alerts of a fabric, drift scores and waits: both sides of every limit. */

import { expect, test } from 'vitest';
import { alertSeverity, priority, resolvable } from '../../../plugins/fabric/alerts/alert.ts';
import { driftScore, driftSeverity } from '../../../plugins/fabric/states/drift-score.ts';
import { connectionWait, reviewDue, syncWait } from '../../../plugins/fabric/states/retries.ts';

const HOUR = 3_600_000;

test('waits grow to their limits', () => {
  expect([1, 2, 3, 4, 5, 6, 99].map((n) => connectionWait(n) / 1000)).toEqual([30, 60, 120, 300, 600, 600, 600]);
  expect([1, 2, 3, 4, 5, 99].map((n) => syncWait(n) / 1000)).toEqual([300, 600, 1200, 2400, 3600, 3600]);
  expect([24 * HOUR, 24 * HOUR + 1].map((now) => reviewDue(0, now))).toEqual([false, true]);
});

test.each([
  [undefined, undefined, 0],
  [{}, {}, 0],
  [{ a: 1 }, undefined, 1],
  [undefined, {}, 1],
  [{ a: 1, b: { c: [1] } }, { b: { c: [1] }, a: 1 }, 0],
  [{ a: 1, b: 2 }, { a: 1, c: 2 }, 2 / 3],
  [{ a: null }, {}, 1],
] as const)('the drift score of %j and %j is %d', (desired, actual, score) => {
  expect(driftScore(desired, actual)).toBe(score);
});

test('severity bands of drift and of its alerts', () => {
  expect([0.09, 0.1, 0.49, 0.5, 0.79, 0.8].map(driftSeverity)).toEqual([
    'low',
    'medium',
    'medium',
    'high',
    'high',
    'critical',
  ]);
  const alerts = [0.49, 0.5, 0.79, 0.8].map((score) => alertSeverity('drift_detected', score));
  expect(alerts).toEqual(['low', 'medium', 'medium', 'high']);
  expect(alertSeverity('orphaned_resource', 0)).toBe('critical');
});

test('an older alert is sooner, by up to 20 hours and down to 1', () => {
  expect([0, 5, 20, 90].map((hours) => priority('high', hours * HOUR))).toEqual([30, 25, 10, 10]);
  expect(priority('critical', 20 * HOUR)).toBe(1);
});

test('only an open alert is resolved, and only by a suggested action', () => {
  expect(resolvable('drift_detected', 'active', 'update_git')).toBe(true);
  expect(resolvable('orphaned_resource', 'acknowledged', 'delete_from_cluster')).toBe(true);
  expect(resolvable('drift_detected', 'active', 'delete_from_cluster')).toBe(false);
  expect(resolvable('conflict_detected', 'active', 'ignore')).toBe(false);
  expect(resolvable('drift_detected', 'resolved', 'ignore')).toBe(false);
  expect(resolvable('drift_detected', 'suppressed', 'ignore')).toBe(false);
});
