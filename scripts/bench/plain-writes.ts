/** Writes to the same disk as a store does, by hand: the reference for durable writes. */

import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Total size of the files in a folder, in bytes. */
export async function bytesIn(folder: string): Promise<number> {
  const sizes = await Promise.all((await readdir(folder)).map(async (file) => (await stat(join(folder, file))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Writes `bytes` in `groups` equal parts, each with an `fdatasync`. Returns the time in ms. */
export async function plainWrites(path: string, bytes: number, groups: number): Promise<number> {
  const file = await open(path, 'a');
  const part = Buffer.alloc(Math.round(bytes / groups), 'x');
  const start = performance.now();
  for (let group = 0; group < groups; group += 1) {
    await file.write(part);
    await file.datasync();
  }
  const took = performance.now() - start;
  await file.close();
  return took;
}
