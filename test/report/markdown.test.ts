/** Markdown: data stays in its place, every document stays within its budget, and omitted rows are counted. */

import { describe, expect, it } from 'vitest';
import type { RowStatus } from '../../src/engine/action.ts';
import type { Plan } from '../../src/formats/plan.ts';
import { applyMarkdown } from '../../src/report/apply-markdown.ts';
import {
  code,
  COMMENT_BYTES,
  details,
  escapeText,
  fence,
  marker,
  type Section,
  tableHead,
  tableRow,
  withinBudget,
} from '../../src/report/markdown.ts';
import { planMarkdown } from '../../src/report/plan-markdown.ts';
import { applyToy, planToy, START, toyLog, toyWorld, wanted, mixedPlan } from '../support/toy.ts';
import { hostile, hostilePlan, hostileRows } from './hostile.ts';
import fc from '../support/property.ts';

describe('data', () => {
  it.each([
    ['plain words, 30 % of 4: "yes"', 'plain words, 30 % of 4: "yes"'],
    ['<b>&', '&#60;b&#62;&#38;'],
    ['ask @team', 'ask <code>&#64;team</code>'],
    ['closes #12', 'closes <code>&#35;12</code>'],
    ['see GH-12', 'see <code>GH-12</code>'],
    ['at https://x.example', 'at <code>https&#58;//x.example</code>'],
    ['at www.x.example', 'at <code>www&#46;x.example</code>'],
    ['[a](b) ![c](d)', '&#91;a&#93;(b) !&#91;c&#93;(d)'],
    [
      '*a* _b_ ~c~ `d` $e$ \\',
      '&#42;a&#42; &#95;b&#95; <code>&#126;c&#126;</code> &#96;d&#96; <code>&#36;e&#36;</code> &#92;',
    ],
    ['- item', '&#45; item'],
    ['1. item', '1&#46; item'],
    ['    code', '&#32;   code'],
    [':tada: 12:30', '<code>:tada:</code> 12:30'],
    ['a\nb', 'a&#92;nb'],
    ['\u202eleft', '&#92;u&#123;202e&#125;left'],
    ['half \ud83d', 'half \ufffd'],
    ['at 127.0.0.1:42469: refused', 'at <code>127.0.0.1:42469</code>: refused'],
    ['(:tada:, @team:)', '(<code>:tada:</code>, <code>&#64;team</code>:)'],
    ['since 2026-11-28T12:00:00Z', 'since <code>2026-11-28T12:00:00Z</code>'],
    [
      'by me@example.com, [vulnerability:1]',
      'by <code>me&#64;<wbr>example.com</code>, <code>&#91;vulnerability:1&#93;</code>',
    ],
    ['  two  blanks', '&#32; two  blanks'],
  ])('escapeText(%j)', (data, expected) => {
    expect(escapeText(data)).toBe(expected);
  });

  it.each([
    ['nodes/Node/web-1', '<code>nodes/Node/web-1</code>'],
    ['a|b', '<code>a&#124;b</code>'],
    ['</code>', '<code>&#60;/code&#62;</code>'],
    // A copied command must equal the printed one.
    ['--override x@a/B/c.d', '<code>--override x&#64;a/B/c.d</code>'],
    ['me@example.com', '<code>me&#64;<wbr>example.com</code>'],
    ['c@.example', '<code>c&#64;<wbr>.example</code>'],
    ['https://x', '<code>https&#58;//x</code>'],
  ])('code(%j)', (data, expected) => {
    expect(code(data)).toBe(expected);
  });

  it('is cut between characters, before it is escaped', () => {
    expect(escapeText('ab😀cd', 4)).toBe('ab…');
    expect(code('<<<<', 3)).toBe('<code>&#60;&#60;…</code>');
  });

  it('never leaves its place', () => {
    fc.assert(
      fc.property(hostile, (data) => {
        for (const marked of [escapeText(data), code(data)]) {
          // Only tags of fettle.
          const text = marked.replace(/<code>([^<>]*(?:<wbr>[^<>]*)*)<\/code>/gu, (_all, inner: string) =>
            inner.replaceAll('<wbr>', ''),
          );
          expect(text).not.toMatch(/[<>@`|*_[\]\\\n\r]/u);
          expect(text).not.toMatch(/&(?!#\d+;)|:\/\/|www\./iu);
          expect(text.isWellFormed()).toBe(true);
        }
      }),
    );
  });

  it('in a fence neither ends the fence nor is taken for a marker', () => {
    expect(fence(['a', '```', '````` b'], 'diff')).toBe('``````diff\na\n```\n````` b\n``````');
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 5 }), (lines) => {
        const [open = '', ...body] = fence(lines).split('\n');
        expect(body.pop()).toBe(open);
        expect(body).toHaveLength(lines.length);
        expect(body.some((line) => line.includes(open) || line.includes('<!--'))).toBe(false);
      }),
    );
  });

  it('in a marker stays on its line, and distinguishes projects', () => {
    expect(marker('plan', 'shop')).toBe('<!-- fettle plan: shop -->');
    fc.assert(
      fc.property(hostile, (project) => {
        expect(marker('plan', project)).toMatch(/^<!-- fettle plan: [^<>@\s]* -->$/u);
      }),
    );
    expect(marker('plan', 'a b')).not.toBe(marker('plan', 'a-b'));
  });

  it('makes tables and details', () => {
    expect(`${tableHead(['a', 'b'])}\n${tableRow([code('x|y'), 'z'])}`).toBe(
      '| a | b |\n| --- | --- |\n| <code>x&#124;y</code> | z |',
    );
    expect(details('more', 'body')).toBe('<details><summary>more</summary>\n\nbody\n\n</details>');
  });
});

function section(noun: string, rows: readonly string[], collapsed = false): Section {
  return { noun, title: noun, count: rows.length, row: (i) => rows[i] ?? '', collapsed };
}

describe('a budget', () => {
  const many = (noun: string, count: number) =>
    section(
      noun,
      Array.from({ length: count }, (_, i) => `- ${noun} ${i}`),
    );

  it('that suffices omits nothing', () => {
    const text = withinBudget({ lead: ['top'], sections: [many('first', 2), many('none', 0), many('second', 1)] });
    expect(text).toBe('top\n\n### first (2)\n\n- first 0\n- first 1\n\n### second (1)\n\n- second 0\n');
  });

  it('that is met to the byte omits nothing; one byte less omits rows', () => {
    const document = { lead: ['tüp'], sections: [many('first', 2), section('second', ['- ünï'], true)] };
    const whole = withinBudget(document);
    const bytes = Buffer.byteLength(whole);
    expect(withinBudget({ ...document, budgetBytes: bytes })).toBe(whole);
    expect(withinBudget({ ...document, budgetBytes: bytes - 1 })).not.toBe(whole);
  });

  it('omits the end of the last section first, and gives the number of omitted rows and the place of the complete document', () => {
    const document = { lead: ['top'], sections: [many('pear', 3), many('plum', 40)], artifact: 'plan.json' };
    expect(withinBudget({ ...document, budgetBytes: 300 })).toBe(
      [
        'top\n',
        '**Omitted to save space:** 28 of 40 plums. The complete document is in <code>plan.json</code>.\n',
        '### pear (3)\n',
        '- pear 0\n- pear 1\n- pear 2\n',
        '### plum (12 of 40)\n',
        `${Array.from({ length: 12 }, (_, i) => `- plum ${i}`).join('\n')}\n`,
      ].join('\n'),
    );
    expect(withinBudget({ ...document, budgetBytes: 150 })).toContain('2 of 3 pears, 40 of 40 plums.');
  });

  it('that is tiny keeps the beginning', () => {
    const document = { lead: ['top', 'more', 'x'.repeat(50)], sections: [many('pear', 9)] };
    expect(withinBudget({ ...document, budgetBytes: 70 })).toBe(
      'top\n\nmore\n\n**Omitted to save space:** 9 of 9 pears.\n',
    );
    expect(withinBudget({ ...document, budgetBytes: 10 })).toBe('top\n\nmore\n');
    expect(withinBudget({ ...document, budgetBytes: 4 })).toBe('top\n');
    expect(withinBudget({ ...document, budgetBytes: 3 })).toBe('');
  });

  it('creates only the rows that fit', () => {
    let made = 0;
    const endless: Section = {
      noun: 'row',
      title: 'Rows',
      count: 1_000_000,
      row: (i) => {
        made += 1;
        return `- ${i}`;
      },
    };
    withinBudget({ lead: [], sections: [endless], budgetBytes: 1000 });
    expect(made).toBeLessThan(1000);
  });
});

interface Read {
  readonly count: string;
  readonly rows: number;
}

/** Returns the sections of a document by title: the count in the title, and the rows in the document. */
function readSections(text: string): ReadonlyMap<string, Read> {
  const parts = text.split(/^(?:### |<details><summary>)(.*?) \(([\d,]+(?: of [\d,]+)?)\)(?:<\/summary>)?$/mu);
  const found = new Map<string, Read>();
  for (let i = 1; i < parts.length; i += 3) {
    const lines = (parts[i + 2] ?? '').split('\n');
    const heads = lines.filter((line) => line.startsWith('| ---')).length;
    const rows = lines.filter((line) => line.startsWith('| ')).length - 2 * heads;
    const items = lines.filter((line) => line.startsWith('- ')).length;
    found.set(parts[i] ?? '', { count: (parts[i + 1] ?? '').replaceAll(',', ''), rows: rows + items });
  }
  return found;
}

/** Returns the numbers of omitted rows that the document gives, by noun. */
function readLeftOut(text: string): ReadonlyMap<string, readonly [number, number]> {
  const line = /^\*\*Omitted to save space:\*\* (.*?)\.(?: The complete|$)/mu.exec(text)?.[1];
  return new Map(
    (line?.split(', ') ?? []).map((part) => {
      const [, rest = '', all = '', what = ''] = /^([\d,]+) of ([\d,]+) (.*)$/u.exec(part) ?? [];
      return [what, [Number(rest.replaceAll(',', '')), Number(all.replaceAll(',', ''))]];
    }),
  );
}

interface Expected {
  readonly title: string;
  readonly words: readonly [one: string, many: string];
  readonly count: number;
}

function checkDocument(text: string, what: string, expected: readonly Expected[], budget: number): void {
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(budget);
  expect(text.isWellFormed()).toBe(true);
  expect(text.startsWith(`<!-- fettle ${what}: `)).toBe(true);
  // Outside of the marker, only tags that belong to the document.
  const body = text.slice(text.indexOf('\n'));
  expect(body.replaceAll(/<\/?(?:code|details|summary)>|<w?br>/gu, '')).not.toMatch(/[<>@`]|\]\(|:\/\/|www\./iu);
  for (const tag of ['code', 'details', 'summary'])
    expect(body.split(`<${tag}>`).length, tag).toBe(body.split(`</${tag}>`).length);
  for (const line of body.split('\n')) {
    expect(line.split('<code>').length).toBe(line.split('</code>').length);
    if (line.startsWith('|')) expect([3, 6]).toContain(line.split('|').length - 1);
  }
  const sections = readSections(text);
  const leftOut = readLeftOut(text);
  for (const { title, words, count } of expected) {
    const shown = sections.get(title)?.rows ?? 0;
    const [missing, all] = leftOut.get(words[count === 1 ? 0 : 1]) ?? [0, count];
    expect([title, shown + missing, all]).toEqual([title, count, count]);
    if (shown > 0) expect(sections.get(title)?.count).toBe(missing === 0 ? `${count}` : `${shown} of ${count}`);
  }
  // After an incomplete section, later sections have no rows.
  const first = expected.findIndex(({ words, count }) => leftOut.has(words[count === 1 ? 0 : 1]));
  if (first >= 0) for (const { title } of expected.slice(first + 1)) expect(sections.has(title)).toBe(false);
}

function expectedOf(plan: Plan): readonly Expected[] {
  const takes = plan.resource_changes.filter(({ goal }) => goal === 'remove' || goal === 'replace').length;
  const errors = plan.checks.filter(({ severity }) => severity === 'critical' || severity === 'error').length;
  return [
    { title: 'Errors', words: ['error', 'errors'], count: plan.gaps.length + errors },
    { title: 'Rejected: these will not run', words: ['rejection', 'rejections'], count: plan.rejected_changes.length },
    {
      title: 'Removals and replacements',
      words: ['removal or replacement', 'removals and replacements'],
      count: takes,
    },
    { title: 'Waiting', words: ['waiting change', 'waiting changes'], count: plan.deferred_changes.length },
    { title: 'Changes', words: ['other change', 'other changes'], count: plan.resource_changes.length - takes },
    {
      title: 'Summary',
      words: ['summary line', 'summary lines'],
      count: plan.summaries?.reduce((sum, { lines }) => sum + lines.length, 0) ?? 0,
    },
    { title: 'Findings', words: ['finding', 'findings'], count: plan.checks.length - errors },
    {
      title: 'Drift: differs from the last apply',
      words: ['drifted resource', 'drifted resources'],
      count: plan.resource_drift.length,
    },
    {
      title: 'Unfinished steps of an earlier run',
      words: ['unfinished step', 'unfinished steps'],
      count: plan.settled.length,
    },
    {
      title: 'Not managed',
      words: ['unmanaged resource', 'unmanaged resources'],
      count: plan.unmanaged.length,
    },
  ];
}

describe('a plan', () => {
  it('of any input is within its budget, is well formed, and accounts for every row', () => {
    fc.assert(
      fc.property(hostilePlan, fc.constantFrom(COMMENT_BYTES, 20_000, 6000), fc.boolean(), (plan, budget, detail) => {
        const options = { now: START + 2000, budgetBytes: budget, artifact: 'plan.json', detail };
        const text = planMarkdown(plan, options);
        checkDocument(text, 'plan', expectedOf(plan), budget);
        expect(planMarkdown(structuredClone(plan), options)).toBe(text);
      }),
      { numRuns: 150 },
    );
  });

  it('is within any budget', () => {
    fc.assert(
      fc.property(hostilePlan, fc.nat({ max: 3000 }), (plan, budgetBytes) => {
        const text = planMarkdown(plan, { now: START, budgetBytes });
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(budgetBytes);
        expect(text.split('<details>').length).toBe(text.split('</details>').length);
      }),
      { numRuns: 100 },
    );
  });

  it('has errors first, then rejected changes, removals, waiting changes, and the rest', async () => {
    const plan = await mixedPlan(toyWorld({ foreign: 2 }));
    const text = planMarkdown(plan, { now: START + 2000 });
    const order = [
      '<!-- fettle plan: test -->\n\n## fettle plan: test',
      '**Plan: 1 to add, 1 to change, 0 to step, 1 to remove. 2 rejected, 1 waiting',
      'observed at <code>2026-01-01T00:00:00.000Z</code>, 2 s before this comment',
      `digest <code>${plan.plan_digest?.slice(0, 19)}`,
      '### Errors (1)\n\n- **could not be read** <code>toy/Item/blind</code>: it does not answer',
      '### Rejected: these will not run (2)',
      '- <code>-</code> <code>toy/Item/kept</code> <code>ready &#62; absent</code> no longer declared (orphan)',
      '  - **REJECTED** <code>protected</code>: ',
      '  - override: <code>--override protected&#64;toy/Item/kept --reason "…"</code>',
      '  - **REJECTED** <code>not-thirteen</code>: 13 is not allowed',
      '  - remedy: set <code>spec.value: 12</code>',
      '### Removals and replacements (1)',
      '| <code>-</code> | <code>toy/Item/gone</code> | <code>ready &#62; absent</code> | no longer declared | orphan |',
      '### Waiting (1)',
      '  - **WAITING** <code>dependency</code>: ',
      '### Changes (2)',
      '| <code>+</code> | <code>toy/Item/new</code> |',
      '| <code>&#126;</code> | <code>toy/Item/old</code> | <code>ready &#62; ready</code> | value differs: <code>value: 4 → 6</code> | edit |',
      '<details><summary>Not managed (1)</summary>\n\n- <code>toy/Item/foreign</code>\n\n</details>',
    ];
    let place = -1;
    for (const part of order) {
      const next = text.indexOf(part, place + 1);
      expect(next, part).toBeGreaterThan(place);
      place = next;
    }
  });

  it('contains neither the value of a secret nor a complete digest in a sentence', async () => {
    const { plan } = await planToy(toyWorld(), [wanted('a', 2)], toyLog());
    const [row] = plan.resource_changes;
    if (row === undefined) throw new Error('no row');
    const secret = {
      ...row,
      goal: 'update' as const,
      because: `it is sha256:${'a'.repeat(64)}`,
      change: { ...row.change, before: {}, after: {}, before_sensitive: { token: true }, after_sensitive: {} },
    };
    const text = planMarkdown({ ...plan, resource_changes: [secret] }, { now: START });
    expect(text).toContain('it is sha256:aaaaaaaaaaaa…: <code>token: (secret, changed)</code>');
  });

  it('without rows says so', async () => {
    const { plan } = await planToy(toyWorld(), [], toyLog());
    expect(planMarkdown(plan, { now: START })).toContain('\n\nNo changes.\n');
  });
});

const STATUSES: readonly (readonly [RowStatus, string, string, string])[] = [
  ['failed', 'Failed', 'failed action', 'failed actions'],
  ['unknown', 'Unknown: the next refresh settles them', 'unknown outcome', 'unknown outcomes'],
  ['stale', 'Stale: no longer as planned', 'stale action', 'stale actions'],
  ['not-attempted', 'Not attempted', 'action not attempted', 'actions not attempted'],
  ['rejected', 'Rejected', 'rejection', 'rejections'],
  ['deferred', 'Waiting', 'waiting change', 'waiting changes'],
  ['done', 'Done', 'done action', 'done actions'],
];

describe('the result of an apply', () => {
  it('of any input is within its budget, is well formed, and accounts for every row', () => {
    fc.assert(
      fc.property(hostileRows, hostile, fc.constantFrom(COMMENT_BYTES, 6000), (rows, data, budget) => {
        const text = applyMarkdown(rows, { project: data, head: data, ending: data, budgetBytes: budget });
        const expected = STATUSES.map(([status, title, one, many]) => {
          const words = [one, many] as const;
          return { title, words, count: rows.filter((row) => row.status === status).length };
        });
        checkDocument(text, 'apply', expected, budget);
      }),
      { numRuns: 100 },
    );
  });

  it('without rows says so', () => {
    expect(applyMarkdown([], { project: 'shop', head: '7:abc' })).toContain('\n\nNothing to do.\n\n');
  });

  it('has failures first, and done rows last, collapsed', async () => {
    const world = toyWorld();
    world.faults.set('absent>ready a', async () => {
      throw new Error('no <room> for @all');
    });
    const { rows } = await applyToy(
      world,
      [wanted('a', 2), wanted('b', 2), wanted('c', 13), wanted('d', 2, { needs: ['a'] })],
      toyLog(),
    );
    const text = applyMarkdown(Object.values(rows), {
      project: 'shop',
      head: '7:abc',
      ending: 'exit 7: An action failed.',
    });
    expect([...readSections(text).keys()]).toEqual(['Failed', 'Not attempted', 'Rejected', 'Done']);
    expect(text).toContain('**Apply: 1 done, 1 failed, 0 unknown, 0 stale, 1 not attempted, 1 rejected, 0 waiting.**');
    expect(text).toContain('exit 7: An action failed.\n\nlog head <code>7:abc</code>');
    expect(text).toContain('no &#60;room&#62; for <code>&#64;all</code>');
    expect(text).toContain('<details><summary>Done (1)</summary>');
  });
});
