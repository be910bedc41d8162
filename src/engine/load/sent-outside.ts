/** Finds paths of files whose content is sent or printed, and that lie where such files may not. */

import { resolve } from 'node:path';
import { type NamedPath, pathsIn, type PathTable } from '#plugin';
import { outsideMistake } from '#plugin/files';

/** A path, and why it may not be read, as the end of a sentence about it. */
export type SentOutside = NamedPath & { readonly message: string };

/** `folder`, absolute, is what the paths start from. */
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
