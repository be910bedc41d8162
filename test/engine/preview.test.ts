/** Previews: the provider's answer to a trial of a step, which a rule judges before the step runs. */

import { describe, expect, it } from 'vitest';
import {
  defineKind,
  definePlugin,
  type Facts,
  formatRef,
  isKnown,
  type Kind,
  pass,
  type Plugin,
  type Preview,
  reject,
  type Resource,
  type Scene,
  type View,
  warn,
} from '#plugin';
import {
  addressOf,
  applyToy,
  type LineOptions,
  planToy,
  toyLog,
  toyPlugin,
  type ToyWorld,
  toyWorld,
  wanted,
} from '../support/toy.ts';

/** The provider's answer for an item: it refuses an item while one of its dependencies does not exist. */
type Trial = (name: string, world: ToyWorld) => Facts | undefined;

const needsBase: Trial = (name, world) =>
  name === 'base' || world.items.has('base') ? { value: name.length } : { refused: 'base not found' };

function judgedByTrial({ preview, desired }: Resource, scene: Scene) {
  const refused = preview?.['refused'];
  if (typeof refused !== 'string') return pass('the provider accepts the item');
  const isComing = desired?.needs.some((ref) => scene.underWay.has(formatRef(ref))) === true;
  const message = `The provider refuses the item: ${refused}`;
  return isComing ? { ...warn(message, {}), unproven: true as const } : reject(message, {});
}

function triedBy(trial: Trial): ReadonlyMap<string, Plugin> {
  const kind = toyPlugin.kinds['Item'] as Kind<unknown>;
  const plugin = definePlugin<ToyWorld, ToyWorld>({
    ...(toyPlugin as Plugin<ToyWorld, ToyWorld>),
    kinds: {
      Item: defineKind({ ...kind, rules: { ...kind.rules, 'not-thirteen': (_c, r, s) => judgedByTrial(r, s) } }),
    },
    observe: async (world, query): Promise<View> => {
      const view = await (toyPlugin as Plugin<ToyWorld, ToyWorld>).observe(world, query);
      const previews = query.desired.flatMap(({ ref }): readonly Preview[] => {
        const facts = trial(ref.name, world);
        return facts === undefined ? [] : [{ ref, facts }];
      });
      return { ...view, previews };
    },
  });
  return new Map([['toy', plugin]]);
}

function applied(world: ToyWorld, trial: Trial, options: LineOptions = {}) {
  const documents = [wanted('base', 2), wanted('top', 2, { needs: ['base'] })];
  return applyToy(world, documents, toyLog(), { plugins: triedBy(trial), ...options });
}

describe('a preview', () => {
  it('belongs to a resource that does not exist, which stays absent', async () => {
    const { resources } = await planToy(toyWorld(), [wanted('base', 2)], toyLog(), { plugins: triedBy(needsBase) });
    const base = resources.get(addressOf('base'));
    expect(base?.preview).toEqual({ value: 4 });
    expect(base !== undefined && isKnown(base) && base.sight.is).toBe('absent');
  });

  it('rejects a step that the provider refuses', async () => {
    const plan = await planToy(toyWorld(), [wanted('top', 2)], toyLog(), { plugins: triedBy(needsBase) });
    expect(plan.plan.rejected_changes[0]?.reasons[0]?.message).toBe('The provider refuses the item: base not found');
  });

  it('leaves a step unproven that the provider refuses until an earlier row is done, and proves it before it runs', async () => {
    const { reconciled, rows } = await applied(toyWorld(), needsBase);
    expect(reconciled.plan.resource_changes.map(({ address, proven }) => [address, proven])).toEqual([
      [addressOf('base'), true],
      [addressOf('top'), false],
    ]);
    expect([rows['base']?.status, rows['top']?.status]).toEqual(['done', 'done']);
  });

  it('makes an unproven step stale that the provider still refuses right before it runs', async () => {
    const { rows } = await applied(toyWorld(), (name) => (name === 'base' ? { value: 4 } : { refused: 'no room' }));
    expect(rows['top']).toMatchObject({ status: 'stale' });
    expect(rows['top']?.message).toContain('The provider refuses the item: no room');
  });

  it('is part of the basis of a proven step: another answer makes the step stale', async () => {
    let answer = 1;
    const { rows } = await applied(toyWorld(), () => ({ value: answer }), { between: () => (answer = 2) });
    expect(rows['base']).toMatchObject({
      status: 'stale',
      message: 'The resource has changed since the plan was created',
    });
  });

  it('makes a gap of a plugin that gives two previews for one resource', async () => {
    const plugins = triedBy(needsBase);
    const plugin = plugins.get('toy') as Plugin;
    const twice: Plugin = {
      ...plugin,
      observe: async (world, query) => {
        const view = await plugin.observe(world, query);
        return { ...view, previews: [...(view.previews ?? []), ...(view.previews ?? [])] };
      },
    };
    const plan = await planToy(toyWorld(), [wanted('base', 2)], toyLog(), { plugins: new Map([['toy', twice]]) });
    expect(plan.plan.gaps[0]?.message).toContain('toy/Item/base has two previews');
  });
});
