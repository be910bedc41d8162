/**
 * A process of the inbox's torture, killed at any moment: `argv` is `deposit NAME COUNT`, or `drain`; FETTLE_TEST_STORE
 * has the store. Prints each acknowledged entry.
 */

import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { FenceLostError, LockHeldError, StoreBrokenError } from '../../src/store/errors.ts';
import type { Fence, Store } from '../../src/store/store.ts';
import { drain, rememberedIn } from '../store/drafts.ts';
import { type InboxPlaceOfTest, openInboxStore } from './inbox-store.ts';

const [work, name = '', count = '0'] = process.argv.slice(2);
const place = JSON.parse(process.env['FETTLE_TEST_STORE'] ?? '{}') as InboxPlaceOfTest;

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

async function deposit(store: Store): Promise<void> {
  for (let next = 0; next < Number(count); ) {
    const group = Array.from({ length: 1 + Math.floor(Math.random() * 5) }, (_, index) => `${name}-${next + index}`);
    await Promise.all(
      group.map(async (entry) => {
        await store.deposit([entry]);
        say(entry);
      }),
    );
    next += group.length;
    await sleep(Math.random() * 15);
  }
  await store.close();
}

/** Drains until another process takes the lock over. */
async function drainWhileHeld(store: Store, fence: Fence): Promise<void> {
  for (let round = 0; round < 20; round += 1) {
    await drain(store, fence, 1 + Math.floor(Math.random() * 30));
    if (Math.random() < 0.1) await store.checkpoint(await rememberedIn(store), fence, true);
    await sleep(Math.random() * 10);
  }
}

async function drainForever(): Promise<void> {
  for (;;) {
    const store = await openInboxStore(place);
    try {
      const fence = await store.lock({ command: 'drain', timeoutMs: 5000 });
      await drainWhileHeld(store, fence);
    } catch (error) {
      if (!(error instanceof FenceLostError || error instanceof LockHeldError || error instanceof StoreBrokenError))
        throw error;
    } finally {
      await store.close();
    }
    await sleep(Math.random() * 50);
  }
}

await (work === 'deposit' ? deposit(await openInboxStore(place)) : drainForever());
