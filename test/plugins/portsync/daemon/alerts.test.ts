/** Alerts: every condition on both sides of its bound, every transition, and the default rules. */

import { describe, expect, test } from 'vitest';
import {
  type AlertRule,
  type AlertStates,
  type AlertStatus,
  alertText,
  alertValues,
  type AlertValues,
  type Condition,
  DEFAULT_RULES,
  evaluated,
  suppressed,
} from '../../../../plugins/portsync/daemon/alerts.ts';
import { derived, NO_METRICS } from '../../../../plugins/portsync/daemon/metrics.ts';
import fc from '../../../support/property.ts';

const NONE = alertValues(NO_METRICS, derived(NO_METRICS));

function ruleOf(condition: Condition, forSecs = 0): AlertRule {
  return { name: 'one', value: 'health_score', condition, severity: 'warning', forSecs };
}

const score = (value: number | null): AlertValues => ({ ...NONE, health_score: value });

/** The statuses after values at times, in seconds. */
function statuses(
  rule: AlertRule,
  samples: readonly (readonly [at: number, value: number | null])[],
): readonly unknown[] {
  let states: AlertStates = new Map();
  return samples.map(([at, value]) => {
    states = evaluated([rule], states, score(value), at * 1000).states;
    return states.get(rule.name)?.status;
  });
}

describe('conditions', () => {
  test.each([
    [{ type: 'above', value: 50 }, 50.1, 50],
    [{ type: 'below', value: 50 }, 49.9, 50],
    [{ type: 'equals', value: 50 }, 50.0009, 50.0011],
    [{ type: 'between', low: 10, high: 20 }, 10, 9.99],
    [{ type: 'between', low: 10, high: 20 }, 20, 20.01],
    [{ type: 'above', value: 50 }, 51, null],
  ] as const)('%j holds for %s, and not for %s', (condition, yes, no) => {
    expect(statuses(ruleOf(condition), [[0, yes]])).toEqual(['firing']);
    expect(statuses(ruleOf(condition), [[0, no]])).toEqual(['inactive']);
  });

  const rate: Condition = { type: 'rate-above', value: 0.5, windowSecs: 10 };
  test.each([
    ['one sample', [[0, 100]], 'inactive'],
    [
      'two samples within a second',
      [
        [0, 0],
        [0.9, 100],
      ],
      'inactive',
    ],
    [
      'two samples a second apart',
      [
        [0, 0],
        [1, 1],
      ],
      'firing',
    ],
    [
      'exactly the bound',
      [
        [0, 0],
        [2, 1],
      ],
      'inactive',
    ],
    [
      'a rise before the window',
      [
        [0, 0],
        [1, 100],
        [12, 100],
        [14, 100],
      ],
      'resolved',
    ],
  ] as const)('a rate with %s is %s', (_, samples, last) => {
    expect(statuses(ruleOf(rate), samples).at(-1)).toBe(last);
  });
});

describe('transitions', () => {
  const rule = ruleOf({ type: 'above', value: 50 }, 60);

  test('a condition that holds for its time fires, and resolves', () => {
    expect(
      statuses(rule, [
        [0, 10],
        [1, 90],
        [60, 90],
        [61, 90],
        [62, 90],
        [63, 10],
        [64, 10],
        [65, 90],
        [125, 90],
      ]),
    ).toEqual(['inactive', 'pending', 'pending', 'firing', 'firing', 'resolved', 'resolved', 'pending', 'firing']);
  });

  test('a condition that holds only now and then does not fire', () => {
    expect(
      statuses(rule, [
        [0, 90],
        [59, 10],
        [60, 90],
        [119, 10],
      ]),
    ).toEqual(['pending', 'inactive', 'pending', 'inactive']);
  });

  test('only a firing alert is suppressed, and it resolves', () => {
    const now = ruleOf({ type: 'above', value: 50 });
    const firing = evaluated([now], new Map(), score(90), 0).states;
    const status = (states: AlertStates): AlertStatus | undefined => states.get('one')?.status;
    const quiet = suppressed(firing, 'one', 1);
    expect(status(quiet)).toBe('suppressed');
    expect(status(evaluated([now], quiet, score(90), 2).states)).toBe('suppressed');
    expect(status(evaluated([now], quiet, score(10), 2).states)).toBe('resolved');
    expect(suppressed(quiet, 'one', 3)).toBe(quiet);
    expect(suppressed(firing, 'other', 3)).toBe(firing);
  });

  test('a change is reported once, with its value', () => {
    const { changes, states } = evaluated([ruleOf({ type: 'above', value: 50 })], new Map(), score(90.12345), 0);
    expect(changes.map(alertText)).toEqual([
      'warning one is firing: health_score is 90.123 (condition: above 50 for 0 s)',
    ]);
    expect(evaluated([ruleOf({ type: 'above', value: 50 })], states, score(91), 1).changes).toEqual([]);
  });

  test('an alert fires only after its condition held at every evaluation of its time', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (truths) => {
        const seen = statuses(
          ruleOf({ type: 'above', value: 50 }, 5),
          truths.map((isTrue, at) => [at, isTrue ? 90 : 10]),
        );
        truths.forEach((_, at) => {
          const held = at >= 5 && truths.slice(at - 5, at + 1).every(Boolean);
          expect(seen[at] === 'firing').toBe(held);
        });
      }),
    );
  });
});

describe('the default rules', () => {
  test.each([
    ['eoiu-timeout-rate', { eoiu_timeout_rate: 50.1 }, { eoiu_timeout_rate: 50 }, 60],
    ['corruption', { corruption_detected_count: 6 }, { corruption_detected_count: 5 }, 120],
    ['cold-starts', { cold_start_count: 11 }, { cold_start_count: 10 }, 180],
    ['slow-initial-sync', { avg_initial_sync_duration_secs: 31 }, { avg_initial_sync_duration_secs: 30 }, 300],
    ['low-health-score', { health_score: 49 }, { health_score: 50 }, 60],
    ['recovery-success', { recovery_success_rate: 74 }, { recovery_success_rate: 75 }, 120],
    ['no-backups', { backup_created_count: 0 }, { backup_created_count: 1 }, 300],
    ['longest-initial-sync', { max_initial_sync_duration_secs: 301 }, { max_initial_sync_duration_secs: 300 }, 60],
  ] as const)('%s: %j after its time, not %j', (name, yes, no, forSecs) => {
    const quiet = { ...NONE, backup_created_count: 1 };
    const status = (values: Partial<AlertValues>, after: number): unknown => {
      const first = evaluated(DEFAULT_RULES, new Map(), { ...quiet, ...values }, 0).states;
      return evaluated(DEFAULT_RULES, first, { ...quiet, ...values }, after).states.get(name)?.status;
    };
    expect(status(yes, forSecs * 1000)).toBe('firing');
    expect(status(yes, forSecs * 1000 - 1)).toBe('pending');
    expect(status(no, forSecs * 1000)).toBe('inactive');
  });

  test('restart-rate: more than one start in two seconds for a minute', () => {
    let states: AlertStates = new Map();
    for (let second = 0; second <= 62; second += 1)
      states = evaluated(DEFAULT_RULES, states, { ...NONE, total_events: second }, second * 1000).states;
    expect(states.get('restart-rate')?.status).toBe('firing');
  });

  test('high-health-score is disabled', () => {
    expect(evaluated(DEFAULT_RULES, new Map(), score(99), 0).states.has('high-health-score')).toBe(false);
  });

  test('without any event, only the missing backup is pending', () => {
    const { states } = evaluated(DEFAULT_RULES, new Map(), NONE, 0);
    expect([...states].filter(([, { status }]) => status !== 'inactive').map(([name]) => name)).toEqual(['no-backups']);
  });
});
