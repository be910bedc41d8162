/** The fleet of a pool for its policies, and its present, starting and allocated capacity. */

/** A container, as reported by the workload source. */
export interface PoolContainer {
  readonly id: string;
  readonly mb: number;
  /** Absent if the source does not report it. */
  readonly tier?: string;
  /** Connected players; absent if unknown. */
  readonly players?: number;
  /** Start on its node: epoch ms. */
  readonly since?: number;
}

/**
 * The phase of a node in its pool.
 *
 * | phase | meaning | counts as capacity |
 * |---|---|---|
 * | `planned` | a name without a server | starting |
 * | `starting` | provisioning or initializing | starting |
 * | `serving` | ready, active or idle | in service |
 * | `leaving` | draining, or no longer a member | no |
 * | `unhealthy` | off, or without an answer | no |
 * | `unseen` | the node or its containers are in a gap | unknown |
 */
export type NodePhase = 'planned' | 'starting' | 'serving' | 'leaving' | 'unhealthy' | 'unseen';

/** A node of a pool: a member, or a former member that still exists. */
export interface PoolNode {
  readonly name: string;
  readonly phase: NodePhase;
  /** Memory of its server; undefined if its type is unknown. */
  readonly ramMb?: number;
  readonly allocatedMb: number;
  readonly containers: readonly PoolContainer[];
  /** Net price in the provider's currency. */
  readonly hourly?: number;
  /** Time since which it can run containers: epoch ms. */
  readonly initializedAt?: number;
  /** Time since which it has been empty: epoch ms. */
  readonly emptySince?: number;
}

/** True if containers run on it, or have memory there. */
export function isInUse({ containers, allocatedMb }: PoolNode): boolean {
  return containers.length > 0 || allocatedMb > 0;
}

/** Queued containers. */
export interface Queue {
  readonly count: number;
  readonly mb: number;
}

export interface Fleet {
  readonly nodes: readonly PoolNode[];
  /** Queued containers; undefined if unknown. */
  readonly queue?: Queue;
}

/** Capacity in MB of memory, and the allocated part of it, on all nodes. */
export interface Projection {
  readonly servingMb: number;
  /** Nodes that are starting, without containers yet. */
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

/** Names of the unknown inputs of a projection; empty if all are known. */
export function unknowns({ nodes, queue }: Fleet): readonly string[] {
  return [
    ...nodes.filter(({ phase }) => phase === 'unseen').map(({ name }) => `the containers of ${name}`),
    ...nodes
      .filter((node) => (node.phase === 'serving' || isComing(node)) && node.ramMb === undefined)
      .map(({ name }) => `the memory of ${name}`),
    ...(queue === undefined ? ['the queue'] : []),
  ];
}

/** Present and starting capacity; undefined if a part is unknown. */
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

/** A share in percent with one decimal, for output: `86.3`. Decisions compare whole numbers. */
export function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part * 1000) / whole) / 10;
}
