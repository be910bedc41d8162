/** Sources: the ledger of those that events came from. Unknown sources are not in it, so that it does not grow. Pure. */

import { compareText, defined, instantOf, isRecord } from '#plugin';
import { type CertificateEvent, type EventType, type Identity, identityKey } from './event.ts';

/** The effect of requests on the ledger. */
export interface SourceEffect extends Identity {
  /** Number of requests; by default, 1. */
  readonly times?: number;
  readonly status: 'accepted' | 'signature_failed';
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly event_id?: string;
  readonly event_type?: EventType;
}

/** True for an effect as this version records it. */
export function isEffect(value: unknown): value is SourceEffect {
  return (
    isRecord(value) &&
    typeof value['source'] === 'string' &&
    typeof value['cluster'] === 'string' &&
    (value['status'] === 'accepted' || value['status'] === 'signature_failed') &&
    typeof value['at'] === 'string' &&
    !Number.isNaN(instantOf(value['at'])) &&
    (value['times'] === undefined || Number.isSafeInteger(value['times']))
  );
}

/** A source in the ledger. */
export interface SourceEntry extends Identity {
  readonly events: number;
  readonly signature_failures: number;
  readonly last_status: SourceEffect['status'];
  readonly last_seen_at: string;
  readonly last_event_id?: string;
  readonly last_event_type?: EventType;
  readonly last_event_at?: string;
}

/** The last one seen first. */
export function recentSources(sources: Iterable<SourceEntry>): readonly SourceEntry[] {
  return [...sources].toSorted((a, b) => compareText(b.last_seen_at, a.last_seen_at));
}

/** Sources in the ledger. The one that was not seen for the longest time makes room for another. */
export const MOST_SOURCES = 1000;

/** The effect of an accepted event. */
export function acceptedEffect({ id, source, cluster, received_at: at, type }: CertificateEvent): SourceEffect {
  return { source, cluster, status: 'accepted', at, event_id: id, event_type: type };
}

/** Orders effects by their time. Effects of the same time have one order on every machine. */
function byEffectTime(a: SourceEffect, b: SourceEffect): number {
  return compareText(a.at, b.at) || compareText(a.status, b.status) || compareText(a.event_id ?? '', b.event_id ?? '');
}

function withEffect(before: SourceEntry | undefined, effect: SourceEffect): SourceEntry {
  const { source, cluster, status, at, times = 1 } = effect;
  const isNewer = at >= (before?.last_seen_at ?? '');
  const isNewerEvent = status === 'accepted' && at >= (before?.last_event_at ?? '');
  return defined<SourceEntry>({
    source,
    cluster,
    events: (before?.events ?? 0) + (status === 'accepted' ? times : 0),
    signature_failures: (before?.signature_failures ?? 0) + (status === 'signature_failed' ? times : 0),
    last_status: isNewer ? status : (before?.last_status ?? status),
    last_seen_at: isNewer ? at : (before?.last_seen_at ?? at),
    last_event_id: isNewerEvent ? effect.event_id : before?.last_event_id,
    last_event_type: isNewerEvent ? effect.event_type : before?.last_event_type,
    last_event_at: isNewerEvent ? at : before?.last_event_at,
  });
}

/** The keys beyond the limit, of those that were not seen for the longest time. */
function tooMany(entries: ReadonlyMap<string, SourceEntry | undefined>): readonly string[] {
  if (entries.size <= MOST_SOURCES) return [];
  const seen = (entry: SourceEntry | undefined): string => entry?.last_seen_at ?? '';
  return [...entries]
    .toSorted(([a, one], [b, other]) => compareText(seen(one), seen(other)) || compareText(a, b))
    .slice(0, entries.size - MOST_SOURCES)
    .map(([key]) => key);
}

/** The changed entries after effects, by key; undefined for a removed one. One entry changes once for all effects. */
export function sourcesAfter(
  entries: ReadonlyMap<string, SourceEntry>,
  effects: readonly SourceEffect[],
): ReadonlyMap<string, SourceEntry | undefined> {
  const changed = new Map<string, SourceEntry | undefined>();
  for (const effect of effects.toSorted(byEffectTime)) {
    const key = identityKey(effect);
    changed.set(key, withEffect(changed.get(key) ?? entries.get(key), effect));
  }
  const all = new Map<string, SourceEntry | undefined>([...entries, ...changed]);
  for (const key of tooMany(all)) {
    if (entries.has(key)) changed.set(key, undefined);
    else changed.delete(key);
  }
  return changed;
}
