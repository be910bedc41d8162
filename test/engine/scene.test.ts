/** Scene: what a rule can ask for next to its own resource. */

import { describe, expect, it } from 'vitest';
import { type Change, changeOf, type KindTables, type Memory, type Resource, type Spent } from '#plugin';
import { removalsByKind, sceneOf, withFresh } from '../../src/engine/scene.ts';
import { absent, resourceWith } from '../support/resource.ts';
import { addressOf, item, safety, START, toyTables, wanted } from '../support/toy.ts';

const TABLES = toyTables.kinds['Item'] as KindTables;
const HOUR = 3_600_000;

function owned(name: string): Resource {
  const memory: Memory = { ref: item(name), version: 1, kept: {}, owned: 'created', state: 'ready' };
  return resourceWith({ ref: item(name), desired: wanted(name, 1), memory });
}

function scene(...resources: readonly Resource[]) {
  const limits = { ...safety, removals: { ...safety.removals, perMs: HOUR } };
  const all = new Map(resources.map((each) => [each.address, each]));
  return sceneOf({ resources: all, gaps: [], now: START, viewedAt: START, safety: limits, spent: new Map() });
}

function change(name: string, goal: Change['goal']): readonly [string, Change] {
  return [addressOf(name), changeOf(item(name), TABLES, { step: 'ready>absent', goal, because: '', cause: 'orphan' })];
}

function removed(name: string, agoMs: number): Spent {
  const at = START - agoMs;
  return { seq: 1, at, ref: item(name), step: 'ready>absent', labels: {}, removal: true };
}

describe('a scene', () => {
  const [a, b] = [owned('a'), owned('b')];

  it('finds a resource by reference and by address', () => {
    expect(scene(a, b).get(item('b'))).toBe(b);
    expect(scene(a, b).get(addressOf('a'))).toBe(a);
    expect(scene(a, b).get(item('c'))).toBeUndefined();
  });

  it('lists the resources of one kind', () => {
    expect(scene(a, b).ofKind('toy', 'Item')).toEqual([a, b]);
    expect(scene(a, b).ofKind('toy', 'Other')).toEqual([]);
    expect(scene(a, b).ofKind('other', 'Item')).toEqual([]);
  });

  it('shows fresh resources in the place of planned ones, in lists too', () => {
    const gone = absent(a);
    const fresh = withFresh(scene(a, b), new Map([[a.address, gone]]), {
      now: START + 1,
      viewedAt: START + 1,
      gaps: [],
    });
    expect(fresh.get(item('a'))).toBe(gone);
    expect(fresh.get(item('b'))).toBe(b);
    expect(fresh.ofKind('toy', 'Item')).toEqual([gone, b]);
    expect([fresh.now, fresh.viewedAt]).toEqual([START + 1, START + 1]);
  });
});

describe('the removals of a kind', () => {
  const [a, b] = [owned('a'), owned('b')];
  it.each<[string, readonly (readonly [string, Change])[], readonly Spent[], object | undefined]>([
    ['are not counted without one', [change('a', 'update')], [removed('x', 1)], undefined],
    ['are removals and replacements', [change('a', 'remove'), change('b', 'replace')], [], { removals: 2, recent: 0 }],
    ['do not include a release', [change('a', 'release'), change('b', 'remove')], [], { removals: 1 }],
    ['include those of earlier runs', [change('a', 'remove')], [removed('x', HOUR - 1)], { recent: 1 }],
    ['forget a removal after its time', [change('a', 'remove')], [removed('x', HOUR)], { recent: 0 }],
    ['count one address once', [change('a', 'remove')], [removed('x', 1), removed('x', 2)], { recent: 1 }],
    ['do not count an address that is owned again', [change('a', 'remove')], [removed('b', 1)], { recent: 0 }],
  ])('%s', (_name, changes, spent, expected) => {
    const counts = removalsByKind(scene(a, b), new Map(changes), spent).get('toy/Item');
    if (expected === undefined) expect(counts).toBeUndefined();
    else expect(counts).toMatchObject({ owned: 2, ...expected });
  });
});
