/**
 * For any sequence of events, faults, crashes and plans: no node with containers, no young node and no system node is
 * ever deleted, none is created twice, and the fleet ends as declared.
 */

import { describe, expect, it } from 'vitest';
import { story, faultsOf } from './fleet-story.ts';
import fc from '../../support/property.ts';

const FULL = process.env['FETTLE_TEST_FULL'] !== undefined;
const RUNS = FULL ? 2000 : 10;
describe('any story', () => {
  it('deletes no used, young or system node, creates nothing twice, and ends as declared', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (events) => {
        expect(await faultsOf(events)).toEqual([]);
      }),
      { numRuns: RUNS, endOnFailure: false },
    );
  });
});
