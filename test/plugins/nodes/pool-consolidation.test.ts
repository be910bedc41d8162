/**
 * Consolidation and migration: the containers that can move, their targets, the savings; every condition at its exact
 * border.
 */

import { describe, expect, it } from 'vitest';
import {
  CONSOLIDATION,
  type Consolidation,
  type ConsolidationInput,
  consolidate,
  MOST_MOVES,
  quietSince,
} from '../../../plugins/nodes/pool/consolidation.ts';
import type { Fleet, PoolContainer, PoolNode } from '../../../plugins/nodes/pool/fleet.ts';
import { empty, roomOn, whyFixed } from '../../../plugins/nodes/pool/migration.ts';
import fc from '../../support/property.ts';

const MINUTE = 60_000;
const NOW = 1000 * MINUTE;

function container(id: string, more: Partial<PoolContainer> = {}): PoolContainer {
  return { id, mb: 500, tier: 'small', players: 0, since: NOW - 600 * MINUTE, ...more };
}

function node(name: string, containers: readonly PoolContainer[] = [], more: Partial<PoolNode> = {}): PoolNode {
  return {
    name,
    phase: 'serving',
    ramMb: 4000,
    allocatedMb: containers.reduce((sum, { mb }) => sum + mb, 0),
    containers,
    hourly: 0.1,
    initializedAt: NOW - 700 * MINUTE,
    ...(containers.length === 0 ? { emptySince: NOW - 500 * MINUTE } : {}),
    ...more,
  };
}

interface More {
  readonly policy?: Partial<ConsolidationInput['policy']>;
  readonly queue?: Fleet['queue'];
  readonly min?: number;
  readonly fixed?: ReadonlyMap<string, string>;
}

function asked(nodes: readonly PoolNode[], more: More = {}): ConsolidationInput {
  return {
    fleet: { nodes, queue: more.queue ?? { count: 0, mb: 0 } },
    policy: { ...CONSOLIDATION, ...more.policy },
    min: more.min ?? 0,
    upPercent: 85,
    currency: 'EUR',
    fixed: more.fixed ?? new Map(),
    now: NOW,
  };
}

function planned(nodes: readonly PoolNode[], more: More = {}): Consolidation {
  const found = consolidate(asked(nodes, more));
  if (!('plan' in found)) throw new Error(`no plan: ${found.why}; ${JSON.stringify(found.kept)}`);
  return found.plan;
}

function refused(nodes: readonly PoolNode[], more: More = {}): string {
  const found = consolidate(asked(nodes, more));
  return 'why' in found ? found.why : `a plan: ${found.plan.going.join(', ')}`;
}

function keptBy(nodes: readonly PoolNode[], name: string, more: More = {}): string | undefined {
  const found = consolidate(asked(nodes, more));
  return ('plan' in found ? found.plan : found).kept.find((each) => each.name === name)?.why;
}

describe('the containers that can move', () => {
  it.each<[Pick<PoolContainer, 'tier' | 'players'>, string | undefined]>([
    [{ tier: 'micro', players: 0 }, undefined],
    [{ tier: 'micro', players: 5 }, undefined],
    [{ tier: 'micro', players: 6 }, 'micro with 6 players; the limit is 5'],
    [{ tier: 'small', players: 5 }, undefined],
    [{ tier: 'small', players: 6 }, 'small with 6 players; the limit is 5'],
    [{ tier: 'medium', players: 0 }, undefined],
    [{ tier: 'medium', players: 1 }, 'medium with 1 player; the limit is 0'],
    [{ tier: 'large', players: 0 }, 'large is never moved'],
    [{ tier: 'xlarge', players: 0 }, 'xlarge is never moved'],
    [{ tier: 'Small', players: 0 }, 'Small is never moved'],
    [{ players: 0 }, 'the tier is unknown'],
    [{ tier: 'micro' }, 'micro, and the number of connected players is unknown'],
    [{ tier: 'medium' }, 'medium, and the number of connected players is unknown'],
    [{ tier: 'large' }, 'large is never moved'],
  ])('%o: %o', (one, expected) => {
    expect(whyFixed(one)).toBe(expected);
  });
});

describe('emptying a node', () => {
  it('places the largest first, on the node that fits best', () => {
    const from = node('a', [container('x', { mb: 100 }), container('y', { mb: 900 })]);
    const room = new Map([
      ['a', 3000],
      ['b', 1000],
      ['c', 950],
      ['d', 899],
    ]);
    const found = empty(from, room);
    expect(found).toEqual({
      moves: [
        { container: 'y', mb: 900, from: 'a', to: 'c' },
        { container: 'x', mb: 100, from: 'a', to: 'd' },
      ],
      room: new Map([
        ['b', 1000],
        ['c', 50],
        ['d', 799],
      ]),
    });
  });

  it.each<[string, PoolNode, ReadonlyMap<string, number>, string]>([
    [
      'one that must not move',
      node('a', [container('x', { tier: 'large' })]),
      new Map([['b', 9000]]),
      'container x stays: large is never moved',
    ],
    [
      'no room by one MB',
      node('a', [container('x')]),
      new Map([['b', 499]]),
      'no other node has 500 MB free for container x',
    ],
    [
      'room on itself alone',
      node('a', [container('x')]),
      new Map([['a', 9000]]),
      'no other node has 500 MB free for container x',
    ],
    [
      'memory without a container',
      node('a', [container('x')], { allocatedMb: 501 }),
      new Map([['b', 9000]]),
      '1 MB are not allocated to a listed container',
    ],
  ])('is not possible with %s', (_what, from, room, why) => {
    expect(empty(from, room)).toEqual({ why });
  });

  it('uses exactly the free room', () => {
    expect(empty(node('a', [container('x')]), new Map([['b', 500]]))).toMatchObject({ room: new Map([['b', 0]]) });
  });

  it('never uses more than the room, and moves each container once', () => {
    const some = fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 8 });
    fc.assert(
      fc.property(some, fc.array(some, { minLength: 1, maxLength: 5 }), (own, others) => {
        const from = node(
          'a',
          own.map((mb, i) => container(`x${i}`, { mb })),
        );
        const targets = others.map((sizes, i) =>
          node(
            `b${i}`,
            sizes.map((mb, j) => container(`b${i}-${j}`, { mb })),
            { ramMb: 4000 },
          ),
        );
        const found = empty(from, roomOn([from, ...targets]));
        if ('why' in found) return;
        expect(found.moves.map((move) => move.container).sort()).toEqual(from.containers.map(({ id }) => id).sort());
        for (const target of targets) {
          const arriving = found.moves.filter(({ to }) => to === target.name).reduce((sum, { mb }) => sum + mb, 0);
          // A source can list more on a node than fits; nothing is added to that.
          expect(arriving === 0 ? 0 : target.allocatedMb + arriving).toBeLessThanOrEqual(target.ramMb ?? 0);
        }
      }),
    );
  });
});

describe('the time since the last container', () => {
  it.each<[string, PoolNode, number | undefined]>([
    ['empty', node('a', [], { emptySince: 7 }), 7],
    ['empty, since an unknown time', { name: 'a', phase: 'serving', allocatedMb: 0, containers: [] }, undefined],
    ['the newest container', node('a', [container('x', { since: 5 }), container('y', { since: 9 })]), 9],
    ['one with an unknown time', node('a', [container('x', { since: 5 }), { id: 'y', mb: 1 }]), undefined],
  ])('%s', (_what, one, since) => {
    expect(quietSince(one)).toBe(since);
  });
});

describe('a consolidation', () => {
  const two = [node('a', [container('x')]), node('b', [container('y'), container('z')])];

  it('empties the least used node, and names its savings', () => {
    expect(planned(two)).toEqual({
      going: ['a'],
      moves: [{ container: 'x', mb: 500, from: 'a', to: 'b' }],
      kept: [{ name: 'b', why: 'containers are moved to the node' }],
      savings: 0.1,
      before: 18.8,
      after: 37.5,
    });
  });

  it('removes an empty node without a move', () => {
    expect(planned([node('a'), node('b', [container('y')])])).toMatchObject({ going: ['a'], moves: [] });
  });

  it('removes as many as possible', () => {
    const found = planned([
      node('a'),
      node('b', [container('x')]),
      node('c', [container('y')]),
      node('d', [container('z', { mb: 2000 })]),
    ]);
    expect(found.going).toEqual(['a', 'c', 'b']);
    expect(found.moves.map(({ to }) => to)).toEqual(['d', 'd']);
  });

  it.each<[string, readonly PoolNode[], More, string]>([
    ['a queue', two, { queue: { count: 1, mb: 0 } }, '1 container waits in the queue'],
    ['two in the queue', two, { queue: { count: 2, mb: 5 } }, '2 containers wait in the queue'],
    ['a node that is starting', [...two, node('c', [], { phase: 'starting' })], {}, '1 node still starting'],
    ['a node that is not made yet', [...two, node('c', [], { phase: 'planned' })], {}, '1 node still starting'],
    ['one node', two.slice(0, 1), {}, '1 node in service; minNodes is 2'],
    ['two where three are asked for', two, { policy: { minNodes: 3 } }, '2 nodes in service; minNodes is 3'],
    ['an unobserved node', [...two, node('c', [], { phase: 'unseen' })], {}, 'unknown: the containers of c'],
    [
      'a fleet that is full',
      [node('a', [container('x', { mb: 2801 })]), node('b', [container('y', { mb: 2800 })])],
      {},
      '70 % of the memory is allocated; maxUtilization is 70 %',
    ],
  ])('does not begin with %s', (_what, nodes, more, why) => {
    expect(refused(nodes, more)).toBe(why);
  });

  it('begins exactly at its share of the memory', () => {
    // 2800 of 4000 each: 70 %, so it searches, and finds no room.
    const full = [node('a', [container('x', { mb: 2800 })]), node('b', [container('y', { mb: 2800 })])];
    expect(refused(full)).toBe('no node of the pool can be removed');
    expect(keptBy(full, 'a')).toContain('140 % of the remaining memory would be allocated');
  });

  it.each<[string, Partial<PoolNode>, string | undefined]>([
    ['up for exactly 30 min', { initializedAt: NOW - 30 * MINUTE }, undefined],
    ['up for 1 ms less', { initializedAt: NOW - 30 * MINUTE + 1 }, 'the node has been up for 29 min; minUptime is 30m'],
    ['fresh, of 5 min', { initializedAt: NOW - 5 * MINUTE }, 'the node has been up for 5 min; minUptime is 30m'],
    ['empty for exactly 15 min', { emptySince: NOW - 15 * MINUTE }, undefined],
    [
      'empty for 1 ms less',
      { emptySince: NOW - 15 * MINUTE + 1 },
      'the node has received no container for 14 min; minIdle is 15m',
    ],
    [
      'empty for 2 min',
      { emptySince: NOW - 2 * MINUTE },
      'the node has received no container for 2 min; minIdle is 15m',
    ],
  ])('ignores a node that is %s', (_what, more, why) => {
    const nodes = [node('a', [], more), node('b', [container('y', { tier: 'large' })])];
    expect(keptBy(nodes, 'a')).toBe(why);
    if (why === undefined) expect(planned(nodes).going).toEqual(['a']);
    else expect(refused(nodes)).toBe('no node of the pool can be removed');
  });

  it.each<[string, number, string | undefined]>([
    ['exactly 15 min ago', 15 * MINUTE, undefined],
    ['1 ms later', 15 * MINUTE - 1, 'the node has received no container for 14 min; minIdle is 15m'],
  ])('ignores a node to which a container came %s', (_what, ago, why) => {
    expect(
      keptBy([node('a', [container('x', { since: NOW - ago })]), node('b', [container('y', { mb: 900 })])], 'a'),
    ).toBe(why);
  });

  it.each<[string, Omit<PoolNode, 'name'>, string]>([
    [
      'since when it is up',
      { phase: 'serving', ramMb: 4000, allocatedMb: 0, containers: [], hourly: 1, emptySince: 0 },
      'the start time of the node is unknown',
    ],
    [
      'since when it is empty',
      { phase: 'serving', ramMb: 4000, allocatedMb: 0, containers: [], hourly: 1, initializedAt: 0 },
      'the time of the last container of the node is unknown',
    ],
    [
      'what it costs',
      { phase: 'serving', ramMb: 4000, allocatedMb: 0, containers: [], initializedAt: 0, emptySince: 0 },
      'the price is unknown',
    ],
  ])('keeps a node with unknown %s', (_what, one, why) => {
    expect(keptBy([{ name: 'a', ...one }, node('b', [container('y')])], 'a')).toBe(why);
  });

  it('begins at exactly its savings', () => {
    const nodes = (hourly: number) => [node('a', [], { hourly }), node('b', [container('y')])];
    expect(planned(nodes(0.1)).savings).toBe(0.1);
    expect(refused(nodes(0.0999999999))).toBe(
      'a could be removed, which would save €0.1000 an hour; minSavings is €0.1000',
    );
    expect(refused(nodes(0.045))).toBe('a could be removed, which would save €0.0450 an hour; minSavings is €0.1000');
    expect(planned(nodes(0.045), { policy: { minSavingsHourly: 0.045 } }).going).toEqual(['a']);
  });

  it('adds up the savings of several nodes, without rounding in between', () => {
    const cheap = (name: string) => node(name, [], { hourly: 0.0333333333 });
    const nodes = [cheap('a'), cheap('b'), cheap('c'), node('d', [container('y')])];
    expect(planned(nodes, { policy: { minSavingsHourly: 0.0999999999 } }).going).toHaveLength(3);
    const tenths = Array.from({ length: 10 }, (_, i) => node(`n${i}`, [], { hourly: 0.01 }));
    expect(planned([...tenths, node('z', [container('y')])]).going).toHaveLength(10);
  });

  it('keeps one node while there are containers, and none without', () => {
    const bare = [node('a'), node('b')];
    expect(planned(bare).going).toEqual(['b', 'a']);
    const held = [node('a', [container('x', { mb: 10 })]), node('b', [container('y', { mb: 10 })])];
    expect(planned(held).going).toHaveLength(1);
    // Containers on a node that is off need a place too.
    const off = [...bare, node('c', [container('x')], { phase: 'unhealthy' })];
    expect(planned(off).going).toEqual(['b']);
    expect(keptBy(off, 'a')).toBe('the pool must keep 1 node');
  });

  it('keeps the minimum of the pool', () => {
    const nodes = [node('a'), node('b'), node('c', [container('y')])];
    expect(planned(nodes, { min: 2 }).going).toEqual(['b']);
    expect(keptBy(nodes, 'a', { min: 2 })).toBe('the pool must keep 2 nodes');
    expect(refused(nodes, { min: 3 })).toBe('no node of the pool can be removed');
  });

  it('leaves enough room, exactly up to the growth threshold of the pool', () => {
    const nodes = (mb: number) => [node('a'), node('b', [container('y', { mb })])];
    expect(planned(nodes(3400)).after).toBe(85);
    expect(keptBy(nodes(3401), 'a')).toBe('85 % of the remaining memory would be allocated; scaling.up is 85 %');
  });

  it('moves at most the number that the state can hold', () => {
    const small = (count: number) => Array.from({ length: count }, (_, i) => container(`s${i}`, { mb: 1 }));
    const nodes = (count: number) => [node('a', small(count)), node('b', [container('y', { tier: 'large' })])];
    expect(planned(nodes(MOST_MOVES)).moves).toHaveLength(MOST_MOVES);
    expect(keptBy(nodes(MOST_MOVES + 1), 'a')).toBe('more than 50 containers would be moved at once');
  });

  it('never removes a node that must stay', () => {
    const fixed = new Map([['a', 'it is a system node']]);
    expect(keptBy([node('a'), node('b', [container('y')])], 'a', { fixed })).toBe('it is a system node');
  });

  it('keeps its promises in any fleet', () => {
    const anyContainer = fc.record({
      mb: fc.integer({ min: 1, max: 1500 }),
      tier: fc.constantFrom('micro', 'small', 'medium', 'large'),
      players: fc.integer({ min: 0, max: 7 }),
      since: fc.integer({ min: NOW - 40 * MINUTE, max: NOW }),
    });
    const anyNode = fc.record({
      phase: fc.constantFrom(
        'serving' as const,
        'serving' as const,
        'serving' as const,
        'leaving' as const,
        'unhealthy' as const,
      ),
      containers: fc.array(anyContainer, { maxLength: 3 }),
      hourly: fc.constantFrom(0.005, 0.05, 0.2),
      initializedAt: fc.integer({ min: NOW - 90 * MINUTE, max: NOW }),
      emptySince: fc.integer({ min: NOW - 40 * MINUTE, max: NOW }),
    });
    fc.assert(
      fc.property(fc.array(anyNode, { minLength: 1, maxLength: 6 }), fc.integer({ min: 0, max: 2 }), (rows, min) => {
        const nodes = rows.map((row, i) =>
          node(
            `n${i}`,
            row.containers.map((each, j) => container(`n${i}-c${j}`, each)),
            { phase: row.phase, hourly: row.hourly, initializedAt: row.initializedAt, emptySince: row.emptySince },
          ),
        );
        const found = consolidate(asked(nodes, { min }));
        if (!('plan' in found)) return;
        const { going, moves, savings } = found.plan;
        const gone = nodes.filter(({ name }) => going.includes(name));
        const left = nodes.filter(({ name, phase }) => phase === 'serving' && !going.includes(name));
        expect(left.length).toBeGreaterThanOrEqual(min);
        if (nodes.some(({ containers }) => containers.length > 0)) expect(left.length).toBeGreaterThan(0);
        expect(savings).toBeGreaterThanOrEqual(0.1 - 1e-9);
        expect(moves.map((move) => move.container).sort()).toEqual(
          gone.flatMap(({ containers }) => containers.map(({ id }) => id)).sort(),
        );
        for (const each of gone) {
          expect(each.phase).toBe('serving');
          expect(NOW - (each.initializedAt ?? NOW)).toBeGreaterThanOrEqual(30 * MINUTE);
          for (const one of each.containers) expect(whyFixed(one)).toBeUndefined();
        }
        for (const target of left) {
          const arriving = moves.filter(({ to }) => to === target.name).reduce((sum, { mb }) => sum + mb, 0);
          expect(arriving === 0 ? 0 : target.allocatedMb + arriving).toBeLessThanOrEqual(target.ramMb ?? 0);
        }
        for (const move of moves) expect(left.some(({ name }) => name === move.to)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
