/**
 * Finds out if git tracks a path, from the index of each repository around it, without running git.
 *
 * | A repository                               | is read |
 * |--------------------------------------------|---------|
 * | index of version 2, 3 or 4                 | yes     |
 * | work tree or submodule, whose `.git` is a file | its own index, which that file leads to |
 * | index that is split                        | both parts: a path in either of them counts as tracked |
 * | index that is sparse                       | an entry for a folder covers everything in it |
 * | hashes of SHA-256                          | yes     |
 * | index of another version, or cut           | an error: the answer is unknown |
 */

import { dirname, join, relative, resolve, sep } from 'node:path';
import { lstat, readBytes } from '#plugin/direct-files';
import { errorCode } from '../error-code.ts';
import { StoreError } from '../errors.ts';
import { defined } from '#plugin';

/** An entry of an index: a path with slashes, and its kind. */
export interface IndexEntry {
  readonly path: string;
  /** Another repository, whose files are in its own index. */
  readonly isRepository: boolean;
}

export interface GitIndex {
  readonly entries: readonly IndexEntry[];
  /** Name of the shared index that this index changes. */
  readonly shared?: string;
}

const HEADER = 12;
/** Times, device, inode, mode, owner, group and size: before the hash. */
const BEFORE_HASH = 40;
const MODE_AT = 24;
const KIND = 0o170000;
const GITLINK = 0o160000;
const EXTENDED = 0x4000;
const NO_HASH = /^0*$/u;

class Unreadable extends Error {}

/** An index that cannot be parsed. */
function endOf(bytes: Buffer, from: number): number {
  const end = bytes.indexOf(0, from);
  if (end < 0) throw new Unreadable('the index is truncated');
  return end;
}

/** A number in git's offset encoding: groups of seven bits, the highest first, each group but the last plus one. */
function offsetAt(bytes: Buffer, at: number): { readonly value: number; readonly next: number } {
  let next = at;
  let byte = bytes.readUInt8(next++);
  let value = byte & 0x7f;
  while ((byte & 0x80) !== 0) {
    byte = bytes.readUInt8(next++);
    value = (value + 1) * 128 + (byte & 0x7f);
  }
  return { value, next };
}

function sharedIn(bytes: Buffer, from: number, hashBytes: number): string | undefined {
  for (let at = from; at + 8 <= bytes.length - hashBytes; ) {
    const name = bytes.toString('latin1', at, at + 4);
    const length = bytes.readUInt32BE(at + 4);
    if (name === 'link') {
      const hash = bytes.toString('hex', at + 8, at + 8 + hashBytes);
      return NO_HASH.test(hash) ? undefined : hash;
    }
    at += 8 + length;
  }
  return undefined;
}

/** Reads an index; `hashBytes` is 20 or 32. Throws Unreadable for an unknown or damaged format. */
export function parseIndex(bytes: Buffer, hashBytes: number): GitIndex {
  try {
    if (bytes.toString('latin1', 0, 4) !== 'DIRC') throw new Unreadable('the file is not an index');
    const version = bytes.readUInt32BE(4);
    if (version < 2 || version > 4) throw new Unreadable(`its version is ${version}`);
    const count = bytes.readUInt32BE(8);
    const entries: IndexEntry[] = [];
    let at = HEADER;
    let before: Buffer = Buffer.alloc(0);
    for (let index = 0; index < count; index += 1) {
      const start = at;
      const isRepository = (bytes.readUInt32BE(start + MODE_AT) & KIND) === GITLINK;
      at += BEFORE_HASH + hashBytes;
      const isExtended = (bytes.readUInt16BE(at) & EXTENDED) !== 0;
      at += isExtended ? 4 : 2;
      let name: Buffer;
      if (version === 4) {
        const { value: dropped, next } = offsetAt(bytes, at);
        const end = endOf(bytes, next);
        if (dropped > before.length) throw new Unreadable('the index is damaged');
        name = Buffer.concat([before.subarray(0, before.length - dropped), bytes.subarray(next, end)]);
        before = name;
        at = end + 1;
      } else {
        const end = endOf(bytes, at);
        name = bytes.subarray(at, end);
        // At least one NUL, up to a multiple of eight bytes.
        at = start + Math.ceil((end - start + 1) / 8) * 8;
      }
      entries.push({ path: name.toString('utf8'), isRepository });
    }
    if (at > bytes.length - hashBytes) throw new Unreadable('the index is truncated');
    const shared = sharedIn(bytes, at, hashBytes);
    return defined({ entries, shared });
  } catch (error) {
    if (error instanceof RangeError) throw new Unreadable('the index is truncated');
    throw error;
  }
}

/** The path as a file system that folds case or composes letters sees it. */
function folded(path: string): string {
  return path.normalize('NFC').toLowerCase();
}

/** The entry that makes a path tracked: the path itself, a path in it, or a link that leads to it. */
export function entryOf(entries: readonly IndexEntry[], path: string): string | undefined {
  const wanted = folded(path);
  return entries.find(({ path: written, isRepository }) => {
    // An entry without a name replaces one of the shared index.
    if (written === '') return false;
    const entry = folded(written.endsWith('/') ? written.slice(0, -1) : written);
    return (
      wanted === '' ||
      entry === wanted ||
      entry.startsWith(`${wanted}/`) ||
      (!isRepository && wanted.startsWith(`${entry}/`))
    );
  })?.path;
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return (await readBytes(path)).toString('utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** The folders of a repository's index and of the files that all its work trees share. */
async function gitFolders(root: string): Promise<{ readonly own: string; readonly common: string } | undefined> {
  const git = join(root, '.git');
  const found = await lstat(git).catch((error: unknown) => {
    // A user without access to a folder reaches nothing in it.
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errorCode(error))) return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  let own = git;
  if (found.isFile()) {
    const target = /^gitdir: (.+?)\s*$/u.exec((await textOf(git)) ?? '')?.[1];
    if (target === undefined) return undefined;
    own = resolve(root, target);
  }
  const common = (await textOf(join(own, 'commondir')))?.trim();
  return { own, common: common === undefined ? own : resolve(own, common) };
}

async function bytesOf(path: string): Promise<Buffer | undefined> {
  try {
    return await readBytes(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

async function entriesOf(root: string): Promise<readonly IndexEntry[]> {
  const folders = await gitFolders(root);
  if (folders === undefined) return [];
  const bytes = await bytesOf(join(folders.own, 'index'));
  if (bytes === undefined) return [];
  const config = (await textOf(join(folders.common, 'config'))) ?? '';
  const hashBytes = /^\s*objectformat\s*=\s*"?sha256"?\s*$/imu.test(config) ? 32 : 20;
  const index = parseIndex(bytes, hashBytes);
  if (index.shared === undefined) return index.entries;
  const name = `sharedindex.${index.shared}`;
  const base = (await bytesOf(join(folders.own, name))) ?? (await bytesOf(join(folders.common, name)));
  if (base === undefined) throw new Unreadable(`${name} is missing`);
  return [...index.entries, ...parseIndex(base, hashBytes).entries];
}

/**
 * The path in a repository because of which git tracks `path` (absolute) or a path in it; undefined if no repository
 * around it does. Throws StoreError if an index cannot be read.
 */
export async function trackedAs(path: string): Promise<string | undefined> {
  for (let root = path; ; root = dirname(root)) {
    const found = await entriesOf(root).then(
      (entries) => entryOf(entries, relative(root, path).split(sep).join('/')),
      (error: unknown) => {
        const why = error instanceof Unreadable ? error.message : errorCode(error) || String(error);
        throw new StoreError(
          `cannot determine if git tracks ${path}: the index of ${root} cannot be read (${why}). ` +
            'Keep the store outside the repository',
        );
      },
    );
    if (found !== undefined) return found;
    if (dirname(root) === root) return undefined;
  }
}
