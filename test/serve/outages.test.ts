/** `fettle serve` on a full disk, without its database for a while, and as one of two daemons of which one is killed. */

import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { LogRecord } from '../../src/formats/log-record.ts';
import { cliFile, run, temporaryFolder } from '../support/cli.ts';
import { SIGNED } from '../support/intake-server.ts';
import { PASSWORD, type PostgresServer, startPostgres } from '../support/postgres.ts';
import { type ProxyMode, startProxy } from '../store/postgres/proxy.ts';
import { type Daemon, daemon } from './daemon.ts';
import { domainProject } from './inbox-project.ts';
import { sendTo } from './sending.ts';

const QUICK = 'interval: 10s\n';
const LIMIT = { timeout: 120_000 };
/** Events of few sources: each wakes a round. */
const FEW = { senders: 3, pauseMs: 50 };

type Env = Readonly<Record<string, string>>;

/** Waits for a round that recorded, from now on. */
async function recordedRound(running: Daemon): Promise<void> {
  const before = running.lines().length;
  const line = /^shop: (?!.*not recorded).* refreshed in .*$/mu;
  await expect.poll(() => running.lines().slice(before), LIMIT).toMatch(line);
}

/** Checks that each accepted event was applied once, that no other was applied twice, and that the log is valid. */
async function expectAppliedOnce(folder: string, accepted: readonly string[], env: Env = {}): Promise<void> {
  const command = (...args: readonly string[]) => run(process.execPath, [cliFile, ...args], folder, env);
  const times = new Map<string, number>();
  const count = async (): Promise<void> => {
    times.clear();
    const { stdout } = await command('log', 'export');
    for (const line of stdout.split('\n').filter((each) => each !== '')) {
      const { kind, body } = JSON.parse(line) as LogRecord;
      if (kind === 'ledger' && body.table === 'certificate-events' && body.because === 'the event was applied')
        times.set(body.key, (times.get(body.key) ?? 0) + 1);
    }
  };
  await expect
    .poll(
      async () => {
        await command('serve', '--once');
        await count();
        return accepted.filter((id) => !times.has(id));
      },
      { timeout: 200_000 },
    )
    .toEqual([]);
  expect([...times.values()].filter((each) => each !== 1)).toEqual([]);
  expect((await command('log', 'verify')).code).toBe(0);
}

/** A file system of a size, which only this test uses. */
function smallDisk(size: string): string {
  const folder = temporaryFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'tmpfs', folder]);
  onTestFinished(() => void execFileSync('umount', ['--lazy', folder]));
  return folder;
}

test.skipIf(process.getuid?.() !== 0)(
  'a full disk during intake and rounds: requests are refused, rounds fail, and both go on with room',
  { timeout: 400_000 },
  async () => {
    const disk = smallDisk('4m');
    const folder = domainProject(['www'], `name: shop\nstore: ${disk}/store\n`);
    const running = await daemon(folder, QUICK, [], SIGNED);
    await recordedRound(running);
    const sending = sendTo(await running.port(), 'disk', FEW);
    await expect.poll(() => sending.accepted.length, LIMIT).toBeGreaterThan(20);
    const filler = join(disk, 'filler');
    try {
      // `dd` ends with an error once the disk is full.
      execFileSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4096'], { stdio: 'ignore' });
    } catch {
      // The disk is full now.
    }
    const refused = sending.statuses.get(503) ?? 0;
    await expect.poll(() => sending.statuses.get(503) ?? 0, LIMIT).toBeGreaterThan(refused + 20);
    await running.said(/shop: events are not taken in: .*ENOSPC/u);
    running.signal('SIGHUP');
    await running.said(/shop: error: .*ENOSPC[^]*shop: the round ended with exit code \d/u);
    expect((await running.ask('/healthz')).status).toBe(200);
    rmSync(filler);
    const before = sending.accepted.length;
    await expect.poll(() => sending.accepted.length, LIMIT).toBeGreaterThan(before + 20);
    await running.said('shop: events are taken in again');
    await sending.end();
    running.signal('SIGHUP');
    await recordedRound(running);
    expect(await running.stop()).toBe(0);
    await expectAppliedOnce(folder, sending.accepted);
  },
);

describe('on PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  /** A project with its log on the server, by a port. */
  async function projectOn(port: number): Promise<{ readonly folder: string; readonly env: Env }> {
    const url = server.url(await server.createDatabase(), port);
    const folder = domainProject(['www'], `name: shop\nstore: "${url}"\n`);
    return { folder, env: { PGPASSWORD: PASSWORD, FETTLE_STORE_ORIGIN: `postgres://${new URL(url).host}` } };
  }

  test.each<ProxyMode>(['gone', 'swallow'])(
    'a database that is away for a while (%s): no acknowledged event is lost',
    { timeout: 400_000 },
    async (mode) => {
      const way = await startProxy(server.port);
      onTestFinished(() => way.close());
      const { folder, env } = await projectOn(way.port);
      const running = await daemon(folder, QUICK, [], { ...SIGNED, ...env });
      await recordedRound(running);
      const sending = sendTo(await running.port(), mode, FEW);
      await expect.poll(() => sending.accepted.length, LIMIT).toBeGreaterThan(20);
      way.mode(mode);
      const refused = sending.statuses.get(503) ?? 0;
      await expect.poll(() => sending.statuses.get(503) ?? 0, LIMIT).toBeGreaterThan(refused + 2);
      const lines = running.lines().length;
      running.signal('SIGHUP');
      await expect.poll(() => running.lines().slice(lines), LIMIT).toMatch(/shop: the round ended with exit code \d/u);
      expect((await running.ask('/healthz')).status).toBe(200);
      way.mode('pass');
      const before = sending.accepted.length;
      await expect.poll(() => sending.accepted.length, LIMIT).toBeGreaterThan(before + 20);
      await running.said('shop: events are taken in again');
      await sending.end();
      running.signal('SIGHUP');
      await recordedRound(running);
      expect(await running.stop()).toBe(0);
      await expectAppliedOnce(folder, sending.accepted, env);
    },
  );

  test('two daemons, one killed: the other goes on, and each event is applied once', { timeout: 400_000 }, async () => {
    const { folder, env } = await projectOn(server.port);
    const start = (): Promise<Daemon> => daemon(folder, QUICK, [], { ...SIGNED, ...env });
    const living = await start();
    await recordedRound(living);
    const sending = [sendTo(await living.port(), 'living', FEW)];
    for (let turn = 0; turn < 3; turn += 1) {
      const killed = await start();
      // Both take the same events of one of the sources in, and events of their own.
      await recordedRound(killed);
      const own = sendTo(await killed.port(), turn === 0 ? 'living' : `killed-${turn}`, FEW);
      sending.push(own);
      await expect.poll(() => own.accepted.length, LIMIT).toBeGreaterThan(10);
      await killed.stop('SIGKILL');
      await own.end();
    }
    await recordedRound(living);
    await Promise.all(sending.map((each) => each.end()));
    expect(await living.stop()).toBe(0);
    await expectAppliedOnce(folder, [...new Set(sending.flatMap(({ accepted }) => accepted))], env);
  });
});
