/** Alerts of a fabric that are delivered: active ones from medium severity on. */

import { expect, test } from 'vitest';
import { fabricAlerts } from '../../../plugins/fabric/alerts/raised.ts';
import { fabric } from '../../../plugins/fabric/plugin.ts';
import { kindIn } from '../../../src/engine/match.ts';
import { type Facts, type Resource, resourceOf } from '#plugin';
import { alertRound } from '../../support/scene.ts';

const SINCE = '2026-11-20T08:00:00.000Z';

function object(name: string, alerts: Facts): Resource {
  const known = kindIn(fabric, 'VPC');
  if (known === undefined) throw new Error('no kind VPC');
  const ref = { plugin: 'fabric', kind: 'VPC', scope: ['prod', 'default'], name };
  const memory = { ref, version: 1, kept: { alerts } };
  return resourceOf({ ref, ...known, desired: undefined, memory, sight: { is: 'absent' }, settings: {} });
}

const alert = {
  id: 'a1',
  status: 'active',
  severity: 'high',
  since: SINCE,
  condition: 'sha256:c',
  message: 'the words',
};

test('only active alerts of medium severity or more are raised', () => {
  const raised = fabricAlerts(
    alertRound([
      object('a', { sync_failure: alert, drift_detected: { ...alert, severity: 'medium', score: 0.6 } }),
      object('b', { drift_detected: { ...alert, severity: 'low', score: 0.1 } }),
      object('c', {
        sync_failure: { ...alert, status: 'acknowledged' },
        validation_error: { ...alert, status: 'resolved' },
      }),
      object('d', { orphaned_resource: { ...alert, severity: 'critical' } }),
    ]),
  );
  expect(raised.map(({ class: named, ref, severity, route }) => [ref.name, named, severity, route].join(' '))).toEqual([
    'a sync_failure high ticket',
    'a drift_detected medium ticket',
    'd orphaned_resource critical page',
  ]);
  expect(raised[1]).toMatchObject({
    message: 'the words',
    facts: { alert_id: 'a1', score: 0.6 },
    since: Date.parse(SINCE),
  });
});
