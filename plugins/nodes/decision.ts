/** The source of a node's creation or removal: a policy of the pool, from its state, or an edited document. */

import type { Resource, Scene } from '#plugin';
import { NodePool } from './kinds.ts';
import { numberOf } from './pool/names.ts';
import { poolOf, poolRef } from './settings.ts';

export type DecisionBy = 'reactive_policy' | 'consolidation_policy' | 'manual';

export interface Decision {
  readonly by: DecisionBy;
  /** The reason of the policy; absent if a document decided. */
  readonly because?: string;
}

/** The source of a node's membership, or of its end with the recorded reason. */
export function decisionOf(resource: Resource, scene: Scene): Decision {
  const pool = poolOf(resource);
  const kept = pool === undefined ? undefined : NodePool.get(scene, poolRef(pool))?.memory?.kept;
  const number = pool === undefined ? undefined : numberOf(kept?.prefix ?? pool, resource.ref.name);
  if (number === undefined) return { by: 'manual' };
  if (resource.desired !== undefined)
    return { by: kept?.ordered?.find(({ members }) => members.includes(number))?.by ?? 'manual' };
  const dropped = kept?.dropped?.findLast(({ members }) => members.includes(number));
  return dropped === undefined ? { by: 'manual' } : { by: dropped.by, because: dropped.because };
}
