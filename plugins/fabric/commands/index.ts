/** The commands of the plugin: `fettle fabric …`. */

import type { PluginCommand } from '#plugin';
import { alertsAcknowledge, alertsList, alertsResolve, alertsSuppress } from './alerts.ts';
import { maintain } from './maintain.ts';
import { manifest } from './manifest.ts';
import { reconcile, status, sync, test } from './states.ts';
import { watch } from './watch.ts';

export const commands: readonly PluginCommand[] = [
  status,
  test,
  sync,
  reconcile,
  maintain,
  watch,
  manifest,
  alertsList,
  alertsAcknowledge,
  alertsResolve,
  alertsSuppress,
];
