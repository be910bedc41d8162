/** Alerts: the conditions that each plugin raises about its resources. */

import {
  type Alert,
  alertKey,
  type AlertRound,
  errorText,
  inAlertOrder,
  type PluginTables,
  type RaiseAlerts,
  type Redact,
} from '#plugin';
import { soundAlerts } from './guard.ts';
import type { Reconciled } from './reconcile.ts';

export interface Alerting {
  /** The alerts that hold now, the most urgent first. */
  readonly alerts: readonly Alert[];
  /** The reasons for which the alerts of a plugin are unknown, by plugin. Its earlier alerts may still hold. */
  readonly failures: ReadonlyMap<string, string>;
}

/** The loaded alerts of a plugin. */
export interface Raising {
  readonly tables: PluginTables;
  readonly raise: RaiseAlerts;
}

/** The judged resources of a run. */
export type Judged = Pick<Reconciled, 'resources' | 'scene' | 'changes' | 'actions'>;

/** The alerts of all plugins. A plugin that fails, or returns an alert twice, has none of its own. */
export function alertsOf(
  { resources, scene: before, changes, actions }: Judged,
  plugins: ReadonlyMap<string, Raising>,
  known: Pick<AlertRound, 'ledger' | 'settings'>,
  redact: Redact,
): Alerting {
  const all = [...resources.values()];
  const round = { ...known, scene: { ...before, changes, judged: actions } };
  const alerts: Alert[] = [];
  const failures = new Map<string, string>();
  for (const [name, { tables, raise }] of plugins) {
    try {
      const own = all.filter(({ ref }) => ref.plugin === name);
      const found = soundAlerts(raise({ ...round, resources: own }), tables, redact);
      const keys = new Set(found.map(alertKey));
      if (keys.size < found.length) throw new Error('a resource has two alerts of one class');
      alerts.push(...found);
    } catch (error) {
      failures.set(name, redact(errorText(error)));
    }
  }
  return { alerts: inAlertOrder(alerts), failures };
}
