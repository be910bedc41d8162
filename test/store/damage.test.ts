/**
 * A log on files that is cut, flipped, emptied, swapped, renamed or doubled: the damage is always named and recovered.
 */

import {
  copyFileSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogRecord } from '../../src/formats/log-record.ts';
import type { Head, Store, VerifyReport } from '../../src/store/store.ts';
import { intent, memoriesOf, rememberedIn, note, outcome, recordsOf, seen } from './drafts.ts';
import { testSeed } from '../support/seed.ts';
import { type FileBench, fileBench } from './file-bench.ts';
import fc from '../support/property.ts';

const NOW = { command: 'apply', timeoutMs: 0 };

/** More damages. */
const FULL = process.env['FETTLE_TEST_FULL'] === '1';
const seed = testSeed();
/** Without FETTLE_TEST_FULL=1, the steps between lengths and bytes, which the seed shifts. */
const STRIDE = 5;
const phase = seed % STRIDE;
process.stdout.write(`damage to a store: ${FULL ? 'all' : `one of ${STRIDE}`} (FETTLE_TEST_SEED=${seed})\n`);

let bench: FileBench;
let head: Head;
let records: readonly LogRecord[];
let files: readonly string[];

/** Three segments: two resources, then more of them, then a tail. */
beforeEach(async () => {
  bench = await fileBench();
  const store = bench.open('me', () => 1_795_000_000_000);
  const fence = await store.lock(NOW);
  for (const name of ['web-1', 'web-2']) {
    const [first] = await store.append([intent(name)], fence);
    await store.append([outcome(name, first?.seq ?? 0)], fence);
  }
  await store.checkpoint(await rememberedIn(store), fence, true);
  await store.append([seen('web-3', 'ready'), note('a')], fence);
  await store.checkpoint(await rememberedIn(store), fence, true);
  await store.append([seen('web-4', 'ready')], fence);
  await store.append([intent('web-5'), note('b')], fence);
  await store.close();
  records = await recordsOf(store);
  const last = records.at(-1);
  head = { seq: last?.seq ?? 0, hash: last?.hash ?? '' };
  files = bench.segments();
});
afterEach(() => bench.remove());

function file(index: number): string {
  return files[index] ?? '';
}

/** Every given record equals the written one, and a read without damage gives all of them. */
async function givesOnlyTruth(store: Store): Promise<void> {
  for (const from of ['checkpoint', 'all'] as const) {
    const given: LogRecord[] = [];
    await store.read((record) => given.push(record), from);
    for (const record of given) expect(record).toEqual(records[record.seq - 1]);
  }
}

/** After a recovery the log is sound and writable. */
async function recovers(): Promise<VerifyReport> {
  const store = bench.open();
  const fence = await store.lock(NOW);
  const recovery = await store.recover(fence);
  const [record] = await store.append([note('after')], fence);
  const report = await store.verify({ seq: record?.seq ?? 0, hash: record?.hash ?? '' });
  expect(report).toMatchObject({ status: 'sound', damage: [] });
  expect(await store.read(() => undefined, 'all')).toMatchObject({ status: 'sound' });
  expect(await store.read(() => undefined)).toMatchObject({ status: 'sound' });
  for (const path of recovery.quarantine) expect([path, existsSync(join(bench.folder, path))]).toEqual([path, true]);
  await store.close();
  return report;
}

describe('the newest segment cut at any length', () => {
  it('is damage inside its checkpoint, a torn record or a shorter log after it, and the head shows it', async () => {
    const path = file(2);
    const whole = readFileSync(path);
    const store = bench.open();
    const ends = [...whole.entries()].filter(([, byte]) => byte === 0x0a).map(([at]) => at + 1);
    const checkpointEnd = ends[3] ?? 0;
    expect(JSON.parse(whole.subarray(0, ends[0]).toString())).toMatchObject({
      kind: 'checkpoint',
      body: { resources: 3 },
    });
    // Around each end of a line, and a part of the others.
    const lengths = [...whole.keys()].filter(
      (at) => FULL || at % STRIDE === phase || [at - 1, at, at + 1].some((near) => ends.includes(near)),
    );
    for (const length of lengths.toReversed()) {
      truncateSync(path, length);
      const report = await store.verify();
      const expected = length < checkpointEnd ? 'damaged' : 'sound';
      expect([length, report.status]).toEqual([length, expected]);
      expect([length, (report.torn?.bytes ?? 0) > 0]).toEqual([length, expected === 'sound' && !ends.includes(length)]);
      const start = await store.read(() => undefined);
      expect([length, start.status, start.torn]).toEqual([length, expected, report.torn]);
      if (length % 3 !== 0 && !ends.includes(length)) continue;
      const withHead = await store.verify(head);
      expect([length, withHead.status, withHead.damage.some(({ code }) => code === 'head-missing')]).toEqual([
        length,
        'damaged',
        true,
      ]);
      await givesOnlyTruth(store);
    }
  });

  it('continues after the last whole record', async () => {
    const whole = readFileSync(file(2));
    for (let length = whole.length - 1; length > whole.length - 700; length -= 41) {
      writeFileSync(file(2), whole.subarray(0, length));
      const store = bench.open();
      const fence = await store.lock(NOW);
      await store.append([note('next')], fence);
      expect(await store.verify()).toMatchObject({ status: 'sound', damage: [], notes: [] });
      await store.close();
    }
  });
});

describe('an older segment cut at any length', () => {
  it('is damage', async () => {
    const whole = readFileSync(file(1));
    const store = bench.open();
    for (let length = whole.length - 1 - (FULL ? 0 : phase); length >= 0; length -= FULL ? 1 : 2 * STRIDE) {
      truncateSync(file(1), length);
      const report = await store.verify();
      expect([length, report.status]).toEqual([length, 'damaged']);
      expect(report.damage[0]?.file).toMatch(/^log\//u);
    }
    await recovers();
  });
});

describe('a flipped bit', () => {
  it('anywhere is named, or is in a torn record', async () => {
    await bench.tear();
    const tornFrom = readFileSync(file(2)).lastIndexOf(0x0a) + 1;
    const store = bench.open();
    const sizes = files.map((path) => lstatSync(path).size);
    const anywhere = fc
      .integer({ min: 0, max: files.length - 1 })
      .chain((index) =>
        fc.tuple(
          fc.constant(index),
          fc.integer({ min: 0, max: (sizes[index] ?? 1) - 1 }),
          fc.integer({ min: 0, max: 7 }),
        ),
      );
    await fc.assert(
      fc.asyncProperty(anywhere, async ([index, at, bit]) => {
        const path = file(index);
        const bytes = readFileSync(path);
        const flipped = Buffer.from(bytes);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
        writeFileSync(path, flipped);
        try {
          const report = await store.verify();
          if (index === 2 && at >= tornFrom) {
            if (report.status === 'sound') expect(report).toMatchObject({ head, records: records.length });
          } else {
            expect(report.status).toBe('damaged');
            expect(report.damage[0]?.file).toBe(`log/${basename(path)}`);
          }
          await givesOnlyTruth(store);
        } finally {
          writeFileSync(path, bytes);
        }
      }),
      { numRuns: FULL ? 1000 : 80 },
    );
    expect(await store.verify(head)).toMatchObject({ status: 'sound' });
  });

  it('in the last records is named at any byte', async () => {
    const bytes = readFileSync(file(2));
    const store = bench.open();
    const from = bytes.lastIndexOf(0x0a, bytes.lastIndexOf(0x0a, bytes.length - 2) - 1) + 1;
    for (let at = from + (FULL ? 0 : phase); at < bytes.length; at += FULL ? 1 : STRIDE) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      writeFileSync(file(2), flipped);
      const report = await store.read(() => undefined);
      expect([at, report.status, report.damage.length]).toEqual([at, 'damaged', 1]);
    }
  });

  it('anywhere is recovered from', async () => {
    const sizes = files.map((path) => lstatSync(path).size);
    const originals = files.map((path) => readFileSync(path));
    const anywhere = fc
      .integer({ min: 0, max: files.length - 1 })
      .chain((index) =>
        fc.tuple(
          fc.constant(index),
          fc.integer({ min: 0, max: (sizes[index] ?? 1) - 1 }),
          fc.integer({ min: 0, max: 7 }),
        ),
      );
    await fc.assert(
      fc.asyncProperty(anywhere, async ([index, at, bit]) => {
        rmSync(join(bench.folder, 'quarantine'), { recursive: true, force: true });
        for (const path of bench.segments()) unlinkSync(path);
        for (const [other, path] of files.entries()) writeFileSync(path, originals[other] ?? '');
        const flipped = readFileSync(file(index));
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
        writeFileSync(file(index), flipped);
        await recovers();
        const memories = await memoriesOf(bench.open());
        expect(memories.get('nodes/Node/web-1')).toMatchObject({ state: 'ready', owned: 'created' });
        expect(memories.get('nodes/Node/web-1')?.unknown).toBeUndefined();
        expect(memories.get('nodes/Node/web-3')?.state).toBe('ready');
      }),
      { numRuns: FULL ? 60 : 20 },
    );
  });
});

describe('segments', () => {
  const NAMES = ['the first', 'the middle', 'the newest'];

  it.each(NAMES)('emptied: %s', async (name) => {
    const path = file(NAMES.indexOf(name));
    truncateSync(path, 0);
    const report = await bench.open().verify(head);
    expect(report.status).toBe('damaged');
    expect(report.damage[0]).toMatchObject({ code: 'segment-empty', file: `log/${basename(path)}` });
    await givesOnlyTruth(bench.open());
    await recovers();
  });

  it.each([
    [0, 1],
    [1, 2],
    [0, 2],
  ])('swapped: %i and %i', async (a, b) => {
    const [first, second] = [readFileSync(file(a)), readFileSync(file(b))];
    writeFileSync(file(a), second);
    writeFileSync(file(b), first);
    const report = await bench.open().verify(head);
    expect(report.damage.map((one) => one.file)).toEqual(
      expect.arrayContaining([`log/${basename(file(a))}`, `log/${basename(file(b))}`]),
    );
    await givesOnlyTruth(bench.open());
    await recovers();
  });

  it.each([
    ['the first', 0, 'record-missing'],
    ['the middle', 1, 'record-missing'],
    ['the newest', 2, 'head-missing'],
  ] as const)('missing: %s', async (_, index, code) => {
    unlinkSync(file(index));
    const report = await bench.open().verify(head);
    expect(report.status).toBe('damaged');
    expect(report.damage.map((one) => one.code)).toEqual([code]);
    await givesOnlyTruth(bench.open());
    if (index < 2) expect(report.damage[0]?.message).toMatch(/records \d+ to \d+ are missing/u);
    if (index < 2) await recovers();
  });

  it.each([
    ['a higher sequence number', '000000000099-00000001.ndjson'],
    ['a lower sequence number', '000000000003-00000001.ndjson'],
    ['a higher token', '000000000006-00000002.ndjson'],
    ['a name that is not that of a segment', 'old.ndjson'],
    ['a token too large to be one', '000000000006-9999999999999.ndjson'],
  ])('renamed to %s', async (_, name) => {
    renameSync(file(1), join(bench.folder, 'log', name));
    const report = await bench.open().verify(head);
    expect(report.status).toBe('damaged');
    expect(report.damage.some((one) => one.file === `log/${name}`)).toBe(true);
    await givesOnlyTruth(bench.open());
    await recovers();
    expect(readdirSync(join(bench.folder, 'log'))).not.toContain(name);
  });

  it.each([
    '000000000099-00000001.ndjson',
    '000000000007-00000001.ndjson',
    'copy.ndjson',
    '000000000014-00000002.ndjson',
  ])('doubled as %s', async (name) => {
    copyFileSync(file(1), join(bench.folder, 'log', name));
    const report = await bench.open().verify();
    expect(report.status).toBe('damaged');
    expect(report.damage.some((one) => one.file === `log/${name}`)).toBe(true);
    await givesOnlyTruth(bench.open());
    await recovers();
  });

  it('all missing', async () => {
    for (const path of files) unlinkSync(path);
    expect(await bench.open().read(() => undefined)).toMatchObject({
      status: 'damaged',
      damage: [{ code: 'no-segment' }],
    });
    expect(await bench.open().verify(head)).toMatchObject({ status: 'damaged' });
    await recovers();
  });
});

describe('a recovery', () => {
  it('uses the previous segment if the newest checkpoint is damaged', async () => {
    const bytes = readFileSync(file(2));
    const at = bytes.indexOf('"name":"web-2"');
    bytes[at + 12] = 0x39;
    writeFileSync(file(2), bytes);
    const given = await recordsOf(bench.open(), 'checkpoint');
    expect(given.map(({ seq }) => seq)).toEqual(
      records.filter(({ seq }) => seq >= 6 && seq <= 10).map(({ seq }) => seq),
    );

    const store = bench.open();
    const fence = await store.lock(NOW);
    const recovery = await store.recover(fence);
    expect(recovery.cold).toBe(false);
    // The damaged checkpoint said nothing that the sound segment does not; its tail named two.
    expect(recovery.unknown).toEqual(['nodes/Node/web-4', 'nodes/Node/web-5']);
    const memories = await memoriesOf(store);
    expect([...memories].map(([address, memory]) => [address, memory.unknown])).toEqual([
      ['nodes/Node/web-1', undefined],
      ['nodes/Node/web-2', undefined],
      ['nodes/Node/web-3', undefined],
      ['nodes/Node/web-4', true],
      ['nodes/Node/web-5', true],
    ]);
    expect(readFileSync(join(bench.folder, recovery.quarantine[0] ?? ''))).toEqual(bytes);
    await store.close();
  });

  it('keeps the state if only history is damaged, and the log begins later', async () => {
    await bench.spoil(3);
    const before = await memoriesOf(bench.open());
    const store = bench.open();
    expect(await store.read(() => undefined)).toMatchObject({ status: 'sound' });
    const fence = await store.lock(NOW);
    const recovery = await store.recover(fence);
    expect(recovery).toMatchObject({ cold: false, unknown: [] });
    expect(await memoriesOf(store)).toEqual(before);
    const report = await store.verify(head);
    expect(report).toMatchObject({
      status: 'sound',
      from: 6,
      notes: [expect.stringContaining('complete from record 6')],
    });
    expect(await store.verify({ seq: 2, hash: records[1]?.hash ?? '' })).toMatchObject({
      status: 'damaged',
      damage: [{ code: 'head-uncheckable' }],
    });
    await store.close();
  });

  it('is cold if no checkpoint is left; resources that can still be read are unknown', async () => {
    for (const path of files) {
      const bytes = readFileSync(path);
      bytes[30] = (bytes[30] ?? 0) ^ 1;
      writeFileSync(path, bytes);
    }
    expect(await recordsOf(bench.open(), 'checkpoint')).toEqual([]);
    const store = bench.open();
    const fence = await store.lock(NOW);
    const recovery = await store.recover(fence);
    const all = [1, 2, 3, 4, 5].map((index) => `nodes/Node/web-${index}`);
    expect(recovery).toMatchObject({ cold: true, unknown: all });
    expect(recovery.head.seq).toBeGreaterThan(head.seq);
    expect(
      [...(await memoriesOf(store)).values()].every(({ unknown, owned }) => unknown === true && owned === undefined),
    ).toBe(true);
    expect(await store.verify()).toMatchObject({
      status: 'sound',
      damage: [],
      notes: [expect.stringContaining('cold start')],
    });
    await store.close();
  });

  it('deletes nothing', async () => {
    const before = files.map((path) => readFileSync(path));
    await bench.spoil(records.length - 1);
    await bench.spoil(2);
    writeFileSync(join(bench.folder, 'log', 'stray.txt'), 'stray');
    const damaged = files.map((path) => readFileSync(path));
    expect(damaged).not.toEqual(before);
    await recovers();
    const everywhere = readdirSync(bench.folder, { recursive: true, encoding: 'utf8' })
      .map((name) => join(bench.folder, name))
      .filter((path) => lstatSync(path).isFile())
      .map((path) => readFileSync(path).toString('hex'));
    for (const bytes of [...damaged, Buffer.from('stray')]) expect(everywhere).toContain(bytes.toString('hex'));
  });

  it('can follow a recovery', async () => {
    for (let round = 0; round < 3; round += 1) {
      const all = await recordsOf(bench.open());
      const last = all.filter(({ kind }) => kind === 'end').at(-1)?.seq ?? 0;
      await bench.spoil(last);
      await recovers();
    }
    expect(readdirSync(join(bench.folder, 'quarantine'))).toHaveLength(3);
  });

  it('keeps its files private to their owner', async () => {
    await bench.spoil(records.length - 1);
    const store = bench.open();
    const fence = await store.lock(NOW);
    await store.recover(fence);
    await store.close();
    for (const name of readdirSync(bench.folder, { recursive: true, encoding: 'utf8' })) {
      expect([name, lstatSync(join(bench.folder, name)).mode & 0o077]).toEqual([name, 0]);
    }
  });
});
