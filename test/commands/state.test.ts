/** `state`: moves and removals of resources in the state, and its export. */

import { describe, expect, it } from 'vitest';
import { appliedToys, itemsYaml, itemYaml } from '../support/toy-project.ts';

describe('state', () => {
  it('mv: moves the resource, and the references to it', async () => {
    const at = await appliedToys(itemsYaml({ a: 2, b: 2 }));
    at.world.items.set('c', { value: 2, state: 'ready' });
    expect((await at.run('state mv toy/Item/a toy/Item/c --reason renamed')).code).toBe(0);
    at.world.items.delete('a');
    at.write(itemsYaml({ c: 2, b: 2 }));
    expect((await at.run('plan')).stdout).toContain('2 unchanged');
    expect((await at.run('state show toy/Item/c')).stdout).toContain('"created"');
    expect((await at.run('log why toy/Item/c')).stdout).toContain('renamed');
    expect((await at.run('log verify')).code).toBe(0);
    for (const [from, to, says] of [
      ['toy/Item/z', 'toy/Item/y', 'is not in the state'],
      ['toy/Item/c', 'toy/Item/b', 'is already in the state'],
      ['toy/Item/c', 'toy/Other/c', 'keeps its plugin and kind'],
      ['toy/Item/c', 'toy/Item/c', 'identical'],
      ['toy/Item/c', 'c', 'not a valid address'],
    ] as const) {
      const { code, stderr } = await at.run(`state mv ${from} ${to}`);
      expect([code, stderr]).toEqual([1, expect.stringContaining(says)]);
    }
  });

  it('forget: the provider keeps the resource, and a declared one is adopted again', async () => {
    const at = await appliedToys(itemsYaml({ a: 2, b: 2, c: 2 }));
    expect((await at.run('state forget toy/Item/z')).code).toBe(1);
    expect((await at.run('state forget toy/Item/a')).code).toBe(0);
    expect((await at.run('state list')).stdout).not.toContain('toy/Item/a');
    expect(at.world.items.size).toBe(3);
    expect((await at.run('plan')).stdout).toContain('adopt');
    expect((await at.run('state forget toy/Item/*')).stderr).toContain('Cannot ask for approval');
    expect((await at.run('state list')).stdout).toContain('toy/Item/b');
    expect((await at.run('state forget "toy/Item/*" -y')).code).toBe(0);
    expect((await at.run('state list')).stdout).toBe('');
  });

  it('forget: asks about a protected resource', async () => {
    const at = await appliedToys(itemYaml('a', 2, { lifecycle: '{ protect: true }' }));
    const { code, stdout } = await at.run('state forget toy/Item/a');
    expect([code, stdout]).toEqual([
      1,
      expect.stringContaining('Protected resources that lose their protection: toy/Item/a'),
    ]);
  });

  it('pull: every resource, one per line', async () => {
    const at = await appliedToys(itemsYaml({ a: 2, b: 2, c: 2, d: 2 }));
    at.write(itemsYaml({ a: 2, b: 2, c: 2 }));
    await at.run('apply -y');
    const lines = (await at.run('state pull')).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines.map((line) => Object.keys(line)[0])).toEqual(['memory', 'memory', 'memory', 'spent']);
  });
});
