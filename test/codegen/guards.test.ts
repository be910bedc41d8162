/** Guards of a rule: a step, moves from or to any other state, an effect, or every step. */

import { expect, test } from 'vitest';
import { stepsOfGuards } from '../../src/codegen/machine.ts';
import type { KindSpec } from '../../src/codegen/spec.ts';

const kind: KindSpec = {
  summary: 'A thing.',
  onRemove: 'remove',
  spec: { type: 'object' },
  safety: [],
  memory: { version: 1, properties: {} },
  machines: {
    thing: {
      states: { absent: 'None.', ready: 'There.', failed: 'Broken.' },
      edits: ['ready', { state: 'failed', disruptive: true }],
      transitions: [
        { from: 'absent', to: 'ready', trigger: 'create', by: 'fettle' },
        { from: 'failed', to: 'ready', trigger: 'repair', by: 'fettle', disruptive: true },
        { from: 'ready', to: 'failed', trigger: 'break', by: 'world' },
        { from: ['ready', 'failed'], to: 'absent', trigger: 'remove', by: 'fettle', destructive: true },
      ],
    },
    power: {
      states: { on: 'On.', off: 'Off.' },
      edits: ['on'],
      transitions: [{ from: 'on', to: 'off', trigger: 'stop', by: 'fettle', disruptive: true }],
    },
  },
};

const STEPS = [
  'absent>ready',
  'failed>ready',
  'ready>absent',
  'failed>absent',
  'ready>ready',
  'failed>failed',
  'power:on>off',
  'power:on>on',
];

test.each<readonly [readonly string[], readonly string[]]>([
  [
    ['failed>absent', 'absent>ready'],
    ['absent>ready', 'failed>absent'],
  ],
  [['every'], STEPS],
  [['*>ready'], ['absent>ready', 'failed>ready']],
  [['failed>*'], ['failed>ready', 'failed>absent']],
  [['*>*'], ['absent>ready', 'failed>ready', 'ready>absent', 'failed>absent']],
  [['power:*>*'], ['power:on>off']],
  [['destructive'], ['ready>absent', 'failed>absent']],
  [['disruptive'], ['failed>ready', 'failed>failed', 'power:on>off']],
  [['ready>failed'], []],
  [['power:*>on'], []],
])('%j guards %j', (guards, steps) => {
  expect(stepsOfGuards(kind, guards)).toEqual(steps);
});
