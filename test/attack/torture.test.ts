/** The short form of every torture test; `npm run torture` has the long ones. */

import { availableParallelism } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/cli.ts';
import { testSeed } from '../support/seed.ts';
import { stopDatabases } from '../torture/database.ts';
import { freshProgress, runRounds } from '../torture/run-rounds.ts';
import { tortures } from '../torture/table.ts';

const seed = testSeed();
const folder = temporaryFolder();
afterAll(async () => {
  await stopDatabases();
});

describe('torture', () => {
  it.each(Object.keys(tortures))('%s', { timeout: 600_000 }, async (name) => {
    const { torture } = (await tortures[name]?.()) ?? {};
    if (torture === undefined) throw new Error(`no torture test ${name}`);
    expect(torture.name).toBe(name);
    const progress = freshProgress(seed);
    await runRounds(torture, { seed, until: torture.short, parallel: availableParallelism(), folder, progress });
    expect(progress.failures.map(({ index, message }) => `round ${index} of seed ${seed}: ${message}`)).toEqual([]);
    expect(progress.done).toBe(torture.short);
    const counts = Object.entries(progress.counts).map(([what, count]) => `${count} ${what}`);
    process.stdout.write(`${name}: ${torture.short} rounds, ${counts.join(', ')} (FETTLE_TEST_SEED=${seed})\n`);
  });
});
