/** Summaries: a few lines from each plugin about its resources. */

import { errorText, type Resource, type Plugin, type Redact, type Scene, type Summary } from '#plugin';
import { soundSummaries } from './guard.ts';
import type { PluginSummary } from './seal.ts';

function failed(error: unknown): Summary {
  return { title: 'summary', lines: [`the summary failed: ${errorText(error)}`], facts: {} };
}

function summariesOf(plugin: Plugin, resources: readonly Resource[], scene: Scene): readonly Summary[] {
  try {
    return soundSummaries(plugin.summary?.(resources, scene));
  } catch (error) {
    return [failed(error)];
  }
}

/** The summaries of all plugins, sorted by plugin. A failing summary has its error as text. */
export function summarize(
  resources: ReadonlyMap<string, Resource>,
  plugins: ReadonlyMap<string, Plugin>,
  scene: Scene,
  redact: Redact,
): readonly PluginSummary[] {
  const all = [...resources.values()];
  return [...plugins.values()]
    .filter((plugin) => plugin.summary !== undefined)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((plugin) => {
      const own = all.filter(({ ref }) => ref.plugin === plugin.name);
      return own.length === 0 ? [] : summariesOf(plugin, own, scene).map((each) => ({ ...each, plugin: plugin.name }));
    })
    .map(({ plugin, title, lines, facts }) => ({ plugin, title, lines: lines.map(redact), facts }));
}
