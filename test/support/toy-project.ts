/** A project on disk with the toy plugin, over a world in the test's memory. */

import type { PluginLoaders } from '../../src/plugins.ts';
import { temporaryFolder, writeFiles } from './cli.ts';
import { type ToyWorld, toyPlugin } from './toy.ts';

/** One document of the toy plugin. */
export function itemYaml(
  name: string,
  value: number,
  more: { readonly labels?: string; readonly lifecycle?: string } = {},
): string {
  const labels = more.labels === undefined ? '' : `, labels: ${more.labels}`;
  const lifecycle = more.lifecycle === undefined ? '' : `lifecycle: ${more.lifecycle}\n`;
  return `apiVersion: toy/v1\nkind: Item\nmetadata: { name: ${name}${labels} }\n${lifecycle}spec: { value: ${value} }\n`;
}

export function itemsYaml(items: Readonly<Record<string, number>>): string {
  return Object.entries(items)
    .map(([name, value]) => itemYaml(name, value))
    .join('---\n');
}

/** Writes a project; `config` is added to its fettle.yaml. */
export function toyProject(documents: string, config = ''): string {
  const folder = temporaryFolder();
  writeFiles(folder, {
    'fettle.yaml': `name: test\nstore: .fettle\ndesired: [items.yaml]\n${config}`,
    'items.yaml': documents,
  });
  return folder;
}

/** The toy alone, over one world. */
export function toyPlugins(world: ToyWorld): PluginLoaders {
  const plugin = { ...toyPlugin, openReader: async () => world, openWriter: async () => world };
  return new Map([['toy', async () => plugin]]);
}
