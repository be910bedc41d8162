/** The store on files: the suite of all stores, and the properties of files alone. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../support/cli.ts';
import { FenceLostError, LockHeldError, StoreError } from '../../src/store/errors.ts';
import { isDead, parseStat, thisHolder } from '../../src/store/holder.ts';
import { formatLine, prepare } from '../../src/store/line.ts';
import { storeConformance } from './conformance.ts';
import { intent, rememberedIn, note, outcome, own, recordsOf } from './drafts.ts';
import { type FileBench, fileBench, WRITER } from './file-bench.ts';
import { inboxConformance } from './inbox-conformance.ts';

storeConformance('files', fileBench);
inboxConformance('files', fileBench);

const NOW = { command: 'apply', timeoutMs: 0 };

let bench: FileBench;
beforeEach(async () => {
  bench = await fileBench();
});
afterEach(() => bench.remove());

/** Every property of a folder that a reader could change: names, kinds, modes, modification times, contents. */
function stateOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .concat('.')
    .sort()
    .map((name) => {
      const path = join(folder, name);
      const { mode, mtimeNs, ctimeNs, ino, size } = lstatSync(path, { bigint: true });
      const digest = lstatSync(path).isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
      return [name, mode, mtimeNs, ctimeNs, ino, size, digest].join(' ');
    });
}

async function fill(checkpoints = 0): Promise<void> {
  const store = bench.open();
  const fence = await store.lock(NOW);
  const [first] = await store.append([intent('web-1')], fence);
  await store.append([outcome('web-1', first?.seq ?? 0)], fence);
  for (let round = 0; round < checkpoints; round += 1) {
    await store.checkpoint(await rememberedIn(store), fence, true);
    await store.append([note(`round-${round}`)], fence);
  }
  await store.close();
}

describe('files of a store', () => {
  it('are the log and the lock, private to their owner', async () => {
    const before = process.umask(0);
    try {
      const store = bench.open();
      const fence = await store.lock(NOW);
      await store.append([note('a')], fence);
      await store.checkpoint([], fence, true);
      const modes = readdirSync(bench.folder, { recursive: true, encoding: 'utf8' })
        .sort()
        .map((name) => `${name} ${(lstatSync(join(bench.folder, name)).mode & 0o777).toString(8)}`);
      expect(modes).toEqual([
        '.gitignore 600',
        'lock-1 600',
        'log 700',
        'log/000000000001-00000001.ndjson 600',
        'log/000000000003-00000001.ndjson 600',
      ]);
      expect(lstatSync(bench.folder).mode & 0o777).toBe(0o700);
      await store.close();
      expect(readdirSync(bench.folder).sort()).toEqual(['.gitignore', 'log']);
    } finally {
      process.umask(before);
    }
  });

  it('have the documented form', async () => {
    await fill();
    const text = readFileSync(bench.segments()[0] ?? '', 'utf8');
    for (const line of text.trimEnd().split('\n')) {
      expect(line).toMatch(
        /^\{"seq":\d+,"time":"[^"]+Z","actor":"me","kind":"\w+","body":\{.*\},"prev":"[0-9a-f]{64}","hash":"[0-9a-f]{64}"\}$/su,
      );
      const [hashed = '', rest = ''] = line.split(/,"hash":"(?=[0-9a-f]{64}"\}$)/u);
      expect(rest.slice(0, 64)).toBe(createHash('sha256').update(hashed).digest('hex'));
    }
  });

  it('are read once for a lock with a known state, and again if a byte or a file has changed', async () => {
    await fill(1);
    const lockedState = async (change: (newest: string) => void): Promise<boolean> => {
      const store = bench.open();
      const known = await store.state({ beforeLock: true });
      change(join(bench.folder, 'log', readdirSync(join(bench.folder, 'log')).toSorted().at(-1) ?? ''));
      await store.lock({ ...NOW, known });
      const { recall } = await store.state();
      await store.close();
      return recall === known.recall;
    };
    expect(await lockedState(() => undefined)).toBe(true);
    expect(await lockedState((newest) => utimesSync(newest, 0, 0))).toBe(true);
    expect(await lockedState((newest) => writeFileSync(`${newest}.copy`, ''))).toBe(false);
    rmSync(
      join(bench.folder, 'log', readdirSync(join(bench.folder, 'log')).find((name) => name.endsWith('.copy')) ?? ''),
    );
    const spoilLast = (newest: string): void => {
      const bytes = readFileSync(newest);
      bytes[bytes.length - 10] = (bytes[bytes.length - 10] ?? 0) ^ 1;
      writeFileSync(newest, bytes);
    };
    expect(await lockedState(spoilLast)).toBe(false);
  });

  it('are not changed by readers', async () => {
    await fill(2);
    await bench.tear();
    mkdirSync(join(bench.folder, '.tmp-left'));
    const before = stateOf(dirname(bench.folder));
    const store = bench.open();
    await store.read(() => undefined);
    await store.read(() => undefined, 'all');
    await store.verify({ seq: 1, hash: '0'.repeat(64) });
    await store.holder();
    await store.close();
    expect(stateOf(dirname(bench.folder))).toEqual(before);
  });

  it('are not created by readers', async () => {
    const store = bench.open();
    await store.read(() => undefined);
    await store.verify();
    await store.holder();
    await store.close();
    expect(readdirSync(dirname(bench.folder))).toEqual([]);
  });

  it('are read from a read-only folder, without a system call that writes', async () => {
    await fill(1);
    const files = bench.segments();
    for (const path of files) chmodSync(path, 0o400);
    for (const path of [join(bench.folder, 'log'), bench.folder]) chmodSync(path, 0o500);
    const store = bench.open();
    expect(await store.read(() => undefined)).toMatchObject({ status: 'sound' });
    expect(await store.verify()).toMatchObject({ status: 'sound' });
    for (const path of [bench.folder, join(bench.folder, 'log')]) chmodSync(path, 0o700);
  });

  it('are noted if other users may read them, or if they do not belong to the store', async () => {
    await fill();
    chmodSync(join(bench.folder, '.gitignore'), 0o644);
    writeFileSync(join(bench.folder, 'notes.txt'), 'mine');
    const report = await bench.open().verify();
    expect(report.status).toBe('sound');
    expect(report.notes).toEqual([
      'notes.txt is not a file of the store',
      '.gitignore is accessible to other users (mode 0644)',
    ]);
  });

  it('are cleaned of leftovers of killed runs, when the lock is held', async () => {
    await fill();
    const left = [
      join(dirname(bench.folder), '.tmp-.fettle-old'),
      join(bench.folder, '.tmp-lock-old'),
      join(bench.folder, 'log', '.tmp-segment'),
    ];
    for (const path of left) mkdirSync(path);
    writeFileSync(join(left[0] ?? '', 'log'), 'half');
    expect(await bench.open().verify()).toMatchObject({ status: 'sound' });
    const store = bench.open();
    await store.lock(NOW);
    expect(left.filter((path) => existsSync(path))).toEqual([]);
    await store.close();
  });

  it('are left alone if the folder exists and is not a store', async () => {
    mkdirSync(bench.folder);
    writeFileSync(join(bench.folder, 'precious.txt'), 'mine');
    const store = bench.open();
    expect(await store.read(() => undefined)).toMatchObject({
      status: 'damaged',
      damage: [{ code: 'no-segment' }],
    });
    const fence = await store.lock(NOW);
    await expect(store.append([note('a')], fence)).rejects.toThrow(/damaged/u);
    await store.close();
    expect(readdirSync(bench.folder)).toEqual(['precious.txt']);
  });

  it('cannot be a file', async () => {
    writeFileSync(bench.folder, 'a file');
    await expect(bench.open().read(() => undefined)).rejects.toBeInstanceOf(StoreError);
    await expect(bench.open().lock(NOW)).rejects.toBeInstanceOf(StoreError);
    expect(readFileSync(bench.folder, 'utf8')).toBe('a file');
  });

  it('are one store if many processes create it at once', async () => {
    const writers = Array.from({ length: 6 }, () => run(process.execPath, [WRITER, bench.folder, 'append'], '/'));
    const ended = await Promise.all(writers);
    const written = ended.filter(({ code }) => code === 0);
    expect(written.length).toBeGreaterThan(0);
    // The others found the lock held: their timeout is 0.
    for (const { code, stderr } of ended) if (code !== 0) expect(stderr).toContain('LockHeldError');
    expect(await bench.open().verify()).toMatchObject({ status: 'sound', damage: [], notes: [] });
    // A writer that read the lock of one that ended takes over: the log then has a checkpoint between them.
    const records = own(await recordsOf(bench.open())).map(({ seq, hash }) => `${seq} ${hash}`);
    const acknowledged = written.flatMap(({ stdout }) => stdout.trimEnd().split('\n'));
    expect(acknowledged.toSorted()).toEqual(records.toSorted());
    const store = bench.open();
    await store.lock(NOW);
    expect(readdirSync(dirname(bench.folder))).toEqual([basename(bench.folder)]);
    await store.close();
  });
});

describe('a late writer', () => {
  async function takenOver(): Promise<{ old: string }> {
    await fill();
    const old = bench.segments()[0] ?? '';
    const first = bench.open();
    await first.lock(NOW);
    await bench.declareDead();
    const second = bench.open('second');
    const fence = await second.lock(NOW);
    await second.append([note('mine')], fence);
    await second.close();
    await first.close();
    return { old };
  }

  it('writes into a sealed segment: not part of the log, and noted', async () => {
    const { old } = await takenOver();
    const before = await recordsOf(bench.open());
    const last = readFileSync(old, 'utf8').trimEnd().split('\n').at(-1) ?? '';
    const { seq, hash } = JSON.parse(last) as { seq: number; hash: string };
    appendFileSync(
      old,
      formatLine(seq + 1, '2027-01-01T00:00:00.000Z', 'late', prepare(note('late'), 'late'), hash).text,
    );
    const report = await bench.open().verify();
    expect(report).toMatchObject({ status: 'sound', damage: [] });
    expect(report.notes).toEqual([expect.stringContaining('after its seal')]);
    expect(await recordsOf(bench.open())).toEqual(before);
  });

  it('begins a segment: not part of the log, and noted', async () => {
    const { old } = await takenOver();
    const before = await recordsOf(bench.open());
    const next = basename(bench.segments()[1] ?? '').slice(0, 12);
    writeFileSync(join(bench.folder, 'log', `${next}-00000001.ndjson`), readFileSync(old), { mode: 0o600 });
    const report = await bench.open().verify();
    expect(report).toMatchObject({ status: 'sound', damage: [], segments: 2 });
    expect(report.notes).toEqual([expect.stringContaining('a writer that had lost the log')]);
    expect(await recordsOf(bench.open())).toEqual(before);
  });

  it('leaves a torn record: sealed off', async () => {
    await fill();
    await bench.open().lock(NOW);
    await bench.declareDead();
    await bench.tear();
    const store = bench.open();
    const fence = await store.lock(NOW);
    await store.append([note('on')], fence);
    expect(await store.verify()).toMatchObject({
      status: 'sound',
      damage: [],
      notes: [expect.stringContaining('not part of the log')],
    });
    await store.close();
  });

  it('does not write when its lock file was removed', async () => {
    await fill();
    const store = bench.open();
    const fence = await store.lock(NOW);
    const path = join(bench.folder, 'lock-1');
    renameSync(path, join(dirname(bench.folder), 'moved'));
    const size = lstatSync(bench.segments()[0] ?? '').size;
    await expect(store.append([note('a')], fence)).rejects.toBeInstanceOf(FenceLostError);
    expect(lstatSync(bench.segments()[0] ?? '').size).toBe(size);
  });
});

describe('the lock on files', () => {
  it('is held by a holder that cannot be judged', async () => {
    await fill();
    for (const text of ['', 'garbage', '{"id":7}', '{"id":"x","host":"elsewhere","pid":1}']) {
      writeFileSync(join(bench.folder, 'lock-1'), text);
      await expect(bench.open().lock(NOW)).rejects.toBeInstanceOf(LockHeldError);
    }
  });

  it('is taken over if its process has ended, not if boot or namespace differ', () => {
    const here = thisHolder({ id: 'a', command: 'x', since: '' });
    const ended = spawnSync('true').pid;
    expect(isDead(here)).toBe(false);
    expect(isDead({ ...here, pidStart: '1' })).toBe(true);
    expect(isDead({ ...here, pid: ended })).toBe(true);
    expect(isDead({ ...here, pid: ended, bootId: 'another' })).toBe(false);
    expect(isDead({ ...here, pid: ended, pidNamespace: 'another' })).toBe(false);
    expect(isDead({ ...here, pid: ended, pidStart: '' })).toBe(false);
  });

  it('reads the start time of a process with any name', () => {
    const fields = Array.from({ length: 30 }, (_, index) => String(index + 4));
    expect(parseStat(`12 (a) b) (c) S ${fields.join(' ')}`)).toEqual({ state: 'S', start: '22' });
    expect(parseStat('')).toBeUndefined();
  });

  it('below the newest segment has no meaning', async () => {
    await fill();
    await bench.open().lock(NOW);
    await bench.declareDead();
    const store = bench.open();
    await store.lock(NOW);
    await store.close();
    const left = join(bench.folder, 'lock-1');
    writeFileSync(left, JSON.stringify(thisHolder({ id: 'alive', command: 'x', since: '' })));
    expect(await bench.open().holder()).toBeUndefined();
    const next = bench.open();
    expect((await next.lock(NOW)).token).toBe(2);
    expect(existsSync(left)).toBe(false);
    await next.close();
  });

  it('leaves a dead lock in place while the log is damaged', async () => {
    await fill();
    await bench.open().lock(NOW);
    await bench.declareDead();
    await bench.spoil(2);
    const store = bench.open();
    await store.lock(NOW);
    expect(readdirSync(bench.folder).sort()).toEqual(['.gitignore', 'lock-1', 'lock-2', 'log']);
    await store.close();
    const again = bench.open();
    const fence = await again.lock(NOW);
    await again.recover(fence);
    await again.append([note('on')], fence);
    expect(readdirSync(bench.folder).sort()).toEqual(['.gitignore', 'lock-2', 'log', 'quarantine']);
    expect(own(await recordsOf(again)).map(({ kind }) => kind)).toEqual(['end']);
    await again.close();
  });
});
