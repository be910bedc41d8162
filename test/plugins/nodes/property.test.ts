/**
 * For any sequence of events, faults, crashes and plans: no node with containers, no young node and no system node is ever
 * deleted, none is created twice, and the fleet ends as it is written.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { story, told } from './fleet-story.ts';

const FULL = process.env['FETTLE_TEST_FULL'] !== undefined;
const RUNS = FULL ? 2000 : 60;
describe('any story', () => {
  it('deletes nothing that is used, young or a system’s, makes nothing twice, and ends as it is written', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (events) => {
        expect(await told(events)).toEqual([]);
      }),
      { numRuns: RUNS, endOnFailure: false },
    );
  });
});
