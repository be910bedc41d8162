/**
 * Commands of a plugin: `fettle PLUGIN NAME`. A command declares its arguments, and what it does; the engine does it.
 *
 * | does | effect | the plugin's part |
 * |---|---|---|
 * | `show` | none | pure: lines from documents and state |
 * | `watch` | none | reads the infrastructure until it ends or is interrupted |
 * | `run` | those of a program of the plugin, such as a daemon; without lock and log | the program |
 * | `refresh` | records a refresh of some resources | pure: the resources, and lines about the refreshed ones |
 * | `note` | records kept fields and moves in the state | pure: the decision |
 * | `trial` | tries something outside that leaves nothing behind, and records the result | the question to approve, and the trial |
 * | `apply` | the same as `fettle apply --target …` | pure: the targets |
 *
 * Only a trial gets a writer, under the lock and after its question was approved. Steps run only by `apply`, with their rules,
 * approval and records. A program of `run` opens
 * what it needs by itself, and changes nothing that a document of the project declares.
 */

import { InputError } from './errors.ts';
import { nearest, suggest } from './nearest.ts';
import { formatRef } from './ref.ts';
import type { Instant } from './time.ts';
import type { Desired, Facts, Json, Memory, Ref, Resource } from './types.ts';

/** Values of an argument, by how often it is given. `rest`: any number of times; `some`: at least once. */
interface WordValues {
  readonly required: string;
  readonly optional: string | undefined;
  readonly rest: readonly string[];
  readonly some: readonly string[];
}

export type WordKind = keyof WordValues;

/** A positional argument. */
export interface CommandWord<A extends WordKind = WordKind> {
  readonly summary: string;
  readonly as: A;
  readonly choices?: readonly string[];
}

export type CommandWords = Readonly<Record<string, CommandWord>>;

/** Values of arguments, by name. */
export type GivenWords<W> = {
  readonly [K in keyof W]: W[K] extends CommandWord ? WordValues[W[K]['as']] : never;
};

/** Values of an option. `path`: an absolute path; `until`: a timestamp, or a span from now; `since`: a timestamp, or an age. */
interface OptionValues {
  readonly text: string;
  readonly path: string;
  readonly switch: boolean;
  readonly until: Instant;
  readonly since: Instant;
}

/** An option of a command. Its key, in kebab-case, is its long name. */
export interface CommandOption {
  readonly summary: string;
  /** By default, `text`. */
  readonly kind?: keyof OptionValues;
  /** Name of the value in the help. By default, `<text>`, `<file>` or `<time>`. */
  readonly value?: string;
  /** One letter. */
  readonly short?: string;
  readonly choices?: readonly string[];
  readonly required?: true;
}

export type CommandOptions = Readonly<Record<string, CommandOption>>;

type ValueOf<O> = O extends { readonly kind: infer K extends keyof OptionValues } ? OptionValues[K] : string;

/** Values of options, by key; undefined if the option is not given. */
export type GivenOptions<O> = {
  readonly [K in keyof O]: O[K] extends { readonly required: true } ? ValueOf<O[K]> : ValueOf<O[K]> | undefined;
};

/** The input of a command's functions. */
export interface CommandInput<W = CommandWords, O = CommandOptions> {
  readonly words: GivenWords<W>;
  readonly flags: GivenOptions<O>;
  /** The declared resources of the plugin, by address. */
  readonly desired: readonly Desired[];
  /** The recorded resources of the plugin, by address. */
  readonly memory: readonly Memory[];
  readonly now: Instant;
  /** The actor of the run, as the log records it. */
  readonly actor: string;
  /** `--reason` of a command that does `note`. */
  readonly reason?: string;
  /** The plugin's part of `fettle.yaml`. */
  readonly settings: Json;
}

/** Output of a command: lines for people, and facts for `--format json`. */
export interface CommandReport {
  readonly lines: readonly string[];
  readonly facts: Facts;
}

/** A change of the state of one resource that no refresh can show. */
export interface StateNote {
  /** A resource in the state, or a declared one of a kind without steps. */
  readonly ref: Ref;
  /** Fields of the kind's memory schema; `null` drops one. */
  readonly kept?: Facts;
  /**
   * Moves of its machines, in their order, from the recorded state. Each is a transition of the spec by `world`: a note
   * takes no step, and records no absence. The recorded states follow from the moves.
   */
  readonly moves?: readonly {
    readonly machine: string;
    readonly from: string;
    readonly to: string;
    readonly trigger: string;
  }[];
}

export interface NoteDecision {
  readonly notes: readonly StateNote[];
  /** Printed once the notes are recorded. */
  readonly lines: readonly string[];
  readonly facts?: Facts;
  /** A question that must be approved first, by `yes` or `--yes`. */
  readonly ask?: string;
}

/** Arguments of a command that watches. */
export interface WatchInput<W = CommandWords, O = CommandOptions> extends CommandInput<W, O> {
  /** Fires when the command is interrupted: the promise then settles soon. */
  readonly signal: AbortSignal;
  readonly print: (line: string, facts: Facts) => void;
}

/** Arguments of a command that runs a program. The state is not read: `memory` is empty. */
export interface RunInput<W = CommandWords, O = CommandOptions> extends CommandInput<W, O> {
  /** Fires when the command is interrupted: the promise then settles soon. */
  readonly signal: AbortSignal;
  readonly print: (lines: string | readonly string[], facts: Facts) => void;
  /** Variables of the process. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The members of every command. */
export interface CommandShape<W = CommandWords, O = CommandOptions> {
  /** One word, or a group and one word: `test`, `alerts list`. */
  readonly name: string;
  /** Begins with a verb, and ends with a full stop. */
  readonly summary: string;
  readonly words?: W;
  readonly options?: O;
  /** Shown below the options of its help. */
  readonly more?: string;
}

/** Prints lines from documents and state. */
export interface ShowCommand<W = CommandWords, O = CommandOptions> extends CommandShape<W, O> {
  readonly does: 'show';
  /** Pure. Throws InputError for wrong arguments. */
  show(input: CommandInput<W, O>): CommandReport;
}

/** Prints lines of the infrastructure until it ends or is interrupted. */
export interface WatchCommand<W = CommandWords, O = CommandOptions, R = unknown> extends CommandShape<W, O> {
  readonly does: 'watch';
  watch(world: R, input: WatchInput<W, O>): Promise<void>;
}

/** Runs a program of the plugin, such as a daemon, until it ends or is interrupted. */
export interface RunCommand<W = CommandWords, O = CommandOptions> extends CommandShape<W, O> {
  readonly does: 'run';
  /** Settles in order after the signal has fired. Rejects with an InputError for wrong arguments. */
  run(input: RunInput<W, O>): Promise<void>;
}

/** Refreshes some resources, and records the refresh under the lock. */
export interface RefreshCommand<W = CommandWords, O = CommandOptions> extends CommandShape<W, O> {
  readonly does: 'refresh';
  /**
   * The resources to refresh: declared or recorded ones of the plugin, at least one, with those that `note` and
   * `findings` of their kinds read. All others are unseen. Pure.
   */
  only(input: CommandInput<W, O>): readonly Ref[];
  /** Reports the refreshed resources, in the order of `only`. `failed` ends the command like a gap. Pure. */
  report(
    resources: readonly Resource[],
    input: CommandInput<W, O>,
  ): CommandReport & {
    readonly failed?: boolean;
  };
}

/** Records a decision in the state, under the lock. The infrastructure does not change. */
export interface NoteCommand<W = CommandWords, O = CommandOptions> extends CommandShape<W, O> {
  readonly does: 'note';
  /** True if `--reason` is required. */
  readonly needsReason?: true;
  /** Pure. Throws InputError for wrong arguments. */
  decide(input: CommandInput<W, O>): NoteDecision;
}

/** Arguments of a trial. */
export interface TrialInput<W = CommandWords, O = CommandOptions> extends CommandInput<W, O> {
  /** Fires when the command is interrupted: the promise then settles soon. */
  readonly signal: AbortSignal;
  /** Reports progress in a few words. */
  readonly progress: (text: string) => void;
  /** Reads the files of the command lines again, and throws if they differ from the approved ones. */
  readonly stillApproved: () => Promise<void>;
  /** Records notes before the trial ends, durable: what the next run has to remove if this one is killed. */
  readonly keep: (notes: readonly StateNote[]) => Promise<void>;
}

/** The result of a trial; a failure is one too. */
export interface TrialResult extends Omit<NoteDecision, 'ask'> {
  readonly failed?: boolean;
}

/** Tries something outside that leaves nothing behind, with the writer, and records the result under the lock. */
export interface TrialCommand<W = CommandWords, O = CommandOptions, R = unknown> extends CommandShape<W, O> {
  readonly does: 'trial';
  /** The question that must be approved first, by `yes` or `--yes`. Pure. Throws InputError for wrong arguments. */
  ask(input: CommandInput<W, O>): string;
  /** Command lines that the trial runs: the approval covers their files. Pure. */
  commands?(input: CommandInput<W, O>): readonly (readonly string[])[];
  try(world: R, input: TrialInput<W, O>): Promise<TrialResult>;
}

/** Plans and applies the steps of some resources. */
export interface ApplyCommand<W = CommandWords, O = CommandOptions> extends CommandShape<W, O> {
  readonly does: 'apply';
  /** Addresses of the plugin, or globs over them; at least one. Pure. */
  targets(input: CommandInput<W, O>): readonly string[];
}

export type PluginCommand<W = CommandWords, O = CommandOptions, R = unknown> =
  | ShowCommand<W, O>
  | WatchCommand<W, O, R>
  | RunCommand<W, O>
  | RefreshCommand<W, O>
  | NoteCommand<W, O>
  | TrialCommand<W, O, R>
  | ApplyCommand<W, O>;

/** Declares a command; the types of `words` and `flags` follow from its declarations. */
export function defineCommand<
  R,
  // A command without arguments reads no `words`, and one without options no `flags`.
  const W extends CommandWords = Readonly<Record<string, never>>,
  const O extends CommandOptions = Readonly<Record<string, never>>,
>(command: PluginCommand<W, O, R>): PluginCommand {
  return command;
}

/**
 * The resource of a kind that a person names, by its name (behind its scope: `prod/leaf-1`) or by its address. Throws
 * InputError with the nearest known name.
 */
export function namedResource(
  kind: string,
  word: string,
  { desired, memory }: Pick<CommandInput, 'desired' | 'memory'>,
): Ref {
  const refs = [...desired, ...memory].map(({ ref }) => ref).filter((ref) => ref.kind === kind);
  const byName = new Map(refs.map((ref) => [[...(ref.scope ?? []), ref.name].join('/'), ref]));
  const found = byName.get(word) ?? refs.find((ref) => formatRef(ref) === word);
  if (found !== undefined) return found;
  const names = [...byName.keys()].sort();
  if (names.length === 0) throw new InputError(`no ${kind} is declared or in the state`);
  const near = nearest(word, names);
  const help = near === undefined ? suggest(word, names, 'known names') : `did you mean ${near}?`;
  throw new InputError(`the ${kind} "${word}" is neither declared nor in the state; ${help}`);
}
