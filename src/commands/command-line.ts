/** The command line: parses argv into one command with its flags and arguments, and reports its result. */

import { resolve } from 'node:path';
import { Argument, Command as Parser, CommanderError, Option as ParserOption } from 'commander';
import type { CommandWord } from '#plugin';
import { type Ending, exitCode } from '../run/ending.ts';
import { openWorkspace } from '../run/project.ts';
import type { Main, Shell } from '../shell.ts';
import { version } from '../version.ts';
import type { Command, Option, View } from './command.ts';
import { kebab, type Line, lineOf, optionsOf } from './habits.ts';
import { hostOf } from './host.ts';
import { interruptionOf } from './interruption.ts';
import { noticeText } from '../report/notices.ts';
import { type Reporter, streamReporter, textReporter, wantsColor } from './reporters.ts';
import { refuseDecisions, refuseRenamed, setFromEnvironment, wantsStream } from './environment.ts';

/** A command as the parser sees it. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyCommand = Command<string, any, any>;

/** Commands by name, each loaded when it is called or listed. */
export type CommandTable = Readonly<Record<string, () => Promise<AnyCommand>>>;

/** Checks that each key is the name of the command that it loads. */
// oxlint-disable-next-line typescript/no-explicit-any
export function commandTable<T extends { readonly [N in keyof T]: () => Promise<Command<N & string, any, any>> }>(
  table: T,
): CommandTable {
  return table;
}

const GROUPS: Readonly<Record<string, { readonly summary: string; readonly alias?: string }>> = {
  log: { summary: 'List, explain, count, verify, export, recover and prune the log.', alias: 'audit' },
  lock: { summary: 'Show the lock of the log.' },
  state: { summary: 'List, show, move, rename, forget and print resources in the state.' },
  sandbox: { summary: 'Run emulated services on this machine.' },
};

/** The group of a plugin's commands, or a group among them. */
function pluginGroup(plugin = '', group?: string): (typeof GROUPS)[string] {
  return { summary: `Commands of the plugin ${plugin}${group === undefined ? '' : ` for ${group}`}.` };
}

function parserOptions(key: string, option: Option, now: number): readonly ParserOption[] {
  const { summary, short, value, choices, parse, initial, initialText, negated, hidden, conflicts } = option;
  const name = kebab(key);
  const lead = short === undefined ? '' : `-${short}, `;
  const made = new ParserOption(`${lead}--${name}${value === undefined ? '' : ` ${value}`}`, summary);
  if (choices !== undefined) made.choices([...choices]);
  if (parse !== undefined) made.argParser((each: string, before: unknown) => parse(each, before, now));
  if (initial !== undefined) made.default(initial, initialText);
  if (hidden === true) made.hideHelp();
  if (conflicts !== undefined) made.conflicts([...conflicts]);
  return negated === undefined ? [made] : [made, new ParserOption(`--no-${name}`, negated)];
}

const MARKS = { required: ['<', '>'], optional: ['[', ']'], rest: ['[', '...]'], some: ['<', '...>'] } as const;

/** Arguments by name, as the command declares them. */
function wordsOf(
  words: Readonly<Record<string, CommandWord>>,
  given: readonly string[],
): Readonly<Record<string, string | readonly string[] | undefined>> {
  return Object.fromEntries(
    Object.entries(words).map(([name, { as }], i) => [
      name,
      as === 'rest' || as === 'some' ? given.slice(i) : given[i],
    ]),
  );
}

/** The first words of fettle's own commands: no plugin may have such a name. */
function reservedWords(table: CommandTable): ReadonlySet<string> {
  const aliases = Object.values(GROUPS).flatMap(({ alias }) => alias ?? []);
  return new Set(['help', ...aliases, ...Object.keys(table).map((name) => name.split(' ')[0] ?? '')]);
}

/** Returns the name of the group that has this name or alias. */
function groupOf(word: string): string {
  return Object.keys(GROUPS).find((name) => GROUPS[name]?.alias === word) ?? word;
}

/** The result of a command line. */
interface Outcome {
  ending: Ending;
  /** Replaced once the format of the output is known. */
  reporter: Reporter;
}

async function callCommand(
  command: AnyCommand,
  parser: Parser,
  table: CommandTable,
  shell: Shell,
  outcome: Outcome,
): Promise<void> {
  refuseDecisions(shell.env);
  refuseRenamed(shell.env);
  setFromEnvironment(parser, shell.env);
  const flags: Readonly<Record<string, unknown>> = parser.opts();
  const isStream = command.events === true && wantsStream(parser);
  const color = wantsColor(flags['color'], shell);
  const view = (): View => ({ color, width: shell.stdout.columns(), now: shell.now() });
  const print = shell.stdout.write;
  const render = await command.render?.(flags, view);
  outcome.reporter = isStream
    ? await streamReporter(shell)
    : textReporter(shell, color, (event) => render?.(event, print));
  const folder = resolve(shell.cwd(), typeof flags['chdir'] === 'string' ? flags['chdir'] : '.');
  const config = typeof flags['config'] === 'string' ? resolve(folder, flags['config']) : undefined;
  const [host, source] = [hostOf(shell, reservedWords(table)), { folder, config }];
  let interruption: ReturnType<typeof interruptionOf> | undefined;
  try {
    outcome.ending = await command.call({
      flags,
      words: wordsOf(
        command.words ?? {},
        parser.args.filter((word) => word !== undefined),
      ),
      shell,
      host,
      source,
      openWorkspace: () => openWorkspace(host, source, outcome.reporter.say),
      path: (given) => resolve(folder, given),
      view,
      say: outcome.reporter.say,
      print,
      interruption: () => (interruption ??= interruptionOf(shell)),
      program: async () => {
        const { plugins } = await pluginCommands(table, shell);
        return parserOf([...(await loaded(table)), ...plugins], table, shell, outcome);
      },
      isStream,
    });
  } finally {
    interruption?.forget();
  }
  outcome.reporter.ended(outcome.ending);
}

function parserOf(commands: readonly AnyCommand[], table: CommandTable, shell: Shell, outcome: Outcome): Parser {
  const output = {
    writeOut: (text: string) => shell.stdout.write(text),
    writeErr: (text: string) => shell.stderr.write(text),
  };
  const prepare = (parser: Parser): Parser =>
    parser
      .exitOverride()
      .configureOutput(output)
      .showSuggestionAfterError()
      .helpOption('-h, --help', 'Show help.')
      .helpCommand(false);
  const program = prepare(new Parser('fettle'))
    .description(
      'A declarative reconciler. The plan lists every unsafe step as REJECTED, with the reason. Keep your fleet in fine fettle.',
    )
    .addHelpText(
      'after',
      '\nThe environment variable FETTLE_STORE overrides `store` in fettle.yaml, the location of the log.',
    )
    .version(version, '-v, --version', 'Print the version.')
    .helpCommand('help [command]', 'Show help for a command.')
    .showHelpAfterError('(Run fettle --help for usage.)');
  const groups = new Map<string, Parser>();
  const parentOf = (path: readonly string[]): Parser => {
    const group = path.at(-1);
    if (group === undefined) return program;
    const known = groups.get(path.join(' '));
    if (known !== undefined) return known;
    const { summary, alias } = path.length === 1 ? (GROUPS[group] ?? pluginGroup(group)) : pluginGroup(...path);
    const made = prepare(parentOf(path.slice(0, -1)).command(group)).description(summary);
    if (alias !== undefined) made.alias(alias);
    groups.set(path.join(' '), made);
    return made;
  };
  const now = shell.now();
  for (const command of commands) {
    const names = command.name.split(' ');
    const name = names.pop() ?? '';
    const parser = prepare(parentOf(names).command(name)).description(command.summary);
    for (const [key, { summary, as, choices }] of Object.entries<CommandWord>(command.words ?? {})) {
      const argument = new Argument(`${MARKS[as][0]}${key}${MARKS[as][1]}`, summary);
      parser.addArgument(choices === undefined ? argument : argument.choices([...choices]));
    }
    for (const [key, option] of Object.entries<Option>(optionsOf(command)))
      for (const made of parserOptions(key, option, now)) parser.addOption(made);
    if (command.more !== undefined) parser.addHelpText('after', command.more);
    parser.action(() => callCommand(command, parser, table, shell, outcome));
  }
  return program;
}

async function loaded(table: CommandTable): Promise<readonly AnyCommand[]> {
  return Promise.all(Object.values(table).map((load) => load()));
}

/** The commands of the plugins that argv names, or of all; `failures` has those that cannot be loaded. */
async function pluginCommands(
  table: CommandTable,
  shell: Shell,
  argv: readonly string[] = [],
): Promise<{ readonly plugins: readonly AnyCommand[]; readonly failures: readonly string[] }> {
  return (await import('./plugin-commands.ts')).commandsOfPlugins(shell, reservedWords(table), argv);
}

/** A command line with its commands: the called one, or all of them for the help. */
interface Read extends Line {
  readonly commands: readonly AnyCommand[];
}

/** Finds the called command among those of fettle, then among those of plugins, which are loaded only for that. */
async function readLine(argv: readonly string[], table: CommandTable, shell: Shell): Promise<Read> {
  const own = await lineOf(argv, table, groupOf);
  if (own.command !== undefined) return { ...own, commands: [own.command] };
  const { plugins, failures } = await pluginCommands(table, shell, argv);
  const line = await lineOf(argv, Object.fromEntries(plugins.map((each) => [each.name, async () => each])), groupOf);
  if (line.command !== undefined) return { ...line, commands: [line.command] };
  for (const text of failures) shell.stderr.write(noticeText({ level: 'warning', text }));
  return { ...line, commands: [...(await loaded(table)), ...plugins] };
}

function lineRunner(table: CommandTable): (line: Read, shell: Shell) => Promise<number> {
  return async ({ commands, words }, shell) => {
    const outcome: Outcome = {
      ending: 'error',
      reporter: textReporter(shell, wantsColor(undefined, shell), () => undefined),
    };
    try {
      const program = parserOf(commands, table, shell, outcome);
      if (words.length === 0) {
        shell.stdout.write(program.helpInformation());
        return 1;
      }
      await program.parseAsync([...words], { from: 'user' });
      return exitCode(outcome.ending);
    } catch (error) {
      if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
      outcome.reporter.failed(error);
      return 1;
    }
  };
}

/** Tests if the environment enables the debug log. */
function wantsLog({ FETTLE_LOG: level = '' }: Shell['env']): boolean {
  return level !== '' && level !== 'off';
}

/** Runs command lines of a table of commands. */
export function commandLine(table: CommandTable): Main {
  const runLine = lineRunner(table);
  return async (argv, shell) => {
    try {
      const line = await readLine(argv, table, shell);
      if (!wantsLog(shell.env)) return await runLine(line, shell);
      const end = (await import('./debug-log.ts')).startLog(line.command?.name ?? 'help', shell);
      const code = await runLine(line, shell);
      end(code);
      return code;
    } catch (error) {
      textReporter(shell, false, () => undefined).failed(error);
      return 1;
    }
  };
}
