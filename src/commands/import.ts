/**
 * `fettle import`: makes what exists ours. `import ADDRESS` adopts what a document describes; `import --all --plugin
 * NAME` writes the documents for what no document describes yet.
 */

import { open } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { documentsText } from '../engine/load/write-documents.ts';
import {
  type Discovery,
  formatRef,
  type Found,
  type Gap,
  type Resource,
  type Plugin,
  printable,
  type Ref,
  withProjectPaths,
} from '#plugin';
import { plural } from '../report/text.ts';
import type { Shell } from '../shell.ts';
import { applyWith } from './apply.ts';
import { endingLine, type ExitName, exitCode } from './ending.ts';
import { type Flags, UsageError } from './flags.ts';
import { lookProgress } from './progress.ts';
import { addressOf, didYouMean } from './selectors.ts';
import {
  loadersOf,
  openConfig,
  openProject,
  openStore,
  openWorlds,
  type Project,
  recallFrom,
  workFolder,
} from './session.ts';

export interface ImportFlags extends Flags {
  readonly all?: boolean;
  readonly plugin?: string;
}

async function pluginOf(name: string, shell: Shell): Promise<Plugin> {
  const loaders = loadersOf(shell);
  const load = loaders.get(name);
  if (load === undefined)
    throw new UsageError(
      `there is no plugin ${printable(name)}; known plugins: ${[...loaders.keys()].sort().join(', ')}`,
    );
  return load();
}

interface Discovered {
  readonly found: readonly Found[];
  readonly gaps: readonly Gap[];
}

async function discovered(
  plugin: Plugin,
  project: Project,
  places: readonly string[],
  document: string,
  shell: Shell,
): Promise<Discovered> {
  if (plugin.discover === undefined)
    throw new UsageError(`the plugin ${plugin.name} cannot look for what no document describes`);
  const store = await openStore(project.config, shell);
  const worlds = await openWorlds(new Map([[plugin.name, plugin]]), project.config, shell);
  const progress = lookProgress(shell);
  const aborting = new AbortController();
  const forget = shell.onSignal(() => aborting.abort());
  try {
    const { recall } = await recallFrom(store);
    const discovery: Discovery = {
      desired: project.documents
        .filter(({ ref }) => ref.plugin === plugin.name)
        .map((each) => withProjectPaths(each, plugin.tables.kinds[each.ref.kind]?.paths ?? [])),
      memory: [...recall.resources.values()].filter(({ ref }) => ref.plugin === plugin.name),
      places,
      document,
      now: shell.now(),
      signal: aborting.signal,
      progress: (done, total) => progress.report(plugin.name, done, total),
    };
    return await plugin.discover(await worlds.reader(plugin.name), discovery);
  } finally {
    progress.end();
    forget();
    await worlds.close();
    await store.close();
  }
}

/** Writes a new file; never over one that is there. */
async function writeNew(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw new UsageError(`${file} is there already: nothing is written over it`);
    throw error;
  });
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function importAll(places: readonly string[], flags: ImportFlags, shell: Shell): Promise<number> {
  if (flags.plugin === undefined) throw new UsageError('--all needs --plugin NAME');
  const plugin = await pluginOf(flags.plugin, shell);
  // A project may well begin with what it imports.
  const project = await openProject(flags, shell, { allowEmpty: true });
  const { folder, desired } = project.config;
  const file = flags.out === undefined ? undefined : resolve(workFolder(flags, shell), flags.out);
  const first = desired[0] ?? 'desired/';
  const inside = /[*?]|\.ya?ml$/iu.test(first) ? dirname(first) : first;
  const document = file === undefined ? join(inside, 'imported.yaml') : relative(folder, file);
  const inProject = places.map((place) => relative(folder, resolve(workFolder(flags, shell), place)) || '.');
  const { found, gaps } = await discovered(plugin, project, inProject, document, shell);
  for (const { endpoint, message } of gaps)
    shell.stderr.write(`could not be read: ${printable(endpoint ?? plugin.name)}: ${printable(message)}\n`);
  const head = file === undefined ? `# For ${document}: relative paths start there.\n` : '';
  const text = found.length === 0 ? '' : head + documentsText(found, plugin.tables);
  if (file === undefined) shell.stdout.write(text);
  else if (found.length > 0) await writeNew(file, text);
  shell.stderr.write(
    found.length === 0
      ? 'nothing was found that no document describes\n'
      : `${plural(found.length, 'document')}${file === undefined ? '' : ` in ${file}`}; read them, then \`fettle plan\` shows a row \`adopt\` for each\n`,
  );
  const ending: ExitName = gaps.length > 0 ? 'partly-read' : 'ok';
  shell.stderr.write(endingLine(ending));
  return exitCode(ending);
}

/** Why an address cannot be adopted, with the way to it. */
function undescribed(ref: Ref, documents: Iterable<string>): string {
  return (
    `no document describes ${printable(formatRef(ref))}${printable(didYouMean(formatRef(ref), documents))}: what is adopted has to be written down first; ` +
    `\`fettle import --all --plugin ${ref.plugin}\` writes documents for what exists`
  );
}

/** Addresses that a document describes. */
function described(resources: ReadonlyMap<string, Resource>): readonly string[] {
  return [...resources].filter(([, { desired }]) => desired !== undefined).map(([address]) => address);
}

async function importOne(address: string, flags: ImportFlags, shell: Shell): Promise<number> {
  const ref = addressOf(address);
  await openConfig(flags, shell);
  const known = formatRef(ref);
  return applyWith(undefined, { ...flags, yes: true }, shell, {
    command: 'import',
    within: (each) => each === known,
    keeps: ({ change }) => change.goal === 'adopt',
    check: ({ resources, actions }) => {
      const resource = resources.get(known);
      if (resource?.desired === undefined) return { problem: undescribed(ref, described(resources)) };
      if (resource.sight.observed === undefined)
        return {
          problem:
            resource.sight.gap === undefined
              ? `${known} does not exist: there is nothing to adopt`
              : resource.sight.gap.message,
        };
      if (resource.sight.observed.given === true)
        return { note: `${known} is looked at, and never owned: there is nothing to adopt` };
      const action = actions.get(known);
      if (action?.change.goal !== 'adopt')
        return { note: `${known} is ours already: ${resource.memory?.owned ?? 'known'}` };
      return {};
    },
  });
}

export async function importCommand(words: readonly string[], flags: ImportFlags, shell: Shell): Promise<number> {
  if (flags.all === true) return importAll(words, flags, shell);
  const [address, ...more] = words;
  if (address === undefined || more.length > 0)
    throw new UsageError('one ADDRESS is expected, or --all --plugin NAME with places to look in');
  return importOne(address, flags, shell);
}
