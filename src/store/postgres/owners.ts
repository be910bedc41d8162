/**
 * Checks the owners of the schema and its tables. An owner decides the content of the state, and can have code run by
 * every role that writes there; and a role that may create schemas in the database may create this one first.
 *
 * | Property of the schema and fettle's tables   | must be   |
 * |----------------------------------------------|-----------|
 * | the owner                                    | the current role, a role that it is a member of, or the role in `FETTLE_STORE_OWNER` |
 * | the owner of each trigger's function         | the same |
 * | a rewrite rule, a policy, row security, a table of another kind | absent |
 *
 * A superuser counts as a member only of roles that were granted to it.
 */

import { StoreError } from '../errors.ts';
import type { Transaction } from './connection.ts';
import type { Place } from './fence.ts';
import { TABLES } from './tables.ts';

/**
 * Returns one row for each object that is not trusted: its type, its name, and its owner if the owner is the reason.
 */
const FOREIGN = `WITH RECURSIVE
  memberships (oid) AS (
    SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user
    UNION SELECT m.roleid FROM pg_catalog.pg_auth_members m JOIN memberships ON m.member = memberships.oid
  ),
  trusted (oid) AS (
    SELECT oid FROM memberships UNION SELECT oid FROM pg_catalog.pg_roles WHERE rolname = $3
  ),
  ours AS (
    SELECT c.oid, c.relname, c.relowner, c.relkind, c.relrowsecurity
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = ANY ($2::text[])
  ),
  owned (what, name, owner) AS (
    SELECT 'schema', n.nspname::text, n.nspowner FROM pg_catalog.pg_namespace n WHERE n.nspname = $1
    UNION ALL SELECT 'table', relname::text, relowner FROM ours
    UNION ALL SELECT 'function', p.proname::text, p.proowner
      FROM pg_catalog.pg_trigger t JOIN ours ON ours.oid = t.tgrelid JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
      WHERE NOT t.tgisinternal
  )
SELECT what, name, pg_catalog.pg_get_userbyid(owner)::text, current_user::text
  FROM owned WHERE owner NOT IN (SELECT oid FROM trusted)
UNION ALL SELECT 'kind', relname::text, NULL, NULL FROM ours WHERE relkind <> 'r'
UNION ALL SELECT 'row security', relname::text, NULL, NULL FROM ours WHERE relrowsecurity
UNION ALL SELECT 'policy', p.polname::text, NULL, NULL FROM pg_catalog.pg_policy p JOIN ours ON ours.oid = p.polrelid
UNION ALL SELECT 'rule', r.rulename::text, NULL, NULL FROM pg_catalog.pg_rewrite r JOIN ours ON ours.oid = r.ev_class
  WHERE relkind = 'r'`;

const REASONS: Readonly<Record<string, string>> = {
  kind: 'is not a plain table',
  'row security': 'has row security, which may hide records',
  policy: 'is a policy on a table of the store, which may hide records',
  rule: 'is a rewrite rule on a table of the store',
};

/** Throws StoreError if an object of the schema is not trusted. Objects that do not exist yet are ignored. */
export async function assertOwned(
  transaction: Transaction,
  { schema, name: place, owner }: Pick<Place, 'schema' | 'name' | 'owner'>,
): Promise<void> {
  const { rows } = await transaction.query(FOREIGN, [schema, TABLES, owner ?? null]);
  const [first] = rows;
  if (first === undefined) return;
  const [what, name, role, self] = first.map((value) => String(value));
  const reason = REASONS[what ?? ''];
  if (reason !== undefined) throw new StoreError(`the store ${place} is not trusted: ${schema}: ${name} ${reason}`);
  const thing = what === 'schema' ? `the schema ${name}` : `the ${what} ${name} of the schema ${schema}`;
  throw new StoreError(
    `the store ${place} is not trusted: ${thing} belongs to the role ${role}, which is neither ${self} nor a role that ` +
      `${self} is a member of. The owner can change the state. To trust that role, set FETTLE_STORE_OWNER=${role}`,
  );
}
