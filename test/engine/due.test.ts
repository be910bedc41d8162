/** The resources that a scheduled round refreshes: slots, cadences, resources that are not at rest, and needs. */

import { NO_CHANGES } from '../../src/engine/changes.ts';
import { describe, expect, test } from 'vitest';
import { type DueInput, dueOf } from '../../src/engine/due.ts';
import { type Cadence, digestOf, formatRef, type Kind, type Memory, type Resource } from '#plugin';
import { resourceWith } from '../support/resource.ts';
import { item, toyPlugin, toyTables, wanted } from '../support/toy.ts';

const MINUTE = 60_000;
const EVERY = 5 * MINUTE;
/** In the middle of a slot of five minutes. */
const START = Date.parse('2026-11-29T12:02:00Z');

interface Case {
  readonly cadence?: Cadence;
  readonly memory?: Partial<Memory> | null;
  readonly isDeclared?: boolean;
}

const SPEC = { value: 1 };

function resource(name: string, { cadence, memory = {}, isDeclared = true }: Case = {}): Resource {
  const ref = item(name);
  const applied = { at: START, digest: digestOf(SPEC), spec: SPEC };
  const known: Memory = { ref, version: 1, kept: {}, owned: 'created', state: 'ready', applied, ...memory };
  const kind: Kind<never> = { ...(toyPlugin.kinds['Item'] as Kind<never>), cadence: () => cadence };
  return resourceWith({
    ref,
    kind,
    tables: toyTables.kinds['Item'] as Resource['tables'],
    gap: { plugin: 'toy', message: 'not refreshed' },
    ...(isDeclared ? { desired: { ...wanted(name, 1), spec: SPEC } } : {}),
    ...(memory === null ? {} : { memory: known }),
  });
}

function due(resources: readonly Resource[], more: Partial<DueInput>): ReturnType<typeof dueOf> {
  const all = new Map(resources.map((each) => [each.address, each]));
  return dueOf({
    resources: all,
    now: START,
    since: START - MINUTE,
    everyMs: EVERY,
    restless: new Set(),
    changed: NO_CHANGES,
    ...more,
  });
}

/** The due ones of the resource and of one that never is. */
function isDue(given: Resource, more: Partial<DueInput> = {}): boolean {
  const never = resource('never', { cadence: { everyMs: Infinity } });
  const { only } = due([given, never], more);
  return only?.some((ref) => formatRef(ref) === given.address) ?? false;
}

test('after the clock was set back, every resource is due, and the next round is not later than the interval', () => {
  const all = [resource('a'), resource('never', { cadence: { everyMs: Infinity } })];
  for (const days of [1, 400]) {
    const { only, nextAt } = due(all, { since: START + days * 86_400_000 });
    expect(only).toBeUndefined();
    expect(nextAt).toBeLessThanOrEqual(START + EVERY);
  }
});

const SLOT_END = Date.parse('2026-11-29T12:05:00Z');

describe('a resource', () => {
  test.each<[string, Case, Partial<DueInput>, boolean]>([
    ['without a cadence, in the same slot', {}, {}, false],
    ['without a cadence, at the end of the slot', {}, { now: SLOT_END }, true],
    ['without a cadence, before the end of the slot', {}, { now: SLOT_END - 1 }, false],
    [
      'of a long interval, at the end of the slot',
      { cadence: { everyMs: 24 * 60 * MINUTE } },
      { now: SLOT_END },
      false,
    ],
    [
      'of a long interval, a day later',
      { cadence: { everyMs: 24 * 60 * MINUTE } },
      { now: START + 1440 * MINUTE },
      true,
    ],
    ['that a watcher reports', { cadence: { everyMs: Infinity } }, { changed: new Set(['toy/Item/a']) }, true],
    ['of a short interval', { cadence: { everyMs: MINUTE } }, {}, true],
    ['at a time that its kind names', { cadence: { everyMs: Infinity, at: [START] } }, {}, true],
    ['before this time', { cadence: { everyMs: Infinity, at: [START + 1] } }, {}, false],
    ['after a round at this time', { cadence: { everyMs: Infinity, at: [START - MINUTE] } }, {}, false],
    ['with an interval that is not valid', { cadence: { everyMs: Number.NaN } }, { now: SLOT_END }, true],
    ['that is not declared', { isDeclared: false, cadence: { everyMs: Infinity } }, { now: SLOT_END }, true],
    ['without a state', { memory: null, cadence: { everyMs: Infinity } }, { now: SLOT_END }, true],
    ['with a failure', { memory: { failures: 1 }, cadence: { everyMs: Infinity } }, { now: SLOT_END }, true],
    ['that is removed', { memory: { removing: true }, cadence: { everyMs: Infinity } }, { now: SLOT_END }, true],
    [
      'with another applied document',
      { memory: { applied: { at: START, digest: digestOf({ value: 2 }) } }, cadence: { everyMs: Infinity } },
      { now: SLOT_END },
      true,
    ],
    [
      'with a row or a gap',
      { cadence: { everyMs: Infinity } },
      { now: SLOT_END, restless: new Set(['toy/Item/a']) },
      true,
    ],
    [
      'with a row or a gap, in the same slot',
      { cadence: { everyMs: Infinity } },
      { restless: new Set(['toy/Item/a']) },
      false,
    ],
  ])('%s', (_name, given, more, expected) => {
    expect(isDue(resource('a', given), more)).toBe(expected);
  });

  test('of a kind that fails has the interval of the round', () => {
    const kind = {
      ...(toyPlugin.kinds['Item'] as Kind<never>),
      cadence: () => {
        throw new Error('broken');
      },
    };
    const broken: Resource = { ...resource('a'), kind };
    expect([isDue(broken), isDue(broken, { now: SLOT_END })]).toEqual([false, true]);
  });
});

test('every resource of a plugin that a watcher reports is due', () => {
  const never = ['a', 'b'].map((name) => resource(name, { cadence: { everyMs: Infinity } }));
  expect(due(never, { changed: new Set(['other']) }).only).toEqual([]);
  expect(due(never, { changed: new Set(['toy']) }).only).toBeUndefined();
});

test('without an earlier round, every resource is refreshed', () => {
  expect(due([resource('a', { cadence: { everyMs: Infinity } })], { since: undefined }).only).toBeUndefined();
});

test('the resources that a due one needs come along', () => {
  const quiet = { everyMs: Infinity };
  const needing = resource('a', { cadence: { everyMs: MINUTE }, memory: { needs: ['toy/Item/b'] } });
  const between = resource('b', { cadence: quiet, memory: { needs: ['toy/Item/c', 'toy/Item/gone'] } });
  const others = [resource('c', { cadence: quiet }), resource('d', { cadence: quiet })];
  const { only, whole } = due([needing, between, ...others], {});
  expect(only?.map(formatRef)).toEqual(['toy/Item/a', 'toy/Item/b', 'toy/Item/c']);
  expect([...whole]).toEqual([]);
});

test('plugins of which every resource is due are whole', () => {
  const never = { ...resource('x', { cadence: { everyMs: Infinity } }), ref: { ...item('x'), plugin: 'other' } };
  const { only, whole } = due(
    [resource('a', { cadence: { everyMs: MINUTE } }), { ...never, address: 'other/Item/x' }],
    {},
  );
  expect(only?.map(formatRef)).toEqual(['toy/Item/a']);
  expect([...whole]).toEqual(['toy']);
});

describe('the next time', () => {
  test.each<[string, Cadence, number]>([
    ['the end of the slot of the round', { everyMs: 24 * 60 * MINUTE }, SLOT_END],
    ['the end of a shorter slot', { everyMs: 2 * MINUTE }, Date.parse('2026-11-29T12:04:00Z')],
    ['a time that a kind names', { everyMs: Infinity, at: [START - 1, START + 1000] }, START + 1000],
  ])('is %s', (_name, cadence, expected) => {
    expect(due([resource('a', { cadence }), resource('b')], {}).nextAt).toBe(expected);
  });

  test('is at most an interval away', () => {
    expect(due([resource('a', { cadence: { everyMs: Infinity } })], {}).nextAt).toBe(START + EVERY);
  });
});

test('long intervals that spread end for a few resources in each slot, and for each resource once', () => {
  const cadence: Cadence = { everyMs: 24 * 60 * MINUTE, spread: true };
  const all = Array.from({ length: 1000 }, (_, i) => resource(`item-${i}`, { cadence }));
  const counts = new Map<string, number>();
  const sizes: number[] = [];
  for (let from = START; from < START + 1440 * MINUTE; from += EVERY) {
    const only = due(all, { since: from, now: from + EVERY }).only ?? [];
    sizes.push(only.length);
    for (const ref of only) counts.set(ref.name, (counts.get(ref.name) ?? 0) + 1);
  }
  expect([counts.size, new Set(counts.values())]).toEqual([1000, new Set([1])]);
  expect(Math.max(...sizes)).toBeLessThan(25);
});
