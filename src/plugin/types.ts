/**
 * The nouns of the engine as plain, readonly data: what is written, seen, remembered, proposed, judged and recorded.
 */

import type { SharedPlaces } from './places.ts';
import type { Kind } from './plugin.ts';
import type { KindTables } from './tables.ts';
import type { StepEffect, StepParts } from './steps.ts';
import type { Instant } from './time.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Named values that explain a judgement or a finding; they are printed and logged, so they never hold a secret. */
export type Facts = Readonly<Record<string, Json>>;

/** Names one resource. `scope` lists the outer names from the outside in, as the kind's spec names them. */
export interface Ref {
  readonly plugin: string;
  readonly kind: string;
  readonly scope?: readonly string[];
  readonly name: string;
}

/** `from>to`; a machine other than the kind's first is named in front: `sync:OUT_OF_SYNC>SYNCING`. */
export type Step = `${string}>${string}`;

/** A place in a document: lines and columns count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A mistake of the user, with its place; problems are collected and printed together. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly at?: Position;
  /** The text of the line that `at` points to. */
  readonly sourceLine?: string;
  /** What was expected, or the nearest known name. */
  readonly suggestion?: string;
  /** Errors stop the command; warnings are printed. */
  readonly severity: 'error' | 'warning';
}

export type OnRemove = 'remove' | 'release';

export type Labels = Readonly<Record<string, string>>;

/** Safety inputs of a spec, by JSON pointer; what is not written is not there. */
export type Inputs = Readonly<Record<string, Json>>;

/** `protect: undefined` says nothing: a protection that is remembered stays. */
export interface Lifecycle {
  readonly protect?: boolean;
  readonly onRemove?: OnRemove;
  readonly ignore: readonly string[];
  /** Why nothing is done to it; `false` says the same as nothing. */
  readonly hold?: string | false;
}

export interface Meta {
  readonly labels: Labels;
  readonly lifecycle: Lifecycle;
}

/** How a step uses a file: its content is sent somewhere, read here, or run as a word of a command line. */
export type FileUse =
  | { readonly use: 'send' | 'read'; readonly path: string }
  | { readonly use: 'run'; readonly words: readonly string[] };

/** One file, or folder, that a step uses, as it was read. */
export interface FileSeen {
  /** Relative to the folder of `fettle.yaml` where it lies inside the repository, else absolute. */
  readonly path: string;
  readonly use: FileUse['use'];
  /** `sha256:` and 64 hex digits, over its bytes, or over the names and bytes below a folder. */
  readonly digest?: string;
  /** Why it has none, as the end of a sentence: `is missing`. */
  readonly problem?: string;
  /** Of a file that is sent. */
  readonly content?: Uint8Array;
}

/** What decides beside documents and world. */
export interface Given {
  readonly project: string;
  /** Each plugin's part of `fettle.yaml`; secrets by the names of their references. */
  readonly settings: ReadonlyMap<string, Json>;
  /** Paths that fettle itself writes, as specs name them: their content is an outcome, and approved by nobody. */
  readonly writes: readonly string[];
  /** Files that the proposed steps use, by `fileKey`. */
  readonly files: ReadonlyMap<string, readonly FileSeen[]>;
}

/** What the text of a document was read as: the same text, found by its digest, is not parsed again. */
export interface ReadText {
  /** SHA-256 of the text and of the reader's version, in hex. */
  readonly digest: string;
  /** Offset of the value of `metadata.name` in the text. */
  readonly name: number;
  /** The whole document, without defaults. */
  readonly value: Json;
}

/** One resource as written. `needs` holds what it depends on: `dependsOn`, and the references that its spec makes. */
export interface Desired<S = unknown> {
  readonly ref: Ref;
  readonly spec: S;
  readonly meta: Meta;
  readonly needs: readonly Ref[];
  readonly source: Position;
  /** Pointers into the spec, of what the document says itself: the rest are defaults. Absent: nobody knows. */
  readonly written?: readonly string[];
  /** Absent: it is not to be remembered. */
  readonly read?: ReadText;
  /** The document of another resource that stands for this one. */
  readonly expandedFrom?: Ref;
}

/**
 * `critical`: waiting makes it worse within days, or it already fails for users; `error`: something does not work;
 * `warning`: something will not work, or may not; `info`: a note.
 */
export type Severity = 'critical' | 'error' | 'warning' | 'info';

/** Something seen that no step mends, or that a person has to know. */
export interface Finding {
  readonly ref: Ref;
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly facts: Facts;
  /** When an apply first recorded the finding; set by the engine, absent for a new one. */
  readonly since?: Instant;
}

/** What the resources of a plugin come to, under the rows of a plan: what they cost, how many are in which state. */
export interface Summary {
  /** A word or two: `cost`. */
  readonly title: string;
  readonly lines: readonly string[];
  /** The same as values, for programs. */
  readonly facts: Facts;
}

/** One resource as seen. A resource that is not there has no Observed at all. */
export interface Observed<F = unknown> {
  readonly ref: Ref;
  /** State of the kind's first machine. */
  readonly state: string;
  /** States of its other machines, by machine. */
  readonly others?: Readonly<Record<string, string>>;
  /** States of the first machine that it went through since the last look, where the look knows, oldest first. */
  readonly via?: readonly string[];
  /**
   * What its provider protects it by, as in `delete protection`: it is neither removed nor replaced while that stands.
   */
  readonly protectedBy?: string;
  /** Name of another project that marks it as its own: it is neither adopted nor changed. */
  readonly claimedBy?: string;
  /** Something else has its name: what is remembered of it is about a thing that is not seen. */
  readonly stranger?: true;
  /** It is there without anybody making it (a probed host): it is never created, adopted or removed. */
  readonly given?: true;
  /** What was seen and only changes when the resource does: part of the basis of a judgement. */
  readonly facts: F;
  /** What changes by itself (a round-trip time, days left): shown, never compared. */
  readonly signals?: Facts;
  readonly findings: readonly Finding[];
  /** The time of the refresh. */
  readonly at: Instant;
}

/**
 * What a refresh saw of one resource: facts alone. Its states follow from them, from what is remembered and from the
 * time (`Kind.state`); a kind without that function gives the state that the outside itself reports.
 */
export interface Sighting<F = unknown>
  extends Omit<Observed<F>, 'state' | 'others' | 'via' | 'findings'>,
    Partial<Pick<Observed<F>, 'state' | 'others' | 'via' | 'findings'>> {
  /** What its kind's `state` reads beside facts and signals; kept with the view, neither compared nor shown. */
  readonly raw?: unknown;
}

/** What a kind derives from a sighting. */
export interface Standing<F = unknown> extends Pick<Observed<F>, 'state' | 'others' | 'via'> {
  /** Facts that the time decides, as that something has expired; they take the place of those of the sighting. */
  readonly facts?: F;
  /** Added to those of the sighting. */
  readonly signals?: Facts;
  /** Added to those of the sighting. */
  readonly findings?: readonly Finding[];
}

/**
 * A part of the world that could not be read. What `refs` or `kind` leave open, it covers: without both, the whole
 * plugin.
 */
export interface Gap {
  readonly plugin: string;
  readonly kind?: string;
  readonly refs?: readonly Ref[];
  /** The address or file that did not answer, for the reader. */
  readonly endpoint?: string;
  readonly message: string;
  readonly since?: Instant;
}

export interface View {
  readonly observed: readonly Sighting[];
  readonly gaps: readonly Gap[];
  /**
   * What a look saw beside resources, by plugin: prices, what a provider offers. Rules may judge by it; it is no part
   * of a basis.
   */
  readonly beside?: Readonly<Record<string, Facts>>;
  readonly at: Instant;
}

/** An intent whose outcome is not in the log yet. */
export interface OpenIntent {
  readonly seq: number;
  readonly step: Step;
  readonly goal: Goal;
  readonly at: Instant;
  readonly run: string;
  /** What is remembered once it is done; both are absent for a removal. */
  readonly applied?: Applied;
  readonly meta?: MetaNote;
  /** An override lets it begin anew: failures before it do not count. */
  readonly anew?: true;
}

/** What is remembered of a document beside its spec. */
export interface MetaNote {
  readonly protect?: true;
  readonly on_remove: OnRemove;
  readonly hold?: string;
  readonly needs: readonly string[];
  readonly labels: Labels;
  /** The labels that end with this, where there were others. */
  readonly labels_before?: Labels;
  /** Safety inputs of its spec; absent where its kind has none. */
  readonly safety?: Inputs;
  readonly read?: ReadText;
  /** Pointers that it ignores, sorted; absent for none. */
  readonly ignore?: readonly string[];
}

/** Labels that a resource had until a time. */
export interface FormerLabels {
  readonly labels: Labels;
  readonly until: Instant;
}

/** What was last applied. A spec over the size limit of a memory is kept as its digest alone. */
export interface Applied {
  readonly at: Instant;
  readonly digest: string;
  readonly spec?: Json;
}

/** What is remembered about one resource: a fold of the log. `kept` holds the fields that the kind's spec declares. */
export interface Memory<M = Facts> {
  readonly ref: Ref;
  /** Version of the schema of `kept`. */
  readonly version: number;
  readonly kept: Partial<M>;
  /** Ours because a run created it, or adopted it; absent: not ours. */
  readonly owned?: 'created' | 'adopted';
  /** A damaged log named it: neither created nor removed before a look settles it. */
  readonly unknown?: true;
  readonly protect?: true;
  readonly onRemove?: OnRemove;
  readonly hold?: string;
  /** Addresses of what it needs, for the order of removals. */
  readonly needs?: readonly string[];
  readonly labels?: Labels;
  /** Labels that it had before, oldest first: a budget counts it by them as long as it looks back. */
  readonly formerLabels?: readonly FormerLabels[];
  /** Safety inputs of its spec as they were last applied. */
  readonly safety?: Inputs;
  /** Its document, as an apply read it last. */
  readonly read?: ReadText;
  /** Pointers that its document ignored when it was last applied, sorted. */
  readonly ignore?: readonly string[];
  readonly applied?: Applied;
  /** A removal was begun, and is not at its end. */
  readonly removing?: true;
  /** A replacement removed it: digest of the spec that is to be created. */
  readonly successor?: string;
  /** State of the first machine when it was last seen, and since when it is in it. */
  readonly state?: string;
  readonly since?: Instant;
  readonly others?: Readonly<Record<string, string>>;
  /** Attempts in a row that failed to reach the same state by the same document, and the last of them. */
  readonly failures?: number;
  readonly lastError?: {
    readonly at: Instant;
    readonly step: Step;
    readonly message: string;
    /** Digest of the spec that was to be applied. */
    readonly digest?: string;
  };
  /** Codes of its findings at the last recorded refresh, each with the time of the first one in a row. */
  readonly findings?: Readonly<Record<string, Instant>>;
  readonly open?: OpenIntent;
  /**
   * Ids of intents to create it of which nothing was seen, newest last: what they made may still turn up, and is ours.
   */
  readonly tried?: readonly string[];
}

/** A step that counts against a limit over time. It outlives the memory of its resource, which a removal ends. */
export interface Spent {
  /** Sequence number of its intent. */
  readonly seq: number;
  readonly at: Instant;
  readonly ref: Ref;
  readonly step: Step;
  readonly labels: Readonly<Record<string, string>>;
  /** Labels that its resource had before. */
  readonly formerLabels?: readonly FormerLabels[];
  readonly removal?: true;
  readonly disruptive?: true;
}

/** A resource that a refresh shows. With a gap, a wider one covers it: nothing destructive is done to it. */
export interface Seen<F = unknown> {
  readonly is: 'seen';
  readonly observed: Observed<F>;
  readonly gap?: Gap;
}

/** A resource that does not exist: a refresh would have shown it. */
export interface Absent {
  readonly is: 'absent';
}

/** A resource that a gap covers: it may exist, or not. */
export interface Unseen {
  readonly is: 'unseen';
  readonly gap: Gap;
}

/** What a refresh shows of a resource. `unseen` is never taken for `absent`: only `seen` has something observed. */
export type Sight<F = unknown> = Seen<F> | Absent | Unseen;

/** One resource as declared, seen and remembered, with its kind: `match` makes it, and finds the kind once. */
export interface Resource<S = unknown, F = unknown, M = Facts> {
  readonly ref: Ref;
  /** `certificates/Certificate/www`: the text of `ref`. */
  readonly address: string;
  readonly kind: Kind<unknown>;
  readonly tables: KindTables;
  readonly desired?: Desired<S>;
  readonly sight: Sight<F>;
  readonly memory?: Memory<M>;
  /** Created or adopted by this project's log, and not put in doubt by a damage. */
  readonly owned: boolean;
  /** The plugin's part of `fettle.yaml`. */
  readonly settings: Json;
  /** What counts for it, as `Kind.policy` merges its document, what was applied of it, and the settings. */
  readonly policy: unknown;
}

/** A resource of which a refresh shows that it exists, or that it does not: all that a diff, a note or a handler gets. */
export type KnownResource<R extends Pick<Resource, 'sight'> = Resource> = R & {
  readonly sight: Exclude<R['sight'], Unseen>;
};

/** A resource that a refresh shows. */
export type SeenResource<R extends Pick<Resource, 'sight'> = Resource> = R & {
  readonly sight: Extract<R['sight'], { readonly is: 'seen' }>;
};

/** A resource of a plugin or a kind that is not loaded: nothing of it is changed, and its memory is kept. */
export interface Unloaded {
  readonly ref: Ref;
  readonly desired?: Desired;
  readonly memory?: Memory;
  readonly gap: Gap;
}

export type Goal = 'create' | 'update' | 'replace' | 'remove' | 'adopt' | 'protect' | 'release';

export type Cause = 'new' | 'edit' | 'drift' | 'orphan' | 'time' | 'progress' | 'policy';

/** One difference: `before` as seen, `after` as wanted; a secret's values are left out. */
export interface FieldChange {
  /** JSON pointer into the spec: `/labels/tier`. */
  readonly path: string;
  readonly before?: Json;
  readonly after?: Json;
  readonly secret?: true;
}

/**
 * What a kind's diff proposes; the engine adds the address, and the cause where it follows from what was last applied.
 */
export interface Proposal<P extends Step = Step> {
  readonly step: P;
  readonly goal: 'create' | 'update' | 'replace' | 'remove';
  readonly fields?: readonly FieldChange[];
  readonly because: string;
  /** Left out: `new`, `edit`, `drift` or `orphan`, found by comparing with what was last applied. */
  readonly cause?: 'time' | 'progress' | 'policy';
}

/** One step that is proposed for one resource: its name, and the same taken apart. `changeOf` makes one. */
export interface Change extends StepParts {
  readonly ref: Ref;
  readonly step: Step;
  readonly effect: StepEffect;
  readonly goal: Goal;
  readonly fields: readonly FieldChange[];
  readonly because: string;
  readonly cause: Cause;
}

export type Outcome = 'pass' | 'warn' | 'defer' | 'reject';

/** What would let a step pass, beside the time: `clearsAt` of the verdict says until when to wait. */
export interface Remedy {
  /** A path of the document, and the value that would do. */
  readonly set?: { readonly path: string; readonly value: Json };
  /** Something to do outside. */
  readonly outside?: string;
}

/** What a rule says of one change, always with the facts that it used. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly message: string;
  readonly facts: Facts;
  /** Limits from `fettle.yaml` and the command line that it held the change against: an approval covers them. */
  readonly limits?: Facts;
  /** When it clears by itself: epoch ms. */
  readonly clearsAt?: number;
  readonly remedy?: Remedy;
}

/** A verdict with its rule. `overridden` holds the reason that was given. */
export interface Judgement extends Verdict {
  readonly rule: string;
  readonly overridable: boolean;
  readonly overridden?: string;
}

/** All that decides what a row does, beside the row itself and the world. */
export interface Covered {
  /** As its kind gets it: defaults filled in, paths relative to the project, ignored fields as they are seen. */
  readonly spec?: Json;
  /** What is remembered of the document beside its spec, and the pointers that it ignores. */
  readonly lifecycle: Json;
  /** Digest of what was applied last, where the document is gone. */
  readonly applied?: string;
  /** Every rule that was asked. */
  readonly rules: readonly string[];
  /** Limits of configuration and command line that the rules held something against, by rule. */
  readonly limits: Readonly<Record<string, Facts>>;
  /** Digests of the specs of other resources that it uses, by address. */
  readonly uses: Readonly<Record<string, string>>;
  /** The plugin's settings that decide what steps of the kind do; a secret is the name of its reference. */
  readonly settings: Json;
  /** Files whose content is sent, read or run. */
  readonly files: readonly FileSeen[];
  /** Command lines that it runs. */
  readonly commands: readonly (readonly string[])[];
  /** What else decides, as its kind says. */
  readonly values: Facts;
}

/** One value of a spec that was edited; `path` is a JSON pointer. */
export interface SpecEdit {
  readonly path: string;
  readonly before?: Json;
  readonly after?: Json;
}

/** A Change with its verdict and the digest of what it was judged on. */
export interface Action {
  readonly change: Change;
  readonly verdict: 'accept' | 'reject' | 'defer';
  /** Every rule that was asked, in order. */
  readonly judgements: readonly Judgement[];
  /** What an approval of it covers. */
  readonly covers: Covered;
  /** Digest of the change, of what is covered, and of what was seen: `sha256:…`. */
  readonly basis: string;
  /** Addresses of the actions that have to be done before. */
  readonly after: readonly string[];
  readonly source?: Position;
  /** As of its document. */
  readonly written?: readonly string[];
  /** What the document says otherwise than when it was last applied, and no field of the change shows. */
  readonly edits?: readonly SpecEdit[];
}

/** One rule on one address may be passed by, with a reason. */
export interface Override {
  readonly rule: string;
  readonly address: string;
  readonly reason: string;
  /** Until when; absent for one that is given for this run alone. */
  readonly until?: Instant;
}

/** So many disruptive steps in a time, over all resources that match. */
export interface Budget {
  readonly match: {
    readonly plugin?: string;
    readonly kind?: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly max: number;
  readonly perMs: number;
}

/** A time in which nothing is done: epoch ms, the end not included. */
export interface FreezeWindow {
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** Limits of the safety rules, from `fettle.yaml` and the command line. */
export interface Safety {
  /** How old a view may be for a destructive step, in ms. */
  readonly maxAgeMs: number;
  /** `share` is a fraction; removals of the last `perMs` count too. */
  readonly removals: {
    readonly max: number;
    readonly share: number;
    readonly from: number;
    readonly perMs: number;
  };
  /** A look that misses more than this fraction of what was there, where it is at least `from`, is doubted. */
  readonly collapse: { readonly share: number; readonly from: number };
  readonly budgets: readonly Budget[];
  /** In the order of their beginnings, none touching another. */
  readonly freeze: readonly FreezeWindow[];
  /** The rules that these windows are laid out from. */
  readonly freezeRules?: readonly { readonly cron: string; readonly forMs: number; readonly timezone: string }[];
  /** `--max-removals` with its reason: lifts the limits of removals to this count. */
  readonly maxRemovals?: { readonly count: number; readonly reason: string };
  readonly overrides: readonly Override[];
}

/** How much of a kind was there at the last look, and how much of that is missing now. */
export interface KindCount {
  readonly known: number;
  readonly missing: number;
}

/** A budget with the times (epoch ms, ascending) of the steps that earlier runs took from it. */
export interface BudgetUse {
  readonly budget: Budget;
  readonly times: readonly number[];
}

/** Counts of one kind, for the limits of removals. */
export interface RemovalCount {
  readonly owned: number;
  /** Proposed now. */
  readonly removals: number;
  /** Removed within the time that the limits look back, and not there any more. */
  readonly recent: number;
}

/** What a rule may look at beside its own resource. */
export interface Scene {
  /** Epoch ms. */
  readonly now: number;
  readonly safety: Safety;
  /** When the view was taken: epoch ms. */
  readonly viewedAt: number;
  /** What decides beside documents and world. */
  readonly given?: Given;
  readonly gaps: readonly Gap[];
  /** What the look saw beside resources, by plugin. */
  readonly beside?: Readonly<Record<string, Facts>>;
  /** Time of the log's last record: epoch ms; absent without a log. */
  readonly logAt?: number;
  /** Why the memory could not be read: nothing is known of what is managed. */
  readonly memoryGap?: string;
  /** Another run holds the lock, and may be taking the steps whose intents are open. */
  readonly busy?: { readonly holder: string };
  readonly get: (ref: Ref | string) => Resource | undefined;
  /** Resources of plugins and kinds that are not loaded, by address. */
  readonly unloaded: ReadonlyMap<string, Unloaded>;
  /** Every resource of one kind, in the order of their addresses. */
  readonly ofKind: (plugin: string, kind: string) => readonly Resource[];
  /** Every proposed change, by address. */
  readonly changes: ReadonlyMap<string, Change>;
  /** Owned resources and proposed removals, by `plugin/Kind`; a kind without removals is not there. */
  readonly removals: ReadonlyMap<string, RemovalCount>;
  /** What is ours and was there at the last look, and how much of it is not seen now, by `plugin/Kind`. */
  readonly missing: ReadonlyMap<string, KindCount>;
  /** What earlier runs have spent of each budget, and how many accepted steps of this plan count against it too. */
  readonly budgets: readonly (BudgetUse & { readonly accepted: number })[];
  /** Actions judged so far, by address; right before an action, all of the plan. */
  readonly judged: ReadonlyMap<string, Action>;
  /**
   * Accepted actions whose effect the resources do not show yet, by address: in a plan those judged before, right
   * before an action those that others are taking at this moment. A rule about the fleet counts these.
   */
  readonly underWay: ReadonlyMap<string, Action>;
  /** Who else describes the places of a resource; they are looked up when it is asked. */
  readonly shared?: SharedPlaces;
  /** The run is about changes of these causes; absent for all. */
  readonly causes?: ReadonlySet<Cause>;
}
