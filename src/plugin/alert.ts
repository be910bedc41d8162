/**
 * Alerts: conditions of which somebody is notified. A plugin raises them from its resources, and its spec lists their
 * classes. Nothing here decides when and to whom an alert is delivered.
 */

import { compareText, formatRef } from './ref.ts';
import type { Instant } from './time.ts';
import type { Facts, Ref } from './types.ts';

/** The severities of alerts, the most urgent first. */
export const ALERT_SEVERITIES = ['critical', 'high', 'medium', 'warning', 'low', 'info'] as const;

export type AlertSeverity = (typeof ALERT_SEVERITIES)[number];

/** `page`: somebody is called at once. `ticket`: somebody reads it at work. */
export type AlertRoute = 'page' | 'ticket';

/** The bodies of an alert whose form is fixed by its receivers, without the time of the delivery. */
export interface AlertBodies {
  readonly webhook: Facts;
  readonly runbook: Facts;
}

/** A condition that holds now. A resource has at most one alert of each class. */
export interface Alert {
  /** One of the classes that the spec lists for the kind. */
  readonly class: string;
  readonly ref: Ref;
  readonly severity: AlertSeverity;
  readonly route: AlertRoute;
  /** A sentence without its full stop. */
  readonly message: string;
  readonly facts: Facts;
  /** The start of the condition; absent if it is not recorded. */
  readonly since?: Instant;
  /** By default, the body is made of the other members. */
  readonly bodies?: AlertBodies;
}

/** Settings of the machine that raises alerts. They never come from the repository. */
export interface AlertSettings {
  /** The use of the declared resources. */
  readonly environment: 'dev' | 'staging' | 'prod';
  /** Time before the due time of a renewal from which it is a warning, in ms. */
  readonly renewalWarningMs: number;
}

/** Identifies a condition: `certificates/Domain/www:tls_error`. */
export function alertKey(alert: Pick<Alert, 'ref' | 'class'>): string {
  return `${formatRef(alert.ref)}:${alert.class}`;
}

/** The route of an alert whose spec names none. */
export function usualRoute(severity: AlertSeverity): AlertRoute {
  return severity === 'critical' ? 'page' : 'ticket';
}

/** The most urgent alert first, the oldest of equal ones. */
export function inAlertOrder(alerts: readonly Alert[]): readonly Alert[] {
  const rank = ({ severity }: Alert): number => ALERT_SEVERITIES.indexOf(severity);
  return alerts
    .map((alert) => ({ alert, key: alertKey(alert) }))
    .sort(
      (a, b) =>
        rank(a.alert) - rank(b.alert) ||
        (a.alert.since ?? Number.POSITIVE_INFINITY) - (b.alert.since ?? Number.POSITIVE_INFINITY) ||
        compareText(a.key, b.key),
    )
    .map(({ alert }) => alert);
}
