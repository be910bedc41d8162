/**
 * Match: what is written, what is seen and what is remembered, paired by address.
 *
 * | written | seen | remembered | is |
 * |---|---|---|---|
 * | yes | yes | ours | managed: diffed |
 * | yes | yes | no | foreign, of the same name: an adoption |
 * | yes | no | any | to be created; covered by a gap: not known |
 * | no | yes | ours | an orphan: removed or released |
 * | no | yes | no | foreign: counted, never changed |
 * | no | no | any | gone: forgotten; covered by a gap: kept |
 */

import { gapFinder } from './gap.ts';
import {
  compareText,
  type Desired,
  formatRef,
  type Memory,
  type Observed,
  type Pair,
  type Ref,
  type View,
} from '#plugin';
import type { Recall } from './remember.ts';

function pairOf(
  ref: Ref,
  desired: Desired | undefined,
  observed: Observed | undefined,
  memory: Memory | undefined,
  gap: Pair['gap'],
): Pair {
  return {
    ref,
    ...(desired === undefined ? {} : { desired }),
    ...(observed === undefined ? {} : { observed }),
    ...(memory === undefined ? {} : { memory }),
    ...(gap === undefined ? {} : { gap }),
  };
}

/** All pairs by address, in the order of their addresses. */
export function match(desired: readonly Desired[], view: View, recall: Recall): ReadonlyMap<string, Pair> {
  const wanted = new Map(desired.map((each) => [formatRef(each.ref), each]));
  const seen = new Map(view.observed.map((each) => [formatRef(each.ref), each]));
  const gapOf = gapFinder(view.gaps);
  const addresses = [...new Set([...wanted.keys(), ...seen.keys(), ...recall.resources.keys()])].sort(compareText);
  const pairs = new Map<string, Pair>();
  for (const address of addresses) {
    const written = wanted.get(address);
    const observed = seen.get(address);
    const memory = recall.resources.get(address);
    const ref = written?.ref ?? observed?.ref ?? memory?.ref;
    if (ref !== undefined) pairs.set(address, pairOf(ref, written, observed, memory, gapOf(ref, address)));
  }
  return pairs;
}

/** The same pairs with what is remembered by now. */
export function withMemory(pairs: ReadonlyMap<string, Pair>, recall: Recall): ReadonlyMap<string, Pair> {
  const next = new Map<string, Pair>();
  for (const [address, pair] of pairs) {
    const memory = recall.resources.get(address);
    next.set(address, memory === pair.memory ? pair : pairOf(pair.ref, pair.desired, pair.observed, memory, pair.gap));
  }
  return next;
}
