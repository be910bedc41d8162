/**
 * Alerts about incidents. Pure.
 *
 * | Incident | Class | Until |
 * |---|---|---|
 * | opened | `incident_opened` | its acknowledgement, resolution or next tier |
 * | escalated to a higher tier | `incident_escalated` | an acknowledgement of the tier, or its resolution |
 * | acknowledged by a person | `incident_acknowledged` | news for a day |
 * | resolved | `incident_resolved` | news for a day |
 *
 * Tier 1 is a warning, tier 2 is high, and tier 3 is critical, which pages in production. Only incidents of declared Domains
 * have alerts.
 */

import { type Alert, type AlertSettings, defined, type Facts, instantOf, type Ledger } from '#plugin';
import { DAY_MS } from '../days.ts';
import type { AlertClass } from '../generated.ts';
import { type Incident, INCIDENT_TYPES, incidentKey, type NotedChange } from './incidents.ts';
import { tablesOf } from './tables.ts';

/** Time for which an acknowledgement and a resolution are news. */
const NEWS_MS = DAY_MS;

const SEVERITIES = { 1: 'warning', 2: 'high', 3: 'critical' } as const satisfies Readonly<
  Record<Incident['tier'], Alert['severity']>
>;

/** The change that an incident alerts about. One that was recorded without a change alerts while it is open. */
function changeOf({ status, changed }: Incident): NotedChange | undefined {
  return changed?.to ?? (status === 'open' ? 'opened' : undefined);
}

const WORDS: Readonly<Record<NotedChange, string>> = {
  opened: 'opened an incident of',
  escalated: 'raised the incident to',
  acknowledged: 'acknowledged the incident of',
  resolved: 'resolved the incident of',
};

/** The cause of the last change: a person, or the last event. */
function causeOf({ type, acknowledged_by: by, resolved_by: resolvedBy }: Incident, change: NotedChange): string {
  if (change === 'acknowledged' && by !== undefined) return by;
  if (change === 'resolved' && resolvedBy !== undefined) return resolvedBy;
  return `an event ${type}`;
}

/** The Domain of incidents, as alerts name it. */
export interface IncidentDomain {
  readonly address: string;
  readonly ref: Alert['ref'];
  /** Members of the bodies that name the Domain. */
  readonly named: Facts;
}

/** The alert about one incident, if somebody is to be notified of it now. */
function incidentAlert(
  incident: Incident,
  { ref, named }: IncidentDomain,
  { environment }: AlertSettings,
  now: number,
): Alert | undefined {
  const change = changeOf(incident);
  if (change === undefined) return undefined;
  const { id, host, type, status, tier, opened_at: openedAt, last_at: lastAt, changed } = incident;
  const changedAt = instantOf(changed?.at ?? openedAt);
  const isNews = change === 'acknowledged' || change === 'resolved';
  if (isNews && now - changedAt > NEWS_MS) return undefined;
  const severity = isNews ? 'info' : SEVERITIES[tier];
  const route = severity === 'critical' && environment === 'prod' ? 'page' : 'ticket';
  const facts: Facts = { incident: id, type, status, tier, opened_at: openedAt, last_at: lastAt };
  const body: Facts = {
    source: 'worker-certificates',
    type: 'certificate.incident',
    change,
    severity,
    incidentRoute: route,
    incidentId: id,
    incidentType: type,
    incidentStatus: status,
    tier,
    ...named,
    openedAt,
    lastEventAt: lastAt,
    environment,
  };
  return defined<Alert>({
    class: `incident_${change}` satisfies AlertClass,
    // Each tier of an escalation is delivered, also inside the cooldown of the tier before.
    subject: change === 'escalated' ? `${type}-${tier}` : type,
    ref,
    severity,
    route,
    message: `${host}: ${causeOf(incident, change)} ${WORDS[change]} tier ${tier}`,
    facts,
    since: isNews ? undefined : changedAt,
    happenedAt: isNews ? changedAt : undefined,
    bodies: { webhook: body, runbook: body },
  });
}

/** The alerts about the incidents of declared Domains. */
export function incidentAlerts(
  domains: readonly IncidentDomain[],
  ledger: Ledger,
  settings: AlertSettings,
  now: number,
): readonly Alert[] {
  const { incidents } = tablesOf(ledger);
  if (incidents.size === 0) return [];
  return domains.flatMap((domain) =>
    INCIDENT_TYPES.flatMap((type) => {
      const incident = incidents.get(incidentKey(domain.address, type));
      return incident === undefined ? [] : (incidentAlert(incident, domain, settings, now) ?? []);
    }),
  );
}
