/** Idle configuration: budgets, overrides, suppressions and confirmations in `fettle.yaml` that match no resource. */

import { isCovered } from './budget.ts';
import type { Config } from './load/config.ts';
import { type Selectable, unmatched } from './selection.ts';
import type { Labels, Ref } from '#plugin';

export interface Labelled {
  readonly ref: Ref;
  /** The recorded and the declared labels. */
  readonly labels: readonly Labels[];
}

/** A sentence for each idle part. A part that may match a resource under a gap is not idle. `now`: epoch ms. */
export function idleParts(
  { safety, suppress, confirm }: Pick<Config, 'safety' | 'suppress' | 'confirm'>,
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
      // Expired ones are reported elsewhere.
      suppress.filter(({ until }) => until > now).map(({ address }) => address),
    ),
    ...addressed(
      'drift.confirm',
      confirm.map(({ address }) => address),
    ),
  ];
}
