/** Connections to the databases of a switch. */

import type { Denial } from '#plugin/net';
import { type RedisAddress, tcpAddress } from '../redis/address.ts';
import { openRedis, type Redis, type RedisOptions } from '../redis/client.ts';
import {
  CONFIG_VARIABLE,
  type Database,
  databaseIn,
  localAddress,
  type Mapping,
  readMapping,
  SOCKET_VARIABLE,
  USUAL_MAPPING,
} from './databases.ts';

/** An open database: keys are `TABLE`, the separator, and the key of a row. */
export interface SonicDatabase {
  readonly name: string;
  readonly separator: string;
  /** Its number on its server. */
  readonly id: number;
  readonly address: RedisAddress;
  readonly redis: Redis;
}

/** The three databases with the ports of a switch. */
export interface SwitchDatabases {
  readonly config: SonicDatabase;
  readonly appl: SonicDatabase;
  readonly state: SonicDatabase;
  readonly close: () => void;
}

/** Finds the server of a database. */
export interface SwitchPlace {
  readonly mapping: Mapping;
  readonly addressOf: (database: Database) => RedisAddress;
}

/** A switch by the address of its Redis server, which has all databases with their usual numbers. Throws an InputError. */
export function remotePlace(redis: string): SwitchPlace {
  const address = tcpAddress(redis);
  return { mapping: USUAL_MAPPING, addressOf: () => address };
}

export interface LocalOptions {
  readonly namespace?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The switch that fettle runs on. Rejects with an InputError or OutsideError. */
export async function localPlace({ namespace, env }: LocalOptions): Promise<SwitchPlace> {
  const file = env[CONFIG_VARIABLE];
  const mapping = await readMapping({
    ...(file === undefined ? {} : { file }),
    ...(namespace === undefined ? {} : { namespace }),
  });
  // The variable names one socket, and each namespace has its own.
  const socket = namespace === undefined ? env[SOCKET_VARIABLE] : undefined;
  return { mapping, addressOf: (database) => localAddress(database, mapping, socket) };
}

export type DatabaseOptions = Omit<RedisOptions, 'database'> & { readonly denial: Denial };

/** Opens a database. Rejects with a RedisLostError or RedisError, or the reason of the signal. */
export async function openDatabase(place: SwitchPlace, name: string, options: DatabaseOptions): Promise<SonicDatabase> {
  const database = databaseIn(place.mapping, name);
  const address = place.addressOf(database);
  const redis = await openRedis(address, { ...options, database: database.id });
  return { name, separator: database.separator, id: database.id, address, redis };
}

/** Opens the three databases. Rejects with the first failure, and leaves no connection open then. */
export async function openSwitch(place: SwitchPlace, options: DatabaseOptions): Promise<SwitchDatabases> {
  const names = ['CONFIG_DB', 'APPL_DB', 'STATE_DB'] as const;
  const opened = await Promise.allSettled(names.map((name) => openDatabase(place, name, options)));
  const open = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const close = (): void => {
    for (const { redis } of open) redis.close();
  };
  const failed = opened.find((each) => each.status === 'rejected');
  const [config, appl, state] = open;
  if (failed === undefined && config !== undefined && appl !== undefined && state !== undefined)
    return { config, appl, state, close };
  close();
  throw failed?.reason;
}
