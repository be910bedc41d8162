/**
 * The tables of the store, and how they come to be.
 *
 * | Table         | Holds                                                                                   |
 * |---------------|-----------------------------------------------------------------------------------------|
 * | `version`     | one row: how many of the migrations below were run                                      |
 * | `fences`      | per project: who may append (token and holder), its heartbeat, and where the log ends   |
 * | `records`     | the log: the raw line of each record, without its newline                               |
 * | `checkpoints` | where each checkpoint begins and how many records it is: the newest is found at once    |
 * | `quarantine`  | what recoveries set aside                                                               |
 * | `renames`     | names that projects had: under such a name no new log is begun                          |
 *
 * Only commands that write migrate. What is in the tables is checked against the log itself, which is the truth.
 */

import { StoreError, StoreProjectError } from '../errors.ts';
import { ServerError, type Transaction } from './connection.ts';
import type { Place } from './fence.ts';
import { assertOwned } from './owners.ts';

/** A schema, with whom it may belong to. */
type SchemaPlace = Pick<Place, 'schema' | 'name' | 'owner'>;

/** Statements by version; each runs once, in its order, and is never changed afterwards. */
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
];

/** The first version with the table of renames. */
const RENAMES_VERSION = 2;

/** Readers know what to make of tables that are not older than this. */
const READABLE_VERSION = 1;

export const SCHEMA_VERSION = MIGRATIONS.length;

function isMissing(error: unknown): boolean {
  return error instanceof ServerError && (error.sqlState === '42P01' || error.sqlState === '3F000');
}

function versionOf(value: unknown, schema: string): number {
  const version = Number(value);
  if (!Number.isSafeInteger(version) || version < 1)
    throw new StoreError(`the table ${schema}.version does not say which version the store has`);
  if (version > SCHEMA_VERSION) {
    throw new StoreError(
      `the store has version ${version} of its tables, and this fettle knows version ${SCHEMA_VERSION}: use a newer one`,
    );
  }
  return version;
}

/**
 * The version of the tables; 0: there are none, and the transaction can only be given up.
 * Throws StoreError where it is newer than we know, and where the tables are not trusted.
 */
async function tableVersion(transaction: Transaction, place: SchemaPlace): Promise<number> {
  const { schema } = place;
  await assertOwned(transaction, place);
  try {
    const { rows } = await transaction.query(`SELECT version FROM ${schema}.version`);
    // A table that was made after our snapshot is there by its name, and what is in it is not: so far there is no store.
    return rows.length === 0 ? 0 : versionOf(rows[0]?.[0], schema);
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

/** The name that a project was given, where it has another one now. */
async function renamedTo(
  transaction: Transaction,
  { schema, project }: Pick<Place, 'schema' | 'project'>,
): Promise<string | undefined> {
  const { rows } = await transaction.query(`SELECT renamed_to FROM ${schema}.renames WHERE project = $1`, [project]);
  const name = rows[0]?.[0];
  return typeof name === 'string' ? name : undefined;
}

/** Throws StoreProjectError where the project has another name now: a new log would know nothing of what is there. */
export async function assertNotRenamed(
  transaction: Transaction,
  place: SchemaPlace & Pick<Place, 'project'>,
): Promise<void> {
  const found = await renamedTo(transaction, place);
  if (found !== undefined) throw new StoreProjectError(place.name, place.project, found);
}

/**
 * Whether there are tables. Throws StoreError where they are not as this version knows them (a reader changes nothing),
 * and StoreProjectError where the project has another name now.
 */
export async function hasTables(
  transaction: Transaction,
  place: SchemaPlace & Pick<Place, 'project'>,
): Promise<boolean> {
  const version = await tableVersion(transaction, place);
  if (version !== 0 && version < READABLE_VERSION)
    throw new StoreError(
      `the store has version ${version} of its tables, and this fettle version ${SCHEMA_VERSION}: a command that writes brings them up to date`,
    );
  if (version >= RENAMES_VERSION) await assertNotRenamed(transaction, place);
  return version !== 0;
}

/** Brings the tables to our version, one process at a time. */
export async function migrate(place: SchemaPlace & Pick<Place, 'server'>): Promise<void> {
  const { server, schema } = place;
  const present = await server.transact({ access: 'read' }, (transaction) => tableVersion(transaction, place));
  if (present === SCHEMA_VERSION) return;
  await server.transact({ access: 'write' }, async (transaction) => {
    await transaction.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`fettle tables ${schema}`]);
    const { rows: encodings } = await transaction.query('SHOW server_encoding');
    if (encodings[0]?.[0] !== 'UTF8')
      throw new StoreError(
        `the database has the encoding ${String(encodings[0]?.[0])}; the log needs one with the encoding UTF8`,
      );
    const { rows: named } = await transaction.query(
      'SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1), to_regclass($2) IS NOT NULL',
      [schema, `${schema}.version`],
    );
    const [hasSchema, hasVersion] = named[0] ?? [];
    // Asked for first: IF NOT EXISTS needs the right to create one even where it is there.
    if (hasSchema !== true) await transaction.query(`CREATE SCHEMA ${schema}`);
    // Once more: somebody may have made them since.
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
