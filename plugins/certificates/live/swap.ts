/**
 * The swap of a pair: from pending files over backups to the stored pair, with a valid pair to be had at every point.
 *
 * Each step is on the disk before the next one begins, folders included, so that a loss of power leaves what a kill
 * leaves. The point of no return is the rename of the certificate: from there on, an interruption is finished.
 */

import { besides } from '../paths.ts';
import type { PairPaths } from '../world.ts';
import { makeFolder, moveOver, readWhole, removeFile, setMode, syncFolders, writeNew } from './files.ts';
import { dirname } from 'node:path';
import { type PairFiles, readPairFiles } from './pair.ts';

const CERTIFICATE_MODE = 0o644;
const KEY_MODE = 0o600;
const FILE_LIMIT = 1_048_576;

export interface NewPair {
  /** PEM: the certificate, and its chain. */
  readonly certificate: string;
  /** PEM, PKCS#8. */
  readonly key: string;
}

async function drop(paths: readonly string[]): Promise<void> {
  for (const path of paths) if (await removeFile(path)) await syncFolders(path);
}

/** The certificate's backup goes last: it tells whether what was replaced was still valid. */
async function dropBackups(paths: PairPaths): Promise<void> {
  await drop([besides(paths.key).backup, besides(paths.certificate).backup]);
}

async function dropLeftovers(paths: PairPaths): Promise<void> {
  await dropBackups(paths);
  await drop([besides(paths.key).pending, besides(paths.certificate).pending]);
}

/** Takes the next move of an interrupted swap; the moves of one swap are few, and each brings it nearer to its end. */
async function takeMove({ paths, move }: PairFiles): Promise<void> {
  const certificate = besides(paths.certificate);
  const key = besides(paths.key);
  switch (move) {
    case 'none':
      return;
    case 'drop-leftovers':
      return dropLeftovers(paths);
    case 'drop-backups':
      return dropBackups(paths);
    case 'move-key':
      return moveOver(key.pending, paths.key);
    case 'restore-key':
      return moveOver(key.backup, paths.key);
    case 'restore-certificate':
    case 'restore-both':
      return moveOver(certificate.backup, paths.certificate);
  }
}

const MOST_MOVES = 5;

/** Finishes or undoes an interrupted swap; does nothing where there is none. Gives what is there then. */
export async function settleSwap(paths: PairPaths): Promise<PairFiles> {
  let files = await readPairFiles(paths);
  for (let taken = 0; files.move !== 'none'; taken++) {
    if (taken === MOST_MOVES) throw new Error(`the interrupted swap of ${paths.certificate} does not come to its end`);
    await takeMove(files);
    files = await readPairFiles(paths);
  }
  return files;
}

/** Copies a stored file, whatever it holds; gives false where there is none. */
async function backUp(path: string, mode: number): Promise<boolean> {
  const seen = await readWhole(path, FILE_LIMIT);
  if (seen.kind === 'missing') return false;
  if (seen.kind === 'other') throw new Error(`${path} is ${seen.what}: it is not replaced`);
  await writeNew(besides(path).backup, seen.text, mode);
  return true;
}

/**
 * Swaps a new pair in. `validate` looks at the pending pair as it was read back, and throws what is wrong with it.
 * Throws where nothing was changed, or the old pair was put back. Leftovers have to be settled before.
 */
export async function swapIn(
  paths: PairPaths,
  pair: NewPair,
  validate: (certificate: string, key: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const certificate = besides(paths.certificate);
  const key = besides(paths.key);
  await makeFolder(dirname(paths.certificate));
  await makeFolder(dirname(paths.key));
  try {
    await writeNew(key.pending, pair.key, KEY_MODE);
    await writeNew(certificate.pending, pair.certificate, CERTIFICATE_MODE);
    await syncFolders(key.pending, certificate.pending);
    validate(await reread(certificate.pending), await reread(key.pending));
    await backUp(paths.certificate, CERTIFICATE_MODE);
    await backUp(paths.key, KEY_MODE);
    await syncFolders(certificate.backup, key.backup);
    signal.throwIfAborted();
  } catch (error) {
    await dropLeftovers(paths);
    throw error;
  }
  await moveOver(certificate.pending, paths.certificate);
  try {
    await moveOver(key.pending, paths.key);
    validate(await reread(paths.certificate), await reread(paths.key));
  } catch (error) {
    try {
      await putBack(paths);
    } catch (second) {
      // What lies there tells the next run how to go on.
      throw new Error(`${messageOf(error)}; and the old pair could not be put back: ${messageOf(second)}`, {
        cause: second,
      });
    }
    throw error;
  }
  await dropBackups(paths);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function reread(path: string): Promise<string> {
  const seen = await readWhole(path, FILE_LIMIT);
  if (seen.kind !== 'file') throw new Error(`${path} cannot be read back`);
  return seen.text;
}

/** Puts every file back as it was: a rename for each that was there, and away with what was not. */
async function putBack(paths: PairPaths): Promise<void> {
  const { backups } = await readPairFiles(paths);
  if (backups.certificate) await moveOver(besides(paths.certificate).backup, paths.certificate);
  else await drop([paths.certificate]);
  // The key is still the old one if its rename was what failed: then its backup is only a copy.
  if (!backups.key) await drop([paths.key]);
  else if (!(await readPairFiles(paths)).matches) await moveOver(besides(paths.key).backup, paths.key);
  await dropLeftovers(paths);
}

/** Sets the modes of a stored pair, and settles what lies beside it. */
export async function tidyPair(paths: PairPaths): Promise<void> {
  await settleSwap(paths);
  await setMode(paths.certificate, CERTIFICATE_MODE);
  await setMode(paths.key, KEY_MODE);
}

/**
 * Takes a pair away: what lies beside it, then the key, then the certificate. A removal that is interrupted leaves a
 * certificate without its key: seen as a pair that can't be used, so that the next run removes the rest.
 */
export async function deletePair(paths: PairPaths): Promise<void> {
  const certificate = besides(paths.certificate);
  const key = besides(paths.key);
  await drop([key.backup, certificate.backup, key.pending, certificate.pending, paths.key, paths.certificate]);
}
