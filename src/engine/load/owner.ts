/**
 * Whose files are trusted: those of the current user, of root, and of the user who became root by `sudo`.
 *
 * A configuration decides which commands run and where credentials go, and a store decides what may be removed. On a
 * machine that several people use, neither may come from a folder into which somebody else wrote it.
 */

import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InputError } from '#plugin';

/** `FETTLE_TRUST_OWNER`: `1` for every owner, or user ids between commas. */
export const TRUST_OWNER = 'FETTLE_TRUST_OWNER';

/** User ids whose files are trusted; `everybody` also where the system has no owners. */
export type Owners = ReadonlySet<number> | 'everybody';

const UIDS = /^\d{1,10}(?:,\d{1,10})*$/u;

/** `uid` is the current user's, undefined where the system has none. Throws where `FETTLE_TRUST_OWNER` is malformed. */
export function trustedOwners(uid: number | undefined, env: Readonly<Record<string, string | undefined>>): Owners {
  const said = env[TRUST_OWNER]?.trim() ?? '';
  if (said !== '' && !UIDS.test(said)) throw new InputError(`${TRUST_OWNER} is not 1 or user ids between commas`);
  if (said === '1' || uid === undefined) return 'everybody';
  const sudo = env['SUDO_UID'] ?? '';
  return new Set([
    0,
    uid,
    // Only for root: anybody can set the variable.
    ...(uid === 0 && UIDS.test(sudo) ? [Number(sudo)] : []),
    ...(said === '' ? [] : said.split(',').map(Number)),
  ]);
}

/** One who is trusted too: the owner of what the command line names. */
export function alsoTrusting(owners: Owners, uid: number): Owners {
  return owners === 'everybody' ? owners : new Set([...owners, uid]);
}

/** Why a file or folder is not trusted. */
export interface Distrust {
  /** What others own or can write: the file itself, or a folder above. */
  readonly path: string;
  /** The owner of `path`. */
  readonly uid: number;
  /** `belongs to user 1001`, `can be written by every user`. */
  readonly reason: string;
}

const OTHERS_WRITE = 0o002;
const STICKY = 0o1000;

/**
 * Why the file, link or folder at `path` is not trusted; folders above it are real ones: it or its folder belongs to somebody else, or every
 * user can write it, or replace it in a folder above. Undefined where it is trusted. Throws where it cannot be read.
 */
export async function distrustOf(path: string, owners: Owners): Promise<Distrust | undefined> {
  if (owners === 'everybody') return undefined;
  const folder = dirname(path);
  for (let at = path; ; at = dirname(at)) {
    const found = await lstat(at);
    const { uid, mode } = found;
    // Folders further up belong to whoever set up the machine, in a container of user ids even to nobody.
    if ((at === path || at === folder) && !owners.has(uid)) return { path: at, uid, reason: `belongs to user ${uid}` };
    // In a sticky folder, as /tmp is one, nobody can replace what is somebody else's. The mode of a link means nothing.
    const isSafe = found.isSymbolicLink() || (mode & OTHERS_WRITE) === 0 || (at !== path && (mode & STICKY) !== 0);
    if (!isSafe) return { path: at, uid, reason: 'can be written by every user' };
    if (dirname(at) === at) return undefined;
  }
}
