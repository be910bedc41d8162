/**
 * HTTP-01 by files: one file for each token, in a folder that a web server serves.
 *
 * Other users may write to the folder of a website. A file is created only in folders that are not symbolic links, never
 * replaces another file, and is removed only if its content is that of the challenge.
 */

import { chmod, lstat, mkdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CHALLENGE_FOLDER, CHALLENGE_PATH, codeOf, InputError, isToken, MOST_CHALLENGE_BYTES } from '#plugin';
import { isMissing, readWhole, removeFile, syncFolder, writeNew } from '../../live/files.ts';
import type { SelfCheck } from './self-check.ts';
import { type PreparedValue, preparedTexts, type Solver, valuesFor } from './solver.ts';

const MODE = 0o644;
const FOLDER_MODE = 0o755;

type Folder = 'folder' | 'missing' | 'link' | 'other';

async function folderAt(path: string): Promise<Folder> {
  try {
    const found = await lstat(path);
    return found.isDirectory() ? 'folder' : found.isSymbolicLink() ? 'link' : 'other';
  } catch (error) {
    if (isMissing(error)) return 'missing';
    throw error;
  }
}

const PROBLEMS: Readonly<Record<Exclude<Folder, 'folder'>, string>> = {
  missing: 'does not exist. Create the folder',
  link: 'is a symbolic link, and nothing is written through it. Replace it by a folder',
  other: 'is not a folder',
};

/** Throws an InputError unless the path is a folder. */
async function mustBeFolder(path: string): Promise<void> {
  const found = await folderAt(path);
  if (found !== 'folder') throw new InputError(`${path.replace(/\/\.$/u, '')} ${PROBLEMS[found]}`);
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: FOLDER_MODE });
    // The web server has another user, and the umask of this one may keep it out.
    await chmod(path, FOLDER_MODE);
    await syncFolder(dirname(path));
  } catch (error) {
    // The folder exists already, or another order created it meanwhile.
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  await mustBeFolder(path);
}

/** True if the file has the text, or a beginning of it, as an interrupted write leaves it. */
async function isOwn({ place, text }: PreparedValue): Promise<boolean> {
  const found = await readWhole(place, MOST_CHALLENGE_BYTES);
  return found.kind === 'file' && !found.stat.link && text.startsWith(found.text);
}

/** Writes a file of a challenge. Throws if another file has its name. */
async function write(value: PreparedValue): Promise<void> {
  const { place, text } = value;
  try {
    await writeNew(place, text, { mode: MODE });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    if (!(await isOwn(value)))
      throw new Error(`${place} exists with another content, and is not replaced`, { cause: error });
    await removeFile(place);
    await writeNew(place, text, { mode: MODE });
  }
}

interface ChallengeFiles {
  readonly via: 'webroot' | 'serve';
  /** Folders on the way to the files that are not symbolic links, outermost first. The last one has the files. */
  readonly folders: readonly string[];
  /** Creates the folders that may be created. */
  readonly make: () => Promise<void>;
  /** A reason why a web server does not serve the files. */
  readonly obstacle?: () => Promise<string | undefined>;
  readonly check: SelfCheck;
}

function challengeFiles({ via, folders, make, obstacle, check }: ChallengeFiles): Solver {
  const folder = folders.at(-1) ?? '';
  /** Records of another configuration, or changed ones, name other files. */
  const mine = (value: PreparedValue): PreparedValue => {
    if (dirname(value.place) === folder && isToken(basename(value.place))) return value;
    throw new InputError(`${value.place} is not the file of a challenge in ${folder}`);
  };
  return {
    type: 'http-01',
    via,
    prepare: async (challenges) => preparedTexts(via, challenges, (token) => join(folder, token)),
    present: async (prepared, run) => {
      const values = valuesFor(prepared, via).map(mine);
      await make();
      for (const value of values) {
        run.signal.throwIfAborted();
        await write(value);
      }
      const served = values.map(({ name, place, text }) => ({ name, token: basename(place), text }));
      await check(served, run, obstacle);
    },
    remove: async (prepared) => {
      for (const value of valuesFor(prepared, via).map(mine)) {
        const there = await Promise.all(folders.map(folderAt));
        // Behind a link, the files are those of others.
        if (there.every((each) => each === 'folder') && (await isOwn(value))) await removeFile(value.place);
      }
    },
  };
}

/** The first folder that a web server of another user cannot enter, in a sentence; undefined if there is none. */
async function closedFolder(folders: readonly string[]): Promise<string | undefined> {
  for (const path of folders) {
    const { mode } = await stat(path);
    if ((mode & 0o001) === 0)
      return `${path} has the mode ${(mode & 0o7777).toString(8).padStart(4, '0')}, with which a web server of another user cannot enter it`;
  }
  return undefined;
}

/** Files in `.well-known/acme-challenge` of a website. `webroot`: absolute; the folder must exist, also behind a link. */
export function webrootSolver(webroot: string, check: SelfCheck): Solver {
  const folders = [join(webroot, '.well-known'), join(webroot, CHALLENGE_PATH)];
  const make = async (): Promise<void> => {
    await mustBeFolder(`${webroot}/.`);
    for (const folder of folders) await makeFolder(folder);
  };
  const obstacle = (): Promise<string | undefined> => closedFolder([webroot, ...folders]);
  return challengeFiles({ via: 'webroot', folders, make, obstacle, check });
}

/** Files in the folder that `fettle serve` answers from. Throws an InputError if the host names none. */
export function serveSolver(env: Readonly<Record<string, string | undefined>>, check: SelfCheck): Solver {
  const folder = env[CHALLENGE_FOLDER] ?? '';
  if (!folder.startsWith('/'))
    throw new InputError(
      `\`serve\` needs a daemon that answers challenges. Set \`challenges\` in the file of --serve-config, or ${CHALLENGE_FOLDER} to its folder`,
    );
  return challengeFiles({ via: 'serve', folders: [folder], make: () => mustBeFolder(folder), check });
}
