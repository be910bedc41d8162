/** Alerts of a fabric: their types, lifecycle and order in the queue. The spec lists their severities. */

import { type AlertClass, tables } from '../generated.ts';

export const ALERT_STATUSES = ['active', 'acknowledged', 'resolved', 'suppressed'] as const;
/** The highest first. */
export const ALERT_SEVERITIES = ['critical', 'high', 'medium', 'low'] as const;

export type AlertStatus = (typeof ALERT_STATUSES)[number];
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number];
export type AlertAction = 'update_git' | 'import_to_git' | 'delete_from_cluster' | 'manual_review' | 'ignore';

const HOUR = 3_600_000;

/** Allowed moves. A closed alert is never opened again: a new one is created. */
export const NEXT: Readonly<Record<AlertStatus, readonly AlertStatus[]>> = {
  active: ['acknowledged', 'resolved', 'suppressed'],
  acknowledged: ['resolved', 'suppressed'],
  resolved: [],
  suppressed: [],
};

/** Actions that each type of alert suggests; no other action resolves it. */
export const SUGGESTED = {
  drift_detected: ['update_git', 'import_to_git', 'ignore'],
  orphaned_resource: ['import_to_git', 'delete_from_cluster', 'ignore'],
  creation_pending: ['manual_review', 'ignore'],
  deletion_pending: ['manual_review', 'ignore'],
  sync_failure: ['manual_review', 'ignore'],
  validation_error: ['manual_review', 'ignore'],
  conflict_detected: ['manual_review'],
  connection_failure: ['manual_review', 'ignore'],
  maintenance_review: ['manual_review', 'ignore'],
} as const satisfies Readonly<Record<AlertClass, readonly AlertAction[]>>;

export type AlertType = AlertClass;

export const ALERT_TYPES = Object.keys(SUGGESTED) as readonly AlertType[];

export function isAlertType(text: string): text is AlertType {
  return Object.hasOwn(SUGGESTED, text);
}

/** Longest times until an alert should be handled, in ms. */
export const TARGET_MS: Readonly<Record<AlertSeverity, number>> = {
  critical: 0,
  high: HOUR,
  medium: 4 * HOUR,
  low: 24 * HOUR,
};

/** Failed tries after which a person has to look. */
export const ESCALATES_AFTER = 5;

const BASE: Readonly<Record<AlertSeverity, number>> = { critical: 10, high: 30, medium: 50, low: 70 };

/** The severity of an alert about drift, by its score. */
export function driftAlertSeverity(score: number): AlertSeverity {
  if (score >= 0.8) return 'high';
  return score >= 0.5 ? 'medium' : 'low';
}

/** The severity that the spec lists for an alert about a Fabric, or about an object of any kind. */
export function alertSeverity(
  kind: 'Fabric' | 'Object',
  type: Exclude<AlertType, 'drift_detected'>,
): AlertSeverity | undefined {
  return tables.alerts.find((each) => each.kind === kind && each.class === type)?.severities[0];
}

/** Place in the queue: a lower number is sooner. Times are milliseconds. */
export function priority(severity: AlertSeverity, age: number): number {
  return Math.max(1, BASE[severity] - Math.min(age / HOUR, 20));
}

export function resolvable(type: AlertType, status: AlertStatus, action: AlertAction): boolean {
  return NEXT[status].includes('resolved') && SUGGESTED[type].some((each) => each === action);
}
