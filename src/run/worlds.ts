/** Worlds of plugins: the plugins that a run needs, their settings and secrets. Opens each world once. */

import { delimiter, resolve } from 'node:path';
import { repositoryFiles } from '../engine/load/repository-files.ts';
import type { Config } from '../engine/load/config.ts';
import type { ReadFiles } from '../engine/action.ts';
import {
  type Desired,
  type Facts,
  InputError,
  type Json,
  type Plugin,
  type Redact,
  redactor,
  type Safety,
  secretsOf,
} from '#plugin';
import type { Recall } from '../engine/remember.ts';
import { isDatabase } from '../engine/store-address.ts';
import { fileRoots, type Workspace } from './project.ts';
import { readSecrets, type WithSecrets } from './secrets.ts';
import type { Passes } from './selection.ts';

/** The plugins that documents or the state name. */
export async function pluginsFor(
  { host }: Workspace,
  documents: readonly Desired[],
  recall: Recall,
): Promise<ReadonlyMap<string, Plugin>> {
  const names = new Set([
    ...documents.map(({ ref }) => ref.plugin),
    ...[...recall.resources.values()].map(({ ref }) => ref.plugin),
  ]);
  const plugins = new Map<string, Plugin>();
  for (const name of [...names].sort()) {
    const load = host.plugins.get(name);
    if (load !== undefined) plugins.set(name, await load());
  }
  return plugins;
}

/** Upgrades resources that older versions of a plugin recorded to its present schema. */
export function upgradeRecall(recall: Recall, plugins: ReadonlyMap<string, Plugin>): void {
  for (const [address, memory] of recall.resources) {
    const plugin = plugins.get(memory.ref.plugin);
    const version = plugin?.tables.kinds[memory.ref.kind]?.memoryVersion;
    if (version === undefined || version === memory.version) continue;
    if (memory.version > version)
      throw new InputError(
        `${address} was recorded by a newer version of plugin ${memory.ref.plugin}. Upgrade the plugin`,
      );
    const kept = plugin?.kinds[memory.ref.kind]?.upgrade?.(memory.kept as Facts, memory.version) ?? memory.kept;
    recall.resources.set(address, { ...memory, version, kept });
  }
}

/** The worlds of the plugins, each opened at its first use. */
export interface Worlds {
  readonly reader: (plugin: string) => Promise<unknown>;
  readonly writer: (plugin: string) => Promise<unknown>;
  /** Redacts the secrets of the configuration and of the environment. */
  readonly redact: Redact;
  readonly close: () => Promise<void>;
}

/** A configuration, and the host that reads it. */
type Configured = Pick<Workspace, 'config'> & { readonly host: Pick<Workspace['host'], 'env'> };

/** The plugin's settings, by default those of its schema, with the variables of the host. */
async function settingsOf(plugin: Plugin, { config, host }: Configured): Promise<Json> {
  const settings: Json = config.plugins[plugin.name]?.config ?? {};
  if (config.plugins[plugin.name]?.config === undefined) (await plugin.validators()).config?.(settings);
  return plugin.onHost?.(settings, host.env) ?? settings;
}

/** The settings of every plugin, by name. */
export async function settingsFor(
  plugins: ReadonlyMap<string, Plugin>,
  configured: Configured,
): Promise<ReadonlyMap<string, Json>> {
  const settings = new Map<string, Json>();
  for (const [name, plugin] of plugins) settings.set(name, await settingsOf(plugin, configured));
  return settings;
}

async function openWorld(
  plugin: Plugin,
  access: 'read' | 'write',
  settings: WithSecrets,
  workspace: Workspace,
): Promise<unknown> {
  const isWithout = plugin.secretsFor === 'writer' && access === 'read';
  const { host, config } = workspace;
  const { count } = host;
  const outside = {
    config: isWithout ? await settingsOf(plugin, workspace) : settings.config,
    project: config.name,
    folder: config.folder,
    fileRoots: fileRoots(workspace),
    env: host.env,
    now: host.now,
    ...(count === undefined
      ? {}
      : {
          count: (metric: string, labels: Readonly<Record<string, string>>) => count(plugin.name, metric, labels),
        }),
  };
  return access === 'read' ? plugin.openReader(outside) : plugin.openWriter(outside);
}

/** Reads the secrets that the plugins' configurations name. Does not connect yet. */
export async function openWorlds(plugins: ReadonlyMap<string, Plugin>, workspace: Workspace): Promise<Worlds> {
  const { host, config } = workspace;
  const settings = new Map<string, WithSecrets>();
  for (const [name, plugin] of plugins)
    settings.set(
      name,
      await readSecrets(await settingsOf(plugin, workspace), plugin.tables.secrets, {
        folder: config.folder,
        roots: fileRoots(workspace),
        env: host.env,
      }),
    );
  const open = new Map<string, { readonly plugin: Plugin; readonly world: Promise<unknown> }>();
  const get = (name: string, access: 'read' | 'write'): Promise<unknown> => {
    const known = open.get(`${access} ${name}`);
    if (known !== undefined) return known.world;
    const plugin = plugins.get(name);
    const given = settings.get(name);
    if (plugin === undefined || given === undefined) return Promise.reject(new Error(`plugin ${name} was not found`));
    const world = openWorld(plugin, access, given, workspace);
    open.set(`${access} ${name}`, { plugin, world });
    return world;
  };
  return {
    reader: (name) => get(name, 'read'),
    writer: (name) => get(name, 'write'),
    redact: redactorFor(
      workspace,
      [...settings.values()].flatMap(({ secrets }) => secrets),
    ),
    close: async () => {
      for (const { plugin, world } of open.values()) {
        const opened = await world.catch(() => undefined);
        if (opened !== undefined) await plugin.close?.(opened);
      }
    },
  };
}

/** A reader of the project's files for its steps. */
export function filesFor(workspace: Workspace): ReadFiles {
  const { host } = workspace;
  const { folder, root, store } = workspace.config;
  return repositoryFiles({
    folder,
    root,
    sendable: fileRoots(workspace),
    searched: host.env['PATH']?.split(delimiter).map((entry) => resolve(folder, entry)) ?? [],
    volatile: isDatabase(store) ? [] : [resolve(folder, store)],
  });
}

/** The limits of one run: those of the configuration at `now` (epoch ms), and those of the command line. */
export async function safetyOf(config: Config, { overrides = [], maxRemovals }: Passes, now: number): Promise<Safety> {
  const { freeze: rules, ...written } = config.safety;
  const freeze = rules.length === 0 ? [] : (await import('#plugin/windows')).windowsAround(rules, now);
  return {
    ...written,
    ...(maxRemovals === undefined ? {} : { maxRemovals }),
    freeze,
    freezeRules: rules,
    overrides: [...written.overrides, ...overrides],
  };
}

/** Names of the variables in the address of the store. */
export function storeVariables({ store }: Workspace['config']): readonly string[] {
  return [...store.matchAll(/\$\{env:([^}]*)\}/gu)].flatMap(([, name]) => name ?? []);
}

/** Redacts the secrets of the environment, and those that were read for the configuration. */
export function redactorFor({ host, config }: Workspace, secrets: readonly string[] = []): Redact {
  return redactor([...secretsOf(host.env, storeVariables(config)), ...secrets]);
}
