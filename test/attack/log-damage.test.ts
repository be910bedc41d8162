/**
 * A damaged log through the command line: always named, never silent, and recovered from without losing anything.
 *
 * The log has three segments, as take-overs from killed runs leave them. The required result of damage in each place:
 *
 * | Damage in | `log verify` | `plan` and `apply` |
 * |---|---|---|
 * | the newest segment | names it | `plan` warns and continues, `apply` refuses until `log recover` |
 * | an older one | names it | do not read it: the state begins with the newest checkpoint |
 * | an older one, behind its seal | reports a late writer, not damage | do not read it |
 * | the last record, cut short | finds a torn tail, which is not damage | report it and continue |
 * | the end, cut between two records; the newest segment, missing | can only find it with `--head` | can't find it |
 *
 * Places are random; FETTLE_TEST_SEED repeats them, FETTLE_TEST_RUNS sets the number of each kind.
 */

import { spawn } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import PQueue from 'p-queue';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  copyFolder,
  bareEnvironment,
  certificateProject,
  certificateYaml,
  cliFile,
  temporaryFolder,
  writeFiles,
} from '../support/cli.ts';
import { randomFrom, testSeed } from '../support/seed.ts';
import { fettleHere as fettle } from '../support/command-line.ts';

const seed = testSeed();
const RUNS = Number(process.env['FETTLE_TEST_RUNS'] ?? (process.env['FETTLE_TEST_FULL'] === '1' ? 60 : 3));

const root = temporaryFolder();
let template: string;
let head: string;
let copies = 0;

async function headOf(folder: string): Promise<string> {
  return /log head (\d+:[0-9a-f]{64})/u.exec((await fettle(folder, 'plan')).stdout)?.[1] ?? 'none';
}

/** Kills a run while it makes a key, so that the next one takes over with a segment of its own. */
async function killOne(folder: string): Promise<void> {
  const child = spawn(process.execPath, [cliFile, 'apply', '--yes'], {
    cwd: folder,
    env: bareEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  let said = '';
  child.stdout.on('data', (data: Buffer) => {
    said += data.toString();
    if (said.includes('certificates/Certificate/slow: ')) child.kill('SIGKILL');
  });
  await ended;
  expect(child.signalCode).toBe('SIGKILL');
}

beforeAll(async () => {
  template = certificateProject(['www', 'api']);
  expect(await fettle(template, 'apply', '--yes')).toMatchObject({ code: 0 });
  for (let i = 0; i < 2; i++) {
    const slow = certificateYaml('slow').replace('  dnsNames', '  keyAlgorithm: rsa-4096\n  dnsNames');
    writeFiles(template, { 'desired/slow.yaml': slow });
    await killOne(template);
    rmSync(join(template, 'desired/slow.yaml'));
    expect(await fettle(template, 'apply', '--yes')).toMatchObject({ code: 0 });
  }
  expect(await fettle(template, 'plan', '--detailed-exitcode')).toMatchObject({ code: 0 });
  expect(segmentsOf(template).length).toBe(3);
  head = await headOf(template);
  expect(head).toMatch(/^\d+:/u);
  process.stdout.write(`damage to logs: FETTLE_TEST_SEED=${seed}\n`);
});
function copy(): string {
  const folder = join(root, String((copies += 1)));
  copyFolder(template, folder);
  return folder;
}

/** Oldest first. */
function segmentsOf(folder: string): readonly string[] {
  return readdirSync(join(folder, '.fettle/log'))
    .sort()
    .map((name) => join(folder, '.fettle/log', name));
}

function newestOf(folder: string): string {
  return segmentsOf(folder).at(-1) ?? '';
}

/** Changes the bytes of a file; `at` is a place between 0 and below 1. */
function edit(file: string, change: (bytes: Buffer) => Buffer): void {
  writeFileSync(file, change(readFileSync(file)));
}

function editLines(file: string, change: (lines: string[]) => void): void {
  const lines = readFileSync(file, 'utf8').split('\n');
  lines.pop();
  change(lines);
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
}

type Spoil = (file: string, at: number, random: () => number) => void;

/** Ways to spoil one segment. */
const spoilers: Readonly<Record<string, Spoil>> = {
  'a bit is flipped': (file, at, random) =>
    edit(file, (bytes) => {
      const place = Math.floor(at * bytes.length);
      bytes[place] = (bytes[place] ?? 0) ^ (1 << Math.floor(random() * 8));
      return bytes;
    }),
  'it is cut': (file, at) => truncateSync(file, Math.floor(at * readFileSync(file).length)),
  'a block is zeroed': (file, at) =>
    edit(file, (bytes) => {
      const start = Math.floor(at * bytes.length);
      return bytes.fill(0, start, Math.min(bytes.length, start + 512));
    }),
  'a record is missing': (file, at) => editLines(file, (lines) => lines.splice(Math.floor(at * (lines.length - 1)), 1)),
  'two records change places': (file, at) =>
    editLines(file, (lines) => {
      const place = Math.floor(at * (lines.length - 1));
      lines.splice(place, 2, lines[place + 1] ?? '', lines[place] ?? '');
    }),
  'a record is there twice': (file, at) =>
    editLines(file, (lines) => {
      const place = Math.floor(at * lines.length);
      lines.splice(place, 0, lines[place] ?? '');
    }),
  'bytes are put in': (file, at, random) =>
    edit(file, (bytes) => {
      const place = Math.floor(at * bytes.length);
      const more = Buffer.from(Array.from({ length: 1 + Math.floor(random() * 40) }, () => Math.floor(random() * 256)));
      return Buffer.concat([bytes.subarray(0, place), more, bytes.subarray(place)]);
    }),
  'it is emptied': (file) => truncateSync(file, 0),
  'bytes are added': (file, _at, random) =>
    appendFileSync(
      file,
      random() < 0.5 ? '{"seq":1}\n' : Buffer.from(Array.from({ length: 30 }, () => 128 + Math.floor(random() * 128))),
    ),
};

/** Ways to spoil how segments belong together. */
const mixers: Readonly<Record<string, (segments: readonly string[], random: () => number) => void>> = {
  'one is missing': (segments, random) => unlinkSync(segments[Math.floor(random() * segments.length)] ?? ''),
  'two change places': (segments, random) => {
    const first = Math.floor(random() * segments.length);
    const second = (first + 1 + Math.floor(random() * (segments.length - 1))) % segments.length;
    const [a = '', b = ''] = [segments[first], segments[second]];
    renameSync(a, `${a}.away`);
    renameSync(b, a);
    renameSync(`${a}.away`, b);
  },
  'an older one in place of the newest': (segments, random) =>
    copyFileSync(segments[Math.floor(random() * (segments.length - 1))] ?? '', segments.at(-1) ?? ''),
  'all are missing': (segments) => segments.forEach((file) => unlinkSync(file)),
};

/** The content of the log, by its bytes. */
function bytesIn(folder: string, dir: string): ReadonlyMap<string, string> {
  const at = join(folder, '.fettle', dir);
  if (!existsSync(at)) return new Map();
  const names = readdirSync(at, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    names.map((entry) => [
      join(entry.parentPath, entry.name),
      readFileSync(join(entry.parentPath, entry.name), 'latin1'),
    ]),
  );
}

async function goalsOf(folder: string): Promise<readonly string[]> {
  const plan = await fettle(folder, 'plan', '--format', 'json');
  const { resource_changes: rows } = JSON.parse(plan.stdout) as {
    readonly resource_changes: readonly { readonly goal: string }[];
  };
  return rows.map(({ goal }) => goal);
}

/** The bytes after the seal of an older segment come from a writer that had lost the log. */
async function expectLate(folder: string, what: string): Promise<void> {
  const verify = await fettle(folder, 'log', 'verify', '--head', head);
  const late = expect.stringContaining('after its seal are not part of the log');
  expect([what, verify.code, verify.stdout]).toEqual([what, 0, late]);
  expect([what, (await fettle(folder, 'apply', '--yes')).code]).toEqual([what, 0]);
}

/** From a damaged log to a sound one: each command reports the damage, and nothing is lost or done twice. */
async function expectNamedAndRecovered(folder: string, what: string): Promise<void> {
  const same = (value: unknown, expected: unknown): void => expect([what, value]).toEqual([what, expected]);
  const before = bytesIn(folder, 'log');
  const files = [...bytesIn(folder, '..').entries()].filter(([name]) => !name.includes('.fettle'));
  const verify = await fettle(folder, 'log', 'verify');
  const withHead = await fettle(folder, 'log', 'verify', '--head', head);
  same([withHead.code, withHead.stdout], [1, expect.stringMatching(/^damaged [a-z-]+: /mu)]);
  const plan = await fettle(folder, 'plan');
  same([plan.code, plan.stderr.includes('internal error')], [0, false]);
  const warned = plan.stderr.includes('warning: the log is damaged');
  if (verify.code === 1) {
    same(verify.stdout, expect.stringMatching(/^damaged [a-z-]+: /mu));
    const refused = await fettle(folder, 'apply', '--yes');
    // These two do not need to know about damage in older segments.
    if (warned) same([refused.code, refused.stderr], [1, expect.stringContaining('fettle log recover')]);
    else same(refused.code, 0);
    // None of them changed anything, except that a permitted run continued.
    if (warned) same(bytesIn(folder, 'log'), before);
    const recovered = await fettle(folder, 'log', 'recover');
    same([recovered.code, recovered.stderr], [0, '']);
    const kept = [...bytesIn(folder, 'log').values(), ...bytesIn(folder, 'quarantine').values()];
    const lost = [...before].filter(([, bytes]) => !kept.some((each) => each.startsWith(bytes)));
    same(
      lost.map(([name]) => basename(name)),
      [],
    );
  } else {
    // Undetectable without the head: a record that was being written, or a missing end.
    same([verify.code, warned], [0, false]);
    const cut = [...before].every(([name, bytes]) =>
      readFileSync(name.replace(folder, template), 'latin1').startsWith(bytes.replace(/\0+$/u, '')),
    );
    same([verify.stdout.includes('unfinished record'), cut], [expect.any(Boolean), true]);
  }
  // Existing resources are never created twice, nor removed: at most they are adopted again.
  same(
    (await goalsOf(folder)).filter((goal) => goal !== 'adopt' && goal !== 'protect'),
    [],
  );
  const next = await fettle(folder, 'apply', '--yes');
  same([next.code, next.code === 0 ? '' : next.stdout + next.stderr], [0, '']);
  const sound = await fettle(folder, 'log', 'verify');
  same([sound.code, sound.code === 0 ? '' : sound.stdout], [0, '']);
  same((await fettle(folder, 'plan', '--detailed-exitcode')).code, 0);
  const after = [...bytesIn(folder, '..').entries()].filter(([name]) => !name.includes('.fettle'));
  same(after, files);
}

describe('segments', () => {
  it.each(Object.entries(spoilers))('%s', { timeout: 600_000 }, async (name, spoil) => {
    const random = randomFrom(seed + name.length);
    const queue = new PQueue({ concurrency: availableParallelism() });
    const draws = Array.from({ length: RUNS }, () => ({
      which: random(),
      at: random(),
      more: Math.floor(random() * 1e9),
    }));
    await queue.addAll(
      draws.map(({ which, at, more }) => async () => {
        const folder = copy();
        const segments = segmentsOf(folder);
        // The newest one as often as all the others.
        const older = which >= 0.5;
        const chosen = older ? Math.floor((which - 0.5) * 2 * (segments.length - 1)) : segments.length - 1;
        const file = segments[chosen] ?? '';
        const before = readFileSync(file);
        spoil(file, at, randomFrom(more));
        const what = `${name}: ${basename(file)} at ${at}, seed ${seed}`;
        const after = readFileSync(file);
        const behind = after.length > before.length && after.subarray(0, before.length).equals(before);
        if (older && behind) await expectLate(folder, what);
        else if (!after.equals(before)) await expectNamedAndRecovered(folder, what);
        rmSync(folder, { recursive: true });
      }),
    );
  });

  it.each(Object.entries(mixers))('%s', { timeout: 600_000 }, async (name, mix) => {
    const random = randomFrom(seed + name.length);
    for (let i = 0; i < Math.min(RUNS, 4); i++) {
      const folder = copy();
      mix(segmentsOf(folder), random);
      await expectNamedAndRecovered(folder, `${name}, run ${i}, seed ${seed}`);
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the files of a store', () => {
  it('the newest segment is missing: found only with the head', async () => {
    const folder = copy();
    unlinkSync(newestOf(folder));
    expect((await fettle(folder, 'log', 'verify')).code).toBe(0);
    const verify = await fettle(folder, 'log', 'verify', '--head', head);
    expect([verify.code, verify.stdout]).toEqual([1, expect.stringContaining('head-missing')]);
  });

  it('an older store is restored: found only with the head', async () => {
    const folder = copy();
    const older = copy();
    expect((await fettle(folder, 'apply', '--yes')).code).toBe(0);
    const newer = await headOf(folder);
    expect((await fettle(folder, 'log', 'verify', '--head', newer)).code).toBe(0);
    copyFileSync(newestOf(older), newestOf(folder));
    expect((await fettle(folder, 'log', 'verify')).code).toBe(0);
    const verify = await fettle(folder, 'log', 'verify', '--head', newer);
    expect([verify.code, verify.stdout]).toEqual([1, expect.stringContaining('head-missing')]);
  });

  it('a record that was being written is cut, and is not damage', async () => {
    const folder = copy();
    const [seq = '0'] = head.split(':');
    appendFileSync(newestOf(folder), `{"seq":${Number(seq) + 1},"time":"2026-`);
    const verify = await fettle(folder, 'log', 'verify');
    expect([verify.code, verify.stdout]).toEqual([0, expect.stringContaining('unfinished record')]);
    const done = await fettle(folder, 'apply', '--yes');
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining('unfinished record')]);
    expect((await fettle(folder, 'log', 'verify', '--head', head)).code).toBe(0);
  });

  it('`onDamage: recover` goes on by itself, and says so', async () => {
    const folder = copy();
    writeFiles(folder, { 'fettle.yaml': 'name: test\nstore: .fettle\nonDamage: recover\n' });
    const spoiled = newestOf(folder);
    spoilers['a bit is flipped']?.(spoiled, 0.5, randomFrom(seed));
    const bytes = readFileSync(spoiled, 'latin1');
    // Reading recovers nothing.
    expect((await fettle(folder, 'plan')).stderr).toContain('warning: the log is damaged');
    expect(readFileSync(spoiled, 'latin1')).toBe(bytes);
    const done = await fettle(folder, 'apply', '--yes');
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining('recovered: the log continues after record')]);
    expect((await fettle(folder, 'log', 'verify')).code).toBe(0);
    expect([...bytesIn(folder, 'quarantine').values()]).toContain(bytes);
  });
});
