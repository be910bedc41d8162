/** Generated from specs/engine.yaml by `npm run generate`: do not edit. */

import type { Json } from '#plugin';
import type { RecordKind } from '../formats/log-record.ts';

/** Rules that hold for every plugin. */
export type EngineRuleId =
  | 'lifecycle'
  | 'memory-unread'
  | 'not-owned'
  | 'same-place'
  | 'other-project'
  | 'protected'
  | 'provider-protected'
  | 'partial-view'
  | 'stale-view'
  | 'in-progress'
  | 'clock-behind'
  | 'freeze'
  | 'stuck'
  | 'observed-collapse'
  | 'all-missing'
  | 'dependency'
  | 'ignored'
  | 'unapplied-edit'
  | 'uncovered'
  | 'too-many-removals'
  | 'budget';

/** Codes of problems in documents and configuration. */
export type ProblemCode =
  | 'unreadable-file'
  | 'no-files'
  | 'outside-root'
  | 'untrusted-owner'
  | 'empty-desired'
  | 'not-utf8'
  | 'utf-16'
  | 'binary'
  | 'too-large'
  | 'too-deep'
  | 'too-many-anchors'
  | 'too-many-aliases'
  | 'blank-run'
  | 'too-many-values'
  | 'too-many-problems'
  | 'yaml-syntax'
  | 'merge-conflict'
  | 'invisible-character'
  | 'duplicate-key'
  | 'forbidden-key'
  | 'bad-key'
  | 'unknown-tag'
  | 'unsafe-integer'
  | 'not-a-mapping'
  | 'missing-key'
  | 'unknown-key'
  | 'unknown-api-version'
  | 'yaml-versions'
  | 'unknown-kind'
  | 'wrong-type'
  | 'wrong-value'
  | 'missing-value'
  | 'duplicate-name'
  | 'unknown-reference'
  | 'dependency-cycle'
  | 'same-place'
  | 'reserved-place'
  | 'secret-not-allowed'
  | 'bad-config'
  | 'expired';

/** Text formats that a schema can require. */
export type FormatName =
  | 'resource-name'
  | 'plain-text'
  | 'address'
  | 'dns-name'
  | 'host-name'
  | 'ip-address'
  | 'duration'
  | 'percentage'
  | 'instant'
  | 'step'
  | 'secret'
  | 'path'
  | 'folder-path'
  | 'uuid'
  | 'digest';

/** Fields of a document outside its spec that are safety inputs. */
export type EnvelopeInput =
  | '/metadata/labels'
  | '/metadata/dependsOn'
  | '/lifecycle/protect'
  | '/lifecycle/onRemove'
  | '/lifecycle/hold';

export type ExitCodeName =
  | 'interrupted'
  | 'terminated'
  | 'error'
  | 'locked'
  | 'plan-refused'
  | 'unknown-outcome'
  | 'incomplete'
  | 'timed-out'
  | 'yielded'
  | 'partly-read'
  | 'failure-reported'
  | 'trial-failed'
  | 'rejected'
  | 'changes'
  | 'ok';

/** The meaning of an exit code, and the next step. */
export interface ExitCode {
  readonly name: ExitCodeName;
  readonly code: number;
  readonly text: string;
  readonly next: string;
}

/** A rule of the engine. */
export interface EngineRuleTable {
  readonly id: EngineRuleId;
  readonly overridable: boolean;
  readonly text: string;
}

/** A document with the defaults of its envelope filled in; a kind with a scope has its parts in `metadata` too. */
export interface DocumentEnvelope {
  /** Plugin and version, for example `certificates/v1`. */
  readonly apiVersion: string;
  /** Kind of the resource. */
  readonly kind: string;
  /** Name and labels of the resource. */
  readonly metadata: {
    /** Name of the resource; unique within its kind and scope. */
    readonly name: string;
    /** Names and values to select resources by. */
    readonly labels: Readonly<Record<string, string>>;
    /** Addresses of resources that must exist first, for example `certificates/Issuer/test-ca`. */
    readonly dependsOn: readonly string[];
  };
  /** Limits on changes to the resource. */
  readonly lifecycle: {
    /** Prevents removal, replacement and release. The protection is kept in the state: removing the document does not remove it. */
    readonly protect?: boolean;
    /** Action when the document is removed; each kind has its default. */
    readonly onRemove?: 'remove' | 'release';
    /** JSON pointers to fields whose drift is accepted, for example `/spec/labels/seen`. */
    readonly ignore: readonly string[];
    /** Reason to leave the resource unchanged for now. The hold is kept in the state: removing the document does not lift it; `false`, or a document without this field, lifts it by a row of its own. */
    readonly hold?: string | boolean;
  };
  /** The resource itself, in the form that its kind defines. */
  readonly spec: Readonly<Record<string, Json>>;
}

/** `fettle.yaml`, with the defaults filled in. */
export interface FettleConfig {
  /** Name of the project, its scope in a shared store. Defaults to the name of the folder. */
  readonly name?: string;
  /** Files, folders and patterns with documents, relative to this file. `[]` ends the project: every resource in the state becomes an orphan. */
  readonly desired: string | readonly string[];
  /** Folder of the log, relative to this file; or `postgres://user@host/database`, its password from PGPASSWORD or `${env:NAME}`, sent only to an origin that FETTLE_STORE_ORIGIN names. */
  readonly store: string;
  /** Number of actions that run at once, of all plugins together. Defaults to the highest such number of a plugin that the project uses, and to 10 at least. */
  readonly parallelism?: number;
  /** What `apply` does when the log is damaged. */
  readonly onDamage: 'stop' | 'recover';
  /** Settings of the plugins, by name. */
  readonly plugins: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  /** Limits of the safety rules. */
  readonly safety: {
    /** Greatest age of the refresh for a destructive step. */
    readonly maxAge: string;
    /** Removals of one kind at once; above the limit, nothing of the kind is removed. */
    readonly removals: {
      /** Greatest number of removals. */
      readonly max: number;
      /** Greatest share of the owned resources. */
      readonly share: string;
      /** Number of owned resources from which the share counts; below it, only `max` does. */
      readonly from: number;
      /** Time for which removals of earlier runs count, 7d at most. */
      readonly per: string;
    };
    /** Limits at which missing resources make the refresh itself doubtful. */
    readonly collapse: {
      /** Share of the owned resources that must be missing. */
      readonly share: string;
      /** Number of owned resources from which the share counts. */
      readonly from: number;
    };
    /** Limits on disruptive steps over time. */
    readonly budgets: readonly {
      /** Resources that share this budget; a field that is left out matches all. */
      readonly match: {
        readonly plugin?: string;
        readonly kind?: string;
        /** Labels that a resource must have. */
        readonly labels: Readonly<Record<string, string>>;
      };
      /** Greatest number of steps. */
      readonly max: number;
      /** Time over which the steps count, 7d at most. */
      readonly per: string;
    }[];
    /** Windows in which nothing changes. */
    readonly freeze: readonly {
      /** Start of the window: minute, hour, day of month, month, day of week. */
      readonly cron: string;
      /** Length of the window, 366d at most. */
      readonly for: string;
      /** Time zone of the schedule, for example Europe/Berlin. */
      readonly timezone: string;
      readonly reason: string;
    }[];
    /** Exceptions, each for one rule on one address until a time. */
    readonly overrides: readonly {
      readonly rule: string;
      readonly address: string;
      /** Time at which the override expires; an expired override is an error. */
      readonly until: string;
      readonly reason: string;
    }[];
  };
  /** Settings of `fettle drift`. */
  readonly drift: {
    /** Known drift and findings that are not counted until a time. */
    readonly suppress: readonly {
      /** Address or glob, for example `nodes/Node/*`. */
      readonly address: string;
      /** JSON pointer into the spec: suppresses the drift of this field and of the fields below it. */
      readonly path?: string;
      /** Code of a finding to suppress, instead of `path`. */
      readonly finding?: string;
      /** Time at which the drift or finding counts again; the suppression is then reported as expired. */
      readonly until: string;
      /** Person or team that is responsible. */
      readonly owner: string;
      readonly reason: string;
    }[];
    /** Findings that count only after several refreshes in a row; the first entry that matches decides. */
    readonly confirm: readonly {
      /** Address or glob, for example `certificates/Domain/*`. */
      readonly address: string;
      /** Codes of findings. They share one count: a refresh with any of them adds to it. */
      readonly findings: readonly string[];
      /** Number of refreshes in a row after which the finding counts. `apply` and `drift --record` record each refresh, once in each run; until then the finding is pending. */
      readonly after: number;
    }[];
  };
  /** Narrows what `fettle serve` does by itself. */
  readonly serve: {
    /** Rows that `fettle serve` applies, of those that its host permits. Without `apply`, all of these. */
    readonly apply?: readonly {
      readonly plugin: string;
      /** Kinds of resources. Without `kinds`, all of the plugin. */
      readonly kinds?: readonly string[];
      /** Steps, for example `expiring_soon>renewing`. */
      readonly steps: readonly string[];
      /** Causes of the rows. Drift of high and critical severity is left to a person, also with the cause `drift`. */
      readonly causes: readonly ('new' | 'edit' | 'drift' | 'orphan' | 'time' | 'progress' | 'policy')[];
      /** Permits steps that remove or replace a resource. */
      readonly removals?: true;
    }[];
    /** Watches for changes of the infrastructure, so that the next round refreshes them early. `false` turns it off; `true` does not turn on what the host turned off. */
    readonly watch: boolean;
  };
}

/** The file of `--serve-config`, with the defaults filled in. */
export interface ServeHost {
  /** Rows that `fettle serve` applies by itself; `serve.apply` of a project can only narrow them. */
  readonly apply: readonly {
    readonly plugin: string;
    /** Kinds of resources. Without `kinds`, all of the plugin. */
    readonly kinds?: readonly string[];
    /** Steps, for example `expiring_soon>renewing`. */
    readonly steps: readonly string[];
    /** Causes of the rows. Drift of high and critical severity is left to a person, also with the cause `drift`. */
    readonly causes: readonly ('new' | 'edit' | 'drift' | 'orphan' | 'time' | 'progress' | 'policy')[];
    /** Permits steps that remove or replace a resource. */
    readonly removals?: true;
  }[];
  /** Time between the starts of two rounds of a project; at least 10s. Default: `CERT_WORKER_INTERVAL_SECONDS`, else 5m. */
  readonly interval?: string;
  /** Longest time of a round; at least 1m. A round that takes longer is stopped. */
  readonly deadline: string;
  /** Watches for changes of the infrastructure. `serve.watch` of a project can only turn it off. */
  readonly watch: boolean;
  /** Alerts of the plugins, and their receivers. */
  readonly alerts: {
    /** Use of the resources, which decides the severity of an overdue renewal. Default: `CERT_DEPLOYMENT_ENV`, else dev. */
    readonly environment?: 'dev' | 'staging' | 'prod';
    /** Time before the due time of a renewal from which it is a warning. Default: `CERT_RENEWAL_SLA_WARNING_HOURS`, else 72h. */
    readonly renewalWarning?: string;
    /** Receivers of alerts, in addition to those of `CERT_ALERT_WEBHOOK_URL` and `CERT_RUNBOOK_WEBHOOK_URL`. */
    readonly receivers: readonly {
      /** Name of the receiver in the log and in messages. */
      readonly name: string;
      /** `alertmanager` is the API of Prometheus for alerts. */
      readonly kind: 'webhook' | 'runbook' | 'alertmanager';
      /** Address, or `${env:NAME}` or `${file:PATH}` if the address is secret. */
      readonly url: string;
      /** Key of the signature: `${env:NAME}` or `${file:PATH}`. Without a key, requests are not signed. */
      readonly secret?: string;
      /** Plugins whose alerts it gets. Without `plugins`, all. */
      readonly plugins?: readonly string[];
      /** Time for which a delivered alert is not delivered again; at least 10s. Default: 30m for a webhook, 15m for a runbook, 5m for an Alertmanager. */
      readonly cooldown?: string;
    }[];
  };
  /** Address and port of the server; a loopback address, unless `tls` is given. Default: 127.0.0.1, and the port in `CERT_METRICS_PORT`, else 9465. */
  readonly listen?: string;
  /** Files of TLS. Paths are relative to this file. The files are read again when they change. */
  readonly tls?: {
    /** Certificate of the server with its chain. */
    readonly certificate: string;
    /** Key of the certificate. Only its owner may be able to read it. */
    readonly key: string;
    /** Certificates of the authorities of the clients in `access.clients`. */
    readonly clientAuthority?: string;
    /** Refuses connections without a certificate of such an authority. */
    readonly requireClient: boolean;
  };
  /** Callers of the server, with their roles. Without callers, only the metrics are served, and only on a loopback address. */
  readonly access: {
    /** Callers with a token. */
    readonly tokens: readonly {
      /** Name of the caller in the log. */
      readonly name: string;
      /** `sha256:` and the hash of the token: `openssl rand -hex 32 | tee token | tr -d '\n' | sha256sum`. */
      readonly hash: string;
      /** `metrics` reads metrics. `read` reads the pages and the API. `relay` reads the copies of certificate state alone. `intake` sends events. `operate` reads, replays events, decides about incidents, and starts rounds. */
      readonly roles: readonly ('metrics' | 'read' | 'relay' | 'intake' | 'operate')[];
    }[];
    /** Callers with a certificate of `tls.clientAuthority`. */
    readonly clients: readonly {
      /** Name of the caller in the log. */
      readonly name: string;
      /** A name in the certificate: `DNS:ci.example.org` or `URI:spiffe://example.org/ci`. */
      readonly san: string;
      /** `metrics` reads metrics. `read` reads the pages and the API. `relay` reads the copies of certificate state alone. `intake` sends events. `operate` reads, replays events, decides about incidents, and starts rounds. */
      readonly roles: readonly ('metrics' | 'read' | 'relay' | 'intake' | 'operate')[];
    }[];
  };
  /** This region and the others, which replicate certificate state. `CERT_REPLICATION_TARGET_REGIONS` lists them all. */
  readonly regions?: {
    /** Name of this region. */
    readonly name: string;
    /** Time between two pulls of a peer; at least 1s. */
    readonly pull: string;
    /** The daemons of the other regions. Paths are relative to this file. */
    readonly peers: readonly {
      /** Name of its region. */
      readonly name: string;
      /** Address of its server, without a path. */
      readonly url: string;
      /** A name in the certificate with which it pulls this region; `tls.clientAuthority` must have signed the certificate. */
      readonly san: string;
      /** Certificates of the authorities of its server. No other one is trusted. */
      readonly authority: string;
      /** Certificate with which this region pulls it. */
      readonly certificate: string;
      /** Key of that certificate. Only its owner may be able to read it. */
      readonly key: string;
    }[];
  };
  /** Answers HTTP-01 challenges of ACME for Issuers with `http01.serve`: GET `/.well-known/acme-challenge/TOKEN`, without authentication. Without `challenges`, none. */
  readonly challenges?: {
    /** Addresses and ports of servers for challenges alone, without TLS: `0.0.0.0:80`, `[::]:80`. The server of `listen` answers challenges too. */
    readonly listen: readonly string[];
    /** Folder of the challenges, relative to this file. Only trusted users may be able to write it. Daemons that share a folder answer for each other. Default: a folder of this daemon alone. */
    readonly folder?: string;
  };
  /** The names and the number of the metrics. */
  readonly metrics: {
    /** Exposes the metrics of `worker-certificates` (`fdt_cert_…`) under their own names too. */
    readonly compat: boolean;
    /** Most series of a metric with a series for each resource. Above it, the metric has none, and `fettle_omitted_series` has their number. */
    readonly resourceSeries: number;
  };
}

/** In the order of evaluation. */
export const engineRuleTables: readonly EngineRuleTable[] = [
  {
    id: 'lifecycle',
    overridable: false,
    text: 'A step is declared in the spec of its kind, and starts in the current state of the resource.',
  },
  {
    id: 'memory-unread',
    overridable: false,
    text: 'While the log cannot be read, no existing resource is adopted or changed; a row that creates one says what is unknown.',
  },
  { id: 'not-owned', overridable: true, text: 'Only resources that this project created or adopted are changed.' },
  {
    id: 'same-place',
    overridable: false,
    text: 'A file, a folder or a server belongs to one resource, under any of its names; none is inside the store, and none is a document.',
  },
  {
    id: 'other-project',
    overridable: false,
    text: 'A resource that another project marks as its own is neither adopted nor changed.',
  },
  {
    id: 'protected',
    overridable: true,
    text: 'A protected resource is not removed, replaced or released; the protection outlives its document.',
  },
  {
    id: 'provider-protected',
    overridable: false,
    text: 'A resource that its provider protects is not removed or replaced; only a row of its own, or an operator at the provider, lifts that protection.',
  },
  { id: 'partial-view', overridable: true, text: 'A resource that could not be read is not removed.' },
  {
    id: 'stale-view',
    overridable: true,
    text: 'A destructive step needs a refresh that is not older than `safety.maxAge`.',
  },
  { id: 'in-progress', overridable: false, text: 'A step that another run is still executing is not repeated.' },
  {
    id: 'clock-behind',
    overridable: true,
    text: "While the clock is behind the log's last record, nothing is removed, and no step runs because of the time.",
  },
  {
    id: 'freeze',
    overridable: true,
    text: 'Nothing changes inside a freeze window, and a resource on hold does not change; a hold outlives its document.',
  },
  {
    id: 'stuck',
    overridable: true,
    text: 'A state that ends by itself lasts no longer than the spec says; otherwise, a warning.',
  },
  {
    id: 'observed-collapse',
    overridable: true,
    text: 'While a refresh finds far fewer owned resources than the last one, and no step of fettle explains the difference, no resource of the kind is created or removed.',
  },
  {
    id: 'all-missing',
    overridable: true,
    text: 'While an account lists none of two or more owned resources, none of them is created again: the credentials may belong to another account.',
  },
  {
    id: 'dependency',
    overridable: true,
    text: 'The dependencies of a resource exist, or are created first. No resource is removed while another one depends on it.',
  },
  { id: 'ignored', overridable: true, text: 'A step does not change fields in `lifecycle.ignore`.' },
  {
    id: 'unapplied-edit',
    overridable: false,
    text: 'A run whose `--cause` leaves out edits applies no document that differs from what was last applied.',
  },
  {
    id: 'uncovered',
    overridable: false,
    text: 'Every file that a step sends or runs can be read, because an approval covers its content.',
  },
  {
    id: 'too-many-removals',
    overridable: true,
    text: 'Removals of a kind, recent ones included, stay within `safety.removals`; otherwise none of them runs.',
  },
  {
    id: 'budget',
    overridable: true,
    text: 'Disruptive steps, those of earlier runs included, stay within `safety.budgets`.',
  },
];

/** The first that applies is the exit code. */
export const exitCodes: readonly ExitCode[] = [
  {
    name: 'interrupted',
    code: 130,
    text: 'SIGINT stopped the command.',
    next: 'Run the command again: the log has the actions that were running.',
  },
  {
    name: 'terminated',
    code: 143,
    text: 'SIGTERM stopped the command.',
    next: 'Run the command again: the log has the actions that were running.',
  },
  { name: 'error', code: 1, text: 'The command failed.', next: 'Fix the error and run the command again.' },
  {
    name: 'locked',
    code: 5,
    text: 'The lock was not obtained, so nothing was written.',
    next: 'Wait for the named holder, or set `--lock-timeout`.',
  },
  {
    name: 'plan-refused',
    code: 6,
    text: 'The plan was altered, belongs to another project, or no longer holds; nothing was applied.',
    next: 'Run plan again.',
  },
  {
    name: 'unknown-outcome',
    code: 8,
    text: 'The outcome of at least one action is unknown.',
    next: 'Run plan again: a refresh settles the outcome.',
  },
  {
    name: 'incomplete',
    code: 7,
    text: 'An accepted action failed, is stale, was not attempted, or is not in effect.',
    next: 'Check the reasons in those rows and apply again.',
  },
  {
    name: 'timed-out',
    code: 7,
    text: '`--timeout` passed before every change was settled; no action failed.',
    next: 'Run the command again, or set a longer `--timeout`: its warning names what it waited for.',
  },
  {
    name: 'yielded',
    code: 7,
    text: 'A round of serve gave the lock to a process that waited for it; rows may be left.',
    next: 'Nothing: the next round continues.',
  },
  {
    name: 'partly-read',
    code: 4,
    text: 'Some resources could not be read.',
    next: 'Fix the access that the gaps name and run the command again.',
  },
  {
    name: 'failure-reported',
    code: 4,
    text: 'The report has a failure.',
    next: 'Fix the cause that the report names and run the command again.',
  },
  {
    name: 'trial-failed',
    code: 4,
    text: 'The trial failed.',
    next: 'Fix the cause that its report names and run the command again.',
  },
  {
    name: 'rejected',
    code: 3,
    text: 'Every accepted action is done, but rejected ones remain.',
    next: 'Read the rejected rows: they say why, and how to proceed. `--allow-rejected` exits with 0 instead.',
  },
  {
    name: 'changes',
    code: 2,
    text: 'There are changes, drift, or findings that `--fail-on` names.',
    next: 'Review them: apply changes, and fix the causes of findings.',
  },
  { name: 'ok', code: 0, text: 'The command succeeded.', next: 'Nothing is left to do.' },
];

/** The meaning of each code. */
export const problemTexts: Readonly<Record<ProblemCode, string>> = {
  'unreadable-file': 'The file cannot be read.',
  'no-files': 'A path or pattern matches no file.',
  'outside-root': 'A file that the configuration names is outside its repository.',
  'untrusted-owner': 'The configuration belongs to another user, or every user can replace it.',
  'empty-desired': 'An entry of `desired` matches no document.',
  'not-utf8': 'The file is not valid UTF-8.',
  'utf-16': 'The file is UTF-16; UTF-8 is expected.',
  binary: 'The file contains bytes that text never has.',
  'too-large': 'The file is larger than the limit.',
  'too-deep': 'Values are nested more deeply than the limit.',
  'too-many-anchors': 'The file has more anchors than the limit.',
  'too-many-aliases': 'The file has more aliases than the limit.',
  'blank-run': 'The file has a longer run of blank lines than the limit.',
  'too-many-values': 'The file has more values than the limit.',
  'too-many-problems': 'More problems were found than are printed.',
  'yaml-syntax': 'The text is not valid YAML.',
  'merge-conflict': 'The file contains merge conflict markers.',
  'invisible-character': 'An invisible character is where YAML expects a space or nothing.',
  'duplicate-key': 'A mapping has the same key twice.',
  'forbidden-key': 'A key has a special meaning in JavaScript.',
  'bad-key': 'A key is not text.',
  'unknown-tag': 'A YAML tag is unknown.',
  'unsafe-integer': 'An integer is beyond 2^53 and would be rounded.',
  'not-a-mapping': 'A document must be a mapping.',
  'missing-key': 'A required key is missing.',
  'unknown-key': 'A key is unknown here.',
  'unknown-api-version': 'No loaded plugin has this `apiVersion`.',
  'yaml-versions': 'A plain value of a foreign document is another value in YAML 1.1.',
  'unknown-kind': 'The plugin does not have this kind.',
  'wrong-type': 'A value has the wrong type.',
  'wrong-value': 'A value is invalid.',
  'missing-value': 'A key has no value.',
  'duplicate-name': 'Two documents have the same kind and name, or a name occurs twice.',
  'unknown-reference': 'A document refers to a resource that is not declared.',
  'dependency-cycle': 'Documents depend on each other in a cycle.',
  'same-place': "Two documents describe the same place, or one a place inside the other's.",
  'reserved-place': 'A document describes a place inside the store, another document or the configuration.',
  'secret-not-allowed': 'A secret is not allowed in this field.',
  'bad-config': 'Settings contradict each other.',
  expired: 'An override or a suppression has expired.',
};

/** The description of each format, as the end of "must be …". */
export const formatTexts: Readonly<Record<FormatName, string>> = {
  'resource-name': 'a name without spaces, slashes or control characters',
  'plain-text': 'text without control characters',
  address: 'an address like certificates/Issuer/test-ca',
  'dns-name': 'a DNS name like www.example.org or *.example.org',
  'host-name': 'a host name like www.example.org, or an IP address like 192.0.2.1 or 2001:db8::1',
  'ip-address': 'an IP address like 192.0.2.1 or 2001:db8::1',
  duration: 'a duration like 500ms, 60s, 5m or 1h',
  percentage: 'a percentage like 30%',
  instant: 'a time like 2026-11-20T14:30:10Z',
  step: 'a step like ready>absent',
  secret: 'a reference like ${env:NAME} or ${file:PATH}, never the secret itself',
  path: 'a path of a file, such as ../tls/www.key',
  'folder-path': 'a path of a folder, such as ../ca',
  uuid: 'a UUID like 0b5f4c1e-6d1f-4f0e-9a59-2f4f5a3c7d10',
  digest: 'sha256: and 64 hex digits',
};

/** The meaning of each kind of record. */
export const recordTexts: Readonly<Record<RecordKind, string>> = {
  run: 'A command that writes starts.',
  end: 'The command ended, with its counts.',
  seen: 'Differences from the recorded state, which a refresh found or a command of a plugin noted.',
  intent: 'A step is about to run.',
  progress: 'A running step recorded a part of its result, so that the next run continues after a crash.',
  outcome: 'The outcome of the step of an intent.',
  refusal: 'An action that did not run, with the judgements of the rules.',
  memory: 'A resource was adopted, protected or released.',
  moved: 'A resource moved to another address in the state.',
  ledger: 'The state of what is not a resource changed: an event, an incident, a delivery.',
  order: 'A caller of `fettle serve` started a round.',
  inbox: 'Entries of the inbox were drained, in one group with the records after it.',
  checkpoint: 'A segment starts: the state follows, one record for each resource.',
  remembered: 'A part of the state when a segment starts: a resource, a spent step, a key of the ledger, or the positions of the inbox.',
};
