/** Names of the files in a store's folder: log segments, locks, files of the inbox, temporary files. */

import { basename, dirname, join } from 'node:path';

/**
 * One file of the log, as its name says: the sequence number of its first record, and the token of its first writer.
 */
export interface SegmentFile {
  readonly name: string;
  readonly seq: number;
  readonly token: number;
}

/** The prefix of files being written. A kill leaves them behind, and the next holder of the lock removes them. */
export const TEMPORARY = '.tmp-';

/** The prefix of the files of contenders for the lock: leftovers like the others, which the next holder removes. */
export const WISH = `${TEMPORARY}wish-`;

/** Keeps git from tracking the store: an author of a commit must not be able to change the state. */
export const IGNORE_FILE = '.gitignore';

export function logFolder(folder: string): string {
  return join(folder, 'log');
}

export function inboxFolder(folder: string): string {
  return join(folder, 'inbox');
}

/** One file of the inbox, as its name says. No name is used twice. */
export interface InboxFile {
  readonly name: string;
  /** Id of the only writer. */
  readonly writer: string;
  /** Counts the files of a writer, which only writes to its last one. */
  readonly number: number;
}

export function inboxFile(writer: string, number: number): InboxFile {
  return { name: `${writer}-${number}.ndjson`, writer, number };
}

/** Undefined if the store does not give such names. */
export function parseInboxName(name: string): InboxFile | undefined {
  const match = /^([A-Za-z0-9-]{1,64})-([1-9]\d{0,14})\.ndjson$/u.exec(name);
  return match === null ? undefined : inboxFile(match[1] ?? '', Number(match[2]));
}

export function quarantineFolder(folder: string): string {
  return join(folder, 'quarantine');
}

export function lockName(token: number): string {
  return `lock-${token}`;
}

/** The token of a lock file; undefined for any other name. */
export function parseLockName(name: string): number | undefined {
  const digits = /^lock-([1-9]\d{0,14})$/u.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export function segmentName(seq: number, token: number): string {
  return `${String(seq).padStart(12, '0')}-${String(token).padStart(8, '0')}.ndjson`;
}

/** Undefined if the store does not give such names. */
export function parseSegmentName(name: string): SegmentFile | undefined {
  // The limits leave room above any number in a file's name, so that a recovery can still count up.
  const match = /^(\d{12,14})-(\d{8,12})\.ndjson$/u.exec(name);
  if (match === null) return undefined;
  const file = { name, seq: Number(match[1]), token: Number(match[2]) };
  return file.seq > 0 && file.token > 0 && segmentName(file.seq, file.token) === name ? file : undefined;
}

/** Order of the log: tokens only grow, and so do sequence numbers within one. */
export function compareSegments(a: SegmentFile, b: SegmentFile): number {
  return a.token - b.token || a.seq - b.seq;
}

/** The temporary path of a new store's folder: next to the final one, on the same file system. */
export function temporaryBeside(folder: string, id: string): string {
  return join(dirname(folder), `${temporaryPrefixBeside(folder)}${id}`);
}

export function temporaryPrefixBeside(folder: string): string {
  return `${TEMPORARY}${basename(folder)}-`;
}
