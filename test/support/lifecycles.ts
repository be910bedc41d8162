/** Lifecycles for tests of the tables of a kind. */

import type { KindTables } from '#plugin';
import { toyTables } from './toy.ts';

export const itemTables = toyTables.kinds.Item as NonNullable<(typeof toyTables.kinds)['Item']>;

/** A step that passes through a state, with its possible results. */
export const repairing: KindTables = {
  ...itemTables,
  machines: {
    item: {
      states: ['absent', 'bad', 'good', 'repairing', 'failed'],
      edits: [],
      transitions: [
        { from: 'absent', to: 'good', trigger: 'create', by: 'fettle' },
        { from: 'absent', to: 'good', trigger: 'found', by: 'world' },
        { from: 'bad', to: 'repairing', trigger: 'repair', by: 'fettle', settles: 'good', fails: 'failed' },
        { from: 'failed', to: 'repairing', trigger: 'again', by: 'fettle', settles: 'good', fails: 'failed' },
        { from: 'repairing', to: 'good', trigger: 'finish', by: 'fettle' },
        { from: 'repairing', to: 'failed', trigger: 'interrupted', by: 'world' },
        { from: 'repairing', to: 'failed', trigger: 'error', by: 'world' },
        { from: 'repairing', to: 'bad', trigger: 'interrupted', by: 'world' },
        { from: 'bad', to: 'absent', trigger: 'lost', by: 'world' },
        { from: 'good', to: 'bad', trigger: 'check', by: 'world' },
      ],
    },
  },
};
