/** Users and groups of this machine by name and number, from /etc/passwd and /etc/group. */

import { readWhole } from './files.ts';

const LIMIT = 16 * 1024 * 1024;

interface Table {
  readonly byName: ReadonlyMap<string, number>;
  readonly byId: ReadonlyMap<number, string>;
}

export interface Accounts {
  readonly users: Table;
  readonly groups: Table;
}

/** Parses colon-separated lines: name, password, number (passwd(5), group(5)). */
function tableOf(text: string): Table {
  const byName = new Map<string, number>();
  const byId = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name = '', , id = ''] = line.split(':');
    if (name === '' || !/^\d{1,10}$/u.test(id)) continue;
    if (!byName.has(name)) byName.set(name, Number(id));
    if (!byId.has(Number(id))) byId.set(Number(id), name);
  }
  return { byName, byId };
}

async function readTable(path: string): Promise<Table> {
  const seen = await readWhole(path, LIMIT);
  return tableOf(seen.kind === 'file' ? seen.text : '');
}

export async function readAccounts(passwd: string = '/etc/passwd', group: string = '/etc/group'): Promise<Accounts> {
  return { users: await readTable(passwd), groups: await readTable(group) };
}

function idOf(written: string | number | undefined, table: Table): number | undefined {
  if (written === undefined || typeof written === 'number') return written;
  return table.byName.get(written) ?? (/^\d+$/u.test(written) ? Number(written) : undefined);
}

/** The number of a user or group that a document declares. Throws if this machine has none of that name. */
export function idFor(
  written: string | number | undefined,
  what: 'user' | 'group',
  accounts: Accounts,
): number | undefined {
  const id = idOf(written, what === 'user' ? accounts.users : accounts.groups);
  if (id === undefined && written !== undefined)
    throw new Error(
      `${what} ${written} does not exist on this machine: /etc/${what === 'user' ? 'passwd' : 'group'} has none`,
    );
  return id;
}

/** The name of a number: as declared, if that means the same; else the account's name, or the number. */
export function nameFor(
  id: number,
  written: string | number | undefined,
  what: 'user' | 'group',
  accounts: Accounts,
): string {
  const table = what === 'user' ? accounts.users : accounts.groups;
  return idOf(written, table) === id ? String(written) : (table.byId.get(id) ?? String(id));
}
