/** Reads a file of the inbox, while its writer may be writing. A last line without its newline is ignored. */

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../error-code.ts';
import { isDead } from '../holder.ts';
import { UNDRAINED_BYTES } from '../inbox.ts';
import type { InboxPlace, Undrained } from '../store.ts';
import { isWriterLine, MAX_ENTRY_LINE, MAX_WRITER_LINE, readEntryLine, readWriterLine } from './inbox-line.ts';
import { type InboxFile, inboxFolder } from './layout.ts';

const CHUNK = 256 * 1024;
const NEWLINE = 0x0a;

/** A part of a file of the inbox: one entry. The first one also has the line of the writer. */
export interface Span {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export function placeOf({ name, from, to }: Span): InboxPlace {
  return `${name}:${from}-${to}` as InboxPlace;
}

export function spanOf(place: InboxPlace): Span {
  const [, name = '', from, to] = /^([^:]+):(\d+)-(\d+)$/u.exec(place) ?? [];
  return { name, from: Number(from ?? Number.NaN), to: Number(to ?? Number.NaN) };
}

/** Undefined: the file does not exist. */
async function openInbox<T>(
  folder: string,
  { name }: InboxFile,
  use: (handle: FileHandle) => Promise<T>,
): Promise<T | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(join(inboxFolder(folder), name), constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}

interface RawLine {
  readonly from: number;
  /** After its newline. */
  readonly to: number;
  /** Without its newline; empty for a line that is longer than any line of the inbox. */
  readonly bytes: Buffer;
}

/** The whole lines of a file from an offset on. */
async function* linesFrom(handle: FileHandle, from: number): AsyncGenerator<RawLine> {
  let rest = Buffer.alloc(0);
  let start = from;
  let isLong = false;
  for (let offset = from; ; ) {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const { bytesRead } = await handle.read(chunk, 0, CHUNK, offset);
    if (bytesRead === 0) return;
    const base = offset - rest.length;
    const bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    offset += bytesRead;
    let at = 0;
    for (let newline = bytes.indexOf(NEWLINE); newline >= 0; newline = bytes.indexOf(NEWLINE, at)) {
      const to = base + newline + 1;
      yield { from: start, to, bytes: isLong ? Buffer.alloc(0) : bytes.subarray(at, newline) };
      isLong = false;
      start = to;
      at = newline + 1;
    }
    rest = bytes.subarray(at);
    if (rest.length > Math.max(MAX_ENTRY_LINE, MAX_WRITER_LINE)) {
      isLong = true;
      rest = Buffer.alloc(0);
    }
  }
}

/** At most `limit` entries of a file after an offset, in their order. */
export async function entriesAfter(
  folder: string,
  file: InboxFile,
  drained: number,
  limit: number,
): Promise<readonly Undrained[]> {
  const found = await openInbox(folder, file, async (handle) => {
    const entries: Undrained[] = [];
    let from = drained;
    for await (const line of linesFrom(handle, drained)) {
      if (line.from === 0 && isWriterLine(line.bytes)) continue;
      const place = placeOf({ name: file.name, from, to: line.to });
      const read = readEntryLine(line.bytes);
      const damage = `inbox/${file.name}: the bytes ${line.from} to ${line.to} are not the entry that was deposited`;
      entries.push(read === undefined ? { place, damage } : { place, ...read });
      from = line.to;
      if (entries.length >= limit || from - drained >= UNDRAINED_BYTES) break;
    }
    return entries;
  });
  return found ?? [];
}

/** Time without a change, in ms, after which a file is given up: its writer may be on another machine, or gone. */
const IDLE_MS = 60 * 60_000;

/**
 * True if a file has no entry after an offset and will get none that is acknowledged: its writer is dead, has begun
 * another file, or has been idle so long that it may lose this one. (A writer checks its file's name after each write.)
 */
export async function isSpent(
  folder: string,
  file: InboxFile,
  drained: number,
  isRotated: boolean,
  now: number,
): Promise<boolean> {
  const found = await openInbox(folder, file, async (handle) => {
    const { mtimeMs } = await handle.stat();
    const first = Buffer.alloc(MAX_WRITER_LINE);
    const { bytesRead } = await handle.read(first, 0, first.length, 0);
    const newline = first.subarray(0, bytesRead).indexOf(NEWLINE);
    const writer = readWriterLine(first.subarray(0, Math.max(0, newline)));
    // Before the reading: a writer may write and then die.
    if (!isRotated && !isDead(writer) && now - mtimeMs < IDLE_MS) return false;
    for await (const { from } of linesFrom(handle, drained)) if (from > 0) return false;
    return true;
  });
  return found ?? false;
}
