/** A store that cannot take an event: the sender gets 503 and a reason, and no event is lost or taken twice. */

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { certificateEvents } from '../../../plugins/certificates/events/plugin-events.ts';
import { inboxEntryOf } from '../../../src/formats/inbox-entry.ts';
import type { Store } from '../../../src/store/store.ts';
import { temporaryFolder } from '../../support/cli.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { postgresBench } from '../../store/postgres/bench.ts';
import { startProxy } from '../../store/postgres/proxy.ts';
import { EVENT, fileStore, type IntakeServer, SIGNED, signedHeaders } from '../../support/intake-server.ts';
import { httpBench } from './bench.ts';

function errorOf(text: string): string {
  return (JSON.parse(text) as { readonly error?: string }).error ?? '';
}

async function post(
  bench: IntakeServer,
  name: string,
  more: object = {},
): Promise<readonly [number, string, string | undefined]> {
  const body = JSON.stringify({ ...EVENT, sourceEventId: name, ...more });
  const { status, text, headers } = await bench.post(body, signedHeaders(body));
  return [status, errorOf(text), headers['retry-after']];
}

/** The source's ids of the events in the inbox, in their order. */
async function namesIn(store: Store): Promise<readonly string[]> {
  return (await store.undrained(10_000)).map((each) => {
    const own = 'entry' in each ? inboxEntryOf(each.entry) : undefined;
    return /"source_event_id":"([^"]*)"/u.exec(JSON.stringify(own))?.[1] ?? '';
  });
}

test('a full inbox is 503, and takes events in once it is drained', async () => {
  const folder = join(temporaryFolder(), 'store');
  // More than the length at which a writer begins another file.
  const openStore = () => Promise.resolve(fileStore(folder, { inboxBytes: 5 * 1024 * 1024 }));
  const bench = await httpBench({ env: SIGNED, folder, openStore });
  const large = { payload: { text: 'x'.repeat(60_000) } };
  const answers: (readonly [number, string, string | undefined])[] = [];
  while (answers.length < 100 && answers.at(-1)?.[0] !== 503)
    answers.push(await post(bench, `event-${answers.length}`, large));
  expect(answers.at(-1)).toEqual([503, 'inbox_full', '30']);
  expect(bench.lines).toEqual([expect.stringMatching(/^shop: events are not taken in: the inbox of .* is full/u)]);
  const store = fileStore(folder);
  const accepted = answers.filter(([status]) => status === 202).length;
  expect(await namesIn(store)).toHaveLength(accepted);
  const fence = await store.lock({ command: 'test', timeoutMs: 0 });
  const places = (await store.undrained(1000)).map(({ place }) => place);
  await store.append([], fence, places);
  await store.unlock(fence);
  await store.close();
  expect(await post(bench, 'later')).toEqual([202, '', undefined]);
  expect(bench.lines.at(-1)).toBe('shop: events are taken in again');
});

describe('PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  }, 120_000);
  afterAll(async () => {
    await server.stop();
  });

  async function bench(deadlineMs: number) {
    const database = await postgresBench(server);
    const proxy = await startProxy(server.port);
    const url = server.url(database.database, proxy.port);
    const direct = database.open();
    await direct.unlock(await direct.lock({ command: 'test', timeoutMs: 0 }));
    const target = await database.targetFor(url);
    const http = await httpBench({
      env: SIGNED,
      hasLog: false,
      openStore: () => Promise.resolve(database.openWith({ target, deadlineMs })),
    });
    onTestFinished(async () => {
      await http.close();
      await proxy.close();
      await direct.close();
      await database.remove();
    });
    return { http, proxy, direct };
  }

  test('that does not answer for a while is 503, and each accepted event is there once', async () => {
    const { http, proxy, direct } = await bench(1_500);
    expect(await post(http, 'before')).toEqual([202, '', undefined]);
    proxy.mode('swallow');
    const refused = post(http, 'meanwhile');
    expect((await http.get('/healthz')).status).toBe(200);
    expect(await refused).toEqual([503, 'failed', '5']);
    proxy.mode('swallow-old');
    await expect.poll(() => post(http, 'after'), { timeout: 30_000 }).toEqual([202, '', undefined]);
    const names = await namesIn(direct);
    expect([names.filter((name) => name === 'before'), names.includes('after')]).toEqual([['before'], true]);
    // A result was unknown if an event is there although its answer was 503: sent again, it is still one event.
    const arrivals = (await direct.undrained(100)).flatMap((each) => {
      const own = 'entry' in each ? inboxEntryOf(each.entry) : undefined;
      return own !== undefined && 'plugin' in own ? [own.entry] : [];
    });
    const folded = certificateEvents
      .open(SIGNED)
      .fold({ ledger: new Map(), arrivals, desired: [], memory: [], now: Date.now() });
    const keys = folded.changes.map(({ table, key }) => `${table} ${key}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(http.lines).toEqual([expect.stringContaining('events are not taken in'), 'shop: events are taken in again']);
  });

  test('that crashes while events arrive keeps every accepted one once', async () => {
    const { http, direct } = await bench(10_000);
    const accepted: string[] = [];
    const over = new AbortController();
    const sender = async (own: number): Promise<void> => {
      for (let i = 0; !over.signal.aborted; i += 1) {
        const name = `event-${own}-${i}`;
        const [status] = await post(http, name).catch(() => [0]);
        if (status === 202) accepted.push(name);
      }
    };
    const senders = Promise.all(Array.from({ length: 8 }, (_, own) => sender(own)));
    await expect.poll(() => accepted.length, { timeout: 30_000 }).toBeGreaterThan(20);
    await server.crash();
    const before = accepted.length;
    await expect.poll(() => accepted.length, { timeout: 60_000 }).toBeGreaterThan(before + 20);
    over.abort();
    await senders;
    const names = await namesIn(direct);
    const wrong = accepted.filter((name) => names.filter((each) => each === name).length !== 1);
    expect(wrong).toEqual([]);
  });
});
