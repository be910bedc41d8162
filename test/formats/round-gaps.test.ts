/** The gaps that a round reports: those of its refresh, and earlier ones over resources that no refresh has read since. */

import { expect, test } from 'vitest';
import type { Plan } from '../../src/formats/plan.ts';
import { roundReport } from '../../src/formats/round.ts';
import type { Standing } from '../../src/formats/standing.ts';

function gapsOf(scopes: readonly string[], standing: Standing) {
  const gaps = scopes.map((scope) => ({ plugin: scope.split('/')[0] ?? '', scope, message: 'no answer' }));
  const report = roundReport({
    plan: { project: 'test', gaps } as unknown as Plan,
    rows: [],
    plugins: new Map(),
    standing: { now: standing, kept: standing },
    recorded: true,
    refreshedAt: 0,
    refreshed: undefined,
    documents: undefined,
    headSeq: undefined,
    measured: { plugins: [], families: [], failures: new Map() },
    targets: {},
  });
  return Object.fromEntries(report.gaps.map(({ labels, count }) => [labels['plugin'], count]));
}

test.each<[string, readonly string[], Standing, Readonly<Record<string, number>>]>([
  ['without one', [], { 'a/Item/x': { state: 'ready' } }, {}],
  ['of this refresh alone', ['a', 'b/Item/x'], {}, { a: 1, b: 1 }],
  ['of this refresh, over resources that have it', ['a/Item/x'], { 'a/Item/x': { gap: 'a/Item/x' } }, { a: 1 }],
  ['of this refresh over two resources', ['a/Item/x a/Item/y'], { 'a/Item/y': { gap: 'a/Item/x' } }, { a: 1 }],
  ['of an earlier refresh', [], { 'a/Item/x': { gap: 'a/Item/x' } }, { a: 1 }],
  ['of an earlier refresh over two resources', [], { 'a/Item/x': { gap: 'a' }, 'a/Item/y': { gap: 'a' } }, { a: 1 }],
  ['of both', ['a/Item/x'], { 'a/Item/x': { gap: 'a/Item/x' }, 'a/Item/y': { gap: 'a/Item/y' } }, { a: 2 }],
])('gaps %s', (_name, scopes, standing, expected) => {
  expect(gapsOf(scopes, standing)).toEqual(expected);
});
