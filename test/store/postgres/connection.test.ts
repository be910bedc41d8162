/** Faults of network and server under a store on PostgreSQL: every call ends, with a true message. */

import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FenceLostError, StoreBrokenError, StoreError, StoreSecretError } from '../../../src/store/errors.ts';
import { deadlinesOf, openServer } from '../../../src/store/postgres/connection.ts';
import { type Target, targetOf } from '../../../src/store/postgres/target.ts';
import type { PostgresStoreOptions } from '../../../src/store/postgres/postgres-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { PASSWORD, type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { drain, note, own, recordsOf } from '../drafts.ts';
import { type PostgresBench, postgresBench } from './bench.ts';
import { type Proxy, startProxy } from './proxy.ts';

const NOW = { command: 'apply', timeoutMs: 0 };
/** Deadline of a whole call, in ms. A hanging call hangs forever here, so any limit shows it. */
const DEADLINE = 9_000;

let server: PostgresServer;
let bench: PostgresBench;
let proxy: Proxy;
/** The database behind the proxy. */
let behind: Target;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
beforeEach(async () => {
  bench = await postgresBench(server);
  proxy = await startProxy(server.port);
  behind = await bench.targetFor(server.url(bench.database, proxy.port));
});
afterEach(async () => {
  await proxy.close();
  await bench.remove();
});

function openBehind(options: Partial<PostgresStoreOptions> = {}): Store {
  return bench.openWith({ target: behind, deadlineMs: DEADLINE, ...options });
}

async function failureOf(work: Promise<unknown>): Promise<Error> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error('it did not fail');
  return error;
}

async function runsIn(store: Store): Promise<readonly string[]> {
  return own(await recordsOf(store)).flatMap((record) => (record.kind === 'end' ? [record.body.run] : []));
}

describe('a connection', () => {
  it.each(['read', 'write'] as const)('compiles no query of a transaction that can %s', async (access) => {
    const opened = openServer(await bench.targetFor(bench.url), deadlinesOf(DEADLINE));
    const { rows } = await opened.transact(
      { access },
      async (client) => await client.query(`SELECT current_setting('jit')`, []),
    );
    await opened.close();
    expect([await bench.sql('SHOW jit'), rows]).toEqual([[['on']], [['off']]]);
  });

  it('that is half open is noticed by every call', async () => {
    const writer = openBehind();
    const fence = await writer.lock(NOW);
    await writer.append([note('before')], fence);
    const reader = openBehind();
    await reader.read(() => undefined);
    proxy.mode('swallow');
    const calls = [
      writer.append([note('lost')], fence),
      reader.read(() => undefined),
      openBehind().verify(),
      openBehind().holder(),
      openBehind().lockStatus(),
      openBehind().lock(NOW),
    ];
    for (const error of await Promise.all(calls.map(failureOf))) {
      expect(error).toBeInstanceOf(StoreError);
      expect(error.message).toMatch(/no answer within|not done within/u);
      expect(error.message).toContain(`127.0.0.1:${proxy.port}/${bench.database}`);
    }
    await expect(writer.append([note('more')], fence)).rejects.toBeInstanceOf(StoreBrokenError);
    proxy.mode('pass');
    await writer.close();
    expect(await runsIn(bench.open())).toEqual(['before']);
    expect(await bench.open().verify()).toMatchObject({ status: 'sound', damage: [] });
  });

  it('that leads nowhere is replaced, if another one works', async () => {
    const store = openBehind();
    const fence = await store.lock(NOW);
    await store.append([note('before')], fence);
    proxy.mode('swallow-old');
    await store.append([note('after')], fence);
    await store.append([note('last')], fence);
    expect(await runsIn(store)).toEqual(['before', 'after', 'last']);
    expect(await store.verify()).toMatchObject({ status: 'sound', damage: [] });
    await store.close();
  });

  it('that is cut between a commit and its answer loses nothing and doubles nothing', async () => {
    const store = openBehind();
    const fence = await store.lock(NOW);
    proxy.mode('cut-answer');
    const [record] = await store.append([note('once')], fence);
    expect(record?.seq).toBe(2);
    await store.append([note('next')], fence);
    expect(await runsIn(bench.open())).toEqual(['once', 'next']);
    proxy.mode('cut-answer');
    await store.checkpoint([], fence, true);
    await store.append([note('third')], fence);
    const report = await bench.open().verify();
    expect(report).toMatchObject({ status: 'sound', damage: [], checkpoints: 2 });
    proxy.mode('cut-answer');
    expect((await store.prune(1, fence)).from).toBe(6);
    expect(await bench.open().verify()).toMatchObject({ status: 'sound', from: 6 });
    await store.close();
  });

  it('that is cut before a commit arrives has written nothing, and the handle stays failed', async () => {
    const store = openBehind();
    const fence = await store.lock(NOW);
    await store.append([note('before')], fence);
    proxy.mode('cut-commit');
    await expect(store.append([note('lost')], fence)).rejects.toBeInstanceOf(StoreBrokenError);
    await expect(store.append([note('later')], fence)).rejects.toBeInstanceOf(StoreBrokenError);
    await store.close();
    const other = bench.open();
    const next = await other.lock(NOW);
    await other.append([note('after')], next);
    expect(await runsIn(other)).toEqual(['before', 'after']);
    await other.close();
  });

  it('that is cut around the commit of a deposit: it is in the inbox once, or refused and not in it', async () => {
    const holder = bench.open();
    const fence = await holder.lock(NOW);
    const store = openBehind();
    proxy.mode('cut-answer');
    await store.deposit(['a']);
    for (const mode of ['cut-commit', 'swallow-commit'] as const) {
      proxy.mode(mode);
      expect(await failureOf(store.deposit([mode]))).toBeInstanceOf(StoreError);
    }
    await store.deposit(['b']);
    expect(await drain(holder, fence)).toEqual(['a', 'b']);
    await store.close();
    await holder.close();
  });

  it('that is cut between the commit of a drain and its answer drains once', async () => {
    const store = openBehind();
    const fence = await store.lock(NOW);
    await store.deposit(['a', 'b']);
    proxy.mode('cut-answer');
    const undrained = await store.undrained(1);
    await store.append(
      [note('a')],
      fence,
      undrained.map(({ place }) => place),
    );
    expect(await drain(store, fence)).toEqual(['b']);
    expect(await runsIn(store)).toEqual(['a', 'entry "b"']);
    await store.close();
  });

  it('whose commit is lost does not block other holders for long', async () => {
    const store = openBehind();
    const fence = await store.lock(NOW);
    proxy.mode('swallow-commit');
    await expect(store.append([note('lost')], fence)).rejects.toBeInstanceOf(StoreBrokenError);
    expect(await runsIn(bench.open())).toEqual([]);
    expect(await bench.open().verify()).toMatchObject({ status: 'sound', damage: [] });
    await store.close();
  });

  it('whose lock is committed without an answer has the lock', async () => {
    const store = openBehind();
    await store.close();
    await bench.open().read(() => undefined);
    const first = bench.open();
    await first.lock(NOW);
    await first.close();
    proxy.mode('cut-answer');
    const fence = await store.lock(NOW);
    await store.append([note('mine')], fence);
    await store.close();
    expect(await bench.open().holder()).toBeUndefined();
  });

  it('that the server ends is opened again; the fence decides', async () => {
    const store = bench.open();
    const fence = await store.lock(NOW);
    await store.append([note('before')], fence);
    const kill =
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()';
    await bench.sql(kill, [bench.database]);
    await store.append([note('after')], fence);
    expect(await runsIn(store)).toEqual(['before', 'after']);

    await bench.sql(kill, [bench.database]);
    await bench.declareDead();
    const other = bench.open('other');
    await other.lock(NOW);
    await expect(store.append([note('late')], fence)).rejects.toBeInstanceOf(FenceLostError);
    await other.close();
    await store.close();
  });

  it('outlives a crash of the server, with every record that was acknowledged, and no other', async () => {
    const store = bench.open();
    const fence = await store.lock(NOW);
    await store.append([note('before')], fence);
    const [, during] = await Promise.allSettled([server.crash(), store.append([note('during')], fence)]);
    if (during.status === 'rejected') {
      // The crash came between the commit and its answer, and the server had not kept the record: the handle ends.
      expect(during.reason).toBeInstanceOf(StoreBrokenError);
      expect(await runsIn(bench.open())).toEqual(['before']);
    } else {
      expect(during.value[0]?.seq).toBe(3);
      await store.append([note('after')], fence);
      expect(await runsIn(bench.open())).toEqual(['before', 'during', 'after']);
    }
    await store.close();
  });

  it('that is idle does not keep the process alive', async () => {
    const writer = bench.spawn('idle');
    expect((await writer.ended).at(-1)).toBe('read');
  });
});

describe('an error', () => {
  const calls: readonly [string, (store: Store) => Promise<unknown>][] = [
    ['read', (store) => store.read(() => undefined)],
    ['lock', (store) => store.lock(NOW)],
    ['verify', (store) => store.verify()],
  ];

  async function messagesAt(target: Promise<Target>): Promise<readonly string[]> {
    const found = await target;
    return messagesOf(() => bench.openWith({ target: found }));
  }

  async function messagesOf(open: () => Store): Promise<readonly string[]> {
    const messages: string[] = [];
    for (const [, call] of calls) {
      const store = open();
      const error = await failureOf(call(store));
      expect(error instanceof StoreError || error instanceof StoreSecretError).toBe(true);
      const all = inspect(error, { depth: 20, showHidden: true });
      for (const secret of [PASSWORD, encodeURIComponent(PASSWORD), 'wrong-secret', 'Pa55'])
        expect(all).not.toContain(secret);
      messages.push(error.message);
      await store.close();
    }
    return messages;
  }

  it('says that the password is wrong, without it', async () => {
    for (const message of await messagesAt(bench.targetFor(bench.url, 'wrong-secret'))) {
      expect(message).toContain(`postgres://admin@127.0.0.1:${server.port}/${bench.database}`);
      expect(message).toContain('password authentication failed for user "admin"');
    }
  });

  it('says that the password is missing', async () => {
    for (const message of await messagesAt(bench.targetFor(bench.url, ''))) expect(message).toContain('set PGPASSWORD');
  });

  it('says that the database or the server does not exist', async () => {
    for (const message of await messagesAt(bench.targetFor(server.url('nowhere'))))
      expect(message).toContain('database "nowhere" does not exist');
    const { port } = proxy;
    await proxy.close();
    for (const message of await messagesAt(bench.targetFor(server.url(bench.database, port))))
      expect(message).toContain(`: the connection to 127.0.0.1:${port} failed (ECONNREFUSED)`);
    const local = server.url(bench.database, port).replace('127.0.0.1', 'localhost');
    for (const message of await messagesAt(bench.targetFor(local))) expect(message).toContain('ECONNREFUSED');
    proxy = await startProxy(server.port);
  });

  it('says that the server does not answer', async () => {
    proxy.mode('silent');
    for (const message of await messagesOf(() => openBehind({ deadlineMs: 1_200 })))
      expect(message).toContain('no answer within 0.2 s');
  });

  it('names the fault of an address without repeating the address', async () => {
    const cases: readonly [string, string][] = [
      [`postgres://admin:wrong-secret@[/db`, 'is not postgres://'],
      [`mysql://admin:wrong-secret@host/db`, 'postgres://'],
      [`postgres://admin:wrong-secret@host/db?query_timeout=0`, 'unknown parameter query_timeout'],
      [`postgres://admin:wrong-secret@host/db?schema=a;b`, 'schema'],
    ];
    for (const [url, message] of cases) {
      const error = await failureOf(targetOf(url, 'environment', {}));
      expect(error).toBeInstanceOf(StoreError);
      expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('wrong-secret');
      expect(error.message).toContain(message);
    }
  });
});

describe('an address', () => {
  it('contains its password in any position', async () => {
    const encoded = encodeURIComponent(PASSWORD);
    const host = `127.0.0.1:${server.port}/${bench.database}`;
    for (const url of [
      `postgres://admin:${encoded}@${host}`,
      `postgresql://admin@${host}?password=${encoded}`,
      `postgres://${host}?user=admin&password=${encoded}`,
    ]) {
      const store = bench.openWith({ target: await bench.targetFor(url, 'not this one') });
      expect(store.place).toBe(`postgres://admin@${host}`);
      expect(await store.read(() => undefined)).toEqual({ status: 'none', damage: [] });
      await store.close();
    }
  });

  it('may name a socket, and another schema', async () => {
    const folder = String((await server.sql('postgres', 'SHOW unix_socket_directories'))[0]?.[0]);
    const url = `postgres:///${bench.database}?user=admin&host=${encodeURIComponent(folder)}&port=${server.port}&schema=other`;
    const store = bench.openWith({ target: await bench.targetFor(url) });
    await store.append([note('a')], await store.lock(NOW));
    expect(store.place).toBe(`postgres://admin@${folder}:${server.port}/${bench.database}?schema=other`);
    expect(await bench.sql('SELECT count(*) FROM other.records')).toEqual([['2']]);
    await store.close();
  });
});
