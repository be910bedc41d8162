/** `fettle graph [KIND]`: the dependencies of the documents, or the lifecycle of a kind, as Mermaid. No network, no store. */

import { formatRef, InputError, type Plugin, suggest } from '#plugin';
import { expand } from '../engine/expand.ts';
import { emptyRecall } from '../engine/remember.ts';
import { dependencyGraph, lifecycleGraph } from '../report/graph.ts';
import { type Host, openProject, type Project } from '../run/project.ts';
import { pluginsFor, settingsFor } from '../run/worlds.ts';
import { command } from './command.ts';
import { optional, where } from './options.ts';

async function lifecycle(kind: string, host: Host): Promise<readonly string[]> {
  const plugins: readonly Plugin[] = await Promise.all([...host.plugins.values()].map(async (load) => load()));
  const kinds = new Map(
    plugins.flatMap(({ name, tables }) =>
      Object.entries(tables.kinds).map(([each, { machines }]) => [`${name}/${each}`, machines] as const),
    ),
  );
  const found = [...kinds.keys()].filter((name) => name === kind || name.endsWith(`/${kind}`));
  const [name] = found;
  if (name === undefined || found.length > 1)
    throw new InputError(`"${kind}" is not a kind; ${suggest(kind, [...kinds.keys()], 'the kinds are')}`);
  return Object.entries(kinds.get(name) ?? {}).flatMap(([machine, { transitions, edits }], i) => [
    ...(i === 0 ? [] : ['', `%% ${machine}`]),
    ...lifecycleGraph(
      transitions,
      edits.map(({ state }) => state),
    ),
  ]);
}

async function dependencies(project: Project): Promise<readonly string[]> {
  const { documents } = project;
  const recall = emptyRecall();
  const plugins = await pluginsFor(project, documents, recall);
  const resources = expand(documents, plugins, recall, await settingsFor(plugins, project));
  return dependencyGraph(resources.map(({ ref, needs }) => ({ address: formatRef(ref), needs: needs.map(formatRef) })));
}

export const graph = command({
  name: 'graph',
  summary: 'Print dependencies, or the lifecycle of a kind, as a Mermaid diagram.',
  words: {
    kind: optional('Kind whose lifecycle is printed, for example Certificate. Default: dependencies of the documents.'),
  },
  options: where,
  call: async ({ words: { kind }, host, source, say, print }) => {
    const lines =
      kind === undefined ? await dependencies(await openProject(host, source, say)) : await lifecycle(kind, host);
    print(`${lines.join('\n')}\n`);
    return 'ok';
  },
});
