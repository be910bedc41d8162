/** The composition root: the one file that knows both the engine and the plugins. Each is loaded when it is needed. */

import type { Plugin, SandboxWorld } from '#plugin';
import { installationOf, type InstalledPlugin, installedPlugins } from './installed-plugins.ts';

/** Plugins by the name that documents use (`certificates/v1`). */
export type PluginLoaders = ReadonlyMap<string, () => Promise<Plugin>>;

export const builtinPlugins: PluginLoaders = new Map([
  ['certificates', async () => (await import('../plugins/certificates/plugin.ts')).certificates],
  ['nodes', async () => (await import('../plugins/nodes/plugin.ts')).nodes],
]);

/** The plugins that the environment names. Throws where one of them cannot be had. */
export function namedPlugins(env: Readonly<Record<string, string | undefined>>): readonly InstalledPlugin[] {
  return installedPlugins(env, () => installationOf(import.meta.dirname), builtinPlugins.keys());
}

/** All plugins: those that fettle comes with, and those that the environment names. Throws where one cannot be had. */
export function pluginLoaders(env: Readonly<Record<string, string | undefined>>): PluginLoaders {
  return new Map([...builtinPlugins, ...namedPlugins(env).map(({ name, load }) => [name, load] as const)]);
}

/** The emulated worlds, by plugin. */
export const sandboxWorlds: ReadonlyMap<string, () => Promise<SandboxWorld>> = new Map([
  ['certificates', async () => (await import('../plugins/certificates/sandbox.ts')).tlsSandbox],
  ['nodes', async () => (await import('../plugins/nodes/sandbox.ts')).cloudSandbox],
]);
