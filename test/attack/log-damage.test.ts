/** A damaged log through the command line: always named, never silent, and recovered from without losing anything. */

import {
  appendFileSync,
  copyFileSync,
  cpSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateProject, fettle, temporaryFolder, writeFiles } from '../support/cli.ts';

const root = temporaryFolder();
let template: string;
let head: string;
let copies = 0;

beforeAll(async () => {
  template = certificateProject(['www', 'api']);
  for (let i = 0; i < 3; i++) expect((await fettle(template, 'apply', '--yes')).code).toBe(0);
  head = /log head (\d+:[0-9a-f]{64})/u.exec((await fettle(template, 'plan')).stdout)?.[1] ?? '';
  expect(head).not.toBe('');
});
afterAll(() => {
  for (const folder of [root, template]) rmSync(folder, { recursive: true, force: true });
});

function copy(): string {
  const folder = join(root, String((copies += 1)));
  cpSync(template, folder, { recursive: true });
  return folder;
}

function segmentOf(folder: string): string {
  const [name = ''] = readdirSync(join(folder, '.fettle/log'));
  return join(folder, '.fettle/log', name);
}

/** Ways to spoil a log at a place between 0 and 1 of its length. */
const spoilers: Readonly<Record<string, (file: string, at: number) => void>> = {
  'a bit is flipped': (file, at) => {
    const bytes = readFileSync(file);
    const place = Math.min(bytes.length - 1, Math.floor(at * bytes.length));
    bytes[place] = (bytes[place] ?? 0) ^ (1 << (place % 8));
    writeFileSync(file, bytes);
  },
  'it is cut': (file, at) => truncateSync(file, Math.floor(at * readFileSync(file).length)),
  'a block is zeroed': (file, at) => {
    const bytes = readFileSync(file);
    bytes.fill(0, Math.floor(at * (bytes.length - 600)), Math.floor(at * (bytes.length - 600)) + 512);
    writeFileSync(file, bytes);
  },
  'a record is gone': (file, at) => {
    const lines = readFileSync(file, 'utf8').split('\n');
    lines.splice(Math.floor(at * (lines.length - 2)), 1);
    writeFileSync(file, lines.join('\n'));
  },
  'two records change places': (file, at) => {
    const lines = readFileSync(file, 'utf8').split('\n');
    const place = Math.floor(at * (lines.length - 3));
    lines.splice(place, 2, lines[place + 1] ?? '', lines[place] ?? '');
    writeFileSync(file, lines.join('\n'));
  },
};

describe.each(Object.entries(spoilers))('%s', (_name, spoil) => {
  it('verify names it, with the head nothing is silent, and apply goes on only after a recovery', {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 0.999, noNaN: true }), async (at) => {
        const folder = copy();
        spoil(segmentOf(folder), at);
        const verify = await fettle(folder, 'log', 'verify');
        const withHead = await fettle(folder, 'log', 'verify', '--head', head);
        expect(withHead.code).toBe(1);
        const plan = await fettle(folder, 'plan');
        if (verify.code === 1) {
          expect(verify.stdout).toMatch(/^damaged [a-z-]+: /mu);
          expect([plan.code, plan.stderr]).toEqual([0, expect.stringContaining('warning: the log is damaged')]);
          const refused = await fettle(folder, 'apply', '--yes');
          expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('fettle log recover')]);
          expect((await fettle(folder, 'log', 'recover')).code).toBe(0);
          expect(readdirSync(join(folder, '.fettle'))).toContain('quarantine');
        }
        // What is there is never made twice, nor taken away: at most it is adopted again.
        const next = await fettle(folder, 'plan', '--format', 'json');
        const goals = (JSON.parse(next.stdout) as { resource_changes: { goal: string }[] }).resource_changes.map(
          ({ goal }) => goal,
        );
        expect(goals.filter((goal) => goal !== 'adopt' && goal !== 'protect')).toEqual([]);
        expect((await fettle(folder, 'apply', '--yes')).code).toBe(0);
        expect((await fettle(folder, 'log', 'verify')).code).toBe(0);
        expect((await fettle(folder, 'plan', '--detailed-exitcode')).code).toBe(0);
        rmSync(folder, { recursive: true });
      }),
      { numRuns: Number(process.env['FETTLE_TEST_RUNS'] ?? 4) },
    );
  });
});

describe('the files of a log', () => {
  async function expectNamed(folder: string): Promise<void> {
    const verify = await fettle(folder, 'log', 'verify');
    expect([verify.code, verify.stdout]).toEqual([1, expect.stringMatching(/^damaged [a-z-]+: /mu)]);
    expect((await fettle(folder, 'apply', '--yes')).code).toBe(1);
    expect((await fettle(folder, 'log', 'recover')).code).toBe(0);
    expect((await fettle(folder, 'apply', '--yes')).code).toBe(0);
    expect((await fettle(folder, 'log', 'verify')).code).toBe(0);
  }

  it('emptied', async () => {
    const folder = copy();
    truncateSync(segmentOf(folder), 0);
    await expectNamed(folder);
  });

  it('gone', async () => {
    const folder = copy();
    unlinkSync(segmentOf(folder));
    await expectNamed(folder);
  });

  it('another key', async () => {
    const folder = copy();
    writeFileSync(join(folder, '.fettle/key'), `${'0'.repeat(64)}\n`);
    await expectNamed(folder);
  });

  it('older ones put back: found with the head', async () => {
    const folder = copy();
    const older = copy();
    expect((await fettle(folder, 'apply', '--yes')).code).toBe(0);
    const newer = /log head (\d+:[0-9a-f]{64})/u.exec((await fettle(folder, 'plan')).stdout)?.[1] ?? '';
    copyFileSync(segmentOf(older), segmentOf(folder));
    expect((await fettle(folder, 'log', 'verify')).code).toBe(0);
    const verify = await fettle(folder, 'log', 'verify', '--head', newer);
    expect([verify.code, verify.stdout]).toEqual([1, expect.stringContaining('head-missing')]);
  });

  it('a record that was being written is cut, and is no damage', async () => {
    const folder = copy();
    const [seq = '0'] = head.split(':');
    appendFileSync(segmentOf(folder), `{"seq":${Number(seq) + 1},"time":"2026-`);
    expect((await fettle(folder, 'log', 'verify')).code).toBe(0);
    const done = await fettle(folder, 'apply', '--yes');
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining('unfinished record')]);
  });

  it('`onDamage: recover` goes on by itself, and says so', async () => {
    const folder = copy();
    writeFiles(folder, { 'fettle.yaml': 'name: test\nstore: .fettle\nonDamage: recover\n' });
    spoilers['a bit is flipped']?.(segmentOf(folder), 0.5);
    const done = await fettle(folder, 'apply', '--yes');
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining('recovered: the log goes on after record')]);
    expect((await fettle(folder, 'log', 'verify')).code).toBe(0);
  });
});
