/** `import` of one resource. */

import { describe, expect, it } from 'vitest';
import { itemsYaml, itemYaml, toyProject } from '../support/toy-project.ts';

const ready = (value: number) => ({ value, state: 'ready' as const });

describe('import', () => {
  it('adopts the named resource, and no other', async () => {
    const at = toyProject(itemsYaml({ a: 2, b: 2, c: 2 }));
    at.world.items.set('a', ready(2));
    at.world.items.set('b', ready(2));
    expect((await at.run('import toy/Item/a')).code).toBe(0);
    expect((await at.run('state list')).stdout).toMatch(/toy\/Item\/a .*adopted/u);
    expect((await at.run('state list')).stdout).not.toContain('toy/Item/b');
    expect(at.world.items.has('c')).toBe(false);
    const again = await at.run('import toy/Item/a');
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('already owned: adopted')]);
  });

  it.each([
    ['toy/Item/c', 'does not exist'],
    ['toy/Item/z', 'no document declares'],
    ['nonsense', 'not a valid address'],
    ['--all --plugin toy', 'cannot discover'],
    ['--all --plugin nothing', 'plugin nothing was not found'],
    ['--all', 'needs --plugin'],
  ])('%s: %s', async (words, said) => {
    const at = toyProject(itemsYaml({ a: 2, c: 2 }));
    const { code, stderr } = await at.run(`import ${words}`);
    expect([code, stderr]).toEqual([1, expect.stringContaining(said)]);
  });

  it('is rejected by rules like any other row', async () => {
    const at = toyProject(itemYaml('a', 2, { lifecycle: '{ hold: "audit" }' }));
    at.world.items.set('a', ready(2));
    expect((await at.run('import toy/Item/a')).code).toBe(3);
    expect((await at.run('state list')).stdout).not.toContain('adopted');
  });
});
