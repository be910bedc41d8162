/**
 * Plugins of other packages: loaded only where `FETTLE_PLUGINS` names them, and only from the installation that fettle
 * itself runs from.
 *
 * `plan` runs the code of a plugin with the rights and secrets of whoever runs it, and the author of a pull request can
 * write every file of the project. So nothing of the project says what is loaded, nor from where: the environment gives
 * the names of packages, and each is the folder of that name in the `node_modules` in which fettle lies itself. A link
 * that leads out of there is refused. No search goes up from the project's folder, and `NODE_PATH` means nothing.
 */

import { readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { errorText, InputError, type Plugin } from '#plugin';

/** Names the packages to load, between commas. */
export const PLUGINS = 'FETTLE_PLUGINS';

/** A plugin that `FETTLE_PLUGINS` gives. */
export interface InstalledPlugin {
  /** As documents and `fettle.yaml` name it. */
  readonly name: string;
  readonly package: string;
  readonly version: string;
  readonly load: () => Promise<Plugin>;
}

const PACKAGE_NAME = /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/u;
const PLUGIN_NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/u;

/** The `package.json` of a folder; undefined where none can be read. */
function packageAt(folder: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

/** The `node_modules` in which the package of a file lies; of a checkout of fettle, its own. Links are followed first. */
export function installationOf(folder: string): string {
  let root = realpathSync(folder);
  while (packageAt(root)?.['name'] !== 'fettle') {
    if (dirname(root) === root) throw new InputError(`${folder} does not belong to an installation of fettle`);
    root = dirname(root);
  }
  return basename(dirname(root)) === 'node_modules' ? dirname(root) : join(root, 'node_modules');
}

/** The real path of something in a folder; undefined where nothing is there, or a link leads out of the folder. */
function realInside(path: string, folder: string): string | undefined {
  try {
    const real = realpathSync(path);
    return real.startsWith(`${realpathSync(folder)}${sep}`) ? real : undefined;
  } catch {
    return undefined;
  }
}

interface Declared {
  readonly name: string;
  readonly file: string;
}

/** What `"fettle": { "NAME": "./file.js" }` of a package declares. */
function declaredIn(about: Readonly<Record<string, unknown>>, folder: string): readonly Declared[] | string {
  const { fettle } = about;
  const entries = typeof fettle === 'object' && fettle !== null ? Object.entries(fettle) : [];
  if (entries.length === 0) return 'has no "fettle" in its package.json, which would name its plugins';
  const found: Declared[] = [];
  for (const [name, file] of entries) {
    if (!PLUGIN_NAME.test(name)) return `declares a plugin whose name is not valid: ${JSON.stringify(name)}`;
    const real = typeof file === 'string' ? realInside(join(folder, file), folder) : undefined;
    if (real === undefined) return `declares the plugin ${name}, and the package holds no such file`;
    found.push({ name, file: real });
  }
  return found;
}

function loadPlugin(name: string, file: string, from: string): Plugin {
  let plugin: unknown;
  try {
    // Not `import()`: in the bundle, which is a script to V8, Node.js calls that experimental.
    const { createRequire } = process.getBuiltinModule('node:module');
    ({ plugin } = createRequire(file)(file) as { readonly plugin?: unknown });
  } catch (error) {
    throw new InputError(`${PLUGINS}: ${from} cannot be loaded: ${errorText(error)}`, { cause: error });
  }
  const found = plugin as Partial<Plugin> | undefined;
  if (found?.name !== name || found.tables?.name !== name)
    throw new InputError(`${PLUGINS}: ${from} does not export a \`plugin\` that is called ${name}`);
  return found as Plugin;
}

/**
 * The plugins that the environment names, by package in the order of the list. Their code is loaded when they are used.
 * Throws where a name is not that of a package of the installation, and where a plugin takes a name that is in use.
 */
export function installedPlugins(
  env: Readonly<Record<string, string | undefined>>,
  installation: () => string,
  builtin: Iterable<string>,
): readonly InstalledPlugin[] {
  const packages = [...new Set((env[PLUGINS] ?? '').split(',').map((each) => each.trim()))].filter(
    (each) => each !== '',
  );
  const owners = new Map([...builtin].map((name) => [name, 'fettle']));
  return packages.flatMap((name) => {
    if (!PACKAGE_NAME.test(name))
      throw new InputError(`${PLUGINS}: ${JSON.stringify(name)} is not the name of a package`);
    const modules = installation();
    const folder = realInside(join(modules, name), modules);
    const about = folder === undefined ? undefined : packageAt(folder);
    if (folder === undefined || about === undefined || about['name'] !== name)
      throw new InputError(
        `${PLUGINS}: the package ${name} is not installed in ${modules}. Install it there, next to fettle; a link that leads out of there does not count`,
      );
    const declared = declaredIn(about, folder);
    if (typeof declared === 'string') throw new InputError(`${PLUGINS}: ${name} ${declared}`);
    return declared.map(({ name: plugin, file }) => {
      const owner = owners.get(plugin);
      if (owner !== undefined)
        throw new InputError(`${PLUGINS}: ${name} declares the plugin ${plugin}, which ${owner} has`);
      owners.set(plugin, name);
      const version = typeof about['version'] === 'string' ? about['version'] : '';
      return { name: plugin, package: name, version, load: async () => loadPlugin(plugin, file, name) };
    });
  });
}
