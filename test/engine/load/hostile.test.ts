/** Hostile texts end as problems with a place, within 3 s and 512 MB, each in a process of its own. */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import PQueue from 'p-queue';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostileTexts } from './hostile-texts.ts';

interface Result {
  readonly codes: readonly string[];
  readonly placed: boolean;
  readonly desired: number;
  readonly length: number;
  readonly rssMb: number;
  readonly ms: number;
}

const CHILD = join(import.meta.dirname, 'hostile-child.ts');
const folder = mkdtempSync(join(tmpdir(), 'fettle-hostile-'));
const results = new Map<string, Promise<Result>>();
// More at once than half of the machine would measure each other.
const queue = new PQueue({ concurrency: Math.max(1, Math.floor(availableParallelism() / 2)) });

async function run(name: string, index: number, content: string | Buffer): Promise<Result> {
  const file = `${index}.yaml`;
  writeFileSync(join(folder, file), content);
  const start = performance.now();
  const { stdout } = await promisify(execFile)(process.execPath, ['--max-old-space-size=512', CHILD, folder, file], { timeout: 20_000 });
  const ms = performance.now() - start;
  rmSync(join(folder, file));
  return { ...(JSON.parse(stdout) as Omit<Result, 'ms'>), ms };
}

beforeAll(() => {
  hostileTexts.forEach(({ name, make }, index) => {
    const result = queue.add(() => run(name, index, make()));
    // A failure is reported by the test of that text.
    result.catch(() => undefined);
    results.set(name, result);
  });
});

afterAll(() => {
  queue.clear();
  rmSync(folder, { recursive: true, force: true });
});

describe('hostile texts', () => {
  it('have names of their own', () => {
    expect(new Set(hostileTexts.map(({ name }) => name)).size).toBe(hostileTexts.length);
  });

  it.each(hostileTexts)('$name', { timeout: 120_000 }, async ({ name, codes }) => {
    const result = await results.get(name);
    expect(result?.codes.filter((code) => codes.includes(code))).not.toEqual([]);
    expect(result?.placed).toBe(true);
    expect(result?.desired).toBe(0);
    expect(result?.length).toBeLessThan(100_000);
    expect(result?.ms).toBeLessThan(3_000);
    expect(result?.rssMb).toBeLessThan(512);
  });
});
