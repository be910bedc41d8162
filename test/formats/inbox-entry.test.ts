/** The entries of the inbox: as they are deposited, and as they are read. */

import { expect, test } from 'vitest';
import type { Json } from '../../src/plugin/index.ts';
import { type InboxEntry, inboxEntryOf, inboxJson } from '../../src/formats/inbox-entry.ts';

test.each<InboxEntry>([
  { plugin: 'certificates', entry: { event: { id: 'a' } } },
  { plugin: 'certificates', entry: null },
  { delivery: { key: 'a:b' } },
])('%j is read as it was deposited', (entry) => {
  expect(inboxEntryOf(JSON.parse(JSON.stringify(inboxJson(entry))) as Json)).toEqual(entry);
});

test.each<Json>([null, 'text', 3, [], {}, { plugin: 3, entry: {} }, { plugin: 'certificates' }, { entry: {} }])(
  '%j is not an entry of this version',
  (value) => {
    expect(inboxEntryOf(value)).toBeUndefined();
  },
);
