/**
 * Reads one file as text, of any type.
 *
 * A path may name a pipe without a writer, a device without an end, or a file that is longer than its size says. It is
 * opened without waiting, examined through the open handle, and read up to the limit.
 */

import { isUtf8 } from 'node:buffer';
import { constants } from 'node:fs';
import { errorText, fileProblem } from '#plugin';
import { open } from '#plugin/direct-files';
import { limits } from './limits.ts';

/** A file that is not text. `line` and `column` are set if a place can be named. */
export interface Unreadable {
  readonly code: string;
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
  readonly suggestion?: string;
}

export type TextOrNot = { readonly text: string } | { readonly unreadable: Unreadable };

const MB = 1024 * 1024;

function megabytes(bytes: number): string {
  return `${(bytes / MB).toFixed(1).replace(/\.0$/u, '')} MB`;
}

/** Index of the first byte that is not valid UTF-8, or -1. */
function firstBadByte(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    const length =
      byte < 0x80
        ? 1
        : byte >= 0xc2 && byte < 0xe0
          ? 2
          : byte >= 0xe0 && byte < 0xf0
            ? 3
            : byte >= 0xf0 && byte < 0xf5
              ? 4
              : 0;
    if (length === 0 || (length > 1 && !isUtf8(bytes.subarray(at, at + length)))) return at;
    at += length;
  }
  return -1;
}

function placeOfByte(bytes: Buffer, index: number): { line: number; column: number } {
  const before = bytes.subarray(0, index);
  const start = before.lastIndexOf(10) + 1;
  let line = 1;
  for (let at = before.indexOf(10); at !== -1; at = before.indexOf(10, at + 1)) line++;
  return { line, column: before.subarray(start).toString('utf8').length + 1 };
}

function hex(byte: number | undefined): string {
  return `0x${(byte ?? 0).toString(16).padStart(2, '0')}`;
}

/** Bytes as text: UTF-8 with or without a byte order mark; other encodings are named in the error. */
export function textOf(bytes: Buffer): TextOrNot {
  const first = bytes.subarray(0, 4);
  if (first.equals(Buffer.from([0xff, 0xfe, 0, 0])) || first.equals(Buffer.from([0, 0, 0xfe, 0xff])))
    return { unreadable: { code: 'not-utf8', message: 'the file is UTF-32; UTF-8 is expected', line: 1, column: 1 } };
  if ((first[0] === 0xff && first[1] === 0xfe) || (first[0] === 0xfe && first[1] === 0xff))
    return { unreadable: { code: 'utf-16', message: 'the file is UTF-16; UTF-8 is expected', line: 1, column: 1 } };
  const nul = bytes.indexOf(0);
  if (nul !== -1) {
    const place = placeOfByte(bytes, nul);
    return { unreadable: { code: 'binary', message: 'the file is binary: there is a NUL byte here', ...place } };
  }
  if (!isUtf8(bytes)) {
    const bad = firstBadByte(bytes);
    const message = `the byte ${hex(bytes[bad])} here is not valid UTF-8`;
    return {
      unreadable: { code: 'not-utf8', message, ...placeOfByte(bytes, bad), suggestion: 'save the file as UTF-8' },
    };
  }
  const marked = first[0] === 0xef && first[1] === 0xbb && first[2] === 0xbf;
  return { text: bytes.toString('utf8', marked ? 3 : 0) };
}

/** The identity of a file, independent of its name. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/**
 * The text of a regular file of at most 8 MB. Never throws because of the type of the file, and never waits for a pipe.
 * With `identity`, any other file is unreadable.
 */
export async function readText(path: string, identity?: FileIdentity): Promise<TextOrNot> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await file.stat();
    if (identity !== undefined && (stat.dev !== identity.dev || stat.ino !== identity.ino))
      return { unreadable: { code: 'unreadable-file', message: 'the file was replaced while fettle read it' } };
    if (!stat.isFile()) {
      const nature = stat.isDirectory()
        ? 'a folder'
        : stat.isFIFO()
          ? 'a pipe'
          : stat.isSocket()
            ? 'a socket'
            : 'a device';
      return { unreadable: { code: 'unreadable-file', message: `the path is ${nature}, not a regular file` } };
    }
    const limit = limits.fileBytes;
    const tooLarge = (size: string): TextOrNot => ({
      unreadable: {
        code: 'too-large',
        message: `the file has ${size}; the limit is ${megabytes(limit)}`,
        line: 1,
        column: 1,
        suggestion: 'split the file',
      },
    });
    if (stat.size > limit) return tooLarge(megabytes(stat.size));
    const chunk = Buffer.allocUnsafe(Math.max(stat.size, 4096) + 1);
    let bytes = chunk;
    let length = 0;
    for (;;) {
      if (length === bytes.length) bytes = Buffer.concat([bytes], Math.min(bytes.length * 2, limit + 2));
      const read = await file.read(bytes, length, bytes.length - length);
      if (read === 0) break;
      length += read;
      if (length > limit) return tooLarge(`more than ${megabytes(limit)}`);
    }
    return textOf(bytes.subarray(0, length));
  } catch (error) {
    return {
      unreadable: {
        code: 'unreadable-file',
        message: `the file cannot be read: ${fileProblem(error) ?? errorText(error)}`,
      },
    };
  }
}
