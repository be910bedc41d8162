/**
 * Keeps documents inside a root: a path in a configuration must not lead out of its repository.
 *
 * Problems quote their line. A pull request that names a file elsewhere on the machine, or links to one, could print it.
 */

import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { Problem } from '#plugin';
import type { Owners } from '#plugin/owner';
import { shorten } from './mistake.ts';
import { alternatives, pathPattern } from './path-glob.ts';
import { type Found, findFiles, shownPath } from './paths.ts';
import { lstat, realpath } from '#plugin/direct-files';
import { isContentOf, realPlace } from '#plugin/files';

/**
 * The repository of a folder: the nearest one above with a `.git`; else the folder itself. A `.git` of another user, such as
 * in /tmp, is ignored.
 */
export async function rootOf(folder: string, owners: Owners): Promise<string> {
  for (let at = folder; ; at = dirname(at)) {
    const git = await lstat(join(at, '.git')).catch(() => undefined);
    if (git !== undefined) return owners === 'everybody' || owners.has(git.uid) ? at : folder;
    if (dirname(at) === at) return folder;
  }
}

/** The folders that a pattern searches; the path itself if it has no pattern. */
function basesOf(path: string): readonly string[] {
  if (!/[*?{[]/u.test(path)) return [path];
  // A pattern with too many alternatives is refused before any folder is read.
  return (alternatives(path) ?? []).map((each) => pathPattern(each).base);
}

const SUGGESTION = 'name the file on the command line of `validate`, or move it into the repository';

/**
 * Entries of `desired` inside `root`, a real path. Every other one is a problem, existing or not: otherwise a pull request
 * could ask for the names of files on the machine.
 */
async function entriesWithin(
  folder: string,
  paths: readonly string[],
  root: string,
): Promise<{ readonly paths: readonly string[]; readonly problems: readonly Problem[] }> {
  const outside = new Set<string>();
  for (const path of paths)
    for (const base of basesOf(path)) {
      const place = await realPlace(resolve(folder, base)).catch(() => undefined);
      if (place === undefined || !isContentOf(place, root)) outside.add(path);
    }
  return {
    paths: paths.filter((path) => !outside.has(path)),
    problems: [...outside].map((path) => ({
      code: 'outside-root',
      message: `\`${shorten(path, 200)}\` leads outside ${root}; files that fettle.yaml names must be in its repository`,
      severity: 'error',
      suggestion: SUGGESTION,
    })),
  };
}

/** The first link out of the root between a folder and a file; the target is not named. */
async function linkOutside(folder: string, file: string, root: string): Promise<string> {
  let at = folder;
  for (const part of relative(folder, file).split(sep)) {
    at = join(at, part);
    const place = await realPlace(at).catch(() => undefined);
    if (place === undefined || !isContentOf(place, root)) return at;
  }
  return file;
}

/** The files of `paths` whose real path is below `root`; every other one is a problem. */
export async function findWithin(folder: string, paths: readonly string[], root: string): Promise<Found> {
  const real = await realpath(root);
  const entries = await entriesWithin(folder, paths, real);
  const found = await findFiles(folder, entries.paths, real);
  const folders = new Map<string, Promise<string>>();
  const realOf = async (file: string): Promise<string> => {
    if ((await lstat(file)).isSymbolicLink()) return realpath(file);
    const dir = dirname(file);
    const known = folders.get(dir) ?? realpath(dir);
    folders.set(dir, known);
    return join(await known, basename(file));
  };
  const outside = new Map<string, string>();
  for (const file of found.files) {
    const place = await realOf(file).catch(() => undefined);
    // A path that cannot be resolved cannot be read either, and is reported there.
    if (place !== undefined && !isContentOf(place, real)) outside.set(file, await linkOutside(folder, file, real));
  }
  const problems = [...new Set(outside.values())].map(
    (link): Problem => ({
      code: 'outside-root',
      message: `the link leads outside ${root}; files that fettle.yaml names must be in its repository`,
      at: { file: shownPath(folder, link), line: 1, column: 1 },
      severity: 'error',
      suggestion: SUGGESTION,
    }),
  );
  return {
    files: found.files.filter((file) => !outside.has(file)),
    entries: found.entries,
    problems: [...found.problems, ...entries.problems, ...problems],
  };
}
