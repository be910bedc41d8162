/**
 * The lines of a file of the inbox.
 *
 *     {"format":1,"writer":{…}}\n                                        the first: the process that writes
 *     {"at":"…Z","entry":…,"sum":"<16 hex>"}\n                           an entry
 *
 * `sum` is the beginning of the SHA-256 over the bytes before it, so that a changed entry is never taken for another one.
 */

import { hash } from 'node:crypto';
import { type Instant, instantOf, instantText, type Json } from '#plugin';
import type { Holder } from '../store.ts';
import { parseHolder } from '../holder.ts';
import { MAX_ENTRY } from '../inbox.ts';

const SUM_MARK = ',"sum":"';
const SUM_LENGTH = 16;
const SUM_TAIL = SUM_MARK.length + SUM_LENGTH + '"}'.length;

/** Longest line of an entry, in bytes, with its newline. */
export const MAX_ENTRY_LINE = MAX_ENTRY + 128;

/** Longest first line, in bytes. */
export const MAX_WRITER_LINE = 16 * 1024;

function sumOf(summed: string | Buffer): string {
  return hash('sha256', summed, 'hex').slice(0, SUM_LENGTH);
}

export function writerLine(writer: Holder): string {
  return `${JSON.stringify({ format: 1, writer })}\n`;
}

const WRITER_MARK = Buffer.from('{"format":1,"writer":{');

/** True for a first line: a damaged one may have lost its newline, and hold an entry too. */
export function isWriterLine(line: Buffer): boolean {
  if (line.compare(WRITER_MARK, 0, WRITER_MARK.length, 0, Math.min(line.length, WRITER_MARK.length)) !== 0)
    return false;
  return readWriterLine(line).id !== '';
}

/** The writer in a first line, without its newline; a holder that is never judged dead if the line is not one. */
export function readWriterLine(line: Buffer): Holder {
  try {
    const { writer } = JSON.parse(line.toString()) as { readonly writer?: unknown };
    return parseHolder(JSON.stringify(writer));
  } catch {
    return parseHolder('');
  }
}

export function entryLine(at: Instant, text: string): string {
  const summed = `{"at":"${instantText(at)}","entry":${text}`;
  return `${summed}${SUM_MARK}${sumOf(summed)}"}\n`;
}

/** Reads the line of an entry, without its newline. Undefined: the line is damaged. */
export function readEntryLine(line: Buffer): { readonly at: Instant; readonly entry: Json } | undefined {
  const mark = line.length - SUM_TAIL;
  if (mark <= 0 || line.toString('latin1', mark) !== `${SUM_MARK}${sumOf(line.subarray(0, mark))}"}`) return undefined;
  try {
    const { at, entry } = JSON.parse(line.toString()) as { readonly at: string; readonly entry: Json };
    return { at: instantOf(at), entry };
  } catch {
    return undefined;
  }
}
