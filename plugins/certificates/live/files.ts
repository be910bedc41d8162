/** Files as they really are: read whole within a limit, written exclusively with an exact mode, and on the disk for good. */

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

export interface FileStat extends FileMode {
  readonly gid: number;
  /** A symbolic link leads to it. */
  readonly link: boolean;
  /** Tells it from any other file, and from itself after a change. */
  readonly version: string;
}

export type FileSeen =
  | { readonly kind: 'missing' }
  /** Something else is in its place, or it is larger than any such file can be. */
  | { readonly kind: 'other'; readonly what: string }
  | { readonly kind: 'file'; readonly text: string; readonly stat: FileStat };

const GONE = new Set(['ENOENT', 'ENOTDIR']);

/** Whether an error says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return GONE.has(codeOf(error) ?? '');
}

/*
 * Calls that have no promise of their own: a look at ten thousand pairs asks for as many files that are not there, and
 * an error of theirs costs a tenth of one with the stack of whoever waits for it.
 */
const openFd = promisify(open);
const readFd = promisify(read);
const writeFd = promisify(write);
const syncFd = promisify(fsync);

/** Opens for reading, and says whether a link leads there. */
async function openSeen(path: string): Promise<{ readonly fd: number; readonly link: boolean }> {
  // Not blocking: a named pipe in its place would hold the look up for ever.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  try {
    return { fd: await openFd(path, flags | constants.O_NOFOLLOW), link: false };
  } catch (error) {
    if (codeOf(error) !== 'ELOOP') throw error;
    return { fd: await openFd(path, flags), link: true };
  }
}

function versionOf({ dev, ino, size, mtimeMs }: Stats): string {
  return `${dev}:${ino}:${size}:${mtimeMs}`;
}

/** Throws where something else lies at a path than was read there. */
export function mustBeAsRead(path: string, read: FileStat): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || versionOf(found) !== read.version)
    throw new Error(`${path} was changed meanwhile, and is not replaced`);
}

/**
 * Puts a new file where nothing is; throws where something is. Its old name stays until the folder is synced and it is
 * removed: a loss of power could keep the end of the one name, and lose the beginning of the other.
 */
export function placeNew(from: string, to: string): void {
  try {
    // A rename would overwrite what somebody put there meanwhile; a link does not.
    linkSync(from, to);
  } catch (error) {
    if (codeOf(error) === 'EEXIST')
      throw new Error(`${to} was put there meanwhile, and is not overwritten`, { cause: error });
    if (!NO_LINKS.has(codeOf(error) ?? '')) throw error;
    if (lstatSync(to, { throwIfNoEntry: false }) !== undefined)
      throw new Error(`${to} was put there meanwhile, and is not overwritten`, { cause: error });
    renameSync(from, to);
  }
}

/** So many names are tried for what is kept. */
const MOST_KEPT = 10_000;

/**
 * Gives a file another name beside its own, one that nothing has: `www.key.kept-1`. Gives that name. Where the disk has
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
  throw new Error(`${path} is not replaced: there is no name left to keep it under`);
}

/** Reads one file of at most `limit` bytes. Throws a StorageError where it can't be told what is there. */
export async function readWhole(path: string, limit: number): Promise<FileSeen> {
  let fd: number | undefined;
  try {
    const opened = await openSeen(path);
    fd = opened.fd;
    const found = fstatSync(fd);
    if (found.isDirectory()) return { kind: 'other', what: 'a directory' };
    if (!found.isFile()) return { kind: 'other', what: 'no regular file' };
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
    if (GONE.has(code)) return { kind: 'missing' };
    // A socket, or a device without a driver: it is there, and no file.
    if (code === 'ENXIO' || code === 'ENODEV') return { kind: 'other', what: 'no regular file' };
    throw new StorageError(path, code);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** What was written a moment ago, and so lies in memory: no disk is waited for. Throws where it can't be read back. */
export function readBack(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    throw new Error(`${path} cannot be read back: ${codeOf(error) ?? ''}`, { cause: error });
  }
}

/** How a file is to be: what is left out stays as it is, or becomes what the system makes it. */
export interface Attributes {
  readonly uid?: number;
  readonly gid?: number;
  readonly mode: number;
}

/** Who may read the file shrinks first and grows last, so that at no time anybody may who should not. */
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

/** Writes a new file with exactly these attributes, and syncs it. A key is readable for nobody else from the first moment on. */
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

/** Sets owner, group and mode of a file, for good; gives false where it has them, or there is none. */
export async function setAttributes(path: string, wanted: Attributes): Promise<boolean> {
  let fd: number | undefined;
  try {
    fd = await openFd(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!fstatSync(fd).isFile() || !setOn(fd, path, wanted)) return false;
    await syncFd(fd);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

async function syncNow(folder: string): Promise<void> {
  const fd = await openFd(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await syncFd(fd);
  } finally {
    closeSync(fd);
  }
}

/** Folders that are being synced, with the sync that comes next where somebody waits for it. */
const syncing = new Map<string, { readonly now: Promise<void>; next?: Promise<void> }>();

function begin(folder: string): Promise<void> {
  const now = syncNow(folder).finally(() => {
    if (syncing.get(folder)?.now === now) syncing.delete(folder);
  });
  syncing.set(folder, { now });
  return now;
}

/**
 * Makes what was created, renamed or removed in a folder last. Those who ask while it is being synced share the next
 * sync: the one that runs may have begun before their change.
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

/** Makes a folder and its parents (mode 0755 less the umask), each of them for good. */
export async function makeFolder(folder: string): Promise<void> {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
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

/** Where a symbolic link leads, as it is written there; `other` where something else is in its place. */
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
 * Which of some names are there, beside a file that was just looked at. At once, and not by a call of its own for each:
 * a look at ten thousand pairs asks for forty thousand names that are hardly ever there. Throws a StorageError.
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

/** Whether anything has this name, a link that leads nowhere included. */
export async function nameExists(path: string): Promise<boolean> {
  try {
    await lstat(path);
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
