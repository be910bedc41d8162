/** `FETTLE_LOG`: logs the work of a command to standard error or to the file `FETTLE_LOG_PATH`. */

import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { instantText, printable, redactor, secretsOf } from '#plugin';
import { inert } from '../plugin/printable.ts';
import { listenToContacts } from '../net/contacts.ts';
import type { Shell } from '../shell.ts';
import { version } from '../version.ts';
import { InputError } from '#plugin';

const LEVELS = ['off', 'error', 'warn', 'info', 'debug', 'trace'] as const;
type Level = (typeof LEVELS)[number];

/**
 * Starts the log of one command. Returns a function that ends it with the exit code. Throws InputError for an unknown
 * level, and the system's error if the file cannot be written.
 */
export function startLog(command: string, shell: Shell): (code: number) => void {
  const { FETTLE_LOG: wanted = '', FETTLE_LOG_PATH: path = '' } = shell.env;
  const most = LEVELS.indexOf(wanted as Level);
  if (most < 0) throw new InputError(`FETTLE_LOG is "${wanted}". Levels: ${LEVELS.join(', ')}`);
  const redact = redactor(secretsOf(shell.env));
  const flag = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  const write = (line: string): void => {
    if (path === '') return shell.stderr.write(line);
    const file = openSync(path, flag, 0o600);
    writeSync(file, inert(line));
    closeSync(file);
  };
  const say = (level: Exclude<Level, 'off'>, text: string): void => {
    if (LEVELS.indexOf(level) > most) return;
    write(`${instantText(shell.now())} ${level.toUpperCase().padEnd(5)} ${printable(redact(text))}\n`);
  };
  const begun = performance.now();
  say('info', `fettle ${version}: ${command}`);
  const end = listenToContacts(({ level, text }) => say(level, text));
  return (code) => {
    end();
    say(code === 0 ? 'info' : 'error', `${command}: exit ${code} after ${Math.round(performance.now() - begun)} ms`);
  };
}
