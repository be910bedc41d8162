/** A project: its configuration and documents. Environment, clock and plugins are arguments. */

import { isAbsolute, relative } from 'node:path';
import { type Config, isOtherAddress, loadConfig, type LoadedConfig, PROJECT_NAME } from '../engine/load/config.ts';
import type { RememberedTexts } from '../engine/load/document-texts.ts';
import { type Loaded, load } from '../engine/load/load.ts';
import { trustedOwners } from '#plugin/owner';
import { stat } from '#plugin/direct-files';
import { namedFileRoots } from '#plugin/files';
import { type Desired, InputError, pathMistake, type Problem } from '#plugin';
import { isDatabase } from '../engine/store-address.ts';
import type { PluginLoaders } from '../plugins.ts';
import { projectOf } from '../store/files/read-log.ts';
import type { Store } from '../store/store.ts';
import { reader } from '../version.ts';
import type { Listener } from './events.ts';
import { reservedPlaces } from './reserved-places.ts';
import { isInside, storeFolder } from './stores.ts';

/** The environment that a project runs in. Two hosts in one process share no state. */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Epoch ms. */
  readonly now: () => number;
  /** Milliseconds of a monotonic clock. */
  readonly elapsed: () => number;
  /** A new random id for each call, for runs, locks and temporary files. */
  readonly randomId: () => string;
  /** The user's id; undefined if the operating system does not have user ids. */
  readonly uid: number | undefined;
  /** The actor, for the log: `alice@laptop`, or in CI `octocat (unverified) runner@vm https://…`. */
  readonly actor: string;
  readonly plugins: PluginLoaders;
  readonly openStore: OpenStore;
  /** Counts for the metrics of plugins. Present in the rounds of a daemon. */
  readonly count?: (plugin: string, metric: string, labels: Readonly<Record<string, string>>) => void;
}

/** Opens the store that a configuration names. Reads no record, and does not connect yet. */
export type OpenStore = (workspace: Workspace, say: Listener) => Promise<Store>;

/** The location of the configuration. */
export interface Source {
  /** Absolute path of the folder in which the search for `fettle.yaml` starts; it continues upward. */
  readonly folder: string;
  /** Absolute path of the configuration file, instead of a search. */
  readonly config?: string | undefined;
}

/** A configuration and its host. */
export interface Workspace {
  readonly host: Host;
  readonly config: Config;
  /** Documents that are used instead of those in the files: the last valid ones. */
  readonly kept?: { readonly documents: readonly Desired[]; readonly setAside: readonly Problem[] };
}

/** A workspace with its documents. */
export interface Project extends Workspace {
  readonly documents: readonly Desired[];
  /** Documents of plugins that are not loaded, as warnings with their places. */
  readonly setAside: readonly Problem[];
}

/** Thrown for invalid documents or an invalid configuration. */
export class ProblemsError extends InputError {
  override readonly name = 'ProblemsError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super('the documents or the configuration have problems');
    this.problems = problems;
  }
}

function report(problems: readonly Problem[], say: Listener): void {
  if (problems.some(({ severity }) => severity === 'error')) throw new ProblemsError(problems);
  if (problems.length > 0) say({ type: 'problems', problems });
}

/** Folders from which the content of files may be read and sent: the repository first. */
export function fileRoots({ host, config }: Workspace): readonly string[] {
  return [config.root, ...namedFileRoots(host.env)];
}

/** Collapses repeated slashes: concatenated CI variables often have them. */
function oneSlash(path: string): string {
  return path.replaceAll(/\/{2,}/gu, '/');
}

function storeOfEnvironment({ env }: Host): { readonly store?: string } {
  const store = env['FETTLE_STORE'];
  if (store === undefined || store === '') return {};
  if (isOtherAddress(store))
    throw new InputError('FETTLE_STORE is neither a folder nor an address like postgres://user@host/database');
  const wrong = isDatabase(store) ? undefined : pathMistake(oneSlash(store), true);
  if (wrong !== undefined) throw new InputError(`the path in FETTLE_STORE ${wrong.message}`);
  return { store };
}

async function readConfig(host: Host, { folder, config: explicit }: Source): Promise<LoadedConfig> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() !== true) throw new InputError(`folder ${folder} does not exist`);
  const home = host.env['HOME'];
  return loadConfig({
    startFolder: folder,
    fileRoots: namedFileRoots(host.env),
    owners: trustedOwners(host.uid, host.env),
    ...(home === undefined || !isAbsolute(home) ? {} : { home }),
    plugins: host.plugins,
    now: host.now(),
    ...storeOfEnvironment(host),
    ...(explicit === undefined ? {} : { explicit }),
  });
}

/** Reads the configuration. Throws ProblemsError. */
export async function openWorkspace(host: Host, source: Source, say: Listener): Promise<Workspace> {
  const { config, problems } = await readConfig(host, source);
  report(problems, say);
  return { host, config: await withStoredName(config) };
}

/** Takes the project's name from its own log if the configuration has no name: the folder may be moved and renamed. */
async function withStoredName(config: Config): Promise<Config> {
  const folder = storeFolder(config);
  if (config.nameWritten || folder === undefined || !(await isInside(folder, config.folder))) return config;
  const name = await projectOf(folder).catch(() => undefined);
  return name === undefined || !PROJECT_NAME.test(name) ? config : { ...config, name };
}

export interface DocumentOptions {
  /** Absolute paths and globs, instead of those in the configuration. */
  readonly paths?: readonly string[] | undefined;
  readonly allowEmpty?: boolean;
  /** Recorded texts of documents. Absent: every document is parsed, and no text is recorded. */
  readonly texts?: RememberedTexts['texts'];
}

async function loadDocuments(
  workspace: Workspace,
  { paths = [], texts, ...more }: DocumentOptions = {},
): Promise<Loaded> {
  const { host, config } = workspace;
  const given = paths.map((path) => relative(config.folder, path) || '.');
  const isGiven = given.length > 0;
  const loaded = await load({
    folder: config.folder,
    paths: isGiven ? given : config.desired,
    plugins: host.plugins,
    reserved: reservedPlaces(config),
    settings: Object.fromEntries(Object.entries(config.plugins).map(([name, own]) => [name, own.config])),
    // The command line may name any file. The configuration, which a pull request can change, must not.
    ...(isGiven ? {} : { root: config.root }),
    unloaded: new Set(config.unloaded),
    fileRoots: fileRoots(workspace),
    ...(reader === undefined || texts === undefined ? {} : { remembered: { reader, texts } }),
    ...more,
  });
  return config.file !== undefined || isGiven ? loaded : { ...loaded, problems: loaded.problems.map(withoutConfig) };
}

/** The problem of a folder without documents, in a folder without a configuration: probably another one was meant. */
function withoutConfig(problem: Problem): Problem {
  if (problem.code !== 'no-files' && problem.code !== 'empty-desired') return problem;
  return {
    ...problem,
    message: `${problem.message}, and neither this folder nor one above it has a fettle.yaml`,
    suggestion: 'run in the folder of a project, name one with --chdir, or create one: fettle init',
  };
}

/** Reads the documents, or takes the kept ones. Throws ProblemsError, with all problems at once. */
export async function openDocuments(
  workspace: Workspace,
  say: Listener,
  options: DocumentOptions = {},
): Promise<Project> {
  const { kept } = workspace;
  if (kept !== undefined) {
    say({ type: 'documents-read', documents: kept.documents, isKept: true });
    return { ...workspace, ...kept };
  }
  const { desired, problems, setAside } = await loadDocuments(workspace, options);
  report(problems, say);
  say({ type: 'documents-read', documents: desired, isKept: false });
  return { ...workspace, documents: desired, setAside };
}

/** Reads configuration and documents. Throws ProblemsError, with the problems of both. */
export async function openProject(
  host: Host,
  source: Source,
  say: Listener,
  options: DocumentOptions = {},
): Promise<Project> {
  const { config, problems, namesDocuments } = await readConfig(host, source);
  const workspace = { host, config: await withStoredName(config) };
  if (!namesDocuments && (options.paths ?? []).length === 0) report(problems, say);
  const loaded = await loadDocuments(workspace, options);
  report([...problems, ...loaded.problems], say);
  return { ...workspace, documents: loaded.desired, setAside: loaded.setAside };
}
