/** Rounds of certificate events: any order and repetition has the same result, and nothing is applied twice. */

import { describe, expect, test } from 'vitest';
import { type CertificateEvent, KEPT_MS } from '../../../../plugins/certificates/events/event.ts';
import { judgeRequest } from '../../../../plugins/certificates/events/intake.ts';
import { isUnresolved } from '../../../../plugins/certificates/events/incidents.ts';
import { replayed } from '../../../../plugins/certificates/events/queue.ts';
import { eventChange } from '../../../../plugins/certificates/events/tables.ts';
import { eventSettings } from '../../../../plugins/certificates/events/settings.ts';
import type { DomainMemory } from '../../../../plugins/certificates/generated.ts';
import { DAY, HOUR, iso, MINUTE, NOW } from '../support.ts';
import { DOMAIN_ID, SIGNED, signedRequest } from './requests.ts';
import {
  change,
  domain,
  event,
  memoryOf,
  nothing,
  probed,
  type Recorded,
  recordedTables,
  round,
  SETTINGS,
} from './rounds.ts';
import fc from '../../../support/property.ts';

const TYPES = [
  'issuance_succeeded',
  'issuance_failed',
  'renewal_succeeded',
  'renewal_failed',
  'certificate_expiring',
] as const;

const time = (least: number, most: number) =>
  fc.integer({ min: least, max: most }).map((minutes) => iso(NOW + minutes * MINUTE));

const anyEvent = fc.record(
  {
    type: fc.constantFrom(...TYPES),
    at: time(-9, 0),
    domain: fc.constantFrom('www.example.test', 'api.example.test'),
    attempt: fc.integer({ min: 1, max: 6 }),
    not_after: time(-1, 60 * 24 * 90),
    renewal_due_at: time(-1, 60 * 24 * 90),
    certificate_ref: fc.constantFrom('one', 'two'),
    reason: fc.constantFrom('one', 'two'),
  },
  { requiredKeys: ['type', 'at', 'domain'] },
);

/** Different events, each with an id of its own. */
const anyEvents = fc
  .array(anyEvent, { minLength: 1, maxLength: 8 })
  .map((all) => all.map((each, i) => event(`${i}`, { ...each, received_at: iso(NOW) })));

/** Events in another order, in rounds, and some of them again. */
function deliveries(events: readonly CertificateEvent[]): fc.Arbitrary<readonly (readonly CertificateEvent[])[]> {
  const all = fc.shuffledSubarray([...events], { minLength: events.length });
  const again = fc.array(fc.constantFrom(...events), { maxLength: 5 });
  return fc
    .tuple(all, again, fc.array(fc.nat(3), { minLength: 20, maxLength: 20 }))
    .map(([first, more, rounds]) =>
      [0, 1, 2, 3].map((number) => [
        ...first.filter((_, i) => rounds[i] === number),
        ...more.filter((_, i) => (rounds[i + 10] ?? 0) === number),
      ]),
    );
}

/** Everything that people and programs see of events, without the times of rounds. */
function shown(recorded: Recorded): unknown {
  const tables = recordedTables(recorded);
  return {
    domains: ['www', 'api'].map((name) => [memoryOf(recorded, name)?.state, memoryOf(recorded, name)?.kept]),
    events: Object.fromEntries([...tables.events].map(([id, { status }]) => [id, status])),
    conflicts: Object.fromEntries(tables.conflicts),
    incidents: Object.fromEntries(
      [...tables.incidents]
        .filter(([, incident]) => isUnresolved(incident))
        .map(([key, { status, tier, opened_at: opened, last_at: last, last_event: event }]) => [
          key,
          { status, tier, opened, last, event },
        ]),
    ),
  };
}

const DOMAINS = [domain('www', { failurePolicy: 'strict' }), domain('api')];

test('any order, repetition and number of rounds has the same result, and applies each event once', async () => {
  const before = fc.record({ failures: fc.nat(3), checked: fc.integer({ min: -20, max: 0 }) });
  const story = anyEvents.chain((events) => fc.tuple(fc.constant(events), deliveries(events)));
  await fc.assert(
    fc.asyncProperty(story, before, async ([events, rounds], { failures, checked }) => {
      const kept: Partial<DomainMemory> = { failures, checked_at: iso(NOW + checked * MINUTE), error: 'timeout' };
      const begin = () => nothing(DOMAINS, [probed('www', 'tls_error', kept)]);
      const [expected, recorded] = [begin(), begin()];
      await round(expected, events);
      let applied = 0;
      for (const arrivals of rounds) applied += (await round(recorded, arrivals)).counts.applied;
      expect(shown(recorded)).toEqual(shown(expected));
      expect(applied).toBe(events.length);
      // Nothing is left to do.
      const idle = await round(recorded, events, NOW + 1);
      expect([idle.counts.applied, idle.counts.received, idle.events.size, idle.notes]).toEqual([0, 0, 0, []]);
    }),
    { numRuns: 100 },
  );
});

test('a forced replay applies an event again without counting it twice', async () => {
  const recorded = nothing([domain('www')], [probed('www', 'issued', { failures: 2 })]);
  await round(recorded, [event('f')]);
  const before = shown(recorded);
  const entry = recordedTables(recorded).events.get('evt-f');
  if (entry === undefined) throw new Error('no entry');
  const forced = replayed(entry, { force: true }, NOW);
  await change(recorded, forced === undefined ? [] : [eventChange(forced, 'replayed by anna')]);
  const { counts } = await round(recorded);
  expect([counts.applied, memoryOf(recorded)?.kept.failures]).toEqual([1, 3]);
  expect(shown(recorded)).toEqual(before);
});

describe('an event', () => {
  test('without a Domain is tried again, and then is a dead letter that a replay revives', async () => {
    const recorded = nothing([]);
    const counts = { failed: 0, dead: 0 };
    let now = NOW;
    await round(recorded, [event('a')], now);
    for (const seconds of [45, 90, 180, 360, 720]) {
      now += seconds * 1000;
      const result = await round(recorded, [], now);
      counts.failed += result.counts.failed;
      counts.dead += result.counts.dead;
    }
    expect(counts).toEqual({ failed: 5, dead: 1 });
    expect(recordedTables(recorded).events.get('evt-a')).toMatchObject({
      status: 'failed',
      error: 'no Domain has the host www.example.test',
    });
    const enabled = eventSettings({ CERT_DLQ_AUTO_REPLAY_ENABLED: 'true' });
    const declared = { ...recorded, domains: [domain('www')] };
    const { counts: revived } = await round(declared, [], now + 900_000, enabled);
    expect([revived.replayed, revived.applied, memoryOf(declared)?.state]).toEqual([1, 1, 'tls_error']);
  });

  test('with a domainId is for the Domain with that externalId, also on another host', async () => {
    const recorded = nothing([domain('www'), domain('api', { externalId: DOMAIN_ID.toUpperCase() })]);
    await round(recorded, [event('a', { domain_id: DOMAIN_ID })]);
    expect([memoryOf(recorded, 'www'), memoryOf(recorded, 'api')?.state]).toEqual([undefined, 'tls_error']);
  });

  test('with a host is for every Domain on it', async () => {
    const host = 'WWW.example.test.';
    const recorded = nothing([domain('web', { host }), domain('mail', { host, port: 25 })]);
    const { notes, incidents } = await round(recorded, [event('a')]);
    expect([notes.length, incidents.size]).toEqual([2, 2]);
  });

  test('with the id of another and other content is kept apart, and is a finding of its Domain', async () => {
    const recorded = nothing();
    const other = event('a', { digest: 'sha256:other', type: 'renewal_succeeded' });
    const { counts } = await round(recorded, [event('a'), other, other]);
    expect(counts).toMatchObject({ received: 1, conflicting: 1, repeated: 1, applied: 1 });
    expect(memoryOf(recorded)).toMatchObject({
      state: 'tls_error',
      kept: { cert_conflict_id: 'evt-a', cert_conflict_at: iso(NOW), failures: 1 },
    });
    expect([...recordedTables(recorded).conflicts.values()]).toEqual([{ event: other, first: 'sha256:a' }]);
    await round(recorded, [], NOW + KEPT_MS + 1);
    expect(recordedTables(recorded).conflicts.size).toBe(0);
  });

  test('that is replayed after its successors were dropped changes nothing', async () => {
    const recorded = nothing([domain('www')], [probed('www', 'issued')]);
    await round(recorded, [event('s', { type: 'renewal_succeeded', renewal_due_at: iso(NOW + DAY) })]);
    const before = memoryOf(recorded);
    const late = event('f', { at: iso(NOW - HOUR), renewal_due_at: iso(NOW) });
    const { counts, notes } = await round(recorded, [late], NOW + KEPT_MS + HOUR);
    expect([counts.applied, memoryOf(recorded), notes.length]).toEqual([1, before, 1]);
    expect(recordedTables(recorded).incidents.size).toBe(0);
  });
});

test('a round applies one batch, and says that more is due', async () => {
  const recorded = nothing();
  const settings = { ...SETTINGS, queue: { ...SETTINGS.queue, batch: 3 } };
  const events = Array.from({ length: 7 }, (_, i) => event(`${i}`, { at: iso(NOW - i) }));
  const applied = [];
  for (const arrivals of [events, [], []]) {
    const { counts, more } = await round(recorded, arrivals, NOW, settings);
    applied.push([counts.applied, more]);
  }
  expect(applied).toEqual([
    [3, true],
    [3, true],
    [1, false],
  ]);
  expect(memoryOf(recorded)?.kept.failures).toBe(7);
});

test('tables do not grow with repeats, and are empty a week later', async () => {
  const recorded = nothing();
  const events = Array.from({ length: 50 }, (_, i) => event(`${i}`));
  for (let i = 0; i < 10; i += 1) await round(recorded, [...events, ...events], NOW + i);
  const { events: kept, incidents } = recordedTables(recorded);
  expect([kept.size, incidents.size]).toEqual([50, 1]);
  await round(recorded, [], NOW + KEPT_MS + 10);
  expect(recordedTables(recorded).events.size).toBe(0);
});

test('a signed request becomes an outcome of its Domain, and its replay does not', async () => {
  const recorded = nothing(
    [domain('www', { externalId: DOMAIN_ID, failurePolicy: 'strict' })],
    [probed('www', 'issued')],
  );
  const request = signedRequest({
    domainId: DOMAIN_ID,
    eventType: 'renewal_failed',
    callbackAttempt: 4,
    payload: { a: [1] },
  });
  const results = [judgeRequest(request, SIGNED), judgeRequest({ ...request, now: NOW + 1000 }, SIGNED)];
  const arrivals = results.flatMap((result) => (result.accepted ? [result.event] : []));
  const { counts } = await round(recorded, arrivals, NOW + 1000);
  expect(counts).toMatchObject({ received: 1, repeated: 1, applied: 1 });
  expect([...recordedTables(recorded).incidents.values()]).toMatchObject([{ tier: 3, status: 'open' }]);
  expect(memoryOf(recorded)).toMatchObject({ state: 'tls_error', kept: { failures: 1, retry_at: iso(NOW + 300_000) } });
});
