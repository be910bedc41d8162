/** Selection: checks that a selector matches a document, the state, the refresh, or a recently removed resource. */

import { reachesBelow } from './address-glob.ts';
import { labelSelector, labelSelectors, selectorMatcher } from './selector.ts';
import { gapScope } from './gap.ts';
import { defined, formatRef, type Gap, type Labels, nearest } from '#plugin';

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

/** True if a gap can hide an address that a selector matches and that is not known. A gap with `refs` has only known ones. */
function canHide({ plugin, kind, refs }: Gap, selector: string): boolean {
  if (refs !== undefined) return false;
  // Labels come from documents and the state: only an unread plugin can hide one.
  if (labelSelector(selector) !== undefined) return kind === undefined;
  return reachesBelow(selector, kind === undefined ? `${plugin}/` : `${plugin}/${kind}/`);
}

/** The selection of a run, for the gaps that concern it. */
export interface Scope {
  /** Undefined for a run that is not limited. */
  readonly within: ((address: string) => boolean) | undefined;
  /** Selectors of the run; without any, all that `within` does not exclude. */
  readonly target: readonly string[];
  /** Declared or recorded. */
  readonly addresses: Iterable<string>;
}

/** The gaps that concern a selection: those over its resources, each with these alone, and those that can hide one of them. */
export function gapsWithin(gaps: readonly Gap[], { within, target, addresses }: Scope): readonly Gap[] {
  if (within === undefined) return gaps;
  const selected = [...addresses].filter(within);
  return gaps.flatMap((gap): readonly Gap[] => {
    const { refs } = gap;
    if (refs === undefined) {
      const scope = `${gapScope(gap)}/`;
      const isOver = target.length === 0 || selected.some((address) => address.startsWith(scope));
      return isOver || target.some((selector) => canHide(gap, selector)) ? [gap] : [];
    }
    const own = refs.filter((ref) => within(formatRef(ref)));
    return own.length === 0 ? [] : [own.length === refs.length ? gap : { ...gap, refs: own }];
  });
}

/** Checks a glob or address; undefined if it matches. */
export function unmatched(
  glob: string,
  { addresses, labels = new Map(), removed, gaps }: Selectable,
): Unmatched | undefined {
  const matches = selectorMatcher(glob, (address) => labels.get(address) ?? {});
  if (addresses.some(matches) || removed.some(matches)) return undefined;
  const gap = gaps.find((each) => canHide(each, glob));
  if (labelSelector(glob) !== undefined) {
    const hiddenBy = gap === undefined ? undefined : gapScope(gap);
    return defined({ near: nearest(glob, labelSelectors(labels.values())), hiddenBy });
  }
  if (gap !== undefined) return { hiddenBy: gapScope(gap) };
  const near = nearestAddress(glob, [...addresses, ...removed]);
  return near === undefined ? {} : { near };
}
