/**
 * Collapse: a refresh that finds far fewer owned resources than the last one is doubtful. A refresh of only some resources
 * reads all of a kind before its counts are used (`look-at-some.ts`).
 */

import { ABSENT, type KindCount, type Resource, type Safety, isGiven } from '#plugin';

/** True if the removal or replacement of a resource has started: fettle may have removed it. */
function isLeaving({ memory }: Resource): boolean {
  return memory?.open?.goal === 'remove' || memory?.open?.goal === 'replace';
}

/** True if a complete refresh does not find a resource: its name does not exist, or is of another object. */
function isMissing({ sight }: Resource): boolean {
  return sight.is === 'absent' || (sight.is === 'seen' && sight.observed.stranger === true);
}

/**
 * Counts of owned resources at the last refresh, and of those that a complete refresh does not find now, by
 * `plugin/Kind`. Given resources (probed hosts) do not count: they do not depend on an account.
 */
export function missingByKind(resources: Iterable<Resource>): ReadonlyMap<string, KindCount> {
  const counts = new Map<string, { known: number; missing: number }>();
  for (const resource of resources) {
    const state = resource.memory?.state;
    if (!resource.owned || state === undefined || state === ABSENT || isLeaving(resource)) continue;
    if (isGiven(resource)) continue;
    const key = `${resource.ref.plugin}/${resource.ref.kind}`;
    const count = counts.get(key) ?? { known: 0, missing: 0 };
    count.known += 1;
    if (isMissing(resource)) count.missing += 1;
    counts.set(key, count);
  }
  return counts;
}

/** True if too many resources are missing for a conclusion. */
export function isCollapsed(count: KindCount | undefined, { share, from }: Safety['collapse']): boolean {
  if (count === undefined || count.known < from || count.missing === 0) return false;
  return count.missing / count.known > share;
}

/** Least number of resources of a kind for which a refresh without any of them is doubtful. */
const ALL_FROM = 2;

/** True if an account does not list any owned resource: it may be another account. */
export function isAllMissing(count: KindCount | undefined): boolean {
  return count !== undefined && count.known >= ALL_FROM && count.missing === count.known;
}

/**
 * The kinds with a doubtful refresh, as `plugin/Kind`. Their missing resources are not recorded as absent; otherwise,
 * the next run would not detect the collapse.
 */
export function collapsedKinds(
  resources: ReadonlyMap<string, Resource>,
  collapse: Safety['collapse'],
): ReadonlySet<string> {
  const byAccount = new Set<string>();
  for (const { ref, tables } of resources.values())
    if (tables.byAccount === true) byAccount.add(`${ref.plugin}/${ref.kind}`);
  const isDoubted = (kind: string, count: KindCount): boolean =>
    isCollapsed(count, collapse) || (byAccount.has(kind) && isAllMissing(count));
  return new Set(
    [...missingByKind(resources.values())].flatMap(([kind, count]) => (isDoubted(kind, count) ? [kind] : [])),
  );
}
