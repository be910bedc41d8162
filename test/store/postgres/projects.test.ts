/** One database for many projects: separate logs, tables created once, readers that write nothing. */

import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StoreProjectError } from '../../../src/store/errors.ts';
import { InboxFullError } from '../../../src/store/inbox.ts';
import { SCHEMA_VERSION } from '../../../src/store/postgres/schema.ts';
import { PASSWORD, type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { drain, intent, note, outcome, recordsOf, rememberedIn, seen } from '../drafts.ts';
import { lastHead, type PostgresBench, postgresBench } from './bench.ts';

const NOW = { command: 'apply', timeoutMs: 0 };

let server: PostgresServer;
let bench: PostgresBench;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
beforeEach(async () => {
  bench = await postgresBench(server);
});
afterEach(() => bench.remove());

/** Every row of every table, and the number of writes to each table. */
async function everything(): Promise<unknown> {
  const tables = ['version', 'fences', 'records', 'checkpoints', 'quarantine', 'inbox'];
  const rows = await Promise.all(tables.map((table) => bench.sql(`SELECT xmin, one.* FROM fettle.${table} AS one`)));
  return [rows, await bench.sql('SELECT count(*) FROM pg_class')];
}

describe('projects in one database', () => {
  it('have a log and a lock each', async () => {
    const [one, two] = [bench.openWith({ project: 'one' }), bench.openWith({ project: 'two' })];
    const [first, second] = await Promise.all([one.lock(NOW), two.lock(NOW)]);
    await Promise.all([
      one.append([intent('web-1')], first),
      two.append([seen('web-2', 'ready')], second),
      one.append([outcome('web-1', 2)], first),
    ]);
    await one.checkpoint(await rememberedIn(one), first, true);
    expect((await recordsOf(one)).map(({ seq, kind }) => `${seq} ${kind}`)).toEqual([
      '1 checkpoint',
      '2 intent',
      '3 outcome',
      '4 checkpoint',
      '5 remembered',
    ]);
    expect((await recordsOf(two)).map(({ seq, kind }) => `${seq} ${kind}`)).toEqual(['1 checkpoint', '2 seen']);
    expect(await bench.openWith({ project: 'three' }).read(() => expect.unreachable())).toEqual({
      status: 'none',
      damage: [],
    });

    await two.append([note('x')], second);
    await bench.sql(`UPDATE fettle.records SET line = replace(line, '"run":"x"', '"run":"y"') WHERE project = 'two'`);
    expect(await one.verify()).toMatchObject({ status: 'sound' });
    expect(await two.verify()).toMatchObject({ status: 'damaged', damage: [{ seq: 3 }] });
    await two.recover(second);
    expect(await two.verify()).toMatchObject({ status: 'sound', records: 4 });
    expect(await one.verify()).toMatchObject({ status: 'sound', records: 5 });
    await one.prune(1, first);
    expect(await two.verify()).toMatchObject({ status: 'sound', records: 4, from: 1 });
    await Promise.all([one.close(), two.close()]);
  });

  it('have an inbox each, of limited size', async () => {
    const [one, two] = ['one', 'two'].map((project) => bench.openWith({ project, inboxBytes: 5000 }));
    if (one === undefined || two === undefined) throw new Error('two stores');
    const [first, second] = [await one.lock(NOW), await two.lock(NOW)];
    const large = Array.from({ length: 3 }, (_, index) => `${index}${randomBytes(700).toString('hex')}`);
    await one.deposit(large);
    await two.deposit(['two']);
    const refused = await one.deposit(large).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(InboxFullError);
    expect(String(refused)).toMatch(/full: it has \d+ bytes, and the limit is 5000 bytes/u);
    expect(await drain(two, second)).toEqual(['two']);
    expect(await drain(one, first)).toEqual(large);
    await one.deposit(large);
    expect(await drain(one, first)).toEqual(large);
    await Promise.all([one.close(), two.close()]);
  });

  it('take every deposit along that ends before they are renamed', async () => {
    const store = bench.open();
    const fence = await store.lock(NOW);
    const depositors = [bench.open(), bench.open()];
    const acknowledged: string[] = [];
    // Each ends with the refusal of a deposit.
    const deposits = depositors.map(async (depositor, at) => {
      for (let count = 0; ; count += 1) {
        const entry = `${at} ${count}`;
        await depositor.deposit([entry]);
        acknowledged.push(entry);
      }
    });
    const refused = Promise.allSettled(deposits);
    while (acknowledged.length < 20) await new Promise((resolve) => setTimeout(resolve, 5));
    await store.rename({ to: 'market', run: 'r' }, await rememberedIn(store), fence);
    for (const depositor of depositors)
      await expect(depositor.deposit(['late'])).rejects.toBeInstanceOf(StoreProjectError);
    await refused;
    expect(await bench.sql('SELECT DISTINCT project FROM fettle.inbox')).toEqual([['market']]);
    const drained = await drain(store, fence, 10_000);
    expect(new Set(drained)).toEqual(new Set(acknowledged));
    expect(drained).toHaveLength(acknowledged.length);
    for (const one of [store, ...depositors]) await one.close();
  });

  it('may have any name', async () => {
    const project = `a'b"c\\; DROP TABLE fettle.records; ä\u2028`;
    const store = bench.openWith({ project });
    await store.append([note('a')], await store.lock(NOW));
    expect(await store.verify()).toMatchObject({ status: 'sound', records: 2 });
    await store.close();
  });

  it('keep their records to the byte', async () => {
    const store = bench.open(`me "and" \\ you`);
    const fence = await store.lock(NOW);
    const run = `\u0000 {"a":"b"} \\ ' " NULL {} , \n\r\t ä 𝄞 \ud800 \u2028 \ufeff`;
    const [record] = await store.append([note(run)], fence);
    expect((await recordsOf(bench.open())).at(-1)).toEqual(record);
    expect(await bench.open().verify()).toMatchObject({ status: 'sound' });
    await store.close();
  });
});

describe('tables', () => {
  it('are created once if many processes create them at once', async () => {
    const writers = Array.from({ length: 5 }, (_, index) =>
      bench.spawn('append', { project: index < 3 ? 'shop' : `other-${index}` }),
    );
    const heads = await Promise.all(writers.map(async ({ ended }) => lastHead(await ended)));
    expect(heads.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual([7, 7, 7, 13, 19]);
    for (const project of ['shop', 'other-3', 'other-4'])
      expect(await bench.openWith({ project }).verify()).toMatchObject({ status: 'sound', damage: [] });
    expect(await bench.sql('SELECT version FROM fettle.version')).toEqual([[SCHEMA_VERSION]]);
  });

  it('are not created by readers', async () => {
    const store = bench.open();
    expect(await store.read(() => undefined)).toEqual({ status: 'none', damage: [] });
    expect(await store.verify()).toMatchObject({ status: 'none' });
    expect(await store.holder()).toBeUndefined();
    expect(await store.lockStatus()).toBeUndefined();
    expect(await bench.sql(`SELECT count(*) FROM pg_namespace WHERE nspname = 'fettle'`)).toEqual([['0']]);
    // The schema exists, for another use, without the tables.
    await bench.sql('CREATE SCHEMA fettle');
    expect(await store.read(() => undefined)).toEqual({ status: 'none', damage: [] });
    await store.append([note('a')], await store.lock(NOW));
    await store.close();
  });

  it('are not changed by readers', async () => {
    const store = bench.open();
    const fence = await store.lock(NOW);
    await store.append([note('a')], fence);
    await store.checkpoint([], fence, true);
    await store.close();
    const before = await everything();
    const reader = bench.open();
    await reader.read(() => undefined);
    await reader.read(() => undefined, 'all');
    await reader.verify({ seq: 1, hash: '0'.repeat(64) });
    await reader.holder();
    await reader.lockStatus();
    await reader.close();
    expect(await everything()).toEqual(before);
  });

  it('of a newer version are refused, clearly', async () => {
    const store = bench.open();
    await store.lock(NOW);
    await store.close();
    await bench.sql('UPDATE fettle.version SET version = 99');
    for (const call of [
      (): Promise<unknown> => bench.open().read(() => undefined),
      (): Promise<unknown> => bench.open().verify(),
      (): Promise<unknown> => bench.open().lock(NOW),
      (): Promise<unknown> => bench.open().holder(),
    ])
      await expect(call()).rejects.toThrow(/tables have version 99, and this fettle supports version \d+/u);
  });

  it('of an older version are read unchanged, and migrated by writers', async () => {
    const store = bench.open();
    await store.append([note('a')], await store.lock(NOW));
    await store.close();
    await bench.sql(
      'DROP TABLE fettle.renames, fettle.inbox; ALTER TABLE fettle.fences DROP COLUMN wanted_at; UPDATE fettle.version SET version = 1',
    );
    const reader = bench.open();
    expect(await reader.verify()).toMatchObject({ status: 'sound', damage: [] });
    expect(await reader.holder()).toBeUndefined();
    expect(await reader.undrained(10)).toEqual([]);
    await expect(reader.deposit(['a'])).rejects.toThrow(/no inbox yet. A command that writes migrates them/u);
    await reader.close();
    expect(await bench.sql('SELECT version FROM fettle.version')).toEqual([[1]]);
    const writer = bench.open();
    await writer.append([note('b')], await writer.lock(NOW));
    await writer.deposit(['a']);
    await writer.close();
    expect(await bench.sql('SELECT version FROM fettle.version')).toEqual([[SCHEMA_VERSION]]);
    expect(await bench.sql('SELECT count(*) FROM fettle.renames')).toEqual([['0']]);
  });

  it('need a database that holds every character', async () => {
    await server.sql(
      'postgres',
      `CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'`,
    );
    const store = bench.openWith({ target: await bench.targetFor(server.url('latin')) });
    await expect(store.lock(NOW)).rejects.toThrow(/encoding LATIN1/u);
    await store.close();
  });
});

describe('a user of the database', () => {
  const owner = { FETTLE_STORE_OWNER: 'admin' };

  async function role(name: string, grants: readonly string[]): Promise<string> {
    await bench.sql(`DROP ROLE IF EXISTS ${name}`);
    await bench.sql(`CREATE ROLE ${name} LOGIN PASSWORD '${PASSWORD}'`);
    for (const grant of grants) await bench.sql(`GRANT ${grant} TO ${name}`);
    return bench.url.replace('admin@', `${name}@`);
  }

  async function fill(): Promise<void> {
    const store = bench.open();
    await store.append([note('a')], await store.lock(NOW));
    await store.close();
  }

  it('with read permissions can read, and gets an error for anything else', async () => {
    await fill();
    const url = await role('reader', ['USAGE ON SCHEMA fettle', 'SELECT ON ALL TABLES IN SCHEMA fettle']);
    const reader = bench.openWith({ target: await bench.targetFor(url, PASSWORD, owner) });
    expect(await recordsOf(reader)).toHaveLength(2);
    expect(await reader.verify()).toMatchObject({ status: 'sound', notes: [] });
    expect(await reader.holder()).toBeUndefined();
    await expect(reader.lock(NOW)).rejects.toThrow(/permission denied for table fences/u);
    await reader.close();
    await bench.sql('DROP OWNED BY reader');
  });

  it('without permissions gets an error that says so, and not that the log does not exist', async () => {
    await fill();
    const stranger = bench.openWith({ target: await bench.targetFor(await role('stranger', []), PASSWORD, owner) });
    await expect(stranger.read(() => undefined)).rejects.toThrow(/permission denied for schema fettle/u);
    await expect(stranger.lock(NOW)).rejects.toThrow(/permission denied for schema fettle/u);
    await stranger.close();
  });

  it('with write permissions, and without permission to create, can use existing tables', async () => {
    await fill();
    const url = await role('writer', ['USAGE ON SCHEMA fettle', 'ALL ON ALL TABLES IN SCHEMA fettle']);
    const writer = bench.openWith({ target: await bench.targetFor(url, PASSWORD, owner) });
    await writer.append([note('b')], await writer.lock(NOW));
    await writer.close();
    const other = bench.openWith({ target: await bench.targetFor(`${url}?schema=elsewhere`) });
    await expect(other.lock(NOW)).rejects.toThrow(/permission denied for database/u);
    await other.close();
    await bench.sql('DROP OWNED BY writer');
  });
});

describe('a long log', () => {
  it('is read page by page, and unchanged', async () => {
    const store = bench.open();
    const fence = await store.lock(NOW);
    for (let part = 0; part < 5; part += 1)
      await store.append(
        Array.from({ length: 1500 }, (_, index) => note(`${part * 1500 + index} ${'x'.repeat((index % 7) * 100)}`)),
        fence,
      );
    const large = Array.from({ length: 12 }, (_, index) => note(`large ${index} ${'ä'.repeat(400_000)}`));
    await store.append(large, fence);
    const records = await recordsOf(store);
    expect(records).toHaveLength(1 + 7500 + 12);
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_, index) => index + 1));
    expect(await store.verify()).toMatchObject({ status: 'sound', records: 7513 });
    await store.close();
  });

  it('begins with a checkpoint of many resources', async () => {
    const store = bench.open();
    const fence = await store.lock(NOW);
    const names = Array.from({ length: 12_000 }, (_, index) => `web-${String(index).padStart(5, '0')}`);
    for (let from = 0; from < names.length; from += 3000)
      await store.append(
        names.slice(from, from + 3000).map((name) => seen(name, 'ready')),
        fence,
      );
    await store.checkpoint(await rememberedIn(store), fence, true);
    expect(await recordsOf(bench.open(), 'checkpoint')).toHaveLength(12_001);
    expect(await store.verify()).toMatchObject({ status: 'sound', checkpoints: 2, records: 24_002 });
    await store.close();
  });
});
