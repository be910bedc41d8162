/** `#plugin/program`: runs a program without a shell and without a terminal, limited in time and in output. */

import { spawn } from 'node:child_process';
import { raced } from './deadline.ts';
import { codeOf } from './errors.ts';

export interface Program {
  /** A path, or a name to look up in PATH of `env`. */
  readonly file: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Text for its standard input, which is empty by default. */
  readonly input?: string;
  readonly deadlineMs: number;
  /** Limit of its standard output. */
  readonly mostBytes: number;
  /** Number of characters kept of the end of its standard error; 65,536 by default. */
  readonly mostErrors?: number;
  readonly signal: AbortSignal;
}

/** The end of a program. Its texts may contain secrets. */
export type Ended =
  | { readonly how: 'code'; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly how: 'signal'; readonly by: string }
  /** `code` of the system: `ENOENT`. */
  | { readonly how: 'not-started'; readonly code: string }
  | { readonly how: 'late' }
  | { readonly how: 'too-much' };

const MOST_ERRORS = 65_536;
/** Time to wait for output after a program has ended; a process that it left running can hold the pipe forever. */
const DRAIN_MS = 1000;

/** A text without a first line that is cut: a part of a secret would not be recognized. */
function wholeLines(text: string, isCut: boolean): string {
  return isCut ? text.replace(/^.*\n?/u, '') : text;
}

/** Ends a program with its child processes. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The process has ended already.
  }
}

/** Runs a program to its end. Rejects with the signal's reason when it fires; the program is ended then. */
export async function runProgram(program: Program): Promise<Ended> {
  const { file, args, folder, env, input = '', deadlineMs, mostBytes, mostErrors = MOST_ERRORS, signal } = program;
  signal.throwIfAborted();
  const { promise, resolve } = Promise.withResolvers<Ended>();
  // A process group of its own can be ended as a whole, and has no terminal to ask at.
  const child = spawn(file, args, { cwd: folder, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  // A program may end before it has read its input.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const chunks: Buffer[] = [];
  let size = 0;
  let stderr = '';
  let isCut = false;
  child.stdout.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size > mostBytes) resolve({ how: 'too-much' });
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8');
    isCut ||= stderr.length > mostErrors;
    stderr = stderr.slice(-mostErrors);
  });
  child.on('error', (error) => resolve({ how: 'not-started', code: codeOf(error) ?? 'unknown' }));
  child.on('exit', (code, by) => {
    const done = (): void => {
      if (code === null) resolve({ how: 'signal', by: String(by) });
      else
        resolve({
          how: 'code',
          code,
          stdout: Buffer.concat(chunks).toString('utf8'),
          stderr: wholeLines(stderr, isCut),
        });
    };
    child.once('close', done);
    setTimeout(done, DRAIN_MS).unref();
  });
  const late = setTimeout(() => resolve({ how: 'late' }), deadlineMs);
  try {
    return await raced(promise, signal);
  } finally {
    clearTimeout(late);
    if (child.exitCode === null && child.signalCode === null) killGroup(child.pid);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}
