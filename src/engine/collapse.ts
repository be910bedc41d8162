/** Collapse: far fewer of what is ours are seen than were there at the last look, so the look is doubted, not the world. */

import { ABSENT, type KindCount, type Resource, type Safety, isGiven } from '#plugin';

/** A resource whose removal, or replacement, was begun may well be gone: that is ours. */
function isLeaving({ memory }: Resource): boolean {
  return memory?.open?.goal === 'remove' || memory?.open?.goal === 'replace';
}

/** Whether a complete look misses it: nothing of its name is there, or something else has the name. */
function isMissing({ sight }: Resource): boolean {
  return sight.is === 'absent' || (sight.is === 'seen' && sight.observed.stranger === true);
}

/**
 * What is ours and was there at the last look, and how much of it a complete look misses now, by `plugin/Kind`. What is
 * there whoever is asked (a probed host) says nothing about the account.
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

/** Whether so much is missing that nothing may be concluded from it. */
export function isCollapsed(count: KindCount | undefined, { share, from }: Safety['collapse']): boolean {
  if (count === undefined || count.known < from || count.missing === 0) return false;
  return count.missing / count.known > share;
}

/** From so many on, all of a kind missing at once speaks against the account that was asked. */
const ALL_FROM = 2;

/** Whether an account lists nothing of what is ours: it may be another account. */
export function isAllMissing(count: KindCount | undefined): boolean {
  return count !== undefined && count.known >= ALL_FROM && count.missing === count.known;
}

/**
 * The kinds whose look is doubted, as `plugin/Kind`. What is missing there is not recorded as gone: otherwise the next
 * run would take the collapse for what has always been so.
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
