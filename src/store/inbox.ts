/**
 * The inbox next to the log: entries that any process makes durable without the lock, until the holder of the lock drains
 * them. This file has its limits and errors, and what a backend does for it.
 */

import type { Json } from '#plugin';
import { StoreError } from './errors.ts';
import type { InboxPlace, Undrained } from './store.ts';

/** Longest entry, as JSON, in bytes. */
export const MAX_ENTRY = 64 * 1024;

/** Size of the inbox, in bytes, from which it takes no more entries. */
export const MAX_INBOX = 256 * 1024 * 1024;

/** Bytes that a process deposits before it measures the inbox again. */
export const MEASURED_BYTES = 1024 * 1024;

/** Size of what `undrained` gives, in bytes, after which it gives no more. Bounds a reader's memory. */
export const UNDRAINED_BYTES = 8 * 1024 * 1024;

/** The inbox has reached its size. Nothing was deposited. */
export class InboxFullError extends StoreError {
  override readonly name = 'InboxFullError';

  constructor(place: string, bytes: number, limit: number) {
    super(
      `the inbox of ${place} is full: it has ${bytes} bytes, and the limit is ${limit} bytes. The entries were not ` +
        'deposited. They are taken again once the holder of the lock has drained the inbox',
    );
  }
}

/** The entry is longer than MAX_ENTRY. Nothing was deposited. */
export class EntryTooLargeError extends StoreError {
  override readonly name = 'EntryTooLargeError';

  constructor(bytes: number) {
    super(`an entry of the inbox has ${bytes} bytes, and the limit is ${MAX_ENTRY} bytes per entry`);
  }
}

export function missingStore(place: string, project: string): StoreError {
  return new StoreError(
    `the store ${place} has no log of the project ${project}, so it has no inbox. Run a command that writes, such as \`fettle apply\``,
  );
}

export function alreadyDrained(count: number): string {
  return `${count === 1 ? 'an entry' : `${count} entries`} of the inbox cannot be drained: drained already, or later than one that was left out. Nothing was written`;
}

/** An entry as JSON. Throws EntryTooLargeError. */
export function entryText(entry: Json): string {
  const text = JSON.stringify(entry);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_ENTRY) throw new EntryTooLargeError(bytes);
  return text;
}

/** Positions up to which the files of an inbox are drained, by name. Always empty for an inbox that is not files. */
export type InboxPositions = ReadonlyMap<string, number>;

/** The part of a backend that keeps the inbox. */
export interface InboxBackend {
  /** Makes entries durable. Throws InboxFullError, and StoreError if the project has no log here. */
  deposit(texts: readonly string[]): Promise<void>;
  /** The oldest entries that are not drained, oldest first. */
  undrained(positions: InboxPositions, limit: number): Promise<readonly Undrained[]>;
  /**
   * The changes of the positions when entries are drained: a change to null for each file that no longer exists.
   * Throws LogUnchangedError if the places are not the next ones.
   */
  advance(positions: InboxPositions, places: readonly InboxPlace[]): Promise<Readonly<Record<string, number | null>>>;
  /** Deletes what is drained, durably, and will not grow. Only the holder of the lock may call it. */
  tidy(positions: InboxPositions): Promise<void>;
}
