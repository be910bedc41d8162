/**
 * The queue of certificate events: each is pending until it is applied, or failed too often. Pure.
 *
 * | entry | input | entry then |
 * |---|---|---|
 * | none | an event | pending |
 * | pending or applied | the same body again | unchanged |
 * | failed | the same body again | pending, without its failures |
 * | any | another body with the same id | unchanged; the other body is a conflict |
 * | pending | it was applied | applied, without its payload |
 * | pending | its n-th failure, n below the maximum | pending, due after 45 s · 2^min(n−1, 8), an hour at most |
 * | pending | its last failure | failed: a dead letter |
 * | failed | an automatic replay, within its limits | pending, without its failures |
 * | failed or pending | a replay by a person | pending, due now |
 * | applied | a replay by a person, forced | pending, due now |
 * | pending | another region owns its Domain | pending, for that region |
 * | pending, for a region | that region has recorded it | forwarded, without its payload |
 * | forwarded | the event comes back from a region, because its Domain moved here | pending, due now |
 * | applied or forwarded, 7 days ago | time | none |
 */

import { compareText, defined, type Instant, instantOf, instantText, shorten } from '#plugin';
import { type CertificateEvent, hostKey, KEPT_MS } from './event.ts';
import type { IntakeSettings, QueueSettings, ReplaySettings } from './settings.ts';

export const STATUSES = ['pending', 'applied', 'failed', 'forwarded'] as const;

export type EventStatus = (typeof STATUSES)[number];

/** An event in the queue. Times are ISO 8601, UTC, with milliseconds: their order is that of their texts. */
export interface EventEntry {
  readonly event: CertificateEvent;
  readonly status: EventStatus;
  /** Failures since the event became pending. */
  readonly retry: number;
  /** Automatic replays. */
  readonly replays: number;
  readonly updated_at: string;
  /** Time of the next try of a pending event; absent if it is due. */
  readonly next_at?: string;
  /** The last failure. */
  readonly error?: string;
  /** The last application; also of an event that is pending again, by a forced replay. */
  readonly applied_at?: string;
  /** Region that owns its Domain: a pending event waits until that region has recorded it. Absent for the own region. */
  readonly region?: string;
}

/** Entries by the id of their event. */
export type EventEntries = ReadonlyMap<string, EventEntry>;

/** An event whose id another event had. */
export interface ConflictEntry {
  readonly event: CertificateEvent;
  /** Digest of the body that counts. */
  readonly first: string;
}

function withoutPayload({ payload: _payload, ...event }: CertificateEvent): CertificateEvent {
  return event;
}

/** The entry after the arrival of an event; undefined if the entry stays as it is. */
export type Arrival =
  | { readonly is: 'new' | 'repeat'; readonly entry?: EventEntry }
  | { readonly is: 'conflict'; readonly conflict: ConflictEntry };

export function arrived(before: EventEntry | undefined, event: CertificateEvent, now: Instant): Arrival {
  const entry: EventEntry = { event, status: 'pending', retry: 0, replays: 0, updated_at: instantText(now) };
  if (before === undefined) return { is: 'new', entry };
  if (before.event.digest !== event.digest)
    return { is: 'conflict', conflict: { event: withoutPayload(event), first: before.event.digest } };
  return before.status === 'failed' ? { is: 'repeat', entry: requeued(before, now) } : { is: 'repeat' };
}

/** The entry of a pending event that waits for a region, or that no longer does. */
export function waitingFor(region: string | undefined, entry: EventEntry, now: Instant): EventEntry {
  const { region: _region, next_at: _next, ...rest } = entry;
  return defined<EventEntry>({ ...rest, updated_at: instantText(now), region });
}

/** The entry after the region that it waits for has recorded its event. */
export function forwarded({ event, replays, region }: EventEntry, now: Instant): EventEntry {
  const entry = { event: withoutPayload(event), status: 'forwarded' as const, retry: 0, replays };
  return defined<EventEntry>({ ...entry, updated_at: instantText(now), region });
}

/** The entry after another region has handed an event over to this one, which owns its Domain. */
export function handedOver(before: EventEntry | undefined, event: CertificateEvent, now: Instant): Arrival {
  if (before?.status !== 'forwarded' || before.event.digest !== event.digest) return arrived(before, event, now);
  return { is: 'repeat', entry: requeued({ ...before, event }, now) };
}

/** The key of a conflict: each other body is kept once. */
export function conflictKey({ id, digest }: CertificateEvent): string {
  return `${id} ${digest}`;
}

function requeued(entry: EventEntry, now: Instant, resetRetry = true): EventEntry {
  const { event, retry, replays, applied_at: appliedAt } = entry;
  return defined<EventEntry>({
    event,
    status: 'pending',
    retry: resetRetry ? 0 : retry,
    replays,
    updated_at: instantText(now),
    applied_at: appliedAt,
  });
}

function receivedAt({ event }: EventEntry): Instant {
  return instantOf(event.received_at);
}

/** Orders entries by the arrival of their events. */
function byArrival(a: EventEntry, b: EventEntry): number {
  return receivedAt(a) - receivedAt(b) || compareText(a.event.id, b.event.id);
}

const MOST_BACKOFF_MS = 3_600_000;
const MOST_DOUBLED = 8;

/** The pending events that are due, the oldest first. */
export function dueEntries(
  entries: EventEntries,
  now: Instant,
  { batch }: Pick<QueueSettings, 'batch'>,
): readonly EventEntry[] {
  const until = instantText(now);
  // A later time is from before the clock was set back.
  const latest = instantText(now + MOST_BACKOFF_MS);
  return [...entries.values()]
    .filter(
      ({ status, region, next_at: next }) =>
        status === 'pending' && region === undefined && (next === undefined || next <= until || next > latest),
    )
    .toSorted(byArrival)
    .slice(0, batch);
}

/** The earliest time at which an event is due; undefined without a pending event. */
export function nextDueAt(entries: EventEntries): Instant | undefined {
  const times = [...entries.values()].flatMap((entry) =>
    entry.status === 'pending' && entry.region === undefined
      ? [instantOf(entry.next_at ?? entry.event.received_at)]
      : [],
  );
  return times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b));
}

export function applied({ event, replays }: EventEntry, now: Instant): EventEntry {
  const at = instantText(now);
  return { event: withoutPayload(event), status: 'applied', retry: 0, replays, updated_at: at, applied_at: at };
}

/** Time from the n-th failure of an event to its next try, in ms. */
export function retryMs(failures: number, { baseMs }: Pick<QueueSettings, 'baseMs'>): number {
  return Math.min(MOST_BACKOFF_MS, baseMs * 2 ** Math.min(failures - 1, MOST_DOUBLED));
}

const MOST_ERROR = 500;

export function failedOnce(entry: EventEntry, error: string, now: Instant, settings: QueueSettings): EventEntry {
  const retry = entry.retry + 1;
  const isDead = retry >= settings.maxRetries;
  return defined<EventEntry>({
    event: entry.event,
    status: isDead ? 'failed' : 'pending',
    retry,
    replays: entry.replays,
    updated_at: instantText(now),
    next_at: isDead ? undefined : instantText(now + retryMs(retry, settings)),
    error: shorten(error, MOST_ERROR),
    applied_at: entry.applied_at,
  });
}

/** True for a time of the last `ms`; false for a later one than now, which is from before the clock was set back. */
function isWithin(ms: number, at: Instant, now: Instant): boolean {
  return at <= now && now - at < ms;
}

/** The dead letters that are replayed automatically now, as they become. */
export function autoReplayed(
  entries: EventEntries,
  now: Instant,
  { isEnabled, most, waitMs, maxReplays, maxAgeMs }: ReplaySettings,
  { maxRetries }: Pick<QueueSettings, 'maxRetries'>,
): readonly EventEntry[] {
  if (!isEnabled) return [];
  return [...entries.values()]
    .filter(
      (entry) =>
        entry.status === 'failed' &&
        entry.retry >= maxRetries &&
        entry.replays < maxReplays &&
        !isWithin(waitMs, instantOf(entry.updated_at), now) &&
        now - receivedAt(entry) <= maxAgeMs,
    )
    .toSorted(byArrival)
    .slice(0, most)
    .map((entry) => ({ ...requeued(entry, now), replays: entry.replays + 1 }));
}

/** Choices of a person who replays an event. */
export interface ReplayWish {
  /** Replays an applied event too. */
  readonly force?: boolean;
  /** Forgets the failures of the event; by default, true. */
  readonly resetRetry?: boolean;
}

/** The entry after a replay by a person; undefined if its event is applied, and the replay is not forced. */
export function replayed(
  entry: EventEntry,
  { force = false, resetRetry = true }: ReplayWish,
  now: Instant,
): EventEntry | undefined {
  return entry.status === 'applied' && !force ? undefined : requeued(entry, now, resetRetry);
}

/** Selects events. An absent part selects all. */
export interface EventFilter {
  readonly status?: EventStatus;
  readonly source?: string;
  readonly cluster?: string;
  /** Host or `domainId`. */
  readonly domain?: string;
  /** Pending and failed events. */
  readonly unresolved?: boolean;
}

/** The entries that a filter selects, the oldest first. */
export function selected(entries: EventEntries, filter: EventFilter): readonly EventEntry[] {
  const domain = filter.domain === undefined ? undefined : hostKey(filter.domain);
  return [...entries.values()]
    .filter(
      ({ status, event }) =>
        (filter.status === undefined || status === filter.status) &&
        (filter.unresolved !== true || !isDone(status)) &&
        (filter.source === undefined || event.source === filter.source.toLowerCase()) &&
        (filter.cluster === undefined || event.cluster === filter.cluster.toLowerCase()) &&
        (domain === undefined || event.domain === domain || event.domain_id === domain),
    )
    .toSorted(byArrival);
}

/** Events that one replay can select: at most, and by default. */
export const MOST_REPLAYED = 1000;
export const USUAL_REPLAYED = 100;

/** The entries that a replay of many changes, as they become; by default of dead letters. */
export function replayedAll(
  entries: EventEntries,
  { status = 'failed', ...filter }: EventFilter,
  { limit = USUAL_REPLAYED, ...wish }: ReplayWish & { readonly limit?: number },
  now: Instant,
): { readonly attempted: number; readonly entries: readonly EventEntry[] } {
  const chosen = selected(entries, { status, ...filter }).slice(0, Math.min(Math.max(limit, 1), MOST_REPLAYED));
  return { attempted: chosen.length, entries: chosen.flatMap((entry) => replayed(entry, wish, now) ?? []) };
}

/** True for an event that needs nothing more here. */
function isDone(status: EventStatus): boolean {
  return status === 'applied' || status === 'forwarded';
}

/** Numbers of events by status, and of those that are pending or failed. */
export function statsOf(entries: EventEntries): Readonly<Record<EventStatus | 'unresolved', number>> {
  const counts = { pending: 0, applied: 0, failed: 0, forwarded: 0, unresolved: 0 };
  for (const { status } of entries.values()) {
    counts[status] += 1;
    if (!isDone(status)) counts.unresolved += 1;
  }
  return counts;
}

/** Applied events, dead letters and conflicts that are kept. */
export const MOST_APPLIED = 50_000;
export const MOST_FAILED = 10_000;
export const MOST_CONFLICTS = 1000;

/** Time for which an applied event must be recognized: a signature is valid before and after its time. */
function repeatableMs({ maxAgeMs }: Pick<IntakeSettings, 'maxAgeMs'>): number {
  return 2 * maxAgeMs + 60_000;
}

/** The ids of entries to drop: applied ones after 7 days, and the oldest ones beyond the limits. */
export function prunedIds(
  entries: EventEntries,
  now: Instant,
  intake: Pick<IntakeSettings, 'maxAgeMs'>,
): readonly string[] {
  const repeatable = repeatableMs(intake);
  const aged = instantText(now - Math.max(KEPT_MS, repeatable));
  const safe = instantText(now - repeatable);
  const done: EventEntry[] = [];
  const dead: EventEntry[] = [];
  for (const entry of entries.values()) {
    if (isDone(entry.status)) done.push(entry);
    else if (entry.status === 'failed') dead.push(entry);
  }
  const dropped = [
    ...done.filter(({ updated_at: at }) => at < aged),
    ...beyond(done, MOST_APPLIED).filter(({ updated_at: at }) => at < safe),
    ...beyond(dead, MOST_FAILED),
  ];
  return [...new Set(dropped.map(({ event }) => event.id))];
}

/** The entries beyond a limit, of those that did not change for the longest time. */
function beyond(entries: readonly EventEntry[], most: number): readonly EventEntry[] {
  if (entries.length <= most) return [];
  return entries
    .toSorted((a, b) => compareText(a.updated_at, b.updated_at) || byArrival(a, b))
    .slice(0, entries.length - most);
}

/** The keys of conflicts to drop: after 7 days, and the oldest ones beyond the limit. */
export function prunedConflicts(conflicts: ReadonlyMap<string, ConflictEntry>, now: Instant): readonly string[] {
  const at = ({ event }: ConflictEntry): Instant => instantOf(event.received_at);
  const all = [...conflicts].toSorted(([a, one], [b, other]) => at(other) - at(one) || compareText(a, b));
  return all.filter(([, entry], i) => i >= MOST_CONFLICTS || now - at(entry) > KEPT_MS).map(([key]) => key);
}
