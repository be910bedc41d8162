/**
 * Finds `fettle.yaml`: in a folder and those above, up to the repository, and never one of another user.
 *
 * | Stops at | Because |
 * |---|---|
 * | a folder with `.git` | the folders above are not part of the repository |
 * | the home folder | the folders above belong to others |
 * | the border of a file system | a mounted folder is independent |
 *
 * A link out of the repository would let problems quote lines of other files. A file of another user, or in a folder that
 * every user can write, would decide which commands run and where credentials go. A user who names the file on the command
 * line (`--config`) has made that decision.
 */

import { dirname, join } from 'node:path';
import type { Problem } from '#plugin';
import { distrustOf, type Owners, TRUST_OWNER } from '#plugin/owner';
import type { FileIdentity } from './read-text.ts';
import { lstat, realpath, stat } from '#plugin/direct-files';
import { isContentOf } from '#plugin/files';
import { rootOf } from './within-root.ts';

const CONFIG_FILE = 'fettle.yaml';

export interface SearchPlace {
  /** Absolute. */
  readonly startFolder: string;
  readonly owners: Owners;
  /** Absolute; undefined if there is none. */
  readonly home: string | undefined;
}

export type FoundConfig =
  /** The identity of the checked file: the same file must be read. */
  | { readonly file: string; readonly identity: FileIdentity }
  | { readonly file: string; readonly problem: Pick<Problem, 'code' | 'message' | 'suggestion'> };

/** Tests for any object of the name, a dangling link included. */
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
      message: `the file is a link to a place outside ${root}`,
      suggestion: `put the configuration into the repository, or name the file with --config`,
    };
  for (const path of new Set([file, real])) {
    const distrust = await distrustOf(path, owners);
    if (distrust === undefined) continue;
    const isForeign = distrust.reason.startsWith('belongs');
    return {
      code: 'untrusted-owner',
      message: `${distrust.path} ${distrust.reason}; a configuration decides which commands run and where credentials go`,
      suggestion: `if you trust the file, name it with --config ${CONFIG_FILE}, or set ${TRUST_OWNER}=${isForeign ? distrust.uid : 1}`,
    };
  }
  return undefined;
}

/** The configuration of a folder; undefined if there is none. */
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
