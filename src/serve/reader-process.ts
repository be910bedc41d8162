/**
 * The process that answers requests about a project, from the daemon's side. The log and large documents are read there, so that
 * the daemon takes events in and answers at any time.
 *
 * The process starts with the first question and ends after some time without any. One that does not answer in time is killed.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { errorText, isRecord } from '#plugin';
import { type Answer, type Question, questionName, refusal } from './answers/question.ts';
import type { ReaderMessage } from './answers/reader.ts';
import type { Snapshot, SnapshotUpdate } from './answers/snapshot.ts';

export interface ReaderProgram {
  /** Path of the entry point of fettle. */
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Gets each line of the errors and warnings of the process. */
  readonly heard: (line: string) => void;
  readonly deadlineMs?: number;
  readonly idleMs?: number;
}

const DEADLINE_MS = 20_000;
const IDLE_MS = 5 * 60_000;
const MOST_PENDING = 16;
/** Memory of the JavaScript heap, in MiB. */
const HEAP_MIB = 2048;

const BUSY = refusal(503, 'busy', 'too many requests are being answered');
const LATE = refusal(503, 'late', 'the answer took too long');
const ENDED = refusal(503, 'failed', 'the process that answers has ended');

interface Pending {
  readonly answer: (answer: Answer) => void;
  readonly late: NodeJS.Timeout;
}

export class ReaderProcess {
  readonly #program: ReaderProgram;
  readonly #pending = new Map<number, Pending>();
  #snapshot: Snapshot;
  #child: ChildProcess | undefined;
  #idle: NodeJS.Timeout | undefined;
  #ids = 0;
  #isClosed = false;

  constructor(program: ReaderProgram, snapshot: Snapshot) {
    this.#program = program;
    this.#snapshot = snapshot;
  }

  /** Hands an ended round over: the snapshot after it, of which a running process gets the change alone. */
  take(snapshot: Snapshot, update: SnapshotUpdate): void {
    this.#snapshot = snapshot;
    if (this.#child !== undefined) this.#send(this.#child, { update });
  }

  ask(question: Question): Promise<Answer> {
    if (this.#isClosed) return Promise.resolve(ENDED);
    if (this.#pending.size >= MOST_PENDING) return Promise.resolve(BUSY);
    const { deadlineMs = DEADLINE_MS, heard } = this.#program;
    let child: ChildProcess;
    try {
      child = this.#child ??= this.#start();
    } catch (error) {
      heard(`error: the process that answers could not be started: ${errorText(error)}`);
      return Promise.resolve(ENDED);
    }
    this.#ids += 1;
    const id = this.#ids;
    clearTimeout(this.#idle);
    return new Promise((answer) => {
      const late = setTimeout(() => {
        this.#settle(id, LATE);
        heard(`error: the answer to ${questionName(question)} took longer than ${deadlineMs / 1000} s`);
        child.kill('SIGKILL');
      }, deadlineMs);
      this.#pending.set(id, { answer, late });
      this.#send(child, { id, question });
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#end();
  }

  #end(): void {
    clearTimeout(this.#idle);
    this.#child?.kill('SIGKILL');
  }

  #send(child: ChildProcess, message: ReaderMessage): void {
    if (child.connected) child.send(message, () => undefined);
  }

  #settle(id: number, answer: Answer): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    clearTimeout(pending.late);
    this.#pending.delete(id);
    pending.answer(answer);
    if (this.#pending.size > 0) return;
    this.#idle = setTimeout(() => this.#end(), this.#program.idleMs ?? IDLE_MS);
    this.#idle.unref();
  }

  #start(): ChildProcess {
    const { program, args, env, heard } = this.#program;
    const child = fork(program, args, {
      env,
      execArgv: [`--max-old-space-size=${HEAP_MIB}`],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'json',
    });
    const ended = (): void => {
      if (this.#child !== child) return;
      this.#child = undefined;
      for (const id of this.#pending.keys()) this.#settle(id, ENDED);
    };
    child.once('error', (error) => {
      heard(`error: the process that answers could not be started: ${error.message}`);
      ended();
    });
    child.once('exit', ended);
    child.on('message', (message) => {
      if (!isRecord(message) || typeof message['id'] !== 'number' || !isRecord(message['answer'])) return;
      this.#settle(message['id'], message['answer'] as unknown as Answer);
    });
    if (child.stderr) createInterface(child.stderr).on('line', heard);
    this.#send(child, { snapshot: this.#snapshot });
    return child;
  }
}
