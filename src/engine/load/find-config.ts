/**
 * Finds `fettle.yaml`: in a folder and those above, as far as the repository, and never somebody else's.
 *
 * | Stops at | Because |
 * |---|---|
 * | a folder with `.git` | what lies above is not part of the repository |
 * | the home folder | what lies above belongs to others |
 * | the border of a file system | a mounted folder stands alone |
 *
 * A link that leads out of the repository would have lines of other files quoted in problems. A file of another user, or
 * in a folder where every user can put one, would decide which commands run and where credentials go. Whoever names the
 * file on the command line (`--config`) has decided that already.
 */

import { lstat, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Problem } from '#plugin';
import { distrustOf, type Owners, TRUST_OWNER } from './owner.ts';
import type { FileIdentity } from './read-text.ts';
import { isContentOf } from '#plugin/files';
import { rootOf } from './within-root.ts';

export const CONFIG_FILE = 'fettle.yaml';

export interface SearchPlace {
  /** Absolute. */
  readonly startFolder: string;
  readonly owners: Owners;
  /** Absolute; undefined where there is none. */
  readonly home: string | undefined;
}

export type FoundConfig =
  /** What was checked is what has to be read. */
  | { readonly file: string; readonly identity: FileIdentity }
  | { readonly file: string; readonly problem: Pick<Problem, 'code' | 'message' | 'suggestion'> };

/** Anything at all called so, a link that leads nowhere too. */
async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT' && error.code !== 'ENOTDIR',
  );
}

async function searchUpward({ startFolder, home }: SearchPlace): Promise<string | undefined> {
  const border = home === undefined ? undefined : await realpath(home).catch(() => undefined);
  for (let folder = startFolder; ; folder = dirname(folder)) {
    const file = join(folder, CONFIG_FILE);
    if (await isThere(file)) return file;
    const above = dirname(folder);
    if (above === folder || folder === border || (await isThere(join(folder, '.git')))) return undefined;
    const [here, there] = [await stat(folder), await stat(above)];
    if (here.dev !== there.dev) return undefined;
  }
}

async function problemOf(
  file: string,
  owners: Owners,
): Promise<Pick<Problem, 'code' | 'message' | 'suggestion'> | undefined> {
  const root = await realpath(await rootOf(dirname(file), owners));
  const real = await realpath(file).catch(() => undefined);
  if (real === undefined || !isContentOf(real, root))
    return {
      code: 'outside-root',
      message: `the file is a link that leads out of ${root}`,
      suggestion: `put the configuration into the repository, or name the file with --config`,
    };
  for (const path of new Set([file, real])) {
    const distrust = await distrustOf(path, owners);
    if (distrust === undefined) continue;
    const isForeign = distrust.reason.startsWith('belongs');
    return {
      code: 'untrusted-owner',
      message: `${distrust.path} ${distrust.reason}; a configuration decides which commands run and where credentials go`,
      suggestion: `if you trust it, name it with --config ${CONFIG_FILE}, or set ${TRUST_OWNER}=${isForeign ? distrust.uid : 1}`,
    };
  }
  return undefined;
}

/** The configuration of a folder; undefined where there is none. */
export async function findConfig(place: SearchPlace): Promise<FoundConfig | undefined> {
  const file = await searchUpward(place);
  if (file === undefined) return undefined;
  try {
    const problem = await problemOf(file, place.owners);
    if (problem !== undefined) return { file, problem };
    const { dev, ino } = await stat(file);
    return { file, identity: { dev, ino } };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    return { file, problem: { code: 'unreadable-file', message: `the file cannot be read: ${code}` } };
  }
}
