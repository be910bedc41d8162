/**
 * Resolves the identity of a path: the real path of its folder, with links followed, the inode of that folder, and the last name.
 *
 * Two spellings of one place give the same identity: `..`, links, absolute paths, bind mounts, and, where the disk folds
 * case, names that differ by case alone. A folder that does not exist yet is identified by the nearest one that does.
 */

import { type BigIntStats, lstatSync, opendirSync, readlinkSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { LookUp } from '../places.ts';
import type { Identity, Spot } from '#plugin';

/** The number of links that the system follows. */
const MOST_LINKS = 40;
/** Names of a folder that are tried to find out whether it folds case. */
const MOST_NAMES = 64;

function swapCase(text: string): string {
  const upper = text.toUpperCase();
  return upper === text ? text.toLowerCase() : upper;
}

/** A name as a disk compares it that folds case, in all the ways that disks do: `ß` is `SS` on some. */
function foldName(name: string): string {
  return name.normalize('NFD').toUpperCase().toLowerCase().normalize('NFC');
}

function inodeOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/** The status of a name, without following a link; undefined if it does not exist or cannot be read. */
function lookAt(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function inodeAt(path: string): string | undefined {
  try {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    return found === undefined ? undefined : inodeOf(found);
  } catch {
    return undefined;
  }
}

interface Folder {
  /** The folder by its real path, and by its inode, or that of the nearest existing folder. */
  readonly identities: readonly [Identity, Identity];
  /** The same of the folders around it. */
  readonly around: readonly Identity[];
  readonly real: string;
}

/** Tests whether names that differ by case alone are the same in an existing folder. */
function foldsCase(folder: string): boolean {
  try {
    const handle = opendirSync(folder);
    try {
      const names: string[] = [];
      for (let entry = handle.readSync(); entry !== null && names.length < MOST_NAMES; entry = handle.readSync())
        names.push(entry.name);
      const name = names.find((each) => swapCase(each) !== each && !names.includes(swapCase(each)));
      if (name !== undefined) {
        const inode = inodeAt(join(folder, name));
        return inode !== undefined && inode === inodeAt(join(folder, swapCase(name)));
      }
    } finally {
      handle.closeSync();
    }
  } catch {
    return false;
  }
  // An empty folder folds case if the one around it does.
  const around = dirname(folder);
  return around !== folder && foldsCase(around);
}

/** A resolver for paths from a folder. Every folder is read once: make a new resolver to read again. */
export function openLookUp(from: string): LookUp {
  const folders = new Map<string, Folder>();
  const folding = new Map<string, boolean>();

  const folderAt = (path: string, links: number): Folder => {
    const known = folders.get(path);
    if (known !== undefined) return known;
    const found = lookUpFolder(path, links);
    folders.set(path, found);
    return found;
  };
  const lookUpFolder = (path: string, links: number): Folder => {
    const around = dirname(path);
    if (around === path) {
      const inode = inodeAt(path) ?? path;
      return { identities: [identityOf('', path), identityOf(inode, path)], around: [], real: path };
    }
    const outer = folderAt(around, links);
    const name = basename(path);
    const real = join(outer.real, name);
    const found = lookAt(real);
    if (found?.isSymbolicLink() === true && links < MOST_LINKS) {
      const to = linkAt(real);
      if (to !== undefined) return folderAt(resolve(outer.real, to), links + 1);
    }
    const [byPath, byInode] = below(outer, name);
    const inside = [...outer.around, ...outer.identities];
    if (found?.isDirectory() !== true) return { identities: [byPath, byInode], around: inside, real };
    // The folder exists and identifies everything below it, by any path.
    return { identities: [{ ...byPath, near: real }, identityOf(inodeOf(found), real)], around: inside, real };
  };
  const identityOf = (exact: string, near: string): Identity => ({ exact, folded: exact, near });
  const below = ({ identities }: Folder, name: string): readonly [Identity, Identity] => {
    const [byPath, byInode] = identities;
    const inside = ({ exact, folded, near }: Identity): Identity => ({
      exact: `${exact}/${name}`,
      folded: `${folded}/${foldName(name)}`,
      near,
    });
    return [inside(byPath), inside(byInode)];
  };
  const linkAt = (path: string): string | undefined => {
    try {
      return readlinkSync(path);
    } catch {
      return undefined;
    }
  };

  return {
    folder: (path): Spot => folderAt(resolve(from, path), 0),
    file: (path): Spot => {
      const full = resolve(from, path);
      const outer = folderAt(dirname(full), 0);
      const name = basename(full);
      const real = join(outer.real, name);
      // A folder in the place of a file is the folder.
      const own = lookAt(real)?.isDirectory() === true ? folderAt(full, 0).identities : [];
      return { identities: below(outer, name), around: [...outer.around, ...outer.identities, ...own], real };
    },
    inode: (path) => {
      const full = resolve(from, path);
      const found = lookAt(full);
      if (found === undefined || found.isDirectory()) return undefined;
      if (!found.isSymbolicLink()) return { inode: inodeOf(found), isShared: found.nlink > 1n };
      const inode = inodeAt(full);
      return inode === undefined ? undefined : { inode, isShared: true };
    },
    folds: (folder) => {
      const known = folding.get(folder) ?? foldsCase(folder);
      folding.set(folder, known);
      return known;
    },
  };
}
