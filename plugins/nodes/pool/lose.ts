/** Which member of a pool is the best to lose. */

import type { Refusal } from '../safety.ts';
import { isInUse, type PoolNode } from './fleet.ts';
import { numberOf } from './names.ts';

export interface Candidate {
  readonly node: PoolNode;
  readonly refusal?: Refusal;
  /** It is not as the pool's documents want it, and would have to be replaced. */
  readonly outdated?: boolean;
}

type Rank = readonly number[];

const LAST = Number.MAX_SAFE_INTEGER;

/**
 * The smaller, the better to lose. In this order: a name without a server; one that may go at once (unhealthy, then outdated,
 * then the dearest, then the one that is empty longest); one that may go soon (the sooner the better); one that may not and
 * is empty; one in use (fewest players, then least memory). Among equals the newest name goes.
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

/** All candidates, the best to lose first. */
export function inOrderOfLoss(prefix: string, candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates.toSorted((a, b) => compareRanks(rankOf(prefix, a), rankOf(prefix, b)));
}
