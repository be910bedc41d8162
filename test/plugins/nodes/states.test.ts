/**
 * The lifecycle of a node: all pairs of its states, those that a refresh can find, and the moves between two refreshes.
 */

import { describe, expect, it } from 'vitest';
import { tables } from '../../../plugins/nodes/generated.ts';
import {
  type Before,
  healthOf,
  type Health,
  MOST_FAILURES,
  type Seen,
  type Standing,
  stateOf,
  via,
} from '../../../plugins/nodes/state.ts';
import type { ProviderStatus } from '../../../plugins/nodes/world.ts';
import { type KindTables, stepTransition } from '#plugin';
import { movesBetween, moveOf } from '../../../src/engine/lifecycle.ts';
import fc from '../../support/property.ts';

const STATES = [
  'provisioning',
  'initializing',
  'ready',
  'active',
  'idle',
  'draining',
  'decommissioned',
  'unhealthy',
] as const satisfies readonly Seen[];

/** The transition table of the lifecycle, as required. */
const ALLOWED: Readonly<Record<Seen, readonly Seen[]>> = {
  provisioning: ['initializing', 'unhealthy', 'decommissioned'],
  initializing: ['ready', 'unhealthy', 'decommissioned'],
  ready: ['active', 'idle', 'draining', 'unhealthy', 'decommissioned'],
  active: ['idle', 'unhealthy', 'draining'],
  idle: ['active', 'draining', 'unhealthy', 'decommissioned'],
  draining: ['decommissioned', 'unhealthy'],
  unhealthy: ['decommissioned', 'ready'],
  decommissioned: [],
};

const node: KindTables = tables.kinds.Node;
const PAIRS = STATES.flatMap((from) => STATES.map((to) => [from, to] as const));

describe('the table of moves', () => {
  it.each(PAIRS)('%s to %s', (from, to) => {
    const allowed = ALLOWED[from].includes(to);
    expect(moveOf(node, { machine: 'node', from, to, by: 'world' }).unlisted !== true).toBe(allowed);
    // Moves of fettle are part of it, and edits are not moves.
    if (from !== to && stepTransition(node, `${from}>${to}`) !== undefined) expect(allowed).toBe(true);
  });

  it('has all 64 pairs, and no step out of the last state', () => {
    expect(PAIRS).toHaveLength(64);
    expect(
      (node.machines['node']?.transitions ?? []).filter(({ from, by }) => from === 'decommissioned' && by === 'fettle'),
    ).toEqual([]);
  });

  it('ends a removal in absence: a decommissioned node leaves the state', () => {
    for (const from of ['provisioning', 'initializing', 'draining', 'unhealthy'] as const)
      expect(stepTransition(node, `${from}>decommissioned`)).toMatchObject({ settles: 'absent', destructive: true });
  });

  it('has no removal without the drain', () => {
    for (const from of ['ready', 'active', 'idle'] as const)
      expect(stepTransition(node, `${from}>decommissioned`)).toBeUndefined();
  });
});

const calm: Standing = {
  status: 'running',
  wanted: 'on',
  initialized: true,
  late: false,
  drained: false,
  system: false,
  probe: 'answered',
  failures: 0,
  containers: 0,
  containersEver: 0,
};

interface Case {
  readonly is: string;
  readonly standing: Partial<Standing>;
  readonly state: Seen;
  readonly health: Health;
}

const CASES: readonly Case[] = [
  {
    is: 'a system node, which is in use from its first look on',
    standing: { system: true, probe: 'none' },
    state: 'active',
    health: 'healthy',
  },
  {
    is: 'a system node that fails',
    standing: { system: true, before: 'active', probe: 'failed', failures: 5 },
    state: 'unhealthy',
    health: 'unhealthy',
  },
  { is: 'deleting', standing: { status: 'deleting', before: 'active' }, state: 'decommissioned', health: 'unknown' },
  {
    is: 'new and not running yet',
    standing: { status: 'initializing', initialized: false, probe: 'none' },
    state: 'provisioning',
    health: 'unknown',
  },
  {
    is: 'new and starting',
    standing: { status: 'starting', initialized: false, probe: 'none', before: 'provisioning' },
    state: 'provisioning',
    health: 'unknown',
  },
  {
    is: 'running, and never answered',
    standing: { initialized: false, probe: 'failed', before: 'provisioning' },
    state: 'initializing',
    health: 'unknown',
  },
  {
    is: 'running, and never answered in its time',
    standing: { initialized: false, probe: 'failed', late: true, before: 'initializing' },
    state: 'unhealthy',
    health: 'unhealthy',
  },
  {
    is: 'late, and answers after all',
    standing: { initialized: false, late: true, before: 'unhealthy' },
    state: 'ready',
    health: 'unhealthy',
  },
  { is: 'ready', standing: { before: 'initializing' }, state: 'ready', health: 'healthy' },
  { is: 'with containers', standing: { containers: 2, containersEver: 2 }, state: 'active', health: 'healthy' },
  { is: 'empty again', standing: { containersEver: 2, before: 'active' }, state: 'idle', health: 'healthy' },
  { is: 'empty, and its count was forgotten', standing: { before: 'idle' }, state: 'idle', health: 'healthy' },
  {
    is: 'drained',
    standing: { drained: true, containers: 1, containersEver: 1, before: 'active' },
    state: 'draining',
    health: 'healthy',
  },
  {
    is: 'without four answers',
    standing: { probe: 'failed', failures: MOST_FAILURES - 1, before: 'ready', healthBefore: 'healthy' },
    state: 'ready',
    health: 'healthy',
  },
  {
    is: 'without five answers',
    standing: { probe: 'failed', failures: MOST_FAILURES, before: 'ready', healthBefore: 'healthy' },
    state: 'unhealthy',
    health: 'unhealthy',
  },
  {
    is: 'unhealthy, and answers once',
    standing: { before: 'unhealthy', healthBefore: 'unhealthy', containersEver: 1 },
    state: 'idle',
    health: 'healthy',
  },
  {
    is: 'unhealthy, on again, and not answering yet',
    standing: { before: 'unhealthy', healthBefore: 'unhealthy', probe: 'failed', failures: 1 },
    state: 'unhealthy',
    health: 'unhealthy',
  },
  {
    is: 'unhealthy after it was drained, and answers',
    standing: { before: 'unhealthy', drained: true },
    state: 'unhealthy',
    health: 'healthy',
  },
  {
    is: 'off',
    standing: { status: 'off', before: 'active', containers: 3, containersEver: 3, probe: 'none' },
    state: 'unhealthy',
    health: 'unhealthy',
  },
  {
    is: 'stopping',
    standing: { status: 'stopping', before: 'idle', probe: 'none' },
    state: 'unhealthy',
    health: 'unhealthy',
  },
  {
    is: 'off as declared',
    standing: { status: 'off', wanted: 'off', before: 'idle', probe: 'none' },
    state: 'idle',
    health: 'unknown',
  },
  {
    is: 'made to be off',
    standing: { status: 'off', wanted: 'off', initialized: false, before: 'provisioning', probe: 'none' },
    state: 'initializing',
    health: 'unknown',
  },
  {
    is: 'being moved',
    standing: { status: 'migrating', before: 'active', containers: 1, probe: 'none' },
    state: 'active',
    health: 'unknown',
  },
  {
    is: 'being rebuilt',
    standing: { status: 'rebuilding', before: 'ready', probe: 'none' },
    state: 'ready',
    health: 'unknown',
  },
  {
    is: 'not known to its provider',
    standing: { status: 'unknown', before: 'unhealthy', probe: 'none' },
    state: 'unhealthy',
    health: 'unknown',
  },
  {
    is: 'starting again',
    standing: { status: 'starting', before: 'active', containers: 1, probe: 'none' },
    state: 'active',
    health: 'unknown',
  },
];

describe('the state', () => {
  it.each(CASES.map((each) => [each.is, each] as const))('is %s', (_is, { standing, state, health }) => {
    expect(stateOf({ ...calm, ...standing })).toBe(state);
    expect(healthOf({ ...calm, ...standing })).toBe(health);
  });

  it('is never in service again after a drain, for any observation', () => {
    fc.assert(
      fc.property(standings(), (standing) => {
        const state = stateOf({ ...standing, before: 'draining', drained: true, initialized: true });
        expect(['draining', 'unhealthy', 'decommissioned']).toContain(state);
      }),
    );
  });
});

function standings(): fc.Arbitrary<Standing> {
  const status = fc.constantFrom<ProviderStatus>(
    'running',
    'initializing',
    'starting',
    'stopping',
    'off',
    'deleting',
    'migrating',
    'rebuilding',
    'unknown',
  );
  const before = fc.option(fc.constantFrom<Before>(...STATES.filter((each) => each !== 'decommissioned')), {
    nil: undefined,
  });
  const more = fc.record({
    status,
    before,
    wanted: fc.constantFrom('on' as const, 'off' as const),
    initialized: fc.boolean(),
    late: fc.boolean(),
    drained: fc.boolean(),
    system: fc.boolean(),
    probe: fc.constantFrom('answered' as const, 'failed' as const, 'none' as const),
    failures: fc.nat(7),
    containers: fc.nat(2),
    containersEver: fc.nat(3),
  });
  // Impossible ones: in service and never ready, or drained and not recorded so.
  return more.map(({ before: was, ...rest }) => {
    const served = was === 'ready' || was === 'active' || was === 'idle' || was === 'draining';
    return {
      ...rest,
      ...(was === undefined ? {} : { before: was }),
      initialized: rest.initialized || served,
      drained: rest.drained || was === 'draining',
      late: rest.late && !served,
    };
  });
}

describe('two refreshes', () => {
  it('have only moves of the table between them, for any observation', () => {
    fc.assert(
      fc.property(standings(), (standing) => {
        const state = stateOf(standing);
        const from = standing.before ?? 'absent';
        const moves = movesBetween(node, { machine: 'node', from, to: state }, { via: via(standing.before, state) });
        const unlisted = moves.filter((move) => move.unlisted === true).map((move) => `${move.from}>${move.to}`);
        // Only another program deletes a node with containers.
        expect(unlisted.filter((move) => move !== 'active>decommissioned')).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  it('find the same state without a change between them', () => {
    fc.assert(
      fc.property(standings(), (standing) => {
        const state = stateOf(standing);
        if (state === 'decommissioned') return;
        const served = state === 'ready' || state === 'active' || state === 'idle' || state === 'draining';
        const again = stateOf({ ...standing, before: state, initialized: standing.initialized || served });
        expect(again).toBe(state);
      }),
      { numRuns: 2000 },
    );
  });
});
