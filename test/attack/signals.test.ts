/**
 * Signals: the first lets running actions finish, the second ends at once, and the next run finds everything in order.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  bareEnvironment,
  certificateProject,
  certificateYaml,
  cliFile,
  intentIn,
  type Ran,
  writeFiles,
} from '../support/cli.ts';
import { fettleHere } from '../support/command-line.ts';

const servers: (() => void)[] = [];
afterEach(() => {
  for (const close of servers.splice(0)) close();
});

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];

/** Waits for the file `go`, and no longer than the project exists. */
const WAIT = 'while [ ! -e go ] && [ -e wait.sh ]; do sleep 0.1; done\n';

/** Certificates whose creation ends after `release`. */
function waitingProject(): { readonly folder: string; readonly release: () => void } {
  const folder = certificateProject(NAMES);
  const waiting = Object.fromEntries(
    NAMES.map((name) => [`desired/${name}.yaml`, `${certificateYaml(name)}  deploy: { command: [sh, wait.sh] }\n`]),
  );
  writeFiles(folder, {
    ...waiting,
    'wait.sh': WAIT,
    'fettle.yaml': 'name: test\nstore: .fettle\nplugins: { certificates: { commands: [[sh, wait.sh]] } }\n',
  });
  return { folder, release: () => writeFiles(folder, { go: '' }) };
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
  const check = (): void => {
    for (const each of waiting) if ((stdout + stderr).includes(each.text)) each.resolve();
  };
  child.stdout?.on('data', (data: Buffer) => {
    stdout += data.toString();
    check();
  });
  child.stderr?.on('data', (data: Buffer) => {
    stderr += data.toString();
    check();
  });
  const ended = new Promise<Ran>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const says = (text: string): Promise<void> =>
    new Promise((resolve) => {
      waiting.push({ text, resolve });
      check();
    });
  return { child, ended, says };
}

/**
 * A project with a server that accepts a connection and does not answer; `connected` resolves at the first connection.
 */
async function silentProject(): Promise<{ readonly folder: string; readonly connected: Promise<void> }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  servers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const folder = certificateProject(['a']);
  writeFiles(folder, {
    'desired/domain.yaml': `apiVersion: certificates/v1
kind: Domain
metadata: { name: silent }
spec: { host: silent.example.test, address: 127.0.0.1, port: ${(server.address() as AddressInfo).port} }
`,
  });
  const connected = new Promise<void>((resolve) => {
    server.once('connection', () => resolve());
  });
  return { folder, connected };
}

/** Runs a command at a terminal, where a user presses Ctrl-C at the prompt. */
async function interruptedQuestion(folder: string, words: string): Promise<{ code: unknown; said: string }> {
  const command = `'${process.execPath}' '${cliFile}' ${words}`;
  const terminal = spawn('script', ['-qefc', command, '/dev/null'], { cwd: folder, env: bareEnvironment() });
  let said = '';
  terminal.stdout.on('data', (data: Buffer) => {
    said += data.toString();
    // The terminal sends a SIGINT.
    if (said.endsWith('to approve: ')) terminal.stdin.write('\u0003');
  });
  const code = await new Promise((resolve) => terminal.on('close', resolve));
  return { code, said };
}

async function expectInOrder(folder: string): Promise<void> {
  const next = await fettleHere(folder, 'apply', '--yes');
  expect([next.code, next.stderr]).toEqual([0, '']);
  expect((await fettleHere(folder, 'plan', '--detailed-exitcode')).code).toBe(0);
  expect((await fettleHere(folder, 'log', 'verify')).code).toBe(0);
}

describe('apply', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'a first %s: running actions finish, nothing new starts, exit %i',
    { timeout: 60_000 },
    async (signal, code) => {
      const { folder, release } = waitingProject();
      const run = start(folder, 'apply', '--yes', '--parallelism', '1');
      await run.says('certificates/Certificate/a: creating');
      run.child.kill(signal);
      await run.says('running actions will finish');
      release();
      const done = await run.ended;
      expect([done.code, done.stderr]).toEqual([code, expect.stringContaining('running actions will finish')]);
      expect(done.stdout).toContain('certificates/Certificate/a: done');
      expect(done.stdout).toContain('5 not attempted');
      expect((await fettleHere(folder, 'log', 'list', '--last', '1')).stdout).toContain(`exit ${code}`);
      await expectInOrder(folder);
    },
  );

  it.each([
    ['SIGINT', 'SIGINT', 130],
    ['SIGTERM', 'SIGINT', 143],
  ] as const)(
    '%s, then %s: it ends at once, the log says what was in flight, and a refresh settles it',
    {
      timeout: 60_000,
    },
    async (first, second, code) => {
      const { folder, release } = waitingProject();
      const run = start(folder, 'apply', '--yes', '--parallelism', String(NAMES.length));
      await run.says('certificates/Certificate/f: creating');
      await intentIn(folder, 'absent>normal');
      run.child.kill(first);
      await run.says('Send the signal again');
      run.child.kill(second);
      const done = await run.ended;
      expect([done.code, done.stderr]).toEqual([code, expect.stringMatching(new RegExp(`^exit ${code}: `, 'mu'))]);
      expect(done.stdout).toMatch(/certificates\/Certificate\/[a-f]: unknown/u);
      expect((await fettleHere(folder, 'state', 'list')).stdout).toContain('open: absent>normal');
      expect((await fettleHere(folder, 'log', 'list', '--kind', 'outcome')).stdout).toContain('unknown');
      expect((await fettleHere(folder, 'log', 'list', '--last', '1')).stdout).toContain(`exit ${code}`);
      expect(readdirSync(join(folder, '.fettle')).sort()).toEqual(['.gitignore', 'log']);
      release();
      await expectInOrder(folder);
      expect((await fettleHere(folder, 'state', 'list')).stdout).not.toMatch(/open:|failed/u);
    },
  );

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('a %s during the refresh: nothing is done, exit %i', async (signal, code) => {
    const { folder, connected } = await silentProject();
    const run = start(folder, 'apply', '--yes');
    await connected;
    run.child.kill(signal);
    const done = await run.ended;
    expect([done.code, done.stdout]).toEqual([code, expect.stringMatching(/^Nothing was done\.$/mu)]);
    expect(done.stderr).toMatch(new RegExp(`^exit ${code}: `, 'mu'));
    expect(readdirSync(folder).sort()).toEqual(['.fettle', 'desired', 'fettle.yaml']);
    expect(readdirSync(join(folder, '.fettle')).sort()).toEqual(['.gitignore', 'log']);
    expect((await fettleHere(folder, 'log', 'list', '--last', '1')).stdout).toContain(`exit ${code}`);
    expect((await fettleHere(folder, 'log', 'verify')).code).toBe(0);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('a %s while it waits for the lock: it stops waiting, exit %i', async (signal, code) => {
    const { folder, connected } = await silentProject();
    const holder = start(folder, 'apply', '--yes');
    await connected;
    const run = start(folder, 'apply', '--yes', '--lock-timeout', '60s');
    await run.says('waiting for the lock');
    run.child.kill(signal);
    const done = await run.ended;
    expect([done.code, done.stdout, done.stderr.includes('internal error')]).toEqual([code, '', false]);
    expect(done.stderr).toMatch(new RegExp(`^exit ${code}: `, 'mu'));
    // The other holder's lock still exists.
    expect(readdirSync(join(folder, '.fettle')).sort()).toEqual(['.gitignore', 'lock-1', 'log']);
    holder.child.kill('SIGINT');
    expect((await holder.ended).code).toBe(130);
  });

  it('Ctrl-C at the prompt: nothing is done, exit 130', async () => {
    const folder = certificateProject(['a']);
    const { code, said } = await interruptedQuestion(folder, 'apply');
    expect([code, said]).toEqual([130, expect.stringContaining('Nothing was done.')]);
    expect(readdirSync(folder).sort()).toEqual(['.fettle', 'desired', 'fettle.yaml']);
    expect(readdirSync(join(folder, '.fettle')).sort()).toEqual(['.gitignore', 'log']);
    expect((await fettleHere(folder, 'log', 'list', '--last', '1')).stdout).toContain('exit 130');
  });
});

describe('Ctrl-C at a question', () => {
  it('of force-unlock leaves the lock with its holder', async () => {
    const { folder, connected } = await silentProject();
    const holder = start(folder, 'apply', '--yes');
    await connected;
    const status = JSON.parse((await fettleHere(folder, 'lock', 'status', '--format', 'json')).stdout) as {
      readonly holder: { readonly id: string };
    };
    const { code, said } = await interruptedQuestion(folder, `force-unlock ${status.holder.id}`);
    expect([code, said]).toEqual([130, expect.stringContaining('Release its lock')]);
    expect(said).not.toContain('lock was released');
    expect(JSON.parse((await fettleHere(folder, 'lock', 'status', '--format', 'json')).stdout)).toMatchObject({
      held: true,
      holder: { id: status.holder.id },
    });
    holder.child.kill('SIGINT');
    expect((await holder.ended).code).toBe(130);
    expect((await fettleHere(folder, 'log', 'list')).stdout).not.toContain('force-unlock');
  });

  it.each([
    ['state forget', 'state forget "certificates/Certificate/*"', 'Forget '],
    ['log prune', 'log prune --keep 1', 'Delete all but'],
  ])('of %s leaves everything unchanged', async (_command, words, question) => {
    const folder = certificateProject(['a', 'b']);
    await expectInOrder(folder);
    await fettleHere(folder, 'apply', '--yes');
    const segments = readdirSync(join(folder, '.fettle/log'));
    const before = (await fettleHere(folder, 'state', 'list')).stdout;
    const { code, said } = await interruptedQuestion(folder, words);
    expect([code, said]).toEqual([130, expect.stringContaining(question)]);
    expect((await fettleHere(folder, 'state', 'list')).stdout).toBe(before);
    expect(readdirSync(join(folder, '.fettle/log'))).toEqual(expect.arrayContaining(segments));
    expect((await fettleHere(folder, 'log', 'list', '--last', '1')).stdout).toContain('exit 130');
  });
});

describe('the heartbeat', () => {
  it('beats from a thread of the built command', async () => {
    const { folder, connected } = await silentProject();
    const holder = start(folder, 'apply', '--yes');
    await connected;
    const lock = join(folder, '.fettle/lock-1');
    const taken = statSync(lock).mtimeMs;
    await expect.poll(() => statSync(lock).mtimeMs, { timeout: 10_000 }).toBeGreaterThan(taken);
    holder.child.kill('SIGINT');
    expect((await holder.ended).code).toBe(130);
  });
});

describe('plan', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends soon at a %s, although a server does not answer: exit %i', async (signal, code) => {
    const { folder, connected } = await silentProject();
    const run = start(folder, 'plan');
    await connected;
    run.child.kill(signal);
    const done = await run.ended;
    expect([done.code, done.stdout]).toEqual([code, '']);
    expect(done.stderr).toMatch(new RegExp(`^exit ${code}: `, 'mu'));
    // The server would be waited for five seconds.
    expect(readdirSync(folder).sort()).toEqual(['desired', 'fettle.yaml']);
  });
});
