/** Users and groups of this machine by name and number, as /etc/passwd and /etc/group have them. */

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

/** Both files are lines of fields with colons between them: the name, a password, the number (passwd(5), group(5)). */
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

/** The number of a user or group as a document writes it. Throws where this machine has none of that name. */
export function idFor(
  written: string | number | undefined,
  what: 'user' | 'group',
  accounts: Accounts,
): number | undefined {
  const id = idOf(written, what === 'user' ? accounts.users : accounts.groups);
  if (id === undefined && written !== undefined)
    throw new Error(
      `there is no ${what} ${written} on this machine: /etc/${what === 'user' ? 'passwd' : 'group'} has none`,
    );
  return id;
}

/** What a number is called: as it is written, where that means the same; else by its name, or itself. */
export function nameFor(
  id: number,
  written: string | number | undefined,
  what: 'user' | 'group',
  accounts: Accounts,
): string {
  const table = what === 'user' ? accounts.users : accounts.groups;
  return idOf(written, table) === id ? String(written) : (table.byId.get(id) ?? String(id));
}
