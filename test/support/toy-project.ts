/** A project on disk with the toy plugin, over a world in the test's memory. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from '#plugin';
import type { PluginLoaders } from '../../src/plugins.ts';
import { temporaryFolder } from './cli.ts';
import { type Done, fettle, type Settings } from './command-line.ts';
import { type ToyWorld, toyPlugin, toyWorld } from './toy.ts';

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

/** The toy alone, over one world. */
export function toyPlugins(world: ToyWorld, toy: Plugin = toyPlugin): PluginLoaders {
  const plugin = { ...toy, openReader: async () => world, openWriter: async () => world };
  return new Map([['toy', async () => plugin]]);
}

export interface ToyProject {
  readonly world: ToyWorld;
  readonly folder: string;
  readonly write: (documents: string) => void;
  /** Replaces the part of fettle.yaml after the name, the store and the documents. */
  readonly configure: (text: string) => void;
  readonly run: (line: string, settings?: Settings) => Promise<Done>;
}

/** A project over a world of its own; `config` is added to its fettle.yaml. */
export function toyProject(documents: string, config = '', toy: Plugin = toyPlugin): ToyProject {
  const world = toyWorld();
  const folder = temporaryFolder();
  const write = (text: string): void => writeFileSync(join(folder, 'items.yaml'), text);
  const configure = (text: string): void =>
    writeFileSync(join(folder, 'fettle.yaml'), `name: test\nstore: .fettle\ndesired: [items.yaml]\n${text}`);
  write(documents);
  configure(config);
  const plugins = toyPlugins(world, toy);
  return { world, folder, write, configure, run: (line, settings) => fettle(folder, line, { plugins, ...settings }) };
}

/** The same, with its documents applied. */
export async function appliedToys(documents: string, config = ''): Promise<ToyProject> {
  const project = toyProject(documents, config);
  await project.run('apply -y');
  return project;
}
