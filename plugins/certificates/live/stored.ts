/** Stored pairs, in files or in a folder that is switched as a whole: what can be done with either. Paths are absolute here. */

import type { IssueOrder, PairSeen, PairStorage } from '../world.ts';
import type { Accounts } from './accounts.ts';
import {
  type Directory,
  deleteDirectory,
  directorySeen,
  readDirectory,
  refuseInTheWay,
  settleDirectory,
  switchIn,
  tidyDirectory,
} from './directory.ts';
import { deletePair, settleSwap, swapIn, tidyPair, type NewPair, type Validate } from './swap.ts';
import { inTheWay, pairSeen, readPairFiles, refuseLeftovers } from './pair.ts';
import { keyFingerprintOf } from './parts.ts';

export async function readStored(storage: PairStorage, accounts: Accounts): Promise<PairSeen> {
  const { directory } = storage;
  return directory === undefined
    ? pairSeen(await readPairFiles(storage), accounts)
    : directorySeen(await readDirectory(storage, directory.path), accounts);
}

/** Finishes or undoes an interrupted swap. Gives the fingerprint of the key that is stored then. */
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
): Promise<{ readonly rewritten: boolean }> {
  const { directory } = storage;
  return directory === undefined
    ? tidyPair(await readPairFiles(storage), untouched, accounts)
    : tidyDirectory(storage, directory.path, accounts);
}

export async function deleteStored(storage: PairStorage, untouched: boolean): Promise<void> {
  const { directory } = storage;
  if (directory === undefined) await deletePair(await readPairFiles(storage), untouched);
  else await deleteDirectory(storage, directory.path);
}

/**
 * Puts a new pair in the place of what is stored, once what an interrupted swap left is settled. The first one is put
 * over nothing: throws where something lies in its place.
 */
export async function replaceStored(
  storage: PairStorage,
  { first, untouched = false }: Pick<IssueOrder, 'first' | 'untouched'>,
  pair: NewPair,
  accounts: Accounts,
  validate: Validate,
  signal: AbortSignal,
): Promise<void> {
  const { directory } = storage;
  if (directory !== undefined) {
    const seen = await readDirectory(storage, directory.path);
    if (first) refuseToReplace(seen);
    await switchIn(await settleDirectory(seen), pair, accounts, validate, signal);
    return;
  }
  const seen = await readPairFiles(storage);
  const [there] = first ? inTheWay(seen) : [];
  if (there !== undefined) throw new Error(`${there} is there already, and is not overwritten`);
  if (untouched) refuseLeftovers(seen);
  await swapIn(await settleSwap(seen), pair, accounts, validate, signal);
}

function refuseToReplace(seen: Directory): void {
  refuseInTheWay(seen);
  if (!seen.absent) throw new Error(`there is a pair in ${seen.path} already, and it is not overwritten`);
}
