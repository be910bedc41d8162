/** The password file of PostgreSQL's clients (`~/.pgpass`): lines of `host:port:database:user:password`. */

import { homedir } from 'node:os';
import { join } from 'node:path';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { canonicalHost } from '#plugin';
import { errorCode } from '../error-code.ts';
import { type Env, valueOf } from './variables.ts';

/** One line; a `*` matches everything. */
export interface PassEntry {
  readonly host: string;
  readonly port: string;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

/** The connection that needs a password. */
export interface PassQuestion {
  /** As in an origin, without brackets; the folder of a socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/** The precision that an entry must have: any entry; one that names the host; one that names host and port. */
export type PassTrust = 'any' | 'host' | 'host-and-port';

const FIELD = String.raw`((?:\\.|[^:\\])*)`;
const LINE = new RegExp(`^${FIELD}:${FIELD}:${FIELD}:${FIELD}:(.*)$`, 'u');
const LONGEST = 1024 * 1024;

function passEntries(text: string): readonly PassEntry[] {
  return text.split(/\r?\n/u).flatMap((line) => {
    const found = line.startsWith('#') ? null : LINE.exec(line);
    if (found === null) return [];
    const [host = '', port = '', database = '', user = '', password = ''] = found
      .slice(1)
      .map((field) => field.replaceAll(/\\(.)/gu, '$1'));
    return password === '' ? [] : [{ host, port, database, user, password }];
  });
}

function isHost(written: string, host: string): boolean {
  if (written === host) return true;
  if (written.startsWith('/') || host.startsWith('/')) return false;
  return canonicalHost(written.includes(':') ? `[${written}]` : written)?.replace(/^\[|\]$/gu, '') === host;
}

/** The password of the first entry that matches with the required precision. */
export function passwordIn(entries: readonly PassEntry[], asked: PassQuestion, trust: PassTrust): string | undefined {
  const fits = (written: string, value: string): boolean => written === '*' || written === value;
  return entries.find(
    ({ host, port, database, user }) =>
      (host === '*' ? trust === 'any' : isHost(host, asked.host)) &&
      (port === '*' ? trust !== 'host-and-port' : port === String(asked.port)) &&
      fits(database, asked.database) &&
      fits(user, asked.user),
  )?.password;
}

/** The entries of the file, or the reason why an existing file is not used. */
export interface PassFile {
  readonly entries: readonly PassEntry[];
  readonly ignored?: string;
}

/** Reads PGPASSFILE or `~/.pgpass`, unless other users may read or write it. */
export async function readPassFile(env: Env): Promise<PassFile> {
  const path = valueOf(env, 'PGPASSFILE') ?? join(valueOf(env, 'HOME') ?? homedir(), '.pgpass');
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await file.stat();
    if (!found.isFile()) return { entries: [], ignored: `${path} is not a regular file` };
    if ((found.mode & 0o077) !== 0)
      return { entries: [], ignored: `${path} is not used: other users can read or write it (set its mode to 0600)` };
    if (found.size > LONGEST) return { entries: [], ignored: `${path} is longer than 1 MB` };
    return { entries: passEntries(await file.readFile('utf8')) };
  } catch (error) {
    const code = errorCode(error);
    return {
      entries: [],
      ...(code === 'ENOENT' || code === 'ENOTDIR' ? {} : { ignored: `${path} cannot be read: ${code}` }),
    };
  }
}
