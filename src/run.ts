/** Runs one command in this process: its exit code, what it printed and how it ends are settled here. */

import { openOutput } from './output.ts';
import type { PluginLoaders } from './plugins.ts';
import type { Main, Shell } from './shell.ts';
import { bugText } from './version.ts';

/** What there is to run; `plugins` takes the place of those that fettle comes with. */
export interface Program {
  readonly main: Main;
  readonly plugins?: PluginLoaders;
}

/** How long something that is still open (a call that was given up) may keep a process that is done. */
const lingerMs = 200;

/** Sets `process.exitCode`; the process ends when nothing is left to do, and soon after in any case. */
export async function run(load: () => Promise<Program>): Promise<void> {
  const shell = processShell();
  // An event loop that runs dry before the command has answered must not look like success.
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

/** What Node.js would write to standard error by itself goes the way of all output: it may quote what came from outside. */
function throughShell(shell: Shell): void {
  // Without a listener of Node.js's own, warnings are turned off.
  if (process.listenerCount('warning') > 0) {
    process.removeAllListeners('warning');
    process.on('warning', ({ name, message }) => shell.stderr.write(`warning: ${name}: ${message}\n`));
  }
  process.on('uncaughtException', (error) => {
    shell.stderr.write(bugText(error));
    process.exit(1);
  });
}

/** Ends with `code`, unless what was printed is lost. */
export function finish(shell: Pick<Shell, 'stdout' | 'stderr'>, code: number): void {
  // A stream to a terminal or device reports on the next tick.
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
    exit: (code) => process.exit(code),
  };
}
