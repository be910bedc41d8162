/** Collapse: how many recorded resources a refresh misses, and when that is too many. */

import { describe, expect, it } from 'vitest';
import type { Memory, Observed, Resource } from '#plugin';
import { collapsedKinds, isAllMissing, isCollapsed, missingByKind } from '../../src/engine/collapse.ts';
import { type Given, resourceWith } from '../support/resource.ts';
import { item, toyTables } from '../support/toy.ts';

const GAP = { plugin: 'toy', message: 'no answer' };

function resource(name: string, parts: Partial<Given> = {}, more: Partial<Memory> = {}): Resource {
  const memory: Memory = { ref: item(name), version: 1, kept: {}, owned: 'created', state: 'ready', ...more };
  return resourceWith({ ref: item(name), memory, ...parts });
}

function seen(more: Partial<Observed> = {}): Partial<Given> {
  const observed = {
    ref: item('a'),
    state: 'ready',
    facts: {},
    findings: [],
    at: Date.parse('2026-01-01T00:00:00Z'),
    ...more,
  };
  return { observed };
}

const open = (goal: 'remove' | 'replace' | 'update'): Partial<Memory> => ({
  open: { seq: 1, step: 'ready>absent', goal, at: Date.parse('2026-01-01T00:00:00Z'), run: 'run-1' },
});

describe('an owned resource that was ready', () => {
  it.each<[string, Resource, { known: number; missing: number } | undefined]>([
    ['and is seen', resource('a', seen()), { known: 1, missing: 0 }],
    ['and is absent', resource('a'), { known: 1, missing: 1 }],
    ['and is under a gap: a gap hides it, and misses nothing', resource('a', { gap: GAP }), { known: 1, missing: 0 }],
    ['and whose name another thing has', resource('a', seen({ stranger: true })), { known: 1, missing: 1 }],
    ['and exists without a step', resource('a', seen({ given: true })), undefined],
    ['and is being removed', resource('a', {}, open('remove')), undefined],
    ['and is being replaced', resource('a', {}, open('replace')), undefined],
    ['and is being updated', resource('a', {}, open('update')), { known: 1, missing: 1 }],
    ['but was absent at the last refresh', resource('a', {}, { state: 'absent' }), undefined],
    ['but whose ownership a damaged log put in doubt', resource('a', {}, { unknown: true }), undefined],
  ])('%s', (_name, each, expected) => {
    expect(missingByKind([each]).get('toy/Item')).toEqual(expected);
  });
});

describe('a count', () => {
  it.each([
    [undefined, false],
    [{ known: 10, missing: 0 }, false],
    [{ known: 10, missing: 5 }, false],
    [{ known: 10, missing: 6 }, true],
    [{ known: 4, missing: 4 }, false],
    [{ known: 5, missing: 3 }, true],
  ])('%o collapses at share 0.5 from 5: %s', (count, expected) => {
    expect(isCollapsed(count, { share: 0.5, from: 5 })).toBe(expected);
  });

  it.each([
    [{ known: 2, missing: 2 }, true],
    [{ known: 3, missing: 3 }, true],
    [{ known: 3, missing: 2 }, false],
    [{ known: 1, missing: 1 }, false],
    [{ known: 0, missing: 0 }, false],
    [undefined, false],
  ])('%o is an account that lists no owned resource: %s', (count, expected) => {
    expect(isAllMissing(count)).toBe(expected);
  });
});

describe('two of two missing', () => {
  const tables = toyTables.kinds['Item'];
  it.each([
    ['is below the limit of the collapse', undefined, []],
    ['is another account, if the kind belongs to an account', true as const, ['toy/Item']],
  ])('%s', (_name, byAccount, expected) => {
    const own = tables === undefined || byAccount === undefined ? tables : { ...tables, byAccount };
    const all = ['a', 'b'].map((name) => resource(name, own === undefined ? {} : { tables: own }));
    const resources = new Map(all.map((each) => [each.address, each]));
    expect([...collapsedKinds(resources, { share: 0.5, from: 5 })]).toEqual(expected);
  });
});
