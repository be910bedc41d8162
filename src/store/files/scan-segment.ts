/**
 * Reads one segment from its file in chunks, and gives only sound records.
 *
 * The checkpoint was complete before the file had its name, so a cut or invalid checkpoint is damage.
 */

import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogRecord } from '../../formats/log-record.ts';
import type { Seal } from '../backend.ts';
import type { CheckpointRecord, End } from '../chain.ts';
import { errorCode } from '../error-code.ts';
import { StoreError } from '../errors.ts';
import { logFolder, type SegmentFile } from './layout.ts';
import { MAX_LINE, readLine } from '../line.ts';
import { SegmentReader, wrongStart } from '../segment-reader.ts';
import type { Damage } from '../store.ts';
import { isTornTail } from './torn-tail.ts';

export interface SegmentScan {
  /** Length of the file, in bytes. */
  readonly size: number;
  readonly checkpoint?: CheckpointRecord | undefined;
  readonly begun?: End | undefined;
  readonly end?: End | undefined;
  readonly damage?: Damage | undefined;
  /** Bytes of a record, or of a group of records, that was being written when its writer died. */
  readonly torn: number;
  /** Bytes after the seal. */
  readonly late: number;
  /** SHA-256 of all bytes of the file. Only of a sound segment that was read for comparing, to its end. */
  readonly digest?: string | undefined;
}

export interface ScanOptions {
  /** The place where a later segment seals this one. */
  readonly seal?: Seal | undefined;
  /** Only the newest segment can end in a torn record. */
  readonly newest: boolean;
  /** Called when the checkpoint is valid, before its records are passed on. */
  readonly enter?: (() => void) | undefined;
  readonly take?: ((record: LogRecord) => void) | undefined;
  readonly compares?: boolean | undefined;
}

const CHUNK = 1024 * 1024;
const FIRST_LOOK = 4 * 1024;
const NEWLINE = 0x0a;

/** The reason why a checkpoint does not match its file name; undefined if it does. */
function refuseToken({ token }: SegmentFile): (body: CheckpointRecord['body']) => string | undefined {
  return (body) =>
    body.token === token ? undefined : `the checkpoint has token ${body.token}, and the file's name has token ${token}`;
}

/** A segment while it is read. */
interface Progress {
  readonly file: SegmentFile;
  readonly reader: SegmentReader;
  lines: number;
  damage?: Damage;
  /** Of the bytes that were read. */
  readonly digest?: Hash | undefined;
}

function damageAt({ file, reader, lines }: Progress, code: string, message: string): Damage {
  const place = `log/${file.name}`;
  const line = lines + 1;
  const seq = reader.due;
  return { code, message: `${place}, line ${line} (record ${seq}): ${message}`, file: place, line, seq };
}

/**
 * Reads up to `limit` and takes every line. Leaves the bytes after the last newline, or the last sound line, unread.
 */
async function takeLines(handle: FileHandle, limit: number, progress: Progress): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK + MAX_LINE, Math.max(limit, 1)));
  let filled = 0;
  let offset = 0;
  while (offset < limit) {
    const room = Math.min(buffer.length - filled, limit - offset);
    const { bytesRead } = await handle.read(buffer, filled, room, offset);
    if (bytesRead === 0) return;
    progress.digest?.update(buffer.subarray(filled, filled + bytesRead));
    offset += bytesRead;
    filled += bytesRead;
    let start = 0;
    for (;;) {
      const newline = buffer.indexOf(NEWLINE, start);
      // The buffer beyond `filled` holds bytes of the previous chunk.
      if (newline < 0 || newline >= filled) break;
      const wrong = progress.reader.take(buffer, start, newline);
      if (wrong !== undefined) {
        progress.damage = damageAt(progress, wrong.code, wrong.message);
        return;
      }
      progress.lines += 1;
      start = newline + 1;
    }
    // No valid line is longer. The rest of a longer one is handled at the file's end.
    if (filled - start >= MAX_LINE) return;
    buffer.copyWithin(0, start, filled);
    filled -= start;
  }
}

async function onlyNuls(handle: FileHandle, from: number, to: number): Promise<boolean> {
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (let at = from; at < to; ) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(CHUNK, to - at), at);
    if (bytesRead === 0) return true;
    if (buffer.subarray(0, bytesRead).some((byte) => byte !== 0)) return false;
    at += bytesRead;
  }
  return true;
}

/** True if the bytes after the last sound line are a record that was cut short, or none. */
async function isTorn(handle: FileHandle, end: End, size: number): Promise<boolean> {
  if (end.bytes === size) return true;
  const length = Math.min(size - end.bytes, MAX_LINE);
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await handle.read(bytes, 0, length, end.bytes);
  if (!isTornTail(bytes.subarray(0, bytesRead), end.seq + 1, end.hash)) return false;
  return size - end.bytes <= MAX_LINE || onlyNuls(handle, end.bytes + length, size);
}

function checkSeal(progress: Progress, seal: Seal, size: number): Damage | undefined {
  if (size < seal.bytes)
    return damageAt(progress, 'segment-cut', `the segment has ${size} bytes, and was sealed at ${seal.bytes} bytes`);
  const { end } = progress.reader;
  if (end?.bytes === seal.bytes && end.seq === seal.seq && end.hash === seal.hash) return undefined;
  return damageAt(
    progress,
    'chain-broken',
    `the segment was sealed at record ${seal.seq}, and that place has another record`,
  );
}

async function scan(handle: FileHandle, file: SegmentFile, options: ScanOptions): Promise<SegmentScan> {
  const { size } = await handle.stat();
  const { seal } = options;
  const limit = seal === undefined ? size : Math.min(seal.bytes, size);
  const { enter, take } = options;
  const reader = new SegmentReader({ seq: file.seq, refuse: refuseToken(file), enter, take });
  const progress: Progress = {
    file,
    reader,
    lines: 0,
    digest: options.compares === true ? createHash('sha256') : undefined,
  };
  let torn = 0;
  if (size === 0)
    progress.damage = {
      code: 'segment-empty',
      message: `log/${file.name} is empty`,
      file: `log/${file.name}`,
      line: 1,
      seq: file.seq,
    };
  else await takeLines(handle, limit, progress);
  if (progress.damage === undefined) {
    const { begun, end, last } = reader;
    if (begun === undefined || end === undefined || last === undefined)
      progress.damage = damageAt(progress, 'checkpoint-broken', 'the checkpoint is cut off');
    else if (seal !== undefined) {
      const broken = checkSeal(progress, seal, size);
      if (broken !== undefined) progress.damage = broken;
    } else if (end.bytes < size) {
      if (options.newest && (await isTorn(handle, last, size))) torn = size - end.bytes;
      else progress.damage = damageAt(progress, 'record-broken', 'these bytes are not a record');
    }
  }
  const { checkpoint, begun, end } = reader;
  const late = seal === undefined ? 0 : Math.max(0, size - seal.bytes);
  const isWhole = progress.damage === undefined && end?.bytes === size;
  const digest = isWhole ? progress.digest?.digest('hex') : undefined;
  return { size, checkpoint, begun, end, damage: progress.damage, torn, late, digest };
}

/** SHA-256 of the file of a segment as it is now; undefined if it has another size, or cannot be read. */
export async function digestOfSegment(
  folder: string,
  { name }: SegmentFile,
  size: number,
): Promise<string | undefined> {
  const handle = await open(join(logFolder(folder), name), 'r').catch(() => undefined);
  try {
    if (handle === undefined || (await handle.stat()).size !== size) return undefined;
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(size, 1)));
    for (let at = 0; ; ) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) return at === size ? hash.digest('hex') : undefined;
      hash.update(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
  } catch {
    return undefined;
  } finally {
    await handle?.close();
  }
}

/** A failing read is damage; a missing permission is not. */
function unreadable(file: SegmentFile, error: unknown): SegmentScan {
  const code = errorCode(error);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EMFILE' || code === '') throw error;
  const damage = {
    code: 'segment-unreadable',
    message: `log/${file.name} cannot be read: ${code}`,
    file: `log/${file.name}`,
    seq: file.seq,
  };
  return { size: 0, damage, torn: 0, late: 0 };
}

/** Reads a segment. Throws StoreError if the user has no permission to read it. */
export async function scanSegment(folder: string, file: SegmentFile, options: ScanOptions): Promise<SegmentScan> {
  let handle: FileHandle;
  try {
    handle = await open(join(logFolder(folder), file.name), 'r');
  } catch (error) {
    if (errorCode(error) === 'EACCES')
      throw new StoreError(`log/${file.name} cannot be read: permission denied`, { cause: error });
    return unreadable(file, error);
  }
  try {
    return await scan(handle, file, options);
  } catch (error) {
    // Errors of `take` belong to the caller; only failed system calls are about the file.
    return unreadable(file, error);
  } finally {
    await handle.close();
  }
}

/** The checkpoint at the beginning of a segment; undefined if it is not valid. */
export async function readCheckpoint(folder: string, file: SegmentFile): Promise<CheckpointRecord | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(join(logFolder(folder), file.name), 'r');
  } catch {
    return undefined;
  }
  try {
    // The first read is enough for all but the checkpoints of large recoveries.
    let buffer = Buffer.allocUnsafe(FIRST_LOOK);
    let { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    let newline = buffer.subarray(0, bytesRead).indexOf(NEWLINE);
    if (newline < 0 && bytesRead === FIRST_LOOK) {
      buffer = Buffer.allocUnsafe(MAX_LINE);
      ({ bytesRead } = await handle.read(buffer, 0, buffer.length, 0));
      newline = buffer.subarray(0, bytesRead).indexOf(NEWLINE);
    }
    if (newline < 0) return undefined;
    const record = readLine(buffer, 0, newline, file.seq, undefined);
    if (typeof record === 'string' || wrongStart(record, refuseToken(file)) !== undefined) return undefined;
    return record as CheckpointRecord;
  } catch {
    return undefined;
  } finally {
    await handle.close();
  }
}
