/**
 * An issuance and a renewal from an ACME authority, killed at every request and every record: no point costs a second order.
 *
 * Without FETTLE_TEST_FULL=1, the points are a sample (FETTLE_TEST_SEED takes the same one again).
 */

import { availableParallelism } from 'node:os';
import PQueue from 'p-queue';
import { describe, expect, it } from 'vitest';
import { sampleOf } from '../../../support/cli.ts';
import { randomFrom, testSeed } from '../../../support/seed.ts';
import { killedAt, type Point, pointsOf, type Work } from './killed.ts';

const FULL = process.env['FETTLE_TEST_FULL'] === '1';
const seed = testSeed();
const random = randomFrom(seed);

/** Points of a kind of work, from the first to the last. */
async function allPoints(work: Work): Promise<Readonly<Record<'after' | 'before' | 'line', readonly Point[]>>> {
  const { requests, lines } = await pointsOf(work);
  const upTo = <P extends Point>(most: number, point: (nth: number) => P): readonly P[] =>
    Array.from({ length: most }, (_, i) => point(i + 1));
  return {
    after: upTo(requests, (request) => ({ request, when: 'after' })),
    before: upTo(requests, (request) => ({ request, when: 'before' })),
    // The last line ends the run.
    line: upTo(lines - 1, (line) => ({ line })),
  };
}

async function chosen(work: Work): Promise<readonly Point[]> {
  const { after, before, line } = await allPoints(work);
  if (FULL) return [...after, ...before, ...line, { key: true }];
  if (work === 'issuance')
    return [...sampleOf(after, 5, random), ...sampleOf(before, 1, random), ...sampleOf(line, 4, random), { key: true }];
  return [...sampleOf(after, 3, random), ...sampleOf(line, 2, random)];
}

describe.each<{ readonly work: Work; readonly least: number }>([
  { work: 'issuance', least: FULL ? 40 : 8 },
  { work: 'renewal', least: FULL ? 25 : 4 },
])('the $work of a certificate that is killed', ({ work, least }) => {
  it('at any point is completed by the next apply, with the same order', { timeout: 600_000 }, async () => {
    const queue = new PQueue({ concurrency: availableParallelism() + 1 });
    const results = await Promise.all(
      (await chosen(work)).map((point) =>
        queue.add(async () => ({ point: JSON.stringify(point), ...(await killedAt(work, point)) })),
      ),
    );
    expect(results.flatMap(({ point, faults }) => faults.map((fault) => `${point} (seed ${seed}): ${fault}`))).toEqual(
      [],
    );
    expect(results.filter(({ killed }) => killed).length).toBeGreaterThanOrEqual(least);
  });
});
