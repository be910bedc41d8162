/** The environment of a command line: variables that set options, and variables that must not. */

import { type Command as Parser, InvalidArgumentError, type Option as ParserOption } from 'commander';
import { InputError } from '#plugin';
import type { Shell } from '../shell.ts';

/** Variables that would set a flag that must be given for each run, with that flag. */
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
 * Throws if the environment sets such a flag, also to an empty value. The user relies on the variable, so it is never
 * ignored.
 */
export function refuseDecisions(env: Shell['env']): void {
  for (const [name, flag] of Object.entries(NOT_FROM_ENVIRONMENT))
    if (env[name] !== undefined)
      throw new InputError(`${name} must not be set in the environment. Use ${flag} on the command line.`);
}

/** Variables of earlier versions, with their replacements. */
const RENAMED = {
  FETTLE_WORKLOADS_ORIGIN: 'FETTLE_PROVIDER_ORIGINS',
} as const;

/** Throws if the environment has a variable that is no longer read: the user relies on it. */
export function refuseRenamed(env: Shell['env']): void {
  for (const [name, now] of Object.entries(RENAMED))
    if (env[name] !== undefined) throw new InputError(`${name} is no longer read. Set ${now} instead.`);
}

/** Sets flags that are not on the command line from `FETTLE_…` (`FETTLE_LOCK_TIMEOUT=30s`), with the same parsers. */
export function setFromEnvironment(command: Parser, env: Shell['env']): void {
  for (const option of command.options) {
    const key = option.attributeName();
    const name = `FETTLE_${option.name().replace(/^no-/u, 'no_').replaceAll('-', '_').toUpperCase()}`;
    const value = env[name];
    if (value === undefined || value === '') continue;
    if (command.getOptionValueSource(key) === 'cli') continue;
    command.setOptionValueWithSource(key, environmentValue(option, name, value), 'env');
  }
}

/** Tests if events are requested: by `--json`, or by `FETTLE_JSON` if the command line has no `--format`. */
export function wantsStream(command: Parser): boolean {
  if (command.getOptionValue('json') !== true) return false;
  if (command.getOptionValueSource('json') === 'cli') return true;
  const format = command.getOptionValueSource('format');
  if (format === 'env') throw new InputError('FETTLE_JSON and FETTLE_FORMAT cannot be used together');
  return format !== 'cli';
}

function environmentValue(option: ParserOption, name: string, value: string): unknown {
  if (option.isBoolean() || option.negate) {
    if (!['1', 'true', '0', 'false'].includes(value)) throw new InputError(`${name} must be true or false`);
    return (value === '1' || value === 'true') !== option.negate;
  }
  if (option.argChoices !== undefined && !option.argChoices.includes(value))
    throw new InputError(`${name} must be one of ${option.argChoices.join(', ')}`);
  try {
    return option.parseArg === undefined ? value : option.parseArg(value, undefined);
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw new InputError(`${name}: ${error.message}`);
    throw error;
  }
}
