/** The entries of the inbox: as they are deposited, and as they are read. */

import { expect, test } from 'vitest';
import type { Json } from '../../src/plugin/index.ts';
import { type InboxEntry, inboxEntryOf, inboxJson } from '../../src/formats/inbox-entry.ts';

test.each<InboxEntry>([
  { plugin: 'certificates', entry: { event: { id: 'a' } } },
  { plugin: 'certificates', entry: null },
  { delivery: { key: 'a:b' } },
  { order: { verb: 'ack', ids: ['inc-1'], by: 'ann', reason: 'seen' } },
  { order: { verb: 'replay', ids: ['evt-1', 'evt-2'], by: 'ann', force: true, keep_retries: false } },
])('%j is read as it was deposited', (entry) => {
  expect(inboxEntryOf(JSON.parse(JSON.stringify(inboxJson(entry))) as Json)).toEqual(entry);
});

test.each<Json>([
  null,
  'text',
  3,
  [],
  {},
  { plugin: 3, entry: {} },
  { plugin: 'certificates' },
  { entry: {} },
  { order: {} },
  { order: { verb: 'remove', ids: [], by: 'ann' } },
  { order: { verb: 'ack', ids: [1], by: 'ann' } },
  { order: { verb: 'ack', ids: ['inc-1'] } },
  { order: { verb: 'replay', ids: ['evt-1'], by: 'ann', force: 'yes' } },
])('%j is not an entry of this version', (value) => {
  expect(inboxEntryOf(value)).toBeUndefined();
});
