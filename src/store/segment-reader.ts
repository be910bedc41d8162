/**
 * Checks the lines of one segment in their order, and gives only sound records.
 *
 * The records of a checkpoint wait until all of it is valid: half of a state is worse than the previous state. In the
 * tail, the records before the first damage are given; those of a group that drains the inbox wait for its last one.
 */

import { createHash } from 'node:crypto';
import type { LogRecord } from '../formats/log-record.ts';
import type { CheckpointRecord, End } from './chain.ts';
import { readLine, rememberedBody } from './line.ts';

/** The reason why a line is not the next one of its segment. */
export interface WrongLine {
  readonly code: 'checkpoint-broken' | 'record-broken';
  readonly message: string;
}

export interface SegmentReaderOptions {
  /** Sequence number of the first record. */
  readonly seq: number;
  /** Returns the reason why a checkpoint that is valid by itself cannot begin this segment. */
  readonly refuse: (body: CheckpointRecord['body']) => string | undefined;
  /** Called once, when the checkpoint is valid, before its records are passed on. */
  readonly enter?: (() => void) | undefined;
  readonly take?: ((record: LogRecord) => void) | undefined;
}

export class SegmentReader {
  readonly #options: SegmentReaderOptions;
  readonly #digest = createHash('sha256');
  /** Records of the checkpoint, or of a group, until all of it is valid. */
  #held: LogRecord[] = [];
  /** Number of records of a group that are still due. */
  #group = 0;
  #checkpoint: CheckpointRecord | undefined;
  #begun: End | undefined;
  #end: End | undefined;
  #last: End | undefined;

  constructor(options: SegmentReaderOptions) {
    this.#options = options;
  }

  /** The first record, which is valid by itself even if the records after it are not. */
  get checkpoint(): CheckpointRecord | undefined {
    return this.#checkpoint;
  }

  /** Last record of the checkpoint, once the checkpoint is valid. */
  get begun(): End | undefined {
    return this.#begun;
  }

  /** Last sound record that counts: the record before a group that is not complete. */
  get end(): End | undefined {
    return this.#end;
  }

  /** Last sound record, in a group that is not complete too. */
  get last(): End | undefined {
    return this.#last;
  }

  /** Sequence number of the next record. */
  get due(): number {
    return this.#last === undefined ? this.#options.seq : this.#last.seq + 1;
  }

  /** Takes the line in `bytes` from `start` to `end` (without its newline). Undefined: the line is sound. */
  take(bytes: Buffer, start: number, end: number): WrongLine | undefined {
    const inTail = this.#begun !== undefined;
    const record = readLine(bytes, start, end, this.due, this.#last?.hash);
    const message = typeof record === 'string' ? `the line ${record}` : this.#refuse(record);
    if (typeof record === 'string' || message !== undefined)
      return { code: inTail ? 'record-broken' : 'checkpoint-broken', message: message ?? '' };
    const { seq, hash, time } = record;
    const next = { seq, hash, time, bytes: (this.#last?.bytes ?? 0) + end - start + 1 };
    if (inTail) this.#takeTail(record);
    else {
      if (record.kind === 'checkpoint') this.#checkpoint = record;
      else this.#digest.update(rememberedBody(bytes, start, end)).update('\n');
      this.#held.push(record);
      const wrong = this.#close(next);
      if (wrong !== undefined) return { code: 'checkpoint-broken', message: wrong };
    }
    this.#last = next;
    if (this.#group === 0) this.#end = next;
    return undefined;
  }

  #takeTail(record: LogRecord): void {
    if (record.kind === 'inbox') this.#group = record.body.records;
    else if (this.#group > 0) this.#group -= 1;
    else return this.#options.take?.(record);
    this.#held.push(record);
    if (this.#group === 0) this.#pass();
  }

  /** Passes the held records on. */
  #pass(): void {
    for (const record of this.#held) this.#options.take?.(record);
    this.#held = [];
  }

  #refuse(record: LogRecord): string | undefined {
    if (this.#checkpoint === undefined) return wrongStart(record, this.#options.refuse);
    if (this.#begun === undefined)
      return record.kind === 'remembered' ? undefined : `a ${record.kind} record is inside the checkpoint`;
    if (record.kind === 'inbox' && this.#group > 0) return 'a group of records begins inside another one';
    return record.kind === 'checkpoint' || record.kind === 'remembered'
      ? `a ${record.kind} record is in the middle of a segment`
      : undefined;
  }

  /** Passes the records of the checkpoint on once it is complete. */
  #close(last: End): string | undefined {
    const body = this.#checkpoint?.body;
    if (body === undefined || this.#held.length <= body.resources) return undefined;
    if (this.#digest.digest('hex') !== body.digest) return 'the checkpoint does not match its digest';
    this.#begun = last;
    this.#options.enter?.();
    this.#pass();
    return undefined;
  }
}

/** The reason why a record cannot begin a segment. */
export function wrongStart(record: LogRecord, refuse: SegmentReaderOptions['refuse']): string | undefined {
  if (record.kind !== 'checkpoint') return `a ${record.kind} record is in the place of a checkpoint`;
  if (record.body.format !== 1) return `this version does not support format ${record.body.format}`;
  return refuse(record.body);
}
