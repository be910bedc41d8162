/** Runs one command in this process, and decides its exit code and its end. */

import { openOutput } from './output.ts';
import type { PluginLoaders } from './plugins.ts';
import type { Main, Shell } from './shell.ts';
import { bugText } from './version.ts';

/** The program of the process. `plugins` replaces the built-in ones. */
export interface Program {
  readonly main: Main;
  readonly plugins?: PluginLoaders;
}

/** Longest time that an open handle, such as that of a cancelled call, can keep the process alive after the command. */
const lingerMs = 200;

/** Runs the command and sets `process.exitCode`. The process ends when no handle is open, or after `lingerMs`. */
export async function run(load: () => Promise<Program>): Promise<void> {
  const shell = processShell();
  // If the event loop ends before the command has a result, the process must not succeed.
  process.exitCode = 1;
  const dry = (): void => shell.stderr.write(bugText('the command ended without a result'));
  process.once('beforeExit', dry);
  throughShell(shell);
  let code: number;
  try {
    const { main, plugins } = await load();
    code = await main(process.argv.slice(2), plugins === undefined ? shell : { ...shell, plugins });
  } catch (error) {
    code = 1;
    shell.stderr.write(bugText(error));
  }
  process.off('beforeExit', dry);
  finish(shell, code);
}

/** Sends warnings and errors of Node.js through the escaping of all output, as they may quote text from outside. */
function throughShell(shell: Shell): void {
  // If Node.js has no listener, warnings are turned off.
  if (process.listenerCount('warning') > 0) {
    process.removeAllListeners('warning');
    process.on('warning', ({ name, message }) => shell.stderr.write(`warning: ${name}: ${message}\n`));
  }
  process.on('uncaughtException', (error) => {
    shell.stderr.write(bugText(error));
    process.exit(1);
  });
}

/** Ends the process with `code`; with 1 if output was lost. */
export function finish(shell: Pick<Shell, 'stdout' | 'stderr'>, code: number): void {
  // A stream to a terminal or device reports errors on the next tick.
  setImmediate(() => {
    const lost = shell.stdout.failure();
    if (lost !== undefined) shell.stderr.write(`error: standard output: ${lost.message}\n`);
    process.exitCode = code === 0 && lost !== undefined ? 1 : code;
    // Node.js would take down its heap before it ends.
    process.once('beforeExit', () => process.exit());
    setTimeout(() => process.exit(), lingerMs).unref();
  });
}

function processShell(): Shell {
  return {
    stdout: openOutput(1),
    stderr: openOutput(2),
    stdin: () => process.stdin,
    env: process.env,
    cwd: () => process.cwd(),
    now: () => Date.now(),
    onSignal: (take) => {
      process.on('SIGINT', take).on('SIGTERM', take);
      return () => process.off('SIGINT', take).off('SIGTERM', take);
    },
    onHangup: (take) => {
      process.on('SIGHUP', take);
      return () => process.off('SIGHUP', take);
    },
    ...(process.argv[1] === undefined ? {} : { program: process.argv[1] }),
    ...(process.send === undefined ? {} : { toParent, fromParent, parentEnded, messages }),
    exit: (code) => process.exit(code),
  };
}

/** Rejects if the parent ends before. */
function fromParent(): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const lost = (): void => reject(new Error('the process that started this one has ended'));
    process.once('disconnect', lost);
    process.once('message', (message) => {
      process.off('disconnect', lost);
      resolve(message);
    });
  });
}

async function* messages(): AsyncIterable<unknown> {
  // The entry point imports nothing.
  const events = process.getBuiltinModule('node:events');
  for await (const [message] of events.on(process, 'message', { close: ['disconnect'] })) yield message;
}

/** Settles when the parent has ended. */
function parentEnded(): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.once('disconnect', resolve);
    else resolve();
  });
}

/** Ends when the message is on its way. A parent that has ended gets none. */
function toParent(message: object): Promise<void> {
  return new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve()));
}
