/** Changes of a plan: the difference between document, state and provider, with its cause. */

import { describe, expect, it } from 'vitest';
import { addressOf, applyToy, memoryOf, owned, planToy, toyLog, toyWorld, wanted } from '../support/toy.ts';

describe('diff and cause', () => {
  it('creates a new resource, and then has no changes', async () => {
    const world = toyWorld();
    const log = toyLog();
    const { rows, reconciled } = await applyToy(world, [wanted('a', 2)], log);
    expect(reconciled.plan.resource_changes[0]).toMatchObject({ goal: 'create', cause: 'new', step: 'absent>ready' });
    expect(rows.a?.status).toBe('done');
    expect(memoryOf(log, 'a')).toMatchObject({ owned: 'created', state: 'ready', kept: { last_value: 2 } });
    const again = await planToy(world, [wanted('a', 2)], log);
    expect(again.actions.size).toBe(0);
    expect(again.plan.summary).toMatchObject({ unchanged: 1, add: 0 });
  });

  it('distinguishes an edit from drift', async () => {
    const { world, log } = await owned({ a: 2 });
    const edit = await planToy(world, [wanted('a', 4)], log);
    expect(edit.plan.resource_changes[0]).toMatchObject({
      cause: 'edit',
      change: { before: { value: 2 }, after: { value: 4 } },
    });
    expect(edit.plan.resource_drift).toEqual([]);
    world.items.set('a', { value: 8, state: 'ready' });
    const drift = await planToy(world, [wanted('a', 2)], log);
    expect(drift.plan.resource_changes[0]).toMatchObject({ cause: 'drift' });
    expect(drift.plan.resource_drift).toEqual([
      expect.objectContaining({
        address: addressOf('a'),
        change: expect.objectContaining({ before: { value: 2 }, after: { value: 8 } }),
      }),
    ]);
    const both = await planToy(world, [wanted('a', 4)], log);
    expect(both.plan.resource_changes[0]).toMatchObject({ cause: 'edit' });
    expect(both.plan.resource_drift).toHaveLength(1);
  });

  it('records a document as applied, without drift, if the resource already matches it', async () => {
    const { world, log } = await owned({ a: 2 });
    world.items.set('a', { value: 4, state: 'ready' });
    const plan = await planToy(world, [wanted('a', 4)], log);
    expect(plan.plan.resource_drift).toEqual([]);
    expect(memoryOf(log, 'a')?.applied?.spec).toEqual({ value: 4 });
  });

  it('adopts a foreign resource before it changes it', async () => {
    const world = toyWorld({ a: 2 });
    const log = toyLog();
    const { rows, reconciled } = await applyToy(world, [wanted('a', 4)], log);
    expect(reconciled.plan.resource_changes[0]).toMatchObject({ goal: 'adopt', step: 'ready>ready' });
    expect(rows.a?.status).toBe('done');
    expect(world.calls).toEqual([]);
    expect(memoryOf(log, 'a')?.owned).toBe('adopted');
    expect((await planToy(world, [wanted('a', 4)], log)).plan.resource_changes[0]).toMatchObject({ goal: 'update' });
  });

  it('lists foreign resources that are not declared, and never changes them', async () => {
    const { actions, plan } = await planToy(toyWorld({ a: 2, b: 2 }), [wanted('b', 2)], toyLog());
    expect([...actions.keys()]).toEqual([addressOf('b')]);
    expect(plan.unmanaged).toEqual([addressOf('a')]);
  });

  it('removes a resource from the state, without a row, if it no longer exists and is no longer declared', async () => {
    const { world, log } = await owned({ a: 2 });
    world.items.clear();
    const { actions } = await planToy(world, [], log);
    expect(actions.size).toBe(0);
    expect(memoryOf(log, 'a')).toBeUndefined();
  });

  it('creates a resource again, as drift, if another program removed it', async () => {
    const { world, log } = await owned({ a: 2 });
    world.items.clear();
    const { plan } = await planToy(world, [wanted('a', 2)], log);
    expect(plan.resource_changes[0]).toMatchObject({ goal: 'create', cause: 'drift' });
    expect(plan.resource_drift).toHaveLength(1);
  });

  it('releases an orphan if its document said so, and removes it from the state', async () => {
    const { world, log } = await owned({ a: 2 }, { lifecycle: { onRemove: 'release' } });
    const { rows } = await applyToy(world, [], log);
    expect(rows.a?.action.change.goal).toBe('release');
    expect(world.items.has('a')).toBe(true);
    expect(memoryOf(log, 'a')).toBeUndefined();
  });

  it('ignores a field that the document ignores', async () => {
    const { world, log } = await owned({ a: 2 });
    world.items.set('a', { value: 8, state: 'ready' });
    const { actions } = await planToy(world, [wanted('a', 2, { lifecycle: { ignore: ['/spec/value'] } })], log);
    expect(actions.size).toBe(0);
  });
});
