/** The composition root: the only file that imports both the engine and the plugins. Plugins are loaded on demand. */

import type { Plugin, SandboxWorld } from '#plugin';
import { installationOf, type InstalledPlugin, installedPlugins } from './installed-plugins.ts';

/** Plugins by the name that documents use (`certificates/v1`). */
export type PluginLoaders = ReadonlyMap<string, () => Promise<Plugin>>;

export const builtinPlugins: PluginLoaders = new Map([
  ['certificates', async () => (await import('../plugins/certificates/plugin.ts')).certificates],
  ['fabric', async () => (await import('../plugins/fabric/plugin.ts')).fabric],
  ['nodes', async () => (await import('../plugins/nodes/plugin.ts')).nodes],
  ['portsync', async () => (await import('../plugins/portsync/plugin.ts')).portsync],
]);

/**
 * The plugins that the environment names. `reserved`: words that no plugin may have as its name. Throws InputError if one
 * cannot be loaded.
 */
export function namedPlugins(
  env: Readonly<Record<string, string | undefined>>,
  reserved: ReadonlySet<string> = new Set(),
): readonly InstalledPlugin[] {
  return installedPlugins(env, () => installationOf(import.meta.dirname), builtinPlugins.keys(), reserved);
}

/** All plugins: the built-in ones, and those that the environment names. Throws InputError if one cannot be loaded. */
export function pluginLoaders(
  env: Readonly<Record<string, string | undefined>>,
  reserved?: ReadonlySet<string>,
): PluginLoaders {
  return new Map([...builtinPlugins, ...namedPlugins(env, reserved).map(({ name, load }) => [name, load] as const)]);
}

/** The emulated worlds for the sandbox, by plugin. */
export const sandboxWorlds: ReadonlyMap<string, () => Promise<SandboxWorld>> = new Map([
  ['certificates', async () => (await import('../plugins/certificates/sandbox.ts')).tlsSandbox],
  ['nodes', async () => (await import('../plugins/nodes/sandbox.ts')).cloudSandbox],
  ['fabric', async () => (await import('../plugins/fabric/sandbox.ts')).fabricSandbox],
  ['portsync', async () => (await import('../plugins/portsync/sandbox.ts')).sonicSandbox],
]);
