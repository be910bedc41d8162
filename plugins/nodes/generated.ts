/** Generated from specs/nodes.yaml by `npm run generate`: do not edit. */

import type { PluginTables } from '#plugin';

/** One server, by name. With the defaults filled in. */
export interface NodeSpec {
  /** Who runs it; `static` is a machine that no cloud manages: it is only probed. */
  readonly provider: 'hetzner' | 'static';
  /** A system node is never drained, removed or replaced. That is remembered, and kept in a label: it outlives the document. */
  readonly role: 'worker' | 'system';
  /** The NodePool that it is a member of; a pool writes it into the nodes that it stands for. */
  readonly pool?: string;
  /** Host name or address of a static node. */
  readonly address?: string;
  /** Name of its server type. A change needs the power off. */
  readonly serverType?: string;
  /** Let a larger server type enlarge the disk too; then there is no way back to a smaller one. */
  readonly upgradeDisk: boolean;
  /** Name of its image, or the id of a snapshot. A change destroys what is on the disk. */
  readonly image?: string;
  /** What another image means: the same server with a new disk, a new server, or nothing for servers that are there. */
  readonly onImageChange: 'rebuild' | 'replace' | 'ignore';
  /** Name of its location. A change replaces it. */
  readonly location?: string;
  /** Names or ids of SSH keys that it is made with. A change replaces it; without any, the provider makes a password that nobody is told. */
  readonly sshKeys: readonly string[];
  /** What cloud-init runs on its first start; 32 KiB at most. It stands in the log: what is secret belongs into `userDataFile`. A change replaces it. */
  readonly userData?: string;
  /** File that holds it instead, relative to the document; in the repository, or in a folder that the environment variable `FETTLE_FILE_ROOTS` names. Only its digest is remembered. */
  readonly userDataFile?: string;
  /** Private networks that it is attached to; left as they are where this is left out. */
  readonly networks?: readonly {
    /** Name or id of the network. */
    readonly network: string;
    /** Its address there; one is found where this is left out. */
    readonly ip?: string;
    /** More addresses there. */
    readonly aliasIps: readonly string[];
  }[];
  /** Names or ids of the firewalls that hold for it; left as they are where this is left out. */
  readonly firewalls?: readonly string[];
  /** Name or id of its placement group. To join one needs the power off; left as it is where this is left out. */
  readonly placementGroup?: string;
  /** Names or ids of volumes that are attached to it; left as they are where this is left out. */
  readonly volumes?: readonly string[];
  /** Labels at the provider. Those that others put there stay. */
  readonly labels: Readonly<Record<string, string>>;
  /** Daily backups, for a fifth of its price more; left as they are where this is left out. To end them deletes all that there are. */
  readonly backups?: boolean;
  /** Delete and rebuild protection at the provider, which are always the same; left as it is where this is left out. It is lifted by a row of its own alone. */
  readonly protection?: boolean;
  /** Its public addresses. A change replaces it. */
  readonly publicNet: {
    /** It has a public IPv4 address. */
    readonly ipv4: boolean;
    /** It has a public IPv6 network. */
    readonly ipv6: boolean;
    /** Name or id of the primary IP that it has, instead of a new one. */
    readonly ipv4Address?: string;
    /** Name or id of the primary IP that it has, instead of a new one. */
    readonly ipv6Address?: string;
  };
  /** Whether it runs. */
  readonly power: 'on' | 'off';
  /** A node that never had a container is not removed before it was ready for so long. */
  readonly readyGrace: string;
  /** A node is not removed before it was empty for so long. */
  readonly idleGrace: string;
  /** So long lies at least between its draining and its removal. */
  readonly drainGrace: string;
  /** From its creation to its first readiness; after that it is unhealthy. */
  readonly startDeadline: string;
  /** How its readiness is found out, and its health from then on: exactly one way. */
  readonly readiness: {
    /** A TCP port accepts connections. */
    readonly tcp?: {
      readonly port: number;
      /** Private network through which it is reached; its public address where this is left out. */
      readonly network?: string;
    };
    /** A GET is answered with a status from 200 to 399. */
    readonly http?: {
      readonly port: number;
      /** Path and query, in ASCII without spaces. */
      readonly path: string;
      /** Private network through which it is reached; its public address where this is left out. */
      readonly network?: string;
    };
    /** The server has this label, `key=value`; somebody else puts it there. */
    readonly label?: string;
    /** So long after its creation. */
    readonly after?: string;
  };
  /** Where its containers are listed. */
  readonly workloads: {
    /** What the source calls it; its own name where this is left out. */
    readonly name?: string;
    /** Nothing lists what runs on it, and nothing is asked about it before it is removed. */
    readonly none: boolean;
  };
}

/** What is remembered of it, as far as it is known. */
export interface NodeMemory {
  /** Id of its server at the provider. */
  readonly serverId: number;
  /** Value of the label of this project, as it was last seen on the server. */
  readonly project: string;
  /** What it has of what its document leaves open, for a server that is made in its place. */
  readonly left: {
    readonly networks?: readonly {
      readonly network: string;
      readonly ip: string;
      readonly aliasIps: readonly string[];
    }[];
    readonly firewalls?: readonly string[];
    readonly volumes?: readonly string[];
    readonly placementGroup?: string;
    readonly backups?: boolean;
    readonly protection?: boolean;
  };
  /** It was a system node once: it was in use without any container. */
  readonly wasSystem: boolean;
  /** Names that its server had before, the newest first. */
  readonly names: readonly string[];
  /** Keys of the labels that its document put there: those that it no longer names are taken away. */
  readonly labels: readonly string[];
  /** Digest of the SSH keys that it was made with. */
  readonly sshKeys: string;
  /** Digest of the user data that it was made with. */
  readonly userData: string;
  /** When the provider made it, ISO 8601. */
  readonly provisionedAt: string;
  /** When it was first ready, ISO 8601. */
  readonly initializedAt: string;
  /** When its first container started, ISO 8601. */
  readonly firstContainerAt: string;
  /** When its last container was gone, ISO 8601. */
  readonly lastContainerAt: string;
  /** When it was drained, ISO 8601: from then on it never returns to service. */
  readonly drainingAt: string;
  /** When the workload source was told to put nothing more there, ISO 8601. */
  readonly toldAt: string;
  /** When it was found at the provider and adopted, ISO 8601. */
  readonly recoveredAt: string;
  /** When the containers of every node had been read once after that, ISO 8601. */
  readonly syncCompletedAt: string;
  /** Containers that ever started on it. */
  readonly containersEver: number;
  /** What the source last said of that, to count on from. */
  readonly startedTotal: number;
  /** Short digests of the containers that were last seen, where the source does not count. */
  readonly containerIds: readonly string[];
  /** Containers that were last known. */
  readonly containers: number;
  /** Memory that they had, in MB. */
  readonly allocatedMb: number;
  /** Since when it is empty, ISO 8601. */
  readonly emptySince: string;
  /** When its containers were last read, ISO 8601; kept where the source does not say since when it is empty. */
  readonly lookedAt: string;
  /** Failed probes in a row. */
  readonly probeFailures: number;
  /** When the last of them was counted, ISO 8601. */
  readonly probeFailedAt: string;
  /** When the first of them was, ISO 8601. */
  readonly failingSince: string;
}

export type NodeState =
  | 'absent'
  | 'provisioning'
  | 'initializing'
  | 'ready'
  | 'active'
  | 'idle'
  | 'draining'
  | 'decommissioned'
  | 'unhealthy';

/** Steps that fettle takes. */
export type NodeStep =
  | 'absent>provisioning'
  | 'ready>draining'
  | 'active>draining'
  | 'idle>draining'
  | 'provisioning>decommissioned'
  | 'initializing>decommissioned'
  | 'draining>decommissioned'
  | 'unhealthy>decommissioned'
  | 'initializing>initializing'
  | 'ready>ready'
  | 'active>active'
  | 'idle>idle'
  | 'draining>draining'
  | 'unhealthy>unhealthy'
  | 'power:off>on'
  | 'power:on>off'
  | 'power:on>on'
  | 'power:off>off';

/** Rules that guard its steps. */
export type NodeRuleId =
  | 'other-server'
  | 'not-in-catalogue'
  | 'not-available'
  | 'backoff'
  | 'retry-exhausted'
  | 'in-use-by-hand'
  | 'provider-busy'
  | 'dedicated-node'
  | 'container-sync-in-progress'
  | 'post-sync-grace-period'
  | 'containers-unknown'
  | 'still-starting'
  | 'drains-containers'
  | 'has-containers'
  | 'allocated-memory'
  | 'too-young'
  | 'unhealthy-grace'
  | 'age-unknown'
  | 'no-history'
  | 'idle-grace'
  | 'queue-waits'
  | 'keeps-min'
  | 'one-at-a-time'
  | 'drain-grace'
  | 'power-needed'
  | 'destroys-data'
  | 'unknown-members'
  | 'leaves-pool';

/** So many nodes that are alike. With the defaults filled in. */
export interface NodePoolSpec {
  /** So many nodes, always. Without it, `min` and `max` are the limits of the reactive policy. */
  readonly size?: number;
  /** At least so many nodes are in service. */
  readonly min?: number;
  /** At most so many members; one that is on its way out is none. */
  readonly max?: number;
  /** So many of its nodes are drained or removed at once. */
  readonly removalsAtOnce: number;
  /** A member that is unhealthy for so long gives its place to a new one; never where this is left out. */
  readonly replaceUnhealthyAfter?: string;
  /** The reactive policy of a pool with `min` and `max`, by the memory that containers have, or wait for. */
  readonly scaling: {
    /** It grows when allocated and queued memory is more than this part of all. */
    readonly up: string;
    /** It shrinks when allocated memory is less than this part of all. */
    readonly down: string;
    /** A threshold has to be crossed for so long before the policy acts, at each refresh that is recorded (`apply`, `drift --record`). Where something waits and there is no node, it acts at once. */
    readonly for: string;
    /** So long lies at least between two changes. */
    readonly cooldown: string;
    /** It does not shrink for so long after it grew. */
    readonly downAfterUp: string;
  };
  /** Moves containers together so that nodes can go. */
  readonly consolidation: {
    readonly enabled: boolean;
    /** So long lies at least between two consolidations. */
    readonly cooldown: string;
    /** Not while more of its memory is allocated. */
    readonly maxUtilization: string;
    /** Nodes that are younger stay. */
    readonly minUptime: string;
    /** Nodes stay to which something came later: that became empty, or whose last container came. */
    readonly minIdle: string;
    /** Not with fewer nodes in service. */
    readonly minNodes: number;
    /** What it saves at least, in the provider's currency for an hour. */
    readonly minSavings: number;
  };
  /** What each of its nodes is, as in a Node. */
  readonly template: {
    /** Name of its server type. A change needs the power off. */
    readonly serverType: string;
    /** Let a larger server type enlarge the disk too; then there is no way back to a smaller one. */
    readonly upgradeDisk: boolean;
    /** Name of its image, or the id of a snapshot. A change destroys what is on the disk. */
    readonly image: string;
    /** What another image means: the same server with a new disk, a new server, or nothing for servers that are there. */
    readonly onImageChange: 'rebuild' | 'replace' | 'ignore';
    /** Name of its location. A change replaces it. */
    readonly location: string;
    /** Names or ids of SSH keys that it is made with. A change replaces it; without any, the provider makes a password that nobody is told. */
    readonly sshKeys: readonly string[];
    /** What cloud-init runs on its first start; 32 KiB at most. It stands in the log: what is secret belongs into `userDataFile`. A change replaces it. */
    readonly userData?: string;
    /** File that holds it instead, relative to the document; in the repository, or in a folder that the environment variable `FETTLE_FILE_ROOTS` names. Only its digest is remembered. */
    readonly userDataFile?: string;
    /** Private networks that it is attached to; left as they are where this is left out. */
    readonly networks?: readonly {
      /** Name or id of the network. */
      readonly network: string;
      /** Its address there; one is found where this is left out. */
      readonly ip?: string;
      /** More addresses there. */
      readonly aliasIps: readonly string[];
    }[];
    /** Names or ids of the firewalls that hold for it; left as they are where this is left out. */
    readonly firewalls?: readonly string[];
    /** Name or id of its placement group. To join one needs the power off; left as it is where this is left out. */
    readonly placementGroup?: string;
    /** Labels at the provider. Those that others put there stay. */
    readonly labels: Readonly<Record<string, string>>;
    /** Daily backups, for a fifth of its price more; left as they are where this is left out. To end them deletes all that there are. */
    readonly backups?: boolean;
    /** Delete and rebuild protection at the provider, which are always the same; left as it is where this is left out. It is lifted by a row of its own alone. */
    readonly protection?: boolean;
    /** Its public addresses. A change replaces it. */
    readonly publicNet: {
      /** It has a public IPv4 address. */
      readonly ipv4: boolean;
      /** It has a public IPv6 network. */
      readonly ipv6: boolean;
      /** Name or id of the primary IP that it has, instead of a new one. */
      readonly ipv4Address?: string;
      /** Name or id of the primary IP that it has, instead of a new one. */
      readonly ipv6Address?: string;
    };
    /** A node that never had a container is not removed before it was ready for so long. */
    readonly readyGrace: string;
    /** A node is not removed before it was empty for so long. */
    readonly idleGrace: string;
    /** So long lies at least between its draining and its removal. */
    readonly drainGrace: string;
    /** From its creation to its first readiness; after that it is unhealthy. */
    readonly startDeadline: string;
    /** How its readiness is found out, and its health from then on: exactly one way. */
    readonly readiness: {
      /** A TCP port accepts connections. */
      readonly tcp?: {
        readonly port: number;
        /** Private network through which it is reached; its public address where this is left out. */
        readonly network?: string;
      };
      /** A GET is answered with a status from 200 to 399. */
      readonly http?: {
        readonly port: number;
        /** Path and query, in ASCII without spaces. */
        readonly path: string;
        /** Private network through which it is reached; its public address where this is left out. */
        readonly network?: string;
      };
      /** The server has this label, `key=value`; somebody else puts it there. */
      readonly label?: string;
      /** So long after its creation. */
      readonly after?: string;
    };
    readonly workloads: {
      /** Nothing lists what runs on them, and nothing is asked about it before they are removed. */
      readonly none: boolean;
    };
  };
}

/** What is remembered of it, as far as it is known. */
export interface NodePoolMemory {
  /** What the names of its nodes begin with: its name when it began. A hyphen and a number follow. */
  readonly prefix: string;
  /** Numbers of its nodes, in the order in which they came. */
  readonly members: readonly number[];
  /** The next number; none is given twice. */
  readonly next: number;
  /** The intent whose outcome last changed it. */
  readonly changedBy: string;
  /** When it last grew, ISO 8601. */
  readonly scaledUpAt: string;
  /** When it last shrank, ISO 8601. */
  readonly scaledDownAt: string;
  /** Threshold of the reactive policy that was crossed at the last refresh. */
  readonly crossing: 'up' | 'down';
  /** Since when, ISO 8601. */
  readonly crossingSince: string;
  /** When a consolidation last began, ISO 8601. */
  readonly consolidatedAt: string;
  /** Members that were let go and may still be there, with who decided it. */
  readonly dropped: readonly {
    readonly members: readonly number[];
    /** ISO 8601. */
    readonly at: string;
    readonly by: 'reactive_policy' | 'consolidation_policy' | 'manual';
    readonly because: string;
  }[];
  /** Members that a consolidation empties. */
  readonly going: readonly number[];
  /** Containers that it moves. */
  readonly moves: readonly {
    readonly container: string;
    readonly from: number;
    readonly to: number;
  }[];
}

export type NodePoolState = 'absent' | 'active';

/** Steps that fettle takes. */
export type NodePoolStep = 'active>active';

/** Rules that guard its steps. */
export type NodePoolRuleId =
  | 'not-in-catalogue'
  | 'not-available'
  | 'queue-waits'
  | 'keeps-min'
  | 'one-at-a-time'
  | 'cooldown'
  | 'capacity-starting'
  | 'no-candidate'
  | 'decided-otherwise';

/** A container that has to run on a certain node: a consolidation stands for such, and they can be written by hand. With the defaults filled in. */
export interface ContainerSpec {
  /** Name of the Node that it ought to run on; it may be a member of a pool. */
  readonly node: string;
  /** The pool whose consolidation moves it. */
  readonly pool?: string;
}

/** What is remembered of it, as far as it is known. */
export interface ContainerMemory {
  /** Node that it was last seen on. */
  readonly node: string;
}

export type ContainerState = 'absent' | 'placed';

/** Steps that fettle takes. */
export type ContainerStep = 'placed>placed';

/** Rules that guard its steps. */
export type ContainerRuleId = 'not-migratable' | 'target-unfit';

/** What runs where, as the workload source tells it. Keys that are not known are ignored. */
export interface Workloads {
  /** When this was so. What is older than twice `workloads.interval`, or more than a minute ahead of fettle's clock, counts as not read; without it, it is so now. */
  readonly at?: string;
  /** Every node that the source knows; one that is not listed is not known to be empty. */
  readonly nodes: readonly {
    /** The node. */
    readonly name: string;
    /** Since when it has had no container, where it has none. It counts from no earlier than the server was made and ready, and than fettle last saw a container there. */
    readonly emptySince?: string;
    /** Containers that ever started there; it never runs backwards but when the source begins anew. */
    readonly startedTotal?: number;
    /** Memory that its containers have, in MB; the sum over them where this is left out. */
    readonly allocatedMb?: number;
    /** How full its disk is. */
    readonly diskUsedPercent?: number;
    readonly containers: readonly {
      readonly id: string;
      /** Its memory, in MB. */
      readonly mb: number;
      /** Its size class; `micro`, `small` and `medium` may be moved under conditions, others never. */
      readonly tier?: string;
      /** How many players are connected; not known where this is left out. */
      readonly players?: number;
      /** Since when it runs. */
      readonly since?: string;
    }[];
  }[];
  /** What waits for room. */
  readonly queue: readonly {
    readonly id: string;
    /** Memory that it needs, in MB. */
    readonly mb: number;
    /** The pool that it waits for; any, where this is left out. */
    readonly pool?: string;
    /** Since when it waits. */
    readonly since?: string;
  }[];
}

export type FindingCode =
  | 'unhealthy'
  | 'other-server'
  | 'disk-full'
  | 'disk-critical'
  | 'not-listed'
  | 'drain-label'
  | 'deprecated'
  | 'unmanaged'
  | 'short'
  | 'full'
  | 'blind';

export type RuleId =
  | 'other-server'
  | 'not-in-catalogue'
  | 'not-available'
  | 'backoff'
  | 'retry-exhausted'
  | 'in-use-by-hand'
  | 'provider-busy'
  | 'dedicated-node'
  | 'container-sync-in-progress'
  | 'post-sync-grace-period'
  | 'containers-unknown'
  | 'still-starting'
  | 'drains-containers'
  | 'has-containers'
  | 'allocated-memory'
  | 'too-young'
  | 'unhealthy-grace'
  | 'age-unknown'
  | 'no-history'
  | 'idle-grace'
  | 'queue-waits'
  | 'keeps-min'
  | 'one-at-a-time'
  | 'drain-grace'
  | 'power-needed'
  | 'destroys-data'
  | 'unknown-members'
  | 'leaves-pool'
  | 'cooldown'
  | 'capacity-starting'
  | 'no-candidate'
  | 'decided-otherwise'
  | 'not-migratable'
  | 'target-unfit';

/** Its part of `fettle.yaml`, with the defaults filled in. */
export interface NodesConfig {
  /** How many actions of this plugin run at once. */
  readonly parallelism: number;
  readonly provider: {
    /** The account at Hetzner Cloud. */
    readonly hetzner: {
      /** The token of the project, from the environment variable `HCLOUD_TOKEN` or one whose name begins with `HCLOUD_TOKEN_`; `HCLOUD_TOKEN` where this is left out. */
      readonly token?: string;
      /** Address of the API. Another one than this is an address in the environment variable `HCLOUD_ENDPOINT`, or has its origin in `FETTLE_PROVIDER_ORIGINS`, so that no change of this file sends the token elsewhere. */
      readonly endpoint: string;
    };
  };
  /** Deadline of one request to the API. */
  readonly requestSeconds: number;
  /** So many requests of the rate limit are left to others: from there on, looks go more slowly. */
  readonly requestReserve: number;
  /** The source of truth about the containers on each node. Without one, nothing is removed whose containers would have to be known. */
  readonly workloads?: {
    /** A GET of JSON in the published form (schema `nodes/Workloads`). */
    readonly http?: {
      /** What is asked for the containers. */
      readonly url: string;
      /** What a POST of `{"node": "NAME"}` tells to put no more containers there; it is done when it answers. */
      readonly drainUrl?: string;
      /** What a POST of `{"container": "ID", "from": "NAME", "to": "NAME"}` tells to move a container; it is done when it answers. */
      readonly migrateUrl?: string;
      /** A bearer token for these requests, from the environment variable `WORKLOADS_TOKEN` or one whose name begins with `WORKLOADS_TOKEN_`. It is sent to origins in the environment variable `FETTLE_PROVIDER_ORIGINS`, and nowhere else. */
      readonly token?: string;
      /** Deadline of the GET. */
      readonly timeoutSeconds: number;
      /** Deadline of a hook. */
      readonly hookSeconds: number;
    };
    /** A file with the same JSON, relative to `fettle.yaml`; in the repository, or in a folder that the environment variable `FETTLE_FILE_ROOTS` names. */
    readonly file?: string;
    /** How often the containers are looked at, at least: after a gap of more than twice that, a node whose source does not say since when it is empty begins its idle grace anew. */
    readonly interval: string;
  };
  /** How readiness is probed. */
  readonly probe: {
    /** Probes that are open at once. */
    readonly concurrency: number;
    /** Deadline of one probe, name resolution included. */
    readonly timeoutSeconds: number;
    /** Failed probes that follow each other faster count once. */
    readonly interval: string;
  };
}

export const tables = {
  name: 'nodes',
  version: 'v1',
  summary: 'Cloud servers, pools of them, and the containers that keep them from being taken away.',
  parallelism: 8,
  kinds: {
    Node: {
      summary: 'One server, by name.',
      scope: [],
      onRemove: 'remove',
      byAccount: true,
      machines: {
        node: {
          states: [
            'absent',
            'provisioning',
            'initializing',
            'ready',
            'active',
            'idle',
            'draining',
            'decommissioned',
            'unhealthy',
          ],
          transitions: [
            {
              from: 'absent',
              to: 'provisioning',
              trigger: 'create',
              by: 'fettle',
              reversible: 'yes',
              deadlineMs: 600000,
            },
            {
              from: 'ready',
              to: 'draining',
              trigger: 'drain',
              by: 'fettle',
              disruptive: true,
              reversible: 'no',
              deadlineMs: 600000,
            },
            {
              from: 'active',
              to: 'draining',
              trigger: 'drain',
              by: 'fettle',
              disruptive: true,
              reversible: 'no',
              deadlineMs: 600000,
            },
            {
              from: 'idle',
              to: 'draining',
              trigger: 'drain',
              by: 'fettle',
              disruptive: true,
              reversible: 'no',
              deadlineMs: 600000,
            },
            {
              from: 'provisioning',
              to: 'decommissioned',
              trigger: 'remove',
              by: 'fettle',
              settles: 'absent',
              destructive: true,
              reversible: 'no',
              deadlineMs: 600000,
            },
            {
              from: 'initializing',
              to: 'decommissioned',
              trigger: 'remove',
              by: 'fettle',
              settles: 'absent',
              destructive: true,
              reversible: 'no',
              deadlineMs: 600000,
            },
            {
              from: 'draining',
              to: 'decommissioned',
              trigger: 'remove',
              by: 'fettle',
              settles: 'absent',
              destructive: true,
              reversible: 'no',
              deadlineMs: 600000,
            },
            {
              from: 'unhealthy',
              to: 'decommissioned',
              trigger: 'remove',
              by: 'fettle',
              settles: 'absent',
              destructive: true,
              reversible: 'no',
              deadlineMs: 600000,
            },
            { from: 'provisioning', to: 'initializing', trigger: 'start', by: 'world', withinMs: 300000 },
            { from: 'initializing', to: 'ready', trigger: 'probe', by: 'world', withinMs: 900000 },
            { from: 'ready', to: 'active', trigger: 'containers', by: 'world' },
            { from: 'ready', to: 'idle', trigger: 'containers', by: 'world' },
            { from: 'active', to: 'idle', trigger: 'containers', by: 'world' },
            { from: 'idle', to: 'active', trigger: 'containers', by: 'world' },
            { from: 'provisioning', to: 'unhealthy', trigger: 'health', by: 'world' },
            { from: 'initializing', to: 'unhealthy', trigger: 'health', by: 'world' },
            { from: 'ready', to: 'unhealthy', trigger: 'health', by: 'world' },
            { from: 'active', to: 'unhealthy', trigger: 'health', by: 'world' },
            { from: 'idle', to: 'unhealthy', trigger: 'health', by: 'world' },
            { from: 'draining', to: 'unhealthy', trigger: 'health', by: 'world' },
            { from: 'unhealthy', to: 'ready', trigger: 'health', by: 'world' },
            { from: 'ready', to: 'draining', trigger: 'label', by: 'world' },
            { from: 'active', to: 'draining', trigger: 'label', by: 'world' },
            { from: 'idle', to: 'draining', trigger: 'label', by: 'world' },
            { from: 'provisioning', to: 'decommissioned', trigger: 'delete', by: 'world' },
            { from: 'initializing', to: 'decommissioned', trigger: 'delete', by: 'world' },
            { from: 'ready', to: 'decommissioned', trigger: 'delete', by: 'world' },
            { from: 'idle', to: 'decommissioned', trigger: 'delete', by: 'world' },
            { from: 'draining', to: 'decommissioned', trigger: 'delete', by: 'world' },
            { from: 'unhealthy', to: 'decommissioned', trigger: 'delete', by: 'world' },
            { from: 'decommissioned', to: 'absent', trigger: 'end', by: 'world' },
            { from: 'absent', to: 'provisioning', trigger: 'found', by: 'world' },
            { from: 'absent', to: 'initializing', trigger: 'found', by: 'world' },
            { from: 'absent', to: 'ready', trigger: 'found', by: 'world' },
            { from: 'absent', to: 'active', trigger: 'found', by: 'world' },
            { from: 'absent', to: 'idle', trigger: 'found', by: 'world' },
            { from: 'absent', to: 'draining', trigger: 'found', by: 'world' },
            { from: 'absent', to: 'unhealthy', trigger: 'found', by: 'world' },
            { from: 'absent', to: 'decommissioned', trigger: 'found', by: 'world' },
            { from: 'provisioning', to: 'absent', trigger: 'vanish', by: 'world' },
            { from: 'initializing', to: 'absent', trigger: 'vanish', by: 'world' },
            { from: 'ready', to: 'absent', trigger: 'vanish', by: 'world' },
            { from: 'active', to: 'absent', trigger: 'vanish', by: 'world' },
            { from: 'idle', to: 'absent', trigger: 'vanish', by: 'world' },
            { from: 'draining', to: 'absent', trigger: 'vanish', by: 'world' },
            { from: 'unhealthy', to: 'absent', trigger: 'vanish', by: 'world' },
          ],
          edits: [
            { state: 'initializing', reversible: 'yes', deadlineMs: 300000 },
            { state: 'ready', reversible: 'yes', deadlineMs: 300000 },
            { state: 'active', reversible: 'yes', deadlineMs: 300000 },
            { state: 'idle', reversible: 'yes', deadlineMs: 300000 },
            { state: 'draining', reversible: 'yes', deadlineMs: 300000 },
            { state: 'unhealthy', reversible: 'yes', deadlineMs: 300000 },
          ],
        },
        health: {
          states: ['unknown', 'healthy', 'unhealthy'],
          transitions: [
            { from: 'unknown', to: 'healthy', trigger: 'probe', by: 'world' },
            { from: 'unknown', to: 'unhealthy', trigger: 'probe', by: 'world' },
            { from: 'healthy', to: 'unknown', trigger: 'probe', by: 'world' },
            { from: 'healthy', to: 'unhealthy', trigger: 'probe', by: 'world' },
            { from: 'unhealthy', to: 'unknown', trigger: 'probe', by: 'world' },
            { from: 'unhealthy', to: 'healthy', trigger: 'probe', by: 'world' },
          ],
          edits: [],
        },
        power: {
          states: ['off', 'on', 'changing'],
          transitions: [
            { from: 'off', to: 'on', trigger: 'start', by: 'fettle', reversible: 'yes', deadlineMs: 600000 },
            {
              from: 'on',
              to: 'off',
              trigger: 'stop',
              by: 'fettle',
              disruptive: true,
              reversible: 'yes',
              deadlineMs: 600000,
            },
            { from: 'off', to: 'on', trigger: 'check', by: 'world' },
            { from: 'off', to: 'changing', trigger: 'check', by: 'world' },
            { from: 'on', to: 'off', trigger: 'check', by: 'world' },
            { from: 'on', to: 'changing', trigger: 'check', by: 'world' },
            { from: 'changing', to: 'off', trigger: 'check', by: 'world' },
            { from: 'changing', to: 'on', trigger: 'check', by: 'world' },
          ],
          edits: [
            { state: 'on', disruptive: true, reversible: 'partly', deadlineMs: 1800000 },
            { state: 'off', disruptive: true, reversible: 'partly', deadlineMs: 1800000 },
          ],
        },
      },
      rules: [
        {
          id: 'other-server',
          guards: [
            'absent>provisioning',
            'ready>draining',
            'active>draining',
            'idle>draining',
            'provisioning>decommissioned',
            'initializing>decommissioned',
            'draining>decommissioned',
            'unhealthy>decommissioned',
            'initializing>initializing',
            'ready>ready',
            'active>active',
            'idle>idle',
            'draining>draining',
            'unhealthy>unhealthy',
            'power:off>on',
            'power:on>off',
            'power:on>on',
            'power:off>off',
          ],
          overridable: false,
          text: 'The server of this name is not the one that was made or adopted.',
        },
        {
          id: 'not-in-catalogue',
          guards: [
            'absent>provisioning',
            'ready>draining',
            'active>draining',
            'idle>draining',
            'provisioning>decommissioned',
            'initializing>decommissioned',
            'draining>decommissioned',
            'unhealthy>decommissioned',
            'initializing>initializing',
            'ready>ready',
            'active>active',
            'idle>idle',
            'draining>draining',
            'unhealthy>unhealthy',
            'power:off>on',
            'power:on>off',
            'power:on>on',
            'power:off>off',
          ],
          overridable: false,
          text: 'The document names what the provider does not have, or what does not go together. Nothing is made of it, and nothing is taken away for it.',
        },
        {
          id: 'not-available',
          guards: [
            'absent>provisioning',
            'ready>draining',
            'active>draining',
            'idle>draining',
            'provisioning>decommissioned',
            'initializing>decommissioned',
            'draining>decommissioned',
            'unhealthy>decommissioned',
            'initializing>initializing',
            'ready>ready',
            'active>active',
            'idle>idle',
            'draining>draining',
            'unhealthy>unhealthy',
            'power:off>on',
            'power:on>off',
            'power:on>on',
            'power:off>off',
          ],
          overridable: true,
          text: 'What the document names cannot be had now, as far as the provider says.',
        },
        {
          id: 'backoff',
          guards: ['absent>provisioning', 'power:on>on', 'power:off>off'],
          overridable: true,
          text: 'It failed before: the next attempt waits 1, 2, then 4 minutes.',
        },
        {
          id: 'retry-exhausted',
          guards: ['absent>provisioning', 'power:on>on', 'power:off>off'],
          overridable: true,
          text: 'It failed four times in a row: somebody has to look. Another document, or an override, begins anew.',
        },
        {
          id: 'in-use-by-hand',
          guards: [
            'ready>draining',
            'active>draining',
            'idle>draining',
            'provisioning>decommissioned',
            'initializing>decommissioned',
            'draining>decommissioned',
            'unhealthy>decommissioned',
            'power:off>on',
            'power:on>off',
            'power:on>on',
            'power:off>off',
          ],
          overridable: true,
          text: 'It is in rescue mode, an ISO is mounted, or an action of the provider runs on it: it is neither turned off nor taken away meanwhile.',
        },
        {
          id: 'provider-busy',
          guards: [
            'absent>provisioning',
            'ready>draining',
            'active>draining',
            'idle>draining',
            'provisioning>decommissioned',
            'initializing>decommissioned',
            'draining>decommissioned',
            'unhealthy>decommissioned',
            'initializing>initializing',
            'ready>ready',
            'active>active',
            'idle>idle',
            'draining>draining',
            'unhealthy>unhealthy',
            'power:off>on',
            'power:on>off',
            'power:on>on',
            'power:off>off',
          ],
          overridable: false,
          text: 'Its provider is moving or rebuilding it, or does not say what it does: nothing is done to it meanwhile.',
        },
        {
          id: 'dedicated-node',
          guards: [
            'ready>draining',
            'active>draining',
            'idle>draining',
            'provisioning>decommissioned',
            'initializing>decommissioned',
            'draining>decommissioned',
            'unhealthy>decommissioned',
            'power:on>on',
            'power:off>off',
          ],
          overridable: false,
          text: 'It is a system node, or no cloud manages it: it is neither drained, removed nor replaced.',
        },
        {
          id: 'container-sync-in-progress',
          guards: [
            'ready>draining',
            'active>draining',
            'idle>draining',
            'provisioning>decommissioned',
            'initializing>decommissioned',
            'draining>decommissioned',
            'unhealthy>decommissioned',
          ],
          overridable: true,
          text: 'It was found at the provider, and the containers of every node were not read once since then.',
        },
        {
          id: 'post-sync-grace-period',
          guards: [
            'ready>draining',
            'active>draining',
            'idle>draining',
            'provisioning>decommissioned',
            'initializing>decommissioned',
            'draining>decommissioned',
            'unhealthy>decommissioned',
          ],
          overridable: true,
          text: 'It was found at the provider, and its containers are known for less than 10 minutes.',
        },
        {
          id: 'containers-unknown',
          guards: [
            'ready>draining',
            'active>draining',
            'idle>draining',
            'provisioning>decommissioned',
            'initializing>decommissioned',
            'draining>decommissioned',
            'unhealthy>decommissioned',
          ],
          overridable: true,
          text: 'The workload source does not say what runs on it.',
        },
        {
          id: 'still-starting',
          guards: [
            'ready>draining',
            'active>draining',
            'idle>draining',
            'provisioning>decommissioned',
            'initializing>decommissioned',
            'draining>decommissioned',
            'unhealthy>decommissioned',
          ],
          overridable: true,
          text: 'It is still being made or initialized.',
        },
        {
          id: 'drains-containers',
          guards: ['ready>draining', 'active>draining', 'idle>draining'],
          overridable: true,
          text: 'Containers run on it, and draining it to be removed would take them their node.',
        },
        {
          id: 'has-containers',
          guards: [
            'provisioning>decommissioned',
            'initializing>decommissioned',
            'draining>decommissioned',
            'unhealthy>decommissioned',
            'power:on>on',
            'power:off>off',
          ],
          overridable: false,
          text: 'Containers run on it.',
        },
        {
          id: 'allocated-memory',
          guards: [
            'ready>draining',
            'active>draining',
            'idle>draining',
            'provisioning>decommissioned',
            'initializing>decommissioned',
            'draining>decommissioned',
            'unhealthy>decommissioned',
          ],
          overridable: false,
          text: 'Memory is allocated on it.',
        },
        {
          id: 'too-young',
          guards: [
            'ready>draining',
            'active>draining',
            'idle>draining',
            'provisioning>decommissioned',
            'initializing>decommissioned',
            'draining>decommissioned',
            'unhealthy>decommissioned',
          ],
          overridable: true,
          text: 'It never had a container, and was ready for less than its `readyGrace`.',
        },
        {
          id: 'unhealthy-grace',
          guards: [
            'ready>draining',
            'active>draining',
            'idle>draining',
            'provisioning>decommissioned',
            'initializing>decommissioned',
            'draining>decommissioned',
            'unhealthy>decommissioned',
          ],
          overridable: true,
          text: 'It is unhealthy for less than 5 minutes since it first failed.',
        },
        {
          id: 'age-unknown',
          guards: [
            'ready>draining',
            'active>draining',
            'idle>draining',
            'provisioning>decommissioned',
            'initializing>decommissioned',
            'draining>decommissioned',
            'unhealthy>decommissioned',
          ],
          overridable: true,
          text: 'It never had a container, and nobody knows since when it is there.',
        },
        {
          id: 'no-history',
          guards: [
            'ready>draining',
            'active>draining',
            'idle>draining',
            'provisioning>decommissioned',
            'initializing>decommissioned',
            'draining>decommissioned',
            'unhealthy>decommissioned',
          ],
          overridable: true,
          text: 'It is active or idle, and no container was ever counted on it: what is remembered is wrong.',
        },
        {
          id: 'idle-grace',
          guards: [
            'ready>draining',
            'active>draining',
            'idle>draining',
            'provisioning>decommissioned',
            'initializing>decommissioned',
            'draining>decommissioned',
            'unhealthy>decommissioned',
          ],
          overridable: true,
          text: 'It is empty for less than its `idleGrace`.',
        },
        {
          id: 'queue-waits',
          guards: [
            'ready>draining',
            'active>draining',
            'idle>draining',
            'provisioning>decommissioned',
            'initializing>decommissioned',
            'draining>decommissioned',
            'unhealthy>decommissioned',
          ],
          overridable: true,
          text: 'Nothing is taken away while something waits for room.',
        },
        {
          id: 'keeps-min',
          guards: [
            'ready>draining',
            'active>draining',
            'idle>draining',
            'provisioning>decommissioned',
            'initializing>decommissioned',
            'draining>decommissioned',
            'unhealthy>decommissioned',
          ],
          overridable: true,
          group: '/pool',
          text: 'Its pool would have fewer nodes in service than it has to have.',
        },
        {
          id: 'one-at-a-time',
          guards: [
            'ready>draining',
            'active>draining',
            'idle>draining',
            'provisioning>decommissioned',
            'initializing>decommissioned',
            'draining>decommissioned',
            'unhealthy>decommissioned',
            'power:on>off',
            'power:on>on',
          ],
          overridable: true,
          group: '/pool',
          text: 'Other nodes of its pool are drained, removed or turned off now, as many as `removalsAtOnce` allows.',
        },
        {
          id: 'drain-grace',
          guards: ['draining>decommissioned'],
          overridable: true,
          text: 'It was drained less than its `drainGrace` ago.',
        },
        {
          id: 'power-needed',
          guards: ['power:on>off', 'power:on>on', 'power:off>off'],
          overridable: true,
          text: 'The change needs its power off, and containers run on it.',
        },
        {
          id: 'destroys-data',
          guards: [
            'absent>provisioning',
            'ready>draining',
            'active>draining',
            'idle>draining',
            'provisioning>decommissioned',
            'initializing>decommissioned',
            'draining>decommissioned',
            'unhealthy>decommissioned',
            'initializing>initializing',
            'ready>ready',
            'active>active',
            'idle>idle',
            'draining>draining',
            'unhealthy>unhealthy',
            'power:off>on',
            'power:on>off',
            'power:on>on',
            'power:off>off',
          ],
          overridable: true,
          text: 'It would destroy data: what is on the disk, or the backups. That is done only where an override says so.',
        },
        {
          id: 'unknown-members',
          guards: [
            'ready>draining',
            'active>draining',
            'idle>draining',
            'provisioning>decommissioned',
            'initializing>decommissioned',
            'draining>decommissioned',
            'unhealthy>decommissioned',
          ],
          overridable: true,
          text: 'Its pool is written, and does not remember its members: which of its nodes may go is not known yet.',
        },
        {
          id: 'leaves-pool',
          guards: ['absent>provisioning'],
          overridable: false,
          text: 'Its pool lets it go in this very plan, or has more members than it may have: it is not made any more.',
        },
      ],
      references: [{ pointer: '/pool', kind: 'NodePool' }],
      fields: [
        '/provider',
        '/role',
        '/pool',
        '/address',
        '/serverType',
        '/upgradeDisk',
        '/image',
        '/onImageChange',
        '/location',
        '/sshKeys',
        '/sshKeys/*',
        '/userData',
        '/userDataFile',
        '/networks',
        '/networks/*',
        '/networks/*/network',
        '/networks/*/ip',
        '/networks/*/aliasIps',
        '/networks/*/aliasIps/*',
        '/firewalls',
        '/firewalls/*',
        '/placementGroup',
        '/volumes',
        '/volumes/*',
        '/labels',
        '/labels/*',
        '/backups',
        '/protection',
        '/publicNet',
        '/publicNet/ipv4',
        '/publicNet/ipv6',
        '/publicNet/ipv4Address',
        '/publicNet/ipv6Address',
        '/power',
        '/readyGrace',
        '/idleGrace',
        '/drainGrace',
        '/startDeadline',
        '/readiness',
        '/readiness/tcp',
        '/readiness/tcp/port',
        '/readiness/tcp/network',
        '/readiness/http',
        '/readiness/http/port',
        '/readiness/http/path',
        '/readiness/http/network',
        '/readiness/label',
        '/readiness/after',
        '/workloads',
        '/workloads/name',
        '/workloads/none',
        '/workloads/drained',
      ],
      paths: [{ pointer: '/userDataFile', use: 'send' }],
      safetyInputs: [
        { pointer: '/provider', combine: 'applied' },
        { pointer: '/pool', combine: 'applied' },
        { pointer: '/role', combine: ['system', 'worker'] },
        { pointer: '/readyGrace', combine: 'longer' },
        { pointer: '/idleGrace', combine: 'longer' },
        { pointer: '/drainGrace', combine: 'longer' },
        { pointer: '/startDeadline', combine: 'longer' },
        { pointer: '/readiness', combine: 'both' },
        { pointer: '/power', combine: ['off', 'on'] },
        { pointer: '/workloads/name', combine: 'both' },
        { pointer: '/workloads/none', combine: [false, true] },
      ],
      releases: [{ pointer: '/provider', to: ['static'] }],
      undeciding: [
        '/requestSeconds',
        '/requestReserve',
        '/workloads/http/timeoutSeconds',
        '/workloads/http/hookSeconds',
        '/probe',
      ],
      memoryVersion: 1,
    },
    NodePool: {
      summary: 'So many nodes that are alike.',
      scope: [],
      onRemove: 'release',
      machines: {
        pool: {
          states: ['absent', 'active'],
          transitions: [
            { from: 'absent', to: 'active', trigger: 'write', by: 'world' },
            { from: 'active', to: 'absent', trigger: 'forget', by: 'world' },
          ],
          edits: [{ state: 'active', reversible: 'partly' }],
        },
      },
      rules: [
        {
          id: 'not-in-catalogue',
          guards: ['active>active'],
          overridable: false,
          text: 'The document names what the provider does not have, or what does not go together. Nothing is made of it, and nothing is taken away for it.',
        },
        {
          id: 'not-available',
          guards: ['active>active'],
          overridable: true,
          text: 'What the document names cannot be had now, as far as the provider says.',
        },
        {
          id: 'queue-waits',
          guards: ['active>active'],
          overridable: true,
          text: 'Nothing is taken away while something waits for room.',
        },
        {
          id: 'keeps-min',
          guards: ['active>active'],
          overridable: true,
          group: '/pool',
          text: 'Its pool would have fewer nodes in service than it has to have.',
        },
        {
          id: 'one-at-a-time',
          guards: ['active>active'],
          overridable: true,
          group: '/pool',
          text: 'Other nodes of its pool are drained, removed or turned off now, as many as `removalsAtOnce` allows.',
        },
        {
          id: 'cooldown',
          guards: ['active>active'],
          overridable: true,
          text: 'It changed less than its cooldown ago.',
        },
        {
          id: 'capacity-starting',
          guards: ['active>active'],
          overridable: true,
          text: 'Nodes of it are still starting: what they will carry is not known yet.',
        },
        { id: 'no-candidate', guards: ['active>active'], overridable: true, text: 'None of its nodes may go now.' },
        {
          id: 'decided-otherwise',
          guards: ['active>active'],
          overridable: false,
          text: 'What it was decided on is not so any more: now it would be decided otherwise.',
        },
      ],
      references: [],
      fields: [
        '/size',
        '/min',
        '/max',
        '/removalsAtOnce',
        '/replaceUnhealthyAfter',
        '/scaling',
        '/scaling/up',
        '/scaling/down',
        '/scaling/for',
        '/scaling/cooldown',
        '/scaling/downAfterUp',
        '/consolidation',
        '/consolidation/enabled',
        '/consolidation/cooldown',
        '/consolidation/maxUtilization',
        '/consolidation/minUptime',
        '/consolidation/minIdle',
        '/consolidation/minNodes',
        '/consolidation/minSavings',
        '/template',
        '/template/serverType',
        '/template/upgradeDisk',
        '/template/image',
        '/template/onImageChange',
        '/template/location',
        '/template/sshKeys',
        '/template/sshKeys/*',
        '/template/userData',
        '/template/userDataFile',
        '/template/networks',
        '/template/networks/*',
        '/template/networks/*/network',
        '/template/networks/*/ip',
        '/template/networks/*/aliasIps',
        '/template/networks/*/aliasIps/*',
        '/template/firewalls',
        '/template/firewalls/*',
        '/template/placementGroup',
        '/template/labels',
        '/template/labels/*',
        '/template/backups',
        '/template/protection',
        '/template/publicNet',
        '/template/publicNet/ipv4',
        '/template/publicNet/ipv6',
        '/template/publicNet/ipv4Address',
        '/template/publicNet/ipv6Address',
        '/template/readyGrace',
        '/template/idleGrace',
        '/template/drainGrace',
        '/template/startDeadline',
        '/template/readiness',
        '/template/readiness/tcp',
        '/template/readiness/tcp/port',
        '/template/readiness/tcp/network',
        '/template/readiness/http',
        '/template/readiness/http/port',
        '/template/readiness/http/path',
        '/template/readiness/http/network',
        '/template/readiness/label',
        '/template/readiness/after',
        '/template/workloads',
        '/template/workloads/none',
        '/members/*',
      ],
      paths: [{ pointer: '/template/userDataFile', use: 'send' }],
      safetyInputs: [
        { pointer: '/size', combine: 'larger' },
        { pointer: '/min', combine: 'larger' },
        { pointer: '/removalsAtOnce', combine: 'smaller' },
        { pointer: '/replaceUnhealthyAfter', combine: 'longer' },
        { pointer: '/scaling/up', combine: 'smaller' },
        { pointer: '/scaling/down', combine: 'smaller' },
        { pointer: '/consolidation/maxUtilization', combine: 'smaller' },
        { pointer: '/scaling/for', combine: 'longer' },
        { pointer: '/scaling/cooldown', combine: 'longer' },
        { pointer: '/scaling/downAfterUp', combine: 'longer' },
        { pointer: '/consolidation/cooldown', combine: 'longer' },
        { pointer: '/consolidation/minUptime', combine: 'longer' },
        { pointer: '/consolidation/minIdle', combine: 'longer' },
        { pointer: '/consolidation/enabled', combine: [false, true] },
        { pointer: '/consolidation/minNodes', combine: 'larger' },
        { pointer: '/consolidation/minSavings', combine: 'larger' },
        { pointer: '/template/workloads/none', combine: [false, true] },
      ],
      releases: [],
      undeciding: [
        '/provider/hetzner/token',
        '/provider/hetzner/endpoint',
        '/requestSeconds',
        '/requestReserve',
        '/workloads/http/timeoutSeconds',
        '/workloads/http/hookSeconds',
        '/probe',
      ],
      memoryVersion: 1,
    },
    Container: {
      summary: 'A container that has to run on a certain node: a consolidation stands for such, and they can be written by hand.',
      scope: [],
      onRemove: 'release',
      machines: {
        container: {
          states: ['absent', 'placed'],
          transitions: [
            { from: 'absent', to: 'placed', trigger: 'check', by: 'world' },
            { from: 'placed', to: 'absent', trigger: 'check', by: 'world' },
          ],
          edits: [{ state: 'placed', disruptive: true, reversible: 'yes', deadlineMs: 3600000 }],
        },
      },
      rules: [
        {
          id: 'not-migratable',
          guards: ['placed>placed'],
          overridable: true,
          text: 'Its tier, or those who are connected, do not allow it to be moved.',
        },
        {
          id: 'target-unfit',
          guards: ['placed>placed'],
          overridable: true,
          group: '/node',
          text: 'The node that it ought to run on is not in service, or has no room.',
        },
      ],
      references: [],
      fields: ['/node', '/pool'],
      paths: [],
      safetyInputs: [],
      releases: [],
      undeciding: [
        '/provider/hetzner/token',
        '/provider/hetzner/endpoint',
        '/requestSeconds',
        '/requestReserve',
        '/workloads/http/timeoutSeconds',
        '/workloads/http/hookSeconds',
        '/probe',
      ],
      memoryVersion: 1,
    },
  },
  secrets: [
    { pointer: '/provider/hetzner/token', variable: 'HCLOUD_TOKEN' },
    { pointer: '/workloads/http/token', variable: 'WORKLOADS_TOKEN' },
  ],
  settingPaths: [{ pointer: '/workloads/file', use: 'send' }],
  findings: [
    {
      code: 'unhealthy',
      kind: 'Node',
      severity: 'error',
      text: 'It is off without being asked to, did not answer five probes in a row, or never became ready.',
    },
    {
      code: 'other-server',
      kind: 'Node',
      severity: 'error',
      text: 'The server of this name is not the one that was made or adopted.',
    },
    { code: 'disk-full', kind: 'Node', severity: 'warning', text: 'Its disk is more than 90 % full.' },
    { code: 'disk-critical', kind: 'Node', severity: 'error', text: 'Its disk is more than 95 % full.' },
    {
      code: 'not-listed',
      kind: 'Node',
      severity: 'warning',
      text: 'It is in service, and the workload source does not list it.',
    },
    {
      code: 'drain-label',
      kind: 'Node',
      severity: 'warning',
      text: 'The value of its drain label is not a time in Unix seconds; the label is ignored.',
    },
    { code: 'deprecated', kind: 'Node', severity: 'warning', text: 'Its server type or image is deprecated.' },
    {
      code: 'unmanaged',
      kind: 'NodePool',
      severity: 'warning',
      text: 'Servers with its label are there that no document names.',
    },
    {
      code: 'short',
      kind: 'NodePool',
      severity: 'warning',
      text: 'It has fewer nodes in service than it has to have.',
    },
    {
      code: 'full',
      kind: 'NodePool',
      severity: 'warning',
      text: 'It would grow, and has as many nodes as it may have.',
    },
    {
      code: 'blind',
      kind: 'NodePool',
      severity: 'warning',
      text: 'Its policy decides nothing: part of what it needs is not known.',
    },
  ],
} as const satisfies PluginTables;
