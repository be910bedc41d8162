/** A step that failed after its change was made, followed by another edit of the same field: the change is our own. */

import { describe, expect, it } from 'vitest';
import { findDrift } from '../../src/engine/drift.ts';
import type { Planned } from '../../src/formats/plan.ts';
import { applyToy, memoryOf, owned, planToy, wanted } from '../support/toy.ts';

function driftIn({ resources, changes, actions, scene }: Planned): readonly string[] {
  return findDrift({ resources, proposed: changes, actions, scene, suppress: [] }).rows.map(
    ({ resource }) => resource.address,
  );
}

/** An item with the applied value 2, which a failed step changed to 4. */
async function halfDone() {
  const { world, log } = await owned({ a: 2 });
  world.faults.set('ready>ready a', async () => {
    world.items.set('a', { value: 4, state: 'ready' });
    throw new Error('the reload failed');
  });
  const { rows } = await applyToy(world, [wanted('a', 4)], log);
  expect(rows['a']).toMatchObject({ status: 'failed' });
  world.faults.clear();
  return { world, log };
}

describe('the change of a failed step', () => {
  it('is not drift after another edit of the same field', async () => {
    const { world, log } = await halfDone();
    expect(driftIn(await planToy(world, [wanted('a', 6)], log))).toEqual([]);
  });

  it('does not hide a change of somebody else', async () => {
    const { world, log } = await halfDone();
    world.items.set('a', { value: 8, state: 'ready' });
    expect(driftIn(await planToy(world, [wanted('a', 6)], log))).toEqual(['toy/Item/a']);
  });

  it('is forgotten once a document is applied', async () => {
    const { world, log } = await halfDone();
    await applyToy(world, [wanted('a', 6)], log);
    expect(memoryOf(log, 'a')?.attempted).toBeUndefined();
    world.items.set('a', { value: 4, state: 'ready' });
    expect(driftIn(await planToy(world, [wanted('a', 6)], log))).toEqual(['toy/Item/a']);
  });
});
