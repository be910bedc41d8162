/**
 * Certificate state in several regions. Pure.
 *
 * The region of the route of a Domain owns it: its log has the state of the Domain, and it applies the events. Every other
 * region keeps a replica of that state, and the events that it took in until the owner has recorded them. No certificate and
 * no key is part of a record.
 *
 * | record of a region | accepted for | becomes |
 * |---|---|---|
 * | the state of a Domain | a declared Domain that this region owns | its replica, if it changed |
 * | an event | a declared Domain that the receiver owns | an event of the queue, once for each id |
 * | the ids that it holds | events that wait for this region | forwarded |
 * | anything else | | nothing |
 *
 * A region says that it holds an event once its log has it, and only while the event waits for no other region. So one region
 * is responsible at any time, also while the documents of two regions differ.
 */

import {
  compareText,
  type Desired,
  defined,
  type EndpointView,
  formatRef,
  type Instant,
  instantOf,
  instantText,
  isRecord,
  type Json,
  type Ledger,
  type LedgerChange,
  type Memory,
  type PluginRegions,
  printable,
  type RegionCopy,
  type RegionRecord,
  type Regions,
  type RegionSummary,
  shorten,
  statesIn,
} from '#plugin';
import { copyAge, copyState, ownerIn } from '#plugin/regions';
import { type DomainMemory, type DomainSpec, tables } from '../generated.ts';
import { isDomain, regionOf, routedTo } from './domains.ts';
import { type CertificateEvent, isEvent } from './event.ts';
import { sharedEvent } from './intake.ts';
import { TABLES, tablesOf } from './tables.ts';

/** The recorded state of a Domain in the region that owns it. `null` for a field without a value. */
export interface Replica {
  /** The owner that sent it. */
  readonly region: string;
  readonly tls_status: string | null;
  readonly certificate_ref: string | null;
  readonly tls_not_after: string | null;
  readonly tls_last_error: string | null;
  readonly cert_failure_policy: string | null;
  readonly cert_failure_count: number;
  readonly cert_next_retry_at: string | null;
  readonly cert_last_event_type: string | null;
  readonly cert_last_event_at: string | null;
  readonly cert_renewal_due_at: string | null;
}

/** Members of the entries of the inbox about regions. */
export type EntryMember =
  | 'event'
  | 'effect'
  | 'from'
  | 'replica'
  | 'domain'
  | 'state'
  | 'pulled'
  | 'handed'
  | 'region'
  | 'at'
  | 'ids';

/** An entry about regions. */
export type RegionChange =
  | { readonly event: CertificateEvent; readonly from: string }
  | { readonly replica: { readonly domain: string; readonly state: Replica } }
  | { readonly handed: { readonly region: string; readonly ids: readonly string[] } }
  | { readonly pulled: { readonly region: string; readonly at: string } };

const TEXTS = {
  tls_status: 40,
  certificate_ref: 255,
  tls_not_after: 40,
  tls_last_error: 500,
  cert_failure_policy: 40,
  cert_next_retry_at: 40,
  cert_last_event_type: 40,
  cert_last_event_at: 40,
  cert_renewal_due_at: 40,
} as const satisfies Partial<Record<keyof Replica, number>>;

const TEXT_NAMES = Object.keys(TEXTS) as (keyof typeof TEXTS)[];

function replicaOf(region: string, text: (name: keyof typeof TEXTS) => string | null, failures: number): Replica {
  const texts = Object.fromEntries(TEXT_NAMES.map((name) => [name, text(name)]));
  return { region, ...(texts as Record<keyof typeof TEXTS, string | null>), cert_failure_count: failures };
}

/** The state of a Domain as this region's log has it. */
function recordedState(own: string, { state, kept }: Memory<DomainMemory>): Replica {
  const values: Readonly<Record<keyof typeof TEXTS, string | undefined>> = {
    tls_status: state,
    certificate_ref: kept.cert_ref ?? kept.fingerprint,
    tls_not_after: kept.cert_not_after ?? kept.not_after,
    tls_last_error: kept.message,
    cert_failure_policy: kept.failure_policy,
    cert_next_retry_at: kept.retry_at,
    cert_last_event_type: kept.cert_last_event_type,
    cert_last_event_at: kept.cert_last_event_at,
    cert_renewal_due_at: kept.cert_renewal_due_at,
  };
  // Empty texts stand for fields that a note cleared.
  const text = (name: keyof typeof TEXTS): string | null => shorten(values[name] ?? '', TEXTS[name]) || null;
  return replicaOf(own, text, kept.failures ?? 0);
}

const MOST_FAILURES = 1_000_000;

const STATES: ReadonlySet<unknown> = new Set(statesIn(tables, 'Domain'));

const TIMES = [
  'tls_not_after',
  'cert_next_retry_at',
  'cert_last_event_at',
  'cert_renewal_due_at',
] as const satisfies readonly (keyof typeof TEXTS)[];

/** The state that `region` sent; undefined if it is not one. */
function sentState(region: string, value: unknown): Replica | undefined {
  if (!isRecord(value)) return undefined;
  const { cert_failure_count: failures } = value;
  if (!Number.isInteger(failures) || Number(failures) < 0 || Number(failures) > MOST_FAILURES) return undefined;
  const isText = (name: keyof typeof TEXTS): boolean => {
    const text = value[name];
    return text === null || (typeof text === 'string' && text.length <= TEXTS[name]);
  };
  if (!TEXT_NAMES.every(isText)) return undefined;
  if (value['tls_status'] !== null && !STATES.has(value['tls_status'])) return undefined;
  const text = (name: keyof typeof TEXTS): string | null => {
    const given = value[name];
    return typeof given === 'string' ? printable(given) : null;
  };
  if (TIMES.some((name) => Number.isNaN(instantOf(text(name) ?? undefined)))) return undefined;
  return replicaOf(region, text, Number(failures));
}

/** Longest name of a resource. */
const MOST_NAME = 253;
/** Size of an event from which its payload is left out, in bytes: an entry of the inbox is larger. */
const MOST_EVENT = 60_000;

function fitting(event: CertificateEvent): CertificateEvent {
  if (Buffer.byteLength(JSON.stringify(event)) <= MOST_EVENT) return event;
  const { payload: _payload, ...rest } = event;
  return rest;
}

function asJson(change: RegionChange): Json {
  // All have only members of JSON.
  return change as unknown as Json;
}

/** The change in an entry, as this version deposits it; undefined for another entry. */
export function regionChangeOf(value: Readonly<Record<string, unknown>>): RegionChange | undefined {
  const { event, from, replica, handed, pulled } = value;
  if (typeof from === 'string') return isEvent(event) ? { event, from } : undefined;
  if (isRecord(replica) && typeof replica['domain'] === 'string' && isRecord(replica['state'])) {
    const state = sentState(String(replica['state']['region']), replica['state']);
    return state === undefined ? undefined : { replica: { domain: replica['domain'], state } };
  }
  if (isRecord(handed) && typeof handed['region'] === 'string' && Array.isArray(handed['ids']))
    return { handed: { region: handed['region'], ids: handed['ids'].filter((id) => typeof id === 'string') } };
  if (!isRecord(pulled) || typeof pulled['region'] !== 'string' || typeof pulled['at'] !== 'string') return undefined;
  return { pulled: { region: pulled['region'], at: pulled['at'] } };
}

function byName(desired: readonly Desired[]): ReadonlyMap<string, Desired<DomainSpec>> {
  return new Map(desired.filter(isDomain).map((each) => [each.ref.name, each]));
}

function memories(memory: readonly Memory[]): ReadonlyMap<string, Memory<DomainMemory>> {
  return new Map(memory.map((each) => [formatRef(each.ref), each as Memory<DomainMemory>]));
}

function replicasIn(ledger: Ledger): ReadonlyMap<string, Replica> {
  return (ledger.get(TABLES.replicas) ?? new Map()) as unknown as ReadonlyMap<string, Replica>;
}

function pullsIn(ledger: Ledger): ReadonlyMap<string, { readonly at: string }> {
  return (ledger.get(TABLES.pulls) ?? new Map()) as unknown as ReadonlyMap<string, { readonly at: string }>;
}

/** The changes of a table whose entries become `wanted`. */
function tableChanges<T extends object>(
  table: string,
  before: ReadonlyMap<string, T>,
  wanted: ReadonlyMap<string, T>,
  because: (entry: T) => string,
): readonly LedgerChange[] {
  const text = (entry: T | undefined): string =>
    entry === undefined ? '' : JSON.stringify(Object.entries(entry).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const changed = [...wanted].filter(([key, entry]) => {
    const known = before.get(key);
    return known !== entry && text(known) !== text(entry);
  });
  return [
    ...changed.map(([key, entry]) => ({ table, key, value: entry as Json, because: because(entry) })),
    ...[...before.keys()]
      .filter((key) => !wanted.has(key))
      .map((key) => ({ table, key, because: 'no region sends this entry' })),
  ];
}

/** The changes of the replicas and of the times of pulls. Those of regions that no longer exist are removed. */
export function regionChanges(
  ledger: Ledger,
  arrived: readonly RegionChange[],
  desired: readonly Desired[],
  regions: Regions | undefined,
): readonly LedgerChange[] {
  const [replicas, pulls] = [replicasIn(ledger), pullsIn(ledger)];
  if (replicas.size === 0 && pulls.size === 0 && arrived.length === 0) return [];
  const others = new Set(regions?.names.filter((name) => name !== regions.own));
  const domains = byName(desired);
  const isOwned = (name: string, region: string): boolean => {
    const domain = domains.get(name);
    return domain !== undefined && regions !== undefined && ownerIn(regions, routedTo(domain.spec)) === region;
  };
  const wanted = new Map([...replicas].filter(([name, { region }]) => others.has(region) && isOwned(name, region)));
  const times = new Map([...pulls].filter(([region]) => others.has(region)));
  for (const change of arrived) {
    if ('replica' in change) {
      const { domain, state } = change.replica;
      if (others.has(state.region) && isOwned(domain, state.region)) wanted.set(domain, state);
    } else if ('pulled' in change && others.has(change.pulled.region)) {
      times.set(change.pulled.region, { at: change.pulled.at });
    }
  }
  return [
    ...tableChanges(TABLES.replicas, replicas, wanted, ({ region }) => `pulled from the region ${region}`),
    ...tableChanges(TABLES.pulls, pulls, times, () => 'the region was pulled'),
  ];
}

function countsOf(desired: readonly Desired[]): Readonly<Record<string, number>> {
  const groups = Map.groupBy(desired.filter(isDomain), ({ spec }) => routedTo(spec) ?? '');
  return Object.fromEntries([...groups].map(([region, { length }]) => [region, length]));
}

function recordsOf({ ledger, desired, memory }: EndpointView, regions: Regions): readonly RegionRecord[] {
  const known = memories(memory);
  const states = desired.filter(isDomain).flatMap(({ ref, spec }): readonly RegionRecord[] => {
    const recorded = known.get(formatRef(ref));
    if (recorded === undefined || ownerIn(regions, routedTo(spec)) !== regions.own) return [];
    const { region: _own, ...state } = recordedState(regions.own, recorded);
    return [{ key: `domain ${ref.name}`, value: { domain: ref.name, state } }];
  });
  const events = [...tablesOf(ledger).events.values()].flatMap(({ event, status, region }): readonly RegionRecord[] =>
    status === 'pending' && region !== undefined && region !== regions.own
      ? [{ key: `event ${event.id}`, to: region, value: { event: event as unknown as Json } }]
      : [],
  );
  return [...states, ...events];
}

/** The fields of a Domain that its owner has recorded, or that were pulled from it. */
function copiesOf(
  { ledger, desired, memory }: EndpointView,
  standing: Parameters<PluginRegions['copies']>[1],
): readonly RegionCopy[] {
  const known = memories(memory);
  const replicas = replicasIn(ledger);
  return desired.filter(isDomain).flatMap(({ ref, spec }) => {
    const source = ownerIn(standing, routedTo(spec));
    const own = known.get(formatRef(ref));
    const replica = replicas.get(ref.name);
    const found =
      source === standing.own
        ? own === undefined
          ? undefined
          : recordedState(source, own)
        : replica?.region === source
          ? replica
          : undefined;
    const { region: _region, ...fields } = found ?? {};
    return standing.names.map(
      (region): RegionCopy => ({
        name: ref.name,
        host: spec.host,
        region,
        source,
        state: copyState(standing, source, region),
        ageMs: copyAge(standing, source, region),
        known: found === undefined ? null : (fields as Readonly<Record<string, Json>>),
      }),
    );
  });
}

/** The states that other regions reported of their Domains, by name; null for a Domain without a state. */
export function replicatedStates(ledger: Ledger): ReadonlyMap<string, string | null> {
  return new Map([...replicasIn(ledger)].map(([name, { tls_status: state }]) => [name, state]));
}

/** The times since which the oldest event waits for each region. */
export function waitingSince(ledger: Ledger): ReadonlyMap<string, Instant> {
  const since = new Map<string, Instant>();
  for (const { status, region, updated_at: at } of tablesOf(ledger).events.values())
    if (status === 'pending' && region !== undefined)
      since.set(region, Math.min(since.get(region) ?? Number.POSITIVE_INFINITY, instantOf(at)));
  return since;
}

function summaryOf({ ledger, desired, memory, regions }: EndpointView): readonly RegionSummary[] {
  const known = memories(memory);
  const replicas = replicasIn(ledger);
  const stateOf = ({
    ref,
    spec,
  }: Desired<DomainSpec>): { readonly state?: string | null; readonly at?: string | null } => {
    if (regions !== undefined && ownerIn(regions, routedTo(spec)) !== regions.own) {
      const replica = replicas.get(ref.name);
      return replica === undefined ? {} : { state: replica.tls_status, at: replica.cert_last_event_at };
    }
    const own = known.get(formatRef(ref));
    return own === undefined ? {} : defined({ state: own.state, at: own.kept.cert_last_event_at });
  };
  const byRegion = Map.groupBy(desired.filter(isDomain), ({ spec }) => regionOf(spec));
  return [...byRegion]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([region, domains]) => {
      const statuses: Record<string, number> = {};
      const found = domains.map(stateOf);
      for (const { state } of found) statuses[state ?? 'unknown'] = (statuses[state ?? 'unknown'] ?? 0) + 1;
      const times = found.flatMap(({ at }) => at ?? []).toSorted();
      return { region, total: domains.length, statuses, lastEventAt: times.at(-1) ?? null };
    });
}

export const certificateRegions: PluginRegions = {
  counts: countsOf,
  records: recordsOf,
  held: (ledger, ids) => {
    const { events } = tablesOf(ledger);
    // An event that waits for a region, or that one has, names it.
    return ids.filter((id) => events.has(id) && events.get(id)?.region === undefined);
  },
  awaited: (ledger, region, ids) => {
    const { events } = tablesOf(ledger);
    return ids.filter((id) => {
      const entry = events.get(id);
      return entry?.status === 'pending' && entry.region === region;
    });
  },
  accept: (value, from, now) => {
    if (!isRecord(value)) return undefined;
    if ('event' in value) {
      const event = sharedEvent(value['event'], now);
      if (event === undefined) return undefined;
      return { entry: asJson({ event: fitting(event), from }), key: event.id, isEvent: true };
    }
    const { domain, state } = value;
    if (typeof domain !== 'string' || domain === '' || domain.length > MOST_NAME) return undefined;
    const sent = sentState(from, state);
    if (sent === undefined) return undefined;
    const entry = asJson({ replica: { domain: printable(domain), state: sent } });
    return { entry, key: domain, isEvent: false };
  },
  handed: (region, ids) => asJson({ handed: { region, ids } }),
  pulled: (region, at) => asJson({ pulled: { region, at: instantText(at) } }),
  pulls: (ledger) => Object.fromEntries([...pullsIn(ledger)].map(([region, { at }]) => [region, instantOf(at)])),
  waiting: (ledger) => {
    const waiting = [...tablesOf(ledger).events.values()].filter(
      ({ status, region }) => status === 'pending' && region !== undefined,
    );
    const groups = Map.groupBy(waiting, ({ region = '' }) => region);
    return Object.fromEntries([...groups].map(([region, { length }]) => [region, length]));
  },
  copies: copiesOf,
  summary: summaryOf,
};
