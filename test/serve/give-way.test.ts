/** Rounds of `fettle serve` and an apply from CI, as processes: who has the lock, and when. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RoundOrder } from '../../src/run/round.ts';
import { bareEnvironment, cliFile, fettle, temporaryFolder } from '../support/cli.ts';
import {
  aWaitingAction,
  COUNT,
  endedActions,
  goOn,
  ISSUER,
  ISSUES,
  project,
  records,
  slow,
  slowProject,
} from './waiting-actions.ts';

const WRITER = join(import.meta.dirname, '../store/fixtures/writer.ts');
interface Running {
  readonly child: ChildProcess;
  readonly lines: () => string;
  readonly ended: Promise<number | null>;
}

function start(folder: string, ...args: readonly string[]): Running {
  const child = spawn(process.execPath, [cliFile, ...args], {
    cwd: folder,
    env: bareEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  for (const output of [child.stdout, child.stderr])
    output?.setEncoding('utf8').on('data', (more: string) => {
      text += more;
    });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, lines: () => text, ended };
}

function serve(folder: string, ...more: readonly string[]): Running {
  const file = join(temporaryFolder(), 'serve.yaml');
  writeFileSync(file, ISSUES);
  return start(folder, 'serve', '--serve-config', file, ...more);
}

/** A process that waits for the lock, and keeps it. */
function contend(folder: string): void {
  const child = spawn(process.execPath, [WRITER, join(folder, '.fettle'), 'wait'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
}

describe('a round with many slow actions', () => {
  test('gives the lock to an apply from CI after the running action, and the next round goes on', async () => {
    const folder = slowProject();
    const daemon = serve(folder, '--listen', '127.0.0.1:0');
    await aWaitingAction(folder);
    const ci = start(folder, 'apply', '--yes', '--lock-timeout', '120s', '--target', `certificates/Certificate/www-3`);
    await expect.poll(daemon.lines, { timeout: 60_000 }).toContain('running actions will finish');
    goOn(folder);
    expect(await ci.ended).toBe(0);
    const log = await records(folder);
    const asked = log.findIndex(({ kind, body }) => kind === 'run' && body.command === 'apply');
    const before = log.slice(0, asked);
    expect(before.at(-1)).toMatchObject({ kind: 'end', body: { exit: 7 } });
    // The authority, and the action that ran when the lock was asked for.
    expect(endedActions(before, 'serve').length).toBe(2);
    await expect
      .poll(daemon.lines, { timeout: 60_000 })
      .toContain('ended early, because another process waited for the lock');
    const rest = async (): Promise<number> => endedActions(await records(folder), 'serve').length;
    await expect.poll(rest, { timeout: 90_000, interval: 500 }).toBe(COUNT);
    daemon.child.kill('SIGTERM');
    expect(await daemon.ended).toBe(0);
    expect((await fettle(folder, 'log', 'verify')).code).toBe(0);
  });
});

describe('a slow refresh', () => {
  /** A server that takes connections and says nothing, and a Domain on it. */
  async function silentDomain(): Promise<{ readonly text: string; readonly isProbed: () => Promise<void> }> {
    const server = createServer((socket) => socket.on('error', () => undefined));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const connections = (): Promise<number> =>
      new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
    const text = `apiVersion: certificates/v1
kind: Domain
metadata: { name: silent }
spec: { host: www.example.test, address: 127.0.0.1, port: ${port}, verify: false }
`;
    const isProbed = async (): Promise<void> => {
      await expect.poll(connections, { timeout: 60_000 }).toBe(1);
    };
    return { text, isProbed };
  }

  test('is abandoned without a record for a process that waits for the lock', async () => {
    const { text, isProbed } = await silentDomain();
    // Far more than the contender needs to start.
    const folder = project({ silent: text }, 60);
    const round = serve(folder, '--once');
    await isProbed();
    contend(folder);
    expect(await round.ended).toBe(7);
    expect((await records(folder)).filter(({ kind }) => kind === 'seen')).toEqual([]);
    expect(round.lines()).toContain('A round of serve gave the lock to a process that waited for it');
  });

  test('ends, and an action too, if seven rounds before gave way', async () => {
    const { text, isProbed } = await silentDomain();
    const folder = project({ issuer: ISSUER, a: slow('a'), b: slow('b'), c: slow('c'), silent: text });
    const round = serve(folder, '--once', '--ordered');
    round.child.send({ gaveWay: 7 } satisfies RoundOrder);
    await isProbed();
    contend(folder);
    expect(await round.ended).toBe(7);
    const log = await records(folder);
    expect(log.filter(({ kind }) => kind === 'seen').length).toBeGreaterThan(0);
    expect(endedActions(log, 'serve').length).toBe(1);
    expect(round.lines()).toContain('running actions will finish');
  });
});
