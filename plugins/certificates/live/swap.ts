/**
 * The swap of a pair in files: pending files, backups, the stored pair, with a valid pair available at every
 * point. `pair.ts` has the table of interrupted states and their recovery.
 *
 * Renames start once everything that a recovery may need is durable; they then follow each other
 * immediately, so that a reader can find a new certificate with an old key for some microseconds only.
 */

import { errorText } from '#plugin';
import type { X509Certificate } from 'node:crypto';
import { renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Place, besides, holdsKey } from '../paths.ts';
import type { PairPart } from '../world.ts';
import type { Accounts } from './accounts.ts';
import {
  type FileStat,
  makeFolder,
  mustBeAsRead,
  namesThere,
  placeNew,
  readBack,
  removeFile,
  setAside,
  setAttributes,
  syncFolders,
  writeNew,
} from './files.ts';
import { type PairFiles, readPairFiles, refuseLeftovers } from './pair.ts';
import { attributesFor, attributesOfCopy, contentOf, keyText, storedFiles } from './parts.ts';

export interface NewPair {
  /** The certificate and the path to its root. */
  readonly path: readonly X509Certificate[];
  /** PEM, PKCS#8. */
  readonly key: string;
}

/** Verifies a pair that was read back, and throws its fault. */
export type Validate = (certificate: string, key: string) => void;

async function drop(paths: readonly string[]): Promise<void> {
  const dropped: string[] = [];
  for (const path of paths) if (await removeFile(path)) dropped.push(path);
  if (dropped.length > 0) await syncFolders(...dropped);
}

/** A file that is kept next to its place, with its part, and as it was read; without `read`, it is not a regular file. */
type Kept = { readonly part: PairPart; readonly path: string; readonly read: FileStat | undefined };

async function keepFile(part: PairPart, path: string, read: FileStat | undefined): Promise<Kept> {
  return { part, path: await setAside(path), read };
}

/** The mode of files that may hold a key and are no longer used. The target of a link that is kept stays as it is. */
async function closeKept(kept: readonly Kept[]): Promise<void> {
  for (const { part, path, read } of kept)
    if (holdsKey(part) && read?.link === false) await setAttributes(path, { mode: 0o600 }, read);
}

const MOST_ROUNDS = 5;

/** Finishes or undoes an interrupted swap, if any. Returns the files as they are then. */
export async function settleSwap(found: PairFiles): Promise<PairFiles> {
  let files = found;
  for (let round = 0; files.settlement.swap !== 'none'; round++) {
    const { renames, drops } = files.settlement;
    if (round === MOST_ROUNDS)
      throw new Error(`the interrupted swap of ${files.places[0]?.path ?? ''} cannot be completed`);
    for (const { from, to } of renames) renameSync(from, to);
    if (renames.length > 0) await syncFolders(...renames.flatMap(({ from, to }) => [from, to]));
    // A renamed file is no longer in its place.
    await drop(drops);
    files = await readPairFiles(files.storage);
  }
  return files;
}

interface NewFile extends Place {
  readonly text: string;
}

/** Reads new files back from the paths of `at`, and throws if their content differs. */
function check(files: readonly NewFile[], at: (path: string) => string, validate: Validate): void {
  for (const { path, text } of files)
    if (readBack(at(path)) !== text) throw new Error(`${at(path)} does not hold what was written`);
  const textOf = (part: 'certificate' | 'key'): string =>
    (files.find((each) => each.part === part) ?? files.find((each) => each.part === 'combined'))?.text ?? '';
  validate(textOf('certificate'), textOf('key'));
}

/** Waits for all of them, then throws the first error, so that none continues afterwards. */
async function all(works: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find((each) => each.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** Refuses to replace an object that is not a file. */
function refuseOthers({ places, stored }: PairFiles): void {
  for (const { part, path } of places) {
    const file = stored[part];
    if (file?.there === true && file.text === undefined)
      throw new Error(`${path} is ${file.what ?? 'not a file'}, and is not replaced`);
  }
}

/**
 * Swaps new files in, all or none: `files` are the present files, without leftovers of another swap.
 * Throws if nothing was changed, or if all files were restored.
 */
async function swapFiles(
  files: PairFiles,
  made: readonly NewFile[],
  accounts: Accounts,
  validate: Validate,
  signal: AbortSignal,
  keep: readonly string[] = [],
): Promise<void> {
  const { storage, stored } = files;
  const paths = made.map(({ path }) => path);
  refuseOthers(files);
  for (const folder of new Set(paths.map((path) => dirname(path)))) await makeFolder(folder);
  try {
    await all(
      made.flatMap(({ part, path, text }) => {
        const { pending, backup } = besides(path);
        const before = stored[part];
        return [
          writeNew(pending, text, attributesFor(part, storage, stored, accounts)),
          ...(before?.text === undefined || before.stat === undefined
            ? []
            : [writeNew(backup, before.text, attributesOfCopy(part, before.stat))]),
        ];
      }),
    );
    await syncFolders(...paths);
    check(made, (path) => besides(path).pending, validate);
    signal.throwIfAborted();
  } catch (error) {
    await dropBeside(paths);
    throw error;
  }
  const placed: NewFile[] = [];
  const kept: Kept[] = [];
  try {
    for (const { part, path } of made) {
      const before = stored[part]?.stat;
      if (before === undefined) continue;
      mustBeAsRead(path, before);
      if (keep.includes(path)) kept.push(await keepFile(part, path, before));
    }
    for (const file of made) {
      const before = stored[file.part]?.stat;
      const { pending } = besides(file.path);
      const isMoved = keep.includes(file.path) && namesThere([file.path]).length === 0;
      if (before === undefined || isMoved) placeNew(pending, file.path);
      else {
        mustBeAsRead(file.path, before);
        renameSync(pending, file.path);
      }
      placed.push(file);
    }
    await syncFolders(...paths);
    check(made, (path) => path, validate);
  } catch (error) {
    try {
      await putBack(files, made, placed, keep);
    } catch (second) {
      // The next run continues from the files that are found.
      throw new Error(`${errorText(error)}; and the old pair could not be put back: ${errorText(second)}`, {
        cause: second,
      });
    }
    throw error;
  }
  await closeKept(kept);
  const replaced = made.filter(({ part }) => stored[part]?.there === true);
  // The new files are durable: a remaining copy is found by the next refresh, and is not a failure of this swap.
  const linked = made.map(({ path }) => besides(path).pending).toReversed();
  await drop([...backupsOf(replaced.map(({ path }) => path)), ...linked]).catch(() => undefined);
}

/** Keys first: the certificate's backup shows whether the replaced pair was still valid. */
function backupsOf(paths: readonly string[]): readonly string[] {
  return paths.toReversed().map((path) => besides(path).backup);
}

async function dropBeside(paths: readonly string[]): Promise<void> {
  await drop(backupsOf(paths));
  await drop(paths.toReversed().map((path) => besides(path).pending));
}

/**
 * Restores every file: renames backups, and removes new files. A file that this swap did not place belongs to
 * another program and stays; so does the copy of a kept file.
 */
async function putBack(
  { stored }: PairFiles,
  made: readonly NewFile[],
  placed: readonly NewFile[],
  keep: readonly string[],
): Promise<void> {
  const wasThere = ({ part }: NewFile): boolean => stored[part]?.there === true;
  const removed = made.filter(
    (file) => keep.includes(file.path) && !placed.includes(file) && namesThere([file.path]).length === 0,
  );
  for (const file of [...placed, ...removed]) if (wasThere(file)) renameSync(besides(file.path).backup, file.path);
  for (const file of placed) if (!wasThere(file)) await removeFile(file.path);
  const paths = made.map(({ path }) => path);
  await syncFolders(...paths);
  await dropBeside(paths);
}

/** Swaps a new pair in. Leftovers must be settled before; `files` are the files after that. */
export async function swapIn(
  files: PairFiles,
  pair: NewPair,
  accounts: Accounts,
  validate: Validate,
  signal: AbortSignal,
  keep: readonly string[] = [],
): Promise<void> {
  const parts = new Set(files.places.map(({ part }) => part));
  const made = files.places.map((place) => {
    // A foreign file is set aside with everything in it.
    const before = keep.includes(place.path) ? undefined : files.stored[place.part];
    return { ...place, text: contentOf(place.part, pair.path, pair.key, parts, before) };
  });
  await swapFiles(files, made, accounts, validate, signal, keep);
}

/**
 * Sets owners and modes of a stored pair, rewrites derived files, and settles leftovers, unless
 * fettle has not swapped here before: then those files are not owned.
 */
export async function tidyPair(
  found: PairFiles,
  untouched: boolean,
  accounts: Accounts,
  keep: readonly string[] = [],
): Promise<{ readonly rewritten: boolean }> {
  const files = untouched ? found : await settleSwap(found);
  const { places, stored, pair, storage } = files;
  const seen = storedFiles(places, stored, pair, storage, accounts);
  const wrong = new Set(
    seen.flatMap(({ part, problem, lost }) => (problem === undefined || lost === true ? [] : [part])),
  );
  const { key } = pair;
  const isRewritten = wrong.size > 0 && key !== undefined;
  if (isRewritten) {
    if (untouched) refuseLeftovers(files);
    const parts = new Set(places.map(({ part }) => part));
    const made = places
      .filter(({ part }) => wrong.has(part))
      .map((place) => ({ ...place, text: contentOf(place.part, pair.path, keyText(key), parts, stored[place.part]) }));
    await swapFiles(files, made, accounts, () => undefined, new AbortController().signal, keep);
  }
  for (const [i, { part, path }] of places.entries()) {
    const read = stored[part]?.stat;
    if (read === undefined || (isRewritten && wrong.has(part))) continue;
    const foreign = read.link ? (pair.problem?.text ?? seen[i]?.unusable) : undefined;
    if (foreign !== undefined)
      throw new Error(`${path} is a symbolic link, and its target may not be of the pair: ${foreign}`);
    await setAttributes(path, attributesFor(part, storage, stored, accounts), read);
  }
  return { rewritten: wrong.size > 0 };
}

/**
 * Removes a pair: the files next to it, then the others, and the certificate last. A removal that is
 * interrupted leaves a certificate without its key, reported as an unusable pair, so that the next run removes
 * the rest.
 */
export async function deletePair(
  { places, stored }: PairFiles,
  untouched: boolean,
  keep: readonly string[] = [],
): Promise<void> {
  const paths = places.map(({ path }) => path);
  const kept: Kept[] = [];
  for (const { part, path } of places) {
    const read = stored[part]?.stat;
    if (read !== undefined) mustBeAsRead(path, read);
    if (keep.includes(path) && stored[part]?.there === true) kept.push(await keepFile(part, path, read));
  }
  await closeKept(kept);
  if (!untouched) await dropBeside(paths);
  const [first = '', ...others] = paths;
  await drop(others.toReversed());
  await drop([first]);
}
