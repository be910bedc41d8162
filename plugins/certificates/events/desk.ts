/** The events and incidents of `fettle events` and `fettle incidents`: what is shown, and the decisions of a person. Pure. */

import {
  compareText,
  defined,
  type DeskDecision,
  type DeskRow,
  type EventsDesk,
  type EventSelection,
  type Facts,
  type Instant,
  type Json,
  type Ledger,
} from '#plugin';
import { identityText } from './event.ts';
import { acknowledged, type Incident, resolved } from './incidents.ts';
import {
  type EventEntry,
  type EventFilter,
  MOST_REPLAYED,
  STATUSES,
  replayed,
  selected,
  statsOf,
  USUAL_REPLAYED,
} from './queue.ts';
import { recentSources } from './sources.ts';
import { eventChange, incidentChange, tablesOf } from './tables.ts';

function statusOf(text: string | undefined): EventEntry['status'] | undefined {
  return STATUSES.find((each) => each === text);
}

function asFacts(value: object): Facts {
  // Entries have only members of JSON.
  return value as Readonly<Record<string, Json>>;
}

/** The present place of an event in its queue. */
function progressOf({ status, retry, next_at: nextAt, error, applied_at: appliedAt, region }: EventEntry): string {
  switch (status) {
    case 'applied':
      return `applied ${appliedAt ?? ''}`;
    case 'failed':
      return `dead letter after ${retry} failures: ${error ?? ''}`;
    case 'forwarded':
      return `recorded by the region ${region ?? ''}`;
    case 'pending':
      if (region !== undefined) return `waits for the region ${region}`;
      return retry === 0 ? 'due now' : `next try ${nextAt ?? 'now'} after ${retry} failures: ${error ?? ''}`;
  }
}

function eventRow(entry: EventEntry): DeskRow {
  const { event } = entry;
  return {
    id: event.id,
    cells: [
      event.id,
      entry.status,
      event.type,
      event.domain_id ?? event.domain ?? '-',
      identityText(event),
      event.at,
      progressOf(entry),
    ],
    facts: asFacts(entry),
  };
}

function filterOf({ status, limit: _limit, ...more }: EventSelection): EventFilter {
  return defined<EventFilter>({ ...more, status: statusOf(status) });
}

function eventsIn(ledger: Ledger, selection: EventSelection): readonly EventEntry[] {
  return selected(tablesOf(ledger).events, filterOf(selection));
}

function incidentRow(incident: Incident): DeskRow {
  const {
    id,
    status,
    tier,
    type,
    domain,
    opened_at: openedAt,
    acknowledged_by: by,
    resolved_by: resolvedBy,
  } = incident;
  const who =
    status === 'resolved' ? `resolved by ${resolvedBy ?? '-'}` : by === undefined ? '' : `acknowledged by ${by}`;
  return {
    id,
    cells: [id, status, `tier ${tier}`, type, domain, openedAt, who],
    facts: asFacts(incident),
  };
}

/** The most urgent first: unresolved ones, then by tier, then the oldest. */
function byUrgency(a: Incident, b: Incident): number {
  const rank = ({ status }: Incident): number => (status === 'open' ? 0 : status === 'acknowledged' ? 1 : 2);
  return rank(a) - rank(b) || b.tier - a.tier || compareText(a.opened_at, b.opened_at) || compareText(a.id, b.id);
}

/** The decision about one incident. `change` returns undefined for one that is refused. */
function decided(
  ledger: Ledger,
  id: string,
  change: (incident: Incident) => Incident | undefined,
  refusal: string,
): DeskDecision | undefined {
  const found = [...tablesOf(ledger).incidents].find(([, incident]) => incident.id === id);
  if (found === undefined) return undefined;
  const [key, incident] = found;
  const after = change(incident);
  if (after === undefined) return { is: 'refused', row: incidentRow(incident), message: refusal };
  if (after === incident) return { is: 'unchanged', row: incidentRow(incident) };
  return { is: 'changed', row: incidentRow(after), change: incidentChange(key, after) };
}

export const desk: EventsDesk = {
  statuses: STATUSES,
  events: (ledger, selection) => {
    const all = eventsIn(ledger, selection);
    return (selection.limit === undefined ? all : all.slice(-selection.limit)).map(eventRow);
  },
  counts: (ledger) => statsOf(tablesOf(ledger).events),
  event: (ledger, id) => {
    const entry = tablesOf(ledger).events.get(id);
    return entry === undefined ? undefined : eventRow(entry);
  },
  replayable: (ledger, { limit = USUAL_REPLAYED, status = 'failed', ...more }) =>
    eventsIn(ledger, { ...more, status })
      .slice(0, Math.min(limit, MOST_REPLAYED))
      .map(({ event }) => event.id),
  replay: (ledger, id, { force, keepRetries }, now) => {
    const entry = tablesOf(ledger).events.get(id);
    if (entry === undefined) return undefined;
    const after = replayed(entry, { force, resetRetry: !keepRetries }, now);
    if (after === undefined)
      return { is: 'refused', row: eventRow(entry), message: 'the event is applied. Use --force to apply it again' };
    return { is: 'changed', row: eventRow(after), change: eventChange(after, 'replayed by a person') };
  },
  incidents: (ledger, { status, domain }) =>
    [...tablesOf(ledger).incidents.values()]
      .filter(
        (each) =>
          (status === undefined || each.status === status) &&
          (domain === undefined || each.host === domain.toLowerCase() || each.domain === domain),
      )
      .toSorted(byUrgency)
      .map(incidentRow),
  sources: (ledger) => recentSources(tablesOf(ledger).sources.values()),
  acknowledge: (ledger, id, by, now: Instant) =>
    decided(ledger, id, (incident) => acknowledged(incident, by, now), 'the incident is resolved'),
  resolve: (ledger, id, by, now: Instant) =>
    decided(ledger, id, (incident) => resolved(incident, by, now), 'the incident is resolved'),
};
