/** The fleet of one pool as its policies see it, and what of its capacity is there, coming, and taken. */

/** One container, as the source of workloads tells it. */
export interface PoolContainer {
  readonly id: string;
  readonly mb: number;
  /** Absent where the source does not say. */
  readonly tier?: string;
  /** Players who are connected; absent where nobody knows. */
  readonly players?: number;
  /** Since when it is on its node: epoch ms. */
  readonly since?: number;
}

/**
 * What a node is to its pool.
 *
 * | phase | is | counts as capacity |
 * |---|---|---|
 * | `planned` | a name without a server | coming |
 * | `starting` | provisioning or initializing | coming |
 * | `serving` | ready, active or idle | there |
 * | `leaving` | draining, or no member any more | no |
 * | `unhealthy` | off, or without an answer | no |
 * | `unseen` | covered by a gap, or its workloads are | nobody knows |
 */
export type NodePhase = 'planned' | 'starting' | 'serving' | 'leaving' | 'unhealthy' | 'unseen';

/** One node of a pool: a member, or one that was a member and is still there. */
export interface PoolNode {
  readonly name: string;
  readonly phase: NodePhase;
  /** Memory of its server; undefined where its type is not known. */
  readonly ramMb?: number;
  readonly allocatedMb: number;
  readonly containers: readonly PoolContainer[];
  /** Price in the provider's currency, net. */
  readonly hourly?: number;
  /** Since when it can hold containers: epoch ms. */
  readonly initializedAt?: number;
  /** Since when it is empty: epoch ms. */
  readonly emptySince?: number;
}

/** Something runs on it, or has memory there. */
export function isInUse({ containers, allocatedMb }: PoolNode): boolean {
  return containers.length > 0 || allocatedMb > 0;
}

/** What waits for room. */
export interface Queue {
  readonly count: number;
  readonly mb: number;
}

export interface Fleet {
  readonly nodes: readonly PoolNode[];
  /** Undefined where nobody can tell. */
  readonly queue?: Queue;
}

/** Capacity in MB of memory, and how much of it is taken. What was taken counts wherever it is. */
export interface Projection {
  readonly servingMb: number;
  /** On its way: it holds nothing yet, and will. */
  readonly comingMb: number;
  readonly allocatedMb: number;
  readonly queuedMb: number;
  readonly queued: number;
  readonly serving: number;
  readonly coming: number;
}

const isComing = ({ phase }: PoolNode): boolean => phase === 'planned' || phase === 'starting';

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

/** Names of what keeps a projection from being one; empty where all is known. */
export function unknowns({ nodes, queue }: Fleet): readonly string[] {
  return [
    ...nodes.filter(({ phase }) => phase === 'unseen').map(({ name }) => `the containers of ${name}`),
    ...nodes
      .filter((node) => (node.phase === 'serving' || isComing(node)) && node.ramMb === undefined)
      .map(({ name }) => `the memory of ${name}`),
    ...(queue === undefined ? ['the queue'] : []),
  ];
}

/** What is there and what is coming; undefined where part of it is not known. */
export function project(fleet: Fleet): Projection | undefined {
  const { nodes, queue } = fleet;
  if (queue === undefined || unknowns(fleet).length > 0) return undefined;
  const serving = nodes.filter(({ phase }) => phase === 'serving');
  const coming = nodes.filter(isComing);
  return {
    servingMb: sum(serving.map(({ ramMb = 0 }) => ramMb)),
    comingMb: sum(coming.map(({ ramMb = 0 }) => ramMb)),
    allocatedMb: sum(nodes.map(({ allocatedMb }) => allocatedMb)),
    queuedMb: queue.mb,
    queued: queue.count,
    serving: serving.length,
    coming: coming.length,
  };
}

/** A share in percent with one decimal: `86.3`. Only for people: what decides compares whole numbers. */
export function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part * 1000) / whole) / 10;
}
