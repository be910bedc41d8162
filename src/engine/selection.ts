/** Whether what selects addresses selects anything: held against documents, memory, what was seen, and what is gone lately. */

import { addressMatcher, reachesBelow } from './address-glob.ts';
import { gapScope } from './gap.ts';
import { type Gap, nearest } from '#plugin';

/** All that a selector may mean. */
export interface Selectable {
  /** Written, remembered or seen. */
  readonly addresses: readonly string[];
  /** Removed within the days that the log keeps of what was spent. */
  readonly removed: readonly string[];
  readonly gaps: readonly Gap[];
}

/** A selector that matches nothing: what is near, and the gap that may hide what is meant. */
export interface Unmatched {
  readonly near?: string;
  /** Scope of the gap. */
  readonly hiddenBy?: string;
}

/** The known address that is meant most likely: one that ends so, or is spelt nearly so, or nearly ends so. */
export function nearestAddress(text: string, addresses: readonly string[]): string | undefined {
  const endsSo = addresses.find((address) => address.endsWith(`/${text}`));
  if (endsSo !== undefined) return endsSo;
  const near = nearest(text, addresses);
  if (near !== undefined) return near;
  const depth = text.split('/').length;
  const byEnd = new Map(addresses.map((address) => [address.split('/').slice(-depth).join('/'), address]));
  return byEnd.get(nearest(text, byEnd.keys()) ?? '');
}

/** Undefined where a glob or an address matches something. */
export function unmatched(glob: string, { addresses, removed, gaps }: Selectable): Unmatched | undefined {
  const matches = addressMatcher(glob);
  if (addresses.some(matches) || removed.some(matches)) return undefined;
  // A gap with names covers what is known anyway.
  const gap = gaps.find(
    ({ plugin, kind, refs }) =>
      refs === undefined && reachesBelow(glob, kind === undefined ? `${plugin}/` : `${plugin}/${kind}/`),
  );
  if (gap !== undefined) return { hiddenBy: gapScope(gap) };
  const near = nearestAddress(glob, [...addresses, ...removed]);
  return near === undefined ? {} : { near };
}
