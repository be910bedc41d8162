/** Names of the files in a store's folder: the log's segments, the locks, what is temporary. */

import { basename, dirname, join } from 'node:path';

/** One file of the log, as its name says: the sequence number of its first record, and the token of who began it. */
export interface SegmentFile {
  readonly name: string;
  readonly seq: number;
  readonly token: number;
}

/** What begins so is being made; a kill leaves it behind, and the next holder of the lock removes it. */
export const TEMPORARY = '.tmp-';

/** Keeps git from taking the store into a repository: whoever may change that may not change what fettle remembers. */
export const IGNORE_FILE = '.gitignore';

export function logFolder(folder: string): string {
  return join(folder, 'log');
}

export function quarantineFolder(folder: string): string {
  return join(folder, 'quarantine');
}

export function lockName(token: number): string {
  return `lock-${token}`;
}

/** The token of a lock file; undefined where the name is not one of a lock. */
export function parseLockName(name: string): number | undefined {
  const digits = /^lock-([1-9]\d{0,14})$/u.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export function segmentName(seq: number, token: number): string {
  return `${String(seq).padStart(12, '0')}-${String(token).padStart(8, '0')}.ndjson`;
}

/** Undefined where the name is not one that the store gives. */
export function parseSegmentName(name: string): SegmentFile | undefined {
  // The limits leave room above any number that a file's name can claim, so that a recovery can still count on.
  const match = /^(\d{12,14})-(\d{8,12})\.ndjson$/u.exec(name);
  if (match === null) return undefined;
  const file = { name, seq: Number(match[1]), token: Number(match[2]) };
  return file.seq > 0 && file.token > 0 && segmentName(file.seq, file.token) === name ? file : undefined;
}

/** Order of the log: tokens only grow, and so do sequence numbers within one. */
export function compareSegments(a: SegmentFile, b: SegmentFile): number {
  return a.token - b.token || a.seq - b.seq;
}

/** Where a store's folder is made before it gets its name: beside it, on the same file system. */
export function temporaryBeside(folder: string, id: string): string {
  return join(dirname(folder), `${temporaryPrefixBeside(folder)}${id}`);
}

export function temporaryPrefixBeside(folder: string): string {
  return `${TEMPORARY}${basename(folder)}-`;
}
