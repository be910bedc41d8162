/** Collapse: far fewer of what is ours are seen than were there at the last look, so the look is doubted, not the world. */

import { ABSENT, isOurs, type KindCount, type Pair, type Safety } from '#plugin';

/** A resource whose removal, or replacement, was begun may well be gone: that is ours. */
function isLeaving({ memory }: Pair): boolean {
  return memory?.open?.goal === 'remove' || memory?.open?.goal === 'replace';
}

/** Whether a complete look misses it: nothing of its name is there, or something else has the name. */
function isMissing({ observed, gap }: Pair): boolean {
  return observed?.stranger === true || (observed === undefined && gap === undefined);
}

/**
 * What is ours and was there at the last look, and how much of it a complete look misses now, by `plugin/Kind`. What is
 * there whoever is asked (a probed host) says nothing about the account.
 */
export function missingByKind(pairs: Iterable<Pair>): ReadonlyMap<string, KindCount> {
  const counts = new Map<string, { known: number; missing: number }>();
  for (const pair of pairs) {
    const state = pair.memory?.state;
    if (!isOurs(pair) || state === undefined || state === ABSENT || isLeaving(pair)) continue;
    if (pair.observed?.given === true) continue;
    const key = `${pair.ref.plugin}/${pair.ref.kind}`;
    const count = counts.get(key) ?? { known: 0, missing: 0 };
    count.known += 1;
    if (isMissing(pair)) count.missing += 1;
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
  pairs: Iterable<Pair>,
  collapse: Safety['collapse'],
  isByAccount: (kind: string) => boolean,
): ReadonlySet<string> {
  const isDoubted = (kind: string, count: KindCount): boolean =>
    isCollapsed(count, collapse) || (isByAccount(kind) && isAllMissing(count));
  return new Set([...missingByKind(pairs)].flatMap(([kind, count]) => (isDoubted(kind, count) ? [kind] : [])));
}
