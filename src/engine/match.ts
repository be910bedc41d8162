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

import { type Deriving, derived, policyFor } from './derive.ts';
import { gapFinder } from './gap.ts';
import { type Failures, guarded } from './guard.ts';
import { compareText, type Desired, formatRef, type Memory, type Pair, type Sighting, type View } from '#plugin';
import type { Recall } from './remember.ts';

/** What its kind cannot work out is not known, like what cannot be seen. */
function unknown(pair: Pair, message = 'its state is not known'): Pair {
  const { observed: _observed, ...rest } = pair;
  return { ...rest, gap: { plugin: pair.ref.plugin, refs: [pair.ref], message } };
}

function withPolicy(pair: Omit<Pair, 'policy'>, by: Deriving, failures: Failures): Pair {
  const { ref, desired, memory } = pair;
  const kind = by.plugins.get(ref.plugin)?.kinds[ref.kind];
  if (kind?.policy === undefined) return pair;
  const settings = by.settings.get(ref.plugin);
  const address = formatRef(ref);
  const known = guarded(address, failures, () => ({ policy: policyFor(kind, desired, memory, settings) }));
  return known === undefined ? unknown(pair, failures.get(address)) : { ...pair, ...known };
}

/** The pair with the states of what was seen. */
function withStates(pair: Pair, seen: Sighting | undefined, by: Deriving, failures: Failures): Pair {
  const { ref, memory, policy } = pair;
  if (seen === undefined || failures.has(formatRef(ref))) return pair;
  const plugin = by.plugins.get(ref.plugin);
  const kind = plugin?.kinds[ref.kind];
  const tables = plugin?.tables.kinds[ref.kind];
  if (kind === undefined || tables === undefined) return pair;
  const address = formatRef(ref);
  const observed = guarded(address, failures, () => derived(seen, kind, tables, policy, memory, by));
  if (observed !== undefined) return { ...pair, observed };
  return unknown(pair, failures.get(address));
}

/**
 * All pairs by address, in the order of their addresses, each with its policy and the states that follow from the view
 * at a time. `failures` gets what a kind could not work out.
 */
export function match(
  desired: readonly Desired[],
  view: View,
  recall: Recall,
  by: Deriving,
  failures: Failures = new Map(),
): ReadonlyMap<string, Pair> {
  const wanted = new Map(desired.map((each) => [formatRef(each.ref), each]));
  const seen = new Map(view.observed.map((each) => [formatRef(each.ref), each]));
  const gapOf = gapFinder(view.gaps);
  const addresses = [...new Set([...wanted.keys(), ...seen.keys(), ...recall.resources.keys()])].sort(compareText);
  const pairs = new Map<string, Pair>();
  for (const address of addresses) {
    const written = wanted.get(address);
    const sighting = seen.get(address);
    const memory = recall.resources.get(address);
    const ref = written?.ref ?? sighting?.ref ?? memory?.ref;
    if (ref === undefined) continue;
    const gap = gapOf(ref, address);
    const pair = {
      ref,
      ...(written === undefined ? {} : { desired: written }),
      ...(memory === undefined ? {} : { memory }),
      ...(gap === undefined ? {} : { gap }),
    };
    pairs.set(address, withStates(withPolicy(pair, by, failures), sighting, by, failures));
  }
  return pairs;
}

/** The same pairs with what is remembered by now; the states stay those of the match. */
export function withMemory(
  pairs: ReadonlyMap<string, Pair>,
  recall: Recall,
  by: Deriving,
  failures: Failures = new Map(),
): ReadonlyMap<string, Pair> {
  const next = new Map<string, Pair>();
  for (const [address, pair] of pairs) {
    const memory: Memory | undefined = recall.resources.get(address);
    const { memory: before, ...rest } = pair;
    next.set(
      address,
      memory === before ? pair : withPolicy({ ...rest, ...(memory === undefined ? {} : { memory }) }, by, failures),
    );
  }
  return next;
}
