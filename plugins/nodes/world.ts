/** The outside of the nodes plugin: servers of a cloud provider, what runs on them, and whether they answer. */

import type { Workloads } from './generated.ts';

/** What the provider says a server does; `unknown` also stands for a word that is not known here. */
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

/** Something that a server refers to, by both of its names. `name` is the id as text where it has none (a snapshot), or is gone. */
export interface Named {
  readonly id: number;
  readonly name: string;
}

/** One end of a server in a private network. */
export interface Attachment {
  readonly network: Named;
  readonly ip: string;
  /** In the order of the provider. */
  readonly aliasIps: readonly string[];
}

/** A server as its provider tells it. */
export interface ServerSeen {
  readonly id: number;
  readonly name: string;
  readonly status: ProviderStatus;
  /** When it was made: ISO 8601, UTC. Absent where the provider says nothing that can be read. */
  readonly created?: string;
  readonly serverType: Named & { readonly deprecated: boolean };
  /** Size of its disk, in GB. */
  readonly diskGb: number;
  readonly location: string;
  /** Absent where the image is gone. */
  readonly image?: Named & { readonly deprecated: boolean };
  /** An action of the provider is running on it. */
  readonly locked: boolean;
  /** Delete and rebuild protection; the provider keeps them apart, and lets them only be set alike. */
  readonly protection: { readonly delete: boolean; readonly rebuild: boolean };
  readonly backups: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** Public addresses with the ids of their primary IPs; absent where it has none. The IPv6 one is a network, `2001:db8::/64`. */
  readonly ipv4?: { readonly id: number; readonly ip: string };
  readonly ipv6?: { readonly id: number; readonly ip: string };
  readonly networks: readonly Attachment[];
  readonly firewalls: readonly Named[];
  readonly volumes: readonly Named[];
  readonly placementGroup?: Named;
  /** It boots, or has booted, into the rescue system. */
  readonly rescue?: true;
  /** Name of the ISO that is mounted. */
  readonly iso?: string;
}

/** A server type, with what it costs. */
export interface ServerTypeSeen {
  readonly id: number;
  readonly name: string;
  readonly cores: number;
  /** In MB: what the provider gives in GB, times 1024. */
  readonly memoryMb: number;
  readonly diskGb: number;
  readonly architecture: string;
  readonly deprecated: boolean;
  /** By location; a location that is not there does not have the type. */
  readonly locations: Readonly<Record<string, TypeInLocation>>;
}

export interface TypeInLocation {
  /** It can be ordered there now; where the provider does not say, it can. */
  readonly available: boolean;
  /** Net prices of a running server in the currency of the account, as decimal numbers. */
  readonly hourly: number;
  readonly monthly: number;
  /** From when on it cannot be ordered there any more: ISO 8601. */
  readonly endsAt?: string;
}

export interface PriceList {
  /** `EUR`. */
  readonly currency: string;
  /** By name. */
  readonly types: Readonly<Record<string, ServerTypeSeen>>;
}

/** An image; one without a name is called by its id. */
export interface ImageSeen extends Named {
  /** The provider's own. */
  readonly isSystem: boolean;
  readonly isAvailable: boolean;
  readonly architecture: string;
  /** What a server's disk needs at least, in GB. */
  readonly diskGb: number;
  /** Since when it is deprecated. */
  readonly deprecated?: string;
}

/** What a server can be made of, by lists that are read apart. A `server` is the id of the one that has the thing. */
export interface Catalogue {
  /** By name. */
  readonly types: PriceList['types'];
  readonly images: readonly ImageSeen[];
  readonly locations: readonly (Named & { readonly zone: string })[];
  readonly sshKeys: readonly Named[];
  readonly firewalls: readonly Named[];
  /** With the network zones of its subnets. */
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

/** What the workload source says, and when it was asked: ISO 8601, UTC. */
export interface WorkloadsSeen {
  readonly at: string;
  readonly workloads: Workloads;
}

/** How one server is asked whether it is ready. */
export type ProbeTarget =
  | { readonly tcp: { readonly host: string; readonly port: number } }
  | { readonly http: { readonly host: string; readonly port: number; readonly path: string } };

export type ProbeSeen =
  | { readonly answered: true; readonly rttMs: number }
  /** Says the same of the same failure each time: `refused`, `timeout`, `status 503`. */
  | { readonly answered: false; readonly message: string };

/** What the world was opened with. */
export interface NodesLimits {
  /** Probes that are open at once. */
  readonly probes: number;
  /** Failed probes that follow each other faster count once. */
  readonly probeIntervalMs: number;
  /** How often the workload source is looked at, at least. */
  readonly workloadsIntervalMs: number;
  /** Name of the project, as it stands in labels. */
  readonly project: string;
}

/**
 * Reads the account, the workload source and the servers themselves. Every call ends at a deadline of its own, or when
 * its signal is aborted. What cannot be read throws an Error whose message holds no secret, and never looks like
 * something that is not there; an `endpoint` on it says what did not answer.
 */
export interface NodesReader {
  readonly limits: NodesLimits;
  /** Every server of the account, whatever it is. */
  servers(signal: AbortSignal): Promise<readonly ServerSeen[]>;
  /** One server; undefined where the provider says that there is none. */
  server(id: number, signal: AbortSignal): Promise<ServerSeen | undefined>;
  /** The one server of this exact name; undefined where there is none. */
  serverByName(name: string, signal: AbortSignal): Promise<ServerSeen | undefined>;
  /** Server types and prices; read once for as long as the world is open. */
  prices(signal: AbortSignal): Promise<PriceList>;
  /** One list of the catalogue, no older than half a minute. */
  catalogue<List extends CatalogueList>(list: List, signal: AbortSignal): Promise<Catalogue[List]>;
  /** Undefined where no source is configured. */
  workloads(signal: AbortSignal): Promise<WorkloadsSeen | undefined>;
  /** Which hooks the source has. */
  readonly hooks: { readonly drain: boolean; readonly migrate: boolean };
  probe(target: ProbeTarget, signal: AbortSignal): Promise<ProbeSeen>;
  /** SHA-256 of a file with user data, `sha256:` and 64 hex digits; undefined where there is none. Relative to the project. */
  userDataDigest(file: string): Promise<string | undefined>;
}

/** What every call that changes something gets. */
export interface Call {
  /** Fires at the deadline of the step. */
  readonly signal: AbortSignal;
  /** Says in a few words what is going on. */
  readonly progress: (text: string) => void;
}

export interface CreateOrder {
  readonly name: string;
  readonly serverType: string;
  readonly image: string;
  readonly location: string;
  readonly sshKeys: readonly string[];
  readonly userData?: string;
  /** Addresses and aliases that the order itself cannot carry are set once the server is there. */
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

/** Labels that a server is to have, and keys that it is not to have any more. All others stay. */
export interface LabelChange {
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

/**
 * Changes what it can read. A call returns when the provider says that it is done: every action that it started was
 * awaited. A server that is locked is waited for. Names may be ids as text. A call may be made again after it was cut
 * short: what is already so is no error.
 */
export interface NodesWriter extends NodesReader {
  /**
   * Makes a server, with backups and protection, and gives it as it is then. A password that the provider makes is thrown
   * away. Where the server is there already and has all of `order.labels`, an earlier call made it, and it is given.
   */
  createServer(order: CreateOrder, call: Call): Promise<ServerSeen>;
  /** Done too where the server is gone. */
  deleteServer(id: number, call: Call): Promise<void>;
  rename(id: number, name: string, call: Call): Promise<void>;
  /** Reads the labels anew and changes nothing but these. */
  changeLabels(id: number, change: LabelChange, call: Call): Promise<void>;
  powerOn(id: number, call: Call): Promise<void>;
  /** Asks the server to shut down, waits until it is off, and turns it off hard where it does not. */
  powerOff(id: number, call: Call): Promise<void>;
  /** The server is off. */
  changeType(id: number, serverType: string, upgradeDisk: boolean, call: Call): Promise<void>;
  /** Destroys the disk. The user data that it was made with is used again. */
  rebuild(id: number, image: string, call: Call): Promise<void>;
  setProtection(id: number, isProtected: boolean, call: Call): Promise<void>;
  /** To end them deletes every backup. */
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
  /** The server is off. */
  joinPlacementGroup(id: number, group: string, call: Call): Promise<void>;
  leavePlacementGroup(id: number, call: Call): Promise<void>;
  /** Tells the source to put nothing more on a node, and waits for its answer; false where it has no such hook. */
  drainHook(node: string, call: Call): Promise<boolean>;
  /** Tells the source to move a container, and waits for its answer. Throws where it has no such hook. */
  migrateHook(container: string, from: string, to: string, call: Call): Promise<void>;
}
