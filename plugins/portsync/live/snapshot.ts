/** A file instead of a switch: a `config_db.json`, for planning without access. */

import { resolve } from 'node:path';
import { InputError, isRecord, type Json, type Outside } from '#plugin';
import { readInside } from '#plugin/files';
import type { SwitchFacts } from '../facts.ts';
import { rowsIn } from '../model/config-db.ts';
import { CONFIG_TABLES, type ConfigTable, type SwitchSeen as SonicSeen } from '../sonic/read-switch.ts';
import { portNames, portReferences } from '../sonic/port-references.ts';
import type { Table } from '../sonic/tables.ts';
import { sonicView, wholeOf } from '../sonic/view.ts';
import type { Look, SwitchSeen } from '../world.ts';

const LONGEST_FILE = 16 * 1024 * 1024;

/** The tables of a file as a switch would show them once it has taken up everything. */
export function readSnapshot(content: Json): SonicSeen {
  const none: Table = new Map();
  const config = Object.fromEntries(CONFIG_TABLES.map((name) => [name, rowsIn(content, name)])) as Record<
    ConfigTable,
    Table
  >;
  return {
    isLoaded: true,
    names: new Set(config.PORT.keys()),
    config,
    appl: { PORT_TABLE: config.PORT, LAG_MEMBER_TABLE: none, ROUTE_TABLE: none, NEIGH_TABLE: none },
    state: { PORT_TABLE: config.PORT, SWITCH_CAPABILITY: none, FDB_TABLE: none },
    markers: {},
    references: portReferences(config, portNames(config.PORT)),
    clientInfo: '',
  };
}

export async function lookAtSnapshot(
  file: string,
  facts: SwitchFacts,
  { folder, fileRoots }: Pick<Outside, 'folder' | 'fileRoots'>,
  { ports }: Pick<Look, 'ports'>,
): Promise<SwitchSeen> {
  const bytes = await readInside(resolve(folder, file), file, { roots: fileRoots, limit: LONGEST_FILE });
  let content: unknown;
  try {
    content = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new InputError(`${file} is not valid JSON. Name a \`config_db.json\``);
  }
  if (!isRecord(content)) throw new InputError(`${file} is not an object with tables. Name a \`config_db.json\``);
  const read = readSnapshot(content as Json);
  return sonicView(read, facts, wholeOf(read), ports);
}
