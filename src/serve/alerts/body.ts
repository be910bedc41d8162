/** Bodies of deliveries: the exact text that is sent and signed. Pure. */

import { type Alert, type Facts, formatRef, type Instant, instantText } from '#plugin';
import type { ReceiverKind } from './receiver.ts';

/** The labels of an alert in an Alertmanager, which identify it there. */
export type AlertLabels = Readonly<Record<string, string>>;

export function labelsOf(alert: Alert, project: string): AlertLabels {
  const { ref, severity, route, subject } = alert;
  return {
    alertname: alert.class,
    ...(subject === undefined ? {} : { subject }),
    project,
    plugin: ref.plugin,
    kind: ref.kind,
    address: formatRef(ref),
    severity,
    route,
  };
}

/** Names that Prometheus accepts for annotations. */
const ANNOTATION = /^[A-Za-z_][A-Za-z0-9_]*$/u;

function annotationsOf({ message, facts }: Alert): Readonly<Record<string, string>> {
  const values = Object.entries(facts)
    .filter(([name]) => ANNOTATION.test(name))
    .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const);
  return { ...Object.fromEntries(values), summary: message };
}

/** An alert for `POST /api/v2/alerts`. It ends by itself at `endsAt` unless it is sent again. */
function alertmanagerBody(alert: Alert, project: string, endsAt: Instant): string {
  const { since } = alert;
  return JSON.stringify([
    {
      labels: labelsOf(alert, project),
      annotations: annotationsOf(alert),
      ...(since === undefined ? {} : { startsAt: instantText(since) }),
      endsAt: instantText(endsAt),
    },
  ]);
}

/** The end of an alert for `POST /api/v2/alerts`. */
export function resolvedBody(labels: AlertLabels, at: Instant): string {
  return JSON.stringify([{ labels, endsAt: instantText(at) }]);
}

function usualMembers(alert: Alert, project: string): Facts {
  const { ref, severity, route, message, facts, since, happenedAt } = alert;
  return {
    source: 'fettle',
    type: `${ref.plugin}.${alert.class}`,
    project,
    severity,
    incidentRoute: route,
    address: formatRef(ref),
    message,
    facts,
    since: instantText(since ?? happenedAt) ?? null,
  };
}

/** `now` is the time of the intent, and `endsAt` the end of an alert that is not sent again. */
export function bodyOf(
  alert: Alert,
  kind: ReceiverKind,
  { project, now, endsAt }: { readonly project: string; readonly now: Instant; readonly endsAt: Instant },
): string {
  if (kind === 'alertmanager') return alertmanagerBody(alert, project, endsAt);
  return JSON.stringify({ ...(alert.bodies?.[kind] ?? usualMembers(alert, project)), timestamp: instantText(now) });
}
