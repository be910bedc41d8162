/** The sandbox: every endpoint does what its name says, and nothing is left afterwards. */

import { type ChildProcess, spawn } from 'node:child_process';
import type { X509Certificate } from 'node:crypto';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { bareEnvironment, cliFile, temporaryFolder, writeFiles } from '../support/cli.ts';
import { fettleHere as fettle } from '../support/command-line.ts';

const DAY_MS = 86_400_000;

interface Endpoint {
  readonly host: string;
  readonly address: string;
  readonly port: number;
}

interface Up {
  readonly child: ChildProcess;
  readonly desired: string;
  readonly tls: Readonly<Record<string, Endpoint>>;
  readonly cloud: { readonly endpoint: string; readonly token: string; readonly workloads: string };
  readonly kubernetes: { readonly kubeconfig: string };
  readonly lines: () => readonly string[];
  /** Stops the sandbox as a user would; returns its exit code. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | null>;
}

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

function fresh(): string {
  const folder = temporaryFolder();
  return folder;
}

async function up(temporary: string, ...args: readonly string[]): Promise<Up> {
  const child = spawn(process.execPath, [cliFile, 'sandbox', 'up', ...args, '--json'], {
    env: bareEnvironment({ TMPDIR: temporary }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.push(child);
  let printed = '';
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the sandbox ended with ${code}`)));
    child.stdout?.on('data', (data: Buffer) => {
      printed += data.toString();
      if (printed.includes('\n')) resolve();
    });
  });
  child.removeAllListeners('exit');
  const line = JSON.parse(printed) as Pick<Up, 'desired' | 'tls' | 'cloud' | 'kubernetes'>;
  const stop = (signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> =>
    new Promise((resolve) => {
      child.once('exit', resolve);
      child.kill(signal);
    });
  return { child, ...line, lines: () => printed.trimEnd().split('\n'), stop };
}

interface Served {
  readonly names: string;
  readonly daysLeft: number;
}

/** The chain that an endpoint sends. */
function servedChain({ host, address, port }: Endpoint): Promise<readonly X509Certificate[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, servername: host, rejectUnauthorized: false }, () => {
      const chain: X509Certificate[] = [];
      for (let each = socket.getPeerX509Certificate(); each !== undefined; each = each.issuerCertificate)
        chain.push(each);
      socket.destroy();
      resolve(chain);
    });
    socket.on('error', reject);
  });
}

/** The certificate that an endpoint serves. */
async function served(endpoint: Endpoint): Promise<Served> {
  const [leaf] = await servedChain(endpoint);
  const end = leaf?.validToDate.getTime() ?? Number.NaN;
  return { names: leaf?.subjectAltName ?? '', daysLeft: Math.trunc((end - Date.now()) / DAY_MS) };
}

/** Names of the emulated provider's servers. */
async function serversOf({ endpoint, token }: Up['cloud']): Promise<readonly string[]> {
  const answer = await fetch(`${endpoint}/servers`, { headers: { Authorization: `Bearer ${token}` } });
  const { servers } = (await answer.json()) as { readonly servers: readonly { readonly name: string }[] };
  return servers.map(({ name }) => name).toSorted();
}

/** A server that needs a signal, a forgotten address, and an incomplete chain. */
async function hasOddServers(sandbox: Up, folder: string): Promise<void> {
  const { reload, stale, chain } = sandbox.tls;
  if (!reload || !stale || !chain) throw new Error('an endpoint is missing');
  expect((await served(reload)).daysLeft).toBe(14);
  expect((await served(stale)).daysLeft).toBe(85);
  expect((await servedChain(chain)).map(({ subject }) => subject)).toEqual([`CN=${chain.host}`]);
  const plan = await fettle(folder, 'plan', '--format', 'json');
  const { checks } = JSON.parse(plan.stdout) as { readonly checks: readonly Record<'address' | 'code', string>[] };
  const codes = (name: string): readonly string[] =>
    checks.filter(({ address }) => address === `certificates/Domain/${name}`).map(({ code }) => code);
  expect(codes('stale')).toEqual(['stale-address']);
  expect(codes('chain')).toEqual(['untrusted', 'chain-incomplete']);
  // Another pair is stored: the server that needs a signal serves the old one until then.
  for (const file of ['crt', 'key']) copyFileSync(join(folder, `tls/good.${file}`), join(folder, `tls/reload.${file}`));
  expect((await served(reload)).daysLeft).toBe(14);
  process.kill(Number(readFileSync(join(folder, 'reload.pid'), 'utf8')), 'SIGHUP');
  await expect.poll(async () => (await served(reload)).daysLeft, { timeout: 30_000 }).toBe(80);
}

describe('sandbox up', () => {
  it('prints one line when everything is up, serves the listed endpoints, and leaves nothing behind', async () => {
    const temporary = fresh();
    const sandbox = await up(temporary);
    expect(existsSync(sandbox.desired)).toBe(true);
    expect(sandbox.lines()).toHaveLength(1);
    const { good, expiring, expired, silent } = sandbox.tls;
    const wrong = sandbox.tls['wrong-name'];
    if (!good || !expiring || !expired || !silent || !wrong) throw new Error('an endpoint is missing');
    expect(await served(good)).toEqual({ names: `DNS:${good.host}`, daysLeft: 80 });
    expect(await served(expiring)).toEqual({ names: `DNS:${expiring.host}`, daysLeft: 21 });
    expect(await served(expired)).toEqual({ names: `DNS:${expired.host}`, daysLeft: -3 });
    expect((await served(wrong)).names).not.toContain(wrong.host);
    const answer = await new Promise((resolve) => {
      const socket = connectTcp(silent.port, silent.address, () => {
        socket.write('hello');
        setTimeout(() => resolve('nothing'), 300);
      });
      socket.on('data', () => resolve('something'));
      socket.on('close', () => resolve('closed'));
    });
    expect(answer).toBe('nothing');
    expect(await sandbox.stop('SIGTERM')).toBe(0);
    expect(readdirSync(temporary)).toEqual([]);
    await expect(served(good)).rejects.toThrow('ECONNREFUSED');
  });

  it('prints the addresses of each service under its name; one needs a signal, one is forgotten, one has no chain', async () => {
    const folder = fresh();
    const sandbox = await up(fresh(), folder);
    const line = JSON.parse(sandbox.lines()[0] ?? '') as Readonly<Record<string, object>>;
    expect(Object.keys(line)).toEqual(['desired', 'tls', 'cloud', 'kubernetes', 'sonic']);
    expect(line).toMatchObject({
      desired: folder,
      tls: { good: { host: 'good.example.test', address: '127.0.0.1', port: expect.any(Number) as number } },
      cloud: { token: 'sandbox-token-read-write' },
    });
    expect(Object.keys(sandbox.cloud)).toEqual(['endpoint', 'token', 'workloads']);
    expect(line['kubernetes']).toEqual({ kubeconfig: join(folder, 'kubernetes/kubeconfig') });
    expect(statSync(sandbox.kubernetes.kubeconfig).mode & 0o777).toBe(0o600);
    await hasOddServers(sandbox, folder);
    expect(await sandbox.stop()).toBe(0);
    expect(existsSync(join(folder, 'reload.pid'))).toBe(false);
  });

  it('has a fabric: the printed commands plan and apply it without a variable; a restart keeps it, and the files', async () => {
    const folder = fresh();
    const first = await up(fresh(), folder);
    const rows = async (): Promise<readonly string[]> => {
      const { stdout } = await fettle(folder, 'plan', '--format', 'json', '--target', 'fabric/**');
      const plan = JSON.parse(stdout) as {
        readonly resource_changes: readonly { readonly address: string }[];
        readonly gaps: readonly object[];
      };
      expect(plan.gaps).toEqual([]);
      return plan.resource_changes.map(({ address }) => address);
    };
    expect(await rows()).toHaveLength(15);
    expect((await fettle(folder, 'apply', '--yes', '--target', 'fabric/**')).code).toBe(0);
    expect(await rows()).toEqual([]);
    expect(statSync(join(folder, 'tls/good.key')).mode & 0o777).toBe(0o600);
    // All but the cloud, whose servers take a while.
    const others = ['--exclude', 'nodes/**'];
    expect((await fettle(folder, 'apply', '--yes', ...others)).code).toBe(0);
    expect((await fettle(folder, 'apply', '--yes', ...others)).code).toBe(0);
    // The new pair is served: at once, or after the signal.
    expect((await served(first.tls['expired'] as Endpoint)).daysLeft).toBeGreaterThan(80);
    expect((await served(first.tls['reload'] as Endpoint)).daysLeft).toBeGreaterThan(80);
    expect(await first.stop()).toBe(0);
    const silent = await fettle(folder, 'plan', '--target', 'fabric/**');
    expect([silent.code, silent.stdout]).toEqual([4, expect.stringContaining('ECONNREFUSED')]);
    const second = await up(fresh(), folder);
    expect(await rows()).toEqual([]);
    const again = await fettle(folder, 'plan', '--detailed-exitcode', ...others);
    expect(again.code, again.stdout).toBe(0);
    expect((await served(second.tls['expired'] as Endpoint)).daysLeft).toBeGreaterThan(80);
    rmSync(join(folder, 'desired/fabric/vpc-shop.yaml'));
    expect((await fettle(folder, 'plan', '--target', 'fabric/**')).stdout).toContain('vvpc.kb.io: VPC has attachments');
    expect(await second.stop()).toBe(0);
  });

  it('has a cloud: a young node and a busy one stay, an idle one is drained and removed', async () => {
    const folder = fresh();
    const first = await up(fresh(), folder);
    expect(await serversOf(first.cloud)).toEqual(['somebodys']);
    expect((await fettle(folder, 'apply', '--yes')).code).toBe(0);
    const reported = async () =>
      (await fetch(first.cloud.workloads)).json() as Promise<{ readonly nodes: readonly object[] }>;
    await expect
      .poll(async () => (await reported()).nodes, { timeout: 30_000 })
      .toEqual(
        expect.arrayContaining([
          expect.objectContaining({ name: 'young', startedTotal: 0, containers: [] }),
          expect.objectContaining({ name: 'busy', startedTotal: 1 }),
          expect.objectContaining({ name: 'idle', startedTotal: 2, containers: [] }),
        ]),
      );
    for (const name of ['young', 'busy', 'idle']) rmSync(join(folder, `desired/node-${name}.yaml`));
    // A server runs before it is ready, and a busy machine may make the difference long.
    await expect
      .poll(async () => (await fettle(folder, 'plan')).stdout, { timeout: 60_000 })
      .toMatch(/(?=[^]*REJECTED too-young: Ready node too young)[^]*REJECTED drains-containers: Node has 1 container/u);
    const steps: string[] = [];
    await expect
      .poll(
        async () => {
          const { stdout } = await fettle(folder, 'apply', '--yes', '--target', 'nodes/Node/idle');
          steps.push(...(stdout.match(/(?<=nodes\/Node\/idle: )\w+ > \w+/g) ?? []));
          return serversOf(first.cloud);
        },
        { timeout: 120_000 },
      )
      .toEqual(['busy', 'somebodys', 'young']);
    expect(steps).toEqual(['idle > draining', 'draining > decommissioned']);
    expect(await first.stop()).toBe(0);
    const second = await up(fresh(), folder);
    expect(await serversOf(second.cloud)).toEqual(['busy', 'somebodys', 'young']);
    expect(statSync(join(folder, 'cloud/cloud.json')).mode & 0o777).toBe(0o600);
    // The token is public, and written as it is: no environment is needed.
    expect(readFileSync(join(folder, 'fettle.yaml'), 'utf8')).toContain('sandbox-token-read-write');
    expect(await second.stop()).toBe(0);
  });

  it('does not change a folder that belongs to another user', async () => {
    const folder = fresh();
    writeFiles(folder, { 'precious.txt': 'x' });
    const done = await fettle(folder, 'sandbox', 'up', '.');
    expect([done.code, done.stderr]).toEqual([1, expect.stringContaining('is not empty')]);
    expect(readdirSync(folder)).toEqual(['precious.txt']);
  });
});

describe('sandbox up --serve', () => {
  it('serves the sample project, prints the address, and stops with the sandbox', async () => {
    const sandbox = await up(fresh(), '--serve');
    const { serve } = JSON.parse(sandbox.lines()[0] ?? '') as {
      readonly serve: { readonly url: string; readonly token: string };
    };
    expect(serve.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/u);
    const authorization = `Bearer ${serve.token}`;
    const metrics = async (): Promise<string> => (await fetch(`${serve.url}/metrics`)).text();
    expect(await metrics()).toContain('fettle_rounds_total{project="sandbox",outcome="ok"} 0');
    await expect.poll(metrics, { timeout: 60_000 }).toMatch(/fettle_rounds_total\{project="sandbox",outcome="ok"\} 1/u);
    const first = await metrics();
    for (const [plugin, kind] of [
      ['certificates', 'Domain'],
      ['nodes', 'Node'],
      ['fabric', 'Fabric'],
      ['portsync', 'Switch'],
    ])
      expect(first).toContain(`fettle_resources{project="sandbox",plugin="${plugin}",kind="${kind}",state=`);
    expect(first).toMatch(/fettle_domains\{project="sandbox",state="tls_error"\} [1-9]/u);
    const plan = await fetch(`${serve.url}/v1/plan`, { headers: { authorization } });
    expect(await plan.json()).toMatchObject({ project: 'sandbox' });
    expect((await fetch(`${serve.url}/v1/plan`)).status).toBe(401);
    expect(sandbox.lines()).toHaveLength(1);
    expect(await sandbox.stop()).toBe(0);
    await expect(fetch(`${serve.url}/healthz`)).rejects.toThrow('fetch failed');
    expect(existsSync(sandbox.desired)).toBe(false);
  }, 120_000);
});
