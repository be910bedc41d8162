/**
 * Alerts: conditions of which somebody is notified. A plugin raises them from its resources, and its spec lists their
 * classes. Nothing here decides when and to whom an alert is delivered.
 */

import type { Ledger } from './ledger.ts';
import { compareText, formatRef } from './ref.ts';
import type { Instant } from './time.ts';
import type { Facts, Ref, Resource, Scene } from './types.ts';

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

/** A condition that holds now, or news. A resource has at most one alert of each class and subject. */
export interface Alert {
  /** One of the classes that the spec lists for the kind. */
  readonly class: string;
  /** Distinguishes alerts of one class about one resource: lower-case letters, digits, `_` and `-`. */
  readonly subject?: string;
  readonly ref: Ref;
  readonly severity: AlertSeverity;
  readonly route: AlertRoute;
  /** A sentence without its full stop. */
  readonly message: string;
  readonly facts: Facts;
  /** The start of the condition; absent if it is not recorded. */
  readonly since?: Instant;
  /**
   * The time of news: something that has happened, and not a condition. News is delivered once, to webhooks alone, while
   * the plugin returns it.
   */
  readonly happenedAt?: Instant;
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

/** The input of the alerts of a plugin. */
export interface AlertRound {
  /** The resources of the plugin. */
  readonly resources: readonly Resource[];
  /** With every change and verdict. */
  readonly scene: Scene;
  /** The ledger, with what the round has recorded. */
  readonly ledger: Ledger;
  readonly settings: AlertSettings;
}

/**
 * The alerts of a plugin: every condition that holds after a refresh, and under a gap those that the state shows. The
 * classes are those of the spec. Pure.
 */
export type RaiseAlerts = (round: AlertRound) => readonly Alert[];

/** Identifies an alert: `certificates/Domain/www:tls_error`, or `certificates/Domain/www:incident_opened/renewal_failed`. */
export function alertKey({ ref, class: named, subject }: Pick<Alert, 'ref' | 'class' | 'subject'>): string {
  return `${formatRef(ref)}:${named}${subject === undefined ? '' : `/${subject}`}`;
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
