/** Held changes of real links: confirmed or taken back, with any process killed at any moment. */

import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { adoptPending, acknowledge, unsettledChanges } from '../../../../plugins/portsync/confirm/adopt-pending.ts';
import { arm, disarm, isArmed } from '../../../../plugins/portsync/confirm/arm.ts';
import { processSeen } from '../../../../plugins/portsync/confirm/clock.ts';
import { changeHeld, type Held, type Hold, holdOnHost, recordFor } from '../../../../plugins/portsync/confirm/hold.ts';
import {
  confirmFolder,
  confirmPending,
  moveEntry,
  openFolder,
  readEntries,
  STAGES,
  writePending,
} from '../../../../plugins/portsync/confirm/pending.ts';
import { sampleOf, temporaryFolder } from '../../../support/cli.ts';
import { randomFrom, testSeed } from '../../../support/seed.ts';
import { hasNamespaces, makeNamespace, type Namespace } from '../../../support/network-namespace.ts';

const { signal } = new AbortController();
const noSwitch = (): Promise<never> => Promise.reject(new Error('not a switch'));
const TARGET = 'linux test';

function folderOf(): string {
  return join(temporaryFolder(), 'confirm');
}

/** The names of all entries by their stage. */
function stagesIn(folder: string): Readonly<Record<string, number>> {
  return Object.fromEntries(
    STAGES.filter((stage) => existsSync(join(folder, stage)))
      .map((stage) => [stage, readdirSync(join(folder, stage)).length] as const)
      .filter(([, count]) => count > 0),
  );
}

function held(namespace: string, within: number): Held {
  const lines = ['p0', 'p1'].map((link) => ({ line: `link set dev ${link} mtu 1500` }));
  return { target: TARGET, ports: ['p0', 'p1'], takeBack: { kind: 'linux', namespace, lines }, within };
}

function holding(folder: string, namespace: string, within = 60, hasTimer = true): Promise<Hold> {
  return holdOnHost(held(namespace, within), { folder, hasTimer, openConfig: noSwitch, signal });
}

function withLinks(): Namespace {
  const namespace = makeNamespace();
  namespace.ip('link add p0 type veth peer name p1');
  return namespace;
}

function mtus({ ip }: Namespace): readonly number[] {
  return ['p0', 'p1'].map((name) => (JSON.parse(ip(`-j link show dev ${name}`)) as { mtu: number }[])[0]?.mtu ?? 0);
}

/** The shells of the timers of a change. */
async function timersOf(id: string): Promise<readonly number[]> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/u.test(name));
  const seen = await Promise.all(pids.map((pid) => processSeen(Number(pid))));
  return seen.flatMap((each) =>
    each?.command.includes(id) === true && each.command.includes('fettle-take-back') ? [each.pid] : [],
  );
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(50);
}

describe('the folder', () => {
  test('is in the state folder', () => {
    expect(confirmFolder({})).toBe('/var/lib/fettle/portsync/confirm');
    expect(confirmFolder({ FETTLE_PORTSYNC_STATE: '/x' })).toBe('/x/confirm');
    expect(() => confirmFolder({ FETTLE_PORTSYNC_STATE: 'x' })).toThrow('must be an absolute path');
  });

  test('is created for this user alone', async () => {
    const folder = folderOf();
    expect(await readEntries(folder)).toEqual([]);
    await openFolder(folder);
    expect(stagesIn(folder)).toEqual({});
  });

  test('that other users can enter is refused', async () => {
    const folder = folderOf();
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    await expect(openFolder(folder)).rejects.toThrow('other users can enter');
    await expect(readEntries(folder)).rejects.toThrow('other users can enter');
  });

  test('that is a link is refused', async () => {
    const folder = folderOf();
    symlinkSync(temporaryFolder(), folder);
    await expect(openFolder(folder)).rejects.toThrow('is not a folder');
  });
});

test('one of two renames succeeds, in every race', async () => {
  const folder = folderOf();
  await openFolder(folder);
  const record = await recordFor('0'.repeat(16), held('none', 60));
  for (let i = 0; i < 50; i += 1) {
    const id = i.toString(16).padStart(16, '0');
    await writePending(folder, { ...record, id });
    const moved = await Promise.all([
      confirmPending(folder, id),
      moveEntry(folder, id, 'pending', 'taking-back'),
      confirmPending(folder, id),
    ]);
    expect(moved.filter(Boolean)).toHaveLength(1);
  }
});

test('a record with any flipped bit is damaged, and its take-back is reported', async () => {
  const folder = folderOf();
  await openFolder(folder);
  const record = await recordFor('0'.repeat(16), held('none', 60));
  await writePending(folder, record);
  const file = join(folder, 'pending', record.id, 'record.json');
  const good = readFileSync(file);
  for (const byte of sampleOf([...good.keys()], 60, randomFrom(testSeed())))
    for (const bit of [0, 5]) {
      const bad = Buffer.from(good);
      bad[byte] = (bad[byte] ?? 0) ^ (1 << bit);
      writeFileSync(file, bad);
      const [entry] = await readEntries(folder);
      // White space at the end of the text does not count.
      if (entry?.record !== undefined) expect(entry.record).toEqual(record);
    }
  writeFileSync(file, good.subarray(0, good.length / 2));
  expect(await adoptPending(folder, TARGET, noSwitch, signal)).toMatchObject([
    { end: 'failed', standing: { is: 'damaged' } },
  ]);
});

describe.skipIf(!hasNamespaces)('a held change', () => {
  let namespace: Namespace;
  beforeAll(() => {
    namespace = withLinks();
  });
  afterAll(() => namespace.remove());
  const make = async (): Promise<void> => namespace.batch(['link set dev p0 mtu 1400', 'link set dev p1 mtu 1400']);
  const changing = { change: make, signal };

  test('is confirmed', async () => {
    const folder = folderOf();
    const hold = await holding(folder, namespace.name);
    expect([hold.guarantee, stagesIn(folder)]).toEqual(['timer', { pending: 1 }]);
    expect(await changeHeld(hold, { ...changing, check: async () => undefined })).toEqual({ ended: 'confirmed' });
    expect([stagesIn(folder), mtus(namespace)]).toEqual([{ confirmed: 1 }, [1400, 1400]]);
    await until(async () => (await timersOf(hold.id)).length === 0);
  });

  test.each<readonly [name: string, over: Partial<Parameters<typeof changeHeld>[1]>, why: string]>([
    ['its check fails', { check: async () => 'p0 has no link' }, 'p0 has no link'],
    ['its check throws', { check: () => Promise.reject(new Error('no route')) }, 'no route'],
    [
      'half of it fails',
      {
        change: async () => {
          namespace.batch(['link set dev p0 mtu 1400']);
          throw new Error('refused');
        },
      },
      'refused',
    ],
    [
      'the run is interrupted',
      {
        signal: AbortSignal.abort(new Error('interrupted')),
        change: async (s) => {
          await make();
          s.throwIfAborted();
        },
      },
      'interrupted',
    ],
  ])('is taken back if %s', async (_name, over, why) => {
    const folder = folderOf();
    const hold = await holding(folder, namespace.name);
    const outcome = await changeHeld(hold, { ...changing, check: async () => undefined, ...over });
    expect(outcome).toMatchObject({ ended: 'taken-back', why, kept: [] });
    expect([stagesIn(folder), mtus(namespace)]).toEqual([{ 'taken-back': 1 }, [1500, 1500]]);
  });

  test('is not made after the time is over', async () => {
    const folder = folderOf();
    const hold = await holding(folder, namespace.name, 1);
    const outcome = await changeHeld(hold, { ...changing, check: async () => undefined });
    expect(outcome).toMatchObject({ ended: 'taken-back', why: 'the time for the confirmation was over' });
    expect([mtus(namespace), stagesIn(folder)]).toEqual([[1500, 1500], { 'taken-back': 1 }]);
  });

  test('whose take-back fails is taken back by the timer', async () => {
    const folder = folderOf();
    const hold = await holding(folder, namespace.name, 4);
    const failing: Hold = { ...hold, takeBack: (late) => hold.takeBack(AbortSignal.any([late, AbortSignal.abort()])) };
    const outcome = await changeHeld(failing, { ...changing, check: async () => 'p0 has no link' });
    expect(outcome).toMatchObject({ ended: 'unknown', why: 'p0 has no link' });
    expect([stagesIn(folder), mtus(namespace)]).toEqual([{ pending: 1 }, [1400, 1400]]);
    await until(() => stagesIn(folder)['taken-back'] === 1);
    expect(mtus(namespace)).toEqual([1500, 1500]);
  });

  test('that comes after the timer is not confirmed, and taken back', async () => {
    const folder = folderOf();
    const hold = await holding(folder, namespace.name, 1);
    await until(() => stagesIn(folder)['taken-back'] === 1);
    await make();
    expect(await hold.confirm(signal)).toBe(false);
    await hold.takeBack(signal);
    expect(mtus(namespace)).toEqual([1500, 1500]);
  });

  test('is one at a time for a target', async () => {
    const folder = folderOf();
    const hold = await holding(folder, namespace.name);
    await expect(holding(folder, namespace.name)).rejects.toThrow('neither confirmed nor taken back');
    await hold.confirm(signal);
    const next = await holding(folder, namespace.name);
    await next.takeBack(signal);
  });

  test('of this run is open for another one', async () => {
    const folder = folderOf();
    const hold = await holding(folder, namespace.name);
    expect(await unsettledChanges(folder, TARGET)).toMatchObject([{ ports: ['p0', 'p1'], standing: { is: 'open' } }]);
    expect(await unsettledChanges(folder, 'linux other')).toEqual([]);
    expect(await adoptPending(folder, TARGET, noSwitch, signal)).toMatchObject([{ end: 'open' }]);
    expect(stagesIn(folder)).toEqual({ pending: 1 });
    await hold.confirm(signal);
  });

  test('without a timer waits for the next run', async () => {
    const folder = folderOf();
    const hold = await holding(folder, namespace.name, 60, false);
    expect(hold.guarantee).toBe('next-run');
    await hold.takeBack(signal);
  });
});

describe.skipIf(!hasNamespaces)('the next run', () => {
  let namespace: Namespace;
  beforeAll(() => {
    namespace = withLinks();
  });
  afterAll(() => namespace.remove());

  test.each<readonly [name: string, over: object, end: string, stage: string, mtu: number]>([
    ['takes an overdue change back', { due: -100 }, 'taken-back', 'taken-back', 1500],
    [
      'takes back the change of a run that has ended',
      { owner: { pid: 1, started: '-1' } },
      'taken-back',
      'taken-back',
      1500,
    ],
    ['closes the change of links before a restart', { bootId: 'another' }, 'void', 'closed', 1400],
    ['leaves an open change', {}, 'open', 'pending', 1400],
    [
      'leaves the change of a run in another container, which it cannot see',
      { owner: { pid: 1, started: '-1', space: 'pid:[1]' } },
      'open',
      'pending',
      1400,
    ],
  ])('%s', async (_name, over, end, stage, mtu) => {
    namespace.batch(['link set dev p0 mtu 1400', 'link set dev p1 mtu 1400']);
    const folder = folderOf();
    await openFolder(folder);
    const record = { ...(await recordFor('0'.repeat(16), held(namespace.name, 60))), ...over };
    await writePending(folder, record);
    expect(await adoptPending(folder, TARGET, noSwitch, signal)).toMatchObject([{ end }]);
    expect([stagesIn(folder), mtus(namespace)]).toEqual([{ [stage]: 1 }, [mtu, mtu]]);
  });

  test('repeats a take-back that was interrupted', async () => {
    namespace.batch(['link set dev p0 mtu 1500', 'link set dev p1 mtu 1400']);
    const folder = folderOf();
    await openFolder(folder);
    const record = { ...(await recordFor('0'.repeat(16), held(namespace.name, 60))), due: 0 };
    await writePending(folder, record);
    await moveEntry(folder, record.id, 'pending', 'taking-back');
    expect(await adoptPending(folder, TARGET, noSwitch, signal)).toMatchObject([{ end: 'taken-back' }]);
    expect(mtus(namespace)).toEqual([1500, 1500]);
    expect(await adoptPending(folder, TARGET, noSwitch, signal)).toMatchObject([{ end: 'taken-back' }]);
    await acknowledge(folder, record.id);
    expect([stagesIn(folder), await adoptPending(folder, TARGET, noSwitch, signal)]).toEqual([{ closed: 1 }, []]);
  });

  test('reports a take-back that fails, and leaves it', async () => {
    const folder = folderOf();
    await openFolder(folder);
    const takeBack = { kind: 'sonic', database: 4, rows: [] } as const;
    await writePending(folder, { ...(await recordFor('0'.repeat(16), { ...held('x', 0), takeBack })), due: -100 });
    expect(await adoptPending(folder, TARGET, noSwitch, signal)).toMatchObject([
      { end: 'failed', problem: 'not a switch' },
    ]);
    expect(stagesIn(folder)).toEqual({ 'taking-back': 1 });
  });
});

describe('the timer', () => {
  test('waits without fettle, and ends when it is disarmed', async () => {
    const folder = folderOf();
    await openFolder(folder);
    const record = await recordFor('0'.repeat(16), held('none', 60));
    await writePending(folder, record);
    const armed = await arm(folder, record, 60, undefined, signal);
    if (!('way' in armed)) throw new Error('not armed');
    expect(await isArmed(armed, signal)).toBe(true);
    const isDisarmed = async (): Promise<boolean> => !(await isArmed(armed, signal));
    if (armed.way === 'session') expect((await processSeen(armed.process.pid))?.session).toBe(armed.process.pid);
    await disarm(armed, signal);
    await until(isDisarmed);
    expect(await timersOf(record.id)).toEqual([]);
  });

  test('of a switch elsewhere cannot be armed', async () => {
    const takeBack = { kind: 'sonic', database: 4, rows: [] } as const;
    const folder = folderOf();
    const hold = holdOnHost({ ...held('x', 60), takeBack }, { folder, hasTimer: true, openConfig: noSwitch, signal });
    await expect(hold).rejects.toThrow(
      'no timer can be armed to take the change back: fettle does not run on the switch',
    );
    expect(stagesIn(folder)).toEqual({ closed: 1 });
  });
});

/** Runs the held change in a process of its own. */
function start(
  folder: string,
  namespace: string,
  within: number,
  mode: string,
  before: readonly string[] = [],
): ChildProcess {
  const script = join(import.meta.dirname, 'held-run.ts');
  const [file, ...args] = [...before, process.execPath, script, folder, namespace, String(within), mode];
  const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };
  return spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
}

async function ended(child: ChildProcess): Promise<string> {
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await new Promise((resolve) => child.once('close', resolve));
  return text;
}

describe.skipIf(!hasNamespaces)('killed', () => {
  test('after the change: the timer takes it back, without Node.js', async () => {
    const namespace = withLinks();
    const folder = folderOf();
    const child = start(folder, namespace.name, 10, 'hang');
    child.stdout?.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('changed')) child.kill('SIGKILL');
    });
    await ended(child);
    expect(mtus(namespace)).toEqual([1400, 1400]);
    await until(() => stagesIn(folder)['taken-back'] === 1);
    expect(mtus(namespace)).toEqual([1500, 1500]);
    namespace.remove();
  });

  test('after the change, and its timer too: the next run takes it back', async () => {
    const namespace = withLinks();
    const folder = folderOf();
    const child = start(folder, namespace.name, 60, 'hang');
    child.stdout?.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('changed')) child.kill('SIGKILL');
    });
    await ended(child);
    const [id = ''] = readdirSync(join(folder, 'pending'));
    for (const pid of await timersOf(id)) process.kill(-pid, 'SIGKILL');
    expect(await adoptPending(folder, TARGET, noSwitch, signal)).toMatchObject([
      { end: 'taken-back', ports: ['p0', 'p1'] },
    ]);
    expect(mtus(namespace)).toEqual([1500, 1500]);
    namespace.remove();
  });

  /** Calls at which the run, its programs or its timer are killed: of files, programs and the kernel's links. */
  const points = Object.entries({ rename: 8, fsync: 8, mkdir: 3, execve: 4, sendmsg: 6, renameat2: 1 }).flatMap(
    ([call, most]) => Array.from({ length: most }, (_, i) => [call, i + 1] as const),
  );
  const random = randomFrom(testSeed());
  const most = process.env['FETTLE_TEST_FULL'] === '1' ? points.length : 4;

  // Each waits for its timers.
  test.concurrent.each<readonly [mode: string, within: number]>([
    ['confirm', 8],
    ['refuse', 8],
    // The run kills itself after the change, so the timer is what is killed.
    ['die', 8],
  ])('anywhere, with the intention to %s: never half', async (mode, within) => {
    const chosen = sampleOf(points, most, random);
    const results = await Promise.all(
      chosen.map(async ([call, count]) => {
        const namespace = withLinks();
        const folder = folderOf();
        const inject = ['-e', `trace=${call}`, '-e', `inject=${call}:signal=SIGKILL:when=${count}`];
        // The recorder ends after all processes that it follows, the timer included.
        await ended(
          start(folder, namespace.name, within, mode, [
            'strace',
            '-f',

            '-qq',
            '-o',
            '/dev/null',
            ...inject,
          ]),
        );
        const adopted = await adoptPending(folder, TARGET, noSwitch, signal);
        const found = stagesIn(folder);
        const after = mtus(namespace);
        // A take-back can be repeated.
        await adoptPending(folder, TARGET, noSwitch, signal);
        const again = mtus(namespace);
        namespace.remove();
        const isConfirmed = found['confirmed'] === 1;
        const expected = isConfirmed ? [1400, 1400] : [1500, 1500];
        return { where: `${call} ${count}`, found, adopted, after, again, expected };
      }),
    );
    for (const { where, found, adopted, after, again, expected } of results) {
      expect([where, after, again]).toEqual([where, expected, expected]);
      expect([where, found['pending'] ?? 0, found['taking-back'] ?? 0]).toEqual([where, 0, 0]);
      expect([where, adopted.filter(({ end }) => end === 'failed')]).toEqual([where, []]);
      if (mode !== 'confirm') expect([where, found['confirmed'] ?? 0]).toEqual([where, 0]);
    }
  });
});
