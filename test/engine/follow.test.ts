/** Rows that follow from a row of the same plan, on a plugin whose document expands by the recorded state. */

import { describe, expect, it } from 'vitest';
import { approve } from '../../src/engine/approve.ts';
import { findDrift } from '../../src/engine/drift.ts';
import { type Selection, withinOf } from '../../src/run/selection.ts';
import type { Row } from '../../src/engine/action.ts';
import { defineKind, type Desired, type Kind, type Memory, type Plugin } from '#plugin';
import {
  applyToy,
  type ItemSpec,
  type LineOptions,
  planToy,
  type ToyLog,
  toyLog,
  toyPlugin,
  type ToyWorld,
  toyWorld,
  wanted,
} from '../support/toy.ts';

type Recorded = Readonly<Record<'last_value', number>>;

/** Names of the members of the item `set`: as many as its recorded value. */
function members(memory: Memory | undefined): readonly string[] {
  const count = Number(memory?.kept['last_value'] ?? 0);
  return Array.from({ length: count }, (_, i) => `set-${i + 1}`);
}

/** The toy, whose item `set` expands to members, and whose update records `recorded` instead of its value. */
function setPlugin(recorded?: number): Plugin {
  const own = toyPlugin.kinds['Item'] as Kind<unknown>;
  const kind = defineKind({
    ...own,
    expand: (desired, recall) =>
      desired.ref.name !== 'set'
        ? [desired]
        : [
            desired,
            ...members(recall(desired.ref)).map((name): Desired<ItemSpec> => wanted(name, 2, { needs: ['set'] })),
          ],
    recordedAfter: ({ goal }, { ref, desired }): Recorded | undefined =>
      ref.name === 'set' && goal === 'update'
        ? { last_value: (desired?.spec as ItemSpec | undefined)?.value ?? 0 }
        : undefined,
    handlers: {
      ...own.handlers,
      'ready>ready': async (world, resource, run) => {
        await own.handlers['ready>ready']?.(world, resource, run);
        return recorded === undefined ? undefined : { last_value: recorded };
      },
    },
  });
  return { ...toyPlugin, kinds: { Item: kind } };
}

interface Line {
  readonly world: ToyWorld;
  readonly log: ToyLog;
  readonly options: LineOptions;
}

/** An applied set of `value` members. */
async function applied(value: number, plugin = setPlugin()): Promise<Line> {
  const line: Line = { world: toyWorld(), log: toyLog(), options: { plugins: new Map([['toy', plugin]]) } };
  for (let i = 0; i < 2; i += 1) await applyToy(line.world, [wanted('set', value)], line.log, line.options);
  line.world.calls.length = 0;
  return line;
}

const plan = ({ world, log, options }: Line, value: number, more: LineOptions = {}) =>
  planToy(world, [wanted('set', value)], log, { ...options, ...more });

const apply = ({ world, log, options }: Line, value: number, more: LineOptions = {}) =>
  applyToy(world, [wanted('set', value)], log, { ...options, ...more });

function ended(rows: Readonly<Record<string, Row>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(rows).map(([name, { status, message }]) => [
      name,
      message === '' ? status : `${status}: ${message}`,
    ]),
  );
}

describe('a row that follows from another one', () => {
  it('is in the plan of its origin, with its cause, and is counted', async () => {
    const line = await applied(2);
    const { plan: found } = await plan(line, 4);
    expect(found.resource_changes.map(({ address, goal, cause, follows }) => [address, goal, cause, follows])).toEqual([
      ['toy/Item/set', 'update', 'edit', undefined],
      ['toy/Item/set-3', 'create', 'edit', 'toy/Item/set'],
      ['toy/Item/set-4', 'create', 'edit', 'toy/Item/set'],
    ]);
    expect(found.summary).toMatchObject({ add: 2, change: 1, resources: 5, unchanged: 2 });
  });

  it('runs after its origin in the same apply, and leaves nothing to do', async () => {
    const line = await applied(1);
    const { rows } = await apply(line, 2);
    expect(ended(rows)).toEqual({ set: 'done', 'set-2': 'done' });
    expect(line.world.calls).toEqual(['ready>ready set', 'absent>ready set-2']);
    expect((await plan(line, 2)).plan.resource_changes).toEqual([]);
  });

  it('removes the resources whose documents its origin ends', async () => {
    const line = await applied(2);
    const { plan: found } = await plan(line, 2);
    expect(found.resource_changes).toEqual([]);
    const { reconciled, rows } = await apply(line, 0);
    expect(reconciled.plan.summary).toMatchObject({ remove: 2, change: 1 });
    expect(ended(rows)).toEqual({ set: 'done', 'set-1': 'done', 'set-2': 'done' });
    expect([...line.world.items.keys()]).toEqual(['set']);
    expect(line.world.calls[0]).toBe('ready>ready set');
  });

  it('is judged by every rule, like any other row', async () => {
    const line = await applied(6);
    const { plan: found } = await plan(line, 0);
    expect(found.resource_changes.map(({ address }) => address)).toEqual(['toy/Item/set']);
    expect(found.rejected_changes).toHaveLength(6);
    expect(new Set(found.rejected_changes.map(({ reason }) => reason))).toEqual(new Set(['too-many-removals']));
  });

  it('is covered by the digest', async () => {
    const line = await applied(1);
    const digests = await Promise.all([2, 3].map(async (value) => (await plan(line, value)).plan.plan_digest));
    expect(new Set(digests).size).toBe(2);
    const all = await plan(line, 2);
    const one = await plan(line, 2, { within: (address) => address === 'toy/Item/set' });
    expect(one.plan.resource_changes.map(({ address }) => address)).toEqual(['toy/Item/set']);
    expect(one.plan.plan_digest).not.toBe(all.plan.plan_digest);
  });

  it('is a row of a saved plan', async () => {
    const line = await applied(1);
    const saved = (await plan(line, 2)).plan;
    const { actions, stale, added } = approve(saved, (await plan(line, 2)).actions);
    expect([[...actions.keys()], stale, added]).toEqual([['toy/Item/set', 'toy/Item/set-2'], [], []]);
    expect(approve(saved, (await plan(line, 3)).actions).added).toEqual(['toy/Item/set-3']);
  });

  it('has no row if its origin is rejected', async () => {
    const line = await applied(1);
    const { plan: found } = await plan(line, 13);
    expect(found.resource_changes).toEqual([]);
    expect(found.rejected_changes.map(({ resource_change }) => resource_change.address)).toEqual(['toy/Item/set']);
    expect(found.summary).toMatchObject({ resources: 2, unchanged: 1 });
  });

  it('keeps the row of its own change if its origin is rejected', async () => {
    const line = await applied(14);
    line.world.items.set('set-14', { value: 8, state: 'ready' });
    const { plan: found } = await plan(line, 13);
    expect(found.resource_changes.map(({ address, goal }) => [address, goal])).toEqual([['toy/Item/set-14', 'update']]);
  });

  it('does not run if its origin failed', async () => {
    const line = await applied(1);
    line.world.faults.set('ready>ready set', async () => {
      throw new Error('no');
    });
    const { rows } = await apply(line, 2);
    expect(ended(rows)).toEqual({
      set: 'failed: no',
      'set-2': 'not-attempted: Follows from toy/Item/set, which is failed',
    });
    expect(line.world.items.has('set-2')).toBe(false);
  });

  it('does not run if its origin recorded another state than planned', async () => {
    const line = await applied(0, setPlugin(1));
    const { rows } = await apply(line, 2);
    expect(rows['set']?.status).toBe('done');
    expect(rows['set-1']?.status).toBe('done');
    expect(rows['set-2']?.status).toBe('stale');
    expect([...line.world.items.keys()]).toEqual(['set', 'set-1']);
  });

  it('never takes a resource that the project does not own', async () => {
    const line = await applied(1);
    line.world.items.set('set-2', { value: 5, state: 'ready' });
    const first = await apply(line, 2);
    expect(ended(first.rows)).toEqual({ set: 'done' });
    expect(line.world.items.get('set-2')?.value).toBe(5);
    expect((await plan(line, 2)).plan.resource_changes.map(({ goal }) => goal)).toEqual(['adopt']);
  });

  it('has no row while a gap covers its resource', async () => {
    const line = await applied(1);
    line.world.blind.add('set-2');
    const { plan: found } = await plan(line, 2);
    expect(found.resource_changes.map(({ address }) => address)).toEqual(['toy/Item/set']);
  });

  it('is not drift', async () => {
    const line = await applied(2);
    for (const value of [0, 4]) {
      const { resources, proposed, actions, scene } = await plan(line, value);
      expect(findDrift({ resources, proposed, actions, scene, suppress: [] }).rows).toEqual([]);
    }
  });

  it('belongs to a run with the cause of its origin', async () => {
    const line = await applied(1);
    const addresses = async (...causes: readonly ('edit' | 'progress')[]) =>
      (await plan(line, 2, { causes: new Set(causes) })).plan.resource_changes.map(({ address }) => address);
    expect(await addresses('edit')).toEqual(['toy/Item/set', 'toy/Item/set-2']);
    expect(await addresses('progress')).toEqual([]);
  });

  it('is selected with its origin, unless it is excluded', async () => {
    const line = await applied(1);
    const found = async (selection: Selection) => {
      const { resource_changes: rows, summary } = (await plan(line, 3, { within: withinOf(selection) })).plan;
      return { rows: rows.map(({ address }) => address), resources: summary.resources };
    };
    const target = ['toy/Item/set'];
    expect(await found({ target })).toEqual({
      rows: ['toy/Item/set', 'toy/Item/set-2', 'toy/Item/set-3'],
      resources: 3,
    });
    expect(await found({ target, exclude: ['toy/Item/set-3'] })).toEqual({
      rows: ['toy/Item/set', 'toy/Item/set-2'],
      resources: 2,
    });
    expect(await found({ target: ['toy/Item/set-2'] })).toEqual({ rows: [], resources: 0 });
  });

  it('is proposed by the next plan if the run ends after its origin', async () => {
    const line = await applied(1);
    const stop = new AbortController();
    const { rows } = await apply(line, 2, {
      stop: stop.signal,
      on: (event) => {
        if (event.type === 'end' && event.row.address === 'toy/Item/set') stop.abort();
      },
    });
    expect(ended(rows)).toEqual({ set: 'done', 'set-2': 'not-attempted: The run was stopped' });
    expect((await plan(line, 2)).plan.resource_changes.map(({ address, cause }) => [address, cause])).toEqual([
      ['toy/Item/set-2', 'progress'],
    ]);
  });

  it('is a failure of its own if its kind cannot say what is recorded', async () => {
    const plugin = setPlugin();
    const kind = defineKind({
      ...(plugin.kinds['Item'] as Kind<unknown>),
      recordedAfter: () => {
        throw new Error('unsound');
      },
    });
    const line = await applied(1);
    const { plan: found } = await plan(line, 2, { plugins: new Map([['toy', { ...plugin, kinds: { Item: kind } }]]) });
    expect(found.resource_changes.map(({ address }) => address)).toEqual(['toy/Item/set']);
    expect(found.gaps.map(({ message }) => message)).toEqual([expect.stringContaining('unsound')]);
  });
});
