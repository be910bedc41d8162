/** Operations on stored pairs, in files or in a folder that is switched as a whole. Paths are absolute. */

import { refusal } from '../refusal.ts';
import type { IssueOrder, Judged, PairSeen, PairStorage } from '../world.ts';
import type { Accounts } from './accounts.ts';
import {
  type Directory,
  deleteDirectory,
  directorySeen,
  readDirectory,
  refuseForeignLeftovers,
  refuseInTheWay,
  settleDirectory,
  switchIn,
  tidyDirectory,
} from './directory.ts';
import { deletePair, settleSwap, swapIn, tidyPair, type NewPair, type Validate } from './swap.ts';
import { inTheWay, pairSeen, readPairFiles, refuseLeftovers } from './pair.ts';
import { keyFingerprintOf, type Resource } from './parts.ts';

export async function readStored(storage: PairStorage, accounts: Accounts): Promise<PairSeen> {
  const { directory } = storage;
  return directory === undefined
    ? pairSeen(await readPairFiles(storage), accounts)
    : directorySeen(await readDirectory(storage, directory.path), accounts);
}

/** The stored pair: its certificates and its key. */
export async function storedPair(storage: PairStorage): Promise<Resource> {
  const { directory } = storage;
  return (directory === undefined ? await readPairFiles(storage) : await readDirectory(storage, directory.path)).pair;
}

/** Finishes or undoes an interrupted swap. Returns the fingerprint of the key that is stored then. */
export async function settleStored(storage: PairStorage): Promise<{ readonly key?: string }> {
  const { directory } = storage;
  const { pair } =
    directory === undefined
      ? await settleSwap(await readPairFiles(storage))
      : await settleDirectory(await readDirectory(storage, directory.path));
  const key = pair.problem === undefined ? keyFingerprintOf(pair.key) : undefined;
  return key === undefined ? {} : { key };
}

export async function tidyStored(
  storage: PairStorage,
  untouched: boolean,
  accounts: Accounts,
  found?: Judged,
): Promise<{ readonly rewritten: boolean }> {
  const { directory } = storage;
  const keep = found?.keep ?? [];
  if (directory !== undefined) {
    mustBeJudged((await readDirectory(storage, directory.path)).pair, found, directory.path);
    return tidyDirectory(storage, directory.path, accounts, { keepsBefore: keep.length > 0, untouched });
  }
  const seen = await readPairFiles(storage);
  mustBeJudged(seen.pair, found, seen.places[0]?.path ?? '');
  return tidyPair(seen, untouched, accounts, keep);
}

export async function deleteStored(storage: PairStorage, untouched: boolean, found?: Judged): Promise<void> {
  const { directory } = storage;
  if (directory !== undefined) {
    mustBeJudged((await readDirectory(storage, directory.path)).pair, found, directory.path);
    await deleteDirectory(storage, directory.path, { keepsBefore: (found?.keep.length ?? 0) > 0, untouched });
    return;
  }
  const seen = await readPairFiles(storage);
  mustBeJudged(seen.pair, found, seen.places[0]?.path ?? '');
  await deletePair(seen, untouched, found?.keep);
}

/** Throws if the stored key is not the one that the step was planned for. */
function mustBeJudged({ key }: Resource, found: Judged | undefined, path: string): void {
  if (found !== undefined && keyFingerprintOf(key) !== found.key)
    throw new Error(refusal(path, 'has another key than when the plan was created'));
}

/**
 * Replaces the stored pair, after settling the leftovers of an interrupted swap. A first pair replaces
 * nothing: throws if a file is in its place.
 */
export async function replaceStored(
  storage: PairStorage,
  { first, untouched = false, found }: Pick<IssueOrder, 'first' | 'untouched' | 'found'>,
  pair: NewPair,
  accounts: Accounts,
  validate: Validate,
  signal: AbortSignal,
): Promise<void> {
  const { directory } = storage;
  const keep = found?.keep ?? [];
  const keeps = keep.length > 0;
  if (directory !== undefined) {
    const seen = await readDirectory(storage, directory.path);
    if (first && !keeps) refuseToReplace(seen);
    if (!first) mustBeJudged(seen.pair, found, directory.path);
    if (untouched) refuseForeignLeftovers(seen);
    const keeping = { keepsBefore: keeps, untouched };
    await switchIn(await settleDirectory(seen), pair, accounts, validate, signal, keeping);
    return;
  }
  const seen = await readPairFiles(storage);
  const there = first ? inTheWay(seen, untouched).find((path) => !keep.includes(path)) : undefined;
  if (!first) mustBeJudged(seen.pair, found, seen.places[0]?.path ?? '');
  if (there !== undefined) throw new Error(refusal(there));
  if (untouched) refuseLeftovers(seen);
  await swapIn(await settleSwap(seen), pair, accounts, validate, signal, keep);
}

function refuseToReplace(seen: Directory): void {
  refuseInTheWay(seen);
  if (!seen.absent) throw new Error(refusal(seen.path, 'already holds a pair'));
}
