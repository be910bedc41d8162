/**
 * Removals of several steps, replacements that end in absence, states between refreshes, and audited facts in the log.
 */

import { describe, expect, it } from 'vitest';
import { movesBetween, worldLeadsTo } from '../../src/engine/lifecycle.ts';
import {
  digestOf,
  type Facts,
  type KindTables,
  type Observed,
  type Plugin,
  type PluginTables,
  removalStep,
  observedOf,
  seenState,
  otherState,
} from '#plugin';
import {
  addressOf,
  applyToy,
  planToy,
  toyLog,
  toyPlugin,
  toyTables,
  toyWorld,
  type ToyWorld,
  wanted,
} from '../support/toy.ts';

const itemTables: KindTables = {
  ...(toyTables.kinds['Item'] as KindTables),
  machines: {
    item: {
      states: ['absent', 'starting', 'ready', 'draining', 'gone'],
      transitions: [
        { from: 'absent', to: 'ready', trigger: 'create', by: 'fettle' },
        { from: 'starting', to: 'ready', trigger: 'started', by: 'world' },
        { from: 'ready', to: 'draining', trigger: 'drain', by: 'fettle' },
        { from: 'draining', to: 'gone', trigger: 'remove', by: 'fettle', settles: 'absent', destructive: true },
        { from: 'gone', to: 'absent', trigger: 'end', by: 'world' },
        { from: 'draining', to: 'absent', trigger: 'vanish', by: 'world' },
        { from: 'absent', to: 'starting', trigger: 'found', by: 'world' },
      ],
      edits: [],
    },
  },
  rules: [],
};

const tables: PluginTables = { ...toyTables, kinds: { Item: itemTables } };

/** An item with another value is replaced: drained, removed, and created again. */
const plugin: Plugin = {
  ...toyPlugin,
  tables,
  kinds: {
    Item: {
      ...toyPlugin.kinds['Item'],
      diff: (resource) => {
        const { desired } = resource;
        const observed = observedOf(resource);
        const value = (desired?.spec as { value: number } | undefined)?.value;
        if (observed === undefined)
          return value === undefined
            ? undefined
            : { step: 'absent>ready', goal: 'create', because: 'it does not exist' };
        const goal = desired === undefined ? 'remove' : 'replace';
        if (observed.state === 'draining')
          return { step: 'draining>gone', goal, because: 'it is drained', cause: 'progress' };
        if (desired === undefined) return { step: 'ready>draining', goal, because: 'no longer declared' };
        if ((observed.facts as { value: number }).value === value) return undefined;
        return { step: 'ready>draining', goal, because: 'another value' };
      },
      note: ({ sight }) =>
        sight.is === 'absent' ? {} : { last_value: (sight.observed as Observed<{ value: number }>).facts.value },
      audit: (_change, resource): Facts => ({ was: seenState(resource) ?? 'unseen' }),
      rules: {},
      handlers: {
        'absent>ready': async (world, resource) => {
          const spec = resource.desired?.spec as { value: number };
          (world as ToyWorld).items.set(resource.ref.name, { value: spec.value, state: 'ready' });
          return undefined;
        },
        'ready>draining': async (world, resource) => {
          const item = (world as ToyWorld).items.get(resource.ref.name);
          if (item !== undefined) item.state = 'draining';
          return { drained: true };
        },
        'draining>gone': async (world, resource, run) => {
          const fault = (world as ToyWorld).faults.get(`draining>gone ${resource.ref.name}`);
          (world as ToyWorld).items.delete(resource.ref.name);
          await fault?.(run);
          return undefined;
        },
      },
    },
  },
};

const plugins = new Map([['toy', plugin]]);

describe('a removal in two steps', () => {
  it('is one row in each plan, keeps the notes of the first step, and leaves the state with the last step', async () => {
    const [world, log] = [toyWorld({ other: 2 }), toyLog()];
    await applyToy(world, [wanted('a', 2)], log, { plugins });
    const first = await applyToy(world, [], log, { plugins });
    expect(first.rows['a']).toMatchObject({ status: 'done' });
    expect(log.recall.resources.get(addressOf('a'))).toMatchObject({
      state: 'draining',
      owned: 'created',
      kept: { drained: true },
    });
    const second = await applyToy(world, [], log, { plugins });
    expect(second.rows['a']).toMatchObject({ status: 'done' });
    expect(world.items.has('a')).toBe(false);
    expect(log.recall.resources.has(addressOf('a'))).toBe(false);
    const outcome = log.records.findLast(({ kind }) => kind === 'outcome');
    expect(outcome?.body).toMatchObject({
      moves: [
        { from: 'draining', to: 'gone', trigger: 'remove' },
        { from: 'gone', to: 'absent', trigger: 'end' },
      ],
    });
  });

  it('a needed resource stays until its dependent is removed, not only draining', async () => {
    const [world, log] = [toyWorld(), toyLog()];
    const needy = wanted('needy', 2, { needs: ['base'] });
    await applyToy(world, [wanted('base', 2), needy], log, { plugins });
    const first = await applyToy(world, [], log, { plugins });
    expect(first.rows['needy']).toMatchObject({ status: 'done' });
    expect(first.rows['base']).toMatchObject({ status: 'deferred' });
    expect(first.rows['base']?.message).toContain('toy/Item/needy depends on the resource');
    const second = await applyToy(world, [], log, { plugins });
    expect(second.rows['needy']).toMatchObject({ status: 'done' });
    // Its own first step follows: the dependent is removed by then.
    expect(second.rows['base']).toMatchObject({ status: 'done' });
  });

  it('an interrupted removal is settled by a refresh: an absent resource is done', async () => {
    const [world, log] = [toyWorld(), toyLog()];
    await applyToy(world, [wanted('a', 2, { labels: { team: 'web' } })], log, { plugins });
    await applyToy(world, [], log, { plugins });
    const abort = new AbortController();
    world.faults.set('draining>gone a', async () => {
      abort.abort();
      await new Promise(() => undefined);
    });
    const cut = await applyToy(world, [], log, { plugins, abort: abort.signal });
    expect(cut.rows['a']).toMatchObject({ status: 'unknown' });
    const { plan } = await planToy(world, [], log, { plugins });
    const labels = { team: 'web' };
    expect(plan.settled).toEqual([{ address: addressOf('a'), labels, step: 'draining>gone', outcome: 'done' }]);
    expect(log.recall.resources.has(addressOf('a'))).toBe(false);
  });

  it('under a gap it is the rejected row of the step that would remove the resource', async () => {
    const [world, log] = [toyWorld(), toyLog()];
    await applyToy(world, [wanted('a', 2)], log, { plugins });
    await applyToy(world, [], log, { plugins });
    world.blind.add('a');
    const { plan } = await planToy(world, [], log, { plugins });
    expect(plan.rejected_changes.map(({ resource_change: row, reason }) => [row.step, reason])).toEqual([
      ['draining>gone', 'partial-view'],
    ]);
  });
});

describe('a replacement that ends in absence', () => {
  it('leaves nothing of the old resource except the removal settings of its document', async () => {
    const [world, log] = [toyWorld(), toyLog()];
    await applyToy(world, [wanted('a', 2, { lifecycle: { onRemove: 'release' } })], log, { plugins });
    const changed = [wanted('a', 4)];
    await applyToy(world, changed, log, { plugins });
    await applyToy(world, changed, log, { plugins });
    expect(log.recall.resources.get(addressOf('a'))).toEqual({
      ref: wanted('a', 4).ref,
      version: 1,
      kept: {},
      onRemove: 'release',
      state: 'absent',
      since: expect.any(Number) as number,
      // Of the document that the replacement was for: its creation is a later step of what was approved.
      successor: digestOf(changed[0]?.spec),
    });
    const made = await applyToy(world, changed, log, { plugins });
    expect(made.rows['a']).toMatchObject({ status: 'done' });
    expect(made.rows['a']?.action.change).toMatchObject({ goal: 'create', cause: 'progress' });
    expect(log.recall.resources.get(addressOf('a'))).toMatchObject({
      owned: 'created',
      onRemove: 'release',
      state: 'ready',
    });
  });
});

describe('audited facts', () => {
  it('are recorded with intents, outcomes and refusals, as of the time of the decision', async () => {
    const [world, log] = [toyWorld(), toyLog()];
    await applyToy(world, [wanted('a', 2)], log, { plugins });
    await applyToy(world, [], log, {
      plugins,
      safety: { freeze: [{ from: 0, to: Number.MAX_SAFE_INTEGER / 2, reason: 'x' }] },
    });
    const recorded = log.records.flatMap(({ kind, body }) =>
      kind === 'intent' || kind === 'outcome' || kind === 'refusal' ? [[kind, body.audit]] : [],
    );
    expect(recorded).toEqual([
      ['intent', { was: 'absent' }],
      ['outcome', { was: 'absent' }],
      ['refusal', { was: 'ready' }],
    ]);
  });

  it('a failing one is reported, and changes nothing else', async () => {
    const [world, log] = [toyWorld(), toyLog()];
    const broken = {
      ...plugin,
      kinds: {
        Item: {
          ...plugin.kinds['Item'],
          audit: () => {
            throw new Error('no picture');
          },
        },
      },
    } as Plugin;
    const { rows } = await applyToy(world, [wanted('a', 2)], log, { plugins: new Map([['toy', broken]]) });
    expect(rows['a']).toMatchObject({ status: 'done' });
    expect(log.records.find(({ kind }) => kind === 'intent')?.body).toMatchObject({ audit: { error: 'no picture' } });
  });
});

/** An item has a lamp of its own: a second machine. Turning it on lets the item start as well. */
const lampTables: KindTables = {
  ...itemTables,
  machines: {
    item: {
      states: ['absent', 'starting', 'ready'],
      transitions: [
        { from: 'absent', to: 'starting', trigger: 'found', by: 'world' },
        { from: 'starting', to: 'ready', trigger: 'started', by: 'world' },
      ],
      edits: [],
    },
    lamp: {
      states: ['off', 'on'],
      transitions: [{ from: 'off', to: 'on', trigger: 'light', by: 'fettle' }],
      edits: [],
    },
  },
};

const lampPlugin: Plugin = {
  ...plugin,
  tables: { ...tables, kinds: { Item: lampTables } },
  kinds: {
    Item: {
      diff: (resource) =>
        otherState(resource, 'lamp') === 'off'
          ? { step: 'lamp:off>on', goal: 'update', because: 'it is dark' }
          : undefined,
      rules: {},
      handlers: {
        'lamp:off>on': async (world, resource) => {
          const item = (world as ToyWorld).items.get(resource.ref.name);
          if (item !== undefined) Object.assign(item, { value: 1, state: 'ready' });
          return undefined;
        },
      },
    },
  },
  observe: async (world, query) => {
    const view = await toyPlugin.observe(world, query);
    return {
      ...view,
      observed: view.observed.map((each) => ({
        ...each,
        findings: [],
        others: { lamp: (each.facts as { value: number }).value === 1 ? 'on' : 'off' },
      })),
    };
  },
};

describe('moves', () => {
  it('of a step of another machine are its own, and those that the resource made meanwhile', async () => {
    const [world, log] = [toyWorld({ a: 0 }), toyLog()];
    Object.assign(world.items.get('a') ?? {}, { state: 'starting' });
    const lamps = { plugins: new Map([['toy', lampPlugin]]) };
    await applyToy(world, [wanted('a', 0)], log, lamps);
    const { rows } = await applyToy(world, [wanted('a', 0)], log, lamps);
    expect(rows['a']).toMatchObject({ status: 'done' });
    expect(log.records.findLast(({ kind }) => kind === 'outcome')?.body).toMatchObject({
      state: 'ready',
      moves: [
        { machine: 'lamp', from: 'off', to: 'on', trigger: 'light' },
        { machine: 'item', from: 'starting', to: 'ready', trigger: 'started' },
      ],
    });
  });

  it('pass through the states that a refresh reports', () => {
    expect(movesBetween(itemTables, { machine: 'item', from: 'absent', to: 'ready' }, { via: ['starting'] })).toEqual([
      { machine: 'item', from: 'absent', to: 'starting', trigger: 'found' },
      { machine: 'item', from: 'starting', to: 'ready', trigger: 'started' },
    ]);
    expect(movesBetween(itemTables, { machine: 'item', from: 'ready', to: 'ready' }, { via: ['draining'] })).toEqual(
      [],
    );
  });

  it('no move of the provider leads through absence: a resource after it is another one', () => {
    expect(worldLeadsTo(itemTables, undefined, 'draining', 'absent')).toBe(true);
    expect(worldLeadsTo(itemTables, undefined, 'draining', 'starting')).toBe(false);
    expect(worldLeadsTo(itemTables, undefined, 'absent', 'ready')).toBe(true);
  });

  it('a removal is named by the step that ends in absence', () => {
    expect(removalStep(itemTables, 'draining')).toBe('draining>gone');
    expect(removalStep(itemTables, 'ready')).toBe('ready>absent');
  });
});
