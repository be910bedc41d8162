/** The log in the memory of the process that answers: lists are those of a new read, after every change of the log. */

import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LogRecord } from '../../src/formats/log-record.ts';
import { logRecords } from '../../src/run/log.ts';
import { lastRecords } from '../../src/run/records.ts';
import { FollowedLog } from '../../src/serve/answers/followed-log.ts';
import type { KnownFilter } from '../../src/serve/answers/known-records.ts';
import type { Fence, Store } from '../../src/store/store.ts';
import type { StoreBench } from '../store/conformance.ts';
import { intent, note, outcome, rememberedIn, seen } from '../store/drafts.ts';
import { fileBench } from '../store/file-bench.ts';
import { postgresBench } from '../store/postgres/bench.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import fc from '../support/property.ts';

const LOCK = { command: 'apply', timeoutMs: 0 };

const FILTERS: readonly KnownFilter[] = [
  {},
  { kind: ['intent'] },
  { kind: ['remembered'] },
  { kind: ['checkpoint'] },
  { step: 'absent>ready' },
  { step: 'absent>ready', kind: ['outcome'] },
  { actor: 'me' },
  { actor: 'other' },
  { actor: 'absent' },
  { outcome: ['done'] },
  { run: 'r' },
  { run: 'unknown' },
  { address: 'nodes/Node/web-3' },
  { address: 'nodes/Node/web-3', kind: ['seen'] },
  { address: 'nodes/Node/web-33333' },
  { before: 40 },
  { before: 40, address: 'nodes/Node/web-1', outcome: ['done'] },
];

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

describe.each<[string, () => Promise<StoreBench>]>([
  ['files', fileBench],
  ['PostgreSQL', () => postgresBench(server)],
])('the followed log on %s', (_name, make) => {
  let bench: StoreBench;
  let opened: Store[];

  function open(actor?: string): Store {
    const store = bench.open(actor);
    opened.push(store);
    return store;
  }

  beforeEach(async () => {
    bench = await make();
    opened = [];
  });
  afterEach(async () => {
    for (const store of opened) await store.close();
    await bench.remove();
  });

  /** A followed log, with the reads of its store. */
  function followed(mostBytes?: number): { readonly log: FollowedLog; readonly reads: () => readonly unknown[] } {
    const store = open('reader');
    const reads: unknown[] = [];
    const counting: Store = new Proxy(store, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        if (name !== 'read') return value.bind(target) as unknown;
        return (take: (record: LogRecord) => void, from: unknown) => {
          reads.push(from);
          return target.read(take, from as 'all');
        };
      },
    });
    return {
      log: new FollowedLog(() => Promise.resolve(counting), mostBytes === undefined ? {} : { mostBytes }),
      reads: () => reads.splice(0),
    };
  }

  /** Expects each list to be that of a new read. */
  async function expectSame(log: FollowedLog): Promise<void> {
    const fresh = open('fresh');
    for (const filter of FILTERS) {
      for (const last of [1, 3, 1000]) {
        const { records, unknown } = await logRecords(fresh, filter, last);
        const given = await log.list(filter, last);
        expect({ filter, records: given.records, unknown: given.unknown }).toEqual({ filter, records, unknown });
      }
    }
    for (const name of ['web-0', 'web-3', 'web-99999'])
      expect(await log.about(`nodes/Node/${name}`, 5)).toEqual(await lastRecords(fresh, `nodes/Node/${name}`, 5));
    await fresh.close();
  }

  async function fill(store: Store, fence: Fence, count: number): Promise<void> {
    const made = await store.append(
      Array.from({ length: count }, (_, i) => intent(`web-${i}`)),
      fence,
    );
    await store.append(
      made.map(({ seq }, i) => outcome(`web-${i}`, seq)),
      fence,
    );
    await store.append([seen('web-3', 'ready'), note('r')], fence);
  }

  it('has no records before the first write, and those of the first write then', async () => {
    const { log } = followed();
    expect(await log.list({}, 10)).toMatchObject({ records: [], report: { status: 'none' } });
    const store = open();
    await fill(store, await store.lock(LOCK), 5);
    await expectSame(log);
  });

  it('reads only what was appended, over checkpoints and take-overs', async () => {
    const store = open();
    const fence = await store.lock(LOCK);
    await fill(store, fence, 200);
    const { log, reads } = followed();
    await expectSame(log);
    expect(reads()).toContain('all');
    await store.append([note('s')], fence);
    await log.list({}, 1);
    await store.checkpoint(await rememberedIn(store), fence, true);
    await fill(store, fence, 200);
    await log.list({}, 1);
    await log.list({}, 1);
    await bench.declareDead();
    const other = open('other');
    const next = await other.lock(LOCK);
    await other.append([note('mine')], next);
    await log.list({}, 1);
    expect(reads()).not.toContain('all');
    await expectSame(log);
  });

  it('is read again after a prune', async () => {
    const store = open();
    const fence = await store.lock(LOCK);
    await fill(store, fence, 300);
    await store.checkpoint(await rememberedIn(store), fence, true);
    await fill(store, fence, 3);
    const { log } = followed();
    await expectSame(log);
    await store.prune(1, fence);
    await expectSame(log);
    const { records } = await log.list({}, 10_000);
    expect(records.length).toBeLessThan(10);
  });

  it('is read again once the log is damaged, and after its recovery', async () => {
    const store = open();
    const fence = await store.lock(LOCK);
    await fill(store, fence, 4);
    const [last] = await store.append([note('r')], fence);
    const { log } = followed();
    await expectSame(log);
    await store.unlock(fence);
    await bench.spoil(last?.seq ?? 0);
    const again = open();
    const held = await again.lock(LOCK);
    await again.recover(held);
    await again.append([note('after')], held);
    await expectSame(log);
    expect((await log.list({ kind: ['end'] }, 1)).records).toMatchObject([{ body: { run: 'after' } }]);
  });

  it('reads the store for records that are no longer in memory', async () => {
    const store = open();
    const fence = await store.lock(LOCK);
    await fill(store, fence, 700);
    const { log, reads } = followed(1);
    await log.list({}, 5);
    expect(reads()).toEqual(['all']);
    await log.list({}, 5);
    expect(reads()).toEqual([]);
    await Promise.all([log.list({ address: 'nodes/Node/web-0' }, 5), log.list({ address: 'nodes/Node/web-0' }, 5)]);
    expect(reads()).toEqual(['all']);
    await expectSame(log);
    reads();
    await store.append([intent('web-0'), note('unknown')], fence);
    await log.list({ address: 'nodes/Node/web-0' }, 5);
    expect(reads()).not.toContain('all');
    await expectSame(log);
  });

  it('gives requests that arrive together the same records', async () => {
    const store = open();
    const fence = await store.lock(LOCK);
    const { log, reads } = followed();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }), async (counts) => {
        for (const count of counts) await fill(store, fence, count);
        const lists = await Promise.all([1, 2, 3].map(() => log.list({}, 50)));
        const { records } = await logRecords(store, {}, 50);
        for (const list of lists) expect(list.records).toEqual(records);
      }),
      { numRuns: 5 },
    );
    expect(reads().filter((from) => from === 'all').length).toBeLessThanOrEqual(1);
  });
});

describe('the followed log', () => {
  it('is read again when another log has its place', async () => {
    const bench = await fileBench();
    const [store, reader] = [bench.open(), bench.open()];
    await store.append([intent('web-1'), note('first')], await store.lock(LOCK));
    const log = new FollowedLog(() => Promise.resolve(reader));
    expect((await log.list({}, 1)).records).toMatchObject([{ body: { run: 'first' } }]);
    await store.close();
    rmSync(bench.folder, { recursive: true });
    const fresh = bench.open();
    await fresh.append([intent('web-2'), note('second'), note('third')], await fresh.lock(LOCK));
    expect((await log.list({ kind: ['end'] }, 5)).records).toMatchObject([
      { body: { run: 'second' } },
      { body: { run: 'third' } },
    ]);
    await fresh.close();
    await reader.close();
    await bench.remove();
  });
});
