/** The state of an emulated world in a file, from which the next start of the sandbox continues. */

import { readFile, rename, writeFile } from 'node:fs/promises';
import { codeOf } from './errors.ts';

const DELAY_MS = 50;

/** Reads a saved state; undefined if there is not one yet. */
export async function readSaved<T>(file: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes a file that only its owner can read, so that it is always whole. */
export async function writeWhole(file: string, content: string): Promise<void> {
  await writeFile(`${file}.new`, content, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** Saves of a state, one at a time. */
export interface Keeper {
  /** Saves soon: many changes become one save. */
  readonly touch: () => void;
  /** Saves now, after a save that is under way. */
  readonly flush: () => Promise<void>;
}

/** Keeps a state in `file`; `content` gives the state at the time of a save. */
export function keeper(file: string, content: () => string): Keeper {
  let waiting: NodeJS.Timeout | undefined;
  let last: Promise<void> = Promise.resolve();
  const save = (): Promise<void> => {
    last = last.catch(() => undefined).then(() => writeWhole(file, content()));
    return last;
  };
  return {
    touch: () => {
      waiting ??= setTimeout(() => {
        waiting = undefined;
        // The next change, and the end, save again.
        save().catch(() => undefined);
      }, DELAY_MS).unref();
    },
    flush: () => {
      clearTimeout(waiting);
      waiting = undefined;
      return save();
    },
  };
}
