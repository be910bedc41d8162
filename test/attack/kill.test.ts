/**
 * `apply` killed at every system call that changes something in its project: one more run, and everything is in order.
 *
 * A run that is not disturbed says which calls there are; then each gets a run of its own, which strace kills right
 * there.
 */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import PQueue from 'p-queue';
import { afterAll, describe, expect, it } from 'vitest';
import {
  certificateProject,
  cliFile,
  fettle,
  issueWithOpenssl,
  type Ran,
  run,
  temporaryFolder,
} from '../support/cli.ts';

const CALLS = [
  'openat',
  'write',
  'pwrite64',
  'writev',
  'fsync',
  'fdatasync',
  'rename',
  'renameat',
  'renameat2',
  'link',
  'linkat',
  'unlink',
  'unlinkat',
  'mkdir',
  'rmdir',
  'ftruncate',
  'copy_file_range',
  'fchmod',
  'chmod',
];

const root = temporaryFolder();
let copies = 0;
afterAll(() => rmSync(root, { recursive: true, force: true }));

function copyOf(template: string): string {
  const folder = join(root, String((copies += 1)));
  cpSync(template, folder, { recursive: true });
  return folder;
}

/** One thread for all file calls, so that the nth call is the same one in every run. */
function underStrace(folder: string, rules: readonly string[]): Promise<Ran> {
  const args = ['-f', '-qq', ...rules, process.execPath, cliFile, 'apply', '--yes'];
  return run('strace', args, folder, { UV_THREADPOOL_SIZE: '1' });
}

/** The calls that touch the project, each as its name and its count in its thread. */
async function callsOf(template: string): Promise<readonly (readonly [string, number])[]> {
  const folder = copyOf(template);
  const trace = `${folder}.trace`;
  const done = await underStrace(folder, ['-o', trace, '-y', '-e', `trace=${CALLS.join(',')}`]);
  expect(done).toMatchObject({ code: 0 });
  const counts = new Map<string, number>();
  const found = new Map<string, readonly [string, number]>();
  for (const line of readFileSync(trace, 'utf8').split('\n')) {
    const [, thread = '', call = ''] = /^(\d+)\s+(\w+)\(/u.exec(line) ?? [];
    if (call === '') continue;
    const count = (counts.get(`${thread} ${call}`) ?? 0) + 1;
    counts.set(`${thread} ${call}`, count);
    const reads = call === 'openat' && !/O_(?:WRONLY|RDWR|CREAT)/u.test(line);
    if (line.includes(folder) && !reads) found.set(`${call} ${count}`, [call, count]);
  }
  return [...found.values()];
}

/** Whether some certificate and some key that lie there, stored, pending or as a backup, are a pair that is valid. */
function hasValidPair(folder: string, name: string): boolean {
  const read = (path: string) => (existsSync(join(folder, path)) ? [readFileSync(join(folder, path), 'utf8')] : []);
  const kinds = ['', '.pending', '.backup'];
  const keys = kinds
    .flatMap((kind) => read(`tls/${name}.key${kind}`))
    .filter((text) => text.includes('END PRIVATE KEY'));
  const certificates = kinds
    .flatMap((kind) => read(`tls/${name}.crt${kind}`))
    .filter((text) => text.includes('END CERTIFICATE'));
  return certificates.some((text) => {
    const certificate = new X509Certificate(text);
    return (
      new Date(certificate.validTo).getTime() > Date.now() &&
      keys.some((key) => certificate.checkPrivateKey(createPrivateKey(key)))
    );
  });
}

function modesOfKeys(folder: string): readonly number[] {
  const keys = ['tls', 'ca'].flatMap((dir) =>
    existsSync(join(folder, dir)) ? readdirSync(join(folder, dir)).map((name) => join(folder, dir, name)) : [],
  );
  return keys.filter((path) => path.includes('.key')).map((path) => statSync(path).mode & 0o777);
}

/** Everything that has to hold once a killed run was followed by one more. */
async function expectMended(folder: string, where: string): Promise<void> {
  const next = await fettle(folder, 'apply', '--yes');
  expect([where, next.code, next.stderr]).toEqual([where, 0, expect.any(String)]);
  const plan = await fettle(folder, 'plan', '--detailed-exitcode');
  expect([where, plan.code, plan.code === 0 ? '' : plan.stdout + plan.stderr]).toEqual([where, 0, '']);
  const verify = await fettle(folder, 'log', 'verify');
  expect([where, verify.code, verify.code === 0 ? '' : verify.stdout]).toEqual([where, 0, '']);
  execFileSync('openssl', ['verify', '-CAfile', join(folder, 'ca/ca.crt'), join(folder, 'tls/www.crt')], {
    stdio: 'pipe',
  });
  const certificate = new X509Certificate(readFileSync(join(folder, 'tls/www.crt')));
  expect([where, certificate.checkPrivateKey(createPrivateKey(readFileSync(join(folder, 'tls/www.key'))))]).toEqual([
    where,
    true,
  ]);
  expect([where, new Set(modesOfKeys(folder))]).toEqual([where, new Set([0o600])]);
  expect([where, readdirSync(join(folder, 'tls')).sort(), readdirSync(join(folder, 'ca')).sort()]).toEqual([
    where,
    ['www.crt', 'www.key'],
    ['ca.crt', 'ca.key'],
  ]);
  expect([
    where,
    readdirSync(join(folder, '.fettle')).filter((name) => name.startsWith('lock') || name.startsWith('.tmp')),
  ]).toEqual([where, []]);
}

async function killEverywhere(template: string, always: (folder: string, where: string) => void): Promise<number> {
  const calls = await callsOf(template);
  const queue = new PQueue({ concurrency: 4 });
  let kills = 0;
  await queue.addAll(
    calls.map(([call, count]) => async () => {
      const folder = copyOf(template);
      const trace = `${folder}.trace`;
      const rules = ['-o', trace, '-y', '-e', `trace=${call}`, '-e', `inject=${call}:signal=SIGKILL:when=${count}`];
      const died = await underStrace(folder, rules);
      const where = `killed at ${call} ${count}`;
      if (died.signal === 'SIGKILL' || died.code === 137) kills += 1;
      const last = readFileSync(trace, 'utf8')
        .split('\n')
        .findLast((line) => line.includes(`${call}(`));
      expect([where, last]).toEqual([where, expect.stringContaining(folder)]);
      expect([where, modesOfKeys(folder).every((mode) => mode === 0o600)]).toEqual([where, true]);
      always(folder, where);
      await expectMended(folder, where);
      rmSync(folder, { recursive: true });
    }),
  );
  process.stdout.write(`kill -9: ${kills} kills at ${calls.length} calls\n`);
  return kills;
}

describe('apply, killed at every call that changes something', () => {
  it('while it renews a certificate', { timeout: 600_000 }, async () => {
    const template = certificateProject(['www']);
    expect((await fettle(template, 'apply', '--yes')).code).toBe(0);
    issueWithOpenssl(template, 'www', 20);
    expect((await fettle(template, 'plan')).stdout).toContain('expiring_soon > renewing');
    const kills = await killEverywhere(template, (folder, where) =>
      expect([where, hasValidPair(folder, 'www')]).toEqual([where, true]),
    );
    expect(kills).toBeGreaterThan(30);
    rmSync(template, { recursive: true });
  });

  it('while it makes an authority and a first certificate', { timeout: 600_000 }, async () => {
    const template = certificateProject(['www']);
    expect(await killEverywhere(template, () => undefined)).toBeGreaterThan(30);
    rmSync(template, { recursive: true });
  });
});
