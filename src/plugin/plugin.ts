/** What a plugin is to the engine: kinds of pure functions and handlers, and a world that is read and written apart. */

import type { Claim } from './places.ts';
import type { PluginTables } from './tables.ts';
import type {
  Change,
  Desired,
  Facts,
  FileSeen,
  FileUse,
  Finding,
  Gap,
  Json,
  KnownResource,
  Memory,
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

/** A method's type, so that rules of unlike kinds fit one table; likewise the handlers. */
export type Rule<S = unknown, F = unknown, M = Facts> = {
  rule(change: Change, resource: Resource<S, F, M>, scene: Scene): Verdict;
}['rule'];

/** What a handler gets beside its world and its resource. */
export interface ActionRun {
  /** Identifies the intent: the same for no two actions of a project. Marks on remote objects carry it. */
  readonly id: string;
  readonly change: Change;
  /** The resources as they were seen right before the action. */
  readonly scene: Scene;
  /** The files that the step uses, as they were approved: one that is sent comes with its content. */
  readonly files: readonly FileSeen[];
  /**
   * Reads what the step is about to run once more, and throws where it is not as it was approved: called right before a
   * command line is run.
   */
  readonly stillApproved: () => Promise<void>;
  /** Epoch ms. */
  readonly now: () => number;
  /** Fires at the deadline, or when the run is aborted. */
  readonly signal: AbortSignal;
  /** Says in a few words what is going on, for the terminal. */
  readonly progress: (text: string) => void;
  /**
   * Waits for something that many actions wait for together, or that takes long without any work here: meanwhile its
   * place among the actions that run at once is free for others. Settles as what it waits for does, with a place again.
   */
  readonly aside: <T>(waiting: Promise<T>) => Promise<T>;
}

/** Takes one step. It returns what has to be remembered, and throws when the step failed; an UnknownOutcomeError where it may not have. */
export type Handler<W, S = unknown, F = unknown, M = Facts> = {
  take(world: W, resource: KnownResource<Resource<S, F, M>>, run: ActionRun): Promise<Partial<M> | undefined>;
}['take'];

/** What a step does beside what its row and its spec say: an approval covers it, and the plan shows it. */
export interface Effect {
  /** Command lines that it runs. */
  readonly commands?: readonly (readonly string[])[];
  /** Files whose content it sends or reads; words of its command lines count by themselves. */
  readonly files?: readonly FileUse[];
  /** Other resources whose specs decide what it does, beside those that its spec names. */
  readonly uses?: readonly Ref[];
  /** Whatever else decides. */
  readonly values?: Facts;
}

/** One kind of resource: pure functions of data, and a handler for every step. Methods, so that kinds of unlike types fit one table. */
export interface Kind<W, S = unknown, F = unknown, M = Facts, P extends Step = Step, RuleId extends string = string> {
  /**
   * Turns one document into several, or fills in what the plugin's part of `fettle.yaml` says of all; what it returns
   * takes the document's place, and may contain it.
   */
  expand?(desired: Desired<S>, recall: (ref: Ref) => Memory | undefined, settings: Json): readonly Desired[];
  /**
   * What counts for a resource, worked out once for each: its document, what was applied of it, and the plugin's part of
   * `fettle.yaml`. It becomes `pair.policy`. Pure.
   */
  policy?(desired: Desired<S> | undefined, memory: Memory<M> | undefined, settings: Json): unknown;
  /**
   * The states of what was seen, and the findings that follow from them. The same sighting has other states at a later
   * `now` (epoch ms): nothing is probed again for that. Without it, `observe` gives the state that the outside reports. Pure.
   */
  state?(policy: unknown, seen: Sighting<F>, memory: Memory<M> | undefined, now: number): Standing<F>;
  /** The one step that brings the resource nearer to what is written, or, without `desired`, takes it away. */
  diff(resource: KnownResource<Resource<S, F, M>>, scene: Scene): Proposal<P> | undefined;
  /**
   * What a step does beside what its row and its spec say. Without it, a step uses every file that its spec names to be
   * read or sent, and runs nothing.
   */
  effect?(change: Change, resource: Resource<S, F, M>, scene: Scene): Effect;
  /** What is seen, in the shape of the spec, as far as the world shows it: for fields that a document ignores. */
  seen?(resource: SeenResource<Resource<S, F, M>>): Json;
  /** What of a look is to be remembered; only what differs from `resource.memory` is written. `now` is the scene's. */
  note?(resource: KnownResource<Resource<S, F, M>>, now: number, scene: Scene): Partial<M>;
  /** Findings that need more than one resource, or memory. */
  findings?(resource: Resource<S, F, M>, scene: Scene): readonly Finding[];
  /**
   * The places that it describes: files, folders, or names that stand for one thing alone. Of a resource it gets the document
   * with what is seen, or the memory alone. Without it, they are the paths that the spec writes. Two resources never
   * share a place. It is given no policy. Pure.
   */
  places?(resource: Resource<S, F, M>): readonly Claim[];
  /** What else has to be looked at before an action on this resource is judged again (its fleet, for a rule about that); what it needs always is. */
  matters?(resource: Resource<S, F, M>, scene: Scene): readonly Ref[];
  /** What the log says of the resource beside every decision about it: on intents, outcomes and refusals. */
  audit?(change: Change, resource: Resource<S, F, M>, scene: Scene): Facts;
  /** Brings what an older version remembered up to this one. */
  upgrade?(kept: Facts, version: number): Partial<M>;
  readonly rules: { readonly [Id in RuleId]: Rule<S, F, M> };
  readonly handlers: { readonly [Taken in P]: Handler<W, S, F, M> };
}

/** What is looked at: the documents, what memory knows, and with `only` nothing but these. */
export interface Query {
  readonly desired: readonly Desired[];
  readonly memory: readonly Memory[];
  readonly only?: readonly Ref[];
  /** A schedule takes this look: what failed before may be left as it is remembered, until it is worth another try. */
  readonly scheduled?: true;
  /** `safety.collapse`: how much may be missing, and of how many, before a look is doubted. */
  readonly collapse?: Safety['collapse'];
  /** When the last look was that the log holds, or somewhat later: ISO 8601. Absent without one. */
  readonly lastLookAt?: string;
  /** Epoch ms; the time for every decision of this look. */
  readonly now: number;
  readonly signal: AbortSignal;
  /** So many of so many are read. */
  readonly progress: (done: number, total: number) => void;
}

/** Something that exists, as the document that would describe it. */
export interface Found {
  readonly ref: Ref;
  readonly spec: Json;
  readonly labels?: Readonly<Record<string, string>>;
  /** What the reader of the document has to know, or to fill in; each becomes a comment. */
  readonly notes: readonly string[];
}

/** Where to look for what is neither written nor remembered. */
export interface Discovery {
  /** Their paths are as seen from the project's folder. */
  readonly desired: readonly Desired[];
  readonly memory: readonly Memory[];
  /** Words of the user, such as folders; what they mean is the plugin's. */
  readonly places: readonly string[];
  /** The file that will hold the documents, relative to the project: what their relative paths start from. */
  readonly document: string;
  /** Epoch ms. */
  readonly now: number;
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number) => void;
}

/** What a world is opened with; nothing else of the process reaches a plugin. */
export interface Outside {
  /** The plugin's part of `fettle.yaml`, validated; `{}` where there is none. */
  readonly config: Json;
  readonly project: string;
  /** The folder of `fettle.yaml`: what its relative paths start from. */
  readonly folder: string;
  /** Folders, absolute, in which a file has to lie whose content is sent or printed. */
  readonly fileRoots: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
}

/** One mistake that a validator found: where in the value, and what is wrong there. */
export interface SchemaError {
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
  readonly parentSchema?: unknown;
}

/** A generated validator: fills in defaults, and leaves its errors on itself. */
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
  /** Checks of its part of `fettle.yaml` that a schema cannot make; pointers start there. Pure. */
  checkSettings?(settings: Json): readonly Omit<Mistake, 'code' | 'severity'>[];
  /** Checks that a schema cannot make, on one document or across them, and against the plugin's part of `fettle.yaml`; pure. */
  check?(desired: Desired, find: (ref: Ref) => Desired | undefined, settings: Json): readonly Mistake[];
  /** Checks that need all of the plugin's documents at once, as they are written (two that write the same file); pure. */
  checkTogether?(documents: readonly Desired[]): readonly (Mistake & { readonly ref: Ref })[];
  readonly kinds: Readonly<Record<string, Kind<W>>>;
  /**
   * What all of it comes to; pure. A plan gives its own resources, and a scene with every change and verdict. `state list`
   * gives what is remembered alone: resources under a gap, without changes.
   */
  summary?(resources: readonly Resource[], scene: Scene): readonly Summary[];
  /** Opens the world for reading: all that `plan` and `drift` ever get. */
  openReader(outside: Outside): Promise<R>;
  openWriter(outside: Outside): Promise<W>;
  observe(world: R, query: Query): Promise<View>;
  /** What exists and is neither written nor remembered, as documents. Absent where there is no way to look for it. */
  discover?(
    world: R,
    discovery: Discovery,
  ): Promise<{ readonly found: readonly Found[]; readonly gaps: readonly Gap[] }>;
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

/** Checks a plugin's parts against each other, and forgets the types of its world for the engine. */
export function definePlugin<R, W extends R>(plugin: Plugin<R, W>): Plugin {
  return plugin;
}

/** Forgets the types of one kind, so that unlike kinds fit one plugin; the engine gives each back only what is its own. */
export function defineKind<W, S, F, M, P extends Step, RuleId extends string>(
  kind: Kind<W, S, F, M, P, RuleId>,
): Kind<W> {
  return kind as unknown as Kind<W>;
}
