/**
 * Hostile texts end as problems with a place, within 10 s of CPU time and 512 MB, each in a process of its own.
 *
 * Without FETTLE_TEST_FULL=1, a sample of them is taken (FETTLE_TEST_SEED takes the same one again): fewer of the texts
 * that are read up to a limit, as each takes as long as ten others.
 */

import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';
import { beforeAll, describe, expect, it } from 'vitest';
import { few, type HostileText, hostileTexts } from './hostile-texts.ts';
import { sampleOf, temporaryFolder } from '../../support/cli.ts';
import { randomFrom, testSeed } from '../../support/seed.ts';

interface Result {
  readonly codes: readonly string[];
  readonly placed: boolean;
  readonly desired: number;
  readonly length: number;
  readonly rssMb: number;
  /** The CPU time of all threads together, which does not depend on other load. */
  readonly cpuMs: number;
}

const FULL = process.env['FETTLE_TEST_FULL'] === '1';
/** Texts that are read up to a limit, and others: a sample, or every one. */
const READ_UP_TO_A_LIMIT = FULL ? Number.POSITIVE_INFINITY : 2;
const OTHERS = FULL ? Number.POSITIVE_INFINITY : 10;
const seed = testSeed();
const random = randomFrom(seed);
const isReadUpToALimit = ({ codes }: HostileText): boolean => codes === few;
const texts = [
  ...sampleOf(hostileTexts.filter(isReadUpToALimit), READ_UP_TO_A_LIMIT, random),
  ...sampleOf(
    hostileTexts.filter((text) => !isReadUpToALimit(text)),
    OTHERS,
    random,
  ),
];

const folder = temporaryFolder();
const child = join(folder, 'child.mjs');
const results = new Map<string, PromiseWithResolvers<Result>>(
  texts.map(({ name }) => [name, Promise.withResolvers<Result>()]),
);

async function run(index: number, content: string | Buffer): Promise<Result> {
  const file = `${index}.yaml`;
  writeFileSync(join(folder, file), content);
  const { stdout } = await promisify(execFile)(process.execPath, ['--max-old-space-size=512', child, folder, file], {
    // For a text that hangs: the limit of its cost is in CPU time, because a machine can have other work.
    timeout: 100_000,
    // The code of the bundle is compiled once, and not for each text.
    env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') },
  });
  rmSync(join(folder, file));
  return JSON.parse(stdout) as Result;
}

beforeAll(async () => {
  // One file, so that a text is measured without the loading of the sources.
  const bundle = await rolldown({ input: join(import.meta.dirname, 'hostile-child.ts'), platform: 'node' });
  await bundle.write({ file: child, format: 'esm', codeSplitting: false });
  await bundle.close();
  const waiting = [...texts.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, { name, make }] = next;
      const result = results.get(name);
      await run(index, make()).then(result?.resolve, result?.reject);
    }
  };
  process.stdout.write(`hostile texts: ${texts.length} of ${hostileTexts.length} (FETTLE_TEST_SEED=${seed})\n`);
  // A failure is reported by the test of that text.
  for (const { promise } of results.values()) promise.catch(() => undefined);
  for (let worker = 0; worker < Math.max(1, availableParallelism() - 1); worker++) void work();
});

describe('hostile texts', () => {
  it('have unique names', () => {
    expect(new Set(hostileTexts.map(({ name }) => name)).size).toBe(hostileTexts.length);
  });

  it.each(texts)('$name', async ({ name, codes }) => {
    const result = await results.get(name)?.promise;
    expect(result?.codes.filter((code) => codes.includes(code))).not.toEqual([]);
    expect(result?.placed).toBe(true);
    expect(result?.desired).toBe(0);
    expect(result?.length).toBeLessThan(100_000);
    // A cost that grows faster than the text takes minutes. A busy machine takes more CPU time for the same work.
    expect(result?.cpuMs).toBeLessThan(10_000);
    expect(result?.rssMb).toBeLessThan(512);
  });
});
