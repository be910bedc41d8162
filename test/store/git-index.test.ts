/** The check that git tracks a path: indexes as git itself writes them, in every form. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { entryOf, parseIndex, trackedAs } from '../../src/store/files/git-index.ts';
import { temporaryFolder, writeFiles } from '../support/cli.ts';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
function git(at: string, ...args: readonly string[]): string {
  const own = [
    '-c',
    'user.name=t',
    '-c',
    'user.email=t@example.test',
    '-c',
    'protocol.file.allow=always',
    '-c',
    'init.defaultBranch=main',
  ];
  return execFileSync('git', ['-C', at, ...own, ...args], { encoding: 'utf8', stdio: 'pipe' });
}

const FILES = {
  'README.md': 'x',
  'a/long/path/that/goes/on/for/a/while/until/it/is/longer/than/one/hundred/and/twenty-eight/characters/so/that/an/offset/has/two/bytes.txt':
    'x',
  'b/ümlaut.txt': 'x',
  'state/log/1.ndjson': 'x',
  'z.txt': 'x',
};

const FORMS: Readonly<Record<string, (at: string) => void>> = {
  'version 2': () => undefined,
  'version 3': (at) => {
    git(at, 'update-index', '--index-version', '3');
    writeFiles(at, { 'later.txt': 'x' });
    // Only an entry with more flags makes git write version 3.
    git(at, 'add', '-N', 'later.txt');
  },
  'version 4': (at) => {
    git(at, 'update-index', '--index-version', '4');
  },
  split: (at) => {
    git(at, 'update-index', '--split-index');
    writeFiles(at, { 'more.txt': 'x' });
    git(at, 'add', 'more.txt');
  },
};

function repository(at: string, ...how: readonly string[]): void {
  mkdirSync(at, { recursive: true });
  git(at, 'init', '-q', ...how);
  writeFiles(at, FILES);
  git(at, 'add', '-A');
}

describe.each(['sha1', 'sha256'])('an index of a repository with %s', (format) => {
  it.each(Object.entries(FORMS))('of the form: %s', async (name, make) => {
    const at = join(folder, 'r');
    repository(at, `--object-format=${format}`);
    make(at);
    const version = readFileSync(join(at, '.git/index')).readUInt32BE(4);
    expect(version).toBe(name === 'version 3' ? 3 : name === 'version 4' ? 4 : 2);
    for (const path of Object.keys(FILES)) expect([path, await trackedAs(join(at, path))]).toEqual([path, path]);
    expect(await trackedAs(join(at, 'state'))).toBe('state/log/1.ndjson');
    expect(await trackedAs(join(at, 'STATE/LOG'))).toBe('state/log/1.ndjson');
    for (const path of ['stat', 'state2', 'other', 'README', '.fettle', 'b/ümlaut', 'a/long2'])
      expect([path, await trackedAs(join(at, path))]).toEqual([path, undefined]);
    // A file cannot have children, but a link may replace it later.
    expect(await trackedAs(join(at, 'z.txt/x'))).toBe('z.txt');
  });
});

describe('a repository around a path', () => {
  it('may be a work tree, whose .git is a file', async () => {
    const at = join(folder, 'r');
    repository(at);
    git(at, 'commit', '-qm', 'x');
    git(at, 'worktree', 'add', '-q', '../w');
    const other = join(folder, 'w');
    expect(await trackedAs(join(other, 'state'))).toBe('state/log/1.ndjson');
    git(other, 'rm', '-q', '--cached', 'state/log/1.ndjson');
    expect(await trackedAs(join(other, 'state'))).toBeUndefined();
    expect(await trackedAs(join(at, 'state'))).toBe('state/log/1.ndjson');
  });

  it('may be a submodule, itself an entry of the one around it', async () => {
    repository(join(folder, 'sub'));
    git(join(folder, 'sub'), 'commit', '-qm', 'x');
    const at = join(folder, 'r');
    repository(at);
    git(at, 'submodule', 'add', '-q', '../sub', 'module');
    expect(await trackedAs(join(at, 'module/state'))).toBe('state/log/1.ndjson');
    expect(await trackedAs(join(at, 'module/.fettle'))).toBeUndefined();
    expect(await trackedAs(join(at, 'module'))).toBeDefined();
  });

  it('tracks a link that leads to the path', async () => {
    const at = join(folder, 'r');
    repository(at);
    execFileSync('ln', ['-s', '../elsewhere', join(at, 'link')]);
    git(at, 'add', 'link');
    expect(await trackedAs(join(at, 'link/.fettle'))).toBe('link');
  });

  it('is sparse: an entry for a folder covers the files in it', async () => {
    const at = join(folder, 'r');
    repository(at);
    git(at, 'commit', '-qm', 'x');
    git(at, 'sparse-checkout', 'set', '--cone', '--sparse-index', 'b');
    expect(readFileSync(join(at, '.git/index')).includes('state/log')).toBe(false);
    expect(await trackedAs(join(at, 'state/log'))).toBe('state/');
    expect(await trackedAs(join(at, 'state'))).toBe('state/');
  });

  it('has no index yet, or nothing in it', async () => {
    git(folder, 'init', '-q');
    expect(await trackedAs(join(folder, '.fettle'))).toBeUndefined();
  });

  it('cannot be read: the answer is an error', async () => {
    const at = join(folder, 'r');
    repository(at);
    const index = join(at, '.git/index');
    const bytes = readFileSync(index);
    for (const broken of [
      bytes.subarray(0, 100),
      Buffer.from('rubbish'),
      Buffer.alloc(0),
      Buffer.concat([bytes.subarray(0, 7), Buffer.from([9]), bytes.subarray(8)]),
      Buffer.concat([bytes.subarray(0, 8), Buffer.from([0xff, 0xff, 0xff, 0xff]), bytes.subarray(12)]),
    ]) {
      writeFileSync(index, broken);
      await expect(trackedAs(join(at, '.fettle'))).rejects.toThrow(/cannot determine if git tracks .*/u);
    }
    writeFileSync(index, bytes);
    git(at, 'update-index', '--split-index');
    const shared = execFileSync('sh', ['-c', 'ls .git/sharedindex.*'], { cwd: at, encoding: 'utf8' }).trim();
    renameSync(join(at, shared), join(at, '.git/moved'));
    await expect(trackedAs(join(at, '.fettle'))).rejects.toThrow(/sharedindex/u);
  });
});

it('never accepts a cut index', () => {
  const at = join(folder, 'r');
  repository(at);
  const bytes = readFileSync(join(at, '.git/index'));
  const whole = parseIndex(bytes, 20).entries.length;
  for (let length = 0; length < bytes.length - 20; length += 1) {
    const read = (): number => parseIndex(bytes.subarray(0, length), 20).entries.length;
    try {
      expect(read()).toBe(whole);
    } catch (error) {
      expect(String(error)).not.toMatch(/RangeError|TypeError/u);
    }
  }
  expect(entryOf([], 'x')).toBeUndefined();
});
