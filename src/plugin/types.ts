/**
 * The data types of the engine, all readonly: documents, sightings, state, changes, verdicts and actions.
 */

import type { SharedPlaces } from './places.ts';
import type { Kind } from './plugin.ts';
import type { KindTables } from './tables.ts';
import type { StepEffect, StepParts } from './steps.ts';
import type { Instant } from './time.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Named values that explain a judgement or a finding. They are printed and logged, so they must not contain secrets.
 */
export type Facts = Readonly<Record<string, Json>>;

/** The identity of a resource. `scope` has the outer names, outermost first, in the order of the kind's spec. */
export interface Ref {
  readonly plugin: string;
  readonly kind: string;
  readonly scope?: readonly string[];
  readonly name: string;
}

/** `from>to`, with a prefix for every machine but the kind's first: `sync:OUT_OF_SYNC>SYNCING`. */
export type Step = `${string}>${string}`;

/** A place in a document. Lines and columns start at 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A mistake of the user, with its place. Problems are collected and printed together. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly at?: Position;
  /** The text of the line at `at`. */
  readonly sourceLine?: string;
  /** The expected value, or the nearest known name. */
  readonly suggestion?: string;
  /** Errors stop the command; warnings are printed. */
  readonly severity: 'error' | 'warning';
}

export type OnRemove = 'remove' | 'release';

export type Labels = Readonly<Record<string, string>>;

/** Safety inputs of a spec, by JSON pointer; absent fields have no entry. */
export type Inputs = Readonly<Record<string, Json>>;

/** Lifecycle settings of a document. If `protect` is undefined, the recorded protection stays. */
export interface Lifecycle {
  readonly protect?: boolean;
  readonly onRemove?: OnRemove;
  readonly ignore: readonly string[];
  /** The reason of the hold; `false` is the same as absent. */
  readonly hold?: string | false;
}

export interface Meta {
  readonly labels: Labels;
  readonly lifecycle: Lifecycle;
}

/** The use of a file in a step: its content is sent, read on this machine, or run as a word of a command line. */
export type FileUse =
  | { readonly use: 'send' | 'read'; readonly path: string }
  | { readonly use: 'run'; readonly words: readonly string[] };

/** A file or folder that a step uses, as it was read. */
export interface FileSeen {
  /** Relative to the folder of `fettle.yaml` if the file is inside the repository, otherwise absolute. */
  readonly path: string;
  readonly use: FileUse['use'];
  /** `sha256:` and 64 hex digits, over the bytes of a file, or the names and bytes in a folder. */
  readonly digest?: string;
  /** The reason for a missing digest, as a predicate: `is missing`. */
  readonly problem?: string;
  /** The content, if the file is sent. */
  readonly content?: Uint8Array;
}

/** Digests of files of the repository, by path. */
export type FileDigests = Readonly<Record<string, string>>;

/** Inputs of decisions other than documents and actual state. */
export interface Given {
  readonly project: string;
  /** Each plugin's part of `fettle.yaml`, with references in place of secrets. */
  readonly settings: ReadonlyMap<string, Json>;
  /** Paths that fettle writes: the places of resources. Their content is a result, so an approval does not cover it. */
  readonly writes: readonly string[];
  /** Files that the proposed steps use, by `fileKey`. */
  readonly files: ReadonlyMap<string, readonly FileSeen[]>;
}

/** The recorded result of parsing a document. A text with the same digest is not parsed again. */
export interface ReadText {
  /** SHA-256 of the text and of the reader's version, in hex. */
  readonly digest: string;
  /** Offset of the value of `metadata.name` in the text. */
  readonly name: number;
  /** The whole document, without defaults. */
  readonly value: Json;
}

/** A declared resource. `needs` has its dependencies: `dependsOn`, and the references in its spec. */
export interface Desired<S = unknown> {
  readonly ref: Ref;
  readonly spec: S;
  readonly meta: Meta;
  readonly needs: readonly Ref[];
  readonly source: Position;
  /** JSON pointers to the fields that the document sets itself; all others are defaults. Absent if unknown. */
  readonly written?: readonly string[];
  /** Absent if the result of parsing is not recorded. */
  readonly read?: ReadText;
  /** The resource whose document was expanded to this one. */
  readonly expandedFrom?: Ref;
}

/**
 * `critical`: users are affected, or will be within days; `error`: a part does not work;
 * `warning`: a part will stop working, or may; `info`: a note.
 */
export type Severity = 'critical' | 'error' | 'warning' | 'info';

/** A problem that no step fixes, or that a person should know. */
export interface Finding {
  readonly ref: Ref;
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly facts: Facts;
  /** Labels of the resource; set by the engine, absent without any. */
  readonly labels?: Labels;
  /** When an apply first recorded the finding; set by the engine, absent for a new one. */
  readonly since?: Instant;
}

/** A summary of a plugin's resources below the rows of a plan: for example their cost, or counts by state. */
export interface Summary {
  /** A word or two: `cost`. */
  readonly title: string;
  readonly lines: readonly string[];
  /** The values of the lines, for programs. */
  readonly facts: Facts;
}

/** The actual state of a resource. A resource that does not exist does not have one. */
export interface Observed<F = unknown> {
  readonly ref: Ref;
  /** State in the kind's first machine. */
  readonly state: string;
  /** States in the other machines, by machine. */
  readonly others?: Readonly<Record<string, string>>;
  /** Intermediate states of the first machine since the last refresh, oldest first, if they are known. */
  readonly via?: readonly string[];
  /** The same for the other machines, by machine. */
  readonly viaOf?: Readonly<Record<string, readonly string[]>>;
  /**
   * Name of the provider's protection, such as `delete protection`. A protected resource is not removed or replaced.
   */
  readonly protectedBy?: string;
  /** Name of another project that marks the resource as its own. Such a resource is not adopted or changed. */
  readonly claimedBy?: string;
  /** True if another object has the name of the resource: the state is about an object that was not found. */
  readonly stranger?: true;
  /**
   * True if the resource exists independent of fettle, such as a probed host: it is never created, adopted or removed.
   */
  readonly given?: true;
  /** Facts that only change with the resource. They are part of the basis of an action. */
  readonly facts: F;
  /** Values that change without the resource (a round-trip time, days left): shown, never compared. */
  readonly signals?: Facts;
  readonly findings: readonly Finding[];
  /** The time of the refresh. */
  readonly at: Instant;
}

/**
 * The facts of a resource in a refresh. `Kind.state` derives its states from the facts, the recorded state and the
 * time. A kind without that function returns the state that the provider reports.
 */
export interface Sighting<F = unknown>
  extends Omit<Observed<F>, 'state' | 'others' | 'via' | 'viaOf' | 'findings'>,
    Partial<Pick<Observed<F>, 'state' | 'others' | 'via' | 'viaOf' | 'findings'>> {
  /** Further input of `Kind.state`. It is kept in the view, and never compared or shown. */
  readonly raw?: unknown;
}

/** The states and findings that a kind derives from a sighting. */
export interface Standing<F = unknown> extends Pick<Observed<F>, 'state' | 'others' | 'via' | 'viaOf'> {
  /** Facts that depend on the time, such as expiry. They replace those of the sighting. */
  readonly facts?: F;
  /** Added to those of the sighting. */
  readonly signals?: Facts;
  /** Added to those of the sighting. */
  readonly findings?: readonly Finding[];
}

/**
 * A part of the infrastructure that could not be read: `refs`, or all of `kind`; without both, the whole plugin.
 */
export interface Gap {
  readonly plugin: string;
  readonly kind?: string;
  readonly refs?: readonly Ref[];
  /** The address or file that could not be read, for the message. */
  readonly endpoint?: string;
  readonly message: string;
  readonly since?: Instant;
}

/**
 * The answer of a provider to a trial of the next step of a resource: what a document would become, or why it would be
 * refused. A resource without a sighting can have one: it is still absent.
 */
export interface Preview {
  readonly ref: Ref;
  /** Stable facts: no times and ids that each trial makes anew. They are part of the basis of an action. */
  readonly facts: Facts;
}

export interface View {
  readonly observed: readonly Sighting[];
  /** Answers to trials, for providers that have them. At most one for each resource. */
  readonly previews?: readonly Preview[];
  readonly gaps: readonly Gap[];
  /**
   * Observed values other than resources, by plugin, such as prices. Rules can use them. They are not part of a basis.
   */
  readonly extras?: Readonly<Record<string, Facts>>;
  readonly at: Instant;
}

/** An intent without an outcome in the log. */
export interface OpenIntent {
  readonly seq: number;
  readonly step: Step;
  readonly goal: Goal;
  readonly at: Instant;
  readonly run: string;
  /** State to record when the step is done. Both are absent for a removal. */
  readonly applied?: Applied;
  readonly meta?: MetaNote;
  /** True if an override restarts the count of failures. */
  readonly anew?: true;
}

/** The recorded part of a document other than its spec. */
export interface MetaNote {
  readonly protect?: true;
  readonly on_remove: OnRemove;
  readonly hold?: string;
  readonly needs: readonly string[];
  readonly labels: Labels;
  /** The labels before this change, if they were different. */
  readonly labels_before?: Labels;
  /** Safety inputs of the spec; absent if the kind does not have any. */
  readonly safety?: Inputs;
  readonly read?: ReadText;
  /** JSON pointers that the document ignores, sorted; absent if there are none. */
  readonly ignore?: readonly string[];
}

/** Labels that a resource had until a time. */
export interface FormerLabels {
  readonly labels: Labels;
  readonly until: Instant;
}

/** The last applied spec. A spec over the size limit is only kept as a digest. */
export interface Applied {
  readonly at: Instant;
  readonly digest: string;
  readonly spec?: Json;
}

/** The state of one resource, folded from the log. `kept` has the fields that the kind's spec declares. */
export interface Memory<M = Facts> {
  readonly ref: Ref;
  /** Version of the schema of `kept`. */
  readonly version: number;
  readonly kept: Partial<M>;
  /** Set if a run created or adopted the resource; absent if the project does not own it. */
  readonly owned?: 'created' | 'adopted';
  /** True if the damaged part of a log named the resource. It is not created or removed until a refresh settles it. */
  readonly unknown?: true;
  readonly protect?: true;
  readonly onRemove?: OnRemove;
  readonly hold?: string;
  /** Addresses of its dependencies, for the order of removals. */
  readonly needs?: readonly string[];
  readonly labels?: Labels;
  /** Former labels, oldest first. A budget counts the resource by them within its period. */
  readonly formerLabels?: readonly FormerLabels[];
  /** The last applied safety inputs of its spec. */
  readonly safety?: Inputs;
  /** Its document, as the last apply read it. */
  readonly read?: ReadText;
  /** JSON pointers that its document ignored at the last apply, sorted. */
  readonly ignore?: readonly string[];
  readonly applied?: Applied;
  /** Digests of the files of the repository that its steps used, by path, as they were approved. */
  readonly digests?: FileDigests;
  /**
   * Differences from its document that its adoption found, until a step applies the document: digests of the actual
   * values by JSON pointer. They are a pending edit, and not drift, as long as the values stay.
   */
  readonly differs?: Readonly<Record<string, string>>;
  /** Spec of the last step, if it failed: a value of it that is actual is fettle's own work, and not drift. */
  readonly attempted?: Json;
  /** True if a removal has started and not ended. */
  readonly removing?: true;
  /** Set after the removal of a replacement: digest of the spec to create. */
  readonly successor?: string;
  /** Last observed state of the first machine, and the start of that state. */
  readonly state?: string;
  readonly since?: Instant;
  readonly others?: Readonly<Record<string, string>>;
  /** Consecutive failures to reach one state by one document, and the last failure. */
  readonly failures?: number;
  /** Those of these failures that nothing judged, because the network or a server failed. */
  readonly outages?: number;
  readonly lastError?: {
    readonly at: Instant;
    readonly step: Step;
    readonly message: string;
    /** Digest of the spec that was not applied. */
    readonly digest?: string;
    /** True if nothing judged the step, because the network or a server failed. */
    readonly outage?: true;
  };
  /** Codes of its findings at the last recorded refresh, each with the time of the first one in a row. */
  readonly findings?: Readonly<Record<string, Instant>>;
  /** Recorded refreshes in a row with a finding that `drift.confirm` covers, by its code. */
  readonly repeats?: Readonly<Record<string, number>>;
  readonly open?: OpenIntent;
  /**
   * Ids of create intents without an observed result, newest last. A resource with such an id is owned.
   */
  readonly tried?: readonly string[];
}

/** A step that counts against a limit over time. It is kept after the removal of its resource from the state. */
export interface Spent {
  /** Sequence number of the intent, or of the record of progress with the keys. */
  readonly seq: number;
  readonly at: Instant;
  readonly ref: Ref;
  readonly step: Step;
  readonly labels: Readonly<Record<string, string>>;
  /** Former labels of the resource. */
  readonly formerLabels?: readonly FormerLabels[];
  readonly removal?: true;
  readonly disruptive?: true;
  /** Keys of limits over time that the step has used once each, such as the limits of a provider. */
  readonly keys?: readonly string[];
}

/** A resource that a refresh shows. With a gap, a wider gap covers it, and no destructive step runs on it. */
export interface Seen<F = unknown> {
  readonly is: 'seen';
  readonly observed: Observed<F>;
  readonly gap?: Gap;
}

/** A resource that does not exist: a refresh would have shown it. */
export interface Absent {
  readonly is: 'absent';
}

/** A resource under a gap: it may exist or not. */
export interface Unseen {
  readonly is: 'unseen';
  readonly gap: Gap;
}

/** The result of a refresh for one resource. `unseen` is never treated as `absent`; only `seen` has `observed`. */
export type Sight<F = unknown> = Seen<F> | Absent | Unseen;

/** A resource as declared, seen and recorded in the state, with its kind. Created by `match`. */
export interface Resource<S = unknown, F = unknown, M = Facts> {
  readonly ref: Ref;
  /** The text of `ref`: `certificates/Certificate/www`. */
  readonly address: string;
  readonly kind: Kind<unknown>;
  readonly tables: KindTables;
  readonly desired?: Desired<S>;
  readonly sight: Sight<F>;
  readonly memory?: Memory<M>;
  /** True if the project owns the resource: its log created or adopted it, and no damage puts that in doubt. */
  readonly owned: boolean;
  /** The plugin's part of `fettle.yaml`. */
  readonly settings: Json;
  /** The answer of the provider to a trial of the next step, in a plugin that asks for one. */
  readonly preview?: Facts;
  /** The effective policy: `Kind.policy` merges the document, the state and the settings. */
  readonly policy: unknown;
}

/** A resource that is known to exist or not to exist. Diffs, notes and handlers only get such resources. */
export type KnownResource<R extends Pick<Resource, 'sight'> = Resource> = R & {
  readonly sight: Exclude<R['sight'], Unseen>;
};

/** A resource that a refresh shows. */
export type SeenResource<R extends Pick<Resource, 'sight'> = Resource> = R & {
  readonly sight: Extract<R['sight'], { readonly is: 'seen' }>;
};

/** A resource of a plugin or kind that is not loaded. It is not changed, and its state is kept. */
export interface Unloaded {
  readonly ref: Ref;
  readonly desired?: Desired;
  readonly memory?: Memory;
  readonly gap: Gap;
}

export type Goal = 'create' | 'update' | 'replace' | 'remove' | 'adopt' | 'protect' | 'release';

export type Cause = 'new' | 'edit' | 'drift' | 'orphan' | 'time' | 'progress' | 'policy';

/** One difference: `before` is the actual value, `after` the declared one. Values of secrets are left out. */
/** Distance of a drifted resource from its last applied state. `fettle serve` heals low and medium drift at most. */
export type DriftSeverity = 'low' | 'medium' | 'high' | 'critical';

export interface FieldChange {
  /** JSON pointer into the spec: `/labels/tier`. */
  readonly path: string;
  readonly before?: Json;
  readonly after?: Json;
  readonly secret?: true;
}

/**
 * The proposal of a kind's diff. The engine adds the address, and the cause if the last applied spec shows it.
 */
export interface Proposal<P extends Step = Step> {
  readonly step: P;
  readonly goal: 'create' | 'update' | 'replace' | 'remove';
  readonly fields?: readonly FieldChange[];
  readonly because: string;
  /** By default `new`, `edit`, `drift` or `orphan`, from a comparison with the last applied spec. */
  readonly cause?: 'time' | 'progress' | 'policy';
  /** Author and time of the change of the fields, if the provider records that: `kubectl-edit at 2026-11-29T08:00:00Z`. */
  readonly changedBy?: string;
}

/** One proposed step of one resource, with its name and its parts. Created by `changeOf`. */
export interface Change extends StepParts {
  readonly ref: Ref;
  readonly step: Step;
  readonly effect: StepEffect;
  readonly goal: Goal;
  readonly fields: readonly FieldChange[];
  readonly because: string;
  readonly cause: Cause;
  /** In a change with the cause `edit`: pointers of the fields that somebody else changed, and the edit did not. */
  readonly drifted?: readonly string[];
  readonly changedBy?: string;
}

export type Outcome = 'pass' | 'warn' | 'defer' | 'reject';

/** A way to let a step pass, other than waiting until `clearsAt` of the verdict. */
export interface Remedy {
  /** A path in the document, with a value that passes. */
  readonly set?: { readonly path: string; readonly value: Json };
  /** An instruction for outside of fettle. */
  readonly outside?: string;
}

/** The verdict of a rule on one change, with the facts that it used. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly message: string;
  readonly facts: Facts;
  /**
   * Limits from `fettle.yaml` and the command line with which the rule compared the change. An approval covers them.
   */
  readonly limits?: Facts;
  /** Time at which the refusal clears without a change: epoch ms. */
  readonly clearsAt?: number;
  readonly remedy?: Remedy;
  /**
   * With the outcome `warn`: the provider refuses the step now, because of changes of the same plan that come before it.
   * The step is judged by a new trial right before it runs.
   */
  readonly unproven?: true;
}

/** A verdict with its rule. `overridden` has the reason of the override. */
export interface Judgement extends Verdict {
  readonly rule: string;
  readonly overridable: boolean;
  readonly overridden?: string;
}

/** All inputs that decide the effect of a row, other than the row and the actual state. */
export interface Covered {
  /**
   * The spec as its kind gets it: with defaults, paths relative to the project, and actual values of ignored fields.
   */
  readonly spec?: Json;
  /** The recorded part of the document other than its spec, and the pointers that it ignores. */
  readonly lifecycle: Json;
  /** Digest of the last applied spec, if the document was removed. */
  readonly applied?: string;
  /** Every rule that was asked. */
  readonly rules: readonly string[];
  /** Limits from configuration and command line that rules used, by rule. */
  readonly limits: Readonly<Record<string, Facts>>;
  /** Digests of the specs of other resources that the step uses, by address. */
  readonly uses: Readonly<Record<string, string>>;
  /** The plugin's settings that decide about steps of the kind, with references in place of secrets. */
  readonly settings: Json;
  /** Files whose content is sent, read or run. */
  readonly files: readonly FileSeen[];
  /** Command lines that the step runs. */
  readonly commands: readonly (readonly string[])[];
  /** Other values from the kind that decide about the step. */
  readonly values: Facts;
}

/** One edited value of a spec; `path` is a JSON pointer. */
export interface SpecEdit {
  readonly path: string;
  readonly before?: Json;
  readonly after?: Json;
}

/** A change with its verdict, and the digest of the inputs of the judgement. */
export interface Action {
  readonly change: Change;
  readonly verdict: 'accept' | 'reject' | 'defer';
  /** Every rule that was asked, in order. */
  readonly judgements: readonly Judgement[];
  /** The inputs that an approval covers. */
  readonly covers: Covered;
  /** Digest of the change, of `covers`, and of the sighting: `sha256:…`. */
  readonly basis: string;
  /** Addresses of the actions that must be done before. */
  readonly after: readonly string[];
  /** Address of the action that adds, changes or ends the document of its resource: without that one it does not run. */
  readonly follows?: string;
  /**
   * True if the provider could not prove the step at the plan. Its basis has neither the preview nor the differences that
   * follow from it.
   */
  readonly unproven?: true;
  readonly source?: Position;
  /** Labels of its resource, declared or recorded; absent without any. */
  readonly labels?: Labels;
  /** `written` of its document. */
  readonly written?: readonly string[];
  /** Edits of the document since the last apply that no field of the change shows. */
  readonly edits?: readonly SpecEdit[];
}

/** An accepted action that the resources do not show yet. */
export interface ActionUnderWay extends Action {
  /** Keys of limits that the running action has used already: `Scene.spentOn` counts these uses. */
  readonly spent?: readonly string[];
}

/** An exception from one rule for one address, with a reason. */
export interface Override {
  readonly rule: string;
  readonly address: string;
  readonly reason: string;
  /** Until when; absent for one that is given for this run alone. */
  readonly until?: Instant;
}

/** A limit of disruptive steps per period, over all resources that match. */
export interface Budget {
  readonly match: {
    readonly plugin?: string;
    readonly kind?: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly max: number;
  readonly perMs: number;
}

/** A period of time, such as one without actions: epoch ms, the end not included. */
export interface TimeWindow {
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** Limits of the safety rules, from `fettle.yaml` and the command line. */
export interface Safety {
  /** Maximum age of a view for a destructive step, in ms. */
  readonly maxAgeMs: number;
  /** Limits of removals. `share` is a fraction; removals of the last `perMs` count too. */
  readonly removals: {
    readonly max: number;
    readonly share: number;
    readonly from: number;
    readonly perMs: number;
  };
  /** A refresh is doubtful if more than this fraction of at least `from` known resources is missing. */
  readonly collapse: { readonly share: number; readonly from: number };
  readonly budgets: readonly Budget[];
  /** Sorted by start; windows do not touch. */
  readonly freeze: readonly TimeWindow[];
  /** The rules from which the windows were computed. */
  readonly freezeRules?: readonly { readonly cron: string; readonly forMs: number; readonly timezone: string }[];
  /** `--max-removals` with its reason: lifts the limits of removals to this count. */
  readonly maxRemovals?: { readonly count: number; readonly reason: string };
  readonly overrides: readonly Override[];
}

/** Number of resources of a kind that existed at the last refresh, and of those that are missing now. */
export interface KindCount {
  readonly known: number;
  readonly missing: number;
}

/** A budget with the times (epoch ms, ascending) of the steps that earlier runs spent. */
export interface BudgetUse {
  readonly budget: Budget;
  readonly times: readonly number[];
}

/** Counts of one kind, for the limits of removals. */
export interface RemovalCount {
  readonly owned: number;
  /** Removals in this plan. */
  readonly removals: number;
  /** Resources removed within the period of the limits that no longer exist. */
  readonly recent: number;
}

/** The context of a rule other than its own resource. */
export interface Scene {
  /** Epoch ms. */
  readonly now: number;
  readonly safety: Safety;
  /** Time of the refresh: epoch ms. */
  readonly viewedAt: number;
  /** Inputs of decisions other than documents and actual state. */
  readonly given?: Given;
  readonly gaps: readonly Gap[];
  /** Observed values other than resources, by plugin. */
  readonly extras?: Readonly<Record<string, Facts>>;
  /** Time of the log's last record: epoch ms; absent without a log. */
  readonly logAt?: number;
  /** The reason why the state could not be read. Ownership is then unknown. */
  readonly memoryGap?: string;
  /** Set if another run holds the lock: it may be executing the steps with open intents. */
  readonly busy?: { readonly holder: string };
  readonly get: (ref: Ref | string) => Resource | undefined;
  /** Times at which steps of the last five weeks (USES_KEPT_MS) used a limit, by the key of `ActionRun.keep`: epoch ms, ascending. */
  readonly spentOn: (key: string) => readonly Instant[];
  /** Resources of plugins and kinds that are not loaded, by address. */
  readonly unloaded: ReadonlyMap<string, Unloaded>;
  /** Every resource of one kind, sorted by address. */
  readonly ofKind: (plugin: string, kind: string) => readonly Resource[];
  /** Every proposed change, by address. */
  readonly changes: ReadonlyMap<string, Change>;
  /** Counts of owned resources and proposed removals, by `plugin/Kind`, only for kinds with removals. */
  readonly removals: ReadonlyMap<string, RemovalCount>;
  /** Counts of owned resources at the last refresh, and of those that are missing now, by `plugin/Kind`. */
  readonly missing: ReadonlyMap<string, KindCount>;
  /** Steps of earlier runs that count against each budget, and the number of accepted steps of this plan. */
  readonly budgets: readonly (BudgetUse & { readonly accepted: number })[];
  /** Actions judged before this one, by address; right before an action, all actions of the plan. */
  readonly judged: ReadonlyMap<string, Action>;
  /**
   * Accepted actions that the resources do not show yet, by address: in a plan, those judged before; right before an
   * action, those that run at this moment. A rule about a fleet counts them.
   */
  readonly underWay: ReadonlyMap<string, ActionUnderWay>;
  /** Finds other holders of the places of a resource. The lookup happens at the call. */
  readonly shared?: SharedPlaces;
  /** Causes to which the run is limited; absent for all. */
  readonly causes?: ReadonlySet<Cause>;
}
