/** The queue of certificate events: retries, dead letters, replays, repeats and its bound. */

import { describe, expect, test } from 'vitest';
import {
  applied,
  arrived,
  autoReplayed,
  dueEntries,
  type EventEntry,
  failedOnce,
  MOST_APPLIED,
  MOST_FAILED,
  nextDueAt,
  prunedIds,
  replayed,
  replayedAll,
  retryMs,
  selected,
  statsOf,
} from '../../../../plugins/certificates/events/queue.ts';
import { DAY, HOUR, iso, MINUTE, NOW } from '../support.ts';
import { event, SETTINGS } from './rounds.ts';

const { intake, queue, replay } = SETTINGS;
const isEnabled = { ...replay, isEnabled: true };

function entry(name: string, more: Partial<EventEntry> = {}): EventEntry {
  return { event: event(name), status: 'pending', retry: 0, replays: 0, updated_at: iso(NOW), ...more };
}

function entriesOf(...all: readonly EventEntry[]): ReadonlyMap<string, EventEntry> {
  return new Map(all.map((each) => [each.event.id, each]));
}

const ids = (entries: readonly EventEntry[]): readonly string[] => entries.map(({ event: { id } }) => id);

describe('retries', () => {
  test('wait 45 s, doubled, an hour at most', () => {
    const seconds = Array.from({ length: 11 }, (_, i) => retryMs(i + 1, queue) / 1000);
    expect(seconds).toEqual([45, 90, 180, 360, 720, 1440, 2880, 3600, 3600, 3600, 3600]);
  });

  test('end with the sixth failure: the event is a dead letter', () => {
    let now = NOW;
    let one = entry('a');
    for (const wait of [45, 90, 180, 360, 720]) {
      one = failedOnce(one, 'no Domain', now, queue);
      expect([one.status, one.error]).toEqual(['pending', 'no Domain']);
      expect(dueEntries(entriesOf(one), now + wait * 1000 - 1, queue)).toEqual([]);
      expect(nextDueAt(entriesOf(one))).toBe(now + wait * 1000);
      now += wait * 1000;
      expect(dueEntries(entriesOf(one), now, queue)).toEqual([one]);
    }
    one = failedOnce(one, 'no Domain', now, queue);
    expect([one.status, one.retry, one.next_at]).toEqual(['failed', 6, undefined]);
    expect([nextDueAt(entriesOf(one)), dueEntries(entriesOf(one), now + DAY, queue)]).toEqual([undefined, []]);
  });
});

describe('after the clock was set back', () => {
  const ahead = NOW + 30 * DAY;

  test('a failed event is tried again', () => {
    const one = failedOnce(entry('a'), 'no Domain', ahead, queue);
    expect(dueEntries(entriesOf(one), NOW, queue)).toEqual([one]);
    expect(dueEntries(entriesOf(failedOnce(one, 'no Domain', NOW, queue)), NOW, queue)).toEqual([]);
  });

  test('a dead letter is replayed', () => {
    const dead = entry('a', { status: 'failed', retry: queue.maxRetries, updated_at: iso(ahead) });
    expect(autoReplayed(entriesOf(dead), NOW, isEnabled, queue)).toMatchObject([{ status: 'pending', replays: 1 }]);
  });
});

test('the oldest due events come first, a batch at a time', () => {
  const at = (name: string, minutes: number): EventEntry =>
    entry(name, { event: event(name, { received_at: iso(NOW - minutes * MINUTE) }) });
  const entries = entriesOf(
    at('b', 1),
    at('c', 3),
    at('a', 1),
    applied(at('d', 9), NOW),
    entry('e', { next_at: iso(NOW + 1) }),
  );
  expect(ids(dueEntries(entries, NOW, { batch: 10 }))).toEqual(['evt-c', 'evt-a', 'evt-b']);
  expect(ids(dueEntries(entries, NOW, { batch: 1 }))).toEqual(['evt-c']);
});

describe('an arrival', () => {
  const payload = { payload: { secret: 1 } };

  test('of a new event is pending', () => {
    expect(arrived(undefined, event('a', payload), NOW)).toEqual({
      is: 'new',
      entry: entry('a', { event: event('a', payload) }),
    });
  });

  test.each([
    ['pending', entry('a', { retry: 2, next_at: iso(NOW + HOUR) })],
    ['applied', applied(entry('a'), NOW)],
  ])('of the same body while it is %s changes nothing', (_status, before) => {
    expect(arrived(before, event('a'), NOW)).toEqual({ is: 'repeat' });
  });

  test('of the same body brings a dead letter back', () => {
    const dead = entry('a', { status: 'failed', retry: 6, replays: 1, error: 'no Domain' });
    expect(arrived(dead, event('a'), NOW + 1)).toEqual({
      is: 'repeat',
      entry: entry('a', { replays: 1, updated_at: iso(NOW + 1) }),
    });
  });

  test.each(['pending', 'applied', 'failed'] as const)('of another body while it is %s is a conflict', (status) => {
    const other = event('a', { digest: 'sha256:other', ...payload });
    expect(arrived(entry('a', { status }), other, NOW)).toEqual({
      is: 'conflict',
      conflict: { event: event('a', { digest: 'sha256:other' }), first: 'sha256:a' },
    });
  });
});

test('an applied event has no payload', () => {
  expect(applied(entry('a', { event: event('a', { payload: { x: 1 } }), retry: 3, error: 'x' }), NOW)).toEqual(
    entry('a', { status: 'applied', applied_at: iso(NOW) }),
  );
});

describe('an automatic replay', () => {
  const dead = (name: string, more: Partial<EventEntry> = {}): EventEntry =>
    entry(name, { status: 'failed', retry: 6, updated_at: iso(NOW - 900_000), ...more });
  const old = (ms: number): Partial<EventEntry> => ({ event: event('a', { received_at: iso(NOW - ms) }) });

  test.each([
    ['of a dead letter', {}, true],
    ['899 s after the failure', { updated_at: iso(NOW - 899_000) }, false],
    ['for the third time', { replays: 2 }, true],
    ['for the fourth time', { replays: 3 }, false],
    ['168 hours after its arrival', old(168 * HOUR), true],
    ['later', old(168 * HOUR + 1), false],
    ['of one that failed less often', { retry: 5 }, false],
    ['of a pending event', { status: 'pending' }, false],
  ] as const)('%s: %j', (_name, more, isReplayed) => {
    const entries = entriesOf(dead('a', more));
    expect(autoReplayed(entries, NOW, isEnabled, queue).length > 0).toBe(isReplayed);
    expect(autoReplayed(entries, NOW, replay, queue)).toEqual([]);
  });

  test('makes it pending without its failures, and counts', () => {
    expect(autoReplayed(entriesOf(dead('a', { replays: 1, error: 'x' })), NOW, isEnabled, queue)).toEqual([
      entry('a', { replays: 2 }),
    ]);
  });

  test('takes at most 50, the oldest first', () => {
    const all = Array.from({ length: 60 }, (_, i) =>
      dead(`${i}`, { event: event(`${i}`, { received_at: iso(NOW - HOUR - i) }) }),
    );
    const replays = autoReplayed(entriesOf(...all), NOW, isEnabled, queue);
    expect([replays.length, replays[0]?.event.id]).toEqual([50, 'evt-59']);
  });
});

describe('a replay by a person', () => {
  test.each([
    ['failed', {}, 0],
    ['failed', { resetRetry: false }, 6],
    ['pending', {}, 0],
    ['applied', {}, undefined],
    ['applied', { resetRetry: true }, undefined],
    ['applied', { force: true }, 0],
  ] as const)('of a %s event with %j', (status, wish, retry) => {
    const before = entry('a', { status, retry: 6, next_at: iso(NOW + HOUR), error: 'x' });
    const after = replayed(before, wish, NOW);
    expect(after).toEqual(retry === undefined ? undefined : entry('a', { retry }));
  });

  test('of many takes dead letters by default, at most 100 and never more than 1,000', () => {
    const all = entriesOf(
      ...Array.from({ length: 1200 }, (_, i) => entry(`${i}`, { status: 'failed', retry: 6 })),
      entry('pending'),
    );
    const many = (limit?: number) => replayedAll(all, {}, limit === undefined ? {} : { limit }, NOW);
    expect([many().attempted, many(5000).attempted, many(0).attempted]).toEqual([100, 1000, 1]);
    expect(many().entries.every(({ status, retry }) => status === 'pending' && retry === 0)).toBe(true);
    // Applied events are attempted, and not replayed without force.
    const done = entriesOf(applied(entry('a'), NOW));
    expect(replayedAll(done, { status: 'applied' }, {}, NOW)).toEqual({ attempted: 1, entries: [] });
    expect(replayedAll(done, { status: 'applied' }, { force: true }, NOW).entries.length).toBe(1);
  });
});

test.each([
  [{}, ['a', 'b', 'c']],
  [{ status: 'failed' }, ['b']],
  [{ unresolved: true }, ['a', 'b']],
  [{ source: 'Cert_Manager' }, ['a', 'b', 'c']],
  [{ source: 'other' }, []],
  [{ cluster: 'staging' }, ['c']],
  [{ domain: 'API.example.test.' }, ['b']],
  [{ domain: 'id-1' }, ['a']],
] as const)('the filter %j selects %j', (filter, names) => {
  const all = entriesOf(
    entry('a', { event: event('a', { domain_id: 'id-1' }) }),
    entry('b', { event: event('b', { domain: 'api.example.test' }), status: 'failed' }),
    entry('c', { event: event('c', { cluster: 'staging' }), status: 'applied' }),
  );
  expect(ids(selected(all, filter))).toEqual(names.map((name) => `evt-${name}`));
  expect(statsOf(all)).toEqual({ pending: 1, failed: 1, applied: 1, forwarded: 0, unresolved: 2 });
});

describe('pruning', () => {
  test('drops applied events after 7 days, and no others', () => {
    const at = (ms: number) => ({ updated_at: iso(NOW - ms) });
    const all = entriesOf(
      entry('kept', { status: 'applied', ...at(7 * DAY) }),
      entry('old', { status: 'applied', ...at(7 * DAY + 1) }),
      entry('pending', at(99 * DAY)),
      entry('dead', { status: 'failed', ...at(99 * DAY) }),
    );
    expect(prunedIds(all, NOW, intake)).toEqual(['evt-old']);
  });

  test('bounds applied events and dead letters, but never those that a request could still repeat', () => {
    const many = (status: 'applied' | 'failed', count: number, ms: number) =>
      Array.from({ length: count }, (_, i) => entry(`${status}${i}`, { status, updated_at: iso(NOW - ms - i) }));
    const old = prunedIds(
      entriesOf(...many('applied', MOST_APPLIED + 2, HOUR), ...many('failed', MOST_FAILED + 1, HOUR)),
      NOW,
      intake,
    );
    expect(old.toSorted()).toEqual([
      `evt-applied${MOST_APPLIED}`,
      `evt-applied${MOST_APPLIED + 1}`,
      `evt-failed${MOST_FAILED}`,
    ]);
    expect(prunedIds(entriesOf(...many('applied', MOST_APPLIED + 2, 0)), NOW, intake)).toEqual([]);
  });

  test('keeps applied events for as long as a signature with a longer age is valid', () => {
    const all = entriesOf(entry('old', { status: 'applied', updated_at: iso(NOW - 7 * DAY - 1) }));
    expect(prunedIds(all, NOW, { maxAgeMs: 4 * DAY })).toEqual([]);
  });
});
