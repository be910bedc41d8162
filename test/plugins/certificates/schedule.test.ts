/** Schedules: when a certificate is due, when it was last checked, and when a failed operation is tried again. */

import { describe, expect, test } from 'vitest';
import type { Observed } from '#plugin';
import { dueAt, isDue } from '../../../plugins/certificates/days.ts';
import type { DomainResource } from '../../../plugins/certificates/diff.ts';
import type { DomainFacts } from '../../../plugins/certificates/facts.ts';
import { certificateCadence, certificateSchedule, domainSchedule } from '../../../plugins/certificates/schedule.ts';
import { certificateProject, fettle, writeFiles } from '../../support/cli.ts';
import { resourceWith } from '../../support/resource.ts';
import {
  certificateFacts,
  certificateResource,
  certificateSpec,
  DAY,
  desiredOf,
  domainSpec,
  fingerprint,
  HOUR,
  iso,
  memoryOf,
  NOW,
  observedOf,
  refOf,
} from './support.ts';

test.each([
  [30, 90],
  [89, 90],
  [30, 7],
  [30, 2],
  [30, 1],
  [1, 90],
])(
  'a renewal with a threshold of %i days, of a certificate of %i days, is due from the given time on',
  (threshold, days) => {
    const validity = { notBefore: NOW, notAfter: NOW + days * DAY };
    const due = dueAt(threshold, validity);
    expect(isDue(threshold, validity, due + 1)).toBe(true);
    expect(isDue(threshold, validity, due - 1)).toBe(false);
    // At least two thirds of the lifetime are over, but for the rest of the day.
    expect(due - NOW).toBeGreaterThanOrEqual(validity.notAfter - NOW - (days * DAY) / 3 - DAY);
  },
);

describe('the schedule of a certificate', () => {
  const schedule = (
    state: 'normal' | 'renewal_failed' | 'expired',
    memory: NonNullable<Parameters<typeof memoryOf>[2]> = {},
    spec: Parameters<typeof certificateSpec>[0] = {},
  ) =>
    certificateSchedule(
      resourceWith({
        ref: refOf('Certificate', 'www'),
        desired: desiredOf('Certificate', 'www', certificateSpec(spec)),
        observed: observedOf('Certificate', 'www', state, certificateFacts()),
        memory: memoryOf('Certificate', 'www', memory),
      }),
      NOW,
    );

  test('has the declared threshold and the one in force', () => {
    expect(schedule('normal', {}, { renewal: { thresholdDays: 89 } })).toMatchObject({
      threshold_days: 89,
      threshold_days_in_force: 30,
      failures: 0,
      last_checked_at: iso(NOW),
    });
  });

  test('has no time of a renewal that is switched off, and an earlier time on request', () => {
    const off = schedule('normal', {}, { renewal: { enabled: false } });
    expect(off).toMatchObject({ renewal_enabled: false });
    expect(off).not.toHaveProperty('renewal_due_at');
    const asked = iso(NOW + HOUR);
    expect(schedule('normal', {}, { renewal: { issuedAfter: asked } })).toMatchObject({ renewal_due_at: asked });
  });

  test.each([
    ['renewal_failed', 'renewal_failed>renewing', 2, NOW + HOUR, '1h'],
    ['expired', 'expired>recovering', 2, NOW - HOUR + 120_000, '1m'],
  ] as const)('of a certificate in %s has the retries of that operation', (state, step, failures, next, interval) => {
    const lastError = { at: NOW - HOUR, step, message: 'disk full' };
    expect(schedule(state, { state, failures, lastError })).toMatchObject({
      failures,
      last_failed_at: iso(NOW - HOUR),
      next_try_at: iso(next),
      failure_policy: { retry_interval: interval },
    });
  });

  test('says that no try follows the last allowed failure', () => {
    const lastError = { at: NOW - HOUR, step: 'expired>recovering', message: 'disk full' } as const;
    const exhausted = schedule('expired', { state: 'expired', failures: 3, lastError });
    expect(exhausted).toMatchObject({ failures: 3, retries_exhausted: true });
    expect(exhausted).not.toHaveProperty('next_try_at');
  });
});

test('explain, state show and the JSON of a plan have the schedules', async () => {
  const folder = certificateProject(['www']);
  writeFiles(folder, {
    'desired/domain.yaml': `apiVersion: certificates/v1
kind: Domain
metadata: { name: front }
spec: { host: www.example.test, address: 127.0.0.1, port: 1, failurePolicy: strict, externalId: 0b5f4c1e-6d1f-4f0e-9a59-2f4f5a3c7d10 }
`,
  });
  await fettle(folder, 'apply', '--yes');
  const [www, front] = ['certificates/Certificate/www', 'certificates/Domain/front'];
  const due = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/u;
  const expected = {
    certificate: {
      renewal_due_at: expect.stringMatching(due),
      threshold_days: 30,
      last_checked_at: expect.stringMatching(due),
      days_left: 89,
      failures: 0,
      failure_policy: { retry_interval: '1h', backoff_multiplier: 2, max_backoff: '1d', max_retries: 10 },
    },
    domain: {
      last_checked_at: expect.stringMatching(due),
      recorded_failures: 1,
      last_recorded_failure_at: expect.stringMatching(due),
      next_scheduled_probe_at: expect.stringMatching(due),
      failure_policy: 'strict',
      certificate_events: {
        tls_status: 'tls_error',
        certificate_ref: null,
        tls_not_after: null,
        tls_last_error: expect.stringContaining('connection refused'),
        tls_last_checked_at: expect.stringMatching(due),
        cert_failure_policy: 'strict',
        cert_failure_count: 1,
        cert_retry_backoff_seconds: 300,
        cert_next_retry_at: expect.stringMatching(due),
        cert_last_event_type: null,
        cert_last_event_at: null,
        cert_renewal_due_at: null,
      },
    },
  };
  const json = async (...words: readonly string[]) => JSON.parse((await fettle(folder, ...words)).stdout);
  expect((await json('explain', www, '--format', 'json')).schedule).toMatchObject(expected.certificate);
  expect((await json('state', 'show', www)).schedule).toMatchObject(expected.certificate);
  expect((await json('explain', front, '--format', 'json')).schedule).toMatchObject(expected.domain);
  expect((await json('state', 'show', front)).schedule).toMatchObject(expected.domain);
  const { resources } = (await json('plan', '--format', 'json')).prior_state as {
    resources: readonly { readonly address: string; readonly schedule?: unknown }[];
  };
  const of = (address: string) => resources.find((each) => each.address === address)?.schedule;
  expect(of(www)).toMatchObject(expected.certificate);
  expect(of(front)).toMatchObject(expected.domain);
  const text = (await fettle(folder, 'explain', www)).stdout;
  expect(text).toMatch(/schedule +expires at \S+ \(in 89 days\)/u);
  expect(text).toMatch(/renewal due at \S+ \(in 5\d days\)/u);
  expect((await fettle(folder, 'explain', front, '--format', 'markdown')).stdout).toMatch(
    /next scheduled probe at <code>\S+<\/code> \(in \d+ \w+\)/u,
  );
});

describe('the fields of certificate events', () => {
  const spec = domainSpec();
  const kept = {
    fingerprint: fingerprint('a'),
    not_after: iso(NOW + DAY),
    cert_ref: 'secret/www',
    cert_not_after: iso(NOW + 90 * DAY),
    cert_last_event_type: 'renewal_succeeded',
    cert_last_event_at: iso(NOW),
    cert_renewal_due_at: iso(NOW + 60 * DAY),
    message: '',
  };
  const schedule = (observed?: Observed<DomainFacts>) => {
    const given = {
      ref: refOf('Domain', 'www'),
      desired: desiredOf('Domain', 'www', spec),
      memory: memoryOf('Domain', 'www', { state: 'issued', kept }),
    };
    const resource: DomainResource = resourceWith(observed === undefined ? given : { ...given, observed });
    return domainSchedule(resource, NOW)['certificate_events'];
  };

  test('are those of the newest event until a probe', () => {
    expect(schedule()).toMatchObject({
      tls_status: 'issued',
      certificate_ref: 'secret/www',
      tls_not_after: iso(NOW + 90 * DAY),
      tls_last_error: null,
      cert_last_event_type: 'renewal_succeeded',
      cert_last_event_at: iso(NOW),
      cert_renewal_due_at: iso(NOW + 60 * DAY),
    });
  });

  test('are those of the probe after it, but for the event itself and the time at which a renewal is due', () => {
    const facts: DomainFacts = {
      fingerprint: fingerprint('b'),
      not_after: iso(NOW + 2 * DAY),
      message: 'expired at x',
    };
    expect(schedule(observedOf('Domain', 'www', 'tls_error', facts))).toMatchObject({
      tls_status: 'tls_error',
      certificate_ref: fingerprint('b'),
      tls_not_after: iso(NOW + 2 * DAY),
      tls_last_error: 'expired at x',
      cert_last_event_type: 'renewal_succeeded',
      cert_renewal_due_at: iso(NOW + 60 * DAY),
    });
  });
});

test('a round checks a certificate hourly in the window of its authority, and at its beginning', () => {
  const at = (now: number): ReturnType<typeof certificateCadence> =>
    certificateCadence(
      certificateResource({
        facts: { acme: true },
        signals: { ari: { id: 'a.b', start: iso(NOW), end: iso(NOW + 2 * DAY), next: iso(NOW + HOUR) } },
      }),
      now,
    );
  expect(at(NOW - 1)).toMatchObject({ everyMs: DAY, at: expect.arrayContaining([NOW]) as unknown });
  expect(at(NOW)).toMatchObject({ everyMs: HOUR });
});
