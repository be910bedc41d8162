/**
 * The record as a line of bytes, and back.
 *
 *     {"seq":1,"time":"…Z","actor":"…","kind":"…","body":{…},"prev":"<64 hex>","hash":"<64 hex>"}\n
 *
 * `hash` is the SHA-256 over the line's raw bytes before `,"hash":"`, and `prev` the hash of the line before, so
 * a check never serializes JSON again to compare: the hashed bytes are the stored bytes.
 * Lines are written as `inert` returns them, so that they can be printed unchanged.
 */

import { hash as digest } from 'node:crypto';
import { inert } from '#plugin';
import type { Draft, LogRecord } from '../formats/log-record.ts';
import { StoreError } from './errors.ts';

/** `prev` of the very first record. */
export const NO_HASH = '0'.repeat(64);

/** Longest line, in bytes, with its newline. Bounds a reader's memory and the size of a record. */
export const MAX_LINE = 1024 * 1024;

const HASH_MARK = ',"hash":"';
const HASH_MARK_BYTES = Buffer.from(HASH_MARK);
/** Number of bytes after the hashed ones: the mark, 64 digits, `"}`. */
const HASH_TAIL = HASH_MARK.length + 64 + 2;
const QUOTE = 0x22;
const CLOSING_BRACE = 0x7d;

/** Maximum number of bytes around a body, without actor and kind. */
const FRAME = 320;

/** A draft with its body as JSON: serialized once, while the caller can still receive the error. */
export interface Prepared {
  readonly kind: Draft['kind'];
  readonly body: string;
}

/** Throws StoreError if the body is not a JSON object or the line would be longer than the limit. */
export function prepare(draft: Draft, actor: string): Prepared {
  const body = inert(JSON.stringify(draft.body) ?? '');
  if (!body.startsWith('{')) throw new StoreError(`the body of a ${draft.kind} record must be an object`);
  const bytes = Buffer.byteLength(body) + Buffer.byteLength(inert(JSON.stringify(actor))) + FRAME;
  if (bytes > MAX_LINE) {
    throw new StoreError(`a ${draft.kind} record has ${bytes} bytes, and the limit is ${MAX_LINE} bytes per record`);
  }
  return { kind: draft.kind, body };
}

/** The line of a record as it is in the log. A log of an older version has lines that `inert` would change. */
export function lineOf({ seq, time, actor, kind, body, prev, hash }: LogRecord): string {
  const plain = JSON.stringify({ seq, time, actor, kind, body, prev, hash });
  const safe = inert(plain);
  const hashed = plain.slice(0, plain.length - HASH_TAIL);
  return `${safe === plain || digest('sha256', hashed, 'hex') === hash ? plain : safe}\n`;
}

export interface Line {
  /** Number of bytes, with the newline. */
  readonly text: string;
  readonly hash: string;
}

/** Writes one record. `time` is ISO 8601. */
export function formatLine(seq: number, time: string, actor: string, draft: Prepared, prev: string): Line {
  const hashed = `{"seq":${seq},"time":"${time}","actor":${inert(JSON.stringify(actor))},"kind":"${draft.kind}","body":${draft.body},"prev":"${prev}"`;
  const hash = digest('sha256', hashed, 'hex');
  return { text: `${hashed}${HASH_MARK}${hash}"}\n`, hash };
}

/**
 * Reads the line in `bytes` from `start` to `end` (without its newline). Returns a text if the line is not valid.
 * `prev` undefined: the first line of a segment, whose place in the chain is checked separately.
 */
export function readLine(
  bytes: Buffer,
  start: number,
  end: number,
  seq: number,
  prev: string | undefined,
): LogRecord | string {
  const mark = end - HASH_TAIL;
  if (
    mark <= start ||
    bytes[end - 1] !== CLOSING_BRACE ||
    bytes[end - 2] !== QUOTE ||
    bytes.compare(HASH_MARK_BYTES, 0, HASH_MARK.length, mark, mark + HASH_MARK.length) !== 0
  ) {
    return 'is not a record: it does not end in a hash';
  }
  const hash = bytes.toString('latin1', end - 66, end - 2);
  if (digest('sha256', bytes.subarray(start, mark), 'hex') !== hash) return 'does not match its hash';
  let record: LogRecord;
  try {
    record = JSON.parse(bytes.toString('utf8', start, end)) as LogRecord;
  } catch {
    return 'is not valid JSON';
  }
  if (record.seq !== seq) return `has sequence number ${record.seq} instead of ${seq}`;
  if (prev !== undefined && record.prev !== prev) return 'does not follow the previous record';
  return record;
}

const REMEMBERED_BODY = Buffer.from(',"kind":"remembered","body":');
const PREV_MARK_LENGTH = ',"prev":"'.length + 64 + 1;

/**
 * The raw bytes of a `remembered` record's body. Quotes inside strings are escaped, so the mark in front of the body
 * cannot occur anywhere before it.
 */
export function rememberedBody(bytes: Buffer, start: number, end: number): Buffer {
  const mark = bytes.indexOf(REMEMBERED_BODY, start);
  return bytes.subarray(mark + REMEMBERED_BODY.length, end - HASH_TAIL - PREV_MARK_LENGTH);
}

const KIND_MARK = ',"kind":"';
const CHECKPOINT_MARK = Buffer.from(`${KIND_MARK}checkpoint"`);

/** True for the line of a checkpoint. The first mark is the record's own, as with `rememberedBody`. */
export function isCheckpointLine(bytes: Buffer): boolean {
  const at = bytes.indexOf(KIND_MARK);
  return at >= 0 && bytes.compare(CHECKPOINT_MARK, 0, CHECKPOINT_MARK.length, at, at + CHECKPOINT_MARK.length) === 0;
}
