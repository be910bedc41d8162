/** The smallest plugin: items that are there as soon as they are written, in a world that is empty. */

import { definePlugin, type Kind } from '../../src/engine/plugin.ts';
import type { PluginTables } from '../../src/engine/tables.ts';

const tables: PluginTables = {
  name: 'bench',
  version: 'v1',
  summary: 'Items in memory.',
  parallelism: 10,
  findings: [],
  kinds: {
    Item: {
      summary: 'One item.',
      scope: [],
      onRemove: 'remove',
      machines: {
        item: {
          states: ['absent', 'ready'],
          transitions: [
            { from: 'absent', to: 'ready', trigger: 'written', by: 'fettle' },
            { from: 'ready', to: 'absent', trigger: 'no longer written', by: 'fettle', destructive: true },
          ],
          edits: [{ state: 'ready' }],
        },
      },
      rules: [],
      references: [],
      memoryVersion: 1,
    },
  },
};

const item: Kind<undefined> = {
  diff: ({ desired, observed }) => {
    if (desired !== undefined && observed === undefined) {
      return { step: 'absent>ready', goal: 'create', because: 'it is not there' };
    }
    return undefined;
  },
  rules: {},
  handlers: {
    'absent>ready': async () => undefined,
    'ready>absent': async () => undefined,
    'ready>ready': async () => undefined,
  },
};

export const benchPlugin = definePlugin<undefined, undefined>({
  name: 'bench',
  tables,
  validators: async () => ({ 'spec:Item': () => true, 'memory:Item': () => true, config: () => true }),
  kinds: { Item: item },
  openReader: async () => undefined,
  openWriter: async () => undefined,
  observe: async (_world, query) => ({ observed: [], gaps: [], at: new Date(query.now).toISOString() }),
});
