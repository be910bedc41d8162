/**
 * A plugin that throws, hangs, answers late and returns rubbish, in every function: the others finish, and the log
 * stays sound.
 */

import { planned } from '../../src/formats/plan.ts';
import { everyPlace } from '../support/places.ts';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { apply } from '../../src/engine/apply.ts';
import type { Plugin, Query, View } from '#plugin';
import { reconcile } from '../../src/engine/reconcile.ts';
import { emptyRecall, fold, rememberedOf } from '../../src/engine/remember.ts';
import type { Draft } from '../../src/formats/log-record.ts';
import { openFileStore } from '../../src/store/files/file-store.ts';
import { randomFrom } from '../support/seed.ts';
import { safety, toyPlugin, type ToyWorld, toyWorld, wanted } from '../support/toy.ts';
import { must } from './effects-project.ts';
import type { RoundInput, Torture } from './torture.ts';

/** Values that no function of a plugin should return. */
const RUBBISH: readonly (() => unknown)[] = [
  () => null,
  () => 0,
  () => Number.NaN,
  () => 'rubbish',
  () => [],
  () => ({}),
  () => [[[]]],
  () => 10n,
  () => Symbol('x'),
  () => () => 1,
  () => new Map([['a', 1]]),
  () =>
    new Proxy(
      {},
      {
        get: () => {
          throw new Error('a trap');
        },
      },
    ),
  () => Object.create({ step: 'absent>ready', goal: 'create', because: 'inherited' }) as unknown,
  () => JSON.parse('{"__proto__":{"polluted":true},"step":"a>b"}') as unknown,
  () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    return circle;
  },
  () => ({
    get outcome() {
      throw new Error('a getter');
    },
  }),
  () => ({ outcome: 'pass', message: { toString: () => 'x' }, facts: [] }),
  () => ({ step: 'absent>nowhere', goal: 'create', because: '\u001b[2J\n\u0000\u202e' }),
  () => ({ step: 'ready>absent', goal: 'remove', because: 'removed', cause: 'whim' }),
  () => ({ observed: [{ ref: { plugin: 'other', kind: 'Item', name: 'a' }, state: 'ready' }], gaps: [], at: '' }),
  () => ({
    observed: [{ ref: { plugin: 'toy', kind: 'Item', name: 'a' }, state: 'nowhere', at: 'never' }],
    gaps: [],
    at: '',
  }),
  () => ({ last_value: 'x'.repeat(100_000) }),
  () => 'x'.repeat(10_000_000),
];

/** Once in a while: 100 MB. */
const HUGE = () => ({ facts: 'x'.repeat(100_000_000) });

const THROWN: readonly (() => unknown)[] = [
  () => new Error('no'),
  () => new TypeError('\u001b[31mred\u0007\r\n\u202e'),
  () => 'a text',
  () => undefined,
  () => null,
  () => 10n,
  () => Symbol('thrown'),
  () => ({
    toString: () => {
      throw new Error('even so');
    },
  }),
  () => new Error('x'.repeat(10_000_000)),
  () => Object.assign(new Error('E'), { message: { not: 'a text' } }),
];

type Broken = 'diff' | 'note' | 'findings' | 'matters' | 'rule' | 'handler' | 'observe';
const PLACES: readonly Broken[] = ['diff', 'note', 'findings', 'matters', 'rule', 'handler', 'observe'];

interface Trouble {
  readonly place: Broken;
  /** Names of the affected items; for a refresh, the number of valid answers before. */
  readonly names: ReadonlySet<string>;
  readonly after: number;
  readonly act: () => unknown;
  /** For asynchronous functions: never settles, or settles long after the deadline. */
  readonly waits: 'never' | 'late' | undefined;
}

function troubleOf(random: () => number): Trouble {
  const place = PLACES[Math.floor(random() * PLACES.length)] ?? 'diff';
  const pick = <T>(items: readonly (() => T)[]): T => (items[Math.floor(random() * items.length)] as () => T)();
  const throws = random() < 0.5;
  const huge = random() < 0.01;
  const value = throws ? pick(THROWN) : huge ? HUGE() : pick(RUBBISH);
  return {
    place,
    names: new Set(['a', 'c', 'e'].filter(() => random() < 0.6)),
    after: Math.floor(random() * 3),
    act: () => {
      if (throws) throw value;
      return value;
    },
    waits: random() < 0.15 ? (random() < 0.5 ? 'never' : 'late') : undefined,
  };
}

async function slowly(trouble: Trouble): Promise<unknown> {
  if (trouble.waits === 'never') return new Promise(() => undefined);
  if (trouble.waits === 'late') await sleep(700, undefined, { ref: false });
  return trouble.act();
}

/** The toy with one of its functions broken for some items. */
function broken(trouble: Trouble): Plugin {
  const kind = toyPlugin.kinds['Item'];
  if (kind === undefined) throw new Error('no kind');
  const isHit = (place: Broken, name: string): boolean => trouble.place === place && trouble.names.has(name);
  let looks = 0;
  return {
    ...toyPlugin,
    kinds: {
      Item: {
        ...kind,
        diff: (resource, scene) =>
          isHit('diff', resource.ref.name) ? (trouble.act() as never) : kind.diff(resource, scene),
        note: (resource, now, scene) =>
          isHit('note', resource.ref.name) ? (trouble.act() as never) : (kind.note?.(resource, now, scene) ?? {}),
        findings: (resource) => (isHit('findings', resource.ref.name) ? (trouble.act() as never) : []),
        matters: (resource, scene) =>
          isHit('matters', resource.ref.name) ? (trouble.act() as never) : (kind.matters?.(resource, scene) ?? []),
        rules: Object.fromEntries(
          Object.entries(kind.rules).map(([id, rule]) => [
            id,
            (...args: Parameters<typeof rule>) =>
              isHit('rule', args[1].ref.name) ? (trouble.act() as never) : rule(...args),
          ]),
        ),
        handlers: Object.fromEntries(
          Object.entries(kind.handlers).map(([step, handler]) => [
            step,
            async (...args: Parameters<typeof handler>) => {
              if (!isHit('handler', args[1].ref.name)) return handler(...args);
              // Half of the time the work was done before.
              if (trouble.after > 0) await handler(...args);
              return (await slowly(trouble)) as never;
            },
          ]),
        ),
      },
    },
    observe: async (world: unknown, query: Query): Promise<View> => {
      looks += 1;
      if (trouble.place !== 'observe' || looks <= trouble.after * 3 || query.only === undefined)
        return toyPlugin.observe(world, query);
      if (!query.only.some(({ name }) => trouble.names.has(name))) return toyPlugin.observe(world, query);
      return (await slowly({ ...trouble, waits: undefined })) as View;
    },
  };
}

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];

async function round({ seed, index, folder }: RoundInput): Promise<Readonly<Record<string, number>>> {
  const random = randomFrom(seed * 1_000_003 + index);
  const trouble = troubleOf(random);
  const where = `${trouble.place} of ${[...trouble.names].join(' ')}`;
  mkdirSync(folder, { recursive: true });
  const world: ToyWorld = toyWorld({ a: 2, b: 2, x: 2 });
  const store = openFileStore({
    folder: join(folder, '.fettle'),
    project: 't',
    actor: 't',
    now: Date.now,
    randomId: () => `${index}-${random()}`.replaceAll('.', '-'),
  });
  const fence = await store.lock({ command: 'apply', timeoutMs: 0 });
  const recall = emptyRecall();
  const record = async (drafts: readonly Draft[]) => {
    const records = await store.append(drafts, fence);
    for (const each of records) fold(recall, each);
    return records;
  };
  const signal = new AbortController().signal;
  let refused = 0;
  const run = async (plugin: Plugin): Promise<number> => {
    const plugins = new Map([['toy', plugin]]);
    const common = { plugins, recall, record, run: 'run', now: Date.now, abort: signal };
    const open = async () => world;
    const documents = NAMES.map((name) => wanted(name, 4));
    const reconciled = await reconcile({
      places: everyPlace,
      ...common,
      project: 't',
      version: '0',
      documents,
      reader: open,
      safety,
    });
    JSON.stringify(planned(reconciled).plan);
    const rows = await apply({
      ...reconciled,
      ...common,
      look: { plugins, reader: open, desired: reconciled.desired, recall, now: Date.now },
      writer: open,
      parallelism: 4,
      limits: {},
      stop: signal,
      on: () => undefined,
    });
    must(rows.size === reconciled.actions.size, `${rows.size} rows for ${reconciled.actions.size} actions`, where);
    for (const { address, status, action, message } of rows.values()) {
      const { name } = action.change.ref;
      must(message.length < 20_000, `${address} says ${message.length} characters`, where);
      if (status === 'rejected' || status === 'deferred') refused += 1;
      // Items without a fault are done.
      if (!trouble.names.has(name) && action.verdict === 'accept')
        must(status === 'done', `${address} is ${status}: ${message}`, where);
    }
    return rows.size;
  };
  let actions = 0;
  for (let i = 0; i < 3; i += 1) actions += await run(broken(trouble));
  // Once the plugin works again, everything is corrected.
  for (let i = 0; i < 3; i += 1) await run(toyPlugin);
  must(
    NAMES.every((name) => world.items.get(name)?.value === 4),
    'the world differs from the documents',
    where,
  );
  await store.checkpoint(rememberedOf(recall), fence, true);
  const report = await store.verify();
  must(report.status === 'sound', `the log is ${report.status}: ${report.damage[0]?.message ?? ''}`, where);
  await store.close();
  must(({} as { readonly polluted?: boolean }).polluted === undefined, 'a prototype was changed', where);
  return { actions, refused, [trouble.place]: 1 };
}

export const torture: Torture = {
  name: 'rubbish-plugin',
  what: 'a plugin that throws, never settles, settles late, or returns rubbish or 100 MB from one of its functions',
  long: 1000,
  short: 8,
  parallel: 4,
  round,
};
