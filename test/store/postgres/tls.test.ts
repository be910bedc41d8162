/** A store over TLS, with a real server that requires it; and over its socket. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../../src/store/store.ts';
import { openPostgresStore } from '../../../src/store/postgres/postgres-store.ts';
import { targetOf } from '../../../src/store/postgres/target.ts';
import { temporaryFolder } from '../../support/cli.ts';
import { PASSWORD, type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { selfSigned } from '../../support/recording-postgres.ts';
import { note } from '../drafts.ts';

const NOW = { command: 'apply', timeoutMs: 0 };

let folder: string;
let authority: string;
let server: PostgresServer;
beforeAll(async () => {
  folder = temporaryFolder();
  const made = selfSigned(folder, 'DNS:localhost,IP:127.0.0.1');
  authority = made.file;
  // The server requests the password itself: only TLS protects it.
  const rules = [
    'hostssl all secure 127.0.0.1/32 password',
    'hostnossl all plain 127.0.0.1/32 md5',
    'local all local scram-sha-256',
  ];
  server = await startPostgres({ tls: made, rules });
  for (const role of ['secure', 'plain', 'local'])
    await server.sql(
      'postgres',
      `SET password_encryption = ${role === 'plain' ? 'md5' : "'scram-sha-256'"}; CREATE ROLE ${role} LOGIN PASSWORD '${PASSWORD}'; GRANT CREATE ON DATABASE postgres TO ${role}`,
    );
});
afterAll(async () => {
  await server.stop();
});

async function open(address: string, env: Readonly<Record<string, string>>): Promise<Store> {
  const target = await targetOf(address, 'file', {
    HOME: folder,
    PGPASSWORD: PASSWORD,
    FETTLE_STORE_ORIGIN: `${server.origin} ${server.origin.replace('127.0.0.1', 'localhost')}`,
    ...env,
  });
  return openPostgresStore({
    target,
    project: 'shop',
    actor: 'me',
    now: Date.now,
    randomId: () => `id-${Math.random()}`,
    beatMs: 50,
    deadlineMs: 9_000,
  });
}

async function isUsable(address: string, env: Readonly<Record<string, string>> = {}): Promise<boolean> {
  const store = await open(address, env);
  const fence = await store.lock(NOW);
  const before = await store.lockStatus();
  await store.append([note('a')], fence);
  // The heartbeat comes from another thread, over a connection of its own.
  for (let tries = 0; tries < 100; tries += 1) {
    const status = await store.lockStatus();
    if (status?.heartbeatAt !== before?.heartbeatAt) break;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  const sound = (await store.verify()).status === 'sound';
  await store.close();
  return sound;
}

describe('a store on PostgreSQL', () => {
  it('is used over TLS, by its name and by its address', async () => {
    const env = { PGSSLMODE: 'verify-full', PGSSLROOTCERT: authority };
    expect(await isUsable(`postgres://secure@localhost:${server.port}/postgres?schema=s1`, env)).toBe(true);
    expect(
      await isUsable(`postgres://secure@127.0.0.1:${server.port}/postgres?schema=s1`, {
        ...env,
        PGSSLMODE: 'require',
        PGSSLMINPROTOCOLVERSION: 'TLSv1.3',
      }),
    ).toBe(true);
  });

  it('is not used over TLS if its certificate is not trusted', async () => {
    const store = await open(`postgres://secure@localhost:${server.port}/postgres`, { PGSSLMODE: 'verify-full' });
    await expect(store.read(() => undefined)).rejects.toThrow(/is not trusted.*PGSSLROOTCERT/su);
    await store.close();
  });

  it('is used without TLS on this machine, and reports the message of a server that requires TLS', async () => {
    expect(await isUsable(`postgres://plain@127.0.0.1:${server.port}/postgres?schema=s2`)).toBe(true);
    const store = await open(`postgres://secure@127.0.0.1:${server.port}/postgres`, {});
    await expect(store.read(() => undefined)).rejects.toThrow(/no pg_hba\.conf entry|no encryption/u);
    await store.close();
  });

  it('is used over its socket, whose path is its origin', async () => {
    const sockets = String((await server.sql('postgres', 'SHOW unix_socket_directories'))[0]?.[0]);
    const address = `postgres:///postgres?user=local&host=${encodeURIComponent(sockets)}&port=${server.port}&schema=s3`;
    await expect(open(address, {})).rejects.toThrow(`unix:${sockets}/.s.PGSQL.${server.port}`);
    expect(
      await isUsable(address, {
        FETTLE_STORE_ORIGIN: `unix:${sockets}/.s.PGSQL.${server.port}`,
        PGSSLMODE: 'verify-full',
      }),
    ).toBe(true);
  });
});
