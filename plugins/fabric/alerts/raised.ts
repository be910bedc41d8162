/**
 * The alerts of a fabric that are due to somebody: recorded ones that are active. One of low severity is left to the
 * plan, an acknowledged one has somebody, and a closed one is over. Pure.
 */

import { type Alert, defined, type Facts, instantOf, type RaiseAlerts, type Resource, usualRoute } from '#plugin';
import { type Alerts, entriesOf } from './record.ts';

function alertsOfResource({ ref, memory }: Resource): readonly Alert[] {
  const recorded = memory?.kept['alerts'] as unknown as Alerts | undefined;
  return entriesOf(recorded)
    .filter(([, { status, severity }]) => status === 'active' && severity !== 'low')
    .map(([type, { id, severity, since, message, score }]) => ({
      class: type,
      ref,
      severity,
      route: usualRoute(severity),
      message,
      facts: defined<Facts>({ alert_id: id, score }),
      since: instantOf(since),
    }));
}

export const fabricAlerts: RaiseAlerts = ({ resources }) => resources.flatMap(alertsOfResource);
