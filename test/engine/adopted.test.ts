/** Differences that an adoption finds: pending edits, and drift as soon as somebody else changes them. */

import { describe, expect, it } from 'vitest';
import { findDrift } from '../../src/engine/drift.ts';
import type { Planned } from '../../src/formats/plan.ts';
import { applyToy, memoryOf, planToy, toyLog, type ToyLog, toyWorld, type ToyWorld, wanted } from '../support/toy.ts';

function driftIn({ resources, changes, actions, scene }: Planned): readonly string[] {
  return findDrift({ resources, proposed: changes, actions, scene, suppress: [] }).rows.map(
    ({ resource }) => resource.address,
  );
}

/** An item with the value 2 that a document with the value 4 adopted. */
async function adopted(): Promise<{ readonly world: ToyWorld; readonly log: ToyLog }> {
  const world = toyWorld({ a: 2 });
  const log = toyLog();
  const { rows } = await applyToy(world, [wanted('a', 4)], log);
  expect(rows['a']).toMatchObject({ status: 'done', action: { change: { goal: 'adopt' } } });
  return { world, log };
}

describe('a difference that an adoption found', () => {
  it('is not drift, and its row is an edit', async () => {
    const { world, log } = await adopted();
    const plan = await planToy(world, [wanted('a', 4)], log);
    expect(driftIn(plan)).toEqual([]);
    expect(plan.plan.resource_changes).toMatchObject([{ goal: 'update', cause: 'edit' }]);
  });

  it('is drift as soon as somebody changes the value', async () => {
    const { world, log } = await adopted();
    world.items.set('a', { value: 6, state: 'ready' });
    const plan = await planToy(world, [wanted('a', 4)], log);
    expect(driftIn(plan)).toEqual(['toy/Item/a']);
    expect(plan.plan.resource_changes).toMatchObject([{ goal: 'update', cause: 'drift' }]);
  });

  it('is forgotten once the document is applied: the same value is drift from then on', async () => {
    const { world, log } = await adopted();
    await applyToy(world, [wanted('a', 4)], log);
    expect(memoryOf(log, 'a')?.differs).toBeUndefined();
    world.items.set('a', { value: 2, state: 'ready' });
    expect(driftIn(await planToy(world, [wanted('a', 4)], log))).toEqual(['toy/Item/a']);
  });

  it('is not recorded without one', async () => {
    const world = toyWorld({ a: 4 });
    const log = toyLog();
    await applyToy(world, [wanted('a', 4)], log);
    expect(memoryOf(log, 'a')).toMatchObject({ owned: 'adopted' });
    expect(memoryOf(log, 'a')?.differs).toBeUndefined();
  });
});
