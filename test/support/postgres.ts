/** A real PostgreSQL server for the tests of one file, with a database for each test. */

import { execFileSync, spawn } from 'node:child_process';
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { temporaryFolder } from './cli.ts';

/** The password of the superuser, which would be recognised in any text. */
export const PASSWORD = 'canary-Pa55:w@rd/?';

export interface PostgresServer {
  readonly port: number;
  /** As `FETTLE_STORE_ORIGIN` names it. */
  readonly origin: string;
  /** The address without the password. */
  url(database: string, port?: number): string;
  /** Creates a database, or takes an empty one that was given back, and returns its name. */
  createDatabase(): Promise<string>;
  /** Ends all sessions of a database and removes the schema of a store. Drops the database if it is not empty then. */
  giveBack(database: string): Promise<void>;
  /** Runs SQL as the superuser; gives rows as arrays. */
  sql(database: string, text: string, values?: readonly unknown[]): Promise<readonly (readonly unknown[])[]>;
  /** Ends all connections, as in a crash, and starts the server again. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * A password as the server stores it, with one iteration in place of thousands: each connection repeats them, and the
 * tests open thousands of connections.
 */
function storedPassword(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, 1, 32, 'sha256');
  const keyed = (name: string): Buffer => createHmac('sha256', salted).update(name).digest();
  const stored = createHash('sha256').update(keyed('Client Key')).digest('base64');
  return `SCRAM-SHA-256$1:${salt.toString('base64')}$${stored}:${keyed('Server Key').toString('base64')}`;
}

/** Ends the other sessions of this database, and removes the schema of a store. */
const CLEAR = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid();
  DROP SCHEMA IF EXISTS fettle CASCADE`;

/** True if this database has nothing that a new one does not have, and no setting or permission of its own. */
const IS_NEW = `SELECT NOT EXISTS (SELECT FROM pg_namespace WHERE oid >= 16384)
  AND NOT EXISTS (SELECT FROM pg_class WHERE oid >= 16384)
  AND NOT EXISTS (SELECT FROM pg_proc WHERE oid >= 16384)
  AND NOT EXISTS (SELECT FROM pg_event_trigger)
  AND NOT EXISTS (
    SELECT FROM pg_database AS own LEFT JOIN pg_db_role_setting ON setdatabase = own.oid
    WHERE own.datname = current_database() AND (setdatabase IS NOT NULL OR own.datacl IS NOT NULL)
  )`;

/** Debian's folder of the server's programs, which is not in PATH. */
function programs(): string {
  const root = '/usr/lib/postgresql';
  const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a));
  return join(root, versions[0] ?? '', 'bin');
}

/** The server refuses to run as root; its package created a user for it. */
function asUser(): { readonly words: readonly string[]; readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return { words: [] };
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  const [uid, gid] = [id('-u'), id('-g')];
  return { words: [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'], uid, gid };
}

const ENVIRONMENT = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' };

const INITDB = ['--no-sync', '--encoding=UTF8', '--locale=C', '--auth=scram-sha-256', '--username=admin'];

/** Folders of new clusters, which servers start from copies of. */
const CLUSTERS = join(import.meta.dirname, '../../node_modules/.fettle/postgres');

/** The folder of a new cluster. Making one takes eight times as long as a copy: later runs have the same one. */
function newCluster(): string {
  const bin = programs();
  const { words, uid, gid } = asUser();
  const version = execFileSync(join(bin, 'postgres'), ['--version'], { encoding: 'utf8' });
  const key = createHash('sha256').update(JSON.stringify([version, INITDB, PASSWORD, uid ?? process.getuid?.()]));
  const made = join(CLUSTERS, key.digest('hex').slice(0, 16));
  if (existsSync(made)) return made;
  const folder = temporaryFolder();
  const secret = join(folder, 'password');
  writeFileSync(secret, `${PASSWORD}\n`, { mode: 0o600 });
  if (uid !== undefined && gid !== undefined) for (const path of [folder, secret]) chownSync(path, uid, gid);
  const data = join(folder, 'data');
  execFileSync('setpriv', [...words, join(bin, 'initdb'), '-D', data, ...INITDB, `--pwfile=${secret}`], {
    cwd: folder,
    env: ENVIRONMENT,
    stdio: 'pipe',
  });
  mkdirSync(CLUSTERS, { recursive: true });
  // Another file may make it at the same time: the first one that is complete stays.
  const part = `${made}.${process.pid}.${randomBytes(4).toString('hex')}`;
  execFileSync('cp', ['-a', data, part]);
  try {
    renameSync(part, made);
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    if (!existsSync(made)) throw error;
  }
  return made;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** More than a server without TLS. */
export interface PostgresOptions {
  /** PEM. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Lines of `pg_hba.conf`, instead of SCRAM for every user. The superuser connects with SCRAM by 127.0.0.1. */
  readonly rules?: readonly string[];
}

/** Starts a server in a temporary folder. Its parent stops it, or the kernel when the parent dies. */
export async function startPostgres({ tls, rules }: PostgresOptions = {}): Promise<PostgresServer> {
  const bin = programs();
  const { words, uid, gid } = asUser();
  const root = temporaryFolder();
  if (uid !== undefined && gid !== undefined) chownSync(root, uid, gid);
  const data = join(root, 'data');
  execFileSync('cp', ['-a', newCluster(), data]);
  const env = ENVIRONMENT;
  const own = (name: string, text: string): string => {
    const path = join(root, name);
    writeFileSync(path, text, { mode: 0o600 });
    if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
    return path;
  };
  if (rules !== undefined)
    writeFileSync(join(data, 'pg_hba.conf'), `${['host all admin 127.0.0.1/32 scram-sha-256', ...rules].join('\n')}\n`);
  const secure: Readonly<Record<string, string>> =
    tls === undefined
      ? {}
      : { ssl: 'on', ssl_cert_file: own('server.crt', tls.cert), ssl_key_file: own('server.key', tls.key) };
  const port = await freePort();
  const log = join(root, 'log');
  const settings = {
    fsync: 'off',
    full_page_writes: 'off',
    listen_addresses: '127.0.0.1',
    shared_buffers: '16MB',
    ...secure,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

  async function connect(database: string): Promise<pg.Client> {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'admin', password: PASSWORD, database });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  async function start(): Promise<(signal: NodeJS.Signals) => Promise<void>> {
    const out = openSync(log, 'a');
    const child = spawn(
      'setpriv',
      [...words, '--pdeathsig', 'INT', join(bin, 'postgres'), '-D', data, '-p', String(port), '-k', root, ...flags],
      { cwd: root, env, stdio: ['ignore', out, out] },
    );
    closeSync(out);
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    for (;;) {
      try {
        await (await connect('postgres')).end();
        break;
      } catch {
        if (child.exitCode !== null) throw new Error(`PostgreSQL did not start: ${readFileSync(log, 'utf8')}`);
        await sleep(30);
      }
    }
    return async (signal) => {
      child.kill(signal);
      await ended;
    };
  }

  let end = await start();
  let databases = 0;
  /** Creating a database takes the server longer than most tests take. */
  const empty: string[] = [];

  async function sql(
    database: string,
    text: string,
    values: readonly unknown[] = [],
  ): Promise<readonly (readonly unknown[])[]> {
    const client = await connect(database);
    try {
      return (await client.query({ text, values: [...values], rowMode: 'array' })).rows;
    } finally {
      await client.end();
    }
  }

  await sql('postgres', `ALTER ROLE admin PASSWORD '${storedPassword(PASSWORD)}'`);

  return {
    port,
    origin: `postgres://127.0.0.1:${port}`,
    url: (database, other = port) => `postgres://admin@127.0.0.1:${other}/${database}`,
    createDatabase: async () => {
      const old = empty.pop();
      if (old !== undefined) return old;
      databases += 1;
      const name = `test_${databases}`;
      await sql('postgres', `CREATE DATABASE ${name}`);
      return name;
    },
    giveBack: async (database) => {
      await sql(database, CLEAR);
      const [row] = await sql(database, IS_NEW);
      if (row?.[0] === true) empty.push(database);
      else await sql('postgres', `DROP DATABASE ${database} WITH (FORCE)`);
    },
    sql,
    crash: async () => {
      // An immediate shutdown: no client hears of it, and the log of the server is replayed.
      await end('SIGQUIT');
      end = await start();
    },
    stop: async () => {
      await end('SIGINT');
      rmSync(root, { recursive: true, force: true });
    },
  };
}
