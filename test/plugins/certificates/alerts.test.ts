/** Alerts about Domains: their conditions, severities, routes and exact bodies, from a refresh and from the state. */

import { describe, expect, it } from 'vitest';
import { certificateAlerts } from '../../../plugins/certificates/alerts.ts';
import type { DomainSpec } from '../../../plugins/certificates/generated.ts';
import type { AlertSettings, Gap, Ledger, Memory, Resource } from '#plugin';
import { resourceWith } from '../../support/resource.ts';
import { alertRound } from '../../support/scene.ts';
import {
  certificateFacts,
  certificateSpec,
  DAY,
  desiredOf,
  domainSpec,
  HOUR,
  iso,
  memoryOf,
  NOW,
  observedOf,
  refOf,
  sceneOf,
} from './support.ts';

const PROD: AlertSettings = { environment: 'prod', renewalWarningMs: 72 * HOUR };
const DEV: AlertSettings = { ...PROD, environment: 'dev' };

interface DomainParts {
  readonly state?: string;
  readonly facts?: object;
  readonly spec?: Partial<DomainSpec>;
  readonly memory?: Partial<Memory>;
  readonly gap?: Gap;
}

function domain({ state, facts = {}, spec = {}, memory, gap }: DomainParts): Resource {
  return resourceWith({
    ref: refOf('Domain', 'www'),
    desired: desiredOf<unknown>('Domain', 'www', domainSpec({ certificate: 'www', ...spec })),
    observed: state === undefined ? undefined : observedOf('Domain', 'www', state, facts),
    ...(memory === undefined ? {} : { memory: memoryOf('Domain', 'www', memory) }),
    ...(gap === undefined ? {} : { gap }),
  });
}

/** A Certificate whose renewal is due at a time: 31 days before its end, by a threshold of 30 days. */
function dueAt(due: number): Resource {
  return resourceWith({
    ref: refOf('Certificate', 'www'),
    desired: desiredOf<unknown>('Certificate', 'www', certificateSpec()),
    observed: observedOf(
      'Certificate',
      'www',
      'normal',
      certificateFacts({ not_before: iso(due + 31 * DAY - 93 * DAY), not_after: iso(due + 31 * DAY) }),
    ),
  });
}

const alertsOf = (resources: readonly Resource[], settings = PROD, ledger: Ledger = new Map()) =>
  certificateAlerts(alertRound(resources, { scene: sceneOf(resources), settings, ledger }));

const classes = (resources: readonly Resource[], settings = PROD): readonly string[] =>
  alertsOf(resources, settings).map(({ class: named, severity, route }) => [named, severity, route].join(' '));

const FAR = dueAt(NOW + 100 * DAY);

describe('alerts about the state of a Domain', () => {
  it('hold for tls_error and expiring alone', () => {
    const states = ['pending_issue', 'pending_route', 'issued', 'expiring', 'tls_error', 'passthrough_unverified'];
    expect(states.flatMap((state) => classes([domain({ state }), FAR]))).toEqual([
      'expiring warning ticket',
      'tls_error critical ticket',
    ]);
  });

  it('have the bodies that receivers know, member for member', () => {
    const facts = { error: 'refused', message: 'connection refused', not_after: '2026-12-24T00:00:00Z' };
    const [alert] = alertsOf([domain({ state: 'tls_error', facts }), FAR]);
    const shared = {
      domainId: 'www',
      domain: 'www.example.test',
      tlsMode: 'termination',
      status: 'tls_error',
      notAfter: '2026-12-24T00:00:00.000Z',
      error: 'connection refused',
    };
    expect(JSON.stringify(alert?.bodies?.webhook)).toEqual(
      JSON.stringify({ source: 'worker-certificates', severity: 'warning', ...shared, expiryWarnDays: 30 }),
    );
    expect(JSON.stringify(alert?.bodies?.runbook)).toEqual(
      JSON.stringify({
        source: 'worker-certificates',
        type: 'certificate.alert',
        severity: 'critical',
        incidentRoute: 'ticket',
        ...shared,
      }),
    );
  });

  it('name the Domain by its externalId, if it has one', () => {
    const externalId = '0b5f4c1e-6d1f-4f0e-9a59-2f4f5a3c7d10';
    const [alert] = alertsOf([domain({ state: 'tls_error', spec: { externalId } }), FAR]);
    expect([alert?.bodies?.webhook['domainId'], alert?.bodies?.runbook['domainId']]).toEqual([externalId, externalId]);
  });

  it('have null where nothing is known', () => {
    const [alert] = alertsOf([domain({ state: 'expiring' }), FAR]);
    expect(alert?.bodies?.runbook).toMatchObject({ severity: 'warning', notAfter: null, error: null });
  });

  it('hold under a gap by the recorded state, since its start', () => {
    const gap: Gap = { plugin: 'certificates', message: 'not due' };
    const kept = { error: 'timeout', message: 'no answer', not_after: '' };
    const memory = { state: 'tls_error', since: NOW - DAY, kept };
    const [alert] = alertsOf([domain({ gap, memory }), FAR]);
    expect([alert?.class, alert?.since, alert?.facts]).toEqual([
      'tls_error',
      NOW - DAY,
      { host: 'www.example.test', state: 'tls_error', error: 'timeout', error_message: 'no answer' },
    ]);
  });

  it('do not hold for a Domain without a document', () => {
    const [orphan] = [domain({ state: 'tls_error' })].map(({ desired: _removed, ...rest }) => rest);
    expect(alertsOf([orphan as Resource])).toEqual([]);
  });
});

describe('alerts about a renewal that an event reports', () => {
  const kept = (more: object): Partial<Memory> => ({
    state: 'issued',
    kept: { cert_renewal_due_at: iso(NOW - HOUR), cert_last_event_type: 'renewal_failed', ...more },
  });
  const of = (memory: Partial<Memory>, others: readonly Resource[] = []): readonly string[] =>
    classes([domain({ state: 'issued', memory }), ...others]);

  it('hold from its due time on, until a later success', () => {
    expect(of(kept({}))).toEqual(['renewal_sla_breach critical page']);
    expect(of(kept({ cert_renewal_due_at: iso(NOW + HOUR) }))).toEqual(['renewal_sla_warning warning ticket']);
    const success = { cert_last_event_type: 'renewal_succeeded' };
    expect(of(kept({ ...success, cert_last_event_at: iso(NOW - 2 * HOUR) }))).toEqual([
      'renewal_sla_breach critical page',
    ]);
    expect(of(kept({ ...success, cert_last_event_at: iso(NOW - HOUR) }))).toEqual([]);
    expect(of(kept({ cert_renewal_due_at: '' }))).toEqual([]);
  });

  it('follow the Certificate that the Domain names, if its due time is known', () => {
    expect(of(kept({}), [FAR])).toEqual([]);
  });
});

describe('alerts about a renewal', () => {
  const at = (ms: number, settings = PROD, spec: Partial<DomainSpec> = {}): readonly string[] =>
    classes([domain({ state: 'issued', spec }), dueAt(NOW + ms)], settings);

  it('warn from the warning window on, and are a breach from the due time on', () => {
    expect([72 * HOUR + 1, 72 * HOUR, 1, 0, -1].map((ms) => at(ms))).toEqual([
      [],
      ['renewal_sla_warning warning ticket'],
      ['renewal_sla_warning warning ticket'],
      ['renewal_sla_breach critical page'],
      ['renewal_sla_breach critical page'],
    ]);
  });

  it('are critical and paged only for a breach in production', () => {
    expect(at(-HOUR, DEV)).toEqual(['renewal_sla_breach warning ticket']);
    expect(at(-HOUR, { ...PROD, environment: 'staging' })).toEqual(['renewal_sla_breach warning ticket']);
  });

  it('need a verified host in termination mode that names a Certificate', () => {
    const { certificate: _none, ...unnamed } = domainSpec({ certificate: 'www' });
    expect(at(-HOUR, PROD, { tlsMode: 'passthrough' })).toEqual([]);
    expect(at(-HOUR, PROD, { verified: false })).toEqual([]);
    expect(at(-HOUR, PROD, { verified: { txt: 'x' } })).toHaveLength(1);
    const waiting = domain({ state: 'pending_issue', spec: { verified: { txt: 'x' } } });
    expect(classes([waiting, dueAt(NOW - HOUR)])).toEqual([]);
    const alone = resourceWith({
      ref: refOf('Domain', 'www'),
      desired: desiredOf<unknown>('Domain', 'www', unnamed),
      observed: observedOf('Domain', 'www', 'issued', {}),
    });
    expect(classes([alone, dueAt(NOW - HOUR)])).toEqual([]);
  });

  it('hold under a gap of the Certificate by the recorded due time', () => {
    const gap: Gap = { plugin: 'certificates', message: 'not due' };
    const named = resourceWith({
      ref: refOf('Certificate', 'www'),
      desired: desiredOf<unknown>('Certificate', 'www', certificateSpec()),
      memory: memoryOf('Certificate', 'www', { kept: { renewal_due_at: iso(NOW - HOUR) } }),
      gap,
    });
    expect(classes([domain({ state: 'issued' }), named])).toEqual(['renewal_sla_breach critical page']);
    const off = resourceWith({
      ...named,
      desired: desiredOf<unknown>('Certificate', 'www', certificateSpec({ renewal: { enabled: false } })),
      gap,
    });
    expect(classes([domain({ state: 'issued' }), off])).toEqual([]);
  });

  it('have the bodies that receivers know, with hours to two decimals', () => {
    const due = NOW + 1.234_567 * HOUR;
    const [alert] = alertsOf([domain({ state: 'issued' }), dueAt(Math.round(due))], DEV);
    const head = {
      source: 'worker-certificates',
      type: 'certificate.renewal_sla',
      classification: 'renewal_sla_warning',
      severity: 'warning',
      incidentRoute: 'ticket',
      domainId: 'www',
      domain: 'www.example.test',
      tlsMode: 'termination',
      status: 'issued',
      renewalDueAt: iso(Math.round(due)),
      hoursUntilDue: 1.23,
    };
    expect(JSON.stringify(alert?.bodies)).toEqual(
      JSON.stringify({
        webhook: { ...head, warningWindowHours: 72, environment: 'dev' },
        runbook: { ...head, environment: 'dev' },
      }),
    );
  });
});
