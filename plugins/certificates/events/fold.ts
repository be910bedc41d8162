/**
 * One round of certificate events: takes arrived events into the queue, replays dead letters, applies the events that are
 * due to their Domains, and drops old entries. Pure: returns the changes of tables, and the notes about Domains.
 */

import { formatRef, type Instant, type Ref, type Regions, type StateNote } from '#plugin';
import { ownerIn } from '#plugin/regions';
import { routedTo } from './domains.ts';
import { type CertificateEvent, hostKey } from './event.ts';
import {
  type Incident,
  type IncidentChange,
  incidentKey,
  type Incidents,
  incidentsAfter,
  prunedIncidents,
} from './incidents.ts';
import { type DomainEvents, type EventDomain, outcomeOf } from './outcome.ts';
import {
  applied,
  arrived,
  autoReplayed,
  type ConflictEntry,
  conflictKey,
  dueEntries,
  type EventEntry,
  failedOnce,
  forwarded,
  handedOver as arrivedFrom,
  prunedConflicts,
  prunedIds,
  waitingFor,
} from './queue.ts';
import type { EventSettings } from './settings.ts';

/** The recorded tables of certificate events. */
export interface EventTables {
  readonly events: ReadonlyMap<string, EventEntry>;
  readonly conflicts: ReadonlyMap<string, ConflictEntry>;
  readonly incidents: Incidents;
}

export interface EventRound {
  readonly tables: EventTables;
  /** Events that arrived since the last round. */
  readonly arrivals: readonly CertificateEvent[];
  /** Every declared Domain. */
  readonly domains: readonly EventDomain[];
  readonly settings: Pick<EventSettings, 'intake' | 'queue' | 'replay'>;
  /** Absent for a daemon without regions: it owns every Domain. */
  readonly regions?: Regions | undefined;
  /** Events that other regions hand over. */
  readonly handedOver?: readonly CertificateEvent[];
  /** The ids of events that other regions have recorded. */
  readonly held?: readonly { readonly region: string; readonly ids: readonly string[] }[];
  readonly now: Instant;
}

/** The new entry of a key; null removes it. */
export type Changed<T> = ReadonlyMap<string, T | null>;

export interface RoundCounts {
  readonly received: number;
  readonly repeated: number;
  readonly conflicting: number;
  readonly replayed: number;
  readonly applied: number;
  /** Failed tries. */
  readonly failed: number;
  /** Events that became dead letters. */
  readonly dead: number;
}

export interface EventRoundResult {
  readonly events: Changed<EventEntry>;
  readonly conflicts: Changed<ConflictEntry>;
  readonly incidents: Changed<Incident>;
  readonly incidentChanges: readonly IncidentChange[];
  /** At most one for each Domain. */
  readonly notes: readonly StateNote[];
  readonly counts: RoundCounts;
  /** True if further events are due. */
  readonly more: boolean;
}

/** A table with its changes. */
class Table<T> {
  readonly #all: Map<string, T>;
  readonly #changed = new Map<string, T | null>();

  constructor(entries: ReadonlyMap<string, T>) {
    this.#all = new Map(entries);
  }

  get all(): ReadonlyMap<string, T> {
    return this.#all;
  }

  get changed(): Changed<T> {
    return this.#changed;
  }

  set(key: string, entry: T): void {
    this.#all.set(key, entry);
    this.#changed.set(key, entry);
  }

  /** Removes an entry. One that began in this round leaves no change. */
  remove(key: string, wasRecorded: boolean): void {
    this.#all.delete(key);
    if (wasRecorded) this.#changed.set(key, null);
    else this.#changed.delete(key);
  }
}

/** Finds the Domains of an event: that with its `domainId`, else all with its host. A round without events asks for none. */
function finderOf(domains: readonly EventDomain[]): (event: CertificateEvent) => readonly EventDomain[] {
  let byId: ReadonlyMap<string | undefined, readonly EventDomain[]> | undefined;
  let byHost: ReadonlyMap<string, readonly EventDomain[]> | undefined;
  return ({ domain_id: id, domain = '' }) => {
    if (id !== undefined) {
      byId ??= Map.groupBy(domains, ({ spec }) => spec.externalId?.toLowerCase());
      return byId.get(id) ?? [];
    }
    byHost ??= Map.groupBy(domains, ({ spec }) => hostKey(spec.host));
    return byHost.get(domain) ?? [];
  };
}

/** The events of each Domain that has some to apply. */
function eventsByDomain(
  due: readonly (readonly [EventEntry, readonly EventDomain[]])[],
  entries: ReadonlyMap<string, EventEntry>,
  find: (event: CertificateEvent) => readonly EventDomain[],
): ReadonlyMap<EventDomain, DomainEvents> {
  const found = new Map<EventDomain, { readonly history: CertificateEvent[]; readonly due: CertificateEvent[] }>();
  for (const [{ event }, domains] of due)
    for (const domain of domains) {
      const events = found.get(domain) ?? { history: [], due: [] };
      events.due.push(event);
      found.set(domain, events);
    }
  if (found.size === 0) return found;
  for (const { applied_at: appliedAt, event } of entries.values())
    if (appliedAt !== undefined) for (const domain of find(event)) found.get(domain)?.history.push(event);
  return found;
}

/** The region that an event waits for: the owner of its Domain, and undefined for this one. An event without a Domain stays. */
function regionFinder(
  find: (event: CertificateEvent) => readonly EventDomain[],
  regions: Regions | undefined,
): (event: CertificateEvent) => string | undefined {
  return (event) => {
    const [first] = regions === undefined ? [] : find(event);
    if (first === undefined || regions === undefined) return undefined;
    const owner = ownerIn(regions, routedTo(first.spec));
    return owner === regions.own ? undefined : owner;
  };
}

/** Says that a Domain has events with the same id and different content. */
function conflictNote(ref: Ref, { id, received_at: at }: CertificateEvent): StateNote {
  return { ref, kept: { cert_conflict_id: id, cert_conflict_at: at } };
}

/** One note for each Domain. */
function merged(notes: readonly StateNote[]): readonly StateNote[] {
  return [...Map.groupBy(notes, ({ ref }) => formatRef(ref)).values()].flatMap(([first, ...others]) =>
    first === undefined
      ? []
      : [others.reduce((note, other) => ({ ...note, ...other, kept: { ...note.kept, ...other.kept } }), first)],
  );
}

/** Executes one round. */
export function eventRound({
  tables,
  arrivals,
  domains,
  settings,
  now,
  regions,
  handedOver = [],
  held = [],
}: EventRound): EventRoundResult {
  const events = new Table(tables.events);
  const conflicts = new Table(tables.conflicts);
  const incidents = new Table(tables.incidents);
  const find = finderOf(domains);
  const regionFor = regionFinder(find, regions);
  const isOwn = ({ spec }: EventDomain): boolean =>
    regions === undefined || ownerIn(regions, routedTo(spec)) === regions.own;
  const notes: StateNote[] = [];
  let [received, repeated, conflicting, failed, dead] = [0, 0, 0, 0, 0];

  // The owner alone takes over: an event without a Domain here, or with one of another region, stays where it is.
  const taken = handedOver.filter((event) => find(event).length > 0 && regionFor(event) === undefined);
  const all = [
    ...arrivals.map((event) => [event, arrived] as const),
    ...taken.map((event) => [event, arrivedFrom] as const),
  ];
  for (const [event, arrive] of all) {
    const arrival = arrive(events.all.get(event.id), event, now);
    if (arrival.is === 'conflict') {
      const key = conflictKey(event);
      if (conflicts.all.has(key)) repeated += 1;
      else {
        conflicting += 1;
        conflicts.set(key, arrival.conflict);
        for (const { ref } of find(event)) notes.push(conflictNote(ref, event));
      }
      continue;
    }
    if (arrival.is === 'new') received += 1;
    else repeated += 1;
    if (arrival.entry !== undefined) events.set(event.id, arrival.entry);
  }

  for (const { region, ids } of held)
    for (const id of ids) {
      const entry = events.all.get(id);
      if (entry?.status === 'pending' && entry.region === region) events.set(id, forwarded(entry, now));
    }
  for (const [id, entry] of events.all) {
    if (entry.status !== 'pending') continue;
    const region = regionFor(entry.event);
    if (region !== entry.region) events.set(id, waitingFor(region, entry, now));
  }

  const replays = autoReplayed(events.all, now, settings.replay, settings.queue);
  for (const entry of replays) events.set(entry.event.id, entry);

  const dueNow = dueEntries(events.all, now, { batch: settings.queue.batch + 1 });
  const due = dueNow.slice(0, settings.queue.batch).map((entry) => [entry, find(entry.event).filter(isOwn)] as const);
  const byDomain = eventsByDomain(due, events.all, find);
  const incidentChanges: IncidentChange[] = [];
  for (const [domain, those] of byDomain) {
    const note = outcomeOf(domain, those, now);
    if (note !== undefined) notes.push(note);
    for (const change of incidentsAfter(domain, incidents.all, those, now)) {
      incidentChanges.push(change);
      incidents.set(incidentKey(change.incident.domain, change.incident.type), change.incident);
    }
  }
  for (const [entry, those] of due) {
    const next =
      those.length > 0 ? applied(entry, now) : failedOnce(entry, unmatchedText(entry.event), now, settings.queue);
    if (next.status !== 'applied') failed += 1;
    if (next.status === 'failed') dead += 1;
    events.set(entry.event.id, next);
  }

  for (const id of prunedIds(events.all, now, settings.intake)) events.remove(id, tables.events.has(id));
  for (const key of prunedConflicts(conflicts.all, now)) conflicts.remove(key, tables.conflicts.has(key));
  for (const key of prunedIncidents(incidents.all, now)) incidents.remove(key, tables.incidents.has(key));
  return {
    events: events.changed,
    conflicts: conflicts.changed,
    incidents: incidents.changed,
    incidentChanges,
    notes: merged(notes),
    counts: { received, repeated, conflicting, replayed: replays.length, applied: due.length - failed, failed, dead },
    more: dueNow.length > due.length,
  };
}

function unmatchedText({ domain_id: id, domain = '' }: CertificateEvent): string {
  return id === undefined ? `no Domain has the host ${domain}` : `no Domain has the externalId ${id}`;
}
