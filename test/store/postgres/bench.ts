/** A store on PostgreSQL in its own database, for the tests: opened, damaged, and left by dying processes. */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { openPostgresStore, type PostgresStoreOptions } from '../../../src/store/postgres/postgres-store.ts';
import { type Target, targetOf } from '../../../src/store/postgres/target.ts';
import type { Head, Store } from '../../../src/store/store.ts';
import { PASSWORD, type PostgresServer } from '../../support/postgres.ts';
import type { StoreBench } from '../conformance.ts';

export interface PostgresBench extends StoreBench {
  readonly url: string;
  readonly database: string;
  /** Another address, or another password. */
  targetFor(url: string, password?: string, more?: Readonly<Record<string, string>>): Promise<Target>;
  /** Overrides of the default options. */
  openWith(options: Partial<PostgresStoreOptions>): Store;
  /** SQL in this database, as the superuser. */
  sql(text: string, values?: readonly unknown[]): Promise<readonly (readonly unknown[])[]>;
  /** Starts a writer; its words are collected. */
  spawn(scenario: string, options?: Partial<PostgresStoreOptions>): Writer;
}

export interface Writer {
  readonly child: ChildProcess;
  /** Resolves at a line that holds the word; rejects at its end. */
  says(word: string): Promise<readonly string[]>;
  /** All lines, when it has ended. */
  readonly ended: Promise<readonly string[]>;
  lines(): readonly string[];
}

const WRITER = fileURLToPath(new URL('writer.ts', import.meta.url));

function startWriter(scenario: string, store: object): Writer {
  const child = spawn(process.execPath, [WRITER, scenario], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, FETTLE_TEST_STORE: JSON.stringify(store) },
  });
  let text = '';
  const lines = (): readonly string[] => text.split('\n').slice(0, -1);
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const ended = new Promise<readonly string[]>((resolve) => child.once('close', () => resolve(lines())));
  return {
    child,
    ended,
    lines,
    says: (word) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (lines().some((line) => line.includes(word))) resolve(lines());
        };
        child.stdout?.on('data', look);
        look();
        void ended.then(() => reject(new Error(`the writer ended: ${text}`)));
      }),
  };
}

/** Sequence number of the last record that a writer acknowledged. */
export function lastHead(lines: readonly string[]): Head {
  const [seq, hash] = lines.findLast((line) => /^\d+ [0-9a-f]{64}$/u.test(line))?.split(' ') ?? [];
  return { seq: Number(seq), hash: hash ?? '' };
}

export async function postgresBench(server: PostgresServer): Promise<PostgresBench> {
  const database = await server.createDatabase();
  const url = server.url(database);
  const targetFor: PostgresBench['targetFor'] = (address, password = PASSWORD, more = {}) =>
    targetOf(address, 'environment', { PGPASSWORD: password, ...more });
  const base = { target: await targetFor(url), project: 'shop' };
  const openWith = (options: Partial<PostgresStoreOptions>): Store =>
    openPostgresStore({ ...base, actor: 'me', now: Date.now, randomId: randomUUID, ...options });
  const sql: PostgresBench['sql'] = (text, values) => server.sql(database, text, values);
  return {
    url,
    targetFor,
    database,
    openWith,
    sql,
    spawn: (scenario, options) => startWriter(scenario, { ...base, ...options }),
    open: (actor = 'me', now = Date.now) => openWith({ actor, now }),
    openFor: (project) => openWith({ project }),
    die: async () => {
      const writer = startWriter('hold', base);
      const lines = await writer.says('ready');
      writer.child.kill('SIGKILL');
      await writer.ended;
      return lastHead(lines);
    },
    wait: async () => {
      const writer = startWriter('wait', base);
      await writer.says('ready');
      return async () => {
        writer.child.kill('SIGKILL');
        await writer.ended;
      };
    },
    declareDead: async () => {
      // This process id, with an earlier start time.
      await sql(`UPDATE fettle.fences SET holder = jsonb_set(holder::jsonb, '{pidStart}', '"1"')::text`);
    },
    spoil: async (seq) => {
      await sql(`UPDATE fettle.records SET line = replace(line, '"run":"r', '"run":"s') WHERE seq = $1`, [seq]);
    },
    remove: () => server.giveBack(database),
  };
}
