/** Gaps: their scope, and the resources that they cover. */

import { describe, expect, it } from 'vitest';
import type { Gap } from '#plugin';
import { gapFinder, gapScope } from '../../src/engine/gap.ts';
import { addressOf, item } from '../support/toy.ts';

describe('a gap', () => {
  it.each<[Gap, string, boolean]>([
    [{ plugin: 'toy', message: '' }, 'toy', true],
    [{ plugin: 'toy', kind: 'Item', message: '' }, 'toy/Item', true],
    [{ plugin: 'toy', kind: 'Other', message: '' }, 'toy/Other', false],
    [{ plugin: 'toy', refs: [item('a')], message: '' }, 'toy/Item/a', true],
    [{ plugin: 'toy', refs: [item('b')], message: '' }, 'toy/Item/b', false],
    [{ plugin: 'other', message: '' }, 'other', false],
  ])('gap %j has scope %s and covers toy/Item/a: %s', (each, scope, covers) => {
    expect(gapScope(each)).toBe(scope);
    expect(gapFinder([each])(item('a'), addressOf('a')) !== undefined).toBe(covers);
  });
});
