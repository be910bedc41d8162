/**
 * A process that uses a store on PostgreSQL and prints each acknowledgement: `argv` is the scenario,
 * `FETTLE_TEST_STORE` the store.
 */

import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPostgresStore, type PostgresStoreOptions } from '../../../src/store/postgres/postgres-store.ts';
import type { Fence } from '../../../src/store/store.ts';
import { intent, note, outcome } from '../drafts.ts';

const [scenario = ''] = process.argv.slice(2);
const given = JSON.parse(process.env['FETTLE_TEST_STORE'] ?? '{}') as Pick<
  PostgresStoreOptions,
  'target' | 'project' | 'leaseMs' | 'beatMs'
>;
const store = openPostgresStore({ ...given, actor: 'child', now: Date.now, randomId: randomUUID });

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

async function append(fence: Fence, name: string): Promise<void> {
  const [first] = await store.append([intent(name)], fence);
  say(`${first?.seq} ${first?.hash}`);
  const both = await Promise.all([
    store.append([outcome(name, first?.seq ?? 0)], fence),
    store.append([note(name)], fence),
  ]);
  for (const record of both.flat()) say(`${record.seq} ${record.hash}`);
}

const scenarios: Readonly<Record<string, () => Promise<void>>> = {
  /** Holds the lock until it is killed. */
  hold: async () => {
    await append(await store.lock({ command: scenario, timeoutMs: 0 }), 'web-1');
    say('ready');
    setInterval(() => undefined, 1000);
  },
  /** Waits for the lock. */
  wait: async () => {
    await store.lock({ command: scenario, timeoutMs: 120_000, onWait: () => say('ready') });
    await store.close();
  },
  /** Waits for the lock, appends and ends. */
  append: async () => {
    const fence = await store.lock({ command: scenario, timeoutMs: 120_000 });
    await append(fence, 'web-1');
    await append(fence, 'web-2');
    await store.close();
  },
  /** Appends until an append is refused. */
  on: async () => {
    const fence = await store.lock({ command: scenario, timeoutMs: 0 });
    try {
      for (let count = 0; ; count += 1) {
        const [record] = await store.append([note('on')], fence);
        say(`${record?.seq} ${record?.hash}`);
        if (count === 0) say('ready');
        await sleep(20);
      }
    } catch (error) {
      say(error instanceof Error ? error.constructor.name : 'nothing');
    }
    await store.close();
  },
  /** Blocks its main thread for twice the lease, once its heartbeat has begun, and then appends. */
  busy: async () => {
    const fence = await store.lock({ command: scenario, timeoutMs: 0 });
    await sleep(1_500);
    say('ready');
    const still = new Int32Array(new SharedArrayBuffer(4));
    Atomics.wait(still, 0, 0, 2 * (given.leaseMs ?? 0));
    const [record] = await store.append([note('busy')], fence);
    say(`${record?.seq} ${record?.hash}`);
    await store.close();
  },
  /** Reads, and ends without closing anything. */
  idle: async () => {
    await store.read(() => undefined);
    say('read');
  },
};

await scenarios[scenario]?.();
