/** The messages of the process of the watchers: read, or not valid. */

import { expect, test } from 'vitest';
import { watchMessageIn } from '../../src/formats/watch-message.ts';

const plugins = new Set(['fabric', 'portsync']);

test('a message is read', () => {
  const message = { plugins: { fabric: '', portsync: 'no answer' }, changed: ['fabric/VPC/a', 'portsync'] };
  expect(watchMessageIn(message, plugins)).toEqual({
    plugins: new Map([
      ['fabric', ''],
      ['portsync', 'no answer'],
    ]),
    changed: new Set(['fabric/VPC/a', 'portsync']),
  });
});

test.each<unknown>([
  null,
  'text',
  [],
  {},
  { plugins: {} },
  { plugins: [], changed: [] },
  { plugins: { fabric: 1 }, changed: [] },
  { plugins: { certificates: '' }, changed: [] },
  { plugins: { fabric: 'x'.repeat(302) }, changed: [] },
  { plugins: {}, changed: 'fabric' },
  { plugins: {}, changed: [3] },
  { plugins: {}, changed: ['nodes/Node/a'] },
  { plugins: {}, changed: [`fabric/${'x'.repeat(3000)}`] },
  { plugins: {}, changed: Array.from({ length: 1001 }, (_, i) => `fabric/VPC/${i}`) },
])('%j is not a message', (value) => {
  expect(watchMessageIn(value, plugins)).toBeUndefined();
});
