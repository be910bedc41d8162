/** Commands that only look write nothing: not with the right to, and not without it. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  certificateProject,
  cliFile,
  fettle,
  issueWithOpenssl,
  run,
  temporaryFolder,
  writeFiles,
} from '../support/cli.ts';

const root = join(import.meta.dirname, '../..');
let folder: string;
let saved: string;

beforeAll(async () => {
  folder = certificateProject(['www', 'api']);
  writeFiles(folder, {
    'desired/domain.yaml': `apiVersion: certificates/v1
kind: Domain
metadata: { name: closed }
spec: { host: closed.example.test, address: 127.0.0.1, port: 1, trust: [../ca/ca.crt] }
`,
  });
  expect((await fettle(folder, 'apply', '--yes')).code).toBe(0);
  // Something to do, so that a plan has every kind of row to think about.
  issueWithOpenssl(folder, 'www', 20);
  rmSync(join(folder, 'tls/api.key'));
  saved = join(temporaryFolder(), 'plan.json');
  expect((await fettle(folder, 'plan', '-o', saved)).code).toBe(0);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(join(saved, '..'), { recursive: true, force: true });
});

/** Every file below a folder with its bytes, mode and time of change. */
function stateOf(dir: string): readonly string[] {
  return readdirSync(dir, { recursive: true })
    .map(String)
    .sort()
    .map((name) => {
      const path = join(dir, name);
      const { mode, mtimeMs, ctimeMs } = lstatSync(path);
      const hash = lstatSync(path).isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
      return [name, mode, mtimeMs, ctimeMs, hash].join(' ');
    });
}

const looks: readonly (readonly [string, number])[] = [
  ['validate', 0],
  ['plan', 0],
  ['plan --format json', 0],
  ['plan --detailed-exitcode', 2],
  ['show PLAN', 0],
  ['log list', 0],
  ['log verify', 0],
  ['state list', 0],
  ['state show certificates/Certificate/www', 0],
  ['schema Certificate', 0],
];

function words(line: string): readonly string[] {
  return line.split(' ').map((word) => (word === 'PLAN' ? saved : word));
}

describe.each(looks)('%s', (line, code) => {
  it('changes nothing in the project', async () => {
    const before = stateOf(folder);
    expect(await fettle(folder, ...words(line))).toMatchObject({ code });
    expect(stateOf(folder)).toEqual(before);
  });

  it('does not need the right to write at all', async () => {
    // Node.js refuses every write, to any file, by itself.
    const args = ['--permission', '--allow-fs-read=*', cliFile, ...words(line)];
    const done = await run(process.execPath, args, folder);
    expect([done.code, done.stderr.includes('ERR_ACCESS_DENIED')]).toEqual([code, false]);
  });
});

it('plan makes no call that could change a file', async () => {
  const trace = `${saved}.trace`;
  const calls =
    'openat,creat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir,truncate,ftruncate,chmod,fchmod,fchmodat,utimensat';
  const args = ['-f', '-qq', '-o', trace, '-e', `trace=${calls}`, process.execPath, cliFile, 'plan'];
  expect(await run('strace', args, folder)).toMatchObject({ code: 0 });
  const writing = readFileSync(trace, 'utf8')
    .split('\n')
    .filter((line) => /\w+\(/u.test(line) && (!line.includes('openat(') || /O_(?:WRONLY|RDWR|CREAT|TRUNC)/u.test(line)))
    .filter((line) => !line.includes('"/dev/'));
  expect(writing).toEqual([]);
});

it('plan runs in a folder that its user may only read', async () => {
  if (process.getuid?.() !== 0) return;
  chmodSync(folder, 0o755);
  for (const dir of ['.fettle', '.fettle/log', 'ca', 'tls', 'desired']) chmodSync(join(folder, dir), 0o755);
  for (const name of readdirSync(join(folder, '.fettle/log'))) chmodSync(join(folder, '.fettle/log', name), 0o644);
  for (const file of ['.fettle/key', 'ca/ca.key', 'tls/www.key']) chmodSync(join(folder, file), 0o644);
  // The program itself may lie where only root gets in.
  const dist = temporaryFolder();
  execFileSync('cp', ['-r', join(root, 'dist'), process.execPath, dist]);
  chmodSync(dist, 0o755);
  const args = [
    '--reuid=65534',
    '--regid=65534',
    '--clear-groups',
    join(dist, 'node'),
    join(dist, 'dist/cli.js'),
    'plan',
  ];
  const done = await run('setpriv', args, folder);
  expect([done.code, done.stderr]).toEqual([0, '']);
  rmSync(dist, { recursive: true });
});

it('plan needs no store, and makes none', async () => {
  const fresh = certificateProject(['www']);
  expect((await fettle(fresh, 'plan')).stdout).toContain('log head none');
  expect(readdirSync(fresh)).toEqual(['desired', 'fettle.yaml']);
  rmSync(fresh, { recursive: true });
});

it('a saved plan is for its owner alone', () => {
  expect(statSync(saved).mode & 0o777).toBe(0o600);
});
