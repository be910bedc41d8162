/** Shared places: asks, for a pair, who else describes its places; what the others describe is looked up anew now and then. */

import { indexOf, type LookUp, type PlaceIndex, placesOf, type Reserved, sharingOf } from './places.ts';
import { formatRef, type Occupied, type Pair, type Plugin, type SharedPlaces } from '#plugin';
import type { Recall } from './remember.ts';

export interface PlacesInput {
  /** Opens a look-up from the project's folder: every folder is looked at anew. */
  readonly look: () => LookUp;
  /** A clock that never runs backwards, in ms. */
  readonly clock: () => number;
  readonly reserved: readonly Reserved[];
}

/** The places of all others are looked up again when that is longer ago, and took less than a small part of that time. */
const OLDEST_MS = 1000;
const SHARE = 20;

/** Every place of some pairs; a plugin that fails says nothing of its own. */
function* occupiedBy(pairs: Iterable<Pair>, plugins: ReadonlyMap<string, Plugin>, lookUp: LookUp): Generator<Occupied> {
  for (const pair of pairs) {
    let places: readonly Occupied[] = [];
    try {
      places = placesOf(pair, plugins.get(pair.ref.plugin), lookUp);
    } catch {
      // Its own steps are judged by what it says then, and fail there.
    }
    yield* places;
  }
}

/** What rules ask. Memory is taken as it is when they ask; the places of the pair itself are looked up every time. */
export function sharedPlaces(
  { look, clock, reserved }: PlacesInput,
  pairs: ReadonlyMap<string, Pair>,
  plugins: ReadonlyMap<string, Plugin>,
  recall: Recall,
): SharedPlaces {
  let known: { readonly index: PlaceIndex; readonly until: number } | undefined;
  const remembered = function* (): Generator<Pair> {
    for (const [address, { memory: _old, ...rest }] of pairs) {
      const memory = recall.resources.get(address);
      yield memory === undefined ? rest : { ...rest, memory };
    }
    for (const [address, memory] of recall.resources) if (!pairs.has(address)) yield { ref: memory.ref, memory };
  };
  const indexNow = (): PlaceIndex => {
    const began = clock();
    if (known !== undefined && began < known.until) return known.index;
    const lookUp = look();
    const index = indexOf(occupiedBy(remembered(), plugins, lookUp), reserved, lookUp);
    const ended = clock();
    known = { index, until: ended + Math.max(OLDEST_MS, SHARE * (ended - began)) };
    return index;
  };
  return (pair) => {
    const index = indexNow();
    const lookUp = look();
    const memory = recall.resources.get(formatRef(pair.ref)) ?? pair.memory;
    const own = placesOf(memory === undefined ? pair : { ...pair, memory }, plugins.get(pair.ref.plugin), lookUp);
    return sharingOf(own, index, lookUp);
  };
}
