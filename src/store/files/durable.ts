/** Files that are whole and on disk before they have a name, so that a kill leaves none or a sound one. */

import { writeSync } from 'node:fs';
import { type FileHandle, link, open, readdir, rename, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../errors.ts';
import { TEMPORARY } from './layout.ts';

/** Makes names that were added or removed in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes all of it: one call may take less than it was given. */
export async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done);
    if (bytesWritten === 0) throw new Error('the file system took no more bytes');
    done += bytesWritten;
  }
}

/** The same without leaving the thread: for what is small, goes into memory, and is synced right after. */
export function writeAllNow(file: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) {
    const written = writeSync(file, bytes, done, bytes.length - done);
    if (written === 0) throw new Error('the file system took no more bytes');
    done += written;
  }
}

/** Writes a new file (0600) and syncs it; the name of the file is not synced yet. */
export async function writeDurably(path: string, write: (handle: FileHandle) => Promise<void>): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await write(handle);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Makes a file whole under a temporary name and links it to its own; throws EEXIST if that is taken.
 * `named` is called once it has its name, which is durable only when this returns.
 */
export async function linkWhole(
  folder: string,
  name: string,
  id: string,
  write: (handle: FileHandle) => Promise<void>,
  named?: () => void,
): Promise<void> {
  const temporary = join(folder, `${TEMPORARY}${id}`);
  try {
    await writeDurably(temporary, write);
    await link(temporary, join(folder, name));
    named?.();
  } finally {
    await unlink(temporary).catch(ignoreMissing);
  }
  await syncFolder(folder);
}

/** Makes a file whole under a temporary name and renames it over whatever had its name. */
export async function replaceWhole(
  folder: string,
  name: string,
  id: string,
  write: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const temporary = join(folder, `${TEMPORARY}${id}`);
  try {
    await writeDurably(temporary, write);
    await rename(temporary, join(folder, name));
  } catch (error) {
    await unlink(temporary).catch(ignoreMissing);
    throw error;
  }
  await syncFolder(folder);
}

/** Removes what kills left behind: every name that begins with `prefix`. Only the holder of the lock may. */
export async function removeLeftovers(folder: string, prefix: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(prefix)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

export function ignoreMissing(error: unknown): void {
  if (errorCode(error) !== 'ENOENT') throw error;
}
