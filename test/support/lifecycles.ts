/** Lifecycles for tests of what the tables of a kind say. */

import type { KindTables } from '#plugin';
import { toyTables } from './toy.ts';

export const itemTables = toyTables.kinds.Item as NonNullable<(typeof toyTables.kinds)['Item']>;

/** A step that passes through a state, and what may become of it. */
export const mending: KindTables = {
  ...itemTables,
  machines: {
    item: {
      states: ['absent', 'bad', 'good', 'mending', 'failed'],
      edits: [],
      transitions: [
        { from: 'absent', to: 'good', trigger: 'create', by: 'fettle' },
        { from: 'absent', to: 'good', trigger: 'found', by: 'world' },
        { from: 'bad', to: 'mending', trigger: 'mend', by: 'fettle', settles: 'good', fails: 'failed' },
        { from: 'failed', to: 'mending', trigger: 'again', by: 'fettle', settles: 'good', fails: 'failed' },
        { from: 'mending', to: 'good', trigger: 'finish', by: 'fettle' },
        { from: 'mending', to: 'failed', trigger: 'interrupted', by: 'world' },
        { from: 'mending', to: 'failed', trigger: 'error', by: 'world' },
        { from: 'mending', to: 'bad', trigger: 'interrupted', by: 'world' },
        { from: 'bad', to: 'absent', trigger: 'lost', by: 'world' },
        { from: 'good', to: 'bad', trigger: 'check', by: 'world' },
      ],
    },
  },
};
