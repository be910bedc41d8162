/**
 * The lease of the lock on files: real processes that are paused, blocked, robbed and woken.
 *
 * Without FETTLE_TEST_FULL=1, every other call of a take-over fails (FETTLE_TEST_SEED takes the same ones again).
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LockHeldError, LogDamagedError } from '../../src/store/errors.ts';
import { openFileStore } from '../../src/store/files/file-store.ts';
import type { Store } from '../../src/store/store.ts';
import { intent, memoriesOf, note, own, recordsOf, rememberedIn } from './drafts.ts';
import { segmentsOf } from './file-bench.ts';
import { temporaryFolder } from '../support/cli.ts';
import { randomFrom, testSeed } from '../support/seed.ts';

const HOLDER = fileURLToPath(new URL('fixtures/holder.ts', import.meta.url));
const FULL = process.env['FETTLE_TEST_FULL'] === '1';
const seed = testSeed();
const random = randomFrom(seed);
const LEASE_MS = 900;
const BEAT_MS = 150;

interface Child {
  readonly process: ChildProcess;
  readonly id: string;
  readonly token: number;
  /** Sends one command to the holder, and returns its answer. */
  readonly tell: (line: string) => Promise<string>;
}

let root: string;
let folder: string;
let stores: Store[];
let children: ChildProcess[];
beforeEach(() => {
  root = temporaryFolder();
  folder = join(root, '.fettle');
  stores = [];
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const store of stores) await store.close();
});

function open(actor = 'me'): Store {
  const store = openFileStore({
    folder,
    project: 'shop',
    actor,
    now: Date.now,
    randomId: randomUUID,
    leaseMs: LEASE_MS,
    beatMs: BEAT_MS,
  });
  stores.push(store);
  return store;
}

async function holder(): Promise<Child> {
  const child = spawn(process.execPath, [HOLDER, folder, String(LEASE_MS), String(BEAT_MS)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  const [word, id = '', token] = (await next()).split(' ');
  expect(word).toBe('ready');
  return {
    process: child,
    id,
    token: Number(token),
    tell: (line) => {
      child.stdin.write(`${line}\n`);
      return next();
    },
  };
}

const lock = (timeoutMs: number, takeOver?: string) => ({
  command: 'apply',
  timeoutMs,
  ...(takeOver === undefined ? {} : { takeOver }),
});

describe('a live holder', () => {
  it('is not taken over, even after a long wait', async () => {
    const child = await holder();
    await expect(open().lock(lock(3 * LEASE_MS))).rejects.toBeInstanceOf(LockHeldError);
    expect(await child.tell('append a')).toMatch(/^\d+ [0-9a-f]{64}$/u);
  });

  it('not even while its main thread is blocked for longer than the lease', async () => {
    const child = await holder();
    // By then its heartbeat has begun.
    await new Promise((resolve) => setTimeout(resolve, 3 * BEAT_MS));
    const blocked = child.tell(`block ${3 * LEASE_MS}`);
    await expect(open().lock(lock(2 * LEASE_MS))).rejects.toBeInstanceOf(LockHeldError);
    expect(await blocked).toBe('blocked');
    expect(await child.tell('append a')).toMatch(/^\d+ /u);
  });
});

describe('a paused holder', () => {
  it('refuses a contender that does not wait, and is taken over by one that waits for the lease', async () => {
    const child = await holder();
    const [seq = ''] = (await child.tell('append a')).split(' ');
    child.process.kill('SIGSTOP');
    await expect(open().lock(lock(0))).rejects.toBeInstanceOf(LockHeldError);
    const store = open('other');
    const fence = await store.lock(lock(30_000));
    expect(fence.token).toBe(child.token + 1);
    const [mine] = await store.append([note('mine')], fence);
    expect(mine?.seq).toBeGreaterThan(Number(seq));
    child.process.kill('SIGCONT');
    // Every write after it wakes up fails.
    expect(await child.tell('append late')).toBe('FenceLostError');
    expect(await child.tell('append later')).toBe('FenceLostError');
    expect(await child.tell('roll')).toBe('FenceLostError');
    await store.append([note('still mine')], fence);
    expect(await store.verify()).toMatchObject({ status: 'sound', damage: [] });
    expect(own(await recordsOf(store)).map(({ body }) => (body as { readonly run: string }).run)).toEqual([
      'a',
      'mine',
      'still mine',
    ]);
    await store.unlock(fence);
    expect(readdirSync(folder).filter((name) => name.startsWith('lock'))).toEqual([]);
  });

  it('is not revived by its late heartbeat', async () => {
    const child = await holder();
    child.process.kill('SIGSTOP');
    const store = open('other');
    const fence = await store.lock(lock(30_000));
    child.process.kill('SIGCONT');
    await new Promise((resolve) => setTimeout(resolve, 3 * BEAT_MS));
    await store.append([note('mine')], fence);
    expect((await store.lockStatus())?.holder.id).toBe(fence.holder.id);
  });
});

describe('force-unlock', () => {
  it('takes the lock from the named holder, and not from any other', async () => {
    const child = await holder();
    const store = open('other');
    await expect(store.lock(lock(0, 'somebody'))).rejects.toBeInstanceOf(LockHeldError);
    const fence = await store.lock(lock(0, child.id));
    await store.append([note('mine')], fence);
    expect(await child.tell('append late')).toBe('FenceLostError');
    await store.unlock(fence);
    expect(await store.lockStatus()).toBeUndefined();
    expect(await store.verify()).toMatchObject({ status: 'sound', damage: [] });
  });

  it('takes a free lock normally', async () => {
    const store = open();
    await store.unlock(await store.lock(lock(0, 'somebody')));
    expect(await store.verify()).toMatchObject({ status: 'sound' });
  });
});

describe('lock status', () => {
  const lockFile = () => join(folder, readdirSync(folder).find((name) => name.startsWith('lock-')) ?? 'no lock');

  it('distinguishes a live, a silent and a dead holder', async () => {
    const store = open();
    expect(await store.lockStatus()).toBeUndefined();
    const child = await holder();
    expect(await store.lockStatus()).toMatchObject({
      liveness: 'held',
      leaseMs: LEASE_MS,
      holder: { id: child.id, command: 'hold', pid: child.process.pid },
    });
    expect((await store.holder())?.id).toBe(child.id);
    child.process.kill('SIGSTOP');
    // In whole seconds: a file's time is set as a floating-point number.
    const past = new Date(Math.floor((Date.now() - 2 * LEASE_MS) / 1000) * 1000);
    utimesSync(lockFile(), past, past);
    expect(await store.lockStatus()).toMatchObject({ liveness: 'silent', heartbeatAt: past.getTime() });
    expect(await store.holder()).toBeUndefined();
    const ended = new Promise((resolve) => child.process.once('close', resolve));
    child.process.kill('SIGKILL');
    await ended;
    expect(await store.lockStatus()).toMatchObject({ liveness: 'dead' });
  });

  it('an unreadable lock file is taken over after the lease', async () => {
    const store = open();
    await store.unlock(await store.lock(lock(0)));
    writeFileSync(join(folder, 'lock-1'), 'rubbish');
    expect(await store.lockStatus()).toMatchObject({ liveness: 'held', holder: { id: '' } });
    await expect(store.lock(lock(0))).rejects.toBeInstanceOf(LockHeldError);
    const fence = await store.lock(lock(30_000));
    expect(await store.append([note('a')], fence)).toHaveLength(1);
  });
});

describe('the heartbeat', () => {
  it('does not keep another holder’s lock of the same name alive', async () => {
    const store = open();
    const fence = await store.lock(lock(0));
    await new Promise((resolve) => setTimeout(resolve, 3 * BEAT_MS));
    const path = join(folder, `lock-${fence.token}`);
    const text = readFileSync(path, 'utf8').replace(fence.holder.id, 'another');
    rmSync(path);
    writeFileSync(path, text);
    const past = new Date('2020-01-01T00:00:00Z');
    utimesSync(path, past, past);
    await new Promise((resolve) => setTimeout(resolve, 3 * BEAT_MS));
    expect((await open('other').lockStatus())?.heartbeatAt).toBe(past.getTime());
  });
});

describe('prune', () => {
  /** A log with `count` segments, each with two records of its own. */
  async function segments(count: number): Promise<Store> {
    const store = open();
    const fence = await store.lock(lock(0));
    for (let i = 0; i < count; i += 1) {
      if (i > 0) await store.checkpoint(await rememberedIn(store), fence, true);
      await store.append([intent(`web-${i}`), note(`run-${i}`)], fence);
    }
    await store.unlock(fence);
    return store;
  }

  it.each([
    [5, 1],
    [5, 3],
    [1, 1],
  ])('of %i segments keeps %i, and lists the deleted ones', async (count, keep) => {
    const store = await segments(count);
    const before = await memoriesOf(store);
    const heads = (await recordsOf(store)).map(({ seq, hash }) => ({ seq, hash }));
    const fence = await store.lock(lock(0));
    const report = await store.prune(keep, fence);
    expect(segmentsOf(folder).length).toBe(keep);
    expect(report.deleted.length).toBe(count - keep + 1);
    expect(heads).toContainEqual(report.last);
    expect(await memoriesOf(store)).toEqual(before);
    await store.append([note('after')], fence);
    const verified = await store.verify();
    expect(verified).toMatchObject({ status: 'sound', damage: [], from: report.from });
    expect(verified.notes.join()).toContain(`complete from record ${report.from}`);
    // An earlier head can no longer be checked, which is reported.
    const pruned = await store.verify(report.last);
    expect(pruned.damage).toMatchObject([{ code: 'head-uncheckable' }]);
  });

  it('deletes nothing if all segments are to be kept, and nothing of a damaged log', async () => {
    const store = await segments(3);
    const fence = await store.lock(lock(0));
    expect(await store.prune(4, fence)).toEqual({ deleted: [], from: 1 });
    const [first = ''] = segmentsOf(folder);
    writeFileSync(first, readFileSync(first, 'utf8').replace('run-0', 'run-x'));
    await expect(store.prune(1, fence)).rejects.toBeInstanceOf(LogDamagedError);
    expect(segmentsOf(folder).length).toBe(3);
    await expect(store.prune(0, fence)).rejects.toThrow('at least one');
  });

  it('that was interrupted leaves a sound log, and the next prune finishes it', async () => {
    const store = await segments(4);
    const copies = segmentsOf(folder).map((path) => [path, readFileSync(path)] as const);
    const fence = await store.lock(lock(0));
    const report = await store.prune(2, fence);
    // As if only the first of them had been deleted.
    for (const [path, bytes] of copies.slice(1, report.deleted.length)) writeFileSync(path, bytes);
    const verified = await store.verify();
    expect(verified).toMatchObject({ status: 'sound', damage: [], from: report.from });
    expect(verified.notes.filter((text) => text.includes('was pruned')).length).toBe(report.deleted.length - 1);
    const again = await store.prune(10, fence);
    expect(again.deleted).toEqual(report.deleted.slice(1));
    expect((await store.verify()).status).toBe('sound');
  });
});

describe('a take-over that was killed before its segment began', () => {
  it.each(['dead', 'silent'] as const)(
    'is taken over itself, although the holder of the lock below is %s',
    async (below) => {
      const store = open();
      const fence = await store.lock(lock(0));
      await store.append([note('a')], fence);
      await store.unlock(fence);
      const path = join(folder, `lock-${fence.token}`);
      const other = { ...fence.holder, id: 'below', ...(below === 'dead' ? { pidStart: '1' } : { bootId: 'another' }) };
      writeFileSync(path, `${JSON.stringify(other)}\n`);
      writeFileSync(
        join(folder, `lock-${fence.token + 1}`),
        `${JSON.stringify({ ...fence.holder, id: 'killed', pidStart: '1' })}\n`,
      );
      const next = await open('next').lock(lock(0));
      expect(next.token).toBe(fence.token + 2);
      expect(readdirSync(folder).filter((name) => name.startsWith('lock'))).toEqual([`lock-${next.token}`]);
    },
  );
});

describe('a take-over that fails half way', () => {
  /** Takes the lock over while calls of one kind fail. Returns true if the lock was still taken. */
  function robbed(id: string, call: string, when: string): boolean {
    const rules = ['-e', `trace=${call}`, '-e', `inject=${call}:error=EIO:when=${when}`];
    const args = [process.execPath, HOLDER, folder, String(LEASE_MS), String(BEAT_MS), id];
    const { stdout, error } = spawnSync('strace', ['-f', '-qq', '-o', '/dev/null', ...rules, ...args], {
      encoding: 'utf8',
      // One thread for all file calls, so that the nth call is the same one in every run.
      env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    if (error !== undefined) throw error;
    return stdout.startsWith('ready ');
  }

  it.each([
    ['link', 'once', 2],
    ['link', 'from then on', 2],
    ['fsync', 'once', 4],
    ['fsync', 'from then on', 4],
    ['unlink', 'once', 3],
    ['unlink', 'from then on', 3],
  ])(
    'by any %s, %s, leaves the holder its lock or takes it, and keeps every acknowledged record',
    async (call, often, least) => {
      // Every other call, from the first or the second one.
      let nth = FULL || random() < 0.5 ? 0 : -1;
      for (let done = false; !done; ) {
        nth += FULL ? 1 : 2;
        folder = join(root, `${call}-${nth}`, '.fettle');
        const child = await holder();
        await child.tell('append a');
        done = robbed(child.id, call, often === 'once' ? `${nth}` : `${nth}+`);
        const [seq = '', hash = ''] = (await child.tell('append late')).split(' ');
        const after = open('after');
        if (done) expect(seq).toBe('FenceLostError');
        if (seq !== 'FenceLostError')
          expect(await after.verify({ seq: Number(seq), hash }), `${call} ${nth}`).toMatchObject({ damage: [] });
        // Locks that are left need no removal by hand.
        const ended = new Promise((resolve) => child.process.once('close', resolve));
        child.process.kill('SIGKILL');
        await ended;
        const fence = await after.lock(lock(0));
        await after.append([note('after')], fence);
        await after.unlock(fence);
        expect(await after.verify(), `${call} ${nth}`).toMatchObject({ status: 'sound', damage: [] });
        expect(readdirSync(folder).filter((name) => name.startsWith('lock'))).toEqual([]);
      }
      process.stdout.write(`failing ${call}, ${often}: up to ${nth} (FETTLE_TEST_SEED=${seed})\n`);
      // Calls of a whole take-over.
      expect(nth - 1).toBeGreaterThanOrEqual(least);
    },
  );
});
