/**
 * A folder that only this user can enter, and durable changes in it.
 *
 * Other users share the machine: the folder must belong to this user with mode 0700, links are not followed, and files
 * of others are not read.
 */

import { type Dirent, constants } from 'node:fs';
import { type FileHandle, lstat, link, mkdir, open, readdir, realpath, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, errorText, InputError } from '#plugin';
import { distrustOf, trustedOwners } from '#plugin/owner';

const OTHERS = 0o077;
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** The user of this process; undefined on systems without user ids. */
function ownUid(): number | undefined {
  return process.geteuid?.();
}

/** Checks a folder, and changes nothing. Throws an InputError unless only this user can enter it. */
export async function checkOwnFolder(path: string): Promise<void> {
  const found = await lstat(path);
  if (!found.isDirectory()) throw new InputError(`${path} is not a folder. Name a folder of this user, with mode 0700`);
  const uid = ownUid();
  if (uid === undefined) return;
  if (found.uid !== uid)
    throw new InputError(`the folder ${path} belongs to user ${found.uid}. Use a folder of user ${uid}`);
  if ((found.mode & OTHERS) !== 0)
    throw new InputError(`other users can enter the folder ${path}. Run chmod 700 on it`);
  const distrust = await distrustOf(await realpath(path), trustedOwners(uid, {}));
  if (distrust !== undefined)
    throw new InputError(`${distrust.path} ${distrust.reason}. Use a folder that no other user can replace`);
}

/** Checks a folder; creates it if it does not exist. Throws an InputError unless only this user can enter it. */
export async function ownFolder(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true, mode: FOLDER_MODE });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw new InputError(`the folder ${path} cannot be created: ${errorText(error)}`);
  }
  await checkOwnFolder(path);
  return path;
}

/** The content of a file. */
export type FileText =
  | { readonly status: 'missing' }
  | { readonly status: 'refused'; readonly reason: string }
  | { readonly status: 'read'; readonly text: string };

async function bytesOf(file: FileHandle, size: number): Promise<Buffer> {
  const buffer = Buffer.alloc(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await file.read(buffer, length, size - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

/** Reads a regular file of this user or of root, of at most `limit` bytes. Links are not followed. */
export async function readOwn(path: string, limit: number): Promise<FileText> {
  let file: FileHandle | undefined;
  try {
    // Non-blocking: a named pipe in its place would block the read forever.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    const found = await file.stat();
    const { size, uid } = found;
    if (!found.isFile()) return { status: 'refused', reason: 'it is not a regular file' };
    const own = ownUid();
    if (own !== undefined && uid !== own && uid !== 0)
      return { status: 'refused', reason: `it belongs to user ${uid}` };
    if (size > limit) return { status: 'refused', reason: `it is larger than ${limit} bytes` };
    return { status: 'read', text: (await bytesOf(file, size)).toString('utf8') };
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return { status: 'missing' };
    return { status: 'refused', reason: code === 'ELOOP' ? 'it is a symbolic link' : errorText(error) };
  } finally {
    await file?.close();
  }
}

/** Makes changes of names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export interface WriteOptions {
  /** False leaves the time of the write to the disk to the system. True by default. */
  readonly isDurable?: boolean;
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

/** Writes a new file, without a final name: a failed write leaves nothing. */
async function writeNew(path: string, text: string, isDurable: boolean): Promise<void> {
  // A file of an earlier process, which was killed.
  await removeIfThere(path);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = await open(path, flags, FILE_MODE);
  try {
    await file.writeFile(text);
    if (isDurable) await file.sync();
  } catch (error) {
    await removeIfThere(path);
    throw error;
  } finally {
    await file.close();
  }
}

/** Replaces a file of the folder: it is the old one or the new one at every moment. */
export async function replaceOwn(
  folder: string,
  name: string,
  text: string,
  { isDurable = true }: WriteOptions = {},
): Promise<void> {
  const made = join(folder, `.${name}.new`);
  await writeNew(made, text, isDurable);
  try {
    await rename(made, join(folder, name));
  } catch (error) {
    await removeIfThere(made);
    throw error;
  }
  if (isDurable) await syncFolder(folder);
}

/** Adds a file; false if the name is in use. */
export async function addOwn(folder: string, name: string, text: string): Promise<boolean> {
  const made = join(folder, `.${name}.new`);
  await writeNew(made, text, true);
  try {
    await link(made, join(folder, name));
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await removeIfThere(made);
  }
  await syncFolder(folder);
  return true;
}

export const SET_ASIDE = 'set-aside';

/** Moves a file of the folder to `set-aside/`, under a name that is free, and returns its new path. */
export async function setAsideOwn(folder: string, name: string): Promise<string> {
  const place = await ownFolder(join(folder, SET_ASIDE));
  for (let number = 0; ; number += 1) {
    const path = join(place, number === 0 ? name : `${name}.${number}`);
    try {
      // A rename would overwrite a file that was set aside before; a link does not.
      await link(join(folder, name), path);
    } catch (error) {
      if (codeOf(error) === 'EEXIST') continue;
      throw error;
    }
    await unlink(join(folder, name));
    await syncFolder(place);
    await syncFolder(folder);
    return path;
  }
}

const NO_FOLDER: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR']);

/** The entries of a folder; an empty list if it does not exist. */
export async function entriesOfOwn(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (NO_FOLDER.has(codeOf(error))) return [];
    throw error;
  }
}
