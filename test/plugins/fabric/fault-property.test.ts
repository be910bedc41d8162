/**
 * Under any order of faults of a cluster and kills of the process: nothing of others is changed, nothing is done twice, and
 * the cluster has what the documents declare once the faults end.
 *
 * FETTLE_TEST_SEED repeats a sample; FETTLE_TEST_FULL=1 takes 1,000 stories instead of 8.
 */

import { expect, test } from 'vitest';
import { testSeed } from '../../support/seed.ts';
import { story, playStory } from './fault-story.ts';
import fc from '../../support/property.ts';

const FULL = process.env['FETTLE_TEST_FULL'] === '1';
const RUNS = Number(process.env['FETTLE_TEST_RUNS'] ?? (FULL ? 1000 : 8));
/** Stories mostly wait, so some run at once. */
const AT_ONCE = 4;

test('any story of faults ends as declared', { timeout: FULL ? 4 * 3_600_000 : 120_000 }, async () => {
  const seed = testSeed();
  const counts = { kills: 0, failed: 0 };
  try {
    await Promise.all(
      Array.from({ length: AT_ONCE }, (_, part) =>
        fc.assert(
          fc.asyncProperty(story, async (rounds) => {
            const { broken, kills, failed } = await playStory(rounds);
            counts.kills += kills;
            counts.failed += failed;
            expect(broken).toEqual([]);
          }),
          { numRuns: Math.ceil(RUNS / AT_ONCE), seed: seed + part },
        ),
      ),
    );
  } finally {
    process.stdout.write(
      `faults of a cluster: ${RUNS} stories, ${counts.kills} kills, ${counts.failed} failed requests (FETTLE_TEST_SEED=${seed})\n`,
    );
  }
  expect(counts.kills).toBeGreaterThan(0);
  expect(counts.failed).toBeGreaterThan(0);
});
