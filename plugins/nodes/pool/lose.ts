/** The order in which a pool removes its members. */

import type { Refusal } from '../safety.ts';
import { isInUse, type PoolNode } from './fleet.ts';
import { numberOf } from './names.ts';

export interface Candidate {
  readonly node: PoolNode;
  readonly refusal?: Refusal;
  /** True if the member differs from the template in a field that needs a replacement. */
  readonly outdated?: boolean;
}

type Rank = readonly number[];

const LAST = Number.MAX_SAFE_INTEGER;

/**
 * The sort key of a member; the smallest is removed first. The order: a name without a server; removable members
 * (unhealthy, then outdated, then the most expensive, then the longest empty); members that become removable (the
 * soonest first); other empty members; members in use (fewest players, then least memory). Of equals, the newest name.
 */
function rankOf(prefix: string, { node, refusal, outdated }: Candidate): Rank {
  const newest = -(numberOf(prefix, node.name) ?? 0);
  if (node.phase === 'planned') return [0, newest];
  const { containers, allocatedMb } = node;
  if (isInUse(node)) {
    const players = containers.reduce((sum, each) => sum + (each.players ?? 0), 0);
    return [4, players, allocatedMb, newest];
  }
  if (refusal === undefined)
    return [
      1,
      node.phase === 'unhealthy' ? 0 : 1,
      outdated === true ? 0 : 1,
      -(node.hourly ?? 0),
      node.emptySince ?? node.initializedAt ?? LAST,
      newest,
    ];
  return refusal.clearsAt === undefined ? [3, newest] : [2, refusal.clearsAt, newest];
}

function compareRanks(a: Rank, b: Rank): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

/** Sorts all candidates, the best to lose first. */
export function inOrderOfLoss(prefix: string, candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates.toSorted((a, b) => compareRanks(rankOf(prefix, a), rankOf(prefix, b)));
}
