/** Flags that several commands share: their names, their environment variables, and what they become. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { addressMatcher } from '../engine/address-glob.ts';
import { type Cause, type Override, parseRef } from '#plugin';
import { CAUSES } from '../engine/causes.ts';
import type { Shell } from '../shell.ts';

/** A mistake on the command line: one sentence for the user, exit code 1. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Values of all flags as commander gives them; a command declares only those that it has. */
export interface Flags {
  readonly config?: string;
  readonly chdir?: string;
  readonly target?: readonly string[];
  readonly exclude?: readonly string[];
  readonly cause?: readonly Cause[];
  readonly format?: 'text' | 'json' | 'markdown';
  readonly json?: boolean;
  readonly detail?: boolean;
  readonly detailedExitcode?: boolean;
  readonly failOn?: readonly string[];
  readonly allowRejected?: boolean;
  readonly parallelism?: number;
  readonly lockTimeout?: number;
  readonly override?: readonly string[];
  readonly reason?: readonly string[];
  readonly maxRemovals?: number;
  readonly out?: string;
  readonly yes?: boolean;
  readonly input?: string;
  readonly color?: string | boolean;
  readonly head?: string;
}

function list(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

function commaList(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), ...value.split(',').map((item) => item.trim())];
}

const FAIL_ON = ['changes', 'drift', 'findings', 'rejected'];

function failOn(value: string, before: readonly string[] | undefined): readonly string[] {
  const names = commaList(value, before);
  const wrong = names.find((name) => !FAIL_ON.includes(name));
  if (wrong !== undefined) throw new InvalidArgumentError(`"${wrong}" is none of ${FAIL_ON.join(', ')}.`);
  return names;
}

function causeList(value: string, before: readonly Cause[] | undefined): readonly Cause[] {
  const names = commaList(value, before);
  const wrong = names.find((name) => !(CAUSES as readonly string[]).includes(name));
  if (wrong !== undefined) throw new InvalidArgumentError(`"${wrong}" is not a cause. Causes: ${CAUSES.join(', ')}.`);
  return names as readonly Cause[];
}

/** A whole number of at least `least`. */
export function wholeNumber(least: number): (value: string) => number {
  return (value) => {
    if (!/^\d{1,9}$/u.test(value) || Number(value) < least)
      throw new InvalidArgumentError(`It must be a whole number, ${least} at least.`);
    return Number(value);
  };
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `30s`, `5m`, `1h`, `500ms` in ms. */
export function duration(value: string): number {
  const found = /^(\d{1,9})(ms|s|m|h)$/u.exec(value);
  if (found === null) throw new InvalidArgumentError('It must be a time such as 30s, 5m or 1h.');
  return Number(found[1]) * (UNITS[found[2] ?? 's'] ?? 1000);
}

const LONG_UNITS: Readonly<Record<string, number>> = { ...UNITS, d: 86_400_000 };

/** An instant, or how long ago (`24h`, `7d`), as epoch ms. */
export function pointInTime(now: number): (value: string) => number {
  return (value) => {
    const ago = /^(\d{1,9})(ms|s|m|h|d)$/u.exec(value);
    if (ago !== null) return now - Number(ago[1]) * (LONG_UNITS[ago[2] ?? 's'] ?? 1000);
    const at = /^\d{4}-\d{2}-\d{2}/u.test(value) ? Date.parse(value) : Number.NaN;
    if (Number.isNaN(at))
      throw new InvalidArgumentError('It must be a time like 2026-11-20T14:30:10Z, or 24h for a day ago.');
    return at;
  };
}

export const shared = {
  config: () => new Option('--config <file>', 'the configuration; by default fettle.yaml, looked for upward'),
  chdir: () => new Option('--chdir <dir>', 'work in this folder; other paths on the line are relative to it'),
  target: () => new Option('--target <address>', 'only these addresses (globs; repeatable)').argParser(list),
  exclude: () => new Option('--exclude <address>', 'all but these addresses (globs; repeatable)').argParser(list),
  cause: () =>
    new Option('--cause <list>', `only changes of these causes (comma-separated): ${CAUSES.join(', ')}`).argParser(
      causeList,
    ),
  /** `more`: formats that not every command has. */
  format: (...more: readonly 'markdown'[]) =>
    new Option('--format <format>', 'how to print').choices(['text', 'json', ...more]).default('text'),
  json: () => new Option('--json', 'a stream of events, one JSON object a line').conflicts('format'),
  detail: () => new Option('--detail', 'every field of every row'),
  detailedExitcode: () => new Option('--detailed-exitcode', 'exit 2 when there are changes'),
  failOn: () =>
    new Option('--fail-on <what>', `exit 2 or 3 on ${FAIL_ON.join(', ')} (comma-separated)`).argParser(failOn),
  parallelism: () => new Option('--parallelism <n>', 'actions at once').argParser(wholeNumber(1)),
  lockTimeout: () =>
    new Option('--lock-timeout <time>', 'how long to wait for the lock (30s, 5m)').argParser(duration).default(0, '0s'),
  override: () =>
    new Option('--override <rule@address>', 'let one rule pass on one address; needs --reason (repeatable)').argParser(
      list,
    ),
  reason: () =>
    new Option('--reason <text>', 'why: one for all overrides, or one each, in their order').argParser(list),
  maxRemovals: () =>
    new Option(
      '--max-removals <n>',
      'allow so many removals of each kind, 0 for none, whatever safety.removals says; needs --reason',
    ).argParser(wholeNumber(0)),
  color: () => new Option('--color <when>', 'auto, always or never').choices(['auto', 'always', 'never']),
  noColor: () => new Option('--no-color', 'the same as --color=never'),
} as const;

/** Variables that would set a flag which is a decision of the moment, and the flag to use: under any of its names. */
const NOT_FROM_ENVIRONMENT = {
  FETTLE_YES: '--yes',
  FETTLE_Y: '--yes',
  FETTLE_AUTO_APPROVE: '--yes',
  FETTLE_OVERRIDE: '--override',
  FETTLE_REASON: '--reason',
  FETTLE_MAX_REMOVALS: '--max-removals',
  FETTLE_PLAN_DIGEST: '--plan-digest',
} as const satisfies Readonly<Record<`FETTLE_${string}`, `--${string}`>>;

/**
 * Throws where the environment names a flag that it may not set, also with an empty value: who sets one relies on it,
 * so it is never ignored.
 */
export function refuseDecisions(env: Shell['env']): void {
  for (const [name, flag] of Object.entries(NOT_FROM_ENVIRONMENT))
    if (env[name] !== undefined)
      throw new UsageError(
        `${name} is set in the environment, which cannot decide that. Use ${flag} on the command line.`,
      );
}

/** Variables of earlier versions, and what says the same now. */
const RENAMED = {
  FETTLE_WORKLOADS_ORIGIN: 'FETTLE_PROVIDER_ORIGINS',
} as const;

/** Throws where the environment has a variable that nothing reads any more: who set it relies on it. */
export function refuseRenamed(env: Shell['env']): void {
  for (const [name, now] of Object.entries(RENAMED))
    if (env[name] !== undefined) throw new UsageError(`${name} is not read any more. Set ${now} instead.`);
}

/** Sets flags that are not on the line from `FETTLE_…` (`FETTLE_LOCK_TIMEOUT=30s`), by the same parsers. */
export function fromEnvironment(command: Command, env: Shell['env']): void {
  for (const option of command.options) {
    const key = option.attributeName();
    const name = `FETTLE_${option.name().replace(/^no-/u, 'no_').replaceAll('-', '_').toUpperCase()}`;
    const value = env[name];
    if (value === undefined || value === '') continue;
    if (command.getOptionValueSource(key) === 'cli') continue;
    command.setOptionValueWithSource(key, environmentValue(option, name, value), 'env');
  }
}

/** Whether a stream of events is asked for: `--json` on the line, or `FETTLE_JSON` where the line names no format. */
export function wantsEvents(command: Command): boolean {
  if (command.getOptionValue('json') !== true) return false;
  if (command.getOptionValueSource('json') === 'cli') return true;
  const format = command.getOptionValueSource('format');
  if (format === 'env') throw new UsageError('FETTLE_JSON and FETTLE_FORMAT exclude each other');
  return format !== 'cli';
}

function environmentValue(option: Option, name: string, value: string): unknown {
  if (option.isBoolean() || option.negate) {
    if (!['1', 'true', '0', 'false'].includes(value)) throw new UsageError(`${name} must be true or false`);
    return (value === '1' || value === 'true') !== option.negate;
  }
  if (option.argChoices !== undefined && !option.argChoices.includes(value))
    throw new UsageError(`${name} must be one of ${option.argChoices.join(', ')}`);
  try {
    return option.parseArg === undefined ? value : option.parseArg(value, undefined);
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw new UsageError(`${name}: ${error.message}`);
    throw error;
  }
}

/** Overrides and the limit of removals, each with its reason. */
export function overridesOf(flags: Flags): {
  readonly overrides: readonly Override[];
  readonly maxRemovals?: { readonly count: number; readonly reason: string };
} {
  const wanted = flags.override ?? [];
  const reasons = flags.reason ?? [];
  const needed = wanted.length + (flags.maxRemovals === undefined ? 0 : 1);
  if (needed > 0 && reasons.length === 0) throw new UsageError('an override needs --reason "…": it is recorded');
  if (reasons.length > 1 && reasons.length !== needed)
    throw new UsageError(`${reasons.length} reasons are given for ${needed} overrides: give one for all, or one each`);
  if (reasons.some((reason) => reason.trim() === '')) throw new UsageError('--reason is empty');
  if (needed === 0 && reasons.length > 0) throw new UsageError('--reason belongs to --override or --max-removals');
  const overrides = wanted.map((text, i) => {
    const at = text.indexOf('@');
    const rule = text.slice(0, at);
    const address = text.slice(at + 1);
    if (at < 1 || parseRef(address) === undefined)
      throw new UsageError(
        `--override ${text}: it must be RULE@ADDRESS, such as protected@certificates/Certificate/www`,
      );
    if (/[*?]/u.test(address)) throw new UsageError(`--override ${text}: one rule on one address, no pattern`);
    return { rule, address, reason: reasons[i] ?? reasons[0] ?? '' };
  });
  const last = reasons.at(-1) ?? '';
  return flags.maxRemovals === undefined
    ? { overrides }
    : { overrides, maxRemovals: { count: flags.maxRemovals, reason: last } };
}

/** The test that `--target` and `--exclude` make; undefined when all is meant. */
export function withinOf(flags: Flags): ((address: string) => boolean) | undefined {
  const targets = (flags.target ?? []).map((glob) => addressMatcher(glob));
  const excludes = (flags.exclude ?? []).map((glob) => addressMatcher(glob));
  if (targets.length === 0 && excludes.length === 0) return undefined;
  return (address) =>
    (targets.length === 0 || targets.some((test) => test(address))) && !excludes.some((test) => test(address));
}

/** Whether to colour: the flag, then NO_COLOR and FORCE_COLOR, then whether it is a terminal. */
export function wantsColor(flags: Flags, shell: Shell): boolean {
  if (flags.color === false || flags.color === 'never') return false;
  if (flags.color === 'always') return true;
  if ((shell.env.NO_COLOR ?? '') !== '') return false;
  if ((shell.env.FORCE_COLOR ?? '') !== '' && shell.env.FORCE_COLOR !== '0') return true;
  return shell.stdout.isTTY && shell.env.TERM !== 'dumb';
}
