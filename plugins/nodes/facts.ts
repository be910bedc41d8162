/** What is seen of nodes, pools and containers: stable facts that judgements rest on, and signals that change by themselves. */

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

/** Facts of a Node. A static one has none of a server's. */
export interface NodeFacts {
  readonly serverId?: number;
  /** Name of the server, which may have been changed by somebody. */
  readonly name?: string;
  readonly serverType?: string;
  readonly diskGb?: number;
  readonly location?: string;
  readonly image?: Named;
  readonly protection?: { readonly delete: boolean; readonly rebuild: boolean };
  readonly backups?: boolean;
  /** All of them, also those that others put there. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly ipv4?: { readonly id: number; readonly ip: string };
  readonly ipv6?: { readonly id: number; readonly ip: string };
  readonly networks?: readonly Attachment[];
  readonly firewalls?: readonly Named[];
  readonly volumes?: readonly Named[];
  readonly placementGroup?: Named;
  /** The type that it ought to have, where that is another one and is known. */
  readonly wantedType?: { readonly diskGb: number; readonly architecture: string };
  readonly architecture?: string;
  /** Digest of the file with its user data as it is now. */
  readonly userData?: string;
  /** The value that the label of the project ought to have. */
  readonly project?: string;
  /** It is not the server that was made or adopted under this name. */
  readonly other?: true;
}

/** One container as the source lists it. */
export interface ContainerSeen {
  readonly id: string;
  readonly mb: number;
  readonly tier?: string;
  /** Players who are connected; absent where nobody knows. */
  readonly players?: number;
  /** ISO 8601. */
  readonly since?: string;
}

/** What is known of the containers of a node: `none` where nothing lists them by consent, `unread` where the source could not be read. */
export type WorkloadsKnown = 'listed' | 'unlisted' | 'none' | 'unread';

/** What a node has been through, this look included. Times are ISO 8601. */
export interface NodeLife {
  readonly provisionedAt?: string;
  readonly initializedAt?: string;
  readonly firstContainerAt?: string;
  readonly lastContainerAt?: string;
  readonly drainingAt?: string;
  readonly recoveredAt?: string;
  readonly syncCompletedAt?: string;
  readonly containersEver: number;
  readonly startedTotal?: number;
  readonly containerIds?: readonly string[];
  /** Last known; absent where nothing was ever known. */
  readonly containers?: number;
  readonly allocatedMb?: number;
  readonly emptySince?: string;
  readonly lookedAt?: string;
  readonly probeFailures: number;
  readonly probeFailedAt?: string;
  /** When the first of the failed probes in a row was. */
  readonly failingSince?: string;
}

/** Signals of a Node: they move while nothing of it is changed, so no judgement is stale because of them; rules read them anew. */
export interface NodeSignals {
  readonly status?: ProviderStatus;
  readonly locked?: boolean;
  /** It is in rescue mode, or boots into it. */
  readonly rescue?: true;
  /** The ISO that is mounted. */
  readonly iso?: string;
  /** `none`: there was nothing to ask. */
  readonly probe: 'answered' | 'failed' | 'none';
  readonly probeMessage?: string;
  readonly rttMs?: number;
  readonly workloads: WorkloadsKnown;
  /** Those that the source lists now; absent where it does not list the node. */
  readonly list?: readonly ContainerSeen[];
  readonly diskUsedPercent?: number;
  readonly life: NodeLife;
  /** The source has a hook that is told of a drain. */
  readonly drains: boolean;
  /** What waits for room that this node could give; absent where nobody knows. */
  readonly queue?: QueueSeen;
  /** Net, in `currency`; absent where the price of its type is not known. */
  readonly hourly?: number;
  readonly monthly?: number;
  readonly currency?: string;
  /** Memory of its server type, in MB. */
  readonly memoryMb?: number;
}

export interface QueueSeen {
  readonly count: number;
  readonly mb: number;
}

/** A pool has no facts but those of its members. */
export type PoolFacts = Readonly<Record<string, never>>;

export interface PoolSignals {
  /** What waits for room that this pool could give; absent where the source could not be read. */
  readonly queue?: QueueSeen;
  /** That part of it that names no pool. */
  readonly unnamed?: QueueSeen;
  /** Names of the servers with the labels of this project and this pool. */
  readonly labelled: readonly string[];
  /** Of its template's server type in its location, net; absent where they are not known. */
  readonly hourly?: number;
  readonly monthly?: number;
  readonly currency?: string;
  /** Memory of that type, in MB. */
  readonly memoryMb?: number;
  /** The type can be ordered in the location now. */
  readonly available?: boolean;
  /** The source has a hook that moves containers. */
  readonly migrates: boolean;
}

export interface ContainerFacts {
  /** What the source calls the node that it runs on. */
  readonly node: string;
}

export interface ContainerSignals {
  readonly mb: number;
  readonly tier?: string;
  readonly players?: number;
  readonly since?: string;
}

/** Signals of what is seen; undefined where nothing is. */
export function nodeSignals(resource: Pick<Resource, 'sight'> | undefined): NodeSignals | undefined {
  return seenSignals(resource) as NodeSignals | undefined;
}

export function poolSignals(resource: Resource | PoolResource | undefined): PoolSignals | undefined {
  return seenSignals(resource) as PoolSignals | undefined;
}

export function containerSignals(resource: Resource | ContainerResource | undefined): ContainerSignals | undefined {
  return seenSignals(resource) as ContainerSignals | undefined;
}
