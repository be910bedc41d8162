/**
 * Standard output and error as plain, synchronous writes.
 *
 * `process.stdout` adds 4 ms to every start, as it loads the network stack, and has no benefit for a file or a pipe, to
 * which Node.js writes synchronously too. A terminal uses `process.stdout`, which has its width.
 *
 * | Event | Reaction |
 * |---|---|
 * | a full pipe (EAGAIN: another process made it non-blocking) | wait 5 ms and retry |
 * | the reader has closed (EPIPE; EIO of a closed terminal) | drop this and all further output; the work continues |
 * | no space, or another error | drop the output and keep the error: the exit code must not be 0 |
 */

import { CLEAR_LINE, inert } from '#plugin';

export interface Output {
  readonly isTTY: boolean;
  /** Characters in a line; undefined if the output is not a terminal. */
  readonly columns: () => number | undefined;
  /** Writes whole lines. Escapes characters that could control a terminal or a CI runner. Never throws. */
  readonly write: (text: string) => void;
  /** The reason why output was lost; undefined if no output was lost, or the reader has closed. */
  readonly failure: () => NodeJS.ErrnoException | undefined;
}

const gone: readonly (string | undefined)[] = ['EPIPE', 'EIO', 'ECONNRESET', 'ERR_STREAM_DESTROYED'];

/** Opens file descriptor 1 or 2. */
export function openOutput(fd: 1 | 2): Output {
  const { fstatSync, writeSync } = process.getBuiltinModule('node:fs');
  let closed = false;
  let failure: NodeJS.ErrnoException | undefined;
  const fail = (error: unknown): void => {
    closed = true;
    const errno = error as NodeJS.ErrnoException;
    if (!gone.includes(errno.code)) failure = errno;
  };

  if (isCharacterDevice()) {
    const stream = fd === 1 ? process.stdout : process.stderr;
    stream.on('error', fail);
    return {
      // Undefined on other devices (/dev/null), despite its type.
      isTTY: Object.is(stream.isTTY, true),
      columns: () => stream.columns,
      write: (text) => {
        if (!closed) stream.write(drawn(text));
      },
      failure: () => failure,
    };
  }
  return { isTTY: false, columns: () => undefined, write: writeAll, failure: () => failure };

  function isCharacterDevice(): boolean {
    try {
      return fstatSync(fd).isCharacterDevice();
    } catch (error) {
      fail(error);
      return false;
    }
  }

  function writeAll(text: string): void {
    const bytes = Buffer.from(inert(text));
    let done = 0;
    while (done < bytes.length) {
      if (closed) return;
      try {
        done += writeSync(fd, bytes, done);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') pause(5);
        else fail(error);
      }
    }
  }
}

/** Keeps `CLEAR_LINE` at the beginning of a write, where it cannot come from data. */
function drawn(text: string): string {
  return text.startsWith(CLEAR_LINE) ? CLEAR_LINE + inert(text.slice(CLEAR_LINE.length)) : inert(text);
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
