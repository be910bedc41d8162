/**
 * The reading part of `node:fs/promises`, on the calling thread.
 *
 * A command asks for a few dozen names before it does anything else. A system call takes microseconds, and a thread of
 * the pool, with the way there and back, a tenth of a millisecond each time. Errors and results are those of
 * `node:fs/promises`; code that reads without a limit uses that, so that signals are seen meanwhile.
 */

import {
  closeSync,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';

export async function lstat(path: string): Promise<Stats> {
  return lstatSync(path);
}

export async function stat(path: string): Promise<Stats> {
  return statSync(path);
}

/** The path without links. */
export async function realpath(path: string): Promise<string> {
  return realpathSync.native(path);
}

/** Names in a folder. */
export async function readdir(folder: string): Promise<string[]> {
  return readdirSync(folder);
}

/** Entries of a folder, with their types. */
export async function entriesOf(folder: string): Promise<Dirent[]> {
  return readdirSync(folder, { withFileTypes: true });
}

export async function readBytes(path: string): Promise<Buffer> {
  return readFileSync(path);
}

/** An open file. */
export interface ReadHandle extends AsyncDisposable {
  readonly stat: () => Promise<Stats>;
  /** Reads into `buffer` at `offset`, from the place after the last read. Resolves with the number of bytes. */
  readonly read: (buffer: Buffer, offset: number, length: number) => Promise<number>;
  readonly close: () => Promise<void>;
}

/** Opens a file for reading. `flags`: `O_RDONLY` and more of `constants`. */
export async function open(path: string, flags: number): Promise<ReadHandle> {
  const file = openSync(path, flags);
  const close = async (): Promise<void> => closeSync(file);
  return {
    stat: async () => fstatSync(file),
    read: async (buffer, offset, length) => readSync(file, buffer, offset, length, null),
    close,
    [Symbol.asyncDispose]: close,
  };
}
