/** Imports: adopts what a document describes, and finds what no document describes yet. */

import {
  type Discovery,
  formatRef,
  type Found,
  type Gap,
  InputError,
  type Plugin,
  type Ref,
  type Resource,
  withProjectPaths,
  isAbsent,
  isGiven,
} from '#plugin';
import { apply } from './apply.ts';
import type { ApplyOptions } from './apply-round.ts';
import type { Ending } from './ending.ts';
import type { Applied, Listener } from './events.ts';
import type { Host, Project, Workspace } from './project.ts';
import { didYouMean } from './selection.ts';
import { recallFrom, withStore } from './stores.ts';
import { openWorlds } from './worlds.ts';

/** Why an address cannot be adopted, with the way to it. */
function undescribed(ref: Ref, documents: Iterable<string>): string {
  return (
    `no document describes ${formatRef(ref)}${didYouMean(formatRef(ref), documents)}: what is adopted has to be declared first; ` +
    `\`fettle import --all --plugin ${ref.plugin}\` writes documents for what exists`
  );
}

/** Addresses that a document describes. */
function described(resources: ReadonlyMap<string, Resource>): readonly string[] {
  return [...resources].filter(([, { desired }]) => desired !== undefined).map(([address]) => address);
}

/** Adopts one resource that a document describes, and takes no other action. Throws InputError where that cannot be. */
export async function adopt(
  workspace: Workspace,
  { ref, ...options }: Omit<ApplyOptions, 'part' | 'approval'> & { readonly ref: Ref },
  say: Listener,
): Promise<{ readonly ending: Ending; readonly applied?: Applied }> {
  const address = formatRef(ref);
  const part: ApplyOptions['part'] = {
    command: 'import',
    within: (each) => each === address,
    keeps: ({ change }) => change.goal === 'adopt',
    check: ({ resources, actions }) => {
      const resource = resources.get(address);
      if (resource?.desired === undefined) throw new InputError(undescribed(ref, described(resources)));
      if (resource.sight.is === 'unseen') throw new InputError(resource.sight.gap.message);
      if (isAbsent(resource)) throw new InputError(`${address} does not exist: there is nothing to adopt`);
      if (isGiven(resource)) say({ type: 'adoption-unneeded', address, owned: undefined });
      else if (actions.get(address)?.change.goal !== 'adopt')
        say({ type: 'adoption-unneeded', address, owned: resource.memory?.owned ?? 'known' });
    },
  };
  return apply(workspace, { ...options, approval: { by: 'yes' }, part }, say);
}

/** The plugin of a name. Throws InputError where there is none. */
export async function pluginOf({ plugins }: Host, name: string): Promise<Plugin> {
  const load = plugins.get(name);
  if (load !== undefined) return load();
  throw new InputError(`there is no plugin ${name}; known plugins: ${[...plugins.keys()].sort().join(', ')}`);
}

export interface DiscoverOptions {
  readonly plugin: Plugin;
  /** Where to look: relative to the project's folder, or absolute. */
  readonly places: readonly string[];
  /** The document that is to describe what is found, relative to the project's folder. */
  readonly document: string;
  readonly stop: AbortSignal;
}

/** Looks for what no document describes. */
export async function discover(
  project: Project,
  { plugin, places, document, stop }: DiscoverOptions,
  say: Listener,
): Promise<{ readonly found: readonly Found[]; readonly gaps: readonly Gap[] }> {
  if (plugin.discover === undefined)
    throw new InputError(`the plugin ${plugin.name} cannot look for what no document describes`);
  const discoverWith: NonNullable<Plugin['discover']> = plugin.discover.bind(plugin);
  const { now, elapsed } = project.host;
  return withStore(project, say, async (store) => {
    const worlds = await openWorlds(new Map([[plugin.name, plugin]]), project);
    try {
      const { recall } = await recallFrom(store);
      const started = elapsed();
      const discovery: Discovery = {
        desired: project.documents
          .filter(({ ref }) => ref.plugin === plugin.name)
          .map((each) => withProjectPaths(each, plugin.tables.kinds[each.ref.kind]?.paths ?? [])),
        memory: [...recall.resources.values()].filter(({ ref }) => ref.plugin === plugin.name),
        places,
        document,
        now: now(),
        signal: stop,
        progress: (done, total) =>
          say({
            type: 'refresh-progress',
            progress: new Map([[plugin.name, { done, total }]]),
            elapsedMs: elapsed() - started,
          }),
      };
      return await discoverWith(await worlds.reader(plugin.name), discovery);
    } finally {
      await worlds.close();
    }
  });
}
