/** Expiry as an alert: severities in every output, and exit codes by `--fail-on`, with a real TLS server. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import type { DriftReport } from '../../../src/formats/drift.ts';
import { temporaryFolder, writeFiles } from '../../support/cli.ts';
import { type Done, fettle } from '../../support/command-line.ts';

const DAY = 86_400_000;

interface Site {
  readonly folder: string;
  /** Runs a command with this number of days left. */
  readonly run: (line: string, daysLeft: number) => Promise<Done>;
  readonly declare: (more: string) => void;
  /** Ends the server. */
  readonly stop: () => void;
}

/** A Domain whose server presents a certificate with a lifetime in days. */
async function site(lifetime = 90): Promise<Site> {
  const folder = temporaryFolder();
  const [key, certificate] = [join(folder, 'server.key'), join(folder, 'server.crt')];
  const request = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    `${lifetime}`,
  ];
  const files = ['-keyout', key, '-out', certificate, '-addext', 'subjectAltName=DNS:www.example.test'];
  execFileSync('openssl', [...request, '-subj', '/CN=www.example.test', ...files], { stdio: 'ignore' });
  const end = Date.now() + lifetime * DAY;
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (socket) => {
    socket.on('error', () => undefined).end();
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const stop = (): void => void server.close();
  onTestFinished(stop);
  const { port } = server.address() as AddressInfo;
  const declare = (more: string): void =>
    writeFiles(folder, {
      'fettle.yaml': 'name: test\nstore: .fettle\n',
      'desired/www.yaml': `apiVersion: certificates/v1
kind: Domain
metadata: { name: www }
spec: { host: www.example.test, address: 127.0.0.1, port: ${port}, verify: false${more} }
`,
    });
  declare('');
  return {
    folder,
    declare,
    stop,
    run: (line, daysLeft) => fettle(folder, line, { now: () => end - daysLeft * DAY - 60_000 }),
  };
}

test.each([
  // Days left, code, severity, and the exit codes of drift, and of plan with --fail-on critical, findings, warnings.
  [60, undefined, undefined, 0, 0, 0, 0],
  [20, 'expiring', 'warning', 0, 0, 0, 2],
  [4, 'expiring-critical', 'critical', 2, 2, 2, 2],
  [-3, 'expired', 'critical', 2, 2, 2, 2],
] as const)('%i days left: %s', async (left, code, severity, drift, critical, findings, warnings) => {
  const { run } = await site();
  const checks = code === undefined ? [] : [expect.objectContaining({ code, severity })];
  for (const command of ['plan', 'drift']) {
    const { stdout } = await run(`${command} --format json`, left);
    expect(JSON.parse(stdout)).toMatchObject({ checks });
    const line = expect.stringMatching(
      severity === undefined ? /0 findings/u : new RegExp(`${severity} .*${code}`, 'u'),
    );
    expect((await run(command, left)).stdout).toEqual(line);
    expect((await run(`${command} --format markdown`, left)).stdout.includes(`**${severity}**`)).toBe(
      code !== undefined,
    );
    for (const [value, exit] of [
      ['critical', critical],
      ['findings', findings],
      ['warnings', warnings],
    ] as const) {
      expect([command, value, (await run(`${command} --fail-on ${value}`, left)).code]).toEqual([command, value, exit]);
    }
  }
  expect((await run('plan', left)).code).toBe(0);
  expect((await run('drift', left)).code).toBe(drift);
  expect((await run('drift --json', left)).stdout.includes(`"severity":"${severity}"`)).toBe(code !== undefined);
  expect((await run('apply --yes', left)).code).toBe(0);
  expect((await run('apply --yes --fail-on critical', left)).code).toBe(critical);
  expect((await run('apply --yes --until-settled --fail-on warnings', left)).code).toBe(warnings);
  const end = JSON.parse((await run('log list --kind end --last 1 --format json', left)).stdout) as unknown;
  expect(end).toMatchObject({ body: { exit: warnings } });
});

test('a certificate with a short lifetime is critical in its last sixth', async () => {
  const { run } = await site(6);
  const codes = async (left: number): Promise<readonly string[]> =>
    (JSON.parse((await run('drift --format json', left)).stdout) as DriftReport).checks.map(({ code }) => code);
  expect([await codes(5.9), await codes(1.1), await codes(0.9)]).toEqual([
    ['expiring'],
    ['expiring'],
    ['expiring-critical'],
  ]);
});

test('expiryCriticalDays decides, is less than expiryWarnDays, and defaults to a quarter of it', async () => {
  const { run, declare } = await site();
  const codes = async (left: number): Promise<readonly string[]> =>
    (JSON.parse((await run('drift --format json', left)).stdout) as DriftReport).checks.map(({ code }) => code);
  declare(', expiryWarnDays: 20');
  expect([await codes(6), await codes(4)]).toEqual([['expiring'], ['expiring-critical']]);
  declare(', expiryWarnDays: 20, expiryCriticalDays: 10');
  expect(await codes(9)).toEqual(['expiring-critical']);
  declare(', expiryCriticalDays: 0');
  expect(await codes(0.5)).toEqual(['expiring']);
  declare(', expiryWarnDays: 20, expiryCriticalDays: 20');
  const refused = await run('validate', 60);
  expect([refused.code, refused.stderr + refused.stdout]).toEqual([
    1,
    expect.stringContaining('expiryCriticalDays is 20, and expiryWarnDays is 20'),
  ]);
});

test('an outage does not resolve the page about the last served certificate', async () => {
  const { run, stop } = await site();
  const codes = async (left: number): Promise<readonly string[]> =>
    (JSON.parse((await run('drift --format json', left)).stdout) as DriftReport).checks.map(({ code }) => code);
  await run('drift --record', 20);
  stop();
  // Without a critical finding before, the outage is the only one.
  expect(await codes(20)).toEqual(['refused']);
  expect(await codes(4)).toEqual(['refused', 'expiring-critical']);
  expect(await codes(-1)).toEqual(['refused', 'expired']);
  expect((await run('drift --record --backoff --fail-on critical', 4)).code).toBe(2);
  expect((await run('drift --record --backoff --fail-on critical', 4)).stdout).toContain(
    'the last served certificate expires in 4 days (expiryCriticalDays is 7); the server has not served another since',
  );
});
