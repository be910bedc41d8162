/** User data in files: what a server is told on its first start. */

import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { FileError, readInside } from '#plugin/files';
import type { Outside } from '#plugin';

/** What paths start from, and where the files may lie. */
export type FilePlace = Pick<Outside, 'folder' | 'fileRoots'>;

/** The most that the provider takes, in bytes. */
const MOST_BYTES = 32 * 1024;

async function bytesOf(place: FilePlace, file: string): Promise<Buffer> {
  return readInside(resolve(place.folder, file), `the user data file ${file}`, {
    roots: place.fileRoots,
    limit: MOST_BYTES,
  });
}

/** `sha256:` and 64 hex digits of its bytes; undefined where there is no such file. */
export async function userDataDigest(place: FilePlace, file: string): Promise<string | undefined> {
  try {
    return `sha256:${createHash('sha256')
      .update(await bytesOf(place, file))
      .digest('hex')}`;
  } catch (error) {
    if (error instanceof FileError && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw error;
  }
}
