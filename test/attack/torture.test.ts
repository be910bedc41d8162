/** The short form of every torture test; `npm run torture` has the long ones. */

import { availableParallelism } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/cli.ts';
import { testSeed } from '../support/seed.ts';
import { stopDatabases } from '../torture/database.ts';
import { freshProgress, runRounds } from '../torture/run-rounds.ts';
import { tortures } from '../torture/table.ts';
import type { Torture } from '../torture/torture.ts';

const seed = testSeed();
const folder = temporaryFolder();
afterAll(async () => {
  await stopDatabases();
});

const all = await Promise.all(Object.entries(tortures).map(async ([name, load]) => ({ name, ...(await load()) })));
const waiting = all.filter(({ torture }) => torture.waits === true);
const others = all.filter(({ torture }) => torture.waits !== true);

async function runShort(name: string, torture: Torture): Promise<void> {
  expect(torture.name).toBe(name);
  const progress = freshProgress(seed);
  await runRounds(torture, { seed, until: torture.short, parallel: availableParallelism(), folder, progress });
  expect(progress.failures.map(({ index, message }) => `round ${index} of seed ${seed}: ${message}`)).toEqual([]);
  expect(progress.done).toBe(torture.short);
  const counts = Object.entries(progress.counts).map(([what, count]) => `${count} ${what}`);
  process.stdout.write(`${name}: ${torture.short} rounds, ${counts.join(', ')} (FETTLE_TEST_SEED=${seed})\n`);
}

describe.concurrent('torture that waits', () => {
  it.each(waiting)('$name', { timeout: 600_000 }, ({ name, torture }) => runShort(name, torture));
});

describe('torture', () => {
  it.each(others)('$name', { timeout: 600_000 }, ({ name, torture }) => runShort(name, torture));
});
