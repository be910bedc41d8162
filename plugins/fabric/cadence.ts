/** Cadence of a cluster in rounds: the interval of its Fabric. */

import { type Cadence, type Desired, durationMs } from '#plugin';
import type { FabricSpec } from './generated.ts';

/** The cadence of a Fabric and of its objects; undefined without its document. With an interval of 0, rounds do not refresh them. */
export function syncCadence(fabric: Desired | undefined): Cadence | undefined {
  if (fabric === undefined) return undefined;
  const everyMs = durationMs((fabric.spec as FabricSpec).syncInterval);
  return { everyMs: everyMs === 0 ? Infinity : everyMs };
}
