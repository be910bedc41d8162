/** The values of a change as two trees: a field can be inside another field that has a value of its own. */

import { expect, it } from 'vitest';
import { changeJson } from '../../src/formats/change-values.ts';

it('a field and a field inside it are both in the tree', () => {
  const fields = [
    { path: '/storage/file/combined', before: 'does not hold the key', after: 'as its certificate' },
    { path: '/storage/file/combined/mode', before: '0644', after: '0600' },
    { path: '/a/b', before: 1, after: 2 },
    { path: '/a/b/c/d', before: 3, after: 4 },
    { path: '/x', before: null, after: 5 },
  ];
  expect(JSON.parse(JSON.stringify(changeJson({ goal: 'update', fields })))).toMatchObject({
    before: {
      storage: { file: { combined: 'does not hold the key', 'combined/mode': '0644' } },
      a: { b: 1, 'b/c/d': 3 },
      x: null,
    },
    after: {
      storage: { file: { combined: 'as its certificate', 'combined/mode': '0600' } },
      a: { b: 2, 'b/c/d': 4 },
      x: 5,
    },
  });
});
