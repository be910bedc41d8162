/**
 * A pair in a folder that is switched as a whole.
 *
 *     www/cert.pem     -> current/cert.pem       and so on for every part: made once, never changed
 *     www/current      -> versions/7             the one link that is switched
 *     www/versions/7/    cert.pem chain.pem fullchain.pem privkey.pem
 *     www/versions/6/    the previous version
 *
 * A new version is written as `versions/8.pending`, verified, named `versions/8`, and then the link is switched by
 * a rename. A reader that opens the folder through the link gets one pair and no mixture, and an interruption leaves the
 * old pair or the new one. The previous version stays until the next switch: a reader that has just resolved the link
 * still finds it. Leftovers of an interrupted switch (a pending version or link) are removed.
 */

import { readdir, rename, rmdir, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { type Place, directoryPlaces, placesOf } from '../paths.ts';
import { refusal } from '../refusal.ts';
import type { PairPart, PairSeen, PairStorage, StoredFile } from '../world.ts';
import type { Accounts } from './accounts.ts';
import { codeOf, defined } from '#plugin';
import {
  StorageError,
  isMissing,
  makeFolder,
  makeOpenFolder,
  nameExists,
  readBack,
  readLink,
  readWhole,
  removeEmptyFolder,
  removeFile,
  setAttributes,
  syncFolder,
  writeNew,
} from './files.ts';
import { seenOfPair } from './pair.ts';
import {
  type Resource,
  type Parts,
  attributesFor,
  contentOf,
  keyText,
  pairOf,
  readParts,
  storedFiles,
} from './parts.ts';
import type { NewPair, Validate } from './swap.ts';

const PENDING = '.pending';
const VERSION = /^(?<number>[1-9]\d{0,8})(?:\.pending)?$/u;

export interface Directory {
  readonly storage: PairStorage;
  readonly path: string;
  /** The paths that services open: links through `current`. */
  readonly places: readonly Place[];
  /** Target of `current`, absolute; absent without that link. */
  readonly target?: string;
  /** The reason for which `current` cannot be followed. */
  readonly broken?: string;
  readonly stored: Parts;
  readonly pair: Resource;
  /** The places that are not the expected links, and what they are instead. */
  readonly links: ReadonlyMap<PairPart, 'missing' | 'other'>;
  /** Names in `versions/`. */
  readonly versions: readonly string[];
  readonly leftovers: readonly string[];
  readonly absent: boolean;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw new StorageError(folder, codeOf(error) ?? 'unknown');
  }
}

const linkText = (place: Place): string => `current/${basename(place.path)}`;

async function linksOf(places: readonly Place[]): Promise<ReadonlyMap<PairPart, 'missing' | 'other'>> {
  const wrong = new Map<PairPart, 'missing' | 'other'>();
  for (const place of places) {
    const link = await readLink(place.path);
    if (link.kind === 'link' ? link.to !== linkText(place) : true)
      wrong.set(place.part, link.kind === 'missing' ? 'missing' : 'other');
  }
  return wrong;
}

/** Reads a folder. Throws a StorageError if it cannot be read. */
export async function readDirectory(storage: PairStorage, path: string): Promise<Directory> {
  const places = placesOf(storage);
  const { current, pendingLink, versions } = directoryPlaces(path);
  const link = await readLink(current);
  const names = await namesIn(versions);
  const links = await linksOf(places);
  const target = link.kind === 'link' ? resolve(path, link.to) : undefined;
  // The files of one version, even if the link is switched meanwhile.
  const inside = places.map(({ part, path: file }) => ({ part, path: join(target ?? current, basename(file)) }));
  const stored = await readParts(inside);
  const own = await readWhole(path, 0);
  const isFolder = own.kind === 'missing' || (own.kind === 'other' && own.what === 'a directory');
  const broken = !isFolder
    ? `${basename(path)} is not a folder`
    : link.kind === 'other'
      ? 'current is not a link'
      : link.kind === 'missing'
        ? 'current is missing'
        : undefined;
  const hasPendingLink = await nameExists(pendingLink);
  return defined({
    storage,
    path,
    places,
    target,
    broken,
    stored,
    pair: pairOf(stored),
    links,
    versions: names.filter((name) => VERSION.test(name)),
    leftovers: [
      ...(hasPendingLink ? [basename(pendingLink)] : []),
      ...names.filter((name) => VERSION.test(name) && name.endsWith(PENDING)).map((name) => `versions/${name}`),
    ].sort(),
    absent: isFolder && link.kind === 'missing' && ![...links.values()].includes('other'),
  });
}

/** Every file, with the fault of its link. */
function filesOf({ places, stored, pair, links, storage }: Directory, accounts: Accounts): readonly StoredFile[] {
  return storedFiles(places, stored, pair, storage, accounts).map((file) => {
    const { link: _isLink, ...own } = file;
    const link = links.get(file.part);
    if (link === undefined || own.problem !== undefined) return own;
    return { ...own, problem: link === 'missing' ? 'has no link' : 'another file is in place of its link' };
  });
}

export function directorySeen(directory: Directory, accounts: Accounts): PairSeen {
  const { absent, broken, pair, leftovers } = directory;
  if (absent) return { status: 'absent', leftovers };
  const usable: Resource =
    broken === undefined
      ? // The next version replaces the content of a version.
        { ...pair, ...(pair.problem?.code === 'not-a-file' ? { problem: { ...pair.problem, code: 'damaged' } } : {}) }
      : { ...pair, problem: { code: 'not-a-file', text: broken }, matches: false };
  return {
    status: 'seen',
    ...seenOfPair(usable),
    files: filesOf(directory, accounts),
    swap: leftovers.length === 0 ? 'none' : 'undo',
    leftovers,
  };
}

/** Removes one version, the key first; other files in it stay. */
async function removeVersion(directory: Directory, name: string): Promise<void> {
  const folder = join(directoryPlaces(directory.path).versions, name);
  const all = placesOf({ directory: { path: folder, combined: true } });
  for (const { path } of all.toReversed()) await removeFile(path);
  await rmdir(folder).catch((error: unknown) => {
    if (!isMissing(error) && !['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(codeOf(error) ?? '')) throw error;
  });
}

/** Removes leftovers of an interrupted switch. Returns the folder as it is then. */
export async function settleDirectory(directory: Directory): Promise<Directory> {
  const { storage, path } = directory;
  if (directory.leftovers.length === 0) return directory;
  const { pendingLink, versions } = directoryPlaces(path);
  const pending = directory.versions.filter((name) => name.endsWith(PENDING));
  for (const name of pending) await removeVersion(directory, name);
  if (pending.length > 0) await syncFolder(versions);
  if (await removeFile(pendingLink)) await syncFolder(path);
  return readDirectory(storage, path);
}

const numberOf = (name: string): number => Number(VERSION.exec(name)?.groups?.['number'] ?? 0);

/** Switches the link to a version, atomically and durably. */
async function switchTo(path: string, to: string): Promise<void> {
  const { current, pendingLink } = directoryPlaces(path);
  await removeFile(pendingLink);
  await symlink(to, pendingLink);
  await rename(pendingLink, current);
  await syncFolder(path);
}

/** Creates the missing links that services open. Other files in their places are not owned and stay. */
async function makeLinks({ places, links, path }: Directory): Promise<void> {
  const missing = places.filter(({ part }) => links.get(part) === 'missing');
  for (const place of missing) await symlink(linkText(place), place.path);
  if (missing.length > 0) await syncFolder(path);
}

/** Removes links to parts that are no longer declared and would lead nowhere. */
async function dropLinks({ path, places }: Directory): Promise<void> {
  const wanted = new Set(places.map(({ part }) => part));
  const others = placesOf({ directory: { path, combined: true } }).filter(({ part }) => !wanted.has(part));
  for (const place of others) {
    const link = await readLink(place.path);
    if (link.kind === 'link' && link.to === linkText(place) && (await removeFile(place.path))) await syncFolder(path);
  }
}

/** Throws if a file that is not owned is in the way. */
export function refuseInTheWay({ path, broken, absent, links, places }: Directory): void {
  if (broken !== undefined && !absent && broken !== 'current is missing')
    throw new Error(`${join(path, 'current')}: ${broken}, and is not replaced`);
  for (const { part, path: file } of places) if (links.get(part) === 'other') throw new Error(refusal(file));
}

/**
 * Writes a pair as a new version, and switches to it. Leftovers must be settled before; `directory` is the folder
 * after that. Throws if nothing was changed, or if the link has its previous target.
 */
export async function switchIn(
  directory: Directory,
  pair: NewPair,
  accounts: Accounts,
  validate: Validate,
  signal: AbortSignal,
  { keepsBefore = false, untouched = false }: Keeping = {},
): Promise<void> {
  const { path, places, stored, storage, target } = directory;
  const { current, versions } = directoryPlaces(path);
  refuseInTheWay(directory);
  const before = target === undefined ? undefined : relative(path, target);
  await makeFolder(path);
  if (!(await nameExists(versions))) {
    makeOpenFolder(versions);
    await syncFolder(path);
  }
  const name = String(1 + Math.max(0, ...directory.versions.map(numberOf)));
  const pending = join(versions, `${name}${PENDING}`);
  const parts = new Set(places.map(({ part }) => part));
  const made = places.map(({ part, path: file }) => ({
    part,
    name: basename(file),
    text: contentOf(part, pair.path, pair.key, parts, keepsBefore ? undefined : stored[part]),
  }));
  /** Reads the version back from its present place. */
  const check = (folder: string): void => {
    const texts = new Map<PairPart, string>();
    for (const file of made) {
      const text = readBack(join(folder, file.name));
      if (text !== file.text) throw new Error(`${join(folder, file.name)} does not hold what was written`);
      texts.set(file.part, text);
    }
    validate(texts.get('certificate') ?? '', texts.get('key') ?? '');
  };
  try {
    makeOpenFolder(pending);
    const writes = made.map(({ part, name: file, text }) =>
      writeNew(join(pending, file), text, attributesFor(part, storage, stored, accounts)),
    );
    const failed = (await Promise.allSettled(writes)).find((each) => each.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    await syncFolder(pending);
    check(pending);
    signal.throwIfAborted();
    await rename(pending, join(versions, name));
    await syncFolder(versions);
    await makeLinks(directory);
  } catch (error) {
    await removeVersion(directory, `${name}${PENDING}`);
    await removeVersion(directory, name);
    throw error;
  }
  try {
    await switchTo(path, relative(path, join(versions, name)));
    check(current);
  } catch (error) {
    if (before === undefined) await removeFile(current);
    else await switchTo(path, before);
    await removeVersion(directory, name);
    throw error;
  }
  if (keepsBefore && target !== undefined) await keepVersion(target);
  if (untouched) for (const each of foreignVersions(directory)) await keepVersion(join(versions, each));
  // The switch is durable: the next one removes leftovers of older versions, which are not a failure of this one.
  await dropOld(untouched ? { ...directory, versions: [] } : directory, name).catch(() => undefined);
}

/** The versions that a switch keeps. */
export interface Keeping {
  /** The previous version stays under another name. */
  readonly keepsBefore?: boolean;
  /** fettle has not switched here before: other versions are not owned and stay under another name. */
  readonly untouched?: boolean;
}

/** Versions other than the one that `current` leads to. */
function foreignVersions({ path, target, versions }: Directory): readonly string[] {
  return versions.filter((name) => join(directoryPlaces(path).versions, name) !== target);
}

/** Throws if a file has the name of a leftover, but fettle has not switched here before. */
export function refuseForeignLeftovers({ leftovers, path }: Directory): void {
  const [first] = leftovers;
  if (first !== undefined)
    throw new Error(
      refusal(join(path, first), 'has the name of a copy that fettle keeps, but fettle did not create it'),
    );
}

/** Renames a version to a name that no switch removes. */
async function keepVersion(folder: string): Promise<void> {
  for (let number = 1; ; number++) {
    const kept = `${folder}.kept-${number}`;
    if (await nameExists(kept)) continue;
    await rename(folder, kept);
    await syncFolder(dirname(folder));
    return;
  }
}

/** Removes versions other than the present and the previous one. */
async function dropOld(directory: Directory, name: string): Promise<void> {
  const { path, target } = directory;
  const { versions } = directoryPlaces(path);
  await dropLinks(directory);
  const kept = new Set([name, ...(target !== undefined && dirname(target) === versions ? [basename(target)] : [])]);
  const old = directory.versions.filter((each) => !kept.has(each));
  for (const each of old) await removeVersion(directory, each);
  if (old.length > 0) await syncFolder(versions);
}

/** Corrects owners and modes, creates missing links, and rewrites a version whose files have the wrong content. */
export async function tidyDirectory(
  storage: PairStorage,
  path: string,
  accounts: Accounts,
  keeping: Keeping = {},
): Promise<{ readonly rewritten: boolean }> {
  const seen = await readDirectory(storage, path);
  const directory = keeping.untouched === true ? seen : await settleDirectory(seen);
  const { pair, stored, places, links, target } = directory;
  const wrong = storedFiles(places, stored, pair, storage, accounts).some(
    ({ problem, lost }) => problem !== undefined && lost !== true,
  );
  const { key } = pair;
  const never = new AbortController().signal;
  if (wrong && key !== undefined) {
    if (keeping.untouched === true) refuseForeignLeftovers(directory);
    await switchIn(directory, { path: pair.path, key: keyText(key) }, accounts, () => undefined, never, keeping);
    return { rewritten: true };
  }
  refuseInTheWay(directory);
  await makeLinks(directory);
  for (const { part, path: file } of places) {
    const read = stored[part]?.stat;
    if (target !== undefined && read !== undefined)
      await setAttributes(join(target, basename(file)), attributesFor(part, storage, stored, accounts), read);
  }
  return { rewritten: links.size > 0 };
}

/**
 * Removes everything that fettle created: the keys of all versions first, then the rest, the link `current` last. A
 * removal that is interrupted leaves that link, so that the next run removes the rest.
 */
export async function deleteDirectory(
  storage: PairStorage,
  path: string,
  { keepsBefore = false, untouched = false }: Keeping = {},
): Promise<void> {
  const seen = await readDirectory(storage, path);
  if (keepsBefore && seen.target !== undefined && (await nameExists(seen.target))) await keepVersion(seen.target);
  const there = keepsBefore ? await readDirectory(storage, path) : seen;
  const foreign = new Set(untouched ? foreignVersions(there) : []);
  const directory = { ...there, versions: there.versions.filter((name) => !foreign.has(name)) };
  const { current, pendingLink, versions } = directoryPlaces(path);
  for (const name of directory.versions) await removeVersion(directory, name);
  if (await nameExists(versions)) {
    await syncFolder(versions);
    await removeEmptyFolder(versions);
  }
  for (const place of directory.places) {
    const link = await readLink(place.path);
    if (link.kind === 'link' && link.to === linkText(place)) await removeFile(place.path);
  }
  if (!untouched) await removeFile(pendingLink);
  if (await nameExists(path)) await syncFolder(path);
  const link = await readLink(current);
  if (link.kind === 'link') await removeFile(current);
  if (await nameExists(path)) {
    await syncFolder(path);
    await removeEmptyFolder(path);
  }
}
