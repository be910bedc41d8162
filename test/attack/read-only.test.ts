/** Commands that only read write nothing, with and without write permission. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateProject, cliFile, type Ran, run, temporaryFolder, writeFiles } from '../support/cli.ts';
import { applyAgo, fettleHere as fettle } from '../support/command-line.ts';

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
  // Pending changes, so that a plan has every kind of row.
  await applyAgo(folder, 70);
  rmSync(join(folder, 'tls/api.key'));
  saved = join(temporaryFolder(), 'plan.json');
  expect((await fettle(folder, 'plan', '-o', saved)).code).toBe(0);
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

  it('does not need write permission', async () => {
    // Node.js refuses every write, to any file, by itself.
    const args = ['--permission', '--allow-fs-read=*', cliFile, ...words(line)];
    const done = await run(process.execPath, args, folder);
    expect([done.code, done.stderr.includes('ERR_ACCESS_DENIED')]).toEqual([code, false]);
  });
});

describe('calls that could change a file', () => {
  const calls = [
    'open,openat,openat2,creat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat',
    'rmdir,mknod,mknodat,truncate,ftruncate,fallocate,chmod,fchmod,fchmodat,chown,fchown,fchownat,lchown,utime,utimes',
    'utimensat,futimesat,setxattr,fsetxattr,lsetxattr',
  ].join();

  /** Lines of a trace that change something: of openat, those that open for more than reading. */
  async function changing(...args: readonly string[]): Promise<readonly string[]> {
    const trace = `${saved}.trace`;
    const rules = ['-f', '--seccomp-bpf', '-qq', '-o', trace, '-e', `trace=${calls}`];
    await run('strace', [...rules, process.execPath, cliFile, ...args], folder);
    const lines = readFileSync(trace, 'utf8').split('\n');
    // Otherwise nothing was traced.
    expect(
      lines.some((line) => line.includes('fettle.yaml"') || line.includes('plan.json"') || args[0] === 'schema'),
    ).toBe(true);
    return lines
      .filter((line) => /\w+\(/u.test(line))
      .filter((line) => !/\bopen(?:at2?)?\(/u.test(line) || /O_(?:WRONLY|RDWR|CREAT|TRUNC|TMPFILE)/u.test(line))
      .filter((line) => !line.includes('"/dev/'));
  }

  it.each(looks)('%s makes none', async (line) => {
    expect(await changing(...words(line))).toEqual([]);
  });

  it('apply makes some: they are seen', async () => {
    expect((await changing('apply', '--yes', '--target', 'certificates/Certificate/**')).length).toBeGreaterThanOrEqual(
      4,
    );
  });
});

describe('plan, as a user who may only read', () => {
  let dist: string;
  beforeAll(() => {
    // The program itself may lie where only root gets in.
    dist = temporaryFolder();
    execFileSync('cp', ['-r', join(root, 'dist'), process.execPath, dist]);
    chmodSync(dist, 0o755);
  });
  afterAll(() => rmSync(dist, { recursive: true, force: true }));

  function asNobody(cwd: string, ...args: readonly string[]): Promise<Ran> {
    const user = ['--reuid=65534', '--regid=65534', '--clear-groups'];
    return run('setpriv', [...user, join(dist, 'node'), join(dist, 'dist/cli.js'), ...args], cwd);
  }

  function readable(): string {
    const copy = temporaryFolder();
    cpSync(folder, copy, { recursive: true });
    chmodSync(copy, 0o755);
    for (const name of readdirSync(copy, { recursive: true }).map(String)) {
      const path = join(copy, name);
      // The store is for its owner and one group: a store that every user may read is not trusted.
      const others = name.startsWith('.fettle') ? 0 : 0o005;
      chmodSync(
        path,
        (statSync(path).isDirectory() ? 0o750 : 0o640) | (others & (statSync(path).isDirectory() ? 5 : 4)),
      );
      chownSync(path, 0, 65534);
    }
    return copy;
  }

  it.runIf(process.getuid?.() === 0)('needs no more', async () => {
    const copy = readable();
    const done = await asNobody(copy, 'plan');
    expect([done.code, done.stderr]).toEqual([0, expect.stringMatching(/^warning: the group of \S+ may read it/u)]);
    expect(done.stderr.match(/\n/gu)).toHaveLength(1);
    const refused = await asNobody(copy, 'apply', '--yes');
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/\nerror: the store .* cannot be used: EACCES/u),
    ]);
    rmSync(copy, { recursive: true });
  });

  it.runIf(process.getuid?.() === 0)('says what it cannot read: a key is a gap, the log is an error', async () => {
    const copy = readable();
    chmodSync(join(copy, 'tls/www.key'), 0o600);
    const gap = await asNobody(copy, 'plan');
    expect([gap.code, gap.stdout]).toEqual([4, expect.stringMatching(/\? certificates\/Certificate\/www .*EACCES/u)]);
    chmodSync(join(copy, '.fettle'), 0o700);
    const blind = await asNobody(copy, 'plan');
    expect([blind.code, blind.stdout, blind.stderr]).toEqual([
      1,
      '',
      expect.stringMatching(/^error: the log .* cannot be read: EACCES/u),
    ]);
    rmSync(copy, { recursive: true });
  });
});

it('plan needs no store, and makes none', async () => {
  const fresh = certificateProject(['www']);
  const before = stateOf(fresh);
  expect((await fettle(fresh, 'plan')).stdout).toContain('log head none');
  for (const args of [['plan'], ['log', 'list'], ['log', 'verify'], ['state', 'list']]) {
    const done = await run(process.execPath, ['--permission', '--allow-fs-read=*', cliFile, ...args], fresh);
    expect([args, done.code, done.stderr.includes('ERR_ACCESS_DENIED')]).toEqual([args, 0, false]);
  }
  expect(stateOf(fresh)).toEqual(before);
  rmSync(fresh, { recursive: true });
});

describe('a saved plan', () => {
  it('is private to its owner, for any previous file and any umask', async () => {
    expect(statSync(saved).mode & 0o777).toBe(0o600);
    const file = join(temporaryFolder(), 'open.json');
    writeFileSync(file, 'old', { mode: 0o666 });
    chmodSync(file, 0o666);
    expect(
      (await run('sh', ['-c', `umask 0; exec '${process.execPath}' '${cliFile}' plan -o '${file}'`], folder)).code,
    ).toBe(0);
    expect([statSync(file).mode & 0o777, JSON.parse(readFileSync(file, 'utf8'))]).toEqual([
      0o600,
      expect.objectContaining({ project: 'test' }),
    ]);
    expect(readdirSync(join(file, '..'))).toEqual(['open.json']);
    rmSync(join(file, '..'), { recursive: true });
  });

  it('is all that plan writes', async () => {
    const before = stateOf(folder).filter((line) => !line.startsWith('kept.json '));
    expect((await fettle(folder, 'plan', '-o', 'kept.json')).code).toBe(0);
    const after = stateOf(folder);
    expect(after.filter((line) => !before.includes(line)).map((line) => line.split(' ')[0])).toEqual(['kept.json']);
    rmSync(join(folder, 'kept.json'));
  });

  it('that cannot be written is an error, and leaves nothing', async () => {
    const done = await fettle(folder, 'plan', '-o', 'nowhere/plan.json');
    expect([done.code, done.stderr]).toEqual([1, expect.stringContaining('nowhere/plan.json')]);
    const full = await fettle(folder, 'plan', '-o', '/dev/full/plan.json');
    expect([full.code, full.stderr.includes('internal error')]).toEqual([1, false]);
  });
});
