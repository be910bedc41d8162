/** `explain`: the resource, its rules, the ways to unblock a step, and its last records. */

import { describe, expect, it } from 'vitest';
import type { Explanation } from '../../src/formats/explanation.ts';
import { appliedToys, itemsYaml } from '../support/toy-project.ts';

describe('explain', () => {
  it('shows the resource, every rule, the ways to unblock the step, and the last records', async () => {
    const at = await appliedToys(itemsYaml({ a: 2 }));
    at.write(itemsYaml({ a: 13 }));
    const { code, stdout } = await at.run('explain toy/Item/a --format json');
    const explanation = JSON.parse(stdout) as Explanation;
    expect(code).toBe(0);
    expect(explanation).toMatchObject({
      address: 'toy/Item/a',
      state: 'ready',
      memory: { owned: 'created' },
      next: { step: 'ready>ready', cause: 'edit', verdict: 'reject' },
    });
    const rules = explanation.next?.rules ?? [];
    expect(rules.find(({ rule }) => rule === 'not-thirteen')).toMatchObject({
      outcome: 'reject',
      facts: { value: 13 },
    });
    expect(rules.filter(({ outcome }) => outcome === 'pass').length).toBeGreaterThan(8);
    expect(explanation.next?.ways).toEqual([
      { rule: 'not-thirteen', do: 'set', text: 'spec.value: 12' },
      { rule: 'not-thirteen', do: 'override', text: 'fettle apply --override not-thirteen@toy/Item/a --reason "…"' },
    ]);
    expect(explanation.records.map(({ kind }) => kind)).toEqual(['intent', 'outcome']);
    const text = (await at.run('explain toy/Item/a')).stdout;
    for (const part of ['REJECTED', '13 is not allowed', 'set spec.value: 12', 'Last records', 'value: 2 → 13'])
      expect(text).toContain(part);
  });

  it('shows blocking rules and their remedies first, and lists passing rules on request', async () => {
    const at = await appliedToys(itemsYaml({ a: 2 }));
    at.write(itemsYaml({ a: 13 }));
    const { stdout } = await at.run('explain toy/Item/a');
    const order = ['Next step: ready>ready', 'REJECTED', 'not-thirteen', 'set spec.value: 12', 'state ', 'rules pass'];
    expect(order.map((part) => stdout.indexOf(part))).toEqual(
      order.map((part) => stdout.indexOf(part)).toSorted((a, b) => a - b),
    );
    expect(order.filter((part) => !stdout.includes(part))).toEqual([]);
    expect(stdout).not.toContain('max-age');
    expect((await at.run('explain toy/Item/a --detail')).stdout).toMatch(/Rules that pass\n {2}pass +\S/u);
  });

  it('explains resources without a step, unreadable resources, and unknown resources', async () => {
    const at = await appliedToys(itemsYaml({ a: 2 }));
    expect((await at.run('explain toy/Item/a')).stdout).toContain('Next step: none. The resource is as declared.');
    at.world.blind.add('a');
    const blind = await at.run('explain toy/Item/a');
    expect([blind.code, blind.stdout]).toEqual([
      4,
      expect.stringContaining('unknown, because the resource could not be read'),
    ]);
    at.world.blind.clear();
    const other = await at.run('explain toy/Item/aa');
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('did you mean toy/Item/a?')]);
    expect((await at.run('explain a')).stderr).toContain('not a valid address');
  });
});
