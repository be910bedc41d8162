/** Charts and lists of the pages without a daemon: ends of validity, what comes next, lifecycles. */

import { describe, expect, test } from 'vitest';
import type { Machine } from '#plugin';
import type { Found, PlanRow } from '../../src/serve/answers/found.ts';
import { unfinishedIn } from '../../src/serve/alerts/deliveries.ts';
import { freezesOf, freezeStrip } from '../../src/serve/pages/freeze-strip.ts';
import { weekChart, weekOf, weeksOf } from '../../src/serve/pages/charts.ts';
import { lifecycleChart } from '../../src/serve/pages/lifecycle.ts';
import { comesNext } from '../../src/serve/pages/next.ts';
import { VIEW } from './fleet-page.ts';

const NOW = Date.parse('2026-11-30T08:00:00Z');

test('ends of validity are columns by week, stacked by state, with their numbers as text', () => {
  const rows = [
    { state: 'expired', ends: '2026-11-29T00:00:00Z' },
    { state: 'normal', ends: '2026-12-08T00:00:00Z' },
    { state: 'normal', ends: '2026-12-09T00:00:00Z' },
    { state: 'expiring_soon', ends: '2026-12-09T00:00:00Z' },
    { state: 'normal', ends: '2030-01-01T00:00:00Z' },
  ].map(({ state, ends }) => ({ state, week: weekOf(ends, NOW) }));
  const weeks = weeksOf(rows, NOW);
  expect(weeks.filter(({ count }) => count > 0)).toEqual([
    { id: 'ended', count: 1, states: { expired: 1 } },
    { id: '2026-12-07', count: 3, states: { normal: 2, expiring_soon: 1 } },
  ]);
  const chart = String(weekChart(weeks, VIEW));
  expect(chart).toContain('<desc>ended: 1 (1 expired); 2026-12-07: 3 (2 normal, 1 expiring_soon)</desc>');
  expect(chart).toContain('<a href="/?ends=2026-12-07" aria-label="2026-12-07: 3 (2 normal, 1 expiring_soon)">');
  expect(chart.match(/<rect class="s\d" x=/gu)).toHaveLength(3);
  expect(weekChart(weeksOf([{ state: 'normal' }], NOW), VIEW)).toBeUndefined();
});

function row(address: string, verdict: PlanRow['verdict'], clears?: string): PlanRow {
  return { verdict, change: { address }, reasons: [], clears_at: clears, planned_at: NOW - 1000 } as unknown as PlanRow;
}

test('what comes next is sorted by the time at which it is due, refused steps that no time clears first', () => {
  const seen = new Map(
    [
      ['later', { renewal_due_at: '2027-01-01T00:00:00Z', last_checked_at: '2026-12-24T00:00:00Z' }],
      ['soon', { renewal_due_at: '2026-12-02T00:00:00Z', next_try_at: '2026-12-01T00:00:00Z' }],
      ['past', { renewal_due_at: '2026-11-01T00:00:00Z' }],
      ['apply', { renewal_due_at: '2026-12-03T00:00:00Z' }],
    ].map(([address, schedule]) => [address, { address, schedule }]),
  ) as unknown as Found['seen'];
  const rows = [
    row('apply', 'accept'),
    row('wait', 'defer', '2026-12-01T12:00:00.000Z'),
    row('person', 'reject'),
    row('window', 'reject', '2026-12-31T00:00:00.000Z'),
  ];
  const next = comesNext(rows, { seen }, { now: NOW, most: 10 });
  expect(next.map(({ address, due }) => [address, due])).toEqual([
    ['person', undefined],
    ['apply', undefined],
    ['soon', 'next try'],
    ['wait', undefined],
    ['window', undefined],
    ['later', 'renewal due'],
  ]);
  expect(comesNext(rows, undefined, { now: NOW, most: 2 }).map(({ address }) => address)).toEqual(['person', 'apply']);
});

describe('a lifecycle', () => {
  const transition = (from: string, to: string, by: 'fettle' | 'world'): Machine['transitions'][number] => ({
    from,
    to,
    by,
    trigger: 'check',
  });
  const machine: Machine = {
    states: ['absent', 'normal', 'expired'],
    transitions: [
      transition('absent', 'normal', 'fettle'),
      transition('normal', 'expired', 'world'),
      transition('normal', 'absent', 'world'),
      transition('normal', 'absent', 'fettle'),
    ],
    edits: [],
  };

  test('is drawn with the present state, and the next step', () => {
    const chart = String(lifecycleChart(machine, { kind: 'Certificate', present: 'normal', next: 'normal>absent' }));
    expect(chart).toContain('<title>Lifecycle of Certificate</title>');
    expect(chart).toContain('<desc>The present state is normal. States: absent, normal, expired. Transitions:');
    expect(chart).toContain('normal to expired on its own (check)');
    expect(chart.match(/<g class="now">.*?<\/g>/gu)).toEqual([expect.stringContaining('>normal<')]);
    // One arrow for each pair of states, with its head.
    expect(chart.match(/class="fettle next"/gu)).toHaveLength(1);
    expect(chart.match(/class="world near"/gu)).toHaveLength(1);
    expect(chart.match(/class="fettle far"/gu)).toHaveLength(1);
    expect(chart.match(/ head"/gu)).toHaveLength(3);
  });

  test('has no present state for a resource that no refresh has seen', () => {
    const chart = String(lifecycleChart(machine, { kind: 'Certificate', present: undefined, next: undefined }));
    expect(chart).toContain('<desc>States: absent');
    expect(chart).not.toMatch(/class="now"|next|far/u);
  });
});

test('freeze windows are bars over four weeks, with their times as text', () => {
  const day = 86_400_000;
  const windows = [
    { from: NOW - day, to: NOW + day, reason: 'now' },
    { from: NOW + 10 * day, to: NOW + 11 * day, reason: 'later <b>' },
    { from: NOW + 30 * day, to: NOW + 31 * day, reason: 'after these weeks' },
  ];
  const strip = String(freezeStrip(freezesOf(windows), NOW));
  expect(strip.match(/<rect class="s6" [^>]*>/gu)).toEqual([
    '<rect class="s6" x="0.0" y="1" width="32.0" height="16">',
    '<rect class="s6" x="248.0" y="1" width="24.0" height="16">',
  ]);
  expect(strip).toContain('later &lt;b&gt;');
  expect(strip).toContain('2026-12-30T08:00:00.000Z to 2026-12-31T08:00:00.000Z: after these weeks');
  expect(String(freezeStrip([], NOW))).toContain('No freeze window');
});

test('deliveries that failed or are open are not finished', () => {
  const entries = new Map([
    ['certificates/Domain/www:tls_error:team', { failures: 2, next_try_at: '2026-11-30T09:00:00Z' }],
    ['certificates/Domain/www:expiring:team', { delivered_at: '2026-11-30T07:00:00Z' }],
    ['certificates/Domain/api:tls_error:team', { open: { at: '2026-11-30T07:59:00Z', until: '2026-11-30T08:01:00Z' } }],
  ]);
  expect(unfinishedIn(entries)).toEqual([
    {
      alert: 'certificates/Domain/api:tls_error',
      address: 'certificates/Domain/api',
      receiver: 'team',
      failures: 0,
      open: true,
    },
    {
      alert: 'certificates/Domain/www:tls_error',
      address: 'certificates/Domain/www',
      receiver: 'team',
      failures: 2,
      open: false,
      next_try_at: '2026-11-30T09:00:00Z',
    },
  ]);
});
