/**
 * The plugin that tortured runs apply: items in a folder, whose effects are counted.
 *
 * Each handler's effect is one atomic call that is not idempotent: to create or change an item appends a line with the
 * id of its intent to the item's file, to remove it renames the file. So an effect done twice shows as two lines, and
 * an effect without a record as an id that no intent in the log has.
 */

import { appendFile, mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ActionRun,
  defineKind,
  definePlugin,
  type Observed,
  type Resource,
  type PluginTables,
  observedOf,
} from '#plugin';

export interface ItemSpec {
  readonly value: number;
}

interface ItemFacts {
  readonly value: number;
}

type ItemStep = 'absent>ready' | 'ready>ready' | 'ready>absent';

/** The folder of items, and how long a handler takes before and after its effect, in ms. */
export interface EffectsWorld {
  readonly folder: string;
  readonly delayMs: number;
}

const tables: PluginTables = {
  name: 'effects',
  version: 'v1',
  summary: 'Items in files, whose effects are counted.',
  parallelism: 10,
  secrets: [],
  settingPaths: [],
  findings: [],
  kinds: {
    Item: {
      summary: 'One item in a file.',
      scope: [],
      onRemove: 'remove',
      machines: {
        item: {
          states: ['absent', 'ready'],
          transitions: [
            { from: 'absent', to: 'ready', trigger: 'create', by: 'fettle' },
            { from: 'ready', to: 'absent', trigger: 'remove', by: 'fettle', destructive: true, disruptive: true },
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

/** The folder of the items. */
export function itemsFolder(world: string): string {
  return join(world, 'items');
}

/** The folder of removed items, each with the id of the intent in its name. */
export function removedFolder(world: string): string {
  return join(world, 'removed');
}

/** One line of an item's file. */
export interface Effect {
  readonly what: 'create' | 'update';
  readonly intent: string;
  readonly value: number;
}

export function parseEffects(text: string): readonly Effect[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [what = '', intent = '', value = ''] = line.split(' ');
      return { what: what as Effect['what'], intent, value: Number(value) };
    });
}

async function effect(world: EffectsWorld, run: ActionRun, act: () => Promise<void>): Promise<undefined> {
  await sleep(Math.random() * world.delayMs, undefined, { signal: run.signal });
  await act();
  await sleep(Math.random() * world.delayMs, undefined, { signal: run.signal });
  return undefined;
}

function append(what: Effect['what']) {
  return (world: EffectsWorld, { ref, desired }: Resource<ItemSpec>, run: ActionRun): Promise<undefined> =>
    effect(world, run, async () => {
      await mkdir(itemsFolder(world.folder), { recursive: true });
      await appendFile(join(itemsFolder(world.folder), ref.name), `${what} ${run.id} ${desired?.spec.value ?? 0}\n`);
    });
}

function remove(world: EffectsWorld, { ref }: Resource<ItemSpec>, run: ActionRun): Promise<undefined> {
  return effect(world, run, async () => {
    await mkdir(removedFolder(world.folder), { recursive: true });
    await rename(join(itemsFolder(world.folder), ref.name), join(removedFolder(world.folder), `${ref.name} ${run.id}`));
  });
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}

export const effectsPlugin = definePlugin<EffectsWorld, EffectsWorld>({
  name: 'effects',
  tables,
  validators: async () => ({ 'spec:Item': () => true, 'memory:Item': () => true, config: () => true }),
  kinds: {
    Item: defineKind<EffectsWorld, ItemSpec, ItemFacts, object, ItemStep, never>({
      diff: (resource) => {
        const { desired } = resource;
        const observed = observedOf(resource);
        if (desired === undefined) return { step: 'ready>absent', goal: 'remove', because: 'no longer declared' };
        if (observed === undefined) return { step: 'absent>ready', goal: 'create', because: 'it does not exist' };
        if (observed.facts.value === desired.spec.value) return undefined;
        const fields = [{ path: '/value', before: observed.facts.value, after: desired.spec.value }];
        return { step: 'ready>ready', goal: 'update', because: 'value differs', fields };
      },
      rules: {},
      handlers: { 'absent>ready': append('create'), 'ready>ready': append('update'), 'ready>absent': remove },
    }),
  },
  openReader: async ({ folder, env }) => worldOf(folder, env),
  openWriter: async ({ folder, env }) => worldOf(folder, env),
  observe: async ({ folder }, { only, now }) => {
    const wanted = only === undefined ? undefined : new Set(only.map(({ name }) => name));
    const names = (await namesIn(itemsFolder(folder))).filter((name) => wanted?.has(name) ?? true);
    const observed = await Promise.all(
      names.sort().map(async (name): Promise<readonly Observed<ItemFacts>[]> => {
        const text = await readFile(join(itemsFolder(folder), name), 'utf8').catch(() => undefined);
        const last = text === undefined ? undefined : parseEffects(text).at(-1);
        if (last === undefined) return [];
        const ref = { plugin: 'effects', kind: 'Item', name };
        return [{ ref, state: 'ready', facts: { value: last.value }, findings: [], at: now }];
      }),
    );
    return { observed: observed.flat(), gaps: [], at: now };
  },
});

function worldOf(folder: string, env: Readonly<Record<string, string | undefined>>): EffectsWorld {
  return { folder: join(folder, 'world'), delayMs: Number(env['EFFECTS_DELAY_MS'] ?? '10') };
}
