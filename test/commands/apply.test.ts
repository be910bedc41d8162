/** `apply`: approval by digest, and rounds until no changes remain. */

import { describe, expect, it } from 'vitest';
import { itemsYaml, itemYaml, type ToyProject, toyProject } from '../support/toy-project.ts';

const ready = (value: number) => ({ value, state: 'ready' as const });

describe('--plan-digest', () => {
  const digestOf = async (at: ToyProject) =>
    (JSON.parse((await at.run('plan --format json')).stdout) as { readonly plan_digest: string }).plan_digest;

  it('applies exactly that plan, without a prompt', async () => {
    const at = toyProject(itemsYaml({ a: 2, b: 2 }));
    const { code } = await at.run(`apply --plan-digest ${await digestOf(at)}`);
    expect([code, at.world.items.size]).toEqual([0, 2]);
  });

  it('applies nothing if the plan differs, and lists the differences', async () => {
    const at = toyProject(itemsYaml({ a: 2, b: 2 }));
    const digest = await digestOf(at);
    await at.run('plan -o saved.json');
    at.write(itemsYaml({ a: 4, c: 2 }));
    const refused = await at.run(`apply --plan-digest ${digest}`);
    expect([refused.code, at.world.items.size]).toEqual([6, 0]);
    expect(refused.stdout).toContain('+ toy/Item/c');
    const named = await at.run(`apply saved.json --plan-digest ${digest}`);
    expect([named.code, at.world.items.size]).toEqual([6, 0]);
    for (const line of [
      '+ toy/Item/c absent>ready: would run',
      '- toy/Item/b absent>ready: was approved; no longer needed',
      '~ toy/Item/a: its fields, its spec changed',
    ])
      expect(named.stderr).toContain(line);
  });

  it('must be a digest', async () => {
    const at = toyProject(itemsYaml({ a: 2 }));
    expect((await at.run('apply --plan-digest sha256:12')).stderr).toContain('64 hex digits');
  });
});

describe('--until-settled', () => {
  it('plans and applies in rounds until no changes remain', async () => {
    const at = toyProject(itemsYaml({ a: 4 }));
    // An existing item with another value: adopted in one round, edited in the next.
    at.world.items.set('a', ready(2));
    const { code, stdout } = await at.run('apply -y --until-settled');
    expect([code, at.world.items.get('a')?.value]).toEqual([0, 4]);
    expect(stdout).toContain('adopt');
    expect((await at.run('log list --kind run')).stdout.trim().split('\n').length).toBe(3);
  });

  it('waits for a change that clears, and then applies it', async () => {
    const at = toyProject(itemYaml('a', 2));
    const soon = new Date(Date.now() + 1500).toISOString();
    const { toyPlugin } = await import('../support/toy.ts');
    const { defer, pass } = await import('#plugin');
    const kind = toyPlugin.kinds['Item'];
    if (kind === undefined) throw new Error('no kind');
    const plugin = {
      ...toyPlugin,
      openReader: async () => at.world,
      openWriter: async () => at.world,
      kinds: {
        Item: {
          ...kind,
          rules: {
            ...kind.rules,
            'not-thirteen': () =>
              Date.now() < Date.parse(soon) ? defer('a backoff', {}, { clearsAt: Date.parse(soon) }) : pass('over'),
          },
        },
      },
    };
    const { code, stderr } = await at.run('apply -y --until-settled --timeout 20s', {
      plugins: new Map([['toy', async () => plugin]]),
    });
    expect([code, at.world.items.size]).toEqual([0, 1]);
    expect(stderr).toContain('not-thirteen of toy/Item/a clears then');
  });

  it('ends if a change is rejected or fails', async () => {
    const at = toyProject(itemsYaml({ a: 13, b: 2 }));
    expect((await at.run('apply -y --until-settled')).code).toBe(3);
    expect((await at.run('apply -y --until-settled --allow-rejected')).code).toBe(0);
    at.write(itemsYaml({ a: 2, b: 2 }));
    at.world.faults.set('absent>ready a', async () => {
      throw new Error('no');
    });
    expect((await at.run('apply -y --until-settled')).code).toBe(7);
  });

  it('counts every action, also of a resource that a later round changes again', async () => {
    const at = toyProject(itemsYaml({ a: 4 }));
    at.world.items.set('a', ready(2));
    const { stdout } = await at.run('apply -y --until-settled --format json');
    const document = JSON.parse(stdout) as { readonly summary: object; readonly results: readonly { goal: string }[] };
    expect(document.results.map(({ goal }) => goal)).toEqual(['adopt', 'update']);
    expect(document.summary).toMatchObject({ done: 2, failed: 0 });
  });

  it('distinguishes a time limit from a failure, and names the awaited resource', async () => {
    const at = toyProject(itemYaml('a', 2));
    const { toyPlugin } = await import('../support/toy.ts');
    const { defer } = await import('#plugin');
    const kind = toyPlugin.kinds['Item'];
    if (kind === undefined) throw new Error('no kind');
    const later = Date.now() + 3_600_000;
    const rules = { ...kind.rules, 'not-thirteen': () => defer('a backoff', {}, { clearsAt: later }) };
    const plugin = {
      ...toyPlugin,
      openReader: async () => at.world,
      openWriter: async () => at.world,
      kinds: { Item: { ...kind, rules } },
    };
    const { code, stderr } = await at.run('apply -y --until-settled --timeout 1s', {
      plugins: new Map([['toy', async () => plugin]]),
    });
    expect(code).toBe(9);
    expect(stderr).toContain('--timeout 1s has passed: ');
    expect(stderr).toMatch(/^exit 9: .*no action failed/mu);
    expect(stderr).not.toContain('An accepted action failed');
  });

  it('excludes a saved plan and a digest', async () => {
    const at = toyProject(itemsYaml({ a: 2 }));
    expect((await at.run(`apply -y --until-settled --plan-digest sha256:${'0'.repeat(64)}`)).code).toBe(1);
  });
});
it('the digest in a comment is complete, and apply accepts it', async () => {
  const at = toyProject(itemsYaml({ a: 2 }));
  const { stdout } = await at.run('plan --format markdown');
  const digest = /sha256:[0-9a-f]{64}/u.exec(stdout)?.[0] ?? 'none';
  expect((await at.run(`apply --plan-digest ${digest}`)).code).toBe(0);
});
