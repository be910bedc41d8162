/** Creates a store's folder under a temporary name and renames it, so that a kill leaves no store or a sound one. */

import { errorText } from '#plugin';
import { lstat, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Chain } from '../chain.ts';
import { syncFolder, writeAll, writeDurably } from './durable.ts';
import { errorCode } from '../error-code.ts';
import { StoreError } from '../errors.ts';
import { IGNORE_FILE, logFolder, temporaryBeside } from './layout.ts';
import { writeSegment } from './write-segment.ts';

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

async function build(folder: string, first: Chain, id: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  await mkdir(logFolder(folder), { mode: 0o700 });
  await writeDurably(join(folder, IGNORE_FILE), (handle) => writeAll(handle, Buffer.from('*\n')));
  await writeSegment(folder, 1, first, id);
  await syncFolder(folder);
}

/**
 * Creates the store, with `first` as its log, unless its name is taken. Existing files are never changed, sound or not.
 * If two processes create it at once, one folder gets the name and the other is deleted.
 */
export async function createStore(folder: string, first: Chain, id: string): Promise<void> {
  if (await isThere(folder)) return;
  const temporary = temporaryBeside(folder, id);
  try {
    await mkdir(dirname(folder), { recursive: true });
    await build(temporary, first, id);
    await rename(temporary, folder);
    await syncFolder(dirname(folder));
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    if (await isThere(folder)) return;
    throw new StoreError(`the store ${folder} cannot be created: ${errorText(error)}`, { cause: error });
  }
}
