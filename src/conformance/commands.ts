/** The commands of a plugin: their declarations, and their pure functions on absurd input. */

import { commandMistakes, soundReport } from '../engine/plugin-commands.ts';
import { emptyRecall } from '../engine/remember.ts';
import { noteDrafts } from '../engine/state-notes.ts';
import {
  type CommandInput,
  type CommandOption,
  type CommandWord,
  errorText,
  formatRef,
  type Json,
  type Memory,
  type Plugin,
  type PluginCommand,
  type Validators,
} from '#plugin';
import { expect } from './expect.ts';

const NAMED = 'absurd';

const ABSURD_TEXTS: readonly string[] = [
  '',
  ' ',
  NAMED,
  `${NAMED}/${NAMED}`,
  '__proto__',
  '../../etc/passwd',
  '*',
  '$(id)',
  '\u0000\u202e',
  'x'.repeat(10_000),
];

/** The earliest, an ordinary and the latest time. */
const ABSURD_TIMES: readonly number[] = [0, Date.UTC(2026, 0, 1), 8.64e15];

/** A text of a summary: it begins with a capital letter and ends with a full stop. */
const SENTENCE = /^[A-Z].*\.$/u;

function wordOf({ as, choices }: CommandWord, text: string): string | undefined | readonly string[] {
  const value = choices?.[0] ?? text;
  if (as === 'rest' || as === 'some') return as === 'rest' && text === '' ? [] : [value, value];
  return as === 'optional' && text === '' ? undefined : value;
}

function flagOf({ kind = 'text', choices, required }: CommandOption, text: string, time: number): unknown {
  if (required !== true && text === '') return undefined;
  return kind === 'text' ? (choices?.[0] ?? text) : kind === 'switch' ? true : time;
}

/** A resource of each kind of which the state knows almost nothing. */
function absurdMemory({ name: plugin, tables }: Plugin): readonly Memory[] {
  return Object.entries(tables.kinds).map(([kind, { scope, memoryVersion }]) => ({
    ref: { plugin, kind, ...(scope.length === 0 ? {} : { scope: scope.map(() => NAMED) }), name: NAMED },
    version: memoryVersion,
    kept: {},
  }));
}

/** Inputs that no person would give, each with and without a state. */
function absurdInputs(
  plugin: Plugin,
  { words = {}, options = {} }: PluginCommand,
  settings: Json,
): readonly CommandInput[] {
  return ABSURD_TEXTS.flatMap((text, i) => {
    const now = ABSURD_TIMES[i % ABSURD_TIMES.length] ?? 0;
    const time = ABSURD_TIMES[(i + 1) % ABSURD_TIMES.length] ?? 0;
    const given = {
      words: Object.fromEntries(Object.entries(words).map(([name, word]) => [name, wordOf(word, text)])),
      flags: Object.fromEntries(Object.entries(options).map(([key, option]) => [key, flagOf(option, text, time)])),
      now,
      actor: text,
      reason: text,
      settings,
      desired: [],
    } as unknown as Omit<CommandInput, 'memory'>;
    return [[], absurdMemory(plugin)].map((memory) => ({ ...given, memory }));
  });
}

/** Calls the pure functions of a command, and checks what they return. */
function tried(plugin: Plugin, command: PluginCommand, input: CommandInput, validators: Validators): unknown {
  switch (command.does) {
    case 'show':
      return soundReport(command.show(input), (text) => text);
    case 'watch':
    case 'run':
      return undefined;
    case 'refresh': {
      const only = command.only(input).map(formatRef);
      return [only, soundReport(command.report([], input), (text) => text)];
    }
    case 'note': {
      const { notes, lines, facts = {}, ask } = command.decide(input);
      const resources = new Map(input.memory.map((each) => [formatRef(each.ref), each]));
      const noting = { plugin, validators, desired: new Map(), recall: { ...emptyRecall(), resources }, run: 'run' };
      return [noteDrafts(notes, noting), soundReport({ lines, facts }, (text) => text), ask];
    }
    case 'trial':
      return command.ask(input);
    case 'apply':
      return [...command.targets(input)];
  }
}

/** Checks the commands of a plugin. Their pure functions only throw InputError, and always return the same. */
export async function conformingCommands(plugin: Plugin): Promise<void> {
  const commands = (await plugin.commands?.()) ?? [];
  expect(commandMistakes(commands)).toEqual([]);
  const validators = await plugin.validators();
  const settings = {};
  validators['config']?.(settings);
  for (const command of commands) {
    const { name, summary, words = {}, options = {} } = command;
    for (const each of [summary, ...[...Object.values(words), ...Object.values(options)].map((one) => one.summary)])
      expect([name, each, SENTENCE.test(each)]).toEqual([name, each, true]);
    for (const input of absurdInputs(plugin, command, settings)) {
      const outcome = (): unknown => {
        try {
          return { returned: tried(plugin, command, structuredClone(input), validators) };
        } catch (error) {
          if (Error.isError(error) && error.name === 'InputError') return { refused: error.message };
          return { threw: errorText(error), command: name, words: input.words, flags: input.flags };
        }
      };
      const first = outcome();
      expect(Object.keys(first as object).includes('threw') ? first : undefined).toEqual(undefined);
      expect(outcome()).toEqual(first);
    }
  }
}
