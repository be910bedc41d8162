/**
 * Keeps documents inside a root: what a configuration names must not lead out of its repository.
 *
 * Problems quote the line where they are. A pull request that names a file elsewhere on the machine, or links to one,
 * would have it printed.
 */

import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { Problem } from '#plugin';
import type { Owners } from './owner.ts';
import { shorten } from './mistake.ts';
import { alternatives, pathPattern } from './path-glob.ts';
import { type Found, findFiles, shownPath } from './paths.ts';
import { isContentOf, realPlace } from '#plugin/files';

/**
 * The repository that a folder is part of: the nearest one above with a `.git`; else the folder itself. A `.git` that
 * somebody else put there, such as in /tmp, widens nothing.
 */
export async function rootOf(folder: string, owners: Owners): Promise<string> {
  for (let at = folder; ; at = dirname(at)) {
    const git = await lstat(join(at, '.git')).catch(() => undefined);
    if (git !== undefined) return owners === 'everybody' || owners.has(git.uid) ? at : folder;
    if (dirname(at) === at) return folder;
  }
}

/** The folders in which a pattern looks; of a path without one, the path. */
function basesOf(path: string): readonly string[] {
  if (!/[*?{[]/u.test(path)) return [path];
  // One with too many alternatives is refused before anything is looked into.
  return (alternatives(path) ?? []).map((each) => pathPattern(each).base);
}

const SUGGESTION = 'name it on the command line of `validate`, or put it inside';

/**
 * Entries of `desired` that lead into `root`, a real path. Each other one is a problem, whether or not something is
 * there: a pull request could ask for the names of files on the machine otherwise.
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
      message: `\`${shorten(path, 200)}\` leads outside ${root}: what fettle.yaml names has to be part of its repository`,
      severity: 'error',
      suggestion: SUGGESTION,
    })),
  };
}

/** The first link on the way from a folder to a file that leads outside: what lies behind it is not named. */
async function linkOutside(folder: string, file: string, root: string): Promise<string> {
  let at = folder;
  for (const part of relative(folder, file).split(sep)) {
    at = join(at, part);
    const place = await realPlace(at).catch(() => undefined);
    if (place === undefined || !isContentOf(place, root)) return at;
  }
  return file;
}

/** What `paths` name, as far as it is really below `root`, links followed; everything else is a problem. */
export async function findWithin(
  folder: string,
  paths: readonly string[],
  root: string,
  except?: string,
): Promise<Found> {
  const real = await realpath(root);
  const entries = await entriesWithin(folder, paths, real);
  const found = await findFiles(folder, entries.paths, { root: real, ...(except === undefined ? {} : { except }) });
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
    // What cannot be resolved cannot be read either, and is told there.
    if (place !== undefined && !isContentOf(place, real)) outside.set(file, await linkOutside(folder, file, real));
  }
  const problems = [...new Set(outside.values())].map(
    (link): Problem => ({
      code: 'outside-root',
      message: `the link leads outside ${root}: what fettle.yaml names has to be part of its repository`,
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
