/** Reads `fettle.yaml`: found upward from a folder, held to its schema, with durations in ms and shares as fractions. */

import { basename, dirname, join, relative, resolve } from 'node:path';
import type { FettleConfig } from '../generated.ts';
import { validators as engineValidators } from '../generated.validators.js';
import {
  compareText,
  defined,
  escapePointer,
  isRecord,
  type Json,
  nearest,
  pathMistake,
  type Plugin,
  type Problem,
  instantOf,
} from '#plugin';
import { realpath, stat } from '#plugin/direct-files';
import { type AddressSource, isAddressMistake, isDatabase, readStoreAddress } from '../store-address.ts';
import { readDocuments, type TextDocument, textMistake } from './documents.ts';
import type { PointerMistake } from './explain.ts';
import { echo, shorten } from './mistake.ts';
import { inOrder, located, problemAt, problemOfText, sourceOf } from './problem-in.ts';
import { findConfig } from './find-config.ts';
import { alsoTrusting, type Owners } from '#plugin/owner';
import { sentOutside } from './sent-outside.ts';
import { readText, type Unreadable } from './read-text.ts';
import type { Permission } from '../permission.ts';
import { errorsOf, validPart } from './valid-part.ts';
import { rootOf } from './within-root.ts';
import { secretMistakes, secretsIn } from './secrets.ts';
import { safetyMistakes, safetyOfConfig, type WrittenSafety } from './safety-config.ts';

export interface PluginConfig {
  /** Its part of the configuration, with the defaults of its schema. */
  readonly config: Json;
  /** Its actions that run at once, if the file sets a number. */
  readonly parallelism?: number;
}

/** Known drift of a path, or a known finding, that is not counted until a time; exactly one of `path` and `finding` is set. */
export interface Suppression {
  /** Address or glob. */
  readonly address: string;
  /** JSON pointer into the spec. */
  readonly path?: string;
  /** Code of a finding. */
  readonly finding?: string;
  /** Epoch ms. */
  readonly until: number;
  readonly owner: string;
  readonly reason: string;
}

/** Findings that count only after several refreshes in a row. */
export interface Confirmation {
  /** Address or glob. */
  readonly address: string;
  /** Codes of findings that share one count. */
  readonly findings: readonly string[];
  /** Number of refreshes in a row. */
  readonly after: number;
}

/** The configuration of a project. */
export interface Config {
  /** Scope of the project in a shared store. */
  readonly name: string;
  /** The file says the name; it is not the folder's. */
  readonly nameWritten: boolean;
  /** Files, folders and patterns, relative to `folder`. */
  readonly desired: readonly string[];
  /** The declared store: a database, or a folder, relative to `folder`. */
  readonly store: string;
  /** The source of the store's address. */
  readonly storeFrom: AddressSource | 'default';
  /** Actions that run at once, of all plugins, if the file sets a number. */
  readonly parallelism?: number;
  readonly onDamage: 'stop' | 'recover';
  /** Settings of the plugins that the file names. */
  readonly plugins: Readonly<Record<string, PluginConfig>>;
  /** Plugins that the file configures and that are not loaded: their resources are a gap. */
  readonly unloaded: readonly string[];
  readonly safety: WrittenSafety;
  /** Known drift and findings; `until` in epoch ms, expired entries included. */
  readonly suppress: readonly Suppression[];
  /** Findings that count only after several refreshes in a row. */
  readonly confirm: readonly Confirmation[];
  /** Narrows the rows that `fettle serve` applies by itself; undefined without `serve.apply`. */
  readonly serveApply?: readonly Permission[];
  /** False if `fettle serve` must not watch for changes. */
  readonly serveWatch: boolean;
  /** Absolute; absent without a file. */
  readonly file?: string;
  /** Absolute: the base of relative paths in the configuration. */
  readonly folder: string;
  /** The repository that the folder is part of; else the folder. Absolute. */
  readonly root: string;
  /** Trusted owners of files; the owner of a file that `--config` names is one of them. */
  readonly owners: Owners;
}

export interface ConfigOptions {
  /** Absolute: the search starts here and goes upward. */
  readonly startFolder: string;
  /** A file that must exist, absolute; it replaces the search and is trusted with any owner. */
  readonly explicit?: string;
  readonly owners: Owners;
  /** Absolute: folders, in addition to the repository, whose files may be sent. */
  readonly fileRoots?: readonly string[];
  /** Absolute: the search ends there. */
  readonly home?: string;
  readonly plugins: ReadonlyMap<string, () => Promise<Plugin>>;
  /** Epoch ms: an expired entry is reported and has no effect. */
  readonly now: number;
  /** The store from the environment, which wins over the file: a database, or a folder relative to `startFolder`. */
  readonly store?: string;
}

export interface LoadedConfig {
  /** The configuration; what is valid of it, with defaults for the rest, if there are problems. */
  readonly config: Config;
  readonly problems: readonly Problem[];
  /** The file could be read, and says where the documents are. */
  readonly namesDocuments: boolean;
}

/** A valid name of a project, as in the schema of the configuration. */
export const PROJECT_NAME = /^[A-Za-z0-9._-]{1,63}$/u;

/** The folder's name, as a valid name of a project. */
export function projectName(folder: string): string {
  const plain = basename(folder)
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9._-]+/gu, '-')
    .replace(/^-+|-+$/gu, '')
    .slice(0, 63);
  return plain === '' ? 'project' : plain;
}

type Members = Readonly<Record<string, unknown>>;

/** The place of a configuration, and the files that may be read from there. */
type Place = Pick<Config, 'folder' | 'root' | 'owners' | 'file'>;

async function placeIn(folder: string, owners: Owners, file?: string): Promise<Place> {
  const root = await rootOf(await realpath(folder), owners);
  return defined({ folder, owners, root, file });
}

function unreadable(shown: string, { line = 1, column = 1, ...rest }: Unreadable): Problem {
  return { ...rest, at: { file: shown, line, column }, severity: 'error' };
}

/** Reads the configuration; without a file, the defaults. Mistakes are problems, and never throw. */
export async function loadConfig(options: ConfigOptions): Promise<LoadedConfig> {
  const loaded = await loadWritten(options);
  const { store, startFolder } = options;
  if (store === undefined) return loaded;
  const place = isDatabase(store) ? store : resolve(startFolder, store);
  return { ...loaded, config: { ...loaded.config, store: place, storeFrom: 'environment' } };
}

async function loadWritten(options: ConfigOptions): Promise<LoadedConfig> {
  const { explicit, plugins, now, owners, home } = options;
  const startFolder = await realpath(options.startFolder);
  const found = explicit === undefined ? await findConfig({ startFolder, owners, home }) : { file: explicit };
  if (found === undefined)
    return {
      config: configOf({}, { plugins: {}, unloaded: [] }, await placeIn(options.startFolder, owners), now),
      problems: [],
      namesDocuments: true,
    };
  const { file } = found;
  const owner = explicit === undefined ? undefined : await stat(explicit).catch(() => undefined);
  // The name of a folder is the one that was given, even if it is a link.
  const folder = dirname(file) === startFolder ? options.startFolder : dirname(file);
  const place = await placeIn(
    folder,
    owner === undefined ? owners : alsoTrusting(owners, owner.uid),
    join(folder, basename(file)),
  );
  const fallback = configOf({}, { plugins: {}, unloaded: [] }, place, now);
  const shown = relative(startFolder, file) || file;
  const unusable = (problem: Problem): LoadedConfig => ({
    config: fallback,
    problems: [problem],
    namesDocuments: false,
  });
  if ('problem' in found) return unusable(unreadable(shown, found.problem));
  const read = await readText(file, 'identity' in found ? found.identity : undefined);
  if ('unreadable' in read) return unusable(unreadable(shown, read.unreadable));
  const whole = textMistake(read.text);
  if (whole !== undefined) return unusable(problemOfText(shown, read.text, whole));
  const source = sourceOf(shown, read.text);
  const problems: Problem[] = [];
  let config: Config | undefined;
  let namesDocuments = true;
  for (const document of readDocuments(source.text)) {
    const secrets = document.mistakes.length === 0 ? new Set<number>() : await secretPlaces(document, plugins);
    const mistakes = document.mistakes.filter(
      ({ code, offset }) => code !== 'secret-not-allowed' || !secrets.has(offset),
    );
    for (const mistake of mistakes) problems.push(problemAt(source, mistake));
    if (document.value === undefined) {
      namesDocuments = false;
      break;
    }
    if (document.value === null) continue;
    if (config !== undefined) {
      problems.push(
        problemAt(source, {
          code: 'bad-config',
          message: 'the configuration must be one document; a second one starts here',
          offset: document.start,
        }),
      );
      break;
    }
    const checked = await checkConfig(document, plugins, now, folder, [place.root, ...(options.fileRoots ?? [])]);
    const places = new Set(mistakes.map(({ offset }) => offset));
    const found = checked.mistakes
      .map((mistake) => located(document.root, document.start, mistake))
      .filter(({ offset }) => !places.has(offset));
    problems.push(...found.map((mistake) => problemAt(source, mistake)));
    config = checked.written === undefined ? fallback : configOf(checked.written, checked, place, now);
    namesDocuments = checked.namesDocuments;
  }
  return { config: config ?? fallback, problems: inOrder(problems), namesDocuments };
}

/** Offsets of the values that may name a secret: the address of a database, and the secret fields of plugins. */
async function secretPlaces(
  { root, start, value }: TextDocument,
  loaders: ConfigOptions['plugins'],
): Promise<ReadonlySet<number>> {
  if (!isRecord(value)) return new Set();
  const pointers = isDatabase(value['store']) ? ['/store'] : [];
  const settings = isRecord(value['plugins']) ? value['plugins'] : {};
  for (const [name, written] of Object.entries(settings)) {
    const plugin = await loaders.get(name)?.();
    const within = plugin === undefined ? [] : secretsIn(written, plugin.tables.secrets);
    pointers.push(...within.map(({ pointer }) => `/plugins/${name}${pointer}`));
  }
  return new Set(
    pointers.map((pointer) => located(root, start, { code: '', pointer, at: 'value', message: '' }).offset),
  );
}

/** Tests for the address of something other than a supported database. */
export function isOtherAddress(store: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//iu.test(store) && !isDatabase(store);
}

function storeMistakes(written: Members): readonly PointerMistake[] {
  const { store } = written;
  if (typeof store !== 'string') return [];
  const at = { code: 'bad-config', pointer: '/store', at: 'value' as const };
  if (isOtherAddress(store))
    return [{ ...at, message: 'the store must be a folder or an address like postgres://user@host/database' }];
  if (!isDatabase(store)) {
    const wrong = pathMistake(store, true);
    return wrong === undefined
      ? []
      : [{ ...at, message: `the path of the store ${wrong.message}`, suggestion: wrong.suggestion }];
  }
  const address = readStoreAddress(store, 'file');
  if (isAddressMistake(address)) {
    const { mistake, suggestion } = address;
    return [{ ...at, message: mistake, ...(suggestion === undefined ? {} : { suggestion }) }];
  }
  return Object.hasOwn(written, 'name')
    ? []
    : [{ ...at, message: 'a shared store needs `name`, which keeps projects apart', suggestion: 'add name: …' }];
}

/** The form of a plugin's name, as its spec says. */
const PLUGIN_NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/u;

interface CheckedConfig {
  readonly mistakes: readonly PointerMistake[];
  /** Declared values that the schema accepts. */
  readonly written?: Members;
  readonly plugins: Readonly<Record<string, PluginConfig>>;
  readonly unloaded: readonly string[];
  /** The schema accepts what the file says about the places of the documents. */
  readonly namesDocuments: boolean;
}

async function checkConfig(
  { value }: TextDocument,
  loaders: ConfigOptions['plugins'],
  now: number,
  folder: string,
  roots: readonly string[],
): Promise<CheckedConfig> {
  if (!isRecord(value)) {
    return {
      mistakes: [
        {
          code: 'not-a-mapping',
          pointer: '',
          at: 'value',
          message: `the configuration must be a mapping, not ${echo(value)}`,
        },
      ],
      plugins: {},
      unloaded: [],
      namesDocuments: false,
    };
  }
  const pristine = structuredClone(value);
  const mistakes = [...errorsOf(engineValidators.config, value, '')];
  const part = mistakes.length === 0 ? undefined : validPart(engineValidators.config, pristine, '');
  const written = mistakes.length === 0 ? (pristine as Members) : (part?.value as Members | undefined);
  const namesDocuments = isRecord(written) && Object.hasOwn(written, 'desired') === Object.hasOwn(pristine, 'desired');
  const plugins: Record<string, PluginConfig> = {};
  const unloaded: string[] = [];
  const settings = isRecord(value['plugins']) ? value['plugins'] : {};
  for (const name of Object.keys(settings).sort(compareText)) {
    const pointer = `/plugins/${escapePointer(name)}`;
    const loader = loaders.get(name);
    if (loader === undefined) {
      // A misspelt name of a loaded plugin: nothing else is meant.
      const near = nearest(name, loaders.keys());
      if (PLUGIN_NAME.test(name) && near === undefined) unloaded.push(name);
      else
        mistakes.push({
          code: 'unknown-key',
          pointer,
          at: 'key',
          message: `\`${shorten(name)}\` is not the name of a plugin`,
          ...(near === undefined ? {} : { suggestion: `did you mean \`${near}\`?` }),
        });
      continue;
    }
    if (!isRecord(settings[name])) continue;
    const plugin = await loader();
    const validate = (await plugin.validators())['config'];
    const given = settings[name];
    const isWritten = Object.hasOwn(given, 'parallelism');
    const wrong = validate === undefined ? [] : errorsOf(validate, given, pointer);
    const valid = validate === undefined || wrong.length === 0 ? undefined : validPart(validate, given, pointer);
    mistakes.push(...wrong);
    if (wrong.length > 0 && valid === undefined) continue;
    // The number of parallel actions is for the engine; the plugin does not get it.
    const { parallelism, ...config } = (valid?.value ?? given) as Members & { [key: string]: Json };
    const more = [
      ...settingsMistakes(plugin, config, pointer),
      ...secretMistakes(config, plugin.tables.secrets, pointer),
      ...(await sentOutside(config, plugin.tables.settingPaths, folder, roots)).map(
        ({ pointer: at, text, message }): PointerMistake => ({
          code: 'outside-root',
          pointer: `${pointer}${at}`,
          at: 'value',
          message: `${text} ${message}`,
        }),
      ),
    ];
    mistakes.push(...(valid?.inWhole(more) ?? more));
    plugins[name] = {
      config,
      ...(isWritten && typeof parallelism === 'number' ? { parallelism } : {}),
    };
  }
  if (written === undefined) return { mistakes, plugins, unloaded, namesDocuments };
  const safety = await safetyMistakes(filledOf(written), { loaders, unloaded }, now);
  const permitted = filledOf(written).serve.apply ?? [];
  const more = [
    ...storeMistakes(written),
    ...safety,
    ...(permitted.length === 0
      ? []
      : await (await import('./permissions.ts')).permissionMistakes(permitted, '/serve/apply', loaders)),
  ];
  return { mistakes: [...mistakes, ...(part?.inWhole(more) ?? more)], written, plugins, unloaded, namesDocuments };
}

/** Problems that a plugin's own check finds in its settings, which have passed their schema. */
function settingsMistakes(plugin: Plugin, settings: Json, base: string): readonly PointerMistake[] {
  return (plugin.checkSettings?.(settings) ?? []).map(({ pointer, message, suggestion }) => ({
    code: 'bad-config',
    at: 'value',
    pointer: `${base}${pointer}`,
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
  }));
}

/** The declared values, with the defaults of the schema. */
function filledOf(written: Members): FettleConfig {
  const filled = structuredClone(written);
  engineValidators.config(filled);
  return filled as unknown as FettleConfig;
}

/** The configuration from declared values that have passed the schema. */
function configOf(
  written: Members,
  { plugins, unloaded }: Pick<CheckedConfig, 'plugins' | 'unloaded'>,
  place: Place,
  now: number,
): Config {
  const config = filledOf(written);
  return {
    name: config.name ?? projectName(place.folder),
    nameWritten: config.name !== undefined,
    desired: typeof config.desired === 'string' ? [config.desired] : config.desired,
    store: config.store,
    storeFrom: Object.hasOwn(written, 'store') ? 'file' : 'default',
    ...(config.parallelism === undefined ? {} : { parallelism: config.parallelism }),
    onDamage: config.onDamage,
    plugins,
    unloaded,
    safety: safetyOfConfig(config.safety, now),
    confirm: config.drift.confirm,
    suppress: config.drift.suppress.map(({ until, ...rest }) => ({ ...rest, until: instantOf(until) })),
    ...(config.serve.apply === undefined ? {} : { serveApply: config.serve.apply }),
    serveWatch: config.serve.watch,
    ...place,
  };
}
