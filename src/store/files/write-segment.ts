/** Creates a new segment of the log: its checkpoint is complete before the file gets its name. */

import { batchesOf, type Chain } from '../chain.ts';
import { linkWhole, writeAll } from './durable.ts';
import { errorCode } from '../error-code.ts';
import { LogUnchangedError } from '../errors.ts';
import { logFolder, type SegmentFile, segmentName } from './layout.ts';

/** Minimum number of characters per write. */
const BATCH = 256 * 1024;

/** Writes, syncs and links the segment. Throws LogUnchangedError if the file did not get its name. */
export async function writeSegment(folder: string, token: number, checkpoint: Chain, id: string): Promise<SegmentFile> {
  const { seq } = checkpoint;
  const file: SegmentFile = { name: segmentName(seq, token), seq, token };
  let named = false;
  try {
    await linkWhole(
      logFolder(folder),
      file.name,
      id,
      async (handle) => {
        for (const { lines } of batchesOf(checkpoint, BATCH))
          await writeAll(handle, Buffer.from(`${lines.join('\n')}\n`));
      },
      () => {
        named = true;
      },
    );
  } catch (error) {
    if (named || errorCode(error) === '') throw error;
    const why = error instanceof Error ? error.message : '';
    throw new LogUnchangedError(`a segment cannot be created in ${folder}: ${why}`, { cause: error });
  }
  return file;
}
