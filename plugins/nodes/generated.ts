/** Generated from specs/nodes.yaml by `npm run generate`: do not edit. */

import type { PluginTables } from '#plugin';

/** A server, by name. With the defaults filled in. */
export interface NodeSpec {
  /** Provider of the server; a `static` machine belongs to no cloud and is only probed. */
  readonly provider: 'hetzner' | 'static';
  /** A system node is never drained, removed or replaced. The role is kept in the state and in a label: it outlives the document. */
  readonly role: 'worker' | 'system';
  /** The NodePool of the node; a pool sets it on its members. */
  readonly pool?: string;
  /** Host name or address of a static node. */
  readonly address?: string;
  /** Name of the server type. A change turns the server off. */
  readonly serverType?: string;
  /** Lets a larger server type enlarge the disk too; a later change to a smaller type is then impossible. */
  readonly upgradeDisk: boolean;
  /** Name of the image, or the id of a snapshot. A change destroys the data on the disk. */
  readonly image?: string;
  /** Action when the image changes: rebuild the server with a new disk, replace the server, or leave existing servers alone. */
  readonly onImageChange: 'rebuild' | 'replace' | 'ignore';
  /** Name of the location. A change replaces the server. */
  readonly location?: string;
  /** Names or ids of the SSH keys for the new server. A change replaces the server. Without a key, the provider sets a password that fettle discards. */
  readonly sshKeys: readonly string[];
  /** Script for cloud-init at the first start; 32 KiB at most. The log contains it: put secrets into `userDataFile`. A change replaces the server. */
  readonly userData?: string;
  /** File with the user data, relative to the document; in the repository, or in a folder that the environment variable `FETTLE_FILE_ROOTS` names. Only its digest is recorded. */
  readonly userDataFile?: string;
  /** Private networks of the server. Defaults to the present ones. */
  readonly networks?: readonly {
    /** Name or id of the network. */
    readonly network: string;
    /** Address in the network. By default the provider chooses one. */
    readonly ip?: string;
    /** Further addresses in the network. */
    readonly aliasIps: readonly string[];
  }[];
  /** Names or ids of the firewalls of the server. Defaults to the present ones. */
  readonly firewalls?: readonly string[];
  /** Name or id of the placement group. Joining one turns the server off. Defaults to the present one. */
  readonly placementGroup?: string;
  /** Names or ids of the attached volumes. Defaults to the present ones. */
  readonly volumes?: readonly string[];
  /** Labels at the provider. Labels from other sources stay. */
  readonly labels: Readonly<Record<string, string>>;
  /** Daily backups, for 20 % of the price of the server. Turning them off deletes all backups. Defaults to the present setting. */
  readonly backups?: boolean;
  /** Delete and rebuild protection at the provider, always both together. Only a row of its own lifts the protection. Defaults to the present setting. */
  readonly protection?: boolean;
  /** Public addresses of the server. A change replaces the server. */
  readonly publicNet: {
    /** Gives the server a public IPv4 address. */
    readonly ipv4: boolean;
    /** Gives the server a public IPv6 network. */
    readonly ipv6: boolean;
    /** Name or id of a primary IP to use, instead of a new one. */
    readonly ipv4Address?: string;
    /** Name or id of a primary IP to use, instead of a new one. */
    readonly ipv6Address?: string;
  };
  /** Power state of the server. */
  readonly power: 'on' | 'off';
  /** Time that a node without any container so far must have been ready before its removal. */
  readonly readyGrace: string;
  /** Time that a node must have been empty before its removal. */
  readonly idleGrace: string;
  /** Least time between the draining of a node and its removal. */
  readonly drainGrace: string;
  /** Deadline from the creation to the first readiness; a later node is unhealthy. */
  readonly startDeadline: string;
  /** Probe for readiness, and for health from then on: exactly one kind. */
  readonly readiness: {
    /** A TCP port accepts connections. */
    readonly tcp?: {
      readonly port: number;
      /** Private network to probe through. Defaults to the public address. */
      readonly network?: string;
    };
    /** A GET is answered with a status from 200 to 399. */
    readonly http?: {
      readonly port: number;
      /** Path and query, in ASCII without spaces. */
      readonly path: string;
      /** Private network to probe through. Defaults to the public address. */
      readonly network?: string;
    };
    /** The server has this label, `key=value`, which another program sets. */
    readonly label?: string;
    /** The node is ready this long after its creation. */
    readonly after?: string;
  };
  /** Containers of the node at the workload source. */
  readonly workloads: {
    /** Name of the node at the source. Defaults to the node's own name. */
    readonly name?: string;
    /** The node is not at the source, and its removal needs no list of its containers. */
    readonly none: boolean;
  };
}

/** Its state, as far as it is known. */
export interface NodeMemory {
  /** Id of the server at the provider. */
  readonly server_id: number;
  /** Value of the project label at the last refresh of the server. */
  readonly project: string;
  /** Present values of settings that the document leaves open, for a replacement of the server. */
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
  /** The node was a system node once, and in use without any container. */
  readonly was_system: boolean;
  /** Former names of the server, the newest first. */
  readonly names: readonly string[];
  /** Keys of the labels that come from the document: those that the document no longer declares are removed. */
  readonly labels: readonly string[];
  /** Digest of the SSH keys at the creation. */
  readonly sshKeys: string;
  /** Digest of the user data at the creation. */
  readonly userData: string;
  /** Time of the creation at the provider, ISO 8601. */
  readonly provisioned_at: string;
  /** Time of the first readiness, ISO 8601. */
  readonly initialized_at: string;
  /** Time when the first container started, ISO 8601. */
  readonly first_container_at: string;
  /** Time when the last container ended, ISO 8601. */
  readonly last_container_at: string;
  /** Time of the draining, ISO 8601; a drained node never returns to service. */
  readonly draining_at: string;
  /** Time when the workload source stopped new containers, ISO 8601. */
  readonly told_at: string;
  /** Time when the server was found at the provider and adopted, ISO 8601. */
  readonly recovered_at: string;
  /** Time when the containers of every node had been read once after that, ISO 8601. */
  readonly sync_completed_at: string;
  /** Containers that ever started on the node. */
  readonly containers_ever: number;
  /** The last count of started containers from the source. */
  readonly started_total: number;
  /** Short digests of the containers at the last refresh, if the source does not count. */
  readonly container_ids: readonly string[];
  /** Containers at the last refresh. */
  readonly containers: number;
  /** Memory of the containers at the last refresh, in MB. */
  readonly allocated_mb: number;
  /** Time since which the node has been empty, ISO 8601. */
  readonly empty_since: string;
  /** Time of the last refresh of the containers, ISO 8601; kept if the source does not report `emptySince`. */
  readonly looked_at: string;
  /** Failed probes in a row. */
  readonly probe_failures: number;
  /** Time of the last counted failed probe, ISO 8601. */
  readonly probe_failed_at: string;
  /** Time of the first failed probe in that row, ISO 8601. */
  readonly failing_since: string;
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

/** A number of nodes with the same spec. With the defaults filled in. */
export interface NodePoolSpec {
  /** Fixed number of nodes. Without it, `min` and `max` are the limits of the reactive policy. */
  readonly size?: number;
  /** Least number of nodes in service. */
  readonly min?: number;
  /** Greatest number of members, without those that are being removed. */
  readonly max?: number;
  /** Greatest number of nodes that are drained or removed at once. */
  readonly removalsAtOnce: number;
  /** Time after which an unhealthy member is replaced. By default, never. */
  readonly replaceUnhealthyAfter?: string;
  /** The reactive policy of a pool with `min` and `max`, based on the memory of running and queued containers. */
  readonly scaling: {
    /** The pool grows when allocated and queued memory exceeds this share of all memory. */
    readonly up: string;
    /** The pool shrinks when allocated memory is below this share of all memory. */
    readonly down: string;
    /** Time for which a threshold must be crossed before the policy acts, at each recorded refresh (`apply`, `drift --record`). A pool without nodes and with queued containers grows at once. */
    readonly for: string;
    /** Least time between two changes. */
    readonly cooldown: string;
    /** Time after growth in which the pool does not shrink. */
    readonly downAfterUp: string;
  };
  /** Moves containers together to remove nodes. */
  readonly consolidation: {
    readonly enabled: boolean;
    /** Least time between two consolidations. */
    readonly cooldown: string;
    /** Greatest share of allocated memory at which the pool consolidates. */
    readonly maxUtilization: string;
    /** Least age of a node that is removed. */
    readonly minUptime: string;
    /** Least time since a node became empty or got its last container. */
    readonly minIdle: string;
    /** Least number of nodes in service at which the pool consolidates. */
    readonly minNodes: number;
    /** Least saving, in the provider's currency per hour. */
    readonly minSavings: number;
  };
  /** Spec of the members, as in a Node. */
  readonly template: {
    /** Name of the server type. A change turns the server off. */
    readonly serverType: string;
    /** Lets a larger server type enlarge the disk too; a later change to a smaller type is then impossible. */
    readonly upgradeDisk: boolean;
    /** Name of the image, or the id of a snapshot. A change destroys the data on the disk. */
    readonly image: string;
    /** Action when the image changes: rebuild the server with a new disk, replace the server, or leave existing servers alone. */
    readonly onImageChange: 'rebuild' | 'replace' | 'ignore';
    /** Name of the location. A change replaces the server. */
    readonly location: string;
    /** Names or ids of the SSH keys for the new server. A change replaces the server. Without a key, the provider sets a password that fettle discards. */
    readonly sshKeys: readonly string[];
    /** Script for cloud-init at the first start; 32 KiB at most. The log contains it: put secrets into `userDataFile`. A change replaces the server. */
    readonly userData?: string;
    /** File with the user data, relative to the document; in the repository, or in a folder that the environment variable `FETTLE_FILE_ROOTS` names. Only its digest is recorded. */
    readonly userDataFile?: string;
    /** Private networks of the server. Defaults to the present ones. */
    readonly networks?: readonly {
      /** Name or id of the network. */
      readonly network: string;
      /** Address in the network. By default the provider chooses one. */
      readonly ip?: string;
      /** Further addresses in the network. */
      readonly aliasIps: readonly string[];
    }[];
    /** Names or ids of the firewalls of the server. Defaults to the present ones. */
    readonly firewalls?: readonly string[];
    /** Name or id of the placement group. Joining one turns the server off. Defaults to the present one. */
    readonly placementGroup?: string;
    /** Labels at the provider. Labels from other sources stay. */
    readonly labels: Readonly<Record<string, string>>;
    /** Daily backups, for 20 % of the price of the server. Turning them off deletes all backups. Defaults to the present setting. */
    readonly backups?: boolean;
    /** Delete and rebuild protection at the provider, always both together. Only a row of its own lifts the protection. Defaults to the present setting. */
    readonly protection?: boolean;
    /** Public addresses of the server. A change replaces the server. */
    readonly publicNet: {
      /** Gives the server a public IPv4 address. */
      readonly ipv4: boolean;
      /** Gives the server a public IPv6 network. */
      readonly ipv6: boolean;
      /** Name or id of a primary IP to use, instead of a new one. */
      readonly ipv4Address?: string;
      /** Name or id of a primary IP to use, instead of a new one. */
      readonly ipv6Address?: string;
    };
    /** Time that a node without any container so far must have been ready before its removal. */
    readonly readyGrace: string;
    /** Time that a node must have been empty before its removal. */
    readonly idleGrace: string;
    /** Least time between the draining of a node and its removal. */
    readonly drainGrace: string;
    /** Deadline from the creation to the first readiness; a later node is unhealthy. */
    readonly startDeadline: string;
    /** Probe for readiness, and for health from then on: exactly one kind. */
    readonly readiness: {
      /** A TCP port accepts connections. */
      readonly tcp?: {
        readonly port: number;
        /** Private network to probe through. Defaults to the public address. */
        readonly network?: string;
      };
      /** A GET is answered with a status from 200 to 399. */
      readonly http?: {
        readonly port: number;
        /** Path and query, in ASCII without spaces. */
        readonly path: string;
        /** Private network to probe through. Defaults to the public address. */
        readonly network?: string;
      };
      /** The server has this label, `key=value`, which another program sets. */
      readonly label?: string;
      /** The node is ready this long after its creation. */
      readonly after?: string;
    };
    readonly workloads: {
      /** The nodes are not at the source, and a removal needs no list of their containers. */
      readonly none: boolean;
    };
  };
}

/** Its state, as far as it is known. */
export interface NodePoolMemory {
  /** Prefix of the names of the members: the first name of the pool. A hyphen and a number follow. */
  readonly prefix: string;
  /** Numbers of the members, in the order of their creation. */
  readonly members: readonly number[];
  /** The next number; numbers are never used twice. */
  readonly next: number;
  /** Intent whose outcome last changed the members. */
  readonly changed_by: string;
  /** Time of the last growth, ISO 8601. */
  readonly scaled_up_at: string;
  /** Time of the last shrinkage, ISO 8601. */
  readonly scaled_down_at: string;
  /** Threshold of the reactive policy that was crossed at the last refresh. */
  readonly crossing: 'up' | 'down';
  /** Time since which the threshold has been crossed, ISO 8601. */
  readonly crossing_since: string;
  /** Start of the last consolidation, ISO 8601. */
  readonly consolidated_at: string;
  /** Former members that may still exist, with the policy that removed them. */
  readonly dropped: readonly {
    readonly members: readonly number[];
    /** ISO 8601. */
    readonly at: string;
    readonly by: 'reactive_policy' | 'consolidation_policy' | 'manual';
    readonly because: string;
  }[];
  /** Members that a policy ordered, with the policy. */
  readonly ordered: readonly {
    readonly members: readonly number[];
    readonly by: 'reactive_policy' | 'consolidation_policy' | 'manual';
  }[];
  /** Members that a consolidation empties. */
  readonly going: readonly number[];
  /** Containers that the consolidation moves. */
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

/** A container and the node that it must run on; a consolidation declares such containers, and documents can. With the defaults filled in. */
export interface ContainerSpec {
  /** Name of the Node that the container should run on; members of a pool count. */
  readonly node: string;
  /** The pool whose consolidation moves the container. */
  readonly pool?: string;
}

/** Its state, as far as it is known. */
export interface ContainerMemory {
  /** Node of the container at the last refresh. */
  readonly node: string;
}

export type ContainerState = 'absent' | 'placed';

/** Steps that fettle takes. */
export type ContainerStep = 'placed>placed';

/** Rules that guard its steps. */
export type ContainerRuleId = 'not-migratable' | 'target-unfit';

/** The containers on each node, as reported by the workload source. Unknown keys are ignored. */
export interface Workloads {
  /** Time of the report, by default now. A report that is older than twice `workloads.interval`, or more than a minute ahead of fettle's clock, counts as not read. */
  readonly at?: string;
  /** Every node that the source knows; a node that is not listed does not count as empty. */
  readonly nodes: readonly {
    /** Name of the node. */
    readonly name: string;
    /** Time since which an empty node has had no container. Times before the first readiness of the server, or before the last container that fettle saw, are ignored. */
    readonly emptySince?: string;
    /** Containers that ever started on the node. The count decreases only when the source starts again. */
    readonly startedTotal?: number;
    /** Memory of the containers, in MB. Defaults to the sum over `containers`. */
    readonly allocatedMb?: number;
    /** Share of the disk in use. */
    readonly diskUsedPercent?: number;
    readonly containers: readonly {
      readonly id: string;
      /** Memory of the container, in MB. */
      readonly mb: number;
      /** Size class; `micro`, `small` and `medium` can be moved under conditions, others never. */
      readonly tier?: string;
      /** Connected players; unknown by default. */
      readonly players?: number;
      /** Start of the container. */
      readonly since?: string;
    }[];
  }[];
  /** Containers that wait for a node with free memory. */
  readonly queue: readonly {
    readonly id: string;
    /** Memory that the container needs, in MB. */
    readonly mb: number;
    /** The pool that the container waits for; any pool by default. */
    readonly pool?: string;
    /** Time since which the container has waited. */
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
  | 'wrong-template'
  | 'blind';

export type AlertClass =
  | 'unhealthy'
  | 'disk-full'
  | 'disk-critical'
  | 'creation-exhausted'
  | 'decision-failed'
  | 'decision-rejected';

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
  /** Largest number of actions of this plugin that run at once, within `parallelism` of the project. */
  readonly parallelism: number;
  readonly provider: {
    /** The account at Hetzner Cloud. */
    readonly hetzner: {
      /** Token of the project, from the environment variable `HCLOUD_TOKEN` (the default) or one whose name begins with `HCLOUD_TOKEN_`. */
      readonly token?: string;
      /** Address of the API. Any other address must be the one in the environment variable `HCLOUD_ENDPOINT`, or have its origin in `FETTLE_PROVIDER_ORIGINS` (`HCLOUD_TOKEN=https://…`): an edit of this file never sends the token elsewhere. */
      readonly endpoint: string;
    };
  };
  /** Deadline of one request to the API. */
  readonly requestSeconds: number;
  /** Requests of the rate limit that are left to other clients: below this number, refreshes slow down. */
  readonly requestReserve: number;
  /** The source of truth for the containers on each node. Without a source, a node is not removed unless nothing can run on it. */
  readonly workloads?: {
    /** A GET of JSON in the published form (schema `nodes/Workloads`). */
    readonly http?: {
      /** Address of the list of containers. */
      readonly url: string;
      /** Address for a POST of `{"node": "NAME"}`, which stops new containers on a node. The answer means that this is done. */
      readonly drainUrl?: string;
      /** Address for a POST of `{"container": "ID", "from": "NAME", "to": "NAME"}`, which moves a container. The answer means that this is done. */
      readonly migrateUrl?: string;
      /** Bearer token for these requests, from the environment variable `WORKLOADS_TOKEN` or one whose name begins with `WORKLOADS_TOKEN_`. The token is sent only to origins that the environment variable `FETTLE_PROVIDER_ORIGINS` names for it. */
      readonly token?: string;
      /** Deadline of the GET. */
      readonly timeoutSeconds: number;
      /** Deadline of a hook. */
      readonly hookSeconds: number;
    };
    /** A file with the same JSON, relative to `fettle.yaml`; in the repository, or in a folder that the environment variable `FETTLE_FILE_ROOTS` names. */
    readonly file?: string;
    /** Greatest time between two refreshes of the containers. After more than twice this time, a node whose source does not report `emptySince` starts its idle grace again. */
    readonly interval: string;
  };
  /** Limits of the readiness probes. */
  readonly probe: {
    /** Probes at once. */
    readonly concurrency: number;
    /** Deadline of one probe, name resolution included. */
    readonly timeoutSeconds: number;
    /** Failed probes in quicker succession count once. */
    readonly interval: string;
  };
}

/** The defaults of the configuration and of the documents of each kind, including those below optional parts. */
export const defaults = {
  config: {
    parallelism: 8,
    provider: { hetzner: { endpoint: 'https://api.hetzner.cloud/v1' } },
    requestSeconds: 30,
    requestReserve: 100,
    workloads: { http: { timeoutSeconds: 15, hookSeconds: 300 }, interval: '2m' },
    probe: { concurrency: 100, timeoutSeconds: 5, interval: '10s' },
  },
  Node: {
    provider: 'hetzner',
    role: 'worker',
    upgradeDisk: false,
    onImageChange: 'rebuild',
    sshKeys: [],
    labels: {},
    publicNet: { ipv4: true, ipv6: true },
    power: 'on',
    readyGrace: '30m',
    idleGrace: '30m',
    drainGrace: '5m',
    startDeadline: '15m',
    readiness: { after: '2m', http: { path: '/' } },
    workloads: { none: false },
  },
  NodePool: {
    removalsAtOnce: 1,
    scaling: { up: '85%', down: '30%', for: '0s', cooldown: '5m', downAfterUp: '20m' },
    consolidation: {
      enabled: false,
      cooldown: '2h',
      maxUtilization: '70%',
      minUptime: '30m',
      minIdle: '15m',
      minNodes: 2,
      minSavings: 0.1,
    },
    template: {
      upgradeDisk: false,
      onImageChange: 'rebuild',
      sshKeys: [],
      labels: {},
      publicNet: { ipv4: true, ipv6: true },
      readyGrace: '30m',
      idleGrace: '30m',
      drainGrace: '5m',
      startDeadline: '15m',
      readiness: { after: '2m', http: { path: '/' } },
      workloads: { none: false },
    },
  },
  Container: {},
} as const;

export const tables = {
  name: 'nodes',
  version: 'v1',
  summary: 'Cloud servers, pools of servers, and the containers that keep them from being removed.',
  parallelism: 8,
  kinds: {
    Node: {
      summary: 'A server, by name.',
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
          text: 'The server of this name is not the one that was created or adopted.',
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
          text: 'The document names an object that the provider does not have, or a combination that it does not offer. Nothing is created or removed because of it.',
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
          text: 'The provider reports that an object in the document is not available now.',
        },
        {
          id: 'backoff',
          guards: ['absent>provisioning', 'power:on>on', 'power:off>off'],
          overridable: true,
          text: 'An attempt failed; the next one waits 1, 2, then 4 minutes.',
        },
        {
          id: 'retry-exhausted',
          guards: ['absent>provisioning', 'power:on>on', 'power:off>off'],
          overridable: true,
          text: 'Four attempts in a row failed; an operator must find the cause. An edited document or an override starts again.',
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
          text: 'The server is in rescue mode, has an ISO mounted, or has a running action at the provider. It is not turned off or removed meanwhile.',
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
          text: 'The provider is moving or rebuilding the server, or does not report its status. The server does not change meanwhile.',
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
          text: 'A system node or a static node is not drained, removed or replaced.',
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
          text: 'The server was found at the provider, and the containers of every node have not been read since then.',
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
          text: 'The server was found at the provider, and its containers have been known for less than 10 minutes.',
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
          text: 'The workload source does not report the containers of the node.',
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
          text: 'The node is still being created or initialized.',
        },
        {
          id: 'drains-containers',
          guards: ['ready>draining', 'active>draining', 'idle>draining'],
          overridable: true,
          text: 'Containers run on the node, and draining it for removal would leave them without a node.',
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
          text: 'Containers run on the node.',
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
          text: 'Memory is allocated on the node.',
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
          text: 'The node has never had a container and has been ready for less than its `readyGrace`.',
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
          text: 'The node has been unhealthy for less than 5 minutes.',
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
          text: 'The node has never had a container, and its age is unknown.',
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
          text: 'The node is active or idle although no container was ever counted on it, so its recorded state is wrong.',
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
          text: 'The node has been empty for less than its `idleGrace`.',
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
          text: 'No node is removed while containers wait for room.',
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
          text: 'The pool would have fewer nodes in service than its minimum.',
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
          text: 'As many other nodes of the pool as `removalsAtOnce` allows are being drained, removed or turned off.',
        },
        {
          id: 'drain-grace',
          guards: ['draining>decommissioned'],
          overridable: true,
          text: 'The node was drained less than its `drainGrace` ago.',
        },
        {
          id: 'power-needed',
          guards: ['power:on>off', 'power:on>on', 'power:off>off'],
          overridable: true,
          text: 'The change turns the server off, and containers run on it.',
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
          text: 'The step would destroy the data on the disk, or the backups. Only an override allows that.',
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
          text: 'The pool is declared and has no recorded members, so it is not known which nodes can be removed.',
        },
        {
          id: 'leaves-pool',
          guards: ['absent>provisioning'],
          overridable: false,
          text: 'The pool removes the node in this plan, or has more members than its maximum, so the node is not created.',
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
      summary: 'A number of nodes with the same spec.',
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
          text: 'The document names an object that the provider does not have, or a combination that it does not offer. Nothing is created or removed because of it.',
        },
        {
          id: 'not-available',
          guards: ['active>active'],
          overridable: true,
          text: 'The provider reports that an object in the document is not available now.',
        },
        {
          id: 'queue-waits',
          guards: ['active>active'],
          overridable: true,
          text: 'No node is removed while containers wait for room.',
        },
        {
          id: 'keeps-min',
          guards: ['active>active'],
          overridable: true,
          group: '/pool',
          text: 'The pool would have fewer nodes in service than its minimum.',
        },
        {
          id: 'one-at-a-time',
          guards: ['active>active'],
          overridable: true,
          group: '/pool',
          text: 'As many other nodes of the pool as `removalsAtOnce` allows are being drained, removed or turned off.',
        },
        {
          id: 'cooldown',
          guards: ['active>active'],
          overridable: true,
          text: 'The pool changed less than its cooldown ago.',
        },
        {
          id: 'capacity-starting',
          guards: ['active>active'],
          overridable: true,
          text: 'Nodes of the pool are still starting, and their load is not known yet.',
        },
        {
          id: 'no-candidate',
          guards: ['active>active'],
          overridable: true,
          text: 'No node of the pool can be removed now.',
        },
        {
          id: 'decided-otherwise',
          guards: ['active>active'],
          overridable: false,
          text: 'The situation has changed since the policy decided; it would decide differently now.',
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
      summary: 'A container and the node that it must run on; a consolidation declares such containers, and documents can.',
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
          text: 'The tier of the container, or the number of connected players, does not allow a move.',
        },
        {
          id: 'target-unfit',
          guards: ['placed>placed'],
          overridable: true,
          group: '/node',
          text: 'The target node is not in service, or has no room.',
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
      text: 'The server is off although `power` is on, five probes in a row failed, or the node never became ready.',
    },
    {
      code: 'other-server',
      kind: 'Node',
      severity: 'error',
      text: 'The server of this name is not the one that was created or adopted.',
    },
    { code: 'disk-full', kind: 'Node', severity: 'warning', text: 'The disk is more than 90 % full.' },
    { code: 'disk-critical', kind: 'Node', severity: 'error', text: 'The disk is more than 95 % full.' },
    {
      code: 'not-listed',
      kind: 'Node',
      severity: 'warning',
      text: 'The workload source does not list the node, which is in service.',
    },
    {
      code: 'drain-label',
      kind: 'Node',
      severity: 'warning',
      text: 'The value of the drain label is not a time in Unix seconds; the label is ignored.',
    },
    { code: 'deprecated', kind: 'Node', severity: 'warning', text: 'The server type or the image is deprecated.' },
    {
      code: 'unmanaged',
      kind: 'NodePool',
      severity: 'warning',
      text: 'Servers exist that have the label of the pool and are not declared by any document.',
    },
    {
      code: 'short',
      kind: 'NodePool',
      severity: 'warning',
      text: 'The pool has fewer nodes in service than its minimum.',
    },
    {
      code: 'full',
      kind: 'NodePool',
      severity: 'warning',
      text: 'The pool needs to grow, and has reached its maximum.',
    },
    {
      code: 'wrong-template',
      kind: 'NodePool',
      severity: 'error',
      text: 'The pool has no nodes, and its template names an object that the provider does not have.',
    },
    {
      code: 'blind',
      kind: 'NodePool',
      severity: 'warning',
      text: 'The policy of the pool decides nothing, because part of its input is unknown.',
    },
  ],
  alerts: [
    {
      class: 'unhealthy',
      kind: 'Node',
      severities: ['high'],
      text: 'The server is off although `power` is on, five probes in a row failed, or the node never became ready.',
    },
    { class: 'disk-full', kind: 'Node', severities: ['warning'], text: 'The disk is more than 90 % full.' },
    { class: 'disk-critical', kind: 'Node', severities: ['critical'], text: 'The disk is more than 95 % full.' },
    {
      class: 'creation-exhausted',
      kind: 'Node',
      severities: ['high'],
      text: 'The creation failed too often, and is not tried again until the document changes.',
    },
    { class: 'decision-failed', kind: 'Node', severities: ['high'], text: 'A step of the node failed.' },
    {
      class: 'decision-rejected',
      kind: 'Node',
      severities: ['warning'],
      text: 'A rule rejects a step of the node; the facts are those of the audit.',
    },
  ],
} as const satisfies PluginTables;
