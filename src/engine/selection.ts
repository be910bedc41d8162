/** Selection: checks that a selector matches a document, the state, the refresh, or a recently removed resource. */

import { addressMatcher, reachesBelow } from './address-glob.ts';
import { gapScope } from './gap.ts';
import { type Gap, nearest } from '#plugin';

/** The addresses that a selector can match. */
export interface Selectable {
  /** Declared, recorded or seen. */
  readonly addresses: readonly string[];
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

/** The most likely known address: one with this ending, a similar one, or one with a similar ending. */
export function nearestAddress(text: string, addresses: readonly string[]): string | undefined {
  const endsSo = addresses.find((address) => address.endsWith(`/${text}`));
  if (endsSo !== undefined) return endsSo;
  const near = nearest(text, addresses);
  if (near !== undefined) return near;
  const depth = text.split('/').length;
  const byEnd = new Map(addresses.map((address) => [address.split('/').slice(-depth).join('/'), address]));
  return byEnd.get(nearest(text, byEnd.keys()) ?? '');
}

/** Checks a glob or address; undefined if it matches. */
export function unmatched(glob: string, { addresses, removed, gaps }: Selectable): Unmatched | undefined {
  const matches = addressMatcher(glob);
  if (addresses.some(matches) || removed.some(matches)) return undefined;
  // A gap with `refs` only covers known addresses.
  const gap = gaps.find(
    ({ plugin, kind, refs }) =>
      refs === undefined && reachesBelow(glob, kind === undefined ? `${plugin}/` : `${plugin}/${kind}/`),
  );
  if (gap !== undefined) return { hiddenBy: gapScope(gap) };
  const near = nearestAddress(glob, [...addresses, ...removed]);
  return near === undefined ? {} : { near };
}
