/**
 * A handler that cannot say what came of its step leaves the intent open: a look settles it, and no failure is counted.
 */

import { describe, expect, it } from 'vitest';
import { UnknownOutcomeError } from '#plugin';
import { addressOf, applyToy, planToy, toyLog, toyWorld, wanted } from '../support/toy.ts';

describe('a creation that may have been', () => {
  const lost = async (): Promise<void> => {
    throw new UnknownOutcomeError(new Error('the answer was lost'));
  };

  it('and was, is ours with the next look, whether or not it is still written', async () => {
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

  it('and was not, is undone, and proposed again without a failure', async () => {
    const [world, log] = [toyWorld(), toyLog()];
    world.faults.set('absent>ready a', lost);
    await applyToy(world, [wanted('a', 2)], log);
    const { plan } = await planToy(world, [wanted('a', 2)], log);
    expect(plan.settled).toEqual([{ address: addressOf('a'), step: 'absent>ready', outcome: 'undone' }]);
    expect(plan.resource_changes.map(({ step }) => step)).toEqual(['absent>ready']);
    expect(log.recall.resources.get(addressOf('a'))?.failures).toBeUndefined();
  });
});
