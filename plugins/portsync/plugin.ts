/** The portsync plugin: ports of SONiC switches and of Linux hosts. */

import { definePlugin, type DeclaredParts, type Desired, type Json } from '#plugin';
import { check, checkTogether } from './check.ts';
import { tables } from './generated.ts';
import { portsIn } from './model/config-db.ts';
import { portKind } from './port/kind.ts';
import { switchKind } from './switch/kind.ts';
import type { PortsyncReader, PortsyncWriter } from './world.ts';

/** The ports of a `config_db.json`. */
function declaredPorts(content: Json, { ref }: Desired): DeclaredParts {
  const { ports, mistakes } = portsIn(content);
  return {
    parts: ports.map(({ name, pointer, spec }) => ({ kind: 'Port', scope: [ref.name], name, pointer, spec })),
    mistakes,
  };
}

/** Loads the code that refreshes and writes on first use: a plan without ports must start at once. */
export const portsync = definePlugin<PortsyncReader, PortsyncWriter>({
  name: 'portsync',
  tables,
  validators: async () => (await import('./generated.validators.js')).validators,
  check,
  checkTogether,
  metrics: async () => (await import('./metrics.ts')).metrics,
  alerts: async () => (await import('./alerts.ts')).switchAlerts,
  files: { pointers: { Switch: '/configDb/file' }, parts: declaredPorts },
  kinds: { Switch: switchKind, Port: portKind },
  watchers: async (scope) => (await import('./watch/watchers.ts')).watchersOf(scope),
  openReader: async (outside) => (await import('./live/world.ts')).openWorld(outside),
  openWriter: async (outside) => (await import('./live/world.ts')).openWorld(outside),
  observe: async (world, query) => (await import('./observe.ts')).observe(world, query),
  discover: async (world, discovery) => (await import('./discover.ts')).discover(world, discovery),
  close: async (world) => world.close(),
  commands: async () => (await import('./daemon/commands.ts')).daemonCommands,
});
