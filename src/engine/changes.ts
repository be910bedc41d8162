/**
 * Changes that watchers report: addresses of resources, and names of plugins for all of their resources. Pure.
 *
 * A set of changes is bounded: more addresses than the limit become the names of their plugins.
 */

/** Most addresses in a set of changes. */
export const MOST_CHANGES = 1000;

export type Changes = ReadonlySet<string>;

export const NO_CHANGES: Changes = new Set();

function pluginOf(change: string): string {
  return change.split('/', 1)[0] ?? '';
}

/** The changes of both sets. */
export function mergedChanges(before: Changes, more: Changes, most = MOST_CHANGES): Changes {
  if (more.size === 0) return before;
  const all = new Set([...before, ...more]);
  const merged = new Set([...all].filter((each) => !all.has(pluginOf(each)) || pluginOf(each) === each));
  return merged.size <= most ? merged : new Set([...merged].map(pluginOf));
}

/** True if a resource is one of the changes. */
export function isChanged(changes: Changes, address: string): boolean {
  return changes.has(address) || changes.has(pluginOf(address));
}

/** The plugins of changes. */
export function changedPlugins(changes: Changes): ReadonlySet<string> {
  return new Set([...changes].map(pluginOf));
}
