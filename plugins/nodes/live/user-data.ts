/** User data files: the cloud-init input of a server's first start. */

import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { FileError, readInside } from '#plugin/files';
import type { Outside } from '#plugin';

/** The base of relative paths, and the directory that must contain the files. */
export type FilePlace = Pick<Outside, 'folder' | 'fileRoots'>;

/** The provider's maximum size, in bytes. */
const MOST_BYTES = 32 * 1024;

async function bytesOf(place: FilePlace, file: string): Promise<Buffer> {
  return readInside(resolve(place.folder, file), `the user data file ${file}`, {
    roots: place.fileRoots,
    limit: MOST_BYTES,
  });
}

/** `sha256:` and 64 hex digits of the file's bytes; undefined if the file does not exist. */
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
