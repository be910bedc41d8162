/** The plan as JSON: its members are a contract, which its schema and a list define. */

import { describe, expect, it } from 'vitest';
import { validators } from '../../src/formats/generated.validators.js';
import type { Plan } from '../../src/formats/plan.ts';
import { applyToy, planToy, toyLog, toyWorld, wanted } from '../support/toy.ts';

async function plan(): Promise<Plan> {
  const world = toyWorld();
  const log = toyLog();
  await applyToy(
    world,
    [wanted('kept', 2, { lifecycle: { protect: true } }), wanted('old', 4), wanted('moved', 2)],
    log,
  );
  world.items.set('moved', { value: 9, state: 'ready' });
  world.blind.add('blind');
  const documents = [
    wanted('old', 6),
    wanted('new', 3),
    wanted('bad', 13),
    wanted('waits', 2, { needs: ['bad'] }),
    wanted('moved', 2),
  ];
  return (await planToy(world, documents, log)).plan;
}

describe('the plan document', () => {
  it('passes its own schema', async () => {
    const sealed: unknown = JSON.parse(JSON.stringify(await plan()));
    expect([validators.plan(sealed), validators.plan.errors ?? null]).toEqual([true, null]);
  });

  it('has the members that readers rely on', async () => {
    const sealed = await plan();
    for (const name of [
      'format_version',
      'fettle_version',
      'timestamp',
      'project',
      'complete',
      'applyable',
      'errored',
      'resource_changes',
      'rejected_changes',
      'deferred_changes',
      'prior_state',
      'resource_drift',
      'checks',
      'gaps',
      'summary',
      'plan_digest',
    ])
      expect(sealed).toHaveProperty(name);
    const row = sealed.resource_changes.find(({ name }) => name === 'old');
    expect(row).toEqual({
      address: 'toy/Item/old',
      type: 'toy/Item',
      name: 'old',
      provider_name: 'toy',
      change: {
        actions: ['update'],
        before: { value: 4 },
        after: { value: 6 },
        before_sensitive: {},
        after_sensitive: {},
      },
      step: 'ready>ready',
      goal: 'update',
      cause: 'edit',
      because: 'value differs',
      reversible: 'yes',
      proven: true,
      basis: expect.stringMatching(/^sha256:[0-9a-f]{64}$/u),
      covers: {
        spec: { value: 6 },
        lifecycle: { onRemove: 'remove', needs: [], labels: {}, ignore: [] },
        rules: expect.arrayContaining(['protected', 'not-thirteen']),
        limits: {},
        uses: {},
        settings: {},
        files: [],
        commands: [],
        values: {},
      },
      source: { filename: 'items.yaml', start: { line: 1, column: 1 } },
      warnings: [],
    });
    const rejected = sealed.rejected_changes.find(({ reason }) => reason === 'protected');
    expect(rejected).toMatchObject({
      resource_change: {
        address: 'toy/Item/kept',
        change: { actions: ['delete'] },
        step: 'ready>absent',
        goal: 'remove',
        cause: 'orphan',
      },
      reasons: [
        {
          rule: 'protected',
          facts: { protected: true, goal: 'remove' },
          observed_at: expect.any(String),
          overridable: true,
          remedy: { outside: expect.any(String) },
        },
      ],
    });
    expect(sealed.deferred_changes[0]).toMatchObject({
      reason: 'dependency',
      resource_change: { address: 'toy/Item/waits' },
    });
    expect(sealed.resource_drift).toEqual([
      { address: 'toy/Item/moved', change: expect.objectContaining({ before: { value: 2 }, after: { value: 9 } }) },
    ]);
    expect(sealed.checks[0]).toMatchObject({ code: 'odd', severity: 'warning' });
    expect(sealed.gaps[0]).toMatchObject({ plugin: 'toy', scope: 'toy/Item/blind' });
  });

  it('keeps changes that would not run out of resource_changes', async () => {
    const sealed = await plan();
    const running = new Set(sealed.resource_changes.map(({ address }) => address));
    for (const { resource_change } of [...sealed.rejected_changes, ...sealed.deferred_changes])
      expect(running.has(resource_change.address)).toBe(false);
    expect(sealed.resource_changes.flatMap(({ change }) => change.actions)).not.toContain('no-op');
  });
});
