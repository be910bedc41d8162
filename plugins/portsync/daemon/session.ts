/**
 * The databases of a switch as the daemon needs them, over connections that are tested each second.
 *
 * A session ends with any of its connections. Nothing is written again by itself: after an end, the daemon opens another
 * session and reads what the databases have.
 */

import { RedisError } from '../redis/errors.ts';
import { addressText } from '../redis/address.ts';
import { openRedis, type Redis, type Words } from '../redis/client.ts';
import { type DatabaseOptions, openSwitch, type SonicDatabase, type SwitchPlace } from '../sonic/connect.ts';
import { type Operation, produce, producerNames, produceWhenEmpty } from '../sonic/producer.ts';
import { readRowsOf, readTable } from '../sonic/tables.ts';
import type { Row } from '../redis/reader.ts';
import type { RowChange } from './ports.ts';

export const PORT_TABLE = 'PORT_TABLE';
export const CLIENT_NAME = 'fettle-portsync';
const APP = 'portsyncd';
const DOCKER = 'swss';
/** Interval and deadline of the test of a connection: one that no longer answers is found within two seconds. */
const PULSE_MS = 1_000;
/** A client of a daemon that is alive sends a command each second. */
const RIVAL_IDLE_SECS = 3;

/** Rows that decide the start. */
export interface StartRows {
  readonly system: Row;
  readonly docker: Row;
  readonly own: Row;
  /** `portsyncd_timer` of `WARM_RESTART|swss`. */
  readonly timer: string | undefined;
  /** `switch_type` of `DEVICE_METADATA|localhost`. */
  readonly switchType: string | undefined;
  /** True if an initialization of the ports has ended: the netdevs are those of the running software. */
  readonly isInitialized: boolean;
}

export interface ConfigPorts {
  /** False while CONFIG_DB is being loaded: its content is not complete. */
  readonly isLoaded: boolean;
  readonly ports: ReadonlyMap<string, Row>;
}

export type Marker = 'PortConfigDone' | 'PortInitDone';

export interface Session {
  /** Fulfilled with the reason once a connection has ended. */
  readonly ended: Promise<Error>;
  readonly readStart: () => Promise<StartRows>;
  readonly readConfig: () => Promise<ConfigPorts>;
  /** The rows of ports in STATE_DB, with the fields of others. */
  readonly readState: () => Promise<ReadonlyMap<string, Row>>;
  /** The rows of ports in APPL_DB, with the markers. */
  readonly readAppl: () => Promise<ReadonlyMap<string, Row>>;
  /** Keys of APPL_DB's ports that the consumer has not taken up. */
  readonly queued: () => Promise<readonly string[]>;
  /** Those of some names that have a row in APPL_DB. */
  readonly namesInAppl: (names: readonly string[]) => Promise<ReadonlySet<string>>;
  readonly writeState: (changes: readonly RowChange[]) => Promise<void>;
  readonly produce: (operations: readonly Operation[]) => Promise<void>;
  /** Writes a marker once the consumer has taken up all earlier entries; false if it has not. */
  readonly mark: (marker: Marker, fields: Row) => Promise<boolean>;
  /** True if a marker is written, or waits for the consumer. */
  readonly isMarked: (marker: Marker) => Promise<boolean>;
  /** Writes fields of `WARM_RESTART_TABLE|portsyncd`. */
  readonly publishWarm: (fields: Row) => Promise<void>;
  /** `restore_count` of `WARM_RESTART_TABLE|portsyncd`, which every `portsyncd` writes at its start. */
  readonly readRestoreCount: () => Promise<string | undefined>;
  /** Number of other daemons of fettle that write to the same server. */
  readonly rivals: () => Promise<number>;
  readonly close: () => void;
}

/** Sends commands; rejects with the first answer that is an error. */
async function all(redis: Redis, commands: readonly Words[]): Promise<void> {
  const failed = (await redis.pipeline(commands)).find((reply) => reply instanceof RedisError);
  if (failed !== undefined) throw failed;
}

function key({ separator }: SonicDatabase, table: string, name: string): string {
  return `${table}${separator}${name}`;
}

/** Number of commands in one pipeline: answers of all are kept until the last one. */
const PIPELINE = 2_000;

function commandsOf(database: SonicDatabase, { name, set, remove }: RowChange): readonly Words[] {
  const at = key(database, PORT_TABLE, name);
  const fields = Object.entries(set).flat();
  return [
    ...(fields.length === 0 ? [] : [['HSET', at, ...fields] as const]),
    ...(remove.length === 0 ? [] : [['HDEL', at, ...remove] as const]),
  ];
}

/** Opens a connection of its own to each server, which only tests that the server answers. */
async function openPulses(databases: readonly SonicDatabase[], options: DatabaseOptions): Promise<readonly Redis[]> {
  const servers = new Map(databases.map((database) => [addressText(database.address), database.address]));
  const opened = await Promise.allSettled(
    [...servers.values()].map((address) => openRedis(address, { ...options, pingMs: PULSE_MS })),
  );
  const open = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = opened.find((each) => each.status === 'rejected');
  if (failed === undefined) return open;
  for (const redis of open) redis.close();
  throw failed.reason;
}

/** Opens a session. Rejects if a server does not answer. */
export async function openSession(place: SwitchPlace, options: DatabaseOptions): Promise<Session> {
  const databases = await openSwitch(place, options);
  const { config, appl, state } = databases;
  try {
    // That of STATE_DB first: it names the daemon.
    const pulses = await openPulses([state, appl, config], options);
    await pulses[0]?.call(['CLIENT', 'SETNAME', CLIENT_NAME]);
    return sessionOver({ config, appl, state, pulses, close: databases.close });
  } catch (error) {
    databases.close();
    throw error;
  }
}

interface Opened {
  readonly config: SonicDatabase;
  readonly appl: SonicDatabase;
  readonly state: SonicDatabase;
  readonly pulses: readonly Redis[];
  readonly close: () => void;
}

function sessionOver({ config, appl, state, pulses, close }: Opened): Session {
  const names = producerNames(appl, PORT_TABLE);
  const rowOf = async (database: SonicDatabase, table: string, name: string): Promise<Row> =>
    (await readRowsOf(database, table, [name])).get(name) ?? {};
  return {
    ended: Promise.race([config.redis, appl.redis, state.redis, ...pulses].map(({ ended }) => ended)),
    readStart: async () => {
      const [enabled, own, timers, metadata, markers] = await Promise.all([
        readRowsOf(state, 'WARM_RESTART_ENABLE_TABLE', ['system', DOCKER]),
        rowOf(state, 'WARM_RESTART_TABLE', APP),
        rowOf(config, 'WARM_RESTART', DOCKER),
        rowOf(config, 'DEVICE_METADATA', 'localhost'),
        readRowsOf(appl, PORT_TABLE, ['PortInitDone']),
      ]);
      return {
        system: enabled.get('system') ?? {},
        docker: enabled.get(DOCKER) ?? {},
        own,
        timer: timers[`${APP}_timer`],
        switchType: metadata['switch_type'],
        isInitialized: markers.size > 0,
      };
    },
    readConfig: async () => {
      const isLoaded = async (): Promise<boolean> =>
        (await config.redis.call(['GET', 'CONFIG_DB_INITIALIZED'])) === '1';
      if (!(await isLoaded())) return { isLoaded: false, ports: new Map() };
      const ports = await readTable(config, 'PORT');
      // A reload that began meanwhile has set it to 0.
      return { isLoaded: await isLoaded(), ports };
    },
    readState: () => readTable(state, PORT_TABLE),
    readAppl: () => readTable(appl, PORT_TABLE),
    queued: async () => {
      const keys = await appl.redis.call(['SMEMBERS', names.keySet]);
      return Array.isArray(keys) ? keys.filter((each) => typeof each === 'string') : [];
    },
    namesInAppl: async (wanted) => {
      const found = await appl.redis.pipeline(wanted.map((name) => ['EXISTS', key(appl, PORT_TABLE, name)]));
      return new Set(wanted.filter((_, i) => found[i] === 1));
    },
    writeState: async (changes) => {
      const commands = changes.flatMap((change) => commandsOf(state, change));
      for (let at = 0; at < commands.length; at += PIPELINE) await all(state.redis, commands.slice(at, at + PIPELINE));
    },
    produce: async (operations) => {
      for (let at = 0; at < operations.length; at += PIPELINE)
        await produce(appl, names, operations.slice(at, at + PIPELINE));
    },
    mark: (marker, fields) => produceWhenEmpty(appl, names, marker, fields),
    isMarked: async (marker) => {
      const [exists, waits] = await appl.redis.pipeline([
        ['EXISTS', key(appl, PORT_TABLE, marker)],
        ['SISMEMBER', names.keySet, marker],
      ]);
      return exists === 1 || waits === 1;
    },
    publishWarm: (fields) =>
      all(state.redis, [['HSET', key(state, 'WARM_RESTART_TABLE', APP), ...Object.entries(fields).flat()]]),
    readRestoreCount: async () => (await rowOf(state, 'WARM_RESTART_TABLE', APP))['restore_count'],
    rivals: async () => {
      const [pulse] = pulses;
      if (pulse === undefined) return 0;
      const [own, list] = await Promise.all([pulse.call(['CLIENT', 'ID']), pulse.call(['CLIENT', 'LIST'])]);
      return String(list)
        .split('\n')
        .filter((line) => line.includes(` name=${CLIENT_NAME} `) && !line.startsWith(`id=${String(own)} `))
        .filter((line) => Number(/ idle=(\d+) /u.exec(line)?.[1] ?? 0) <= RIVAL_IDLE_SECS).length;
    },
    close: () => {
      close();
      for (const pulse of pulses) pulse.close();
    },
  };
}
