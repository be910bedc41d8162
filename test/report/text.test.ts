/** Text for terminals: printable, aligned, and with the same meaning without colours. */

import { describe, expect, it } from 'vitest';
import type { LogRecord } from '../../src/formats/log-record.ts';
import { doing, endLine, finalTable } from '../../src/report/apply-text.ts';
import { recordLine } from '../../src/report/log-text.ts';
import { planMarkdown } from '../../src/report/plan-markdown.ts';
import { planText } from '../../src/report/plan-text.ts';
import { type Json, printable } from '#plugin';
import { columnWidth, scopeText, shortDigests } from '../../src/report/text.ts';
import { NOTHING_COVERED } from '../support/covers.ts';
import { applyToy, item, planToy, START, toyLog, toyWorld, wanted, mixedPlan } from '../support/toy.ts';

const ESCAPE = String.fromCharCode(27);
const ESCAPES = new RegExp(`${ESCAPE}\\[\\d+m`, 'gu');

describe('small parts', () => {
  it.each([
    ['plain', 'plain'],
    ['ünïcode ✓', 'ünïcode ✓'],
    [`${ESCAPE}[2J`, '\\u{1b}[2J'],
    ['a\nb\tc', 'a\\nb\\tc'],
    ['right\u202eleft', 'right\\u{202e}left'],
    ['\u0000\u009b', '\\u{0}\\u{9b}'],
  ])('printable(%j)', (text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  it.each([
    ['nodes/Node', 'nodes/Node'],
    ['a b c d', 'a b c d'],
    ['a b c d e', 'a b c and 2 more'],
  ])('scopeText(%s)', (scope, expected) => {
    expect(scopeText(scope)).toBe(expected);
  });

  it.each([
    ['protect', 'recording its safety inputs'],
    ['adopt', 'adopting'],
    ['release', 'releasing'],
    ['update', 'updating'],
  ] as const)('doing(%s)', (goal, expected) => {
    expect(doing({ from: 'ready', to: 'ready', goal })).toBe(expected);
  });

  it('shortens digests and columns', () => {
    expect(shortDigests(`x sha256:${'a'.repeat(64)} y`)).toBe('x sha256:aaaaaaaaaaaa… y');
    expect(columnWidth(['a', 'abc'], 2)).toBe(2);
  });
});

describe('text for approval', () => {
  const shownOf = async (
    goal: 'update' | 'protect' | 'replace',
    before: Json,
    after: Json,
  ): Promise<readonly string[]> => {
    const plan = await mixedPlan();
    const [row] = plan.resource_changes;
    if (row === undefined) throw new Error('no row');
    const change = { ...row.change, before, after };
    const one = { ...plan, resource_changes: [{ ...row, goal, change }] };
    return [planText(one, { color: false, now: START }), planMarkdown(one, { now: START })];
  };

  it.each(['update', 'protect', 'replace'] as const)('has every field in sight: %s', async (goal) => {
    const names = Array.from({ length: 12 }, (_, i) => `field${i}x`);
    const before = Object.fromEntries(names.map((name) => [name, false]));
    const after = Object.fromEntries(names.map((name) => [name, true]));
    for (const text of await shownOf(goal, before, after))
      for (const name of names) expect(text).toContain(`${name}: false → true`);
  });

  it('shows a decisive field in a comment, next to more labels than fit', async () => {
    const labels = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`a${i}`, 'x']));
    const after = { metadata: { labels }, workloads: { none: true } };
    const [text = '', comment = ''] = await shownOf('protect', { workloads: { none: false } }, after);
    expect(text).toContain('metadata.labels.a299: (none) → "x"');
    for (const each of [text, comment]) expect(each).toContain('workloads.none: false → true');
    expect(comment).toContain('and 201 more fields (sha256:');
  });

  it('differs from every other value, even if it is shortened', async () => {
    const list = Array.from({ length: 60 }, (_, i) => `name-${i}.example.test`);
    const shown = async (last: string): Promise<readonly string[]> =>
      shownOf('update', { names: list }, { names: [...list, last] });
    const [harmless, harmful] = await Promise.all([shown('www.example.test'), shown('bank.example.test')]);
    expect(harmless[0]).not.toBe(harmful[0]);
    expect(harmless[1]).not.toBe(harmful[1]);
  });

  it('differs from every other command line, even if it is shortened', async () => {
    const plan = await mixedPlan();
    const shown = (last: string): readonly string[] => {
      const resource_changes = plan.resource_changes.map((row) => ({
        ...row,
        covers: { ...(row.covers ?? NOTHING_COVERED), commands: [['sh', '-c', `${'echo ok; '.repeat(300)}${last}`]] },
      }));
      return [
        planText({ ...plan, resource_changes }, { color: false, now: START }),
        planMarkdown({ ...plan, resource_changes }, { now: START }),
      ];
    };
    const [harmless, harmful] = [shown('true'), shown('rm x')];
    expect(harmless[0]).not.toBe(harmful[0]);
    expect(harmless[1]).not.toBe(harmful[1]);
  });
});

describe('a plan', () => {
  it('has changes first, removals on top, then rejections and waiting changes; unchanged resources are counted', async () => {
    const text = planText(await mixedPlan(), { color: false, now: START + 2000 });
    const at = (part: string) => text.indexOf(part);
    const order = [
      'refreshed 2 s ago',
      '? toy/Item/blind',
      '- toy/Item/gone',
      '+ toy/Item/new',
      '~ toy/Item/old',
      'value: 4 → 6',
      'REJECTED protected: ',
      'REJECTED not-thirteen: ',
      'WAITING dependency: ',
      'Plan: 1 to add, 1 to change, 0 to step, 1 to remove. 2 rejected, 1 waiting',
      '1 could not be read',
      'digest sha256:',
    ];
    expect(order.map(at).every((place) => place >= 0)).toBe(true);
    expect(order.map(at)).toEqual(order.map(at).toSorted((a, b) => a - b));
    expect(text).toContain('set spec.value: 12');
    expect(text).toContain('--override not-thirteen@toy/Item/bad --reason "…"');
  });

  it('prints a remedy once if all changes that a rule rejects share it', async () => {
    const names = Array.from({ length: 30 }, (_, i) => `bad${i}`);
    const documents = names.map((name) => wanted(name, 13));
    const { plan } = await planToy(toyWorld(), documents, toyLog());
    const text = planText(plan, { color: false, now: START });
    expect(text).toContain('REJECTED not-thirteen · 30 changes');
    expect(text.split('set spec.value: 12')).toHaveLength(2);
    expect(text).toContain('and 10 more (--detail lists them)');
    const all = planText(plan, { color: false, now: START, detail: true });
    for (const name of names) expect(all).toContain(`toy/Item/${name} `);
  });

  it('stays within the width of the terminal, except for names and commands', async () => {
    const plan = await mixedPlan();
    const narrow = planText(plan, { color: false, now: START, width: 60 });
    const words = (text: string): readonly string[] =>
      text
        .split(/\s+/u)
        .filter((word) => word !== '')
        .toSorted();
    expect(words(narrow)).toEqual(words(planText(plan, { color: false, now: START })));
    const long = narrow
      .split('\n')
      .filter((line) => line.length > 60 && !/override: |digest |^fettle |^Plan: /u.test(line));
    expect(long).toEqual([]);
  });

  it('distinguishes errors from warnings by words, and counts findings that an earlier apply recorded', async () => {
    const plan = await mixedPlan();
    const check = { address: 'toy/Item/a', code: 'odd', message: 'The value is odd.', facts: {} };
    const checks = [
      { ...check, severity: 'warning' as const },
      { ...check, address: 'toy/Item/b', severity: 'error' as const },
      { ...check, address: 'toy/Item/c', code: 'old', severity: 'error' as const, since: '2026-01-01T00:00:00.000Z' },
    ];
    const text = planText({ ...plan, checks }, { color: false, now: START });
    expect(text).toMatch(/ {2}error +toy\/Item\/b +odd: The value is odd\.\n {2}warning +toy\/Item\/a +odd: /u);
    expect(text).toContain('Findings known since an earlier apply: 1 error (old).');
    expect(text).not.toContain('toy/Item/c');
    expect(planText({ ...plan, checks }, { color: false, now: START, detail: true })).toContain('toy/Item/c');
  });

  it('means the same without its colours', async () => {
    const plan = await mixedPlan();
    const plain = planText(plan, { color: false, now: START });
    const colored = planText(plan, { color: true, now: START });
    expect(colored).not.toBe(plain);
    expect(colored.replaceAll(ESCAPES, '')).toBe(plain);
    expect(plain).not.toContain(ESCAPE);
  });

  it('never lets text from outside move the cursor', async () => {
    const evil = `${ESCAPE}[2Jname`;
    const { plan } = await planToy(toyWorld({ [evil]: 3 }), [wanted(evil, 2)], toyLog());
    expect(planText(plan, { color: false, now: START })).not.toContain(ESCAPE);
  });

  it.each([
    ['edit', '~ toy/Item/old  ready > ready  value: 4 → 6  (edit)'],
    ['drift', '~ toy/Item/old  ready > ready  value: 4 → 6  (drift)'],
    ['policy', '~ toy/Item/old  ready > ready  value differs; value: 4 → 6  (policy)'],
    ['progress', '~ toy/Item/old  ready > ready  value differs; value: 4 → 6  (progress)'],
    ['time', '~ toy/Item/old  ready > ready  value differs; value: 4 → 6  (time)'],
  ] as const)('explains an edit with the cause %s if its fields do not', async (cause, expected) => {
    const plan = await mixedPlan();
    const row = plan.resource_changes.find(({ name }) => name === 'old');
    if (row === undefined) throw new Error('no row');
    const only = { ...plan, rejected_changes: [], deferred_changes: [], resource_changes: [{ ...row, cause }] };
    expect(planText(only, { color: false, now: START })).toContain(expected);
  });

  it('shows the further sentences of a reason, although its fields explain the edit', async () => {
    const plan = await mixedPlan();
    const row = plan.resource_changes.find(({ name }) => name === 'old');
    if (row === undefined) throw new Error('no row');
    const because = 'value differs. The daemon takes it back within 60s';
    const only = { ...plan, rejected_changes: [], deferred_changes: [], resource_changes: [{ ...row, because }] };
    expect(planText(only, { color: false, now: START })).toContain(
      'The daemon takes it back within 60s; value: 4 → 6  (edit)',
    );
  });

  it('shows a secret only as changed', async () => {
    const plan = await mixedPlan();
    const [row] = plan.resource_changes;
    if (row === undefined) throw new Error('no row');
    const change = {
      ...row,
      step: 'ready>ready' as const,
      goal: 'update' as const,
      change: {
        ...row.change,
        before: {},
        after: {},
        before_sensitive: { token: true },
        after_sensitive: { token: true },
      },
    };
    const text = planText({ ...plan, resource_changes: [change] }, { color: false, now: START });
    expect(text).toContain('token: (secret, changed)');
  });
});

describe('an apply', () => {
  it('ends with a table of the rows that are not done, and the counts of all rows', async () => {
    const world = toyWorld();
    world.faults.set('absent>ready a', async () => {
      throw new Error(`no${ESCAPE}[2J room`);
    });
    const { rows } = await applyToy(
      world,
      [wanted('a', 2), wanted('b', 2), wanted('c', 13), wanted('d', 2, { needs: ['a'] })],
      toyLog(),
    );
    const table = finalTable(Object.values(rows), { color: false, head: '7:abc' });
    expect(
      table
        .split('\n')
        .filter((line) => line.startsWith('  '))
        .map((line) => line.trim().split(/ {2,}/u)[0]),
    ).toEqual(['failed', 'not attempted', 'rejected']);
    expect(table).toContain('Apply: 1 done, 1 failed, 0 unknown, 0 stale, 1 not attempted, 1 rejected, 0 waiting.');
    expect(table).not.toContain(ESCAPE);
    for (const row of Object.values(rows)) expect(endLine(row, false)).not.toContain(ESCAPE);
  });
});

describe('records', () => {
  const base = { seq: 7, time: '2026-01-01T00:00:00.000Z', actor: 'alice@laptop', prev: '', hash: '' };
  const ref = item('a');
  it.each<[LogRecord, string]>([
    [
      { ...base, kind: 'run', body: { run: 'r', command: 'apply', version: '1' } },
      'apply by alice@laptop, fettle 1, run r',
    ],
    [{ ...base, kind: 'end', body: { run: 'r', exit: 3, counts: { done: 2, failed: 0 } } }, 'exit 3: 2 done'],
    [{ ...base, kind: 'seen', body: { run: 'r', resources: [], counts: { 'toy/Item': 2 } } }, '2 toy/Item; no changes'],
    [
      { ...base, kind: 'seen', body: { run: 'r', resources: [{ ref, gone: true }], counts: {}, gaps: ['toy'] } },
      'toy/Item/a removed; could not read toy',
    ],
    [
      {
        ...base,
        kind: 'intent',
        body: { run: 'r', ref, step: 'a>b', goal: 'update', cause: 'edit', because: 'why', basis: '' },
      },
      'toy/Item/a a>b: why',
    ],
    [
      { ...base, kind: 'outcome', body: { run: 'r', ref, intent: 6, outcome: 'undone', settled: true } },
      'toy/Item/a undone, as a later refresh found (intent 6)',
    ],
    [{ ...base, kind: 'memory', body: { run: 'r', ref, goal: 'adopt', because: 'there' } }, 'toy/Item/a adopt: there'],
    [
      {
        ...base,
        kind: 'refusal',
        body: {
          run: 'r',
          ref,
          step: 'a>b',
          goal: 'update',
          cause: 'edit',
          verdict: 'stale',
          reasons: [{ rule: 'stale', outcome: 'reject', message: 'no longer so', facts: {}, overridable: false }],
        },
      },
      'toy/Item/a a>b stale: stale: no longer so',
    ],
  ])('%j', (record, expected) => {
    expect(recordLine(record)).toBe(`     7  2026-01-01T00:00:00.000Z  ${record.kind.padEnd(10)}  ${expected}\n`);
  });
});
