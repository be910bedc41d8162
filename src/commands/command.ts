/** The shape of a command. The types of options and arguments are inferred from their declarations. */

import type { Command as Parser } from 'commander';
import type { CommandWords, GivenWords } from '#plugin';
import type { RunEvent } from '../run/events.ts';
import type { Ending } from '../run/ending.ts';
import type { Interruption } from '../run/interruption.ts';
import type { Host, Source, Workspace } from '../run/project.ts';
import type { Shell } from '../shell.ts';

/** An option of a command. Its key, in kebab-case, is its long name. */
export interface Option<T = unknown> {
  readonly summary: string;
  /** One letter. */
  readonly short?: string;
  /** Name of the value in the help; absent for a switch. */
  readonly value?: string;
  readonly choices?: readonly string[];
  /** Parses a value. Throws InvalidArgumentError. `before`: value of earlier uses of the option; `now`: epoch ms. */
  readonly parse?: (value: string, before: T | undefined, now: number) => T;
  readonly initial?: T;
  /** Default value, shown in the help. */
  readonly initialText?: string;
  /** Help of `--no-NAME`, which sets false. */
  readonly negated?: string;
  /** Hidden from the help. */
  readonly hidden?: true;
  /** Keys of options that cannot be combined with this one. */
  readonly conflicts?: readonly string[];
}

/** Values of options, by key. */
export type Flags<O> = { readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never };

/** Presentation of results. */
export interface View {
  readonly color: boolean;
  /** Width of the terminal in characters; undefined if output is not a terminal. */
  readonly width: number | undefined;
  /** Epoch ms. */
  readonly now: number;
}

/** Writes an event to standard output. */
export type Render = (event: RunEvent, write: (text: string) => void) => void;

/** The arguments of a command's `call`. */
export interface Call<O, W> {
  readonly flags: O;
  readonly words: W;
  readonly shell: Shell;
  readonly host: Host;
  /** Location of the configuration, from the flags. */
  readonly source: Source;
  /** Reads the configuration at `source`, and reports its warnings. Throws ProblemsError. */
  readonly openWorkspace: () => Promise<Workspace>;
  /** Makes a path of the command line absolute. */
  readonly path: (given: string) => string;
  readonly view: () => View;
  readonly say: (event: RunEvent) => void;
  readonly print: (text: string) => void;
  /** Starts to treat signals as interruptions. */
  readonly interruption: () => Interruption;
  /** The parser of all commands. */
  readonly program: () => Promise<Parser>;
  /** True if events are written instead of text. */
  readonly isStream: boolean;
}

export interface Command<N extends string, O, W> {
  /** One word, or a group and one word. */
  readonly name: N;
  readonly summary: string;
  readonly words?: W;
  readonly options: O;
  /** Shown below the options. */
  readonly more?: string;
  /** `--json` writes events instead of text. */
  readonly events?: true;
  readonly call: (call: Call<Flags<O>, GivenWords<W>>) => Promise<Ending>;
  /** Renders events as text, if they are not written as JSON. */
  readonly render?: (flags: Flags<O>, view: () => View) => Render | Promise<Render>;
}

/** Declares a command; the types of `flags` and `words` follow from its declarations. */
export function command<
  const N extends string,
  // oxlint-disable-next-line typescript/no-explicit-any
  O extends Readonly<Record<string, Option<any>>>,
  // A command without arguments reads no `words`.
  W extends CommandWords = Readonly<Record<string, never>>,
>(declared: Command<N, O, W>): Command<N, O, W> {
  return declared;
}
