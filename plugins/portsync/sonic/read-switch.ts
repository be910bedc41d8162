/** Everything that a plan needs of a switch, in one reading. */

import { addressNumber } from '#plugin/net';
import type { Row } from '../redis/reader.ts';
import type { SonicDatabase, SwitchDatabases } from './connect.ts';
import { routedDevices, usedNames } from '../path/evidence-sonic.ts';
import { portNames, portReferences, REFERRING_TABLES } from './port-references.ts';
import { readLearned, readNeighbours, readRoutes } from './routes.ts';
import { readRowsOf, readTable, readTables, type ReadOptions, type Table } from './tables.ts';

/** CONFIG_DB has it while it is complete: `1`. During a load it is `0` or does not exist. */
export const LOADED_KEY = 'CONFIG_DB_INITIALIZED';
const LOADED = '1';

/** Entries of PORT_TABLE in APPL_DB that are not ports. */
export const CONFIG_DONE = 'PortConfigDone';
export const INIT_DONE = 'PortInitDone';

export const CONFIG_TABLES = [
  ...REFERRING_TABLES,
  'BREAKOUT_CFG',
  'DEVICE_METADATA',
  'LOOPBACK_INTERFACE',
  'MGMT_INTERFACE',
  'MGMT_PORT',
  'MGMT_VRF_CONFIG',
  'PORT',
  'PORTCHANNEL',
  'PORTCHANNEL_INTERFACE',
  'VLAN',
  'VLAN_INTERFACE',
  'VRF',
] as const;

export type ConfigTable = (typeof CONFIG_TABLES)[number];

export interface SwitchSeen {
  readonly isLoaded: true;
  /** The names of all ports. */
  readonly names: ReadonlySet<string>;
  /** CONFIG_DB. */
  readonly config: Readonly<Record<ConfigTable, Table>>;
  /** APPL_DB: ports without the entries that are not ports, members of PortChannels, and the routes back to fettle. */
  readonly appl: Readonly<Record<'PORT_TABLE' | 'LAG_MEMBER_TABLE' | 'ROUTE_TABLE' | 'NEIGH_TABLE', Table>>;
  /** STATE_DB: ports, the switch's capabilities, and the places of next hops in VLANs. */
  readonly state: Readonly<Record<'PORT_TABLE' | 'SWITCH_CAPABILITY' | 'FDB_TABLE', Table>>;
  /** PortConfigDone and PortInitDone, where they exist. */
  readonly markers: { readonly configDone?: Row; readonly initDone?: Row };
  /** Keys of the rows of CONFIG_DB that name each port, also of ports that do not exist. */
  readonly references: ReadonlyMap<string, readonly string[]>;
  /** The answer to CLIENT INFO: addresses of the connection as the switch sees them. Empty if the server has no such command. */
  readonly clientInfo: string;
}

/** CONFIG_DB is not completely loaded: nothing may be concluded from its rows. */
export interface SwitchLoading {
  readonly isLoaded: false;
}

/** True if CONFIG_DB is completely loaded. */
export async function isConfigLoaded({ redis }: SonicDatabase, signal: AbortSignal): Promise<boolean> {
  return (await redis.call(['GET', LOADED_KEY], { signal })) === LOADED;
}

async function readClientInfo({ redis }: SonicDatabase, signal: AbortSignal): Promise<string> {
  // Servers before 6.2 do not have the command.
  const [answer] = await redis.pipeline([['CLIENT', 'INFO']], { signal });
  return typeof answer === 'string' ? answer : '';
}

/** The other end of the connection in an answer to CLIENT INFO, if it is a network address. */
function peerOf(clientInfo: string): readonly string[] {
  const host = /(?:^| )addr=\[?(?<host>[0-9A-Fa-f.:]+?)\]?:\d+(?: |$)/u.exec(clientInfo)?.groups?.['host'];
  return host === undefined || addressNumber(host) === undefined ? [] : [host];
}

/** Lists of a speed or correction in STATE_DB: `N/A` is an empty list; undefined if the switch does not report it. */
export function supportedIn(
  row: Row | undefined,
  field: 'supported_speeds' | 'supported_fecs',
): readonly string[] | undefined {
  const text = row?.[field];
  if (text === undefined || text === '') return undefined;
  return text === 'N/A' ? [] : text.split(',');
}

interface Around {
  readonly config: SwitchSeen['config'];
  readonly clientInfo: string;
  readonly lagMembers: Table;
  readonly routes: Table;
  readonly neighbours: Table;
  readonly learned: Table;
}

/** Reads CONFIG_DB and the rows around its ports; of the tables in `unread`, only the keys. */
async function readAround(
  { config, appl, state }: SwitchDatabases,
  options: ReadOptions,
  signal: AbortSignal,
  unread: readonly 'PORT'[] = [],
): Promise<Around> {
  const [tables, clientInfo] = await Promise.all([
    readTables(config, CONFIG_TABLES, options, unread),
    readClientInfo(config, signal),
  ]);
  const members = [...tables.PORTCHANNEL_MEMBER.keys()].map((key) => key.replace(config.separator, appl.separator));
  const peers = peerOf(clientInfo);
  const [lagMembers, routes] = await Promise.all([
    readRowsOf(appl, 'LAG_MEMBER_TABLE', members, { signal }),
    readRoutes(appl, peers, [...tables.VRF.keys()], signal),
  ]);
  const neighbours = await readNeighbours(appl, routes, peers, signal);
  const learned = await readLearned(state, neighbours, signal);
  return { config: tables, clientInfo, lagMembers, routes, neighbours, learned };
}

/** `config`, `appl`, `state`: the rows of ports that were read. */
function seenOf(
  around: Around,
  { config, appl, state, capability }: Readonly<Record<'config' | 'appl' | 'state' | 'capability', Table>>,
): SwitchSeen {
  const { clientInfo, lagMembers, routes, neighbours, learned } = around;
  const names = new Set(around.config.PORT.keys());
  const configDone = appl.get(CONFIG_DONE);
  const initDone = appl.get(INIT_DONE);
  const applPorts = new Map(appl);
  for (const marker of [CONFIG_DONE, INIT_DONE]) applPorts.delete(marker);
  return {
    isLoaded: true,
    names,
    config: { ...around.config, PORT: config },
    appl: { PORT_TABLE: applPorts, LAG_MEMBER_TABLE: lagMembers, ROUTE_TABLE: routes, NEIGH_TABLE: neighbours },
    state: { PORT_TABLE: state, SWITCH_CAPABILITY: capability, FDB_TABLE: learned },
    markers: {
      ...(configDone === undefined ? {} : { configDone }),
      ...(initDone === undefined ? {} : { initDone }),
    },
    references: portReferences(around.config, portNames(names)),
    clientInfo,
  };
}

/** Reads while CONFIG_DB is completely loaded. */
async function whileLoaded<T>(
  config: SonicDatabase,
  signal: AbortSignal,
  read: () => Promise<T>,
): Promise<T | SwitchLoading> {
  if (!(await isConfigLoaded(config, signal))) return { isLoaded: false };
  const found = await read();
  // A load that began meanwhile has removed rows.
  return (await isConfigLoaded(config, signal)) ? found : { isLoaded: false };
}

/** Reads a switch. Rejects with an OutsideError, or the reason of the signal. */
export async function readSwitch(
  databases: SwitchDatabases,
  options: ReadOptions = {},
): Promise<SwitchSeen | SwitchLoading> {
  const { config, appl, state } = databases;
  const { signal = new AbortController().signal } = options;
  return await whileLoaded(config, signal, async () => {
    const [around, applPorts, statePorts, capability] = await Promise.all([
      readAround(databases, options, signal),
      readTable(appl, 'PORT_TABLE', options),
      readTable(state, 'PORT_TABLE', options),
      readTable(state, 'SWITCH_CAPABILITY', options),
    ]);
    return seenOf(around, { config: around.config.PORT, appl: applPorts, state: statePorts, capability });
  });
}

/**
 * Reads a switch without the rows of ports that carry nothing else. It has the rows of ports that others stand on
 * (`usedNames`), of those that routes lead over, and of `carriers`.
 */
export async function readSwitchAround(
  databases: SwitchDatabases,
  carriers: readonly string[],
  options: ReadOptions = {},
): Promise<SwitchSeen | SwitchLoading> {
  const { config, appl, state } = databases;
  const { signal = new AbortController().signal } = options;
  return await whileLoaded(config, signal, async () => {
    const around = await readAround(databases, options, signal, ['PORT']);
    const standing = new Set([...usedNames(around), ...routedDevices(around.routes), ...carriers]);
    const names = [...standing].filter((name) => around.config.PORT.has(name));
    const [configRows, applRows, stateRows] = await Promise.all([
      readRowsOf(config, 'PORT', names, { signal }),
      readRowsOf(appl, 'PORT_TABLE', [...names, CONFIG_DONE, INIT_DONE], { signal }),
      readRowsOf(state, 'PORT_TABLE', names, { signal }),
    ]);
    return seenOf(around, { config: configRows, appl: applRows, state: stateRows, capability: new Map() });
  });
}
