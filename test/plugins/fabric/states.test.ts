/** States of a fabric: every transition, every combination, and any order of events. */

import { describe, expect, test } from 'vitest';
import type { Instant } from '#plugin';
import type { FabricRaw } from '../../../plugins/fabric/fabric/facts.ts';
import { fabricPolicy } from '../../../plugins/fabric/fabric/policy.ts';
import { fabricStanding } from '../../../plugins/fabric/fabric/standing.ts';
import {
  type Combination,
  CONNECTIONS,
  CREATED,
  isPossible,
  type Recorded,
  STATUSES,
  type Status,
  SYNCS,
  type Sync,
} from '../../../plugins/fabric/states/combination.ts';
import { corrected, type FabricEvent, MOVES, moved } from '../../../plugins/fabric/states/events.ts';
import {
  type AgentCourse,
  type Evidence,
  type Overdue,
  refreshed,
  type StatusCauses,
} from '../../../plugins/fabric/states/refreshed.ts';
import { requiredAction } from '../../../plugins/fabric/states/required-action.ts';
import fc from '../../support/property.ts';

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

const EVIDENCE: fc.Arbitrary<Evidence> = fc.record(
  {
    connection: fc.constantFrom('passed', 'failed', 'kept'),
    repositoryFailed: fc.boolean(),
    objects: fc
      .tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 }))
      .map(([total, differing]) => ({ total, differing: Math.min(total, differing) })),
    agents: fc.constantFrom('none', 'applied', 'pending', 'failing', 'silent'),
  },
  { requiredKeys: ['connection'] },
);
const CAUSES: fc.Arbitrary<StatusCauses> = fc.record({
  isMaintenanceDue: fc.boolean(),
  endsByItself: fc.boolean(),
  activates: fc.constantFrom('after-first-sync', 'now', 'by-row'),
});
const OVERDUE = fc.record({ test: fc.boolean(), sync: fc.boolean() });

test('a refresh of any combination gives a possible one, by allowed transitions alone', () => {
  fc.assert(
    fc.property(fc.constantFrom(...POSSIBLE), EVIDENCE, CAUSES, OVERDUE, (start, evidence, causes, overdue) => {
      const { state, ways } = refreshed(start, evidence, causes, overdue);
      expect(isPossible(state)).toBe(true);
      for (const part of ['status', 'connection', 'sync'] as const) {
        const way: readonly string[] = ways[part];
        expect([way[0], way.at(-1)]).toEqual([start[part], state[part]]);
        for (const [i, to] of way.slice(1).entries())
          expect(ALLOWED[part] as readonly string[]).toContain(`${way[i]} ${to}`);
      }
      // Only a row decommissions.
      if (start.status !== 'DECOMMISSIONED') expect(state.status).not.toBe('DECOMMISSIONED');
      if (evidence.connection === 'failed') expect(state.connection).toBe('FAILED');
      if (evidence.connection === 'passed') expect(state.connection).toBe('CONNECTED');
    }),
    { numRuns: 2000 },
  );
});

const QUIET: StatusCauses = { isMaintenanceDue: false, endsByItself: false, activates: 'by-row' };
const IN_TIME: Overdue = { test: false, sync: false };
const ALL_SAME = { total: 2, differing: 0 };
const ONE_DIFFERS = { total: 2, differing: 1 };

test.each<readonly [string, Sync, Evidence, Overdue, readonly Sync[]]>([
  ['a first sync', 'NEVER_SYNCED', seenAs(ALL_SAME, 'applied'), IN_TIME, ['NEVER_SYNCED', 'SYNCING', 'IN_SYNC']],
  ['a fabric without Agents', 'OUT_OF_SYNC', seenAs(ALL_SAME, 'none'), IN_TIME, ['OUT_OF_SYNC', 'SYNCING', 'IN_SYNC']],
  ['no sync before its objects exist', 'NEVER_SYNCED', seenAs(ONE_DIFFERS, 'applied'), IN_TIME, ['NEVER_SYNCED']],
  ['no sync without objects', 'NEVER_SYNCED', seenAs({ total: 0, differing: 0 }, 'none'), IN_TIME, ['NEVER_SYNCED']],
  ['drift', 'IN_SYNC', seenAs(ONE_DIFFERS, 'applied'), IN_TIME, ['IN_SYNC', 'OUT_OF_SYNC']],
  ['pending Agents', 'OUT_OF_SYNC', seenAs(ALL_SAME, 'pending'), IN_TIME, ['OUT_OF_SYNC', 'SYNCING']],
  ['Agents that still work', 'SYNCING', seenAs(ALL_SAME, 'pending'), IN_TIME, ['SYNCING']],
  [
    'Agents over their deadline',
    'SYNCING',
    seenAs(ALL_SAME, 'pending'),
    { test: false, sync: true },
    ['SYNCING', 'ERROR'],
  ],
  ['a failed sync stays failed', 'ERROR', seenAs(ALL_SAME, 'pending'), IN_TIME, ['ERROR']],
  ['a failed sync that recovers', 'ERROR', seenAs(ALL_SAME, 'applied'), IN_TIME, ['ERROR', 'SYNCING', 'IN_SYNC']],
  ['a failed sync with drift', 'ERROR', seenAs(ONE_DIFFERS, 'applied'), IN_TIME, ['ERROR']],
  ['a failing Agent', 'IN_SYNC', seenAs(ALL_SAME, 'failing'), IN_TIME, ['IN_SYNC', 'SYNCING', 'ERROR']],
  ['a silent Agent', 'SYNCING', seenAs(ALL_SAME, 'silent'), IN_TIME, ['SYNCING', 'ERROR']],
  [
    'drift during a sync that ended',
    'SYNCING',
    seenAs(ONE_DIFFERS, 'applied'),
    IN_TIME,
    ['SYNCING', 'IN_SYNC', 'OUT_OF_SYNC'],
  ],
  [
    'a sync whose end no refresh shows',
    'SYNCING',
    { connection: 'passed' },
    { test: false, sync: true },
    ['SYNCING', 'ERROR'],
  ],
  ['a lost connection', 'IN_SYNC', { connection: 'failed' }, IN_TIME, ['IN_SYNC', 'OUT_OF_SYNC']],
  [
    'a repository that cannot be read',
    'SYNCING',
    { ...seenAs(ALL_SAME, 'applied'), repositoryFailed: true },
    IN_TIME,
    ['SYNCING', 'ERROR'],
  ],
])('the sync after a refresh: %s', (_case, sync, evidence, overdue, way) => {
  const start = { status: 'ACTIVE', connection: 'CONNECTED', sync } as Combination;
  expect(refreshed(start, evidence, QUIET, overdue).ways.sync).toEqual(way);
});

function seenAs(objects: NonNullable<Evidence['objects']>, agents: AgentCourse): Evidence {
  return { connection: 'passed', objects, agents };
}

test.each<readonly [Status, Partial<StatusCauses>, Sync, readonly Status[]]>([
  ['ACTIVE', { isMaintenanceDue: true }, 'IN_SYNC', ['ACTIVE', 'MAINTENANCE']],
  ['PLANNED', { isMaintenanceDue: true }, 'NEVER_SYNCED', ['PLANNED']],
  ['MAINTENANCE', { endsByItself: true }, 'IN_SYNC', ['MAINTENANCE', 'ACTIVE']],
  ['MAINTENANCE', {}, 'IN_SYNC', ['MAINTENANCE']],
  ['PLANNED', { activates: 'now' }, 'NEVER_SYNCED', ['PLANNED', 'ACTIVE']],
  ['PLANNED', { activates: 'after-first-sync' }, 'IN_SYNC', ['PLANNED', 'ACTIVE']],
  ['PLANNED', { activates: 'after-first-sync' }, 'NEVER_SYNCED', ['PLANNED']],
  ['PLANNED', { activates: 'now', isMaintenanceDue: true }, 'IN_SYNC', ['PLANNED', 'ACTIVE', 'MAINTENANCE']],
  ['DECOMMISSIONED', { activates: 'now', isMaintenanceDue: true, endsByItself: true }, 'ERROR', ['DECOMMISSIONED']],
])('the status %s with %j and %s', (status, causes, sync, way) => {
  const start = { status, connection: 'CONNECTED', sync } as Combination;
  const after = refreshed(start, { connection: 'passed' }, { ...QUIET, ...causes }, IN_TIME);
  expect(after.ways.status).toEqual(way);
});

test('a test that was interrupted ends by its deadline', () => {
  const start = { status: 'ACTIVE', connection: 'TESTING', sync: 'IN_SYNC' } as const;
  const after = refreshed(start, { connection: 'kept' }, QUIET, { test: true, sync: false });
  expect(after.state).toEqual({ status: 'ACTIVE', connection: 'FAILED', sync: 'OUT_OF_SYNC' });
  expect(refreshed(start, { connection: 'kept' }, QUIET, IN_TIME).state).toEqual(start);
});

const FAILING = { name: 'leaf-1', course: 'failing', words: 'the apply failed' } as const;

test.each<readonly [string, Sync, Partial<FabricRaw>, Instant, string]>([
  ['a failing Agent', 'SYNCING', { ...seenAs(ALL_SAME, 'failing'), switches: [FAILING] }, 0, '(HH-STATE-020)'],
  ['a deadline', 'SYNCING', seenAs(ALL_SAME, 'pending'), 600_000, '(HH-STATE-005)'],
  ['a lost connection', 'SYNCING', { connection: 'failed' }, 0, '(HH-STATE-023)'],
  [
    'a repository that cannot be read',
    'SYNCING',
    { ...seenAs(ALL_SAME, 'pending'), repositoryFailed: true },
    0,
    '(HH-STATE-011)',
  ],
  ['the wait of an apply', 'SYNCING', { ...seenAs(ALL_SAME, 'failing'), syncFailure: 'late (X)' }, 0, 'late (X)'],
])('a failed sync has the code of its reason: %s', (_case, sync, evidence, now, words) => {
  const memory = {
    state: 'ACTIVE',
    others: { connection: 'CONNECTED', sync },
    kept: { sync_since: new Date(0).toISOString() },
  } as unknown as Parameters<typeof fabricStanding>[2];
  const ref = { plugin: 'fabric', kind: 'Fabric', name: 'prod' };
  const raw = { connection: 'kept', ...evidence } satisfies FabricRaw;
  const seen = { ref, facts: { server: 'https://127.0.0.1' }, raw, at: now };
  const { others, signals } = fabricStanding(fabricPolicy(undefined, undefined), seen, memory, now);
  expect(others?.['sync']).toBe('ERROR');
  expect(signals?.['sync_error']).toContain(words);
});
