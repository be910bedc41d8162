/** Alerts of a fabric, drift scores and waits: both sides of every limit. */

import { expect, test } from 'vitest';
import { alertSeverity, driftAlertSeverity, NEXT, priority, resolvable } from '../../../plugins/fabric/alerts/alert.ts';
import { type Alert, type Alerts, type Condition, decided, nextAlerts } from '../../../plugins/fabric/alerts/record.ts';
import { driftScore, driftSeverity } from '../../../plugins/fabric/states/drift-score.ts';
import { connectionWait, isBeforeTest, reviewDue, syncWait } from '../../../plugins/fabric/states/retries.ts';
import fc from '../../support/property.ts';

const HOUR = 3_600_000;

test('waits grow to their limits', () => {
  expect([1, 2, 3, 4, 5, 6, 99].map((n) => connectionWait(n) / 1000)).toEqual([30, 60, 120, 300, 600, 600, 600]);
  expect([1, 2, 3, 4, 5, 99].map((n) => syncWait(n) / 1000)).toEqual([300, 600, 1200, 2400, 3600, 3600]);
  expect([24 * HOUR, 24 * HOUR + 1].map((now) => reviewDue(0, now))).toEqual([false, true]);
});

test('a schedule does not wait for a test that a clock set ahead has planned', () => {
  const next = '2026-11-20T12:00:30.000Z';
  const at = (text: string, failures = 1): boolean => isBeforeTest(next, failures, Date.parse(text));
  expect(at('2026-11-20T12:00:00Z')).toBe(true);
  expect(at('2026-11-20T12:00:30Z')).toBe(false);
  expect(at('2026-11-20T11:59:59Z')).toBe(false);
  expect(at('2026-11-20T11:59:59Z', 2)).toBe(true);
  expect(isBeforeTest('', 1, 0)).toBe(false);
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
  const alerts = [0.49, 0.5, 0.79, 0.8].map(driftAlertSeverity);
  expect(alerts).toEqual(['low', 'medium', 'medium', 'high']);
  expect(alertSeverity('Object', 'orphaned_resource')).toBe('critical');
  expect((['Object', 'Fabric'] as const).map((kind) => alertSeverity(kind, 'sync_failure'))).toEqual([
    'high',
    'medium',
  ]);
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

const DRIFT: Condition = { type: 'drift_detected', severity: 'low', message: 'spec.vlan differs', score: 0.2 };
const AT = Date.parse('2026-11-20T08:00:00Z');
const alerting = { address: 'fabric/VPC/prod/default/a', now: AT, isOn: true, expireMs: 30 * 24 * HOUR };

test('an alert is updated, and never doubled', () => {
  const first = nextAlerts({}, [DRIFT], alerting);
  expect(first).toMatchObject({
    drift_detected: { status: 'active', severity: 'low', since: '2026-11-20T08:00:00.000Z' },
  });
  const worse = nextAlerts(first, [{ ...DRIFT, severity: 'high', score: 0.9 }], { ...alerting, now: AT + HOUR });
  expect(worse['drift_detected']).toMatchObject({ id: first['drift_detected']?.id, severity: 'high', score: 0.9 });
  expect(nextAlerts(worse, [], alerting)).toEqual({});
});

test('a closed alert stays closed for as long as its condition, and at most until it expires', () => {
  const open = nextAlerts({}, [DRIFT], alerting);
  const alert = open['drift_detected'] as Alert;
  const closed = { drift_detected: decided(alert, { status: 'resolved', by: 'ann', now: AT, action: 'ignore' }) };
  expect(nextAlerts(closed, [DRIFT], { ...alerting, now: AT + HOUR })).toEqual(closed);
  for (const [condition, now] of [
    [{ ...DRIFT, message: 'spec.mode differs' }, AT + HOUR],
    [DRIFT, AT + 30 * 24 * HOUR + 1],
  ] as const) {
    const next = nextAlerts(closed, [condition], { ...alerting, now });
    expect(next['drift_detected']).toMatchObject({ status: 'active' });
    expect(next['drift_detected']?.id).not.toBe(alert.id);
  }
});

test('the message of an alert is short enough for the state, and a long one stays the same alert', () => {
  const long = { ...DRIFT, message: 'ü'.repeat(100_000) };
  const first = nextAlerts({}, [long], alerting);
  expect(first['drift_detected']?.message.length).toBeLessThanOrEqual(1000);
  expect(nextAlerts(first, [long], { ...alerting, now: AT + HOUR })).toEqual(first);
});

test('no alert begins during a maintenance, and open ones stay', () => {
  const quiet = { ...alerting, isOn: false };
  expect(nextAlerts({}, [DRIFT], quiet)).toEqual({});
  const open = nextAlerts({}, [DRIFT], alerting);
  expect(nextAlerts(open, [DRIFT], quiet)).toEqual(open);
});

test('under any order of conditions and decisions, a closed alert is never opened again', () => {
  const steps = fc.oneof(
    fc.record({ kind: fc.constant('refresh' as const), message: fc.constantFrom('a', 'b', undefined) }),
    fc.record({
      kind: fc.constant('decide' as const),
      status: fc.constantFrom('acknowledged', 'resolved', 'suppressed'),
    }),
  );
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 30 }), (all) => {
      let alerts: Alerts = {};
      const closed = new Set<string>();
      for (const [i, step] of all.entries()) {
        const now = AT + i * 1000;
        const known = alerts['drift_detected'];
        if (step.kind === 'refresh') {
          const conditions = step.message === undefined ? [] : [{ ...DRIFT, message: step.message }];
          alerts = nextAlerts(alerts, conditions, { ...alerting, now });
        } else if (known !== undefined && NEXT[known.status].includes(step.status))
          alerts = { drift_detected: decided(known, { status: step.status, by: 'ann', now }) };
        const after = alerts['drift_detected'];
        if (after !== undefined && NEXT[after.status].length > 0) expect(closed.has(after.id)).toBe(false);
        if (after !== undefined && NEXT[after.status].length === 0) closed.add(after.id);
      }
    }),
  );
});
