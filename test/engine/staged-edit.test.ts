/** Consecutive edits of one resource by the same step: each is done separately, and together they are one edit. */

import { describe, expect, it } from 'vitest';
import { type FieldChange, type Observed, type Plugin, observedOf } from '#plugin';
import { addressOf, applyToy, type Item, toyLog, toyPlugin, toyWorld, type ToyWorld, wanted } from '../support/toy.ts';

/** An item's value in tens and ones: the tens are set first. */
function fieldsOf(want: number, have: number): readonly FieldChange[] {
  const tens = (value: number): number => Math.floor(value / 10);
  if (tens(want) !== tens(have)) return [{ path: '/tens', before: tens(have), after: tens(want) }];
  return want === have ? [] : [{ path: '/ones', before: have % 10, after: want % 10 }];
}

function pluginWith(isDeaf: boolean): Plugin {
  return {
    ...toyPlugin,
    kinds: {
      Item: {
        ...toyPlugin.kinds['Item'],
        diff: (resource) => {
          const { desired } = resource;
          const observed = observedOf(resource);
          const value = (desired?.spec as { value: number } | undefined)?.value ?? 0;
          if (observed === undefined) return { step: 'absent>ready', goal: 'create', because: 'it does not exist' };
          const fields = fieldsOf(value, (observed as Observed<{ value: number }>).facts.value);
          return fields.length === 0
            ? undefined
            : { step: 'ready>ready', goal: 'update', fields, because: 'value differs' };
        },
        rules: toyPlugin.kinds['Item']?.rules ?? {},
        handlers: {
          ...toyPlugin.kinds['Item']?.handlers,
          'ready>ready': async (world, resource, run) => {
            const item = (world as ToyWorld).items.get(resource.ref.name) as Item;
            for (const { path, after } of isDeaf ? [] : run.change.fields)
              item.value =
                path === '/tens'
                  ? Number(after) * 10 + (item.value % 10)
                  : item.value - (item.value % 10) + Number(after);
            return undefined;
          },
        },
      },
    },
  };
}

describe('an edit in two stages', () => {
  const plugins = new Map([['toy', pluginWith(false)]]);

  it('is done stage by stage, and stays an edit: the declared spec counts as applied after the last stage', async () => {
    const [world, log] = [toyWorld(), toyLog()];
    await applyToy(world, [wanted('a', 12)], log, { plugins });
    const applied = () => log.recall.resources.get(addressOf('a'))?.applied?.spec;
    const changed = [wanted('a', 34)];
    const first = await applyToy(world, changed, log, { plugins });
    expect(first.rows['a']).toMatchObject({ status: 'done', action: { change: { cause: 'edit' } } });
    expect(world.items.get('a')?.value).toBe(32);
    expect(applied()).toEqual({ value: 12 });
    expect(log.records.findLast(({ kind }) => kind === 'outcome')?.body).toMatchObject({ outcome: 'done', more: true });
    const second = await applyToy(world, changed, log, { plugins });
    expect(second.rows['a']).toMatchObject({ status: 'done', action: { change: { cause: 'edit' } } });
    expect(applied()).toEqual({ value: 34 });
    expect(log.records.findLast(({ kind }) => kind === 'outcome')?.body).not.toHaveProperty('more');
    expect((await applyToy(world, changed, log, { plugins })).rows).toEqual({});
  });

  it('fails if a stage had no effect', async () => {
    const [world, log] = [toyWorld(), toyLog()];
    await applyToy(world, [wanted('a', 12)], log, { plugins });
    const deaf = { plugins: new Map([['toy', pluginWith(true)]]) };
    const { rows } = await applyToy(world, [wanted('a', 34)], log, deaf);
    expect(rows['a']).toMatchObject({ status: 'failed', message: 'The resource still differs from its document' });
  });
});
