/** Runs a command line that the configuration allows, without a shell or input, under a deadline. */

import { spawn } from 'node:child_process';
import { shortLine } from '#plugin';

/** Number of bytes kept of the end of a command's output. */
const KEPT_BYTES = 4096;
/** Time between SIGTERM and SIGKILL. */
const GRACE_MS = 5000;
/** Time to wait for output after the command has ended; a process that it left running can hold the pipe forever. */
const DRAIN_MS = 200;

export interface Command {
  /** The program and its arguments. */
  readonly words: readonly string[];
  /** The working directory, and the base of a relative program path. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A command line for messages. */
export function commandText(words: readonly string[]): string {
  return words.map((word) => (/^[\w./:=@%+,-]+$/u.test(word) ? word : JSON.stringify(word))).join(' ');
}

/** The last non-empty line of output, without control characters. */
function lastWords(output: string): string {
  const last = output
    .split('\n')
    .map(shortLine)
    .findLast((line) => line !== '');
  return last === undefined ? '' : `: ${last}`;
}

/** Sends a signal to a process group; no effect if it no longer exists. */
function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The process has ended already.
  }
}

/**
 * Runs a command to its end. Throws if it cannot be started, ends with a code other than 0, exceeds its time,
 * or the signal fires. In the last two cases the command and its child processes are ended.
 */
export async function runCommand({ words, folder, env, timeoutMs, signal }: Command): Promise<void> {
  const [program = '', ...args] = words;
  signal.throwIfAborted();
  const text = commandText(words);
  await new Promise<void>((resolve, reject) => {
    // A process group of its own can be ended as a whole, and a Ctrl-C for this run does not interrupt it.
    const child = spawn(program, args, { cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let cut: Error | undefined;
    let kill: NodeJS.Timeout | undefined;
    const hear = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-KEPT_BYTES);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    const either = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const end = (): void => {
      const why = signal.aborted ? 'was ended because the run was stopped' : `did not end within ${timeoutMs / 1000} s`;
      cut = new Error(`${text} ${why}`);
      killGroup(child.pid, 'SIGTERM');
      kill = setTimeout(() => killGroup(child.pid, 'SIGKILL'), GRACE_MS);
    };
    either.addEventListener('abort', end, { once: true });
    let settled = false;
    const settle = (error: Error | undefined): void => {
      if (settled) return;
      settled = true;
      clearTimeout(kill);
      either.removeEventListener('abort', end);
      child.stdout.destroy();
      child.stderr.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    child.on('error', (error: NodeJS.ErrnoException) => {
      settle(new Error(`${text} cannot be started: ${error.code ?? 'unknown'}`, { cause: error }));
    });
    child.on('exit', (code, ended) => {
      const failed =
        code === 0 ? undefined : code === null ? `was ended by ${ended ?? 'a signal'}` : `ended with code ${code}`;
      const done = (): void => {
        if (cut !== undefined) killGroup(child.pid, 'SIGKILL');
        settle(cut ?? (failed === undefined ? undefined : new Error(`${text} ${failed}${lastWords(output)}`)));
      };
      child.once('close', done);
      setTimeout(done, DRAIN_MS).unref();
    });
  });
}
