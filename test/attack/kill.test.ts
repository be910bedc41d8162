/**
 * A run killed at every system call that changes something in its project: one more run restores order.
 *
 * An undisturbed run lists the calls. Each is a point, and the calls that a killed run finished identify the point
 * before which it died. strace kills at the nth call of a name in a thread, which needs care:
 *
 * | The call | is found by |
 * |---|---|
 * | reads, writes, renames or removes a file with the same name in every run | its count among calls on that very path (`-P`) |
 * | links or creates a file, or renames a file with a random name | its count in the thread of file calls: no other code makes such calls there |
 * | writes to a file with a random name | its count in that thread, which wake-up calls to other threads shift by a few: so attempts repeat until one hits |
 * | opens a file with a random name | a wake-up call right before it: nothing in the project changes between the two |
 *
 * Without FETTLE_TEST_FULL=1, a sample of the points is taken (FETTLE_TEST_SEED takes the same
 * one again). Only the attacked run
 * has its own process; the commands that check its leftovers run in this one.
 */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import PQueue from 'p-queue';
import { describe, expect, it } from 'vitest';
import { thisHolder } from '../../src/store/holder.ts';
import {
  copyFolder,
  certificateProject,
  certificateYaml,
  cliFile,
  type Ran,
  run,
  sampleOf,
  temporaryFolder,
  writeFiles,
} from '../support/cli.ts';
import { randomFrom, testSeed } from '../support/seed.ts';
import { applyAgo, fettleHere as fettle } from '../support/command-line.ts';

const FULL = process.env['FETTLE_TEST_FULL'] === '1';
/** Points of each attack that a run is killed at, and calls of each that fail: a sample, or every one. */
const KILLS = FULL ? Number.POSITIVE_INFINITY : 2;
const FAILURES = FULL ? Number.POSITIVE_INFINITY : 2;
/** Points of the first kill, and of a second one after each, where the run that repairs is killed too. */
const TWICE = FULL ? { first: 12, second: 12 } : { first: 1, second: 3 };
const seed = testSeed();
const random = randomFrom(seed);

/** Calls that change something, openat only where it may. */
const CALLS = (
  'openat write pwrite64 writev pwritev fsync fdatasync rename renameat renameat2 link linkat unlink ' +
  'unlinkat mkdir mkdirat rmdir ftruncate copy_file_range sendfile chmod fchmod fchmodat'
).split(' ');
/** Those that `-P` knows by their path: through the descriptor, or as the one path that they open. */
const BY_PATH = new Set([
  'openat',
  'write',
  'pwrite64',
  'writev',
  'pwritev',
  'fsync',
  'fdatasync',
  'ftruncate',
  'fchmod',
  // Some of these are made in the thread of file calls, some in the main one: the count does not distinguish them.
  'link',
  'rename',
  'unlink',
]);

const root = temporaryFolder();
let copies = 0;
function copyOf(template: string): string {
  const folder = join(root, String((copies += 1)));
  copyFolder(template, folder);
  return folder;
}

interface Call {
  readonly thread: string;
  readonly name: string;
  /** Number of calls of this name in the thread, including this one. */
  readonly count: number;
  /** Paths below the project, without random parts; empty if the call is about other files, or only reads. */
  readonly paths: readonly string[];
  readonly label: string;
  readonly finished: boolean;
  readonly line: string;
}

/** Ids and times in names differ from run to run. */
function withoutRandom(path: string): string {
  return path.replace(/\d{4}-\d\d-\d\dT[\d.-]+Z/gu, '<time>').replace(/[0-9a-f]{16}/gu, '<id>');
}

function callsIn(trace: string, folder: string): readonly Call[] {
  const counts = new Map<string, number>();
  const calls: Call[] = [];
  for (const line of readFileSync(trace, 'utf8').split('\n')) {
    const [, thread = '', name = '', args = ''] = /^(\d+)\s+(\w+)\((.*)$/u.exec(line) ?? [];
    if (name === '') continue;
    const count = (counts.get(`${thread} ${name}`) ?? 0) + 1;
    counts.set(`${thread} ${name}`, count);
    const reads = name === 'openat' && !/O_(?:WRONLY|RDWR|CREAT|TRUNC)/u.test(args);
    // The working folder, which every openat names, is not one of its paths.
    const own = args.replace(/AT_FDCWD<[^>]*>/gu, '');
    const paths = [...own.matchAll(/["<](\/[^">]*)[">]/gu)].flatMap(([, path = '']) =>
      path === folder || path.startsWith(`${folder}/`) ? [path.slice(folder.length)] : [],
    );
    const touched = reads ? [] : [...new Set(paths.map(withoutRandom))];
    calls.push({
      thread,
      name,
      count,
      paths: touched,
      label: touched.length === 0 ? '' : `${name} ${touched.join(' ')}`,
      finished: !/= \?$|<unfinished \.\.\.>$/u.test(line),
      line,
    });
  }
  return calls;
}

/** One thread for all file calls, so that they come in the same order in every run. */
function underStrace(folder: string, command: readonly string[], rules: readonly string[]): Promise<Ran> {
  const args = ['-f', '-qq', '-y', ...rules, process.execPath, cliFile, ...command];
  return run('strace', args, folder, { UV_THREADPOOL_SIZE: '1' });
}

interface Point {
  /** Number of earlier calls that change something. */
  readonly index: number;
  readonly label: string;
  readonly rules: (folder: string, shift?: number, fault?: string) => readonly string[];
  /** True if the trace has all calls, so that the hit point can be identified. */
  readonly counted: boolean;
}

/** The ordinal of a call among the calls of its thread and name on a path that `-P` matches. */
function nthOnPath(calls: readonly Call[], at: number, path: string): number {
  const own = calls[at];
  const isOn = ({ line }: Call): boolean => line.includes(`${path}"`) || line.includes(`${path}>`);
  return calls.slice(0, at + 1).filter((each) => each.thread === own?.thread && each.name === own.name && isOn(each))
    .length;
}

/** The calls that change something in the project, in their order. */
async function pointsOf(template: string, command: readonly string[]): Promise<readonly Point[]> {
  const folder = copyOf(template);
  const trace = `${folder}.trace`;
  const done = await underStrace(folder, command, ['-o', trace, '-e', `trace=${CALLS.join(',')}`]);
  expect(done).toMatchObject({ code: 0 });
  const calls = callsIn(trace, folder);
  const points: Point[] = [];
  let last = 0;
  for (const [at, call] of calls.entries()) {
    if (call.label === '') continue;
    const [path = ''] = call.paths;
    const label = `${points.length + 1} ${call.label}`;
    const index = points.length;
    if (BY_PATH.has(call.name) && !path.includes('<')) {
      const nth = nthOnPath(calls, at, `${folder}${path}`);
      const rules = (of: string, _shift = 0, fault = 'signal=SIGKILL'): readonly string[] => [
        '-P',
        `${of}${path}`,
        '-e',
        `trace=${call.name}`,
        '-e',
        `inject=${call.name}:${fault}:when=${nth}`,
      ];
      points.push({ index, label, rules, counted: false });
    } else {
      const between = calls.slice(last, at).findLast(({ thread, name }) => thread === call.thread && name === 'write');
      const { name, count } = call.name === 'openat' ? (between ?? call) : call;
      const rules = (_of: string, shift = 0, fault = 'signal=SIGKILL'): readonly string[] => [
        '-e',
        `trace=${CALLS.join(',')}`,
        '-e',
        `inject=${name}:${fault}:when=${Math.max(1, count + shift)}`,
      ];
      points.push({ index, label, rules, counted: true });
    }
    last = at;
  }
  rmSync(folder, { recursive: true });
  rmSync(trace);
  return points;
}

const MOST_TRIES = 12;

/** A copy of the template whose run died right before a point; undefined if the point could not be hit. */
async function killedAt(template: string, command: readonly string[], point: Point): Promise<string | undefined> {
  let shift = 0;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const folder = copyOf(template);
    const trace = `${folder}.trace`;
    const died = await underStrace(folder, command, ['-o', trace, ...point.rules(folder, shift)]);
    const calls = callsIn(trace, folder);
    rmSync(trace);
    const killed = died.signal === 'SIGKILL' || died.code === 137;
    if (!point.counted) {
      const last = calls.at(-1);
      const label = last === undefined ? '' : `${last.name} ${last.paths.join(' ')}`;
      if (killed && last?.finished === false && `${point.index + 1} ${label}` === point.label) return folder;
    } else {
      const before = calls.filter(({ label, finished }) => label !== '' && finished).length;
      if (killed && before === point.index) return folder;
      shift += before < point.index ? 1 : -1;
    }
    rmSync(folder, { recursive: true });
  }
  return undefined;
}

/** True if any stored, pending or backup certificate and key are a valid pair. */
function hasValidPair(folder: string, name: string): boolean {
  const read = (path: string) => (existsSync(join(folder, path)) ? [readFileSync(join(folder, path), 'utf8')] : []);
  const kinds = ['', '.pending', '.backup'];
  const keys = kinds
    .flatMap((kind) => read(`tls/${name}.key${kind}`))
    .filter((text) => text.includes('END PRIVATE KEY'));
  const certificates = kinds
    .flatMap((kind) => read(`tls/${name}.crt${kind}`))
    .filter((text) => text.includes('END CERTIFICATE'));
  return certificates.some((text) => {
    const certificate = new X509Certificate(text);
    return (
      new Date(certificate.validTo).getTime() > Date.now() &&
      keys.some((key) => certificate.checkPrivateKey(createPrivateKey(key)))
    );
  });
}

function filesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

function modesOfKeys(folder: string): readonly number[] {
  const keys = ['tls', 'ca'].flatMap((dir) => filesIn(join(folder, dir)).map((name) => join(folder, dir, name)));
  return keys.filter((path) => path.includes('.key')).map((path) => statSync(path).mode & 0o777);
}

/** Invariants of every project in which nothing is left to do. */
async function expectInOrder(folder: string, where: string, failed = false): Promise<void> {
  const plan = await fettle(folder, 'plan', '--detailed-exitcode');
  expect([where, plan.code, plan.code === 0 ? '' : plan.stdout + plan.stderr]).toEqual([where, 0, '']);
  const verify = await fettle(folder, 'log', 'verify');
  expect([where, verify.code, verify.code === 0 ? '' : verify.stdout]).toEqual([where, 0, '']);
  expect([where, new Set(modesOfKeys(folder))]).toEqual([where, new Set([0o600])]);
  expect([where, filesIn(folder).filter((name) => name.startsWith('.tmp'))]).toEqual([where, []]);
  // A failure stays in the state until the next step is done, and a lock that could not be removed is a dead one.
  const store = filesIn(join(folder, '.fettle')).filter((name) => !failed || !name.startsWith('lock-'));
  expect([where, store.filter((name) => !['.gitignore', 'quarantine'].includes(name))]).toEqual([where, ['log']]);
  expect([where, filesIn(join(folder, '.fettle/log')).filter((name) => !name.endsWith('.ndjson'))]).toEqual([
    where,
    [],
  ]);
  const state = await fettle(folder, 'state', 'list');
  expect([where, state.stdout]).toEqual([
    where,
    expect.not.stringMatching(failed ? /open:|unknown/u : /open:|failed|unknown/u),
  ]);
}

function expectPair(folder: string, where: string): void {
  execFileSync('openssl', ['verify', '-CAfile', join(folder, 'ca/ca.crt'), join(folder, 'tls/www.crt')], {
    stdio: 'pipe',
  });
  const certificate = new X509Certificate(readFileSync(join(folder, 'tls/www.crt')));
  const fits = certificate.checkPrivateKey(createPrivateKey(readFileSync(join(folder, 'tls/www.key'))));
  expect([where, fits, filesIn(join(folder, 'tls')), filesIn(join(folder, 'ca'))]).toEqual([
    where,
    true,
    ['www.crt', 'www.key'],
    ['ca.crt', 'ca.key'],
  ]);
}

/**
 * Plans over the leftovers of a killed run: planning neither fails, nor changes anything, nor finds damage in the log.
 */
async function expectReadable(folder: string, where: string): Promise<void> {
  const plan = await fettle(folder, 'plan');
  expect([where, plan.code, plan.stderr]).toEqual([where, 0, expect.not.stringContaining('damaged')]);
}

async function expectApplied(folder: string, where: string, ...more: readonly string[]): Promise<void> {
  const next = await fettle(folder, 'apply', '--yes', ...more);
  expect([where, next.code, next.code === 0 ? '' : next.stdout + next.stderr]).toEqual([where, 0, '']);
}

interface Attack {
  readonly name: string;
  readonly command: readonly string[];
  /** The attacked project. */
  readonly template: () => Promise<string>;
  /** Invariants right after the kill. */
  readonly killed: (folder: string, where: string) => Promise<void>;
  /** One more run, and its invariants. */
  readonly repaired: (folder: string, where: string) => Promise<void>;
  /** Minimum number of points. */
  readonly least: number;
}

const APPLY = ['apply', '--yes'];

/** A project that was applied `days` days ago. */
async function applied(days = 0): Promise<string> {
  const folder = certificateProject(['www']);
  await applyAgo(folder, days);
  return folder;
}

/** Leaves a lock of an ended process, and lets the next run take it over: a new segment begins. */
async function abandon(folder: string): Promise<void> {
  const token = Math.max(
    ...filesIn(join(folder, '.fettle/log')).map((name) => Number(/-(\d+)\.ndjson$/u.exec(name)?.[1] ?? 0)),
  );
  const holder = { ...thisHolder({ id: 'ended', command: 'apply', since: '' }), pidStart: '1' };
  writeFileSync(join(folder, `.fettle/lock-${token}`), `${JSON.stringify(holder)}\n`, { mode: 0o600 });
  expect((await fettle(folder, ...APPLY)).code).toBe(0);
}

async function expectRepaired(folder: string, where: string): Promise<void> {
  await expectApplied(folder, where);
  await expectInOrder(folder, where);
  expectPair(folder, where);
}

const attacks: readonly Attack[] = [
  {
    name: 'while it renews a certificate',
    command: APPLY,
    template: async () => {
      const folder = await applied(70);
      expect((await fettle(folder, 'plan')).stdout).toContain('expiring_soon > renewing');
      return folder;
    },
    killed: async (folder, where) => {
      expect([where, hasValidPair(folder, 'www')]).toEqual([where, true]);
      await expectReadable(folder, where);
    },
    repaired: expectRepaired,
    least: 30,
  },
  {
    name: 'while it creates an authority and a first certificate',
    command: APPLY,
    template: async () => certificateProject(['www']),
    killed: expectReadable,
    repaired: expectRepaired,
    least: 70,
  },
  {
    name: 'while it replaces an expired certificate',
    command: APPLY,
    template: async () => {
      const folder = await applied(95);
      expect((await fettle(folder, 'plan')).stdout).toContain('expired > recovering');
      return folder;
    },
    killed: expectReadable,
    repaired: expectRepaired,
    least: 30,
  },
  {
    name: 'while it removes a certificate',
    command: APPLY,
    template: async () => {
      const folder = certificateProject(['www']);
      writeFiles(folder, { 'desired/www.yaml': certificateYaml('www', '{ onRemove: remove }') });
      expect((await fettle(folder, ...APPLY)).code).toBe(0);
      rmSync(join(folder, 'desired/www.yaml'));
      return folder;
    },
    killed: expectReadable,
    repaired: async (folder, where) => {
      await expectApplied(folder, where);
      await expectInOrder(folder, where);
      expect([where, filesIn(join(folder, 'tls'))]).toEqual([where, []]);
    },
    least: 15,
  },
  {
    name: 'while it recovers a damaged log',
    command: ['log', 'recover'],
    template: async () => {
      const folder = await applied();
      const [name = ''] = filesIn(join(folder, '.fettle/log'));
      const file = join(folder, '.fettle/log', name);
      const lines = readFileSync(file, 'utf8').split('\n');
      // The last record but one is cut short: the records after it cannot be trusted.
      lines[lines.length - 3] = (lines.at(-3) ?? '').slice(0, -20);
      writeFileSync(file, lines.join('\n'));
      return folder;
    },
    killed: async (folder, where) => {
      const refused = await fettle(folder, ...APPLY);
      // Before the new segment exists, the log is damaged; from then on it is sound.
      expect([where, [0, 1]]).toEqual([where, expect.arrayContaining([refused.code])]);
      if (refused.code === 1) expect([where, refused.stderr]).toEqual([where, expect.stringContaining('log recover')]);
    },
    repaired: async (folder, where) => {
      const recovered = await fettle(folder, 'log', 'recover');
      expect([where, recovered.code, recovered.stderr]).toEqual([where, 0, '']);
      const kept = filesIn(join(folder, '.fettle/quarantine')).flatMap((name) =>
        filesIn(join(folder, '.fettle/quarantine', name)),
      );
      expect([where, kept.length > 0]).toEqual([where, true]);
      await expectRepaired(folder, where);
    },
    least: 15,
  },
  {
    name: 'while it imports a certificate',
    command: ['import', 'certificates/Certificate/www'],
    template: async () => {
      const folder = await applied();
      expect((await fettle(folder, 'state', 'forget', 'certificates/Certificate/www')).code).toBe(0);
      return folder;
    },
    killed: expectReadable,
    repaired: expectRepaired,
    least: 10,
  },
  {
    name: 'while it removes a lock',
    command: ['force-unlock', 'abc', '--yes'],
    template: async () => {
      const folder = await applied();
      // On a machine that cannot be inspected from here.
      const holder = {
        id: 'abc',
        user: 'ops',
        host: 'elsewhere',
        bootId: 'x',
        pidNamespace: 'y',
        pid: 1,
        pidStart: '1',
      };
      writeFileSync(join(folder, '.fettle/lock-1'), `${JSON.stringify({ ...holder, since: '', command: 'apply' })}\n`, {
        mode: 0o600,
      });
      expect((await fettle(folder, ...APPLY)).code).toBe(5);
      return folder;
    },
    killed: expectReadable,
    repaired: async (folder, where) => {
      const status = await fettle(folder, 'lock', 'status', '--format', 'json');
      // Killed before the removal: the lock must be removed again, and nothing else.
      if (status.stdout.includes('"id":"abc"')) {
        const again = await fettle(folder, 'force-unlock', 'abc', '--yes');
        expect([where, again.code, again.stderr]).toEqual([where, 0, '']);
      }
      await expectRepaired(folder, where);
    },
    least: 15,
  },
  {
    name: 'while it prunes the log',
    command: ['log', 'prune', '--keep', '2', '--yes'],
    template: async () => {
      const folder = await applied();
      for (let i = 0; i < 3; i += 1)
        expect((await fettle(folder, 'log', 'prune', '--keep', String(9 - i), '--yes')).code).toBe(0);
      // Take-overs from dead holders also begin segments.
      for (let i = 0; i < 3; i += 1) await abandon(folder);
      expect(filesIn(join(folder, '.fettle/log')).length).toBeGreaterThan(3);
      return folder;
    },
    killed: expectReadable,
    repaired: async (folder, where) => {
      const again = await fettle(folder, 'log', 'prune', '--keep', '2', '--yes');
      expect([where, again.code, again.stderr]).toEqual([where, 0, '']);
      expect([where, filesIn(join(folder, '.fettle/log')).length]).toEqual([where, 2]);
      await expectRepaired(folder, where);
    },
    least: 15,
  },
  {
    name: 'while it saves a plan',
    command: ['plan', '-o', 'plan.json'],
    template: async () => {
      return applied(70);
    },
    killed: async (folder, where) => {
      await expectReadable(folder, where);
      // The file is complete, or does not exist.
      const shown = await fettle(folder, 'show', 'plan.json');
      expect([where, existsSync(join(folder, 'plan.json')) ? 0 : 1]).toEqual([where, shown.code]);
    },
    repaired: expectRepaired,
    least: 3,
  },
  {
    name: 'while it records a drift',
    command: ['drift', '--record'],
    template: () => applied(),
    killed: expectReadable,
    repaired: expectRepaired,
    least: 8,
  },
];

/** Kills at the points, several at once. Returns the labels of points that could not be hit. */
async function killEverywhere(attack: Attack, template: string, points: readonly Point[]): Promise<readonly string[]> {
  const queue = new PQueue({ concurrency: availableParallelism() });
  const missed: Point[] = [];
  const isHit = async (point: Point): Promise<boolean> => {
    const folder = await killedAt(template, attack.command, point);
    if (folder === undefined) return false;
    const where = `killed before ${point.label}`;
    expect([where, modesOfKeys(folder).every((mode) => mode === 0o600)]).toEqual([where, true]);
    await attack.killed(folder, where);
    await attack.repaired(folder, where);
    rmSync(folder, { recursive: true });
    return true;
  };
  await queue.addAll(points.map((point) => async () => (await isHit(point)) || missed.push(point)));
  // The heartbeat adds calls under load, which moves a point: those are tried again, alone.
  const left: string[] = [];
  for (const point of missed) if (!(await isHit(point))) left.push(point.label);
  return left;
}

interface Prepared {
  readonly template: string;
  readonly points: readonly Point[];
}

const prepared = new Map<Attack, Promise<Prepared>>();

/** The attacked project and its points, once for all tests of an attack: they change only copies of it. */
async function prepare(attack: Attack): Promise<Prepared> {
  const known = prepared.get(attack);
  if (known !== undefined) return known;
  const made = attack
    .template()
    .then(async (template) => ({ template, points: await pointsOf(template, attack.command) }));
  prepared.set(attack, made);
  return made;
}

describe('killed at every call that changes something', () => {
  it.each(attacks)('$name', { timeout: 900_000 }, async (attack) => {
    const { template, points } = await prepare(attack);
    expect(points.length).toBeGreaterThanOrEqual(attack.least);
    const chosen = sampleOf(points, KILLS, random);
    const missed = await killEverywhere(attack, template, chosen);
    process.stdout.write(
      `kill -9 ${attack.name}: ${chosen.length - missed.length} of ${points.length} points (FETTLE_TEST_SEED=${seed})\n`,
    );
    expect(missed).toEqual([]);
  });

  it('twice: the run that repairs is killed too', { timeout: 900_000 }, async () => {
    const [attack] = attacks as readonly [Attack];
    const { template, points } = await prepare(attack);
    let kills = 0;
    for (const point of sampleOf(points, TWICE.first, random)) {
      const killed = await killedAt(template, attack.command, point);
      if (killed === undefined) continue;
      const second = await pointsOf(killed, attack.command);
      const chosen = sampleOf(second, TWICE.second, random).map((each) => ({ ...each }));
      const missed = await killEverywhere(attack, killed, chosen);
      expect([point.label, missed]).toEqual([point.label, []]);
      kills += chosen.length;
      rmSync(killed, { recursive: true });
    }
    expect(kills).toBeGreaterThan(0);
    process.stdout.write(`kill -9 twice: ${kills} pairs of points (FETTLE_TEST_SEED=${seed})\n`);
  });
});

/** A failing or full disk, one that became read-only, no permission, no file handles left. */
const ERRORS = ['EIO', 'ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EMFILE'];

/** A failing call leads to an exit code that says so, and never leaves less than a kill. */
describe('failing at a call that changes something', () => {
  it.each(attacks.filter(({ command }) => command[0] !== 'log'))('$name', { timeout: 900_000 }, async (attack) => {
    const { template, points } = await prepare(attack);
    const queue = new PQueue({ concurrency: availableParallelism() });
    let failures = 0;
    const attempt = (chosen: readonly Point[]) =>
      queue.addAll(
        chosen.map((point) => async () => {
          const error = ERRORS[Math.floor(random() * ERRORS.length)] ?? 'EIO';
          const folder = copyOf(template);
          const trace = `${folder}.trace`;
          const ran = await underStrace(folder, attack.command, [
            '-o',
            trace,
            ...point.rules(folder, 0, `error=${error}`),
          ]);
          const injected = readFileSync(trace, 'utf8')
            .split('\n')
            .filter((line) => line.includes('(INJECTED)'))
            .map((line) => line.replace(/AT_FDCWD<[^>]*>/gu, ''));
          const where = `${error} at ${point.label}`;
          rmSync(trace);
          // strace counts the calls of each thread: the wake-up of another one may fail too, or instead, and ends Node.js.
          if (injected.length > 0 && injected.every((line) => line.includes(folder))) {
            failures += 1;
            expect([where, ran.signal, ran.stderr]).toEqual([
              where,
              null,
              expect.not.stringContaining('internal error'),
            ]);
            // Done, rejected rows or not; error; failed; unknown.
            expect([where, [0, 1, 7, 8]]).toEqual([where, expect.arrayContaining([ran.code])]);
            expect([where, modesOfKeys(folder).every((mode) => mode === 0o600)]).toEqual([where, true]);
            // A stored first pair is done, even if its pending names could not be removed: the next run removes them.
            const leavesNames = /\bunlink .*\.pending$/u.test(point.label);
            if (ran.code === 0 && !leavesNames) await expectInOrder(folder, where, true);
            await attack.killed(folder, where);
            if (attack.command[0] === 'force-unlock') await attack.repaired(folder, where);
            else {
              // A step that failed only in its cleanup is adopted first, and then cleaned up.
              const now = ['--override', 'backoff@certificates/Certificate/www', '--reason', 'the disk is fixed'];
              for (let runs = 0; runs < 2; runs++) await expectApplied(folder, where, ...now);
              await expectInOrder(folder, where, true);
            }
          }
          rmSync(folder, { recursive: true });
        }),
      );
    // Not every point of a sample is hit: then another sample is taken.
    for (let left = points; left.length > 0; ) {
      const chosen = sampleOf(left, FAILURES, random);
      await attempt(chosen);
      if (failures > 0) break;
      left = left.filter((point) => !chosen.includes(point));
    }
    expect(failures).toBeGreaterThan(0);
    process.stdout.write(`failing ${attack.name}: ${failures} calls (FETTLE_TEST_SEED=${seed})\n`);
  });
});
