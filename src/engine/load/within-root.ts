/**
 * Keeps documents inside a root: what a configuration names must not lead out of its repository.
 *
 * Problems quote the line where they are. A pull request that names a file elsewhere on the machine, or links to one,
 * would have it printed.
 */

import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import type { Problem } from '../types.ts';
import type { Owners } from './owner.ts';
import { type Found, shownPath } from './paths.ts';

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

/** The files that are really below `root`, links followed; each other one is a problem. */
export async function withinRoot(found: Found, folder: string, root: string): Promise<Found> {
  const real = await realpath(root);
  const folders = new Map<string, Promise<string>>();
  const realOf = async (file: string): Promise<string> => {
    if ((await lstat(file)).isSymbolicLink()) return realpath(file);
    const dir = dirname(file);
    const known = folders.get(dir) ?? realpath(dir);
    folders.set(dir, known);
    return join(await known, basename(file));
  };
  const outside = new Set<string>();
  for (const file of found.files) {
    const place = await realOf(file).catch(() => undefined);
    // What cannot be resolved cannot be read either, and is told there.
    if (place !== undefined && !place.startsWith(real.endsWith(sep) ? real : `${real}${sep}`)) outside.add(file);
  }
  if (outside.size === 0) return found;
  const problems = [...outside].map(
    (file): Problem => ({
      code: 'outside-root',
      message: `the file lies outside ${root}: what fettle.yaml names has to be part of its repository`,
      at: { file: shownPath(folder, file), line: 1, column: 1 },
      severity: 'error',
      suggestion: 'name it on the command line of `validate`, or put it inside',
    }),
  );
  return {
    files: found.files.filter((file) => !outside.has(file)),
    entries: found.entries,
    problems: [...found.problems, ...problems],
  };
}
