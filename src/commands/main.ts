/** The command table: argv to one command, each loaded when it is called. */

import { Argument, Command, CommanderError, type Option } from 'commander';
import { errorText, redactor, secretsOf } from '#plugin';
import type { Main, Shell } from '../shell.ts';
import { version, versionText } from '../version.ts';
import {
  duration,
  type Flags,
  fromEnvironment,
  pointInTime,
  refuseDecisions,
  refuseRenamed,
  shared,
  UsageError,
  wantsEvents,
  wholeNumber,
} from './flags.ts';
import { eventsOf, tell } from './tell.ts';

/** Flags that people of other tools write with one dash. */
const ONE_DASH: Readonly<Record<string, string>> = {
  '-target': '--target',
  '-out': '--out',
  '-auto-approve': '--yes',
  '-detailed-exitcode': '--detailed-exitcode',
  '-no-color': '--no-color',
  '-input': '--input',
  '-json': '--json',
};

function twoDashes(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return argv.map((word, i) => {
    const equals = word.indexOf('=');
    const name = equals < 0 ? word : word.slice(0, equals);
    const known = end >= 0 && i > end ? undefined : ONE_DASH[name];
    return known === undefined ? word : `${known}${equals < 0 ? '' : word.slice(equals)}`;
  });
}

type Action = (words: readonly string[], flags: Flags, shell: Shell, program: Command) => Promise<number>;

interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly words?: readonly Argument[];
  readonly options: readonly Option[];
  readonly action: Action;
  /** It has `--json`, and then writes events instead of text. */
  readonly events?: true;
  /** Shown below the flags. */
  readonly more?: string;
}

const exits = `
Exit codes: 0 done or nothing to do, 1 error, 2 changes (with --detailed-exitcode), 3 rejected rows remain,
4 part of the world could not be read, 5 locked, 6 the saved plan does not hold, 7 an action failed or is stale,
8 an outcome is unknown, 130 stopped.`;

function commandTable(shell: Shell, o: { readonly option: (flags: string, text: string) => Option }): readonly Entry[] {
  const where = [shared.chdir(), shared.config()];
  const look = [shared.format(), shared.color(), shared.noColor()];
  const show = [shared.format('markdown'), shared.color(), shared.noColor()];
  const some = [shared.target(), shared.exclude()];
  const passes = [shared.override(), shared.maxRemovals(), shared.reason()];
  const address = new Argument('<address>', 'such as certificates/Certificate/www');
  return [
    {
      name: 'init',
      summary: 'write the files of a new project: configuration, an example, .gitignore',
      words: [new Argument('[dir]', 'the folder of the project; by default the current one')],
      options: [
        shared.chdir(),
        o
          .option('--ci <forge>', 'also write the workflow for pull requests and schedules')
          .choices(['github', 'gitlab']),
      ],
      action: async ([dir], flags, shell) => (await import('./init.ts')).init(dir, flags, shell),
    },
    {
      name: 'validate',
      summary: 'check documents: schema, references, cycles; no network',
      words: [new Argument('[paths...]', 'files, folders, globs; by default what fettle.yaml names')],
      options: [...where, ...look],
      action: async (words, flags, shell) => (await import('./validate.ts')).validate(words, flags, shell),
    },
    {
      name: 'plan',
      summary: 'look, compare, judge and print; writes nothing',
      options: [
        ...where,
        o.option('-o, --out <file>', 'save the plan here, for show and apply'),
        ...some,
        shared.cause(),
        ...passes,
        ...show,
        shared.json(),
        shared.detail(),
        shared.detailedExitcode(),
        shared.failOn(),
      ],
      action: async (_words, flags, shell) => (await import('./plan.ts')).plan(flags, shell),
      events: true,
      more: exits,
    },
    {
      name: 'show',
      summary: 'print a saved plan',
      words: [new Argument('<file>', 'what plan --out wrote')],
      options: [shared.chdir(), ...show, shared.detail()],
      action: async ([file = ''], flags, shell) => (await import('./show.ts')).show(file, flags, shell),
    },
    {
      name: 'apply',
      summary: 'do what the plan says: a saved plan, or plan and ask',
      words: [new Argument('[file]', 'a plan that was saved')],
      options: [
        ...where,
        o.option('-y, --yes', 'do not ask; overrides nothing'),
        o.option('--input <answer>', 'false: never ask').choices(['true', 'false']),
        ...some,
        shared.cause(),
        ...passes,
        o.option('--allow-rejected', 'exit 0 though rejected rows remain'),
        o.option('--plan-digest <digest>', 'apply all of the plan with this digest, or nothing'),
        o.option('--until-settled', 'round after round, waiting for what clears, until nothing is left'),
        o
          .option('--timeout <time>', 'how long all rounds of --until-settled may take; 1h by default')
          .argParser(duration),
        shared.parallelism(),
        shared.lockTimeout(),
        ...show,
        shared.json(),
        shared.detail(),
      ],
      action: async ([file], flags, shell) => (await import('./apply.ts')).apply(file, flags, shell),
      events: true,
      more: exits,
    },
    {
      name: 'drift',
      summary: 'how the world differs from what was last applied; for schedules',
      options: [
        ...where,
        ...some,
        o.option('--record', 'write what was seen into the log'),
        shared.lockTimeout(),
        ...show,
        shared.json(),
        shared.detail(),
        shared.detailedExitcode(),
        shared.failOn(),
      ],
      action: async (_words, flags, shell) => (await import('./drift.ts')).drift(flags, shell),
      events: true,
      more: exits,
    },
    {
      name: 'explain',
      summary: 'Show what blocks the next step of a resource, what would help, and its state and history',
      words: [address],
      options: [
        ...where,
        o.option('--last <n>', 'how many records of the log').argParser(wholeNumber(0)).default(10),
        ...passes,
        ...show,
        shared.detail(),
      ],
      action: async ([word = ''], flags, shell) => (await import('./explain.ts')).explain(word, flags, shell),
    },
    {
      name: 'import',
      summary: 'adopt what exists; with --all, write documents for what no document describes',
      words: [new Argument('[words...]', 'an address; with --all, where to look (folders, for certificates)')],
      options: [
        ...where,
        o.option('--all', 'look for everything that no document describes'),
        o.option('--plugin <name>', 'of this plugin'),
        o.option('-o, --out <file>', 'write the documents here, instead of to standard output'),
        ...passes,
        shared.lockTimeout(),
        ...look,
      ],
      action: async (words, flags, shell) => (await import('./import.ts')).importCommand(words, flags, shell),
    },
    {
      name: 'log list',
      summary: 'records of the log, the newest last',
      options: [
        ...where,
        o.option('--address <address>', 'only records about this resource'),
        o.option('--run <id>', 'only records of this run'),
        o.option('--kind <kinds>', 'only these kinds (comma-separated): run, seen, intent, outcome, refusal, …'),
        o.option('--step <step>', 'only this step: ready>absent'),
        o.option('--actor <actor>', 'only records of this actor'),
        o.option('--outcome <outcomes>', 'only these (comma-separated): done, failed, unknown, undone, rejected, …'),
        o.option('--action <names>', 'only decisions about these actions (comma-separated), as their kind calls them'),
        o
          .option('--since <time>', 'from then on: an instant, or a time ago such as 24h')
          .argParser(pointInTime(shell.now())),
        o.option('--until <time>', 'up to then').argParser(pointInTime(shell.now())),
        o.option('--last <n>', 'how many; 0 for all').argParser(wholeNumber(0)).default(50),
        ...look,
      ],
      action: async (_words, flags, shell) => (await import('./log.ts')).logList(flags, shell),
    },
    {
      name: 'log why',
      summary: 'the story of one resource: what was decided and done, why, and by whom',
      words: [address],
      options: [...where, ...look],
      action: async ([word = ''], flags, shell) => (await import('./log-why.ts')).logWhy(word, flags, shell),
    },
    {
      name: 'log export',
      summary: 'the records as they stand in the log, a line each, with their hashes',
      options: [
        ...where,
        o.option('--from <seq>', 'from this record on').argParser(wholeNumber(1)),
        o.option('--to <seq>', 'up to this record').argParser(wholeNumber(1)),
        o.option('-o, --out <file>', 'into this new file, instead of to standard output'),
      ],
      action: async (_words, flags, shell) => (await import('./log-why.ts')).logExport(flags, shell),
    },
    {
      name: 'log prune',
      summary: 'delete the oldest segments of the log; it says what went',
      options: [
        ...where,
        o.option('--keep <n>', 'how many segments stay, the newest').argParser(wholeNumber(1)),
        o.option('-y, --yes', 'do not ask'),
        shared.lockTimeout(),
        ...look,
      ],
      action: async (_words, flags, shell) => (await import('./log-why.ts')).logPrune(flags, shell),
    },
    {
      name: 'lock status',
      summary: 'who holds the lock, since when, and whether that one lives',
      options: [...where, ...look],
      action: async (_words, flags, shell) => (await import('./lock.ts')).lockStatus(flags, shell),
    },
    {
      name: 'force-unlock',
      summary: 'take the lock away from a holder; what that one writes from then on does not count',
      words: [new Argument('<id>', 'of the holder, as `lock status` prints it')],
      options: [...where, o.option('-y, --yes', 'do not ask'), shared.reason(), ...look],
      action: async ([id = ''], flags, shell) => (await import('./lock.ts')).forceUnlock(id, flags, shell),
    },
    {
      name: 'log verify',
      summary: 'walk the hash chain, fold each checkpoint again',
      options: [
        ...where,
        o.option('--head <seq:hash>', 'this head, as plan or apply printed it, must be part of the log'),
        ...look,
      ],
      action: async (_words, flags, shell) => (await import('./log.ts')).logVerify(flags, shell),
    },
    {
      name: 'log recover',
      summary: 'start a damaged log again from its last sound record; nothing is deleted',
      options: [...where, shared.lockTimeout(), ...look],
      action: async (_words, flags, shell) => (await import('./log.ts')).logRecover(flags, shell),
    },
    {
      name: 'state list',
      summary: 'what is remembered, one line a resource',
      options: [...where, ...some, ...look],
      action: async (_words, flags, shell) => (await import('./state.ts')).stateList(flags, shell),
    },
    {
      name: 'state show',
      summary: 'all that is remembered of one resource',
      words: [address],
      options: [...where, ...look],
      action: async ([word = ''], flags, shell) => (await import('./state.ts')).stateShow(word, flags, shell),
    },
    {
      name: 'state mv',
      summary: 'what is remembered under one name is remembered under another',
      words: [new Argument('<from>', 'address'), new Argument('<to>', 'address of the same kind')],
      options: [...where, shared.reason(), shared.lockTimeout(), ...look],
      action: async ([from = '', to = ''], flags, shell) =>
        (await import('./state-write.ts')).stateMove(from, to, flags, shell),
    },
    {
      name: 'state rename',
      summary: 'give the project another name, in its log; nothing in the world changes',
      words: [new Argument('<old>', 'as the log says it'), new Argument('<new>', 'as fettle.yaml will say it')],
      options: [...where, shared.reason(), shared.lockTimeout(), ...look],
      action: async ([from = '', to = ''], flags, shell) =>
        (await import('./state-write.ts')).stateRename(from, to, flags, shell),
    },
    {
      name: 'state forget',
      summary: 'give up what is remembered; nothing in the world changes',
      words: [new Argument('<addresses...>', 'addresses, or globs over them')],
      options: [...where, o.option('-y, --yes', 'do not ask'), shared.reason(), shared.lockTimeout(), ...look],
      action: async (words, flags, shell) => (await import('./state-write.ts')).stateForget(words, flags, shell),
    },
    {
      name: 'state pull',
      summary: 'all that is remembered, as JSON lines',
      options: [...where],
      action: async (_words, flags, shell) => (await import('./state-write.ts')).statePull(flags, shell),
    },
    {
      name: 'schema',
      summary: 'JSON Schema of documents, for editors',
      words: [new Argument('[kind]', 'such as Certificate, certificates/Certificate, fettle.yaml, plan')],
      options: [],
      action: async ([kind], _flags, shell) => (await import('./schema.ts')).schema(kind, shell),
    },
    {
      name: 'graph',
      summary: 'print dependencies, or the lifecycle of a kind, as Mermaid',
      words: [new Argument('[kind]', 'such as Certificate or nodes/Node; without it, the dependencies of documents')],
      options: [...where],
      action: async ([kind], flags, shell) => (await import('./graph.ts')).graph(kind, flags, shell),
    },
    {
      name: 'completion',
      summary: 'print a completion script',
      words: [new Argument('[shell]', 'the shell').choices(['bash', 'zsh', 'fish'])],
      options: [...where, o.option('--addresses', 'print addresses of documents and of the log').hideHelp()],
      action: async ([name], flags, shell, program) =>
        (await import('./completion.ts')).completion(name as 'bash' | undefined, flags, shell, program),
    },
    {
      name: 'sandbox up',
      summary: 'local worlds to try everything on, until stopped',
      words: [new Argument('[dir]', 'where to make them; by default a folder that is removed at the end')],
      options: [o.option('--json', 'print one line with all addresses once everything is up')],
      action: async ([dir], flags, shell) => (await import('./sandbox.ts')).sandboxUp(dir, flags, shell),
    },
    {
      name: 'version',
      summary: 'Print the version, and the plugins that FETTLE_PLUGINS loads.',
      options: [o.option('--json', 'as JSON')],
      action: async (_words, flags, shell) => {
        const { namedPluginsOf } = await import('./session.ts');
        const versions = { node: process.version, platform: `${process.platform}_${process.arch}` };
        const isJson = (flags as { readonly json?: boolean }).json === true;
        shell.stdout.write(versionText(isJson, versions, namedPluginsOf(shell)));
        return 0;
      },
    },
  ];
}

const GROUPS: Readonly<Record<string, string>> = {
  log: 'the log: list, why, verify, export, recover, prune',
  lock: 'the lock of the log',
  state: 'what is remembered: list, show, mv, rename, forget, pull',
  sandbox: 'emulated worlds',
};

/** What a command line came to, and the shell that the command ran with. */
interface Result {
  code: number;
  shell: Shell;
}

function build(shell: Shell, result: Result): Command {
  const output = {
    writeOut: (text: string) => shell.stdout.write(text),
    writeErr: (text: string) => shell.stderr.write(text),
  };
  const prepare = (command: Command): Command =>
    command.exitOverride().configureOutput(output).showSuggestionAfterError().helpCommand(false);
  const program = prepare(new Command('fettle'))
    .description(
      'A declarative reconciler: an unsafe step is a row of the plan, REJECTED, with its reason. Keep your fleet in fine fettle.',
    )
    .addHelpText('after', '\nFETTLE_STORE in the environment says where the log is, instead of `store` in fettle.yaml.')
    .version(version, '-v, --version')
    .helpCommand('help [command]', 'help for a command')
    .showHelpAfterError('(see fettle --help)');
  const groups = new Map<string, Command>();
  const parentOf = (group: string | undefined): Command => {
    if (group === undefined) return program;
    const known = groups.get(group);
    if (known !== undefined) return known;
    const made = prepare(program.command(group)).description(GROUPS[group] ?? '');
    if (group === 'log') made.alias('audit');
    groups.set(group, made);
    return made;
  };
  const table = commandTable(shell, { option: (flags, text) => program.createOption(flags, text) });
  for (const entry of table) {
    const words = entry.name.split(' ');
    const name = words.pop() ?? '';
    const command = prepare(parentOf(words[0]).command(name)).description(entry.summary);
    for (const word of entry.words ?? []) command.addArgument(word);
    for (const option of entry.options) command.addOption(option);
    if (entry.more !== undefined) command.addHelpText('after', entry.more);
    command.action(async () => {
      refuseDecisions(shell.env);
      refuseRenamed(shell.env);
      fromEnvironment(command, shell.env);
      if (entry.events === true && wantsEvents(command))
        result.shell = (await import('./event-stream.ts')).eventShell(shell);
      const given = command.args.filter((word) => word !== undefined);
      result.code = await entry.action(given, command.opts<Flags>(), result.shell, program);
    });
  }
  return program;
}

/** What an error says, without the secrets that this process knows. */
function messageOf(error: unknown, shell: Shell): string {
  return redactor(secretsOf(shell.env))(errorText(error));
}

/** A bug, with the place where it showed. */
function stackOf(error: unknown, shell: Shell): string {
  const stack = error instanceof Error && typeof error.stack === 'string' ? error.stack : errorText(error);
  return redactor(secretsOf(shell.env))(stack.slice(0, 10_000));
}

/** Exit code 1, with what went wrong where that is not told yet; a stream of events ends with its last one. */
function failed(shell: Shell, why?: string): number {
  if (why !== undefined) tell(shell, 'error', why);
  eventsOf(shell)?.end('error');
  return 1;
}

/** Runs one command line. Mistakes of the user and failures of the store are one line; a bug comes with its stack. */
export const main: Main = async (argv, shell) => {
  const result: Result = { code: 1, shell };
  try {
    const words = twoDashes(argv);
    const program = build(shell, result);
    if (words.length === 0) {
      shell.stdout.write(program.helpInformation());
      return 1;
    }
    await program.parseAsync([...words], { from: 'user' });
    return result.code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
    const name = error instanceof Error ? error.name : '';
    if (name === 'ProblemsError') return failed(result.shell);
    const expected =
      error instanceof UsageError ||
      /^(Store|Lock|Fence|Log)\w*Error$/u.test(name) ||
      typeof (error as NodeJS.ErrnoException).code === 'string';
    if (!expected) {
      shell.stderr.write(`fettle: internal error: ${stackOf(error, shell)}\n`);
      return failed(result.shell, eventsOf(result.shell) === undefined ? undefined : 'internal error');
    }
    return failed(result.shell, messageOf(error, shell));
  }
};
