/** Stable facts of nodes, pools and containers for judgements, and signals that change by themselves. */

import { type Resource, seenSignals } from '#plugin';
import type {
  ContainerMemory,
  ContainerSpec,
  NodeMemory,
  NodePoolMemory,
  NodePoolSpec,
  NodeSpec,
} from './generated.ts';
import type { Attachment, Named, ProviderStatus } from './world.ts';

export const PLUGIN = 'nodes';

export type NodeResource = Resource<NodeSpec, NodeFacts, NodeMemory>;
export type PoolResource = Resource<NodePoolSpec, PoolFacts, NodePoolMemory>;
export type ContainerResource = Resource<ContainerSpec, ContainerFacts, ContainerMemory>;

/** Facts of a Node. A static node has no facts of a server. */
export interface NodeFacts {
  readonly server_id?: number;
  /** Name of the server, which another user can have changed. */
  readonly name?: string;
  readonly serverType?: string;
  readonly disk_gb?: number;
  readonly location?: string;
  readonly image?: Named;
  readonly protection?: { readonly delete: boolean; readonly rebuild: boolean };
  readonly backups?: boolean;
  /** All labels, including those of other programs. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly ipv4?: { readonly id: number; readonly ip: string };
  readonly ipv6?: { readonly id: number; readonly ip: string };
  readonly networks?: readonly Attachment[];
  readonly firewalls?: readonly Named[];
  readonly volumes?: readonly Named[];
  readonly placementGroup?: Named;
  /** The declared server type, if it differs and is known. */
  readonly wanted_type?: { readonly disk_gb: number; readonly architecture: string };
  readonly architecture?: string;
  /** Digest of the present user data file. */
  readonly userData?: string;
  /** Expected value of the project label. */
  readonly project?: string;
  /** True if it is not the server that was created or adopted under this name. */
  readonly other?: true;
}

/** A container in the report of the source. */
export interface ContainerSeen {
  readonly id: string;
  readonly mb: number;
  readonly tier?: string;
  /** Connected players; absent if unknown. */
  readonly players?: number;
  /** ISO 8601. */
  readonly since?: string;
}

/** Knowledge about the containers of a node: `none` with `workloads.none`, `unread` if the source could not be read. */
export type WorkloadsKnown = 'listed' | 'unlisted' | 'none' | 'unread';

/** The history of a node, this refresh included. Times are ISO 8601. */
export interface NodeLife {
  readonly provisioned_at?: string;
  readonly initialized_at?: string;
  readonly first_container_at?: string;
  readonly last_container_at?: string;
  readonly draining_at?: string;
  readonly recovered_at?: string;
  readonly sync_completed_at?: string;
  readonly containers_ever: number;
  readonly started_total?: number;
  readonly container_ids?: readonly string[];
  /** Last known number of containers; absent if it was never known. */
  readonly containers?: number;
  readonly allocated_mb?: number;
  readonly empty_since?: string;
  readonly looked_at?: string;
  readonly probe_failures: number;
  readonly probe_failed_at?: string;
  /** Time of the first failed probe in a row. */
  readonly failing_since?: string;
}

/** Signals of a Node: they change without a step, so they do not make a judgement stale; rules read fresh values. */
export interface NodeSignals {
  readonly status?: ProviderStatus;
  readonly locked?: boolean;
  /** True in rescue mode, or while booting into it. */
  readonly rescue?: true;
  /** Name of the mounted ISO. */
  readonly iso?: string;
  /** Result of the probe; `none` if nothing was probed. */
  readonly probe: 'answered' | 'failed' | 'none';
  readonly probe_message?: string;
  readonly rtt_ms?: number;
  readonly workloads: WorkloadsKnown;
  /** Containers in the present report of the source; absent if it does not list the node. */
  readonly list?: readonly ContainerSeen[];
  readonly disk_used_percent?: number;
  readonly life: NodeLife;
  /** True if the source has a hook for drains. */
  readonly drains: boolean;
  /** Queued containers that could run on this node; absent if unknown. */
  readonly queue?: QueueSeen;
  /** Net price, in `currency`; absent if the price of the type is unknown. */
  readonly hourly?: number;
  readonly monthly?: number;
  readonly currency?: string;
  /** Memory of its server type, in MB. */
  readonly memory_mb?: number;
}

export interface QueueSeen {
  readonly count: number;
  readonly mb: number;
}

/** Facts of a pool: it has only those of its members. */
export type PoolFacts = Readonly<Record<string, never>>;

export interface PoolSignals {
  /** Queued containers that could run in this pool; absent if the source could not be read. */
  readonly queue?: QueueSeen;
  /** Queued containers that name no pool. */
  readonly unnamed?: QueueSeen;
  /** Names of the servers with the labels of this project and this pool. */
  readonly labelled: readonly string[];
  /** Net prices of the template's server type in its location; absent if unknown. */
  readonly hourly?: number;
  readonly monthly?: number;
  readonly currency?: string;
  /** Memory of that type, in MB. */
  readonly memory_mb?: number;
  /** True if the type can be ordered in the location now. */
  readonly available?: boolean;
  /** True if the source has a hook that moves containers. */
  readonly migrates: boolean;
}

export interface ContainerFacts {
  /** Name of the container's node at the source. */
  readonly node: string;
}

export interface ContainerSignals {
  readonly mb: number;
  readonly tier?: string;
  readonly players?: number;
  readonly since?: string;
}

/** Signals of a sighting; undefined for an absent resource. */
export function nodeSignals(resource: Pick<Resource, 'sight'> | undefined): NodeSignals | undefined {
  return seenSignals(resource) as NodeSignals | undefined;
}

export function poolSignals(resource: Resource | PoolResource | undefined): PoolSignals | undefined {
  return seenSignals(resource) as PoolSignals | undefined;
}

export function containerSignals(resource: Resource | ContainerResource | undefined): ContainerSignals | undefined {
  return seenSignals(resource) as ContainerSignals | undefined;
}
