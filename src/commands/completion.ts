/** `fettle completion SHELL`: a completion script, generated from the command table. Addresses come from documents and the log. */

import type { Argument, Command, Option } from 'commander';
import { compareText, formatRef, InputError } from '#plugin';
import { CAUSES } from '../engine/causes.ts';
import { isDatabase } from '../engine/store-address.ts';
import { FAIL_ON } from '../run/ending.ts';
import { type Host, openProject, type Source } from '../run/project.ts';
import { withStore } from '../run/stores.ts';
import { command } from './command.ts';
import { flag, optional, where } from './options.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type ShellName = (typeof SHELLS)[number];

/** Kind of a value: a word of a list, an address, a path, or any text. */
type Values = readonly string[] | 'address' | 'path' | 'any';

interface OptionShape {
  readonly name: string;
  readonly summary: string;
  /** Absent for an option without a value. */
  readonly values?: Values;
}

interface CommandShape {
  /** Command after `fettle`: `log list`. */
  readonly words: string;
  readonly summary: string;
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
  readonly options: readonly OptionShape[];
  readonly argument?: Values;
}

/** Values of comma-separated options, which have no choices of their own: the usual lists, then each value. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  '--cause': ['new,edit,orphan', 'time,progress,policy', ...CAUSES],
  '--fail-on': FAIL_ON,
};

function valuesOf(text: string, choices: readonly string[] | undefined): Values {
  if (choices !== undefined) return choices;
  if (/^address|<address>/u.test(text)) return 'address';
  return /file|dir|path/u.test(text) ? 'path' : 'any';
}

function optionShape(option: Option): OptionShape {
  const name = option.long ?? option.flags;
  const values =
    option.isBoolean() || option.negate ? undefined : (LISTS[name] ?? valuesOf(option.flags, option.argChoices));
  return { name, summary: option.description, ...(values === undefined ? {} : { values }) };
}

function argumentValues(argument: Argument | undefined): Values | undefined {
  if (argument === undefined) return undefined;
  // `state mv` calls its two addresses `from` and `to`.
  return /^(?:from|to)$/u.test(argument.name()) ? 'address' : valuesOf(argument.name(), argument.argChoices);
}

/** Lists a command and its subcommands. */
function shapesOf(command: Command, words = ''): readonly CommandShape[] {
  const below = command.commands;
  const argument = argumentValues(command.registeredArguments[0]);
  return [
    {
      words,
      summary: command.description(),
      commands: below.map((each) => ({ name: each.name(), summary: each.description() })),
      options: command.options.filter(({ hidden }) => !hidden).map(optionShape),
      ...(argument === undefined ? {} : { argument }),
    },
    ...below.flatMap((each) => shapesOf(each, words === '' ? each.name() : `${words} ${each.name()}`)),
  ];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Shell code that sets `words` or `files` for a kind of value. */
function assign(values: Values | undefined): string {
  if (values === 'address') return 'words=$(fettle completion --addresses 2>/dev/null)';
  if (values === 'path') return 'files=1';
  return values === 'any' || values === undefined ? ':' : `words=${quoted(values.join(' '))}`;
}

/** Shell code shared by bash and zsh: sets `words` and `files` from the words before the cursor. */
function decisions(shapes: readonly CommandShape[]): readonly string[] {
  const paths = shapes.map(({ words }) => words).filter((words) => words !== '');
  return [
    '  case "$where" in',
    ...shapes.flatMap(({ words, commands, options, argument }) => [
      `    ${quoted(words)})`,
      '      case "$before" in',
      ...options.flatMap(({ name, values }) =>
        values === undefined ? [] : [`        ${name}) ${assign(values)}; return ;;`],
      ),
      '      esac',
      `      if [[ "$current" == -* ]]; then words=${quoted(options.map(({ name }) => name).join(' '))}`,
      commands.length > 0
        ? `      else words=${quoted(commands.map(({ name }) => name).join(' '))}`
        : `      else ${assign(argument)}`,
      '      fi ;;',
    ]),
    '  esac',
  ].map((line) => (paths.length === 0 ? '' : line));
}

/** Shell code that appends a word to `where` if the result is a command. */
function walk(shapes: readonly CommandShape[]): string {
  const known = shapes.flatMap(({ words }) => (words === '' ? [] : [quoted(words)]));
  return `case "\${where:+$where }$word" in ${known.join('|')}) where="\${where:+$where }$word" ;; esac`;
}

function bash(shapes: readonly CommandShape[]): string {
  return `# Completion of fettle for bash: eval "$(fettle completion bash)"
_fettle_decide() {
${decisions(shapes).join('\n')}
}
_fettle() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} where= word words= files= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    ${walk(shapes)}
  done
  _fettle_decide
  if [[ -n $files ]]; then
    COMPREPLY=()
    compopt -o default 2>/dev/null
  else
    # Not compgen -W: it would expand what a name contains.
    COMPREPLY=()
    while read -r word; do
      [[ "$word" == "$current"* ]] && COMPREPLY+=("$word")
    done < <(printf '%s' "$words" | tr ' ' '\\n'; echo)
  fi
}
complete -F _fettle fettle
`;
}

function zsh(shapes: readonly CommandShape[]): string {
  return `#compdef fettle
# Completion of fettle for zsh: eval "$(fettle completion zsh)"
_fettle_decide() {
${decisions(shapes).join('\n')}
}
_fettle() {
  local current=$words[CURRENT] before=$words[CURRENT-1] where= word files= i
  local -a typed=($words)
  local words=
  for ((i = 2; i < CURRENT; i++)); do
    word=$typed[i]
    ${walk(shapes)}
  done
  _fettle_decide
  if [[ -n $files ]]; then _files; else compadd -- \${=words}; fi
}
compdef _fettle fettle
`;
}

function fish(shapes: readonly CommandShape[]): string {
  const text = (summary: string): string => `'${summary.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = shapes.flatMap(({ words, commands, options, argument }) => {
    const when = `-n '__fettle_is "${words}"'`;
    const value = (values: Values): string =>
      values === 'address'
        ? `-x -a '(fettle completion --addresses 2>/dev/null)'`
        : values === 'path'
          ? '-r -F'
          : values === 'any'
            ? '-x'
            : `-x -a '${values.join(' ')}'`;
    return [
      ...commands.map(({ name, summary }) => `complete -c fettle ${when} -f -a ${name} -d ${text(summary)}`),
      ...(argument === undefined || argument === 'any'
        ? []
        : [`complete -c fettle ${when} ${value(argument).replace(/^-[xr] /u, argument === 'path' ? '' : '-f ')}`]),
      ...options.map(
        ({ name, summary, values }) =>
          `complete -c fettle ${when} -l ${name.slice(2)}${values === undefined ? '' : ` ${value(values)}`} -d ${text(summary)}`,
      ),
    ];
  });
  const known = shapes.flatMap(({ words }) => (words === '' ? [] : [`'${words}'`]));
  return `# Completion of fettle for fish: fettle completion fish | source
function __fettle_is
    set -l where ''
    for word in (commandline -opc)[2..-1]
        set -l next (string trim -- "$where $word")
        contains -- $next ${known.join(' ')}; and set where $next
    end
    test "$where" = "$argv[1]"
end
complete -c fettle -f
${lines.join('\n')}
`;
}

const SCRIPTS: Readonly<Record<ShellName, (shapes: readonly CommandShape[]) => string>> = { bash, zsh, fish };

/** Addresses of documents, and of the log if it is a folder. Empty if they cannot be read. */
async function addresses(host: Host, source: Source): Promise<readonly string[]> {
  const unheard = (): void => undefined;
  const found = new Set<string>();
  try {
    const project = await openProject(host, source, unheard);
    for (const { ref } of project.documents) found.add(formatRef(ref));
    if (!isDatabase(project.config.store)) {
      const { recall } = await withStore(project, unheard, (store) => store.state());
      for (const address of recall.resources.keys()) found.add(address);
    }
  } catch {
    // A completion is silent: the command itself says what is wrong.
  }
  // A name with characters that the shell would expand is not offered.
  return [...found].filter((address) => /^[\w./:@-]+$/u.test(address)).sort(compareText);
}

export const completion = command({
  name: 'completion',
  summary: 'Print a shell completion script.',
  words: { shell: { ...optional('Shell that reads the script.'), choices: SHELLS } },
  options: { ...where, addresses: { ...flag('Print addresses of documents and of the log.'), hidden: true } },
  call: async ({ flags, words: { shell: name }, host, source, print, program }) => {
    if (flags.addresses === true) {
      for (const address of await addresses(host, source)) print(`${address}\n`);
      return 'ok';
    }
    const shell = SHELLS.find((each) => each === name);
    if (shell === undefined) throw new InputError(`Name the shell: ${SHELLS.join(', ')}`);
    print(SCRIPTS[shell](shapesOf(await program())));
    return 'ok';
  },
});
