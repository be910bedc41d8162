/** The tables of certificate events in the ledger: how entries are read, and how changes are recorded. Pure. */

import { defined, type Json, type Ledger, type LedgerChange } from '#plugin';
import type { EventTables, EventRoundResult } from './fold.ts';
import type { Incident, Incidents } from './incidents.ts';
import type { ConflictEntry, EventEntries, EventEntry } from './queue.ts';
import type { SourceEntry } from './sources.ts';

/** Names of the tables. */
export const TABLES = {
  events: 'certificate-events',
  conflicts: 'certificate-event-conflicts',
  incidents: 'certificate-incidents',
  sources: 'certificate-sources',
  replicas: 'certificate-replicas',
  pulls: 'certificate-pulls',
} as const;

/** The tables of a ledger. Its entries are those that `ledgerChanges` made. */
export function tablesOf(ledger: Ledger): EventTables & { readonly sources: ReadonlyMap<string, SourceEntry> } {
  const table = (name: string): ReadonlyMap<string, unknown> => ledger.get(name) ?? new Map();
  return {
    events: table(TABLES.events) as EventEntries,
    conflicts: table(TABLES.conflicts) as ReadonlyMap<string, ConflictEntry>,
    incidents: table(TABLES.incidents) as Incidents,
    sources: table(TABLES.sources) as ReadonlyMap<string, SourceEntry>,
  };
}

function becauseOfEvent({ status, retry, error = '', region = '' }: EventEntry): string {
  switch (status) {
    case 'applied':
      return 'the event was applied';
    case 'failed':
      return `the event is a dead letter: ${error}`;
    case 'forwarded':
      return `the region ${region} has recorded the event`;
    case 'pending':
      if (region !== '') return `the event waits for the region ${region}`;
      return retry > 0 ? `the event failed: ${error}` : 'the event is pending';
  }
}

function becauseOfIncident({ status, resolved_by: by = '' }: Incident): string {
  return status === 'resolved' ? `resolved by ${by}` : `the incident is ${status}`;
}

/** The record of a change of an entry. */
function changeOf<T extends object>(
  table: string,
  key: string,
  entry: T | null | undefined,
  because: (entry: T) => string,
): LedgerChange {
  if (entry === null || entry === undefined) return { table, key, because: 'the entry is old' };
  // An entry has only members of JSON.
  return defined<LedgerChange>({ table, key, value: entry as unknown as Json, because: because(entry) });
}

/** The change of one event, as by a replay. */
export function eventChange(entry: EventEntry, because = becauseOfEvent(entry)): LedgerChange {
  return changeOf(TABLES.events, entry.event.id, entry, () => because);
}

/** The change of one incident, as by an acknowledgement. */
export function incidentChange(key: string, incident: Incident, because = becauseOfIncident(incident)): LedgerChange {
  return changeOf(TABLES.incidents, key, incident, () => because);
}

/** The changes of a round. */
export function ledgerChanges(
  { events, conflicts, incidents }: Pick<EventRoundResult, 'events' | 'conflicts' | 'incidents'>,
  sources: ReadonlyMap<string, SourceEntry | undefined> = new Map(),
): readonly LedgerChange[] {
  return [
    ...[...events].map(([key, entry]) => changeOf(TABLES.events, key, entry, becauseOfEvent)),
    ...[...conflicts].map(([key, entry]) =>
      changeOf(TABLES.conflicts, key, entry, ({ event }) => `${event.id} has other content`),
    ),
    ...[...incidents].map(([key, entry]) => changeOf(TABLES.incidents, key, entry, becauseOfIncident)),
    ...[...sources].map(([key, entry]) => changeOf(TABLES.sources, key, entry, () => 'requests of the source')),
  ];
}
