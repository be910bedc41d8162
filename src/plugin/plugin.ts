/** The interface of a plugin: kinds with pure functions and handlers, and worlds opened for reading or writing. */

import type { RaiseAlerts } from './alert.ts';
import type { PluginCommand } from './commands.ts';
import type { Endpoint } from './endpoints.ts';
import type { PluginEvents } from './events.ts';
import type { ApplyEffect, EndedApply } from './in-effect.ts';
import type { Instant } from './time.ts';
import type { PluginMetrics } from './metric.ts';
import type { Claim } from './places.ts';
import type { PluginTables } from './tables.ts';
import type { Watcher, WatchScope } from './watcher.ts';
import type {
  Change,
  Desired,
  DriftSeverity,
  Facts,
  FieldChange,
  FileSeen,
  FileUse,
  Finding,
  Gap,
  Inputs,
  Json,
  KnownResource,
  Memory,
  OnRemove,
  Position,
  Resource,
  Proposal,
  Ref,
  Safety,
  Scene,
  SeenResource,
  Sighting,
  Standing,
  Step,
  Summary,
  Verdict,
  View,
} from './types.ts';

/** The type of a method, so that rules of different kinds fit one table. Handlers use the same trick. */
export type Rule<S = unknown, F = unknown, M = Facts> = {
  rule(change: Change, resource: Resource<S, F, M>, scene: Scene): Verdict;
}['rule'];

/** Arguments of a handler in addition to its world and resource. */
export interface ActionRun {
  /** The id of the intent, unique in its project. Marks on remote objects contain it. */
  readonly id: string;
  readonly change: Change;
  /** The resources, refreshed right before the action. */
  readonly scene: Scene;
  /** The approved files of the step. A file with use `send` has its content. */
  readonly files: readonly FileSeen[];
  /**
   * Reads the files of the step again, and throws if they differ from the approved ones. Called right before a command
   * line runs.
   */
  readonly stillApproved: () => Promise<void>;
  /** Epoch ms. */
  readonly now: () => number;
  /** Fires at the deadline, or when the run is cancelled. */
  readonly signal: AbortSignal;
  /** Reports progress in a few words, for the terminal. */
  readonly progress: (text: string) => void;
  /**
   * Records fields of the state before the step ends. They are durable when the promise settles, so that the next run can
   * continue the step after a crash. `spends`: keys of limits over time that the step uses, once each; `Scene.spentOn`
   * counts them.
   */
  readonly keep: (fields: Facts, spends?: readonly string[]) => Promise<void>;
  /** Adds a sentence to the result of the step, after its error if the step fails: what a person has to know. */
  readonly remark: (text: string) => void;
  /**
   * Waits for an event that several actions share, or that takes long without local work. Meanwhile, the slot of this
   * action is free for others. Settles like `waiting`, with a slot again.
   */
  readonly aside: <T>(waiting: Promise<T>) => Promise<T>;
  /**
   * Waits, as `aside`, until other actions of the run have left something that one action uses at a time. The time does not
   * count against the deadline of this action, because each of the others has its own.
   */
  readonly awaitTurn: <T>(waiting: Promise<T>) => Promise<T>;
}

/**
 * Takes one step. Returns the members of the kind's state to record; `null` drops one. Throws if the step failed; OutageError
 * if it failed because the network or a server did;
 * UnknownOutcomeError if the step may have been done; PostponedError if the step has to wait before it goes on.
 */
export type Handler<W, S = unknown, F = unknown, M = Facts> = {
  take(world: W, resource: KnownResource<Resource<S, F, M>>, run: ActionRun): Promise<Note<M> | undefined>;
}['take'];

/** Effects of a step that neither its row nor its spec shows. An approval covers them, and the plan lists them. */
export interface Effect {
  /** Command lines that the step runs. */
  readonly commands?: readonly (readonly string[])[];
  /** Files whose content the step sends or reads. Files in its command lines are added by the engine. */
  readonly files?: readonly FileUse[];
  /** Further resources whose specs decide about the step; those that its spec references are added by the engine. */
  readonly uses?: readonly Ref[];
  /** Other values that decide about the step. */
  readonly values?: Facts;
}

/** The differences that an adoption finds. The adoption itself changes none of them. */
export interface Adoption {
  readonly fields: readonly FieldChange[];
  /** When they are applied, as a sentence without its full stop. */
  readonly because: string;
}

/** Fields to record; `null` drops one. */
export type Note<M> = { readonly [K in keyof M]?: M[K] | null };

/**
 * One kind of resource: pure functions, and a handler for every step. They are methods, so that kinds of different
 * types fit one table.
 */
export interface Kind<W, S = unknown, F = unknown, M = Facts, P extends Step = Step, RuleId extends string = string> {
  /**
   * Expands one document to several, or fills in settings of the plugin. The result replaces the document, and may
   * contain it.
   */
  expand?(desired: Desired<S>, recall: (ref: Ref) => Memory | undefined, settings: Json): readonly Desired[];
  /**
   * The effective policy of a resource, merged from its document, its state and the plugin's part of `fettle.yaml`.
   * Computed once for each resource, as `resource.policy`. Pure.
   */
  policy?(desired: Desired<S> | undefined, memory: Memory<M> | undefined, settings: Json): unknown;
  /**
   * Settings by which steps of a declared resource go, by their JSON pointers in `fettle.yaml`. They are safety inputs, as
   * fields of its document are: a change is a row of the resource. Pure.
   */
  settingInputs?(spec: S, settings: Json): Inputs;
  /**
   * The states of a sighting, and the findings that follow from them. `now` (epoch ms) can change the states of the
   * same sighting without another refresh. By default, the sighting has the state that the provider reports. Pure.
   */
  state?(policy: unknown, seen: Sighting<F>, memory: Memory<M> | undefined, now: number): Standing<F>;
  /**
   * The end of an undeclared resource, removal or release, instead of the recorded `lifecycle.onRemove`: for a resource
   * that the document of another one ended. Undefined for the recorded value. Pure.
   */
  onRemove?(resource: Resource<S, F, M>, scene: Scene): OnRemove | undefined;
  /**
   * The state that a step will record, for a kind whose state decides what its document expands to: the first steps of
   * the resources that the step adds or ends become rows of the same plan. Undefined if they belong to a later plan.
   * Pure.
   */
  recordedAfter?(change: Change, resource: KnownResource<Resource<S, F, M>>, scene: Scene): Partial<M> | undefined;
  /** The next step towards the declared resource; without `desired`, towards its removal. */
  diff(resource: KnownResource<Resource<S, F, M>>, scene: Scene): Proposal<P> | undefined;
  /**
   * Differences between the resource to adopt and its document, for the row that adopts it, and what becomes of them.
   * By default, the row shows no differences.
   */
  adoption?(resource: KnownResource<Resource<S, F, M>>, scene: Scene): Adoption | undefined;
  /**
   * Effects of a step that neither its row nor its spec shows. By default, a step uses every file that its spec names
   * for reading or sending, and runs no command.
   */
  effect?(change: Change, resource: Resource<S, F, M>, scene: Scene): Effect;
  /**
   * The actual resource in the shape of the spec, as far as the provider shows it: for fields that a document ignores.
   */
  seen?(resource: SeenResource<Resource<S, F, M>>): Json;
  /**
   * The part of a refresh to record in the state; only differences from `resource.memory` are written. `now`: epoch ms.
   */
  note?(resource: KnownResource<Resource<S, F, M>>, now: number, scene: Scene): Note<M>;
  /**
   * When the resource is due, when it was last refreshed, and the policy of its retries: for readers alone, no rule
   * uses it. Values are shown in their order; times are ISO 8601. A resource under a gap has its state alone. `now`:
   * epoch ms. Pure.
   */
  schedule?(resource: Resource<S, F, M>, now: number): Facts;
  /**
   * The latest time of a step that cannot wait for ever: from then on, freeze windows give way to the step, because the
   * resource would stop working within them. By default, no freeze window gives way. Pure.
   */
  latest?(change: Change, resource: Resource<S, F, M>, scene: Scene): Instant | undefined;
  /** Severity of the drift that a change heals; `high` by default, so that `fettle serve` never heals it. Pure. */
  driftSeverity?(change: Change, resource: Resource<S, F, M>): DriftSeverity;
  /**
   * Intervals of the refreshes by scheduled rounds; by default, each round refreshes the resource. The resource is as in the state, without a
   * sight. `resources` has all of the project, by address. `now`: epoch ms. Pure.
   */
  cadence?(resource: Resource<S, F, M>, now: number, resources: ReadonlyMap<string, Resource>): Cadence | undefined;
  /**
   * True while an undeclared given resource is still used, such as by resources whose documents were removed too: it stays in
   * the state, and its steps are proposed. By default, the next refresh forgets it. Pure.
   */
  lingers?(resource: SeenResource<Resource<S, F, M>>, scene: Scene): boolean;
  /** Findings that depend on other resources, or on the state. */
  findings?(resource: Resource<S, F, M>, scene: Scene): readonly Finding[];
  /**
   * The places that the resource manages: files, folders, or unique names. The argument has either the document and the
   * sight, or the state alone, and no policy. By default, the places are the paths that the spec writes. Two resources
   * must not share a place. Pure.
   */
  places?(resource: Resource<S, F, M>): readonly Claim[];
  /**
   * Other resources to refresh before an action on this resource is judged again, for example its fleet. The resources
   * that it depends on are always refreshed.
   */
  matters?(resource: Resource<S, F, M>, scene: Scene): readonly Ref[];
  /** Every `action` of the audit values. By default, actions are the name of the kind and a goal: `item_create`. */
  readonly actions?: readonly string[];
  /** Audit values that the log adds to each intent, outcome and refusal of the resource. */
  audit?(change: Change, resource: Resource<S, F, M>, scene: Scene): Facts;
  /** Upgrades state that an older version recorded. */
  upgrade?(kept: Facts, version: number): Partial<M>;
  readonly rules: { readonly [Id in RuleId]: Rule<S, F, M> };
  readonly handlers: { readonly [Taken in P]: Handler<W, S, F, M> };
}

/** Intervals and times of the refreshes of a resource by scheduled rounds. */
export interface Cadence {
  /** Longest time between two refreshes, in ms; Infinity for none but those `at` a time. */
  readonly everyMs: number;
  /** Times at which the resource has to be refreshed, such as when a renewal is due. */
  readonly at?: readonly Instant[];
  /** True if long intervals end at other times for other resources: the resource is judged without the rest of its kind. */
  readonly spread?: true;
}

/** The scope of a refresh: documents and state; with `only`, these resources alone. */
export interface Query {
  readonly desired: readonly Desired[];
  readonly memory: readonly Memory[];
  readonly only?: readonly Ref[];
  /** With `only`: the resource that an action is about to change, or has changed. The others are its surroundings. */
  readonly subject?: Ref;
  /** True for a refresh with backoff: failing resources may keep their recorded state until their next try is due. */
  readonly scheduled?: true;
  /** `safety.collapse`: the limits above which missing resources make a refresh doubtful. */
  readonly collapse?: Safety['collapse'];
  /** Time of the last recorded refresh of all resources of the plugin, or slightly later. Absent if the log has none. */
  readonly lastLookAt?: Instant;
  /** Time for every decision of this refresh: epoch ms. */
  readonly now: number;
  readonly signal: AbortSignal;
  /** Reports progress: the number of read resources, and the total. */
  readonly progress: (done: number, total: number) => void;
}

/** A discovered resource, as the document that would declare it. */
export interface Found {
  readonly ref: Ref;
  readonly spec: Json;
  readonly labels?: Readonly<Record<string, string>>;
  /** The whole document, if a document of another system declares the kind. */
  readonly document?: { readonly [key: string]: Json };
  /** Notes for the reader of the document, or values to fill in. Each becomes a comment. */
  readonly notes: readonly string[];
}

/** A found thing for which no document is written. */
export interface PassedOver {
  /** Paths, or a name. */
  readonly what: string;
  /** The reason, as a predicate: `is in DER form, not PEM`. */
  readonly why: string;
}

/** The result of a discovery: it accounts for everything that it found. */
export interface Discovered {
  readonly found: readonly Found[];
  readonly passed: readonly PassedOver[];
  readonly gaps: readonly Gap[];
  /** Next steps of a person, as sentences without their full stops. */
  readonly steps?: readonly string[];
}

/** The scope of a discovery of resources that are neither declared nor in the state. */
export interface Discovery {
  /** Documents, with paths relative to the project's folder. */
  readonly desired: readonly Desired[];
  readonly memory: readonly Memory[];
  /** Arguments of the user, such as folders. The plugin defines their meaning. */
  readonly places: readonly string[];
  /** The file for the documents, relative to the project's folder. Relative paths in documents start at this file. */
  readonly document: string;
  /** Epoch ms. */
  readonly now: number;
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number) => void;
}

/** Arguments for opening a world; a plugin gets nothing else from the process. */
export interface Outside {
  /** The plugin's part of `fettle.yaml`, validated; `{}` by default. */
  readonly config: Json;
  readonly project: string;
  /** The folder of `fettle.yaml`: its relative paths start here. */
  readonly folder: string;
  /** Absolute paths of the folders from which the content of files may be sent or printed. */
  readonly fileRoots: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
  /** Adds 1 to a counter of the plugin's metrics. Present in the rounds of a daemon. */
  readonly count?: (metric: string, labels: Readonly<Record<string, string>>) => void;
}

/** A document of another system, such as a Kubernetes manifest. */
export interface ForeignDocument {
  /** Its group has a dot (`vpc.githedgehog.com/v1beta1`), or it has none (`v1`). */
  readonly apiVersion: string;
  readonly kind: string;
  /** The whole document. */
  readonly value: { readonly [key: string]: Json };
  readonly source: Position;
}

/** A resource that a plugin makes of a foreign document. */
export interface Claimed extends Pick<Desired, 'ref' | 'spec' | 'meta' | 'needs'> {
  /** Index of the document. */
  readonly of: number;
  /** Addresses that the document names, each with its JSON pointer: an undeclared one is an error. */
  readonly links?: readonly { readonly address: string; readonly pointer: string }[];
}

/** The foreign documents that a plugin takes. One that is in none of the lists belongs to somebody else. */
export interface Claims {
  readonly taken: readonly Claimed[];
  /** Indexes of documents that belong to the plugin, and declare no resource now. */
  readonly aside?: readonly number[];
  readonly mistakes: readonly (Mistake & { readonly of: number })[];
}

/** A resource that a file of another system declares, such as a port in a `config_db.json`. */
export interface DeclaredPart extends Pick<Ref, 'kind' | 'scope' | 'name'> {
  /** Without defaults: the schema of the kind checks it. */
  readonly spec: Json;
  /**
   * JSON pointer of its value in the file: the place of the resource. A mistake in a field of the spec is at the member
   * of that name.
   */
  readonly pointer: string;
}

/** The resources of a file. Pointers of mistakes start in the file. */
export interface DeclaredParts {
  readonly parts: readonly DeclaredPart[];
  readonly mistakes: readonly Mistake[];
}

/** One mistake that a validator found, with its place in the value. */
export interface SchemaError {
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
  readonly parentSchema?: unknown;
}

/** A generated validator: fills in defaults, and sets its property `errors`. */
export interface Validator {
  (value: unknown): boolean;
  errors?: readonly SchemaError[] | null;
}

/** Validators by name: `spec:<Kind>`, `memory:<Kind>`, `config`. */
export type Validators = Readonly<Record<string, Validator>>;

export interface Plugin<R = unknown, W = unknown> {
  readonly name: string;
  readonly tables: PluginTables;
  readonly validators: () => Promise<Validators>;
  /**
   * The plugin's part of `fettle.yaml` with the variables of the environment that it honours. Throws an InputError for one
   * that is not valid, without its value. Pure.
   */
  onHost?(settings: Json, env: Readonly<Record<string, string | undefined>>): Json;
  /** Checks of the plugin's part of `fettle.yaml` that a schema cannot express. Pointers start in that part. Pure. */
  checkSettings?(settings: Json): readonly Omit<Mistake, 'code' | 'severity'>[];
  /** Checks of documents and the plugin's part of `fettle.yaml` that a schema cannot express. Pure. */
  check?(desired: Desired, find: (ref: Ref) => Desired | undefined, settings: Json): readonly Mistake[];
  /**
   * Takes documents of other systems. `own` has the valid documents of the plugin, which decide what belongs to it. One
   * document may become several resources. Asked only if a document of the plugin, or no other plugin, is declared. Pure.
   */
  claim?(documents: readonly ForeignDocument[], own: readonly Desired[], settings: Json): Claims;
  /** Files whose content declares further resources, in the format of another system (JSON or YAML). Pure. */
  readonly files?: {
    /** JSON pointer into the spec to the path of such a file, which the spec marks with `x-path: send`; by kind. */
    readonly pointers: Readonly<Record<string, string>>;
    /** The resources of the content of a file that a document names. */
    parts(content: Json, document: Desired): DeclaredParts;
  };
  /** Checks that need all declared documents of the plugin, such as two that write the same file. Pure. */
  checkTogether?(documents: readonly Desired[]): readonly (Mistake & { readonly ref: Ref })[];
  readonly kinds: Readonly<Record<string, Kind<W>>>;
  /**
   * Summarizes the resources of the plugin. A plan passes its resources, and a scene with every change and verdict.
   * `state list` passes the state alone: resources under a gap, without changes. Pure.
   */
  summary?(resources: readonly Resource[], scene: Scene): readonly Summary[];
  /** Alerts about the resources of the plugin. Loads them from a module of their own: only the daemon calls it. */
  alerts?(): Promise<RaiseAlerts>;
  /** Metrics of the resources of the plugin. Loads them from a module of their own: only the daemon calls it. */
  metrics?(): Promise<PluginMetrics>;
  /**
   * Set if only the writer needs the secrets of the settings: the reader gets references instead, so that `plan` works
   * where no secret is available, as in a pull request from a fork.
   */
  readonly secretsFor?: 'writer';
  /** Opens the world for reading: `plan` and `drift` use nothing else. */
  openReader(outside: Outside): Promise<R>;
  openWriter(outside: Outside): Promise<W>;
  observe(world: R, query: Query): Promise<View>;
  /**
   * Waits, after the actions of an apply, until their changes are in effect: a provider may accept a change long before
   * the systems behind it follow. Ends at a deadline of its own. Absent if a done row is in effect.
   */
  inEffect?(world: W, ended: EndedApply): Promise<ApplyEffect>;
  /**
   * Finds resources that are neither declared nor in the state, as documents. Absent if the plugin cannot find them.
   */
  discover?(world: R, discovery: Discovery): Promise<Discovered>;
  /**
   * Commands under the name of the plugin, such as `fettle fabric test`. Loads them from a module of their own: only
   * these commands, the help and the completion call it.
   */
  commands?(): Promise<readonly PluginCommand[]>;
  /** Events that `fettle serve` takes in. Loads them from a module of their own: only the daemon uses them. */
  events?(): Promise<PluginEvents>;
  /** Requests to `fettle serve` about what is recorded. Loads them from a module of their own. */
  endpoints?(): Promise<readonly Endpoint[]>;
  /**
   * Watchers of the infrastructure, for `fettle serve`: none if nothing can be watched. Loads them from a module of their
   * own: only the process of the watchers calls it, and never opens a writer.
   */
  watchers?(scope: WatchScope): Promise<readonly Watcher<R>[]>;
  close?(world: R): Promise<void>;
}

/** A mistake in one document, at a JSON pointer into it (`/spec/dnsNames/0`). */
export interface Mistake {
  readonly code: string;
  readonly pointer: string;
  readonly message: string;
  readonly suggestion?: string;
  readonly severity?: 'error' | 'warning';
}

/** Checks the parts of a plugin against each other, and erases the types of its world. */
export function definePlugin<R, W extends R>(plugin: Plugin<R, W>): Plugin {
  return plugin;
}

/**
 * Erases the types of one kind, so that different kinds fit one plugin. The engine passes each kind only its own data.
 */
export function defineKind<W, S, F, M, P extends Step, RuleId extends string>(
  kind: Kind<W, S, F, M, P, RuleId>,
): Kind<W> {
  return kind as unknown as Kind<W>;
}
