/**
 * `#plugin/command-environment`: the environment of a command that a document names. The author of a pull request may have
 * written the command, so no token, key or address of fettle's own environment reaches it. Pure.
 */

import { InputError } from './errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Names further variables that commands get, separated by commas. Only the host sets it. */
export const COMMAND_ENV = 'FETTLE_COMMAND_ENV';

/** Variables that programs expect on every machine. */
const USUAL: ReadonlySet<string> = new Set([
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LANGUAGE',
  'TZ',
  'TMPDIR',
]);

/** True for a variable that programs expect on every machine: a path, a language, a user, never a secret. */
export function isUsualVariable(name: string): boolean {
  return USUAL.has(name) || name.startsWith('LC_');
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/u;

function namedBy(env: Environment): ReadonlySet<string> {
  const names = (env[COMMAND_ENV] ?? '').split(',').map((name) => name.trim());
  const given = names.filter((name) => name !== '');
  const wrong = given.findIndex((name) => !NAME.test(name));
  if (wrong >= 0)
    throw new InputError(
      `name ${wrong + 1} in ${COMMAND_ENV} is not valid. Use names of variables, separated by commas`,
    );
  return new Set(given);
}

/**
 * The usual variables of `env`, and those that the host names in `FETTLE_COMMAND_ENV`. Throws an InputError for a
 * name that is not valid.
 */
export function commandEnvironment(env: Environment): Readonly<Record<string, string | undefined>> {
  const named = namedBy(env);
  const given = Object.entries(env).filter(([name]) => isUsualVariable(name) || named.has(name));
  return Object.fromEntries(given);
}
