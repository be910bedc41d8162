/** Migration: movable containers, and nodes with enough memory for them. */

import { counted } from '#plugin';
import type { PoolContainer, PoolNode } from './fleet.ts';

/** Tiers that are moved with few connected players, and tiers that are moved only without players. */
const SMALL: ReadonlySet<string> = new Set(['micro', 'small']);
const EMPTY_ONLY: ReadonlySet<string> = new Set(['medium']);

/** Maximum number of connected players for the move of a small container. */
const MOST_PLAYERS = 5;

/** The reason why a container is not moved; undefined if it can be. An unknown tier is never moved. */
export function whyFixed({ tier, players }: Pick<PoolContainer, 'tier' | 'players'>): string | undefined {
  if (tier === undefined) return 'the tier is unknown';
  const most = SMALL.has(tier) ? MOST_PLAYERS : EMPTY_ONLY.has(tier) ? 0 : undefined;
  if (most === undefined) return `${tier} is never moved`;
  if (players === undefined) return `${tier}, and the number of connected players is unknown`;
  return players <= most ? undefined : `${tier} with ${counted(players, 'player')}; the limit is ${most}`;
}

export interface Migration {
  readonly container: string;
  readonly mb: number;
  readonly from: string;
  readonly to: string;
}

/** Free memory of each node that stays, by name, in MB. */
export type Room = ReadonlyMap<string, number>;

export function roomOn(nodes: readonly PoolNode[]): Room {
  return new Map(nodes.map(({ name, ramMb = 0, allocatedMb }) => [name, ramMb - allocatedMb]));
}

/** The moves that empty a node, and the free memory after them; or the reason why it cannot be emptied. */
export type Emptying = { readonly moves: readonly Migration[]; readonly room: Room } | { readonly why: string };

/** Assigns each container, the largest first, to the node with the least free memory after it. */
export function empty(node: PoolNode, room: Room): Emptying {
  const listed = node.containers.reduce((sum, { mb }) => sum + mb, 0);
  if (node.allocatedMb > listed)
    return { why: `${node.allocatedMb - listed} MB are not allocated to a listed container` };
  for (const container of node.containers) {
    const why = whyFixed(container);
    if (why !== undefined) return { why: `container ${container.id} stays: ${why}` };
  }
  const left = new Map(room);
  left.delete(node.name);
  const moves: Migration[] = [];
  const largestFirst = node.containers.toSorted((a, b) => b.mb - a.mb || (a.id < b.id ? -1 : 1));
  for (const { id, mb } of largestFirst) {
    const [target] = [...left]
      .filter(([, free]) => free >= mb)
      .toSorted(([a, freeA], [b, freeB]) => freeA - freeB || (a < b ? -1 : 1));
    if (target === undefined) return { why: `no other node has ${mb} MB free for container ${id}` };
    const [to, free] = target;
    left.set(to, free - mb);
    moves.push({ container: id, mb, from: node.name, to });
  }
  return { moves, room: left };
}
