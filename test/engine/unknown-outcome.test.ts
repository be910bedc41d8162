/**
 * A handler that does not know the outcome of its step leaves the intent open: a refresh settles it without a failure.
 */

import { describe, expect, it } from 'vitest';
import { UnknownOutcomeError } from '#plugin';
import { addressOf, applyToy, planToy, toyLog, toyWorld, wanted } from '../support/toy.ts';

describe('a creation with an unknown outcome', () => {
  const lost = async (): Promise<void> => {
    throw new UnknownOutcomeError(new Error('the answer was lost'));
  };

  it('that took place is owned after the next refresh, even if it is no longer declared', async () => {
    for (const documents of [[wanted('a', 2)], []]) {
      const [world, log] = [toyWorld(), toyLog()];
      world.faults.set('absent>ready a', async () => {
        world.items.set('a', { value: 2, state: 'ready' });
        await lost();
      });
      const { rows } = await applyToy(world, [wanted('a', 2)], log);
      expect(rows['a']).toMatchObject({ status: 'unknown', message: 'the answer was lost' });
      expect(log.recall.resources.get(addressOf('a'))?.owned).toBeUndefined();
      const { plan } = await planToy(world, documents, log);
      expect(plan.settled).toEqual([{ address: addressOf('a'), step: 'absent>ready', outcome: 'done' }]);
      expect(log.recall.resources.get(addressOf('a'))).toMatchObject({
        owned: 'created',
        applied: { spec: { value: 2 } },
      });
      expect(plan.resource_changes.map(({ step }) => step)).toEqual(documents.length === 0 ? ['ready>absent'] : []);
    }
  });

  it('that did not take place is undone, and proposed again without a failure', async () => {
    const [world, log] = [toyWorld(), toyLog()];
    world.faults.set('absent>ready a', lost);
    await applyToy(world, [wanted('a', 2)], log);
    const { plan } = await planToy(world, [wanted('a', 2)], log);
    expect(plan.settled).toEqual([{ address: addressOf('a'), step: 'absent>ready', outcome: 'undone' }]);
    expect(plan.resource_changes.map(({ step }) => step)).toEqual(['absent>ready']);
    expect(log.recall.resources.get(addressOf('a'))?.failures).toBeUndefined();
  });
});
