/** States of a fabric: every transition, every combination, and any order of events. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Combination,
  CONNECTIONS,
  CREATED,
  isPossible,
  type Recorded,
  STATUSES,
  SYNCS,
} from '../../../plugins/fabric/states/combination.ts';
import { corrected, type FabricEvent, MOVES, moved } from '../../../plugins/fabric/states/events.ts';
import { requiredAction } from '../../../plugins/fabric/states/required-action.ts';

const ALL: readonly Recorded[] = STATUSES.flatMap((status) =>
  CONNECTIONS.flatMap((connection) => SYNCS.map((sync) => ({ status, connection, sync }))),
);
const POSSIBLE: readonly Combination[] = ALL.filter(isPossible);
const EVENTS = [...Object.keys(MOVES), 'repository-failed'] as FabricEvent[];

/** The tables of the requirement, written apart from the code. */
const ALLOWED = {
  status: [
    'PLANNED ACTIVE',
    'ACTIVE MAINTENANCE',
    'MAINTENANCE ACTIVE',
    'ACTIVE DECOMMISSIONED',
    'MAINTENANCE DECOMMISSIONED',
  ],
  connection: [
    'UNKNOWN TESTING',
    'TESTING CONNECTED',
    'TESTING FAILED',
    'CONNECTED TESTING',
    'CONNECTED FAILED',
    'FAILED TESTING',
  ],
  sync: [
    'NEVER_SYNCED SYNCING',
    'SYNCING IN_SYNC',
    'SYNCING ERROR',
    'IN_SYNC SYNCING',
    'IN_SYNC OUT_OF_SYNC',
    'OUT_OF_SYNC SYNCING',
    'ERROR SYNCING',
  ],
} as const;

describe.each(['status', 'connection', 'sync'] as const)('machine %s', (part) => {
  test('moves along each allowed pair, and along no other', () => {
    const seen = new Set<string>();
    for (const state of POSSIBLE) {
      for (const event of EVENTS) {
        const after = moved(state, event);
        if ('state' in after && after.state[part] !== state[part]) seen.add(`${state[part]} ${after.state[part]}`);
      }
    }
    expect([...seen].sort()).toEqual([...ALLOWED[part]].sort());
  });
});

test('a forbidden transition is refused with both states', () => {
  for (const state of POSSIBLE) {
    for (const [event, { part, from, to }] of Object.entries(MOVES)) {
      if ((from as readonly string[]).includes(state[part])) continue;
      expect(moved(state, event as FabricEvent)).toEqual({
        refused: {
          code: 'HH-STATE-001',
          message: `The ${part} of the fabric cannot move from ${state[part]} to ${to} (${event}).`,
        },
      });
    }
  }
});

test.each([
  { status: 'PLANNED', connection: 'UNKNOWN', sync: 'NEVER_SYNCED' },
  { status: 'ACTIVE', connection: 'TESTING', sync: 'IN_SYNC' },
  { status: 'ACTIVE', connection: 'FAILED', sync: 'ERROR' },
  { status: 'MAINTENANCE', connection: 'CONNECTED', sync: 'OUT_OF_SYNC' },
  { status: 'DECOMMISSIONED', connection: 'CONNECTED', sync: 'ERROR' },
] as const satisfies readonly Combination[])('no sync starts in $status, $connection', (state) => {
  expect(moved(state, 'sync-started')).toMatchObject({ refused: { code: 'HH-STATE-002' } });
});

test.each([
  ['connection-lost', 'CONNECTED', 'IN_SYNC', 'OUT_OF_SYNC'],
  ['connection-lost', 'CONNECTED', 'SYNCING', 'ERROR'],
  ['test-failed', 'TESTING', 'IN_SYNC', 'OUT_OF_SYNC'],
  ['test-failed', 'TESTING', 'SYNCING', 'ERROR'],
  ['decommissioned', 'CONNECTED', 'IN_SYNC', 'OUT_OF_SYNC'],
  ['decommissioned', 'CONNECTED', 'SYNCING', 'ERROR'],
  ['repository-failed', 'CONNECTED', 'IN_SYNC', 'OUT_OF_SYNC'],
  ['repository-failed', 'CONNECTED', 'SYNCING', 'ERROR'],
  ['repository-failed', 'CONNECTED', 'NEVER_SYNCED', 'NEVER_SYNCED'],
] as const)('%s moves the sync along (%s, %s)', (event, connection, sync, expected) => {
  expect(moved({ status: 'ACTIVE', connection, sync }, event)).toMatchObject({ state: { sync: expected } });
});

test('under any order of events no impossible combination occurs', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...EVENTS), { maxLength: 60 }), (events) => {
      let state = CREATED;
      for (const event of events) {
        const after = moved(state, event);
        if ('state' in after) state = after.state;
        expect(isPossible(state)).toBe(true);
      }
    }),
  );
});

test('the impossible combinations are those of the rules, and a correction makes each possible', () => {
  const impossible = ALL.filter((each) => !isPossible(each));
  // DECOMMISSIONED with SYNCING or IN_SYNC: 4 connections × 2; FAILED with IN_SYNC: the other 3 statuses.
  expect(impossible).toHaveLength(11);
  expect(impossible).toContainEqual({ status: 'ACTIVE', connection: 'FAILED', sync: 'IN_SYNC' });
  expect(impossible).toContainEqual({ status: 'DECOMMISSIONED', connection: 'CONNECTED', sync: 'SYNCING' });
  for (const each of impossible) {
    const after = corrected(each);
    expect(after).toMatchObject({ status: each.status, connection: each.connection });
    expect(after !== undefined && isPossible(after)).toBe(true);
  }
  for (const each of POSSIBLE) expect(corrected(each)).toBeUndefined();
});

test('all 80 combinations require one action', () => {
  expect(ALL).toHaveLength(80);
  const counts: Record<string, number> = {};
  for (const each of ALL) counts[requiredAction(each)] = (counts[requiredAction(each)] ?? 0) + 1;
  expect(counts).toEqual({
    correct: 11,
    'clean-up': 12,
    suspend: 19,
    'test-connection': 10,
    'await-test': 10,
    'alert-connection': 4,
    'retry-connection': 4,
    'first-sync': 2,
    'await-sync': 2,
    none: 2,
    reconcile: 2,
    'retry-sync': 2,
  });
});

test.each([
  ['PLANNED', 'UNKNOWN', 'NEVER_SYNCED', 'test-connection'],
  ['PLANNED', 'CONNECTED', 'NEVER_SYNCED', 'first-sync'],
  ['ACTIVE', 'CONNECTED', 'IN_SYNC', 'none'],
  ['ACTIVE', 'CONNECTED', 'OUT_OF_SYNC', 'reconcile'],
  ['ACTIVE', 'FAILED', 'ERROR', 'alert-connection'],
  ['MAINTENANCE', 'FAILED', 'OUT_OF_SYNC', 'suspend'],
  ['DECOMMISSIONED', 'CONNECTED', 'ERROR', 'clean-up'],
] as const)('%s, %s, %s requires %s', (status, connection, sync, action) => {
  expect(requiredAction({ status, connection, sync })).toBe(action);
});
