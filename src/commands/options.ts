/** Options that several commands share, what their texts become, and words. */

import { InvalidArgumentError } from 'commander';
import { CAUSES } from '../engine/causes.ts';
import { type Cause, durationMs, InputError, parseRef } from '#plugin';
import { FAIL_ON, type FailOn } from '../run/ending.ts';
import type { Passes, Selection } from '../run/selection.ts';
import type { Option, Word } from './command.ts';

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

/** May be given several times. */
export function many(value: string, summary: string): Option<readonly string[] | undefined> {
  return { summary, value, parse: (each, before) => [...(before ?? []), each] };
}

/** Names between commas; may be given several times. */
export function namesAmong<const T extends string>(
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

/** Values between commas. */
export function commaList(value: string, summary: string): Option<readonly string[] | undefined> {
  return { summary, value, parse: (each) => each.split(',') };
}

/** A whole number of at least `least`. */
export function wholeNumber(least: number): (value: string) => number {
  return (value) => {
    if (!/^\d{1,9}$/u.test(value) || Number(value) < least)
      throw new InvalidArgumentError(`It must be a whole number, ${least} at least.`);
    return Number(value);
  };
}

/** Longer durations are mistakes, and a timer could not count them. */
const LONGEST_MS = 365 * 86_400_000;

/** `30s`, `5m`, `7d`, as in the configuration; in ms. */
export function duration(value: string): number {
  const ms = durationMs(value);
  if (Number.isNaN(ms) || ms > LONGEST_MS)
    throw new InvalidArgumentError('It must be a duration such as 30s, 5m, 1h or 7d, of 365d at most.');
  return ms;
}

/** An instant, or how long ago (`24h`, `7d`), as epoch ms. */
export function pointInTime(value: string, _before: number | undefined, now: number): number {
  const ago = durationMs(value);
  if (!Number.isNaN(ago)) return now - ago;
  const at = /^\d{4}-\d{2}-\d{2}/u.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(at))
    throw new InvalidArgumentError('It must be a time like 2026-11-20T14:30:10Z, or 24h for a day ago.');
  return at;
}

export const chdir = text('<dir>', 'work in this folder; other paths on the line are relative to it');

export const where = {
  chdir,
  config: text('<file>', 'the configuration; by default fettle.yaml, looked for upward'),
};

const color: Option<'auto' | 'always' | 'never' | false | undefined> = {
  summary: 'auto, always or never',
  value: '<when>',
  choices: ['auto', 'always', 'never'],
  negated: 'the same as --color=never',
};

const format = { summary: 'how to print', value: '<format>' };

/** For a command with text and JSON. */
export const shown = {
  format: { ...format, choices: ['text', 'json'], initial: 'text' } as Option<'text' | 'json'>,
  color,
};

/** For a command with markdown too. */
export const rendered = {
  format: { ...format, choices: ['text', 'json', 'markdown'], initial: 'text' } as Option<'text' | 'json' | 'markdown'>,
  color,
  detail: flag('every field of every row'),
};

export const stream = {
  json: flag('a stream of events, one JSON object a line', { conflicts: ['format'] }),
};

export const selection = {
  target: many('<address>', 'only these addresses (globs; repeatable)'),
  exclude: many('<address>', 'all but these addresses (globs; repeatable)'),
};

export const causes = {
  cause: namesAmong(
    '<list>',
    CAUSES,
    { one: 'a cause', all: 'Causes' },
    `only changes of these causes (comma-separated): ${CAUSES.join(', ')}`,
  ),
};

export const reason = {
  reason: many('<text>', 'why: one for all overrides, or one each, in their order'),
};

export const passes = {
  override: many('<rule@address>', 'let one rule pass on one address; needs --reason (repeatable)'),
  maxRemovals: parsed(
    '<n>',
    wholeNumber(0),
    'allow this many removals of each kind, 0 for none, in place of safety.removals; needs --reason',
  ),
  ...reason,
};

export const failing = {
  detailedExitcode: flag('exit 2 when there are changes'),
  failOn: namesAmong(
    '<what>',
    FAIL_ON,
    { one: 'a value of --fail-on', all: 'Values' },
    `exit 2 or 3 on ${FAIL_ON.join(', ')} (comma-separated)`,
  ),
};

export const locking = {
  lockTimeout: parsedOr('<time>', duration, 'how long to wait for the lock (30s, 5m)', 0, '0s'),
};

export const yes = { yes: flag('do not ask', { short: 'y' }) };

/** The word of a command about one resource. */
export const address: Word<'required'> = { summary: 'such as certificates/Certificate/www', as: 'required' };

export function required(summary: string): Word<'required'> {
  return { summary, as: 'required' };
}

export function optional(summary: string): Word<'optional'> {
  return { summary, as: 'optional' };
}

/** Any number of words; `some`: at least one. */
export function rest(summary: string, as: 'rest' | 'some' = 'rest'): Word<'rest' | 'some'> {
  return { summary, as };
}

/** Which resources and changes the flags select. */
export function selectionOf(flags: {
  readonly target?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly cause?: readonly Cause[] | undefined;
}): Selection {
  return { target: flags.target, exclude: flags.exclude, causes: flags.cause };
}

/** What counts as more than `ok`. */
export function failOnOf(flags: {
  readonly detailedExitcode?: boolean | undefined;
  readonly failOn?: FailOn['failOn'];
}): FailOn {
  return { failOn: [...(flags.failOn ?? []), ...(flags.detailedExitcode === true ? (['changes'] as const) : [])] };
}

/** Overrides and the limit of removals, each with its reason. Throws InputError. */
export function passesOf(flags: {
  readonly override?: readonly string[] | undefined;
  readonly maxRemovals?: number | undefined;
  readonly reason?: readonly string[] | undefined;
}): Passes {
  const wanted = flags.override ?? [];
  const reasons = flags.reason ?? [];
  const needed = wanted.length + (flags.maxRemovals === undefined ? 0 : 1);
  if (needed > 0 && reasons.length === 0) throw new InputError('an override needs --reason "…": it is recorded');
  if (reasons.length > 1 && reasons.length !== needed)
    throw new InputError(`${reasons.length} reasons are given for ${needed} overrides: give one for all, or one each`);
  if (reasons.some((each) => each.trim() === '')) throw new InputError('--reason is empty');
  if (needed === 0 && reasons.length > 0) throw new InputError('--reason belongs to --override or --max-removals');
  const overrides = wanted.map((given, i) => {
    const at = given.indexOf('@');
    const rule = given.slice(0, at);
    const target = given.slice(at + 1);
    if (at < 1 || parseRef(target) === undefined)
      throw new InputError(
        `--override ${given}: it must be RULE@ADDRESS, such as protected@certificates/Certificate/www`,
      );
    if (/[*?]/u.test(target)) throw new InputError(`--override ${given}: one rule on one address, no pattern`);
    return { rule, address: target, reason: reasons[i] ?? reasons[0] ?? '' };
  });
  const last = reasons.at(-1) ?? '';
  return flags.maxRemovals === undefined
    ? { overrides }
    : { overrides, maxRemovals: { count: flags.maxRemovals, reason: last } };
}
