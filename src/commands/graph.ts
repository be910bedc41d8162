/** `fettle graph [KIND]`: the dependencies of the documents, or the lifecycle of a kind, as Mermaid. No network, no store. */

import { formatRef, type Plugin, suggest } from '#plugin';
import { expand } from '../engine/expand.ts';
import { emptyRecall } from '../engine/remember.ts';
import { dependencyGraph, lifecycleGraph } from '../report/graph.ts';
import type { Shell } from '../shell.ts';
import { type Flags, UsageError } from './flags.ts';
import { loadersOf, openProject, pluginsFor, settingsFor } from './session.ts';

async function lifecycle(kind: string, shell: Shell): Promise<readonly string[]> {
  const plugins: readonly Plugin[] = await Promise.all([...loadersOf(shell).values()].map(async (load) => load()));
  const kinds = new Map(
    plugins.flatMap(({ name, tables }) =>
      Object.entries(tables.kinds).map(([each, { machines }]) => [`${name}/${each}`, machines] as const),
    ),
  );
  const found = [...kinds.keys()].filter((name) => name === kind || name.endsWith(`/${kind}`));
  const [name] = found;
  if (name === undefined || found.length > 1)
    throw new UsageError(`"${kind}" is not a kind; ${suggest(kind, [...kinds.keys()], 'the kinds are')}`);
  return Object.entries(kinds.get(name) ?? {}).flatMap(([machine, { transitions, edits }], i) => [
    ...(i === 0 ? [] : ['', `%% ${machine}`]),
    ...lifecycleGraph(
      transitions,
      edits.map(({ state }) => state),
    ),
  ]);
}

async function dependencies(flags: Flags, shell: Shell): Promise<readonly string[]> {
  const { config, loaders, documents } = await openProject(flags, shell);
  const recall = emptyRecall();
  const plugins = await pluginsFor(loaders, documents, recall);
  const resources = expand(documents, plugins, recall, await settingsFor(plugins, config));
  return dependencyGraph(resources.map(({ ref, needs }) => ({ address: formatRef(ref), needs: needs.map(formatRef) })));
}

export async function graph(kind: string | undefined, flags: Flags, shell: Shell): Promise<number> {
  const lines = kind === undefined ? await dependencies(flags, shell) : await lifecycle(kind, shell);
  shell.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}
