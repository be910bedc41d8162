/**
 * The inbox on files: a folder with the files of each writer.
 *
 * How far a file is drained is part of the state, in the log. A file is deleted only after the records of its last
 * entry are durable, and its position leaves the state only after its deletion is durable. So an entry is neither lost
 * nor drained twice, wherever a process is killed.
 */

import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { compareText } from '#plugin';
import { LogUnchangedError } from '../errors.ts';
import { alreadyDrained, type InboxBackend, type InboxPositions, UNDRAINED_BYTES } from '../inbox.ts';
import type { InboxPlace, Undrained } from '../store.ts';
import { ignoreMissing, syncFolder } from './durable.ts';
import { entriesAfter, isSpent, type Span, spanOf } from './inbox-reader.ts';
import { InboxWriter, type InboxWriterOptions } from './inbox-writer.ts';
import { type InboxFile, inboxFolder, parseInboxName } from './layout.ts';

/** Maximum number of deleted files whose positions leave the state in one record. */
const FORGOTTEN = 1000;

/** Entries in the order of their deposits; entries of one file keep their order. */
function oldestFirst(files: readonly (readonly Undrained[])[]): readonly Undrained[] {
  const timed = files.flatMap((entries) => {
    let at = 0;
    return entries.map((entry) => {
      if ('at' in entry) at = Math.max(at, entry.at);
      return { entry, at };
    });
  });
  return timed.sort((a, b) => a.at - b.at).map(({ entry }) => entry);
}

function sizeOf(place: InboxPlace): number {
  const { from, to } = spanOf(place);
  return to - from;
}

/** The first entries, up to a number and a size. */
function firstOf(entries: readonly Undrained[], limit: number): readonly Undrained[] {
  let bytes = 0;
  const end = entries.slice(0, limit).findIndex(({ place }) => {
    const isOver = bytes >= UNDRAINED_BYTES;
    bytes += sizeOf(place);
    return isOver;
  });
  return entries.slice(0, end < 0 ? limit : end);
}

export class FileInbox implements InboxBackend {
  readonly #options: InboxWriterOptions;
  readonly #writer: InboxWriter;
  readonly #folder: string;

  constructor(options: InboxWriterOptions) {
    this.#options = options;
    this.#folder = inboxFolder(options.folder);
    this.#writer = new InboxWriter(options);
  }

  deposit(texts: readonly string[]): Promise<void> {
    return this.#writer.write(texts);
  }

  async undrained(positions: InboxPositions, limit: number): Promise<readonly Undrained[]> {
    const files: (readonly Undrained[])[] = [];
    for (const file of await this.#files())
      files.push(await entriesAfter(this.#options.folder, file, positions.get(file.name) ?? 0, limit));
    return firstOf(oldestFirst(files), limit);
  }

  async advance(
    positions: InboxPositions,
    places: readonly InboxPlace[],
  ): Promise<Readonly<Record<string, number | null>>> {
    const moved = new Map<string, number | null>();
    const spans = places.map(spanOf).sort((a: Span, b: Span) => a.from - b.from);
    for (const { name, from, to } of spans) {
      if (from !== (moved.get(name) ?? positions.get(name) ?? 0) || !(to > from))
        throw new LogUnchangedError(alreadyDrained(places.length));
      moved.set(name, to);
    }
    const present = new Set((await this.#files()).map(({ name }) => name));
    const gone = [...positions.keys()].filter((name) => !present.has(name) && !moved.has(name));
    // The deleter may have been killed before it synced the folder.
    if (gone.length > 0) await syncFolder(this.#folder).catch(ignoreMissing);
    for (const name of gone.slice(0, FORGOTTEN)) moved.set(name, null);
    return Object.fromEntries(moved);
  }

  async tidy(positions: InboxPositions): Promise<void> {
    const files = await this.#files();
    const { folder, now } = this.#options;
    let deleted = false;
    for (const file of files) {
      const isRotated = files.some(({ writer, number }) => writer === file.writer && number > file.number);
      if (!(await isSpent(folder, file, positions.get(file.name) ?? 0, isRotated, now()))) continue;
      await unlink(join(this.#folder, file.name)).catch(ignoreMissing);
      deleted = true;
    }
    if (deleted) await syncFolder(this.#folder);
  }

  close(): Promise<void> {
    return this.#writer.close();
  }

  /** The files of the inbox: those of each writer in their order. */
  async #files(): Promise<readonly InboxFile[]> {
    const names = await readdir(this.#folder).catch((error: unknown) => {
      ignoreMissing(error);
      return [];
    });
    return names
      .flatMap((name) => parseInboxName(name) ?? [])
      .sort((a, b) => compareText(a.writer, b.writer) || a.number - b.number);
  }
}
