/** Expand: one document becomes the resources that it stands for; most stand for themselves. */

import type { Plugin } from './plugin.ts';
import { compareText, formatRef } from './ref.ts';
import type { Recall } from './remember.ts';
import type { Desired, Json } from './types.ts';

/** The resources that documents stand for, in the order of their addresses; `settings` has each plugin's part of the configuration. What a name stands for twice is a bug of the plugin. */
export function expand(
  documents: readonly Desired[],
  plugins: ReadonlyMap<string, Plugin>,
  recall: Recall,
  settings: ReadonlyMap<string, Json> = new Map(),
): readonly Desired[] {
  const remembered = (ref: Desired['ref']) => recall.resources.get(formatRef(ref));
  const expanded = documents.flatMap((document) => {
    const kind = plugins.get(document.ref.plugin)?.kinds[document.ref.kind];
    return kind?.expand === undefined
      ? [document]
      : kind.expand(document, remembered, settings.get(document.ref.plugin) ?? {});
  });
  const byAddress = new Map<string, Desired>();
  for (const desired of expanded) {
    const address = formatRef(desired.ref);
    if (byAddress.has(address)) throw new Error(`${address} is expanded from two documents`);
    byAddress.set(address, desired);
  }
  return [...byAddress].sort(([a], [b]) => compareText(a, b)).map(([, desired]) => desired);
}
