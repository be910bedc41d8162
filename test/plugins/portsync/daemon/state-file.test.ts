/** The state file: damage anywhere, kills, failing disks and other users; rotation, retention and recovery. */

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { canonicalJson } from '#plugin';
import {
  decodeState,
  encodeState,
  type PortState,
  portsAgree,
} from '../../../../plugins/portsync/daemon/port-state.ts';
import { readOwn } from '../../../../plugins/portsync/daemon/own-folder.ts';
import {
  listBackups,
  METRICS_FILE,
  openStateFolder,
  pruneBackups,
  recoverState,
  rotateState,
  saveState,
  setAsideStale,
  STATE_FILE,
  stateAgeSeconds,
  type StateFolder,
} from '../../../../plugins/portsync/daemon/state-file.ts';
import { portsOf } from './ports.ts';
import fc from '../../../support/property.ts';

const DAY_MS = 86_400_000;
const LOOP = join(import.meta.dirname, 'save-in-a-loop.ts');

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'portsync-state-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

async function folderOf(settings = {}): Promise<StateFolder> {
  return openStateFolder(join(root, 'state'), settings);
}

function stateOf(count: number, savedAt = 1_700_000_000): PortState {
  return { savedAt, ports: portsOf(count) };
}

/** The same state in the format of the Rust portsyncd. */
function firstVersion({ savedAt, ports }: PortState): string {
  return JSON.stringify({ ports: Object.fromEntries(ports), saved_at: savedAt, version: 1 }, null, 2);
}

describe('the format', () => {
  test('has a checksum over the canonical rest', () => {
    const { sha256, ...rest } = JSON.parse(encodeState(stateOf(3))) as Record<string, unknown>;
    const sum = execFileSync('sha256sum', { input: canonicalJson(rest), encoding: 'utf8' }).slice(0, 64);
    expect(sha256).toBe(sum);
    expect(rest).toMatchObject({ version: 2, saved_at: 1_700_000_000 });
  });

  test('is read with other white space and another order of members', () => {
    const { ports, ...rest } = JSON.parse(encodeState(stateOf(3))) as Record<string, unknown>;
    expect(decodeState(JSON.stringify({ ...rest, ports }, null, 1), 10)).toEqual({
      status: 'checked',
      state: stateOf(3),
    });
  });

  test('of the Rust portsyncd is unchecked', () => {
    expect(decodeState(firstVersion(stateOf(3)), 10)).toEqual({ status: 'unchecked', state: stateOf(3) });
  });

  test('defect 3: version and number of ports are checked on load', () => {
    expect(decodeState(firstVersion(stateOf(3)), 2)).toMatchObject({ reason: 'it has more than 2 ports' });
    expect(decodeState(encodeState(stateOf(3)), 3).status).toBe('checked');
    for (const version of [0, 3, '1', null])
      expect(decodeState(JSON.stringify({ ports: {}, saved_at: 1, version }), 3)).toMatchObject({
        reason: 'its version is neither 1 nor 2',
      });
  });

  test.each([
    ['null', 'null'],
    ['a list', '[]'],
    ['no time', '{"ports":{},"version":1}'],
    ['ports as a list', '{"ports":[],"saved_at":1,"version":1}'],
    [
      'a port with another name',
      '{"ports":{"Ethernet0":{"name":"Ethernet4","admin_state":1,"oper_state":1,"flags":1,"mtu":1}},"saved_at":1,"version":1}',
    ],
    [
      'a state of 2',
      '{"ports":{"Ethernet0":{"name":"Ethernet0","admin_state":2,"oper_state":1,"flags":1,"mtu":1}},"saved_at":1,"version":1}',
    ],
    [
      'a negative MTU',
      '{"ports":{"Ethernet0":{"name":"Ethernet0","admin_state":1,"oper_state":1,"flags":1,"mtu":-1}},"saved_at":1,"version":1}',
    ],
    [
      'an escape sequence in a name',
      '{"ports":{"\\u001b":{"name":"\\u001b","admin_state":1,"oper_state":1,"flags":1,"mtu":1}},"saved_at":1,"version":1}',
    ],
    ['version 1 with a checksum', '{"ports":{},"saved_at":1,"sha256":"","version":1}'],
    ['version 2 without a checksum', '{"ports":{},"saved_at":1,"version":2}'],
  ])('with %s is damaged', (_, text) => {
    expect(decodeState(text, 10).status).toBe('damaged');
  });

  test('a port that could not be read back is not saved', () => {
    const port = { name: 'a"b', admin_state: 1, oper_state: 1, flags: 1, mtu: 1 } as const;
    expect(() => encodeState({ savedAt: 1, ports: new Map([['a"b', port]]) })).toThrow('cannot be saved');
  });

  test.each([
    ['equal', {}, true],
    ['other flags', { flags: 7 }, true],
    ['another MTU', { mtu: 1500 }, false],
    ['another state', { oper_state: 1 }, false],
  ] as const)('ports agree: %s', (_, change, expected) => {
    const seen = new Map(
      [...portsOf(3)].map(([name, port]) => [name, name === 'Ethernet0' ? { ...port, ...change } : port]),
    );
    expect(portsAgree(portsOf(3), seen)).toBe(expected);
  });

  test('ports do not agree if one is missing or has another name', () => {
    expect(portsAgree(portsOf(3), portsOf(4))).toBe(false);
    const [, ...others] = portsOf(4).values();
    expect(portsAgree(portsOf(3), new Map(others.map((port) => [port.name, port])))).toBe(false);
  });
});

describe('damage', () => {
  const text = encodeState(stateOf(4));
  const bytes = Buffer.from(text);
  const place = fc.nat({ max: bytes.length - 1 });
  const damage = fc.oneof(
    place.map((at) => bytes.subarray(0, at)),
    fc.tuple(place, fc.nat({ max: 7 })).map(([at, bit]) => {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
      return flipped;
    }),
    fc
      .tuple(place, fc.nat({ max: 64 }))
      .map(([at, length]) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])),
    fc.tuple(place, fc.nat({ max: 64 })).map(([at, length]) => {
      const zeroed = Buffer.from(bytes);
      return zeroed.fill(0, at, Math.min(bytes.length, at + length));
    }),
    fc
      .tuple(place, fc.uint8Array({ maxLength: 32 }))
      .map(([at, more]) => Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)])),
  );

  test('anywhere is found: the state is the saved one, or not read', () => {
    fc.assert(
      fc.property(damage, (damaged) => {
        const decoded = decodeState(damaged.toString('utf8'), 100);
        if (decoded.status !== 'damaged') expect(decoded).toEqual({ status: 'checked', state: stateOf(4) });
      }),
      { numRuns: 3000 },
    );
  });

  test('of the file ends in the backup, or in a cold start', async () => {
    await fc.assert(
      fc.asyncProperty(damage, fc.boolean(), async (damaged, hasBackup) => {
        rmSync(join(root, 'state'), { recursive: true, force: true });
        const folder = await folderOf();
        await saveState(folder, stateOf(2, 1));
        if (hasBackup) await rotateState(folder, 5);
        writeFileSync(join(folder.path, STATE_FILE), damaged);
        const { state } = await recoverState(folder);
        const expected = [stateOf(4), hasBackup ? stateOf(2, 1) : undefined];
        expect(expected).toContainEqual(state);
      }),
      { numRuns: 60 },
    );
  });
});

describe('saves', () => {
  test('defect 4: a save that is killed leaves the earlier or the new state', async () => {
    const path = join(root, 'state');
    for (let round = 0; round < 8; round += 1) {
      const child = spawn(process.execPath, [LOOP, path], { stdio: ['ignore', 'pipe', 'inherit'] });
      let last = 0;
      const lines = createInterface({ input: child.stdout });
      for await (const line of lines) {
        last = Number(line);
        if (last >= 203 + round) {
          child.kill('SIGKILL');
          break;
        }
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      const { state, isChecked } = await recoverState(await folderOf());
      expect(isChecked).toBe(true);
      expect(state?.ports.size).toBeGreaterThanOrEqual(last);
    }
  });

  test('a full disk leaves the earlier state', () => {
    const place = join(root, 'disk');
    mkdirSync(place);
    const script = `mount -t tmpfs -o size=64k,mode=0700 tmpfs ${place} && "$0" "$1" ${place}/state; ls -A ${place}/state; cp ${place}/state/port_state.json ${root}/kept.json`;
    const done = spawnSync('unshare', ['-m', 'sh', '-c', script, process.execPath, LOOP], { encoding: 'utf8' });
    const lines = done.stdout.trim().split('\n');
    const at = lines.indexOf('ENOSPC');
    expect(at, done.stderr).toBeGreaterThan(0);
    expect(lines.slice(at + 1)).toEqual([STATE_FILE]);
    const last = Number(lines[at - 1]);
    expect(decodeState(readFileSync(join(root, 'kept.json'), 'utf8'), 10_000)).toEqual({
      status: 'checked',
      state: { savedAt: last, ports: portsOf(last) },
    });
  });

  test('a file of an earlier process that was killed is replaced', async () => {
    const folder = await folderOf();
    writeFileSync(join(folder.path, `.${STATE_FILE}.new`), 'half');
    await saveState(folder, stateOf(2));
    expect(readdirSync(folder.path)).toEqual([STATE_FILE]);
    expect(statSync(join(folder.path, STATE_FILE)).mode & 0o777).toBe(0o600);
  });

  test('a save does not follow a link', async () => {
    const folder = await folderOf();
    const other = join(root, 'other.json');
    writeFileSync(other, 'kept');
    symlinkSync(other, join(folder.path, STATE_FILE));
    symlinkSync(other, join(folder.path, `.${STATE_FILE}.new`));
    await saveState(folder, stateOf(2));
    expect(readFileSync(other, 'utf8')).toBe('kept');
    expect((await recoverState(folder)).state).toEqual(stateOf(2));
  });

  test('more ports than the limit are not saved', async () => {
    const folder = await folderOf({ maxPorts: 2 });
    await saveState(folder, stateOf(2));
    await expect(saveState(folder, stateOf(3))).rejects.toThrow(
      '3 ports are more than the limit of 2. Raise --max-ports',
    );
    expect((await recoverState(folder)).state).toEqual(stateOf(2));
  });

  test('a folder in which nothing can be written fails, and names the cause', async () => {
    const folder = await folderOf();
    rmSync(folder.path, { recursive: true });
    await expect(saveState(folder, stateOf(2))).rejects.toThrow('ENOENT');
  });

  test('the age is that of the file, and null without one', async () => {
    const folder = await folderOf();
    expect(await stateAgeSeconds(folder, Date.now())).toBeNull();
    await saveState(folder, stateOf(1));
    utimesSync(join(folder.path, STATE_FILE), 1000, 1000);
    expect(await stateAgeSeconds(folder, 1_004_500)).toBe(4);
  });
});

describe('the folder', () => {
  test('is created for this user alone', async () => {
    const { path } = await folderOf();
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  test.each([0o755, 0o770, 0o707])('with mode %o is refused', async (mode) => {
    mkdirSync(join(root, 'state'));
    chmodSync(join(root, 'state'), mode);
    await expect(folderOf()).rejects.toThrow('chmod 700');
  });

  test('of another user is refused', async () => {
    mkdirSync(join(root, 'state'), { mode: 0o700 });
    chownSync(join(root, 'state'), 4001, 4001);
    await expect(folderOf()).rejects.toThrow('belongs to user 4001');
  });

  test('in a folder that every user can write is refused', async () => {
    mkdirSync(join(root, 'open'));
    chmodSync(join(root, 'open'), 0o777);
    await expect(openStateFolder(join(root, 'open', 'state'))).rejects.toThrow('can be written by every user');
  });

  test('that is a link or a file is refused', async () => {
    symlinkSync(root, join(root, 'state'));
    await expect(folderOf()).rejects.toThrow('is not a folder');
    rmSync(join(root, 'state'));
    writeFileSync(join(root, 'state'), '');
    await expect(folderOf()).rejects.toThrow('is not a folder');
  });
});

describe('reading', () => {
  test.each([
    ['a link', (path: string) => symlinkSync(join(root, 'other.json'), path), 'it is a symbolic link'],
    ['a folder', (path: string) => mkdirSync(path), 'it is not a regular file'],
    ['a named pipe', (path: string) => execFileSync('mkfifo', [path]), 'it is not a regular file'],
    ['a large file', (path: string) => writeFileSync(path, 'x'.repeat(101)), 'it is larger than 100 bytes'],
    [
      'a file of another user',
      (path: string) => {
        writeFileSync(path, 'x');
        chownSync(path, 4001, 4001);
      },
      'it belongs to user 4001',
    ],
  ])('refuses %s', async (_, make, reason) => {
    writeFileSync(join(root, 'other.json'), encodeState(stateOf(1)));
    make(join(root, 'file'));
    expect(await readOwn(join(root, 'file'), 100)).toEqual({ status: 'refused', reason });
  });

  test('a link in place of the state file is corruption, and is set aside', async () => {
    const folder = await folderOf();
    writeFileSync(join(root, 'other.json'), encodeState(stateOf(1)));
    symlinkSync(join(root, 'other.json'), join(folder.path, STATE_FILE));
    expect(await recoverState(folder)).toMatchObject({
      recordings: [{ event: 'corruption' }],
      warnings: ['port_state.json is not used: it is a symbolic link'],
    });
    expect(existsSync(join(root, 'other.json'))).toBe(true);
    expect(readdirSync(folder.path)).toEqual(['set-aside']);
  });
});

describe('rotation and recovery', () => {
  test('without a file, nothing is rotated or recovered', async () => {
    const folder = await folderOf();
    expect(await rotateState(folder, 1)).toEqual([]);
    expect(readdirSync(folder.path)).toEqual([]);
    expect(await recoverState(folder)).toEqual({ isChecked: false, recordings: [], warnings: [] });
    rmSync(folder.path, { recursive: true });
    expect(await setAsideStale(folder, 1)).toEqual({ recordings: [], warnings: [] });
  });

  test('rotations within one millisecond have names of their own, in their order', async () => {
    const folder = await folderOf();
    for (const count of [1, 2, 3]) {
      await saveState(folder, stateOf(count));
      expect(await rotateState(folder, 1_700_000_000_000)).toEqual([{ event: 'backup-created' }]);
    }
    const names = await listBackups(folder);
    expect(names).toEqual([
      'port_state_1700000000000000000_0002.json',
      'port_state_1700000000000000000_0001.json',
      'port_state_1700000000000000000_0000.json',
    ]);
    rmSync(join(folder.path, STATE_FILE));
    expect((await recoverState(folder)).state?.ports.size).toBe(3);
  });

  test('a backup is the newest one after the clock was set back', async () => {
    const folder = await folderOf();
    await saveState(folder, stateOf(1));
    await rotateState(folder, 2_000);
    await saveState(folder, stateOf(2));
    await rotateState(folder, 1_000);
    rmSync(join(folder.path, STATE_FILE));
    expect((await recoverState(folder)).state?.ports.size).toBe(2);
  });

  test('defect 6: retention and recovery share one order, which no modification time changes', async () => {
    const folder = await folderOf({ retention: 2 });
    for (const count of [1, 2, 3]) {
      await saveState(folder, stateOf(count));
      await rotateState(folder, count * 1000);
      const [newest = ''] = await listBackups(folder);
      utimesSync(join(folder.path, 'backups', newest), 9_000 - count, 9_000 - count);
    }
    const kept = await listBackups(folder);
    expect(kept.map((name) => decodeState(readFileSync(join(folder.path, 'backups', name), 'utf8'), 9))).toMatchObject([
      { state: stateOf(3) },
      { state: stateOf(2) },
    ]);
  });

  test('the eleventh rotation removes the oldest backup', async () => {
    const folder = await folderOf();
    await saveState(folder, stateOf(1));
    for (let i = 0; i < 10; i += 1) await rotateState(folder, i * 1000);
    expect(await rotateState(folder, 99_000)).toEqual([
      { event: 'backup-created' },
      { event: 'backups-removed', removed: 1 },
    ]);
    expect(await listBackups(folder)).toHaveLength(10);
    expect(await pruneBackups(folder)).toBe(0);
  });

  test('backups of the Rust portsyncd are read, and other files are left alone', async () => {
    const folder = await folderOf();
    const place = join(folder.path, 'backups');
    mkdirSync(place, { mode: 0o700 });
    writeFileSync(join(place, 'port_state_1700000000.json'), firstVersion(stateOf(2)));
    writeFileSync(join(place, 'notes.json'), '{}');
    symlinkSync('/etc/passwd', join(place, 'port_state_1800000000.json'));
    expect(await listBackups(folder)).toEqual(['port_state_1700000000.json']);
    expect(await recoverState(folder)).toMatchObject({ isChecked: false, state: stateOf(2) });
  });

  test('a damaged file is not rotated', async () => {
    const folder = await folderOf();
    writeFileSync(join(folder.path, STATE_FILE), '{');
    expect(await rotateState(folder, 1)).toEqual([]);
  });

  test('defect 2: a damaged file is recovered from the newest valid backup, and set aside', async () => {
    const folder = await folderOf();
    for (const count of [1, 2, 3]) {
      await saveState(folder, stateOf(count));
      await rotateState(folder, count * 1000);
    }
    const [newest = ''] = await listBackups(folder);
    writeFileSync(join(folder.path, 'backups', newest), 'damaged');
    writeFileSync(join(folder.path, STATE_FILE), '');
    const recovered = await recoverState(folder);
    expect(recovered).toMatchObject({
      state: stateOf(2),
      isChecked: true,
      from: 'backups/port_state_0000000002000000000_0000.json',
      recordings: [{ event: 'corruption' }, { event: 'recovery' }],
    });
    expect(recovered.warnings).toHaveLength(2);
    expect(readdirSync(join(folder.path, 'set-aside'))).toEqual([STATE_FILE]);
  });

  test('files that are set aside do not replace each other', async () => {
    const folder = await folderOf();
    for (const text of ['{', '}']) {
      writeFileSync(join(folder.path, STATE_FILE), text);
      await recoverState(folder);
    }
    const place = join(folder.path, 'set-aside');
    expect(
      readdirSync(place)
        .sort()
        .map((name) => readFileSync(join(place, name), 'utf8')),
    ).toEqual(['{', '}']);
  });

  test('without a valid file or backup, nothing is recovered, and damaged backups do not count', async () => {
    const folder = await folderOf();
    await saveState(folder, stateOf(1));
    await rotateState(folder, 1);
    await rotateState(folder, 2);
    for (const name of await listBackups(folder)) writeFileSync(join(folder.path, 'backups', name), 'x');
    writeFileSync(join(folder.path, STATE_FILE), 'x');
    const { state, recordings } = await recoverState(folder);
    expect(state).toBeUndefined();
    expect(recordings).toEqual([{ event: 'corruption' }]);
  });
});

describe('stale files', () => {
  const now = 1_800_000_000_000;

  async function aged(names: Readonly<Record<string, number>>): Promise<StateFolder> {
    const folder = await folderOf();
    for (const [name, days] of Object.entries(names)) {
      const at = (now - days * DAY_MS) / 1000;
      writeFileSync(join(folder.path, name), '{}');
      utimesSync(join(folder.path, name), at, at);
    }
    return folder;
  }

  test('of seven days and more are set aside, not lost', async () => {
    const folder = await aged({ 'a.json': 7, 'b.json': 6.99, 'c.json': 400, 'd.txt': 400 });
    expect(await setAsideStale(folder, now)).toEqual({
      recordings: [{ event: 'backups-removed', removed: 2 }],
      warnings: [],
    });
    expect(readdirSync(folder.path).sort()).toEqual(['b.json', 'd.txt', 'set-aside']);
    expect(readdirSync(join(folder.path, 'set-aside')).sort()).toEqual(['a.json', 'c.json']);
  });

  test('defect 5: the state file and the metrics are never stale', async () => {
    const folder = await aged({ [STATE_FILE]: 400, [METRICS_FILE]: 400 });
    expect(await setAsideStale(folder, now)).toEqual({ recordings: [], warnings: [] });
    expect(readdirSync(folder.path).sort()).toEqual([METRICS_FILE, STATE_FILE]);
  });

  test('have the age of the settings', async () => {
    await aged({ 'a.json': 2 });
    const folder = await folderOf({ staleDays: 2 });
    expect((await setAsideStale(folder, now)).recordings).toHaveLength(1);
  });

  test('a failure for one file is a warning', async () => {
    const folder = await aged({ 'a.json': 9 });
    writeFileSync(join(folder.path, 'set-aside'), '');
    expect((await setAsideStale(folder, now)).warnings).toEqual([
      expect.stringContaining('a.json cannot be set aside'),
    ]);
    expect(existsSync(join(folder.path, 'a.json'))).toBe(true);
  });

  test('links are left alone', async () => {
    const folder = await folderOf();
    cpSync('/etc/hostname', join(root, 'old.json'));
    utimesSync(join(root, 'old.json'), 1, 1);
    symlinkSync(join(root, 'old.json'), join(folder.path, 'link.json'));
    expect(await setAsideStale(folder, now)).toEqual({ recordings: [], warnings: [] });
  });
});
