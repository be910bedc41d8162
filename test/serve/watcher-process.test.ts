/** The process of the watchers of `fettle serve`: deaths, edits and floods of changes. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeFiles } from '../support/cli.ts';
import type { ApiServer } from '../support/kubernetes/api.ts';
import { emulatedServer } from '../support/kubernetes/servers.ts';
import {
  commandLine,
  DEFINITIONS,
  HOST,
  POLL,
  roundAfter,
  startFabric,
  thing,
  value,
  watchedFabric,
  watcherProcesses,
} from './watched-fabric.ts';

function isAlive(pid: number): boolean {
  try {
    return commandLine(pid) !== '';
  } catch {
    return false;
  }
}

describe('the process of the watchers', () => {
  let server: ApiServer;
  beforeAll(async () => {
    server = await emulatedServer({ definitions: DEFINITIONS });
  });
  afterAll(() => server.stop());

  test('is started again after its death, and sees what happened meanwhile', { timeout: 180_000 }, async () => {
    const { running, resize } = await watchedFabric(server);
    const [pid = 0, ...others] = watcherProcesses(running);
    expect(others).toEqual([]);
    const line = await roundAfter(running, async () => {
      process.kill(pid, 'SIGKILL');
      await running.said(/warning: the process of the watchers was ended by a signal\. It starts again in 1 s\n/u);
      await resize(3);
    });
    expect(line).toMatch(/1 drifted/u);
    expect(await value(running, 'fettle_watcher_restarts_total')).toBe(1);
    expect(await value(running, 'fettle_watcher_up', { plugin: 'fabric' })).toBe(1);
    expect(watcherProcesses(running)).not.toContain(pid);
    expect(watcherProcesses(running)).toHaveLength(1);
  });

  test('has no secret in its arguments, and ends with the daemon, also with one that is killed', async () => {
    const { running } = await watchedFabric(server);
    const [pid = 0] = watcherProcesses(running);
    expect(commandLine(pid)).toMatch(/ --max-old-space-size=256 .*serve --watcher --chdir=\S+ --serve-config=\S+ $/u);
    process.kill(running.pid, 'SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: 60_000 }).toBe(false);
    const second = await watchedFabric(server);
    const [other = 0] = watcherProcesses(second.running);
    expect(await second.running.stop()).toBe(0);
    expect(isAlive(other)).toBe(false);
  }, 180_000);

  test('is another one after an edit of the documents and after a reload', { timeout: 180_000 }, async () => {
    const { running, folder, resize } = await watchedFabric(server);
    const pids = new Set(watcherProcesses(running));
    writeFiles(folder, { 'desired/four.yaml': JSON.stringify(thing('four', 1)) });
    await running.ask('/-/reload', 'POST');
    await expect.poll(() => watcherProcesses(running).filter((pid) => !pids.has(pid)).length, POLL).toBe(1);
    for (const pid of watcherProcesses(running)) pids.add(pid);
    expect(watcherProcesses(running)).toHaveLength(1);
    running.signal('SIGHUP');
    await expect.poll(() => watcherProcesses(running).filter((pid) => !pids.has(pid)).length, POLL).toBe(1);
    expect(await roundAfter(running, () => resize(4))).toMatch(/refreshed in/u);
  });

  test('does not run if the host or the project turns it off', { timeout: 180_000 }, async () => {
    const off = await startFabric(server, `${HOST}watch: false\n`);
    await off.running.said(/refreshed in/u);
    expect((await off.running.ask('/metrics')).text).not.toContain('fettle_watcher_up');
    const narrowed = await startFabric(server, HOST, 'name: shop\nstore: .fettle\nserve: { watch: false }\n');
    await narrowed.running.said(/refreshed in/u);
    // Its process ends with 0: nothing to watch.
    await expect.poll(() => value(narrowed.running, 'fettle_watcher_up', { plugin: 'fabric' }), POLL).toBe(1);
    expect(watcherProcesses(narrowed.running)).toEqual([]);
    for (const { running } of [off, narrowed]) expect(watcherProcesses(running)).toEqual([]);
  });

  test('starts at most one round in ten seconds, however often an object changes', { timeout: 180_000 }, async () => {
    const { running, resize } = await watchedFabric(server);
    const rounds = (): Promise<number> => value(running, 'fettle_rounds_total', { outcome: 'ok' });
    const over = new AbortController();
    const flood = (async (): Promise<void> => {
      for (let size = 10; !over.signal.aborted; size += 1) {
        await resize(size);
        // Hundreds of changes between two rounds; more of them would only keep the processors busy.
        await sleep(20);
      }
    })();
    const first = await rounds();
    await expect.poll(rounds, POLL).toBeGreaterThan(first);
    const from = performance.now();
    const second = await rounds();
    await expect.poll(rounds, POLL).toBeGreaterThan(second + 1);
    over.abort();
    await flood;
    expect(performance.now() - from).toBeGreaterThan(15_000);
  });
});
