/**
 * Reads files whose content is sent or printed: inside the repository, or in a folder that the environment names.
 *
 * Documents and `fettle.yaml` name such files, and a pull request can change both. Real paths are compared, so a link
 * cannot lead out. The file is opened once, and the checked file is the one that is read. No message quotes content, or
 * reveals whether a file outside exists.
 */

import { constants } from 'node:fs';
import { dirname, isAbsolute, join, sep } from 'node:path';
import { lstat, open, type ReadHandle, readdir, realpath, stat } from './direct-files.ts';
import { codeOf, InputError } from './errors.ts';

/** Names further folders for such files: absolute paths, separated by colons. */
export const FILE_ROOTS = 'FETTLE_FILE_ROOTS';

/** The folders of `FETTLE_FILE_ROOTS`. Throws InputError if one is not absolute. */
export function namedFileRoots(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const folders = (env[FILE_ROOTS] ?? '').split(':').filter((folder) => folder !== '');
  const wrong = folders.find((folder) => !isAbsolute(folder));
  if (wrong !== undefined) throw new InputError(`${FILE_ROOTS}: ${wrong} is not an absolute path`);
  return folders;
}

/** Thrown if a file must not be read, does not exist, or is not a regular file. The message never quotes the file. */
export class FileError extends InputError {
  override readonly name = 'FileError';
  /** The absolute path. */
  readonly endpoint: string;
  /** A system code (`ENOENT`); `outside` if the file is not in a permitted folder; undefined if it could be opened. */
  readonly code: string | undefined;

  constructor(path: string, message: string, code?: string) {
    super(message);
    this.endpoint = path;
    this.code = code;
  }
}

/** True if a real path is inside a real folder. */
export function isInside(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

/** Folders of a repository that are not its content: git keeps credentials of remotes in one, the store its key. */
const NOT_CONTENT = new Set(['.git', '.fettle']);

/** True if a real path is the root, or is inside its content. */
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

/** The name of a log segment in a file store. */
const SEGMENT = /^\d{12}-\d{8}\.ndjson$/u;

/** True if a real path is in the folder of a store: a folder of any name that has a log and its key. */
async function isInStore(path: string, root: string): Promise<boolean> {
  for (let folder = dirname(path); folder === root || isInside(folder, root); folder = dirname(folder)) {
    const names = await readdir(folder).catch((): string[] => []);
    if (!names.includes('key') || !names.includes('log')) continue;
    if ((await readdir(join(folder, 'log')).catch((): string[] => [])).some((name) => SEGMENT.test(name))) return true;
  }
  return false;
}

/** Never readable: these expose the machine (environments of processes, memory, keys), even if a root contains them. */
const NEVER = ['/proc', '/sys'];

const GONE = new Set(['ENOENT', 'ENOTDIR']);

/** The real path of a file. If it does not exist, a path below the real path of its nearest existing folder. */
export async function realPlace(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!GONE.has(codeOf(error) ?? '') || dirname(path) === path) throw error;
    // A dangling link counts as outside, so that the answer does not reveal whether its target exists.
    if ((await lstat(path).catch(() => undefined)) !== undefined) return sep;
    return join(await realPlace(dirname(path)), ' ');
  }
}

export interface Reach {
  /** Absolute paths of folders: the repository first. */
  readonly roots: readonly string[];
  /** Size limit, in bytes. */
  readonly limit: number;
}

async function realRoots(roots: readonly string[]): Promise<readonly string[]> {
  const real = await Promise.all(roots.map((root) => realpath(root).catch(() => undefined)));
  return real.filter((root) => root !== undefined);
}

/** The reason why the file at the absolute `path` must not be read, as a predicate; undefined if it may be read. */
export async function outsideMistake(path: string, roots: readonly string[]): Promise<string | undefined> {
  const [root = ''] = roots;
  const outside = `is outside the content of ${root}. To permit another folder, add it to the variable ${FILE_ROOTS}`;
  const place = await realPlace(path).catch(() => sep);
  if (NEVER.some((folder) => place === folder || isInside(place, folder))) return outside;
  const within = (await realRoots(roots)).find((each) => place !== each && isContentOf(place, each));
  return within === undefined || (await isInStore(place, within)) ? outside : undefined;
}

async function readHandle(handle: ReadHandle, path: string, name: string, limit: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for (;;) {
    const buffer = Buffer.alloc(65_536);
    const read = await handle.read(buffer, 0, buffer.length);
    if (read === 0) return Buffer.concat(parts);
    length += read;
    if (length > limit) throw new FileError(path, `${name} is larger than ${limit} bytes`);
    parts.push(buffer.subarray(0, read));
  }
}

/** Reads a regular file. `path` is absolute; `name` is the subject of messages. Throws FileError. */
export async function readInside(path: string, name: string, { roots, limit }: Reach): Promise<Buffer> {
  const mistake = await outsideMistake(path, roots);
  if (mistake !== undefined) throw new FileError(path, `${name} ${mistake}`, 'outside');
  let handle: ReadHandle | undefined;
  try {
    const real = await realpath(path);
    // Non-blocking: opening a named pipe would wait for ever.
    handle = await open(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    const opened = await handle.stat();
    if (!opened.isFile()) throw new FileError(path, `${name} is not a regular file`);
    // A folder above may have been replaced since the check: the opened file must be the one that the path names now.
    const [place, now] = [await realpath(path), await stat(real)];
    if (place !== real || now.ino !== opened.ino || now.dev !== opened.dev)
      throw new FileError(path, `${name} was replaced while it was read`);
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
