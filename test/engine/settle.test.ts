/** Settling: whether the result of an interrupted step is as planned. */

import { describe, expect, it } from 'vitest';
import type { Observed, OpenIntent, Scene, Step } from '#plugin';
import { isAsPlanned } from '../../src/engine/settle.ts';
import { repairing } from '../support/lifecycles.ts';
import { resourceWith } from '../support/resource.ts';
import { item } from '../support/toy.ts';

describe('an interrupted step', () => {
  it.each<[Step, OpenIntent['goal'], string, boolean]>([
    ['bad>repairing', 'update', 'good', true],
    // The step has no effect: it was reverted, or did not start.
    ['bad>repairing', 'update', 'bad', false],
    ['bad>repairing', 'update', 'absent', false],
    // A failure leads nowhere else by itself.
    ['bad>repairing', 'update', 'failed', false],
    ['absent>good', 'create', 'good', true],
    ['absent>good', 'create', 'bad', true],
  ])('%s (%s) is as planned if it is observed %s: %s', (step, goal, state, expected) => {
    const observed: Observed = {
      ref: item('a'),
      state,
      facts: {},
      findings: [],
      at: Date.parse('2026-01-01T00:00:00Z'),
    };
    const parts = { ref: item('a'), tables: repairing };
    const resource = resourceWith(state === 'absent' ? parts : { ...parts, observed });
    expect(isAsPlanned(resource, { step, goal }, {}, {} as Scene)).toBe(expected);
  });
});
