/**
 * Files of the repository that steps use: those that are sent or read, and those that are words of a command line. An
 * approval covers their content, so each has a digest; that of a folder covers all names and bytes below it.
 *
 * A file of the machine that is only read or run (`/run/nginx.pid`, `/usr/bin/systemctl`) is not part of the repository and
 * has no digest. A file that is sent has one wherever it is.
 */

import { createHash } from 'node:crypto';
import { access, constants, type FileHandle, lstat, open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileKey } from '../covers.ts';
import { FileError, readInside } from '#plugin/files';
import type { FileSeen, FileUse, Given } from '#plugin';

/** Greatest size of all files of one use together, in bytes. */
export const MOST_BYTES = 64 << 20;
/** The most files below one folder. */
export const MOST_FILES = 2000;
/** The largest file that is sent. */
const MOST_SENT_BYTES = 1 << 20;

const CHUNK_BYTES = 1 << 16;

/** Tests whether fettle itself writes a path, or a file below it, or one next to it with the names of a swap. */
type IsWritten = (path: string) => boolean;

interface Budget {
  bytes: number;
  files: number;
}

/** The result for one path: nothing, its digest, or the reason why it has none. */
type Found = { readonly digest: string; readonly content?: Uint8Array } | { readonly problem: string } | undefined;

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG' || code === 'ERR_INVALID_ARG_VALUE';
}

function problemOf(error: unknown): { readonly problem: string } {
  const { code } = error as NodeJS.ErrnoException;
  return { problem: `cannot be read (${code ?? 'unknown'})` };
}

async function read(handle: FileHandle, take: (chunk: Buffer) => void, budget: Budget): Promise<boolean> {
  const buffer = Buffer.alloc(CHUNK_BYTES);
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, null);
    if (bytesRead === 0) return true;
    budget.bytes -= bytesRead;
    if (budget.bytes < 0) return false;
    take(buffer.subarray(0, bytesRead));
  }
}

/** The digest of a file. A device or pipe is never opened. */
async function fileFound(path: string, budget: Budget): Promise<Found> {
  if (!(await lstat(path)).isFile()) return { problem: 'is not a regular file' };
  const handle = await open(path, 'r');
  try {
    const hash = createHash('sha256');
    const all = await read(handle, (chunk) => hash.update(chunk), budget);
    return all ? { digest: `sha256:${hash.digest('hex')}` } : { problem: 'is too large' };
  } finally {
    await handle.close();
  }
}

/** A file that is sent: its digest and its bytes. Never throws. */
async function sentFound(path: string, roots: readonly string[]): Promise<Exclude<Found, undefined>> {
  try {
    const content = await readInside(path, 'the file', { roots, limit: MOST_SENT_BYTES });
    return { digest: `sha256:${createHash('sha256').update(content).digest('hex')}`, content };
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return { problem: error.message.replace(/^the file /u, '') };
  }
}

/** One entry of a folder, as part of a digest. */
type Line = readonly [name: string, ...what: string[]];

/** Real paths of a repository. */
interface Real {
  /** The repository. */
  readonly top: string;
  /** The folder of the project. */
  readonly folder: string;
}

/** Tests whether the target of a link is read too: a path in the repository that is neither git's own nor a parent of the project. */
function isFollowed(real: string, { top, folder }: Real): boolean {
  return isBelow(real, top) && !isBelow(folder, real) && !relative(top, real).split(sep).includes('.git');
}

/**
 * A folder as one digest: every name below it, with its content and whether it is executable. A link counts by its target
 * and, in the repository, by the content of the target. Undefined if every name below it is written by fettle: a run can
 * create such a folder.
 */
async function folderFound(path: string, real: Real, budget: Budget, isWritten: IsWritten): Promise<Found | undefined> {
  const lines: Line[] = [];
  /** `inside`: the real paths of the enclosing folders; a link to one of them ends there. */
  const walk = async (folder: string, at: string, inside: readonly string[]): Promise<string | undefined> => {
    for (const name of (await readdir(folder)).sort()) {
      const full = join(folder, name);
      // The files of git itself change with every commit and do not matter to a command line.
      if (name === '.git' || isWritten(full)) continue;
      budget.files -= 1;
      if (budget.files < 0) return 'contains too many files';
      const problem = await take(full, `${at}${name}`, inside);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
  const take = async (full: string, name: string, inside: readonly string[]): Promise<string | undefined> => {
    const isLink = (await lstat(full)).isSymbolicLink();
    const there = isLink ? await realpath(full).catch(() => '') : full;
    if (isLink) lines.push([name, `link to ${isBelow(there, real.top) ? relative(real.top, there) : there}`]);
    if (isLink && (!isFollowed(there, real) || isWritten(there))) return undefined;
    const stats = await lstat(there);
    if (stats.isDirectory()) return inside.includes(there) ? undefined : walk(there, `${name}/`, [...inside, there]);
    if (!stats.isFile()) {
      lines.push([name, 'no file']);
      return undefined;
    }
    const found = await fileFound(there, budget);
    if (found === undefined || 'problem' in found) return `contains ${name}, which ${found?.problem ?? 'is missing'}`;
    lines.push([name, found.digest, ...((stats.mode & 0o100) === 0 ? [] : ['executable'])]);
    return undefined;
  };
  const problem = await walk(path, '', [path]);
  if (problem !== undefined) return { problem };
  if (lines.length === 0) return undefined;
  const text = lines.map((line) => JSON.stringify(line)).join('\n');
  return { digest: `sha256:${createHash('sha256').update(text).digest('hex')}` };
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

/** The path of a program without a slash, searched as the system does; undefined if it is not found. */
async function foundIn(folders: readonly string[], program: string): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(folder, program);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere && (await stat(path)).isFile()) return path;
  }
  return undefined;
}

/** The words of a command line that may name a file: each word, and the part after a `=`. */
async function candidates(words: readonly string[], searched: readonly string[]): Promise<readonly string[]> {
  const [program = '', ...rest] = words;
  const named = rest.flatMap((word) => {
    const equals = word.indexOf('=');
    return equals < 0 ? [word] : [word, word.slice(equals + 1)];
  });
  const run = program.includes('/') ? program : await foundIn(searched, program);
  return [...new Set([...(run === undefined ? [] : [run]), ...named])].filter((word) => word !== '');
}

/** A path by its own name, links not followed: the real path of its folder, and the last name. */
async function placeOf(path: string): Promise<string> {
  return join(await realpath(dirname(path)), basename(path));
}

export interface RepositoryOptions {
  /** Absolute: the folder of `fettle.yaml`, the base of relative paths. */
  readonly folder: string;
  /** Absolute: the repository. */
  readonly root: string;
  /** Absolute: folders whose files may be sent, the repository first. */
  readonly sendable: readonly string[];
  /** Absolute: the search path for programs without a slash; it may be in the repository, like `node_modules/.bin`. */
  readonly searched: readonly string[];
  /** Absolute: places that change by themselves, such as the folder of the store. */
  readonly volatile: readonly string[];
}

/**
 * Reads the files of a project. `written`: paths that fettle itself writes. Their content is the outcome
 * of steps and not part of an approval. The same use is read once in a call.
 */
export function repositoryFiles({
  folder,
  root,
  sendable,
  searched,
  volatile,
}: RepositoryOptions): (uses: readonly FileUse[], written: readonly string[]) => Promise<Given['files']> {
  let realRoot: Promise<string> | undefined;

  const writtenTest = async (written: readonly string[]): Promise<IsWritten> => {
    const absolute = [...volatile, ...new Set(written)].map((path) => resolve(folder, path));
    const own = new Set<string>();
    for (const [around, paths] of Map.groupBy(absolute, dirname)) {
      const real = await realpath(around).catch(() => around);
      for (const path of paths) own.add(join(real, basename(path)));
    }
    return (path) => {
      for (let at = path; dirname(at) !== at; at = dirname(at)) if (own.has(at)) return true;
      return false;
    };
  };

  const shown = (path: string): string => (isBelow(path, root) ? relative(folder, path) || '.' : path);

  /** One path as it is used; undefined if it is not a file of the repository. */
  const seen = async (written: string, use: FileUse['use'], isWritten: IsWritten): Promise<FileSeen | undefined> => {
    const path = isAbsolute(written) ? resolve(written) : resolve(folder, written);
    const named = { path: shown(path), use };
    try {
      if (use === 'send') return { ...named, ...(await sentFound(path, sendable)) };
      realRoot ??= realpath(root);
      const top = await realRoot;
      const there = await placeOf(path);
      const real = await realpath(path);
      if (!isBelow(there, top) && !isBelow(real, top)) return undefined;
      if (!isBelow(real, top)) {
        // A link out of the repository: the repository contributes only its target.
        return { ...named, digest: `sha256:${createHash('sha256').update(`link to ${real}`).digest('hex')}` };
      }
      const budget: Budget = { bytes: MOST_BYTES, files: MOST_FILES };
      if (use === 'run' && isWritten(there)) return undefined;
      const isFolder = use === 'run' && (await lstat(real)).isDirectory();
      // The project's own folder is where a command line runs, and does not select files.
      const own = await realpath(folder);
      if (isFolder && isBelow(own, real)) return undefined;
      const found = await (isFolder
        ? folderFound(real, { top, folder: own }, budget, isWritten)
        : fileFound(real, budget));
      return found === undefined ? undefined : { ...named, ...found };
    } catch (error) {
      if (use !== 'send' && isMissing(error)) return undefined;
      return { ...named, ...problemOf(error) };
    }
  };

  return async (uses, written) => {
    const isWritten = uses.some(({ use }) => use === 'run') ? await writtenTest(written) : () => false;
    const files = new Map<string, readonly FileSeen[]>();
    const known = new Map<string, Promise<FileSeen | undefined>>();
    const once = (path: string, use: FileUse['use']): Promise<FileSeen | undefined> => {
      const key = `${use} ${path}`;
      const found = known.get(key) ?? seen(path, use, isWritten);
      known.set(key, found);
      return found;
    };
    for (const use of uses) {
      const key = fileKey(use);
      if (files.has(key)) continue;
      const paths = use.use === 'run' ? await candidates(use.words, searched) : [use.path];
      const all = await Promise.all(paths.map((path) => once(path, use.use)));
      files.set(
        key,
        all.filter((file) => file !== undefined),
      );
    }
    return files;
  };
}
