/** Selectors: globs over addresses, and labels: `label=team:web`, or `label=team` for any value. */

import type { Labels, Resource } from '#plugin';
import { addressMatcher } from './address-glob.ts';

/** The labels of a resource: declared, or recorded. */
export function labelsNow({ desired, memory }: Pick<Resource, 'desired' | 'memory'>): Labels {
  return desired?.meta.labels ?? memory?.labels ?? {};
}

/** The labels of a resource; undefined without any. */
export function shownLabels(resource: Pick<Resource, 'desired' | 'memory'> | undefined): Labels | undefined {
  const labels = resource === undefined ? {} : labelsNow(resource);
  return Object.keys(labels).length === 0 ? undefined : labels;
}

/** The labels of resources, by address. */
export function labelsIn(...all: readonly ReadonlyMap<string, Pick<Resource, 'desired' | 'memory'>>[]): LabelsOf {
  return (address) => {
    const resource = all.map((each) => each.get(address)).find((each) => each !== undefined);
    return resource === undefined ? {} : labelsNow(resource);
  };
}

/** Limits a run to some resources. A selected origin (`follow.ts`) selects its followers, unless they are excluded. */
export type Within = (address: string, labelsOf: LabelsOf, origin?: string) => boolean;

/** Labels of an address; empty for an address without any. */
export type LabelsOf = (address: string) => Labels;

const LABEL = /^label=([^:]*)(?::(.*))?$/su;

/** The name and the value of a label selector; undefined for a glob. Addresses have no `=`. */
export function labelSelector(
  selector: string,
): { readonly name: string; readonly value: string | undefined } | undefined {
  const [matched, name = '', value] = LABEL.exec(selector) ?? [];
  return matched === undefined ? undefined : { name, value };
}

/** The predicate of a selector over addresses. */
export function selectorMatcher(selector: string, labelsOf: LabelsOf): (address: string) => boolean {
  const label = labelSelector(selector);
  if (label === undefined) return addressMatcher(selector);
  const { name, value } = label;
  return (address) => {
    const labels = labelsOf(address);
    return Object.hasOwn(labels, name) && (value === undefined || labels[name] === value);
  };
}

/** The selectors that match some of the labels: `label=team:web`. */
export function labelSelectors(all: Iterable<Labels>): readonly string[] {
  const selectors = [...all].flatMap((labels) =>
    Object.entries(labels).map(([name, value]) => `label=${name}:${value}`),
  );
  return [...new Set(selectors)].sort();
}
