/** Parts of pages without a daemon: escapes, one view of several plans, sizes, form tokens, changes. */

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/formats/plan.ts';
import type { RowRules } from '../../src/formats/row-rules.ts';
import { foundIn } from '../../src/serve/answers/found.ts';
import {
  type RoundPlan,
  type RoundSummary,
  type Snapshot,
  type SnapshotUpdate,
  updated,
  withPlan,
} from '../../src/serve/answers/snapshot.ts';
import { Changes } from '../../src/serve/changes.ts';
import { FormTokens } from '../../src/serve/http/forms.ts';
import { html } from '../../src/serve/pages/html.ts';
import { projectsPage } from '../../src/serve/pages/frame.ts';
import { pageHref, resourceHref } from '../../src/serve/pages/paths.ts';
import { fleetData, fleetHtml } from './fleet-page.ts';

describe('html', () => {
  test('escapes every text, in contents and attributes, also in lists', () => {
    const hostile = `"'<&>\u202e`;
    const shown = '&quot;&#39;&lt;&amp;&gt;\\u{202e}';
    expect(html`<a href="${hostile}">${[hostile, html`<b>${hostile}</b>`]}</a>`.toString()).toBe(
      `<a href="${shown}">${shown}<b>${shown}</b></a>`,
    );
    expect(html`${undefined}${0}${[]}`.toString()).toBe('0');
  });

  test('has ASCII templates, which the build keeps as they are', () => {
    const folder = join(import.meta.dirname, '../../src/serve/pages');
    const files = globSync('*.ts', { cwd: folder });
    expect(files.length).toBeGreaterThan(10);
    // oxlint-disable-next-line no-control-regex
    for (const file of files)
      expect([file, readFileSync(join(folder, file), 'utf8').match(/[^\x00-\x7f]/gu)]).toEqual([file, null]);
  });
});

test('a page of 1,000 rows is smaller than 250 KB', () => {
  const page = fleetHtml(fleetData(1000));
  expect(page.match(/<tr><th/gu)).toHaveLength(1001);
  expect(Buffer.byteLength(page)).toBeLessThan(250_000);
});

test('an address that ends with .json is not the JSON of another one', () => {
  expect(resourceHref('', 'certificates/Domain/a.json')).toBe('/r/certificates/Domain/a%2Ejson');
  expect(resourceHref('/p/shop', 'fabric/VPC/a b?c')).toBe('/p/shop/r/fabric/VPC/a%20b%3Fc');
  expect(pageHref('', 'fleet', { kind: 'A&B', state: undefined, q: '' })).toBe('/?kind=A%26B');
});

test('the list of projects leads to each', () => {
  const page = projectsPage([
    { name: 'shop', text: 'shop: 2 resources refreshed' },
    { name: 'lab', text: undefined },
  ]);
  expect(page).toContain('<a href="/p/shop/">shop</a>');
  expect(page).toContain('no round has ended yet');
});

/** A plan with a rejected row of some resources; it refreshed `seen`. */
function plan(timestamp: string, seen: readonly string[], rejected: readonly string[]): RoundPlan {
  const rules = Object.fromEntries(rejected.map((address) => [address, [{ rule: timestamp }]]));
  const given = {
    timestamp,
    resource_changes: [],
    rejected_changes: rejected.map((address) => ({ reasons: [], resource_change: { address, because: timestamp } })),
    deferred_changes: [],
    resource_drift: [],
    checks: rejected.map((address) => ({ address, message: timestamp })),
    prior_state: { resources: seen.map((address) => ({ address, state: timestamp })) },
  };
  return { plan: given as unknown as Plan, rules: rules as unknown as RowRules };
}

describe('the plans of several rounds', () => {
  const [first, second, third] = ['2026-11-30T08:00:00.000Z', '2026-11-30T08:01:00.000Z', '2026-11-30T08:02:00.000Z'];

  test('are one: each resource as the newest round that refreshed it found it', () => {
    const found = foundIn([
      plan(first, ['a', 'b', 'c'], ['a', 'b']),
      plan(second, ['b'], []),
      plan(third, ['c'], ['c']),
    ]);
    expect(found?.rows.map(({ change }) => [change.address, change.because])).toEqual([
      ['c', third],
      ['a', first],
    ]);
    expect([...(found?.rules ?? [])]).toEqual([
      ['c', [{ rule: third }]],
      ['a', [{ rule: first }]],
    ]);
    expect(found?.checks.map(({ address }) => address)).toEqual(['c', 'a']);
    expect([...(found?.seen ?? [])].map(([address, { state }]) => [address, state])).toEqual([
      ['c', third],
      ['b', second],
      ['a', first],
    ]);
    expect(found).toMatchObject({ newest: { timestamp: third }, isWhole: false });
    expect(foundIn([])).toBeUndefined();
  });

  test('begin with the last one of every resource, and their number is limited', () => {
    expect(withPlan([], 'a', true)).toEqual(['a']);
    expect(withPlan(['a', 'b'], undefined, true)).toEqual(['a', 'b']);
    expect(withPlan(['a', 'b'], 'c', true)).toEqual(['c']);
    expect(withPlan(['a', 'b'], 'c', false)).toEqual(['a', 'b', 'c']);
    let plans: readonly string[] = ['whole'];
    for (let i = 0; i < 100; i += 1) plans = withPlan(plans, `partial ${i}`, false);
    expect([plans.length, plans[0], plans[1], plans.at(-1)]).toEqual([51, 'whole', 'partial 50', 'partial 99']);
  });
});

test('a process that answers has the snapshot of the daemon after any rounds', () => {
  const round = (ended_at: number): RoundSummary => ({ ended_at, duration_ms: 1, outcome: 'ok', text: '' });
  const first = { rounds: [], plans: [], interval_ms: 1, log: 'log' };
  const updates: readonly SnapshotUpdate[] = [
    { round: round(1), plan: { plan: 'a', rules: '' }, isWhole: true, lastValid: 'documents' },
    { round: round(2), isWhole: true },
    { round: round(3), plan: { plan: 'b', rules: '' }, isWhole: false },
  ];
  const snapshots = updates.reduce<readonly Snapshot[]>(
    (all, update) => [...all, updated(all.at(-1) ?? first, update)],
    [],
  );
  expect(snapshots.at(-1)).toEqual({
    ...first,
    rounds: [round(3), round(2), round(1)],
    plans: [
      { plan: 'a', rules: '' },
      { plan: 'b', rules: '' },
    ],
    lastValid: 'documents',
  });
  // A message without a member that is undefined has the same effect.
  const sent = (each: SnapshotUpdate): SnapshotUpdate => JSON.parse(JSON.stringify(each)) as SnapshotUpdate;
  expect(updates.map(sent).reduce<Snapshot>(updated, first)).toEqual(snapshots.at(-1));
});

test('the token of a form is that of one caller, one project and one process', () => {
  const tokens = new FormTokens();
  const token = tokens.of('ann', 'shop');
  expect(tokens.isValid(token, 'ann', 'shop')).toBe(true);
  expect(tokens.isValid(token, 'bob', 'shop')).toBe(false);
  expect(tokens.isValid(token, 'ann', 'lab')).toBe(false);
  expect(tokens.isValid('', 'ann', 'shop')).toBe(false);
  expect(new FormTokens().isValid(token, 'ann', 'shop')).toBe(false);
});

describe('changes', () => {
  test('are read only while a page listens, and each is sent once', async () => {
    let [head, reads] = ['1', 0];
    const changes = new Changes(() => {
      reads += 1;
      return Promise.resolve(head);
    }, 1);
    changes.look();
    expect(reads).toBe(0);
    const heard: string[] = [];
    const stop = changes.listen(
      (each) => heard.push(each),
      () => heard.push('end'),
    );
    await expect.poll(() => heard, { timeout: 60_000, interval: 1 }).toEqual(['1']);
    head = '2';
    await expect.poll(() => heard, { timeout: 60_000, interval: 1 }).toEqual(['1', '2']);
    const before = reads;
    await expect.poll(() => reads, { timeout: 60_000, interval: 1 }).toBeGreaterThan(before + 2);
    expect(heard).toEqual(['1', '2']);
    stop();
    expect(changes.listeners).toBe(0);
    const later: string[] = [];
    changes.listen(
      (each) => later.push(each),
      () => later.push('end'),
    );
    await expect.poll(() => later, { timeout: 60_000, interval: 1 }).toEqual(['2']);
    changes.close();
    expect(later).toEqual(['2', 'end']);
    changes.listen(
      () => undefined,
      () => later.push('closed'),
    );
    expect(later).toEqual(['2', 'end', 'closed']);
    expect(heard).toEqual(['1', '2']);
  });
});
