/** Probes of a failing server by `drift --record`: each run probes, and `--backoff` spaces probes by the policy of the Domain. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder, writeFiles } from '../../support/cli.ts';
import { type Done, fettle } from '../../support/command-line.ts';

const START = Date.parse('2026-11-20T12:00:00Z');

interface Server {
  readonly port: number;
  /** Returns the number of connections since the last call. */
  readonly connections: () => number;
  readonly close: () => Promise<void>;
}

/** Accepts connections, and closes them. */
async function closing(): Promise<Server> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket
      .on('error', () => undefined)
      .resume()
      .end();
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const close = (): Promise<void> => new Promise((resolve) => void server.close(() => resolve()));
  onTestFinished(() => void close());
  return {
    close,
    port: (server.address() as AddressInfo).port,
    connections: () => {
      const before = connections;
      connections = 0;
      return before;
    },
  };
}

/** Serves a certificate that is valid for ten years, on a port of this machine. */
async function serveTls(folder: string, port: number): Promise<void> {
  const [key, certificate] = [join(folder, 'server.key'), join(folder, 'server.crt')];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '3650'];
  execFileSync('openssl', [...request, '-subj', '/CN=www.example.test', '-keyout', key, '-out', certificate], {
    stdio: 'ignore',
  });
  const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (socket) => {
    socket.on('error', () => undefined).end();
  });
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
}

function domainYaml(port: number, policy: string): string {
  return `apiVersion: certificates/v1
kind: Domain
metadata: { name: www }
spec: { host: www.example.test, address: 127.0.0.1, port: ${port}, failurePolicy: ${policy} }
`;
}

test.each([
  ['standard', [60, 120, 240, 480]],
  ['hold', [600, 1200, 7200, 14_400]],
] as const)('%s', async (policy, spaces) => {
  const folder = temporaryFolder();
  const server = await closing();
  writeFiles(folder, {
    'fettle.yaml': 'name: test\nstore: .fettle\n',
    'desired/www.yaml': domainYaml(server.port, policy),
  });
  let now = START;
  const run = (line: string): Promise<Done> => fettle(folder, line, { now: () => now });
  expect((await run('drift --record --backoff')).code).toBe(2);
  expect(server.connections()).toBe(1);
  for (const [i, seconds] of spaces.entries()) {
    now += seconds * 1000 - 1;
    const early = await run('drift --record --backoff');
    expect([early.code, server.connections()]).toEqual([2, 0]);
    // The state is reported as such, with the time of the next probe.
    expect(early.stdout).toContain('the server closed the connection during the handshake (probed at');
    expect(early.stdout).toContain(`${i + 1} probe${i === 0 ? '' : 's'} failed. The next scheduled probe is at`);
    // A command of a user always probes, and a refresh that is not recorded changes nothing.
    for (const line of ['drift', 'plan']) {
      await run(line);
      expect([line, server.connections()]).toEqual([line, 1]);
    }
    const { stdout: explained } = await run('explain certificates/Domain/www');
    expect(server.connections()).toBe(1);
    for (const text of [
      `recorded_failures ${i + 1}`,
      `next_scheduled_probe "${new Date(now + 1).toISOString()}"`,
      `failure_policy "${policy}"`,
    ])
      expect(explained).toContain(text);
    expect(explained).toContain(
      `Next step: none. fettle has no step for this error: reset: 127.0.0.1:${server.port}: the server closed`,
    );
    now += 1;
    await run('drift --record --backoff');
    expect(server.connections()).toBe(1);
  }
  // Another target starts again.
  const other = await closing();
  writeFiles(folder, { 'desired/www.yaml': domainYaml(other.port, policy) });
  now += 1000;
  await run('drift --record --backoff');
  expect(other.connections()).toBe(1);
});

test('a recorded refresh probes a failing server each time, and reports its recovery at the next one', async () => {
  const folder = temporaryFolder();
  const server = await closing();
  writeFiles(folder, {
    'fettle.yaml': 'name: test\nstore: .fettle\n',
    'desired/www.yaml': domainYaml(server.port, 'hold').replace('port:', 'verify: false, port:'),
  });
  // Without the progress of time, no probe is due with backoff.
  const run = (line: string): Promise<Done> => fettle(folder, line, { now: () => START });
  for (const expected of [1, 1, 1])
    expect([(await run('drift --record')).code, server.connections()]).toEqual([2, expected]);
  expect([(await run('drift --record --backoff')).code, server.connections()]).toEqual([2, 0]);
  await server.close();
  await serveTls(folder, server.port);
  const recovered = await run('drift --record');
  expect([recovered.code, recovered.stdout]).toEqual([0, expect.stringContaining('0 findings')]);
  expect((await run('state show certificates/Domain/www')).stdout).toContain('issued');
  const alone = await run('drift --backoff');
  expect([alone.code, alone.stderr]).toEqual([1, expect.stringContaining('--backoff requires --record')]);
});

test('the state is in the summary, and invalid settings are reported with their place', async () => {
  const folder = temporaryFolder();
  const server = await closing();
  writeFiles(folder, {
    'fettle.yaml': 'name: test\nstore: .fettle\n',
    'desired/www.yaml': domainYaml(server.port, 'standard'),
  });
  const run = (line: string): Promise<Done> => fettle(folder, line, { now: () => START });
  const summary = 'certificates · by state and days left\n    Domain  1 tls_error; left: 1 not known\n';
  expect((await run('plan')).stdout).toContain(summary);
  expect((await run('state list')).stdout).toBe('');
  await run('drift --record --backoff');
  expect((await run('state list')).stdout).toContain(summary);
  const settings = 'plugins:\n  certificates:\n    probe:\n      deny: [10.0.0.0/8, 10.0.0.0/33]\n';
  writeFiles(folder, { 'fettle.yaml': `name: test\nstore: .fettle\n${settings}` });
  const wrong = await run('plan');
  expect(wrong.code).toBe(1);
  expect(wrong.stdout + wrong.stderr).toMatch(/fettle\.yaml:6:26[^]*10\.0\.0\.0\/33 is not a network/u);
});
