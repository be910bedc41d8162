/** Options and arguments that several commands share, and their parsers. */

import { InvalidArgumentError } from 'commander';
import { CAUSES } from '../engine/causes.ts';
import { type Cause, type CommandWord, durationMs, InputError, parseRef, pointInTime } from '#plugin';
import { FAIL_ON, type FailOn } from '../run/ending.ts';
import type { Passes, Selection } from '../run/selection.ts';
import type { Option } from './command.ts';

type Extra = Pick<Option, 'short' | 'conflicts'>;

export function flag(summary: string, more: Extra = {}): Option<boolean | undefined> {
  return { summary, ...more };
}

export function text(value: string, summary: string, more: Extra = {}): Option<string | undefined> {
  return { summary, value, ...more };
}

export function parsed<T>(
  value: string,
  parse: (text: string, before: T | undefined, now: number) => T,
  summary: string,
): Option<T | undefined> {
  return { summary, value, parse };
}

export function parsedOr<T>(
  value: string,
  parse: (text: string) => T,
  summary: string,
  initial: T,
  initialText?: string,
): Option<T> {
  return { summary, value, parse, initial, ...(initialText === undefined ? {} : { initialText }) };
}

export function choice<const T extends string>(
  value: string,
  choices: readonly T[],
  summary: string,
): Option<T | undefined> {
  return { summary, value, choices };
}

/** A repeatable option. */
export function many(value: string, summary: string): Option<readonly string[] | undefined> {
  return { summary, value, parse: (each, before) => [...(before ?? []), each] };
}

/** Comma-separated names of a fixed set; repeatable. */
function namesAmong<const T extends string>(
  value: string,
  known: readonly T[],
  named: { readonly one: string; readonly all: string },
  summary: string,
): Option<readonly T[] | undefined> {
  const parse = (each: string, before: readonly T[] | undefined): readonly T[] => {
    const names = each.split(',').map((name) => {
      const found = known.find((one) => one === name.trim());
      if (found !== undefined) return found;
      throw new InvalidArgumentError(`"${name.trim()}" is not ${named.one}. ${named.all}: ${known.join(', ')}.`);
    });
    return [...(before ?? []), ...names];
  };
  return { summary, value, parse };
}

/** Comma-separated values. */
export function commaList(value: string, summary: string): Option<readonly string[] | undefined> {
  return { summary, value, parse: (each) => each.split(',') };
}

/** An integer of at least `least`. */
export function wholeNumber(least: number): (value: string) => number {
  return (value) => {
    if (!/^\d{1,9}$/u.test(value) || Number(value) < least)
      throw new InvalidArgumentError(`Expected an integer of at least ${least}.`);
    return Number(value);
  };
}

/** Longest duration: a longer one is a mistake, and overflows a timer. */
const LONGEST_MS = 365 * 86_400_000;

/** `30s`, `5m`, `7d`, as in the configuration; in ms. */
export function duration(value: string): number {
  const ms = durationMs(value);
  if (Number.isNaN(ms) || ms > LONGEST_MS)
    throw new InvalidArgumentError('Expected a duration such as 30s, 5m, 1h or 7d, at most 365d.');
  return ms;
}

/** Parses a timestamp or an age (`24h`, `7d`) to epoch ms. */
export function pastTime(value: string, _before: number | undefined, now: number): number {
  const at = pointInTime(value, now);
  if (Number.isNaN(at))
    throw new InvalidArgumentError('Expected a timestamp such as 2026-11-20T14:30:10Z, or an age such as 24h.');
  return at;
}

export const chdir = text('<dir>', 'Run in this folder; paths of other options are relative to it.');

export const where = {
  chdir,
  config: text('<file>', 'Configuration file. Default: fettle.yaml here or in a parent folder.'),
};

const color: Option<'auto' | 'always' | 'never' | false | undefined> = {
  summary: 'Color the output.',
  value: '<when>',
  choices: ['auto', 'always', 'never'],
  negated: 'Same as --color=never.',
};

const format = { summary: 'Output format.', value: '<format>' };

/** Options of a command that prints text or JSON. */
export const shown = {
  format: { ...format, choices: ['text', 'json'], initial: 'text' } as Option<'text' | 'json'>,
  color,
};

/** Options of a command that also prints Markdown. */
export const rendered = {
  format: { ...format, choices: ['text', 'json', 'markdown'], initial: 'text' } as Option<'text' | 'json' | 'markdown'>,
  color,
  detail: flag('Show all fields of every row.'),
};

export const stream = {
  json: flag('Print events, one JSON object per line.', { conflicts: ['format'] }),
};

export const selection = {
  target: many('<address>', 'Only include these addresses (glob, or label=NAME:VALUE; repeatable).'),
  exclude: many('<address>', 'Exclude these addresses (glob, or label=NAME:VALUE; repeatable).'),
};

export const causes = {
  cause: namesAmong(
    '<list>',
    CAUSES,
    { one: 'a cause', all: 'Causes' },
    `Only include changes with these causes (comma-separated): ${CAUSES.join(', ')}`,
  ),
};

export const reason = { reason: many('<text>', 'Reason for the log.') };

const overrideReason = {
  reason: many('<text>', 'Reason for the log: one for all overrides, or one per override in their order (repeatable).'),
};

export const passes = {
  override: many('<rule@address>', 'Override one rule for one address; requires --reason (repeatable).'),
  maxRemovals: parsed(
    '<n>',
    wholeNumber(0),
    'Maximum number of removals per kind, instead of safety.removals; requires --reason.',
  ),
  ...overrideReason,
};

export const failOn = namesAmong(
  '<list>',
  FAIL_ON,
  { one: 'a value of --fail-on', all: 'Values' },
  `Reasons to exit with 2, with 3 for rejected, or with 4 for gaps (comma-separated): ${FAIL_ON.join(', ')}. ` +
    'Default of drift: drift,findings. findings are errors and critical ones; warnings include both.',
);

export const failing = {
  detailedExitcode: flag('Exit 2 if there are changes.'),
  failOn,
};

export const locking = {
  lockTimeout: parsedOr('<time>', duration, 'Time to wait for the lock (30s, 5m).', 0, '0s'),
};

const input: Option<'true' | 'false' | undefined> = {
  summary: 'Set to false to fail instead of asking for approval.',
  value: '<answer>',
  choices: ['true', 'false'],
};

/** Options of a command that asks for approval. */
export const asking = { yes: flag('Approve without asking.', { short: 'y' }), input };

/** Options of every command: scripts pass `--input=false` to commands that never ask, too. */
export const always = { input: { ...input, hidden: true } as const };

/** The argument of a command about one resource. */
export const address: CommandWord<'required'> = {
  summary: 'Address, for example certificates/Certificate/www.',
  as: 'required',
};

export function required(summary: string): CommandWord<'required'> {
  return { summary, as: 'required' };
}

export function optional(summary: string): CommandWord<'optional'> {
  return { summary, as: 'optional' };
}

/** Any number of arguments; `some`: at least one. */
export function rest(summary: string, as: 'rest' | 'some' = 'rest'): CommandWord<'rest' | 'some'> {
  return { summary, as };
}

/** Returns the selection that the flags make. */
export function selectionOf(flags: {
  readonly target?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly cause?: readonly Cause[] | undefined;
}): Selection {
  return { target: flags.target, exclude: flags.exclude, causes: flags.cause };
}

/** Returns the conditions under which the command exits with 2, 3 or 4. */
export function failOnOf({ failOn, detailedExitcode }: FailOn): FailOn {
  return { failOn, detailedExitcode };
}

/** Returns overrides and the limit of removals, each with its reason. Throws InputError. */
export function passesOf(flags: {
  readonly override?: readonly string[] | undefined;
  readonly maxRemovals?: number | undefined;
  readonly reason?: readonly string[] | undefined;
}): Passes {
  const wanted = flags.override ?? [];
  const reasons = flags.reason ?? [];
  const needed = wanted.length + (flags.maxRemovals === undefined ? 0 : 1);
  if (needed > 0 && reasons.length === 0)
    throw new InputError('--override and --max-removals require --reason "…", which is recorded in the log');
  if (reasons.length > 1 && reasons.length !== needed)
    throw new InputError(
      `Got ${reasons.length} reasons for ${needed} overrides. Give one for all, or one per override`,
    );
  if (reasons.some((each) => each.trim() === '')) throw new InputError('--reason is empty');
  if (needed === 0 && reasons.length > 0) throw new InputError('--reason requires --override or --max-removals');
  const overrides = wanted.map((given, i) => {
    const at = given.indexOf('@');
    const rule = given.slice(0, at);
    const target = given.slice(at + 1);
    if (at < 1 || parseRef(target) === undefined)
      throw new InputError(
        `--override ${given}: expected RULE@ADDRESS, for example protected@certificates/Certificate/www`,
      );
    if (/[*?]/u.test(target))
      throw new InputError(`--override ${given}: expected one rule and one address, without a pattern`);
    return { rule, address: target, reason: reasons[i] ?? reasons[0] ?? '' };
  });
  const last = reasons.at(-1) ?? '';
  return flags.maxRemovals === undefined
    ? { overrides }
    : { overrides, maxRemovals: { count: flags.maxRemovals, reason: last } };
}
