/** `--cause` and changes of several steps, with a toy whose items are drained before their removal. */

import { beforeEach, describe, expect, it } from 'vitest';
import { type Cause, type Desired, type KindTables, type Plugin, type PluginTables, observedOf } from '#plugin';
import {
  addressOf,
  applyToy,
  planToy,
  type ToyLog,
  toyLog,
  toyPlugin,
  toyTables,
  type ToyWorld,
  toyWorld,
  wanted,
} from '../support/toy.ts';

const PULL_REQUEST: ReadonlySet<Cause> = new Set(['new', 'edit', 'orphan']);
const SCHEDULE: ReadonlySet<Cause> = new Set(['time', 'progress', 'policy']);

const tables: PluginTables = {
  ...toyTables,
  kinds: {
    Item: {
      ...(toyTables.kinds['Item'] as KindTables),
      machines: {
        item: {
          states: ['absent', 'ready', 'draining'],
          transitions: [
            { from: 'absent', to: 'ready', trigger: 'create', by: 'fettle' },
            { from: 'ready', to: 'draining', trigger: 'drain', by: 'fettle' },
            { from: 'draining', to: 'absent', trigger: 'remove', by: 'fettle', destructive: true },
          ],
          edits: [],
        },
      },
      rules: [],
    },
  },
};

/**
 * An item with another value is replaced. Its kind calls every removal of a drained item progress. `team` stands for
 * `team-1`.
 */
const plugin: Plugin = {
  ...toyPlugin,
  tables,
  kinds: {
    Item: {
      ...toyPlugin.kinds['Item'],
      rules: {},
      expand: (desired) =>
        desired.ref.name === 'team' ? [desired, { ...desired, ref: { ...desired.ref, name: 'team-1' } }] : [desired],
      diff: (resource) => {
        const { desired } = resource;
        const observed = observedOf(resource);
        const value = (desired?.spec as { value: number } | undefined)?.value;
        if (observed === undefined)
          return value === undefined ? undefined : { step: 'absent>ready', goal: 'create', because: 'not found' };
        const goal = desired === undefined ? 'remove' : 'replace';
        if (observed.state === 'draining')
          return { step: 'draining>absent', goal, because: 'drained', cause: 'progress' };
        if (desired === undefined) return { step: 'ready>draining', goal, because: 'no longer declared' };
        if ((observed.facts as { value: number }).value === value) return undefined;
        return { step: 'ready>draining', goal, because: 'another value' };
      },
      handlers: {
        'absent>ready': async (world, { ref, desired }) => {
          const spec = desired?.spec as { value: number };
          (world as ToyWorld).items.set(ref.name, { value: spec.value, state: 'ready' });
          return undefined;
        },
        'ready>draining': async (world, { ref }) => {
          drain(world as ToyWorld, ref.name);
          return undefined;
        },
        'draining>absent': async (world, { ref }) => {
          (world as ToyWorld).items.delete(ref.name);
          return undefined;
        },
      },
    },
  },
};

function drain(world: ToyWorld, name: string): void {
  const found = world.items.get(name);
  if (found !== undefined) found.state = 'draining';
}

const plugins = new Map([['toy', plugin]]);

let world: ToyWorld;
let log: ToyLog;
beforeEach(async () => {
  [world, log] = [toyWorld(), toyLog()];
  await applyToy(world, [wanted('a', 2)], log, { plugins });
});

/** Applies with causes; the steps that were done, with their causes. */
async function done(documents: readonly Desired[], causes: ReadonlySet<Cause>): Promise<readonly string[]> {
  const { rows } = await applyToy(world, documents, log, { plugins, causes });
  return Object.entries(rows).flatMap(([name, { status, action }]) =>
    status === 'done' ? [`${name} ${action.change.step} ${action.change.cause}`] : [`${name} ${status}`],
  );
}

describe('a removal in two steps', () => {
  it('is begun by a run with orphans, and finished by a schedule', async () => {
    expect(await done([], SCHEDULE)).toEqual([]);
    expect(await done([], PULL_REQUEST)).toEqual(['a ready>draining orphan']);
    expect(await done([], PULL_REQUEST)).toEqual([]);
    expect(await done([], SCHEDULE)).toEqual(['a draining>absent progress']);
  });

  it('is not started by a schedule if another program drained the item', async () => {
    drain(world, 'a');
    expect(await done([], SCHEDULE)).toEqual([]);
    expect(await done([], PULL_REQUEST)).toEqual(['a draining>absent orphan']);
  });
});

describe('a replacement in three steps', () => {
  it('is begun by a run with edits, and finished by a schedule', async () => {
    const edited = [wanted('a', 4)];
    expect(await done(edited, SCHEDULE)).toEqual([]);
    expect(await done(edited, PULL_REQUEST)).toEqual(['a ready>draining edit']);
    expect(await done(edited, SCHEDULE)).toEqual(['a draining>absent progress']);
    expect(await done(edited, SCHEDULE)).toEqual(['a absent>ready progress']);
    expect(world.items.get('a')).toEqual({ value: 4, state: 'ready' });
  });

  it.each([
    ['after its first step', 0, ['a rejected']],
    ['after the removal', 1, []],
  ])('stops in a schedule where the document is edited again %s', async (_when, steps, next) => {
    await done([wanted('a', 4)], PULL_REQUEST);
    for (let step = 0; step < steps; step += 1) await done([wanted('a', 4)], SCHEDULE);
    const before = world.items.get('a');
    expect(await done([wanted('a', 666)], SCHEDULE)).toEqual(next);
    expect(world.items.get('a')).toEqual(before);
  });

  it('is not planned for an edit if another program drained the item', async () => {
    drain(world, 'a');
    expect(await done([wanted('a', 666)], SCHEDULE)).toEqual(['a rejected']);
    const { plan } = await planToy(world, [wanted('a', 666)], log, { plugins, causes: SCHEDULE });
    expect(plan.rejected_changes.map(({ reason }) => reason)).toEqual(['unapplied-edit']);
  });
});

describe('the resources that a document is expanded to', () => {
  it('are created by a schedule once the document is applied, and not before', async () => {
    const documents = [wanted('a', 2), wanted('team', 2)];
    expect(await done(documents, SCHEDULE)).toEqual(['team-1 rejected']);
    expect(await done(documents, PULL_REQUEST)).toEqual(['team absent>ready new']);
    expect(await done([wanted('a', 2), wanted('team', 666)], SCHEDULE)).toEqual(['team-1 rejected']);
    expect(await done(documents, SCHEDULE)).toEqual(['team-1 absent>ready progress']);
  });
});

describe('lifecycle.ignore', () => {
  it('is edited if a pointer is removed: the former value of the field is not drift', async () => {
    const ignoring = wanted('b', 2, { lifecycle: { ignore: ['/spec/value'] } });
    await done([wanted('a', 2), ignoring], PULL_REQUEST);
    world.items.set('b', { value: 8, state: 'ready' });
    const { plan } = await planToy(world, [wanted('a', 2), wanted('b', 2)], log, { plugins });
    expect(plan.resource_changes.map(({ address, cause }) => [address, cause])).toEqual([[addressOf('b'), 'edit']]);
  });
});
