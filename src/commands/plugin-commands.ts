/** Commands of plugins on the command line: their declared options, and those that their effect requires. */

import { commandMistakes } from '../engine/plugin-commands.ts';
import {
  type CommandOption,
  type CommandReport,
  durationMs,
  errorText,
  InputError,
  instantOf,
  type Plugin,
  type PluginCommand,
} from '#plugin';
import { InvalidArgumentError } from 'commander';
import { headText } from '../report/plan-text.ts';
import { textOf } from '../report/text.ts';
import { builtinPlugins, type PluginLoaders, pluginLoaders } from '../plugins.ts';
import type { Ending } from '../run/ending.ts';
import {
  applyCommand,
  type CommandCall,
  type CommandOptions,
  noteCommand,
  refreshCommand,
  runCommand,
  showCommand,
  trialCommand,
  watchCommand,
} from '../run/plugin-command.ts';
import type { Head } from '../store/store.ts';
import type { Shell } from '../shell.ts';
import { applying, applyOptionsOf, applyRender, approvalOf, checkApplying } from './applying.ts';
import { mustAgree } from './ask.ts';
import { type Call, command, type Flags, type Option, type Render, type View } from './command.ts';
import type { AnyCommand } from './command-line.ts';
import { exitCodesText } from './exit-codes-text.ts';
import { kebab } from './habits.ts';
import { asking, locking, many, pastTime, reason, shown, stream, where } from './options.ts';

/** Options of a command, by its effect. */
export const COMMON = {
  show: { ...where, ...shown, ...stream },
  watch: { ...where, ...shown, ...stream },
  run: { ...where, ...shown, ...stream },
  refresh: { ...where, ...locking, ...shown, ...stream },
  note: { ...where, ...asking, ...reason, ...locking, ...shown, ...stream },
  trial: { ...where, ...asking, ...locking, ...shown, ...stream },
  apply: applying,
} as const;

const NEEDED_REASON = many('<text>', 'Reason for the log. Required.');

/** Parses a timestamp, or a span from now (`2h`, `7d`), to epoch ms. */
function futureTime(value: string, _before: unknown, now: number): number {
  const span = durationMs(value);
  const at = Number.isNaN(span) && /^\d{4}-\d{2}-\d{2}/u.test(value) ? instantOf(value) : now + span;
  if (Number.isNaN(at))
    throw new InvalidArgumentError('Expected a timestamp such as 2026-11-20T14:30:10Z, or a span from now such as 2h.');
  if (at <= now) throw new InvalidArgumentError('The time is in the past.');
  return at;
}

/** Names of values in the help. */
const VALUES = { text: '<text>', path: '<file>', until: '<time>', since: '<time>', switch: '' } as const;

function optionOf({ summary, kind = 'text', value, short, choices, required }: CommandOption): Option {
  return {
    summary: required === true ? `${summary} Required.` : summary,
    ...(kind === 'switch' ? {} : { value: value ?? VALUES[kind] }),
    ...(short === undefined ? {} : { short }),
    ...(choices === undefined ? {} : { choices }),
    ...(kind === 'until'
      ? { parse: futureTime }
      : kind === 'since'
        ? { parse: (text, _before, now) => pastTime(text, undefined, now) }
        : {}),
  };
}

type Values = Readonly<Record<string, unknown>>;

/** The values of the options that the plugin declares. Throws InputError if a required one is missing. */
function ownFlags(
  { options = {} }: PluginCommand,
  { flags, path }: Pick<Calling, 'flags' | 'path'>,
): CommandCall['flags'] {
  for (const [key, { required, kind = 'text', value }] of Object.entries(options))
    if (required === true && flags[key] === undefined)
      throw new InputError(`--${kebab(key)} ${value ?? VALUES[kind]} is required`);
  return Object.fromEntries(
    Object.entries(options).map(([key, { kind }]) => {
      const given = flags[key];
      return [key, kind === 'path' && typeof given === 'string' ? path(given) : given];
    }),
  ) as CommandCall['flags'];
}

/** Renders the output of a command: its lines, or its facts as one JSON object. */
function reportRender({ format }: Values, view: () => View): Render {
  return (event, write) => {
    if (event.type !== 'command-output') return;
    write(format === 'json' ? `${JSON.stringify(event.report.facts)}\n` : reportText(event.report, event.head, view()));
  };
}

function reportText({ lines }: CommandReport, head: Head | undefined, { color }: View): string {
  return textOf(lines, false) + (head === undefined ? '' : textOf([`log head ${headText(head)}`], color));
}

type Calling = Call<Values, CommandCall['words']>;

async function callOf(plugin: Plugin, declared: PluginCommand, calling: Calling): Promise<Ending> {
  const { words, say, shell, isStream, interruption, openWorkspace } = calling;
  const flags = calling.flags as Values & Flags<(typeof COMMON)['note'] & (typeof COMMON)['apply']>;
  const given = { plugin, words, flags: ownFlags(declared, calling) };
  const options = (): CommandOptions => ({
    interruption: interruption(),
    lockTimeout: flags.lockTimeout,
    ask: (question, stop) =>
      mustAgree(question, { ...flags, isUnseen: isStream || flags.format !== 'text' }, shell, stop),
  });
  switch (declared.does) {
    case 'show':
      return showCommand(await openWorkspace(), { ...given, command: declared }, say);
    case 'watch':
      return watchCommand(await openWorkspace(), { ...given, command: declared }, options(), say);
    case 'run':
      return runCommand(await openWorkspace(), { ...given, command: declared }, options(), say);
    case 'refresh':
      return refreshCommand(await openWorkspace(), { ...given, command: declared }, options(), say);
    case 'note': {
      const [why] = flags.reason ?? [];
      const noted = { ...given, command: declared, ...(why === undefined ? {} : { reason: why }) };
      return noteCommand(await openWorkspace(), noted, options(), say);
    }
    case 'trial':
      return trialCommand(await openWorkspace(), { ...given, command: declared }, options(), say);
    case 'apply': {
      checkApplying(flags);
      const approval = approvalOf(flags, 'Use --yes or --plan-digest', shell, isStream);
      const applied = { ...applyOptionsOf(flags), approval, interruption: interruption() };
      return applyCommand(await openWorkspace(), { ...given, command: declared }, applied, say);
    }
  }
}

const EXIT_CODES = {
  show: undefined,
  watch: '\nExit codes: 0 ended, 1 error, 4 the infrastructure could not be read, 130 stopped.',
  run: '\nExit codes: 0 ended or stopped, 1 error, 130 aborted.',
  refresh:
    '\nExit codes: 0 done, 1 error, 4 a resource could not be read, or the plugin reports a failure, 5 locked, 130 stopped.',
  note: '\nExit codes: 0 done, 1 error, 5 locked, 130 stopped.',
  trial: '\nExit codes: 0 the trial succeeded, 1 error, 4 the trial failed, 5 locked, 130 stopped.',
  apply: exitCodesText,
} as const;

function commandOf(plugin: Plugin, declared: PluginCommand): AnyCommand {
  const { name, summary, does, words, options = {} } = declared;
  const more = [declared.more, EXIT_CODES[does]].filter((text) => text !== undefined).join('\n');
  const isApply = does === 'apply';
  return command({
    name: `${plugin.name} ${name}`,
    summary,
    words: words ?? {},
    options: {
      ...Object.fromEntries(Object.entries(options).map(([key, option]) => [key, optionOf(option)])),
      ...COMMON[does],
      ...(does === 'note' && declared.needsReason === true ? { reason: NEEDED_REASON } : {}),
    },
    ...(more === '' ? {} : { more }),
    events: true,
    call: (calling: Calling) => callOf(plugin, declared, calling),
    render: (flags, view) => (isApply ? applyRender(flags as Flags<typeof applying>, view) : reportRender(flags, view)),
  } as AnyCommand);
}

/** The commands of one plugin. Throws InputError if it declares them wrongly. */
async function commandsOf(load: () => Promise<Plugin>): Promise<readonly AnyCommand[]> {
  const plugin = await load();
  const declared = (await plugin.commands?.()) ?? [];
  const mistakes = commandMistakes(declared);
  if (mistakes.length > 0) throw new InputError(mistakes.join('\n'));
  return declared.map((each) => commandOf(plugin, each));
}

/** The known plugins; without those of the environment if these cannot be loaded. */
function loadersFor(
  shell: Shell,
  reserved: ReadonlySet<string>,
): { readonly loaders: PluginLoaders; readonly failure?: string } {
  try {
    return { loaders: shell.plugins ?? pluginLoaders(shell.env, reserved) };
  } catch (error) {
    return { loaders: builtinPlugins, failure: errorText(error) };
  }
}

/**
 * The commands of the plugins that argv names, or of all plugins. `failures`: plugins whose commands cannot be loaded.
 * `reserved`: the first words of fettle's own commands.
 */
export async function commandsOfPlugins(
  shell: Shell,
  reserved: ReadonlySet<string>,
  argv: readonly string[],
): Promise<{ readonly plugins: readonly AnyCommand[]; readonly failures: readonly string[] }> {
  const { loaders, failure } = loadersFor(shell, reserved);
  const named = [...loaders].filter(([name]) => argv.includes(name));
  const wanted = named.length === 0 ? [...loaders] : named;
  const found = await Promise.allSettled(wanted.map(([, load]) => commandsOf(load)));
  const failures = found.flatMap((each, i) =>
    each.status === 'fulfilled'
      ? []
      : [`the commands of the plugin ${wanted[i]?.[0]} are left out: ${errorText(each.reason)}`],
  );
  return {
    plugins: found.flatMap((each) => (each.status === 'fulfilled' ? each.value : [])),
    failures: failure === undefined ? failures : [failure, ...failures],
  };
}
