/** Certificate state in several regions: who owns it, what is taken from a peer, and that no event is lost or counts twice. */

import { describe, expect, test } from 'vitest';
import type { Json } from '#plugin';
import type { CertificateEvent } from '../../../../plugins/certificates/events/event.ts';
import { certificateRegions, replicatedStates, waitingSince } from '../../../../plugins/certificates/events/regions.ts';
import { TABLES, tablesOf } from '../../../../plugins/certificates/events/tables.ts';
import fc from '../../../support/property.ts';
import { iso, NOW } from '../support.ts';
import { entryOf, type Loss, ModelRegion, type Name, NAMES, regionsOf, routedDomain, settle } from './region-model.ts';
import { probed } from './rounds.ts';

/** The long form is in RELIABILITY.md. */
const RUNS = process.env['FETTLE_TEST_FULL'] === '1' ? 20_000 : 100;

function site(region: string | undefined): readonly [ModelRegion, ModelRegion, ModelRegion] {
  const [us, eu, ap] = NAMES.map((name) => new ModelRegion(name, [routedDomain(region)]));
  return [us!, eu!, ap!];
}

describe('an event', () => {
  // Route, region that takes the event in, owner.
  test.each([
    ['us', 'us', 'us'],
    ['us', 'eu', 'us'],
    ['eu', 'ap', 'eu'],
    [undefined, 'ap', 'us'],
    ['elsewhere', 'eu', 'us'],
  ])('for a route to %s that %s takes in is applied by %s alone', (route, taker, owner) => {
    const regions = site(route);
    regions.find(({ name }) => name === taker)?.take(entryOf('one'));
    settle(regions);
    for (const each of regions) expect(each.applied.get('one') ?? 0, each.name).toBe(each.name === owner ? 1 : 0);
    const found = regions.find(({ name }) => name === taker);
    expect(found?.statuses).toEqual([taker === owner ? 'one applied' : `one forwarded ${owner}`]);
  });

  test('waits for its owner, also through restarts, and is not due meanwhile', () => {
    const [us, eu] = site('us');
    eu.take(entryOf('one'));
    eu.round();
    eu.restart();
    expect(eu.round()).toEqual([]);
    expect([eu.statuses, eu.progress]).toEqual([['one pending us'], ['waits for the region us']]);
    expect(waitingSince(eu.ledger)).toEqual(new Map([['us', NOW]]));
    us.pull(eu);
    // The owner has not recorded it yet.
    us.pull(eu);
    eu.round();
    expect(eu.statuses).toEqual(['one pending us']);
    us.round();
    us.pull(eu);
    eu.round();
    expect([eu.statuses, eu.progress]).toEqual([['one forwarded us'], ['recorded by the region us']]);
    expect(waitingSince(eu.ledger)).toEqual(new Map());
  });

  test('waits for the new owner when its route moves, and is applied where it is if it moves there', () => {
    const [us, eu, ap] = site('us');
    eu.take(entryOf('one'));
    eu.round();
    for (const each of [us, eu, ap]) each.declare([routedDomain('ap')]);
    eu.round();
    expect(eu.statuses).toEqual(['one pending ap']);
    for (const each of [us, eu, ap]) each.declare([routedDomain('eu')]);
    eu.round();
    expect(eu.statuses).toEqual(['one applied']);
    settle([us, eu, ap]);
    expect([us, eu, ap].map(({ applied }) => applied.get('one') ?? 0)).toEqual([0, 1, 0]);
  });

  test('that two regions hold for each other stays with both until they agree', () => {
    const [us, eu] = [new ModelRegion('us', [routedDomain('eu')]), new ModelRegion('eu', [routedDomain('us')])];
    for (const each of [us, eu]) each.take(entryOf('one'));
    settle([us, eu]);
    expect([us.statuses, eu.statuses]).toEqual([['one pending eu'], ['one pending us']]);
    us.declare([routedDomain('us')]);
    settle([us, eu]);
    expect([us.statuses, eu.statuses]).toEqual([['one applied'], ['one forwarded us']]);
  });

  test('is let go of for the region that it waits for, and for no other', () => {
    const [us, eu] = site('us');
    eu.take(entryOf('one'));
    eu.round();
    const ids = [...tablesOf(eu.ledger).events.keys()];
    for (const region of ['ap', 'eu'])
      eu.take(JSON.parse(JSON.stringify(certificateRegions.handed(region, ids))) as Json);
    eu.round();
    expect([certificateRegions.awaited(eu.ledger, 'ap', ids), eu.statuses]).toEqual([[], ['one pending us']]);
    settle([us, eu]);
    expect(eu.statuses).toEqual(['one forwarded us']);
  });

  test('comes back to a region that let go of it, if its route moves there before it is applied', () => {
    const regions = site('us');
    const [us, eu, ap] = regions;
    eu.take(entryOf('one'));
    settle(regions);
    expect([us.statuses, eu.statuses]).toEqual([['one applied'], ['one forwarded us']]);
    // A person replays it just before the documents change.
    us.replay('one', true);
    for (const each of [us, eu, ap]) each.declare([routedDomain('eu')]);
    settle(regions);
    expect([us.statuses, eu.statuses, ap.statuses]).toEqual([['one forwarded eu'], ['one applied'], []]);
  });

  test('is sent again by a replay, after an older log of its owner was restored', () => {
    const [us, eu] = site('us');
    eu.take(entryOf('one'), entryOf('two'));
    us.take(entryOf('two'));
    settle([us, eu]);
    const restored = new ModelRegion('us', [routedDomain('us')]);
    restored.take(entryOf('two'));
    settle([restored, eu]);
    expect(restored.statuses).toEqual(['two applied']);
    for (const id of ['one', 'two']) eu.replay(id);
    settle([restored, eu]);
    expect([restored.statuses, eu.statuses]).toEqual([
      ['one applied', 'two applied'],
      ['one forwarded us', 'two forwarded us'],
    ]);
    expect([restored.applied.get('one'), restored.applied.get('two')]).toEqual([1, 1]);
  });

  test('without a Domain anywhere stays where it is, and goes to the owner once there is one', () => {
    const regions = site('us');
    const [us, eu] = regions;
    eu.take(entryOf('one', { domain: 'later.example.test' }));
    settle(regions);
    expect([us.statuses, eu.statuses]).toEqual([[], ['one pending']]);
    for (const each of regions) each.declare([routedDomain('us', 'later')]);
    settle(regions);
    expect([us.statuses, eu.statuses]).toEqual([['one applied'], ['one forwarded us']]);
  });

  test('is not taken by a region that does not own its Domain by its own documents', () => {
    const [us, eu] = [new ModelRegion('us', [routedDomain('eu')]), new ModelRegion('eu', [routedDomain('us')])];
    eu.take(entryOf('one'));
    settle([us, eu]);
    expect([us.statuses, eu.statuses]).toEqual([[], ['one pending us']]);
    us.declare([routedDomain('us')]);
    settle([us, eu]);
    expect([us.statuses, eu.statuses]).toEqual([['one applied'], ['one forwarded us']]);
  });
});

const stepOf = fc.oneof(
  fc.record({ do: fc.constant('take' as const), at: fc.constantFrom(...NAMES), id: fc.integer({ min: 0, max: 5 }) }),
  fc.record({ do: fc.constant('round' as const), at: fc.constantFrom(...NAMES) }),
  fc.record({ do: fc.constant('restart' as const), at: fc.constantFrom(...NAMES) }),
  fc.record({
    do: fc.constant('pull' as const),
    at: fc.constantFrom(...NAMES),
    from: fc.constantFrom(...NAMES),
    loss: fc.constantFrom<Loss>('request', 'answer', 'none', 'none'),
  }),
);
const moveOf = fc.record({
  do: fc.constant('move' as const),
  at: fc.constantFrom(...NAMES),
  to: fc.constantFrom(...NAMES),
});

type Step =
  | (typeof stepOf extends fc.Arbitrary<infer S> ? S : never)
  | (typeof moveOf extends fc.Arbitrary<infer M> ? M : never);

/** Runs steps, and then everything to its end by the documents of `end`. Returns the taken ids. */
function played(regions: readonly ModelRegion[], steps: readonly Step[], end: Name): ReadonlySet<string> {
  const find = (name: Name): ModelRegion => regions[NAMES.indexOf(name)]!;
  const sent = new Set<string>();
  for (const step of steps) {
    const at = find(step.at);
    switch (step.do) {
      case 'take':
        at.take(entryOf(`event-${step.id}`));
        sent.add(`event-${step.id}`);
        break;
      case 'round':
        at.round();
        break;
      case 'restart':
        at.restart();
        break;
      case 'pull':
        if (step.at !== step.from) at.pull(find(step.from), step.loss);
        break;
      case 'move':
        at.declare([routedDomain(step.to)]);
    }
  }
  for (const each of regions) each.declare([routedDomain(end)]);
  settle(regions);
  return sent;
}

function appliedIn(regions: readonly ModelRegion[], id: string): readonly number[] {
  return regions.map(({ applied }) => applied.get(id) ?? 0);
}

test('with a fixed route, cuts and restarts lose no event, and each is applied once by its owner', () => {
  fc.assert(
    fc.property(fc.array(stepOf, { maxLength: 40 }), fc.constantFrom(...NAMES), (steps, owner) => {
      const regions = site(owner);
      for (const id of played(regions, steps, owner))
        expect(appliedIn(regions, id)).toEqual(NAMES.map((name) => (name === owner ? 1 : 0)));
    }),
    { numRuns: RUNS },
  );
});

test('with routes that move in each region at another time, no event is lost, and none counts twice in a region', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(stepOf, moveOf), { maxLength: 60 }), fc.constantFrom(...NAMES), (steps, owner) => {
      const regions = site('us');
      for (const id of played(regions, steps, owner)) {
        const applied = appliedIn(regions, id);
        expect(Math.max(...applied)).toBe(1);
        const open = regions.flatMap(({ statuses }) => statuses).filter((line) => line.includes('pending'));
        expect(open).toEqual([]);
      }
    }),
    { numRuns: RUNS },
  );
});

describe('the state of a Domain', () => {
  const known = (region: ModelRegion): Json | undefined => region.ledger.get(TABLES.replicas)?.get('www');

  test('is a replica in every other region, without certificates, and follows its owner', () => {
    const [us, eu, ap] = site('us');
    us.memory = [probed('www', 'issued', { fingerprint: 'ab'.repeat(32), not_after: iso(NOW), failures: 0 })];
    settle([us, eu, ap]);
    const replica = {
      region: 'us',
      tls_status: 'issued',
      certificate_ref: 'ab'.repeat(32),
      tls_not_after: iso(NOW),
      tls_last_error: null,
      cert_failure_policy: null,
      cert_failure_count: 0,
      cert_next_retry_at: null,
      cert_last_event_type: null,
      cert_last_event_at: null,
      cert_renewal_due_at: null,
    };
    expect([known(us), known(eu), known(ap)]).toEqual([undefined, replica, replica]);
    expect(eu.round()).toEqual([]);
    us.memory = [probed('www', 'tls_error', { message: 'refused', failures: 2 })];
    settle([us, eu, ap]);
    expect(known(eu)).toMatchObject({ tls_status: 'tls_error', tls_last_error: 'refused', cert_failure_count: 2 });
  });

  test('ends when its Domain moves, is not declared any further, or belongs to a region that ended', () => {
    for (const desired of [[routedDomain('eu')], []]) {
      const [us, eu, ap] = site('us');
      us.memory = [probed('www', 'issued')];
      settle([us, eu, ap]);
      expect(known(eu)).toBeDefined();
      eu.declare(desired);
      eu.round();
      expect(known(eu)).toBeUndefined();
    }
    const [us, eu] = site('us');
    us.memory = [probed('www', 'issued')];
    settle([us, eu]);
    const alone = new ModelRegion('eu', [routedDomain('us')], ['eu', 'ap']);
    const changes = [...(eu.ledger.get(TABLES.replicas) ?? [])];
    expect(changes).toHaveLength(1);
    alone.take({ replica: { domain: 'www', state: changes[0]?.[1] ?? null } });
    alone.round();
    expect(known(alone)).toBeUndefined();
  });

  test('that its owner reported is the one that summaries and metrics of every region count', () => {
    const [us, eu, ap] = site('us');
    us.memory = [probed('www', 'issued', { cert_last_event_at: iso(NOW) })];
    // A probe in eu sees the Domain differently.
    eu.memory = [probed('www', 'tls_error')];
    const summaryIn = ({ name, ledger, memory }: ModelRegion) =>
      certificateRegions.summary({
        ledger,
        desired: [routedDomain('us')],
        memory,
        regions: { ...regionsOf(name), ages: {} },
      });
    const row = { region: 'us', total: 1 };
    expect(summaryIn(eu)).toEqual([{ ...row, statuses: { unknown: 1 }, lastEventAt: null }]);
    settle([us, eu, ap]);
    for (const each of [us, eu])
      expect(summaryIn(each)).toEqual([{ ...row, statuses: { issued: 1 }, lastEventAt: iso(NOW) }]);
    expect(replicatedStates(eu.ledger)).toEqual(new Map([['www', 'issued']]));
  });

  test('is not taken from a region that does not own the Domain', () => {
    const [us, eu, ap] = site('us');
    ap.memory = [probed('www', 'issued')];
    settle([us, eu, ap]);
    expect(known(eu)).toBeUndefined();
    const forged = { domain: 'www', state: { ...STATE, region: 'us' } };
    const { entry } = certificateRegions.accept(forged, 'ap', NOW)!;
    eu.take(JSON.parse(JSON.stringify(entry)) as Json);
    eu.round();
    expect(known(eu)).toBeUndefined();
  });
});

const STATE = {
  tls_status: 'issued',
  certificate_ref: null,
  tls_not_after: null,
  tls_last_error: null,
  cert_failure_policy: 'standard',
  cert_failure_count: 0,
  cert_next_retry_at: null,
  cert_last_event_type: null,
  cert_last_event_at: null,
  cert_renewal_due_at: null,
};

describe('a record of a peer', () => {
  const event = (entryOf('one') as unknown as { readonly event: CertificateEvent }).event;
  const accept = (value: unknown) => certificateRegions.accept(value, 'us', NOW);

  test('that is a state or an event is accepted, with text that can be printed', () => {
    expect(accept({ domain: 'www', state: { ...STATE, tls_last_error: 'no\u001b[31m' } })).toMatchObject({
      key: 'www',
      isEvent: false,
      entry: { replica: { state: { region: 'us', tls_last_error: expect.not.stringContaining('\u001b') as string } } },
    });
    expect(accept({ event })).toMatchObject({ key: event.id, isEvent: true, entry: { event, from: 'us' } });
  });

  test('with times of the future has those of now', () => {
    const later = iso(NOW + 1_000_000);
    expect(accept({ event: { ...event, at: later, received_at: later } })).toMatchObject({
      entry: { event: { at: iso(NOW), received_at: iso(NOW) } },
    });
  });

  test('with a payload that an entry of the inbox does not hold comes without it', () => {
    const { entry } = accept({ event: { ...event, payload: { text: 'x'.repeat(62_000) } } })!;
    expect(entry).not.toHaveProperty('event.payload');
  });

  test.each<readonly [string, unknown]>([
    ['null', null],
    ['a list', []],
    ['an object without members', {}],
    ['a state with a number for a text', { domain: 'www', state: { ...STATE, tls_status: 1 } }],
    ['a state that lacks a member', { domain: 'www', state: { ...STATE, tls_not_after: undefined } }],
    ['a state with a long text', { domain: 'www', state: { ...STATE, tls_last_error: 'x'.repeat(501) } }],
    ['a state with a status that no Domain has', { domain: 'www', state: { ...STATE, tls_status: 'fine' } }],
    ...['tls_not_after', 'cert_next_retry_at', 'cert_last_event_at', 'cert_renewal_due_at'].map(
      (name) => [`a state with a text for ${name}`, { domain: 'www', state: { ...STATE, [name]: 'soon' } }] as const,
    ),
    ['a state with failures below 0', { domain: 'www', state: { ...STATE, cert_failure_count: -1 } }],
    ['a state with failures that are not whole', { domain: 'www', state: { ...STATE, cert_failure_count: 0.5 } }],
    ['a state of a name that is too long', { domain: 'x'.repeat(254), state: STATE }],
    ['an event with the id of another one', { event: { ...event, id: `evt-${'0'.repeat(32)}` } }],
    ['an event of another source with the same id', { event: { ...event, source: 'other' } }],
    ['an event with a digest that is not one', { event: { ...event, digest: 'sha256:x' } }],
    ['an event of an unknown type', { event: { ...event, type: 'deleted' } }],
    ['an event with a long reason', { event: { ...event, reason: 'x'.repeat(4001) } }],
    ['an event with a time that is not one', { event: { ...event, not_after: 'soon' } }],
    ['an event with an attempt of 0', { event: { ...event, attempt: 0 } }],
    ['an event without a Domain', { event: { ...event, domain: undefined } }],
  ])('that is %s is not accepted', (_, value) => {
    expect(accept(JSON.parse(JSON.stringify(value)))).toBeUndefined();
  });
});
