/** What `fettle.yaml` selects where nothing is: budgets, overrides and suppressions that match no resource now. */

import { isCovered } from './budget.ts';
import type { Config } from './load/config.ts';
import { type Selectable, unmatched } from './selection.ts';
import type { Labels, Ref } from '#plugin';

export interface Labelled {
  readonly ref: Ref;
  /** As remembered, and as written. */
  readonly labels: readonly Labels[];
}

/** A sentence for each; `now` is epoch ms. What a gap may hide is not told. */
export function idleParts(
  { safety, suppress }: Pick<Config, 'safety' | 'suppress'>,
  resources: readonly Labelled[],
  selectable: Selectable,
  now: number,
): readonly string[] {
  /** True if a gap hides a whole plugin that a budget may be for. */
  const isHidden = (plugin: string | undefined): boolean =>
    selectable.gaps.some((gap) => gap.refs === undefined && (plugin ?? gap.plugin) === gap.plugin);
  const idle = (address: string): string | undefined => {
    const found = unmatched(address, selectable);
    if (found === undefined || found.hiddenBy !== undefined) return undefined;
    return `matches no resource now: ${address}${found.near === undefined ? '' : `; did you mean ${found.near}?`}`;
  };
  const addressed = (part: string, addresses: readonly string[]): readonly string[] =>
    addresses.flatMap((address, i) => {
      const why = idle(address);
      return why === undefined ? [] : [`${part}[${i}] ${why}`];
    });
  return [
    ...safety.budgets.flatMap((budget, i) => {
      const { plugin, kind, labels } = budget.match;
      if (isHidden(plugin) || resources.some(({ ref, labels: own }) => isCovered(budget, ref, own))) return [];
      const wanted = [
        ...(plugin === undefined ? [] : [`plugin ${plugin}`]),
        ...(kind === undefined ? [] : [`kind ${kind}`]),
        ...Object.entries(labels).map(([name, value]) => `label ${name}=${value}`),
      ];
      return wanted.length === 0 ? [] : [`safety.budgets[${i}] matches no resource now: ${wanted.join(', ')}`];
    }),
    ...addressed(
      'safety.overrides',
      safety.overrides.map(({ address }) => address),
    ),
    ...addressed(
      'drift.suppress',
      // Those that are over are told as expired.
      suppress.filter(({ until }) => until > now).map(({ address }) => address),
    ),
  ];
}
