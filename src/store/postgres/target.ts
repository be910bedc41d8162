/** The address of a PostgreSQL store: checked, with its password apart, and with a name for messages. */

import { StoreError } from '../errors.ts';

/** Where the store is, and how to get in. */
export interface Target {
  /** For messages: user, server and database; never the password. */
  readonly place: string;
  /** PostgreSQL schema that the tables live in. */
  readonly schema: string;
  /** For the driver alone: it holds the password. */
  readonly connectionString: string;
  /** The password in every form that a message could repeat. */
  readonly secrets: readonly string[];
}

const DEFAULT_SCHEMA = 'fettle';

/** What may stand after the `?`: anything else could switch off a deadline of ours without a word. */
const PARAMETERS = [
  'application_name',
  'host',
  'password',
  'port',
  'schema',
  'ssl',
  'sslcert',
  'sslkey',
  'sslmode',
  'sslnegotiation',
  'sslrootcert',
  'uselibpqcompat',
  'user',
];

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function parseUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    // The error of the parser repeats its input, and with it the password.
    throw new StoreError('the address of the store is no URL: it should be postgres://user@host:port/database');
  }
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:')
    throw new StoreError('the address of the store should begin with postgres:// or postgresql://');
  return url;
}

/**
 * Reads `postgres://user@host:port/database?schema=…&sslmode=…`. A password in the address goes before the one given.
 * Throws StoreError, which repeats nothing of the address but the names of its parameters.
 */
export function parseTarget(text: string, password?: string): Target {
  const url = parseUrl(text);
  for (const name of url.searchParams.keys()) {
    if (!PARAMETERS.includes(name)) throw new StoreError(`the address of the store has an unknown parameter ${name}`);
  }
  const take = (name: string): string | undefined => {
    const value = url.searchParams.get(name) ?? undefined;
    url.searchParams.delete(name);
    return value;
  };
  const schema = take('schema') ?? DEFAULT_SCHEMA;
  if (!/^[a-z_][a-z0-9_]{0,62}$/u.test(schema))
    throw new StoreError('the schema in the address of the store should be small letters, digits and underscores');
  const secret = take('password') ?? (url.password === '' ? password : decode(url.password));
  const user = url.searchParams.get('user') ?? decode(url.username);
  const host = url.searchParams.get('host') ?? (decode(url.hostname) || 'localhost');
  const port = url.searchParams.get('port') ?? (url.port || '5432');
  const database = decode(url.pathname.slice(1)) || user;
  const where = `postgres://${user === '' ? '' : `${user}@`}${host}:${port}/${database}`;
  if (secret !== undefined && secret !== '') {
    // A URL without a host takes no password; as a parameter it always fits.
    url.password = '';
    url.searchParams.set('password', secret);
  }
  return {
    place: schema === DEFAULT_SCHEMA ? where : `${where}?schema=${schema}`,
    schema,
    connectionString: url.href,
    secrets: secret === undefined || secret === '' ? [] : [...new Set([secret, encodeURIComponent(secret)])],
  };
}

/** A message of the driver or the server without the password. */
export function redact(target: Target, message: string): string {
  return target.secrets.reduce((text, secret) => text.replaceAll(secret, '*****'), message);
}
