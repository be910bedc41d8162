/** Plans: their order, digest, targets and gaps. */

import { describe, expect, it } from 'vitest';
import { addressOf, applyToy, item, owned, planToy, START, toyLog, toyWorld, wanted } from '../support/toy.ts';
import fc from '../support/property.ts';

const day = 86_400_000;

describe('plan', () => {
  it('is the same, byte for byte, in any order of documents and resources', async () => {
    const names = ['e', 'b', 'a', 'd', 'c'];
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(names, { minLength: 5 }),
        fc.shuffledSubarray(names, { minLength: 5 }),
        async (written, there) => {
          const of = async (documents: readonly string[], world: readonly string[]) =>
            (
              await planToy(
                toyWorld(Object.fromEntries(world.map((name) => [name, 3]))),
                documents.map((name) => wanted(name, 2)),
                toyLog(),
              )
            ).plan;
          expect(JSON.stringify(await of(written, there))).toBe(JSON.stringify(await of(names, names)));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('has a digest of rows, fields, overrides and gaps, and not of places or times', async () => {
    const digest = async (
      value: number,
      options: Parameters<typeof planToy>[3] = {},
      blind: readonly string[] = [],
    ) => {
      const world = toyWorld();
      for (const name of blind) world.blind.add(name);
      const moved = { ...wanted('a', value), source: { file: `${value}.yaml`, line: 9, column: 9 } };
      return (await planToy(world, [moved], toyLog(), options)).plan.plan_digest;
    };
    const base = await digest(2);
    expect(await digest(2, { now: () => START + day })).toBe(base);
    expect(await digest(4)).not.toBe(base);
    expect(await digest(2, {}, ['z'])).not.toBe(base);
    const overrides = [{ rule: 'not-thirteen', address: addressOf('a'), reason: 'x' }];
    expect(await digest(13, { safety: { overrides } })).not.toBe(await digest(13));
    expect(await digest(2, { safety: { overrides } })).toBe(base);
  });

  it('is limited to its targets, and says that it is partial', async () => {
    const { plan } = await planToy(toyWorld(), [wanted('a', 2), wanted('b', 2)], toyLog(), {
      within: (address) => address === addressOf('a'),
    });
    expect(plan.resource_changes.map(({ address }) => address)).toEqual([addressOf('a')]);
    expect(plan.complete).toBe(false);
  });

  it('an invalid response of a plugin is a gap, and nothing is judged on it', async () => {
    const world = toyWorld({ a: 2 });
    (world.items.get('a') as { state: string }).state = 'nonsense';
    const { plan, actions } = await planToy(world, [wanted('a', 4)], toyLog());
    expect(actions.size).toBe(0);
    expect(plan.gaps[0]?.message).toContain('a state that the kind does not have: nonsense');
  });

  it('the fold of the records is the state of the run', async () => {
    const { world, log } = await owned({ a: 2, b: 3, c: 4 });
    await applyToy(world, [wanted('a', 4), wanted('b', 3)], log);
    const again = toyLog();
    for (const { kind, body } of log.records) await again.record([{ kind, body } as never]);
    expect([...again.recall.resources]).toEqual([...log.recall.resources]);
    expect(log.recall.resources.has(addressOf('c'))).toBe(false);
    expect(item('a')).toEqual({ plugin: 'toy', kind: 'Item', name: 'a' });
  });
});
