/** A minimal plugin: items in memory that exist once they are created, by this run or an earlier one. */

import {
  defineKind,
  definePlugin,
  formatRef,
  type Memory,
  type Observed,
  type PluginTables,
  type Ref,
  observedOf,
} from '#plugin';

interface ItemSpec {
  readonly size: number;
}

type ItemStep = 'absent>ready' | 'ready>ready' | 'ready>absent';

const tables: PluginTables = {
  name: 'bench',
  version: 'v1',
  summary: 'Items in memory.',
  parallelism: 10,
  secrets: [],
  settingPaths: [],
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
            { from: 'ready', to: 'absent', trigger: 'no longer declared', by: 'fettle', destructive: true },
          ],
          edits: [{ state: 'ready' }],
        },
      },
      rules: [],
      references: [],
      paths: [],
      safetyInputs: [],
      memoryVersion: 1,
    },
  },
};

/** Sizes of the items by address; null for removed items. */
export type BenchWorld = Map<string, number | null>;

function sizeOf(world: BenchWorld, address: string, memory: Memory | undefined): number | undefined {
  const known = world.get(address);
  if (known !== undefined) return known ?? undefined;
  return memory?.owned === undefined ? undefined : (memory.applied?.spec as ItemSpec | undefined)?.size;
}

export const benchPlugin = definePlugin<BenchWorld, BenchWorld>({
  name: 'bench',
  tables,
  validators: async () => ({ 'spec:Item': () => true, 'memory:Item': () => true, config: () => true }),
  kinds: {
    Item: defineKind<BenchWorld, ItemSpec, ItemSpec, object, ItemStep, never>({
      diff: (resource) => {
        const { desired } = resource;
        const observed = observedOf(resource);
        if (desired === undefined) return { step: 'ready>absent', goal: 'remove', because: 'no longer declared' };
        if (observed === undefined) return { step: 'absent>ready', goal: 'create', because: 'the item does not exist' };
        if (observed.facts.size === desired.spec.size) return undefined;
        const fields = [{ path: '/size', before: observed.facts.size, after: desired.spec.size }];
        return { step: 'ready>ready', goal: 'update', because: 'size differs', fields };
      },
      rules: {},
      handlers: {
        'absent>ready': async (world, { ref, desired }) => put(world, ref, desired?.spec.size ?? 0),
        'ready>ready': async (world, { ref, desired }) => put(world, ref, desired?.spec.size ?? 0),
        'ready>absent': async (world, { ref }) => put(world, ref, null),
      },
    }),
  },
  openReader: async () => shared,
  openWriter: async () => shared,
  observe: async (world, { desired, memory, only, now }) => {
    const remembered = new Map(memory.map((each) => [formatRef(each.ref), each]));
    const refs = new Map(
      (only ?? [...desired, ...memory].map(({ ref }) => ref)).map((ref) => [formatRef(ref), ref] as const),
    );
    const observed = [...refs].flatMap(([address, ref]): readonly Observed<ItemSpec>[] => {
      const size = sizeOf(world, address, remembered.get(address));
      return size === undefined ? [] : [{ ref, state: 'ready', facts: { size }, findings: [], at: now }];
    });
    return { observed, gaps: [], at: now };
  },
});

const shared: BenchWorld = new Map();

function put(world: BenchWorld, ref: Ref, size: number | null): undefined {
  world.set(formatRef(ref), size);
  return undefined;
}
