/**
 * Plugins of other packages: only loaded if `FETTLE_PLUGINS` names them, and only from the installation that fettle
 * runs from.
 *
 * `plan` runs the code of a plugin with the rights and secrets of its user, and the author of a pull request can write
 * every file of the project. Therefore, no file of the project decides which plugin is loaded, or from where. The
 * environment has the names of packages, and each package is the folder of that name in the `node_modules` that
 * contains fettle. A link that leads out of it is refused. The project's folder is not searched, and `NODE_PATH` is
 * ignored.
 */

import { readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { errorText, InputError, type Plugin } from '#plugin';

/** The variable with the packages to load, separated by commas. */
export const PLUGINS = 'FETTLE_PLUGINS';

/** A plugin of a package in `FETTLE_PLUGINS`. */
export interface InstalledPlugin {
  /** The name in documents and `fettle.yaml`. */
  readonly name: string;
  readonly package: string;
  readonly version: string;
  readonly load: () => Promise<Plugin>;
}

const PACKAGE_NAME = /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/u;
const PLUGIN_NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/u;

/** The `package.json` of a folder; undefined if it cannot be read. */
function packageAt(folder: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

/** The `node_modules` that contains fettle; of a checkout, its own. Links are resolved first. */
export function installationOf(folder: string): string {
  let root = realpathSync(folder);
  while (packageAt(root)?.['name'] !== 'fettle') {
    if (dirname(root) === root) throw new InputError(`${folder} is not part of an installation of fettle`);
    root = dirname(root);
  }
  return basename(dirname(root)) === 'node_modules' ? dirname(root) : join(root, 'node_modules');
}

/** The real path of a file in a folder; undefined if it does not exist, or a link leads out of the folder. */
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

/** The plugins in `"fettle": { "NAME": "./file.js" }` of a `package.json`; or the mistake in it, as a predicate. */
function declaredIn(about: Readonly<Record<string, unknown>>, folder: string): readonly Declared[] | string {
  const { fettle } = about;
  const entries = typeof fettle === 'object' && fettle !== null ? Object.entries(fettle) : [];
  if (entries.length === 0)
    return 'has no "fettle" in its package.json. Add `"fettle": { "NAME": "./file.js" }` for each of its plugins';
  const found: Declared[] = [];
  for (const [name, file] of entries) {
    if (!PLUGIN_NAME.test(name)) return `declares a plugin with an invalid name: ${JSON.stringify(name)}`;
    const real = typeof file === 'string' ? realInside(join(folder, file), folder) : undefined;
    if (real === undefined) return `declares the plugin ${name}, but the package does not contain its file`;
    found.push({ name, file: real });
  }
  return found;
}

function loadPlugin(name: string, file: string, from: string): Plugin {
  let plugin: unknown;
  try {
    // Not `import()`: the bundle is a script to V8, and Node.js warns that this is experimental there.
    const { createRequire } = process.getBuiltinModule('node:module');
    ({ plugin } = createRequire(file)(file) as { readonly plugin?: unknown });
  } catch (error) {
    throw new InputError(`${PLUGINS}: ${from} cannot be loaded: ${errorText(error)}`, { cause: error });
  }
  const found = plugin as Partial<Plugin> | undefined;
  if (found?.name !== name || found.tables?.name !== name)
    throw new InputError(`${PLUGINS}: ${from} does not export a \`plugin\` with the name ${name}`);
  return found as Plugin;
}

/**
 * The plugins that the environment names, in the order of its packages. Their code is loaded at the first use. Throws
 * InputError if a package is not in the installation, or if the name of a plugin is already used: by another plugin, or
 * by a command (`reserved`).
 */
export function installedPlugins(
  env: Readonly<Record<string, string | undefined>>,
  installation: () => string,
  builtin: Iterable<string>,
  reserved: ReadonlySet<string> = new Set(),
): readonly InstalledPlugin[] {
  const packages = [...new Set((env[PLUGINS] ?? '').split(',').map((each) => each.trim()))].filter(
    (each) => each !== '',
  );
  const owners = new Map([...builtin].map((name) => [name, 'fettle']));
  return packages.flatMap((name) => {
    if (!PACKAGE_NAME.test(name))
      throw new InputError(`${PLUGINS}: ${JSON.stringify(name)} is not a valid package name`);
    const modules = installation();
    const folder = realInside(join(modules, name), modules);
    const about = folder === undefined ? undefined : packageAt(folder);
    if (folder === undefined || about === undefined || about['name'] !== name)
      throw new InputError(
        `${PLUGINS}: the package ${name} is not installed in ${modules}. Install it there, next to fettle. A link that leads out of this folder is ignored`,
      );
    const declared = declaredIn(about, folder);
    if (typeof declared === 'string') throw new InputError(`${PLUGINS}: ${name} ${declared}`);
    return declared.map(({ name: plugin, file }) => {
      const owner = owners.get(plugin);
      if (owner !== undefined)
        throw new InputError(`${PLUGINS}: ${name} declares the plugin ${plugin}, which ${owner} already has`);
      if (reserved.has(plugin))
        throw new InputError(`${PLUGINS}: ${name} declares the plugin ${plugin}, which is the name of a command`);
      owners.set(plugin, name);
      const version = typeof about['version'] === 'string' ? about['version'] : '';
      return { name: plugin, package: name, version, load: async () => loadPlugin(plugin, file, name) };
    });
  });
}
