/** Expand: converts each document to its resources, usually one, with paths relative to the project's folder. */

import {
  compareText,
  type Desired,
  formatRef,
  type Json,
  type Memory,
  type Plugin,
  type Ref,
  withProjectPaths,
} from '#plugin';
import type { Recall } from './remember.ts';

/** The resources that one document stands for; its paths start at the project's folder. */
export function expandOne(
  document: Desired,
  plugin: Plugin | undefined,
  remembered: (ref: Ref) => Memory | undefined,
  settings: Json = {},
): readonly Desired[] {
  const kind = plugin?.kinds[document.ref.kind];
  if (kind?.expand === undefined) return [document];
  const own = formatRef(document.ref);
  return kind
    .expand(document, remembered, settings)
    .map((each) => (formatRef(each.ref) === own ? each : { ...each, expandedFrom: document.ref }));
}

/**
 * The resources of documents, sorted by address. `settings` has each plugin's part of the configuration. Throws if two
 * documents expand to the same address, which is a bug of the plugin.
 */
export function expand(
  documents: readonly Desired[],
  plugins: ReadonlyMap<string, Plugin>,
  recall: Recall,
  settings: ReadonlyMap<string, Json> = new Map(),
): readonly Desired[] {
  const remembered = (ref: Desired['ref']) => recall.resources.get(formatRef(ref));
  const expanded = documents.flatMap((document) => {
    const plugin = plugins.get(document.ref.plugin);
    const seen = withProjectPaths(document, plugin?.tables.kinds[document.ref.kind]?.paths ?? []);
    return expandOne(seen, plugin, remembered, settings.get(document.ref.plugin));
  });
  const byAddress = new Map<string, Desired>();
  for (const desired of expanded) {
    const address = formatRef(desired.ref);
    if (byAddress.has(address)) throw new Error(`${address} is expanded from two documents`);
    byAddress.set(address, desired);
  }
  return [...byAddress].sort(([a], [b]) => compareText(a, b)).map(([, desired]) => desired);
}
