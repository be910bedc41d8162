/**
 * Decides if a store on files is trusted: its state decides which resources are removed.
 *
 * | A store                                           | is |
 * |---------------------------------------------------|----|
 * | of another user, or in a folder of another user   | refused, unless `FETTLE_TRUST_OWNER` names that user |
 * | that every user may read or write                 | refused |
 * | that its group may read or write                  | used, with a warning |
 * | with a symbolic link in it                        | refused |
 * | that git tracks, itself or a link that leads to it | refused: a pull request could change it |
 */

import { basename, dirname, join } from 'node:path';
import { lstat, readdir, realpath } from '#plugin/direct-files';
import { distrustOf, type Owners, TRUST_OWNER } from '#plugin/owner';
import { errorCode } from '../error-code.ts';
import { StoreError } from '../errors.ts';
import { trackedAs } from './git-index.ts';
import { inboxFolder, logFolder } from './layout.ts';

const OTHERS = 0o007;
const GROUP = 0o070;

/** The real path of a folder that need not exist. */
export async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
    return join(await realPathOf(dirname(path)), basename(path));
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).map((name) => join(folder, name));
  } catch (error) {
    // A folder that cannot be listed cannot be read either, and reading reports that.
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].includes(errorCode(error))) return [];
    throw error;
  }
}

async function checkGit(folder: string, real: string): Promise<void> {
  for (const path of new Set([folder, real])) {
    const entry = await trackedAs(path);
    if (entry === undefined) continue;
    throw new StoreError(
      `the store ${folder} is tracked by git (${entry}), so an author of a commit can change the state. ` +
        `Run \`git rm -r --cached ${entry}\` and commit that, or set a store outside the repository`,
    );
  }
}

interface Found {
  readonly path: string;
  readonly uid: number;
  readonly mode: number;
  readonly isLink: boolean;
}

async function foundIn(real: string): Promise<readonly Found[]> {
  const folders = await Promise.all([real, logFolder(real), inboxFolder(real)].map(namesIn));
  const paths = [real, ...folders.flat()];
  const found = await Promise.all(
    paths.map(async (path) => {
      const stat = await lstat(path).catch((error: unknown) => {
        // A lock that was given back, a pruned segment, or a folder of which only the names can be read.
        if (['ENOENT', 'EACCES', 'EPERM'].includes(errorCode(error))) return undefined;
        throw error;
      });
      return stat === undefined
        ? []
        : [{ path, uid: stat.uid, mode: stat.mode & 0o777, isLink: stat.isSymbolicLink() }];
    }),
  );
  return found.flat();
}

/** The permissions that a mode grants to the class of users whose bits begin at `shift`. */
function may(mode: number, shift: number): string {
  const bits = (mode >> shift) & 7;
  return (bits & 2) !== 0 ? 'write' : (bits & 4) !== 0 ? 'read' : 'enter';
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

/**
 * Throws StoreError if the store at `folder` (absolute) is not trusted. Returns warnings. For a store that does not
 * exist yet, only git is checked.
 */
export async function checkStoreFolder(folder: string, owners: Owners): Promise<readonly string[]> {
  const real = await realPathOf(folder);
  await checkGit(folder, real);
  const found = await foundIn(real);
  const [top] = found;
  if (top === undefined) return [];
  const link = found.find(({ isLink }) => isLink);
  if (link !== undefined) throw new StoreError(`the store ${folder} is not trusted: ${link.path} is a symbolic link`);
  if (owners === 'everybody') return [];
  const distrust = await distrustOf(real, owners);
  if (distrust !== undefined) {
    const wayOut = owners.has(distrust.uid)
      ? `Remove that permission (\`chmod o-w ${distrust.path}\`)`
      : `Use your own store, or set ${TRUST_OWNER}=${distrust.uid} to trust that user`;
    throw new StoreError(
      `the store ${folder} is not trusted: ${distrust.path} ${distrust.reason}, and the state decides which ` +
        `resources are removed. ${wayOut}`,
    );
  }
  for (const { path, uid, mode } of found) {
    if (!owners.has(uid))
      throw new StoreError(
        `the store ${folder} is not trusted: ${path} belongs to user ${uid}. Set ${TRUST_OWNER}=${uid} to trust that user`,
      );
    if ((mode & OTHERS) !== 0) {
      throw new StoreError(
        `the store ${folder} is not trusted: every user may ${may(mode, 0)} ${path} (mode ${octal(mode)}). If the state ` +
          `is correct, run \`chmod -R go= ${folder}\``,
      );
    }
  }
  const shared = found.find(({ mode }) => (mode & GROUP) !== 0);
  return shared === undefined
    ? []
    : [
        `the group of ${shared.path} may ${may(shared.mode, 3)} it (mode ${octal(shared.mode)}). Run \`chmod -R go= ${folder}\` to prevent that`,
      ];
}
