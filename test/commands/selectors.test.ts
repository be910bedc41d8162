/** A selector on the command line must match: a misspelt address, glob, rule or filter is an error. */

import { describe, expect, it } from 'vitest';
import { fettle } from '../support/command-line.ts';
import { itemsYaml, toyPlugins, toyProject } from '../support/toy-project.ts';

/** Items a and b, declared; a is applied. */
async function bench(config = '') {
  const at = toyProject(itemsYaml({ a: 2, b: 4 }), config);
  await at.run('apply -y --target toy/Item/a');
  return at;
}

describe('a selector that matches nothing is an error', () => {
  it.each([
    ['plan --target toy/Item/aa', 'did you mean toy/Item/a?'],
    ['plan --target Item/a', 'did you mean toy/Item/a?'],
    ['plan --target Itme/b', 'did you mean toy/Item/b?'],
    ['plan --target toy/Item/*x', '--target toy/Item/*x matches no document'],
    ['plan --target [hn]*', 'matches no document'],
    ['plan --target {a,b}', 'matches no document'],
    ['plan --target label=team', 'matches no document'],
    ['plan --target toy/Item/a --target other/**', '--target other/** matches'],
    ['plan --exclude toy/Item/z', '--exclude toy/Item/z matches'],
    ['plan --exclude toy/Item/*', 'leave no resource'],
    ['plan --target toy/Item/a --exclude toy/**', 'leave no resource'],
    ['plan --override not-thirteen@toy/Item/z --reason r', 'matches no document'],
    ['plan --override not-thirten@toy/Item/a --reason r', 'did you mean `not-thirteen`?'],
    ['plan --override lifecycle@toy/Item/a --reason r', 'cannot be overridden'],
    ['drift --target toy/Item/z', 'matches no document'],
    ['drift --record --target toy/Item/z', 'matches no document'],
    ['apply -y --target toy/Item/z', 'matches no document'],
    ['apply -y --until-settled --target toy/Item/z', 'matches no document'],
    ['apply -y --override not-thirteen@toy/Item/z --reason r', 'matches no document'],
    ['explain toy/Item/z', 'is not declared, was not found, and is not in the state'],
    ['explain toy/Item/aa', 'did you mean toy/Item/a?'],
    ['explain toy/Item/a --override not-thirteen@toy/Item/z --reason r', 'matches no document'],
    ['import toy/Item/aa', 'did you mean toy/Item/a?'],
    ['import toy/Item/a --override protected@toy/Item/z --reason r', 'matches no document'],
    ['state list --target toy/Item/b', 'matches no resource in the state'],
    ['state list --exclude toy/Item/*', 'leave no resource'],
    ['state show toy/Item/aa', 'did you mean toy/Item/a?'],
    ['state mv toy/Item/aa toy/Item/c', 'did you mean toy/Item/a?'],
    ['state forget toy/Item/a toy/Item/zz -y', 'toy/Item/zz is not in the state'],
    ['log why toy/Item/aa', 'did you mean toy/Item/a?'],
    ['log list --address toy/Item/aa', 'did you mean toy/Item/a?'],
    ['log list --address wrong', 'is not a valid address'],
    ['log list --run deadbeef', 'no run deadbeef'],
    ['log list --kind intents', 'did you mean `intent`?'],
    ['log list --outcome done,fial', 'matches no record'],
    ['log list --outcome done,fialed', 'did you mean `failed`?'],
    ['log list --step ready', 'is not a step'],
    ['plan --fail-on drifts', '"drifts" is not a value of --fail-on'],
    ['validate nothing/*.yaml', 'matches no file'],
  ])('%s', async (line, says) => {
    const at = await bench();
    const { code, stderr, stdout } = await at.run(line);
    expect([code, stderr + stdout]).toEqual([1, expect.stringContaining(says)]);
    expect([...at.world.items.keys()]).toEqual(['a']);
  });

  it('all of them are reported at once', async () => {
    const at = await bench();
    const { stderr } = await at.run('plan --target toy/Item/x1 --target toy/Item/a --exclude toy/Item/x2');
    expect(stderr).toContain('toy/Item/x1');
    expect(stderr).toContain('toy/Item/x2');
  });
});

describe('a selector that matches', () => {
  it.each([
    ['what is written', 'plan --target toy/Item/b', 0],
    ['what is remembered', 'plan --target toy/Item/a', 0],
    ['some of all', 'plan --exclude toy/Item/a', 0],
    ['by a glob', 'drift --target toy/**/a', 0],
  ])('%s is accepted', async (_name, line, code) => {
    expect((await (await bench()).run(line)).code).toBe(code);
  });

  it('an undeclared, observed resource counts as a match', async () => {
    const at = await bench();
    at.world.items.set('foreign', { value: 8, state: 'ready' });
    expect((await at.run('plan --target toy/Item/foreign')).code).toBe(0);
  });

  it('is reported, and accepted, if a gap can hide its match', async () => {
    const at = await bench();
    const broken = async () => {
      throw new Error('no answer');
    };
    const [name, toy] = [...toyPlugins(at.world)][0] ?? [];
    if (name === undefined || toy === undefined) throw new Error('no toy');
    const plugins = new Map([[name, async () => ({ ...(await toy()), openReader: broken })]]);
    const run = (line: string) => fettle(at.folder, line, { plugins });
    const hidden = await run('plan --target toy/Item/z');
    expect([hidden.code, hidden.stderr]).toEqual([
      4,
      expect.stringContaining('A gap can hide the resource: toy could not be'),
    ]);
    expect((await run('plan --target other/Item/z')).code).toBe(1);
  });

  it('a resource that was removed within seven days counts as a match, also in later rounds', async () => {
    const at = await bench();
    at.write(itemsYaml({ b: 4 }));
    const settled = await at.run('apply -y --until-settled --target toy/Item/a');
    expect([settled.code, settled.stderr]).toEqual([0, '']);
    expect([...at.world.items.keys()]).toEqual([]);
    expect((await at.run('apply -y --target toy/Item/a')).code).toBe(0);
    expect((await at.run('plan --target toy/Item/a')).code).toBe(0);
    expect((await at.run('plan --target toy/Item/c')).code).toBe(1);
  });
});

describe('--max-removals', () => {
  it.each([
    [0, 'REJECTED', 2],
    [1, 'REJECTED', 2],
    [2, '', 0],
  ])('%i of 2', async (most, says, left) => {
    const at = await bench();
    await at.run('apply -y');
    at.write(itemsYaml({ c: 6, d: 8 }));
    await at.run('apply -y --target toy/Item/c --target toy/Item/d');
    const { stdout } = await at.run(`apply -y --max-removals ${most} --reason "wanted"`);
    expect(stdout).toContain(says);
    expect(['a', 'b'].filter((name) => at.world.items.has(name))).toHaveLength(left);
  });

  it.each(['-1', '1.5', 'x', '0x1'])('%s is rejected', async (most) => {
    expect((await (await bench()).run(`plan --max-removals ${most} --reason r`)).code).toBe(1);
  });
});

describe('a limit of 0', () => {
  it.each(['removals: { max: 0 }', 'removals: { share: 0%, from: 1 }', 'budgets: [{ max: 0, per: 1h }]'])(
    'safety: %s allows none',
    async (limit) => {
      const at = await bench(`safety: { ${limit} }\n`);
      at.write(itemsYaml({ b: 4 }));
      const { code, stdout } = await at.run('apply -y --target toy/Item/a');
      expect([code, stdout]).toEqual([3, expect.stringContaining('REJECTED')]);
      expect([...at.world.items.keys()]).toEqual(['a']);
    },
  );

  it.each([
    'apply -y --parallelism 0',
    'apply -y --lock-timeout 0',
    'apply -y --until-settled --timeout -1s',
    'log prune --keep 0 -y',
    'log export --from 0',
  ])('%s is rejected', async (line) => {
    expect((await (await bench()).run(line)).code).toBe(1);
  });

  it('a wait of 0 does not wait', async () => {
    expect((await (await bench()).run('apply -y --lock-timeout 0s')).code).toBe(0);
  });
});
