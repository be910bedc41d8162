/**
 * HTTP-01 by files: one file for each token, in a folder that a web server serves.
 *
 * Other users may write to the folder of a website. A file is created only in folders that are not symbolic links, never
 * replaces another file, and is removed only if its content is that of the challenge. The folders are held open meanwhile, so
 * that a folder that is renamed has no effect on others.
 */

import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CHALLENGE_FOLDER, CHALLENGE_PATH, codeOf, InputError, isToken, MOST_CHALLENGE_BYTES } from '#plugin';
import { challengeFolder } from '../../paths.ts';
import { readWhole, removeFile, writeNew } from '../../live/files.ts';
import {
  type HeldFolder,
  holdFolder,
  holdIn,
  inFolder,
  isHeld,
  makeIn,
  type NotHeld,
  releaseFolder,
} from '../../live/held-folder.ts';
import type { SelfCheck } from './self-check.ts';
import { type PreparedValue, preparedTexts, type Solver, valuesFor } from './solver.ts';

const MODE = 0o644;

const PROBLEMS: Readonly<Record<NotHeld['problem'], string>> = {
  missing: 'does not exist. Create the folder',
  link: 'is a symbolic link, and nothing is written through it. Replace it by a folder',
  other: 'is not a folder',
};

/** Throws an InputError unless the folder is held. */
function mustBeHeld(found: HeldFolder | NotHeld): HeldFolder {
  if (isHeld(found)) return found;
  throw new InputError(`${found.path} ${PROBLEMS[found.problem]}`);
}

/** True if the file has the text, or a beginning of it, as an interrupted write leaves it. */
async function isOwn(path: string, text: string): Promise<boolean> {
  const found = await readWhole(path, MOST_CHALLENGE_BYTES, { links: false });
  return found.kind === 'file' && text.startsWith(found.text);
}

/** Writes a file of a challenge. Throws if another file has its name. */
async function write(folder: HeldFolder, { place, text }: PreparedValue): Promise<void> {
  await inFolder(folder, basename(place), async (path) => {
    try {
      await writeNew(path, text, { mode: MODE });
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      if (!(await isOwn(path, text)))
        throw new Error(`${place} exists with another content, and is not replaced`, { cause: error });
      await removeFile(path);
      await writeNew(path, text, { mode: MODE });
    }
  });
}

/** Removes the file of a challenge. Another file of its name stays. */
async function removeOwn(folder: HeldFolder, { place, text }: PreparedValue): Promise<void> {
  await inFolder(folder, basename(place), async (path) => {
    if (await isOwn(path, text)) await removeFile(path);
  });
}

interface ChallengeFiles {
  readonly via: 'webroot' | 'serve';
  /** Has the files. */
  readonly folder: string;
  /** Opens the folder. `make` creates the folders that may be created. */
  readonly open: (make: boolean) => Promise<HeldFolder | NotHeld>;
  /** A reason why a web server does not serve the files. */
  readonly obstacle?: () => Promise<string | undefined>;
  readonly check: SelfCheck;
}

function challengeFiles({ via, folder, open, obstacle, check }: ChallengeFiles): Solver {
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
      const held = mustBeHeld(await open(true));
      try {
        for (const value of values) {
          run.signal.throwIfAborted();
          await write(held, value);
        }
      } finally {
        await releaseFolder(held);
      }
      const served = values.map(({ name, place, text }) => ({ name, token: basename(place), text }));
      await check(served, run, obstacle);
    },
    remove: async (prepared) => {
      const values = valuesFor(prepared, via).map(mine);
      const held = await open(false);
      // Behind a link, the files are those of others.
      if (!isHeld(held)) return;
      try {
        for (const value of values) await removeOwn(held, value);
      } finally {
        await releaseFolder(held);
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

/** Opens `.well-known/acme-challenge` of a website. The webroot itself may be behind a link, and must exist. */
async function openBelow(webroot: string, make: boolean): Promise<HeldFolder | NotHeld> {
  let found = await holdFolder(webroot, { links: true });
  for (const name of CHALLENGE_PATH.split('/').filter((each) => each !== '')) {
    if (!isHeld(found)) break;
    const around = found;
    try {
      found = await (make ? makeIn(around, name) : holdIn(around, name));
    } finally {
      await releaseFolder(around);
    }
  }
  return found;
}

/** Files in `.well-known/acme-challenge` of a website. `webroot`: absolute. */
export function webrootSolver(webroot: string, check: SelfCheck): Solver {
  const folder = challengeFolder(webroot);
  return challengeFiles({
    via: 'webroot',
    folder,
    open: (make) => openBelow(webroot, make),
    obstacle: () => closedFolder([webroot, dirname(folder), folder]),
    check,
  });
}

/** Files in the folder that `fettle serve` answers from. Throws an InputError if the host names none. */
export function serveSolver(env: Readonly<Record<string, string | undefined>>, check: SelfCheck): Solver {
  const folder = env[CHALLENGE_FOLDER] ?? '';
  if (!folder.startsWith('/'))
    throw new InputError(
      `\`serve\` needs a daemon that answers challenges. Set \`challenges\` in the file of --serve-config, or ${CHALLENGE_FOLDER} to its folder`,
    );
  return challengeFiles({ via: 'serve', folder, open: () => holdFolder(folder, { links: false }), check });
}
