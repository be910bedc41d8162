/**
 * Checks the rows of a log in the order of their sequence numbers, and gives only sound records.
 *
 * | A row                                              | is                                                      |
 * |-----------------------------------------------------|---------------------------------------------------------|
 * | follows the previous row by number and hash         | sound                                                   |
 * | does not                                            | damage; later rows are skipped up to a checkpoint that is valid by itself |
 * | comes after the end that the fence names            | damage: no holder of the lock has written it            |
 */

import type { LogRecord } from '../../formats/log-record.ts';
import type { Reading, Segment } from '../backend.ts';
import type { CheckpointRecord } from '../chain.ts';
import { isCheckpointLine, readLine } from '../line.ts';
import { brokenLink, doesFollow, missingRecords, startDamage } from '../links.ts';
import { SegmentReader, wrongStart } from '../segment-reader.ts';
import type { Damage } from '../store.ts';

/** A segment whose checkpoint record is valid. */
export interface RowSegment extends Segment {
  readonly checkpoint: CheckpointRecord;
}

export interface WalkOptions extends Pick<Reading, 'take' | 'enter'> {
  /** The project's current and earlier names. */
  readonly names: ReadonlySet<string>;
  /** True if the walk begins at the first row of the log, not at a later checkpoint. */
  readonly whole: boolean;
  /** The end of the log according to the fence. */
  readonly limit?: number | undefined;
}

export interface Walked {
  readonly segments: readonly RowSegment[];
  readonly damage: readonly Damage[];
  /** The first row. */
  readonly first?: number | undefined;
}

/** A segment while its rows come. */
interface Open {
  readonly linked: boolean;
  readonly reader: SegmentReader;
}

export class RowWalk {
  readonly #options: WalkOptions;
  readonly #found: Open[] = [];
  readonly #damage: Damage[] = [];
  #first: number | undefined;
  /** The segment of the next row; absent after damage. */
  #current: Open | undefined;

  constructor(options: WalkOptions) {
    this.#options = options;
  }

  row(seq: number, line: string): void {
    const isFirst = this.#first === undefined;
    this.#first ??= seq;
    const { limit } = this.#options;
    if (limit !== undefined && seq > limit) {
      // One damage for any number of rows there.
      if (isFirst || this.#current?.reader.begun !== undefined)
        this.#lose('record-unfenced', seq, 'the record is after the end of the log that the fence names');
      return;
    }
    const bytes = Buffer.from(line);
    if (this.#current !== undefined && this.#continue(this.#current, seq, bytes)) return;
    // After damage, the log continues with the next checkpoint that is valid by itself.
    if (!isFirst && !isCheckpointLine(bytes)) return;
    const wrong = this.#open(seq, bytes, isFirst);
    if (wrong !== undefined && isFirst) this.#lose('checkpoint-broken', seq, wrong);
  }

  finish(): Walked {
    if (this.#current !== undefined && this.#current.reader.begun === undefined)
      this.#lose('checkpoint-broken', this.#current.reader.due, 'the checkpoint is cut off');
    const segments = this.#found.map(segmentOf);
    const [begin] = segments;
    if (!this.#options.whole || begin === undefined || begin.seq !== this.#first)
      return { segments, damage: this.#damage, first: this.#first };
    const wrong = startDamage(
      { seq: begin.seq },
      begin.checkpoint,
      segments.map(({ checkpoint }) => checkpoint),
    );
    const linked = begin.linked && wrong === undefined;
    return {
      segments: [{ ...begin, linked }, ...segments.slice(1)],
      damage: wrong === undefined ? this.#damage : [wrong, ...this.#damage],
      first: this.#first,
    };
  }

  #lose(code: string, seq: number, message: string): void {
    this.#damage.push({ code, message: `record ${seq}: ${message}`, seq });
    this.#current = undefined;
  }

  /** Begins a segment with a row that is a checkpoint valid by itself; otherwise returns the reason why it is not. */
  #open(seq: number, bytes: Buffer, linked: boolean): string | undefined {
    const { take, enter } = this.#options;
    const reader = new SegmentReader({ seq, refuse: this.#refuse, enter: () => enter?.({ seq }, linked), take });
    const wrong = reader.take(bytes, 0, bytes.length);
    if (reader.checkpoint === undefined) return wrong?.message;
    const open = { linked, reader };
    this.#found.push(open);
    this.#current = open;
    if (wrong !== undefined) this.#lose(wrong.code, seq, wrong.message);
    return undefined;
  }

  readonly #refuse = ({ project }: CheckpointRecord['body']): string | undefined =>
    this.#options.names.has(project) ? undefined : `the checkpoint belongs to the project ${project}`;

  /** Takes a row as the next one of the chain; false if it is not. */
  #continue({ reader }: Open, seq: number, bytes: Buffer): boolean {
    if (seq !== reader.due) {
      const due = reader.due;
      this.#damage.push(missingRecords(due, seq - 1, ''));
      this.#current = undefined;
      return false;
    }
    if (reader.begun !== undefined && reader.end !== undefined && isCheckpointLine(bytes)) {
      const record = readLine(bytes, 0, bytes.length, seq, reader.end.hash);
      if (typeof record !== 'string') return this.#follow(record, reader.end, bytes);
    }
    const wrong = reader.take(bytes, 0, bytes.length);
    if (wrong !== undefined) this.#lose(wrong.code, seq, wrong.message);
    return wrong === undefined;
  }

  /** Takes a checkpoint that continues the chain; false if it does not. */
  #follow(record: LogRecord, end: NonNullable<SegmentReader['end']>, bytes: Buffer): boolean {
    const { seq } = record;
    const wrong = wrongStart(record, this.#refuse);
    if (wrong !== undefined) this.#lose('checkpoint-broken', seq, wrong);
    else if (!doesFollow(record as CheckpointRecord, end)) {
      this.#damage.push(brokenLink({ seq }, `record ${end.seq}`));
      this.#current = undefined;
    } else {
      this.#open(seq, bytes, true);
      return true;
    }
    return false;
  }
}

function segmentOf({ linked, reader: { checkpoint, begun, end } }: Open): RowSegment {
  if (checkpoint === undefined) throw new Error('a segment has no checkpoint');
  const { seq } = checkpoint;
  return { name: `records ${seq} to ${end?.seq ?? seq}`, seq, linked, checkpoint, begun, end };
}
