/** Shared places: finds other holders of a resource's places. The places of all others are looked up at intervals. */

import { indexOf, type LookUp, type PlaceIndex, placesOf, type Reserved, sharingOf } from './places.ts';
import { type Occupied, type Resource, type SharedPlaces, withMemory } from '#plugin';
import type { Recall } from './remember.ts';

export interface PlacesInput {
  /** Opens a lookup from the project's folder, without cached folders. */
  readonly look: () => LookUp;
  /** A monotonic clock, in ms. */
  readonly clock: () => number;
  readonly reserved: readonly Reserved[];
}

/** Age at which the places of all others are looked up again, unless the lookup took a large part of that time. */
const OLDEST_MS = 1000;
const SHARE = 20;

/** Every place of some resources, without those of plugins that fail. */
function* occupiedBy(resources: Iterable<Resource>, lookUp: LookUp): Generator<Occupied> {
  for (const resource of resources) {
    let places: readonly Occupied[] = [];
    try {
      places = placesOf(resource, lookUp);
    } catch {
      // The rule `same-place` reports the error on the resource's own steps.
    }
    yield* places;
  }
}

/** The lookup for rules. It uses the state at the call, and looks up the places of the resource at each call. */
export function sharedPlaces(
  { look, clock, reserved }: PlacesInput,
  resources: ReadonlyMap<string, Resource>,
  recall: Recall,
): SharedPlaces {
  let known: { readonly index: PlaceIndex; readonly until: number } | undefined;
  const remembered = function* (): Generator<Resource> {
    for (const [address, resource] of resources) yield withMemory(resource, recall.resources.get(address));
  };
  const indexNow = (): PlaceIndex => {
    const began = clock();
    if (known !== undefined && began < known.until) return known.index;
    const lookUp = look();
    const index = indexOf(occupiedBy(remembered(), lookUp), reserved, lookUp);
    const ended = clock();
    known = { index, until: ended + Math.max(OLDEST_MS, SHARE * (ended - began)) };
    return index;
  };
  return (resource) => {
    const lookUp = look();
    const memory = recall.resources.get(resource.address) ?? resource.memory;
    const own = placesOf(withMemory(resource, memory), lookUp);
    return own.length === 0 ? [] : sharingOf(own, indexNow(), lookUp);
  };
}
