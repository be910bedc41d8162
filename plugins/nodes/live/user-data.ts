/** User data in files: what a server is told on its first start. */

import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { FileError, readLimited } from './limited-file.ts';

/** The most that the provider takes, in bytes. */
const MOST_BYTES = 32 * 1024;

async function bytesOf(folder: string, file: string): Promise<Buffer> {
  return readLimited(resolve(folder, file), MOST_BYTES, `the user data file ${file}`);
}

/** `sha256:` and 64 hex digits of its bytes; undefined where there is no such file. */
export async function userDataDigest(folder: string, file: string): Promise<string | undefined> {
  try {
    return `sha256:${createHash('sha256')
      .update(await bytesOf(folder, file))
      .digest('hex')}`;
  } catch (error) {
    if (error instanceof FileError && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw error;
  }
}
