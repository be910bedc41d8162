/** The inbox is drained in batches, and a process that waits for the lock waits for one of them. */

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { emptyRecall } from '../../src/engine/remember.ts';
import { recorder } from '../../src/run/lock.ts';
import type { Project } from '../../src/run/project.ts';
import { drainEvents } from '../../src/run/round-events.ts';
import { openFileStore } from '../../src/store/files/file-store.ts';
import { temporaryFolder } from '../support/cli.ts';

const NOW = Date.parse('2026-11-29T12:00:00Z');
/** More than two batches. */
const COUNT = 450;

async function drained(wanted: AbortSignal): Promise<{ readonly left: number; readonly nextAt: number | undefined }> {
  const folder = join(temporaryFolder(), '.fettle');
  const store = openFileStore({ folder, project: 'shop', actor: 'test', now: Date.now, randomId: randomUUID });
  const never = new AbortController().signal;
  const fence = await store.lock({ command: 'serve', timeoutMs: 0, signal: never });
  await store.deposit(Array.from({ length: COUNT }, (_, i) => ({ odd: i })));
  const recall = emptyRecall();
  const { record } = recorder(store, fence, recall, undefined);
  const host = { plugins: new Map(), env: {}, now: () => NOW, elapsed: () => 0 };
  const { nextAt } = await drainEvents(
    {
      project: { host } as unknown as Project,
      store,
      plugins: new Map(),
      recall,
      record,
      run: 'run-1',
      stop: never,
      wanted,
      settled: () => [],
    },
    () => undefined,
  );
  const left = await store.undrained(1000);
  await store.unlock(fence);
  await store.close();
  return { left: left.length, nextAt };
}

test('all batches follow one another while no other process waits', async () => {
  expect(await drained(new AbortController().signal)).toEqual({ left: 0, nextAt: undefined });
});

test('while another process waits, one batch is drained, and the rest is due in the next round', async () => {
  expect(await drained(AbortSignal.abort())).toEqual({ left: COUNT - 200, nextAt: NOW });
});
