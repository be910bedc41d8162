/** `fettle serve` killed while events arrive, and on a full disk: every event that was answered with 202 is there once. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { fettle } from '../support/cli.ts';
import { randomFrom, testSeed } from '../support/seed.ts';
import { inboxEntries, SIGNED } from '../support/intake-server.ts';
import { type Daemon, daemon } from './daemon.ts';
import { domainProject } from './inbox-project.ts';
import { sendTo } from './sending.ts';

const HOLDER = join(import.meta.dirname, '../store/fixtures/holder.ts');
const KILLS = process.env['FETTLE_TEST_FULL'] === undefined ? 3 : 60;
const seed = testSeed();

/** Holds the lock, so that the rounds drain nothing. */
async function holdLock(folder: string): Promise<ChildProcess> {
  const holder = spawn(process.execPath, [HOLDER, join(folder, '.fettle')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, PROJECT: 'shop' },
  });
  onTestFinished(() => void holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  return holder;
}

async function ready(folder: string): Promise<Daemon> {
  const running = await daemon(folder, 'interval: 1h\n', [], SIGNED);
  await running.said(/shop: .*not recorded, because another process holds the lock/u);
  return running;
}

/** Number of entries of each event in the inbox. */
function timesInInbox(store: string): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const { entry } of inboxEntries(store)) {
    const id = /"id":"(evt-\w+)"/u.exec(JSON.stringify(entry))?.[1] ?? '';
    times.set(id, (times.get(id) ?? 0) + 1);
  }
  return times;
}

function logOf(store: string): string {
  const log = join(store, 'log');
  return readdirSync(log)
    .map((name) => readFileSync(join(log, name), 'utf8'))
    .join('');
}

test(`kill -9 at any moment (seed ${seed})`, { timeout: 600_000 }, async () => {
  const random = randomFrom(seed);
  const folder = domainProject(['www']);
  const store = join(folder, '.fettle');
  await fettle(folder, 'drift', '--record');
  const holder = await holdLock(folder);
  const accepted: string[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const running = await ready(folder);
    const sending = sendTo(await running.port(), `kill-${kill}`);
    await expect.poll(() => sending.accepted.length, { timeout: 30_000, interval: 5 }).toBeGreaterThan(0);
    await sleep(random() * 400);
    await running.stop('SIGKILL');
    await sending.end();
    accepted.push(...sending.accepted);
  }
  const times = timesInInbox(store);
  expect(accepted.filter((id) => times.get(id) !== 1)).toEqual([]);
  // An event whose answer was lost with the process may be there, once.
  expect([...times.values()].filter((count) => count !== 1)).toEqual([]);
  holder.kill('SIGKILL');
  await once(holder, 'close');
  // The rounds after that drain all of them.
  await expect
    .poll(
      async () => {
        await fettle(folder, 'serve', '--once');
        return readdirSync(join(store, 'inbox')).length;
      },
      { timeout: 200_000 },
    )
    .toBe(0);
  const log = logOf(store);
  expect(accepted.filter((id) => !log.includes(id))).toEqual([]);
  expect((await fettle(folder, 'log', 'verify')).code).toBe(0);
});

test('a full disk is 503 until it has room again', { timeout: 120_000 }, async () => {
  const folder = domainProject(['www']);
  const store = join(folder, '.fettle');
  await fettle(folder, 'drift', '--record');
  await holdLock(folder);
  const running = await ready(folder);
  const sending = sendTo(await running.port(), 'disk');
  await expect.poll(() => sending.accepted.length, { timeout: 30_000 }).toBeGreaterThan(20);
  const limit = (bytes: string): void => {
    execFileSync('prlimit', ['--pid', String(running.pid), `--fsize=${bytes}:`]);
  };
  // No file of the process can become longer, and a new one ends in the middle of its first line.
  limit('100');
  await expect.poll(() => sending.statuses.get(503) ?? 0, { timeout: 30_000 }).toBeGreaterThan(20);
  await running.said(/shop: events are not taken in: the inbox of .* cannot be written: EFBIG/u);
  expect((await running.ask('/healthz')).status).toBe(200);
  limit('unlimited');
  const before = sending.accepted.length;
  await expect.poll(() => sending.accepted.length, { timeout: 30_000 }).toBeGreaterThan(before + 20);
  await running.said('shop: events are taken in again');
  await sending.end();
  expect(await running.stop()).toBe(0);
  const times = timesInInbox(store);
  expect(sending.accepted.filter((id) => times.get(id) !== 1)).toEqual([]);
});
