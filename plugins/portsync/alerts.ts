/** Alerts about Switches: the rules that fire in the daemon of the switch, for a Switch that fettle runs on. Pure. */

import { type RaiseAlerts, seenSignals, usualRoute } from '#plugin';
import { tables } from './generated.ts';
import { Switch } from './kinds.ts';

/** The names of firing rules, from the signals of a Switch. */
export interface DaemonSignals {
  readonly firing_rules: readonly string[];
}

export const switchAlerts: RaiseAlerts = ({ resources }) =>
  Switch.among(resources).flatMap((resource) => {
    const { firing_rules: firing = [] } = (seenSignals(resource) ?? {}) as unknown as Partial<DaemonSignals>;
    // The daemon can be of a later version, with further rules.
    return tables.alerts
      .filter((each) => firing.includes(each.class))
      .map(({ class: named, severities: [severity], text }) => ({
        class: named,
        ref: resource.ref,
        severity,
        route: usualRoute(severity),
        message: `${resource.ref.name}: ${text.replace(/\.$/u, '')}`,
        facts: { rule: named },
      }));
  });
