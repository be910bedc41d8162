/** A session: what a command that reads documents, memory and the world needs, opened in one place and closed again. */

import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { delimiter, isAbsolute, relative, resolve, sep } from 'node:path';
import { type Config, isOtherAddress, loadConfig, PROJECT_NAME } from '../engine/load/config.ts';
import type { RememberedTexts } from '../engine/load/document-texts.ts';
import { load } from '../engine/load/load.ts';
import { trustedOwners } from '../engine/load/owner.ts';
import { namedFileRoots } from '#plugin/files';
import { repositoryFiles } from '../engine/load/repository-files.ts';
import type { ReadFiles } from '../engine/action.ts';
import {
  type Desired,
  type Facts,
  type Json,
  pathMistake,
  type Plugin,
  type Problem,
  type Redact,
  redactor,
  type Safety,
  secretsOf,
} from '#plugin';
import type { Draft, LogRecord } from '../formats/log-record.ts';
import { emptyRecall, fold, type Recall } from '../engine/remember.ts';
import { isDatabase } from '../engine/store-address.ts';
import type { InstalledPlugin } from '../installed-plugins.ts';
import { namedPlugins, pluginLoaders, type PluginLoaders } from '../plugins.ts';
import type { Shell } from '../shell.ts';
import { openFileStore } from '../store/files/file-store.ts';
import { projectOf } from '../store/files/read-log.ts';
import { checkStoreFolder, realPathOf } from '../store/files/trust-store.ts';
import type { ReadReport, Store } from '../store/store.ts';
import { reader } from '../version.ts';
import { actorOf, ciRun } from './actor.ts';
import { type Flags, overridesOf, UsageError, wantsColor } from './flags.ts';
import { reservedPlaces } from './reserved-places.ts';
import { readSecrets, type WithSecrets } from './secrets.ts';
import { tell, tellProblems } from './tell.ts';

/** Bad documents or a bad configuration; they are printed already. */
export class ProblemsError extends Error {
  override readonly name = 'ProblemsError';
}

/** A configuration and the plugins that it, the documents or the log name. */
export interface Project {
  readonly config: Config;
  readonly loaders: PluginLoaders;
  readonly documents: readonly Desired[];
}

export function loadersOf(shell: Shell): PluginLoaders {
  return shell.plugins ?? fromEnvironment(() => pluginLoaders(shell.env));
}

/** The plugins of other packages that the environment names. Throws UsageError. */
export function namedPluginsOf(shell: Shell): readonly InstalledPlugin[] {
  return fromEnvironment(() => namedPlugins(shell.env));
}

/** The folder that the command works in: `--chdir`, or where it was started. */
export function workFolder(flags: Flags, shell: Shell): string {
  return resolve(shell.cwd(), flags.chdir ?? '.');
}

function report(problems: readonly Problem[], flags: Flags, shell: Shell): void {
  tellProblems(shell, problems, wantsColor(flags, shell));
  if (problems.some(({ severity }) => severity === 'error')) throw new ProblemsError('the documents have problems');
}

/** What the environment says; what it says wrongly is a mistake of usage. */
function fromEnvironment<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Folders that files may be read from whose content is sent: the repository first. */
function fileRoots({ root }: Config, shell: Shell): readonly string[] {
  return [root, ...fromEnvironment(() => namedFileRoots(shell.env))];
}

/** Variables of CI that are put together often have two slashes in a row. */
function oneSlash(path: string): string {
  return path.replaceAll(/\/{2,}/gu, '/');
}

function storeOfEnvironment({ env }: Shell): { readonly store?: string } {
  const store = env['FETTLE_STORE'];
  if (store === undefined || store === '') return {};
  if (isOtherAddress(store))
    throw new UsageError('FETTLE_STORE is neither a folder nor an address like postgres://user@host/database');
  const wrong = isDatabase(store) ? undefined : pathMistake(oneSlash(store), true);
  if (wrong !== undefined) throw new UsageError(`the path in FETTLE_STORE ${wrong.message}`);
  return { store };
}

/** The configuration; throws ProblemsError. */
export async function openConfig(flags: Flags, shell: Shell): Promise<Config> {
  const startFolder = workFolder(flags, shell);
  const found = await stat(startFolder).catch(() => undefined);
  if (found?.isDirectory() !== true)
    throw new UsageError(`--chdir ${flags.chdir ?? startFolder}: there is no such folder`);
  const home = shell.env['HOME'];
  const { config, problems } = await loadConfig({
    startFolder,
    fileRoots: fromEnvironment(() => namedFileRoots(shell.env)),
    owners: fromEnvironment(() => trustedOwners(process.getuid?.(), shell.env)),
    ...(home === undefined || !isAbsolute(home) ? {} : { home }),
    plugins: loadersOf(shell),
    now: shell.now(),
    ...storeOfEnvironment(shell),
    ...(flags.config === undefined ? {} : { explicit: resolve(startFolder, flags.config) }),
  });
  report(problems, flags, shell);
  return withStoredName(config);
}

/** The folder of a store on files; undefined where the store is a database. */
function storeFolder(config: Config): string | undefined {
  return isDatabase(config.store) ? undefined : resolve(config.folder, config.store);
}

async function isInside(folder: string, around: string): Promise<boolean> {
  const way = relative(await realPathOf(around), await realPathOf(folder));
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** A project that does not say its name keeps the one in its own log: its folder may be moved and renamed. */
async function withStoredName(config: Config): Promise<Config> {
  const folder = storeFolder(config);
  if (config.nameWritten || folder === undefined || !(await isInside(folder, config.folder))) return config;
  const name = await projectOf(folder).catch(() => undefined);
  return name === undefined || !PROJECT_NAME.test(name) ? config : { ...config, name };
}

/** Throws where the folder is not to be believed, or does not say whose store it is. */
async function checkedFolder(folder: string, config: Config, shell: Shell): Promise<string> {
  if (!config.nameWritten && !(await isInside(folder, config.folder))) {
    throw new UsageError(
      `the store ${folder} is outside of the project, which has no \`name\` in fettle.yaml: other projects may use the ` +
        `store too, and the name of a folder changes with the checkout. Write name: ${config.name}, or another one`,
    );
  }
  for (const warning of await checkStoreFolder(folder, config.owners)) tell(shell, 'warning', warning);
  return folder;
}

export interface DocumentOptions {
  /** Instead of those that the configuration names. */
  readonly paths?: readonly string[];
  readonly allowEmpty?: boolean;
  /** What memory holds of the texts of documents; without it, every document is parsed, and nothing to be remembered. */
  readonly texts?: RememberedTexts['texts'];
}

/** Configuration and documents; throws ProblemsError. */
export async function openProject(flags: Flags, shell: Shell, options: DocumentOptions = {}): Promise<Project> {
  return openDocuments(await openConfig(flags, shell), flags, shell, options);
}

/** The documents, with all problems printed at once; throws ProblemsError. */
export async function openDocuments(
  config: Config,
  flags: Flags,
  shell: Shell,
  { paths, texts, ...more }: DocumentOptions = {},
): Promise<Project> {
  const from = workFolder(flags, shell);
  const given = paths?.map((path) => (isAbsolute(path) ? path : relative(config.folder, resolve(from, path)) || '.'));
  const loaders = loadersOf(shell);
  const isGiven = given !== undefined && given.length > 0;
  const loaded = await load({
    folder: config.folder,
    paths: isGiven ? given : config.desired,
    plugins: loaders,
    reserved: reservedPlaces(config),
    unloaded: new Set(config.unloaded),
    settings: Object.fromEntries(Object.entries(config.plugins).map(([name, own]) => [name, own.config])),
    // Who runs the command may name any file; the configuration, which a pull request can change, may not.
    ...(isGiven ? {} : { root: config.root }),
    fileRoots: fileRoots(config, shell),
    ...(reader === undefined || texts === undefined ? {} : { remembered: { reader, texts } }),
    ...more,
  });
  report(loaded.problems, flags, shell);
  return { config, loaders, documents: loaded.desired };
}

/**
 * The store that the configuration names: a folder, or a database. No record is read, and nothing connected, yet.
 * Throws where the folder is not to be believed, or a secret would go where the environment does not send it.
 */
export async function openStore(config: Config, shell: Shell): Promise<Store> {
  const run = ciRun(shell.env);
  const options = {
    project: config.name,
    actor: actorOf(shell.env),
    now: shell.now,
    randomId,
    ...(run === undefined ? {} : { run }),
  };
  const folder = storeFolder(config);
  if (folder !== undefined) return openFileStore({ ...options, folder: await checkedFolder(folder, config, shell) });
  // Whoever keeps the log in a folder does not load the driver.
  const { openPostgresStore } = await import('../store/postgres/postgres-store.ts');
  const { targetOf } = await import('../store/postgres/target.ts');
  if (!config.nameWritten)
    throw new UsageError('a shared store needs `name` in fettle.yaml: the name is what keeps projects apart');
  const target = await targetOf(config.store, config.storeFrom === 'environment' ? 'environment' : 'file', shell.env);
  return openPostgresStore({ ...options, target });
}

export function randomId(): string {
  return randomBytes(8).toString('hex');
}

/** All that is remembered, and how sound the log is. */
export async function recallFrom(store: Store): Promise<{ readonly recall: Recall; readonly report: ReadReport }> {
  const recall = emptyRecall();
  const report = await store.read((record) => fold(recall, record));
  return { recall, report };
}

/** Every plugin that the documents or memory name. */
export async function pluginsFor(
  loaders: PluginLoaders,
  documents: readonly Desired[],
  recall: Recall,
): Promise<ReadonlyMap<string, Plugin>> {
  const names = new Set([
    ...documents.map(({ ref }) => ref.plugin),
    ...[...recall.resources.values()].map(({ ref }) => ref.plugin),
  ]);
  const plugins = new Map<string, Plugin>();
  for (const name of [...names].sort()) {
    const load = loaders.get(name);
    if (load !== undefined) plugins.set(name, await load());
  }
  return plugins;
}

/** Brings what older versions of a plugin remembered up to its present schema. */
export function upgradeRecall(recall: Recall, plugins: ReadonlyMap<string, Plugin>): void {
  for (const [address, memory] of recall.resources) {
    const plugin = plugins.get(memory.ref.plugin);
    const version = plugin?.tables.kinds[memory.ref.kind]?.memoryVersion;
    if (version === undefined || version === memory.version) continue;
    if (memory.version > version)
      throw new UsageError(
        `${address} was remembered by a newer version of ${memory.ref.plugin}; use that one, or a newer one`,
      );
    const kept = plugin?.kinds[memory.ref.kind]?.upgrade?.(memory.kept as Facts, memory.version) ?? memory.kept;
    recall.resources.set(address, { ...memory, version, kept });
  }
}

/** The worlds of the plugins, each opened once, at its first use. */
export interface Worlds {
  readonly reader: (plugin: string) => Promise<unknown>;
  readonly writer: (plugin: string) => Promise<unknown>;
  /** Takes out the secrets that this process knows: of the configuration, and of its environment. */
  readonly redact: Redact;
  readonly close: () => Promise<void>;
}

/** The plugin's settings; where none are written, the defaults of its schema. */
async function settingsOf(plugin: Plugin, config: Config): Promise<Json> {
  const written = config.plugins[plugin.name]?.config;
  if (written !== undefined) return written;
  const defaults = {};
  (await plugin.validators()).config?.(defaults);
  return defaults;
}

/** The settings of every plugin, by its name. */
export async function settingsFor(
  plugins: ReadonlyMap<string, Plugin>,
  config: Config,
): Promise<ReadonlyMap<string, Json>> {
  const settings = new Map<string, Json>();
  for (const [name, plugin] of plugins) settings.set(name, await settingsOf(plugin, config));
  return settings;
}

async function openWorld(
  plugin: Plugin,
  access: 'read' | 'write',
  settings: WithSecrets,
  config: Config,
  shell: Shell,
): Promise<unknown> {
  if ('missing' in settings) throw new Error(settings.missing);
  const outside = {
    config: settings.config,
    project: config.name,
    folder: config.folder,
    fileRoots: fileRoots(config, shell),
    env: shell.env,
    now: shell.now,
  };
  return access === 'read' ? plugin.openReader(outside) : plugin.openWriter(outside);
}

/** Reads what the plugins' configurations name as secrets; nothing is connected yet. */
export async function openWorlds(plugins: ReadonlyMap<string, Plugin>, config: Config, shell: Shell): Promise<Worlds> {
  const settings = new Map<string, WithSecrets>();
  for (const [name, plugin] of plugins)
    settings.set(
      name,
      await readSecrets(await settingsOf(plugin, config), plugin.tables.secrets, {
        folder: config.folder,
        roots: fileRoots(config, shell),
        env: shell.env,
      }),
    );
  const open = new Map<string, { readonly plugin: Plugin; readonly world: Promise<unknown> }>();
  const get = (name: string, access: 'read' | 'write'): Promise<unknown> => {
    const known = open.get(`${access} ${name}`);
    if (known !== undefined) return known.world;
    const plugin = plugins.get(name);
    const given = settings.get(name);
    if (plugin === undefined || given === undefined)
      return Promise.reject(new Error(`this fettle has no plugin ${name}`));
    const world = openWorld(plugin, access, given, config, shell);
    open.set(`${access} ${name}`, { plugin, world });
    return world;
  };
  return {
    reader: (name) => get(name, 'read'),
    writer: (name) => get(name, 'write'),
    redact: redactorFor(
      config,
      shell,
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

/** Reads the files of a project that its steps use. */
export function filesFor(config: Config, shell: Shell): ReadFiles {
  const { folder, root, store } = config;
  return repositoryFiles({
    folder,
    root,
    sendable: fileRoots(config, shell),
    searched: shell.env['PATH']?.split(delimiter).map((entry) => resolve(folder, entry)) ?? [],
    volatile: isDatabase(store) ? [] : [resolve(folder, store)],
  });
}

/** The limits of one run: what the configuration says, laid out for now, and what the command line adds. */
export async function safetyOf(config: Config, flags: Flags, now: number): Promise<Safety> {
  const { overrides, ...given } = overridesOf(flags);
  const { freeze: rules, ...written } = config.safety;
  const freeze = rules.length === 0 ? [] : (await import('../engine/load/freeze.ts')).freezeWindows(rules, now);
  return { ...written, ...given, freeze, freezeRules: rules, overrides: [...written.overrides, ...overrides] };
}

/** Takes out the secrets of the environment, and those that were read for the configuration. */
export function redactorFor(config: Config, shell: Shell, secrets: readonly string[] = []): Redact {
  const named = [...config.store.matchAll(/\$\{env:([^}]*)\}/gu)].flatMap(([, name]) => name ?? []);
  return redactor([...secretsOf(shell.env, named), ...secrets]);
}

/** Takes records into memory without writing them: what `plan` does where `apply` appends. */
export function rememberOnly(
  recall: Recall,
  now: () => number,
): (drafts: readonly Draft[]) => Promise<readonly LogRecord[]> {
  return async (drafts) => {
    const records = drafts.map(
      (draft): LogRecord => ({ ...draft, seq: 0, time: new Date(now()).toISOString(), actor: '', prev: '', hash: '' }),
    );
    for (const record of records) fold(recall, record);
    return records;
  };
}
