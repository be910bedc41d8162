/** `log`: the story of a resource, lists, export and prune, and records of `drift`. */

import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type AuditStats, isoWeek } from '../../src/engine/audit.ts';
import type { Change } from '#plugin';
import { toyPlugin } from '../support/toy.ts';
import { appliedToys, itemsYaml, itemYaml, type ToyProject, toyProject } from '../support/toy-project.ts';

const logText = ({ folder }: ToyProject) =>
  readdirSync(join(folder, '.fettle/log'))
    .sort()
    .map((name) => readFileSync(join(folder, '.fettle/log', name), 'utf8'))
    .join('');

describe('log why', () => {
  it('shows the story of one resource: why, what, and by whom; a repeated refusal is one line', async () => {
    const at = await appliedToys(itemsYaml({ a: 2, b: 2 }));
    at.write(itemsYaml({ a: 13, b: 2 }));
    for (let i = 0; i < 3; i += 1) await at.run('apply -y');
    await at.run('apply -y --override not-thirteen@toy/Item/a --reason luck');
    const { code, stdout } = await at.run('log why toy/Item/a');
    expect(code).toBe(0);
    const words = stdout.split('\n').flatMap((line) => /^ *\d+ {2}\S+ {2}(\S+)/u.exec(line)?.[1] ?? []);
    expect(words).toEqual(['intended', 'done', 'rejected', 'intended', 'done']);
    for (const part of [
      '3 times since',
      'not-thirteen: 13 is not allowed',
      'overridden not-thirteen: luck',
      '/value: 2 → 13',
      '(apply by ',
    ])
      expect(stdout).toContain(part);
    expect(stdout).not.toContain('toy/Item/b');
    const lines = (await at.run('log why toy/Item/a --format json')).stdout.trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { readonly kind: string }).kind)).toContain('refusal');
  });

  it('reports a resource without records', async () => {
    const at = await appliedToys(itemsYaml({ a: 2 }));
    const { code, stderr } = await at.run('log why toy/Item/z');
    expect([code, stderr]).toEqual([1, 'error: the log has no record of toy/Item/z; did you mean toy/Item/a?\n']);
  });
});

describe('log list', () => {
  it.each([
    ['--step ready>ready', ['intent', 'outcome', 'refusal']],
    ['--outcome rejected', ['refusal']],
    ['--outcome done --step absent>ready', ['outcome', 'outcome']],
    ['--actor mallory', []],
    ['--since 1h --kind run', ['run', 'run', 'run']],
    ['--until 1h', []],
    ['--since 2999-01-01T00:00:00Z', []],
  ])('%s', async (filter, kinds) => {
    const at = await appliedToys(itemsYaml({ a: 2, b: 2 }));
    at.write(itemsYaml({ a: 4, b: 2 }));
    await at.run('apply -y');
    at.write(itemsYaml({ a: 13, b: 2 }));
    await at.run('apply -y');
    const { stdout } = await at.run(`log list --format json ${filter}`);
    expect(
      stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => (JSON.parse(line) as { readonly kind: string }).kind),
    ).toEqual(kinds);
  });

  it('by action, with the audited facts of each decision', async () => {
    const { kinds } = toyPlugin;
    const item = kinds['Item'] as NonNullable<(typeof kinds)['Item']>;
    const audit = (change: Change) => ({ action: `item_${change.goal}`, decision_by: 'manual', note: '\u001b[2J' });
    const { run } = toyProject(itemsYaml({ a: 2, b: 13 }), '', {
      ...toyPlugin,
      kinds: { Item: { ...item, audit, actions: ['item_create', 'item_remove', 'item_other'] } },
    });
    await run('apply -y');
    const { stdout } = await run('log list --action item_create,item_other');
    const lines = stdout.trimEnd().split('\n');
    const facts = '        action="item_create" decision_by="manual" note="\\u001b[2J"';
    expect(lines.filter((line) => line.startsWith('        '))).toEqual([facts, facts]);
    expect(lines.filter((line) => !line.startsWith('        ')).map((line) => line.split(/ {2,}/u).slice(3))).toEqual([
      ['item_create', 'toy/Item/b', 'rejected: not-thirteen: 13 is not allowed'],
      ['item_create', 'toy/Item/a', 'success'],
    ]);
    expect(await run('log list --action item_crate')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--action item_crate matches no record; did you mean `item_create`?') as string,
    });
    expect((await run('log list --action item_remove')).stdout).toBe('');
    expect((await run('log list --action item_create --outcome rejected --format json')).stdout).toContain('"toy"');
  });

  it('counts a refusal that is repeated, and an unknown outcome that is settled, once', async () => {
    const at = await appliedToys(itemsYaml({ a: 2, b: 13 }));
    for (let i = 0; i < 3; i += 1) await at.run('apply -y');
    at.world.faults.set('ready>ready a', async () => {
      throw new Error('no');
    });
    at.write(itemsYaml({ a: 4, b: 13 }));
    await at.run('apply -y');
    at.world.faults.clear();
    await at.run('apply -y');
    at.write(itemsYaml({ b: 13 }));
    await at.run('apply -y');
    const { code, stdout } = await at.run('audit stats --format json');
    const { by_week: weeks, ...stats } = JSON.parse(stdout) as AuditStats;
    expect({ code, stats }).toEqual({
      code: 0,
      stats: {
        decisions: 5,
        by_action: {
          item_create: { rejected: 1, success: 1 },
          item_remove: { success: 1 },
          item_update: { failed: 1, success: 1 },
        },
        by_result: { failed: 1, rejected: 1, success: 3 },
        by_rule: { 'not-thirteen': 1 },
        by_policy: { manual: { failed: 1, rejected: 1, success: 3 } },
      },
    });
    expect(Object.values(weeks)).toEqual([{ failed: 1, rejected: 1, success: 3 }]);
    const text = (await at.run('log stats')).stdout;
    for (const part of ['Decisions: 5 (1 failed, 1 rejected, 3 success)', 'By rule:\n  not-thirteen  1\n', 'By week:'])
      expect(text).toContain(part);
    expect((await at.run('log stats --until 1h')).stdout).toBe('The log has no decision in this period.\n');
    expect((await at.run('log stats --since 1h')).stdout).toBe(text);
  });

  it.each([
    ['2026-01-01T00:00:00Z', '2026-W01'],
    ['2027-01-03T23:59:59Z', '2026-W53'],
    ['2027-01-04T00:00:00Z', '2027-W01'],
    ['2024-12-30T12:00:00Z', '2025-W01'],
  ])('%s is in the week %s', (time, week) => {
    expect(isoWeek(Date.parse(time))).toBe(week);
  });

  it('rejects an invalid time', async () => {
    const at = await appliedToys(itemsYaml({ a: 2 }));
    expect(await at.run('log list --since yesterday')).toMatchObject({ code: 1 });
  });
});

describe('log export', () => {
  it('prints the exact lines of the log', async () => {
    const at = await appliedToys(itemYaml('a', 2, { labels: '{ "10": x, "9": y, "ä": "\\u2028" }' }));
    expect((await at.run('log export')).stdout).toBe(logText(at));
    expect((await at.run('log export -o out.ndjson')).code).toBe(0);
    expect(readFileSync(join(at.folder, 'out.ndjson'), 'utf8')).toBe(logText(at));
    expect(statSync(join(at.folder, 'out.ndjson')).mode & 0o777).toBe(0o600);
    const over = await at.run('log export -o out.ndjson');
    expect([over.code, over.stderr]).toEqual([1, expect.stringContaining('already exists and is not overwritten')]);
    const part = (await at.run('log export --from 2 --to 3')).stdout;
    expect(
      part
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { readonly seq: number }).seq),
    ).toEqual([2, 3]);
  });
});

describe('log prune', () => {
  it('asks, deletes segments, and lists them', async () => {
    const at = await appliedToys(itemsYaml({ a: 2 }));
    expect((await at.run('log prune --keep 1')).stderr).toContain('Cannot ask for approval');
    expect((await at.run('log prune --keep 1', { typed: 'no\n' })).code).toBe(1);
    const head = /log head (\S+)/u.exec((await at.run('plan')).stdout.replace('\n', ' '))?.[1];
    const { code, stdout } = await at.run('log prune --keep 1 -y');
    expect([code, stdout]).toEqual([0, expect.stringContaining('the log is complete from record')]);
    expect((await at.run('log verify')).code).toBe(0);
    expect((await at.run(`log verify --head ${head}`)).code).toBe(1);
    expect((await at.run('plan')).stdout).toContain('1 unchanged');
    expect((await at.run('log prune')).stderr).toContain('--keep');
    expect((await at.run('log prune --keep 0 -y')).code).toBe(1);
  });
});

describe('drift --record', () => {
  it('records the refresh, and nothing else', async () => {
    const at = await appliedToys(itemsYaml({ a: 2 }));
    at.world.items.set('a', { value: 2, state: 'starting' });
    const before = logText(at);
    expect((await at.run('drift')).code).toBe(0);
    expect(logText(at)).toBe(before);
    expect((await at.run('drift --record')).code).toBe(0);
    expect((await at.run('state list')).stdout).toContain('starting');
    expect((await at.run('log why toy/Item/a')).stdout).toContain('ready > starting');
    expect((await at.run('log list --kind end --last 1')).stdout).toContain('exit 0');
  });

  it('in CI requires a configured store', async () => {
    const at = await appliedToys(itemsYaml({ a: 2 }));
    writeFileSync(join(at.folder, 'fettle.yaml'), 'name: test\ndesired: [items.yaml]\n');
    const env = { FETTLE_DISABLE_CI_DETECTION: '', CI: 'true' };
    expect((await at.run('drift', { env })).code).toBe(0);
    expect((await at.run('drift --record', { env })).stderr).toContain('in CI, drift --record needs `store`');
  });
});
