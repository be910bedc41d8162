/**
 * The store killed at every system call that changes something, and on a failing disk.
 *
 * A child does a piece of work under strace, which kills it at the nth call of one kind. First a run that is not
 * disturbed lists the calls; then each of a sample (FETTLE_TEST_SEED repeats a sample; all with
 * FETTLE_TEST_FULL=1) gets its own run. After every kill the next run opens, needs no
 * help, and finds every record that the child had reported as acknowledged.
 */

import { execFile, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import PQueue from 'p-queue';
import { rolldown } from 'rolldown';
import { beforeAll, describe, expect, it } from 'vitest';
import { sampleOf, temporaryFolder } from '../support/cli.ts';
import { randomFrom, testSeed } from '../support/seed.ts';
import { drain, drainedIn, entriesOf, intent, memoriesOf, rememberedIn, note, outcome, recordsOf } from './drafts.ts';
import { fileBench, openAt, segmentsOf } from './file-bench.ts';

const CALLS = (
  'openat write pwrite64 writev fsync fdatasync rename renameat renameat2 link linkat unlink unlinkat ' +
  'mkdir rmdir ftruncate copy_file_range'
).split(' ');

const FULL = process.env['FETTLE_TEST_FULL'] === '1';
/** System calls of each operation that a run is killed at: a sample, or every one. */
const KILLS = FULL ? Number.POSITIVE_INFINITY : 4;
const seed = testSeed();
const random = randomFrom(seed);

let root: string;
let script: string;
let runs = 0;

beforeAll(async () => {
  if (spawnSync('strace', ['-V']).status !== 0) throw new Error('these tests need strace: apt-get install strace');
  root = temporaryFolder();
  script = join(root, 'writer.mjs');
  // One file, so that hardly any of the calls are those of loading the program.
  const bundle = await rolldown({ input: join(import.meta.dirname, 'fixtures/writer.ts'), platform: 'node' });
  await bundle.write({ file: script, format: 'esm', codeSplitting: false });
  await bundle.close();
});
interface Run {
  readonly stdout: string;
  readonly killed: boolean;
}

/** One thread for all file calls, so that the nth call is the same one in every run. */
function runUnderStrace(rules: readonly string[], folder: string, scenario: string): Promise<Run> {
  const args = ['-f', '-qq', ...rules, process.execPath, script, folder, scenario];
  const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };
  return new Promise((resolve) => {
    const child = execFile('strace', args, { env }, (_, stdout) => {
      resolve({ stdout, killed: child.signalCode === 'SIGKILL' || child.exitCode === 137 });
    });
  });
}

/** The nth calls of each kind during the work on the store, counted per thread as strace counts them. */
async function callsOf(folder: string, scenario: string): Promise<readonly (readonly [string, number])[]> {
  // Two tests of one scenario run at the same time.
  const trace = join(root, `trace-${(runs += 1)}`);
  const { stdout, killed } = await runUnderStrace(
    ['-o', trace, '-y', '-e', `trace=${CALLS.join(',')}`],
    folder,
    scenario,
  );
  expect([killed, stdout !== '']).toEqual([false, true]);
  const counts = new Map<string, number>();
  const found = new Map<string, readonly [string, number]>();
  let begun = false;
  for (const line of readFileSync(trace, 'utf8').split('\n')) {
    const [, thread = '', call = ''] = /^(\d+)\s+(\w+)\(/u.exec(line) ?? [];
    if (call === '') continue;
    const count = (counts.get(`${thread} ${call}`) ?? 0) + 1;
    counts.set(`${thread} ${call}`, count);
    begun ||= line.includes(dirname(folder));
    if (begun) found.set(`${call} ${count}`, [call, count]);
  }
  return [...found.values()];
}

/** The store before the child begins; undefined if it does not exist. */
type Prepare = (() => Promise<string>) | undefined;

function fresh(template: string | undefined): string {
  const folder = join(root, String((runs += 1)), '.fettle');
  mkdirSync(join(folder, '..'));
  if (template !== undefined) cpSync(template, folder, { recursive: true });
  return folder;
}

/** The entries that the output of a child names. */
function namedIn(stdout: string): readonly string[] {
  return stdout.split('\n').flatMap((line) => /^(?:deposited|drained) (.+)$/u.exec(line)?.[1] ?? []);
}

interface Kills {
  /** Calls at which the child could be killed. */
  readonly points: number;
  readonly kills: number;
}

async function killEverywhere(scenario: string, prepare: Prepare, damaged: boolean): Promise<Kills> {
  const template = await prepare?.();
  const deposited = template === undefined ? [] : await waitingIn(template);
  const before =
    template === undefined ? [] : (await recordsOf(openAt(template))).map(({ seq, hash }) => `${seq} ${hash}`);
  const calls = await callsOf(fresh(template), scenario);
  const queue = new PQueue({ concurrency: 4 });
  let kills = 0;
  await queue.addAll(
    sampleOf(calls, KILLS, random).map(([call, count]) => async () => {
      const folder = fresh(template);
      const { stdout, killed } = await runUnderStrace(
        ['-o', '/dev/null', '-e', `trace=${call}`, '-e', `inject=${call}:signal=SIGKILL:when=${count}`],
        folder,
        scenario,
      );
      if (killed) kills += 1;
      const where = `${scenario}, killed at ${call} ${count}`;
      const acknowledged = [...before, ...stdout.split('\n').filter((line) => /^\d+ /u.test(line))];
      const entries = new Set([...deposited, ...namedIn(stdout)]);

      const store = openAt(folder, 'next');
      const reader = await store.read(() => undefined);
      if (!damaged) expect([where, reader.damage]).toEqual([where, []]);
      const fence = await store.lock({ command: 'next', timeoutMs: 0 });
      if (damaged) await store.recover(fence);
      const [record] = await store.append([note('next')], fence);
      const report = await store.verify({ seq: record?.seq ?? 0, hash: record?.hash ?? '' });
      expect([where, report.status, report.damage]).toEqual([where, 'sound', []]);
      const there = new Set((await recordsOf(store)).map(({ seq, hash }) => `${seq} ${hash}`));
      expect([where, acknowledged.filter((line) => !there.has(line))]).toEqual([where, []]);
      for (let count = 1; count > 0; ) count = (await drain(store, fence, 3)).length;
      const drained = await drainedIn(store);
      expect([where, [...entries].filter((entry) => !drained.includes(entry))]).toEqual([where, []]);
      expect([where, drained.length]).toEqual([where, new Set(drained).size]);
      expect([where, await store.verify()]).toMatchObject([where, { status: 'sound', damage: [] }]);
      if (damaged) {
        const memories = await memoriesOf(store);
        expect([where, memories.get('nodes/Node/web-1')?.owned, memories.get('nodes/Node/web-2')?.unknown]).toEqual([
          where,
          'created',
          true,
        ]);
      }
      await store.close();
      rmSync(join(folder, '..'), { recursive: true });
    }),
  );
  return { points: calls.length, kills };
}

/** A sound store whose holder was killed, in the middle of a record. */
async function abandoned(): Promise<string> {
  const bench = await fileBench();
  await bench.die();
  await bench.tear();
  const template = join(root, 'abandoned');
  cpSync(bench.folder, template, { recursive: true });
  await bench.remove();
  return template;
}

/** Two segments; the newest one is damaged after its first record of the tail. */
async function spoilt(): Promise<string> {
  const bench = await fileBench();
  const store = bench.open();
  const fence = await store.lock({ command: 'x', timeoutMs: 0 });
  const [first] = await store.append([intent('web-1')], fence);
  await store.append([outcome('web-1', first?.seq ?? 0)], fence);
  await store.checkpoint(await rememberedIn(store), fence, true);
  await store.append([note('a')], fence);
  const [last] = await store.append([intent('web-2'), note('b')], fence);
  await store.close();
  await bench.spoil(last?.seq ?? 0);
  const template = join(root, 'spoilt');
  cpSync(bench.folder, template, { recursive: true });
  await bench.remove();
  return template;
}

/** The entries in the inbox of a store. */
async function waitingIn(folder: string): Promise<readonly string[]> {
  return entriesOf(await openAt(folder).undrained(1000)).map(String);
}

/** A store with the inboxes of two processes that have ended, one of them in the middle of an entry. */
async function deposited(): Promise<string> {
  const bench = await fileBench();
  const store = bench.open();
  await store.lock({ command: 'x', timeoutMs: 0 });
  await store.close();
  for (const _ of [1, 2]) spawnSync(process.execPath, [script, bench.folder, 'deposit']);
  const [file = ''] = readdirSync(join(bench.folder, 'inbox'));
  appendFileSync(join(bench.folder, 'inbox', file), '{"at":"2026-11-20T12:00:00.000Z","entry":"to');
  // Two tests prepare one at the same time.
  const template = join(root, `deposited-${(runs += 1)}`);
  cpSync(bench.folder, template, { recursive: true });
  await bench.remove();
  expect(await waitingIn(template)).toHaveLength(12);
  return template;
}

describe('a kill at every call', () => {
  it.concurrent.each<readonly [string, string, Prepare, boolean]>([
    ['while the store is created and appended to', 'append', undefined, false],
    ['while a checkpoint is written', 'checkpoint', undefined, false],
    ['while the lock is taken over', 'append', abandoned, false],
    ['while the log is recovered', 'recover', spoilt, true],
    ['while entries are deposited', 'deposit', deposited, false],
    ['while entries are drained', 'drain', deposited, false],
  ])('%s', { timeout: 120_000 }, async (_, scenario, prepare, damaged) => {
    const { points, kills } = await killEverywhere(scenario, prepare, damaged);
    process.stdout.write(`kill -9, ${scenario}: ${kills} of ${points} calls (FETTLE_TEST_SEED=${seed})\n`);
    expect(points).toBeGreaterThan(30);
    expect(kills).toBeGreaterThan(FULL ? 30 : 1);
  });
});

/** A store with one record, and its only segment. */
async function withOneRecord(): Promise<{ folder: string; segment: string }> {
  const folder = fresh(undefined);
  const store = openAt(folder);
  const fence = await store.lock({ command: 'x', timeoutMs: 0 });
  await store.append([note('before')], fence);
  await store.close();
  return { folder, segment: segmentsOf(folder)[0] ?? '' };
}

describe('a failing disk', () => {
  it.each([
    ['sync', 'fdatasync', 'error=EIO:when=2'],
    ['write', 'write', 'error=ENOSPC:when=2'],
  ])('at the second %s: the handle accepts no more', async (_, call, rule) => {
    const { folder, segment } = await withOneRecord();
    const { stdout } = await runUnderStrace(
      ['-o', '/dev/null', '-P', segment, '-e', `inject=${call}:${rule}`],
      folder,
      'stumble',
    );
    const lines = stdout.trim().split('\n');
    expect(lines).toEqual([expect.stringMatching(/^3 /u), 'StoreBrokenError', 'StoreBrokenError']);
    const store = openAt(folder);
    expect(await store.read(() => undefined)).toMatchObject({ status: 'sound', damage: [] });
    expect((await recordsOf(store)).map(({ seq, hash }) => `${seq} ${hash}`)).toContain(lines[0]);
    await store.lock({ command: 'x', timeoutMs: 0 });
    await store.close();
  });

  it('in the middle of a record: nothing is written after the torn record, and the next run cuts it off', async () => {
    const { folder, segment } = await withOneRecord();
    const blocks = Math.ceil(lstatSync(segment).size / 1024);
    const folderRoom = blocks * 1024 - lstatSync(segment).size;
    // The limit falls inside one of the three records that the child tries to write.
    expect(folderRoom).toBeLessThan(900);
    const { stdout } = spawnSync(
      'bash',
      ['-c', `ulimit -f ${blocks}; exec "$@"`, 'bash', process.execPath, script, folder, 'stumble'],
      { encoding: 'utf8' },
    );
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines.at(-1)).toBe('StoreBrokenError');
    const store = openAt(folder);
    const report = await store.read(() => undefined);
    expect(report).toMatchObject({ status: 'sound', damage: [], torn: { bytes: expect.any(Number) } });
    const there = (await recordsOf(store)).map(({ seq, hash }) => `${seq} ${hash}`);
    expect(there).toEqual(expect.arrayContaining(lines.filter((line) => /^\d/u.test(line))));
    const fence = await store.lock({ command: 'x', timeoutMs: 0 });
    await store.append([note('after')], fence);
    expect(await store.verify()).toMatchObject({ status: 'sound', damage: [], notes: [] });
    await store.close();
  });
});

describe('a full disk while entries are deposited', () => {
  /** Runs a depositor with `wrap` in front of its command. */
  async function deposit(wrap: (file: string) => readonly string[]): Promise<void> {
    const { folder } = await withOneRecord();
    const [program = '', ...args] = wrap(join(folder, 'inbox', 'w-1.ndjson'));
    const { stdout } = spawnSync(program, [...args, process.execPath, script, folder, 'deposit', 'w'], {
      encoding: 'utf8',
      env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
    });
    const refused = expect.stringMatching(/^StoreError: the inbox of .* cannot be written: (?:ENOSPC|EFBIG): /u);
    const lines = stdout.trim().split('\n');
    expect(lines.map((line) => /^deposited \d+(\w)/u.exec(line)?.[1] ?? line)).toEqual(['a', 'a', refused, 'c', 'c']);
    expect(await waitingIn(folder)).toEqual(namedIn(stdout));
    for (const name of ['w-1.ndjson', 'w-2.ndjson'])
      expect(readFileSync(join(folder, 'inbox', name), 'utf8').endsWith('}\n')).toBe(true);
    const store = openAt(folder);
    const fence = await store.lock({ command: 'x', timeoutMs: 0 });
    expect(await drain(store, fence)).toEqual(namedIn(stdout));
    expect(readdirSync(join(folder, 'inbox'))).toEqual([]);
    await store.close();
  }

  it.each(['write', 'fdatasync'])('at a %s: an error, and a whole file; later entries get another one', (call) =>
    deposit((file) => [
      'strace',
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-P',
      file,
      '-e',
      `inject=${call}:error=ENOSPC:when=2`,
    ]),
  );

  it('in the middle of an entry: the same', () => deposit(() => ['bash', '-c', 'ulimit -f 1; exec "$@"', 'bash']));
});
