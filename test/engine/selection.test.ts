/** Selection: the gaps that concern the resources of a limited run. */

import { describe, expect, it } from 'vitest';
import type { Gap } from '#plugin';
import { gapScope } from '../../src/engine/gap.ts';
import { gapsWithin } from '../../src/engine/selection.ts';
import { selectorMatcher } from '../../src/engine/selector.ts';
import { addressOf, item } from '../support/toy.ts';

const ADDRESSES = [addressOf('a'), addressOf('b'), 'other/Thing/x'];
const OVER_BOTH: Gap = { plugin: 'toy', refs: [item('a'), item('b')], message: '' };
const WHOLE: Gap = { plugin: 'toy', message: '' };
const KIND: Gap = { plugin: 'toy', kind: 'Item', message: '' };

describe('the gaps of a selection', () => {
  it.each<[string, readonly Gap[], string, readonly string[]]>([
    ['one over selected resources names these alone', [OVER_BOTH], 'toy/Item/a', ['toy/Item/a']],
    ['one over all selected resources stays', [OVER_BOTH], 'toy/**', ['toy/Item/a toy/Item/b']],
    ['one over other resources is left out', [OVER_BOTH], 'other/**', []],
    ['one over a whole plugin counts for its resources', [WHOLE], 'toy/Item/a', ['toy']],
    ['one over a kind counts for its resources', [KIND], 'toy/*/a', ['toy/Item']],
    ['one over a whole plugin counts for an unknown resource', [WHOLE], 'toy/Item/new', ['toy']],
    ['one over another kind is left out', [{ plugin: 'toy', kind: 'Else', message: '' }], 'toy/Item/a', []],
    ['one over another plugin is left out', [WHOLE], 'other/Thing/x', []],
    ['one over a plugin can hide a label', [WHOLE, KIND], 'label=team:web', ['toy']],
  ])('%s', (_name, gaps, target, scopes) => {
    const within = selectorMatcher(target, () => ({}));
    const found = gapsWithin(gaps, { within, target: [target], addresses: ADDRESSES });
    expect(found.map(gapScope)).toEqual(scopes);
  });

  it('all count in a run without a selection, and all wide ones in a run that only excludes', () => {
    const gaps = [OVER_BOTH, WHOLE, KIND];
    expect(gapsWithin(gaps, { within: undefined, target: [], addresses: ADDRESSES })).toEqual(gaps);
    const within = (address: string): boolean => address.startsWith('other/');
    expect(gapsWithin(gaps, { within, target: [], addresses: ADDRESSES })).toEqual([WHOLE, KIND]);
  });
});
