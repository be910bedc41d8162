/** Settling: whether what is seen after a step that was broken off is what was planned. */

import { describe, expect, it } from 'vitest';
import type { Observed, OpenIntent, Scene, Step } from '#plugin';
import { isAsPlanned } from '../../src/engine/settle.ts';
import { mending } from '../support/lifecycles.ts';
import { resourceWith } from '../support/resource.ts';
import { item } from '../support/toy.ts';

describe('a step that was broken off', () => {
  it.each<[Step, OpenIntent['goal'], string, boolean]>([
    ['bad>mending', 'update', 'good', true],
    // It may have been good in between; just as well nothing was done.
    ['bad>mending', 'update', 'bad', false],
    ['bad>mending', 'update', 'absent', false],
    // A failure leads nowhere else by itself.
    ['bad>mending', 'update', 'failed', false],
    ['absent>good', 'create', 'good', true],
    ['absent>good', 'create', 'bad', true],
  ])('%s (%s) is as planned where it is seen %s: %s', (step, goal, state, expected) => {
    const observed: Observed = { ref: item('a'), state, facts: {}, findings: [], at: '2026-01-01T00:00:00Z' };
    const parts = { ref: item('a'), tables: mending };
    const resource = resourceWith(state === 'absent' ? parts : { ...parts, observed });
    expect(isAsPlanned(resource, { step, goal }, {}, {} as Scene)).toBe(expected);
  });
});
