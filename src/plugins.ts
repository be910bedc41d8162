/** The composition root: the one file that knows both the engine and the plugins. Each is loaded when it is needed. */

import type { Plugin, SandboxWorld } from '#plugin';

/** Plugins by the name that documents use (`certificates/v1`). */
export type PluginLoaders = ReadonlyMap<string, () => Promise<Plugin>>;

export const builtinPlugins: PluginLoaders = new Map([
  ['certificates', async () => (await import('../plugins/certificates/plugin.ts')).certificates],
  ['nodes', async () => (await import('../plugins/nodes/plugin.ts')).nodes],
]);

/** The emulated worlds, by plugin. */
export const sandboxWorlds: ReadonlyMap<string, () => Promise<SandboxWorld>> = new Map([
  ['certificates', async () => (await import('../plugins/certificates/sandbox.ts')).tlsSandbox],
  ['nodes', async () => (await import('../plugins/nodes/sandbox.ts')).cloudSandbox],
]);
