/** Seal: the order of the rows, the counts, and the resources that nothing manages. */

import { describe, expect, it } from 'vitest';
import {
  type Action,
  changeOf,
  type Goal,
  type KindTables,
  type Memory,
  type Observed,
  type Resource,
  type Step,
} from '#plugin';
import { sceneOf } from '../../src/engine/scene.ts';
import { seal, type SealInput } from '../../src/engine/seal.ts';
import { NOTHING_COVERED } from '../support/covers.ts';
import { type Given, resourceWith } from '../support/resource.ts';
import { addressOf, item, safety, START, toyTables, wanted } from '../support/toy.ts';

const TABLES = toyTables.kinds['Item'] as KindTables;
const GAP = { plugin: 'toy', message: 'no answer' };

function action(name: string, step: Step, goal: Goal, verdict: Action['verdict'] = 'accept'): Action {
  const change = changeOf(item(name), TABLES, { step, goal, because: '', cause: 'edit' });
  return { change, verdict, judgements: [], covers: NOTHING_COVERED, basis: '', after: [] };
}

function sealed(resources: readonly Resource[], actions: readonly Action[] = [], more: Partial<SealInput> = {}) {
  const all = new Map(resources.map((each) => [each.address, each]));
  return seal({
    project: 'p',
    version: '0',
    resources: all,
    proposed: new Map(actions.map(({ change }) => [addressOf(change.ref.name), change])),
    actions: new Map(actions.map((each) => [addressOf(each.change.ref.name), each])),
    findings: [],
    summaries: [],
    scene: sceneOf({ resources: all, gaps: [], now: START, viewedAt: START, safety, spent: new Map() }),
    gaps: [],
    settled: [],
    excluded: 0,
    ...more,
  });
}

function resource(name: string, parts: Partial<Given> = {}): Resource {
  return resourceWith({ ref: item(name), ...parts });
}

function seen(more: Partial<Observed> = {}): Partial<Given> {
  const observed = { ref: item('a'), state: 'ready', facts: {}, findings: [], at: START, ...more };
  return { observed };
}

const memory = (name: string): Memory => ({ ref: item(name), version: 1, kept: {}, owned: 'created', state: 'ready' });

it('puts removals first, then replacements, then the rest by address', () => {
  const rows = [
    action('d', 'absent>ready', 'create'),
    action('a', 'ready>ready', 'update'),
    action('c', 'ready>absent', 'replace'),
    action('z', 'ready>absent', 'remove'),
    action('b', 'ready>absent', 'remove', 'reject'),
  ];
  expect(sealed([], rows).actions.map(({ change }) => change.ref.name)).toEqual(['b', 'z', 'c', 'a', 'd']);
});

it('counts rows by goal and verdict, and resources by what is known of them', () => {
  const declared = (name: string, parts: Partial<Given> = {}) => resource(name, { desired: wanted(name, 1), ...parts });
  const { counts } = sealed(
    [
      declared('created'),
      declared('edited', { ...seen(), memory: memory('edited') }),
      declared('moved', { ...seen(), memory: memory('moved') }),
      declared('replaced', { ...seen(), memory: memory('replaced') }),
      resource('removed', { ...seen(), memory: memory('removed') }),
      declared('rejected'),
      declared('waiting'),
      declared('same', { ...seen(), memory: memory('same') }),
      declared('hidden', { gap: GAP }),
      resource('foreign', seen()),
    ],
    [
      action('created', 'absent>ready', 'create'),
      action('edited', 'ready>ready', 'update'),
      action('moved', 'ready>draining', 'update'),
      action('replaced', 'ready>absent', 'replace'),
      action('removed', 'ready>absent', 'remove'),
      action('rejected', 'absent>ready', 'create', 'reject'),
      action('waiting', 'absent>ready', 'create', 'defer'),
    ],
  );
  expect(counts).toEqual({
    resources: 9,
    plugins: 1,
    add: 2,
    change: 1,
    step: 1,
    remove: 2,
    rejected: 1,
    deferred: 1,
    findings: 0,
    unchanged: 1,
    unread: 1,
  });
});

describe('a resource without a document and without state', () => {
  it.each<[string, Partial<Given>, Partial<SealInput>, boolean]>([
    ['is unmanaged if it is seen', seen(), {}, true],
    ['is not unmanaged if it exists without a step', seen({ given: true }), {}, false],
    ['is not unmanaged if another project claims it', seen({ claimedBy: 'other' }), {}, false],
    ['is not unmanaged if a gap covers it', { gap: GAP }, {}, false],
    ['is not known to be unmanaged without the log', seen(), { memoryGap: 'no log' }, false],
  ])('%s', (_name, parts, more, expected) => {
    expect(sealed([resource('a', parts)], [], more).unmanaged).toEqual(expected ? [addressOf('a')] : []);
  });
});

it('a declared or recorded resource is not unmanaged', () => {
  const all = [
    resource('a', { ...seen(), desired: wanted('a', 1) }),
    resource('b', { ...seen(), memory: memory('b') }),
  ];
  expect(sealed(all).unmanaged).toEqual([]);
});

it('shows the scope of a plan: a selection, and causes with their excluded changes', () => {
  expect(sealed([]).targeted).toBe(false);
  const part = sealed([], [], { within: () => false, causes: new Set(['time', 'new']), excluded: 3 });
  expect(part).toMatchObject({ targeted: true, causes: ['new', 'time'], counts: { excluded: 3 } });
});
