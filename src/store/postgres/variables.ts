/**
 * The treatment of each environment variable that PostgreSQL's own clients read. The driver reads none of them: its
 * settings are complete.
 *
 * A variable that requests more than is supported here is refused, so that no user relies on a missing protection.
 */

import { StoreError } from '../errors.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** `used`; `without effect`; or the reason why a value is refused. `harmless`: values that request nothing. */
export type Treatment = 'used' | 'without effect' | { readonly refused: string; readonly harmless?: readonly string[] };

const NAME_THE_SERVER = 'name the server in FETTLE_STORE';

export const PG_VARIABLES: Readonly<Record<string, Treatment>> = {
  PGAPPNAME: 'used',
  PGDATABASE: 'used',
  PGHOST: 'used',
  PGOPTIONS: 'used',
  PGPASSFILE: 'used',
  PGPASSWORD: 'used',
  PGPORT: 'used',
  PGSSLCERT: 'used',
  PGSSLKEY: 'used',
  PGSSLMINPROTOCOLVERSION: 'used',
  PGSSLMODE: 'used',
  PGSSLNEGOTIATION: 'used',
  PGSSLROOTCERT: 'used',
  PGUSER: 'used',
  PGCHANNELBINDING: { refused: 'channel binding is not supported', harmless: ['disable', 'prefer'] },
  PGGSSENCMODE: { refused: 'GSSAPI encryption is not supported; use TLS', harmless: ['disable', 'prefer'] },
  PGHOSTADDR: { refused: `an address separate from the name is not supported; ${NAME_THE_SERVER}` },
  PGREQUIREAUTH: { refused: 'the ways to authenticate cannot be limited' },
  PGREQUIREPEER: { refused: 'the user of the server behind a socket is not checked' },
  PGREQUIRESSL: { refused: 'set PGSSLMODE=require instead', harmless: ['0'] },
  PGSERVICE: { refused: `services are not supported; ${NAME_THE_SERVER}` },
  PGSSLCERTMODE: { refused: 'set PGSSLCERT and PGSSLKEY, or neither', harmless: ['allow'] },
  PGSSLCRL: { refused: 'lists of revoked certificates are not read' },
  PGSSLCRLDIR: { refused: 'lists of revoked certificates are not read' },
  // A variable of the driver, not of libpq.
  PGBINARY: 'without effect',
  PGCLIENT_ENCODING: 'without effect',
  PGREPLICATION: 'without effect',
  // Deadlines, the encoding and time formats are set by fettle.
  PGCLIENTENCODING: 'without effect',
  PGCONNECT_TIMEOUT: 'without effect',
  PGDATESTYLE: 'without effect',
  PGGEQO: 'without effect',
  PGTZ: 'without effect',
  // One host, one protocol, no GSSAPI, no service: nothing to choose.
  PGGSSDELEGATION: 'without effect',
  PGGSSLIB: 'without effect',
  PGKRBSRVNAME: 'without effect',
  PGLOADBALANCEHOSTS: 'without effect',
  PGLOCALEDIR: 'without effect',
  PGMAXPROTOCOLVERSION: 'without effect',
  PGMINPROTOCOLVERSION: 'without effect',
  PGSERVICEFILE: 'without effect',
  PGSYSCONFDIR: 'without effect',
  PGTARGETSESSIONATTRS: 'without effect',
  // TLS is 1.2 or later, never compressed, with the server's name, regardless of these variables.
  PGSSLCOMPRESSION: 'without effect',
  PGSSLMAXPROTOCOLVERSION: 'without effect',
  PGSSLSNI: 'without effect',
};

/** The value of a variable; undefined if it is unset or empty. */
export function valueOf(env: Env, name: string): string | undefined {
  const value = env[name];
  return value === '' ? undefined : value;
}

/** Throws StoreError, which names the variable, if a variable requests more than is supported here. */
export function refuseVariables(env: Env): void {
  for (const [name, treatment] of Object.entries(PG_VARIABLES)) {
    const value = valueOf(env, name);
    if (value === undefined || typeof treatment === 'string' || treatment.harmless?.includes(value) === true) continue;
    throw new StoreError(`${name} is set, and is not supported: ${treatment.refused}`);
  }
}
