/** Labels: in every output that names a resource, and as selectors. */

import { describe, expect, it } from 'vitest';
import type { DriftReport } from '../../src/formats/drift.ts';
import type { Plan } from '../../src/formats/plan.ts';
import { toyProject } from '../support/toy-project.ts';

function labelled(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(
      ([name, team]) =>
        `apiVersion: toy/v1\nkind: Item\nmetadata: { name: ${name}, labels: { team: ${team} } }\nspec: { value: 2 }\n`,
    )
    .join('---\n');
}

const WEB = { team: 'web' };

describe('labels in outputs', () => {
  it('are in the plan, the drift report, events, explanations, the state and the log', async () => {
    const at = toyProject(labelled({ a: 'web' }));
    const json = async <T>(line: string) => JSON.parse((await at.run(line)).stdout) as T;
    const plan = await json<Plan>('plan --format json');
    expect(plan.resource_changes).toMatchObject([{ address: 'toy/Item/a', labels: WEB }]);
    expect((await at.run('plan')).stdout).toContain('+ toy/Item/a [team=web]');
    expect((await at.run('plan --format markdown')).stdout).toContain('team=web');
    const events = (await at.run('apply -y --json')).stdout.split('\n').filter((line) => line !== '');
    const hooks = events
      .map((line) => JSON.parse(line) as { readonly type: string; readonly hook?: { readonly resource?: object } })
      .filter(({ type }) => type.startsWith('apply_'));
    expect(hooks.map(({ hook }) => hook?.resource)).toEqual(
      hooks.map(() => expect.objectContaining({ addr: 'toy/Item/a', labels: WEB })),
    );
    expect(hooks.length).toBeGreaterThan(1);
    expect((await json<Plan>('plan --format json')).prior_state.resources).toMatchObject([{ labels: WEB }]);
    at.world.items.set('a', { state: 'ready', value: 3 });
    const report = await json<DriftReport>('drift --format json');
    expect(report.resource_drift).toMatchObject([{ address: 'toy/Item/a', labels: WEB }]);
    expect((await at.run('drift')).stdout).toContain('~ toy/Item/a [team=web]');
    expect(await json('explain toy/Item/a --format json')).toMatchObject({ labels: WEB });
    expect((await at.run('explain toy/Item/a')).stdout).toContain('toy/Item/a [team=web] ·');
    expect((await at.run('state list')).stdout).toContain('toy/Item/a [team=web]');
    expect(await json('state show toy/Item/a')).toMatchObject({ labels: WEB });
    const records = (await at.run('log list --kind intent,outcome --format json')).stdout.trim().split('\n');
    expect(records.map((line) => JSON.parse(line).body.labels)).toEqual([WEB, WEB]);
    expect((await at.run('log list')).stdout).toContain('toy/Item/a [team=web] absent>ready');
  });
});

describe('labels as selectors', () => {
  it.each([
    ['plan --target label=team:web', ['a', 'c']],
    ['plan --exclude label=team:web', ['b']],
    ['plan --target label=team', ['a', 'b', 'c']],
    ['plan --target label=team:web --exclude toy/Item/c', ['a']],
    ['plan --target label=team:ops --target toy/Item/a', ['a', 'b']],
  ])('%s', async (line, names) => {
    const at = toyProject(labelled({ a: 'web', b: 'ops', c: 'web' }));
    const plan = JSON.parse((await at.run(`${line} --format json`)).stdout) as Plan;
    expect(plan.targeted).toBe(true);
    expect(plan.resource_changes.map(({ name }) => name)).toEqual(names);
  });

  it('select in apply, drift and state list by the same labels', async () => {
    const at = toyProject(labelled({ a: 'web', b: 'ops' }));
    await at.run('apply -y --target label=team:web');
    expect([...at.world.items.keys()]).toEqual(['a']);
    await at.run('apply -y');
    for (const name of ['a', 'b']) at.world.items.set(name, { state: 'ready', value: 3 });
    const drift = JSON.parse((await at.run('drift --target label=team:ops --format json')).stdout) as DriftReport;
    expect(drift.resource_drift.map(({ name }) => name)).toEqual(['b']);
    const list = (await at.run('state list --exclude label=team:ops')).stdout;
    expect([list.includes('toy/Item/a'), list.includes('toy/Item/b')]).toEqual([true, false]);
  });

  it.each([
    ['plan --target label=team:wbe', 'did you mean label=team:web?'],
    ['plan --exclude label=taem:web', 'did you mean label=team:web?'],
    ['plan --target label=colour:red', '--target label=colour:red matches no document'],
    ['plan --target label=', 'matches no document'],
    ['plan --target label=toString', 'matches no document'],
    ['plan --exclude label=team', 'leave no resource'],
    ['drift --target label=team:wbe', 'did you mean label=team:web?'],
    ['state list --target label=team:web', 'matches no resource in the state'],
  ])('%s is an error', async (line, says) => {
    const at = toyProject(labelled({ a: 'web', b: 'ops' }));
    const { code, stdout, stderr } = await at.run(line);
    expect([code, stdout + stderr]).toEqual([1, expect.stringContaining(says)]);
  });
});
