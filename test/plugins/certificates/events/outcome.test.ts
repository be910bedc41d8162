/** Outcomes of certificate events: states, fields and failures of Domains. */

import { describe, expect, test } from 'vitest';
import { skipOf } from '../../../../plugins/certificates/events/skip.ts';
import type { CertificateEvent } from '../../../../plugins/certificates/events/event.ts';
import { type DomainMemory, type DomainSpec, tables } from '../../../../plugins/certificates/generated.ts';
import { DAY, HOUR, iso, MINUTE, NOW } from '../support.ts';
import { domain, event, memoryOf, nothing, probed, round } from './rounds.ts';

/** The state of `www` after events that arrive at once. */
async function after(
  events: readonly CertificateEvent[],
  before: { readonly state?: string; readonly kept?: Partial<DomainMemory>; readonly spec?: Partial<DomainSpec> } = {},
) {
  const recorded = nothing([domain('www', before.spec)], [probed('www', before.state ?? 'issued', before.kept)]);
  const { notes } = await round(recorded, events);
  return { ...memoryOf(recorded), moves: notes.flatMap(({ moves = [] }) => moves) };
}

const success = (more: Partial<CertificateEvent> = {}) => event('s', { type: 'renewal_succeeded', ...more });

describe('a success', () => {
  test.each([
    ['without an expiry', undefined, 'issued'],
    ['beyond the warn days', 30 * DAY + 1, 'issued'],
    ['at the warn days', 30 * DAY, 'expiring'],
    ['after the expiry', -1, 'expiring'],
  ])('%s', async (_name, left, state) => {
    const { state: reached } = await after([success(left === undefined ? {} : { not_after: iso(NOW + left) })], {
      state: 'tls_error',
    });
    expect(reached).toBe(state);
  });

  test('clears the error, the failures and the next try', async () => {
    const kept = {
      error: 'timeout',
      message: 'no answer',
      failures: 4,
      failed_at: iso(NOW - HOUR),
      retry_at: iso(NOW + HOUR),
    };
    const { kept: fields, moves } = await after([success({ type: 'issuance_succeeded' })], {
      state: 'tls_error',
      kept,
    });
    expect(fields).toMatchObject({ error: '', message: '', failures: 0, failed_at: '', retry_at: '' });
    expect(moves).toEqual([{ machine: 'tls', from: 'tls_error', to: 'issued', trigger: 'event' }]);
  });

  test('replaces reference, expiry and due time only if it has them', async () => {
    const values = {
      certificate_ref: 'secret/www',
      not_after: iso(NOW + 90 * DAY),
      renewal_due_at: iso(NOW + 60 * DAY),
    };
    const first = { at: iso(NOW - HOUR) };
    const expected = {
      cert_ref: values.certificate_ref,
      cert_not_after: values.not_after,
      cert_renewal_due_at: values.renewal_due_at,
    };
    expect(
      (await after([success({ ...values, ...first }), event('t', { type: 'issuance_succeeded' })])).kept,
    ).toMatchObject(expected);
    expect((await after([success(first)])).kept).not.toHaveProperty('cert_ref');
  });
});

test('certificate_expiring leaves the error and the failures', async () => {
  const kept = { error: 'timeout', message: 'no answer', failures: 4 };
  const expiring = event('x', { type: 'certificate_expiring', not_after: iso(NOW + DAY) });
  const result = await after([expiring], { state: 'tls_error', kept });
  expect([result.state, result.kept]).toEqual([
    'expiring',
    expect.objectContaining({ ...kept, cert_not_after: iso(NOW + DAY), cert_last_event_type: 'certificate_expiring' }),
  ]);
});

describe('a failure', () => {
  test.each([
    ['standard', 1, 60],
    ['strict', 1, 300],
    ['hold', 1, 600],
    ['hold', 3, 7200],
  ] as const)(
    'with the policy %s, the failure %i: the next try is after %i s',
    async (failurePolicy, failures, seconds) => {
      const { state, kept } = await after([event('f')], { kept: { failures: failures - 1 }, spec: { failurePolicy } });
      expect([state, kept]).toEqual([
        'tls_error',
        expect.objectContaining({
          failures,
          failed_at: iso(NOW),
          retry_at: iso(NOW + seconds * 1000),
          failure_policy: failurePolicy,
          cert_last_event_type: 'renewal_failed',
          cert_last_event_at: iso(NOW),
        }),
      ]);
    },
  );

  test.each([
    [
      { type: 'renewal_failed', reason: 'rate limited' },
      'renewal-failed',
      'cert_manager:prod reports that the renewal failed: rate limited',
    ],
    [{ type: 'issuance_failed', cluster: '' }, 'issuance-failed', 'cert_manager reports that the issuance failed'],
    [
      { reason: 'password=hunter22' },
      'renewal-failed',
      'cert_manager:prod reports that the renewal failed: password=(hidden)',
    ],
  ] as const)('%j is the error %s', async (more, error, message) => {
    expect((await after([event('f', more)])).kept).toMatchObject({ error, message });
  });

  test('with a reason of any length fits into the state', async () => {
    expect((await after([event('f', { reason: '\u{1f4a5}'.repeat(2000) })])).kept?.message?.length).toBeLessThanOrEqual(
      1000,
    );
  });
});

describe('the newer of event and probe wins', () => {
  const kept = { checked_at: iso(NOW - MINUTE), failures: 2 };

  test.each(['renewal_failed', 'renewal_succeeded', 'certificate_expiring'] as const)(
    '%s before the probe only has its own fields',
    async (type) => {
      const old = event('old', { type, at: iso(NOW - MINUTE), not_after: iso(NOW), renewal_due_at: iso(NOW + DAY) });
      const result = await after([old], { state: 'tls_error', kept });
      expect([result.state, result.moves]).toEqual(['tls_error', []]);
      expect(result.kept).toEqual({
        ...kept,
        failure_policy: 'standard',
        cert_last_event_type: type,
        cert_last_event_at: iso(NOW - MINUTE),
        cert_renewal_due_at: iso(NOW + DAY),
      });
    },
  );

  test('an event after the probe decides', async () => {
    const result = await after([success({ at: iso(NOW - MINUTE + 1) })], { state: 'tls_error', kept });
    expect([result.state, result.kept?.failures]).toEqual(['issued', 0]);
  });
});

test('a Domain with passthrough keeps its state, and does not count failures', async () => {
  const result = await after([event('f')], {
    state: 'passthrough_unverified',
    kept: { failures: 0 },
    spec: { tlsMode: 'passthrough' },
  });
  expect([result.state, result.kept?.failures, result.kept?.cert_last_event_type]).toEqual([
    'passthrough_unverified',
    0,
    'renewal_failed',
  ]);
});

test.each(tables.kinds.Domain.machines.tls.states)(
  'every event has a transition of the spec from %s',
  async (state) => {
    for (const type of ['renewal_failed', 'renewal_succeeded', 'certificate_expiring'] as const)
      expect(['tls_error', 'issued', 'expiring']).toContain((await after([event('e', { type })], { state })).state);
  },
);

test('a Domain that was never probed has a state by its first event', async () => {
  const recorded = nothing();
  await round(recorded, [success()]);
  expect(memoryOf(recorded)).toMatchObject({ state: 'issued', kept: { cert_last_event_type: 'renewal_succeeded' } });
});

describe('a scheduled round', () => {
  const spec = domain('www').spec;

  test.each([
    ['a failure whose next try is later', [event('f')], NOW + 59_999, 'retry'],
    ['a success 10 minutes ago', [success()], NOW + 599_999, 'event'],
    ['a success more than that ago', [success()], NOW + 600_000, undefined],
    ['no event', [], NOW, undefined],
    ['a failure before the clock was set back by a day', [event('f')], NOW - DAY, undefined],
    ['a failure before the clock was set back by a second', [event('f')], NOW - 1000, undefined],
  ])('after %s', async (_name, events, now, skip) => {
    const recorded = nothing([domain('www')], [probed('www', 'issued')]);
    await round(recorded, events);
    expect(skipOf({ spec, memory: memoryOf(recorded) }, now)).toBe(skip);
  });

  test('does not skip another target because of a failure', async () => {
    const recorded = nothing([domain('www')], [probed('www', 'issued')]);
    await round(recorded, [event('f')]);
    expect(skipOf({ spec: { ...spec, port: 8443 }, memory: memoryOf(recorded) }, NOW)).toBe('event');
  });
});
