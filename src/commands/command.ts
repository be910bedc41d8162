/** Commands: what one is made of. The types of options and words are inferred from their declarations. */

import type { Command as Parser } from 'commander';
import type { RunEvent } from '../run/events.ts';
import type { Ending } from '../run/ending.ts';
import type { Interruption } from '../run/interruption.ts';
import type { Host, Source } from '../run/project.ts';
import type { Shell } from '../shell.ts';

/** An option of a command. Its key, in kebab-case, is its long name. */
export interface Option<T = unknown> {
  readonly summary: string;
  /** One letter. */
  readonly short?: string;
  /** What the value is called in the help; absent for a switch. */
  readonly value?: string;
  readonly choices?: readonly string[];
  /** Throws InvalidArgumentError. `before`: of the same option before on the line; `now`: epoch ms. */
  readonly parse?: (value: string, before: T | undefined, now: number) => T;
  readonly initial?: T;
  /** The default, as the help has it. */
  readonly initialText?: string;
  /** Help of `--no-NAME`, which gives false. */
  readonly negated?: string;
  /** Left out of the help. */
  readonly hidden?: true;
  /** Keys of options that it excludes. */
  readonly conflicts?: readonly string[];
}

type WordKind = 'required' | 'optional' | 'rest' | 'some';

/** A word of the command line. */
export interface Word<A extends WordKind = WordKind> {
  readonly summary: string;
  /** `rest`: any number of words; `some`: at least one. */
  readonly as: A;
  readonly choices?: readonly string[];
}

export type Words = Readonly<Record<string, Word>>;

/** The values of options, by their keys. */
export type Flags<O> = { readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never };

/** The values of words, by their names. */
export type Given<W> = {
  readonly [K in keyof W]: W[K] extends Word<infer A>
    ? A extends 'required'
      ? string
      : A extends 'optional'
        ? string | undefined
        : readonly string[]
    : never;
};

/** How results are shown. */
export interface View {
  readonly color: boolean;
  /** Characters in a line of the terminal; undefined elsewhere. */
  readonly width: number | undefined;
  /** Epoch ms. */
  readonly now: number;
}

/** Writes what an event means for standard output. */
export type Render = (event: RunEvent, write: (text: string) => void) => void;

/** What a command is called with. */
export interface Call<O, W> {
  readonly flags: O;
  readonly words: W;
  readonly shell: Shell;
  readonly host: Host;
  /** Where the configuration is, as the flags say. */
  readonly source: Source;
  /** An absolute path of one on the command line. */
  readonly path: (given: string) => string;
  readonly view: () => View;
  readonly say: (event: RunEvent) => void;
  readonly print: (text: string) => void;
  /** Signals as interruptions, from the first call on. */
  readonly interruption: () => Interruption;
  /** The parser of all commands. */
  readonly program: () => Promise<Parser>;
  /** Whether events are written in place of text. */
  readonly isStream: boolean;
}

export interface Command<N extends string, O, W> {
  /** One word, or a group and a word. */
  readonly name: N;
  readonly summary: string;
  readonly words?: W;
  readonly options: O;
  /** Shown below the options. */
  readonly more?: string;
  /** `--json` writes events in place of text. */
  readonly events?: true;
  readonly call: (call: Call<Flags<O>, Given<W>>) => Promise<Ending>;
  /** What events become on standard output, where events are not written themselves. */
  readonly render?: (flags: Flags<O>, view: () => View) => Render;
}

/** Declares a command; the types of `flags` and `words` come from its options and words. */
export function command<
  const N extends string,
  // oxlint-disable-next-line typescript/no-explicit-any
  O extends Readonly<Record<string, Option<any>>>,
  // Without words there is none to be used.
  W extends Words = Readonly<Record<string, never>>,
>(declared: Command<N, O, W>): Command<N, O, W> {
  return declared;
}
