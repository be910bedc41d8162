/**
 * Reads files whose content is sent or printed: inside the repository, or in a folder that the environment names.
 *
 * Documents and `fettle.yaml` name such files, and a pull request changes both. Real paths count, so a link leads nowhere
 * else; the file is opened once, and what was checked is what is read. No message quotes content, or tells whether
 * something outside is there.
 */

import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, sep } from 'node:path';
import { codeOf, InputError } from './errors.ts';

/** Folders, absolute and between colons, in which such files may lie beside the repository. */
export const FILE_ROOTS = 'FETTLE_FILE_ROOTS';

/** The folders of `FETTLE_FILE_ROOTS`. Throws where one is not absolute. */
export function namedFileRoots(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const folders = (env[FILE_ROOTS] ?? '').split(':').filter((folder) => folder !== '');
  const wrong = folders.find((folder) => !isAbsolute(folder));
  if (wrong !== undefined) throw new InputError(`${FILE_ROOTS}: ${wrong} is not an absolute path`);
  return folders;
}

/** A file that may not be read, is not there, or is not what it has to be. Its message holds no content. */
export class FileError extends InputError {
  override readonly name = 'FileError';
  /** Where it was looked for: absolute. */
  readonly endpoint: string;
  /** `ENOENT` and the like; `outside` where it lies elsewhere; undefined where it could be opened. */
  readonly code: string | undefined;

  constructor(path: string, message: string, code?: string) {
    super(message);
    this.endpoint = path;
    this.code = code;
  }
}

/** Whether a real path lies in a real folder. */
export function isInside(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

/** Folders of a repository that are not its content: git keeps credentials of its remotes there, and the store its key. */
const NOT_CONTENT = new Set(['.git', '.fettle']);

/** Whether a real path is the root, or a part of its content. */
export function isContentOf(path: string, root: string): boolean {
  if (path === root) return true;
  return (
    isInside(path, root) &&
    !path
      .slice(root.length)
      .split(sep)
      .some((part) => NOT_CONTENT.has(part.toLowerCase()))
  );
}

/** A segment of the log of a store on files. */
const SEGMENT = /^\d{12}-\d{8}\.ndjson$/u;

/** Whether a real path lies in the folder of a store, whatever that is called: one that holds a log and its key. */
async function isInStore(path: string, root: string): Promise<boolean> {
  for (let folder = dirname(path); folder === root || isInside(folder, root); folder = dirname(folder)) {
    const names = await readdir(folder).catch((): string[] => []);
    if (!names.includes('key') || !names.includes('log')) continue;
    if ((await readdir(join(folder, 'log')).catch((): string[] => [])).some((name) => SEGMENT.test(name))) return true;
  }
  return false;
}

/** These show the machine itself: the environment of processes, memory, keys. No folder makes them a project's files. */
const NEVER = ['/proc', '/sys'];

const GONE = new Set(['ENOENT', 'ENOTDIR']);

/** The real path of what a path leads to; where nothing is there, that of the first folder above that is. */
export async function realPlace(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!GONE.has(codeOf(error) ?? '') || dirname(path) === path) throw error;
    // A link that leads nowhere leads outside: whether something is there is nobody's business.
    if ((await lstat(path).catch(() => undefined)) !== undefined) return sep;
    return join(await realPlace(dirname(path)), ' ');
  }
}

export interface Reach {
  /** Folders, absolute: the repository first. */
  readonly roots: readonly string[];
  /** Bytes. */
  readonly limit: number;
}

async function realRoots(roots: readonly string[]): Promise<readonly string[]> {
  const real = await Promise.all(roots.map((root) => realpath(root).catch(() => undefined)));
  return real.filter((root) => root !== undefined);
}

/** Why the file at `path`, absolute, may not be read, as the end of a sentence about it; undefined where it may, or is not there. */
export async function outsideMistake(path: string, roots: readonly string[]): Promise<string | undefined> {
  const [root = ''] = roots;
  const outside = `lies outside the content of ${root}; other folders are named by the environment variable ${FILE_ROOTS}`;
  const place = await realPlace(path).catch(() => sep);
  if (NEVER.some((folder) => place === folder || isInside(place, folder))) return outside;
  const within = (await realRoots(roots)).find((each) => place !== each && isContentOf(place, each));
  return within === undefined || (await isInStore(place, within)) ? outside : undefined;
}

async function readHandle(handle: FileHandle, path: string, name: string, limit: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for (;;) {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(65_536), 0, 65_536, length);
    if (bytesRead === 0) return Buffer.concat(parts);
    length += bytesRead;
    if (length > limit) throw new FileError(path, `${name} is larger than ${limit} bytes`);
    parts.push(buffer.subarray(0, bytesRead));
  }
}

/** The bytes of a regular file. `path` is absolute, `name` is what messages call it. Throws a FileError. */
export async function readInside(path: string, name: string, { roots, limit }: Reach): Promise<Buffer> {
  const mistake = await outsideMistake(path, roots);
  if (mistake !== undefined) throw new FileError(path, `${name} ${mistake}`, 'outside');
  let handle: FileHandle | undefined;
  try {
    const real = await realpath(path);
    // Not blocking: a named pipe in its place would hold everything up for ever.
    handle = await open(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    const opened = await handle.stat();
    if (!opened.isFile()) throw new FileError(path, `${name} is not a regular file`);
    // Something above may have been exchanged since it was checked: what was opened has to be what lies there now.
    const [place, now] = [await realpath(path), await stat(real)];
    if (place !== real || now.ino !== opened.ino || now.dev !== opened.dev)
      throw new FileError(path, `${name} was exchanged while it was read`);
    const again = await outsideMistake(path, roots);
    if (again !== undefined) throw new FileError(path, `${name} ${again}`, 'outside');
    return await readHandle(handle, path, name, limit);
  } catch (error) {
    if (error instanceof FileError) throw error;
    const code = codeOf(error) ?? 'unknown';
    throw new FileError(path, `${name} cannot be read (${code})`, code);
  } finally {
    await handle?.close();
  }
}
