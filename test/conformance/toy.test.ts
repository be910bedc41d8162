/** The suite over the plugin of the engine's own tests. */

import { describe, it } from 'vitest';
import { item, START, toyPlugin, toyWorld, type ToyWorld, wanted } from '../support/toy.ts';
import { type Bench, pluginConformance, type Situation } from '../../src/conformance/plugin.ts';

interface ToyBench extends Bench {
  readonly items: ToyWorld['items'];
}

async function open(): Promise<ToyBench> {
  const world = toyWorld();
  return {
    reader: world,
    writer: world,
    items: world.items,
    world: () => JSON.stringify([...world.items].sort(([a], [b]) => (a < b ? -1 : 1))),
    secrets: () => [],
    reorder: (shuffled) => {
      const items = shuffled([...world.items]);
      world.items.clear();
      for (const [name, each] of items) world.items.set(name, each);
    },
    close: async () => undefined,
    now: () => START,
  };
}

const situations: readonly Situation<ToyBench>[] = [
  {
    name: 'nothing is there',
    prepare: async () => [wanted('a', 2), wanted('b', 4)],
    takes: ['Item absent>ready', 'Item absent>ready'],
  },
  {
    name: 'something is there that is not ours',
    prepare: async ({ bench }) => {
      bench.items.set('a', { value: 2, state: 'ready' });
      return [wanted('a', 2)];
    },
    takes: ['Item adopt'],
  },
  {
    name: 'a value differs',
    prepare: async ({ apply }) => {
      await apply([wanted('a', 2)]);
      return [wanted('a', 4)];
    },
    takes: ['Item ready>ready'],
  },
  {
    name: 'a value that is not allowed',
    prepare: async () => [wanted('a', 13)],
    takes: [],
    rejects: ['Item not-thirteen'],
  },
  {
    name: 'an odd value',
    prepare: async ({ apply }) => {
      await apply([wanted('a', 3)]);
      return [wanted('a', 3)];
    },
    takes: [],
    finds: ['Item odd'],
  },
  {
    name: 'many at once, of all sorts',
    prepare: async ({ apply, bench }) => {
      await apply(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => wanted(name, 2)));
      bench.items.set('c', { value: 8, state: 'ready' });
      bench.items.set('x', { value: 2, state: 'ready' });
      bench.items.set('y', { value: 2, state: 'ready' });
      return [
        ...['a', 'c', 'd', 'e', 'f', 'x'].map((name) => wanted(name, 2)),
        wanted('g', 4, { needs: ['h'] }),
        wanted('h', 4, { needs: ['a'] }),
        wanted('i', 13),
      ];
    },
    takes: ['Item ready>absent', 'Item ready>ready', 'Item adopt', 'Item absent>ready', 'Item absent>ready'],
    rejects: ['Item not-thirteen'],
  },
  {
    name: 'the last two of a pool',
    prepare: async ({ apply }) => {
      await apply([wanted('a', 2, { labels: { pool: 'x' } }), wanted('b', 2, { labels: { pool: 'x' } })]);
      return [];
    },
    takes: ['Item ready>absent'],
    rejects: ['Item keep-one'],
  },
  {
    name: 'an orphan',
    prepare: async ({ apply }) => {
      await apply([wanted('a', 2)]);
      return [];
    },
    takes: ['Item ready>absent'],
  },
  {
    name: 'an orphan on its way out',
    prepare: async ({ apply, bench }) => {
      await apply([wanted('a', 2)]);
      bench.items.set(item('a').name, { value: 2, state: 'draining' });
      return [];
    },
    takes: ['Item draining>absent'],
  },
];

pluginConformance({ describe, it }, toyPlugin, open, situations);
