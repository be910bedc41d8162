/**
 * The inbox as rows of a table. A deposit inserts them without the lock; the transaction that appends the records of
 * drained entries deletes their rows.
 *
 * A deposit shares the key of the project's fence row, so that it does not wait for an append, and a rename of the
 * project waits for it and then moves its rows.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { instantOf } from '#plugin';
import { LogUnchangedError, StoreError } from '../errors.ts';
import {
  alreadyDrained,
  type InboxBackend,
  InboxFullError,
  type InboxPositions,
  MAX_INBOX,
  MEASURED_BYTES,
  missingStore,
  UNDRAINED_BYTES,
} from '../inbox.ts';
import type { InboxPlace, Undrained } from '../store.ts';
import { ServerError, type Transaction } from './connection.ts';
import type { Place } from './fence.ts';
import { hasInbox, hasTables } from './schema.ts';

/** Maximum number of characters of entries per statement. */
const BATCH = 2 * 1024 * 1024;

/** Bytes of a row in addition to its text, about. */
const ROW_BYTES = 100;

/** Entries in statements of at most BATCH characters, and at least one entry. */
function* batchesOf(texts: readonly string[]): Generator<readonly string[]> {
  let batch: string[] = [];
  let length = 0;
  for (const text of texts) {
    if (batch.length > 0 && length + text.length > BATCH) {
      yield batch;
      batch = [];
      length = 0;
    }
    batch.push(text);
    length += text.length;
  }
  if (batch.length > 0) yield batch;
}

/** Throws StoreError unless the tables exist, have an inbox, and have a log of the project. */
async function assertInbox(transaction: Transaction, place: Place): Promise<void> {
  const { schema, project, name } = place;
  if (!(await hasTables(transaction, place))) throw missingStore(name, project);
  if (!(await hasInbox(transaction, place)))
    throw new StoreError(`the tables of the store ${name} have no inbox yet. A command that writes migrates them`);
  const { count } = await transaction.query(`SELECT FROM ${schema}.fences WHERE project = $1`, [project]);
  if (count === 0) throw missingStore(name, project);
}

/** Inserts entries. Returns the id of the transaction. */
async function insertEntries(transaction: Transaction, place: Place, texts: readonly string[]): Promise<string> {
  const { schema, project } = place;
  let id = '';
  for (const batch of batchesOf(texts)) {
    const { rows } = await transaction.query(
      `WITH fence AS MATERIALIZED (SELECT project FROM ${schema}.fences WHERE project = $1 FOR KEY SHARE)
       INSERT INTO ${schema}.inbox (project, body)
       SELECT fence.project, body FROM fence, unnest($2::text[]) WITH ORDINALITY AS new (body, n) ORDER BY n
       RETURNING txid_current()::text`,
      [project, batch],
    );
    if (rows.length !== batch.length) {
      await assertInbox(transaction, place);
      throw missingStore(place.name, project);
    }
    id = String(rows[0]?.[0]);
  }
  return id;
}

async function sizeOf(transaction: Transaction, { schema, project }: Place): Promise<number> {
  const { rows } = await transaction.query(
    `SELECT coalesce(sum(pg_column_size(body) + ${ROW_BYTES}), 0)::text FROM ${schema}.inbox WHERE project = $1`,
    [project],
  );
  return Number(rows[0]?.[0]);
}

/** Deletes exactly these rows. Throws LogUnchangedError if one of them does not exist. */
export async function removeEntries(
  transaction: Transaction,
  { schema, project }: Place,
  places: readonly InboxPlace[],
): Promise<void> {
  if (places.length === 0) return;
  const { count } = await transaction.query(
    `DELETE FROM ${schema}.inbox WHERE project = $1 AND id = ANY ($2::bigint[])`,
    [project, places],
  );
  if (count !== places.length) throw new LogUnchangedError(alreadyDrained(places.length));
}

function undrainedOf([id, at, body]: readonly (string | boolean | null)[]): Undrained {
  const place = String(id) as InboxPlace;
  try {
    return { place, at: instantOf(String(at)), entry: JSON.parse(String(body)) };
  } catch {
    return { place, damage: `the row ${place} of the inbox is not the entry that was deposited` };
  }
}

export interface RowInboxOptions {
  /** The present place: a rename changes it. */
  readonly place: () => Place;
  /** Repeats work that a lost connection left undone. */
  readonly persistently: <T>(work: () => Promise<T>) => Promise<T>;
  /** Maximum time, in ms, until the outcome of a transaction must be known. */
  readonly callMs: number;
  /** Size of the inbox from which it is full, in bytes. */
  readonly maxBytes?: number | undefined;
}

export class RowInbox implements InboxBackend {
  readonly #options: RowInboxOptions;
  /** Bytes that may still be deposited before the inbox is measured again. */
  #unmeasured = 0;
  #checked = false;

  constructor(options: RowInboxOptions) {
    this.#options = options;
  }

  async deposit(texts: readonly string[]): Promise<void> {
    const { persistently, place } = this.#options;
    const { server } = place();
    let id = '';
    try {
      await persistently(() =>
        server.transact({ access: 'write' }, async (transaction) => {
          if (!this.#checked) await assertInbox(transaction, place());
          await this.#assertRoom(transaction, texts);
          id = await insertEntries(transaction, place(), texts);
        }),
      );
      this.#checked = true;
    } catch (error) {
      if (!(error instanceof ServerError) || !error.committing || !(await this.#isCommitted(id))) throw error;
    }
  }

  async undrained(_: InboxPositions, limit: number): Promise<readonly Undrained[]> {
    const place = this.#options.place();
    const { schema, project, server } = place;
    return server.transact({ access: 'read' }, async (transaction) => {
      if (!(await hasTables(transaction, place)) || !(await hasInbox(transaction, place))) return [];
      const { rows } = await transaction.query(
        `SELECT id, to_char(received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), body FROM (
           SELECT id, received_at, body, sum(octet_length(body)::bigint) OVER (ORDER BY id) - octet_length(body) AS before
           FROM (SELECT id, received_at, body FROM ${schema}.inbox WHERE project = $1 ORDER BY id LIMIT $2) AS page
         ) AS summed WHERE before < ${UNDRAINED_BYTES} ORDER BY id`,
        [project, limit],
      );
      return rows.map(undrainedOf);
    });
  }

  /** Rows have no positions: they are deleted. */
  async advance(): Promise<Readonly<Record<string, number | null>>> {
    return {};
  }

  async tidy(): Promise<void> {
    // The transaction that drains leaves nothing.
  }

  async #assertRoom(transaction: Transaction, texts: readonly string[]): Promise<void> {
    const { place, maxBytes = MAX_INBOX } = this.#options;
    const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text) + ROW_BYTES, 0);
    if (bytes > this.#unmeasured) {
      const size = await sizeOf(transaction, place());
      if (size + bytes > maxBytes) throw new InboxFullError(place().name, size, maxBytes);
      this.#unmeasured = bytes + Math.min(MEASURED_BYTES, maxBytes - size - bytes);
    }
    this.#unmeasured -= bytes;
  }

  /** The outcome of a transaction whose answer was lost. */
  async #isCommitted(id: string): Promise<boolean> {
    const { persistently, place, callMs } = this.#options;
    const { server } = place();
    const start = performance.now();
    for (let wait = 50; performance.now() - start < callMs; wait = Math.min(wait * 2, 1000)) {
      const status = await persistently(() =>
        server.transact({ access: 'read' }, async (transaction) => {
          const { rows } = await transaction.query('SELECT txid_status($1::bigint)', [id]);
          return rows[0]?.[0];
        }),
      );
      if (status !== 'in progress') return status === 'committed';
      await sleep(wait);
    }
    return false;
  }
}
