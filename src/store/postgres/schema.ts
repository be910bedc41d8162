/**
 * The tables of the store, and their migrations.
 *
 * | Table         | Holds                                                                                   |
 * |---------------|-----------------------------------------------------------------------------------------|
 * | `version`     | one row: the number of migrations below that were run                                   |
 * | `fences`      | per project: the holder that may append and its token, its heartbeat, the end of the log, the last time at which another process waited |
 * | `records`     | the log: the raw line of each record, without its newline                               |
 * | `checkpoints` | the first record and the length of each checkpoint, so that the newest is found at once |
 * | `quarantine`  | rows that recoveries set aside                                                          |
 * | `renames`     | earlier names of projects: no new log begins under such a name                          |
 * | `inbox`       | entries that any process deposits, until the holder of the lock drains them              |
 *
 * Only commands that write migrate. The other tables are checked against the log, which is the source of truth.
 */

import { StoreError, StoreProjectError } from '../errors.ts';
import { ServerError, type Transaction } from './connection.ts';
import type { Place } from './fence.ts';
import { assertOwned } from './owners.ts';

/** A schema and its permitted owner. */
type SchemaPlace = Pick<Place, 'schema' | 'name' | 'owner'>;

/** Statements by version. Each runs once, in order, and is never changed afterwards. */
const MIGRATIONS: readonly ((schema: string) => readonly string[])[] = [
  (schema) => [
    `CREATE TABLE ${schema}.fences (
      project text PRIMARY KEY,
      token bigint NOT NULL CHECK (token BETWEEN 1 AND ${Number.MAX_SAFE_INTEGER}),
      holder_id text,
      holder text,
      beat bigint NOT NULL DEFAULT 0,
      beat_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      head_seq bigint,
      head_hash text
    ) WITH (fillfactor = 50)`,
    `CREATE TABLE ${schema}.records (
      project text NOT NULL,
      seq bigint NOT NULL CHECK (seq BETWEEN 1 AND ${Number.MAX_SAFE_INTEGER}),
      line text NOT NULL,
      PRIMARY KEY (project, seq)
    )`,
    `CREATE TABLE ${schema}.checkpoints (
      project text NOT NULL,
      seq bigint NOT NULL,
      length bigint NOT NULL,
      PRIMARY KEY (project, seq)
    )`,
    `CREATE TABLE ${schema}.quarantine (
      project text NOT NULL,
      recovery text NOT NULL,
      kind text NOT NULL,
      seq bigint NOT NULL,
      line text NOT NULL,
      PRIMARY KEY (project, recovery, kind, seq)
    )`,
  ],
  (schema) => [`CREATE TABLE ${schema}.renames (project text PRIMARY KEY, renamed_to text NOT NULL)`],
  (schema) => [
    `CREATE TABLE ${schema}.inbox (
      project text NOT NULL,
      id bigint GENERATED ALWAYS AS IDENTITY,
      received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      body text NOT NULL,
      PRIMARY KEY (project, id)
    )`,
  ],
  (schema) => [`ALTER TABLE ${schema}.fences ADD COLUMN wanted_at timestamptz`],
];

/** The first version with the table of renames. */
const RENAMES_VERSION = 2;

/** The first version with the inbox. */
const INBOX_VERSION = 3;

/** The oldest version of the tables that readers understand. */
const READABLE_VERSION = 1;

export const SCHEMA_VERSION = MIGRATIONS.length;

function isMissing(error: unknown): boolean {
  return error instanceof ServerError && (error.sqlState === '42P01' || error.sqlState === '3F000');
}

function versionOf(value: unknown, schema: string): number {
  const version = Number(value);
  if (!Number.isSafeInteger(version) || version < 1)
    throw new StoreError(`the table ${schema}.version does not contain a valid version`);
  if (version > SCHEMA_VERSION) {
    throw new StoreError(
      `the store's tables have version ${version}, and this fettle supports version ${SCHEMA_VERSION}. Use a newer fettle`,
    );
  }
  return version;
}

/**
 * The version of the tables; 0 if they do not exist, and then the transaction can only be rolled back.
 * Throws StoreError if the version is newer than this one, or the tables are not trusted.
 */
async function tableVersion(transaction: Transaction, place: SchemaPlace): Promise<number> {
  const { schema } = place;
  await assertOwned(transaction, place);
  try {
    const { rows } = await transaction.query(`SELECT version FROM ${schema}.version`);
    // A table created after this snapshot has a name and no visible rows: in this snapshot the store does not exist.
    return rows.length === 0 ? 0 : versionOf(rows[0]?.[0], schema);
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

/** The new name of a renamed project. */
async function renamedTo(
  transaction: Transaction,
  { schema, project }: Pick<Place, 'schema' | 'project'>,
): Promise<string | undefined> {
  const { rows } = await transaction.query(`SELECT renamed_to FROM ${schema}.renames WHERE project = $1`, [project]);
  const name = rows[0]?.[0];
  return typeof name === 'string' ? name : undefined;
}

/** Throws StoreProjectError if the project was renamed: a new log would know nothing of its resources. */
export async function assertNotRenamed(
  transaction: Transaction,
  place: SchemaPlace & Pick<Place, 'project'>,
): Promise<void> {
  const found = await renamedTo(transaction, place);
  if (found !== undefined) throw new StoreProjectError(place.name, place.project, found);
}

/**
 * True if the tables exist. Throws StoreError if this version does not know their version (a reader changes nothing),
 * and StoreProjectError if the project was renamed.
 */
export async function hasTables(
  transaction: Transaction,
  place: SchemaPlace & Pick<Place, 'project'>,
): Promise<boolean> {
  const version = await tableVersion(transaction, place);
  if (version !== 0 && version < READABLE_VERSION)
    throw new StoreError(
      `the store's tables have version ${version}, and this fettle requires version ${SCHEMA_VERSION}. A command that writes migrates them`,
    );
  if (version >= RENAMES_VERSION) await assertNotRenamed(transaction, place);
  return version !== 0;
}

/** True if the tables have an inbox: those of an older version have none until a command that writes migrates them. */
export async function hasInbox(transaction: Transaction, place: SchemaPlace): Promise<boolean> {
  return (await tableVersion(transaction, place)) >= INBOX_VERSION;
}

/** Migrates the tables to the current version, one process at a time. */
export async function migrate(place: SchemaPlace & Pick<Place, 'server'>): Promise<void> {
  const { server, schema } = place;
  const present = await server.transact({ access: 'read' }, (transaction) => tableVersion(transaction, place));
  if (present === SCHEMA_VERSION) return;
  await server.transact({ access: 'write' }, async (transaction) => {
    await transaction.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`fettle tables ${schema}`]);
    const { rows: encodings } = await transaction.query('SHOW server_encoding');
    if (encodings[0]?.[0] !== 'UTF8')
      throw new StoreError(
        `the database has the encoding ${String(encodings[0]?.[0])}. The log requires a database with the encoding UTF8`,
      );
    const { rows: named } = await transaction.query(
      'SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1), to_regclass($2) IS NOT NULL',
      [schema, `${schema}.version`],
    );
    const [hasSchema, hasVersion] = named[0] ?? [];
    // Checked first: IF NOT EXISTS requires the permission to create even if the schema exists.
    if (hasSchema !== true) await transaction.query(`CREATE SCHEMA ${schema}`);
    // Read again: another process may have created the tables since.
    await assertOwned(transaction, place);
    let version = 0;
    if (hasVersion === true) {
      const { rows } = await transaction.query(`SELECT version FROM ${schema}.version`);
      version = versionOf(rows[0]?.[0], schema);
    } else {
      await transaction.query(
        `CREATE TABLE ${schema}.version (one boolean PRIMARY KEY DEFAULT true CHECK (one), version integer NOT NULL)`,
      );
    }
    for (const statements of MIGRATIONS.slice(version)) {
      for (const statement of statements(schema)) await transaction.query(statement);
    }
    await transaction.query(
      `INSERT INTO ${schema}.version (version) VALUES ($1) ON CONFLICT (one) DO UPDATE SET version = excluded.version`,
      [SCHEMA_VERSION],
    );
  });
}
