/** Matching: one resource for each address, and resources whose plugin or kind is not loaded. */

import { describe, expect, it } from 'vitest';
import { formatRef, type Gap, mayBeOwned, type Memory, type Observed, type Resource, isSeen, gapOver } from '#plugin';
import { match } from '../../src/engine/match.ts';
import { emptyRecall } from '../../src/engine/remember.ts';
import { resourceWith } from '../support/resource.ts';
import { addressOf, applyToy, item, planToy, toyLog, toyPlugins, toyWorld, wanted } from '../support/toy.ts';

const BY = { plugins: toyPlugins, settings: new Map(), now: 0 };

describe('match', () => {
  const seen: Observed = {
    ref: item('a'),
    state: 'ready',
    facts: {},
    findings: [],
    at: Date.parse('2026-01-01T00:00:00Z'),
  };
  const memory: Memory = { ref: item('a'), version: 1, kept: {}, owned: 'created' };
  const gap: Gap = { plugin: 'toy', refs: [item('a')], message: 'silent' };

  it.each<[string, { desired?: boolean; observed?: boolean; memory?: boolean; gap?: boolean }]>([
    ['declared, observed and in the state', { desired: true, observed: true, memory: true }],
    ['declared and observed', { desired: true, observed: true }],
    ['declared alone', { desired: true }],
    ['observed alone', { observed: true }],
    ['in the state alone', { memory: true }],
    ['declared, under a gap', { desired: true, gap: true }],
    ['in the state, under a gap', { memory: true, gap: true }],
  ])('%s', (_name, has) => {
    const recall = emptyRecall();
    if (has.memory === true) recall.resources.set(addressOf('a'), memory);
    const view = { observed: has.observed === true ? [seen] : [], gaps: has.gap === true ? [gap] : [], at: 0 };
    const resource = match(has.desired === true ? [wanted('a', 1)] : [], view, recall, BY).resources.get(
      addressOf('a'),
    ) as Resource;
    expect(resource.desired !== undefined).toBe(has.desired === true);
    expect(isSeen(resource)).toBe(has.observed === true);
    expect(resource.memory !== undefined).toBe(has.memory === true);
    expect(gapOver(resource) !== undefined).toBe(has.gap === true);
    expect(resource.owned).toBe(has.memory === true);
  });

  it('is ordered by address, for any order of documents and resources', () => {
    const all = ['c', 'a', 'b'].map((name) => wanted(name, 1));
    expect([...match(all, { observed: [], gaps: [], at: 0 }, emptyRecall(), BY).resources.keys()]).toEqual(
      ['a', 'b', 'c'].map(addressOf),
    );
  });

  it('does not count a resource that damage put in doubt as owned', () => {
    const doubtful: Memory = { ...memory, unknown: true };
    expect(resourceWith({ ref: item('a'), memory: doubtful }).owned).toBe(false);
    expect([mayBeOwned(doubtful), mayBeOwned({ ref: item('a'), version: 1, kept: {} } as Memory)]).toEqual([
      true,
      false,
    ]);
  });
});

describe('a resource whose plugin or kind is not loaded', () => {
  const needy = { plugin: 'absent', kind: 'Thing', name: 'x' };
  const other = { plugin: 'toy', kind: 'Other', name: 'x' };

  it.each([
    [needy, { plugin: 'absent' }],
    [other, { plugin: 'toy', kind: 'Other' }],
  ])('%j is unloaded, with its state and a gap', (ref, scope) => {
    const recall = emptyRecall();
    const memory: Memory = { ref, version: 1, kept: {}, owned: 'created' };
    recall.resources.set(formatRef(ref), memory);
    const matched = match([], { observed: [], gaps: [], at: 0 }, recall, BY);
    expect(matched.resources.size).toBe(0);
    expect(matched.unloaded.get(formatRef(ref))).toMatchObject({ ref, memory, gap: scope });
  });

  it('stays in the state, and keeps the resources that it needs', async () => {
    const [world, log] = [toyWorld(), toyLog()];
    await applyToy(world, [wanted('base', 2)], log);
    log.recall.resources.set(formatRef(needy), {
      ref: needy,
      version: 1,
      kept: {},
      owned: 'created',
      needs: [addressOf('base')],
    });
    const applied = await applyToy(world, [], log);
    expect(applied.rows['base']).toMatchObject({ status: 'rejected' });
    expect(applied.rows['base']?.message).toContain(formatRef(needy));
    expect(world.items.has('base')).toBe(true);
    expect(log.recall.resources.has(formatRef(needy))).toBe(true);
    const { plan } = await planToy(world, [], log);
    expect(plan.gaps).toContainEqual(expect.objectContaining({ scope: 'absent' }));
  });
});
