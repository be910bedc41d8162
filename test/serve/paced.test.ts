/** Work that others ask for, at most once in a time. */

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { paced } from '../../src/serve/paced.ts';

const elapsed = (): number => performance.now();

test('calls in a burst are one run at once, and one after the least time', async () => {
  const runs: number[] = [];
  const { call, cancel } = paced(() => runs.push(elapsed()), { gatherMs: 0, everyMs: 300, elapsed });
  for (let i = 0; i < 100; i += 1) call();
  while (runs.length < 1) await sleep(1);
  for (let i = 0; i < 100; i += 1) call();
  while (runs.length < 2) await sleep(1);
  const [first = 0, second = 0] = runs;
  // A timer may fire a little early.
  expect(second - first).toBeGreaterThan(290);
  await sleep(400);
  expect(runs).toHaveLength(2);
  cancel();
});

test('a call waits for those that follow', async () => {
  const runs: number[] = [];
  const from = elapsed();
  const { call } = paced(() => runs.push(elapsed()), { gatherMs: 100, everyMs: 0, elapsed });
  call();
  call();
  while (runs.length < 1) await sleep(1);
  expect((runs[0] ?? 0) - from).toBeGreaterThan(90);
});

test('cancelled work does not run, also after a call', async () => {
  let runs = 0;
  const { call, cancel } = paced(() => (runs += 1), { gatherMs: 20, everyMs: 0, elapsed });
  call();
  cancel();
  call();
  await sleep(60);
  expect(runs).toBe(0);
});
