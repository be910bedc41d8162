/**
 * The parser for addresses of PostgreSQL stores. There is only one, so that no two readers see different servers.
 *
 * Each part is named once: a parameter that repeats a part before the `?` is a mistake. In `fettle.yaml`, which a pull
 * request can change, the password must be `${env:NAME}`, and the address must not set how the server is trusted. The
 * environment (`FETTLE_STORE`) may set every part.
 */

import { canonicalHost, defined } from '#plugin';

/** The source of an address: `fettle.yaml`, or the environment. */
export type AddressSource = 'file' | 'environment';

/** The canonical host, or the absolute path of the folder of a Unix socket. */
export type StoreServer =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'socket'; readonly folder: string; readonly port: number };

export interface StoreAddress {
  /** Absent if the environment names the server, or the server is on this machine. */
  readonly server?: StoreServer;
  readonly user?: string;
  readonly database?: string;
  /** Only from the environment. */
  readonly password?: string;
  /** Name of the variable with the password. */
  readonly passwordVariable?: string;
  readonly schema: string;
  readonly applicationName?: string;
  /** Parameters that protect the connection; only from the environment. */
  readonly tls: Readonly<Partial<Record<TlsParameter, string>>>;
}

/** The reason why a text is not a valid address: a sentence that quotes only names of parameters. */
export interface AddressMistake {
  readonly mistake: string;
  readonly suggestion?: string;
}

export const DEFAULT_SCHEMA = 'fettle';
export const DEFAULT_PORT = 5432;

const TLS_PARAMETERS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'sslnegotiation'] as const;
export type TlsParameter = (typeof TLS_PARAMETERS)[number];

const PARAMETERS: readonly string[] = ['application_name', 'host', 'port', 'schema', 'user'];
const TRUSTED_PARAMETERS: readonly string[] = ['password', ...TLS_PARAMETERS];

export function isAddressMistake(value: StoreAddress | AddressMistake): value is AddressMistake {
  return 'mistake' in value;
}

/** True if `store` is a database, not a folder. */
export function isDatabase(store: unknown): store is string {
  return typeof store === 'string' && /^postgres(?:ql)?:\/\//u.test(store);
}

const REFERENCE = /^(postgres(?:ql)?:\/\/[^/?#@:[\]]*):\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}@/u;

/** The variable in place of the password, and the address without it. */
function withoutReference(text: string): { readonly address: string; readonly variable?: string } {
  const found = REFERENCE.exec(text);
  if (found === null) return { address: text };
  const [whole, before = '', variable = ''] = found;
  const at = before.endsWith('//') ? '' : '@';
  return { address: `${before}${at}${text.slice(whole.length)}`, variable };
}

class Wrong extends Error {
  readonly mistake: AddressMistake;

  constructor(mistake: string, suggestion?: string) {
    super(mistake);
    this.mistake = defined({ mistake, suggestion });
  }
}

const SHAPE = 'the address of the store is not postgres://user@host:port/database';

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Wrong('the address of the store has an invalid percent sign');
  }
}

function urlOf(text: string): URL {
  // The URL parser ignores them, so two readers might see two addresses.
  if (/[\u0000-\u0020\u007f\\]/u.test(text))
    throw new Wrong('the address of the store has a space, a backslash or a control character');
  try {
    return new URL(text);
  } catch {
    // The error of the URL parser quotes its input, and with it the password.
    throw new Wrong(SHAPE);
  }
}

/** The part of the address from the one place that names it. */
function once(name: string, before: string, parameters: ReadonlyMap<string, string>): string | undefined {
  const after = parameters.get(name);
  if (before !== '' && after !== undefined) throw new Wrong(`the address of the store names its ${name} twice`);
  const value = before === '' ? after : before;
  if (value?.includes('\0') === true) throw new Wrong(`the address of the store has a ${name} with a NUL character`);
  return value === '' ? undefined : value;
}

function parametersOf(url: URL, source: AddressSource): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    if (parameters.has(name)) throw new Wrong(`the address of the store has the parameter ${name} twice`);
    if (source === 'file' && TRUSTED_PARAMETERS.includes(name)) {
      throw new Wrong(
        `the address of the store must not set ${name} in fettle.yaml, which a pull request can change`,
        name === 'password' ? 'set PGPASSWORD' : `set PG${name.toUpperCase()} in the environment`,
      );
    }
    if (!PARAMETERS.includes(name) && !TRUSTED_PARAMETERS.includes(name))
      throw new Wrong(`the address of the store has an unknown parameter ${name.slice(0, 40)}`);
    parameters.set(name, value);
  }
  return parameters;
}

function portOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  const port = Number(text);
  if (!/^\d{1,5}$/u.test(text) || port < 1 || port > 65_535)
    throw new Wrong('the address of the store has an invalid port');
  return port;
}

function serverOf(url: URL, parameters: ReadonlyMap<string, string>): StoreServer | undefined {
  // A socket's folder may also be before the `?`, percent-encoded.
  const before = /^%2f/iu.test(url.hostname) ? decoded(url.hostname) : url.hostname;
  const host = once('host', before, parameters);
  const port = once('port', url.port, parameters);
  if (host === undefined) {
    if (port !== undefined) throw new Wrong('the address of the store has a port without a host');
    return undefined;
  }
  return serverNamed(host, portOf(port));
}

function serverNamed(host: string, port: number): StoreServer {
  if (host.startsWith('/')) {
    if (host.split('/').includes('..')) throw new Wrong('the address of the store has a socket path with `..`');
    return { kind: 'socket', folder: host, port };
  }
  const canonical = canonicalHost(/^[0-9a-f:.]*:[0-9a-f:.]*$/iu.test(host) ? `[${host}]` : host);
  if (canonical === undefined)
    throw new Wrong('the address of the store has an invalid host; several hosts are not supported');
  return { kind: 'tcp', host: canonical, port };
}

/** The server in PGHOST and PGPORT; undefined if PGHOST is not set. */
export function serverFrom(
  host: string | undefined,
  port: string | undefined,
): StoreServer | AddressMistake | undefined {
  if (host === undefined || host === '') return undefined;
  try {
    return serverNamed(host, portOf(port === '' ? undefined : port));
  } catch (error) {
    if (error instanceof Wrong)
      return { mistake: error.mistake.mistake.replace('the address of the store has', 'PGHOST or PGPORT has') };
    throw error;
  }
}

function taken(text: string, source: AddressSource): StoreAddress {
  if (!isDatabase(text)) throw new Wrong('the address of the store does not begin with postgres:// or postgresql://');
  const { address, variable } = source === 'file' ? withoutReference(text) : { address: text };
  if (address.includes('${')) {
    throw new Wrong(
      source === 'file'
        ? 'in the address of the store, ${env:NAME} must be the whole password'
        : 'FETTLE_STORE does not support ${…}. Set the address itself',
      source === 'file' ? 'use postgres://user:${env:NAME}@host/database' : undefined,
    );
  }
  const url = urlOf(address);
  if (url.hash !== '') throw new Wrong('the address of the store has a #');
  const parameters = parametersOf(url, source);
  if (source === 'file' && url.password !== '')
    throw new Wrong('a password must not be in this file', 'set PGPASSWORD, or use ${env:NAME}');
  const server = serverOf(url, parameters);
  const user = once('user', decoded(url.username), parameters);
  const password = once('password', decoded(url.password), parameters);
  const database = once('database', decoded(url.pathname.slice(1)), new Map());
  const schema = parameters.get('schema') ?? DEFAULT_SCHEMA;
  if (!/^[a-z_][a-z0-9_]{0,62}$/u.test(schema) || schema.startsWith('pg_'))
    throw new Wrong('the schema in the address of the store must have only lower-case letters, digits and underscores');
  const applicationName = once('application_name', '', parameters);
  const tls: Partial<Record<TlsParameter, string>> = {};
  for (const name of TLS_PARAMETERS) {
    const value = once(name, '', parameters);
    if (value !== undefined) tls[name] = value;
  }
  return defined({
    schema,
    tls,
    server,
    user,
    database,
    password,
    passwordVariable: variable,
    applicationName,
  });
}

/** Parses `postgres://user@host:port/database?schema=…`. A mistake quotes only names of parameters. */
export function readStoreAddress(text: string, source: AddressSource): StoreAddress | AddressMistake {
  try {
    return taken(text, source);
  } catch (error) {
    if (error instanceof Wrong) return error.mistake;
    throw error;
  }
}
