/** Finds paths of files whose content is sent or printed, and that are outside of the permitted folders. */

import { resolve } from 'node:path';
import { type NamedPath, pathsIn, type PathTable } from '#plugin';
import { outsideMistake } from '#plugin/files';

/** A path, and the reason why it must not be read, as the end of a sentence about it. */
export type SentOutside = NamedPath & { readonly message: string };

/** Finds such paths. `folder`, absolute, is the base of relative paths. */
export async function sentOutside(
  value: unknown,
  tables: readonly PathTable[],
  folder: string,
  roots: readonly string[],
): Promise<readonly SentOutside[]> {
  const sent = pathsIn(value, tables).filter(({ use }) => use === 'send');
  const found: SentOutside[] = [];
  for (const path of sent) {
    const message = await outsideMistake(resolve(folder, path.text), roots);
    if (message !== undefined) found.push({ ...path, message });
  }
  return found;
}
