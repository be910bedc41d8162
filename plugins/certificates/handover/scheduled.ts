/** Command lines of ACME clients in schedulers: cron and systemd. Lines are read, and never run. */

import type { SettingsFiles } from './forms.ts';

/** A scheduled run of a program: its options, without leading dashes, and its other words. */
export interface ScheduledRun {
  /** The last value of each option; empty for one without a value. */
  readonly options: ReadonlyMap<string, string>;
  /** All values of options that can be repeated, by name. */
  readonly all: ReadonlyMap<string, readonly string[]>;
  readonly words: readonly string[];
  /** Path of the scheduler's file. */
  readonly file: string;
}

type Run = Omit<ScheduledRun, 'file'>;

const SCHEDULER = /(?:\/cron\.(?:d|hourly|daily|weekly|monthly)\/[^/]+|\/crontabs?(?:\/[^/]+)?|\.service)$/u;
/** Words between two commands of a shell. */
const SEPARATOR = /^(?:&&|\|\||[;|&]|\d*>>?|<)/u;
const MOST_LINES = 5000;

/** The words of a line in the notation of a shell; a value that a shell would compute is undefined. */
function shellWords(line: string): readonly (string | undefined)[] {
  const parts = line.match(/(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\])+/gu) ?? [];
  return parts.map((part) => {
    let isComputed = false;
    const text = part.replace(
      /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^'"\\]+)/gu,
      (_all, single?: string, double?: string, escaped?: string, plain?: string) => {
        isComputed ||= /[$`]/u.test(double ?? plain ?? '');
        return single ?? double?.replace(/\\(.)/gu, '$1') ?? escaped ?? plain ?? '';
      },
    );
    return isComputed ? undefined : text;
  });
}

function runOf(words: readonly (string | undefined)[], switches: ReadonlySet<string>): Run {
  const options = new Map<string, string>();
  const all = new Map<string, string[]>();
  const rest: string[] = [];
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i];
    if (word === undefined) continue;
    const [, name, , inline] = /^--?([A-Za-z][\w.-]*)(=(.*))?$/su.exec(word) ?? [];
    if (name === undefined) {
      rest.push(word);
      continue;
    }
    const next = words[i + 1];
    const takesNext =
      inline === undefined && !switches.has(name) && i + 1 < words.length && next?.startsWith('-') !== true;
    if (takesNext) i += 1;
    // A computed value is unknown: the option counts as absent.
    if (takesNext && next === undefined) continue;
    const value = inline ?? (takesNext ? (next ?? '') : '');
    options.set(name, value);
    const values = all.get(name);
    if (values === undefined) all.set(name, [value]);
    else values.push(value);
  }
  return { options, all, words: rest };
}

/** The words of each command of a line. */
function commandsIn(words: readonly (string | undefined)[]): readonly (readonly (string | undefined)[])[] {
  const commands: (string | undefined)[][] = [[]];
  for (const word of words)
    if (word !== undefined && SEPARATOR.test(word)) commands.push([]);
    else commands.at(-1)?.push(word);
  return commands;
}

/** The runs of a program in a line, also within the argument of another shell. */
function runsIn(line: string, program: string, switches: ReadonlySet<string>, depth = 0): readonly Run[] {
  const words = shellWords(line);
  const inner = depth > 1 ? [] : words.filter((word) => word !== undefined && /\s/u.test(word));
  const found = inner.flatMap((word) => runsIn(word ?? '', program, switches, depth + 1));
  const starts = (word: string | undefined): boolean => word === program || word?.endsWith(`/${program}`) === true;
  const runs = commandsIn(words).flatMap((command) => {
    const at = command.findIndex(starts);
    return at < 0 ? [] : [runOf(command.slice(at + 1), switches)];
  });
  return [...found, ...runs];
}

/** The runs of a program that schedulers start. `switches`: its options without a value. */
export function scheduledRuns(
  { texts }: SettingsFiles,
  program: string,
  switches: ReadonlySet<string>,
): readonly ScheduledRun[] {
  return [...texts]
    .filter(([path]) => SCHEDULER.test(path))
    .flatMap(([file, text]) =>
      text
        .replaceAll(/\\\n/gu, ' ')
        .split('\n', MOST_LINES)
        .filter((line) => !/^\s*#/u.test(line))
        .flatMap((line) => runsIn(line.replace(/^\s*ExecStart=[-@:+!]*/u, ''), program, switches))
        .map((run) => ({ ...run, file })),
    );
}
