/** What a workload source cannot say and be believed: names twice, contradictions, and times that have not come yet. Pure. */

import { timeDoubt } from '#plugin';
import type { Workloads } from '../generated.ts';

/** The first name that is there twice. */
function repeatedIn(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}

/** Every time that it says, with the place where it says so. */
function* timesIn({ at, nodes, queue }: Workloads): Generator<readonly [where: string, time: string]> {
  if (at !== undefined) yield ['`at`', at];
  for (const { name, emptySince, containers } of nodes) {
    if (emptySince !== undefined) yield [`\`emptySince\` of ${name}`, emptySince];
    for (const { id, since } of containers)
      if (since !== undefined) yield [`\`since\` of container ${id} on ${name}`, since];
  }
  for (const { id, since } of queue) if (since !== undefined) yield [`\`since\` of ${id} in the queue`, since];
}

/** Why what a source says is not believed, as the end of "the workload source …"; undefined where it is. `now` is in epoch ms. */
export function workloadsDoubt(workloads: Workloads, now: number): string | undefined {
  const repeated = repeatedIn(workloads.nodes.map(({ name }) => name));
  // One of them may say that it is empty, and the other one not.
  if (repeated !== undefined) return `lists the node ${repeated} twice`;
  const contradiction = workloads.nodes.find(
    ({ emptySince, containers }) => emptySince !== undefined && containers.length > 0,
  );
  if (contradiction !== undefined) return `lists containers on ${contradiction.name}, and calls it empty`;
  for (const [where, time] of timesIn(workloads)) {
    const doubt = timeDoubt(time, now);
    if (doubt !== undefined) return `cannot be believed: ${where}: ${doubt}`;
  }
  return undefined;
}
