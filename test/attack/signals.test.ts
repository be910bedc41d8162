/** Signals: the first one lets what runs end, the second one ends at once, and the next run finds everything in order. */

import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  bareEnvironment,
  certificateProject,
  certificateYaml,
  cliFile,
  fettle,
  type Ran,
  writeFiles,
} from '../support/cli.ts';

const folders: string[] = [];
const servers: (() => void)[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  for (const close of servers.splice(0)) close();
});

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];

/** Certificates whose keys take a second or more each, one after another. */
async function slowProject(): Promise<string> {
  const folder = certificateProject(NAMES);
  folders.push(folder);
  const slow = Object.fromEntries(
    NAMES.map((name) => [
      `desired/${name}.yaml`,
      certificateYaml(name).replace('  dnsNames', '  keyAlgorithm: rsa-4096\n  dnsNames'),
    ]),
  );
  writeFiles(folder, slow);
  return folder;
}

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ran>;
  /** Resolves when the output says this. */
  readonly says: (text: string) => Promise<void>;
}

function start(folder: string, ...args: readonly string[]): Started {
  const child = spawn(process.execPath, [cliFile, ...args], {
    cwd: folder,
    env: bareEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const waiting: { text: string; resolve: () => void }[] = [];
  const told = (): void => {
    for (const each of waiting) if ((stdout + stderr).includes(each.text)) each.resolve();
  };
  child.stdout?.on('data', (data: Buffer) => {
    stdout += data.toString();
    told();
  });
  child.stderr?.on('data', (data: Buffer) => {
    stderr += data.toString();
    told();
  });
  const ended = new Promise<Ran>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const says = (text: string): Promise<void> =>
    new Promise((resolve) => {
      waiting.push({ text, resolve });
      told();
    });
  return { child, ended, says };
}

async function expectInOrder(folder: string): Promise<void> {
  const next = await fettle(folder, 'apply', '--yes');
  expect([next.code, next.stderr]).toEqual([0, '']);
  expect((await fettle(folder, 'plan', '--detailed-exitcode')).code).toBe(0);
  expect((await fettle(folder, 'log', 'verify')).code).toBe(0);
}

describe('apply', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('a first %s: what runs ends, nothing new starts, exit %i', { timeout: 60_000 }, async (signal, code) => {
    const folder = await slowProject();
    const run = start(folder, 'apply', '--yes', '--parallelism', '1');
    await run.says('certificates/Certificate/a: creating');
    run.child.kill(signal);
    const done = await run.ended;
    expect([done.code, done.stderr]).toEqual([code, expect.stringContaining('what runs is finished')]);
    expect(done.stdout).toContain('certificates/Certificate/a: done');
    expect(done.stdout).toContain('5 not attempted');
    expect((await fettle(folder, 'log', 'list', '--last', '1')).stdout).toContain(`exit ${code}`);
    await expectInOrder(folder);
  });

  it('a second SIGINT: it ends at once, the log says what was in flight, and a look settles it', {
    timeout: 60_000,
  }, async () => {
    const folder = await slowProject();
    const run = start(folder, 'apply', '--yes', '--parallelism', '1');
    await run.says('certificates/Certificate/a: creating');
    // Its key is being made by then.
    await new Promise((resolve) => setTimeout(resolve, 200));
    run.child.kill('SIGINT');
    await run.says('once more');
    run.child.kill('SIGINT');
    const done = await run.ended;
    expect(done.code).toBe(130);
    // Whether the first one was ready before the second signal is up to the machine.
    expect(done.stdout).toMatch(/certificates\/Certificate\/a: (?:unknown|done)/u);
    const list = (await fettle(folder, 'log', 'list')).stdout;
    expect(list).toContain('intent');
    await expectInOrder(folder);
  });
});

describe('plan', () => {
  it('ends soon at a SIGINT, though a server does not answer', async () => {
    const sockets = new Set<Socket>();
    const server: Server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    servers.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const folder = certificateProject([]);
    folders.push(folder);
    writeFiles(folder, {
      'desired/domain.yaml': `apiVersion: certificates/v1
kind: Domain
metadata: { name: silent }
spec: { host: silent.example.test, address: 127.0.0.1, port: ${(server.address() as AddressInfo).port} }
`,
    });
    const run = start(folder, 'plan');
    await new Promise<void>((resolve) => {
      server.once('connection', () => resolve());
    });
    const since = Date.now();
    run.child.kill('SIGINT');
    const done = await run.ended;
    expect([done.code, done.stdout]).toEqual([130, '']);
    // The server would be waited for five seconds.
    expect(Date.now() - since).toBeLessThan(4000);
  });
});
