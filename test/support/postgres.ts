/** A real PostgreSQL server for the tests of one file, with a database for each test. */

import { execFileSync, spawn } from 'node:child_process';
import { chownSync, closeSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  /** Creates a database, and returns its name. */
  createDatabase(): Promise<string>;
  /** Runs SQL as the superuser; gives rows as arrays. */
  sql(database: string, text: string, values?: readonly unknown[]): Promise<readonly (readonly unknown[])[]>;
  /** Ends all connections, as in a crash, and starts the server again. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

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
  const secret = join(root, 'password');
  writeFileSync(secret, `${PASSWORD}\n`, { mode: 0o600 });
  if (uid !== undefined && gid !== undefined) for (const path of [root, secret]) chownSync(path, uid, gid);
  const data = join(root, 'data');
  const initdb = ['--no-sync', '--encoding=UTF8', '--locale=C', '--auth=scram-sha-256', '--username=admin'];
  const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' };
  execFileSync('setpriv', [...words, join(bin, 'initdb'), '-D', data, ...initdb, `--pwfile=${secret}`], {
    cwd: root,
    env,
    stdio: 'pipe',
  });
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

  return {
    port,
    origin: `postgres://127.0.0.1:${port}`,
    url: (database, other = port) => `postgres://admin@127.0.0.1:${other}/${database}`,
    createDatabase: async () => {
      databases += 1;
      const name = `test_${databases}`;
      await sql('postgres', `CREATE DATABASE ${name}`);
      return name;
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
