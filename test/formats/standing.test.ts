/** The standing of resources after rounds that refresh only some of them. */

import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/formats/plan.ts';
import { type GapOver, restlessIn, type Stand, type Standing, standingOf } from '../../src/formats/standing.ts';
import fc from '../support/property.ts';

const ADDRESSES = ['a', 'b', 'c', 'd', 'e'].map((name) => `bench/Item/${name}`);

function planOf(states: Standing): Plan {
  const resources = Object.entries(states).map(([address, { state = '' }]) => ({ address, state }));
  const rows = { resource_changes: [], rejected_changes: [], deferred_changes: [], checks: [], resource_drift: [] };
  return { prior_state: { resources }, ...rows } as unknown as Plan;
}

const standing = (state: string) =>
  fc
    .subarray(ADDRESSES)
    .map((some): Standing => Object.fromEntries(some.map((address): [string, Stand] => [address, { state }])));
const some = fc.subarray(ADDRESSES).map((addresses) => new Set(addresses));

/** The standing of one resource, as the documentation of a round has it. */
function expected(address: string, found: Standing, before: Standing, refreshed: Set<string>, known: Set<string>) {
  const isRefreshed = refreshed.has(address);
  const old = !isRefreshed && known.has(address) ? before[address] : undefined;
  return { kept: isRefreshed ? found[address] : old, now: old ?? found[address] };
}

test('a resource that was not refreshed is as an earlier round found it', () => {
  fc.assert(
    fc.property(standing('new'), standing('old'), some, some, (found, before, refreshed, known) => {
      const { now, kept } = standingOf(planOf(found), {
        before,
        refreshed,
        known,
        refusals: new Map(),
        alerts: new Map(),
        gaps: new Map(),
      });
      for (const address of ADDRESSES)
        expect({ kept: kept[address], now: now[address] }).toEqual(expected(address, found, before, refreshed, known));
    }),
  );
});

test('after a refresh of all, no resource is as an earlier round found it', () => {
  const found = { 'bench/Item/a': { state: 'new' } };
  const parts = {
    before: { 'bench/Item/b': { state: 'old' } },
    known: new Set(ADDRESSES),
    refusals: new Map(),
    alerts: new Map(),
    gaps: new Map(),
  };
  expect(standingOf(planOf(found), { ...parts, refreshed: undefined })).toEqual({ now: found, kept: found });
});

describe('a refreshed resource under a gap', () => {
  const A = 'bench/Item/a';
  const old: Stand = {
    state: 'old',
    row: { verdict: 'accept', goal: 'update' },
    findings: [{ code: 'odd', severity: 'warning' }],
    alerts: ['odd'],
    refusal: 'digest',
  };
  const under = (found: Standing, before: Standing, isSeen: boolean, refreshed: ReadonlySet<string> | undefined) =>
    standingOf(planOf(found), {
      before,
      refreshed,
      known: new Set(ADDRESSES),
      refusals: new Map(),
      alerts: new Map(),
      gaps: new Map([[A, { part: A, isSeen } satisfies GapOver]]),
    });

  test.each([
    ['a partial refresh', new Set([A])],
    ['a refresh of all', undefined],
  ])('is as an earlier round found it, and is restless, after %s', (_name, refreshed) => {
    const { now, kept } = under({}, { [A]: old }, false, refreshed);
    expect([now, kept]).toEqual([{ [A]: { ...old, gap: A } }, { [A]: { ...old, gap: A } }]);
    expect(restlessIn({ ...kept, 'bench/Item/b': { state: 'old' } })).toEqual(new Set([A]));
    // Without a gap, the next refresh of it says how it is.
    const more = { before: kept, known: new Set(ADDRESSES), refusals: new Map(), alerts: new Map(), gaps: new Map() };
    const next = standingOf(planOf({ [A]: { state: 'new' } }), { ...more, refreshed: new Set([A]) });
    expect([next.kept, restlessIn(next.kept)]).toEqual([{ [A]: { state: 'new' } }, new Set()]);
    // A round that does not refresh it keeps the gap.
    expect(standingOf(planOf({}), { ...more, refreshed: new Set(['bench/Item/b']) })).toEqual({ now: kept, kept });
  });

  test('that was read in part is as this round found it', () => {
    const { kept } = under({ [A]: { state: 'new' } }, { [A]: old }, true, new Set([A]));
    expect(kept).toEqual({ [A]: { state: 'new', gap: A } });
  });

  test('without an earlier round has its gap alone', () => {
    expect(under({}, {}, false, new Set([A])).kept).toEqual({ [A]: { gap: A } });
  });
});
