/** A small, complete plugin over a world in memory, and the reconciliation over it, for the tests of the engine. */

import { type Plan, type Planned, planned } from '../../src/formats/plan.ts';
import { everyPlace } from './places.ts';
import {
  memoryLog as toyLog,
  type MemoryLog as ToyLog,
  usualSafety as safety,
} from '../../src/conformance/memory-log.ts';
import { apply } from '../../src/engine/apply.ts';
import type { ApplyEvent, Row } from '../../src/engine/action.ts';
import {
  type ActionRun,
  type Cause,
  defineKind,
  definePlugin,
  type Desired,
  type Finding,
  formatRef,
  type Gap,
  type Labels,
  type Lifecycle,
  type Memory,
  type Observed,
  type Resource,
  pass,
  type Plugin,
  type PluginTables,
  type Ref,
  reject,
  type Safety,
  observedOf,
  seenState,
} from '#plugin';
import { reconcile, type ReconcileInput } from '../../src/engine/reconcile.ts';

export interface ItemSpec {
  readonly value: number;
}

/** One item of the world. `draining` is on its way out. */
export interface Item {
  value: number;
  state: 'ready' | 'draining' | 'starting';
}

export interface ToyWorld {
  readonly items: Map<string, Item>;
  /** Names whose refresh fails. */
  readonly blind: Set<string>;
  /** Replacements of a handler's work, by `step name`. */
  readonly faults: Map<string, (run: ActionRun) => Promise<void>>;
  readonly calls: string[];
}

export function toyWorld(items: Readonly<Record<string, number>> = {}): ToyWorld {
  return {
    items: new Map(Object.entries(items).map(([name, value]) => [name, { value, state: 'ready' }])),
    blind: new Set(),
    faults: new Map(),
    calls: [],
  };
}

/** Declared or recorded labels. */
function labelsNow({ desired, memory }: Resource): Labels {
  return desired?.meta.labels ?? memory?.labels ?? {};
}

export const toyTables: PluginTables = {
  name: 'toy',
  version: 'v1',
  summary: 'Items in memory.',
  parallelism: 4,
  secrets: [],
  settingPaths: [],
  findings: [{ code: 'odd', kind: 'Item', severity: 'warning', text: 'An odd value.' }],
  kinds: {
    Item: {
      summary: 'One item.',
      scope: [],
      onRemove: 'remove',
      machines: {
        item: {
          states: ['absent', 'starting', 'ready', 'draining'],
          transitions: [
            { from: 'absent', to: 'ready', trigger: 'create', by: 'fettle', deadlineMs: 300 },
            { from: 'starting', to: 'ready', trigger: 'started', by: 'world', withinMs: 60_000 },
            { from: 'ready', to: 'draining', trigger: 'drain', by: 'world' },
            {
              from: 'ready',
              to: 'absent',
              trigger: 'remove',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'no',
            },
            { from: 'draining', to: 'absent', trigger: 'remove', by: 'fettle', destructive: true },
          ],
          edits: [{ state: 'ready', deadlineMs: 300 }],
        },
      },
      rules: [
        {
          id: 'not-thirteen',
          guards: ['absent>ready', 'ready>ready'],
          overridable: true,
          text: 'No item has the value 13.',
        },
        {
          id: 'keep-one',
          guards: ['ready>absent'],
          overridable: true,
          group: 'label:pool',
          text: 'A pool keeps one ready item.',
        },
      ],
      references: [],
      paths: [],
      safetyInputs: [],
      memoryVersion: 1,
    },
  },
};

type ToyStep = 'absent>ready' | 'ready>ready' | 'ready>absent' | 'draining>absent';
interface Facts {
  readonly value: number;
}

export const toyPlugin: Plugin = definePlugin<ToyWorld, ToyWorld>({
  name: 'toy',
  tables: toyTables,
  validators: async () => ({ 'spec:Item': () => true, 'memory:Item': () => true, config: () => true }),
  kinds: {
    Item: defineKind<ToyWorld, ItemSpec, Facts, { readonly last_value: number }, ToyStep, 'not-thirteen' | 'keep-one'>({
      diff: (resource) => {
        const { desired } = resource;
        const observed = observedOf(resource);
        if (desired === undefined)
          return observed === undefined
            ? undefined
            : {
                step: observed.state === 'draining' ? 'draining>absent' : 'ready>absent',
                goal: 'remove',
                because: 'no longer declared',
              };
        if (observed === undefined)
          return {
            step: 'absent>ready',
            goal: 'create',
            because: 'it does not exist',
            fields: [{ path: '/value', after: desired.spec.value }],
          };
        if (observed.state !== 'ready' || observed.facts.value === desired.spec.value) return undefined;
        return {
          step: 'ready>ready',
          goal: 'update',
          because: 'value differs',
          fields: [{ path: '/value', before: observed.facts.value, after: desired.spec.value }],
        };
      },
      matters: (resource, scene) => {
        const { pool } = labelsNow(resource);
        const all = pool === undefined ? [] : scene.ofKind('toy', 'Item');
        return all.filter((each) => labelsNow(each)['pool'] === pool).map(({ ref }) => ref);
      },
      note: ({ sight }) => (sight.is === 'absent' ? {} : { last_value: sight.observed.facts.value }),
      rules: {
        'not-thirteen': (_change, { desired }) =>
          desired?.spec.value === 13
            ? reject('13 is not allowed', { value: 13 }, { remedy: { set: { path: '/spec/value', value: 12 } } })
            : pass('not 13'),
        'keep-one': (_change, resource, scene) => {
          const { pool } = labelsNow(resource);
          const ready = scene
            .ofKind('toy', 'Item')
            .filter((each) => seenState(each) === 'ready' && labelsNow(each)['pool'] === pool);
          const going = ready.filter(({ ref }) => scene.underWay.has(formatRef(ref))).length;
          const facts = { pool: pool ?? null, ready: ready.length, going };
          return pool === undefined || ready.length - going > 1
            ? pass('enough are left', facts)
            : reject('none would be left', facts);
        },
      },
      handlers: {
        'absent>ready': (world, resource, run) =>
          work(world, 'absent>ready', resource.ref, run, () =>
            world.items.set(resource.ref.name, { value: resource.desired?.spec.value ?? 0, state: 'ready' }),
          ),
        'ready>ready': (world, resource, run) =>
          work(world, 'ready>ready', resource.ref, run, () =>
            world.items.set(resource.ref.name, { value: resource.desired?.spec.value ?? 0, state: 'ready' }),
          ),
        'ready>absent': (world, resource, run) =>
          work(world, 'ready>absent', resource.ref, run, () => world.items.delete(resource.ref.name)),
        'draining>absent': (world, resource, run) =>
          work(world, 'draining>absent', resource.ref, run, () => world.items.delete(resource.ref.name)),
      },
    }),
  },
  openReader: async () => toyWorld(),
  openWriter: async () => toyWorld(),
  observe: async (world, query) => {
    const at = query.now;
    const names = query.only === undefined ? [...world.items.keys()] : query.only.map(({ name }) => name);
    const seen = names.filter((name) => world.items.has(name) && !world.blind.has(name));
    return {
      at,
      observed: seen.map((name): Observed<Facts> => {
        const { value, state } = world.items.get(name) as Item;
        const ref = item(name);
        const findings: readonly Finding[] =
          value % 2 === 1
            ? [{ ref, code: 'odd', severity: 'warning', message: `${value} is odd`, facts: { value } }]
            : [];
        return { ref, state, facts: { value }, findings, at };
      }),
      gaps: [...world.blind].map((name): Gap => ({ plugin: 'toy', refs: [item(name)], message: 'it does not answer' })),
    };
  },
});

async function work(world: ToyWorld, step: ToyStep, ref: Ref, run: ActionRun, act: () => unknown): Promise<undefined> {
  world.calls.push(`${step} ${ref.name}`);
  await world.faults.get(`${step} ${ref.name}`)?.(run);
  act();
  return undefined;
}

export function item(name: string): Ref {
  return { plugin: 'toy', kind: 'Item', name };
}

export function wanted(
  name: string,
  value: number,
  more: {
    readonly needs?: readonly string[];
    readonly lifecycle?: Partial<Lifecycle>;
    readonly labels?: Readonly<Record<string, string>>;
  } = {},
): Desired<ItemSpec> {
  return {
    ref: item(name),
    spec: { value },
    meta: { labels: more.labels ?? {}, lifecycle: { ignore: [], ...more.lifecycle } },
    needs: (more.needs ?? []).map(item),
    source: { file: 'items.yaml', line: 1, column: 1 },
  };
}

export { safety, toyLog, type ToyLog };

export const START = Date.parse('2026-01-01T00:00:00Z');

export interface LineOptions {
  readonly safety?: Partial<Safety>;
  readonly now?: () => number;
  readonly within?: ReconcileInput['within'];
  readonly only?: ReconcileInput['only'];
  readonly whole?: ReconcileInput['whole'];
  readonly causes?: ReadonlySet<Cause>;
  readonly busy?: { readonly holder: string };
  readonly stop?: AbortSignal;
  readonly abort?: AbortSignal;
  readonly on?: (event: ApplyEvent) => void;
  /** Runs between plan and apply. */
  readonly between?: () => void;
  readonly plugins?: ReadonlyMap<string, Plugin>;
}

export const toyPlugins: ReadonlyMap<string, Plugin> = new Map([['toy', toyPlugin]]);

/** Plans over a world and a log. */
export function planToy(
  world: ToyWorld,
  documents: readonly Desired[],
  log: ToyLog,
  options: LineOptions = {},
): Promise<Planned> {
  return reconcile({
    places: everyPlace,
    project: 'test',
    version: '0.0.0',
    run: 'run-1',
    documents,
    plugins: options.plugins ?? toyPlugins,
    reader: async () => world,
    recall: log.recall,
    record: log.record,
    safety: { ...safety, ...options.safety },
    now: options.now ?? (() => START),
    abort: options.abort ?? new AbortController().signal,
    ...(options.within === undefined ? {} : { within: options.within }),
    ...(options.only === undefined ? {} : { only: options.only }),
    ...(options.whole === undefined ? {} : { whole: options.whole }),
    ...(options.causes === undefined ? {} : { causes: options.causes }),
    ...(options.busy === undefined ? {} : { busy: options.busy }),
  }).then(planned);
}

/** Plans and applies; rows by name. */
export async function applyToy(
  world: ToyWorld,
  documents: readonly Desired[],
  log: ToyLog,
  options: LineOptions = {},
): Promise<{ readonly reconciled: Planned; readonly rows: Readonly<Record<string, Row>> }> {
  const reconciled = await planToy(world, documents, log, options);
  options.between?.();
  const plugins = options.plugins ?? toyPlugins;
  const now = options.now ?? (() => START);
  const rows = await apply({
    ...reconciled,
    recall: log.recall,
    look: { plugins, reader: async () => world, desired: reconciled.desired, recall: log.recall, now },
    writer: async () => world,
    record: log.record,
    run: 'run-1',
    parallelism: 4,
    limits: {},
    now,
    stop: options.stop ?? new AbortController().signal,
    abort: options.abort ?? new AbortController().signal,
    on: options.on ?? (() => undefined),
  });
  return {
    reconciled,
    rows: Object.fromEntries([...rows].map(([address, row]) => [address.replace('toy/Item/', ''), row])),
  };
}

export function addressOf(name: string): string {
  return formatRef(item(name));
}

/** A world and log after an apply of these items, with more in each document. */
export async function owned(
  items: Readonly<Record<string, number>>,
  more: Parameters<typeof wanted>[2] = {},
): Promise<{ world: ToyWorld; log: ToyLog }> {
  const world = toyWorld();
  const log = toyLog();
  await applyToy(
    world,
    Object.entries(items).map(([name, value]) => wanted(name, value, more)),
    log,
  );
  return { world, log };
}

/** The state of an item, from the log. */
export function memoryOf(log: ToyLog, name: string): Memory | undefined {
  return log.recall.resources.get(addressOf(name));
}

/** A plan with a removal, an edit, a creation, rejected and waiting changes, and a gap. */
export async function mixedPlan(world: ToyWorld = toyWorld()): Promise<Plan> {
  const log = toyLog();
  await applyToy(
    world,
    [wanted('gone', 2), wanted('kept', 2, { lifecycle: { protect: true } }), wanted('old', 4)],
    log,
  );
  world.blind.add('blind');
  const documents = [
    wanted('old', 6),
    wanted('new', 3),
    wanted('bad', 13),
    wanted('waits', 2, { needs: ['bad'] }),
    wanted('blind', 2),
  ];
  return (await planToy(world, documents, log)).plan;
}
