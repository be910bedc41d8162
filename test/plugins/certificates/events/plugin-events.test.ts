/** Certificate events as the daemon uses them: answers, entries of the inbox, and the fold of a round. */

import { expect, test } from 'vitest';
import type { Json, Ledger, LedgerChange } from '#plugin';
import { certificateEvents } from '../../../../plugins/certificates/events/plugin-events.ts';
import { TABLES } from '../../../../plugins/certificates/events/tables.ts';
import { NOW } from '../support.ts';
import { ENVIRONMENT, requestWith, signedRequest } from './requests.ts';
import { domain } from './rounds.ts';

const BODY = { domain: 'www.example.test', eventType: 'renewal_failed' };
const targets = new Set<string>();

function ledgerOf(changes: readonly LedgerChange[]): Ledger {
  const tables = new Map<string, Map<string, Json>>();
  for (const { table, key, value = null } of changes)
    tables.set(table, (tables.get(table) ?? new Map<string, Json>()).set(key, value));
  return tables;
}

test('an accepted request is an entry that a round folds into the ledger and a note', () => {
  const events = certificateEvents.open(ENVIRONMENT);
  const answer = events.judge({ ...signedRequest(BODY), targets });
  expect(answer).toMatchObject({ status: 202, body: { ok: true, status: 'pending' }, result: 'accepted' });
  const arrivals = [JSON.parse(JSON.stringify(answer.entry)) as Json];
  const folded = events.fold({ ledger: new Map(), arrivals, desired: [domain('www')], memory: [], now: NOW });
  const ledger = ledgerOf(folded.changes);
  expect([...(ledger.get(TABLES.events)?.values() ?? [])]).toMatchObject([{ status: 'applied' }]);
  expect([...(ledger.get(TABLES.sources)?.values() ?? [])]).toMatchObject([{ source: 'cert_manager', events: 1 }]);
  expect(folded.notes).toMatchObject([{ ref: { kind: 'Domain', name: 'www' } }]);
  expect(folded).toMatchObject({ more: false });
});

test('an event without its Domain is due again', () => {
  const events = certificateEvents.open(ENVIRONMENT);
  const { entry = null } = events.judge({ ...signedRequest(BODY), targets });
  const folded = events.fold({ ledger: new Map(), arrivals: [entry], desired: [], memory: [], now: NOW });
  expect(folded.nextAt).toBe(NOW + 45_000);
  const again = events.fold({
    ledger: ledgerOf(folded.changes),
    arrivals: [],
    desired: [domain('www')],
    memory: [],
    now: NOW + 45_000,
  });
  expect(again).toMatchObject({ more: false, notes: [{ ref: { name: 'www' } }] });
  expect(again.nextAt).toBeUndefined();
});

test('refused requests of a source with a key are one notice, and all others none', () => {
  const events = certificateEvents.open(ENVIRONMENT);
  const headers = { 'x-cert-signature': '0'.repeat(64) };
  for (let i = 0; i < 100; i += 1) {
    expect(events.judge({ ...signedRequest(BODY, { headers }), targets }).result).toBe('signature');
    events.judge({ ...signedRequest(BODY, { headers: { 'x-cert-cluster': `unknown-${i}` } }), targets });
    events.judge({ ...requestWith(BODY, { headers: { 'x-cert-event-token': 'wrong' } }), targets });
  }
  const notices = events.takeNotices();
  expect(notices).toHaveLength(1);
  expect(events.takeNotices()).toEqual([]);
  const folded = events.fold({ ledger: new Map(), arrivals: notices, desired: [], memory: [], now: NOW });
  expect(folded.changes).toMatchObject([{ table: TABLES.sources, value: { signature_failures: 100, events: 0 } }]);
});

test('entries of another form have no effect', () => {
  const events = certificateEvents.open(ENVIRONMENT);
  const arrivals: readonly Json[] = [null, 1, 'text', [], {}, { event: null }, { effect: 'x' }];
  expect(events.fold({ ledger: new Map(), arrivals, desired: [], memory: [], now: NOW })).toEqual({
    changes: [],
    notes: [],
    more: false,
  });
});

test('an event or an effect that lacks a member, or has another form of one, has no effect', () => {
  const events = certificateEvents.open(ENVIRONMENT);
  const { entry } = events.judge({ ...signedRequest({ ...BODY, payload: { a: 1 } }), targets });
  const { event } = entry as { readonly event: Readonly<Record<string, Json>> };
  const effect = {
    source: 'cert_manager',
    cluster: 'prod',
    status: 'signature_failed',
    at: '2026-01-01T00:00:00.000Z',
  };
  const without = (value: Readonly<Record<string, Json>>, name: string): Json =>
    Object.fromEntries(Object.entries(value).filter(([each]) => each !== name));
  const optional = ['payload'];
  const wrong: readonly Json[] = [
    ...Object.keys(event)
      .filter((name) => !optional.includes(name))
      .map((name) => ({ event: without(event, name) })),
    ...Object.keys(event).map((name) => ({ event: { ...event, [name]: [] } })),
    ...['type', 'at', 'received_at'].map((name) => ({ event: { ...event, [name]: '(hidden)' } })),
    ...Object.keys(effect).map((name) => ({ effect: without(effect, name) })),
    { effect: { ...effect, status: '(hidden)' } },
    { effect: { ...effect, times: 'many' } },
  ];
  for (const each of wrong)
    expect([each, events.fold({ ledger: new Map(), arrivals: [each], desired: [], memory: [], now: NOW })]).toEqual([
      each,
      { changes: [], notes: [], more: false },
    ]);
  const folded = events.fold({
    ledger: new Map(),
    arrivals: [{ event }, { effect }],
    desired: [],
    memory: [],
    now: NOW,
  });
  expect(folded.changes.length).toBeGreaterThan(1);
});

test('the targets are the externalId of each Domain, in lower case', () => {
  const id = 'AAAAAAAA-0000-4000-8000-000000000001';
  expect(certificateEvents.targets([domain('www', { externalId: id }), domain('api')])).toEqual([id.toLowerCase()]);
});

test('secrets of sources are named for redaction', () => {
  const { secrets } = certificateEvents.open(ENVIRONMENT);
  expect(secrets.length).toBeGreaterThan(0);
  expect(secrets.join(',')).not.toContain('sha256');
});
