/** The databases of a switch in a Redis server for tests. */

import type { RedisAddress } from '../../plugins/portsync/redis/address.ts';
import type { Row } from '../../plugins/portsync/redis/reader.ts';
import {
  openSwitch,
  type SonicDatabase,
  type SwitchDatabases,
  type SwitchPlace,
} from '../../plugins/portsync/sonic/connect.ts';
import { USUAL_MAPPING } from '../../plugins/portsync/sonic/databases.ts';
import { denial } from './redis.ts';

/** A switch with its usual databases on one server. */
export function placeAt(address: RedisAddress): SwitchPlace {
  return { mapping: USUAL_MAPPING, addressOf: () => address };
}

export function openSwitchAt(address: RedisAddress): Promise<SwitchDatabases> {
  return openSwitch(placeAt(address), { denial });
}

/** Writes rows: keys with the table and its separator. A row without fields has the field of such a row. */
export async function writeRows({ redis }: SonicDatabase, rows: Readonly<Record<string, Row>>): Promise<void> {
  await redis.pipeline(
    Object.entries(rows).map(([key, row]) => {
      const fields = Object.entries(row).flat();
      return ['HSET', key, ...(fields.length === 0 ? ['NULL', 'NULL'] : fields)] as const;
    }),
  );
}

/** Removes everything from the databases of a switch. */
export async function emptySwitch({ config, appl, state }: SwitchDatabases): Promise<void> {
  await Promise.all([config, appl, state].map(({ redis }) => redis.call(['FLUSHDB'])));
}
