/** `drift`: differences, suppressions, findings and formats, on a project of toys. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DriftReport } from '../../src/formats/drift.ts';
import type { Done } from '../support/command-line.ts';
import { appliedToys, itemsYaml, type ToyProject, toyProject } from '../support/toy-project.ts';

async function drift(at: ToyProject, line = ''): Promise<{ readonly code: number; readonly report: DriftReport }> {
  const { code, stdout } = await at.run(`drift --format json ${line}`);
  return { code, report: JSON.parse(stdout) as DriftReport };
}

const ready = (value: number) => ({ value, state: 'ready' as const });

describe('drift', () => {
  it.each<[string, (at: ToyProject) => void, readonly string[]]>([
    ['nothing', () => undefined, []],
    ['the resource changed', ({ world }) => world.items.set('a', ready(8)), ['a']],
    ['the resource was removed', ({ world }) => world.items.delete('a'), ['a']],
    ['an edit that waits', ({ write }) => write(itemsYaml({ a: 4, b: 2 })), []],
    [
      'the resource already matches the edit',
      ({ write, world }) => {
        write(itemsYaml({ a: 4, b: 2 }));
        world.items.set('a', ready(4));
      },
      [],
    ],
    [
      'an edit waits, and the resource has a third value',
      ({ write, world }) => {
        write(itemsYaml({ a: 4, b: 2 }));
        world.items.set('a', ready(8));
      },
      ['a'],
    ],
    [
      'an edit waits, and the resource was removed',
      ({ write, world }) => {
        write(itemsYaml({ a: 4, b: 2 }));
        world.items.delete('a');
      },
      ['a'],
    ],
    ['an orphan as it was', ({ write }) => write(itemsYaml({ b: 2 })), []],
    [
      'an orphan that changed',
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
    const at = await appliedToys(itemsYaml({ a: 2, b: 2 }));
    move(at);
    const head = readdirSync(join(at.folder, '.fettle/log')).map((name) =>
      readFileSync(join(at.folder, '.fettle/log', name), 'utf8'),
    );
    const { code, report } = await drift(at);
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
    const at = await appliedToys(itemsYaml({ a: 2 }));
    at.write(itemsYaml({ a: 6 }));
    at.world.items.set('a', ready(8));
    const { report } = await drift(at);
    expect(report.resource_drift).toMatchObject([
      { address: 'toy/Item/a', since: 'applied', change: { before: { value: 2 }, after: { value: 8 } } },
    ]);
    expect((await at.run('drift')).stdout).toContain('~ toy/Item/a  value: 2 → 8');
  });

  it('says that the comparison is with the documents if no log exists', async () => {
    const at = toyProject(itemsYaml({ a: 2 }));
    expect(await drift(at)).toMatchObject({ code: 2, report: { compared_with: 'declared' } });
    expect((await at.run('drift')).stdout).toContain('No log was found');
    expect(readdirSync(at.folder)).toEqual(['fettle.yaml', 'items.yaml']);
  });

  it('succeeds if the only finding is a warning', async () => {
    const at = await appliedToys(itemsYaml({ a: 3 }));
    expect(await drift(at)).toMatchObject({ code: 0, report: { summary: { findings: 1, drifted: 0 } } });
  });

  it('--fail-on replaces the default drift,findings, and --detailed-exitcode adds changes', async () => {
    const at = await appliedToys(itemsYaml({ a: 2 }));
    at.write(itemsYaml({ a: 13 }));
    expect((await drift(at)).code).toBe(0);
    expect((await drift(at, '--fail-on changes')).code).toBe(2);
    expect((await drift(at, '--detailed-exitcode')).code).toBe(2);
    expect((await drift(at, '--fail-on rejected')).code).toBe(3);
    at.write(itemsYaml({ a: 2 }));
    at.world.items.set('a', ready(8));
    for (const [line, code] of [
      ['drift', 2],
      ['drift --fail-on drift', 2],
      ['drift --fail-on critical', 0],
      ['plan --fail-on drift', 2],
      ['plan', 0],
      ['apply -y --fail-on findings,drift,rejected --cause new', 2],
    ] as const)
      expect([line, (await at.run(line)).code]).toEqual([line, code]);
    const known = 'address: "toy/**", path: /value, until: 2999-01-01T00:00:00Z, owner: ops, reason: known';
    at.configure(`drift: { suppress: [{ ${known} }] }\n`);
    expect((await at.run('plan --fail-on drift')).code).toBe(0);
    at.world.blind.add('a');
    for (const command of ['plan', 'drift', 'apply -y'])
      expect([command, (await at.run(`${command} --fail-on gaps`)).code]).toEqual([command, 4]);
  });

  it('--fail-on of apply counts the rows that its actions leave', async () => {
    const at = await appliedToys(itemsYaml({ a: 2 }));
    at.write(itemsYaml({ a: 4 }));
    expect((await at.run('apply -y --fail-on changes')).code).toBe(0);
    at.write(itemsYaml({ a: 3 }));
    await at.run('apply -y');
    expect((await at.run('apply -y --fail-on findings,critical')).code).toBe(0);
    expect((await at.run('apply -y --fail-on warnings')).code).toBe(2);
    at.write(itemsYaml({ a: 13 }));
    expect((await at.run('apply -y --fail-on warnings')).code).toBe(3);
    expect((await at.run('apply -y --allow-rejected --fail-on changes')).code).toBe(2);
    const both = await at.run('apply -y --allow-rejected --fail-on rejected');
    expect([both.code, both.stderr]).toEqual([1, expect.stringContaining('contradict each other')]);
  });
});

describe('suppressions', () => {
  const suppress = (until: string, more = ', path: /value') =>
    `drift: { suppress: [{ address: "toy/Item/*", until: ${until}, owner: ops, reason: known${more} }] }\n`;

  it('hide covered drift until they expire; then they are reported', async () => {
    const at = await appliedToys(itemsYaml({ a: 2 }), suppress('2999-01-01T00:00:00Z'));
    at.world.items.set('a', ready(8));
    const { code, report } = await drift(at);
    expect([code, report.resource_drift, report.suppressed_drift.length]).toEqual([0, [], 1]);
    expect(report.suppressed_drift[0]?.suppressed).toEqual({
      until: '2999-01-01T00:00:00.000Z',
      owner: 'ops',
      reason: 'known',
    });
    expect((await at.run('drift --detail')).stdout).toContain('by ops: known');
    at.configure(suppress('2020-01-01T00:00:00Z'));
    const later = await at.run('drift');
    expect(later.code).toBe(2);
    expect(later.stdout).toContain('the suppression of /value by ops expired at 2020-01-01T00:00:00.000Z');
    expect(later.stderr).toContain('expired');
  });

  it('of a path leave the rest', async () => {
    const at = await appliedToys(itemsYaml({ a: 2 }), suppress('2999-01-01T00:00:00Z', ', path: /other'));
    at.world.items.set('a', ready(8));
    expect((await drift(at)).code).toBe(2);
    at.configure(suppress('2999-01-01T00:00:00Z', ', path: /value'));
    expect((await drift(at)).code).toBe(0);
    // The absence of a resource does not concern a single path.
    at.world.items.delete('a');
    expect((await drift(at)).code).toBe(2);
  });
});

describe('suppressed findings', () => {
  const overdue = (config: string) => {
    const at = toyProject(itemsYaml({ a: 2 }), config);
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

describe('unused suppressions', () => {
  const entry = (part: string) =>
    `{ address: "toy/Item/*", ${part}, until: 2999-01-01T00:00:00Z, owner: ops, reason: known }`;
  const unused = async (at: ToyProject, line = '') =>
    (await drift(at, line)).report.unused_suppressions?.map(({ path, finding }) => path ?? finding);

  it('are reported if they cover no drift or finding of resources that were read', async () => {
    const at = await appliedToys(
      itemsYaml({ a: 3 }),
      `drift: { suppress: [${entry('finding: odd')}, ${entry('finding: stuck')}, ${entry('path: /value')}] }\n`,
    );
    expect(await unused(at)).toEqual(['stuck', '/value']);
    for (const [line, text] of [
      ['drift', 'toy/Item/*  the suppression of stuck by ops covers nothing now; remove it'],
      ['drift --format markdown', 'Unused suppressions (2)'],
      ['drift --json', '"summary":"the suppression of /value by ops covers nothing now; remove it"'],
    ] as const)
      expect([line, (await at.run(line)).stdout]).toEqual([line, expect.stringContaining(text)]);
    at.world.items.set('a', ready(8));
    expect(await unused(at)).toEqual(['odd', 'stuck']);
    // A part of the resources, or a gap, can hide the drift or finding.
    expect(await unused(at, '--target toy/Item/a')).toBeUndefined();
    at.world.blind.add('a');
    expect(await unused(at)).toBeUndefined();
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
    const at = toyProject(itemsYaml({ a: 2 }), `${config}\n`);
    for (const command of ['validate', 'plan', 'drift']) {
      const { code, stderr } = await at.run(command);
      expect([code, stderr]).toEqual([command === 'drift' ? 2 : 0, expect.stringContaining(says)]);
    }
    at.configure('safety: { budgets: [{ match: { plugin: toy }, max: 1, per: 1h }, { max: 9, per: 1h }] }\n');
    expect((await at.run('plan')).stderr).toBe('');
  });
});

describe('formats', () => {
  it('drift and explain as markdown: within a comment, with the differences', async () => {
    const at = await appliedToys(itemsYaml({ a: 2, b: 3 }));
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
    const at = toyProject(itemsYaml({ a: 2 }));
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
    const at = toyProject(itemsYaml({ a: 13, b: 2 }));
    const { code, stdout } = await at.run('apply -y --format markdown');
    expect(code).toBe(3);
    for (const part of ['<!-- fettle apply: test -->', 'toy/Item/a', '13 is not allowed'])
      expect(stdout).toContain(part);
  });
});
