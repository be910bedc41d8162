/** Imports: adopts a resource that a document declares, and discovers resources that no document declares. */

import {
  type Desired,
  type Discovered,
  type Discovery,
  formatRef,
  type Found,
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
import { withStore } from './stores.ts';
import { openWorlds, settingsFor } from './worlds.ts';

/** The message for an address that no document declares. */
function undescribed(ref: Ref, documents: Iterable<string>): string {
  return (
    `no document declares ${formatRef(ref)}${didYouMean(formatRef(ref), documents)}. Declare the resource first. ` +
    `\`fettle import --all --plugin ${ref.plugin}\` writes documents for resources that exist`
  );
}

/** Addresses that a document declares. */
function described(resources: ReadonlyMap<string, Resource>): readonly string[] {
  return [...resources].filter(([, { desired }]) => desired !== undefined).map(([address]) => address);
}

/** Adopts one declared resource, and runs no other action. Throws InputError if the resource cannot be adopted. */
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
      if (isAbsent(resource)) throw new InputError(`${address} does not exist, so it cannot be adopted`);
      if (isGiven(resource)) say({ type: 'adoption-unneeded', address, owned: undefined });
      else if (actions.get(address)?.change.goal !== 'adopt')
        say({ type: 'adoption-unneeded', address, owned: resource.memory?.owned ?? 'known' });
    },
  };
  return apply(workspace, { ...options, approval: { by: 'yes' }, part }, say);
}

/** The plugin with this name. Throws InputError if it does not exist. */
export async function pluginOf({ plugins }: Host, name: string): Promise<Plugin> {
  const load = plugins.get(name);
  if (load !== undefined) return load();
  throw new InputError(`plugin ${name} was not found; known plugins: ${[...plugins.keys()].sort().join(', ')}`);
}

export interface DiscoverOptions {
  readonly plugin: Plugin;
  /** Files and folders to search: relative to the project's folder, or absolute. */
  readonly places: readonly string[];
  /** The document that will declare the discovered resources, relative to the project's folder. */
  readonly document: string;
  readonly stop: AbortSignal;
}

/** Reasons for which `validate` would refuse documents: they are not written. */
async function refusals(
  found: readonly Found[],
  plugin: Plugin,
  project: Project,
): Promise<ReadonlyMap<Found, string>> {
  const { documents } = project;
  const validators = await plugin.validators();
  const declared = new Map(documents.map((each) => [formatRef(each.ref), each]));
  const settings = (await settingsFor(new Map([[plugin.name, plugin]]), project)).get(plugin.name) ?? {};
  const why = (each: Found): string | undefined => {
    const { ref } = each;
    const address = formatRef(ref);
    const validate = validators[`spec:${plugin.tables.kinds[ref.kind]?.base ?? ref.kind}`];
    // The validator fills in defaults: the document keeps its own form.
    const spec = structuredClone(each.spec);
    if (validate === undefined || declared.has(address)) return 'has the name of a declared resource';
    if (!validate(spec)) {
      const [first] = validate.errors ?? [];
      return `cannot be declared: ${first?.instancePath ?? ''} ${first?.message ?? 'is not valid'}`;
    }
    const desired: Desired = {
      ref,
      spec,
      meta: { labels: each.labels ?? {}, lifecycle: { ignore: [] } },
      needs: [],
      source: { file: '', line: 1, column: 1 },
    };
    const mistakes = plugin.check?.(desired, (of) => declared.get(formatRef(of)), settings) ?? [];
    const fault = mistakes.find(({ severity }) => severity !== 'warning');
    return fault === undefined ? undefined : `cannot be declared: ${fault.pointer} ${fault.message}`;
  };
  return new Map(
    found.flatMap((each) => {
      const reason = why(each);
      return reason === undefined ? [] : [[each, reason] as const];
    }),
  );
}

/** Discovers resources that no document declares. Throws InputError if the plugin cannot discover resources. */
export async function discover(
  project: Project,
  { plugin, places, document, stop }: DiscoverOptions,
  say: Listener,
): Promise<Discovered> {
  if (plugin.discover === undefined) throw new InputError(`plugin ${plugin.name} cannot discover resources`);
  const discoverWith: NonNullable<Plugin['discover']> = plugin.discover.bind(plugin);
  const { now, elapsed } = project.host;
  return withStore(project, say, async (store) => {
    const worlds = await openWorlds(new Map([[plugin.name, plugin]]), project);
    try {
      const { recall } = await store.state();
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
      const { found, passed, gaps, steps = [] } = await discoverWith(await worlds.reader(plugin.name), discovery);
      const refused = await refusals(found, plugin, project);
      return {
        found: found.filter((each) => !refused.has(each)),
        passed: [...passed, ...[...refused].map(([{ ref }, why]) => ({ what: formatRef(ref), why }))],
        gaps,
        steps,
      };
    } finally {
      await worlds.close();
    }
  });
}
