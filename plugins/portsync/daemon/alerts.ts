/**
 * Alerts of the daemon: conditions over its values, that must hold for a time. Pure; times are monotonic, in ms.
 *
 * | From | To | When |
 * |---|---|---|
 * | `inactive`, `resolved` | `pending` | the condition holds |
 * | `pending` | `firing` | the condition has held for `forSecs`; at once for 0 |
 * | `pending` | `inactive` | the condition no longer holds |
 * | `firing` | `suppressed` | the alert is named in `--suppress`; without it, the next start judges anew |
 * | `firing`, `suppressed` | `resolved` | the condition no longer holds |
 */

import { type AlertClass, tables } from '../generated.ts';
import type { Derived, Metrics } from './metrics.ts';

export type Severity = 'info' | 'warning' | 'critical';

/** Bounds of `between` are inclusive; `equals` permits a difference of 0.001. */
export type Condition =
  | { readonly type: 'above' | 'below' | 'equals'; readonly value: number }
  | { readonly type: 'between'; readonly low: number; readonly high: number }
  /** Change per second over the last `windowSecs`: at least two samples, one second apart. */
  | { readonly type: 'rate-above'; readonly value: number; readonly windowSecs: number };

/** The values that a rule can name. */
export type AlertValues = Readonly<Record<AlertValue, number | null>>;

export type AlertValue =
  | 'eoiu_timeout_rate'
  | 'corruption_detected_count'
  | 'cold_start_count'
  | 'avg_initial_sync_duration_secs'
  | 'max_initial_sync_duration_secs'
  | 'health_score'
  | 'recovery_success_rate'
  | 'backup_created_count'
  | 'total_events';

export interface AlertRule {
  readonly name: string;
  readonly value: AlertValue;
  readonly condition: Condition;
  readonly severity: Severity;
  readonly forSecs: number;
  /** True by default. */
  readonly isEnabled?: boolean;
}

const above = (value: number): Condition => ({ type: 'above', value });
const below = (value: number): Condition => ({ type: 'below', value });

/** Conditions of the rules. */
const RULES: readonly (Omit<AlertRule, 'severity'> & { readonly name: AlertClass })[] = [
  { name: 'eoiu-timeout-rate', value: 'eoiu_timeout_rate', condition: above(50), forSecs: 60 },
  { name: 'corruption', value: 'corruption_detected_count', condition: above(5), forSecs: 120 },
  { name: 'cold-starts', value: 'cold_start_count', condition: above(10), forSecs: 180 },
  {
    name: 'slow-initial-sync',
    value: 'avg_initial_sync_duration_secs',
    condition: above(30),
    forSecs: 300,
  },
  { name: 'low-health-score', value: 'health_score', condition: below(50), forSecs: 60 },
  { name: 'recovery-success', value: 'recovery_success_rate', condition: below(75), forSecs: 120 },
  { name: 'no-backups', value: 'backup_created_count', condition: below(1), forSecs: 300 },
  {
    name: 'longest-initial-sync',
    value: 'max_initial_sync_duration_secs',
    condition: above(300),
    forSecs: 60,
  },
  {
    name: 'restart-rate',
    value: 'total_events',
    condition: { type: 'rate-above', value: 0.5, windowSecs: 60 },
    forSecs: 60,
  },
  {
    name: 'high-health-score',
    value: 'health_score',
    condition: above(85),
    forSecs: 0,
    isEnabled: false,
  },
];

/** The severity that the spec lists for a rule. */
function severityOf(name: AlertClass): Severity {
  const [severity = 'warning'] = tables.alerts.find((each) => each.class === name)?.severities ?? [];
  return severity;
}

/** The rules of the original `portsyncd`, with the severities that the spec lists. */
export const DEFAULT_RULES: readonly AlertRule[] = RULES.map((rule) => ({ ...rule, severity: severityOf(rule.name) }));

export function alertValues(metrics: Metrics, derived: Derived): AlertValues {
  return {
    eoiu_timeout_rate: derived.eoiu_timeout_rate,
    corruption_detected_count: metrics.corruption_detected_count,
    cold_start_count: metrics.cold_start_count,
    avg_initial_sync_duration_secs: derived.avg_initial_sync_duration_secs,
    max_initial_sync_duration_secs: metrics.max_initial_sync_duration_secs,
    health_score: derived.health_score,
    recovery_success_rate: derived.recovery_success_rate,
    backup_created_count: metrics.backup_created_count,
    total_events: derived.total_events,
  };
}

export type AlertStatus = 'inactive' | 'pending' | 'firing' | 'resolved' | 'suppressed';

interface AlertSample {
  readonly at: number;
  readonly value: number;
}

export interface AlertState {
  readonly status: AlertStatus;
  /** Time of the last change of the status. */
  readonly since: number;
  /** Samples of the window of a rate, oldest first. */
  readonly samples: readonly AlertSample[];
}

/** States of rules by name. */
export type AlertStates = ReadonlyMap<string, AlertState>;

export interface AlertChange {
  readonly rule: AlertRule;
  readonly from: AlertStatus;
  readonly to: AlertStatus;
  /** The value that decided; null if it was not known. */
  readonly value: number | null;
}

export interface Evaluated {
  readonly states: AlertStates;
  readonly changes: readonly AlertChange[];
}

const TOLERANCE = 0.001;
const MIN_SPAN_MS = 1_000;
/** Samples that a window keeps: one a second is enough for a rate. */
const MOST_SAMPLES = 600;

function rateOf(samples: readonly AlertSample[]): number | null {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.at - first.at < MIN_SPAN_MS) return null;
  return ((last.value - first.value) / (last.at - first.at)) * 1000;
}

function holds(condition: Condition, value: number | null, samples: readonly AlertSample[]): boolean {
  if (value === null) return false;
  switch (condition.type) {
    case 'above':
      return value > condition.value;
    case 'below':
      return value < condition.value;
    case 'equals':
      return Math.abs(value - condition.value) <= TOLERANCE;
    case 'between':
      return value >= condition.low && value <= condition.high;
    case 'rate-above': {
      const rate = rateOf(samples);
      return rate !== null && rate > condition.value;
    }
  }
}

function samplesOf(
  { condition }: AlertRule,
  before: readonly AlertSample[],
  value: number | null,
  now: number,
): readonly AlertSample[] {
  if (condition.type !== 'rate-above' || value === null) return [];
  const kept = before.filter(({ at }) => at >= now - condition.windowSecs * 1000 && at <= now);
  return [...kept, { at: now, value }].slice(-MOST_SAMPLES);
}

function nextStatus({ status, since }: AlertState, { forSecs }: AlertRule, isTrue: boolean, now: number): AlertStatus {
  if (!isTrue) {
    if (status === 'pending') return 'inactive';
    return status === 'firing' || status === 'suppressed' ? 'resolved' : status;
  }
  if (status === 'firing' || status === 'suppressed') return status;
  const heldMs = status === 'pending' ? now - since : 0;
  return heldMs >= forSecs * 1000 ? 'firing' : 'pending';
}

/** The states of the enabled rules after new values. */
export function evaluated(
  rules: readonly AlertRule[],
  before: AlertStates,
  values: AlertValues,
  now: number,
): Evaluated {
  const changes: AlertChange[] = [];
  const states = new Map<string, AlertState>();
  for (const rule of rules) {
    if (rule.isEnabled === false) continue;
    const state: AlertState = before.get(rule.name) ?? { status: 'inactive', since: now, samples: [] };
    const value = values[rule.value];
    const samples = samplesOf(rule, state.samples, value, now);
    const status = nextStatus(state, rule, holds(rule.condition, value, samples), now);
    if (status !== state.status) changes.push({ rule, from: state.status, to: status, value });
    states.set(rule.name, { status, since: status === state.status ? state.since : now, samples });
  }
  return { states, changes };
}

/** Suppresses a firing alert. Others stay as they are. */
export function suppressed(states: AlertStates, name: string, now: number): AlertStates {
  const state = states.get(name);
  if (state?.status !== 'firing') return states;
  return new Map([...states, [name, { ...state, status: 'suppressed', since: now }]]);
}

function conditionText(condition: Condition): string {
  switch (condition.type) {
    case 'above':
      return `above ${condition.value}`;
    case 'below':
      return `below ${condition.value}`;
    case 'equals':
      return `equal to ${condition.value}`;
    case 'between':
      return `between ${condition.low} and ${condition.high}`;
    case 'rate-above':
      return `rising by more than ${condition.value}/s`;
  }
}

/** `warning eoiu-timeout-rate is firing: eoiu_timeout_rate is 75 (condition: above 50 for 60 s)`. */
export function alertText({ rule, to, value }: AlertChange): string {
  const shown = value === null ? 'unknown' : String(Math.round(value * 1000) / 1000);
  return `${rule.severity} ${rule.name} is ${to}: ${rule.value} is ${shown} (condition: ${conditionText(rule.condition)} for ${rule.forSecs} s)`;
}
