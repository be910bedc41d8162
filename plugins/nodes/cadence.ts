/** Cadence of a fleet in rounds: the interval of its source of containers. All kinds alike, as they are judged together. */

import { type Cadence, durationMs, type Resource } from '#plugin';
import type { NodesConfig } from './generated.ts';

export function fleetCadence({ settings }: Pick<Resource, 'settings'>): Cadence | undefined {
  const { workloads } = settings as Partial<NodesConfig>;
  return workloads?.interval === undefined ? undefined : { everyMs: durationMs(workloads.interval) };
}
