/**
 * Incidents: one for each Domain and type of event that needs a person. Pure.
 *
 * | type | attempt | tier |
 * |---|---|---|
 * | `renewal_failed` | under 3 | 2 |
 * | `renewal_failed` | 3 and more | 3 |
 * | `issuance_failed` of a challenge | 3 and more | 2 |
 * | `issuance_failed` of anything else | 5 and more | 3 |
 * | `issuance_failed` | all other | 1 |
 * | `certificate_expiring` | under 2 | 1 |
 * | `certificate_expiring` | 2 and more | 2 |
 *
 * | incident | input | incident then |
 * |---|---|---|
 * | none or resolved | an event of its type was applied, newer than the resolution | open |
 * | open or acknowledged | the same | the same incident, with the higher tier |
 * | open or acknowledged | a newer success; for `certificate_expiring`, of a certificate that does not expire soon | resolved |
 * | open | an acknowledgement | acknowledged |
 * | acknowledged, with a higher tier since then | an acknowledgement | acknowledged, with the tier |
 * | acknowledged | an acknowledgement | unchanged |
 * | resolved | an acknowledgement | refused |
 * | open or acknowledged | a resolution | resolved |
 * | resolved | a resolution | unchanged |
 */

import { formatRef, type Instant, instantOf, instantText } from '#plugin';
import { DAY_MS } from '../days.ts';
import { type CertificateEvent, type EventType, isSuccess, timeOf } from './event.ts';
import { type DomainEvents, type EventDomain, eventsInOrder } from './outcome.ts';
import { sha256 } from './proof.ts';

export const INCIDENT_TYPES = [
  'issuance_failed',
  'renewal_failed',
  'certificate_expiring',
] as const satisfies readonly EventType[];

export type IncidentType = (typeof INCIDENT_TYPES)[number];
export type Tier = 1 | 2 | 3;
export type IncidentStatus = 'open' | 'acknowledged' | 'resolved';

/** A change of an incident of which somebody is notified. */
export type NotedChange = 'opened' | 'escalated' | 'acknowledged' | 'resolved';

/** An incident. Times are ISO 8601, UTC. */
export interface Incident {
  readonly id: string;
  /** Address of the Domain. */
  readonly domain: string;
  readonly host: string;
  readonly type: IncidentType;
  readonly status: IncidentStatus;
  readonly tier: Tier;
  /** Time of the first event. */
  readonly opened_at: string;
  /** Time of the newest event. */
  readonly last_at: string;
  /** Id of the newest event. */
  readonly last_event: string;
  /** The last change of which somebody is notified, with the time of its record. */
  readonly changed?: { readonly to: NotedChange; readonly at: string };
  readonly acknowledged_at?: string;
  readonly acknowledged_by?: string;
  readonly resolved_at?: string;
  /** A user, or the id of the event that resolved the incident. */
  readonly resolved_by?: string;
}

/** Incidents by `incidentKey`. */
export type Incidents = ReadonlyMap<string, Incident>;

/** The key of the incident of a Domain and a type: at most one is unresolved. */
export function incidentKey(domain: string, type: IncidentType): string {
  return `${domain} ${type}`;
}

/** The tier of an incident by one event. */
export function tierOf({ type, callback_class: callback, attempt = 1 }: CertificateEvent): Tier {
  switch (type) {
    case 'renewal_failed':
      return attempt >= 3 ? 3 : 2;
    case 'issuance_failed':
      if (callback === 'challenge' && attempt >= 3) return 2;
      return attempt >= 5 ? 3 : 1;
    default:
      return attempt >= 2 ? 2 : 1;
  }
}

/** True if an event ends the incidents of a type that began before it. */
function ends(type: IncidentType, event: CertificateEvent, { spec }: EventDomain): boolean {
  if (!isSuccess(event)) return false;
  if (type !== 'certificate_expiring') return true;
  const { not_after: notAfter } = event;
  return notAfter !== undefined && instantOf(notAfter) - timeOf(event) > spec.expiryWarnDays * DAY_MS;
}

export function isUnresolved(incident: Incident | undefined): incident is Incident {
  return incident !== undefined && incident.status !== 'resolved';
}

function opened(domain: EventDomain, type: IncidentType, first: CertificateEvent): Incident {
  const address = formatRef(domain.ref);
  const id = `inc-${sha256(JSON.stringify([address, type, first.id])).slice(0, 16)}`;
  const { at, id: event } = first;
  return {
    id,
    domain: address,
    host: domain.spec.host,
    type,
    status: 'open',
    tier: tierOf(first),
    opened_at: at,
    last_at: at,
    last_event: event,
  };
}

/** The incident with the events that it is about, in order. Its tier never goes down. */
function withEvents(incident: Incident, events: readonly CertificateEvent[]): Incident {
  const [first] = events;
  const last = events.at(-1);
  if (first === undefined || last === undefined) return incident;
  const tiers = [incident.tier, ...events.map(tierOf)];
  const isNewer = last.at >= incident.last_at;
  return {
    ...incident,
    tier: tiers.reduce((a, b) => (a > b ? a : b)),
    opened_at: first.at < incident.opened_at ? first.at : incident.opened_at,
    last_at: isNewer ? last.at : incident.last_at,
    last_event: isNewer ? last.id : incident.last_event,
  };
}

/** The incident of one type after all events of its Domain, in order. */
function incidentAfter(
  domain: EventDomain,
  type: IncidentType,
  before: Incident | undefined,
  events: readonly CertificateEvent[],
): Incident | undefined {
  const ended = events.findLastIndex((event) => ends(type, event, domain));
  const end = events[ended];
  const resolvedAt = before?.resolved_at === undefined ? Number.NEGATIVE_INFINITY : instantOf(before.resolved_at);
  const own = events.slice(ended + 1).filter((event) => event.type === type && timeOf(event) > resolvedAt);
  const [first] = own;
  if (first !== undefined) {
    // The end was between the first event of the known incident and these events: they are another one.
    const isOther = !isUnresolved(before) || (end !== undefined && timeOf(first) > instantOf(before.opened_at));
    return withEvents(isOther ? opened(domain, type, first) : before, own);
  }
  return isUnresolved(before) && end !== undefined && timeOf(end) >= instantOf(before.last_at)
    ? { ...before, status: 'resolved', resolved_at: end.at, resolved_by: end.id }
    : before;
}

export interface IncidentChange {
  readonly change: 'opened' | 'escalated' | 'resolved' | 'updated';
  readonly incident: Incident;
}

function changeOf(before: Incident | undefined, incident: Incident): IncidentChange['change'] {
  if (incident.status === 'resolved') return 'resolved';
  if (before === undefined || before.id !== incident.id || before.status === 'resolved') return 'opened';
  return incident.tier > before.tier ? 'escalated' : 'updated';
}

/** The incidents of a Domain that change with the events that are due. They open when an event is applied. */
export function incidentsAfter(
  domain: EventDomain,
  incidents: Incidents,
  events: DomainEvents,
  now: Instant,
): readonly IncidentChange[] {
  const all = eventsInOrder(domain, events, now);
  return INCIDENT_TYPES.flatMap((type) => {
    const before = incidents.get(incidentKey(formatRef(domain.ref), type));
    const incident = incidentAfter(domain, type, before, all);
    if (incident === undefined || incident === before || sameIncident(before, incident)) return [];
    const change = changeOf(before, incident);
    return [{ change, incident: change === 'updated' ? incident : withChange(incident, change, now) }];
  });
}

function withChange(incident: Incident, to: NotedChange, now: Instant): Incident {
  return { ...incident, changed: { to, at: instantText(now) } };
}

function sameIncident(
  before: Incident | undefined,
  { status, tier, last_event: last, opened_at: opened }: Incident,
): boolean {
  return before?.status === status && before.tier === tier && before.last_event === last && before.opened_at === opened;
}

/** The incident after an acknowledgement; undefined if it is resolved. */
export function acknowledged(incident: Incident, by: string, now: Instant): Incident | undefined {
  if (incident.status === 'resolved') return undefined;
  if (incident.status === 'acknowledged' && incident.changed?.to !== 'escalated') return incident;
  const at = instantText(now);
  return withChange(
    { ...incident, status: 'acknowledged', acknowledged_by: by, acknowledged_at: at },
    'acknowledged',
    now,
  );
}

/** The incident after a resolution by a person. */
export function resolved(incident: Incident, by: string, now: Instant): Incident {
  if (incident.status === 'resolved') return incident;
  return withChange(
    { ...incident, status: 'resolved', resolved_by: by, resolved_at: instantText(now) },
    'resolved',
    now,
  );
}

/** Time for which a resolved incident is kept. */
const RESOLVED_KEPT_MS = 30 * DAY_MS;

/** The keys of incidents to drop: those that were resolved 30 days ago. */
export function prunedIncidents(incidents: Incidents, now: Instant): readonly string[] {
  return [...incidents].flatMap(([key, { resolved_at: at }]) =>
    at !== undefined && now - instantOf(at) > RESOLVED_KEPT_MS ? [key] : [],
  );
}
