/** Commands of plugins: checks of their declarations and of their output. */

import {
  type CommandOption,
  type CommandReport,
  type CommandWord,
  type Facts,
  type Json,
  isRecord,
  type PluginCommand,
  printable,
  type Redact,
} from '#plugin';
import { plainJson, redactedJson } from './guard.ts';

/**
 * Options that fettle's own commands have, as keys: one with the same name would have another meaning. So would one
 * whose variable `FETTLE_…` already means something.
 */
export const RESERVED_OPTIONS: ReadonlySet<string> = new Set(
  [
    'allowRejected autoApprove backoff cause chdir color config detail detailedExitcode exclude failOn format help input',
    'json lockTimeout maxRemovals override parallelism planDigest reason record target timeout untilSettled version yes',
    'allowNetworks challengeFolder commandEnv disableCiDetection dnsDelegated dnsOrigins fileRoots log logPath plugins',
    'providerOrigins store storeOrigin storeOwner trustOwner workloadsOrigin',
  ].flatMap((keys) => keys.split(' ')),
);

const RESERVED_LETTERS: ReadonlySet<string> = new Set(['h', 'o', 'v', 'y', 'V']);

const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*(?: [a-z][a-z0-9]*(?:-[a-z0-9]+)*)?$/u;
const WORD = /^[a-z][a-zA-Z0-9-]*$/u;
const OPTION = /^(?!no[A-Z])[a-z][a-zA-Z]+$/u;
const VALUE = /^<[a-z][a-z0-9@-]*>$/u;
/** Shells complete choices: none has a character that a shell would expand. */
const CHOICE = /^[\w.:@/-]+$/u;

const FUNCTIONS = {
  show: 'show',
  watch: 'watch',
  run: 'run',
  refresh: 'only',
  note: 'decide',
  trial: 'try',
  apply: 'targets',
} as const;

function isLine(text: unknown): text is string {
  return typeof text === 'string' && text.trim() !== '' && printable(text) === text;
}

function choicesMistakes(choices: readonly string[] | undefined, of: string): readonly string[] {
  return (choices ?? []).flatMap((choice) =>
    CHOICE.test(choice) ? [] : [`${of} has an invalid choice: ${JSON.stringify(choice)}`],
  );
}

function wordMistakes(words: Readonly<Record<string, CommandWord>>): readonly string[] {
  const entries = Object.entries(words);
  return entries.flatMap(([name, { summary, as, choices }], i) => {
    const of = `the argument ${name}`;
    const before = entries[i - 1]?.[1].as;
    return [
      ...(WORD.test(name) ? [] : [`${of} has an invalid name`]),
      ...(isLine(summary) ? [] : [`${of} does not have a summary`]),
      ...(before === 'rest' || before === 'some' ? [`${of} follows one with any number of values`] : []),
      ...(before === 'optional' && (as === 'required' || as === 'some') ? [`${of} follows an optional one`] : []),
      ...choicesMistakes(choices, of),
    ];
  });
}

function optionMistakes(options: Readonly<Record<string, CommandOption>>): readonly string[] {
  const letters = new Set<string>(RESERVED_LETTERS);
  return Object.entries(options).flatMap(([key, { summary, kind, value, short, choices }]) => {
    const of = `the option ${key}`;
    const isTaken = short !== undefined && letters.has(short);
    if (short !== undefined) letters.add(short);
    return [
      ...(OPTION.test(key) ? [] : [`${of} has an invalid name`]),
      ...(RESERVED_OPTIONS.has(key) ? [`${of} has the name of an option of fettle`] : []),
      ...(isLine(summary) ? [] : [`${of} does not have a summary`]),
      ...(value === undefined || VALUE.test(value) ? [] : [`${of} has an invalid name of its value`]),
      ...(kind === 'switch' && (value ?? choices) !== undefined ? [`${of} is a switch with a value`] : []),
      ...(short === undefined || /^[a-zA-Z]$/u.test(short) ? [] : [`${of} has an invalid letter`]),
      ...(isTaken ? [`${of} has the letter of another option`] : []),
      ...choicesMistakes(choices, of),
    ];
  });
}

/** Mistakes in the declarations of a plugin's commands, as sentences without a full stop. */
export function commandMistakes(commands: readonly PluginCommand[]): readonly string[] {
  const names = new Set<string>();
  const groups = new Set(commands.flatMap(({ name }) => (name.includes(' ') ? [name.split(' ')[0]] : [])));
  return commands.flatMap((command) => {
    const { name, summary, does, words = {}, options = {}, more } = command;
    const isTwice = names.has(name);
    names.add(name);
    const known: unknown = Object.hasOwn(FUNCTIONS, does) ? Reflect.get(command, FUNCTIONS[does]) : undefined;
    return [
      ...(NAME.test(name) ? [] : ['the name is invalid']),
      ...(isTwice ? ['the name is used twice'] : []),
      ...(groups.has(name) ? ['the name is also the name of a group'] : []),
      ...(isLine(summary) ? [] : ['the summary is missing']),
      ...(more === undefined || more.split('\n').every((line) => printable(line) === line)
        ? []
        : ['the help has a character that is not printable']),
      ...(typeof known === 'function' ? [] : [`the function of a command that does ${does} is missing`]),
      ...wordMistakes(words),
      ...optionMistakes(options),
    ].map((text) => `the command "${name}": ${text}`);
  });
}

/** Largest output of a command, as JSON. */
const REPORT_BYTES = 16 * 1024 * 1024;

/** Checks that the output of a command matches its type, and redacts its texts. Throws otherwise. */
export function soundReport({ lines, facts }: CommandReport, redact: Redact): CommandReport {
  const plain = plainJson([lines, facts], 'the output of the command', REPORT_BYTES) as readonly Json[];
  const [texts, values] = redactedJson(plain, redact) as readonly [unknown, unknown];
  if (!Array.isArray(texts) || !texts.every((line) => typeof line === 'string') || !isRecord(values))
    throw new Error('the plugin returned an invalid output of the command');
  return { lines: texts, facts: values as Facts };
}
