/**
 * Checks the rows of a log one after the other, in the order of their sequence numbers; gives only what is sound.
 *
 * The log is ranges: a checkpoint record, as many `remembered` records as it says, and the tail up to the next
 * checkpoint. What a checkpoint says is given once all of it holds: half a memory is worse than the one before.
 *
 * | A row                                              | is                                                      |
 * |-----------------------------------------------------|---------------------------------------------------------|
 * | goes on from the one before it, by number and hash  | sound                                                   |
 * | does not                                            | damage; what follows is passed over up to a checkpoint that holds by itself |
 * | stands behind the end that the fence names          | damage: nobody who held the lock has written it         |
 */

import { createHash, type Hash } from 'node:crypto';
import type { LogRecord } from '../../engine/record.ts';
import { NO_HASH, readLine, rememberedBody } from '../line.ts';
import type { CheckpointRecord, End } from '../scan-segment.ts';
import type { Damage } from '../store.ts';

/** A checkpoint and what follows it, up to the next one. */
export interface Range {
  readonly checkpoint: CheckpointRecord;
  /** It goes on from the range before it, which is sound to its end; the first one: it begins where the log does. */
  linked: boolean;
  /** Last record of the checkpoint part; absent if that does not hold. */
  begun?: End;
  /** Last sound record. */
  end: End;
}

export interface WalkOptions {
  /** What the project is called, and was before. */
  readonly names: ReadonlySet<string>;
  /** The walk begins at the first row of the log, not at one of its checkpoints. */
  readonly whole: boolean;
  /** Where the fence says that the log ends. */
  readonly limit?: number | undefined;
  readonly take?: ((record: LogRecord) => void) | undefined;
  /** Comes before the records of a range. */
  readonly enter?: ((linked: boolean) => void) | undefined;
}

export interface Walked {
  readonly ranges: readonly Range[];
  readonly damage: readonly Damage[];
  /** Records that were given. */
  readonly records: number;
  /** The first row that was seen. */
  readonly first?: number;
}

export interface Walk {
  readonly row: (seq: number, line: string) => void;
  readonly finish: () => Walked;
}

/** The part of a checkpoint that is open: its records wait here until all of it holds. */
interface Part {
  readonly held: LogRecord[];
  readonly digest: Hash;
}

function recordsText(from: number, to: number): string {
  return from === to ? `record ${from} is` : `records ${from} to ${to} are`;
}

/** Names of records that are not there, as a damage. */
export function missing(from: number, to: number, where = ''): Damage {
  return { code: 'record-missing', message: `${recordsText(from, to)} missing${where}`, seq: from };
}

/** Why the first range of a log cannot be where it begins. */
function startDamage({ checkpoint }: Range, ranges: readonly Range[]): Damage | undefined {
  const { seq, prev, body } = checkpoint;
  const { follows } = body;
  if (follows === undefined) {
    if (prev === NO_HASH && (seq === 1 || body.recovers?.cold === true)) return undefined;
  } else if (prev === follows.hash && seq === follows.seq + 1) {
    const isPruned = ranges.some(
      ({ checkpoint: { body } }) => body.prunes?.seq === follows.seq && body.prunes.hash === follows.hash,
    );
    return isPruned ? undefined : missing(1, follows.seq);
  }
  return { code: 'chain-broken', message: `record ${seq} does not begin where a log does`, seq };
}

export function walkRows({ names, whole, limit, take, enter }: WalkOptions): Walk {
  const ranges: Range[] = [];
  const damage: Damage[] = [];
  let records = 0;
  let first: number | undefined;
  /** What the next row goes on from; absent behind a damage. */
  let current: Range | undefined;
  let part: Part | undefined;

  function lose(found: Damage): void {
    damage.push(found);
    current = undefined;
    part = undefined;
  }

  function broken(seq: number, code: string, message: string): void {
    lose({ code, message: `record ${seq}: ${message}`, seq });
  }

  function give(record: LogRecord): void {
    take?.(record);
    records += 1;
  }

  /** The part of a checkpoint is whole when as many records are there as it says. */
  function closePart(range: Range, open: Part): void {
    if (open.held.length <= range.checkpoint.body.resources) return;
    if (open.digest.digest('hex') !== range.checkpoint.body.digest) {
      broken(range.end.seq, 'checkpoint-broken', 'what the checkpoint remembers does not match its digest');
      return;
    }
    range.begun = range.end;
    part = undefined;
    for (const record of open.held) give(record);
  }

  function open(checkpoint: CheckpointRecord, bytes: number, linked: boolean): void {
    const { seq, hash, time } = checkpoint;
    const range: Range = { checkpoint, linked, end: { seq, hash, time, bytes: bytes + 1 } };
    ranges.push(range);
    enter?.(linked);
    current = range;
    part = { held: [checkpoint], digest: createHash('sha256') };
    closePart(range, part);
  }

  function wrongCheckpoint(record: LogRecord): string | undefined {
    if (record.kind !== 'checkpoint') return `a ${record.kind} record stands where a checkpoint is due`;
    if (record.body.format !== 1) return `format ${record.body.format} is not known to this version`;
    if (!names.has(record.body.project)) return `the checkpoint is one of the project ${record.body.project}`;
    return undefined;
  }

  /** Takes a row as the start of a range that holds by itself. */
  function start(seq: number, bytes: Buffer, isFirst: boolean): void {
    const looksSo = isFirst || bytes.includes('"kind":"checkpoint"');
    const record = looksSo ? readLine(bytes, 0, bytes.length, seq, undefined) : 'is no checkpoint';
    const wrong = typeof record === 'string' ? `the line ${record}` : wrongCheckpoint(record);
    if (wrong === undefined) open(record as CheckpointRecord, bytes.length, isFirst);
    else if (isFirst) broken(seq, 'checkpoint-broken', wrong);
  }

  /** A checkpoint where the chain goes on; false: it does not belong there. */
  function next(before: Range, checkpoint: CheckpointRecord, bytes: number): boolean {
    const { seq, body } = checkpoint;
    const wrong = wrongCheckpoint(checkpoint);
    if (wrong !== undefined) broken(seq, 'checkpoint-broken', wrong);
    else if (body.follows?.seq !== before.end.seq || body.follows.hash !== before.end.hash)
      broken(seq, 'chain-broken', 'the checkpoint does not follow the record before it');
    else {
      const sameKey = body.recovers !== undefined || body.keyCheck === before.checkpoint.body.keyCheck;
      if (!sameKey)
        damage.push({
          code: 'key-changed',
          message: `record ${seq}: the checkpoint was made with another key than the one before it`,
          seq,
        });
      open(checkpoint, bytes, sameKey);
      return true;
    }
    return false;
  }

  /** Takes a row as the next one of the chain; false: it is not. */
  function goOn(range: Range, seq: number, bytes: Buffer): boolean {
    const { end } = range;
    const due = end.seq + 1;
    if (seq !== due) {
      lose(missing(due, seq - 1));
      return false;
    }
    const record = readLine(bytes, 0, bytes.length, due, end.hash);
    if (typeof record === 'string') {
      broken(due, part === undefined ? 'record-broken' : 'checkpoint-broken', `the line ${record}`);
      return false;
    }
    if (part !== undefined && record.kind !== 'remembered') {
      broken(due, 'checkpoint-broken', `a ${record.kind} record stands inside the checkpoint`);
      return false;
    }
    if (part === undefined && record.kind === 'remembered') {
      broken(due, 'record-broken', 'a remembered record stands outside of a checkpoint');
      return false;
    }
    if (record.kind === 'checkpoint') return next(range, record, bytes.length);
    range.end = { seq, hash: record.hash, time: record.time, bytes: end.bytes + bytes.length + 1 };
    if (part === undefined) give(record);
    else {
      part.digest.update(rememberedBody(bytes, 0, bytes.length)).update('\n');
      part.held.push(record);
      closePart(range, part);
    }
    return true;
  }

  return {
    row: (seq, line) => {
      const isFirst = first === undefined;
      first ??= seq;
      if (limit !== undefined && seq > limit) {
        // One damage, however much was written there.
        if (isFirst || (current !== undefined && part === undefined))
          broken(seq, 'record-unfenced', 'it stands behind the end of the log that the fence names');
        return;
      }
      const bytes = Buffer.from(line);
      if (current !== undefined && goOn(current, seq, bytes)) return;
      start(seq, bytes, isFirst);
    },
    finish: () => {
      if (part !== undefined && current !== undefined)
        broken(current.end.seq + 1, 'checkpoint-broken', 'the checkpoint is cut off');
      const [begin] = ranges;
      if (whole && begin !== undefined && begin.checkpoint.seq === first) {
        const wrong = startDamage(begin, ranges);
        if (wrong !== undefined) {
          begin.linked = false;
          damage.unshift(wrong);
        }
      }
      return { ranges, damage, records, ...(first === undefined ? {} : { first }) };
    },
  };
}
