/** Who decided that a node goes: a policy of its pool, as the pool remembers, or people, by what they write. */

import type { Resource, Scene } from '#plugin';
import { NodePool } from './kinds.ts';
import { numberOf } from './pool/names.ts';
import { poolOf, poolRef } from './settings.ts';

export type DecisionBy = 'reactive_policy' | 'consolidation_policy' | 'manual';

export interface Decision {
  readonly by: DecisionBy;
  /** Absent where nobody but the document says why. */
  readonly because?: string;
}

/** Why a node is no member of its pool any more, as far as the pool remembers. */
export function decisionOf(resource: Resource, scene: Scene): Decision {
  const pool = poolOf(resource);
  const kept = pool === undefined ? undefined : NodePool.get(scene, poolRef(pool))?.memory?.kept;
  const number = pool === undefined ? undefined : numberOf(kept?.prefix ?? pool, resource.ref.name);
  if (number === undefined || resource.desired !== undefined) return { by: 'manual' };
  const dropped = kept?.dropped?.findLast(({ members }) => members.includes(number));
  return dropped === undefined ? { by: 'manual' } : { by: dropped.by, because: dropped.because };
}
