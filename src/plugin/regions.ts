/**
 * Regions: daemons of one project, each with a store and an inbox of its own, that pull each other's records. Pure.
 *
 * Each resource has one owner: the region of its route, or the first region for one without a route to a region. Every region
 * takes events of every resource in, keeps those of others until their owner has recorded them, and shows what it knows of
 * the resources of others with its age: the time since the last pull.
 */

import type { EndpointView } from './endpoints.ts';
import type { Ledger } from './ledger.ts';
import type { Instant } from './time.ts';
import type { Desired, Json } from './types.ts';

/** The regions of a daemon, as its host names them. */
export interface Regions {
  /** The region of this daemon. */
  readonly own: string;
  /** Every region, this one too. The first one owns what has no route to a region. The same list in every region. */
  readonly names: readonly string[];
  /** Age from which a copy is stale, in ms. */
  readonly maxLagMs: number;
}

/** Regions with the ages of their copies. */
export interface RegionStanding extends Regions {
  /** By region, and by the region that it pulls: ms since its last pull, as far as this daemon knows. */
  readonly ages: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export const REGION_STATES = ['source', 'replicated', 'stale'] as const;

export type RegionState = (typeof REGION_STATES)[number];

/** The owner of a resource with a route to `region`; undefined without a route to a region. */
export function ownerIn({ names }: Pick<Regions, 'names'>, region: string | undefined): string {
  return names.find((name) => name === region) ?? names[0] ?? '';
}

/**
 * Time since `target` pulled `owner`, in ms; undefined if unknown. Of another region about itself, this daemon knows no more than
 * its own copy has.
 */
export function copyAge(
  standing: Pick<RegionStanding, 'own' | 'ages'>,
  owner: string,
  target: string,
): number | undefined {
  if (owner === target) return owner === standing.own ? 0 : copyAge(standing, owner, standing.own);
  const { ages } = standing;
  const own = Object.hasOwn(ages, target) ? ages[target] : undefined;
  return own !== undefined && Object.hasOwn(own, owner) ? own[owner] : undefined;
}

/** The state of the copy that `target` has of the resources of `owner`. */
export function copyState(standing: RegionStanding, owner: string, target: string): RegionState {
  if (owner === target) return 'source';
  const age = copyAge(standing, owner, target);
  return age !== undefined && age <= standing.maxLagMs ? 'replicated' : 'stale';
}

/** Numbers of copies by state. `counts`: numbers of resources by the region of their route, with an empty name for none. */
export function copyCounts(
  standing: RegionStanding,
  counts: Readonly<Record<string, number>>,
): Readonly<Record<RegionState, number>> {
  const totals = { source: 0, replicated: 0, stale: 0 };
  for (const [region, count] of Object.entries(counts)) {
    const owner = ownerIn(standing, region);
    for (const target of standing.names) totals[copyState(standing, owner, target)] += count;
  }
  return totals;
}

/** One record for other regions. */
export interface RegionRecord {
  readonly key: string;
  /** The only region that gets it; every one without it. */
  readonly to?: string;
  readonly value: Json;
}

/** A record of another region, as an entry of the inbox. */
export interface RegionEntry {
  readonly entry: Json;
  /** The id of the event that it hands over, or a name of what it is about. */
  readonly key: string;
  readonly isEvent: boolean;
}

/** A copy of one resource in one region. */
export interface RegionCopy {
  readonly name: string;
  readonly host: string;
  readonly region: string;
  readonly source: string;
  readonly state: RegionState;
  /** Undefined if this daemon does not know it. For the source in another region: the age of the copy here. */
  readonly ageMs: number | undefined;
  /** The recorded state of the source, from the copy of this daemon's region. */
  readonly known: Readonly<Record<string, Json>> | null;
}

/** Resources by the region of their route. */
export interface RegionSummary {
  readonly region: string;
  readonly total: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly lastEventAt: string | null;
}

/** The part of a plugin's events that regions share. Pure. */
export interface PluginRegions {
  /** Numbers of resources by the region of their route, with an empty name for none. */
  counts(desired: readonly Desired[]): Readonly<Record<string, number>>;
  /** The state of the resources that this region owns, and the events that wait for others. */
  records(view: EndpointView, regions: Regions): readonly RegionRecord[];
  /** Those of `events` for which this region is responsible by its log: the region that handed them over may let go of them. */
  held(ledger: Ledger, events: readonly string[]): readonly string[];
  /** Those of `events` that wait for `region`: once it holds them, this region may let go of them. */
  awaited(ledger: Ledger, region: string, events: readonly string[]): readonly string[];
  /** The entry for a record that `from` sent; undefined if the record is not valid. */
  accept(value: unknown, from: string, now: Instant): RegionEntry | undefined;
  /** The entry that says that `region` holds events. */
  handed(region: string, events: readonly string[]): Json;
  /** The entry that says when this region pulled another one. */
  pulled(region: string, at: Instant): Json;
  /** The recorded times of the last pulls, by region. */
  pulls(ledger: Ledger): Readonly<Record<string, Instant>>;
  /** The numbers of events that wait for a region. */
  waiting(ledger: Ledger): Readonly<Record<string, number>>;
  copies(view: EndpointView, standing: RegionStanding): readonly RegionCopy[];
  summary(view: EndpointView): readonly RegionSummary[];
}
