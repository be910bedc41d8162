/**
 * Trusted owners of files: the current user, root, and the user who became root by `sudo`.
 *
 * A configuration decides which commands run and where credentials go, and a store decides what may be removed. On a
 * shared machine, neither may come from a folder that another user can write.
 */

import { dirname } from 'node:path';
import { lstat } from './direct-files.ts';
import { InputError } from './errors.ts';

/** `FETTLE_TRUST_OWNER`: `1` for every owner, or user ids between commas. */
export const TRUST_OWNER = 'FETTLE_TRUST_OWNER';

/** Trusted user ids; `everybody` also on systems without owners. */
export type Owners = ReadonlySet<number> | 'everybody';

const UIDS = /^\d{1,10}(?:,\d{1,10})*$/u;

/** Reads the trusted owners. `uid` is the current user's; undefined on systems without user ids. Throws if `FETTLE_TRUST_OWNER` is malformed. */
export function trustedOwners(uid: number | undefined, env: Readonly<Record<string, string | undefined>>): Owners {
  const said = env[TRUST_OWNER]?.trim() ?? '';
  if (said !== '' && !UIDS.test(said))
    throw new InputError(`${TRUST_OWNER} must be 1 or a comma-separated list of user ids`);
  if (said === '1' || uid === undefined) return 'everybody';
  const sudo = env['SUDO_UID'] ?? '';
  return new Set([
    0,
    uid,
    // Only for root: every user can set the variable.
    ...(uid === 0 && UIDS.test(sudo) ? [Number(sudo)] : []),
    ...(said === '' ? [] : said.split(',').map(Number)),
  ]);
}

/** Adds a trusted owner: that of a file which the command line names. */
export function alsoTrusting(owners: Owners, uid: number): Owners {
  return owners === 'everybody' ? owners : new Set([...owners, uid]);
}

/** The reason why a file or folder is not trusted. */
export interface Distrust {
  /** The path that others own or can write: the file itself, or a folder above. */
  readonly path: string;
  /** The owner of `path`. */
  readonly uid: number;
  /** `belongs to user 1001`, `can be written by every user`. */
  readonly reason: string;
}

const OTHERS_WRITE = 0o002;
const STICKY = 0o1000;

/**
 * The reason why the file, link or folder at `path` is not trusted: it or its folder belongs to another user, or every user
 * can write it, or replace it in a folder above. `path` has no links in its folders. Undefined for a trusted one. Throws if
 * it cannot be read.
 */
export async function distrustOf(path: string, owners: Owners): Promise<Distrust | undefined> {
  if (owners === 'everybody') return undefined;
  const folder = dirname(path);
  for (let at = path; ; at = dirname(at)) {
    const found = await lstat(at);
    const { uid, mode } = found;
    // Folders further up belong to the administrator of the machine, and in a user namespace to no known user.
    if ((at === path || at === folder) && !owners.has(uid)) return { path: at, uid, reason: `belongs to user ${uid}` };
    // In a sticky folder such as /tmp, users cannot replace files of others. The mode of a link has no meaning.
    const isSafe = found.isSymbolicLink() || (mode & OTHERS_WRITE) === 0 || (at !== path && (mode & STICKY) !== 0);
    if (!isSafe) return { path: at, uid, reason: 'can be written by every user' };
    if (dirname(at) === at) return undefined;
  }
}
