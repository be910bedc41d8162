/** Files that are complete and on disk before they get their names, so that a kill leaves no file or a sound one. */

import { writeSync } from 'node:fs';
import { type FileHandle, link, open, readdir, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../error-code.ts';
import { TEMPORARY } from './layout.ts';

/** Makes added and removed names of a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes all bytes: one call can write fewer than given. */
export async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done);
    if (bytesWritten === 0) throw new Error('the file system accepted no more bytes');
    done += bytesWritten;
  }
}

/** Writes all bytes synchronously, for small writes that go to the page cache and are synced right after. */
export function writeAllNow(file: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) {
    const written = writeSync(file, bytes, done, bytes.length - done);
    if (written === 0) throw new Error('the file system accepted no more bytes');
    done += written;
  }
}

/** Writes a new file (0600) and syncs it. The file's name is not yet synced. */
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
 * Writes a file under a temporary name and links it to its own. Throws EEXIST if that name is taken.
 * Calls `named` once the file has its name, which is durable only when this function returns.
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

/** Removes leftovers of killed processes: every name that begins with `prefix`. Only the lock's holder may call it. */
export async function removeLeftovers(folder: string, prefix: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(prefix)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

export function ignoreMissing(error: unknown): void {
  if (errorCode(error) !== 'ENOENT') throw error;
}
