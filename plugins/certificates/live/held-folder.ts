/**
 * Folders that are held open: names in them are created, read and removed in these very folders. Another user who can write
 * to the folder around one can rename it at any moment, and put a symbolic link in its place.
 *
 * On Linux, `/proc/self/fd` gives a held folder a path that no rename changes. Without it, the folder is compared with its
 * path right before and right after each use: a folder that was replaced is an error, but a change between the two is not
 * prevented.
 */

import { constants } from 'node:fs';
import { type FileHandle, lstat, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, defined } from '#plugin';
import { isMissing, makeOpenFolder } from './files.ts';

export interface HeldFolder {
  /** The path by which the folder was opened, for messages. */
  readonly path: string;
  readonly handle: FileHandle;
  /** Leads to the folder also after it was renamed; absent on systems without such paths. */
  readonly lasting?: string;
}

/** The reason why a folder cannot be held. */
export interface NotHeld {
  readonly path: string;
  readonly problem: 'missing' | 'link' | 'other';
}

const DESCRIPTORS = '/proc/self/fd';
const FLAGS = constants.O_RDONLY | constants.O_DIRECTORY;
/** Linux opens a folder that this user can enter, but not list, with this flag. Node.js has no name for it. */
const O_PATH = 0o10000000;

export function isHeld(found: HeldFolder | NotHeld): found is HeldFolder {
  return 'handle' in found;
}

async function openFolder(path: string, flags: number): Promise<FileHandle> {
  try {
    return await open(path, flags);
  } catch (error) {
    if (codeOf(error) !== 'EACCES' || process.platform !== 'linux') throw error;
    return open(path, flags | O_PATH);
  }
}

async function isAt(path: string, handle: FileHandle): Promise<boolean> {
  try {
    const [there, own] = [await stat(path, { bigint: true }), await handle.stat({ bigint: true })];
    return there.dev === own.dev && there.ino === own.ino;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function problemAt(path: string): Promise<NotHeld['problem']> {
  try {
    return (await lstat(path)).isSymbolicLink() ? 'link' : 'other';
  } catch (error) {
    if (isMissing(error)) return 'missing';
    throw error;
  }
}

/** `at` leads to the folder now; `path` is its name in messages. */
async function hold(at: string, path: string, flags: number): Promise<HeldFolder | NotHeld> {
  let handle: FileHandle;
  try {
    handle = await openFolder(at, flags);
  } catch (error) {
    if (!isMissing(error) && codeOf(error) !== 'ELOOP') throw error;
    return { path, problem: await problemAt(at) };
  }
  const lasting = `${DESCRIPTORS}/${handle.fd}`;
  const isLasting = await isAt(lasting, handle).catch(() => false);
  return defined({ path, handle, lasting: isLasting ? lasting : undefined });
}

/** Opens a folder. `links`: the path may be a symbolic link to the folder. */
export function holdFolder(path: string, { links }: { readonly links: boolean }): Promise<HeldFolder | NotHeld> {
  return hold(path, path, links ? FLAGS : FLAGS | constants.O_NOFOLLOW);
}

export async function releaseFolder({ handle }: HeldFolder): Promise<void> {
  await handle.close();
}

async function mustBeThere({ path, handle }: HeldFolder): Promise<void> {
  if (!(await isAt(path, handle))) throw new Error(`${path} was replaced by another program`);
}

/** An error of the system with the path that people know. */
function renamed(error: unknown, lasting: string, path: string): unknown {
  if (!(error instanceof Error) || !error.message.includes(`${lasting}/`)) return error;
  const message = error.message.replaceAll(`${lasting}/`, `${path}/`);
  return Object.assign(new Error(message, { cause: error }), defined({ code: codeOf(error) }));
}

/** Calls a function with a path that leads to a name in the folder itself. */
export async function inFolder<T>(folder: HeldFolder, name: string, use: (path: string) => T | Promise<T>): Promise<T> {
  const { path, lasting } = folder;
  if (lasting !== undefined) {
    try {
      return await use(`${lasting}/${name}`);
    } catch (error) {
      throw renamed(error, lasting, path);
    }
  }
  await mustBeThere(folder);
  const result = await use(join(path, name));
  await mustBeThere(folder);
  return result;
}

/** Opens a folder in a held one. A symbolic link in its place is not followed. */
export function holdIn(folder: HeldFolder, name: string): Promise<HeldFolder | NotHeld> {
  return inFolder(folder, name, (at) => hold(at, join(folder.path, name), FLAGS | constants.O_NOFOLLOW));
}

/** Opens a folder in a held one, and creates it if it does not exist. An existing folder keeps its mode. */
export async function makeIn(folder: HeldFolder, name: string): Promise<HeldFolder | NotHeld> {
  try {
    await inFolder(folder, name, makeOpenFolder);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  return holdIn(folder, name);
}
