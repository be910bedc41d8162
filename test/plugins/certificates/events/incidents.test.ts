/** Incidents of certificate events: tiers, and the course of an incident. */

import { describe, expect, test } from 'vitest';
import {
  acknowledged,
  type Incident,
  incidentKey,
  isUnresolved,
  prunedIncidents,
  resolved,
  tierOf,
} from '../../../../plugins/certificates/events/incidents.ts';
import { incidentChange } from '../../../../plugins/certificates/events/tables.ts';
import { DAY, iso, MINUTE, NOW } from '../support.ts';
import { change, event, nothing, type Recorded, recordedTables, round } from './rounds.ts';

test.each([
  ['renewal_failed', undefined, undefined, 2],
  ['renewal_failed', undefined, 2, 2],
  ['renewal_failed', undefined, 3, 3],
  ['renewal_failed', 'deployment', 4, 3],
  ['issuance_failed', undefined, undefined, 1],
  ['issuance_failed', 'challenge', 2, 1],
  ['issuance_failed', 'challenge', 3, 2],
  ['issuance_failed', 'challenge', 9, 2],
  ['issuance_failed', 'issuance', 4, 1],
  ['issuance_failed', 'issuance', 5, 3],
  ['certificate_expiring', undefined, 1, 1],
  ['certificate_expiring', undefined, 2, 2],
] as const)('%s of the class %s, attempt %s: tier %i', (type, callbackClass, attempt, tier) => {
  const more = {
    ...(callbackClass === undefined ? {} : { callback_class: callbackClass }),
    ...(attempt === undefined ? {} : { attempt }),
  };
  expect(tierOf(event('f', { type, ...more }))).toBe(tier);
});

const ADDRESS = 'certificates/Domain/www';

function incidentOf(recorded: Recorded, type: Incident['type'] = 'renewal_failed'): Incident | undefined {
  return recordedTables(recorded).incidents.get(incidentKey(ADDRESS, type));
}

/** An event some minutes later, as it arrives. */
const later = (name: string, minutes: number, more: Parameters<typeof event>[1] = {}) =>
  event(name, { at: iso(NOW + minutes * MINUTE), ...more });

const at = (minutes: number): number => NOW + minutes * MINUTE;

describe('an incident', () => {
  test('opens when its event is applied, not when it arrives', async () => {
    const unknown = nothing([]);
    await round(unknown, [event('f')]);
    expect(recordedTables(unknown).incidents.size).toBe(0);
    const recorded = nothing();
    const { incidentChanges } = await round(recorded, [event('f', { attempt: 4 })]);
    expect(incidentChanges).toEqual([{ change: 'opened', incident: incidentOf(recorded) }]);
    expect(incidentOf(recorded)).toEqual({
      id: expect.stringMatching(/^inc-[0-9a-f]{16}$/u),
      domain: ADDRESS,
      host: 'www.example.test',
      type: 'renewal_failed',
      status: 'open',
      tier: 3,
      opened_at: iso(NOW),
      last_at: iso(NOW),
      last_event: 'evt-f',
      changed: { to: 'opened', at: iso(NOW) },
    });
  });

  test('is one for each Domain and type, also after its acknowledgement', async () => {
    const recorded = nothing();
    await round(recorded, [event('f')]);
    const first = incidentOf(recorded);
    if (first === undefined) throw new Error('no incident');
    const known = acknowledged(first, 'anna', NOW);
    if (known === undefined) throw new Error('not acknowledged');
    await change(recorded, [incidentChange(incidentKey(ADDRESS, 'renewal_failed'), known)]);
    const { incidentChanges } = await round(recorded, [later('g', 1)], at(1));
    expect(incidentChanges.map(({ change }) => change)).toEqual(['updated']);
    expect(incidentOf(recorded)).toEqual({ ...known, last_at: iso(at(1)), last_event: 'evt-g' });
    await round(recorded, [later('h', 2, { type: 'issuance_failed' })], at(2));
    expect(recordedTables(recorded).incidents.size).toBe(2);
  });

  test('has a tier that only goes up', async () => {
    const recorded = nothing();
    const changes = [];
    for (const [i, attempt] of [1, 3, 2].entries())
      changes.push(...(await round(recorded, [later(`f${i}`, i, { attempt })], at(i))).incidentChanges);
    expect(changes.map(({ change, incident }) => [change, incident.tier])).toEqual([
      ['opened', 2],
      ['escalated', 3],
      ['updated', 3],
    ]);
  });

  test.each(['issuance_succeeded', 'renewal_succeeded'] as const)('of a failure is resolved by %s', async (type) => {
    const recorded = nothing();
    await round(recorded, [
      event('f'),
      event('g', { type: 'issuance_failed' }),
      event('x', { type: 'certificate_expiring' }),
    ]);
    const { incidentChanges } = await round(recorded, [later('s', 1, { type })], at(1));
    expect(incidentChanges.map(({ change, incident }) => [change, incident.type])).toEqual([
      ['resolved', 'issuance_failed'],
      ['resolved', 'renewal_failed'],
    ]);
    expect(incidentOf(recorded)).toMatchObject({ status: 'resolved', resolved_at: iso(at(1)), resolved_by: 'evt-s' });
  });

  test.each([
    [undefined, 'open'],
    [20, 'open'],
    [90, 'resolved'],
  ])('about an expiry, after a success with %s days left, is %s', async (days, status) => {
    const recorded = nothing();
    await round(recorded, [event('x', { type: 'certificate_expiring' })]);
    const left = days === undefined ? {} : { not_after: iso(NOW + days * DAY) };
    await round(recorded, [later('s', 1, { type: 'renewal_succeeded', ...left })], at(1));
    expect(incidentOf(recorded, 'certificate_expiring')?.status).toBe(status);
  });

  test('is not resolved by an older success, and not opened again by an older failure', async () => {
    const recorded = nothing();
    await round(recorded, [later('f', 5)], at(5));
    await round(recorded, [later('old', 4, { type: 'renewal_succeeded' })], at(6));
    expect(incidentOf(recorded)?.status).toBe('open');
    await round(recorded, [later('s', 7, { type: 'renewal_succeeded' })], at(7));
    await round(recorded, [later('late', 6)], at(8));
    expect(incidentOf(recorded)?.status).toBe('resolved');
    const { incidentChanges } = await round(recorded, [later('new', 9)], at(9));
    expect(incidentChanges.map(({ change }) => change)).toEqual(['opened']);
    expect(incidentOf(recorded)).toMatchObject({ status: 'open', opened_at: iso(at(9)) });
  });
});

describe('a person', () => {
  const open: Incident = {
    id: 'inc-1',
    domain: ADDRESS,
    host: 'www.example.test',
    type: 'renewal_failed',
    status: 'open',
    tier: 2,
    opened_at: iso(NOW),
    last_at: iso(NOW),
    last_event: 'evt-f',
  };

  test('acknowledges an incident once', () => {
    const known = acknowledged(open, 'anna', NOW);
    const changed = { to: 'acknowledged', at: iso(NOW) };
    const decided = { acknowledged_by: 'anna', acknowledged_at: iso(NOW), changed };
    expect(known).toEqual({ ...open, status: 'acknowledged', ...decided });
    expect(acknowledged(known ?? open, 'ben', NOW + 1)).toBe(known);
  });

  test('resolves an incident once, and cannot acknowledge it then', () => {
    const over = resolved(open, 'anna', NOW);
    const changed = { to: 'resolved', at: iso(NOW) };
    expect(over).toEqual({ ...open, status: 'resolved', resolved_by: 'anna', resolved_at: iso(NOW), changed });
    expect(resolved(over, 'ben', NOW + 1)).toBe(over);
    expect(acknowledged(over, 'ben', NOW)).toBe(undefined);
    expect([isUnresolved(open), isUnresolved(over), isUnresolved(undefined)]).toEqual([true, false, false]);
  });

  test('resolves an incident for its events so far: only a newer one opens another', async () => {
    const recorded = nothing();
    await round(recorded, [event('f')]);
    const first = incidentOf(recorded) ?? open;
    await change(recorded, [incidentChange(incidentKey(ADDRESS, 'renewal_failed'), resolved(first, 'anna', at(5)))]);
    await round(recorded, [later('late', 4)], at(6));
    expect(incidentOf(recorded)?.status).toBe('resolved');
    await round(recorded, [later('new', 7)], at(7));
    expect(incidentOf(recorded)?.status).toBe('open');
  });
});

test('resolved incidents are dropped after 30 days, and others are kept', () => {
  const incident = (resolvedAt?: number): Incident =>
    (resolvedAt === undefined ? {} : { resolved_at: iso(resolvedAt) }) as Incident;
  const all = new Map([
    ['old', incident(NOW - 30 * DAY - 1)],
    ['kept', incident(NOW - 30 * DAY)],
    ['open', incident()],
  ]);
  expect(prunedIncidents(all, NOW)).toEqual(['old']);
});
