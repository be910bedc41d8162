/** Generated from specs/fabric.yaml by `npm run generate`: do not edit. */

import type { PluginTables } from '#plugin';

/** A cluster, and the manifests that belong to it. The cluster itself is never created or removed. With the defaults filled in. */
export interface FabricSpec {
  /** Context of the kubeconfig that the environment variable `KUBECONFIG` names, or of `~/.kube/config`. */
  readonly context?: string;
  /** Address of the API server, instead of a context. The token is `plugins.fabric.token` of `fettle.yaml`. */
  readonly server?: {
    /** Origin of the API server; the environment variable `FETTLE_PROVIDER_ORIGINS` must name it for the token: `FABRIC_TOKEN=https://10.0.0.1:6443`. */
    readonly url: string;
    /** Certificates of the authority that issued the server's certificate, as PEM. Defaults to those of the system. */
    readonly ca?: string;
  };
  /** The cluster of the pod that fettle runs in, instead of a context. */
  readonly inCluster?: true;
  /** Status of the Fabric. Without it, the Fabric becomes ACTIVE after its first sync; with `auto`, once `application` is Synced and Healthy. MAINTENANCE suspends the steps of all objects. A DECOMMISSIONED Fabric does not declare objects: its objects are removed, and it is never active again. */
  readonly status?: 'PLANNED' | 'ACTIVE' | 'MAINTENANCE' | 'DECOMMISSIONED' | 'auto';
  /** Application of Argo CD in the same cluster, for `status: auto`. */
  readonly application?: {
    readonly name: string;
    readonly namespace: string;
  };
  /** Recurring maintenance windows. The steps of all objects wait until the end of a window. */
  readonly maintenance: readonly {
    /** Start of the window: minute, hour, day of month, month, day of week. */
    readonly cron: string;
    /** Length of the window, 366d at most. */
    readonly for: string;
    /** Time zone of the schedule, for example Europe/Berlin. */
    readonly timezone: string;
    readonly reason: string;
  }[];
  /** GitRepository with the manifests of the Fabric. While it cannot be read, the fabric does not count as in sync, and is not activated. */
  readonly gitRepository?: string;
  /** Time between two refreshes by a schedule; `0s` for none. */
  readonly syncInterval: string;
  /** With `auto`, drift may be healed without a person, except drift of high or critical severity. */
  readonly reconcile: 'plan' | 'auto';
  /** Agents of the switches: a fabric is in sync once they have applied the objects. */
  readonly agents: {
    /** Time for which an apply waits for the Agents, and after which a sync has failed. */
    readonly deadline: string;
    /** Time in which the controller raises the generations of the Agents after a change. */
    readonly settle: string;
  };
  /** Alerts about the Fabric and its objects. */
  readonly alerts: {
    readonly enabled: boolean;
    /** Time after which a closed alert is dropped. */
    readonly expireAfter: string;
    /** Alerts of one type that begin within this time are shown as one; `0s` for never. */
    readonly consolidateWithin: string;
  };
  /** Files and folders with the manifests of the cluster, relative to this document. Defaults to the folder of this document. */
  readonly manifests?: readonly string[];
  /** API groups of manifests, in addition to those of Hedgehog's fabrics; `""` is the core group (`v1`). */
  readonly groups: readonly string[];
  /** Field managers of controllers. Their fields are never taken over as drift. */
  readonly controllers: readonly string[];
  /** Secret values in objects, by kind and JSON pointer, in addition to `data` of a Secret. They are never printed or recorded. */
  readonly secrets: readonly {
    readonly kind: string;
    readonly pointer: string;
  }[];
}

/** Its state, as far as it is known. */
export interface FabricMemory {
  /** Address of the API server at the last refresh. */
  readonly server: string;
  /** Identity of the cluster: the `uid` of its namespace `kube-system`. */
  readonly cluster: string;
  /** Reason of the last failed connection; empty after a successful one. */
  readonly error: string;
  /** Time of the last recorded successful test of the connection. */
  readonly last_validated: string;
  /** Start of the present state of the connection. */
  readonly connection_since: string;
  /** Failed tests of the connection in a row. */
  readonly connection_failures: number;
  /** Time of the next test of a failed connection by a schedule. */
  readonly next_test: string;
  /** Digest that changes with the configured login. */
  readonly login: string;
  /** Time of the last successful sync. */
  readonly last_sync: string;
  /** Reason of the last failed sync; empty after a successful one. */
  readonly sync_error: string;
  /** Start of the present state of the sync. */
  readonly sync_since: string;
  /** Failed syncs in a row. */
  readonly sync_failures: number;
  /** Generations of the Agents whose switches have applied the applied documents, by switch: recorded when an apply has waited for them. */
  readonly agents: Readonly<Record<string, number>>;
  /** Time at which the Fabric became ACTIVE for the first time. */
  readonly activated_at: string;
  /** Time at which the Fabric was decommissioned. */
  readonly decommissioned_at: string;
  /** Cause of the present maintenance. */
  readonly maintenance_by: 'document' | 'window' | 'request';
  /** End of the requested maintenance. */
  readonly request_until: string;
  /** Reason of the requested maintenance. */
  readonly request_reason: string;
  /** Person who requested the maintenance. */
  readonly request_by: string;
  /** Digest of the document at the time of the request. A later document ends the request. */
  readonly request_document: string;
  /** Alerts about the resource, by type. A closed one is kept as long as its condition lasts. */
  readonly alerts: Readonly<Record<string, {
    /** Identifies the alert for commands. */
    readonly id: string;
    readonly status: 'active' | 'acknowledged' | 'resolved' | 'suppressed';
    readonly severity: 'critical' | 'high' | 'medium' | 'low';
    /** Start of the condition. */
    readonly since: string;
    /** Digest of the condition. A closed alert with another one is followed by a new alert. */
    readonly condition: string;
    readonly message: string;
    /** Drift score. */
    readonly score?: number;
    /** Person who acknowledged or closed the alert. */
    readonly by?: string;
    /** Time of that. */
    readonly at?: string;
    /** Action of the resolution. */
    readonly action?: 'update_git' | 'import_to_git' | 'delete_from_cluster' | 'manual_review' | 'ignore';
  }>>;
}

export type FabricState = 'absent' | 'PLANNED' | 'ACTIVE' | 'MAINTENANCE' | 'DECOMMISSIONED';

/** Steps that fettle takes. */
export type FabricStep =
  | 'PLANNED>ACTIVE'
  | 'ACTIVE>MAINTENANCE'
  | 'MAINTENANCE>ACTIVE'
  | 'ACTIVE>DECOMMISSIONED'
  | 'MAINTENANCE>DECOMMISSIONED'
  | 'sync:IN_SYNC>OUT_OF_SYNC'
  | 'sync:SYNCING>ERROR';

/** Rules that guard its steps. */
export type FabricRuleId = 'not-connected';

/** A Git repository with manifests. fettle tests the connection to it, and changes nothing in it. With the defaults filled in. */
export interface GitRepositorySpec {
  /** Address of the repository: `https://HOST/PATH`, `ssh://USER@HOST/PATH` or `USER@HOST:PATH`, without a password. */
  readonly url: string;
  /** Branch with the manifests. */
  readonly branch: string;
  /** Name of a login under `plugins.fabric.git.credentials` of `fettle.yaml`. A repository with https that everybody can read has none. */
  readonly credentials?: string;
  /** Certificates of the authority that issued the certificate of an https server, as PEM. Defaults to those of the system. */
  readonly ca?: string;
}

/** Its state, as far as it is known. */
export interface GitRepositoryMemory {
  /** Address at the last test. */
  readonly url: string;
  /** Name and kind of the login at the last test, and four hex digits of a slow hash of its secret: enough to notice a new secret, and too few to identify one. */
  readonly login: string;
  /** Time of the last successful test, ISO 8601; recorded once an hour. */
  readonly last_validated: string;
  /** Reason of the last failed test; empty after a successful one. */
  readonly validation_error: string;
  /** Code of that reason in the catalogue of errors. */
  readonly error_code: string;
  /** Commit of the branch at the last test; empty if it is not found. */
  readonly head: string;
  /** Failed tests in a row. */
  readonly failures: number;
  /** Time of the last failed test, ISO 8601; empty after a successful one. */
  readonly failed_at: string;
  /** Time of the next scheduled test after a failed one, ISO 8601; empty after a successful one. */
  readonly retry_at: string;
}

export type GitRepositoryState = 'absent' | 'PENDING' | 'TESTING' | 'CONNECTED' | 'FAILED';

/** Steps that fettle takes. */
export type GitRepositoryStep = never;

/** Rules that guard its steps. */
export type GitRepositoryRuleId = never;

/** An object of any other kind, as its manifest declares it. The namespace of a cluster-scoped object is `_`. With the defaults filled in. */
export interface ObjectSpec {
  /** Group and version, or the version of the core group. */
  readonly apiVersion: string;
  /** Kind of the object. */
  readonly kind: string;
}

/** Its state, as far as it is known. */
export interface ObjectMemory {
  /** Group and version of the object. */
  readonly api_version: string;
  /** Identity of the object at the last refresh. */
  readonly uid: string;
  /** Digest of the object's content when the cluster last proved that its document changes nothing. */
  readonly content: string;
  /** Digest of the document at that time. */
  readonly document: string;
  /** Digest of the versions of the definition and of the webhooks at that time. */
  readonly admission: string;
  /** Alerts about the resource, by type. A closed one is kept as long as its condition lasts. */
  readonly alerts: Readonly<Record<string, {
    /** Identifies the alert for commands. */
    readonly id: string;
    readonly status: 'active' | 'acknowledged' | 'resolved' | 'suppressed';
    readonly severity: 'critical' | 'high' | 'medium' | 'low';
    /** Start of the condition. */
    readonly since: string;
    /** Digest of the condition. A closed alert with another one is followed by a new alert. */
    readonly condition: string;
    readonly message: string;
    /** Drift score. */
    readonly score?: number;
    /** Person who acknowledged or closed the alert. */
    readonly by?: string;
    /** Time of that. */
    readonly at?: string;
    /** Action of the resolution. */
    readonly action?: 'update_git' | 'import_to_git' | 'delete_from_cluster' | 'manual_review' | 'ignore';
  }>>;
}

export type ObjectState = 'absent' | 'PENDING' | 'SYNCED' | 'DRIFTED' | 'ORPHANED' | 'DELETING';

/** Steps that fettle takes. */
export type ObjectStep =
  | 'absent>SYNCED'
  | 'PENDING>SYNCED'
  | 'DRIFTED>SYNCED'
  | 'ORPHANED>absent'
  | 'ORPHANED>DELETING';

/** Rules that guard its steps. */
export type ObjectRuleId =
  | 'suspended'
  | 'not-served'
  | 'refused'
  | 'webhook-down'
  | 'not-as-sent'
  | 'field-owned-by-others'
  | 'shared-kind'
  | 'subnet-in-use'
  | 'mode-unsupported-by-attachment'
  | 'group-in-use'
  | 'one-at-a-time';

export type FindingCode =
  | 'unreachable'
  | 'forbidden-status'
  | 'inconsistent'
  | 'maintenance-review'
  | 'sync-failed'
  | 'agent-failing'
  | 'agent-silent'
  | 'agent-unknown'
  | 'repository-unreachable'
  | 'branch-not-found'
  | 'deleting'
  | 'refused-unchanged'
  | 'unchecked'
  | 'field-kept'
  | 'set-by-others';

export type AlertClass =
  | 'drift_detected'
  | 'orphaned_resource'
  | 'creation_pending'
  | 'deletion_pending'
  | 'sync_failure'
  | 'validation_error'
  | 'conflict_detected'
  | 'connection_failure'
  | 'maintenance_review';

export type RuleId =
  | 'not-connected'
  | 'suspended'
  | 'not-served'
  | 'refused'
  | 'webhook-down'
  | 'not-as-sent'
  | 'field-owned-by-others'
  | 'shared-kind'
  | 'subnet-in-use'
  | 'mode-unsupported-by-attachment'
  | 'group-in-use'
  | 'one-at-a-time';

/** Its part of `fettle.yaml`, with the defaults filled in. */
export interface FabricConfig {
  /** Largest number of actions of this plugin that run at once, within `parallelism` of the project. */
  readonly parallelism: number;
  /** Bearer token for Fabrics with `server`, from the environment variable `FABRIC_TOKEN` or one whose name begins with `FABRIC_TOKEN_`. The token is sent only to origins that the environment variable `FETTLE_PROVIDER_ORIGINS` names for it. */
  readonly token?: string;
  /** Logins of GitRepositories. */
  readonly git: {
    /** Logins by the name that `credentials` of a GitRepository has. */
    readonly credentials: Readonly<Record<string, {
      /** Kind of the login: `TOKEN` and `BASIC` send the secret as the password of `username`, `OAUTH` sends it as a bearer token, and `SSH_KEY` is for addresses with ssh. */
      readonly auth: 'TOKEN' | 'BASIC' | 'OAUTH' | 'SSH_KEY';
      /** User of `BASIC`; for `TOKEN` it defaults to `git`. An `OAUTH` login with a user is sent as its password: GitLab requires `oauth2`. Other logins do not have one. */
      readonly username?: string;
      /** Token, password, or private key without a passphrase, from the environment variable `FABRIC_GIT_SECRET` (the default) or one whose name begins with `FABRIC_GIT_SECRET_`. The secret is only used for origins in the environment variable `FETTLE_PROVIDER_ORIGINS`, such as `FABRIC_GIT_SECRET=https://git.example.com` or `ssh://git.example.com`. */
      readonly secret?: string;
    }>>;
  };
}

/** The defaults of the configuration and of the documents of each kind, including those below optional parts. */
export const defaults = {
  config: { parallelism: 8, git: { credentials: {} } },
  Fabric: {
    application: { namespace: 'argocd' },
    maintenance: [],
    syncInterval: '300s',
    reconcile: 'plan',
    agents: { deadline: '5m', settle: '2s' },
    alerts: { enabled: true, expireAfter: '30d', consolidateWithin: '1h' },
    groups: [],
    controllers: [],
    secrets: [],
  },
  GitRepository: { branch: 'main' },
  Object: {},
} as const;

export const tables = {
  name: 'fabric',
  version: 'v1',
  summary: 'Objects of a Kubernetes API server, such as the wiring and the VPCs of a Hedgehog fabric.',
  parallelism: 8,
  kinds: {
    Fabric: {
      summary: 'A cluster, and the manifests that belong to it. The cluster itself is never created or removed.',
      scope: [],
      onRemove: 'release',
      machines: {
        status: {
          states: ['absent', 'PLANNED', 'ACTIVE', 'MAINTENANCE', 'DECOMMISSIONED'],
          transitions: [
            { from: 'absent', to: 'PLANNED', trigger: 'check', by: 'world' },
            { from: 'PLANNED', to: 'ACTIVE', trigger: 'activate', by: 'fettle' },
            { from: 'ACTIVE', to: 'MAINTENANCE', trigger: 'maintain', by: 'fettle' },
            { from: 'MAINTENANCE', to: 'ACTIVE', trigger: 'resume', by: 'fettle' },
            {
              from: 'ACTIVE',
              to: 'DECOMMISSIONED',
              trigger: 'decommission',
              by: 'fettle',
              disruptive: true,
              reversible: 'no',
            },
            {
              from: 'MAINTENANCE',
              to: 'DECOMMISSIONED',
              trigger: 'decommission',
              by: 'fettle',
              disruptive: true,
              reversible: 'no',
            },
            { from: 'PLANNED', to: 'ACTIVE', trigger: 'deployed', by: 'world' },
            { from: 'ACTIVE', to: 'MAINTENANCE', trigger: 'window', by: 'world' },
            { from: 'ACTIVE', to: 'MAINTENANCE', trigger: 'request', by: 'world' },
            { from: 'MAINTENANCE', to: 'ACTIVE', trigger: 'end', by: 'world' },
            { from: 'PLANNED', to: 'absent', trigger: 'forget', by: 'world' },
            { from: 'ACTIVE', to: 'absent', trigger: 'forget', by: 'world' },
            { from: 'MAINTENANCE', to: 'absent', trigger: 'forget', by: 'world' },
            { from: 'DECOMMISSIONED', to: 'absent', trigger: 'forget', by: 'world' },
          ],
          edits: [],
        },
        connection: {
          states: ['UNKNOWN', 'TESTING', 'CONNECTED', 'FAILED'],
          transitions: [
            { from: 'UNKNOWN', to: 'TESTING', trigger: 'test', by: 'world' },
            { from: 'CONNECTED', to: 'TESTING', trigger: 'test', by: 'world' },
            { from: 'FAILED', to: 'TESTING', trigger: 'test', by: 'world' },
            { from: 'TESTING', to: 'CONNECTED', trigger: 'tested', by: 'world' },
            { from: 'TESTING', to: 'FAILED', trigger: 'tested', by: 'world' },
            { from: 'CONNECTED', to: 'FAILED', trigger: 'lost', by: 'world' },
          ],
          edits: [],
        },
        sync: {
          states: ['NEVER_SYNCED', 'SYNCING', 'IN_SYNC', 'OUT_OF_SYNC', 'ERROR'],
          transitions: [
            { from: 'NEVER_SYNCED', to: 'SYNCING', trigger: 'sync', by: 'world' },
            { from: 'IN_SYNC', to: 'SYNCING', trigger: 'sync', by: 'world' },
            { from: 'OUT_OF_SYNC', to: 'SYNCING', trigger: 'sync', by: 'world' },
            { from: 'ERROR', to: 'SYNCING', trigger: 'sync', by: 'world' },
            { from: 'SYNCING', to: 'IN_SYNC', trigger: 'synced', by: 'world' },
            { from: 'SYNCING', to: 'ERROR', trigger: 'synced', by: 'world' },
            { from: 'IN_SYNC', to: 'OUT_OF_SYNC', trigger: 'drift', by: 'world' },
            { from: 'IN_SYNC', to: 'OUT_OF_SYNC', trigger: 'correct', by: 'fettle' },
            { from: 'SYNCING', to: 'ERROR', trigger: 'correct', by: 'fettle' },
          ],
          edits: [],
        },
      },
      rules: [
        {
          id: 'not-connected',
          guards: ['PLANNED>ACTIVE', 'MAINTENANCE>ACTIVE'],
          overridable: false,
          text: 'A Fabric is activated only while its connection is CONNECTED, and its Git repository can be read.',
        },
      ],
      references: [{ pointer: '/gitRepository', kind: 'GitRepository' }],
      fields: [
        '/context',
        '/server',
        '/server/url',
        '/server/ca',
        '/inCluster',
        '/status',
        '/application',
        '/application/name',
        '/application/namespace',
        '/maintenance',
        '/maintenance/*',
        '/maintenance/*/cron',
        '/maintenance/*/for',
        '/maintenance/*/timezone',
        '/maintenance/*/reason',
        '/gitRepository',
        '/syncInterval',
        '/reconcile',
        '/agents',
        '/agents/deadline',
        '/agents/settle',
        '/alerts',
        '/alerts/enabled',
        '/alerts/expireAfter',
        '/alerts/consolidateWithin',
        '/manifests',
        '/manifests/*',
        '/groups',
        '/groups/*',
        '/controllers',
        '/controllers/*',
        '/secrets',
        '/secrets/*',
        '/secrets/*/kind',
        '/secrets/*/pointer',
      ],
      paths: [],
      safetyInputs: [{ pointer: '/maintenance', combine: 'both' }, { pointer: '/secrets', combine: 'both' }],
      releases: [],
      undeciding: ['/token', '/git'],
      memoryVersion: 1,
    },
    GitRepository: {
      summary: 'A Git repository with manifests. fettle tests the connection to it, and changes nothing in it.',
      scope: [],
      onRemove: 'release',
      machines: {
        connection: {
          states: ['absent', 'PENDING', 'TESTING', 'CONNECTED', 'FAILED'],
          transitions: [
            { from: 'absent', to: 'PENDING', trigger: 'declare', by: 'world' },
            { from: 'PENDING', to: 'TESTING', trigger: 'test', by: 'world' },
            { from: 'TESTING', to: 'CONNECTED', trigger: 'passed', by: 'world' },
            { from: 'TESTING', to: 'FAILED', trigger: 'failed', by: 'world' },
            { from: 'CONNECTED', to: 'TESTING', trigger: 'test', by: 'world' },
            { from: 'FAILED', to: 'TESTING', trigger: 'test', by: 'world' },
            { from: 'CONNECTED', to: 'FAILED', trigger: 'operation', by: 'world' },
            { from: 'CONNECTED', to: 'PENDING', trigger: 'address', by: 'world' },
            { from: 'FAILED', to: 'PENDING', trigger: 'address', by: 'world' },
            { from: 'PENDING', to: 'absent', trigger: 'forget', by: 'world' },
            { from: 'TESTING', to: 'absent', trigger: 'forget', by: 'world' },
            { from: 'CONNECTED', to: 'absent', trigger: 'forget', by: 'world' },
            { from: 'FAILED', to: 'absent', trigger: 'forget', by: 'world' },
          ],
          edits: [],
        },
      },
      rules: [],
      references: [],
      fields: ['/url', '/branch', '/credentials', '/ca'],
      paths: [],
      safetyInputs: [],
      releases: [],
      undeciding: ['/token', '/git'],
      memoryVersion: 1,
    },
    Object: {
      summary: 'An object of any other kind, as its manifest declares it. The namespace of a cluster-scoped object is `_`.',
      scope: ['fabric', 'group', 'kind', 'namespace'],
      foreign: true,
      onRemove: 'remove',
      machines: {
        object: {
          states: ['absent', 'PENDING', 'SYNCED', 'DRIFTED', 'ORPHANED', 'DELETING'],
          transitions: [
            { from: 'absent', to: 'SYNCED', trigger: 'create', by: 'fettle' },
            { from: 'PENDING', to: 'SYNCED', trigger: 'apply', by: 'fettle', disruptive: true, reversible: 'partly' },
            { from: 'DRIFTED', to: 'SYNCED', trigger: 'heal', by: 'fettle', disruptive: true },
            {
              from: 'ORPHANED',
              to: 'absent',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            {
              from: 'ORPHANED',
              to: 'DELETING',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            { from: 'absent', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'DELETING', trigger: 'check', by: 'world' },
          ],
          edits: [],
        },
      },
      rules: [
        {
          id: 'suspended',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The Fabric, or another one for the same cluster, is in maintenance, or is about to be, or the Fabric is not decommissioned yet. Steps of its objects wait.',
        },
        {
          id: 'not-served',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: false,
          text: 'The cluster does not serve the kind, and no row of the plan adds its definition.',
        },
        {
          id: 'refused',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The cluster refuses the step in a dry run. A refusal that rows before it can lift leaves the step unproven: it is tried again right before it runs. A step that cannot be tried, because the login lacks the right or a webhook does not support dry runs, is unproven too. Warnings of the cluster are shown.',
        },
        {
          id: 'webhook-down',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The webhook of the kind does not answer. Nothing of the kind changes until it does.',
        },
        {
          id: 'not-as-sent',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'The cluster would drop or replace a declared value. A field that left the document, and that the object keeps, is a warning.',
        },
        {
          id: 'field-owned-by-others',
          guards: ['PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'Another manager applies a declared field, or the field was never applied by this project.',
        },
        {
          id: 'shared-kind',
          guards: ['ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: true,
          text: 'A Namespace or a definition of a kind contains objects of others: it is not removed with them.',
        },
      ],
      references: [],
      fields: ['/apiVersion', '/kind', '/**'],
      paths: [],
      safetyInputs: [],
      releases: [],
      undeciding: ['/token', '/git'],
      memoryVersion: 1,
    },
    Connection: {
      summary: 'A connection between devices.',
      scope: ['fabric', 'namespace'],
      base: 'Object',
      foreign: true,
      onRemove: 'remove',
      machines: {
        object: {
          states: ['absent', 'PENDING', 'SYNCED', 'DRIFTED', 'ORPHANED', 'DELETING'],
          transitions: [
            { from: 'absent', to: 'SYNCED', trigger: 'create', by: 'fettle' },
            { from: 'PENDING', to: 'SYNCED', trigger: 'apply', by: 'fettle', disruptive: true, reversible: 'partly' },
            { from: 'DRIFTED', to: 'SYNCED', trigger: 'heal', by: 'fettle', disruptive: true },
            {
              from: 'ORPHANED',
              to: 'absent',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            {
              from: 'ORPHANED',
              to: 'DELETING',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            { from: 'absent', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'DELETING', trigger: 'check', by: 'world' },
          ],
          edits: [],
        },
      },
      rules: [
        {
          id: 'suspended',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The Fabric, or another one for the same cluster, is in maintenance, or is about to be, or the Fabric is not decommissioned yet. Steps of its objects wait.',
        },
        {
          id: 'not-served',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: false,
          text: 'The cluster does not serve the kind, and no row of the plan adds its definition.',
        },
        {
          id: 'refused',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The cluster refuses the step in a dry run. A refusal that rows before it can lift leaves the step unproven: it is tried again right before it runs. A step that cannot be tried, because the login lacks the right or a webhook does not support dry runs, is unproven too. Warnings of the cluster are shown.',
        },
        {
          id: 'webhook-down',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The webhook of the kind does not answer. Nothing of the kind changes until it does.',
        },
        {
          id: 'not-as-sent',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'The cluster would drop or replace a declared value. A field that left the document, and that the object keeps, is a warning.',
        },
        {
          id: 'field-owned-by-others',
          guards: ['PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'Another manager applies a declared field, or the field was never applied by this project.',
        },
        {
          id: 'shared-kind',
          guards: ['ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: true,
          text: 'A Namespace or a definition of a kind contains objects of others: it is not removed with them.',
        },
        {
          id: 'one-at-a-time',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: true,
          group: 'kind',
          text: 'The cluster checks names, addresses and VLANs against existing objects only: objects of the kind that would overlap are refused here, and change one after another.',
        },
      ],
      references: [],
      fields: ['/apiVersion', '/kind', '/**'],
      paths: [],
      safetyInputs: [],
      releases: [],
      undeciding: ['/token', '/git'],
      memoryVersion: 1,
    },
    Server: {
      summary: 'A server.',
      scope: ['fabric', 'namespace'],
      base: 'Object',
      foreign: true,
      onRemove: 'remove',
      machines: {
        object: {
          states: ['absent', 'PENDING', 'SYNCED', 'DRIFTED', 'ORPHANED', 'DELETING'],
          transitions: [
            { from: 'absent', to: 'SYNCED', trigger: 'create', by: 'fettle' },
            { from: 'PENDING', to: 'SYNCED', trigger: 'apply', by: 'fettle', disruptive: true, reversible: 'partly' },
            { from: 'DRIFTED', to: 'SYNCED', trigger: 'heal', by: 'fettle', disruptive: true },
            {
              from: 'ORPHANED',
              to: 'absent',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            {
              from: 'ORPHANED',
              to: 'DELETING',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            { from: 'absent', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'DELETING', trigger: 'check', by: 'world' },
          ],
          edits: [],
        },
      },
      rules: [
        {
          id: 'suspended',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The Fabric, or another one for the same cluster, is in maintenance, or is about to be, or the Fabric is not decommissioned yet. Steps of its objects wait.',
        },
        {
          id: 'not-served',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: false,
          text: 'The cluster does not serve the kind, and no row of the plan adds its definition.',
        },
        {
          id: 'refused',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The cluster refuses the step in a dry run. A refusal that rows before it can lift leaves the step unproven: it is tried again right before it runs. A step that cannot be tried, because the login lacks the right or a webhook does not support dry runs, is unproven too. Warnings of the cluster are shown.',
        },
        {
          id: 'webhook-down',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The webhook of the kind does not answer. Nothing of the kind changes until it does.',
        },
        {
          id: 'not-as-sent',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'The cluster would drop or replace a declared value. A field that left the document, and that the object keeps, is a warning.',
        },
        {
          id: 'field-owned-by-others',
          guards: ['PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'Another manager applies a declared field, or the field was never applied by this project.',
        },
        {
          id: 'shared-kind',
          guards: ['ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: true,
          text: 'A Namespace or a definition of a kind contains objects of others: it is not removed with them.',
        },
      ],
      references: [],
      fields: ['/apiVersion', '/kind', '/**'],
      paths: [],
      safetyInputs: [],
      releases: [],
      undeciding: ['/token', '/git'],
      memoryVersion: 1,
    },
    ServerProfile: {
      summary: 'A type of servers.',
      scope: ['fabric', 'namespace'],
      base: 'Object',
      foreign: true,
      onRemove: 'remove',
      machines: {
        object: {
          states: ['absent', 'PENDING', 'SYNCED', 'DRIFTED', 'ORPHANED', 'DELETING'],
          transitions: [
            { from: 'absent', to: 'SYNCED', trigger: 'create', by: 'fettle' },
            { from: 'PENDING', to: 'SYNCED', trigger: 'apply', by: 'fettle', disruptive: true, reversible: 'partly' },
            { from: 'DRIFTED', to: 'SYNCED', trigger: 'heal', by: 'fettle', disruptive: true },
            {
              from: 'ORPHANED',
              to: 'absent',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            {
              from: 'ORPHANED',
              to: 'DELETING',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            { from: 'absent', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'DELETING', trigger: 'check', by: 'world' },
          ],
          edits: [],
        },
      },
      rules: [
        {
          id: 'suspended',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The Fabric, or another one for the same cluster, is in maintenance, or is about to be, or the Fabric is not decommissioned yet. Steps of its objects wait.',
        },
        {
          id: 'not-served',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: false,
          text: 'The cluster does not serve the kind, and no row of the plan adds its definition.',
        },
        {
          id: 'refused',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The cluster refuses the step in a dry run. A refusal that rows before it can lift leaves the step unproven: it is tried again right before it runs. A step that cannot be tried, because the login lacks the right or a webhook does not support dry runs, is unproven too. Warnings of the cluster are shown.',
        },
        {
          id: 'webhook-down',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The webhook of the kind does not answer. Nothing of the kind changes until it does.',
        },
        {
          id: 'not-as-sent',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'The cluster would drop or replace a declared value. A field that left the document, and that the object keeps, is a warning.',
        },
        {
          id: 'field-owned-by-others',
          guards: ['PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'Another manager applies a declared field, or the field was never applied by this project.',
        },
        {
          id: 'shared-kind',
          guards: ['ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: true,
          text: 'A Namespace or a definition of a kind contains objects of others: it is not removed with them.',
        },
      ],
      references: [],
      fields: ['/apiVersion', '/kind', '/**'],
      paths: [],
      safetyInputs: [],
      releases: [],
      undeciding: ['/token', '/git'],
      memoryVersion: 1,
    },
    Switch: {
      summary: 'A switch.',
      scope: ['fabric', 'namespace'],
      base: 'Object',
      foreign: true,
      onRemove: 'remove',
      machines: {
        object: {
          states: ['absent', 'PENDING', 'SYNCED', 'DRIFTED', 'ORPHANED', 'DELETING'],
          transitions: [
            { from: 'absent', to: 'SYNCED', trigger: 'create', by: 'fettle' },
            { from: 'PENDING', to: 'SYNCED', trigger: 'apply', by: 'fettle', disruptive: true, reversible: 'partly' },
            { from: 'DRIFTED', to: 'SYNCED', trigger: 'heal', by: 'fettle', disruptive: true },
            {
              from: 'ORPHANED',
              to: 'absent',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            {
              from: 'ORPHANED',
              to: 'DELETING',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            { from: 'absent', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'DELETING', trigger: 'check', by: 'world' },
          ],
          edits: [],
        },
      },
      rules: [
        {
          id: 'suspended',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The Fabric, or another one for the same cluster, is in maintenance, or is about to be, or the Fabric is not decommissioned yet. Steps of its objects wait.',
        },
        {
          id: 'not-served',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: false,
          text: 'The cluster does not serve the kind, and no row of the plan adds its definition.',
        },
        {
          id: 'refused',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The cluster refuses the step in a dry run. A refusal that rows before it can lift leaves the step unproven: it is tried again right before it runs. A step that cannot be tried, because the login lacks the right or a webhook does not support dry runs, is unproven too. Warnings of the cluster are shown.',
        },
        {
          id: 'webhook-down',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The webhook of the kind does not answer. Nothing of the kind changes until it does.',
        },
        {
          id: 'not-as-sent',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'The cluster would drop or replace a declared value. A field that left the document, and that the object keeps, is a warning.',
        },
        {
          id: 'field-owned-by-others',
          guards: ['PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'Another manager applies a declared field, or the field was never applied by this project.',
        },
        {
          id: 'shared-kind',
          guards: ['ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: true,
          text: 'A Namespace or a definition of a kind contains objects of others: it is not removed with them.',
        },
        {
          id: 'one-at-a-time',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: true,
          group: 'kind',
          text: 'The cluster checks names, addresses and VLANs against existing objects only: objects of the kind that would overlap are refused here, and change one after another.',
        },
      ],
      references: [],
      fields: ['/apiVersion', '/kind', '/**'],
      paths: [],
      safetyInputs: [],
      releases: [],
      undeciding: ['/token', '/git'],
      memoryVersion: 1,
    },
    SwitchGroup: {
      summary: 'A group of switches.',
      scope: ['fabric', 'namespace'],
      base: 'Object',
      foreign: true,
      onRemove: 'remove',
      machines: {
        object: {
          states: ['absent', 'PENDING', 'SYNCED', 'DRIFTED', 'ORPHANED', 'DELETING'],
          transitions: [
            { from: 'absent', to: 'SYNCED', trigger: 'create', by: 'fettle' },
            { from: 'PENDING', to: 'SYNCED', trigger: 'apply', by: 'fettle', disruptive: true, reversible: 'partly' },
            { from: 'DRIFTED', to: 'SYNCED', trigger: 'heal', by: 'fettle', disruptive: true },
            {
              from: 'ORPHANED',
              to: 'absent',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            {
              from: 'ORPHANED',
              to: 'DELETING',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            { from: 'absent', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'DELETING', trigger: 'check', by: 'world' },
          ],
          edits: [],
        },
      },
      rules: [
        {
          id: 'suspended',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The Fabric, or another one for the same cluster, is in maintenance, or is about to be, or the Fabric is not decommissioned yet. Steps of its objects wait.',
        },
        {
          id: 'not-served',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: false,
          text: 'The cluster does not serve the kind, and no row of the plan adds its definition.',
        },
        {
          id: 'refused',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The cluster refuses the step in a dry run. A refusal that rows before it can lift leaves the step unproven: it is tried again right before it runs. A step that cannot be tried, because the login lacks the right or a webhook does not support dry runs, is unproven too. Warnings of the cluster are shown.',
        },
        {
          id: 'webhook-down',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The webhook of the kind does not answer. Nothing of the kind changes until it does.',
        },
        {
          id: 'not-as-sent',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'The cluster would drop or replace a declared value. A field that left the document, and that the object keeps, is a warning.',
        },
        {
          id: 'field-owned-by-others',
          guards: ['PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'Another manager applies a declared field, or the field was never applied by this project.',
        },
        {
          id: 'shared-kind',
          guards: ['ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: true,
          text: 'A Namespace or a definition of a kind contains objects of others: it is not removed with them.',
        },
        {
          id: 'group-in-use',
          guards: ['ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: true,
          text: 'A Switch is in the group. The cluster would accept its removal.',
        },
      ],
      references: [],
      fields: ['/apiVersion', '/kind', '/**'],
      paths: [],
      safetyInputs: [],
      releases: [],
      undeciding: ['/token', '/git'],
      memoryVersion: 1,
    },
    SwitchProfile: {
      summary: 'A type of switches.',
      scope: ['fabric', 'namespace'],
      base: 'Object',
      foreign: true,
      onRemove: 'remove',
      machines: {
        object: {
          states: ['absent', 'PENDING', 'SYNCED', 'DRIFTED', 'ORPHANED', 'DELETING'],
          transitions: [
            { from: 'absent', to: 'SYNCED', trigger: 'create', by: 'fettle' },
            { from: 'PENDING', to: 'SYNCED', trigger: 'apply', by: 'fettle', disruptive: true, reversible: 'partly' },
            { from: 'DRIFTED', to: 'SYNCED', trigger: 'heal', by: 'fettle', disruptive: true },
            {
              from: 'ORPHANED',
              to: 'absent',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            {
              from: 'ORPHANED',
              to: 'DELETING',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            { from: 'absent', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'DELETING', trigger: 'check', by: 'world' },
          ],
          edits: [],
        },
      },
      rules: [
        {
          id: 'suspended',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The Fabric, or another one for the same cluster, is in maintenance, or is about to be, or the Fabric is not decommissioned yet. Steps of its objects wait.',
        },
        {
          id: 'not-served',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: false,
          text: 'The cluster does not serve the kind, and no row of the plan adds its definition.',
        },
        {
          id: 'refused',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The cluster refuses the step in a dry run. A refusal that rows before it can lift leaves the step unproven: it is tried again right before it runs. A step that cannot be tried, because the login lacks the right or a webhook does not support dry runs, is unproven too. Warnings of the cluster are shown.',
        },
        {
          id: 'webhook-down',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The webhook of the kind does not answer. Nothing of the kind changes until it does.',
        },
        {
          id: 'not-as-sent',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'The cluster would drop or replace a declared value. A field that left the document, and that the object keeps, is a warning.',
        },
        {
          id: 'field-owned-by-others',
          guards: ['PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'Another manager applies a declared field, or the field was never applied by this project.',
        },
        {
          id: 'shared-kind',
          guards: ['ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: true,
          text: 'A Namespace or a definition of a kind contains objects of others: it is not removed with them.',
        },
      ],
      references: [],
      fields: ['/apiVersion', '/kind', '/**'],
      paths: [],
      safetyInputs: [],
      releases: [],
      undeciding: ['/token', '/git'],
      memoryVersion: 1,
    },
    VLANNamespace: {
      summary: 'Ranges of VLANs.',
      scope: ['fabric', 'namespace'],
      base: 'Object',
      foreign: true,
      onRemove: 'remove',
      machines: {
        object: {
          states: ['absent', 'PENDING', 'SYNCED', 'DRIFTED', 'ORPHANED', 'DELETING'],
          transitions: [
            { from: 'absent', to: 'SYNCED', trigger: 'create', by: 'fettle' },
            { from: 'PENDING', to: 'SYNCED', trigger: 'apply', by: 'fettle', disruptive: true, reversible: 'partly' },
            { from: 'DRIFTED', to: 'SYNCED', trigger: 'heal', by: 'fettle', disruptive: true },
            {
              from: 'ORPHANED',
              to: 'absent',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            {
              from: 'ORPHANED',
              to: 'DELETING',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            { from: 'absent', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'DELETING', trigger: 'check', by: 'world' },
          ],
          edits: [],
        },
      },
      rules: [
        {
          id: 'suspended',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The Fabric, or another one for the same cluster, is in maintenance, or is about to be, or the Fabric is not decommissioned yet. Steps of its objects wait.',
        },
        {
          id: 'not-served',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: false,
          text: 'The cluster does not serve the kind, and no row of the plan adds its definition.',
        },
        {
          id: 'refused',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The cluster refuses the step in a dry run. A refusal that rows before it can lift leaves the step unproven: it is tried again right before it runs. A step that cannot be tried, because the login lacks the right or a webhook does not support dry runs, is unproven too. Warnings of the cluster are shown.',
        },
        {
          id: 'webhook-down',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The webhook of the kind does not answer. Nothing of the kind changes until it does.',
        },
        {
          id: 'not-as-sent',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'The cluster would drop or replace a declared value. A field that left the document, and that the object keeps, is a warning.',
        },
        {
          id: 'field-owned-by-others',
          guards: ['PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'Another manager applies a declared field, or the field was never applied by this project.',
        },
        {
          id: 'shared-kind',
          guards: ['ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: true,
          text: 'A Namespace or a definition of a kind contains objects of others: it is not removed with them.',
        },
        {
          id: 'one-at-a-time',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: true,
          group: 'kind',
          text: 'The cluster checks names, addresses and VLANs against existing objects only: objects of the kind that would overlap are refused here, and change one after another.',
        },
      ],
      references: [],
      fields: ['/apiVersion', '/kind', '/**'],
      paths: [],
      safetyInputs: [],
      releases: [],
      undeciding: ['/token', '/git'],
      memoryVersion: 1,
    },
    External: {
      summary: 'A network outside of the fabric.',
      scope: ['fabric', 'namespace'],
      base: 'Object',
      foreign: true,
      onRemove: 'remove',
      machines: {
        object: {
          states: ['absent', 'PENDING', 'SYNCED', 'DRIFTED', 'ORPHANED', 'DELETING'],
          transitions: [
            { from: 'absent', to: 'SYNCED', trigger: 'create', by: 'fettle' },
            { from: 'PENDING', to: 'SYNCED', trigger: 'apply', by: 'fettle', disruptive: true, reversible: 'partly' },
            { from: 'DRIFTED', to: 'SYNCED', trigger: 'heal', by: 'fettle', disruptive: true },
            {
              from: 'ORPHANED',
              to: 'absent',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            {
              from: 'ORPHANED',
              to: 'DELETING',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            { from: 'absent', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'DELETING', trigger: 'check', by: 'world' },
          ],
          edits: [],
        },
      },
      rules: [
        {
          id: 'suspended',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The Fabric, or another one for the same cluster, is in maintenance, or is about to be, or the Fabric is not decommissioned yet. Steps of its objects wait.',
        },
        {
          id: 'not-served',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: false,
          text: 'The cluster does not serve the kind, and no row of the plan adds its definition.',
        },
        {
          id: 'refused',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The cluster refuses the step in a dry run. A refusal that rows before it can lift leaves the step unproven: it is tried again right before it runs. A step that cannot be tried, because the login lacks the right or a webhook does not support dry runs, is unproven too. Warnings of the cluster are shown.',
        },
        {
          id: 'webhook-down',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The webhook of the kind does not answer. Nothing of the kind changes until it does.',
        },
        {
          id: 'not-as-sent',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'The cluster would drop or replace a declared value. A field that left the document, and that the object keeps, is a warning.',
        },
        {
          id: 'field-owned-by-others',
          guards: ['PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'Another manager applies a declared field, or the field was never applied by this project.',
        },
        {
          id: 'shared-kind',
          guards: ['ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: true,
          text: 'A Namespace or a definition of a kind contains objects of others: it is not removed with them.',
        },
      ],
      references: [],
      fields: ['/apiVersion', '/kind', '/**'],
      paths: [],
      safetyInputs: [],
      releases: [],
      undeciding: ['/token', '/git'],
      memoryVersion: 1,
    },
    ExternalAttachment: {
      summary: 'An attachment of an external network to a connection.',
      scope: ['fabric', 'namespace'],
      base: 'Object',
      foreign: true,
      onRemove: 'remove',
      machines: {
        object: {
          states: ['absent', 'PENDING', 'SYNCED', 'DRIFTED', 'ORPHANED', 'DELETING'],
          transitions: [
            { from: 'absent', to: 'SYNCED', trigger: 'create', by: 'fettle' },
            { from: 'PENDING', to: 'SYNCED', trigger: 'apply', by: 'fettle', disruptive: true, reversible: 'partly' },
            { from: 'DRIFTED', to: 'SYNCED', trigger: 'heal', by: 'fettle', disruptive: true },
            {
              from: 'ORPHANED',
              to: 'absent',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            {
              from: 'ORPHANED',
              to: 'DELETING',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            { from: 'absent', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'DELETING', trigger: 'check', by: 'world' },
          ],
          edits: [],
        },
      },
      rules: [
        {
          id: 'suspended',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The Fabric, or another one for the same cluster, is in maintenance, or is about to be, or the Fabric is not decommissioned yet. Steps of its objects wait.',
        },
        {
          id: 'not-served',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: false,
          text: 'The cluster does not serve the kind, and no row of the plan adds its definition.',
        },
        {
          id: 'refused',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The cluster refuses the step in a dry run. A refusal that rows before it can lift leaves the step unproven: it is tried again right before it runs. A step that cannot be tried, because the login lacks the right or a webhook does not support dry runs, is unproven too. Warnings of the cluster are shown.',
        },
        {
          id: 'webhook-down',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The webhook of the kind does not answer. Nothing of the kind changes until it does.',
        },
        {
          id: 'not-as-sent',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'The cluster would drop or replace a declared value. A field that left the document, and that the object keeps, is a warning.',
        },
        {
          id: 'field-owned-by-others',
          guards: ['PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'Another manager applies a declared field, or the field was never applied by this project.',
        },
        {
          id: 'shared-kind',
          guards: ['ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: true,
          text: 'A Namespace or a definition of a kind contains objects of others: it is not removed with them.',
        },
        {
          id: 'one-at-a-time',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: true,
          group: 'kind',
          text: 'The cluster checks names, addresses and VLANs against existing objects only: objects of the kind that would overlap are refused here, and change one after another.',
        },
      ],
      references: [],
      fields: ['/apiVersion', '/kind', '/**'],
      paths: [],
      safetyInputs: [],
      releases: [],
      undeciding: ['/token', '/git'],
      memoryVersion: 1,
    },
    ExternalPeering: {
      summary: 'A peering of a VPC with an external network.',
      scope: ['fabric', 'namespace'],
      base: 'Object',
      foreign: true,
      onRemove: 'remove',
      machines: {
        object: {
          states: ['absent', 'PENDING', 'SYNCED', 'DRIFTED', 'ORPHANED', 'DELETING'],
          transitions: [
            { from: 'absent', to: 'SYNCED', trigger: 'create', by: 'fettle' },
            { from: 'PENDING', to: 'SYNCED', trigger: 'apply', by: 'fettle', disruptive: true, reversible: 'partly' },
            { from: 'DRIFTED', to: 'SYNCED', trigger: 'heal', by: 'fettle', disruptive: true },
            {
              from: 'ORPHANED',
              to: 'absent',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            {
              from: 'ORPHANED',
              to: 'DELETING',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            { from: 'absent', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'DELETING', trigger: 'check', by: 'world' },
          ],
          edits: [],
        },
      },
      rules: [
        {
          id: 'suspended',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The Fabric, or another one for the same cluster, is in maintenance, or is about to be, or the Fabric is not decommissioned yet. Steps of its objects wait.',
        },
        {
          id: 'not-served',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: false,
          text: 'The cluster does not serve the kind, and no row of the plan adds its definition.',
        },
        {
          id: 'refused',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The cluster refuses the step in a dry run. A refusal that rows before it can lift leaves the step unproven: it is tried again right before it runs. A step that cannot be tried, because the login lacks the right or a webhook does not support dry runs, is unproven too. Warnings of the cluster are shown.',
        },
        {
          id: 'webhook-down',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The webhook of the kind does not answer. Nothing of the kind changes until it does.',
        },
        {
          id: 'not-as-sent',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'The cluster would drop or replace a declared value. A field that left the document, and that the object keeps, is a warning.',
        },
        {
          id: 'field-owned-by-others',
          guards: ['PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'Another manager applies a declared field, or the field was never applied by this project.',
        },
        {
          id: 'shared-kind',
          guards: ['ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: true,
          text: 'A Namespace or a definition of a kind contains objects of others: it is not removed with them.',
        },
      ],
      references: [],
      fields: ['/apiVersion', '/kind', '/**'],
      paths: [],
      safetyInputs: [],
      releases: [],
      undeciding: ['/token', '/git'],
      memoryVersion: 1,
    },
    IPv4Namespace: {
      summary: 'Subnets for VPCs.',
      scope: ['fabric', 'namespace'],
      base: 'Object',
      foreign: true,
      onRemove: 'remove',
      machines: {
        object: {
          states: ['absent', 'PENDING', 'SYNCED', 'DRIFTED', 'ORPHANED', 'DELETING'],
          transitions: [
            { from: 'absent', to: 'SYNCED', trigger: 'create', by: 'fettle' },
            { from: 'PENDING', to: 'SYNCED', trigger: 'apply', by: 'fettle', disruptive: true, reversible: 'partly' },
            { from: 'DRIFTED', to: 'SYNCED', trigger: 'heal', by: 'fettle', disruptive: true },
            {
              from: 'ORPHANED',
              to: 'absent',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            {
              from: 'ORPHANED',
              to: 'DELETING',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            { from: 'absent', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'DELETING', trigger: 'check', by: 'world' },
          ],
          edits: [],
        },
      },
      rules: [
        {
          id: 'suspended',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The Fabric, or another one for the same cluster, is in maintenance, or is about to be, or the Fabric is not decommissioned yet. Steps of its objects wait.',
        },
        {
          id: 'not-served',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: false,
          text: 'The cluster does not serve the kind, and no row of the plan adds its definition.',
        },
        {
          id: 'refused',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The cluster refuses the step in a dry run. A refusal that rows before it can lift leaves the step unproven: it is tried again right before it runs. A step that cannot be tried, because the login lacks the right or a webhook does not support dry runs, is unproven too. Warnings of the cluster are shown.',
        },
        {
          id: 'webhook-down',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The webhook of the kind does not answer. Nothing of the kind changes until it does.',
        },
        {
          id: 'not-as-sent',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'The cluster would drop or replace a declared value. A field that left the document, and that the object keeps, is a warning.',
        },
        {
          id: 'field-owned-by-others',
          guards: ['PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'Another manager applies a declared field, or the field was never applied by this project.',
        },
        {
          id: 'shared-kind',
          guards: ['ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: true,
          text: 'A Namespace or a definition of a kind contains objects of others: it is not removed with them.',
        },
        {
          id: 'one-at-a-time',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: true,
          group: 'kind',
          text: 'The cluster checks names, addresses and VLANs against existing objects only: objects of the kind that would overlap are refused here, and change one after another.',
        },
      ],
      references: [],
      fields: ['/apiVersion', '/kind', '/**'],
      paths: [],
      safetyInputs: [],
      releases: [],
      undeciding: ['/token', '/git'],
      memoryVersion: 1,
    },
    VPC: {
      summary: 'A virtual network.',
      scope: ['fabric', 'namespace'],
      base: 'Object',
      foreign: true,
      onRemove: 'remove',
      machines: {
        object: {
          states: ['absent', 'PENDING', 'SYNCED', 'DRIFTED', 'ORPHANED', 'DELETING'],
          transitions: [
            { from: 'absent', to: 'SYNCED', trigger: 'create', by: 'fettle' },
            { from: 'PENDING', to: 'SYNCED', trigger: 'apply', by: 'fettle', disruptive: true, reversible: 'partly' },
            { from: 'DRIFTED', to: 'SYNCED', trigger: 'heal', by: 'fettle', disruptive: true },
            {
              from: 'ORPHANED',
              to: 'absent',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            {
              from: 'ORPHANED',
              to: 'DELETING',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            { from: 'absent', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'DELETING', trigger: 'check', by: 'world' },
          ],
          edits: [],
        },
      },
      rules: [
        {
          id: 'suspended',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The Fabric, or another one for the same cluster, is in maintenance, or is about to be, or the Fabric is not decommissioned yet. Steps of its objects wait.',
        },
        {
          id: 'not-served',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: false,
          text: 'The cluster does not serve the kind, and no row of the plan adds its definition.',
        },
        {
          id: 'refused',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The cluster refuses the step in a dry run. A refusal that rows before it can lift leaves the step unproven: it is tried again right before it runs. A step that cannot be tried, because the login lacks the right or a webhook does not support dry runs, is unproven too. Warnings of the cluster are shown.',
        },
        {
          id: 'webhook-down',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The webhook of the kind does not answer. Nothing of the kind changes until it does.',
        },
        {
          id: 'not-as-sent',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'The cluster would drop or replace a declared value. A field that left the document, and that the object keeps, is a warning.',
        },
        {
          id: 'field-owned-by-others',
          guards: ['PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'Another manager applies a declared field, or the field was never applied by this project.',
        },
        {
          id: 'shared-kind',
          guards: ['ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: true,
          text: 'A Namespace or a definition of a kind contains objects of others: it is not removed with them.',
        },
        {
          id: 'subnet-in-use',
          guards: ['PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'A subnet of the VPC is attached or peered. The cluster would accept its removal, and cut the traffic.',
        },
        {
          id: 'mode-unsupported-by-attachment',
          guards: ['PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'The VPC is attached to a connection with several switches (ESLAG), which does not support the mode l3vni. The cluster would accept the change, and cut the traffic.',
        },
        {
          id: 'one-at-a-time',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: true,
          group: 'kind',
          text: 'The cluster checks names, addresses and VLANs against existing objects only: objects of the kind that would overlap are refused here, and change one after another.',
        },
      ],
      references: [],
      fields: ['/apiVersion', '/kind', '/**'],
      paths: [],
      safetyInputs: [],
      releases: [],
      undeciding: ['/token', '/git'],
      memoryVersion: 1,
    },
    VPCAttachment: {
      summary: 'An attachment of a subnet to a connection.',
      scope: ['fabric', 'namespace'],
      base: 'Object',
      foreign: true,
      onRemove: 'remove',
      machines: {
        object: {
          states: ['absent', 'PENDING', 'SYNCED', 'DRIFTED', 'ORPHANED', 'DELETING'],
          transitions: [
            { from: 'absent', to: 'SYNCED', trigger: 'create', by: 'fettle' },
            { from: 'PENDING', to: 'SYNCED', trigger: 'apply', by: 'fettle', disruptive: true, reversible: 'partly' },
            { from: 'DRIFTED', to: 'SYNCED', trigger: 'heal', by: 'fettle', disruptive: true },
            {
              from: 'ORPHANED',
              to: 'absent',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            {
              from: 'ORPHANED',
              to: 'DELETING',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            { from: 'absent', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'DELETING', trigger: 'check', by: 'world' },
          ],
          edits: [],
        },
      },
      rules: [
        {
          id: 'suspended',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The Fabric, or another one for the same cluster, is in maintenance, or is about to be, or the Fabric is not decommissioned yet. Steps of its objects wait.',
        },
        {
          id: 'not-served',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: false,
          text: 'The cluster does not serve the kind, and no row of the plan adds its definition.',
        },
        {
          id: 'refused',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The cluster refuses the step in a dry run. A refusal that rows before it can lift leaves the step unproven: it is tried again right before it runs. A step that cannot be tried, because the login lacks the right or a webhook does not support dry runs, is unproven too. Warnings of the cluster are shown.',
        },
        {
          id: 'webhook-down',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The webhook of the kind does not answer. Nothing of the kind changes until it does.',
        },
        {
          id: 'not-as-sent',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'The cluster would drop or replace a declared value. A field that left the document, and that the object keeps, is a warning.',
        },
        {
          id: 'field-owned-by-others',
          guards: ['PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'Another manager applies a declared field, or the field was never applied by this project.',
        },
        {
          id: 'shared-kind',
          guards: ['ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: true,
          text: 'A Namespace or a definition of a kind contains objects of others: it is not removed with them.',
        },
        {
          id: 'one-at-a-time',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: true,
          group: 'kind',
          text: 'The cluster checks names, addresses and VLANs against existing objects only: objects of the kind that would overlap are refused here, and change one after another.',
        },
      ],
      references: [],
      fields: ['/apiVersion', '/kind', '/**'],
      paths: [],
      safetyInputs: [],
      releases: [],
      undeciding: ['/token', '/git'],
      memoryVersion: 1,
    },
    VPCPeering: {
      summary: 'A peering of two VPCs.',
      scope: ['fabric', 'namespace'],
      base: 'Object',
      foreign: true,
      onRemove: 'remove',
      machines: {
        object: {
          states: ['absent', 'PENDING', 'SYNCED', 'DRIFTED', 'ORPHANED', 'DELETING'],
          transitions: [
            { from: 'absent', to: 'SYNCED', trigger: 'create', by: 'fettle' },
            { from: 'PENDING', to: 'SYNCED', trigger: 'apply', by: 'fettle', disruptive: true, reversible: 'partly' },
            { from: 'DRIFTED', to: 'SYNCED', trigger: 'heal', by: 'fettle', disruptive: true },
            {
              from: 'ORPHANED',
              to: 'absent',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            {
              from: 'ORPHANED',
              to: 'DELETING',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            { from: 'absent', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'DELETING', trigger: 'check', by: 'world' },
          ],
          edits: [],
        },
      },
      rules: [
        {
          id: 'suspended',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The Fabric, or another one for the same cluster, is in maintenance, or is about to be, or the Fabric is not decommissioned yet. Steps of its objects wait.',
        },
        {
          id: 'not-served',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: false,
          text: 'The cluster does not serve the kind, and no row of the plan adds its definition.',
        },
        {
          id: 'refused',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The cluster refuses the step in a dry run. A refusal that rows before it can lift leaves the step unproven: it is tried again right before it runs. A step that cannot be tried, because the login lacks the right or a webhook does not support dry runs, is unproven too. Warnings of the cluster are shown.',
        },
        {
          id: 'webhook-down',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The webhook of the kind does not answer. Nothing of the kind changes until it does.',
        },
        {
          id: 'not-as-sent',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'The cluster would drop or replace a declared value. A field that left the document, and that the object keeps, is a warning.',
        },
        {
          id: 'field-owned-by-others',
          guards: ['PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'Another manager applies a declared field, or the field was never applied by this project.',
        },
        {
          id: 'shared-kind',
          guards: ['ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: true,
          text: 'A Namespace or a definition of a kind contains objects of others: it is not removed with them.',
        },
      ],
      references: [],
      fields: ['/apiVersion', '/kind', '/**'],
      paths: [],
      safetyInputs: [],
      releases: [],
      undeciding: ['/token', '/git'],
      memoryVersion: 1,
    },
    Gateway: {
      summary: 'A gateway.',
      scope: ['fabric', 'namespace'],
      base: 'Object',
      foreign: true,
      onRemove: 'remove',
      machines: {
        object: {
          states: ['absent', 'PENDING', 'SYNCED', 'DRIFTED', 'ORPHANED', 'DELETING'],
          transitions: [
            { from: 'absent', to: 'SYNCED', trigger: 'create', by: 'fettle' },
            { from: 'PENDING', to: 'SYNCED', trigger: 'apply', by: 'fettle', disruptive: true, reversible: 'partly' },
            { from: 'DRIFTED', to: 'SYNCED', trigger: 'heal', by: 'fettle', disruptive: true },
            {
              from: 'ORPHANED',
              to: 'absent',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            {
              from: 'ORPHANED',
              to: 'DELETING',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            { from: 'absent', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'DELETING', trigger: 'check', by: 'world' },
          ],
          edits: [],
        },
      },
      rules: [
        {
          id: 'suspended',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The Fabric, or another one for the same cluster, is in maintenance, or is about to be, or the Fabric is not decommissioned yet. Steps of its objects wait.',
        },
        {
          id: 'not-served',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: false,
          text: 'The cluster does not serve the kind, and no row of the plan adds its definition.',
        },
        {
          id: 'refused',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The cluster refuses the step in a dry run. A refusal that rows before it can lift leaves the step unproven: it is tried again right before it runs. A step that cannot be tried, because the login lacks the right or a webhook does not support dry runs, is unproven too. Warnings of the cluster are shown.',
        },
        {
          id: 'webhook-down',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The webhook of the kind does not answer. Nothing of the kind changes until it does.',
        },
        {
          id: 'not-as-sent',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'The cluster would drop or replace a declared value. A field that left the document, and that the object keeps, is a warning.',
        },
        {
          id: 'field-owned-by-others',
          guards: ['PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'Another manager applies a declared field, or the field was never applied by this project.',
        },
        {
          id: 'shared-kind',
          guards: ['ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: true,
          text: 'A Namespace or a definition of a kind contains objects of others: it is not removed with them.',
        },
      ],
      references: [],
      fields: ['/apiVersion', '/kind', '/**'],
      paths: [],
      safetyInputs: [],
      releases: [],
      undeciding: ['/token', '/git'],
      memoryVersion: 1,
    },
    GatewayGroup: {
      summary: 'A group of gateways.',
      scope: ['fabric', 'namespace'],
      base: 'Object',
      foreign: true,
      onRemove: 'remove',
      machines: {
        object: {
          states: ['absent', 'PENDING', 'SYNCED', 'DRIFTED', 'ORPHANED', 'DELETING'],
          transitions: [
            { from: 'absent', to: 'SYNCED', trigger: 'create', by: 'fettle' },
            { from: 'PENDING', to: 'SYNCED', trigger: 'apply', by: 'fettle', disruptive: true, reversible: 'partly' },
            { from: 'DRIFTED', to: 'SYNCED', trigger: 'heal', by: 'fettle', disruptive: true },
            {
              from: 'ORPHANED',
              to: 'absent',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            {
              from: 'ORPHANED',
              to: 'DELETING',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            { from: 'absent', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'DELETING', trigger: 'check', by: 'world' },
          ],
          edits: [],
        },
      },
      rules: [
        {
          id: 'suspended',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The Fabric, or another one for the same cluster, is in maintenance, or is about to be, or the Fabric is not decommissioned yet. Steps of its objects wait.',
        },
        {
          id: 'not-served',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: false,
          text: 'The cluster does not serve the kind, and no row of the plan adds its definition.',
        },
        {
          id: 'refused',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The cluster refuses the step in a dry run. A refusal that rows before it can lift leaves the step unproven: it is tried again right before it runs. A step that cannot be tried, because the login lacks the right or a webhook does not support dry runs, is unproven too. Warnings of the cluster are shown.',
        },
        {
          id: 'webhook-down',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The webhook of the kind does not answer. Nothing of the kind changes until it does.',
        },
        {
          id: 'not-as-sent',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'The cluster would drop or replace a declared value. A field that left the document, and that the object keeps, is a warning.',
        },
        {
          id: 'field-owned-by-others',
          guards: ['PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'Another manager applies a declared field, or the field was never applied by this project.',
        },
        {
          id: 'shared-kind',
          guards: ['ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: true,
          text: 'A Namespace or a definition of a kind contains objects of others: it is not removed with them.',
        },
      ],
      references: [],
      fields: ['/apiVersion', '/kind', '/**'],
      paths: [],
      safetyInputs: [],
      releases: [],
      undeciding: ['/token', '/git'],
      memoryVersion: 1,
    },
    GatewayPeering: {
      summary: 'A peering through a gateway.',
      scope: ['fabric', 'namespace'],
      base: 'Object',
      foreign: true,
      onRemove: 'remove',
      machines: {
        object: {
          states: ['absent', 'PENDING', 'SYNCED', 'DRIFTED', 'ORPHANED', 'DELETING'],
          transitions: [
            { from: 'absent', to: 'SYNCED', trigger: 'create', by: 'fettle' },
            { from: 'PENDING', to: 'SYNCED', trigger: 'apply', by: 'fettle', disruptive: true, reversible: 'partly' },
            { from: 'DRIFTED', to: 'SYNCED', trigger: 'heal', by: 'fettle', disruptive: true },
            {
              from: 'ORPHANED',
              to: 'absent',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            {
              from: 'ORPHANED',
              to: 'DELETING',
              trigger: 'delete',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            { from: 'absent', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'DRIFTED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'PENDING', trigger: 'check', by: 'world' },
            { from: 'ORPHANED', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'SYNCED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'ORPHANED', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'DELETING', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'PENDING', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'SYNCED', to: 'DELETING', trigger: 'check', by: 'world' },
            { from: 'DRIFTED', to: 'DELETING', trigger: 'check', by: 'world' },
          ],
          edits: [],
        },
      },
      rules: [
        {
          id: 'suspended',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The Fabric, or another one for the same cluster, is in maintenance, or is about to be, or the Fabric is not decommissioned yet. Steps of its objects wait.',
        },
        {
          id: 'not-served',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: false,
          text: 'The cluster does not serve the kind, and no row of the plan adds its definition.',
        },
        {
          id: 'refused',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The cluster refuses the step in a dry run. A refusal that rows before it can lift leaves the step unproven: it is tried again right before it runs. A step that cannot be tried, because the login lacks the right or a webhook does not support dry runs, is unproven too. Warnings of the cluster are shown.',
        },
        {
          id: 'webhook-down',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED', 'ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: false,
          text: 'The webhook of the kind does not answer. Nothing of the kind changes until it does.',
        },
        {
          id: 'not-as-sent',
          guards: ['absent>SYNCED', 'PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'The cluster would drop or replace a declared value. A field that left the document, and that the object keeps, is a warning.',
        },
        {
          id: 'field-owned-by-others',
          guards: ['PENDING>SYNCED', 'DRIFTED>SYNCED'],
          overridable: true,
          text: 'Another manager applies a declared field, or the field was never applied by this project.',
        },
        {
          id: 'shared-kind',
          guards: ['ORPHANED>absent', 'ORPHANED>DELETING'],
          overridable: true,
          text: 'A Namespace or a definition of a kind contains objects of others: it is not removed with them.',
        },
      ],
      references: [],
      fields: ['/apiVersion', '/kind', '/**'],
      paths: [],
      safetyInputs: [],
      releases: [],
      undeciding: ['/token', '/git'],
      memoryVersion: 1,
    },
  },
  secrets: [
    { pointer: '/token', variable: 'FABRIC_TOKEN' },
    { pointer: '/git/credentials/*/secret', variable: 'FABRIC_GIT_SECRET' },
  ],
  settingPaths: [],
  findings: [
    {
      code: 'unreachable',
      kind: 'Fabric',
      severity: 'error',
      text: 'The API server does not answer, or refuses the login.',
    },
    {
      code: 'forbidden-status',
      kind: 'Fabric',
      severity: 'error',
      text: 'The document declares a status to which no step leads.',
    },
    {
      code: 'inconsistent',
      kind: 'Fabric',
      severity: 'error',
      text: 'The recorded states of the Fabric contradict each other. A row corrects them.',
    },
    {
      code: 'maintenance-review',
      kind: 'Fabric',
      severity: 'warning',
      text: 'The maintenance has lasted for more than 24 hours.',
    },
    { code: 'sync-failed', kind: 'Fabric', severity: 'warning', text: 'The last sync of the Fabric failed.' },
    {
      code: 'agent-failing',
      kind: 'Fabric',
      severity: 'error',
      text: 'The Agent of a switch cannot apply the objects.',
    },
    { code: 'agent-silent', kind: 'Fabric', severity: 'error', text: 'The Agent of a switch does not report.' },
    { code: 'agent-unknown', kind: 'Fabric', severity: 'warning', text: 'The status of an Agent cannot be read.' },
    {
      code: 'repository-unreachable',
      kind: 'GitRepository',
      severity: 'error',
      text: 'The server of the repository does not answer, or refuses the login.',
    },
    {
      code: 'branch-not-found',
      kind: 'GitRepository',
      severity: 'error',
      text: 'The repository does not have the branch.',
    },
    {
      code: 'deleting',
      kind: 'Object',
      severity: 'warning',
      text: 'The object is being deleted, and a finalizer holds it.',
    },
    {
      code: 'refused-unchanged',
      kind: 'Object',
      severity: 'warning',
      text: 'The cluster refuses the object as it is: a later change of it would be refused too.',
    },
    {
      code: 'unchecked',
      kind: 'Object',
      severity: 'warning',
      text: 'The cluster cannot check the object now: a webhook of its kind does not answer, or the server is busy.',
    },
    {
      code: 'field-kept',
      kind: 'Object',
      severity: 'warning',
      text: 'A field left the document, and the object keeps it.',
    },
    {
      code: 'set-by-others',
      kind: 'Object',
      severity: 'info',
      text: 'Other managers set fields that the document does not declare.',
    },
  ],
  alerts: [
    {
      class: 'drift_detected',
      kind: 'Object',
      severities: ['high', 'medium', 'low'],
      text: 'The object differs from its manifest; the severity follows the drift score.',
    },
    {
      class: 'orphaned_resource',
      kind: 'Object',
      severities: ['critical'],
      text: 'The cluster has the object, and no document declares it.',
    },
    {
      class: 'creation_pending',
      kind: 'Object',
      severities: ['medium'],
      text: 'The object is declared, and the cluster no longer has it.',
    },
    { class: 'deletion_pending', kind: 'Object', severities: ['high'], text: 'A finalizer holds the object.' },
    { class: 'sync_failure', kind: 'Object', severities: ['high'], text: 'A step of the object failed.' },
    { class: 'validation_error', kind: 'Object', severities: ['high'], text: 'The cluster refuses the object.' },
    {
      class: 'conflict_detected',
      kind: 'Object',
      severities: ['critical'],
      text: 'Another manager owns a field that the document declares.',
    },
    {
      class: 'connection_failure',
      kind: 'Fabric',
      severities: ['high'],
      text: 'The connection of an active Fabric failed.',
    },
    {
      class: 'sync_failure',
      kind: 'Fabric',
      severities: ['medium'],
      text: 'The last sync of an active Fabric failed.',
    },
    {
      class: 'maintenance_review',
      kind: 'Fabric',
      severities: ['medium'],
      text: 'A maintenance has lasted for more than 24 hours.',
    },
  ],
} as const satisfies PluginTables;
