/** Sets of changes: merged, bounded, and compared with addresses. */

import { expect, test } from 'vitest';
import { changedPlugins, isChanged, mergedChanges, MOST_CHANGES, NO_CHANGES } from '../../src/engine/changes.ts';

const many = (count: number): ReadonlySet<string> =>
  new Set(Array.from({ length: count }, (_, i) => `fabric/VPC/p/n/${i}`));

test('are those of both sets', () => {
  const both = mergedChanges(new Set(['fabric/VPC/a']), new Set(['portsync/Port/b', 'fabric/VPC/a']));
  expect([...both]).toEqual(['fabric/VPC/a', 'portsync/Port/b']);
  expect([...changedPlugins(both)]).toEqual(['fabric', 'portsync']);
  expect(mergedChanges(both, NO_CHANGES)).toBe(both);
});

test('of a plugin stand for its resources', () => {
  const merged = mergedChanges(new Set(['fabric/VPC/a', 'portsync/Port/b']), new Set(['fabric']));
  expect([...merged]).toEqual(['portsync/Port/b', 'fabric']);
  expect(isChanged(merged, 'fabric/VPC/other')).toBe(true);
  expect(isChanged(merged, 'portsync/Port/b')).toBe(true);
  expect(isChanged(merged, 'portsync/Port/c')).toBe(false);
});

test('above the limit are their plugins', () => {
  expect(mergedChanges(NO_CHANGES, many(MOST_CHANGES)).size).toBe(MOST_CHANGES);
  expect([...mergedChanges(many(MOST_CHANGES), new Set(['portsync/Port/b']))]).toEqual(['fabric', 'portsync']);
});
