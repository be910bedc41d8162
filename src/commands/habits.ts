/** Habits of users of other tools: options before the command, with one dash, and with `=true` or `=false`. */

import type { AnyCommand, CommandTable } from './command-line.ts';
import type { Option } from './command.ts';
import { always } from './options.ts';

/** Names of other tools for our options. */
const OTHER_NAMES: Readonly<Record<string, string>> = { 'auto-approve': 'yes' };

export function kebab(key: string): string {
  return key.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
}

/** The options that a command declares, and those of every command. */
export function optionsOf(command: AnyCommand): Readonly<Record<string, Option>> {
  return { ...always, ...command.options };
}

/** An option word, split into the option's declaration and the value behind `=`. */
interface OptionWord {
  readonly name: string;
  readonly option: Option;
  readonly value: string | undefined;
  /** True if the next word is the option's value. */
  readonly takesNext: boolean;
}

const HELP: Option = { summary: 'Show help.', short: 'h' };

function optionWord(word: string, options: Readonly<Record<string, Option>>): OptionWord | undefined {
  const [, given = '', value] = /^--?([a-z][a-z-]*)(?:=(.*))?$/isu.exec(word) ?? [];
  const name = OTHER_NAMES[given] ?? given;
  const all = Object.entries({ ...options, help: HELP });
  const [key, option] =
    all.find(([each, { short, negated }]) =>
      word.startsWith('--') || given.length > 1
        ? kebab(each) === name || (negated !== undefined && `no-${kebab(each)}` === name)
        : short === given,
    ) ?? [];
  if (key === undefined || option === undefined) return undefined;
  const isShort = given.length === 1;
  const isNegation = !isShort && name !== kebab(key);
  return {
    name: isShort ? kebab(key) : name,
    option,
    value,
    takesNext: option.value !== undefined && value === undefined && !isNegation,
  };
}

/** Tests if the words are options of this command, each with its value. */
function areOptionsOf(words: readonly string[], options: Readonly<Record<string, Option>>): boolean {
  for (let i = 0; i < words.length; i++) {
    const found = optionWord(words[i] ?? '', options);
    if (found === undefined) return false;
    if (found.takesNext && ++i >= words.length) return false;
  }
  return true;
}

/** A switch with `=true` or `=false` as commander reads it; `=false` of a switch that is off by default is left out. */
function switchWord({ name, option, value }: OptionWord): readonly string[] | undefined {
  if (option.value !== undefined || (value !== 'true' && value !== 'false')) return undefined;
  if (value === 'true') return [`--${name}`];
  return option.negated === undefined ? [] : [`--no-${name}`];
}

/** Option words with two dashes, our own names and no value of a switch. Words after `--` stay as they are. */
function plainWords(words: readonly string[], options: Readonly<Record<string, Option>>): readonly string[] {
  const plain: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === '--') return [...plain, ...words.slice(i)];
    const found = optionWord(word, options);
    if (found === undefined) {
      plain.push(word);
      continue;
    }
    plain.push(...(switchWord(found) ?? [`--${found.name}${found.value === undefined ? '' : `=${found.value}`}`]));
    const next = words[i + 1];
    if (!found.takesNext || next === undefined) continue;
    plain.push(next);
    i++;
  }
  return plain;
}

/** Most words of a name: a plugin, a group and a command. */
const MOST_WORDS = 3;

/** The words of a command's name in argv, with the other words between and before them. */
interface Found {
  readonly name: string;
  readonly lead: readonly string[];
  readonly rest: readonly string[];
}

/** Returns each place in argv where the words of a command's name could be. */
function* namesIn(argv: readonly string[], table: CommandTable, groupOf: (word: string) => string): Generator<Found> {
  const end = argv.indexOf('--');
  const words = [...argv.entries()].filter(([i, word]) => !word.startsWith('-') && (end < 0 || i < end));
  const names = Object.keys(table);
  /** `used`: the places of the words of `name`, its beginning. */
  function* from(name: string, used: readonly number[]): Generator<Found> {
    const last = used.at(-1) ?? -1;
    if (Object.hasOwn(table, name))
      yield { name, lead: argv.slice(0, last).filter((_, i) => !used.includes(i)), rest: argv.slice(last + 1) };
    if (used.length >= MOST_WORDS || !names.some((each) => each.startsWith(`${name} `))) return;
    for (const [i, word] of words) if (i > last) yield* from(`${name} ${word}`, [...used, i]);
  }
  for (const [i, word] of words) {
    yield* from(word, [i]);
    if (groupOf(word) !== word) yield* from(groupOf(word), [i]);
  }
}

/** A command line with its command first. `command` is undefined for help and for an unknown command. */
export interface Line {
  readonly command: AnyCommand | undefined;
  readonly words: readonly string[];
}

/**
 * Finds the command and moves the options before its name behind it: `fettle --chdir shop plan -out=plan.json` becomes
 * `fettle plan --chdir shop --out=plan.json`. `groupOf` returns the name of a group for its alias.
 */
export async function lineOf(
  argv: readonly string[],
  table: CommandTable,
  groupOf: (word: string) => string,
): Promise<Line> {
  for (const { name, lead, rest } of namesIn(argv, table, groupOf)) {
    const command = await table[name]?.();
    if (command === undefined || !areOptionsOf(lead, optionsOf(command))) continue;
    return { command, words: [...name.split(' '), ...plainWords([...lead, ...rest], optionsOf(command))] };
  }
  return { command: undefined, words: argv.map((word) => (word === '-help' ? '--help' : word)) };
}
