/** Selection: checks that a selector matches a document, the state, the refresh, or a recently removed resource. */

import { reachesBelow } from './address-glob.ts';
import { labelSelector, labelSelectors, selectorMatcher } from './selector.ts';
import { gapScope } from './gap.ts';
import { defined, type Gap, type Labels, nearest } from '#plugin';

/** The addresses that a selector can match. */
export interface Selectable {
  /** Declared, recorded or seen. */
  readonly addresses: readonly string[];
  /** Labels of the addresses that have any. */
  readonly labels?: ReadonlyMap<string, Labels>;
  /** Removed within the period for which the log keeps spent steps. */
  readonly removed: readonly string[];
  readonly gaps: readonly Gap[];
}

/** A selector that matches nothing, with a similar address, and the gap that may hide the match. */
export interface Unmatched {
  readonly near?: string;
  /** Scope of the gap. */
  readonly hiddenBy?: string;
}

/** The last part of an address: the name of its resource. */
function lastPart(address: string): string {
  return address.slice(address.lastIndexOf('/') + 1);
}

/**
 * The most likely known address: one with this ending, a similar one, the only one of this name, or one with a similar
 * ending.
 */
export function nearestAddress(text: string, addresses: readonly string[]): string | undefined {
  const endsSo = addresses.find((address) => address.endsWith(`/${text}`));
  if (endsSo !== undefined) return endsSo;
  const near = nearest(text, addresses);
  if (near !== undefined) return near;
  const namesakes = addresses.filter((address) => lastPart(address) === lastPart(text));
  if (namesakes.length === 1) return namesakes[0];
  const depth = text.split('/').length;
  const byEnd = new Map(addresses.map((address) => [address.split('/').slice(-depth).join('/'), address]));
  return byEnd.get(nearest(text, byEnd.keys()) ?? '');
}

/** Checks a glob or address; undefined if it matches. */
export function unmatched(
  glob: string,
  { addresses, labels = new Map(), removed, gaps }: Selectable,
): Unmatched | undefined {
  const matches = selectorMatcher(glob, (address) => labels.get(address) ?? {});
  if (addresses.some(matches) || removed.some(matches)) return undefined;
  if (labelSelector(glob) !== undefined) {
    // Labels come from documents and the state: only an unread plugin can hide one.
    const unread = gaps.find(({ kind, refs }) => kind === undefined && refs === undefined);
    const hiddenBy = unread === undefined ? undefined : gapScope(unread);
    return defined({ near: nearest(glob, labelSelectors(labels.values())), hiddenBy });
  }
  // A gap with `refs` only covers known addresses.
  const gap = gaps.find(
    ({ plugin, kind, refs }) =>
      refs === undefined && reachesBelow(glob, kind === undefined ? `${plugin}/` : `${plugin}/${kind}/`),
  );
  if (gap !== undefined) return { hiddenBy: gapScope(gap) };
  const near = nearestAddress(glob, [...addresses, ...removed]);
  return near === undefined ? {} : { near };
}
