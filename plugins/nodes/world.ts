/** The outside of the nodes plugin: servers of a cloud provider, their containers, and probes. */

import type { Workloads } from './generated.ts';

/** Status of a server at the provider; `unknown` also stands for an unsupported status. */
export type ProviderStatus =
  | 'running'
  | 'initializing'
  | 'starting'
  | 'stopping'
  | 'off'
  | 'deleting'
  | 'migrating'
  | 'rebuilding'
  | 'unknown';

/** An object that a server refers to. `name` is the id as text for a snapshot or a removed object. */
export interface Named {
  readonly id: number;
  readonly name: string;
}

/** The attachment of a server to a private network. */
export interface Attachment {
  readonly network: Named;
  readonly ip: string;
  /** Alias addresses in the order of the provider. */
  readonly aliasIps: readonly string[];
}

/** A server, as reported by its provider. */
export interface ServerSeen {
  readonly id: number;
  readonly name: string;
  readonly status: ProviderStatus;
  /** Time of its creation: ISO 8601, UTC. Absent if the provider reports no valid time. */
  readonly created?: string;
  readonly serverType: Named & { readonly deprecated: boolean };
  /** Size of the disk, in GB. */
  readonly diskGb: number;
  readonly location: string;
  /** Image of the server; absent if the image no longer exists. */
  readonly image?: Named & { readonly deprecated: boolean };
  /** True while an action of the provider runs on the server. */
  readonly locked: boolean;
  /** Delete and rebuild protection; the provider reports them separately, and only sets both together. */
  readonly protection: { readonly delete: boolean; readonly rebuild: boolean };
  readonly backups: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** Public addresses with the ids of their primary IPs; absent without one. IPv6 has a network, `2001:db8::/64`. */
  readonly ipv4?: { readonly id: number; readonly ip: string };
  readonly ipv6?: { readonly id: number; readonly ip: string };
  readonly networks: readonly Attachment[];
  readonly firewalls: readonly Named[];
  readonly volumes: readonly Named[];
  readonly placementGroup?: Named;
  /** True if the server boots, or has booted, into the rescue system. */
  readonly rescue?: true;
  /** Name of the mounted ISO. */
  readonly iso?: string;
}

/** A server type, with its prices. */
export interface ServerTypeSeen {
  readonly id: number;
  readonly name: string;
  readonly cores: number;
  /** Memory in MB: the provider's value in GB, times 1024. */
  readonly memoryMb: number;
  readonly diskGb: number;
  readonly architecture: string;
  readonly deprecated: boolean;
  /** Offers by location; a missing location does not offer the type. */
  readonly locations: Readonly<Record<string, TypeInLocation>>;
}

export interface TypeInLocation {
  /** True if the type can be ordered there now, or if the provider does not report that. */
  readonly available: boolean;
  /** Net prices of a running server in the currency of the account, as decimal numbers. */
  readonly hourly: number;
  readonly monthly: number;
  /** Time from which it can no longer be ordered there: ISO 8601. */
  readonly endsAt?: string;
}

export interface PriceList {
  /** Currency, for example `EUR`. */
  readonly currency: string;
  /** Entries by name. */
  readonly types: Readonly<Record<string, ServerTypeSeen>>;
}

/** An image; an image without a name has its id as its name. */
export interface ImageSeen extends Named {
  /** True for an image of the provider. */
  readonly isSystem: boolean;
  readonly isAvailable: boolean;
  readonly architecture: string;
  /** Minimum size of the disk, in GB. */
  readonly diskGb: number;
  /** Time of the deprecation. */
  readonly deprecated?: string;
}

/** Objects that a server can use, in lists that are read separately. `server` is the id of the present user. */
export interface Catalogue {
  /** Entries by name. */
  readonly types: PriceList['types'];
  readonly images: readonly ImageSeen[];
  readonly locations: readonly (Named & { readonly zone: string })[];
  readonly sshKeys: readonly Named[];
  readonly firewalls: readonly Named[];
  /** Networks, with the network zones of their subnets. */
  readonly networks: readonly (Named & { readonly zones: readonly string[] })[];
  readonly placementGroups: readonly (Named & { readonly type: string; readonly servers: readonly number[] })[];
  readonly volumes: readonly (Named & Placed)[];
  readonly primaryIps: readonly (Named & Placed & { readonly type: string; readonly goesWithServer: boolean })[];
}

interface Placed {
  readonly location: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly server?: number;
}

export type CatalogueList = keyof Catalogue;

/** The report of the workload source, and the time of the request: ISO 8601, UTC. */
export interface WorkloadsSeen {
  readonly at: string;
  readonly workloads: Workloads;
}

/** The readiness probe of a server. */
export type ProbeTarget =
  | { readonly tcp: { readonly host: string; readonly port: number } }
  | { readonly http: { readonly host: string; readonly port: number; readonly path: string } };

export type ProbeSeen =
  | { readonly answered: true; readonly rttMs: number }
  /** Text that is the same for the same failure each time: `refused`, `timeout`, `status 503`. */
  | { readonly answered: false; readonly message: string };

/** The settings of the connection. */
export interface NodesLimits {
  /** Maximum number of concurrent probes. */
  readonly probes: number;
  /** Interval within which failed probes count once. */
  readonly probeIntervalMs: number;
  /** Maximum time between two refreshes of the workload source. */
  readonly workloadsIntervalMs: number;
  /** Name of the project in labels. */
  readonly project: string;
}

/**
 * Reads the account, the workload source and the servers themselves. Every call ends at its own deadline, or when its
 * signal is aborted. A failed read throws an Error without secrets, and never looks like a missing object; its
 * `endpoint` is the address that did not answer.
 */
export interface NodesReader {
  readonly limits: NodesLimits;
  /** Every server of the account. */
  servers(signal: AbortSignal): Promise<readonly ServerSeen[]>;
  /** A server by id; undefined if the provider reports that it does not exist. */
  server(id: number, signal: AbortSignal): Promise<ServerSeen | undefined>;
  /** The server with this exact name; undefined if it does not exist. */
  serverByName(name: string, signal: AbortSignal): Promise<ServerSeen | undefined>;
  /** Server types and prices; read once for each opened connection. */
  prices(signal: AbortSignal): Promise<PriceList>;
  /** A list of the catalogue, at most half a minute old. */
  catalogue<List extends CatalogueList>(list: List, signal: AbortSignal): Promise<Catalogue[List]>;
  /** The report of the workload source; undefined if no source is configured. */
  workloads(signal: AbortSignal): Promise<WorkloadsSeen | undefined>;
  /** The hooks of the source. */
  readonly hooks: { readonly drain: boolean; readonly migrate: boolean };
  probe(target: ProbeTarget, signal: AbortSignal): Promise<ProbeSeen>;
  /** SHA-256 of a user data file, `sha256:` and 64 hex digits; undefined if it does not exist. */
  userDataDigest(file: string): Promise<string | undefined>;
}

/** Arguments of every call that writes. */
export interface Call {
  /** Signal that fires at the deadline of the step. */
  readonly signal: AbortSignal;
  /** Reports progress in a few words. */
  readonly progress: (text: string) => void;
}

export interface CreateOrder {
  readonly name: string;
  readonly serverType: string;
  readonly image: string;
  readonly location: string;
  readonly sshKeys: readonly string[];
  readonly userData?: string;
  /** Networks; addresses and aliases that an order cannot have are set once the server exists. */
  readonly networks: readonly {
    readonly network: string;
    readonly ip?: string;
    readonly aliasIps: readonly string[];
  }[];
  readonly firewalls: readonly string[];
  readonly placementGroup?: string;
  readonly volumes: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly backups: boolean;
  readonly protection: boolean;
  readonly publicNet: {
    readonly ipv4: boolean;
    readonly ipv6: boolean;
    readonly ipv4Address?: string;
    readonly ipv6Address?: string;
  };
  readonly start: boolean;
}

/** Labels to set, and keys to remove. All other labels stay. */
export interface LabelChange {
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

/**
 * Changes servers. A call returns when the provider has completed every action that it started. It waits for a locked
 * server. Names may be ids as text. A call can be repeated after an interruption: an already reached state is not an
 * error.
 */
export interface NodesWriter extends NodesReader {
  /**
   * Creates a server, with backups and protection, and returns it. Discards a password that the provider sets. If a server
   * with all of `order.labels` exists, an earlier call created it, and it is returned.
   */
  createServer(order: CreateOrder, call: Call): Promise<ServerSeen>;
  /** Deletes a server; succeeds if it no longer exists. */
  deleteServer(id: number, call: Call): Promise<void>;
  rename(id: number, name: string, call: Call): Promise<void>;
  /** Reads the present labels, and changes only the given ones. */
  changeLabels(id: number, change: LabelChange, call: Call): Promise<void>;
  powerOn(id: number, call: Call): Promise<void>;
  /** Shuts the server down, waits until it is off, and turns it off hard if it does not. */
  powerOff(id: number, call: Call): Promise<void>;
  /** Requires the server to be off. */
  changeType(id: number, serverType: string, upgradeDisk: boolean, call: Call): Promise<void>;
  /** Rebuilds the server, which destroys the disk. The provider uses the user data of the creation again. */
  rebuild(id: number, image: string, call: Call): Promise<void>;
  setProtection(id: number, isProtected: boolean, call: Call): Promise<void>;
  /** Turns backups on or off; turning them off deletes every backup. */
  setBackups(id: number, enabled: boolean, call: Call): Promise<void>;
  attachNetwork(
    id: number,
    network: string,
    ip: string | undefined,
    aliasIps: readonly string[],
    call: Call,
  ): Promise<void>;
  detachNetwork(id: number, network: string, call: Call): Promise<void>;
  setAliasIps(id: number, network: string, aliasIps: readonly string[], call: Call): Promise<void>;
  applyFirewall(id: number, firewall: string, call: Call): Promise<void>;
  removeFirewall(id: number, firewall: string, call: Call): Promise<void>;
  attachVolume(id: number, volume: string, call: Call): Promise<void>;
  detachVolume(id: number, volume: string, call: Call): Promise<void>;
  /** Requires the server to be off. */
  joinPlacementGroup(id: number, group: string, call: Call): Promise<void>;
  leavePlacementGroup(id: number, call: Call): Promise<void>;
  /** Notifies the source to start no new containers on a node, and waits for its answer; false without such a hook. */
  drainHook(node: string, call: Call): Promise<boolean>;
  /** Requests the move of a container from the source, and waits for its answer. Throws without such a hook. */
  migrateHook(container: string, from: string, to: string, call: Call): Promise<void>;
}
