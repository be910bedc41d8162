/** Alerts about incidents: which changes alert, with which severity and route, and until when. */

import { describe, expect, it } from 'vitest';
import { certificateAlerts } from '../../../plugins/certificates/alerts.ts';
import { acknowledged, type Incident, resolved } from '../../../plugins/certificates/events/incidents.ts';
import { incidentChange } from '../../../plugins/certificates/events/tables.ts';
import type { AlertSettings, Resource } from '#plugin';
import { resourceWith } from '../../support/resource.ts';
import { alertRound } from '../../support/scene.ts';
import { DAY, desiredOf, domainSpec, HOUR, iso, NOW, observedOf, refOf, sceneOf } from './support.ts';

const WWW = resourceWith({
  ref: refOf('Domain', 'www'),
  desired: desiredOf<unknown>('Domain', 'www', domainSpec({ externalId: 'D-1' })),
  observed: observedOf('Domain', 'www', 'issued', {}),
});

const OPEN: Incident = {
  id: 'inc-1',
  domain: 'certificates/Domain/www',
  host: 'www.example.test',
  type: 'renewal_failed',
  status: 'open',
  tier: 2,
  opened_at: iso(NOW - HOUR),
  last_at: iso(NOW - HOUR),
  last_event: 'evt-1',
  changed: { to: 'opened', at: iso(NOW - HOUR) },
};

const escalated = (tier: Incident['tier']): Incident => ({ ...OPEN, tier, changed: { to: 'escalated', at: iso(NOW) } });

function alertsAbout(
  incident: Incident,
  { now = NOW, environment = 'prod', resources = [WWW] }: AboutOptions = {},
): ReturnType<typeof certificateAlerts> {
  const { table, key, value = null } = incidentChange(`${incident.domain} ${incident.type}`, incident);
  const scene = { ...sceneOf(resources), now };
  const settings = { environment, renewalWarningMs: 0 } as const;
  return certificateAlerts(
    alertRound(resources, { scene, settings, ledger: new Map([[table, new Map([[key, value]])]]) }),
  );
}

interface AboutOptions {
  readonly now?: number;
  readonly environment?: AlertSettings['environment'];
  readonly resources?: readonly Resource[];
}

const summary = (incident: Incident, options: AboutOptions = {}): readonly string[] =>
  alertsAbout(incident, options).map((each) =>
    [each.class, each.subject, each.severity, each.route, each.happenedAt === undefined ? 'holds' : 'news'].join(' '),
  );

describe('an incident', () => {
  const { changed: _none, ...unmarked } = OPEN;
  const acked = acknowledged(OPEN, 'anna', NOW);
  it.each<readonly [string, Incident | undefined, AboutOptions, string | undefined]>([
    ['of tier 1', { ...OPEN, tier: 1 }, {}, 'incident_opened renewal_failed warning ticket holds'],
    ['of tier 2', OPEN, {}, 'incident_opened renewal_failed high ticket holds'],
    ['of tier 3 in production', { ...OPEN, tier: 3 }, {}, 'incident_opened renewal_failed critical page holds'],
    [
      'of tier 3 elsewhere',
      { ...OPEN, tier: 3 },
      { environment: 'staging' },
      'incident_opened renewal_failed critical ticket holds',
    ],
    ['that is open for long', OPEN, { now: NOW + 90 * DAY }, 'incident_opened renewal_failed high ticket holds'],
    ['that was recorded without a change', unmarked, {}, 'incident_opened renewal_failed high ticket holds'],
    ['of a higher tier', escalated(3), {}, 'incident_escalated renewal_failed-3 critical page holds'],
    [
      'of a higher tier than the acknowledged one',
      { ...escalated(3), status: 'acknowledged', acknowledged_by: 'anna' },
      {},
      'incident_escalated renewal_failed-3 critical page holds',
    ],
    ['that was acknowledged', acked, {}, 'incident_acknowledged renewal_failed info ticket news'],
    ['that was acknowledged a day ago', acked, { now: NOW + DAY + 1 }, undefined],
    ['that was resolved', resolved(OPEN, 'anna', NOW), {}, 'incident_resolved renewal_failed info ticket news'],
    ['that was resolved a day ago', resolved(OPEN, 'anna', NOW), { now: NOW + DAY + 1 }, undefined],
    ['of a Domain without a document', OPEN, { resources: [] }, undefined],
  ])('%s', (_what, incident, options, expected) => {
    expect(incident === undefined ? [] : summary(incident, options)).toEqual(expected === undefined ? [] : [expected]);
  });

  it('is acknowledged anew after it has a higher tier', () => {
    const again = acknowledged({ ...escalated(3), status: 'acknowledged', acknowledged_by: 'anna' }, 'ben', NOW + 1);
    expect(again).toMatchObject({ acknowledged_by: 'ben', changed: { to: 'acknowledged', at: iso(NOW + 1) } });
    expect(again === undefined ? undefined : acknowledged(again, 'carl', NOW + 2)).toBe(again);
  });

  it('has one body for webhooks and runbooks, with the members that name the Domain', () => {
    const [alert] = alertsAbout(OPEN);
    expect(alert?.message).toBe('www.example.test: an event renewal_failed opened an incident of tier 2');
    expect(alert?.bodies?.runbook).toEqual(alert?.bodies?.webhook);
    expect(alert?.bodies?.webhook).toEqual({
      source: 'worker-certificates',
      type: 'certificate.incident',
      change: 'opened',
      severity: 'high',
      incidentRoute: 'ticket',
      incidentId: 'inc-1',
      incidentType: 'renewal_failed',
      incidentStatus: 'open',
      tier: 2,
      domainId: 'D-1',
      domain: 'www.example.test',
      tlsMode: 'termination',
      openedAt: iso(NOW - HOUR),
      lastEventAt: iso(NOW - HOUR),
      environment: 'prod',
    });
  });
});
