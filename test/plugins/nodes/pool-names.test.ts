/** Names of members: stable, in order, and never reused; and the best member to remove. */

import { describe, expect, it } from 'vitest';
import type { PoolNode } from '../../../plugins/nodes/pool/fleet.ts';
import { type Candidate, inOrderOfLoss } from '../../../plugins/nodes/pool/lose.ts';
import { nameOf, type Numbers, numberOf, withMore, without } from '../../../plugins/nodes/pool/names.ts';
import fc from '../../support/property.ts';

const free = (): boolean => false;

describe('names', () => {
  it.each([
    ['web-1', 1],
    ['web-12', 12],
    ['web-0', undefined],
    ['web-01', undefined],
    ['web-', undefined],
    ['web-1a', undefined],
    ['web', undefined],
    ['web-a-1', undefined],
    ['other-1', undefined],
    ['web-1234567890', undefined],
  ])('the number of %s is %o', (name, number) => {
    expect(numberOf('web', name)).toBe(number);
  });

  it('begin with one, and continue', () => {
    const first = withMore('web', { members: [], next: 1 }, 3, free);
    expect(first).toEqual({ members: [1, 2, 3], next: 4 });
    expect(withMore('web', without(first, [3]), 1, free)).toEqual({ members: [1, 2, 4], next: 5 });
    expect(withMore('web', without(first, first.members), 1, free)).toEqual({ members: [4], next: 5 });
  });

  it('skip names in use, and those of uncounted members', () => {
    expect(withMore('web', { members: [], next: 1 }, 2, (name) => name === 'web-1' || name === 'web-3')).toEqual({
      members: [2, 4],
      next: 5,
    });
    expect(withMore('web', { members: [7, 2], next: 1 }, 1, free).members).toEqual([7, 2, 8]);
  });

  it('are used once in the life of a pool, for any events', () => {
    const happens = fc.array(fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: -9, max: -1 })), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(happens, fc.uniqueArray(fc.integer({ min: 1, max: 60 })), (changes, foreign) => {
        const given = new Set<number>();
        let numbers: Numbers = { members: [], next: 1 };
        for (const change of changes) {
          if (change < 0) {
            numbers = without(numbers, numbers.members.slice(-1));
            continue;
          }
          const isTaken = (name: string) => foreign.includes(numberOf('web', name) ?? 0);
          const grown = withMore('web', numbers, change, isTaken);
          const fresh = grown.members.slice(numbers.members.length);
          expect(fresh).toHaveLength(change);
          for (const number of fresh) {
            expect(given.has(number) || foreign.includes(number)).toBe(false);
            given.add(number);
          }
          numbers = grown;
        }
      }),
    );
  });

  it('are formed from their numbers, and back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999_999 }), (number) => {
        expect(numberOf('a-1', nameOf('a-1', number))).toBe(number);
      }),
    );
  });
});

function candidate(name: string, node: Partial<PoolNode> = {}, more: Partial<Candidate> = {}): Candidate {
  return { node: { name, phase: 'serving', ramMb: 4096, allocatedMb: 0, containers: [], ...node }, ...more };
}

const containers = (...players: readonly number[]) =>
  players.map((count, i) => ({ id: `c${i}`, mb: 100, players: count }));
const busy = { refusal: { rule: 'has-containers', message: 'it has containers' } };
const young = (clearsAt: number) => ({ refusal: { rule: 'too-young', message: 'it is too young', clearsAt } });

/** Each is a better candidate than all that follow. */
const ORDER: readonly Candidate[] = [
  candidate('web-20', { phase: 'planned' }),
  candidate('web-3', { phase: 'planned' }),
  candidate('web-21', { phase: 'unhealthy', hourly: 0.001 }),
  candidate('web-1', { hourly: 0.001 }, { outdated: true }),
  candidate('web-2', { hourly: 0.02, emptySince: 900 }),
  candidate('web-4', { hourly: 0.01, emptySince: 100 }),
  candidate('web-5', { hourly: 0.01, emptySince: 200 }),
  candidate('web-7', { hourly: 0.01, initializedAt: 300 }),
  candidate('web-6', { hourly: 0.01, initializedAt: 300 }),
  candidate('web-8', { hourly: 0.01 }),
  candidate('web-9', { hourly: 9 }, young(50)),
  candidate('web-11', {}, young(60)),
  candidate('web-10', {}, young(60)),
  candidate('web-12', {}, { refusal: { rule: 'containers-unknown', message: 'not known' } }),
  candidate('web-13', { allocatedMb: 900, containers: containers(0) }, busy),
  candidate('web-15', { allocatedMb: 100, containers: containers(1) }, busy),
  candidate('web-14', { allocatedMb: 200, containers: containers(1) }, busy),
  candidate('web-16', { allocatedMb: 1, containers: containers(1, 1) }, busy),
];

describe('the best candidate for removal', () => {
  it('comes first, for any given order', () => {
    const expected = ORDER.map(({ node }) => node.name);
    fc.assert(
      fc.property(fc.shuffledSubarray([...ORDER], { minLength: 0 }), (some) => {
        const names = inOrderOfLoss('web', some).map(({ node }) => node.name);
        expect(names).toEqual(expected.filter((name) => names.includes(name)));
      }),
    );
  });

  it('never has containers while another has none', () => {
    const [first] = inOrderOfLoss('web', [
      candidate('web-1', { containers: containers(0), allocatedMb: 1 }, young(1)),
      candidate('web-2', {}, { refusal: { rule: 'age-unknown', message: 'not known' } }),
    ]);
    expect(first?.node.name).toBe('web-2');
  });
});
