/** Sight: no answer about what a refresh shows takes an unseen resource for an absent one. */

import { describe, expect, it } from 'vitest';
import {
  ABSENT,
  claimedBy,
  gapOver,
  isAbsent,
  isGiven,
  isKnown,
  isSeen,
  observedOf,
  otherState,
  protectedBy,
  seenFacts,
  seenSignals,
  seenState,
  type Sight,
} from '#plugin';

const gap = { plugin: 'toy', message: 'no answer' };
const observed = {
  ref: { plugin: 'toy', kind: 'Item', name: 'a' },
  state: 'ready',
  others: { power: 'on' },
  protectedBy: 'delete protection',
  claimedBy: 'other',
  given: true as const,
  facts: { value: 1 },
  signals: { load: 2 },
  findings: [],
  at: Date.parse('2026-01-01T00:00:00Z'),
};

function answers(sight: Sight) {
  const resource = { sight };
  return {
    isSeen: isSeen(resource),
    isAbsent: isAbsent(resource),
    isKnown: isKnown(resource),
    gap: gapOver(resource),
    state: seenState(resource),
    power: otherState(resource, 'power'),
    facts: seenFacts(resource),
    signals: seenSignals(resource),
    isGiven: isGiven(resource),
    claimedBy: claimedBy(resource),
    protectedBy: protectedBy(resource),
  };
}

const NOTHING_SEEN = {
  isSeen: false,
  power: undefined,
  facts: undefined,
  signals: undefined,
  isGiven: false,
  claimedBy: undefined,
  protectedBy: undefined,
};

describe('a resource that is', () => {
  it.each<[string, Sight, Partial<ReturnType<typeof answers>>]>([
    [
      'seen',
      { is: 'seen', observed },
      {
        isSeen: true,
        isAbsent: false,
        isKnown: true,
        gap: undefined,
        state: 'ready',
        power: 'on',
        facts: observed.facts,
        signals: observed.signals,
        isGiven: true,
        claimedBy: 'other',
        protectedBy: 'delete protection',
      },
    ],
    ['seen, under a wider gap', { is: 'seen', observed, gap }, { isSeen: true, isKnown: true, gap, state: 'ready' }],
    ['absent', { is: 'absent' }, { ...NOTHING_SEEN, isAbsent: true, isKnown: true, gap: undefined, state: ABSENT }],
    ['unseen', { is: 'unseen', gap }, { ...NOTHING_SEEN, isAbsent: false, isKnown: false, gap, state: undefined }],
  ])('%s', (_name, sight, expected) => {
    expect(answers(sight)).toMatchObject(expected);
  });

  it('missing from the scene has no facts', () => {
    expect([seenFacts(undefined), seenSignals(undefined)]).toEqual([undefined, undefined]);
  });

  it('known has something observed only if it is seen', () => {
    expect(observedOf({ sight: { is: 'seen', observed } })).toBe(observed);
    expect(observedOf({ sight: { is: 'absent' } })).toBeUndefined();
    // @ts-expect-error An unseen resource has no answer: the compiler asks for the case.
    observedOf({ sight: { is: 'unseen', gap } });
  });
});
