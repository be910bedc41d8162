/** Rules of the engine: verdicts over an infrastructure in memory. */

import { describe, expect, it } from 'vitest';
import { changeOf, type KindTables, type Memory, type Verdict } from '#plugin';
import type { EngineRuleId } from '../../src/engine/generated.ts';
import { engineRules } from '../../src/engine/rules.ts';
import { sceneOf } from '../../src/engine/scene.ts';
import { type Given, resourceWith } from '../support/resource.ts';
import {
  addressOf,
  applyToy,
  item,
  memoryOf,
  owned,
  planToy,
  safety,
  START,
  toyLog,
  toyTables,
  toyWorld,
  wanted,
} from '../support/toy.ts';

describe('rules', () => {
  it('protected: outlives the document, and is lifted by a row of its own', async () => {
    const { world, log } = await owned({ a: 2 }, { lifecycle: { protect: true } });
    expect(memoryOf(log, 'a')?.protect).toBe(true);
    const orphan = await applyToy(world, [], log);
    expect(orphan.rows.a).toMatchObject({ status: 'rejected' });
    expect(orphan.reconciled.plan.rejected_changes[0]).toMatchObject({ reason: 'protected' });
    expect(world.items.has('a')).toBe(true);
    // A document without the member keeps the protection; only `false` lifts it.
    expect((await planToy(world, [wanted('a', 2)], log)).actions.size).toBe(0);
    const lifted = await applyToy(world, [wanted('a', 2, { lifecycle: { protect: false } })], log);
    expect(lifted.rows.a?.action.change).toMatchObject({
      goal: 'protect',
      fields: [{ path: '/lifecycle/protect', before: true, after: false }],
    });
    const gone = await applyToy(world, [], log, { safety: { removals: { max: 10, share: 1, from: 100, perMs: 0 } } });
    expect(gone.rows.a?.status).toBe('done');
  });

  it('an override passes one rule on one address, and is recorded', async () => {
    const { world, log } = await owned({ a: 2, b: 2 }, { lifecycle: { protect: true } });
    const overrides = [{ rule: 'protected', address: addressOf('a'), reason: 'because' }];
    const { rows } = await applyToy(world, [], log, { safety: { overrides } });
    expect(rows.a?.status).toBe('done');
    expect(rows.b?.status).toBe('rejected');
    const intent = log.records.findLast(({ kind }) => kind === 'intent');
    expect(intent?.body).toMatchObject({ overrides: [{ rule: 'protected', reason: 'because' }] });
  });

  it('lifecycle cannot be overridden', async () => {
    const { world, log } = await owned({ a: 2 });
    world.items.set('a', { value: 2, state: 'starting' });
    const overrides = [{ rule: 'lifecycle', address: addressOf('a'), reason: 'because' }];
    const { plan } = await planToy(world, [], log, { safety: { overrides } });
    expect(plan.rejected_changes[0]).toMatchObject({ reason: 'lifecycle' });
  });

  it('partial-view: an orphan under a gap stays, as a row', async () => {
    const { world, log } = await owned({ a: 2, b: 2 });
    world.blind.add('a');
    const { rows, reconciled } = await applyToy(world, [wanted('b', 2)], log);
    expect(rows.a).toMatchObject({ status: 'rejected' });
    expect(reconciled.plan.rejected_changes[0]).toMatchObject({ reason: 'partial-view' });
    expect(reconciled.plan.complete).toBe(false);
    expect(memoryOf(log, 'a')).toBeDefined();
  });

  it('a declared resource under a gap is neither created nor counted as unchanged', async () => {
    const world = toyWorld();
    world.blind.add('a');
    const { plan, actions } = await planToy(world, [wanted('a', 2)], toyLog());
    expect(actions.size).toBe(0);
    expect(plan.summary).toMatchObject({ unread: 1, unchanged: 0, add: 0 });
  });

  it.each([
    [60_000, 'accept'],
    [60_001, 'reject'],
  ] as const)('stale-view: a removal on after a refresh %i ms ago is %s', async (age, verdict) => {
    const { world, log } = await owned({ a: 2 });
    let calls = 0;
    // The refresh is first; the clock has advanced by the time of the judgement.
    const now = () => (calls++ === 0 ? START : START + age);
    const { actions } = await planToy(world, [], log, { now });
    expect(actions.get(addressOf('a'))?.verdict).toBe(verdict);
  });

  it.each([
    ['one of three', 3, 1, 'accept'],
    ['all of three: below `from`', 3, 3, 'accept'],
    ['one of four', 4, 1, 'accept'],
    ['two of four: over the share', 4, 2, 'reject'],
    ['all of four', 4, 4, 'reject'],
    ['three of ten: exactly the share', 10, 3, 'accept'],
    ['four of ten', 10, 4, 'reject'],
    ['eleven of a hundred: over the count', 100, 11, 'reject'],
    ['ten of a hundred', 100, 10, 'accept'],
  ] as const)('too-many-removals: %s', async (_name, count, gone, verdict) => {
    const names = Array.from({ length: count }, (_, i) => `n${i}`);
    const { world, log } = await owned(Object.fromEntries(names.map((name) => [name, 2])));
    const kept = names.slice(gone).map((name) => wanted(name, 2));
    const { actions } = await planToy(world, kept, log);
    expect([...actions.values()].map((action) => action.verdict)).toEqual(Array.from({ length: gone }, () => verdict));
    if (verdict === 'reject') {
      const lifted = await planToy(world, kept, log, { safety: { maxRemovals: { count: gone, reason: 'wanted' } } });
      expect([...lifted.actions.values()].every((action) => action.verdict === 'accept')).toBe(true);
      const short = await planToy(world, kept, log, { safety: { maxRemovals: { count: gone - 1, reason: 'wanted' } } });
      expect([...short.actions.values()].every((action) => action.verdict === 'reject')).toBe(true);
    }
  });

  it('dependency: waits for a resource that is rejected and absent, not for a rejected edit of an existing one', async () => {
    const documents = [wanted('a', 13), wanted('b', 2, { needs: ['a'] })];
    const { rows } = await applyToy(toyWorld(), documents, toyLog());
    expect(rows.a?.status).toBe('rejected');
    expect(rows.b).toMatchObject({ status: 'deferred' });
    const { world, log } = await owned({ a: 2 });
    const next = await applyToy(world, documents, log);
    expect(next.rows.a?.status).toBe('rejected');
    expect(next.rows.b?.status).toBe('done');
  });

  it('dependency: creates a dependency first, and removes it last', async () => {
    const world = toyWorld();
    const log = toyLog();
    const documents = [wanted('a', 2, { needs: ['b'] }), wanted('b', 2, { needs: ['c'] }), wanted('c', 2)];
    await applyToy(world, documents, log);
    expect(world.calls).toEqual(['absent>ready c', 'absent>ready b', 'absent>ready a']);
    world.calls.length = 0;
    await applyToy(world, [], log);
    expect(world.calls).toEqual(['ready>absent a', 'ready>absent b', 'ready>absent c']);
  });

  it('dependency: keeps a resource that a remaining resource needs', async () => {
    const world = toyWorld();
    const log = toyLog();
    await applyToy(world, [wanted('a', 2, { needs: ['b'], lifecycle: { protect: true } }), wanted('b', 2)], log);
    const { rows } = await applyToy(world, [], log);
    expect(rows).toMatchObject({ a: { status: 'rejected' }, b: { status: 'rejected' } });
    expect(world.items.size).toBe(2);
  });

  it.each([
    [0, 'accept'],
    [-1, 'defer'],
  ] as const)('clock-behind: a removal %i ms after the log is %s', async (ahead, verdict) => {
    const { world, log } = await owned({ a: 2 });
    const { actions } = await planToy(world, [], log, { now: () => START + ahead });
    expect(actions.get(addressOf('a'))?.verdict).toBe(verdict);
    expect(
      (await planToy(world, [wanted('a', 4)], log, { now: () => START + ahead })).actions.get(addressOf('a'))?.verdict,
    ).toBe('accept');
  });

  it('freeze: rejects every step of a resource on hold', async () => {
    const { plan } = await planToy(toyWorld(), [wanted('a', 2, { lifecycle: { hold: 'audit' } })], toyLog());
    expect(plan.rejected_changes[0]).toMatchObject({
      reason: 'freeze',
      reasons: [expect.objectContaining({ message: 'On hold: audit' })],
    });
  });

  it('not-owned: a resource that damage put in doubt is neither removed nor changed before it is adopted', async () => {
    const { world, log } = await owned({ a: 2, b: 2 });
    for (const name of ['a', 'b'])
      log.recall.resources.set(addressOf(name), { ...(memoryOf(log, name) as Memory), unknown: true });
    const { plan, actions } = await planToy(world, [wanted('a', 4)], log);
    expect(plan.resource_changes).toEqual([expect.objectContaining({ address: addressOf('a'), goal: 'adopt' })]);
    expect(actions.get(addressOf('b'))).toBeUndefined();
  });
});

describe('the sight of a resource', () => {
  const gap = { plugin: 'toy', message: 'no answer' };
  const observed = { ref: item('a'), state: 'ready', facts: {}, findings: [], at: Date.parse('2026-01-01T00:00:00Z') };
  const orphan: Memory = { ref: item('a'), version: 1, kept: {}, owned: 'created', state: 'ready' };
  const tables = toyTables.kinds['Item'] as KindTables;
  const removal = changeOf(item('a'), tables, { step: 'ready>absent', goal: 'remove', because: '', cause: 'orphan' });

  it.each<[EngineRuleId, string, Partial<Given>, Verdict['outcome']]>([
    ['partial-view', 'seen', { observed, memory: orphan }, 'pass'],
    ['partial-view', 'seen under a wider gap', { observed, gap, memory: orphan }, 'reject'],
    ['partial-view', 'unseen', { gap, memory: orphan }, 'reject'],
    ['not-owned', 'absent', {}, 'pass'],
    ['not-owned', 'seen and owned', { observed, memory: orphan }, 'pass'],
    ['not-owned', 'unseen and owned', { gap, memory: orphan }, 'pass'],
    ['not-owned', 'seen and foreign', { observed }, 'reject'],
    ['not-owned', 'unseen and foreign', { gap }, 'reject'],
    ['not-owned', 'given', { observed: { ...observed, given: true } }, 'pass'],
    ['other-project', 'claimed', { observed: { ...observed, claimedBy: 'other' } }, 'reject'],
    ['other-project', 'not claimed', { observed }, 'pass'],
    ['provider-protected', 'protected', { observed: { ...observed, protectedBy: 'delete protection' } }, 'reject'],
    ['provider-protected', 'not protected', { observed }, 'pass'],
  ])('%s judges the removal of a resource that is %s', (rule, _sight, parts, outcome) => {
    const resource = resourceWith({ ref: item('a'), ...parts });
    const resources = new Map([[resource.address, resource]]);
    const scene = sceneOf({ resources, gaps: [], now: START, viewedAt: START, safety, spent: new Map() });
    expect(engineRules[rule](removal, resource, scene, { neededBy: [] }).outcome).toBe(outcome);
  });
});
