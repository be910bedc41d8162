/**
 * The process that answers requests about a project, from the daemon's side. The log and large documents are read there, so that
 * the daemon takes events in and answers at any time.
 *
 * The process starts with the first question and ends after some time without any. A question without an answer in time is
 * answered as late. The process is then killed, unless its read of the log has advanced: a later question finds the log read.
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
  late: NodeJS.Timeout;
}

export class ReaderProcess {
  readonly #program: ReaderProgram;
  /** Includes questions that were answered as late: the process still works on them. */
  readonly #pending = new Map<number, Pending>();
  /** Number of times that the read of the log has advanced. */
  #advances = 0;
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
      const due = (advances: number) => (): void => {
        answer(LATE);
        heard(`error: the answer to ${questionName(question)} took longer than ${deadlineMs / 1000} s`);
        const pending = this.#pending.get(id);
        if (pending !== undefined && this.#advances > advances)
          pending.late = setTimeout(due(this.#advances), deadlineMs);
        else this.#end(child);
      };
      this.#pending.set(id, { answer, late: setTimeout(due(this.#advances), deadlineMs) });
      this.#send(child, { id, question });
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#end(this.#child);
  }

  /** Kills a process. The next question starts another one. */
  #end(child: ChildProcess | undefined): void {
    clearTimeout(this.#idle);
    child?.kill('SIGKILL');
    this.#ended(child);
  }

  #ended(child: ChildProcess | undefined): void {
    if (child === undefined || this.#child !== child) return;
    this.#child = undefined;
    for (const id of this.#pending.keys()) this.#settle(id, ENDED);
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
    this.#idle = setTimeout(() => this.#end(this.#child), this.#program.idleMs ?? IDLE_MS);
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
    child.once('error', (error) => {
      heard(`error: the process that answers could not be started: ${error.message}`);
      this.#ended(child);
    });
    child.once('exit', () => this.#ended(child));
    child.on('message', (message) => {
      if (isRecord(message) && message['advanced'] === true && this.#child === child) this.#advances += 1;
      if (!isRecord(message) || typeof message['id'] !== 'number' || !isRecord(message['answer'])) return;
      this.#settle(message['id'], message['answer'] as unknown as Answer);
    });
    if (child.stderr) createInterface(child.stderr).on('line', heard);
    this.#send(child, { snapshot: this.#snapshot });
    return child;
  }
}
