/** File access: reads within a size limit, exclusive writes with an exact mode, and durable changes. */

import {
  type Stats,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsync,
  linkSync,
  lstatSync,
  mkdirSync,
  open,
  read,
  readFileSync,
  renameSync,
  statSync,
  write,
} from 'node:fs';
import { link, lstat, mkdir, readlink, rename, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { codeOf } from '#plugin';
import type { FileMode } from '../world.ts';

/** A path that could not be read or written, with the system's error code (`EACCES`). */
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

export interface FileStat extends FileMode {
  readonly gid: number;
  /** Set if a symbolic link leads to the file. */
  readonly link: boolean;
  /** Identifies the file and its version. */
  readonly version: string;
}

export type FileSeen =
  | { readonly kind: 'missing' }
  /** Another kind of object is in its place, or the file is too large. */
  | { readonly kind: 'other'; readonly what: string }
  | { readonly kind: 'file'; readonly text: string; readonly stat: FileStat };

const MISSING = new Set(['ENOENT', 'ENOTDIR']);

/** Reports whether an error means that the file does not exist. */
export function isMissing(error: unknown): boolean {
  return MISSING.has(codeOf(error) ?? '');
}

/*
 * Callback-based calls: reading ten thousand pairs tests as many files that do not exist, and
 * a callback's error costs a tenth of a promise's, which captures the caller's stack.
 */
const openFd = promisify(open);
const readFd = promisify(read);
const writeFd = promisify(write);
const syncFd = promisify(fsync);

/** Opens for reading, and reports whether a link leads there. `links`: a link is followed. */
async function openSeen(path: string, links: boolean): Promise<{ readonly fd: number; readonly link: boolean }> {
  // Non-blocking: a named pipe in its place would block the read forever.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  try {
    return { fd: await openFd(path, flags | constants.O_NOFOLLOW), link: false };
  } catch (error) {
    if (codeOf(error) !== 'ELOOP' || !links) throw error;
    return { fd: await openFd(path, flags), link: true };
  }
}

function versionOf({ dev, ino, size, mtimeMs }: Stats): string {
  return `${dev}:${ino}:${size}:${mtimeMs}`;
}

/** Throws if the file at a path is not the one that was read. */
export function mustBeAsRead(path: string, read: FileStat): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || versionOf(found) !== read.version)
    throw new Error(`${path} was changed by another program, and is not replaced`);
}

/**
 * Moves a new file to a free path; throws if the path exists. Its old name stays until the folder is synced and it is
 * removed: after a power loss the removal of the old name could be durable, and the new name lost.
 */
export function placeNew(from: string, to: string): void {
  try {
    // A rename would overwrite a file that another program created meanwhile; a link does not.
    linkSync(from, to);
  } catch (error) {
    if (codeOf(error) === 'EEXIST')
      throw new Error(`${to} was created by another program, and is not overwritten`, { cause: error });
    if (!NO_LINKS.has(codeOf(error) ?? '')) throw error;
    if (lstatSync(to, { throwIfNoEntry: false }) !== undefined)
      throw new Error(`${to} was created by another program, and is not overwritten`, { cause: error });
    renameSync(from, to);
  }
}

/** Number of names that are tried for a kept file. */
const MOST_KEPT = 10_000;

/**
 * Links a file to a free name next to it, such as `www.key.kept-1`, and returns that name. If the file system has
 * no links, the file is moved there.
 */
export async function setAside(path: string): Promise<string> {
  for (let number = 1; number < MOST_KEPT; number++) {
    const kept = `${path}.kept-${number}`;
    if (namesThere([kept]).length > 0) continue;
    try {
      await link(path, kept);
    } catch (error) {
      if (codeOf(error) === 'EEXIST') continue;
      if (!NO_LINKS.has(codeOf(error) ?? '')) throw error;
      await moveNew(path, kept);
    }
    await syncFolders(kept);
    return kept;
  }
  throw new Error(`${path} is not replaced: no free name is left to keep it under`);
}

/**
 * Reads one file of at most `limit` bytes. Throws a StorageError if the path cannot be examined. `links`: a symbolic link is
 * followed; otherwise, it is not a file.
 */
export async function readWhole(path: string, limit: number, { links = true } = {}): Promise<FileSeen> {
  let fd: number | undefined;
  try {
    const opened = await openSeen(path, links);
    fd = opened.fd;
    const found = fstatSync(fd);
    if (found.isDirectory()) return { kind: 'other', what: 'a directory' };
    if (!found.isFile()) return { kind: 'other', what: 'not a regular file' };
    if (found.size > limit) return { kind: 'other', what: `larger than ${limit} bytes` };
    const buffer = Buffer.alloc(found.size);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await readFd(fd, buffer, length, buffer.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    const mode = (found.mode & 0o7777).toString(8).padStart(4, '0');
    const stat = { mode, uid: found.uid, gid: found.gid, link: opened.link, version: versionOf(found) };
    return { kind: 'file', text: buffer.toString('latin1', 0, length), stat };
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    if (MISSING.has(code)) return { kind: 'missing' };
    if (code === 'ELOOP' && !links) return { kind: 'other', what: 'a symbolic link' };
    // A socket, or a device without a driver: exists, but is not a file.
    if (code === 'ENXIO' || code === 'ENODEV') return { kind: 'other', what: 'not a regular file' };
    throw new StorageError(path, code);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Reads back a file that was just written and is still cached. Throws if it cannot be read back. */
export function readBack(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    throw new Error(`${path} cannot be read back: ${codeOf(error) ?? ''}`, { cause: error });
  }
}

/** Desired attributes of a file; the others keep their values or the system's defaults. */
export interface Attributes {
  readonly uid?: number;
  readonly gid?: number;
  readonly mode: number;
}

/** Revokes read access before granting it, so that at no time a user has access who should not. */
function setOn(fd: number, path: string, wanted: Attributes): boolean {
  const found = fstatSync(fd);
  const uid = wanted.uid ?? found.uid;
  const gid = wanted.gid ?? found.gid;
  const mode = found.mode & 0o7777;
  const isOwned = found.uid === uid && found.gid === gid;
  if (isOwned && mode === wanted.mode) return false;
  if (!isOwned) {
    const narrow = mode & wanted.mode & 0o700;
    if (narrow !== mode) fchmodSync(fd, narrow);
    try {
      fchownSync(fd, uid, gid);
    } catch (error) {
      throw new Error(`${path} cannot be given to the user ${uid} and the group ${gid}: ${codeOf(error) ?? ''}`, {
        cause: error,
      });
    }
  }
  fchmodSync(fd, wanted.mode);
  return true;
}

/** Writes a new file with exactly these attributes, and syncs it. A key is never readable for other users. */
export async function writeNew(path: string, text: string, wanted: Attributes): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const fd = await openFd(path, flags, wanted.mode & 0o600);
  try {
    const buffer = Buffer.from(text, 'latin1');
    for (let done = 0; done < buffer.length; )
      done += (await writeFd(fd, buffer, done, buffer.length - done, done)).bytesWritten;
    setOn(fd, path, wanted);
    await syncFd(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Sets owner, group and mode of a file that was read, durably; returns false if it has them or does not exist. Throws if the
 * path now leads to another file: a user who can write to the folder could put a symbolic link there.
 */
export async function setAttributes(path: string, wanted: Attributes, read: FileStat): Promise<boolean> {
  let fd: number | undefined;
  try {
    fd = await openFd(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (versionOf(fstatSync(fd)) !== read.version)
      throw new Error(`${path} was changed by another program. Its owner and mode are not set`);
    if (!setOn(fd, path, wanted)) return false;
    await syncFd(fd);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/**
 * Sets the mode 0600 of a file with a key, if it exists. `check` throws if a text is not a key: the target of a symbolic link
 * can be a file of another program.
 */
export async function closeKey(path: string, limit: number, check: (text: string) => unknown): Promise<void> {
  const file = await readWhole(path, limit);
  if (file.kind !== 'file') return;
  if (file.stat.link) await check(file.text);
  await setAttributes(path, { mode: 0o600 }, file.stat);
}

async function syncNow(folder: string): Promise<void> {
  const fd = await openFd(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await syncFd(fd);
  } finally {
    closeSync(fd);
  }
}

/** Folders that are being synced, with the next sync, if requested. */
const syncing = new Map<string, { readonly now: Promise<void>; next?: Promise<void> }>();

function begin(folder: string): Promise<void> {
  const now = syncNow(folder).finally(() => {
    if (syncing.get(folder)?.now === now) syncing.delete(folder);
  });
  syncing.set(folder, { now });
  return now;
}

/**
 * Makes creations, renames and removals in a folder durable. Calls during a sync share the next
 * sync: the running one may have started before their change.
 */
export function syncFolder(folder: string): Promise<void> {
  const under = syncing.get(folder);
  if (under === undefined) return begin(folder);
  const again = (): Promise<void> => begin(folder);
  under.next ??= under.now.then(again, again);
  return under.next;
}

export async function syncFolders(...paths: readonly string[]): Promise<void> {
  await Promise.all([...new Set(paths.map((path) => dirname(path)))].map(syncFolder));
}

/** Creates a folder and its parents (mode 0755 less the umask), each durably. */
export async function makeFolder(folder: string): Promise<void> {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
  const first = await mkdir(folder, { recursive: true, mode: 0o755 });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

const OPEN_MODE = 0o755;

/**
 * Creates a folder with the mode 0755, under any umask: a web server or a service of another user enters it. Its mode is that
 * of its creation. A later `chmod` of the path could meet another object, if another user can write to the folder around it.
 */
export function makeOpenFolder(folder: string): void {
  // Only calls of other threads can run with this umask, and they name the mode of a file that others must not read.
  const before = process.umask(0o777 & ~OPEN_MODE);
  try {
    mkdirSync(folder, { mode: OPEN_MODE });
  } finally {
    process.umask(before);
  }
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

/** The literal target of a symbolic link; `other` if the path is not a link. */
export async function readLink(
  path: string,
): Promise<{ readonly kind: 'missing' | 'other' } | { readonly kind: 'link'; readonly to: string }> {
  try {
    return { kind: 'link', to: await readlink(path) };
  } catch (error) {
    if (isMissing(error)) return { kind: 'missing' };
    if (codeOf(error) === 'EINVAL') return { kind: 'other' };
    throw new StorageError(path, codeOf(error) ?? 'unknown');
  }
}

/**
 * Returns which of some names exist next to a file that was just read. Synchronous and batched:
 * reading ten thousand pairs tests forty thousand names, which rarely exist. Throws a StorageError.
 */
export function namesThere(paths: readonly string[]): readonly string[] {
  return paths.filter((path) => {
    try {
      return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
    } catch (error) {
      if (isMissing(error)) return false;
      throw new StorageError(path, codeOf(error) ?? 'unknown');
    }
  });
}

/** Reports whether a path exists, dangling links included. */
export async function nameExists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw new StorageError(path, codeOf(error) ?? 'unknown');
  }
}

/** Removes a file; returns false if it does not exist. The folder is not synced. */
export async function removeFile(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Moves a file to a free path, durably; throws if the path exists. */
export async function moveNew(from: string, to: string): Promise<void> {
  try {
    // A rename would overwrite a file that another program created since the check; a link does not.
    await link(from, to);
    await syncFolders(to);
    await unlink(from);
  } catch (error) {
    if (!NO_LINKS.has(codeOf(error) ?? '')) throw error;
    if (await fileExists(to)) throw new Error(`${to} already exists`, { cause: error });
    await rename(from, to);
  }
  await syncFolders(from, to);
}

/** Removes a folder if it is empty. */
export async function removeEmptyFolder(folder: string): Promise<void> {
  try {
    await rmdir(folder);
    await syncFolder(dirname(folder));
  } catch (error) {
    if (!isMissing(error) && !['ENOTEMPTY', 'EEXIST', 'EBUSY', 'EINVAL'].includes(codeOf(error) ?? '')) throw error;
  }
}
