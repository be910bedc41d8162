/**
 * Files whose content is sent or printed: only those of the repository and of the folders that the environment names.
 */

import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { FileError, namedFileRoots, outsideMistake, readInside } from '#plugin/files';
import { temporaryFolder, writeFiles } from '../../support/cli.ts';

let top = '';
let repo = '';
let named = '';

beforeAll(() => {
  top = temporaryFolder();
  repo = join(top, 'repo');
  named = join(top, 'named');
  writeFiles(top, {
    'repo/init.sh': 'inside',
    'repo/sub/init.sh': 'inside',
    'named/token': 'inside',
    'repository/init.sh': 'geheim',
    'repo/.git/config': 'geheim',
    'repo/sub/.git/config': 'geheim',
    'repo/.fettle/key': 'geheim',
    // A store under another name, and an unrelated folder with the same names.
    'repo/state/key': 'geheim',
    'repo/state/log/000000000001-00000001.ndjson': 'geheim',
    'repo/other/key': 'inside',
    'repo/other/log/today.txt': 'inside',
    secret: 'geheim',
  });
  symlinkSync('init.sh', join(repo, 'link'));
  symlinkSync('../secret', join(repo, 'out'));
  symlinkSync('/nowhere/at/all', join(repo, 'dangling'));
  symlinkSync('/proc/self', join(repo, 'self'));
  symlinkSync('..', join(repo, 'up'));
  symlinkSync('.git/config', join(repo, 'to-git'));
  symlinkSync('../named/token', join(repo, 'to-named'));
  mkdirSync(join(repo, 'folder'));
  execFileSync('mkfifo', [join(repo, 'pipe')]);
});
async function read(path: string, roots: readonly string[] = [repo, named], limit = 100): Promise<string> {
  const bytes = await readInside(join(repo, path), 'the file', { roots, limit });
  return bytes.toString();
}

async function failure(path: string, roots: readonly string[] = [repo, named]): Promise<FileError> {
  const error: unknown = await readInside(path, 'the file', { roots, limit: 100 }).then(
    (bytes) => new Error(`it was read: ${bytes.toString()}`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof FileError)) throw error;
  return error;
}

describe('a file', () => {
  it.each(['init.sh', 'sub/init.sh', 'link', 'to-named', 'up/repo/init.sh', 'sub/../init.sh', 'other/key'])(
    'is read: %s',
    async (path) => {
      expect(await read(path)).toBe('inside');
      expect(await outsideMistake(join(repo, path), [repo, named])).toBeUndefined();
    },
  );

  it.each([
    '../secret',
    'out',
    'up/secret',
    'up/repository/init.sh',
    '../repository/init.sh',
    'dangling',
    'self/environ',
    '../none',
    'up/none',
    'self/none',
    '.git/config',
    '.git/none',
    'sub/.git/config',
    '.fettle/key',
    'state/key',
    'state/log/000000000001-00000001.ndjson',
    'to-git',
  ])('outside is not read, and its existence not disclosed: %s', async (path) => {
    const { message, code } = await failure(join(repo, path));
    expect([message, code]).toEqual([
      `the file is outside the content of ${repo}. To permit another folder, add it to the variable FETTLE_FILE_ROOTS`,
      'outside',
    ]);
    expect(await outsideMistake(join(repo, path), [repo, named])).toBeDefined();
  });

  it.each(['/proc/self/environ', '/proc/1/cmdline', '/sys/kernel/uevent_seqnum'])(
    'of the system is not read, even if the environment names its folder: %s',
    async (path) => {
      expect((await failure(path, [repo, '/'])).code).toBe('outside');
      expect((await failure(path, [repo, '/proc', '/sys', '/dev'])).code).toBe('outside');
    },
  );

  it.each([
    ['folder', 'the file is not a regular file'],
    ['pipe', 'the file is not a regular file'],
    ['none', 'the file cannot be read (ENOENT)'],
    ['init.sh/below', 'the file cannot be read (ENOTDIR)'],
  ])('that cannot be used is an error: %s', async (path, message) => {
    expect((await failure(join(repo, path))).message).toBe(message);
  });

  it('is never a device', async () => {
    for (const path of ['/dev/zero', '/dev/null', '/dev/stdin'])
      await expect(readInside(path, 'the file', { roots: [repo, '/dev'], limit: 100 })).rejects.toThrow(FileError);
  });

  it('over the limit is not read to its end', async () => {
    await expect(read('init.sh', [repo], 3)).rejects.toThrow('larger than 3 bytes');
  });

  it('of a folder that the environment does not name is outside', async () => {
    expect((await failure(join(named, 'token'), [repo])).code).toBe('outside');
  });

  it('is the file that was checked, even if its path is replaced meanwhile', async () => {
    // A folder that is inside, and a link to one outside, in the same place by turns.
    const [way, inside, outside] = [join(repo, 'way'), join(repo, 'way.inside'), join(repo, 'way.outside')];
    mkdirSync(inside);
    writeFileSync(join(inside, 'f'), 'inside');
    mkdirSync(join(top, 'elsewhere'));
    writeFileSync(join(top, 'elsewhere/f'), 'geheim');
    symlinkSync(join(top, 'elsewhere'), outside);
    const seen = new Set<string>();
    for (let i = 0; i < 300; i += 1) {
      const reading = read('way/f').catch((error: unknown) => {
        if (!(error instanceof FileError)) throw error;
        return 'refused';
      });
      for (const from of [inside, outside]) {
        renameSync(from, way);
        await new Promise((resolve) => setImmediate(resolve));
        renameSync(way, from);
      }
      seen.add(await reading);
    }
    rmSync(outside);
    expect(seen).not.toContain('geheim');
    expect(seen.size).toBeGreaterThan(0);
    renameSync(inside, way);
    expect(await read('way/f')).toBe('inside');
  });

  it('is read through a hard link', async () => {
    linkSync(join(repo, 'init.sh'), join(repo, 'hard'));
    expect(await read('hard')).toBe('inside');
  });
});

it('FETTLE_FILE_ROOTS holds absolute folders between colons', () => {
  expect(namedFileRoots({})).toEqual([]);
  expect(namedFileRoots({ FETTLE_FILE_ROOTS: '/run/secrets:/etc/cloud:' })).toEqual(['/run/secrets', '/etc/cloud']);
  expect(() => namedFileRoots({ FETTLE_FILE_ROOTS: 'secrets' })).toThrow(
    'FETTLE_FILE_ROOTS: secrets is not an absolute path',
  );
});
