/** The supervision of the process of the watchers: its starts, its pauses, its messages and its end. */

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Handed } from '../../src/run/last-valid.ts';
import type { WatchExit } from '../../src/serve/watch-process.ts';
import { Watcher } from '../../src/serve/watcher.ts';

const POLL = { timeout: 60_000 };

interface Started {
  readonly order: Handed;
  readonly hear: (message: unknown) => void;
  readonly end: (exit: WatchExit) => void;
  readonly signals: readonly string[];
}

/** Processes that end when the test says so, or at a signal. */
function bench({ pauseMs = 1, everyMs = 0, gatherMs = 1 } = {}) {
  const started: Started[] = [];
  const woken: string[][] = [];
  const counted: string[] = [];
  const lines: string[] = [];
  let up: readonly string[] = [];
  let restarts = 0;
  const watcher = new Watcher({
    start: (order, hear) => {
      const { promise, resolve } = Promise.withResolvers<WatchExit>();
      const signals: string[] = [];
      started.push({ order, hear, end: resolve, signals });
      const by = (name: string) => (): void => {
        signals.push(name);
        resolve({ code: undefined, said: [] });
      };
      return { exit: promise, stop: by('stop'), kill: by('kill') };
    },
    plugins: new Set(['fabric', 'portsync']),
    wake: (changed) => void woken.push([...changed]),
    standing: (names) => {
      up = [...names];
    },
    woken: (plugin) => void counted.push(plugin),
    restarted: () => {
      restarts += 1;
    },
    say: (line) => void lines.push(line),
    elapsed: () => performance.now(),
    pauseMs,
    everyMs,
    gatherMs,
  });
  const until = async (count: number): Promise<void> => {
    await expect.poll(() => started.length, POLL).toBe(count);
  };
  return { watcher, started, woken, counted, lines, until, up: () => up, restarts: () => restarts };
}

test('starts with the documents of a round, and once for each version of them', async () => {
  const { watcher, started, until } = bench();
  watcher.follow(undefined, {});
  watcher.follow('v1', { lastValid: 'packed' });
  await until(1);
  expect(started[0]?.order).toEqual({ lastValid: 'packed' });
  watcher.follow('v1', {});
  await sleep(20);
  expect(started).toHaveLength(1);
  watcher.follow('v2', {});
  await until(2);
  expect(started[0]?.signals).toEqual(['stop']);
  watcher.reload();
  watcher.follow('v2', {});
  await until(3);
  await watcher.stop();
  expect(started[2]?.signals).toEqual(['stop']);
  watcher.follow('v3', {});
  await sleep(20);
  expect(started).toHaveLength(3);
});

test('starts another one after a death, and none after an end with 0', async () => {
  const { watcher, started, until, up, restarts, lines } = bench();
  watcher.follow('v1', {});
  await until(1);
  started[0]?.hear({ plugins: { fabric: '' }, changed: [] });
  expect(up()).toEqual(['fabric', 'portsync']);
  started[0]?.end({ code: 134, said: ['FATAL ERROR:', 'heap limit'] });
  await until(2);
  expect(up()).toEqual([]);
  expect(restarts()).toBe(1);
  expect(lines).toEqual([
    expect.stringMatching(
      /^warning: the process of the watchers ended with exit code 134 \(FATAL ERROR: heap limit\)/u,
    ),
  ]);
  started[1]?.end({ code: 0, said: [] });
  await sleep(30);
  expect(started).toHaveLength(2);
  expect(up()).toEqual(['fabric', 'portsync']);
  watcher.follow('v2', {});
  await until(3);
  await watcher.stop();
});

test('waits longer after each death', async () => {
  const { watcher, started, until } = bench({ pauseMs: 40 });
  const times: number[] = [];
  watcher.follow('v1', {});
  for (let i = 0; i < 4; i += 1) {
    await until(i + 1);
    times.push(performance.now());
    started[i]?.end({ code: 1, said: [] });
  }
  const pauses = times.slice(1).map((time, i) => time - (times[i] ?? 0));
  // A timer of Node.js can fire a little early.
  for (const [i, least] of [38, 78, 158].entries()) expect(pauses[i]).toBeGreaterThan(least);
  await watcher.stop();
});

test('ends a process that sends a message that is not valid', async () => {
  const { watcher, started, until, woken } = bench();
  watcher.follow('v1', {});
  await until(1);
  started[0]?.hear({ plugins: { fabric: '' }, changed: ['nodes/Node/a'] });
  expect(started[0]?.signals).toEqual(['kill']);
  await until(2);
  // A late message of the former process does not count.
  started[0]?.hear({ plugins: { fabric: '' }, changed: ['fabric'] });
  await sleep(20);
  expect(woken).toEqual([]);
  await watcher.stop();
});

test('gathers changes to one round, and counts it once for each plugin', async () => {
  const { watcher, started, until, woken, counted } = bench({ gatherMs: 30 });
  watcher.follow('v1', {});
  await until(1);
  for (const changed of [['fabric/VPC/a'], ['fabric/VPC/b', 'portsync/Port/c'], ['fabric/VPC/a']])
    started[0]?.hear({ plugins: { fabric: '', portsync: '' }, changed });
  await expect.poll(() => woken, POLL).toEqual([['fabric/VPC/a', 'fabric/VPC/b', 'portsync/Port/c']]);
  expect(counted).toEqual(['fabric', 'portsync']);
  await watcher.stop();
});

test('says that a plugin does not see changes, and not again for each flap', async () => {
  const { watcher, started, until, lines, up } = bench();
  watcher.follow('v1', {});
  await until(1);
  for (let i = 0; i < 5; i += 1) {
    started[0]?.hear({ plugins: { fabric: 'Fabric prod: no answer' }, changed: [] });
    expect(up()).toEqual(['portsync']);
    started[0]?.hear({ plugins: { fabric: '' }, changed: [] });
    expect(up()).toEqual(['fabric', 'portsync']);
  }
  expect(lines).toEqual([
    'warning: the watcher of fabric does not see changes: Fabric prod: no answer',
    'the watcher of fabric sees changes again',
  ]);
  await watcher.stop();
});
