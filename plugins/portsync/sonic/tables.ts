/** Whole tables of a database: keys by SCAN, rows pipelined while the scan continues. */

import { OutsideError } from '#plugin';
import { within } from '#plugin/deadline';
import type { CallOptions } from '../redis/client.ts';
import type { Row } from '../redis/reader.ts';
import type { SonicDatabase } from './connect.ts';

/** Rows of a table by their key, without the name of the table and its separator. */
export type Table = ReadonlyMap<string, Row>;

export interface ReadOptions {
  readonly signal?: AbortSignal;
  /** For all tables of the call, in ms; 30,000 by default. */
  readonly deadlineMs?: number;
  /** Most rows of all tables of the call; 200,000 by default. */
  readonly rows?: number;
  /** Most bytes of all answers of the call; 64 MiB by default. */
  readonly bytes?: number;
}

const DEADLINE_MS = 30_000;
const MOST_ROWS = 200_000;
const MOST_BYTES = 64 << 20;
/** Keys that Redis visits for an answer. */
const SCAN_COUNT = 1000;

/** The field of an entry without fields. */
export const NO_FIELDS = 'NULL';

/** The pattern of SCAN for keys that begin with a text. */
function prefixPattern(prefix: string): string {
  return `${prefix.replace(/[*?[\]\\^-]/gu, '\\$&')}*`;
}

/** A row without the field of an entry without fields; undefined for a row that no longer exists. */
function fieldsOf(row: Row): Row | undefined {
  if (row[NO_FIELDS] !== undefined) {
    const { [NO_FIELDS]: _, ...fields } = row;
    return fields;
  }
  for (const _ in row) return row;
  return undefined;
}

/** All keys with a pattern, page after page; a key can come twice. */
async function* keyPages(
  { redis }: SonicDatabase,
  pattern: string | undefined,
  options: CallOptions,
): AsyncGenerator<readonly string[]> {
  let cursor = '0';
  do {
    const words = pattern === undefined ? [] : ['MATCH', pattern];
    const reply = await redis.call(['SCAN', cursor, ...words, 'COUNT', String(SCAN_COUNT)], options);
    const [next, keys] = Array.isArray(reply) ? (reply as readonly unknown[]) : [];
    if (typeof next !== 'string' || !Array.isArray(keys)) throw new OutsideError('Redis did not answer SCAN with keys');
    yield keys as readonly string[];
    cursor = next;
  } while (cursor !== '0');
}

/** The keys of a scan: those that are wanted, and those of them whose rows are not read. */
interface Wanted {
  readonly isWanted: (key: string) => boolean;
  readonly isUnread?: (key: string) => boolean;
}

/** A row that is not read. */
const UNREAD: Row = {};

/** Reads the rows of keys while more keys come, and gives each one that still exists, page by page. */
async function readRows(
  database: SonicDatabase,
  pattern: string | undefined,
  { isWanted, isUnread = () => false }: Wanted,
  { rows: most = MOST_ROWS, bytes = MOST_BYTES }: ReadOptions,
  signal: AbortSignal,
  take: (key: string, row: Row) => void,
): Promise<void> {
  const reads: Promise<void>[] = [];
  const call: CallOptions = { signal, budget: { left: bytes } };
  let count = 0;
  for await (const page of keyPages(database, pattern, call)) {
    const wanted = page.filter(isWanted);
    count += wanted.length;
    if (count > most) throw new OutsideError(`${database.name} has more than ${most} rows to read`);
    const keys = wanted.filter((key) => !isUnread(key));
    for (const key of wanted) if (isUnread(key)) take(key, UNREAD);
    const read = database.redis.hashes(keys, call).then((rows) => {
      for (const [i, row] of rows.entries()) {
        const fields = fieldsOf(row);
        if (fields !== undefined) take(keys[i] ?? '', fields);
      }
    });
    // A failure is reported once, by the wait for all.
    read.catch(() => undefined);
    reads.push(read);
  }
  await Promise.all(reads);
}

function inTime<T>(
  { name }: SonicDatabase,
  { signal = new AbortController().signal, deadlineMs = DEADLINE_MS }: ReadOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = (): Error => new OutsideError(`${name} could not be read within ${deadlineMs} ms`);
  return within(deadlineMs, late, signal, work);
}

/** Reads a table. Rejects with an OutsideError, or the reason of the signal. */
export async function readTable(database: SonicDatabase, table: string, options: ReadOptions = {}): Promise<Table> {
  const prefix = `${table}${database.separator}`;
  return inTime(database, options, async (signal) => {
    const rows = new Map<string, Row>();
    const isOwn = (key: string): boolean => key.startsWith(prefix);
    await readRows(database, prefixPattern(prefix), { isWanted: isOwn }, options, signal, (key, row) =>
      rows.set(key.slice(prefix.length), row),
    );
    return rows;
  });
}

/**
 * Reads tables in one scan of the whole database; a table without rows is empty. Of the tables in `unread`, only the keys are
 * read, and their rows have no fields. Rejects like `readTable`.
 */
export async function readTables<Name extends string>(
  database: SonicDatabase,
  tables: readonly Name[],
  options: ReadOptions = {},
  unread: readonly Name[] = [],
): Promise<Readonly<Record<Name, Table>>> {
  const { separator } = database;
  const found = new Map(tables.map((table) => [table as string, new Map<string, Row>()]));
  const tableOf = (key: string): string => key.slice(0, Math.max(0, key.indexOf(separator)));
  await inTime(database, options, async (signal) => {
    const prefixes = unread.map((table) => `${table}${separator}`);
    const wanted: Wanted = {
      isWanted: (key) => found.has(tableOf(key)),
      isUnread: (key) => prefixes.some((prefix) => key.startsWith(prefix)),
    };
    await readRows(database, undefined, wanted, options, signal, (key, row) => {
      const table = tableOf(key);
      found.get(table)?.set(key.slice(table.length + separator.length), row);
    });
  });
  return Object.fromEntries(found) as unknown as Readonly<Record<Name, Table>>;
}

/** Reads rows of a table by their keys; a row that does not exist is left out. Rejects like `readTable`. */
export async function readRowsOf(
  { redis, separator }: SonicDatabase,
  table: string,
  keys: readonly string[],
  options: Pick<ReadOptions, 'signal'> = {},
): Promise<Table> {
  const rows = await redis.hashes(
    keys.map((key) => `${table}${separator}${key}`),
    options,
  );
  const found = new Map<string, Row>();
  for (const [i, row] of rows.entries()) {
    const fields = fieldsOf(row);
    if (fields !== undefined) found.set(keys[i] ?? '', fields);
  }
  return found;
}
