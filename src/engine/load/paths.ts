/** Finds the files that paths, folders and patterns name. */

import { basename, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { compareText, type Problem } from '#plugin';
import { entriesOf, lstat, realpath, stat } from '#plugin/direct-files';
import { isContentOf, isInside } from '#plugin/files';
import { shorten } from './mistake.ts';
import { alternatives, MOST_ALTERNATIVES, pathPattern, type PathPattern, type PathPlaces } from './path-glob.ts';

/** The files of one entry of `desired`, or of one path on the command line. */
export interface Entry {
  readonly path: string;
  /** Absolute. */
  readonly files: readonly string[];
}

export interface Found {
  /** Absolute, sorted, each once. */
  readonly files: readonly string[];
  readonly entries: readonly Entry[];
  readonly problems: readonly Problem[];
}

/** A path for messages: relative to the folder, with `/`, if it is inside; else absolute. */
export function shownPath(folder: string, file: string): string {
  const inside = relative(folder, file);
  return inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)
    ? file
    : inside.split(sep).join('/');
}

/** The name of a document with its usual ending: a disk or a program may use capitals. */
function withPlainEnding(name: string): string {
  return name.replace(/\.ya?ml$/iu, (ending) => ending.toLowerCase());
}

function isDocumentFile(name: string): boolean {
  return /\.ya?ml$/u.test(withPlainEnding(name)) && !name.startsWith('.') && name !== 'fettle.yaml';
}

function isSkipped(name: string): boolean {
  return (name.startsWith('.') && name !== '.' && name !== '..') || name === 'node_modules';
}

/**
 * Files below a folder. A link to a folder is followed unless it leads to a folder above it, or to one that was
 * walked already: loops end there, and nothing is read twice. A link out of `root`, a real path, is listed as itself:
 * nothing outside is listed.
 */
async function walk(folder: string, seen: Set<string>, files: string[], root: string | undefined): Promise<void> {
  const real = await realpath(folder);
  if (seen.has(real)) return;
  seen.add(real);
  const entries = await entriesOf(folder);
  entries.sort((a, b) => compareText(a.name, b.name));
  for (const entry of entries) {
    if (isSkipped(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await walk(path, seen, files, root);
    else if (entry.isSymbolicLink()) {
      const target = await stat(path).catch(() => undefined);
      const isOutside = root !== undefined && target?.isDirectory() === true && !(await isWithin(path, root));
      if (isOutside) files.push(path);
      else if (target?.isDirectory() === true) await walk(path, seen, files, root);
      else if (isDocumentFile(entry.name)) files.push(path);
    } else if (isDocumentFile(entry.name)) files.push(path);
  }
}

async function isWithin(path: string, root: string): Promise<boolean> {
  return isContentOf(await realpath(path), root);
}

/** A pattern over a limit; `message` is the end of a sentence about it. */
class TooMuchError extends Error {
  override readonly name = 'TooMuchError';
}

/** Folders that one pattern may go through. */
const MOST_FOLDERS = 20_000;

interface Descent {
  readonly pattern: PathPattern;
  /** Real paths with the places of the pattern that they were walked with. */
  readonly seen: Set<string>;
  readonly files: string[];
  /** As of `walk`. */
  readonly root: string | undefined;
}

/** Files below a folder that a pattern matches; a folder is walked once with the same places of the pattern. */
async function descend(folder: string, places: PathPlaces, descent: Descent): Promise<void> {
  const { pattern, seen, files, root } = descent;
  const real = await realpath(folder).catch(() => undefined);
  const key = `${real} ${[...places].sort((a, b) => a - b).join()}`;
  if (real === undefined || seen.has(key)) return;
  if (seen.size >= MOST_FOLDERS)
    throw new TooMuchError(`goes through more than ${MOST_FOLDERS.toLocaleString('en-US')} folders`);
  seen.add(key);
  const entries = await entriesOf(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTDIR') return [];
    throw error;
  });
  for (const entry of entries.sort((a, b) => compareText(a.name, b.name))) {
    if (isSkipped(entry.name) || entry.name === 'fettle.yaml') continue;
    const next = pattern.below(places, entry.name);
    const plain = pattern.below(places, withPlainEnding(entry.name));
    if (next.size === 0 && plain.size === 0) continue;
    const path = join(folder, entry.name);
    const isLink = entry.isSymbolicLink();
    const isFolder = isLink ? (await stat(path).catch(() => undefined))?.isDirectory() === true : entry.isDirectory();
    if (isFolder && isLink && root !== undefined && !(await isWithin(path, root))) files.push(path);
    else if (isFolder) await descend(path, next, descent);
    else if (pattern.isMet(next) || pattern.isMet(plain)) files.push(path);
  }
}

async function matching(folder: string, written: string, root: string | undefined): Promise<string[]> {
  const each = alternatives(written);
  if (each === undefined) throw new TooMuchError(`has braces for more than ${MOST_ALTERNATIVES} alternatives`);
  const files: string[] = [];
  for (const alternative of each) {
    const pattern = pathPattern(alternative);
    await descend(resolve(folder, pattern.base), pattern.start, { pattern, seen: new Set(), files, root });
  }
  return files;
}

function problemOf(path: string, error: unknown): Problem {
  if (error instanceof TooMuchError)
    return {
      code: 'no-files',
      message: `the pattern \`${shorten(path, 200)}\` ${error.message}`,
      severity: 'error',
      suggestion: 'name files or folders, or use several simpler patterns',
    };
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return {
      code: 'no-files',
      message: `\`${shorten(path, 200)}\` matches no file`,
      severity: 'error',
      suggestion: 'name a file, a folder or a pattern like `more/*.yaml`',
    };
  }
  return {
    code: 'unreadable-file',
    message: `\`${shorten(path, 200)}\` cannot be read: ${code ?? String(error)}`,
    severity: 'error',
  };
}

/**
 * Finds the files of `paths`, relative to `folder`; the order of the paths does not matter. A path without files is a
 * problem. A file with two names, links included, is listed once, under the name that sorts first. With `root`, folders
 * outside are not read.
 */
export async function findFiles(folder: string, paths: readonly string[], root?: string): Promise<Found> {
  const problems: Problem[] = [];
  const named = new Map<string, string>();
  const entries: { path: string; reals: string[] }[] = [];
  for (const path of new Set(paths)) {
    try {
      const files = (await filesOf(folder, path, root)).filter((file) => basename(file) !== 'fettle.yaml');
      const reals: string[] = [];
      for (const file of files) {
        const real = await realpath(file).catch(() => file);
        const other = named.get(real);
        if (other === undefined || compareText(file, other) < 0) named.set(real, file);
        reals.push(real);
      }
      entries.push({ path, reals });
    } catch (error) {
      problems.push(problemOf(path, error));
    }
  }
  return {
    files: [...named.values()].sort(compareText),
    entries: entries.map(({ path, reals }) => ({ path, files: reals.map((real) => named.get(real) ?? real) })),
    problems,
  };
}

/** Throws ENOENT for a path that does not exist. */
async function filesOf(folder: string, path: string, root: string | undefined): Promise<readonly string[]> {
  const nothing = Object.assign(new Error('no such file'), { code: 'ENOENT' });
  if (path.includes('\0')) throw nothing;
  const full = resolve(folder, path);
  const at = await lstat(full).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
    return undefined;
  });
  if (at === undefined) {
    const files = /[*?{[]/u.test(path) ? await matching(folder, path, root) : [];
    if (files.length === 0) throw nothing;
    return files;
  }
  if (!(await stat(full)).isDirectory()) return [full];
  const files: string[] = [];
  await walk(full, new Set(), files, root);
  return files;
}

/**
 * Tests whether a file would be read as a document: by its ending, or because an entry of `paths` names it. Takes real
 * paths. `realFolder` resolves a folder, relative to that of the project or absolute, that need not exist.
 */
export function documentTest(
  paths: readonly string[],
  realFolder: (path: string) => string,
): (realPath: string) => boolean {
  const patterns = paths
    .flatMap((path) => alternatives(path) ?? [])
    .map((path) => pathPattern(path))
    .map(({ base, ...pattern }) => ({ ...pattern, base: realFolder(base === '' ? '.' : base) }));
  return (path) =>
    isDocumentFile(basename(path)) ||
    patterns.some(({ base, start, below, isMet }) => {
      if (!isInside(path, base)) return false;
      const names = relative(base, path).split(sep);
      return !names.some(isSkipped) && isMet(names.reduce<PathPlaces>(below, start));
    });
}
