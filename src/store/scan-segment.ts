/**
 * Reads one segment of the log in chunks and checks every line of it; gives only what is sound.
 *
 * A segment is a checkpoint record, as many `remembered` records as it says, and the tail. The first part was made
 * whole before the segment had a name, so anything cut or wrong there is damage, and none of its records are given:
 * half a memory is worse than the one before. In the tail, what is sound before the first damage is given.
 */

import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogRecord, RecordBodies } from '../engine/record.ts';
import { errorCode, StoreError } from './errors.ts';
import { logFolder, type SegmentFile } from './layout.ts';
import { MAX_LINE, readLine, rememberedBody } from './line.ts';
import type { Damage, Head } from './store.ts';
import { isTornTail } from './torn-tail.ts';

export type CheckpointRecord = LogRecord & { readonly kind: 'checkpoint' };

/** Where a take-over, or a recovery, ended a segment. */
export type Seal = NonNullable<RecordBodies['checkpoint']['seals']>;

/** The last sound record of a segment. */
export interface End extends Head {
  readonly time: string;
  /** Length of the segment up to it, in bytes. */
  readonly bytes: number;
}

export interface SegmentScan {
  readonly file: SegmentFile;
  /** Length of the file, in bytes. */
  readonly size: number;
  /** The first record; it holds by itself, even if what follows does not. */
  readonly checkpoint?: CheckpointRecord;
  /** Where the checkpoint and its `remembered` records end; absent if they do not hold. */
  readonly begun?: End;
  readonly end?: End;
  /** Records that were given. */
  readonly records: number;
  readonly damage?: Damage;
  /** Bytes of a record that was being written when its writer died. */
  readonly torn: number;
  /** Bytes after the place where the segment was sealed. */
  readonly late: number;
}

export interface ScanOptions {
  /** Where a later segment seals this one. */
  readonly seal?: Seal | undefined;
  /** Only the newest segment can end in a torn record. */
  readonly newest: boolean;
  readonly take?: ((record: LogRecord) => void) | undefined;
}

const CHUNK = 1024 * 1024;
const FIRST_LOOK = 4 * 1024;
const NEWLINE = 0x0a;

/** What is known while a segment is read. */
interface Progress {
  readonly file: SegmentFile;
  readonly take: ((record: LogRecord) => void) | undefined;
  checkpoint?: CheckpointRecord;
  begun?: End;
  end?: End;
  /** Records of the first part wait here until all of it holds. */
  held: LogRecord[];
  digest: Hash;
  lines: number;
  records: number;
  damage?: Damage;
}

function damageAt(progress: Progress, code: string, message: string): Damage {
  const { name } = progress.file;
  const line = progress.lines + 1;
  const seq = progress.end === undefined ? progress.file.seq : progress.end.seq + 1;
  return { code, message: `log/${name}, line ${line} (record ${seq}): ${message}`, file: `log/${name}`, line, seq };
}

function wrongCheckpoint(record: LogRecord, file: SegmentFile): string | undefined {
  if (record.kind !== 'checkpoint') return `the segment begins with a ${record.kind} record, not with a checkpoint`;
  if (record.body.format !== 1) return `format ${record.body.format} is not known to this version`;
  if (record.body.token !== file.token)
    return `the checkpoint has token ${record.body.token}, the file's name ${file.token}`;
  return undefined;
}

/** Takes the record of one line; the first part is held back until its last line. */
function accept(progress: Progress, record: LogRecord, bytes: Buffer, start: number, end: number): Damage | undefined {
  if (progress.checkpoint === undefined) {
    const wrong = wrongCheckpoint(record, progress.file);
    if (wrong !== undefined) return damageAt(progress, 'checkpoint-broken', wrong);
    progress.checkpoint = record as CheckpointRecord;
  } else if (progress.begun === undefined) {
    if (record.kind !== 'remembered')
      return damageAt(progress, 'checkpoint-broken', `a ${record.kind} record stands inside the checkpoint`);
    progress.digest.update(rememberedBody(bytes, start, end)).update('\n');
  } else if (record.kind === 'checkpoint' || record.kind === 'remembered') {
    return damageAt(progress, 'record-broken', `a ${record.kind} record stands in the middle of a segment`);
  }
  return undefined;
}

function closeCheckpoint(progress: Progress, record: LogRecord): Damage | undefined {
  const { checkpoint } = progress;
  if (progress.begun !== undefined || checkpoint === undefined || progress.end === undefined) return undefined;
  progress.held.push(record);
  if (progress.held.length <= checkpoint.body.resources) return undefined;
  if (progress.digest.digest('hex') !== checkpoint.body.digest) {
    return damageAt(progress, 'checkpoint-broken', 'what the checkpoint remembers does not match its digest');
  }
  progress.begun = progress.end;
  for (const held of progress.held) progress.take?.(held);
  progress.records += progress.held.length;
  progress.held = [];
  return undefined;
}

function acceptLine(progress: Progress, bytes: Buffer, start: number, end: number, offset: number): Damage | undefined {
  const { end: before, begun } = progress;
  const seq = before === undefined ? progress.file.seq : before.seq + 1;
  const record = readLine(bytes, start, end, seq, before?.hash);
  if (typeof record === 'string')
    return damageAt(progress, begun === undefined ? 'checkpoint-broken' : 'record-broken', `the line ${record}`);
  const refused = accept(progress, record, bytes, start, end);
  if (refused !== undefined) return refused;
  progress.end = { seq, hash: record.hash, time: record.time, bytes: offset };
  if (begun !== undefined) {
    progress.take?.(record);
    progress.records += 1;
  } else {
    const broken = closeCheckpoint(progress, record);
    if (broken !== undefined) return broken;
  }
  progress.lines += 1;
  return undefined;
}

/** Reads up to `limit` and takes every line; leaves what follows the last newline, or the last sound line, unread. */
async function takeLines(handle: FileHandle, limit: number, progress: Progress): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK + MAX_LINE, Math.max(limit, 1)));
  let filled = 0;
  let offset = 0;
  while (offset < limit) {
    const room = Math.min(buffer.length - filled, limit - offset);
    const { bytesRead } = await handle.read(buffer, filled, room, offset);
    if (bytesRead === 0) return;
    offset += bytesRead;
    filled += bytesRead;
    let start = 0;
    for (;;) {
      const newline = buffer.indexOf(NEWLINE, start);
      // Beyond what was filled stand bytes of the chunk before.
      if (newline < 0 || newline >= filled) break;
      const damage = acceptLine(progress, buffer, start, newline, offset - filled + newline + 1);
      if (damage !== undefined) {
        progress.damage = damage;
        return;
      }
      start = newline + 1;
    }
    // No line is longer: what is left of one that is goes to the look at the file's end.
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

/** Whether what follows the last sound line is a record that was cut short. */
async function isTorn(handle: FileHandle, end: End, size: number): Promise<boolean> {
  const length = Math.min(size - end.bytes, MAX_LINE);
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await handle.read(bytes, 0, length, end.bytes);
  if (!isTornTail(bytes.subarray(0, bytesRead), end.seq + 1, end.hash)) return false;
  return size - end.bytes <= MAX_LINE || onlyNuls(handle, end.bytes + length, size);
}

function checkSeal(progress: Progress, seal: Seal, size: number): Damage | undefined {
  if (size < seal.bytes)
    return damageAt(progress, 'segment-cut', `the segment is ${size} bytes long, and was sealed at ${seal.bytes}`);
  const { end } = progress;
  if (end?.bytes === seal.bytes && end.seq === seal.seq && end.hash === seal.hash) return undefined;
  return damageAt(
    progress,
    'chain-broken',
    `the segment was sealed at record ${seal.seq}, which is not what stands there`,
  );
}

async function scan(handle: FileHandle, file: SegmentFile, options: ScanOptions): Promise<SegmentScan> {
  const { size } = await handle.stat();
  const { seal } = options;
  const limit = seal === undefined ? size : Math.min(seal.bytes, size);
  const progress: Progress = { file, take: options.take, held: [], digest: createHash('sha256'), lines: 0, records: 0 };
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
    const { begun, end } = progress;
    if (begun === undefined || end === undefined)
      progress.damage = damageAt(progress, 'checkpoint-broken', 'the checkpoint is cut off');
    else if (seal !== undefined) {
      const broken = checkSeal(progress, seal, size);
      if (broken !== undefined) progress.damage = broken;
    } else if (end.bytes < size) {
      if (options.newest && (await isTorn(handle, end, size))) torn = size - end.bytes;
      else progress.damage = damageAt(progress, 'record-broken', 'the bytes here are no record');
    }
  }
  const { checkpoint, begun, end, damage } = progress;
  return {
    file,
    size,
    ...(checkpoint === undefined ? {} : { checkpoint }),
    ...(begun === undefined ? {} : { begun }),
    ...(end === undefined ? {} : { end }),
    records: progress.records,
    ...(damage === undefined ? {} : { damage }),
    torn,
    late: seal === undefined ? 0 : Math.max(0, size - seal.bytes),
  };
}

/** A disk that does not give a file back is damage; a missing right to read it is not. */
function unreadable(file: SegmentFile, error: unknown): SegmentScan {
  const code = errorCode(error);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EMFILE' || code === '') throw error;
  const damage = {
    code: 'segment-unreadable',
    message: `log/${file.name} cannot be read: ${code}`,
    file: `log/${file.name}`,
    seq: file.seq,
  };
  return { file, size: 0, records: 0, damage, torn: 0, late: 0 };
}

/** Reads a segment. Throws StoreError where it may not be read at all. */
export async function scanSegment(folder: string, file: SegmentFile, options: ScanOptions): Promise<SegmentScan> {
  let handle: FileHandle;
  try {
    handle = await open(join(logFolder(folder), file.name), 'r');
  } catch (error) {
    if (errorCode(error) === 'EACCES')
      throw new StoreError(`log/${file.name} may not be read by this user`, { cause: error });
    return unreadable(file, error);
  }
  try {
    return await scan(handle, file, options);
  } catch (error) {
    // What `take` throws is the caller's; only failed system calls are the file's.
    return unreadable(file, error);
  } finally {
    await handle.close();
  }
}

/** The checkpoint that a segment begins with; undefined where it does not hold. */
export async function readCheckpoint(folder: string, file: SegmentFile): Promise<CheckpointRecord | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(join(logFolder(folder), file.name), 'r');
  } catch {
    return undefined;
  }
  try {
    // The first look is enough for all but the checkpoints of large recoveries.
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
    if (typeof record === 'string' || wrongCheckpoint(record, file) !== undefined) return undefined;
    return record as CheckpointRecord;
  } catch {
    return undefined;
  } finally {
    await handle.close();
  }
}
