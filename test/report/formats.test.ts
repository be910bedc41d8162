/** `--json` and `--format markdown` on whole command lines. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/formats/events.ts';
import { itemsYaml, toyProject } from '../support/toy-project.ts';

function read(text: string): readonly Event[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
}

function typesOf(events: readonly Event[]): readonly string[] {
  return events.map(({ type }) => type);
}

describe('plan --json', () => {
  it('reports the refresh, the rows, the counts, the head and the result, and nothing else', async () => {
    const { run } = toyProject(itemsYaml({ a: 2, b: 13 }));
    const { code, stdout, stderr } = await run('plan -json --detailed-exitcode');
    const events = read(stdout);
    expect([code, stderr]).toEqual([2, '']);
    expect(typesOf(events)).toEqual([
      'version',
      'refresh_start',
      'refresh_complete',
      'planned_rejection',
      'planned_change',
      'change_summary',
      'log_head',
      'log',
    ]);
    expect(events.at(-1)).toMatchObject({ exit: { code: 2, name: 'changes' } });
  });

  it('reports problems of documents as diagnostics, with their places', async () => {
    const { run, folder } = toyProject(itemsYaml({ a: 2 }));
    writeFileSync(join(folder, 'items.yaml'), 'apiVersion: toy/v1\nkind: Item\nmetadata: { nam: a }\nspec: {}\n');
    const { code, stdout, stderr } = await run('plan --json');
    const events = read(stdout);
    expect([code, stderr]).toEqual([1, '']);
    expect(new Set(typesOf(events))).toEqual(new Set(['version', 'diagnostic', 'log']));
    expect(events.find(({ type }) => type === 'diagnostic')).toMatchObject({
      '@level': 'error',
      diagnostic: { severity: 'error', range: { filename: 'items.yaml', start: { line: 3 } } },
    });
    expect(events.at(-1)).toMatchObject({ type: 'log', exit: { code: 1, name: 'error' } });
  });

  it('reports an invalid option and an unused override as diagnostics', async () => {
    const { run } = toyProject(itemsYaml({ a: 2 }));
    const wrong = await run('plan --json --override nothing --reason x');
    expect([wrong.code, wrong.stderr]).toEqual([1, '']);
    expect(read(wrong.stdout).slice(-2)).toMatchObject([
      { type: 'diagnostic', diagnostic: { severity: 'error', summary: expect.stringContaining('RULE@ADDRESS') } },
      { type: 'log', exit: { code: 1 } },
    ]);
    const useless = await run('plan --json --override protected@toy/Item/a --reason x');
    expect(read(useless.stdout)).toContainEqual(
      expect.objectContaining({
        type: 'diagnostic',
        diagnostic: expect.objectContaining({
          severity: 'warning',
          summary: expect.stringContaining('has no effect'),
        }),
      }),
    );
  });

  it('and --format exclude each other; options take precedence over the environment', async () => {
    const { run } = toyProject(itemsYaml({ a: 2 }));
    const both = await run('plan --json --format json');
    expect([both.code, both.stdout, both.stderr]).toEqual([1, '', expect.stringContaining('cannot be used with')]);
    const firstType = async (line: string, env: Readonly<Record<string, string>>) =>
      (JSON.parse((await run(line, { env })).stdout.split('\n')[0] ?? '') as Event).type;
    expect(await firstType('plan --json', { FETTLE_FORMAT: 'markdown' })).toBe('version');
    expect(await firstType('plan', { FETTLE_JSON: '1' })).toBe('version');
    expect((await run('plan --format text', { env: { FETTLE_JSON: '1' } })).stdout).toMatch(/^fettle plan/u);
    expect((await run('plan', { env: { FETTLE_JSON: '1', FETTLE_FORMAT: 'json' } })).stderr).toContain(
      'cannot be used together',
    );
  });
});

describe('--format markdown', () => {
  it('is the same for a plan and for its saved file, which it names', async () => {
    const { run } = toyProject(itemsYaml({ a: 2, b: 13 }));
    const planned = await run('plan --format markdown -o plan.json');
    const shown = await run('show plan.json --format markdown');
    expect([planned.code, planned.stderr, shown.code]).toEqual([0, '', 0]);
    expect(planned.stdout).toMatch(/^<!-- fettle plan: test -->\n\n## fettle plan: test\n\n\*\*Plan: 1 to add/u);
    expect(planned.stdout).toContain('**REJECTED** <code>not-thirteen</code>');
    const timeless = (text: string) => text.replace(/\d+ \w+ before this comment/u, '');
    expect(timeless(shown.stdout)).toBe(timeless(planned.stdout));
  });

  it('stays within the size limit of a comment, and names the omitted rows', async () => {
    const values = Object.fromEntries(Array.from({ length: 1200 }, (_, i) => [`item-with-a-name-${i}`, 2]));
    const { run } = toyProject(itemsYaml(values));
    const { stdout } = await run('plan --format markdown -o plan.json');
    expect(Buffer.byteLength(stdout)).toBeLessThanOrEqual(65_536);
    expect(Buffer.byteLength(stdout)).toBeGreaterThan(65_000);
    const [, rest, all] =
      /([\d,]+) of ([\d,]+) other changes\. The complete document is in <code>plan\.json<\/code>\./u.exec(stdout) ?? [];
    expect([Number(rest?.replace(',', '')) + stdout.split('| <code>+</code> |').length - 1, all]).toEqual([
      1200,
      '1,200',
    ]);
  });
});
