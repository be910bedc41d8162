/** Recorded alerts of one resource: how the conditions of a refresh change them. Pure. */

import { defined, digestOf, type Instant, instantOf, instantText, sameJson, shorten } from '#plugin';
import type { ObjectMemory } from '../generated.ts';
import { type AlertAction, type AlertSeverity, type AlertStatus, type AlertType, isAlertType, NEXT } from './alert.ts';

/** The alerts of one resource, by type. */
export type Alerts = ObjectMemory['alerts'];
export type Alert = Alerts[string];

/** A condition that a refresh shows, and about which an alert is due. */
export interface Condition {
  readonly type: AlertType;
  readonly severity: AlertSeverity;
  readonly message: string;
  /** The drift score, if the condition has one. */
  readonly score?: number;
}

export interface Alerting {
  readonly address: string;
  readonly now: Instant;
  /** False during a maintenance, and for a Fabric that has no alerts: no alert begins. */
  readonly isOn: boolean;
  /** Time after which a closed alert is dropped, in ms. */
  readonly expireMs: number;
}

/** Longest message of an alert: a cluster or a manifest may have longer names. */
const MOST_MESSAGE = 1000;

/** Enough that the ids of thousands of alerts differ. */
const ID_DIGITS = 12;

function isClosed({ status }: Alert): boolean {
  return NEXT[status].length === 0;
}

function begun({ type, severity, message, score }: Condition, condition: string, { address, now }: Alerting): Alert {
  const since = instantText(now);
  const id = digestOf([address, type, since]).slice('sha256:'.length, 'sha256:'.length + ID_DIGITS);
  return defined<Alert>({ id, status: 'active', severity, since, condition, message, score });
}

/** The alert about a condition; undefined if none is due. A closed alert is never opened again. */
function nextAlert(known: Alert | undefined, found: Condition, alerting: Alerting): Alert | undefined {
  const condition = digestOf([found.severity, found.message]);
  const isOver =
    known !== undefined &&
    isClosed(known) &&
    (known.condition !== condition || alerting.now - instantOf(known.at ?? known.since) > alerting.expireMs);
  if (known === undefined || isOver) return alerting.isOn ? begun(found, condition, alerting) : undefined;
  if (isClosed(known)) return known;
  const { severity, message, score } = found;
  return defined<Alert>({ ...known, severity, message, condition, score });
}

/** The alerts after a refresh. One whose condition has ended is dropped: the log has its course. */
export function nextAlerts(known: Alerts, conditions: readonly Condition[], alerting: Alerting): Alerts {
  return Object.fromEntries(
    conditions.flatMap((each) => {
      const found = { ...each, message: shorten(each.message, MOST_MESSAGE) };
      const next = nextAlert(known[found.type], found, alerting);
      return next === undefined ? [] : [[found.type, next]];
    }),
  );
}

/** The alerts to record; empty if they are as recorded. `null` drops the last one. */
export function alertsNote(before: Alerts | undefined, after: Alerts): { readonly alerts?: Alerts | null } {
  if (sameJson(before ?? {}, after)) return {};
  return { alerts: Object.keys(after).length === 0 ? null : after };
}

/** A decision of a person about an alert. */
export interface Decision {
  readonly status: Exclude<AlertStatus, 'active'>;
  readonly by: string;
  readonly now: Instant;
  readonly action?: AlertAction;
}

/** The alert after a decision that its lifecycle allows. */
export function decided(alert: Alert, { status, by, now, action }: Decision): Alert {
  return defined<Alert>({ ...alert, status, by, at: instantText(now), action });
}

/** The alerts of a record, with their types. */
export function entriesOf(alerts: Alerts | undefined): readonly (readonly [AlertType, Alert])[] {
  return Object.entries(alerts ?? {}).flatMap(([type, alert]) => (isAlertType(type) ? [[type, alert] as const] : []));
}
