/**
 * The address of a store on PostgreSQL, the secrets that it receives, and the protection of the connection.
 *
 * An address in `fettle.yaml` receives a secret (a password, a client's certificate) only if the environment names its
 * origin. This is decided before any connection or name resolution:
 *
 * | The server is named by                    | It receives                                                             |
 * |-------------------------------------------|---------------------------------------------------------------------|
 * | `FETTLE_STORE`; PGHOST, if the address has no host     | the secrets of the environment                        |
 * | `fettle.yaml`, its origin by `FETTLE_STORE_ORIGIN` too  | the same, and the variable named as the password |
 * | `fettle.yaml` alone                       | the password of an entry of `~/.pgpass` for exactly this host; if the environment has any other secret, the store is refused |
 *
 * | The connection is                         | By default                | A password in clear text, or as MD5        |
 * |-------------------------------------------|---------------------------|--------------------------------------------|
 * | a Unix socket                             | without TLS               | is sent                                    |
 * | a loopback address, `localhost`           | without TLS, if it leads to this machine      | is sent                |
 * | any other                                 | TLS, certificate and name verified | is sent if the certificate is verified |
 */

import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import {
  errorText,
  isLoopback,
  isOriginMistake,
  type NamedOrigins,
  namesOrigin,
  type Origin,
  originOf,
  originsIn,
  originText,
  socketOrigin,
  defined,
} from '#plugin';
import {
  type AddressSource,
  DEFAULT_PORT,
  DEFAULT_SCHEMA,
  isAddressMistake,
  readStoreAddress,
  type StoreAddress,
  type StoreServer,
  serverFrom,
} from '../../engine/store-address.ts';
import { allowedNetworks, networkPolicy } from '../../net/networks.ts';
import { errorCode } from '../error-code.ts';
import { StoreError, StoreSecretError } from '../errors.ts';
import { passwordIn, readPassFile } from './pass-file.ts';
import { type Env, refuseVariables, valueOf } from './variables.ts';

/** TLS settings. Certificates and keys are PEM. */
export interface Tls {
  /**
   * The verification of the server's certificate. `full`: chain and name; `chain`: any name; `none`: any certificate.
   */
  readonly verify: 'full' | 'chain' | 'none';
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** TLS from the first byte, without PostgreSQL's request for it. */
  readonly direct: boolean;
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
}

/** The address of the store and the means of access, as data for another thread. */
export interface Target {
  /** For messages: user, server and database; never the password. */
  readonly place: string;
  /** PostgreSQL schema of the tables. */
  readonly schema: string;
  /** A name or an address without brackets, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly applicationName: string;
  /** PGOPTIONS. */
  readonly options?: string;
  readonly tls?: Tls;
  /** True without TLS: the name must resolve to this machine. */
  readonly loopbackOnly: boolean;
  /** Permitted networks inside a denied one. */
  readonly allowNetworks: readonly string[];
  /** True if the server may receive the password itself, or its MD5. */
  readonly mayShow: boolean;
  readonly password?: string;
  /** The reason why the password is missing, as the end of a sentence. */
  readonly noPassword: string;
  /** The password in every form that a message could contain. */
  readonly secrets: readonly string[];
  /** Role other than the current one that may own the schema and its tables. */
  readonly owner?: string;
}

const ORIGIN_VARIABLE = 'FETTLE_STORE_ORIGIN';
const OWNER_VARIABLE = 'FETTLE_STORE_OWNER';

function bare(server: StoreServer): string {
  return server.kind === 'socket' ? server.folder : server.host.replace(/^\[|\]$/gu, '');
}

function originOfServer(server: StoreServer): Origin {
  const origin =
    server.kind === 'socket'
      ? socketOrigin(`${server.folder}/.s.PGSQL.${server.port}`)
      : originOf('postgres', server.host, server.port);
  if (isOriginMistake(origin)) throw new StoreError(`the address of the store ${origin.mistake}`);
  return origin;
}

/** The server. `named`: the environment names it. */
function serverOf(
  { server }: StoreAddress,
  source: AddressSource,
  env: Env,
): { readonly server: StoreServer; readonly named: boolean } {
  if (server !== undefined) return { server, named: source === 'environment' };
  const found = serverFrom(env['PGHOST'], env['PGPORT']);
  if (found !== undefined && 'mistake' in found) throw new StoreError(found.mistake);
  return found === undefined
    ? { server: { kind: 'tcp', host: 'localhost', port: DEFAULT_PORT }, named: source === 'environment' }
    : { server: found, named: true };
}

async function pemOf(path: string, variable: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new StoreError(`the file that ${variable} names cannot be read: ${errorCode(error)}`);
  }
}

type TlsNames = 'sslmode' | 'sslrootcert' | 'sslcert' | 'sslkey' | 'sslnegotiation';

/** A setting of the address, or else of the environment, with its name for messages. */
function setting(
  address: StoreAddress,
  env: Env,
  name: TlsNames,
): { readonly value: string | undefined; readonly from: string } {
  const variable = `PG${name.toUpperCase()}`;
  const own = address.tls[name];
  return own === undefined
    ? { value: valueOf(env, variable), from: variable }
    : { value: own, from: `${name} in FETTLE_STORE` };
}

const MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];

function oneOf<T extends string>(value: string | undefined, from: string, allowed: readonly T[]): T | undefined {
  if (value === undefined) return undefined;
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw new StoreError(`${from} must be one of ${allowed.join(', ')}`);
  return found;
}

async function tlsOf(address: StoreAddress, server: StoreServer, env: Env): Promise<Tls | undefined> {
  const mode = setting(address, env, 'sslmode');
  const asked = oneOf(mode.value, mode.from, MODES);
  const negotiation = setting(address, env, 'sslnegotiation');
  const direct = oneOf(negotiation.value, negotiation.from, ['postgres', 'direct']) === 'direct';
  const least = oneOf(valueOf(env, 'PGSSLMINPROTOCOLVERSION'), 'PGSSLMINPROTOCOLVERSION', [
    'TLSv1',
    'TLSv1.1',
    'TLSv1.2',
    'TLSv1.3',
  ]);
  if (server.kind === 'socket' || asked === 'disable') return undefined;
  // These two request TLS if it is available. On connections to another machine, TLS is required.
  const isDefault = asked === undefined || asked === 'allow' || asked === 'prefer';
  if (isDefault && isLoopback(bare(server))) return undefined;
  const root = setting(address, env, 'sslrootcert');
  const cert = setting(address, env, 'sslcert');
  const key = setting(address, env, 'sslkey');
  if ((cert.value === undefined) !== (key.value === undefined))
    throw new StoreError('PGSSLCERT and PGSSLKEY belong together: a certificate and its key');
  return {
    verify: asked === 'verify-ca' ? 'chain' : asked === 'no-verify' ? 'none' : 'full',
    direct,
    ...(root.value === undefined || root.value === 'system' ? {} : { ca: await pemOf(root.value, root.from) }),
    ...(cert.value === undefined ? {} : { cert: await pemOf(cert.value, cert.from) }),
    ...(key.value === undefined ? {} : { key: await pemOf(key.value, key.from) }),
    ...(least === 'TLSv1.3' ? { minVersion: least } : {}),
  };
}

/** The variable of the environment whose secret the server would receive. */
function secretAtStake(address: StoreAddress, env: Env): string | undefined {
  return (
    address.passwordVariable ?? ['PGPASSWORD', 'PGSSLCERT', 'PGSSLKEY'].find((name) => valueOf(env, name) !== undefined)
  );
}

interface Password {
  readonly password?: string;
  readonly noPassword: string;
}

function given(password: string): Password {
  return { password, noPassword: '' };
}

const SET_ONE = `set PGPASSWORD, and ${ORIGIN_VARIABLE} if fettle.yaml names the server`;

async function passwordFor(
  address: StoreAddress,
  asked: { readonly host: string; readonly port: number; readonly database: string; readonly user: string },
  way: { readonly named: boolean; readonly verified: boolean },
  env: Env,
): Promise<Password> {
  const { password, passwordVariable } = address;
  if (password !== undefined) return given(password);
  const own = valueOf(env, passwordVariable ?? 'PGPASSWORD');
  if (own !== undefined) return given(own);
  const { entries, ignored } = await readPassFile(env);
  // An author of the port could listen on another one, unless a certificate identifies the listener.
  const found = passwordIn(entries, asked, way.named ? 'any' : way.verified ? 'host' : 'host-and-port');
  if (found !== undefined) return given(found);
  return { noPassword: ignored === undefined ? SET_ONE : `${SET_ONE}; ${ignored}` };
}

/** Throws if `FETTLE_ALLOW_NETWORKS` is malformed. */
function networksOf(env: Env): readonly string[] {
  const allowed = allowedNetworks(env);
  try {
    networkPolicy(allowed, []);
  } catch (error) {
    throw new StoreError(errorText(error));
  }
  return allowed;
}

function userOf(address: StoreAddress, env: Env): string {
  const named = address.user ?? valueOf(env, 'PGUSER') ?? valueOf(env, 'USER');
  return named ?? userInfo().username;
}

function shownPlace(server: StoreServer, user: string, database: string, schema: string): string {
  const where = `postgres://${user}@${server.kind === 'socket' ? server.folder : server.host}:${server.port}/${database}`;
  return schema === DEFAULT_SCHEMA ? where : `${where}?schema=${schema}`;
}

/**
 * True if the environment names the origin of a server in `fettle.yaml`. Throws if a secret would be sent elsewhere.
 */
function isNamed(address: StoreAddress, server: StoreServer, named: NamedOrigins, env: Env): boolean {
  const origin = originOfServer(server);
  if (namesOrigin(named, origin)) return true;
  const wayOut =
    `To use that store, set ${ORIGIN_VARIABLE}=${originText(origin)} in the environment, ` +
    'or the whole address in FETTLE_STORE';
  if (named.origins.length > 0)
    throw new StoreSecretError(
      `fettle.yaml has the store at ${originText(origin)}, which ${ORIGIN_VARIABLE} does not name. ${wayOut}`,
    );
  const secret = secretAtStake(address, env);
  if (secret === undefined) return false;
  throw new StoreSecretError(`${secret} is not sent to ${originText(origin)}, which fettle.yaml names. ${wayOut}`);
}

/**
 * Joins the address of a store with the environment. Neither connects nor resolves names.
 * Throws StoreSecretError if a secret is missing or must not be sent there, and StoreError for any other mistake.
 */
export async function targetOf(text: string, source: AddressSource, env: Env): Promise<Target> {
  const address = readStoreAddress(text, source);
  if (isAddressMistake(address))
    throw new StoreError(`${address.mistake}${address.suggestion === undefined ? '' : `: ${address.suggestion}`}`);
  refuseVariables(env);
  const { server, named: byEnvironment } = serverOf(address, source, env);
  const { passwordVariable } = address;
  if (passwordVariable !== undefined && valueOf(env, passwordVariable) === undefined)
    throw new StoreSecretError(`the store needs the environment variable ${passwordVariable}, which is not set`);
  const origins = originsIn(env, ORIGIN_VARIABLE);
  if (origins.mistakes.length > 0) throw new StoreError(origins.mistakes.join('; '));
  const named = byEnvironment || isNamed(address, server, origins, env);
  const host = bare(server);
  const user = userOf(address, env);
  const database = address.database ?? valueOf(env, 'PGDATABASE') ?? user;
  const tls = await tlsOf(address, server, env);
  const isNear = server.kind === 'socket' || isLoopback(host);
  const verified = tls !== undefined && tls.verify !== 'none';
  const { password, noPassword } = await passwordFor(
    address,
    { host, port: server.port, database, user },
    { named, verified },
    env,
  );
  const options = valueOf(env, 'PGOPTIONS');
  const owner = valueOf(env, OWNER_VARIABLE);
  return defined({
    place: shownPlace(server, user, database, address.schema),
    schema: address.schema,
    host,
    port: server.port,
    user,
    database,
    applicationName: address.applicationName ?? valueOf(env, 'PGAPPNAME') ?? 'fettle',
    loopbackOnly: tls === undefined && server.kind === 'tcp' && isNear,
    allowNetworks: networksOf(env),
    mayShow: verified || (tls === undefined && isNear),
    noPassword,
    secrets: password === undefined ? [] : [...new Set([password, encodeURIComponent(password)])],
    options,
    tls,
    password,
    owner,
  });
}

/** A message of the driver or the server without the password. */
export function redact(target: Target, message: string): string {
  return target.secrets.reduce((text, secret) => text.replaceAll(secret, '*****'), message);
}
