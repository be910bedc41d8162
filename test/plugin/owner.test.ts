/** Files are trusted by owner, mode and the folders above, on a real disk. */

import { chmod, chown, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { distrustOf, type Owners, trustedOwners } from '#plugin/owner';

const own = process.getuid?.() ?? 0;

describe('trusted owners', () => {
  it.each<[string, number | undefined, Record<string, string>, Owners]>([
    ['are the current user and root', 1000, {}, new Set([0, 1000])],
    ['exclude SUDO_UID for a user other than root', 1000, { SUDO_UID: '1001' }, new Set([0, 1000])],
    ['include SUDO_UID for root', 0, { SUDO_UID: '1001' }, new Set([0, 1001])],
    ['exclude a malformed SUDO_UID', 0, { SUDO_UID: '1001x' }, new Set([0])],
    ['include FETTLE_TRUST_OWNER', 0, { FETTLE_TRUST_OWNER: '1001,1002' }, new Set([0, 1001, 1002])],
    ['are all users with FETTLE_TRUST_OWNER=1', 1000, { FETTLE_TRUST_OWNER: '1' }, 'everybody'],
    ['are all users on a system without user IDs', undefined, {}, 'everybody'],
  ])('%s', (_name, uid, env, owners) => {
    expect(trustedOwners(uid, env)).toEqual(owners);
  });

  it('require a valid FETTLE_TRUST_OWNER', () => {
    for (const said of ['yes', '0x1', '-1', '1 2', '1,'])
      expect(() => trustedOwners(0, { FETTLE_TRUST_OWNER: said })).toThrow('FETTLE_TRUST_OWNER');
  });
});

describe('a file', () => {
  let top = '';
  beforeAll(async () => {
    top = await realpath(await mkdtemp(join(tmpdir(), 'fettle-owner-')));
  });
  afterAll(() => rm(top, { recursive: true, force: true }));

  async function made(name: string, modes: { above?: number; folder?: number; file?: number } = {}): Promise<string> {
    const above = join(top, name);
    const folder = join(above, 'project');
    await mkdir(folder, { recursive: true });
    const file = join(folder, 'fettle.yaml');
    await writeFile(file, '');
    await chmod(file, modes.file ?? 0o644);
    await chmod(folder, modes.folder ?? 0o755);
    await chmod(above, modes.above ?? 0o755);
    return file;
  }
  const owners = trustedOwners(own, {});

  it.each<[string, { above?: number; folder?: number; file?: number }, string | undefined]>([
    ['of the current user', {}, undefined],
    ['that a group can write', { file: 0o664, folder: 0o775, above: 0o775 }, undefined],
    ['in a sticky folder', { folder: 0o1777 }, undefined],
    ['that every user can write', { file: 0o666 }, 'project/fettle.yaml'],
    ['in a folder that every user can write', { folder: 0o777 }, 'project'],
    ['below a folder that every user can write', { above: 0o777 }, ''],
  ])('%s', async (name, modes, at) => {
    const file = await made(name.replaceAll(' ', '-'), modes);
    const found = await distrustOf(file, owners);
    expect(found?.path).toBe(at === undefined ? undefined : join(top, name.replaceAll(' ', '-'), at));
    expect(await distrustOf(file, 'everybody')).toBeUndefined();
  });

  it.skipIf(own !== 0)('of another user, or in the folder of another user', async () => {
    const file = await made('foreign');
    await chown(file, 4001, 4001);
    expect(await distrustOf(file, owners)).toEqual({ path: file, uid: 4001, reason: 'belongs to user 4001' });
    expect(await distrustOf(file, new Set([0, 4001]))).toBeUndefined();
    await chown(file, 0, 0);
    await chown(join(file, '..'), 4001, 4001);
    expect(await distrustOf(file, owners)).toMatchObject({ path: join(file, '..'), uid: 4001 });
  });
});
