/** Records of changes of the ledger that a plugin decides. */

import { plainJson, redactedJson } from '../engine/guard.ts';
import type { Draft } from '../formats/log-record.ts';
import { defined, type LedgerChange, type Redact } from '#plugin';

/** Largest value of the ledger that a plugin can record, as JSON. */
const VALUE_BYTES = 256 * 1024;

export interface LedgerAuthor {
  readonly run: string;
  /** The tables that the author of the changes may change. */
  readonly tables: readonly string[];
  readonly redact: Redact;
}

/** The records of changes. Throws for a change of a table of others, or a value that is too large. */
export function ledgerDrafts(
  changes: readonly LedgerChange[],
  { run, tables, redact }: LedgerAuthor,
): readonly Draft[] {
  return changes.map(({ table, key, value, because }): Draft => {
    if (!tables.includes(table)) throw new Error(`the plugin changed the table ${table}, which is not its own`);
    const plain = value === undefined ? undefined : redactedJson(plainJson(value, 'an entry', VALUE_BYTES), redact);
    return { kind: 'ledger', body: defined({ run, table, key, value: plain, because: redact(because) }) };
  });
}
