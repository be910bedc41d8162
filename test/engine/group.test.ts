/** Groups: the actions that a rule about other resources judges one at a time. */

import { describe, expect, it } from 'vitest';
import { changeOf, type KindTables, type Memory } from '#plugin';
import { groupsOf } from '../../src/engine/group.ts';
import { resourceWith } from '../support/resource.ts';
import { item, toyTables, wanted } from '../support/toy.ts';

const TABLES = toyTables.kinds['Item'] as KindTables;

function rulesWith(...groups: readonly (string | undefined)[]): KindTables {
  const rules: KindTables['rules'] = groups.map((group, i) => ({
    id: `rule-${i}`,
    guards: ['ready>absent'],
    overridable: true,
    text: '',
    ...(group === undefined ? {} : { group }),
  }));
  return { ...TABLES, rules };
}

const REMOVAL = changeOf(item('a'), TABLES, { step: 'ready>absent', goal: 'remove', because: '', cause: 'orphan' });
const DOCUMENT = wanted('a', 7, { labels: { pool: 'web' } });
const STATE: Memory = {
  ref: item('a'),
  version: 1,
  kept: {},
  labels: { pool: 'old' },
  applied: { at: Date.parse('2026-01-01T00:00:00Z'), digest: 'sha256:0', spec: { value: 1 } },
};

describe('the groups of a removal', () => {
  it.each([
    ['no rule looks at other resources', [undefined], { desired: DOCUMENT }, []],
    ['the kind', ['kind'], { desired: DOCUMENT }, ['toy/Item kind null']],
    ['a label of the document', ['label:pool'], { desired: DOCUMENT, memory: STATE }, ['toy/Item label:pool "web"']],
    ['a label of the state, without a document', ['label:pool'], { memory: STATE }, ['toy/Item label:pool "old"']],
    ['a label that nothing gives', ['label:tier'], { desired: DOCUMENT }, ['toy/Item label:tier null']],
    ['a field of the spec', ['/value'], { desired: DOCUMENT, memory: STATE }, ['toy/Item /value 7']],
    ['a field of the spec applied last, without a document', ['/value'], { memory: STATE }, ['toy/Item /value 1']],
    ['two rules of one group', ['kind', 'kind'], { desired: DOCUMENT }, ['toy/Item kind null']],
    ['two groups', ['kind', '/value'], { desired: DOCUMENT }, ['toy/Item kind null', 'toy/Item /value 7']],
  ] as const)('%s', (_name, groups, parts, expected) => {
    const resource = resourceWith({ ref: item('a'), tables: rulesWith(...groups), ...parts });
    expect(groupsOf(REMOVAL, resource)).toEqual(expected);
  });

  it('are those of the rules on its own step', () => {
    const resource = resourceWith({ ref: item('a'), tables: rulesWith('kind'), desired: DOCUMENT });
    const creation = changeOf(item('a'), TABLES, { step: 'absent>ready', goal: 'create', because: '', cause: 'new' });
    expect(groupsOf(creation, resource)).toEqual([]);
  });
});
