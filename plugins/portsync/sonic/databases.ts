/**
 * Databases of a SONiC switch: server, number and separator of each one, from the switch's mapping file.
 *
 * A switch can have several Redis servers (`enable_multidb`), and a namespace for each ASIC with servers of its own. The
 * mapping of a namespace is in a file that `database_global.json` includes. Source of the form: sonic-swss-common,
 * dbconnector.cpp.
 */

import { constants } from 'node:fs';
import { dirname, join } from 'node:path';
import { codeOf, errorText, fileProblem, InputError, isRecord, OutsideError, printable } from '#plugin';
import { open } from '#plugin/direct-files';
import { DEFAULT_PORT, type RedisAddress, socketAddress, tcpAddress } from '../redis/address.ts';

export const DATABASE_CONFIG = '/var/run/redis/sonic-db/database_config.json';
export const DATABASE_GLOBAL = '/var/run/redis/sonic-db/database_global.json';
export const DEFAULT_SOCKET = '/var/run/redis/redis.sock';

/** Environment variables that name the mapping file and the socket of the default server. */
export const CONFIG_VARIABLE = 'FETTLE_SONIC_DATABASE_CONFIG';
export const SOCKET_VARIABLE = 'FETTLE_SONIC_SOCKET';

export interface Database {
  readonly name: string;
  readonly id: number;
  /** Between the name of a table and a key: `:` or `|`. */
  readonly separator: string;
  readonly instance: Instance;
}

/** A Redis server. */
export interface Instance {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Path of its Unix socket. */
  readonly socket?: string;
}

/** Databases by name: `CONFIG_DB`. */
export type Mapping = ReadonlyMap<string, Database>;

const INSTANCE: Instance = { name: 'redis', host: '127.0.0.1', port: DEFAULT_PORT, socket: DEFAULT_SOCKET };
const CHASSIS: Instance = { name: 'redis_chassis', host: 'redis_chassis.server', port: 6380 };

/** Databases of a switch with one server: name, number, separator. Source: sonic-buildimage, database_config.json.j2. */
const USUAL: readonly (readonly [string, number, string, Instance?])[] = [
  ['APPL_DB', 0, ':'],
  ['ASIC_DB', 1, ':'],
  ['COUNTERS_DB', 2, ':'],
  ['LOGLEVEL_DB', 3, ':'],
  ['CONFIG_DB', 4, '|'],
  ['PFC_WD_DB', 5, ':'],
  ['FLEX_COUNTER_DB', 5, ':'],
  ['STATE_DB', 6, '|'],
  ['SNMP_OVERLAY_DB', 7, '|'],
  ['RESTAPI_DB', 8, '|'],
  ['GB_ASIC_DB', 9, ':'],
  ['GB_COUNTERS_DB', 10, ':'],
  ['GB_FLEX_COUNTER_DB', 11, ':'],
  ['CHASSIS_APP_DB', 12, '|', CHASSIS],
  ['CHASSIS_STATE_DB', 13, '|', CHASSIS],
  ['APPL_STATE_DB', 14, ':'],
  ['DPU_APPL_DB', 15, ':'],
  ['DPU_APPL_STATE_DB', 16, '|'],
  ['DPU_STATE_DB', 17, '|'],
  ['DPU_COUNTERS_DB', 18, ':'],
];

/** The mapping of a switch without a mapping file. */
export const USUAL_MAPPING: Mapping = new Map(
  USUAL.map(([name, id, separator, instance = INSTANCE]) => [name, { name, id, separator, instance }]),
);

function mistake(what: string): InputError {
  return new InputError(`The mapping file of the databases is not valid: ${printable(what)}.`);
}

function jsonOf(text: string): Readonly<Record<string, unknown>> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw mistake('it is not JSON');
  }
  if (!isRecord(content)) throw mistake('it is not an object');
  return content;
}

function textIn(value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '') throw mistake(`${what} is not a text`);
  return value;
}

/** A number of the file: a JSON number, or a text of digits. */
function numberIn(value: unknown, what: string, most: number): number {
  const number = typeof value === 'string' && /^\d{1,6}$/u.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 0 || number > most)
    throw mistake(`${what} is not a number of 0 to ${most}`);
  return number;
}

function instancesIn(content: unknown): ReadonlyMap<string, Instance> {
  if (!isRecord(content)) throw mistake('INSTANCES is not an object');
  return new Map(
    Object.entries(content).map(([name, value]) => {
      if (!isRecord(value)) throw mistake(`the instance ${name} is not an object`);
      const { hostname, port, unix_socket_path: socket } = value;
      const instance: Instance = {
        name,
        host: textIn(hostname, `hostname of the instance ${name}`),
        port: numberIn(port, `port of the instance ${name}`, 65_535),
        ...(socket === undefined || socket === '' ? {} : { socket: textIn(socket, `unix_socket_path of ${name}`) }),
      };
      return [name, instance];
    }),
  );
}

/** Reads the content of `database_config.json`. Throws an InputError. */
export function parseMapping(text: string): Mapping {
  const { INSTANCES, DATABASES } = jsonOf(text);
  const instances = instancesIn(INSTANCES);
  if (!isRecord(DATABASES)) throw mistake('DATABASES is not an object');
  return new Map(
    Object.entries(DATABASES).map(([name, value]) => {
      if (!isRecord(value)) throw mistake(`the database ${name} is not an object`);
      const instance = instances.get(textIn(value['instance'], `instance of ${name}`));
      if (instance === undefined) throw mistake(`the instance of ${name} is not among INSTANCES`);
      const separator = textIn(value['separator'], `separator of ${name}`);
      return [name, { name, id: numberIn(value['id'], `id of ${name}`, 9999), separator, instance }];
    }),
  );
}

/** Reads the content of `database_global.json`: the path of the mapping file of a namespace, as the file has it. Throws an InputError. */
export function parseGlobal(text: string, namespace: string): string {
  const { INCLUDES } = jsonOf(text);
  if (!Array.isArray(INCLUDES)) throw mistake('INCLUDES is not a list');
  const entries = INCLUDES.filter(isRecord);
  const entry = entries.find((each) => each['namespace'] === namespace && each['container_name'] === undefined);
  if (entry === undefined) {
    const names = [...new Set(entries.map((each) => each['namespace']))].filter((name) => typeof name === 'string');
    const has = names.length === 0 ? 'no namespace' : `the namespaces ${names.join(', ')}`;
    throw new InputError(printable(`The switch does not have the namespace ${namespace}. It has ${has}.`));
  }
  return textIn(entry['include'], `include of ${namespace}`);
}

const LARGEST = 1 << 20;

/** The text of a file; undefined if it does not exist. Rejects with an OutsideError. */
async function textOf(path: string): Promise<string | undefined> {
  const failed = (why: string, cause?: unknown): OutsideError =>
    new OutsideError(`The mapping file ${printable(path)} cannot be read: ${why}.`, { cause });
  try {
    // A pipe must not keep the command waiting.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const buffer = Buffer.alloc(LARGEST);
    let length = 0;
    for (let read = 1; read > 0 && length < LARGEST; length += read)
      read = await file.read(buffer, length, LARGEST - length);
    if (length === LARGEST) throw failed(`it is larger than ${LARGEST} bytes`);
    return buffer.toString('utf8', 0, length);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    if (error instanceof OutsideError) throw error;
    throw failed(fileProblem(error) ?? errorText(error), error);
  }
}

export interface MappingPlaces {
  /** Path of the mapping file, from the environment or a flag. Without it, the usual file counts if it exists. */
  readonly file?: string;
  /** Path of the file with the namespaces; the usual one by default. */
  readonly globalFile?: string;
  readonly namespace?: string;
}

/** Reads the mapping of the switch that fettle runs on. Rejects with an InputError or OutsideError. */
export async function readMapping({ file, globalFile, namespace }: MappingPlaces): Promise<Mapping> {
  if (namespace !== undefined) {
    const global = globalFile ?? (file === undefined ? DATABASE_GLOBAL : join(dirname(file), 'database_global.json'));
    const text = await textOf(global);
    if (text === undefined)
      throw new InputError(`The switch has no namespaces: ${printable(global)} does not exist. Remove \`namespace\`.`);
    return mappingAt(join(dirname(global), parseGlobal(text, namespace)));
  }
  if (file !== undefined) return mappingAt(file);
  const text = await textOf(DATABASE_CONFIG);
  return text === undefined ? USUAL_MAPPING : parseMapping(text);
}

async function mappingAt(path: string): Promise<Mapping> {
  const text = await textOf(path);
  if (text === undefined) throw new InputError(`The mapping file ${printable(path)} does not exist.`);
  return parseMapping(text);
}

/** A database of the mapping. Throws an InputError if there is none. */
export function databaseIn(mapping: Mapping, name: string): Database {
  const database = mapping.get(name);
  if (database === undefined) throw new InputError(`The mapping file of the databases does not have ${name}.`);
  return database;
}

/** The server of a database on the switch that fettle runs on: its socket, or its port if it has none. `socket`: of the server of CONFIG_DB instead. */
export function localAddress({ instance }: Database, mapping: Mapping, socket: string | undefined): RedisAddress {
  const isMain = instance.name === mapping.get('CONFIG_DB')?.instance.name;
  const path = isMain ? (socket ?? instance.socket) : instance.socket;
  if (path !== undefined) return socketAddress(path);
  return tcpAddress(
    instance.host.includes(':') ? `[${instance.host}]:${instance.port}` : `${instance.host}:${instance.port}`,
  );
}
