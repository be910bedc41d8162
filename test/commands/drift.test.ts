/** `drift`, `explain`, approval by digest and rounds, on a project of toys. */

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { DriftReport } from '../../src/formats/drift.ts';
import type { Explanation } from '../../src/formats/explanation.ts';
import { type Done, fettle, type Settings } from '../support/command-line.ts';
import { type ToyWorld, toyWorld } from '../support/toy.ts';
import { itemsYaml, itemYaml, toyPlugins, toyProject } from '../support/toy-project.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

interface Bench {
  readonly world: ToyWorld;
  readonly folder: string;
  readonly write: (documents: string) => void;
  readonly config: (text: string) => void;
  readonly run: (line: string, settings?: Settings) => Promise<Done>;
  readonly drift: (line?: string) => Promise<{ readonly code: number; readonly report: DriftReport }>;
}

function bench(documents: string, config = ''): Bench {
  const world = toyWorld();
  const folder = toyProject(documents, config);
  folders.push(folder);
  const run = (line: string, settings: Settings = {}) =>
    fettle(folder, line, { plugins: toyPlugins(world), ...settings });
  return {
    world,
    folder,
    run,
    write: (text) => writeFileSync(join(folder, 'items.yaml'), text),
    config: (text) =>
      writeFileSync(join(folder, 'fettle.yaml'), `name: test\nstore: .fettle\ndesired: [items.yaml]\n${text}`),
    drift: async (line = '') => {
      const { code, stdout } = await run(`drift --format json ${line}`);
      return { code, report: JSON.parse(stdout) as DriftReport };
    },
  };
}

const ready = (value: number) => ({ value, state: 'ready' as const });

describe('drift', () => {
  it.each<[string, (at: Bench) => void, readonly string[]]>([
    ['nothing', () => undefined, []],
    ['the world moved', ({ world }) => world.items.set('a', ready(8)), ['a']],
    ['the world lost it', ({ world }) => world.items.delete('a'), ['a']],
    ['an edit that waits', ({ write }) => write(itemsYaml({ a: 4, b: 2 })), []],
    [
      'the world is as the edit wants it already',
      ({ write, world }) => {
        write(itemsYaml({ a: 4, b: 2 }));
        world.items.set('a', ready(4));
      },
      [],
    ],
    [
      'an edit waits, and the world moved elsewhere',
      ({ write, world }) => {
        write(itemsYaml({ a: 4, b: 2 }));
        world.items.set('a', ready(8));
      },
      ['a'],
    ],
    [
      'an edit waits, and the world lost it',
      ({ write, world }) => {
        write(itemsYaml({ a: 4, b: 2 }));
        world.items.delete('a');
      },
      ['a'],
    ],
    ['an orphan as it was', ({ write }) => write(itemsYaml({ b: 2 })), []],
    [
      'an orphan that moved',
      ({ write, world }) => {
        write(itemsYaml({ b: 2 }));
        world.items.set('a', ready(8));
      },
      ['a'],
    ],
    ['never applied, and absent', ({ write }) => write(itemsYaml({ a: 2, b: 2, c: 2 })), ['c']],
    [
      'never applied, and not as declared',
      ({ write, world }) => {
        write(itemsYaml({ a: 2, b: 2, c: 2 }));
        world.items.set('c', ready(4));
      },
      ['c'],
    ],
    [
      'never applied, and as declared',
      ({ write, world }) => {
        write(itemsYaml({ a: 2, b: 2, c: 2 }));
        world.items.set('c', ready(2));
      },
      [],
    ],
    ['not known behind a gap', ({ world }) => world.blind.add('a'), []],
  ])('%s', async (_name, move, drifted) => {
    const at = bench(itemsYaml({ a: 2, b: 2 }));
    await at.run('apply -y');
    move(at);
    const head = readdirSync(join(at.folder, '.fettle/log')).map((name) =>
      readFileSync(join(at.folder, '.fettle/log', name), 'utf8'),
    );
    const { code, report } = await at.drift();
    expect(report.resource_drift.map(({ name }) => name)).toEqual(drifted);
    expect(report.compared_with).toBe('applied');
    expect(code).toBe(at.world.blind.size > 0 ? 4 : drifted.length > 0 ? 2 : 0);
    // The log is not written.
    expect(
      readdirSync(join(at.folder, '.fettle/log')).map((name) =>
        readFileSync(join(at.folder, '.fettle/log', name), 'utf8'),
      ),
    ).toEqual(head);
  });

  it('shows the applied and the observed values', async () => {
    const at = bench(itemsYaml({ a: 2 }));
    await at.run('apply -y');
    at.write(itemsYaml({ a: 6 }));
    at.world.items.set('a', ready(8));
    const { report } = await at.drift();
    expect(report.resource_drift).toMatchObject([
      { address: 'toy/Item/a', since: 'applied', change: { before: { value: 2 }, after: { value: 8 } } },
    ]);
    expect((await at.run('drift')).stdout).toContain('~ toy/Item/a  value: 2 → 8');
  });

  it('says that the comparison is with the documents if no log exists', async () => {
    const at = bench(itemsYaml({ a: 2 }));
    expect(await at.drift()).toMatchObject({ code: 2, report: { compared_with: 'declared' } });
    expect((await at.run('drift')).stdout).toContain('No log was found');
    expect(readdirSync(at.folder)).toEqual(['fettle.yaml', 'items.yaml']);
  });

  it('succeeds if the only finding is a warning', async () => {
    const at = bench(itemsYaml({ a: 3 }));
    await at.run('apply -y');
    expect(await at.drift()).toMatchObject({ code: 0, report: { summary: { findings: 1, drifted: 0 } } });
  });

  it('--fail-on adds findings that fail', async () => {
    const at = bench(itemsYaml({ a: 2 }));
    await at.run('apply -y');
    at.write(itemsYaml({ a: 13 }));
    expect((await at.drift()).code).toBe(0);
    expect((await at.drift('--fail-on changes')).code).toBe(2);
    expect((await at.drift('--fail-on rejected')).code).toBe(3);
  });
});

describe('suppressions', () => {
  const suppress = (until: string, more = ', path: /value') =>
    `drift: { suppress: [{ address: "toy/Item/*", until: ${until}, owner: ops, reason: known${more} }] }\n`;

  it('hide covered drift until they expire; then they are reported', async () => {
    const at = bench(itemsYaml({ a: 2 }), suppress('2999-01-01T00:00:00Z'));
    await at.run('apply -y');
    at.world.items.set('a', ready(8));
    const { code, report } = await at.drift();
    expect([code, report.resource_drift, report.suppressed_drift.length]).toEqual([0, [], 1]);
    expect(report.suppressed_drift[0]?.suppressed).toEqual({
      until: '2999-01-01T00:00:00.000Z',
      owner: 'ops',
      reason: 'known',
    });
    expect((await at.run('drift --detail')).stdout).toContain('by ops: known');
    at.config(suppress('2020-01-01T00:00:00Z'));
    const later = await at.run('drift');
    expect(later.code).toBe(2);
    expect(later.stdout).toContain('the suppression of /value by ops expired at 2020-01-01T00:00:00.000Z');
    expect(later.stderr).toContain('expired');
  });

  it('of a path leave the rest', async () => {
    const at = bench(itemsYaml({ a: 2 }), suppress('2999-01-01T00:00:00Z', ', path: /other'));
    await at.run('apply -y');
    at.world.items.set('a', ready(8));
    expect((await at.drift()).code).toBe(2);
    at.config(suppress('2999-01-01T00:00:00Z', ', path: /value'));
    expect((await at.drift()).code).toBe(0);
    // The absence of a resource does not concern a single path.
    at.world.items.delete('a');
    expect((await at.drift()).code).toBe(2);
  });
});

describe('suppressed findings', () => {
  const overdue = (config: string) => {
    const at = bench(itemsYaml({ a: 2 }), config);
    // The item should have become ready long ago: the finding `stuck`.
    const seen = async () => {
      await at.run('apply -y');
      at.world.items.set('a', { value: 2, state: 'starting' });
      await at.run('apply -y');
    };
    return { ...at, seen };
  };
  const suppress = (until: string) =>
    `drift: { suppress: [{ address: "toy/**", finding: stuck, until: ${until}, owner: ops, reason: known }] }\n`;
  const LATER = { now: () => Date.now() + 3_600_000 };

  it.each(['plan', 'drift'])('%s shows them with owner and time, and does not count them', async (command) => {
    const at = overdue(suppress('2999-01-01T00:00:00Z'));
    await at.seen();
    const text = await at.run(command, LATER);
    expect([text.code, text.stdout]).toEqual([
      0,
      expect.stringContaining('until 2999-01-01T00:00:00.000Z by ops: known'),
    ]);
    const json = JSON.parse((await at.run(`${command} --format json`, LATER)).stdout) as DriftReport;
    expect(json.checks).toEqual([]);
    expect(json.summary.findings).toBe(0);
    expect(json.suppressed_checks).toMatchObject([
      { code: 'stuck', suppressed: { until: '2999-01-01T00:00:00.000Z', owner: 'ops', reason: 'known' } },
    ]);
    expect((await at.run(`${command} --format markdown`, LATER)).stdout).toContain('Suppressed findings (1)');
    expect((await at.run(`${command} --json`, LATER)).stdout).toContain('"suppressed":{"until":"2999');
  });

  it('count again after they expire, which is reported', async () => {
    const at = overdue(suppress('2020-01-01T00:00:00Z'));
    await at.seen();
    const { stdout, stderr } = await at.run('drift', LATER);
    expect(stdout).toContain('the suppression of stuck by ops expired');
    expect(stdout).toContain('1 finding.');
    expect(stderr).toContain('expired');
  });
});

describe('a part of fettle.yaml that matches nothing', () => {
  const until = 'until: 2999-01-01T00:00:00Z';
  it.each([
    ['safety: { budgets: [{ match: { labels: { pool: wbe } }, max: 1, per: 1h }] }', 'safety.budgets[0] matches no'],
    [
      `safety: { overrides: [{ rule: freeze, address: toy/Item/aa, ${until}, reason: r }] }`,
      'safety.overrides[0] matches no resource now: toy/Item/aa; did you mean toy/Item/a?',
    ],
    [
      `drift: { suppress: [{ address: "toy/Item/x*", path: /value, ${until}, owner: o, reason: r }] }`,
      'drift.suppress[0] matches no resource now: toy/Item/x*',
    ],
  ])('%s is reported', async (config, says) => {
    const at = bench(itemsYaml({ a: 2 }), `${config}\n`);
    for (const command of ['validate', 'plan', 'drift']) {
      const { code, stderr } = await at.run(command);
      expect([code, stderr]).toEqual([command === 'drift' ? 2 : 0, expect.stringContaining(says)]);
    }
    at.config('safety: { budgets: [{ match: { plugin: toy }, max: 1, per: 1h }, { max: 9, per: 1h }] }\n');
    expect((await at.run('plan')).stderr).toBe('');
  });
});

describe('explain', () => {
  it('shows the resource, every rule, the ways to unblock the step, and the last records', async () => {
    const at = bench(itemsYaml({ a: 2 }));
    await at.run('apply -y');
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
    const at = bench(itemsYaml({ a: 2 }));
    await at.run('apply -y');
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
    const at = bench(itemsYaml({ a: 2 }));
    await at.run('apply -y');
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

describe('--plan-digest', () => {
  const digestOf = async (at: Bench) =>
    (JSON.parse((await at.run('plan --format json')).stdout) as { readonly plan_digest: string }).plan_digest;

  it('applies exactly that plan, without a prompt', async () => {
    const at = bench(itemsYaml({ a: 2, b: 2 }));
    const { code } = await at.run(`apply --plan-digest ${await digestOf(at)}`);
    expect([code, at.world.items.size]).toEqual([0, 2]);
  });

  it('applies nothing if the plan differs, and lists the differences', async () => {
    const at = bench(itemsYaml({ a: 2, b: 2 }));
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
    const at = bench(itemsYaml({ a: 2 }));
    expect((await at.run('apply --plan-digest sha256:12')).stderr).toContain('64 hex digits');
  });
});

describe('--until-settled', () => {
  it('plans and applies in rounds until no changes remain', async () => {
    const at = bench(itemsYaml({ a: 4 }));
    // An existing item with another value: adopted in one round, edited in the next.
    at.world.items.set('a', ready(2));
    const { code, stdout } = await at.run('apply -y --until-settled');
    expect([code, at.world.items.get('a')?.value]).toEqual([0, 4]);
    expect(stdout).toContain('adopt');
    expect((await at.run('log list --kind run')).stdout.trim().split('\n').length).toBe(3);
  });

  it('waits for a change that clears, and then applies it', async () => {
    const at = bench(itemYaml('a', 2));
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
    const at = bench(itemsYaml({ a: 13, b: 2 }));
    expect((await at.run('apply -y --until-settled')).code).toBe(3);
    expect((await at.run('apply -y --until-settled --allow-rejected')).code).toBe(0);
    at.write(itemsYaml({ a: 2, b: 2 }));
    at.world.faults.set('absent>ready a', async () => {
      throw new Error('no');
    });
    expect((await at.run('apply -y --until-settled')).code).toBe(7);
  });

  it('excludes a saved plan and a digest', async () => {
    const at = bench(itemsYaml({ a: 2 }));
    expect((await at.run(`apply -y --until-settled --plan-digest sha256:${'0'.repeat(64)}`)).code).toBe(1);
  });
});

describe('import', () => {
  it('adopts the named resource, and no other', async () => {
    const at = bench(itemsYaml({ a: 2, b: 2, c: 2 }));
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
    const at = bench(itemsYaml({ a: 2, c: 2 }));
    const { code, stderr } = await at.run(`import ${words}`);
    expect([code, stderr]).toEqual([1, expect.stringContaining(said)]);
  });

  it('is rejected by rules like any other row', async () => {
    const at = bench(itemYaml('a', 2, { lifecycle: '{ hold: "audit" }' }));
    at.world.items.set('a', ready(2));
    expect((await at.run('import toy/Item/a')).code).toBe(3);
    expect((await at.run('state list')).stdout).not.toContain('adopted');
  });
});

describe('formats', () => {
  it('drift and explain as markdown: within a comment, with the differences', async () => {
    const at = bench(itemsYaml({ a: 2, b: 3 }));
    await at.run('apply -y');
    at.world.items.set('a', ready(8));
    const drifted = await at.run('drift --format markdown');
    expect(drifted.code).toBe(2);
    for (const part of ['<!-- fettle drift: test -->', 'toy/Item/a', 'value: 2 → 8', 'odd'])
      expect(drifted.stdout).toContain(part);
    at.write(itemsYaml({ a: 13, b: 3 }));
    const explained = await at.run('explain toy/Item/a --format markdown');
    for (const part of ['<!-- fettle explain: test -->', '**REJECTED**', 'not-thirteen', 'spec.value: 12'])
      expect(explained.stdout).toContain(part);
  });

  it('drift and apply as events: one object per line, the exit last', async () => {
    const at = bench(itemsYaml({ a: 2 }));
    const typesOf = ({ stdout }: Done) =>
      stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { readonly type: string }).type);
    const applied = await at.run('apply -y --json');
    expect(typesOf(applied)).toEqual([
      'version',
      'refresh_start',
      'refresh_complete',
      'planned_change',
      'change_summary',
      'log_head',
      'apply_start',
      'apply_complete',
      'change_summary',
      'log_head',
      'log',
    ]);
    expect(applied.stderr).toBe('');
    at.world.items.set('a', ready(8));
    const drifted = await at.run('drift --json');
    expect(drifted.code).toBe(2);
    expect(typesOf(drifted)).toEqual([
      'version',
      'refresh_start',
      'refresh_complete',
      'resource_drift',
      'change_summary',
      'log_head',
      'log',
    ]);
  });

  it('apply as markdown', async () => {
    const at = bench(itemsYaml({ a: 13, b: 2 }));
    const { code, stdout } = await at.run('apply -y --format markdown');
    expect(code).toBe(3);
    for (const part of ['<!-- fettle apply: test -->', 'toy/Item/a', '13 is not allowed'])
      expect(stdout).toContain(part);
  });
});

it('the digest in a comment is complete, and apply accepts it', async () => {
  const at = bench(itemsYaml({ a: 2 }));
  const { stdout } = await at.run('plan --format markdown');
  const digest = /sha256:[0-9a-f]{64}/u.exec(stdout)?.[0] ?? 'none';
  expect((await at.run(`apply --plan-digest ${digest}`)).code).toBe(0);
});
