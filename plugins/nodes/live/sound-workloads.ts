/** Plausibility of a workload source's answer: duplicate names, contradictions, and times in the future. Pure. */

import { timeDoubt } from '#plugin';
import type { Workloads } from '../generated.ts';

/** The first duplicate name. */
function repeatedIn(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}

/** Every time in the answer, with its place. */
function* timesIn({ at, nodes, queue }: Workloads): Generator<readonly [where: string, time: string]> {
  if (at !== undefined) yield ['`at`', at];
  for (const { name, emptySince, containers } of nodes) {
    if (emptySince !== undefined) yield [`\`emptySince\` of ${name}`, emptySince];
    for (const { id, since } of containers)
      if (since !== undefined) yield [`\`since\` of container ${id} on ${name}`, since];
  }
  for (const { id, since } of queue) if (since !== undefined) yield [`\`since\` of ${id} in the queue`, since];
}

/** The reason not to trust an answer, as the end of "the workload source …"; undefined if sound. `now` is in epoch ms. */
export function workloadsDoubt(workloads: Workloads, now: number): string | undefined {
  const repeated = repeatedIn(workloads.nodes.map(({ name }) => name));
  // The two entries may disagree on whether the node is empty.
  if (repeated !== undefined) return `lists the node ${repeated} twice`;
  const contradiction = workloads.nodes.find(
    ({ emptySince, containers }) => emptySince !== undefined && containers.length > 0,
  );
  if (contradiction !== undefined) return `lists containers on ${contradiction.name} and reports it as empty`;
  for (const [where, time] of timesIn(workloads)) {
    const doubt = timeDoubt(time, now);
    if (doubt !== undefined) return `cannot be believed: ${where}: ${doubt}`;
  }
  return undefined;
}
