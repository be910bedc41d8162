/** The stores of the inbox's torture: opened by the test, and by the processes that it kills. */

import { randomUUID } from 'node:crypto';
import { openFileStore } from '../../src/store/files/file-store.ts';
import type { Store } from '../../src/store/store.ts';

/** A folder, or the address of a database with the environment for it. */
export interface InboxPlaceOfTest {
  readonly folder?: string;
  readonly url?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A holder that is silent for this long is taken over. */
export const LEASE_MS = 900;

export async function openInboxStore({ folder, url = '', env = {} }: InboxPlaceOfTest): Promise<Store> {
  const options = {
    project: 'torture',
    actor: 'inbox',
    now: Date.now,
    randomId: randomUUID,
    leaseMs: LEASE_MS,
    beatMs: 200,
  };
  if (folder !== undefined) return openFileStore({ ...options, folder });
  const { openPostgresStore } = await import('../../src/store/postgres/postgres-store.ts');
  const { targetOf } = await import('../../src/store/postgres/target.ts');
  return openPostgresStore({ ...options, target: await targetOf(url, 'environment', env) });
}
