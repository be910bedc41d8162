/** The command line, killed right as a call arrives at the provider: the next run finds its effect. */

import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../../../plugins/nodes/sandbox/emulator.ts';
import { bareEnvironment, cliFile, fettle, temporaryFolder, writeFiles } from '../../support/cli.ts';

/** ms. */
const TIMES = { create: 50, start: 20, boot: 100, remove: 50, other: 20 };
const emulators: Emulator[] = [];
afterEach(async () => {
  for (const emulator of emulators.splice(0)) await emulator.stop();
});

function documentOf(port: number): string {
  return `apiVersion: nodes/v1
kind: Node
metadata: { name: web }
spec:
  serverType: cx23
  image: debian-13
  location: nbg1
  readiness: { tcp: { port: ${port} } }
  readyGrace: 0s
  drainGrace: 0s
`;
}

async function project(): Promise<{ readonly folder: string; readonly emulator: Emulator }> {
  const emulator = await startEmulator({ times: TIMES });
  emulators.push(emulator);
  const folder = temporaryFolder();
  const { endpoint, tokens, workloads } = emulator;
  const nodes = {
    provider: { hetzner: { endpoint, token: '${file:hcloud-token}' } },
    workloads: { http: { url: workloads.url, drainUrl: workloads.drainUrl } },
  };
  writeFiles(folder, {
    'fettle.yaml': `name: test\ndesired: [desired/]\nplugins:\n  nodes: ${JSON.stringify(nodes)}\n`,
    'hcloud-token': tokens.readWrite,
    'desired/web.yaml': documentOf(emulator.readinessPort),
    'desired/other.yaml': documentOf(emulator.readinessPort).replace('name: web', 'name: other'),
  });
  return { folder, emulator };
}

/** Applies until such a call arrives, and kills the process then; the call still has its effect. */
async function applyKilledAt(folder: string, emulator: Emulator, method: string, path: RegExp): Promise<void> {
  await expect
    .poll(() => applyOnce(folder, emulator, method, path), { timeout: 60_000, interval: 100 })
    .toBe('SIGKILL');
}

function applyOnce(folder: string, emulator: Emulator, method: string, path: RegExp): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, [cliFile, 'apply', '--yes', '--target', 'nodes/Node/web'], {
    cwd: folder,
    env: bareEnvironment(),
    stdio: 'ignore',
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => {
    child.once('exit', (_code, signal) => resolve(signal));
  });
  emulator.watch({
    request: (asked, at) => {
      if (asked === method && path.test(at)) child.kill('SIGKILL');
    },
  });
  return ended;
}

async function apply(folder: string, ...more: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await fettle(folder, 'apply', '--yes', '--allow-rejected', ...more);
  expect([code, stderr.includes('error')], stderr + stdout).toEqual([0, false]);
  return stdout;
}

function names(emulator: Emulator): readonly string[] {
  return [...emulator.cloud().servers.values()].map(({ name }) => name).toSorted();
}

/** Applies until a server is as declared. */
async function until(folder: string, isDone: () => boolean): Promise<void> {
  await expect
    .poll(
      async () => {
        await apply(folder);
        return isDone();
      },
      { timeout: 60_000, interval: 200 },
    )
    .toBe(true);
}

describe('killed during', () => {
  it('the creation of a server: the next run owns the created one', async () => {
    const { folder, emulator } = await project();
    await applyKilledAt(folder, emulator, 'POST', /^\/servers$/u);
    expect(names(emulator)).toEqual(['web']);
    const { id } = emulator.server('web');
    expect(await apply(folder)).not.toContain('adopt');
    await until(folder, () => names(emulator).length === 2);
    expect(emulator.server('web').id).toBe(id);
    expect(emulator.requests().filter(({ method, path }) => method === 'POST' && path === '/servers')).toHaveLength(2);
    expect((await fettle(folder, 'plan', '--detailed-exitcode')).code).toBe(0);
  });

  it('the drain and removal of one: the next run continues, and touches nothing else', async () => {
    const { folder, emulator } = await project();
    await until(folder, () => names(emulator).length === 2);
    await until(folder, () => emulator.server('web').guest === 'up');
    rmSync(`${folder}/desired/web.yaml`);
    await applyKilledAt(folder, emulator, 'PUT', /^\/servers\/\d+$/u);
    expect(emulator.server('web').labels['fettle/drain']).toBeDefined();
    // The next run observes the label of the killed one.
    await applyKilledAt(folder, emulator, 'DELETE', /^\/servers\/\d+$/u);
    await until(folder, () => names(emulator).length === 1);
    expect(names(emulator)).toEqual(['other']);
    expect((await fettle(folder, 'plan', '--detailed-exitcode')).code).toBe(0);
    expect((await fettle(folder, 'log', 'verify')).code).toBe(0);
  });
});
