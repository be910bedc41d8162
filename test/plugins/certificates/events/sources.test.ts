/** The ledger of sources: counts, the newest event, and its bound. */

import { expect, test } from 'vitest';
import { identityKey } from '../../../../plugins/certificates/events/event.ts';
import {
  MOST_SOURCES,
  type SourceEffect,
  type SourceEntry,
  sourcesAfter,
} from '../../../../plugins/certificates/events/sources.ts';
import { iso, NOW } from '../support.ts';
import fc from '../../../support/property.ts';

const source = (more: Partial<SourceEffect> = {}): SourceEffect => ({
  source: 'cert_manager',
  cluster: 'prod',
  status: 'accepted',
  at: iso(NOW),
  ...more,
});

/** The ledger after batches of effects. */
function after(
  batches: readonly (readonly SourceEffect[])[],
  before: ReadonlyMap<string, SourceEntry> = new Map(),
): ReadonlyMap<string, SourceEntry> {
  return batches.reduce((entries, batch) => {
    const next = new Map(entries);
    for (const [key, entry] of sourcesAfter(entries, batch)) {
      if (entry === undefined) next.delete(key);
      else next.set(key, entry);
    }
    return next;
  }, before);
}

test('counts events and failed signatures, and has the newest of each', () => {
  const effects = [
    source({ at: iso(NOW - 2000), event_id: 'evt-1', event_type: 'renewal_failed' }),
    source({ at: iso(NOW), status: 'signature_failed' }),
    source({ at: iso(NOW - 1000), event_id: 'evt-2', event_type: 'renewal_succeeded' }),
  ];
  expect([...after([effects]).values()]).toEqual([
    {
      source: 'cert_manager',
      cluster: 'prod',
      events: 2,
      signature_failures: 1,
      last_status: 'signature_failed',
      last_seen_at: iso(NOW),
      last_event_id: 'evt-2',
      last_event_type: 'renewal_succeeded',
      last_event_at: iso(NOW - 1000),
    },
  ]);
});

test('is the same for the same effects in any order and number of batches', () => {
  const effect = fc.record({
    cluster: fc.constantFrom('prod', 'staging'),
    status: fc.constantFrom('accepted' as const, 'signature_failed' as const),
    at: fc.uniqueArray(fc.nat(9), { minLength: 1, maxLength: 1 }).map(([s = 0]) => iso(NOW + s * 1000)),
  });
  const effects = fc
    .array(effect, { maxLength: 12 })
    .map((all) => all.map((each, i) => source({ ...each, at: iso(Date.parse(each.at) + i) })));
  fc.assert(
    fc.property(
      effects,
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      fc.nat(12),
      (all, chance, cut) => {
        const shuffled = all
          .map((each) => [chance.next().value, each] as const)
          .toSorted(([a], [b]) => a - b)
          .map(([, each]) => each);
        const sorted = (entries: ReadonlyMap<string, SourceEntry>) =>
          [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1));
        expect(sorted(after([shuffled.slice(0, cut), shuffled.slice(cut)]))).toEqual(sorted(after([all])));
      },
    ),
  );
});

test('has a limited number of sources: the one that was not seen for the longest time makes room', () => {
  const all = Array.from({ length: MOST_SOURCES + 3 }, (_, i) => source({ cluster: `c${i}`, at: iso(NOW + i) }));
  const entries = after([all.slice(0, MOST_SOURCES), ...all.slice(MOST_SOURCES).map((each) => [each])]);
  expect(entries.size).toBe(MOST_SOURCES);
  expect(entries.has(identityKey({ source: 'cert_manager', cluster: 'c2' }))).toBe(false);
  expect(entries.has(identityKey({ source: 'cert_manager', cluster: 'c3' }))).toBe(true);
  expect(after([all]).size).toBe(MOST_SOURCES);
});
