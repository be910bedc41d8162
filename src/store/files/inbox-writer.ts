/**
 * Writes entries into files of the inbox that belong to this writer alone.
 *
 * The holder of the lock deletes a file once it is drained, and its writer is dead, has begun the next file, or was idle
 * for an hour. So a writer checks after each write that its file still has its name, before it acknowledges.
 * After a failed write, the file is cut to its last acknowledged entry and never written to again: bytes at the same
 * offset may be drained already.
 */

import { constants, lstatSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText, type Instant, instantText } from '#plugin';
import { errorCode } from '../error-code.ts';
import { StoreError } from '../errors.ts';
import { thisHolder } from '../holder.ts';
import { InboxFullError, MAX_INBOX, MEASURED_BYTES } from '../inbox.ts';
import { ignoreMissing, syncFolder, writeAll } from './durable.ts';
import { entryLine, writerLine } from './inbox-line.ts';
import { inboxFile, inboxFolder, logFolder } from './layout.ts';

/** Length from which a writer begins another file, in bytes. */
const ROTATE_BYTES = 4 * 1024 * 1024;

export interface InboxWriterOptions {
  /** The store's folder. */
  readonly folder: string;
  /** Throws unless the folder has a log of this project. */
  readonly assertLog: () => Promise<void>;
  /** Epoch ms. */
  readonly now: () => number;
  readonly randomId: () => string;
  /** Size of the inbox from which it is full, in bytes. */
  readonly maxBytes?: number | undefined;
}

interface Open {
  readonly handle: FileHandle;
  readonly path: string;
  readonly inode: bigint;
  /** Length up to the last acknowledged entry; 0: the file is new. */
  length: number;
}

/** Total size of the files in the inbox. */
function sizeOf(folder: string, names: readonly string[]): number {
  return names
    .map((name) => lstatSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0)
    .reduce((sum, size) => sum + size, 0);
}

export class InboxWriter {
  readonly #options: InboxWriterOptions;
  readonly #folder: string;
  readonly #id: string;
  #number = 0;
  #open: Open | undefined;
  /** Time of the newest entry: times in a file never run backwards. */
  #at: Instant = 0;
  /** Bytes that may still be written before the inbox is measured again. */
  #unmeasured = 0;
  /** Change time of the folder of the log when the project was checked. */
  #checked: bigint | undefined;

  constructor(options: InboxWriterOptions) {
    this.#options = options;
    this.#folder = inboxFolder(options.folder);
    this.#id = options.randomId();
  }

  /** Makes entries durable. */
  async write(texts: readonly string[]): Promise<void> {
    await this.#assertLog();
    this.#at = Math.max(this.#at, this.#options.now());
    const lines = Buffer.from(texts.map((text) => entryLine(this.#at, text)).join(''));
    await this.#assertRoom(lines.length);
    if (this.#open !== undefined && !this.#hasName(this.#open)) await this.close();
    this.#open ??= await this.#begin();
    await this.#append(this.#open, lines);
    if (this.#open.length >= ROTATE_BYTES) await this.close();
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.handle.close();
  }

  /** A new segment may give the project another name; so the check is repeated when the folder of the log changes. */
  async #assertLog(): Promise<void> {
    const { folder, assertLog } = this.#options;
    const changed = lstatSync(logFolder(folder), { bigint: true, throwIfNoEntry: false })?.ctimeNs;
    if (changed !== undefined && changed === this.#checked) return;
    await assertLog();
    this.#checked = changed;
  }

  async #assertRoom(bytes: number): Promise<void> {
    const { folder, maxBytes = MAX_INBOX } = this.#options;
    if (bytes <= this.#unmeasured) {
      this.#unmeasured -= bytes;
      return;
    }
    const names = await readdir(this.#folder).catch((error: unknown) => {
      ignoreMissing(error);
      return [];
    });
    const size = sizeOf(this.#folder, names);
    if (size + bytes > maxBytes) throw new InboxFullError(folder, size, maxBytes);
    this.#unmeasured = Math.min(MEASURED_BYTES, maxBytes - size - bytes);
  }

  #hasName({ path, inode }: Open): boolean {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino === inode;
  }

  /** Creates the next file, empty. */
  async #begin(): Promise<Open> {
    await mkdir(this.#folder, { mode: 0o700 }).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
    // The process that made the folder may have been killed before it synced its name.
    await syncFolder(this.#options.folder);
    if (!lstatSync(this.#folder).isDirectory()) throw new StoreError(`${this.#folder} is not a folder`);
    this.#number += 1;
    const path = join(this.#folder, inboxFile(this.#id, this.#number).name);
    const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    const handle = await open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    const { ino } = await handle.stat({ bigint: true });
    return { handle, path, inode: ino, length: 0 };
  }

  async #append(file: Open, lines: Buffer): Promise<void> {
    const isNew = file.length === 0;
    const bytes = isNew ? Buffer.concat([Buffer.from(this.#writerLine()), lines]) : lines;
    try {
      await writeAll(file.handle, bytes);
      await file.handle.datasync();
      if (isNew) await syncFolder(this.#folder);
    } catch (error) {
      await this.#abandon(file);
      const why = errorText(error);
      throw new StoreError(`the inbox of ${this.#options.folder} cannot be written: ${why}`, { cause: error });
    }
    if (!this.#hasName(file)) {
      await this.close();
      throw new StoreError(`${file.path} was removed while it was written to`);
    }
    file.length += bytes.length;
  }

  #writerLine(): string {
    const { now } = this.#options;
    return writerLine(thisHolder({ id: this.#id, command: 'deposit', since: instantText(now()) }));
  }

  /** Removes what was not acknowledged, as far as possible, and never writes to the file again. */
  async #abandon(file: Open): Promise<void> {
    this.#open = undefined;
    try {
      if (file.length === 0) await unlink(file.path);
      else await file.handle.truncate(file.length);
      await file.handle.datasync();
    } catch {
      // An entry whose deposit failed may stay. Its caller knows that the result is unknown.
    }
    await file.handle.close().catch(() => undefined);
  }
}
