/** Findings that an apply has recorded: `plan` counts them, shows new ones in full, and drops those that have ended. */

import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/formats/plan.ts';
import { itemsYaml, toyProject } from '../support/toy-project.ts';
describe('a finding', () => {
  it('is new until an apply records it, and then has the time of that record', async () => {
    const at = toyProject(itemsYaml({ a: 3, b: 2 }));
    const first = (await at.run('apply -y')).stdout;
    expect(first).not.toContain('stand since');
    await at.run('apply -y');
    const { stdout } = await at.run('plan');
    expect(stdout).toContain('Findings known since an earlier apply: 1 warning (odd).');
    expect(stdout).not.toContain('3 is odd');
    expect((await at.run('plan --detail')).stdout).toContain('3 is odd');
    const plan = JSON.parse((await at.run('plan --format json')).stdout) as Plan;
    expect(plan.checks).toMatchObject([{ address: 'toy/Item/a', code: 'odd', since: expect.stringMatching(/Z$/u) }]);
    expect(plan.summary.findings).toBe(1);
  });

  it('is not recorded by plan', async () => {
    const at = toyProject(itemsYaml({ a: 2 }));
    await at.run('apply -y');
    at.world.items.set('a', { value: 3, state: 'ready' });
    for (const _ of [1, 2]) expect((await at.run('plan')).stdout).toContain('3 is odd');
  });

  it('that ended and returns is new again', async () => {
    const at = toyProject(itemsYaml({ a: 3 }));
    await at.run('apply -y');
    await at.run('apply -y');
    at.world.items.set('a', { value: 2, state: 'ready' });
    await at.run('drift --record');
    at.world.items.set('a', { value: 3, state: 'ready' });
    expect((await at.run('plan')).stdout).toContain('3 is odd');
  });
});
