/** Files as they really are: read whole within a limit, written exclusively with an exact mode, and on the disk for good. */

import { constants } from 'node:fs';
import { type FileHandle, chmod, link, mkdir, open, rename, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FileMode } from '../world.ts';

/** A place that could not be read or written, with the code of the system (`EACCES`). */
export class StorageError extends Error {
  readonly path: string;
  readonly code: string;

  constructor(path: string, code: string) {
    super(`${path}: ${code}`);
    this.name = 'StorageError';
    this.path = path;
    this.code = code;
  }
}

export type FileSeen =
  | { readonly kind: 'missing' }
  /** Something else is in its place, or it is larger than any such file can be. */
  | { readonly kind: 'other'; readonly what: string }
  | { readonly kind: 'file'; readonly text: string; readonly stat: FileMode };

export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

const GONE = new Set(['ENOENT', 'ENOTDIR']);

/** Whether an error says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return GONE.has(codeOf(error) ?? '');
}

/** Reads one file of at most `limit` bytes. Throws a StorageError where it can't be told what is there. */
export async function readWhole(path: string, limit: number): Promise<FileSeen> {
  let handle: FileHandle | undefined;
  try {
    // Not blocking: a named pipe in its place would hold the look up for ever.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await handle.stat();
    if (found.isDirectory()) return { kind: 'other', what: 'a directory' };
    if (!found.isFile()) return { kind: 'other', what: 'no regular file' };
    if (found.size > limit) return { kind: 'other', what: `larger than ${limit} bytes` };
    const buffer = Buffer.alloc(Math.min(limit, found.size));
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    const mode = (found.mode & 0o7777).toString(8).padStart(4, '0');
    return { kind: 'file', text: buffer.toString('latin1', 0, length), stat: { mode, uid: found.uid } };
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    if (GONE.has(code)) return { kind: 'missing' };
    // A socket, or a device without a driver: it is there, and no file.
    if (code === 'ENXIO' || code === 'ENODEV') return { kind: 'other', what: 'no regular file' };
    throw new StorageError(path, code);
  } finally {
    await handle?.close();
  }
}

/** Writes a new file with exactly this mode, and syncs it. The mode is there from the first moment: a key is never readable by others. */
export async function writeNew(path: string, text: string, mode: number): Promise<void> {
  const handle = await open(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    mode,
  );
  try {
    await handle.writeFile(text, 'latin1');
    // The umask can only have taken bits away.
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Sets the mode of a file, for good; gives false where there is none. */
export async function setMode(path: string, mode: number): Promise<boolean> {
  try {
    await chmod(path, mode);
    const handle = await open(path, constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Makes what was created, renamed or removed in a folder last. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function syncFolders(...paths: readonly string[]): Promise<void> {
  for (const folder of new Set(paths.map((path) => dirname(path)))) await syncFolder(folder);
}

/** Makes a folder and its parents (mode 0755 less the umask), each of them for good. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o755 });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

export async function fileExists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw new StorageError(path, codeOf(error) ?? 'unknown');
  }
}

/** Removes a file; gives false where there is none. The folder is not synced. */
export async function removeFile(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Puts a file in the place of another, for good. */
export async function moveOver(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncFolders(from, to);
}

const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Moves a file to where none is, for good; throws where one is. */
export async function moveNew(from: string, to: string): Promise<void> {
  try {
    // A rename would overwrite what somebody put there since it was looked at; a link does not.
    await link(from, to);
    await syncFolders(to);
    await unlink(from);
  } catch (error) {
    if (!NO_LINKS.has(codeOf(error) ?? '')) throw error;
    if (await fileExists(to)) throw new Error(`${to} is there already`, { cause: error });
    await rename(from, to);
  }
  await syncFolders(from, to);
}

/** Removes a folder if nothing is in it. */
export async function removeEmptyFolder(folder: string): Promise<void> {
  try {
    await rmdir(folder);
    await syncFolder(dirname(folder));
  } catch (error) {
    if (!isMissing(error) && !['ENOTEMPTY', 'EEXIST', 'EBUSY', 'EINVAL'].includes(codeOf(error) ?? '')) throw error;
  }
}
