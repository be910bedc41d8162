/** Decisions of a pool: the first of all possible steps, and its blockers. */

import { describe, expect, it } from 'vitest';
import { CONSOLIDATION } from '../../../plugins/nodes/pool/consolidation.ts';
import {
  cooldownOf,
  decide,
  type Decision,
  type Member,
  type Remembered,
  type Situation,
  unmetGrowth,
} from '../../../plugins/nodes/pool/decide.ts';
import type { NodePhase, PoolContainer, PoolNode } from '../../../plugins/nodes/pool/fleet.ts';
import { nameOf } from '../../../plugins/nodes/pool/names.ts';
import { REACTIVE } from '../../../plugins/nodes/pool/reactive.ts';
import fc from '../../support/property.ts';

const MINUTE = 60_000;
const NOW = 10_000 * MINUTE;
const GB4 = 4096;

function member(
  number: number,
  mb = 0,
  more: Partial<Omit<Member, 'node'>> & { readonly node?: Partial<PoolNode> } = {},
): Member {
  const containers: readonly PoolContainer[] =
    mb === 0 ? [] : [{ id: `c${number}`, mb, tier: 'small', players: 0, since: NOW - 300 * MINUTE }];
  const { node, ...rest } = more;
  return {
    isMember: true,
    ...rest,
    node: {
      name: nameOf('web', number),
      phase: 'serving',
      ramMb: GB4,
      allocatedMb: mb,
      containers,
      hourly: 0.2,
      initializedAt: NOW - 500 * MINUTE,
      ...(mb === 0 ? { emptySince: NOW - 400 * MINUTE } : {}),
      ...node,
    },
  };
}

function remembered(members: readonly number[], more: Partial<Remembered> = {}): Remembered {
  return { members, next: Math.max(0, ...members) + 1, scaled: {}, going: [], moves: [], ...more };
}

function situation(nodes: readonly Member[], more: Partial<Situation> = {}): Situation {
  return {
    prefix: 'web',
    min: 1,
    max: 10,
    scaling: REACTIVE,
    upPercent: 85,
    removalsAtOnce: 1,
    currency: 'EUR',
    remembered: remembered(
      nodes.filter(({ isMember }) => isMember).map(({ node }) => Number(node.name.slice('web-'.length))),
    ),
    found: [],
    isTaken: () => false,
    nodes,
    queue: { count: 0, mb: 0 },
    queueHere: { count: 0, mb: 0 },
    migrates: true,
    failedMoves: new Map(),
    now: NOW,
    ...more,
  };
}

function without<T extends object>(object: T, ...keys: readonly (keyof T)[]): T {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key as keyof T))) as T;
}

const waiting = (count: number, mb: number) => ({ queue: { count, mb }, queueHere: { count, mb } });

function shown(decision: Decision | undefined): unknown {
  if (decision === undefined) return undefined;
  const { kind, by, added, gone, numbers } = decision;
  return { kind, by, added, gone, members: numbers.members };
}

describe('a pool that never began', () => {
  it.each<[string, Partial<Situation>, unknown]>([
    [
      'begins with as many as it has to have',
      { min: 3, max: 3 },
      { kind: 'begin', by: 'document', added: [1, 2, 3], gone: [], members: [1, 2, 3] },
    ],
    [
      'takes what is there',
      { min: 2, found: [4, 7] },
      { kind: 'begin', by: 'document', added: [4, 7], gone: [], members: [4, 7] },
    ],
    [
      'takes all that is there, however many',
      { min: 1, max: 1, found: [4, 7] },
      { kind: 'begin', by: 'document', added: [4, 7], gone: [], members: [4, 7] },
    ],
    [
      'adds what is missing, above what is there',
      { min: 3, found: [4, 7] },
      { kind: 'begin', by: 'document', added: [4, 7, 8], gone: [], members: [4, 7, 8] },
    ],
    [
      'passes over names that are taken',
      { min: 2, isTaken: (name) => name === 'web-1' },
      { kind: 'begin', by: 'document', added: [2, 3], gone: [], members: [2, 3] },
    ],
    ['is empty where it may be', { min: 0 }, undefined],
    [
      'grows from nothing when something waits',
      { min: 0, ...waiting(1, 100) },
      { kind: 'grow', by: 'reactive', added: [1], gone: [], members: [1] },
    ],
  ])('%s', (_what, more, expected) => {
    expect(shown(decide(without(situation([], more), 'remembered')))).toEqual(expected);
  });
});

describe('size', () => {
  const fixed = (size: number, nodes: readonly Member[], more: Partial<Situation> = {}) =>
    decide(without(situation(nodes, { min: size, max: size, ...more }), 'scaling'));

  it('that is right needs no step, at any use', () => {
    expect(fixed(2, [member(1), member(2)])).toBeUndefined();
    expect(fixed(2, [member(1, 4000), member(2, 4000)], waiting(9, 9000))).toBeUndefined();
  });

  it('grows by all missing members', () => {
    expect(shown(fixed(4, [member(1), member(5)]))).toEqual({
      kind: 'grow',
      by: 'document',
      added: [6, 7],
      gone: [],
      members: [1, 5, 6, 7],
    });
  });

  it('shrinks by the best candidates, as many as can leave at once', () => {
    const nodes = [
      member(1),
      member(2, 100, { refusal: { rule: 'has-containers', message: '' } }),
      member(3),
      member(4),
    ];
    expect(shown(fixed(2, nodes))).toMatchObject({ kind: 'shrink', gone: [4] });
    expect(shown(fixed(2, nodes, { removalsAtOnce: 5 }))).toMatchObject({ gone: [4, 3], members: [1, 2] });
    expect(shown(fixed(1, nodes, { removalsAtOnce: 5 }))).toMatchObject({ gone: [4, 3, 1], members: [2] });
  });

  it('names the first to become removable if none is', () => {
    const young = (number: number, clearsAt: number) =>
      member(number, 0, { refusal: { rule: 'too-young', message: 'young', clearsAt } });
    expect(shown(fixed(1, [young(1, 70), young(2, 60), young(3, 80)], { removalsAtOnce: 5 }))).toMatchObject({
      gone: [2],
    });
  });

  it('removes one without a server first', () => {
    expect(shown(fixed(1, [member(1), member(2, 0, { node: { phase: 'planned' } })]))).toMatchObject({ gone: [2] });
  });
});

describe('a member whose disk is full', () => {
  const full = (number: number, mb = 0) => member(number, mb, { isFull: true });

  it('does not count as a member, so that another one is created first', () => {
    expect(decide(situation([member(1, 1500), full(2, 1500)], { min: 2, max: 2 }))).toMatchObject({
      kind: 'grow',
      by: 'document',
      because: 'The pool has 1 node in addition to web-2, whose disk is full; its minimum is 2',
      added: [3],
    });
  });

  it('does not shrink the pool once that one exists', () => {
    expect(decide(situation([member(1, 1500), full(2, 1500), member(3, 1500)], { min: 2, max: 2 }))).toBeUndefined();
  });

  it('has no room for waiting workloads', () => {
    const so = situation([member(1, 3000), full(2)], { max: 2, ...waiting(1, 600) });
    expect(shown(decide(so))).toMatchObject({ kind: 'grow', by: 'reactive', added: [3] });
  });
});

describe('the reactive policy', () => {
  it.each<[string, Situation, unknown]>([
    ['grows by one', situation([member(1, 4000)]), { kind: 'grow', by: 'reactive', added: [2], gone: [] }],
    [
      'grows at once from nothing',
      situation([], { min: 0, remembered: remembered([], { next: 9 }), ...waiting(3, 9000) }),
      { kind: 'grow', by: 'reactive', added: [9], gone: [] },
    ],
    [
      'has what is starting in mind',
      situation([member(1, 4000), member(2, 0, { node: { phase: 'starting' } })]),
      undefined,
    ],
    [
      'has what is not made yet in mind',
      situation([member(1, 4000), member(2, 0, { node: { phase: 'planned' } })]),
      undefined,
    ],
    ['stops at its most', situation([member(1, 4000)], { max: 1 }), undefined],
    [
      'shrinks by one',
      situation([member(1, 100), member(2), member(3)]),
      { kind: 'shrink', by: 'reactive', added: [], gone: [3] },
    ],
    ['stops at its least', situation([member(1), member(2)], { min: 2 }), undefined],
    ['does nothing in between', situation([member(1, 2000), member(2, 2000)]), undefined],
    [
      'does nothing where a node is not seen',
      situation([member(1), member(2, 0, { node: { phase: 'unseen' } })]),
      undefined,
    ],
    ['does nothing without the queue', without(situation([member(1), member(2)]), 'queue', 'queueHere'), undefined],
    [
      'counts what runs on nodes that leave',
      situation([member(1, 2000), member(2, 0), member(3, 1900, { isMember: false })]),
      undefined,
    ],
    [
      'does not count the room of nodes that leave',
      situation([member(1, 3500), member(3, 0, { isMember: false })]),
      { kind: 'grow', by: 'reactive', added: [2], gone: [] },
    ],
  ])('%s', (_what, so, expected) => {
    const found = shown(decide(so));
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(expected as object);
  });

  it('ignores a blocked step, and lets a consolidation follow', () => {
    const nodes = [member(1, 600), member(2, 300), member(3, 100)];
    expect(decide(situation(nodes))).toBeUndefined();
    expect(decide(situation(nodes, { consolidation: CONSOLIDATION }))?.kind).toBe('consolidate');
    // One that is young, or has been empty for too short a time, is awaited.
    const young = member(4, 0, { refusal: { rule: 'too-young', message: 'x', clearsAt: NOW + 1 } });
    expect(decide(situation([...nodes, young], { consolidation: CONSOLIDATION }))).toMatchObject({
      kind: 'shrink',
      gone: [4],
    });
  });

  it('never assigns the name of a node that is still leaving', () => {
    const so = situation([member(1, 3500), member(2, 0, { isMember: false })], { isTaken: (name) => name === 'web-2' });
    expect(shown(decide(so))).toMatchObject({ added: [3] });
  });

  it('needs its minimum first', () => {
    expect(shown(decide(situation([member(1)], { min: 3 })))).toEqual({
      kind: 'grow',
      by: 'document',
      added: [2, 3],
      gone: [],
      members: [1, 2, 3],
    });
  });

  it('names the step that it would take if it could', () => {
    expect(unmetGrowth(situation([member(1, 4000)], { max: 1 }))?.urgency).toBe('critical');
    expect(unmetGrowth(situation([member(1, 4000)], { max: 2 }))).toBeUndefined();
    expect(unmetGrowth(situation([member(1, 100)], { max: 1 }))).toBeUndefined();
    expect(
      unmetGrowth(situation([member(1, 4000), member(2, 0, { node: { phase: 'unseen' } })], { max: 1 })),
    ).toBeUndefined();
  });
});

describe('cooldowns', () => {
  const grown = (upAt: number) => situation([member(1, 4000)], { remembered: remembered([1], { scaled: { upAt } }) });
  const until = (so: Situation): number | undefined => {
    const decision = decide(so);
    if (decision === undefined) throw new Error('nothing is decided');
    return cooldownOf(decision, so)?.until;
  };

  it('delay growth and shrinking, from the time when they were done', () => {
    expect(until(grown(NOW - 5 * MINUTE))).toBeUndefined();
    expect(until(grown(NOW - 5 * MINUTE + 1))).toBe(NOW + 1);
    const shrinking = (scaled: Remembered['scaled']) =>
      situation([member(1), member(2)], { remembered: remembered([1, 2], { scaled }) });
    expect(until(shrinking({ upAt: NOW - 20 * MINUTE }))).toBeUndefined();
    expect(until(shrinking({ upAt: NOW - 20 * MINUTE + 1 }))).toBe(NOW + 1);
    expect(until(shrinking({ downAt: NOW - 5 * MINUTE + 1 }))).toBe(NOW + 1);
  });

  it('do not delay growth for waiting workloads without a node', () => {
    const so = situation([], {
      min: 0,
      remembered: remembered([], { scaled: { upAt: NOW, downAt: NOW } }),
      ...waiting(1, 1),
    });
    expect(until(so)).toBeUndefined();
  });

  it('do not delay steps of the document', () => {
    const so = situation([member(1)], { min: 3, remembered: remembered([1], { scaled: { upAt: NOW, downAt: NOW } }) });
    expect(until(so)).toBeUndefined();
  });

  it('of consolidations are separate from those of shrinking', () => {
    const so = (more: Partial<Remembered>) =>
      situation([member(1, 2000), member(2, 500)], {
        consolidation: CONSOLIDATION,
        remembered: remembered([1, 2], more),
      });
    expect(decide(so({}))?.kind).toBe('consolidate');
    expect(until(so({ consolidatedAt: NOW - 120 * MINUTE }))).toBeUndefined();
    expect(until(so({ consolidatedAt: NOW - 120 * MINUTE + 1 }))).toBe(NOW + 1);
    expect(until(so({ scaled: { upAt: NOW - 20 * MINUTE + 1 } }))).toBe(NOW + 1);
    expect(until(so({ scaled: { upAt: NOW - 20 * MINUTE + 1 }, consolidatedAt: NOW }))).toBe(NOW + 120 * MINUTE);
  });
});

describe('an unhealthy member', () => {
  const sick = (ago: number) =>
    situation([member(1, 1500), member(2, 1500, { node: { phase: 'unhealthy' }, unhealthySince: NOW - ago })], {
      replaceUnhealthyAfterMs: 10 * MINUTE,
    });

  it.each([
    [10 * MINUTE - 1, undefined],
    [10 * MINUTE, { kind: 'swap', by: 'health', added: [3], gone: [2], members: [1, 3] }],
  ])('for %d ms', (ago, expected) => {
    expect(shown(decide(sick(ago)))).toEqual(expected);
  });

  it('stays by default', () => {
    expect(decide(without(sick(999 * MINUTE), 'replaceUnhealthyAfterMs'))).toBeUndefined();
  });

  it('is replaced at once if it was drained: it never returns to service', () => {
    const drained = member(2, 900, { node: { phase: 'leaving' } });
    expect(decide(situation([member(1, 1500), drained]))).toMatchObject({
      kind: 'swap',
      because: 'web-2 was drained',
      gone: [2],
      added: [3],
    });
  });

  it('is not replaced if the pool is over its maximum', () => {
    const drained = member(3, 0, { node: { phase: 'leaving' } });
    const so = situation([member(1, 1500), member(2, 1500), drained], { max: 2 });
    expect(shown(decide(so))).toMatchObject({ kind: 'swap', gone: [3], added: [], members: [1, 2] });
  });

  it('is replaced one at a time, within the limit of leaving members', () => {
    const ill = (number: number) => member(number, 0, { node: { phase: 'unhealthy' }, unhealthySince: 0 });
    const so = situation([ill(1), ill(2), ill(3)], { replaceUnhealthyAfterMs: 1, removalsAtOnce: 2 });
    expect(shown(decide(so))).toMatchObject({ gone: [1, 2], added: [4, 5], members: [3, 4, 5] });
  });
});

describe('consolidation', () => {
  const on = { consolidation: CONSOLIDATION };

  it('begins by emptying, with all members present', () => {
    const found = decide(situation([member(1, 2000), member(2, 500)], on));
    expect(shown(found)).toEqual({ kind: 'consolidate', by: 'consolidation', added: [], gone: [2], members: [1, 2] });
    expect(found?.plan?.moves).toEqual([{ container: 'c2', mb: 500, from: 'web-2', to: 'web-1' }]);
    expect(found?.because).toBe('web-2 can be removed once 1 container moved, which saves €0.2000 an hour');
  });

  it('removes an empty node at once', () => {
    const found = decide(situation([member(1, 3000), member(2)], on));
    expect(shown(found)).toEqual({ kind: 'consolidate', by: 'consolidation', added: [], gone: [2], members: [1] });
  });

  it('is off by default', () => {
    expect(decide(situation([member(1, 2000), member(2, 500)]))).toBeUndefined();
  });

  it('follows growth and shrinking', () => {
    expect(decide(situation([member(1, 100), member(2)], on))?.by).toBe('reactive');
    expect(decide(situation([member(1, 4000), member(2, 4000)], on))?.by).toBe('reactive');
  });

  it('moves nothing without a hook, and still removes empty nodes', () => {
    expect(decide(situation([member(1, 2000), member(2, 500)], { ...on, migrates: false }))).toBeUndefined();
    expect(decide(situation([member(1, 3000), member(2)], { ...on, migrates: false }))?.gone).toEqual([2]);
  });

  it.each(['drains-containers', 'has-containers', 'allocated-memory', 'idle-grace', 'too-young'])(
    'is not blocked by %s, which is temporary',
    (rule) => {
      const so = situation([member(1, 2000), member(2, 500, { refusal: { rule, message: 'x' } })], on);
      expect(decide(so)?.gone).toEqual([2]);
    },
  );

  it('never touches a node that another rule keeps', () => {
    const refusal = { rule: 'dedicated-node', message: 'it is a system node' };
    const so = situation([member(1, 2000, { refusal }), member(2, 500, { refusal })], on);
    expect(decide(so)).toBeUndefined();
  });
});

describe('a consolidation in progress', () => {
  const moves = [{ container: 'c2', from: 2, to: 1 }];
  const going = (nodes: readonly Member[], more: Partial<Situation> = {}): Situation =>
    situation(nodes, {
      consolidation: CONSOLIDATION,
      remembered: remembered([1, 2], { going: [2], moves, consolidatedAt: NOW - MINUTE }),
      ...more,
    });

  it('waits while its containers move', () => {
    expect(decide(going([member(1, 2000), member(2, 500)]))).toBeUndefined();
  });

  it('removes its nodes once they are empty', () => {
    expect(shown(decide(going([member(1, 2500), member(2)])))).toEqual({
      kind: 'finish',
      by: 'consolidation',
      added: [],
      gone: [2],
      members: [1],
    });
  });

  it('waits while memory is allocated, or unknown', () => {
    expect(decide(going([member(1, 2500), member(2, 0, { node: { allocatedMb: 1 } })]))).toBeUndefined();
    expect(decide(going([member(1, 2500), member(2, 0, { node: { phase: 'unseen' } })]))).toBeUndefined();
    expect(decide(without(going([member(1, 2500), member(2)]), 'queue', 'queueHere'))).toBeUndefined();
  });

  const arrived = member(2, 500, {
    node: {
      containers: [
        { id: 'c2', mb: 500, tier: 'small', players: 0 },
        { id: 'new', mb: 1, tier: 'small', players: 0 },
      ],
    },
  });
  const joined = member(2, 500, { node: { containers: [{ id: 'c2', mb: 500, tier: 'small', players: 6 }] } });
  it.each<[string, Situation, string]>([
    ['something waits', going([member(1, 2000), member(2, 500)], waiting(1, 10)), '1 container waits in the queue'],
    [
      'a move failed',
      going([member(1, 2000), member(2, 500)], { failedMoves: new Map([['c2', 'no route']]) }),
      'container c2 could not be moved: no route',
    ],
    ['a container came', going([member(1, 2000), arrived]), 'container new was placed on web-2'],
    ['players joined', going([member(1, 2000), joined]), 'container c2 stays: small with 6 players; the limit is 5'],
    [
      'its node is off',
      going([member(1, 2000), member(2, 500, { node: { phase: 'unhealthy' } })]),
      'web-2 is no longer in service',
    ],
    [
      'the target is off',
      going([member(1, 2000, { node: { phase: 'unhealthy' } }), member(2, 500)]),
      'web-1, the target of container c2, is no longer in service',
    ],
    [
      'the target is no longer a member',
      going([member(1, 2000, { isMember: false }), member(2, 500)]),
      'web-1, the target of container c2, is no longer in service',
    ],
  ])('is given up when %s', (_what, so, why) => {
    expect(decide(so)).toMatchObject({
      kind: 'abandon',
      because: `The consolidation is abandoned: ${why}`,
      numbers: { members: [1, 2] },
      gone: [],
      added: [],
    });
  });
});

it('the numbers of every decision add up', () => {
  const anyMember = fc.record({
    phase: fc.constantFrom<NodePhase>(
      'planned',
      'starting',
      'serving',
      'serving',
      'serving',
      'leaving',
      'unhealthy',
      'unseen',
    ),
    mb: fc.constantFrom(0, 0, 300, 1500, 3900),
    isMember: fc.boolean(),
    refused: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(anyMember, { maxLength: 8 }),
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: 0, max: 5000 }),
      fc.boolean(),
      (rows, min, more, queuedMb, consolidates) => {
        const nodes = rows.map((row, i) =>
          member(i + 1, row.mb, {
            isMember: row.isMember,
            node: { phase: row.phase },
            ...(row.refused ? { refusal: { rule: 'has-containers', message: '' } } : {}),
          }),
        );
        const so = situation(nodes, {
          min,
          max: min + more,
          ...waiting(queuedMb === 0 ? 0 : 1, queuedMb),
          ...(consolidates ? { consolidation: CONSOLIDATION } : {}),
        });
        const before = so.remembered?.members ?? [];
        const found = decide(so);
        if (found === undefined) return;
        const { numbers, added, gone, plan } = found;
        const left = (plan?.moves.length ?? 0) > 0 ? [] : gone;
        expect(new Set(numbers.members)).toEqual(new Set([...before.filter((each) => !left.includes(each)), ...added]));
        expect(gone.every((each) => before.includes(each))).toBe(true);
        expect(added.every((each) => !before.includes(each) && each < numbers.next)).toBe(true);
        if (found.by === 'reactive') expect(added.length + gone.length).toBe(1);
        if (added.length > gone.length && found.by === 'reactive')
          expect(numbers.members.length).toBeLessThanOrEqual(so.max);
        if (gone.length > 0)
          expect(before.length - gone.length).toBeGreaterThanOrEqual(Math.min(min, before.length - 1));
        if (gone.length > 0 && found.kind !== 'swap') expect(before.length - gone.length).toBeGreaterThanOrEqual(min);
      },
    ),
    { numRuns: 1000 },
  );
});
