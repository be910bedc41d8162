/** The cause of each field in a change of a resource whose document was edited, and which somebody else changed too. */

import { describe, expect, it } from 'vitest';
import { type FieldChange, type Observed, observedOf, type Plugin } from '#plugin';
import { addressOf, applyToy, planToy, toyLog, toyPlugin, toyWorld, wanted } from '../support/toy.ts';

/** An item with a value and a note, of which the world has the value alone: the note is always "a". */
function plugin(): Plugin {
  const kind = toyPlugin.kinds['Item'];
  if (kind === undefined) throw new Error('the toy has items');
  return {
    ...toyPlugin,
    kinds: {
      Item: {
        ...kind,
        diff: (resource) => {
          const { desired } = resource;
          const observed = observedOf(resource) as Observed<{ readonly value: number }> | undefined;
          const spec = desired?.spec as { readonly value: number; readonly note: string };
          if (observed === undefined)
            return { step: 'absent>ready', goal: 'create', because: 'the item does not exist' };
          const fields: readonly FieldChange[] = [
            { path: '/value', before: observed.facts.value, after: spec.value },
            { path: '/note', before: 'a', after: spec.note },
          ];
          const other = fields.filter(({ before, after }) => before !== after);
          return other.length === 0
            ? undefined
            : { step: 'ready>ready', goal: 'update', fields: other, because: 'differs' };
        },
      },
    },
  };
}

const plugins = new Map([['toy', plugin()]]);
const document = (value: number, note: string) => ({ ...wanted('a', value), spec: { value, note } });

async function planAfter(declared: ReturnType<typeof document>, actual: number) {
  const [world, log] = [toyWorld(), toyLog()];
  await applyToy(world, [document(2, 'a')], log, { plugins });
  world.items.set('a', { value: actual, state: 'ready' });
  const { changes, plan } = await planToy(world, [declared], log, { plugins });
  return { change: changes.get(addressOf('a')), row: plan.resource_changes[0] };
}

describe('a change', () => {
  it('of an edited field is an edit', async () => {
    const { change, row } = await planAfter(document(2, 'b'), 2);
    expect([change?.cause, change?.drifted, row?.drifted]).toEqual(['edit', undefined, undefined]);
  });

  it('of another field alone is drift, although the document was edited', async () => {
    // The edit is already actual: only the value is left.
    const { change } = await planAfter(document(4, 'a'), 4);
    expect(change).toBeUndefined();
    const { change: other } = await planAfter(
      { ...document(2, 'a'), spec: { value: 2, note: 'a', more: 1 } as never },
      6,
    );
    expect([other?.cause, other?.fields.map(({ path }) => path)]).toEqual(['drift', ['/value']]);
  });

  it('of both is an edit that names the drifted fields', async () => {
    const { change, row } = await planAfter(document(2, 'b'), 6);
    expect([change?.cause, change?.drifted, row?.drifted]).toEqual(['edit', ['/value'], ['/value']]);
  });
});
