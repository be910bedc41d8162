/** Summaries: the total lines of a plugin in a plan and in `state list`. A failing summary stops nothing. */

import { describe, expect, it } from 'vitest';
import { validators } from '../../src/formats/generated.validators.js';
import { type Plugin, type Summary, isSeen } from '#plugin';
import { planEvents } from '../../src/formats/events.ts';
import { planMarkdown } from '../../src/report/plan-markdown.ts';
import { planText } from '../../src/report/plan-text.ts';
import { applyToy, planToy, START, toyLog, toyPlugin, toyWorld, wanted } from '../support/toy.ts';
import { itemsYaml, toyPlugins, toyProject } from '../support/toy-project.ts';

/** Counts observed resources, resources in the state, and the effect of the accepted changes. */
const counting: Plugin['summary'] = (resources, scene) => {
  const seen = resources.filter(isSeen).length;
  const unseen = resources.filter(({ sight }) => sight.is === 'unseen').length;
  const known = resources.filter(({ memory }) => memory !== undefined).length;
  const accepted = [...scene.judged.values()].filter(({ verdict }) => verdict === 'accept');
  const made = accepted.filter(({ change }) => change.goal === 'create').length;
  return [
    { title: 'items', lines: [`${seen} seen, ${unseen} not`, `${made} more`], facts: { seen, unseen, known, made } },
  ];
};

function toyWith(summary: Plugin['summary']): Plugin {
  return { ...toyPlugin, ...(summary === undefined ? {} : { summary }) };
}

function toysWith(summary: Plugin['summary']): ReadonlyMap<string, Plugin> {
  return new Map([['toy', toyWith(summary)]]);
}

describe('a summary in a plan', () => {
  it('sees every resource and the accepted changes; a plugin without a summary has no lines', async () => {
    const documents = [wanted('a', 2), wanted('b', 4), wanted('c', 13)];
    const { plan } = await planToy(toyWorld({ a: 2 }), documents, toyLog(), { plugins: toysWith(counting) });
    expect(plan.summaries).toEqual([
      {
        plugin: 'toy',
        title: 'items',
        lines: ['1 seen, 0 not', '1 more'],
        facts: { seen: 1, unseen: 0, known: 0, made: 1 },
      },
    ]);
    const sealed: unknown = JSON.parse(JSON.stringify(plan));
    expect([validators.plan(sealed), validators.plan.errors ?? null]).toEqual([true, null]);
    expect((await planToy(toyWorld({ a: 2 }), documents, toyLog())).plan).not.toHaveProperty('summaries');
  });

  it('is about planned resources: resources outside of the targets are not counted', async () => {
    const world = toyWorld({ a: 2 });
    const within = (address: string) => address === 'toy/Item/b';
    const { plan } = await planToy(world, [wanted('a', 2), wanted('b', 4)], toyLog(), {
      plugins: toysWith(counting),
      within,
    });
    expect(plan.summaries?.[0]?.facts).toEqual({ seen: 0, unseen: 0, known: 0, made: 1 });
  });

  it('reads the facts that the refresh found next to resources, of its own plugin only', async () => {
    const plugin: Plugin = {
      ...toyWith((_pairs, scene) => [
        { title: 'extras', lines: [JSON.stringify(scene.extras)], facts: scene.extras?.['toy'] ?? {} },
      ]),
      observe: async (world, query) => ({
        ...(await toyPlugin.observe(world, query)),
        extras: { toy: { price: 3 }, other: { price: 4 } },
      }),
    };
    const { plan } = await planToy(toyWorld(), [wanted('a', 2)], toyLog(), { plugins: new Map([['toy', plugin]]) });
    expect(plan.summaries?.[0]).toMatchObject({ lines: ['{"toy":{"price":3}}'], facts: { price: 3 } });
  });

  it('turns a refresh with too many facts next to resources into a gap', async () => {
    const plugin: Plugin = {
      ...toyPlugin,
      observe: async (world, query) => ({
        ...(await toyPlugin.observe(world, query)),
        extras: { toy: { text: 'x'.repeat(1024 * 1024) } },
      }),
    };
    const { plan } = await planToy(toyWorld(), [wanted('a', 2)], toyLog(), { plugins: new Map([['toy', plugin]]) });
    expect(plan.gaps.map(({ message }) => message)).toEqual([
      'the plugin returned an invalid response: the values other than resources are too large',
    ]);
  });

  it('is not part of the approval by digest', async () => {
    const plain = await planToy(toyWorld(), [wanted('a', 2)], toyLog());
    const summed = await planToy(toyWorld(), [wanted('a', 2)], toyLog(), { plugins: toysWith(counting) });
    expect(summed.plan.plan_digest).toBe(plain.plan.plan_digest);
  });

  it('is printed as text, markdown and events, in printable form', async () => {
    const summary = (): readonly Summary[] => [
      { title: 'cost', lines: ['\u001b[2J<b>1 €', 'two'], facts: { euro: 1 } },
    ];
    const { plan } = await planToy(toyWorld(), [wanted('a', 2)], toyLog(), { plugins: toysWith(summary) });
    expect(planText(plan, { color: false, now: START })).toContain(
      '\n\ntoy · cost\n    \\u{1b}[2J<b>1 €\n    two\n\nPlan: 1 to add',
    );
    expect(planMarkdown(plan, { now: START })).toContain(
      '### Summary (2)\n\n- <code>toy</code> cost: &#92;u&#123;1b&#125;&#91;2J&#60;b&#62;1 €\n- <code>toy</code> cost: two',
    );
    expect([...planEvents(plan)].filter(({ type }) => type === 'plugin_summary')).toEqual([
      {
        '@level': 'info',
        '@message': 'toy · cost: \\u{1b}[2J<b>1 €; two',
        type: 'plugin_summary',
        summary: { plugin: 'toy', title: 'cost', lines: ['\u001b[2J<b>1 €', 'two'], facts: { euro: 1 } },
      },
    ]);
  });

  it.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('no sum of token=s3cr3t-s3cr3t-s3cr3t');
      },
      'the summary failed: no sum of token=(hidden)',
    ],
    ['is not a list', () => ({ title: 'x' }), 'the summary failed: the plugin returned invalid summaries'],
    [
      'has lines that are not text',
      () => [{ title: 'x', lines: [1], facts: {} }],
      'the summary failed: the plugin returned invalid summaries',
    ],
    [
      'cannot be kept',
      () => [{ title: 'x', lines: [], facts: { n: 1n } }],
      'the summary failed: Do not know how to serialize a BigInt',
    ],
    [
      'is too large',
      () => [{ title: 'x', lines: ['y'.repeat(70_000)], facts: {} }],
      'the summary failed: the list of summaries is too large: 70',
    ],
  ])('that %s says so, and stops nothing', async (_what, summary, expected) => {
    const world = toyWorld();
    const log = toyLog();
    const { reconciled, rows } = await applyToy(world, [wanted('a', 2)], log, {
      plugins: toysWith(summary as Plugin['summary']),
    });
    expect(rows['a']?.status).toBe('done');
    expect(reconciled.plan.complete).toBe(true);
    expect(reconciled.plan.summaries?.map(({ lines }) => lines.map((line) => line.slice(0, expected.length)))).toEqual([
      [expected],
    ]);
  });
});

describe('a summary in state list', () => {
  it('is about the listed resources of the state, which are not refreshed', async () => {
    const { run } = toyProject(itemsYaml({ a: 2, b: 4 }), '', toyWith(counting));
    await run('apply -y');
    expect((await run('state list')).stdout).toMatch(
      /toy\/Item\/b .*\n\ntoy · items\n {4}0 seen, 2 not\n {4}0 more\n$/u,
    );
    expect((await run('state list --target toy/Item/b')).stdout).toContain('0 seen, 1 not');
    const json = (await run('state list --format json')).stdout.trim().split('\n');
    expect(json.map((line) => (JSON.parse(line) as { readonly address: string }).address)).toEqual([
      'toy/Item/a',
      'toy/Item/b',
    ]);
  });

  it('leaves out state of a newer plugin, and still lists the resource', async () => {
    const kinds = { Item: { ...toyPlugin.tables.kinds['Item'], memoryVersion: 2 } } as Plugin['tables']['kinds'];
    const newer = { ...toyPlugin, tables: { ...toyPlugin.tables, kinds } };
    const at = toyProject(itemsYaml({ a: 2 }), '', newer);
    await at.run('apply -y');
    const { code, stdout } = await at.run('state list', { plugins: toyPlugins(at.world, toyWith(counting)) });
    expect(code).toBe(0);
    expect(stdout).toContain('toy/Item/a');
    expect(stdout).not.toContain('toy · items');
  });
});
