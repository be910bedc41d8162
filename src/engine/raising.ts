/** Loads the alerts of plugins. */

import type { Plugin } from '#plugin';
import type { Raising } from './alerts.ts';

/** The loaded alerts of the plugins that have some. */
export async function raisingPlugins(plugins: ReadonlyMap<string, Plugin>): Promise<ReadonlyMap<string, Raising>> {
  const raising = new Map<string, Raising>();
  for (const [name, plugin] of plugins) {
    const raise = await plugin.alerts?.();
    if (raise !== undefined) raising.set(name, { tables: plugin.tables, raise });
  }
  return raising;
}
