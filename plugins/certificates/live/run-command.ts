/** Runs a command line that the configuration allows: no shell, no input, a deadline, and its last words where it fails. */

import { spawn } from 'node:child_process';

/** How much of what a command says is kept, of its end. */
const KEPT_BYTES = 4096;
const LAST_WORDS = 300;
/** From asking it to end to ending it. */
const GRACE_MS = 5000;
/** How long what it still says is waited for once it has ended: a process that it left running may hold the pipe for ever. */
const DRAIN_MS = 200;

export interface Command {
  /** The program, and its arguments. */
  readonly words: readonly string[];
  /** Where it runs, and what a relative program is relative to. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A command line for a reader. */
export function commandText(words: readonly string[]): string {
  return words.map((word) => (/^[\w./:=@%+,-]+$/u.test(word) ? word : JSON.stringify(word))).join(' ');
}

/** The last line that says something, without what would move a terminal's cursor. */
function lastWords(output: string): string {
  const last = output
    .split('\n')
    .map((line) => line.replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ').trim())
    .findLast((line) => line !== '');
  if (last === undefined) return '';
  return `: ${last.length > LAST_WORDS ? `${last.slice(0, LAST_WORDS)}…` : last}`;
}

/** Sends a signal to a process and all that it started; gives nothing where they are gone. */
function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

/**
 * Runs a command to its end. Throws where it can't be started, where it ends with another code than 0, and where its
 * time is up or the signal fires: then it and what it started is ended, and nothing of it runs on.
 */
export async function runCommand({ words, folder, env, timeoutMs, signal }: Command): Promise<void> {
  const [program = '', ...args] = words;
  signal.throwIfAborted();
  const text = commandText(words);
  await new Promise<void>((resolve, reject) => {
    // A group of its own: all of it can be ended, and a Ctrl-C that means this run does not tear it in the middle.
    const child = spawn(program, args, { cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let cut: Error | undefined;
    let kill: NodeJS.Timeout | undefined;
    const hear = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-KEPT_BYTES);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    const end = (why: Error): void => {
      if (cut !== undefined) return;
      cut = why;
      killGroup(child.pid, 'SIGTERM');
      kill = setTimeout(() => killGroup(child.pid, 'SIGKILL'), GRACE_MS);
    };
    const timer = setTimeout(() => end(new Error(`${text} did not end within ${timeoutMs / 1000} s`)), timeoutMs);
    const onAbort = (): void => end(new Error(`${text} was ended, because the run was stopped`));
    signal.addEventListener('abort', onAbort, { once: true });
    let settled = false;
    const settle = (error: Error | undefined): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      clearTimeout(kill);
      signal.removeEventListener('abort', onAbort);
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
