/** Files that others write, read whole within a limit. */

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** A file cannot be read, or is not what it has to be. */
export class FileError extends Error {
  override readonly name = 'FileError';
  readonly endpoint: string;
  /** `ENOENT` and the like; undefined where it could be opened. */
  readonly code: string | undefined;

  constructor(path: string, message: string, code?: string) {
    super(message);
    this.endpoint = path;
    this.code = code;
  }
}

/** The bytes of a regular file of at most `limit` bytes. `name` is what messages call it. Throws a FileError. */
export async function readLimited(path: string, limit: number, name: string): Promise<Buffer> {
  let handle: FileHandle | undefined;
  try {
    // Not blocking: a named pipe in its place would hold the look up for ever.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!(await handle.stat()).isFile()) throw new FileError(path, `${name} is no regular file`);
    const parts: Buffer[] = [];
    let length = 0;
    for (;;) {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(65_536), 0, 65_536, length);
      if (bytesRead === 0) return Buffer.concat(parts);
      length += bytesRead;
      if (length > limit) throw new FileError(path, `${name} is larger than ${limit} bytes`);
      parts.push(buffer.subarray(0, bytesRead));
    }
  } catch (error) {
    if (error instanceof FileError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new FileError(path, `${name} cannot be read (${code})`, code);
  } finally {
    await handle?.close();
  }
}
