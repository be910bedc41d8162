/** The reactive policy: its thresholds and cooldowns at their exact borders, and the nodes that count as capacity. */

import { describe, expect, it } from 'vitest';
import {
  type Fleet,
  percent,
  type PoolNode,
  project,
  type Projection,
  unknowns,
} from '../../../plugins/nodes/pool/fleet.ts';
import { REACTIVE, recommend, urgencyOf, waitsUntil } from '../../../plugins/nodes/pool/reactive.ts';
import fc from '../../support/property.ts';

const GB = 1024;
const MINUTE = 60_000;

function node(name: string, more: Partial<PoolNode> = {}): PoolNode {
  return { name, phase: 'serving', ramMb: 4 * GB, allocatedMb: 0, containers: [], ...more };
}

function fleet(nodes: readonly PoolNode[], queue = { count: 0, mb: 0 }): Fleet {
  return { nodes, queue };
}

function projection(more: Partial<Projection>): Projection {
  return {
    servingMb: 0,
    comingMb: 0,
    allocatedMb: 0,
    queuedMb: 0,
    queued: 0,
    serving: more.servingMb === undefined || more.servingMb === 0 ? 0 : 1,
    coming: more.comingMb === undefined || more.comingMb === 0 ? 0 : 1,
    ...more,
  };
}

describe('the projection', () => {
  it.each<[PoolNode['phase'], Partial<Projection>]>([
    ['planned', { comingMb: 4 * GB, coming: 1, servingMb: 0, serving: 0 }],
    ['starting', { comingMb: 4 * GB, coming: 1, servingMb: 0, serving: 0 }],
    ['serving', { comingMb: 0, coming: 0, servingMb: 4 * GB, serving: 1 }],
    ['leaving', { comingMb: 0, coming: 0, servingMb: 0, serving: 0 }],
    ['unhealthy', { comingMb: 0, coming: 0, servingMb: 0, serving: 0 }],
  ])('counts a %s node by its phase, and always its used memory', (phase, expected) => {
    expect(project(fleet([node('a', { phase, allocatedMb: 300 })], { count: 2, mb: 70 }))).toMatchObject({
      ...expected,
      allocatedMb: 300,
      queuedMb: 70,
      queued: 2,
    });
  });

  it.each<[string, Fleet, readonly string[]]>([
    ['an unobserved node', fleet([node('a', { phase: 'unseen' })]), ['the containers of a']],
    [
      'a type without a size',
      { nodes: [{ name: 'a', phase: 'planned', allocatedMb: 0, containers: [] }], queue: { count: 0, mb: 0 } },
      ['the memory of a'],
    ],
    ['an unknown queue', { nodes: [] }, ['the queue']],
  ])('is undefined with %s', (_what, unknown, expected) => {
    expect(project(unknown)).toBeUndefined();
    expect(unknowns(unknown)).toEqual(expected);
  });

  it('does not need the size of a node without capacity', () => {
    const gone: PoolNode = { name: 'a', phase: 'leaving', allocatedMb: 0, containers: [] };
    expect(project(fleet([gone]))).toMatchObject({ serving: 0, coming: 0 });
  });

  it('shows shares with one decimal', () => {
    expect([percent(1, 3), percent(2, 3), percent(85, 100), percent(1, 0)]).toEqual([33.3, 66.7, 85, 0]);
  });
});

describe('urgency', () => {
  it.each([
    [88, 'low'],
    [88.001, 'medium'],
    [92, 'medium'],
    [92.001, 'high'],
    [95, 'high'],
    [95.001, 'critical'],
    [300, 'critical'],
  ])('of %d %% is %s', (share, urgency) => {
    expect(urgencyOf(share * 1000, 100_000)).toBe(urgency);
  });
});

describe('growth', () => {
  it.each([
    ['exactly at the threshold', { servingMb: 10_000, allocatedMb: 8500 }, undefined],
    ['one MB over it', { servingMb: 10_000, allocatedMb: 8501 }, 'low'],
    ['what is queued counts', { servingMb: 10_000, allocatedMb: 8000, queuedMb: 501, queued: 1 }, 'low'],
    ['what is queued, at the threshold', { servingMb: 10_000, allocatedMb: 8000, queuedMb: 500, queued: 1 }, undefined],
    ['what is starting counts', { servingMb: 10_000, comingMb: 10_000, allocatedMb: 9000 }, undefined],
    ['what is starting is not enough', { servingMb: 10_000, comingMb: 1000, allocatedMb: 9400 }, 'low'],
    [
      'nothing serves yet, and what is starting is not enough',
      { comingMb: 1000, queuedMb: 960, queued: 3 },
      'critical',
    ],
    ['nothing serves yet, and what is starting is enough', { comingMb: 1000, queuedMb: 850, queued: 3 }, undefined],
  ])('%s', (_what, so, urgency) => {
    const found = recommend(projection(so), REACTIVE, undefined);
    expect(found?.urgency).toBe(urgency);
    if (found !== undefined) expect(found).toMatchObject({ direction: 'up', atOnce: false });
  });

  it('from nothing is at once if workloads wait, and only then', () => {
    expect(recommend(projection({ queued: 1, queuedMb: 10 }), REACTIVE, undefined)).toEqual({
      direction: 'up',
      because: '1 container waits in the queue, and the pool has no node',
      urgency: 'critical',
      atOnce: true,
    });
    // A workload without memory needs a place too.
    expect(recommend(projection({ queued: 2 }), REACTIVE, undefined)?.atOnce).toBe(true);
    expect(recommend(projection({}), REACTIVE, undefined)).toBeUndefined();
    // The first is in progress: no second one for the same queue.
    expect(recommend(projection({ queued: 1, queuedMb: 10, comingMb: 4096 }), REACTIVE, undefined)).toBeUndefined();
  });

  it('gives a reason', () => {
    expect(recommend(projection({ servingMb: 1000, comingMb: 1000, allocatedMb: 1726 }), REACTIVE, 0)?.because).toBe(
      '86.3 % of the memory is allocated or queued for, including 1 node still starting; scaling.up is 85 %',
    );
  });

  it('begins at the threshold of the pool', () => {
    const policy = { ...REACTIVE, upPercent: 50.5 };
    expect(recommend(projection({ servingMb: 1000, allocatedMb: 505 }), policy, 0)).toBeUndefined();
    expect(recommend(projection({ servingMb: 1000, allocatedMb: 506 }), policy, 0)?.direction).toBe('up');
  });
});

describe('shrinking', () => {
  const least = 1000;
  it.each([
    ['exactly at the threshold', { servingMb: 10_000, allocatedMb: 3000 }, false],
    ['one MB under it', { servingMb: 10_000, allocatedMb: 2999 }, true],
    ['an empty one', { servingMb: 10_000, allocatedMb: 0 }, true],
    ['what is starting does not make it look empty', { servingMb: 1000, comingMb: 9000, allocatedMb: 300 }, false],
    ['nothing serves', { comingMb: 9000, allocatedMb: 0 }, false],
  ])('%s', (_what, so, shrinks) => {
    expect(recommend(projection(so), REACTIVE, least)?.direction).toBe(shrinks ? 'down' : undefined);
  });

  it('does not happen if the pool would have to grow again at once', () => {
    const so = projection({ servingMb: 10_000, allocatedMb: 2900, serving: 2 });
    // 2900 of 3412 are 84.99 %, of 3411 they are over 85 %.
    expect(recommend(so, REACTIVE, 6588)?.direction).toBe('down');
    expect(recommend(so, REACTIVE, 6589)).toBeUndefined();
    // The last one has containers.
    expect(recommend(projection({ servingMb: 10_000, allocatedMb: 1 }), REACTIVE, 10_000)).toBeUndefined();
    expect(recommend(projection({ servingMb: 10_000, allocatedMb: 0 }), REACTIVE, 10_000)?.direction).toBe('down');
  });

  it('requires the size of the lost capacity', () => {
    expect(recommend(projection({ servingMb: 10_000, allocatedMb: 0 }), REACTIVE, undefined)).toBeUndefined();
  });

  it('gives a reason', () => {
    expect(recommend(projection({ servingMb: 10_000, allocatedMb: 2999 }), REACTIVE, least)?.because).toBe(
      '30 % of the memory is allocated; scaling.down is 30 %',
    );
  });
});

describe('cooldowns', () => {
  const now = 100 * MINUTE;
  it.each<['up' | 'down', { upAt?: number; downAt?: number }, number | undefined, string]>([
    ['up', {}, undefined, 'never changed'],
    ['down', {}, undefined, 'never changed'],
    ['up', { upAt: now - 5 * MINUTE }, undefined, 'growth, exactly 5 min after a growth'],
    ['up', { upAt: now - 5 * MINUTE + 1 }, now + 1, 'growth, 1 ms before that'],
    ['up', { downAt: now - 5 * MINUTE }, undefined, 'growth, exactly 5 min after a shrinking'],
    ['up', { downAt: now - 5 * MINUTE + 1 }, now + 1, 'growth, 1 ms before that'],
    ['down', { downAt: now - 5 * MINUTE }, undefined, 'shrinking, exactly 5 min after a shrinking'],
    ['down', { downAt: now - 5 * MINUTE + 1 }, now + 1, 'shrinking, 1 ms before that'],
    ['down', { upAt: now - 20 * MINUTE }, undefined, 'shrinking, exactly 20 min after a growth'],
    ['down', { upAt: now - 20 * MINUTE + 1 }, now + 1, 'shrinking, 1 ms before that'],
    ['down', { upAt: now - 5 * MINUTE, downAt: now }, now + 15 * MINUTE, 'the later of the two'],
  ])('%s with %o: until %o (%s)', (direction, scaled, until) => {
    expect(waitsUntil(direction, scaled, REACTIVE, now)?.until).toBe(until);
  });

  it('that have ended never return', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.nat(),
        fc.nat(),
        fc.constantFrom('up' as const, 'down' as const),
        (up, down, more, way) => {
          const wait = waitsUntil(way, { upAt: up, downAt: down }, REACTIVE, 0);
          const end = wait?.until ?? 0;
          expect(waitsUntil(way, { upAt: up, downAt: down }, REACTIVE, end + more)).toBeUndefined();
        },
      ),
    );
  });
});

it('a fleet under the policy reaches a steady state', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60_000 }), fc.integer({ min: 0, max: 12 }), (allocatedMb, count) => {
      const size = 4096;
      let serving = count;
      let turns = 0;
      const step = () =>
        recommend(
          projection({ servingMb: serving * size, serving, allocatedMb: serving === 0 ? 0 : allocatedMb }),
          REACTIVE,
          size,
        );
      for (let next = step(); next !== undefined; next = step()) {
        serving += next.direction === 'up' ? 1 : -1;
        turns += 1;
        expect(turns).toBeLessThan(40);
      }
      expect(serving).toBeGreaterThanOrEqual(0);
    }),
  );
});
