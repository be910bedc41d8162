/** Sightings of plugins with the states that the engine derives. */

import { match } from '../engine/match.ts';
import { emptyRecall } from '../engine/remember.ts';
import {
  formatRef,
  type Json,
  type Memory,
  type Observed,
  type Plugin,
  type Sighting,
  type View,
  isSeen,
} from '#plugin';

interface Given {
  readonly desired?: Parameters<typeof match>[0];
  readonly memory?: readonly Memory[];
  readonly now: number;
  readonly settings?: Json;
}

/** The sightings of a view with their states, in its order. Throws if a kind cannot derive a state. */
export function derivedView(
  plugin: Plugin,
  view: View,
  { desired = [], memory = [], now, settings = {} }: Given,
): Omit<View, 'observed'> & { readonly observed: readonly Observed[] } {
  const failures = new Map<string, string>();
  const recall = { ...emptyRecall(), resources: new Map(memory.map((each) => [formatRef(each.ref), each])) };
  const by = { plugins: new Map([[plugin.name, plugin]]), settings: new Map([[plugin.name, settings]]), now };
  const { resources } = match(desired, view, recall, { ...by, failures });
  if (failures.size > 0) throw new Error([...failures.values()].join('; '));
  const observed = view.observed.flatMap(({ ref }) => {
    const resource = resources.get(formatRef(ref));
    return resource !== undefined && isSeen(resource) ? [resource.sight.observed] : [];
  });
  return { ...view, observed };
}

/** One sighting with its state. */
export function derivedOne(plugin: Plugin, seen: Sighting, given: Given): Observed {
  const [observed] = derivedView(plugin, { observed: [seen], gaps: [], at: seen.at }, given).observed;
  if (observed === undefined) throw new Error(`${formatRef(seen.ref)} is not seen`);
  return observed;
}
