/** The ledger: recorded state of a plugin or the daemon that is not about one resource. Entries by table and key. */

import type { Json } from './types.ts';

export type Ledger = ReadonlyMap<string, ReadonlyMap<string, Json>>;

/** A change of one entry; without a value, the entry is removed. */
export interface LedgerChange {
  readonly table: string;
  readonly key: string;
  readonly value?: Json;
  readonly because: string;
}
