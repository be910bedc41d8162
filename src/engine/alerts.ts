/** Alerts: the conditions that each plugin raises about its resources. */

import {
  type Alert,
  alertKey,
  type AlertSettings,
  errorText,
  inAlertOrder,
  type Plugin,
  type Redact,
  type Resource,
  type Scene,
} from '#plugin';
import { soundAlerts } from './guard.ts';

export interface Alerting {
  /** The alerts that hold now, the most urgent first. */
  readonly alerts: readonly Alert[];
  /** The reasons for which the alerts of a plugin are unknown, by plugin. Its earlier alerts may still hold. */
  readonly failures: ReadonlyMap<string, string>;
}

/** The alerts of all plugins. A plugin that fails, or names a resource twice in one class, has none of its own. */
export function alertsOf(
  resources: ReadonlyMap<string, Resource>,
  plugins: ReadonlyMap<string, Plugin>,
  scene: Scene,
  settings: AlertSettings,
  redact: Redact,
): Alerting {
  const all = [...resources.values()];
  const alerts: Alert[] = [];
  const failures = new Map<string, string>();
  for (const [name, plugin] of plugins) {
    if (plugin.alerts === undefined) continue;
    try {
      const own = all.filter(({ ref }) => ref.plugin === name);
      const found = soundAlerts(plugin.alerts(own, scene, settings), plugin.tables, redact);
      const keys = new Set(found.map(alertKey));
      if (keys.size < found.length) throw new Error('a resource has two alerts of one class');
      alerts.push(...found);
    } catch (error) {
      failures.set(name, redact(errorText(error)));
    }
  }
  return { alerts: inAlertOrder(alerts), failures };
}
